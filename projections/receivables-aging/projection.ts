import {
  type ClientId,
  type InvoiceId,
  type LedgerEvent,
  type Money,
  minorIn,
  minorOf,
  type PaymentId,
} from '@registru/domain'
import { add, change, create, insert, type RowChange, set } from '../core/fold/changes.ts'
import { type OwnedRow, rowOf, wanted, wantedNew } from '../core/fold/owned-row.ts'
import { defineProjection, folding } from '../core/fold/projection.ts'
import type { RowOf } from '../core/fold/table.ts'
import { STILL_KNOWN, stretchOf } from '../core/reading/clocks.ts'
import { changeFrom, withAgreed } from './steps.ts'
import { type ItemKind, openDays, openDues, openItems, openSpans, type Part } from './tables.ts'

type Item = Omit<RowOf<typeof openItems>, 'parts'>

interface Movement {
  readonly item: Item
  readonly parts: readonly Part[]
  readonly on: string
  readonly by: bigint
}

type AccountEvent = LedgerEvent & { readonly data: { readonly clientId: ClientId } }

const keyOf = ({ metadata, data }: AccountEvent, kind: ItemKind, id: string) => ({
  company_id: metadata.companyId,
  item_kind: kind,
  item_id: id,
  client_id: data.clientId,
})

/** What is open of a part in the end. */
const lastOpen = (part: Part | undefined): bigint => BigInt(part?.steps.at(-1)?.open ?? 0)

const dueChanges = (item: Item, before: readonly Part[], after: readonly Part[]): readonly RowChange[] =>
  after.flatMap((part, index) => {
    const amount_minor = lastOpen(part) - lastOpen(before[index])
    if (amount_minor === 0n) return []
    const { company_id, item_kind, currency, issued_on } = item
    return [add(openDues, { company_id, item_kind, currency, due_on: part.dueOn, issued_on }, { amount_minor })]
  })

const spanChanges = (
  { position }: LedgerEvent,
  { item, parts, on, by }: Movement,
  firstLine: number,
): { readonly parts: readonly Part[]; readonly changes: readonly RowChange[]; readonly nextLine: number } => {
  const stepped = changeFrom(parts, on, by, { position, firstLine })
  const { company_id, item_kind, item_id, client_id, currency, issued_on } = item
  return {
    parts: stepped.parts,
    nextLine: firstLine + stepped.open.length,
    changes: [
      ...(by === 0n
        ? []
        : [
            add(
              openDays,
              { company_id, item_kind, currency, effective_on: on, stretch: stretchOf(position) },
              { amount_minor: by },
            ),
          ]),
      ...dueChanges(item, parts, stepped.parts),
      ...stepped.close.map(({ knownFrom, line }) =>
        set(openSpans, { company_id, known_from: knownFrom, line }, { known_to: position }),
      ),
      ...stepped.open.map((span) =>
        insert(openSpans, {
          company_id,
          known_from: position,
          line: span.line,
          known_to: STILL_KNOWN,
          client_id,
          item_kind,
          item_id,
          part: span.part,
          currency,
          issued_on,
          due_on: span.dueOn,
          amount_minor: span.amountMinor,
          eff_from: span.effFrom,
          eff_to: span.effTo,
        }),
      ),
    ],
  }
}

type OwnedItem = OwnedRow<typeof openItems>

interface ItemMove {
  readonly item: OwnedItem
  readonly by: bigint
  /** Of an item that comes up with the event. */
  readonly begun?: Omit<RowOf<typeof openItems>, keyof OwnedItem['key']>
}

interface Beginning {
  readonly item: OwnedItem
  readonly amount: Money
  readonly on: string
  /** Absent: the whole is due on its own day. */
  readonly dueParts?: readonly { readonly dueOn: string; readonly minor: bigint }[]
}

/** A new invoice or payment: open in full from its own day on. */
const beginning = ({ item, amount, on, dueParts }: Beginning): ItemMove => {
  const by = minorOf(amount)
  const parts = (dueParts ?? [{ dueOn: on, minor: by }]).map(
    ({ dueOn, minor }): Part => ({ dueOn, amount: `${minor}`, steps: [] }),
  )
  return { item, by, begun: { currency: amount.currency, issued_on: on, parts } }
}

/** What an event moves on items; all effective on one day. */
const move = (event: LedgerEvent, on: string, ...moves: readonly ItemMove[]): readonly RowChange[] => {
  let line = 0
  return moves.flatMap(({ item, by, begun }) => {
    const row = begun === undefined ? rowOf(item) : { ...item.key, ...begun }
    const { parts, changes, nextLine } = spanChanges(event, { item: row, parts: row.parts, on, by }, line)
    line = nextLine
    return [begun === undefined ? change(item, { parts }) : create(item, { ...begun, parts }), ...changes]
  })
}

const begin = (event: LedgerEvent, beginningOf: Beginning): readonly RowChange[] =>
  move(event, beginningOf.on, beginning(beginningOf))

type OnInvoice = AccountEvent & { readonly data: { readonly invoiceId: InvoiceId } }
type OnPayment = AccountEvent & { readonly data: { readonly paymentId: PaymentId } }

const invoiceOf = (event: OnInvoice) => ({ invoice: wanted(openItems, keyOf(event, 'INVOICE', event.data.invoiceId)) })
const paymentOf = (event: OnPayment) => ({ payment: wanted(openItems, keyOf(event, 'PAYMENT', event.data.paymentId)) })
/** The payment of which more left than was there: what the client owes for that is its credit until it leaves. */
const leftWith = (event: AccountEvent & { readonly data: { readonly paymentId?: PaymentId | undefined } }) => {
  const { paymentId } = event.data
  return paymentId === undefined ? undefined : wanted(openItems, keyOf(event, 'PAYMENT', paymentId))
}
const bothOf = (event: OnInvoice & OnPayment) => ({ ...invoiceOf(event), ...paymentOf(event) })

/** What is open and how old it is, on two clocks: invoices by part, payments by what is not allocated yet. */
export const receivablesAging = defineProjection({
  name: 'receivables_aging',
  version: 6,
  tables: [openItems, openSpans, openDues, openDays],
  on: {
    InvoiceRegistered: folding({
      wants: (event) => ({ item: wantedNew(openItems, keyOf(event, 'INVOICE', event.data.invoiceId)) }),
      fold: (event, { item }) => {
        const { total: amount, issuedOn: on, dueOn, instalments } = event.data
        const dueParts = instalments.map((part) => ({
          dueOn: part.dueOn,
          minor: minorIn(part.amount, amount.currency),
        }))
        const whole = [{ dueOn, minor: minorOf(amount) }]
        return begin(event, { item, amount, on, dueParts: dueParts.length > 0 ? dueParts : whole })
      },
    }),
    ClaimRegistered: folding({
      wants: (event) => ({
        item: wantedNew(openItems, keyOf(event, 'INVOICE', event.data.claimId)),
        payment: leftWith(event),
      }),
      fold: (event, { item, payment }) => {
        const { total: amount, issuedOn: on, dueOn } = event.data
        const by = minorOf(amount)
        const claim = beginning({ item, amount, on, dueParts: [{ dueOn, minor: by }] })
        return move(event, on, claim, ...(payment === undefined ? [] : [{ item: payment, by }]))
      },
    }),
    ClaimCancelled: folding({
      wants: (event) => ({
        item: wanted(openItems, keyOf(event, 'INVOICE', event.data.claimId)),
        payment: leftWith(event),
      }),
      fold: (event, { item, payment }) => {
        const { total, cancelledOn: on } = event.data
        const by = -minorOf(total)
        return move(event, on, { item, by }, ...(payment === undefined ? [] : [{ item: payment, by }]))
      },
    }),
    // Nothing moves but the days on which what is open is due.
    InvoiceRescheduled: folding({
      wants: invoiceOf,
      fold: (event, { invoice }) => {
        const { agreedOn: on, amount, instalments } = event.data
        const agreed = instalments.map((part) => ({
          dueOn: part.dueOn,
          minor: minorIn(part.amount, amount.currency),
        }))
        const item = rowOf(invoice)
        const moved = spanChanges(event, { item, parts: withAgreed(item.parts, agreed, on), on, by: 0n }, 0)
        return [change(invoice, { parts: moved.parts }), ...moved.changes]
      },
    }),
    InvoiceCancelled: folding({
      wants: invoiceOf,
      fold: (event, { invoice: item }) => move(event, event.data.cancelledOn, { item, by: -minorOf(event.data.total) }),
    }),
    DiscountGranted: folding({
      wants: invoiceOf,
      fold: (event, { invoice: item }) => move(event, event.data.grantedOn, { item, by: -minorOf(event.data.amount) }),
    }),
    InvoiceWrittenOff: folding({
      wants: invoiceOf,
      fold: (event, { invoice: item }) =>
        move(event, event.data.writtenOffOn, { item, by: -minorOf(event.data.amount) }),
    }),
    DiscountReversed: folding({
      wants: invoiceOf,
      fold: (event, { invoice: item }) => move(event, event.data.reversedOn, { item, by: minorOf(event.data.amount) }),
    }),
    WriteOffReversed: folding({
      wants: invoiceOf,
      fold: (event, { invoice: item }) => move(event, event.data.reversedOn, { item, by: minorOf(event.data.amount) }),
    }),
    CreditNoteReversed: folding({
      wants: (event) => {
        const { invoiceId, creditNoteId } = event.data
        return {
          item: wanted(
            openItems,
            invoiceId === undefined ? keyOf(event, 'PAYMENT', creditNoteId) : keyOf(event, 'INVOICE', invoiceId),
          ),
        }
      },
      fold: (event, { item }) => {
        const { invoiceId, reversedOn, total } = event.data
        return move(event, reversedOn, { item, by: invoiceId === undefined ? -minorOf(total) : minorOf(total) })
      },
    }),
    // On account it is credit, as a payment is.
    CreditNoteRegistered: folding({
      wants: (event) => {
        const { invoiceId, creditNoteId } = event.data
        return invoiceId === undefined
          ? { item: wantedNew(openItems, keyOf(event, 'PAYMENT', creditNoteId)) }
          : { item: wanted(openItems, keyOf(event, 'INVOICE', invoiceId)) }
      },
      fold: (event, { item }) => {
        const { invoiceId, creditedOn: on, total: amount } = event.data
        return invoiceId === undefined
          ? begin(event, { item, amount, on })
          : move(event, on, { item, by: -minorOf(amount) })
      },
    }),
    PaymentRecorded: folding({
      wants: (event) => ({ item: wantedNew(openItems, keyOf(event, 'PAYMENT', event.data.paymentId)) }),
      fold: (event, { item }) => begin(event, { item, amount: event.data.amount, on: event.data.receivedOn }),
    }),
    RefundRecorded: folding({
      wants: paymentOf,
      fold: (event, { payment: item }) => move(event, event.data.refundedOn, { item, by: -minorOf(event.data.amount) }),
    }),
    CreditReleased: folding({
      wants: paymentOf,
      fold: (event, { payment: item }) => move(event, event.data.releasedOn, { item, by: -minorOf(event.data.amount) }),
    }),
    RefundReversed: folding({
      wants: paymentOf,
      fold: (event, { payment: item }) => move(event, event.data.reversedOn, { item, by: minorOf(event.data.amount) }),
    }),
    PaymentIdentified: folding({
      wants: (event) => ({ item: wantedNew(openItems, keyOf(event, 'PAYMENT', event.data.identificationId)) }),
      fold: (event, { item }) => begin(event, { item, amount: event.data.amount, on: event.data.identifiedOn }),
    }),
    IdentificationUndone: folding({
      wants: (event) => ({ item: wanted(openItems, keyOf(event, 'PAYMENT', event.data.identificationId)) }),
      fold: (event, { item }) => move(event, event.data.undoneOn, { item, by: -minorOf(event.data.amount) }),
    }),
    TransferReceived: folding({
      wants: (event) => {
        const { transferId, origin, returnsTo } = event.data
        const given = { ...keyOf(event, 'PAYMENT', origin.paymentId), client_id: origin.clientId }
        return {
          given: wanted(openItems, given),
          received:
            returnsTo === undefined
              ? wantedNew(openItems, keyOf(event, 'PAYMENT', transferId))
              : wanted(openItems, keyOf(event, 'PAYMENT', returnsTo)),
        }
      },
      fold: (event, { given, received }) => {
        const { amount, movedOn: on, returnsTo } = event.data
        const by = minorOf(amount)
        const credit = returnsTo === undefined ? beginning({ item: received, amount, on }) : { item: received, by }
        return move(event, on, { item: given, by: -by }, credit)
      },
    }),
    InvoiceMoved: folding({
      wants: (event) => {
        const { invoiceId, fromClientId, again } = event.data
        const key = keyOf(event, 'INVOICE', invoiceId)
        return {
          given: wanted(openItems, { ...key, client_id: fromClientId }),
          received: again === true ? wanted(openItems, key) : wantedNew(openItems, key),
        }
      },
      fold: (event, { given, received: item }) => {
        const { amount, total, issuedOn: issued_on, dueOn, instalments, movedOn: on, again } = event.data
        const by = minorOf(amount)
        const { currency } = total
        const whole = [{ dueOn, amount: total.amount }]
        // As old as it was there: what is settled of it lies on its earliest parts here as well.
        const parts = (instalments.length > 0 ? instalments : whole).map(
          (part): Part => ({ dueOn: part.dueOn, amount: `${minorIn(part.amount, currency)}`, steps: [] }),
        )
        const begun = { currency, issued_on, parts }
        return move(event, on, { item: given, by: -by }, again === true ? { item, by } : { item, by, begun })
      },
    }),
    PaymentAllocated: folding({
      wants: bothOf,
      fold: (event, { invoice, payment }) => {
        const { amount, conversion, allocatedOn, recovers } = event.data
        const paid = { item: payment, by: -minorOf(conversion?.paid ?? amount) }
        if (recovers) return move(event, allocatedOn, paid)
        return move(event, allocatedOn, { item: invoice, by: -minorOf(amount) }, paid)
      },
    }),
    PaymentDeallocated: folding({
      wants: bothOf,
      fold: (event, { invoice, payment }) => {
        const { amount, conversion, deallocatedOn, recovers } = event.data
        const paid = { item: payment, by: minorOf(conversion?.paid ?? amount) }
        if (recovers) return move(event, deallocatedOn, paid)
        return move(event, deallocatedOn, { item: invoice, by: minorOf(amount) }, paid)
      },
    }),
    PaymentReversed: folding({
      wants: paymentOf,
      fold: (event, { payment: item }) => move(event, event.data.reversedOn, { item, by: -minorOf(event.data.amount) }),
    }),
  },
})

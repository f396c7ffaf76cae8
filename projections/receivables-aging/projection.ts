import { type LedgerEvent, type Money, minorIn, minorOf } from '@registru/domain'
import { add, insert, type RowChange, set } from '../core/fold/changes.ts'
import { begun, defineProjection, wanted } from '../core/fold/projection.ts'
import type { Rows } from '../core/fold/row-image.ts'
import type { RowOf } from '../core/fold/table.ts'
import { STILL_KNOWN, stretchOf } from '../core/reading/clocks.ts'
import { changeFrom } from './steps.ts'
import { type ItemKind, openDays, openDues, openItems, openSpans, type Part } from './tables.ts'

type Item = Omit<RowOf<typeof openItems>, 'parts'>

interface Movement {
  readonly item: Item
  readonly parts: readonly Part[]
  readonly on: string
  readonly by: bigint
}

type AccountEvent = LedgerEvent & { readonly data: { readonly clientId: string } }

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
  const change = changeFrom(parts, on, by, { position, firstLine })
  const { company_id, item_kind, item_id, client_id, currency, issued_on } = item
  return {
    parts: change.parts,
    nextLine: firstLine + change.open.length,
    changes: [
      add(
        openDays,
        { company_id, item_kind, currency, effective_on: on, stretch: stretchOf(position) },
        { amount_minor: by },
      ),
      ...dueChanges(item, parts, change.parts),
      ...change.close.map(({ knownFrom, line }) =>
        set(openSpans, { company_id, known_from: knownFrom, line }, { known_to: position }),
      ),
      ...change.open.map((span) =>
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

/** A new invoice or payment: open in full from its own day on. */
const begin = (
  event: LedgerEvent,
  item: Item,
  whole: bigint,
  dueParts: readonly { readonly dueOn: string; readonly minor: bigint }[],
): readonly RowChange[] => {
  const parts = dueParts.map(({ dueOn, minor }): Part => ({ dueOn, amount: `${minor}`, steps: [] }))
  const begun = spanChanges(event, { item, parts, on: item.issued_on, by: whole }, 0)
  return [insert(openItems, { ...item, parts: begun.parts }), ...begun.changes]
}

interface ItemMove {
  readonly item: RowOf<typeof openItems>
  readonly by: bigint
}

/** What an event moves on items that are there already; all effective on one day. */
const move = (event: LedgerEvent, on: string, moves: readonly ItemMove[]): readonly RowChange[] => {
  let line = 0
  return moves.flatMap(({ item, by }) => {
    const { parts, changes, nextLine } = spanChanges(event, { item, parts: item.parts, on, by }, line)
    line = nextLine
    const { company_id, item_kind, item_id, client_id } = item
    return [set(openItems, { company_id, item_kind, item_id, client_id }, { parts }), ...changes]
  })
}

type Settling = { readonly paymentId: string; readonly invoiceId: string; readonly amount: Money }

const bothItems = (event: AccountEvent & { readonly data: Settling }) => [
  wanted(openItems, keyOf(event, 'INVOICE', event.data.invoiceId)),
  wanted(openItems, keyOf(event, 'PAYMENT', event.data.paymentId)),
]

const newPayment = (event: AccountEvent, id: string) => [begun(openItems, keyOf(event, 'PAYMENT', id))]

const invoiceItem = (event: AccountEvent & { readonly data: { readonly invoiceId: string } }) => [
  wanted(openItems, keyOf(event, 'INVOICE', event.data.invoiceId)),
]
const paymentItem = (event: AccountEvent & { readonly data: { readonly paymentId: string } }) => [
  wanted(openItems, keyOf(event, 'PAYMENT', event.data.paymentId)),
]

/** Something other than money lowers what an invoice asks for. */
const lower = (event: AccountEvent, rows: Rows, invoiceId: string, on: string, amount: Money): readonly RowChange[] =>
  move(event, on, [{ item: rows.get(openItems, keyOf(event, 'INVOICE', invoiceId)), by: -minorOf(amount) }])

/** Credit that begins with a payment or with a credit note on account. */
const beginCredit = (
  event: AccountEvent,
  { id, amount, on }: { readonly id: string; readonly amount: Money; readonly on: string },
): readonly RowChange[] => {
  const whole = minorOf(amount)
  const item = {
    ...keyOf(event, 'PAYMENT', id),
    currency: amount.currency,
    issued_on: on,
  }
  return begin(event, item, whole, [{ dueOn: on, minor: whole }])
}

/** What is open and how old it is, on two clocks: invoices by part, payments by what is not allocated yet. */
export const receivablesAging = defineProjection({
  name: 'receivables_aging',
  version: 3,
  tables: [openItems, openSpans, openDues, openDays],
  looksAt: [openItems],
  reads: {
    InvoiceRegistered: (event) => [begun(openItems, keyOf(event, 'INVOICE', event.data.invoiceId))],
    PaymentRecorded: (event) => newPayment(event, event.data.paymentId),
    PaymentAllocated: bothItems,
    PaymentDeallocated: bothItems,
    PaymentReversed: paymentItem,
    RefundRecorded: paymentItem,
    InvoiceCancelled: invoiceItem,
    DiscountGranted: invoiceItem,
    InvoiceWrittenOff: invoiceItem,
    CreditNoteRegistered: (event) => {
      const { invoiceId, creditNoteId } = event.data
      return invoiceId === undefined
        ? newPayment(event, creditNoteId)
        : [wanted(openItems, keyOf(event, 'INVOICE', invoiceId))]
    },
  },
  on: {
    InvoiceRegistered: (event) => {
      const { invoiceId, total, issuedOn, dueOn, instalments } = event.data
      const whole = minorOf(total)
      const item = {
        ...keyOf(event, 'INVOICE', invoiceId),
        currency: total.currency,
        issued_on: issuedOn,
      }
      const dueParts = instalments.map((part) => ({ dueOn: part.dueOn, minor: minorIn(part.amount, total.currency) }))
      return begin(event, item, whole, dueParts.length > 0 ? dueParts : [{ dueOn, minor: whole }])
    },
    InvoiceCancelled: (event, rows) =>
      lower(event, rows, event.data.invoiceId, event.data.cancelledOn, event.data.total),
    DiscountGranted: (event, rows) => lower(event, rows, event.data.invoiceId, event.data.grantedOn, event.data.amount),
    InvoiceWrittenOff: (event, rows) =>
      lower(event, rows, event.data.invoiceId, event.data.writtenOffOn, event.data.amount),
    CreditNoteRegistered: (event, rows) => {
      const { invoiceId, creditNoteId: id, creditedOn: on, total: amount } = event.data
      return invoiceId === undefined
        ? beginCredit(event, { id, amount, on })
        : lower(event, rows, invoiceId, on, amount)
    },
    PaymentRecorded: (event) => {
      const { paymentId: id, amount, receivedOn: on } = event.data
      return beginCredit(event, { id, amount, on })
    },
    RefundRecorded: (event, rows) => {
      const { paymentId, amount, refundedOn } = event.data
      const item = rows.get(openItems, keyOf(event, 'PAYMENT', paymentId))
      return move(event, refundedOn, [{ item, by: -minorOf(amount) }])
    },
    PaymentAllocated: (event, rows) => {
      const { invoiceId, paymentId, amount, conversion, allocatedOn } = event.data
      return move(event, allocatedOn, [
        { item: rows.get(openItems, keyOf(event, 'INVOICE', invoiceId)), by: -minorOf(amount) },
        { item: rows.get(openItems, keyOf(event, 'PAYMENT', paymentId)), by: -minorOf(conversion?.paid ?? amount) },
      ])
    },
    PaymentDeallocated: (event, rows) => {
      const { invoiceId, paymentId, amount, conversion, deallocatedOn } = event.data
      return move(event, deallocatedOn, [
        { item: rows.get(openItems, keyOf(event, 'INVOICE', invoiceId)), by: minorOf(amount) },
        { item: rows.get(openItems, keyOf(event, 'PAYMENT', paymentId)), by: minorOf(conversion?.paid ?? amount) },
      ])
    },
    PaymentReversed: (event, rows) => {
      const { paymentId, amount, reversedOn } = event.data
      const item = rows.get(openItems, keyOf(event, 'PAYMENT', paymentId))
      return move(event, reversedOn, [{ item, by: -minorOf(amount) }])
    },
  },
})

import {
  type ClientId,
  type DuePart,
  decimalOf,
  type InvoiceId,
  type LedgerEvent,
  type Money,
  minorIn,
  minorOf,
  type PaymentId,
  rescheduledParts,
} from '@registru/domain'
import { change, create, insert, type RowChange } from '../core/fold/changes.ts'
import { type OwnedRow, rowOf, wanted, wantedNew } from '../core/fold/owned-row.ts'
import { defineProjection, folding } from '../core/fold/projection.ts'
import type { RowOf } from '../core/fold/table.ts'
import {
  type InstalmentPart,
  invoiceBalances,
  invoiceSchedules,
  invoiceSettlements,
  type SettlementKind,
} from './tables.ts'

type AccountEvent = LedgerEvent & { readonly data: { readonly clientId: ClientId } }

const keyOf = ({ data, metadata }: AccountEvent, invoiceId: InvoiceId) => ({
  company_id: metadata.companyId,
  invoice_id: invoiceId,
  client_id: data.clientId,
})

type Invoice = RowOf<typeof invoiceBalances>
type AmountColumn =
  | 'allocated_minor'
  | 'uncleared_minor'
  | 'credited_minor'
  | 'discounted_minor'
  | 'written_off_minor'
  | 'small_difference_minor'
  | 'recovered_minor'

/** Something that an event does to what an invoice asks for. */
interface Settled {
  readonly kind: SettlementKind
  readonly minor: bigint
  readonly on: string
  readonly paymentId?: PaymentId
  readonly unclearedMinor?: bigint
  readonly undoneBecause?: string
}

const amountsOf = ({ kind, minor, unclearedMinor = 0n }: Settled): { readonly [Name in AmountColumn]?: bigint } => {
  switch (kind) {
    case 'ALLOCATED':
      return { allocated_minor: minor, uncleared_minor: unclearedMinor }
    case 'CLEARED':
      return { uncleared_minor: -minor }
    case 'CREDITED':
      return { credited_minor: minor }
    case 'DISCOUNTED':
      return { discounted_minor: minor }
    case 'WRITTEN_OFF':
      return { written_off_minor: minor }
    case 'SMALL_DIFFERENCE':
      return { written_off_minor: minor, small_difference_minor: minor }
    case 'RECOVERED':
      return { recovered_minor: minor }
    case 'CANCELLED':
      return {}
  }
}

/** Adds to the invoice, and remembers how far clocks have to be for the row to be their answer. */
const changed = (invoice: Invoice, { position }: LedgerEvent, settled: Settled) => {
  const amounts = amountsOf(settled)
  const plus = (column: AmountColumn): bigint => invoice[column] + (amounts[column] ?? 0n)
  return {
    allocated_minor: plus('allocated_minor'),
    uncleared_minor: plus('uncleared_minor'),
    credited_minor: plus('credited_minor'),
    discounted_minor: plus('discounted_minor'),
    written_off_minor: plus('written_off_minor'),
    small_difference_minor: plus('small_difference_minor'),
    recovered_minor: plus('recovered_minor'),
    cancelled_on: settled.kind === 'CANCELLED' ? settled.on : invoice.cancelled_on,
    last_effective_on: settled.on > invoice.last_effective_on ? settled.on : invoice.last_effective_on,
    last_position: position,
  }
}

type InvoiceRow = OwnedRow<typeof invoiceBalances>

const settle = (event: AccountEvent, invoice: InvoiceRow, settled: Settled): readonly RowChange[] => [
  change(invoice, changed(rowOf(invoice), event, settled)),
  insert(invoiceSettlements, {
    ...invoice.key,
    position: event.position,
    kind: settled.kind,
    payment_id: settled.paymentId ?? null,
    amount_minor: settled.minor,
    uncleared_minor: settled.unclearedMinor ?? 0n,
    effective_on: settled.on,
    undone_because: settled.undoneBecause ?? null,
    event_id: event.eventId,
  }),
]

/** What of an allocation counts as paid only when its paper is collected. */
const unclearedOf = ({ amount, uncleared = false, collected }: Uncleared): bigint => {
  if (!uncleared) return 0n
  return collected === undefined ? minorOf(amount) : minorOf(amount) - minorIn(collected, amount.currency)
}

interface Uncleared {
  readonly amount: Money
  readonly uncleared?: boolean | undefined
  readonly collected?: string | undefined
}

const invoiceOf = (event: AccountEvent & { readonly data: { readonly invoiceId: InvoiceId } }) => ({
  invoice: wanted(invoiceBalances, keyOf(event, event.data.invoiceId)),
})

/** The invoice that a credit note lowers, if it names one. */
const creditedOf = (event: AccountEvent & { readonly data: { readonly invoiceId?: InvoiceId | undefined } }) => {
  const { invoiceId } = event.data
  return { invoice: invoiceId === undefined ? undefined : wanted(invoiceBalances, keyOf(event, invoiceId)) }
}

/** Something other than money lowers what an invoice asks for. */
const lowered = (kind: SettlementKind, amount: Money, on: string): Settled => ({ kind, minor: minorOf(amount), on })

const partsIn = (parts: readonly InstalmentPart[], currency: string): readonly DuePart[] =>
  parts.map(({ dueOn, amount }) => ({ dueOn, amount: minorIn(amount, currency) }))

const partsOf = ({ due_on, instalments, total_minor, currency }: Invoice): readonly DuePart[] =>
  instalments.length > 0 ? partsIn(instalments, currency) : [{ dueOn: due_on, amount: total_minor }]

/** None where the whole is due on one day. */
const instalmentsOf = (parts: readonly DuePart[], currency: string): readonly InstalmentPart[] =>
  parts.length > 1 ? parts.map(({ dueOn, amount }) => ({ dueOn, amount: decimalOf(amount, currency) })) : []

/** What had lowered it is taken back: the same, negative, on its own day. */
const raised = (
  kind: SettlementKind,
  amount: Money,
  { reversedOn: on, reason: undoneBecause }: { readonly reversedOn: string; readonly reason: string },
): Settled => ({ kind, minor: -minorOf(amount), on, undoneBecause })

type Owed = Extract<LedgerEvent, { readonly type: 'InvoiceRegistered' | 'ClaimRegistered' }>

/** An invoice, or a claim without one, as it begins: with nothing settled. */
const begun = ({ data, position }: Owed, instalments: readonly InstalmentPart[]) => ({
  kind: data.kind,
  series: data.series ?? null,
  number: data.number,
  issued_on: data.issuedOn,
  due_on: data.dueOn,
  currency: data.total.currency,
  total_minor: minorOf(data.total),
  allocated_minor: 0n,
  uncleared_minor: 0n,
  credited_minor: 0n,
  discounted_minor: 0n,
  written_off_minor: 0n,
  small_difference_minor: 0n,
  recovered_minor: 0n,
  cancelled_on: null,
  instalments,
  rescheduled: false,
  position,
  last_effective_on: data.issuedOn,
  last_position: position,
})

/** What each invoice was for and what has been settled on it. */
export const invoiceBalancesProjection = defineProjection({
  name: 'invoice_balances',
  version: 4,
  tables: [invoiceBalances, invoiceSettlements, invoiceSchedules],
  on: {
    InvoiceRegistered: folding({
      wants: (event) => ({ invoice: wantedNew(invoiceBalances, keyOf(event, event.data.invoiceId)) }),
      fold: (event, { invoice }) => [create(invoice, begun(event, event.data.instalments))],
    }),
    ClaimRegistered: folding({
      wants: (event) => ({ claim: wantedNew(invoiceBalances, keyOf(event, event.data.claimId)) }),
      fold: (event, { claim }) => [create(claim, begun(event, []))],
    }),
    ClaimCancelled: folding({
      wants: (event) => ({ claim: wanted(invoiceBalances, keyOf(event, event.data.claimId)) }),
      fold: (event, { claim }) => settle(event, claim, lowered('CANCELLED', event.data.total, event.data.cancelledOn)),
    }),
    InvoiceRescheduled: folding({
      wants: invoiceOf,
      fold: ({ data, position }, { invoice }) => {
        const row = rowOf(invoice)
        const { due_on, instalments, last_effective_on } = row
        const dueParts = rescheduledParts(partsOf(row), partsIn(data.instalments, row.currency))
        return [
          change(invoice, {
            due_on: dueParts.at(-1)?.dueOn ?? due_on,
            instalments: instalmentsOf(dueParts, row.currency),
            rescheduled: true,
            last_effective_on: data.agreedOn > last_effective_on ? data.agreedOn : last_effective_on,
            last_position: position,
          }),
          insert(invoiceSchedules, { ...invoice.key, position, agreed_on: data.agreedOn, due_on, instalments }),
        ]
      },
    }),
    InvoiceCancelled: folding({
      wants: invoiceOf,
      fold: (event, { invoice }) =>
        settle(event, invoice, lowered('CANCELLED', event.data.total, event.data.cancelledOn)),
    }),
    // On account it settles invoices as a payment does.
    CreditNoteRegistered: folding({
      wants: creditedOf,
      fold: (event, { invoice }) =>
        invoice === undefined
          ? []
          : settle(event, invoice, lowered('CREDITED', event.data.total, event.data.creditedOn)),
    }),
    DiscountGranted: folding({
      wants: invoiceOf,
      fold: (event, { invoice }) =>
        settle(event, invoice, lowered('DISCOUNTED', event.data.amount, event.data.grantedOn)),
    }),
    InvoiceWrittenOff: folding({
      wants: invoiceOf,
      fold: (event, { invoice }) =>
        settle(event, invoice, lowered(event.data.kind ?? 'WRITTEN_OFF', event.data.amount, event.data.writtenOffOn)),
    }),
    CreditNoteReversed: folding({
      wants: creditedOf,
      fold: (event, { invoice }) =>
        invoice === undefined ? [] : settle(event, invoice, raised('CREDITED', event.data.total, event.data)),
    }),
    DiscountReversed: folding({
      wants: invoiceOf,
      fold: (event, { invoice }) => settle(event, invoice, raised('DISCOUNTED', event.data.amount, event.data)),
    }),
    WriteOffReversed: folding({
      wants: invoiceOf,
      fold: (event, { invoice }) =>
        settle(event, invoice, raised(event.data.kind ?? 'WRITTEN_OFF', event.data.amount, event.data)),
    }),
    PaymentAllocated: folding({
      wants: invoiceOf,
      fold: (event, { invoice }) => {
        const { paymentId, amount, allocatedOn: on, recovers } = event.data
        const allocated = { paymentId, minor: minorOf(amount), on, unclearedMinor: unclearedOf(event.data) }
        return settle(event, invoice, { kind: recovers ? 'RECOVERED' : 'ALLOCATED', ...allocated })
      },
    }),
    PaymentDeallocated: folding({
      wants: invoiceOf,
      fold: (event, { invoice }) => {
        const { paymentId, amount, deallocatedOn: on, reason: undoneBecause, recovers } = event.data
        const undone = {
          paymentId,
          minor: -minorOf(amount),
          on,
          unclearedMinor: -unclearedOf(event.data),
          undoneBecause,
        }
        return settle(event, invoice, { kind: recovers ? 'RECOVERED' : 'ALLOCATED', ...undone })
      },
    }),
    PaymentCleared: folding({
      wants: (event) => ({
        invoices: (event.data.settles ?? []).map(({ invoiceId }) => wanted(invoiceBalances, keyOf(event, invoiceId))),
      }),
      fold: (event, { invoices }) => {
        const { paymentId, clearedOn: on, settles = [] } = event.data
        return settles.flatMap(({ invoiceId, amount }) =>
          invoices
            .filter(({ key }) => key.invoice_id === invoiceId)
            .flatMap((invoice) => settle(event, invoice, { kind: 'CLEARED', paymentId, minor: minorOf(amount), on })),
        )
      },
    }),
  },
})

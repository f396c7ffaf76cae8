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
  | 'before_minor'
  | 'moved_minor'

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
    case 'BEFORE':
      return { before_minor: minor }
    case 'MOVED':
      return { moved_minor: minor }
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
    before_minor: plus('before_minor'),
    moved_minor: plus('moved_minor'),
    cancelled_on: settled.kind === 'CANCELLED' ? settled.on : invoice.cancelled_on,
    last_effective_on: settled.on > invoice.last_effective_on ? settled.on : invoice.last_effective_on,
    last_position: position,
  }
}

type InvoiceRow = OwnedRow<typeof invoiceBalances>

const history = (event: AccountEvent, invoice: InvoiceRow, settled: Settled, line = 0): RowChange =>
  insert(invoiceSettlements, {
    ...invoice.key,
    position: event.position,
    line,
    kind: settled.kind,
    payment_id: settled.paymentId ?? null,
    amount_minor: settled.minor,
    uncleared_minor: settled.unclearedMinor ?? 0n,
    effective_on: settled.on,
    undone_because: settled.undoneBecause ?? null,
    event_id: event.eventId,
  })

const settle = (event: AccountEvent, invoice: InvoiceRow, settled: Settled): readonly RowChange[] => [
  change(invoice, changed(rowOf(invoice), event, settled)),
  history(event, invoice, settled),
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

/** The first one is told though it be nothing: it says that the invoice moved. */
const lines = (event: AccountEvent, invoice: InvoiceRow, settled: readonly Settled[]): readonly RowChange[] =>
  settled
    .filter(({ minor }, index) => index === 0 || minor !== 0n)
    .map((each, line) => history(event, invoice, each, line))

/** All columns but those by which it is found. */
const withAll = (
  event: AccountEvent,
  invoice: Invoice,
  settled: readonly Settled[],
): Omit<Invoice, (typeof invoiceBalances)['key'][number]> => {
  const after = settled.reduce((so, each) => ({ ...so, ...changed(so, event, each) }), invoice)
  const { company_id: _company, invoice_id: _invoice, client_id: _client, ...columns } = after
  return columns
}

/** Several things at once, each a line of the history. */
const settleAll = (event: AccountEvent, invoice: InvoiceRow, settled: readonly Settled[]): readonly RowChange[] => [
  change(invoice, withAll(event, rowOf(invoice), settled)),
  ...lines(event, invoice, settled),
]

/** What the one account has of an invoice no longer, and the other has: what is open, and bad debts with what they brought. */
const movedOf = ({ data }: Extract<LedgerEvent, { readonly type: 'InvoiceMoved' }>) => {
  const { total, amount, movedOn: on, writtenOff, recovered } = data
  const { currency } = total
  const minorOfPart = (part: string | undefined): bigint => (part === undefined ? 0n : minorIn(part, currency))
  const bad = minorOfPart(writtenOff)
  const brought = minorOfPart(recovered)
  const asked = minorOf(amount) + bad
  const parts = (sign: 1n | -1n): readonly Settled[] => [
    { kind: 'WRITTEN_OFF', minor: sign * bad, on },
    { kind: 'RECOVERED', minor: sign * brought, on },
  ]
  const before: Settled = { kind: 'BEFORE', minor: -asked, on }
  return {
    total: minorOf(total),
    gone: [{ kind: 'MOVED', minor: asked, on } as const, ...parts(-1n)],
    came: [before, ...parts(1n)] as const,
  }
}

type Owed = Extract<LedgerEvent, { readonly type: 'InvoiceRegistered' | 'ClaimRegistered' | 'InvoiceMoved' }>

/** An invoice, or a claim without one, as it begins: with nothing settled. */
const begun = ({ data, position }: Owed, instalments: readonly InstalmentPart[], standsOn = data.issuedOn) => ({
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
  before_minor: 0n,
  moved_minor: 0n,
  cancelled_on: null,
  instalments,
  rescheduled: false,
  stands_on: standsOn,
  position,
  last_effective_on: standsOn,
  last_position: position,
})

/** What each invoice was for and what has been settled on it. */
export const invoiceBalancesProjection = defineProjection({
  name: 'invoice_balances',
  version: 5,
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
    InvoiceMoved: folding({
      wants: (event) => {
        const { invoiceId, fromClientId, again } = event.data
        const key = keyOf(event, invoiceId)
        return {
          given: wanted(invoiceBalances, { ...key, client_id: fromClientId }),
          received: again === true ? wanted(invoiceBalances, key) : wantedNew(invoiceBalances, key),
        }
      },
      fold: (event, { given, received }) => {
        const { instalments, movedOn, again } = event.data
        const { total, gone, came } = movedOf(event)
        if (again === true) return [...settleAll(event, given, gone), ...settleAll(event, received, came)]
        const [before] = came
        const first = { ...before, minor: total + before.minor }
        const settled = [first, ...came.slice(1)]
        const row = { ...received.key, ...begun(event, instalments, movedOn) }
        return [
          ...settleAll(event, given, gone),
          create(received, withAll(event, row, settled)),
          ...lines(event, received, settled),
        ]
      },
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

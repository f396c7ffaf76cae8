import { METHODS_IN_TRANSIT } from '@registru/domain'
import { NO_CLIENT } from '../core/books/no-client.ts'
import { invoiceBalances, invoiceSchedules, invoiceSettlements } from '../invoice-balances/tables.ts'
import {
  paymentClaims,
  paymentParts,
  paymentRefunds,
  paymentReleases,
  paymentSettlements,
  payments,
  paymentTransfers,
} from '../payments/tables.ts'
import { receipts } from '../receipts/tables.ts'
import { FINALLY_OPEN, WHOLE } from './aging-ties.ts'
import { defineTie, posted } from './tie.ts'

/** An amount of an event, written with all the digits of its currency, in minor units. */
const minorOf = (decimal: string): string => `replace(${decimal}, '.', '')::numeric`

const IN_TRANSIT = [...METHODS_IN_TRANSIT].map((method) => `'${method}'`).join(', ')

const settledBy = (kind: string): string => `sum(amount_minor) filter (where kind = '${kind}')`

/** What the instalments of the held row add up to; where there are none, the whole is due at once. */
const instalmentsOr = (whole: string): string => `coalesce((
  select sum(${minorOf(`instalment ->> 'amount'`)}) from jsonb_array_elements(held.instalments) instalment
), ${whole})`

/** What is due on which day, in order; what is nothing is on none. */
const duesIn = (parts: string): string => `(
  select jsonb_agg(jsonb_build_array(due_on, minor) order by place) from (${parts}) part where minor <> 0)`

const DUES_OF_INVOICE = duesIn(`
  select (entry ->> 'dueOn')::date as due_on, ${minorOf(`entry ->> 'amount'`)} as minor, place
  from jsonb_array_elements(held.instalments) with ordinality as instalment (entry, place)
  union all select held.due_on, held.total_minor, 0 where jsonb_array_length(held.instalments) = 0`)

const DUES_OF_ITEM = duesIn(`
  select (entry ->> 'dueOn')::date as due_on, (entry ->> 'amount')::numeric as minor, place
  from json_array_elements(item.parts) with ordinality as each (entry, place)`)

export const invoicesTie = defineTie({
  name: 'invoices',
  table: invoiceBalances,
  from: `held
    left join read.open_items item on item.item_kind = 'INVOICE'
      and (item.company_id, item.item_id, item.client_id) = (held.company_id, held.invoice_id, held.client_id)
    cross join lateral (
      select ${settledBy('ALLOCATED')} as allocated, ${settledBy('CREDITED')} as credited, ${settledBy('DISCOUNTED')} as discounted,
        ${settledBy('WRITTEN_OFF')} as written_off, ${settledBy('SMALL_DIFFERENCE')} as small_difference, ${settledBy('RECOVERED')} as recovered, sum(uncleared_minor) as waiting,
        ${settledBy('CLEARED')} as cleared, ${settledBy('BEFORE')} as before, ${settledBy('MOVED')} as moved,
        sum(amount_minor) filter (where position = held.position and kind <> 'RECOVERED') as came_with
      from read.invoice_settlements
      where (company_id, invoice_id, client_id) = (held.company_id, held.invoice_id, held.client_id)
    ) settled`,
  place: ['client_id', 'invoice_id'],
  books: [
    {
      total: 'held.total_minor',
      openItem: WHOLE,
      // Of one that came from another account only what was open came.
      journal: `coalesce(${posted(`'RECEIVABLE'`, { on: 'held.stands_on' })}, 0) + coalesce(settled.came_with, 0)`,
    },
    { open: 'held.open_minor', openItem: FINALLY_OPEN },
    { allocated: 'held.allocated_minor', settlements: 'settled.allocated' },
    { uncleared: 'held.uncleared_minor', settlements: 'coalesce(settled.waiting, 0) - coalesce(settled.cleared, 0)' },
    { credited: 'held.credited_minor', settlements: 'settled.credited' },
    { discounted: 'held.discounted_minor', settlements: 'settled.discounted' },
    {
      writtenOff: 'held.written_off_minor',
      settlements: 'coalesce(settled.written_off, 0) + coalesce(settled.small_difference, 0)',
    },
    { smallDifference: 'held.small_difference_minor', settlements: 'settled.small_difference' },
    { recovered: 'held.recovered_minor', settlements: 'settled.recovered' },
    { before: 'held.before_minor', settlements: 'settled.before' },
    { moved: 'held.moved_minor', settlements: 'settled.moved' },
    { total: 'held.total_minor', instalments: instalmentsOr('held.total_minor') },
    {
      otherDueDays: `case when ${DUES_OF_INVOICE} is distinct from ${DUES_OF_ITEM}
        or held.due_on is distinct from (item.parts -> -1 ->> 'dueOn')::date then 1 end`,
      none: '0',
    },
  ],
})

export const invoiceSchedulesTie = defineTie({
  name: 'due days of invoices before they were moved',
  table: invoiceSchedules,
  from: `held join read.invoice_balances invoice using (company_id, invoice_id, client_id)`,
  place: ['client_id', 'invoice_id', 'position'],
  currency: 'invoice.currency',
  books: [{ instalments: instalmentsOr('invoice.total_minor'), total: 'invoice.total_minor' }],
})

/** What money had brought of a bad debt moves with the debt, and nothing is posted of it. */
const MOVED_RECOVERY = `(held.kind = 'RECOVERED' and held.payment_id is null)`

export const invoiceSettlementsTie = defineTie({
  name: 'settlements of invoices',
  table: invoiceSettlements,
  from: `held join read.invoice_balances invoice using (company_id, invoice_id, client_id)
    cross join lateral (
      select sum(case kind when 'CLEARED' then -amount_minor else uncleared_minor end) as uncleared_minor
      from read.invoice_settlements
      where (company_id, invoice_id, client_id) = (held.company_id, held.invoice_id, held.client_id)
    ) waits
    cross join lateral (
      select sum(amount_minor) filter (where kind not in ('CLEARED', 'RECOVERED')) as amount_minor from read.invoice_settlements
      where (company_id, invoice_id, client_id, position)
        = (held.company_id, held.invoice_id, held.client_id, held.position)
    ) together`,
  place: ['client_id', 'invoice_id', 'payment_id', 'position'],
  currency: 'invoice.currency',
  books: [
    {
      // What an invoice came with is held against its total.
      settlement: `case when held.kind = 'CLEARED' or held.position = invoice.position or ${MOVED_RECOVERY} then 0
        when held.kind = 'RECOVERED' then held.amount_minor else together.amount_minor end`,
      journal: `case when held.kind = 'CLEARED' or held.position = invoice.position or ${MOVED_RECOVERY} then 0
        when held.kind = 'RECOVERED' then -${posted(`'RECOVERY'`, { currency: 'invoice.currency' })}
        else -${posted(`'RECEIVABLE'`, { currency: 'invoice.currency' })} end`,
    },
    { uncleared: 'waits.uncleared_minor', invoice: 'invoice.uncleared_minor' },
    // The journal moves nothing on an invoice when a cheque is collected: it is no more than was waiting for it.
    {
      cleared: `case held.kind when 'CLEARED' then held.amount_minor end`,
      waiting: `case held.kind when 'CLEARED' then least(held.amount_minor, (
        select sum(case waiting.kind when 'CLEARED' then -waiting.amount_minor else waiting.uncleared_minor end)
        from read.invoice_settlements waiting
        where (waiting.company_id, waiting.invoice_id, waiting.client_id, waiting.payment_id)
            = (held.company_id, held.invoice_id, held.client_id, held.payment_id)
          and waiting.position < held.position)) end`,
    },
  ],
})

/** What became of each held payment, by the tables of its history. */
const BECAME = `
    cross join lateral (
      select sum(amount_minor) as amount_minor from read.payment_transfers
      where (company_id, payment_id, client_id) = (held.company_id, held.payment_id, held.client_id)
        and position <> held.position
    ) transfer
    cross join lateral (
      select sum(fee_minor) as fee_minor, sum(amount_minor) filter (where kind = 'REVERSED') as reversed_minor
      from read.payment_parts
      where (company_id, payment_id, client_id) = (held.company_id, held.payment_id, held.client_id)
    ) part`

/** What was kept as it was recorded, when a part arrived, or, of what never came, not at all. */
const FEE_OF_PARTS = `coalesce(part.fee_minor, 0) + coalesce(${posted(`'FEE'`, { on: 'held.received_on' })}, 0)`

const heldOf = (condition: string): string => `(select * from held where ${condition}) held`

export const paymentsTie = defineTie({
  name: 'payments',
  table: payments,
  from: `${heldOf(`client_id <> '${NO_CLIENT}'`)}
    left join read.open_items item on item.item_kind = 'PAYMENT'
      and (item.company_id, item.item_id, item.client_id) = (held.company_id, held.payment_id, held.client_id)
    cross join lateral (
      select sum(amount_minor) as amount_minor from read.payment_settlements
      where (company_id, payment_id, client_id) = (held.company_id, held.payment_id, held.client_id)
    ) settled
    cross join lateral (
      select sum(amount_minor) filter (where reversed_on is null) as amount_minor from read.payment_refunds
      where (company_id, payment_id, client_id) = (held.company_id, held.payment_id, held.client_id)
    ) refund
    cross join lateral (
      select sum(amount_minor) as amount_minor from read.payment_releases
      where (company_id, payment_id, client_id) = (held.company_id, held.payment_id, held.client_id)
    ) release
    cross join lateral (
      select sum(amount_minor) as amount_minor from read.payment_claims
      where (company_id, payment_id, client_id) = (held.company_id, held.payment_id, held.client_id)
    ) claim
    ${BECAME}`,
  place: ['client_id', 'payment_id'],
  books: [
    {
      amount: 'held.amount_minor',
      openItem: WHOLE,
      journal: `-${posted(`'CLIENT_CREDIT'`, { on: 'held.received_on' })}`,
    },
    { credit: 'held.credit_minor', openItem: FINALLY_OPEN },
    { allocated: 'held.allocated_minor', settlements: 'settled.amount_minor' },
    { refunded: 'held.refunded_minor', refunds: 'refund.amount_minor' },
    { transferred: 'held.transferred_minor', transfers: 'transfer.amount_minor' },
    { released: 'held.released_minor', releases: 'release.amount_minor' },
    { claimed: 'held.claimed_minor', claims: 'claim.amount_minor' },
    { reversed: 'held.reversed_minor', parts: 'part.reversed_minor' },
    { fee: 'held.fee_minor', parts: FEE_OF_PARTS },
  ],
})

/** Of no client, so no open item: it waits in suspense, and leaves it part by part. */
export const unidentifiedTie = defineTie({
  name: 'unidentified payments',
  table: payments,
  from: `${heldOf(`client_id = '${NO_CLIENT}'`)} ${BECAME}`,
  place: ['payment_id'],
  books: [
    { amount: 'held.amount_minor', journal: `-${posted(`'SUSPENSE'`, { on: 'held.received_on' })}` },
    { transferred: 'held.transferred_minor', transfers: 'transfer.amount_minor' },
    { reversed: 'held.reversed_minor', parts: 'part.reversed_minor' },
    { fee: 'held.fee_minor', parts: FEE_OF_PARTS },
  ],
})

export const paymentSettlementsTie = defineTie({
  name: 'settlements of payments',
  table: paymentSettlements,
  from: `held join read.payments payment using (company_id, payment_id, client_id)`,
  place: ['client_id', 'payment_id', 'invoice_id', 'position'],
  currency: 'payment.currency',
  books: [{ settlement: 'held.amount_minor', journal: posted(`'CLIENT_CREDIT'`, { currency: 'payment.currency' }) }],
})

export const refundsTie = defineTie({
  name: 'refunds',
  table: paymentRefunds,
  from: `held join read.payments payment using (company_id, payment_id, client_id)`,
  place: ['client_id', 'payment_id', 'refund_id'],
  currency: 'payment.currency',
  books: [
    {
      refund: 'held.amount_minor',
      journal: `(
        select sum(amount_minor) from read.postings
        where (company_id, client_id, effective_on, event_id) = (held.company_id, held.client_id, held.refunded_on, held.event_id)
          and account = 'CLIENT_CREDIT')`,
    },
    {
      paid: 'held.paid_minor',
      journal: `-${posted(`'CASH', 'BANK', 'CARD_IN_TRANSIT'`, { on: 'held.refunded_on', currency: 'held.paid_currency' })}`,
    },
    {
      difference: 'held.difference_minor',
      journal: `-${posted(`'FX_GAIN', 'FX_LOSS'`, { on: 'held.refunded_on', currency: 'held.difference_currency' })}`,
    },
    {
      keptFromPayout: 'held.transit_minor',
      journal: `-${posted(`'CARD_IN_TRANSIT'`, { on: 'held.refunded_on', currency: 'payment.currency' })}`,
    },
  ],
})

export const paymentPartsTie = defineTie({
  name: 'parts of payments',
  table: paymentParts,
  from: `held join read.payments payment using (company_id, payment_id, client_id)`,
  place: ['client_id', 'payment_id', 'position'],
  currency: 'payment.currency',
  books: [
    {
      reversed: `case held.kind when 'REVERSED' then held.amount_minor end`,
      journal: `case when held.kind <> 'REVERSED' then null
        when held.client_id = '${NO_CLIENT}' then ${posted(`'SUSPENSE'`, { currency: 'payment.currency' })}
        else ${posted(`'CLIENT_CREDIT'`, { currency: 'payment.currency' })} end`,
    },
    { fee: 'held.fee_minor', journal: posted(`'FEE'`, { currency: 'payment.currency' }) },
    {
      inTransit: 'held.transit_minor',
      journal: `case when payment.method in (${IN_TRANSIT})
        then -${posted(`'CARD_IN_TRANSIT', 'COURIER', 'CHEQUE', 'PROMISSORY_NOTE'`, { currency: 'payment.currency' })}
        else 0 end`,
    },
  ],
})

/** What left the one account came to the other by the same event. */
export const transfersTie = defineTie({
  name: 'transfers of credit',
  table: paymentTransfers,
  from: `held join read.payments payment using (company_id, payment_id, client_id)
    left join read.payment_transfers other on (other.company_id, other.payment_id, other.client_id, other.position)
      = (held.company_id, held.other_payment_id, held.other_client_id, held.position)`,
  place: ['client_id', 'payment_id', 'position'],
  currency: 'payment.currency',
  books: [
    { transfer: 'held.amount_minor', other: '-other.amount_minor' },
    {
      transfer: 'held.amount_minor',
      journal: posted(`'CLIENT_CREDIT', 'SUSPENSE'`, { currency: 'payment.currency' }),
    },
  ],
})

export const releasesTie = defineTie({
  name: 'releases',
  table: paymentReleases,
  from: `held join read.payments payment using (company_id, payment_id, client_id)`,
  place: ['client_id', 'payment_id', 'position'],
  currency: 'payment.currency',
  books: [
    {
      release: 'held.amount_minor',
      journal: posted(`'CLIENT_CREDIT'`, { on: 'held.released_on', currency: 'payment.currency' }),
    },
  ],
})

export const claimsTie = defineTie({
  name: 'claims for money that left beyond a payment',
  table: paymentClaims,
  from: `held join read.payments payment using (company_id, payment_id, client_id)`,
  place: ['client_id', 'payment_id', 'position'],
  currency: 'payment.currency',
  books: [
    {
      claim: 'held.amount_minor',
      journal: `-${posted(`'CLIENT_CREDIT'`, { currency: 'payment.currency' })}`,
      receivable: posted(`'RECEIVABLE'`, { currency: 'payment.currency' }),
    },
  ],
})

/** All amounts that a receipt's document says. */
const SAID = `(
  select sum(${minorOf(`value #>> '{}'`)}) from (
    select jsonb_path_query(held.document, '$.amount.amount') as value
    union all select jsonb_path_query(held.document, '$.advance')
    union all select jsonb_path_query(held.document, '$.settles[*].amount.amount')
    union all select jsonb_path_query(held.document, '$.settles[*].openAfter')
    union all select jsonb_path_query(held.document, '$.settles[*].conversion.settled.amount')
  ) said)`

export const receiptsTie = defineTie({
  name: 'receipts',
  table: receipts,
  from: `held left join read.payments payment using (company_id, payment_id, client_id)`,
  place: ['series', 'number', 'client_id', 'payment_id'],
  books: [
    {
      receipt: 'held.amount_minor',
      document: minorOf(`held.document -> 'amount' ->> 'amount'`),
      payment: 'payment.amount_minor',
    },
    { said: 'held.said_minor', document: SAID },
  ],
})

export const documentTies = [
  invoicesTie,
  invoiceSettlementsTie,
  invoiceSchedulesTie,
  paymentsTie,
  unidentifiedTie,
  paymentPartsTie,
  paymentSettlementsTie,
  refundsTie,
  transfersTie,
  releasesTie,
  claimsTie,
  receiptsTie,
]

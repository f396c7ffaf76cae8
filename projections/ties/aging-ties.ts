import { STILL_KNOWN } from '../core/reading/clocks.ts'
import { openDays, openDues, openItems, openSpans } from '../receivables-aging/tables.ts'
import { defineTie, posted } from './tie.ts'

/** Of all parts of an item, what is open on them in the end. */
export const FINALLY_OPEN = `(select sum((part -> 'steps' -> -1 ->> 'open')::numeric) from json_array_elements(item.parts) part)`

/** Of all parts of an item, what they were at first. */
export const WHOLE = `(select sum((part ->> 'amount')::numeric) from json_array_elements(item.parts) part)`

const MOVED = `
  select event.*, span.item_kind, span.currency, span.eff_from as effective_on, span.amount_minor from event
    join read.open_spans span on span.company_id = event.company_id and span.client_id = event.client_id
      and span.known_from = event.position
  union all
  select event.*, span.item_kind, span.currency, span.eff_to, -span.amount_minor from event
    join read.open_spans span on span.company_id = event.company_id and span.client_id = event.client_id
      and span.known_from = event.position
  union all
  select event.*, span.item_kind, span.currency, span.eff_from, -span.amount_minor from event
    join read.open_spans span on span.company_id = event.company_id and span.client_id = event.client_id
      and span.known_to = event.position
  union all
  select event.*, span.item_kind, span.currency, span.eff_to, span.amount_minor from event
    join read.open_spans span on span.company_id = event.company_id and span.client_id = event.client_id
      and span.known_to = event.position`

/** The spans that an event opens, less those that it closes, step on each day as much as the event posted on it. */
export const spansMove = defineTie({
  name: 'spans of what is open',
  table: openSpans,
  from: `(
    select company_id, client_id, position, item_kind, currency, effective_on, sum(amount_minor) as amount_minor
    from (with event as (select distinct company_id, client_id, known_from as position from held) ${MOVED}) moved
    where effective_on < 'infinity'
    group by 1, 2, 3, 4, 5, 6
  ) held`,
  place: ['client_id', 'position', 'item_kind', 'effective_on'],
  books: [
    {
      spans: 'held.amount_minor',
      journal: `case held.item_kind when 'INVOICE' then ${posted(`'RECEIVABLE'`)} else -${posted(`'CLIENT_CREDIT'`)} end`,
    },
  ],
})

/** The days that ages are counted from are the item's own. */
const spansAge = defineTie({
  name: 'days of spans of what is open',
  table: openSpans,
  from: `held left join read.open_items item on (item.company_id, item.item_kind, item.item_id, item.client_id)
    = (held.company_id, held.item_kind, held.item_id, held.client_id)`,
  place: ['client_id', 'item_kind', 'item_id', 'known_from', 'line'],
  books: [
    {
      otherDays: `case when (held.due_on, held.issued_on)
        is distinct from ((item.parts -> held.part ->> 'dueOn')::date, item.issued_on) then 1 end`,
      none: '0',
    },
  ],
})

const openDaysTie = defineTie({
  name: 'days of what is open',
  table: openDays,
  from: `held left join read.account_days account on (account.company_id, account.currency, account.effective_on, account.stretch)
      = (held.company_id, held.currency, held.effective_on, held.stretch)
    and account.account = case held.item_kind when 'INVOICE' then 'RECEIVABLE' else 'CLIENT_CREDIT' end`,
  place: ['item_kind', 'effective_on'],
  books: [
    {
      openDays: 'held.amount_minor',
      journal: `case held.item_kind when 'INVOICE' then 1 else -1 end * (account.debit_minor - account.credit_minor)`,
    },
  ],
})

const openDuesTie = defineTie({
  name: 'due days of what is open',
  table: openDues,
  from: `held left join (
    select company_id, item_kind, currency, due_on, issued_on, sum(amount_minor) as amount_minor from read.open_spans
    where company_id in (select company_id from held) and known_to = ${STILL_KNOWN} and eff_to = 'infinity'
    group by 1, 2, 3, 4, 5
  ) span using (company_id, item_kind, currency, due_on, issued_on)`,
  place: ['item_kind', 'due_on', 'issued_on'],
  books: [{ openDues: 'held.amount_minor', spans: 'span.amount_minor' }],
})

const openItemsTie = defineTie({
  name: 'open items',
  table: openItems,
  from: `held
    cross join lateral json_array_elements(held.parts) part
    cross join lateral json_array_elements(part -> 'steps') step
    left join read.open_spans span on span.company_id = held.company_id
      and span.known_from = (step -> 'span' ->> 'knownFrom')::bigint and span.line = (step -> 'span' ->> 'line')::integer`,
  place: ['client_id', 'item_kind', 'item_id'],
  books: [{ openItem: `(step ->> 'open')::numeric`, span: 'span.amount_minor' }],
})

/** The other side of what an item was at first is the document. */
const openItemsWhole = defineTie({
  name: 'whole of open items',
  table: openItems,
  from: `held join held item using (company_id, item_kind, item_id, client_id)
    left join read.invoice_balances invoice on held.item_kind = 'INVOICE'
      and (invoice.company_id, invoice.invoice_id, invoice.client_id) = (held.company_id, held.item_id, held.client_id)
    left join read.payments payment on held.item_kind = 'PAYMENT'
      and (payment.company_id, payment.payment_id, payment.client_id) = (held.company_id, held.item_id, held.client_id)`,
  place: ['client_id', 'item_kind', 'item_id'],
  currency: 'coalesce(invoice.currency, payment.currency)',
  books: [{ openItem: WHOLE, document: 'coalesce(invoice.total_minor, payment.amount_minor)' }],
})

export const agingTies = [spansMove, spansAge, openDaysTie, openDuesTie, openItemsTie, openItemsWhole]

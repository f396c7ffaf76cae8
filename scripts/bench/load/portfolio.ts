import { allProjections, schemaOf } from '@registru/projections'
import type { Pool } from '@registru/runtime'

export interface Portfolio {
  readonly companyId: string
  readonly clients: number
  readonly invoices: number
  /** Nothing happens after it. */
  readonly lastDay: string
  /** Whether money comes in and goes back; else every invoice stays as it was issued. */
  readonly changing: boolean
  /** Before every id, so that several can be put beside each other. */
  readonly prefix?: string
  /** Positions begin after it. */
  readonly after?: number
}

/** A statement that writes a million rows takes its time; whoever fills a portfolio connects with it. */
export const FILL_TIMEOUT_MS = 15 * 60_000

/** Between two events: about what a real log takes for one, in bytes. */
const EVENT_POSITIONS = 768

/** Positions of a stretch of the log, as the totals of days keep them apart. */
const STRETCH = 16_777_216

/** How long a portfolio lives; what is known is known at noon of its day. */
export const PORTFOLIO_DAYS = 400

/** The table in the version that the projector made. */
export const tableInUse = (table: string): string => {
  const projection = allProjections.find(({ tables }) => tables.some(({ name }) => name === table))
  if (projection === undefined) throw new Error(`no projection has ${table}`)
  return `${schemaOf(projection)}.${table}`
}

/**
 * Of ten invoices three are settled in two payments, two are paid in part, one of those payments of another bounces, and
 * four stay as they are; every twentieth client's payment settles nothing. What happens is recorded up to three days later.
 */
const changesSql = ({ companyId, clients, invoices, lastDay, changing, prefix = '', after = 0 }: Portfolio): string => `
  create temporary table change on commit drop as
  with invoice as (
    select n, '${prefix}client-' || (n::bigint * 7919 % ${clients}) as client_id, 100 + n::bigint * 7919 % 100000 as total,
      date '${lastDay}' - ${PORTFOLIO_DAYS} + (n::bigint * 104729 % ${PORTFOLIO_DAYS})::integer as issued_on,
      (array[15, 30, 60])[1 + n % 3] as term, n % 4 as late
    from generate_series(1, ${invoices}) n
  ), step as (
    select n, 'INVOICE' as item_kind, 0 as step, issued_on as effective_on, total as minor from invoice
    union all
    select n, 'INVOICE', k, issued_on + 20 * k,
      case when k = 3 then total / 4 when n % 10 >= 7 then case k when 1 then -(total / 2) else total / 2 - total end
        else -(total / 4) end
    from invoice, generate_series(1, 3) k
    where ${changing} and n % 10 >= 4 and (k < 3 or n % 10 = 6)
    union all
    select n, 'PAYMENT', 0, issued_on + 5, total / 10 from invoice where ${changing} and n % 20 = 0
  )
  select '${companyId}' as company_id, invoice.client_id, item_kind,
    '${prefix}' || case item_kind when 'INVOICE' then 'inv-' else 'pay-' end || n as item_id, step, effective_on,
    effective_on + late as known_on, minor, issued_on, issued_on + term as due_on,
    sum(minor) over item as open, lag(effective_on) over item as before_on,
    ${after} + ${EVENT_POSITIONS} * row_number() over (order by effective_on + late, n, item_kind, step) as position
  from step join invoice using (n)
  where effective_on + late <= date '${lastDay}'
  window item as (partition by item_kind, n order by step)
  -- Rows lie in the order of the log, as a projector writes them.
  order by position`

/** Each book is told the same, with as many rows as its projection would write. */
const bookSql = (): readonly string[] => [
  `insert into ${tableInUse('invoice_balances')} (company_id, invoice_id, client_id, kind, number, issued_on, due_on, currency,
      total_minor, allocated_minor, uncleared_minor, credited_minor, discounted_minor, written_off_minor, small_difference_minor,
      recovered_minor, instalments,
      position,
      last_effective_on, last_position)
    select company_id, item_id, client_id, 'INVOICE', item_id, min(issued_on), min(due_on), 'RON', max(minor), max(minor) - sum(minor),
      0, 0, 0, 0, 0, 0, '[]', min(position), max(effective_on), max(position)
    from change where item_kind = 'INVOICE' group by 1, 2, 3`,
  `insert into ${tableInUse('invoice_settlements')} (company_id, invoice_id, client_id, position, kind, payment_id, amount_minor,
      uncleared_minor, effective_on, undone_because, event_id)
    select company_id, item_id, client_id, position, 'ALLOCATED', 'pay-' || item_id, -minor, 0, effective_on,
      case when minor > 0 then 'BOUNCED' end, gen_random_uuid()
    from change where item_kind = 'INVOICE' and step > 0`,
  `insert into ${tableInUse('open_spans')} (company_id, known_from, line, known_to, client_id, item_kind, item_id, part, currency,
      issued_on, due_on, amount_minor, eff_from, eff_to)
    select company_id, position, 0, coalesce(lead(position) over item, 9223372036854775807), client_id, item_kind, item_id, 0,
      'RON', issued_on, due_on, open, effective_on, 'infinity'
    from change window item as (partition by item_kind, item_id order by step)`,
  `delete from ${tableInUse('open_spans')} where amount_minor = 0`,
  `insert into ${tableInUse('open_spans')} (company_id, known_from, line, known_to, client_id, item_kind, item_id, part, currency,
      issued_on, due_on, amount_minor, eff_from, eff_to)
    select company_id, position, 1, 9223372036854775807, client_id, item_kind, item_id, 0, 'RON', issued_on, due_on, open - minor,
      before_on, effective_on
    from change where before_on is not null and open <> minor`,
  `insert into ${tableInUse('open_items')} (company_id, item_kind, item_id, client_id, currency, issued_on, parts)
    select distinct on (item_kind, item_id) company_id, item_kind, item_id, client_id, 'RON', issued_on,
      json_build_array(json_build_object('dueOn', due_on, 'amount', minor::text,
        'steps', json_build_array(json_build_object('from', effective_on, 'open', open::text))))
    from change order by item_kind, item_id, step desc`,
  `insert into ${tableInUse('open_days')} (company_id, item_kind, currency, effective_on, stretch, amount_minor)
    select company_id, item_kind, 'RON', effective_on, position / ${STRETCH}, sum(minor) from change group by 1, 2, 4, 5`,
  `insert into ${tableInUse('open_dues')} as due (company_id, item_kind, currency, due_on, issued_on, amount_minor)
    select company_id, item_kind, 'RON', due_on, issued_on, sum(minor) from change group by 1, 2, 4, 5
    on conflict (company_id, item_kind, currency, due_on, issued_on) do update set amount_minor = due.amount_minor + excluded.amount_minor`,
  `insert into ${tableInUse('statement_lines')} (company_id, client_id, currency, effective_on, position, kind, document, invoice_id,
      payment_id, debit_minor, credit_minor, event_id)
    select company_id, client_id, 'RON', effective_on, position,
      case when item_kind = 'PAYMENT' or minor < 0 then 'PAYMENT' when step = 0 then 'INVOICE' else 'REVERSAL' end, item_id,
      case when item_kind = 'INVOICE' then item_id end, case when item_kind = 'PAYMENT' then item_id end,
      case when item_kind = 'INVOICE' then greatest(minor, 0) else 0 end,
      case when item_kind = 'INVOICE' then greatest(-minor, 0) else minor end, gen_random_uuid()
    from change`,
  `insert into ${tableInUse('statement_months')} as month (company_id, client_id, currency, month_on, debit_minor, credit_minor)
    select company_id, client_id, 'RON', date_trunc('month', effective_on)::date,
      sum(case when item_kind = 'INVOICE' then greatest(minor, 0) else 0 end),
      sum(case when item_kind = 'INVOICE' then greatest(-minor, 0) else minor end)
    from change group by 1, 2, 4`,
  `insert into ${tableInUse('statement_days')} as day (company_id, currency, effective_on, stretch, debit_minor, credit_minor)
    select company_id, 'RON', effective_on, position / ${STRETCH}, sum(case when item_kind = 'INVOICE' then greatest(minor, 0) else 0 end),
      sum(case when item_kind = 'INVOICE' then greatest(-minor, 0) else minor end)
    from change group by 1, 3, 4
    on conflict (company_id, currency, effective_on, stretch) do update set debit_minor = day.debit_minor + excluded.debit_minor,
      credit_minor = day.credit_minor + excluded.credit_minor`,
  // A payment is credit first and settles from there, so it has a line on either account.
  `create temporary table leg on commit drop as
    select company_id, client_id, position, line, account, effective_on, known_on, invoice_id, payment_id, amount from change,
      lateral (values
        (0, 'RECEIVABLE', case when item_kind = 'INVOICE' then minor end),
        (1, 'REVENUE', case when item_kind = 'INVOICE' and step = 0 then -minor end),
        (2, 'BANK', case when item_kind = 'PAYMENT' then minor when step > 0 then -minor end),
        (3, 'CLIENT_CREDIT', case when item_kind = 'PAYMENT' then -minor when step > 0 then minor end),
        (4, 'CLIENT_CREDIT', case when item_kind = 'INVOICE' and step > 0 then -minor end)
      ) as side (line, account, amount),
      lateral (select case when item_kind = 'INVOICE' then item_id end as invoice_id,
        case when item_kind = 'PAYMENT' then item_id end as payment_id) as of
    where amount <> 0`,
  `insert into ${tableInUse('postings')} (company_id, position, line, account, currency, amount_minor, effective_on, recorded_at,
      client_id, invoice_id, payment_id, revision, event_id, note)
    select company_id, position, line, account, 'RON', amount, effective_on, known_on + interval '12 hours', client_id, invoice_id,
      payment_id, position, gen_random_uuid(), dense_rank() over (partition by company_id order by position)
    from leg`,
  `insert into ${tableInUse('account_days')} as day (company_id, account, currency, effective_on, stretch, debit_minor, credit_minor)
    select company_id, account, 'RON', effective_on, position / ${STRETCH}, sum(greatest(amount, 0)), sum(greatest(-amount, 0))
    from leg group by 1, 2, 4, 5
    on conflict (company_id, account, currency, effective_on, stretch) do update set debit_minor = day.debit_minor + excluded.debit_minor,
      credit_minor = day.credit_minor + excluded.credit_minor`,
  `insert into ${tableInUse('client_accounts')} (company_id, client_id, currency, receivable_minor, client_credit_minor)
    select company_id, client_id, 'RON', coalesce(sum(amount) filter (where account = 'RECEIVABLE'), 0),
      coalesce(sum(amount) filter (where account = 'CLIENT_CREDIT'), 0)
    from leg group by 1, 2`,
  `insert into ${tableInUse('clients')} (company_id, client_id, kind, name, position, last_position)
    select company_id, client_id, 'INDIVIDUAL', client_id, min(position), min(position) from change group by 1, 2`,
  // A company is known from its first event on.
  `insert into ${tableInUse('event_index')} (company_id, position, stream, revision, type, correlation_id, command_id, recorded_at)
    select company_id, min(position), 'company-' || company_id, 0, 'CompanyRegistered', 'portfolio', gen_random_uuid(),
      min(known_on) + interval '12 hours'
    from change group by 1`,
  `insert into ${tableInUse('client_changes')} (company_id, client_id, position, changed)
    select company_id, client_id, min(position), jsonb_build_object('kind', 'INDIVIDUAL', 'name', client_id) from change group by 1, 2`,
  `insert into ${tableInUse('moments')} (clock, instant, position, position_before)
    select 'LOG', known_on + interval '12 hours', min(position), min(position) - ${EVENT_POSITIONS} from change group by known_on
    on conflict do nothing`,
]

/**
 * Fills the read models past the projector, which a benchmark of queries has no time to wait for. Whoever asks for the past
 * names an instant: the projector has not come to these positions.
 */
export const fillPortfolio = async (pool: Pool, portfolio: Portfolio): Promise<void> => {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query(changesSql(portfolio))
    for (const statement of bookSql()) await client.query(statement)
    await client.query('commit')
    for (const table of [
      'open_spans',
      'open_dues',
      'open_days',
      'statement_lines',
      'postings',
      'invoice_balances',
      'invoice_settlements',
      'account_days',
    ]) {
      await client.query(`vacuum analyze ${tableInUse(table)}`)
    }
  } finally {
    client.release(true)
  }
}

/** An instant of a day by which everything is known that was recorded on it. */
export const knownAfter = (day: string): string => `${day}T13:00:00Z`

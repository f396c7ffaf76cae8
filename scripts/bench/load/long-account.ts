import type { Pool } from '@registru/runtime'
import { tableInUse } from './portfolio.ts'

export interface LongAccount {
  readonly companyId: string
  readonly clientId: string
  /** Invoices: each is a line. */
  readonly lines: number
  /** How many of them are of the last month, and open; the others were settled at once by one payment. */
  readonly page: number
  readonly lastDay: string
}

/** Ten years of days hold the lines before the last month. */
const DAYS_BEFORE = 3_650

/**
 * A client whose last month is the same whatever came before: its open items and the month's lines, so that a page of either
 * shows what the rest of the history costs. Written past the projector into the books that a statement is made of.
 */
export const fillLongAccount = async (pool: Pool, account: LongAccount): Promise<void> => {
  const { companyId, clientId, lines, page, lastDay } = account
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query(`create temporary table line on commit drop as
      select n, '${clientId}-' || n as invoice_id, 1000 as minor, n > ${lines - page} as is_open,
        case when n > ${lines - page} then date '${lastDay}' - n % 20 else date '${lastDay}' - 60 - n % ${DAYS_BEFORE} end as effective_on,
        (select coalesce(max(position), 0) from ${tableInUse('statement_lines')}) + n as position
      from generate_series(1, ${lines}) n`)
    await client.query(`insert into ${tableInUse('clients')} (company_id, client_id, kind, name)
      values ('${companyId}', '${clientId}', 'INDIVIDUAL', '${clientId}')`)
    await client.query(`insert into ${tableInUse('client_changes')} (company_id, client_id, position, changed)
      values ('${companyId}', '${clientId}', 0, jsonb_build_object('kind', 'INDIVIDUAL', 'name', '${clientId}'))`)
    // A settled one is paid on its own day: debit and credit in one line keep the number of lines what was asked for.
    await client.query(`insert into ${tableInUse('statement_lines')} (company_id, client_id, currency, effective_on, position, kind,
        document, invoice_id, payment_id, debit_minor, credit_minor, event_id)
      select '${companyId}', '${clientId}', 'RON', effective_on, position, 'INVOICE', invoice_id, invoice_id, null, minor,
        case when is_open then 0 else minor end, gen_random_uuid() from line`)
    await client.query(`insert into ${tableInUse('statement_months')} (company_id, client_id, currency, month_on, debit_minor, credit_minor)
      select '${companyId}', '${clientId}', 'RON', date_trunc('month', effective_on)::date, sum(minor),
        coalesce(sum(minor) filter (where not is_open), 0) from line group by 4`)
    await client.query(`insert into ${tableInUse('open_spans')} (company_id, known_from, line, known_to, client_id, item_kind, item_id,
        part, currency, issued_on, due_on, amount_minor, eff_from, eff_to)
      select '${companyId}', position, 5, case when is_open then 9223372036854775807 else position + 1 end, '${clientId}', 'INVOICE',
        invoice_id, 0, 'RON', effective_on, effective_on + 30, minor, effective_on, 'infinity' from line`)
    await client.query(`insert into ${tableInUse('postings')} (company_id, position, line, account, currency, amount_minor, effective_on,
        recorded_at, client_id, invoice_id, payment_id, revision, event_id, note)
      select '${companyId}', position, side, 'RECEIVABLE', 'RON', case side when 0 then minor else -minor end, effective_on,
        effective_on, '${clientId}', invoice_id, null, n, gen_random_uuid(), n
      from line, generate_series(0, 1) side where side = 0 or not is_open`)
    await client.query(`insert into ${tableInUse('client_accounts')} (company_id, client_id, currency, receivable_minor, client_credit_minor)
      select '${companyId}', '${clientId}', 'RON', sum(minor) filter (where is_open), 0 from line`)
    await client.query('commit')
    for (const table of ['open_spans', 'statement_lines', 'statement_months', 'postings']) {
      await client.query(`vacuum analyze ${tableInUse(table)}`)
    }
  } finally {
    client.release(true)
  }
}

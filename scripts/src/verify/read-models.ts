import type { PoolClient } from '@registru/runtime'
import type { Fields } from './differences.ts'

type Rows = ReadonlyMap<string, Fields>

const select = async <Row extends object>(
  client: PoolClient,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> => {
  const { rows } = await client.query<Row>(sql, [...values])
  return rows
}

/** Rows by the text in their column `key`; every other column is a field. */
const keyed = async (client: PoolClient, sql: string, values: readonly unknown[] = []): Promise<Rows> => {
  const rows = await select<Readonly<Record<string, string | bigint | null>>>(client, sql, values)
  return new Map(
    rows.map(({ key, ...fields }) => [
      String(key),
      Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value ?? undefined])),
    ]),
  )
}

export interface Positions {
  /** Where the projections stand; one number when they stand together. */
  readonly least: bigint
  readonly most: bigint
}

export const readPositions = async (client: PoolClient): Promise<Positions> => {
  const [row] = await select<{ least: bigint | null; most: bigint | null }>(
    client,
    'select min(position) as least, max(position) as most from read.positions',
  )
  return { least: row?.least ?? -1n, most: row?.most ?? -1n }
}

export const readClients = (client: PoolClient): Promise<Rows> =>
  keyed(client, `select company_id || ' ' || client_id as key, kind, name from read.clients`)

export const readInvoices = (client: PoolClient): Promise<Rows> =>
  keyed(
    client,
    `select company_id || ' ' || client_id || ' ' || invoice_id as key, currency, total_minor as total,
       allocated_minor as allocated, credited_minor as credited, discounted_minor as discounted,
       written_off_minor as "writtenOff", open_minor as open, status, due_on as due from read.invoice_balances`,
  )

export const readPayments = (client: PoolClient): Promise<Rows> =>
  keyed(
    client,
    `select company_id || ' ' || client_id || ' ' || payment_id as key, currency, amount_minor as amount,
       allocated_minor as allocated, refunded_minor as refunded, fee_minor as fee, credit_minor as credit,
       cleared_on as cleared, reversed_on as reversed,
       receipt_series || ' ' || receipt_number as receipt from read.payments`,
  )

/** What stands on each pair of payment and invoice, by the table of either side. */
export const readSettlements = (client: PoolClient, side: 'invoice' | 'payment'): Promise<Rows> =>
  keyed(
    client,
    `select concat_ws(' ', company_id, client_id, payment_id, invoice_id) as key, sum(amount_minor)::bigint as allocated
     from read.${side}_settlements group by 1`,
  )

export const readReceipts = (client: PoolClient): Promise<Rows> =>
  keyed(
    client,
    `select company_id || ' ' || series || ' ' || number as key, currency, amount_minor as amount,
       client_id as client, payment_id as payment, issued_on as issued, annulled_on as annulled, value_minor as value from read.receipts`,
  )

export const readStatements = (client: PoolClient): Promise<Rows> =>
  keyed(
    client,
    `select key, count(*) as lines, sum(moved)::bigint as closing, max(months)::bigint as months from (
       select company_id || ' ' || client_id || ' ' || currency as key, debit_minor - credit_minor as moved,
         (select sum(m.debit_minor - m.credit_minor) from read.statement_months m
          where (m.company_id, m.client_id, m.currency) = (l.company_id, l.client_id, l.currency)) as months
       from read.statement_lines l) lines group by key`,
  )

/** Events whose postings do not add up to zero, and sums of accounts that do not agree with their days. */
export const readUnbalanced = async (client: PoolClient): Promise<readonly string[]> => {
  const events = await select<{ what: string }>(
    client,
    `select company_id || ' event at position ' || position || ': ' || sum(amount_minor) || ' ' || currency as what
     from read.postings group by company_id, position, currency having sum(amount_minor) <> 0 order by position limit 100`,
  )
  const days = await select<{ what: string }>(
    client,
    `with posted as (
       select company_id, account, currency, effective_on, sum(amount_minor) as net from read.postings group by 1, 2, 3, 4)
     select concat_ws(' ', company_id, account, currency, effective_on, 'postings', net, 'days', debit_minor - credit_minor) as what
     from posted full join read.account_days using (company_id, account, currency, effective_on)
     where net is distinct from debit_minor - credit_minor order by 1 limit 100`,
  )
  return [...events, ...days].map(({ what }) => what)
}

/** Debits less credits of each company and currency over all accounts: zero, always. */
export const readTrialBalance = (client: PoolClient): Promise<Rows> =>
  keyed(
    client,
    `select company_id || ' ' || currency as key, sum(debit_minor - credit_minor)::bigint as total
     from read.account_days group by 1`,
  )

/** Debits less credits of each account that has any left. */
export const readAccounts = (client: PoolClient): Promise<Rows> =>
  keyed(
    client,
    `select company_id || ' ' || account || ' ' || currency as key, sum(amount_minor)::bigint as balance
     from read.postings group by 1 having sum(amount_minor) <> 0`,
  )

export interface Clocks {
  readonly asOf: string
  readonly knownAt: bigint
}

/** What each item has open at a pair of clocks, summed over its instalments. */
export const readOpenItems = (client: PoolClient, { asOf, knownAt }: Clocks): Promise<Rows> =>
  keyed(
    client,
    `select concat_ws(' ', company_id, item_kind, client_id, item_id) as key, sum(amount_minor)::bigint as open
     from read.open_spans
     where eff_from <= $1::date and eff_to > $1::date and known_from <= $2 and known_to > $2 group by 1`,
    [asOf, knownAt],
  )

/** Balance of each account at a pair of clocks, three ways: aging, statement and journal. */
export const readBalances = async (
  client: PoolClient,
  { asOf, knownAt }: Clocks,
): Promise<readonly (readonly [name: string, Rows])[]> => {
  const clocks = [asOf, knownAt]
  const account = `company_id || ' ' || client_id || ' ' || currency as key`
  const aging = await keyed(
    client,
    `select ${account}, sum(case item_kind when 'INVOICE' then amount_minor else -amount_minor end)::bigint as balance
     from read.open_spans where eff_from <= $1::date and eff_to > $1::date and known_from <= $2 and known_to > $2 group by 1`,
    clocks,
  )
  const statement = await keyed(
    client,
    `select ${account}, sum(debit_minor - credit_minor)::bigint as balance
     from read.statement_lines where effective_on <= $1::date and position <= $2 group by 1`,
    clocks,
  )
  const journal = await keyed(
    client,
    `select ${account}, sum(amount_minor)::bigint as balance from read.postings
     where account in ('RECEIVABLE', 'CLIENT_CREDIT') and effective_on <= $1::date and position <= $2 group by 1`,
    clocks,
  )
  return [
    ['aging', aging],
    ['statement', statement],
    ['journal', journal],
  ]
}

import type { ClientId, CompanyId, InvoiceId, Position } from '@registru/domain'
import { sql } from 'kysely'
import { NO_CLIENT } from '../core/books/no-client.ts'
import { type ClientBalance, listClientBalancesOf, sumsByCurrency } from '../core/reading/balances.ts'
import { inKnownStretches, learnedInStretchAfter, wasKnown } from '../core/reading/clocks.ts'
import type { Clocks, ReadHandle } from '../core/reading/read.ts'
import { type Account, romanianAccount } from './accounts.ts'

export interface TrialBalanceLine {
  /** Symbolic, or a number of the Romanian chart. */
  readonly account: string
  readonly currency: string
  readonly debitMinor: bigint
  readonly creditMinor: bigint
  /** Debits less credits: negative is a credit balance. */
  readonly balanceMinor: bigint
}

interface TurnoverRow {
  readonly account: Account
  readonly currency: string
  readonly debit_minor: bigint
  readonly credit_minor: bigint
}

/** Days up to `asOf`, less what was learned after `knownAt`: the cost follows the days, whenever that was. */
const turnovers = async (
  db: ReadHandle,
  { companyId, asOf, knownAt }: Clocks & { readonly companyId: CompanyId },
): Promise<readonly TurnoverRow[]> => {
  const learnedLater =
    knownAt === undefined
      ? sql``
      : sql`union all
        select account, currency, -greatest(amount_minor, 0), least(amount_minor, 0) from read.postings
        where company_id = ${companyId} and ${learnedInStretchAfter(knownAt)} and effective_on <= ${asOf}::date`
  const { rows } = await sql<TurnoverRow>`
    select account, currency, sum(debit_minor) as debit_minor, sum(credit_minor) as credit_minor from (
      select account, currency, debit_minor, credit_minor from read.account_days
      where company_id = ${companyId} and effective_on <= ${asOf}::date ${inKnownStretches(knownAt)}
      ${learnedLater}
    ) moved
    group by account, currency
    having sum(debit_minor) <> 0 or sum(credit_minor) <> 0
    order by account, currency`.execute(db)
  return rows
}

export interface TrialBalanceQuestion extends Clocks {
  readonly companyId: CompanyId
  /** Given: accounts are numbers of the Romanian chart as in force on `asOf`; absent: symbolic accounts. */
  readonly romanian?: { readonly functionalCurrency: string } | undefined
}

/** By account and currency; debits equal credits in every currency. */
export const findTrialBalance = async (
  db: ReadHandle,
  question: TrialBalanceQuestion,
): Promise<readonly TrialBalanceLine[]> => {
  const { romanian, asOf } = question
  const lines = new Map<string, TrialBalanceLine>()
  for (const row of await turnovers(db, question)) {
    const account =
      romanian === undefined ? row.account : romanianAccount(row.account, row.currency, { ...romanian, on: asOf })
    // Two symbolic accounts may share a number of the chart.
    const key = `${account} ${row.currency}`
    const before = lines.get(key)
    const debitMinor = row.debit_minor + (before?.debitMinor ?? 0n)
    const creditMinor = row.credit_minor + (before?.creditMinor ?? 0n)
    lines.set(key, { account, currency: row.currency, debitMinor, creditMinor, balanceMinor: debitMinor - creditMinor })
  }
  return [...lines.values()].toSorted((a, b) => (`${a.account} ${a.currency}` < `${b.account} ${b.currency}` ? -1 : 1))
}

export interface AccountBalance {
  readonly account: Account
  readonly currency: string
  /** Debits less credits. */
  readonly balanceMinor: bigint
}

/** What the journal says of one client; RECEIVABLE and CLIENT_CREDIT together are the client's balance. */
export const listClientAccounts = async (
  db: ReadHandle,
  { companyId, clientId, asOf, knownAt }: Clocks & { readonly companyId: CompanyId; readonly clientId: ClientId },
): Promise<readonly AccountBalance[]> => {
  const { rows } = await sql<{ account: Account; currency: string; balance_minor: bigint }>`
    select account, currency, sum(amount_minor) as balance_minor from read.postings
    where company_id = ${companyId} and client_id = ${clientId} and effective_on <= ${asOf}::date
      and ${wasKnown(knownAt)}
    group by account, currency
    order by account, currency`.execute(db)
  return rows.map((row) => ({ account: row.account, currency: row.currency, balanceMinor: row.balance_minor }))
}

/**
 * Debits less credits of some accounts together, per currency, on the days of a period or up to its last day: from the
 * accounts' days, less what was learned after `knownAt`.
 */
export const findAccountTotals = (
  db: ReadHandle,
  {
    companyId,
    accounts,
    from = '-infinity',
    to,
    knownAt,
  }: {
    readonly companyId: CompanyId
    readonly accounts: readonly Account[]
    /** Both days belong to the period. */
    readonly from?: string
    readonly to: string
    readonly knownAt?: Position | undefined
  },
): Promise<ReadonlyMap<string, bigint>> => {
  const wanted = sql`company_id = ${companyId} and account in (${sql.join(accounts)})
    and effective_on between ${from}::date and ${to}::date`
  const learnedLater =
    knownAt === undefined
      ? sql``
      : sql`union all select currency, -amount_minor from read.postings where ${wanted} and ${learnedInStretchAfter(knownAt)}`
  return sumsByCurrency(
    db,
    sql`select currency, debit_minor - credit_minor as moved_minor from read.account_days
      where ${wanted} ${inKnownStretches(knownAt)}
      ${learnedLater}`,
  )
}

/**
 * RECEIVABLE and CLIENT_CREDIT together, per currency, at the end of a day: of the whole company from the accounts' days, of
 * one client from its totals less what is posted after the day; in both less what was learned after `knownAt`.
 */
export const findReceivableTotals = (
  db: ReadHandle,
  {
    companyId,
    clientId,
    asOf,
    knownAt,
  }: Clocks & { readonly companyId: CompanyId; readonly clientId?: ClientId | undefined },
): Promise<ReadonlyMap<string, bigint>> => {
  const accounts = ['RECEIVABLE', 'CLIENT_CREDIT'] as const
  if (clientId === undefined) return findAccountTotals(db, { companyId, accounts, to: asOf, knownAt })
  const posted = sql`select currency, -amount_minor from read.postings
    where company_id = ${companyId} and client_id = ${clientId} and account in (${sql.join(accounts)})`
  const learnedLater =
    knownAt === undefined ? sql`` : sql`union all ${posted} and position > ${knownAt} and effective_on <= ${asOf}::date`
  return sumsByCurrency(
    db,
    sql`select currency, receivable_minor + client_credit_minor as moved_minor from read.client_accounts
      where company_id = ${companyId} and client_id = ${clientId}
      union all ${posted} and effective_on > ${asOf}::date
      ${learnedLater}`,
  )
}

/** The same client by client. */
export const listReceivableBalances = (
  db: ReadHandle,
  { companyId, ...clocks }: Clocks & { readonly companyId: CompanyId },
): Promise<readonly ClientBalance[]> =>
  listClientBalancesOf(db, clocks, {
    lines: sql`read.postings where company_id = ${companyId} and account in ('RECEIVABLE', 'CLIENT_CREDIT')`,
    moved: sql`amount_minor`,
  })

/** What waits in suspense and is no client's, per currency: a credit balance is positive. */
export const findUnidentifiedSuspense = (
  db: ReadHandle,
  { companyId, asOf, knownAt }: Clocks & { readonly companyId: CompanyId },
): Promise<ReadonlyMap<string, bigint>> =>
  sumsByCurrency(
    db,
    sql`select currency, -amount_minor as moved_minor from read.postings
      where company_id = ${companyId} and client_id = ${NO_CLIENT} and account = 'SUSPENSE'
        and effective_on <= ${asOf}::date and ${wasKnown(knownAt)}`,
  )

/** What is open of each invoice of a client, by the journal: RECEIVABLE by the invoice that it was posted for. */
export const listReceivablesByInvoice = async (
  db: ReadHandle,
  { companyId, clientId, asOf, knownAt }: Clocks & { readonly companyId: CompanyId; readonly clientId: ClientId },
): Promise<ReadonlyMap<string, bigint>> => {
  const { rows } = await sql<{ invoice_id: InvoiceId; balance_minor: bigint }>`
    select invoice_id, sum(amount_minor) as balance_minor from read.postings
    where company_id = ${companyId} and client_id = ${clientId} and account = 'RECEIVABLE' and invoice_id is not null
      and effective_on <= ${asOf}::date and ${wasKnown(knownAt)}
    group by invoice_id
    having sum(amount_minor) <> 0`.execute(db)
  return new Map(rows.map((row) => [row.invoice_id, row.balance_minor]))
}

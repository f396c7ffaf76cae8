import { sql } from 'kysely'
import { STILL_KNOWN } from '../core/clocks.ts'
import type { Clocks, ReadHandle } from '../core/read.ts'
import { monthOf } from './projection.ts'
import type { StatementLineKind, StatementViews } from './tables.ts'

export interface StatementLine {
  readonly on: string
  readonly kind: StatementLineKind
  readonly document: string
  readonly invoiceId: string | undefined
  readonly paymentId: string | undefined
  readonly debitMinor: bigint
  readonly creditMinor: bigint
  /** After this line: debits less credits, advances included. */
  readonly balanceMinor: bigint
  readonly eventId: string
  readonly position: bigint
}

export interface CurrencyStatement {
  readonly currency: string
  readonly openingMinor: bigint
  readonly closingMinor: bigint
  readonly lines: readonly StatementLine[]
}

export interface StatementQuestion {
  readonly companyId: string
  readonly clientId: string
  /** Both days belong to the period. */
  readonly from: string
  readonly to: string
  /** Position up to which the answer knows anything; `undefined`: everything projected so far. */
  readonly knownAt?: bigint | undefined
}

/**
 * Balance per currency before a day, or at its end: whole months, then the days of the month that is cut, less what was learned after
 * `knownAt`. So the cost follows the months and the distance from now, not the history.
 */
const findBalances = async (
  db: ReadHandle,
  {
    companyId,
    clientId,
    day,
    included,
    knownAt,
  }: Pick<StatementQuestion, 'companyId' | 'clientId' | 'knownAt'> & {
    readonly day: string
    readonly included: boolean
  },
): Promise<ReadonlyMap<string, bigint>> => {
  const beforeOrOn = included ? sql`effective_on <= ${day}::date` : sql`effective_on < ${day}::date`
  const learnedLater =
    knownAt === undefined
      ? sql``
      : sql`union all
        select currency, credit_minor - debit_minor from read.statement_lines
        where company_id = ${companyId} and client_id = ${clientId}
          and position > ${knownAt} and ${beforeOrOn}`
  const { rows } = await sql<{ currency: string; balance_minor: bigint }>`
    select currency, sum(moved_minor)::bigint as balance_minor from (
      select currency, debit_minor - credit_minor as moved_minor from read.statement_months
      where company_id = ${companyId} and client_id = ${clientId} and month_on < ${monthOf(day)}::date
      union all
      select currency, debit_minor - credit_minor from read.statement_lines
      where company_id = ${companyId} and client_id = ${clientId}
        and currency in (
          select distinct currency from read.statement_months
          where company_id = ${companyId} and client_id = ${clientId}
        )
        and effective_on >= ${monthOf(day)}::date and ${beforeOrOn}
      ${learnedLater}
    ) moved
    group by currency`.execute(db)
  return new Map(rows.map((row) => [row.currency, row.balance_minor]))
}

/** Currencies in alphabetical order; one without lines and without a balance is left out. */
export const findStatement = async (
  db: ReadHandle,
  question: StatementQuestion,
): Promise<readonly CurrencyStatement[]> => {
  const { companyId, clientId, from, to, knownAt } = question
  const openings = await findBalances(db, { ...question, day: from, included: false })
  let query = db
    .withTables<StatementViews>()
    .selectFrom('read.statement_lines as line')
    .selectAll('line')
    .select(
      sql<string | null>`(
        select receipt.series || ' ' || receipt.number from read.statement_receipts receipt
        where (receipt.company_id, receipt.payment_id, receipt.client_id) = (line.company_id, line.payment_id, line.client_id)
          and receipt.known_from <= ${knownAt ?? STILL_KNOWN} and receipt.known_to > ${knownAt ?? STILL_KNOWN - 1n}
        limit 1
      )`.as('receipt'),
    )
    .where('company_id', '=', companyId)
    .where('client_id', '=', clientId)
    .where('effective_on', '>=', from)
    .where('effective_on', '<=', to)
  if (knownAt !== undefined) query = query.where('position', '<=', knownAt)
  const rows = await query.orderBy('currency').orderBy('effective_on').orderBy('position').execute()

  return [...new Set([...openings.keys(), ...rows.map((row) => row.currency)])]
    .toSorted()
    .map((currency) => {
      const openingMinor = openings.get(currency) ?? 0n
      let balanceMinor = openingMinor
      const lines = rows
        .filter((row) => row.currency === currency)
        .map((row): StatementLine => {
          balanceMinor += row.debit_minor - row.credit_minor
          return {
            on: row.effective_on,
            kind: row.kind,
            document: row.receipt ?? row.document ?? row.payment_id ?? row.invoice_id ?? '',
            invoiceId: row.invoice_id ?? undefined,
            paymentId: row.payment_id ?? undefined,
            debitMinor: row.debit_minor,
            creditMinor: row.credit_minor,
            balanceMinor,
            eventId: row.event_id,
            position: row.position,
          }
        })
      return { currency, openingMinor, closingMinor: balanceMinor, lines }
    })
    .filter(({ openingMinor, lines }) => openingMinor !== 0n || lines.length > 0)
}

/**
 * What clients owe less their credit, per currency, at the end of a day: of one client from its months, of the whole company
 * from its days, less what was learned after `knownAt`.
 */
export const findStatementClosings = async (
  db: ReadHandle,
  {
    companyId,
    clientId,
    asOf,
    knownAt,
  }: Clocks & { readonly companyId: string; readonly clientId?: string | undefined },
): Promise<ReadonlyMap<string, bigint>> => {
  if (clientId !== undefined) return findBalances(db, { companyId, clientId, day: asOf, included: true, knownAt })
  const learnedLater =
    knownAt === undefined
      ? sql``
      : sql`union all
        select currency, credit_minor - debit_minor from read.statement_lines
        where company_id = ${companyId} and position > ${knownAt} and effective_on <= ${asOf}::date`
  const { rows } = await sql<{ currency: string; balance_minor: bigint }>`
    select currency, sum(moved_minor)::bigint as balance_minor from (
      select currency, debit_minor - credit_minor as moved_minor from read.statement_days
      where company_id = ${companyId} and effective_on <= ${asOf}::date
      ${learnedLater}
    ) moved
    group by currency`.execute(db)
  return new Map(rows.map((row) => [row.currency, row.balance_minor]))
}

/** The same client by client, from every line: slow, for who looks for a difference. */
export const listStatementBalances = async (
  db: ReadHandle,
  { companyId, asOf, knownAt }: Clocks & { readonly companyId: string },
): Promise<readonly { readonly clientId: string; readonly currency: string; readonly balanceMinor: bigint }[]> => {
  const { rows } = await sql<{ client_id: string; currency: string; balance_minor: bigint }>`
    select client_id, currency, sum(debit_minor - credit_minor)::bigint as balance_minor from read.statement_lines
    where company_id = ${companyId} and effective_on <= ${asOf}::date
      ${knownAt === undefined ? sql`` : sql`and position <= ${knownAt}`}
    group by client_id, currency`.execute(db)
  return rows.map((row) => ({ clientId: row.client_id, currency: row.currency, balanceMinor: row.balance_minor }))
}

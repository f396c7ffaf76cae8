import { sql } from 'kysely'
import { STILL_KNOWN } from '../core/clocks.ts'
import type { ReadHandle } from '../core/read.ts'
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
 * Balance per currency before `from`: whole months, then the days of the month that is cut, less what was learned after
 * `knownAt`. So the cost follows the months and the distance from now, not the history.
 */
const findOpenings = async (
  db: ReadHandle,
  { companyId, clientId, from, knownAt }: Omit<StatementQuestion, 'to'>,
): Promise<ReadonlyMap<string, bigint>> => {
  const learnedLater =
    knownAt === undefined
      ? sql``
      : sql`union all
        select currency, credit_minor - debit_minor from read.statement_lines
        where company_id = ${companyId} and client_id = ${clientId}
          and position > ${knownAt} and effective_on < ${from}::date`
  const { rows } = await sql<{ currency: string; balance_minor: bigint }>`
    select currency, sum(moved_minor)::bigint as balance_minor from (
      select currency, debit_minor - credit_minor as moved_minor from read.statement_months
      where company_id = ${companyId} and client_id = ${clientId} and month_on < ${monthOf(from)}::date
      union all
      select currency, debit_minor - credit_minor from read.statement_lines
      where company_id = ${companyId} and client_id = ${clientId}
        and currency in (
          select distinct currency from read.statement_months
          where company_id = ${companyId} and client_id = ${clientId}
        )
        and effective_on >= ${monthOf(from)}::date and effective_on < ${from}::date
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
  const openings = await findOpenings(db, question)
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

/** Balance per currency at the end of a day: Σ open invoices − credit. */
export const findStatementClosings = async (
  db: ReadHandle,
  {
    companyId,
    clientId,
    asOf,
    knownAt,
  }: {
    readonly companyId: string
    readonly clientId: string
    readonly asOf: string
    readonly knownAt?: bigint | undefined
  },
): Promise<ReadonlyMap<string, bigint>> => {
  const openings = new Map(await findOpenings(db, { companyId, clientId, from: asOf, knownAt }))
  for (const { currency, closingMinor } of await findStatement(db, {
    companyId,
    clientId,
    from: asOf,
    to: asOf,
    knownAt,
  })) {
    openings.set(currency, closingMinor)
  }
  return openings
}

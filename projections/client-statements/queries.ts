import type { ClientId, CompanyId, EventId, InvoiceId, PaymentId, Position } from '@registru/domain'
import { sql } from 'kysely'
import { type ClientBalance, listClientBalancesOf, sumsByCurrency } from '../core/reading/balances.ts'
import { countsSql, inKnownStretches, learnedInStretchAfter, wasBelieved, wasKnown } from '../core/reading/clocks.ts'
import type { Clocks, ReadHandle } from '../core/reading/read.ts'
import { monthOf } from './projection.ts'
import type { StatementLineKind, StatementViews } from './tables.ts'

export interface StatementLine {
  readonly on: string
  readonly kind: StatementLineKind
  readonly document: string
  /** What the other side calls it: the bank's reference of a payment. It stays when a receipt names the payment. */
  readonly counterpartyDocument: string | undefined
  readonly invoiceId: InvoiceId | undefined
  readonly paymentId: PaymentId | undefined
  readonly debitMinor: bigint
  readonly creditMinor: bigint
  /** After this line: debits less credits, advances included. */
  readonly balanceMinor: bigint
  readonly eventId: EventId
  readonly position: Position
}

export interface CurrencyStatement {
  readonly currency: string
  readonly openingMinor: bigint
  readonly closingMinor: bigint
  readonly lines: readonly StatementLine[]
}

export interface StatementQuestion {
  readonly companyId: CompanyId
  readonly clientId: ClientId
  /** Both days belong to the period. */
  readonly from: string
  readonly to: string
  /** Position up to which the answer knows anything; `undefined`: everything projected so far. */
  readonly knownAt?: Position | undefined
}

/**
 * Balance per currency before a day, or at its end: whole months, then the days of the month that is cut, less what was learned after
 * `knownAt`. So the cost follows the months and the distance from now, not the history.
 */
const findBalances = (
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
  return sumsByCurrency(
    db,
    sql`select currency, debit_minor - credit_minor as moved_minor from read.statement_months
      where company_id = ${companyId} and client_id = ${clientId} and month_on < ${monthOf(day)}::date
      union all
      select currency, debit_minor - credit_minor from read.statement_lines
      where company_id = ${companyId} and client_id = ${clientId}
        and currency in (
          select distinct currency from read.statement_months
          where company_id = ${companyId} and client_id = ${clientId}
        )
        and effective_on >= ${monthOf(day)}::date and ${beforeOrOn}
      ${learnedLater}`,
  )
}

type LineRow = StatementViews['read.statement_lines'] & { readonly receipt: string | null }

/** Where the next line begins, and the balance before it. */
export interface StatementCursor {
  readonly currency: string
  readonly on: string
  readonly position: string
  readonly balanceMinor: string
}

interface LinesQuestion extends StatementQuestion {
  readonly currency: string
  readonly after?: StatementCursor | undefined
  readonly limit?: number | undefined
}

/** In one currency, so that the days are a range of the key. */
const listLines = async (
  db: ReadHandle,
  { companyId, clientId, currency, from, to, knownAt, after, limit }: LinesQuestion,
): Promise<readonly LineRow[]> => {
  let query = db
    .withTables<StatementViews>()
    .selectFrom('read.statement_lines as line')
    .selectAll('line')
    .select(
      sql<string | null>`(
        select receipt.series || ' ' || receipt.number from read.statement_receipts receipt
        where (receipt.company_id, receipt.payment_id, receipt.client_id) = (line.company_id, line.payment_id, line.client_id)
          and ${wasBelieved(knownAt)}
        limit 1
      )`.as('receipt'),
    )
    .where('company_id', '=', companyId)
    .where('client_id', '=', clientId)
    .where('currency', '=', currency)
    .where('effective_on', '>=', from)
    .where('effective_on', '<=', to)
  query = query.where(wasKnown(knownAt))
  if (after !== undefined) {
    query = query.where(sql<boolean>`(effective_on, position) > (${after.on}::date, ${after.position}::bigint)`)
  }
  if (limit !== undefined) query = query.limit(limit)
  return query.orderBy('effective_on').orderBy('position').execute()
}

const statementLine = (row: LineRow, balanceMinor: bigint): StatementLine => ({
  on: row.effective_on,
  kind: row.kind,
  document: row.receipt ?? row.document ?? row.payment_id ?? row.invoice_id ?? '',
  counterpartyDocument: row.kind === 'PAYMENT' ? (row.document ?? undefined) : undefined,
  invoiceId: row.invoice_id ?? undefined,
  paymentId: row.payment_id ?? undefined,
  debitMinor: row.debit_minor,
  creditMinor: row.credit_minor,
  balanceMinor,
  eventId: row.event_id,
  position: row.position,
})

export interface CurrencyStatementPage extends CurrencyStatement {
  /** Whether lines of this currency are left for the next page. */
  readonly goesOn: boolean
}

export interface StatementPage {
  readonly currencies: readonly CurrencyStatementPage[]
  readonly next: StatementCursor | undefined
}

/**
 * Some lines of a statement, currency after currency, with openings and closings of the whole period: the cost follows the
 * months and the page. The first page has every currency with a balance or lines on it, later ones those with lines.
 */
export const findStatementPage = async (
  db: ReadHandle,
  {
    after,
    limit,
    ...question
  }: StatementQuestion & { readonly after?: StatementCursor | undefined; readonly limit: number },
): Promise<StatementPage> => {
  const { from, to } = question
  const openings = await findBalances(db, { ...question, day: from, included: false })
  const closings = await findBalances(db, { ...question, day: to, included: true })
  const currencies: CurrencyStatementPage[] = []
  let next: StatementCursor | undefined
  let left = limit
  for (const currency of [...closings.keys()].toSorted()) {
    if (after !== undefined && currency < after.currency) continue
    const begun = after?.currency === currency ? after : undefined
    const openingMinor = openings.get(currency) ?? 0n
    const closingMinor = closings.get(currency) ?? 0n
    // One more than fits says that there is more; when nothing fits any more, that is all to be known.
    const rows = next === undefined ? await listLines(db, { ...question, currency, after: begun, limit: left + 1 }) : []
    let balanceMinor = begun === undefined ? openingMinor : BigInt(begun.balanceMinor)
    const before = { currency, on: '0001-01-01', position: '-1', balanceMinor: `${balanceMinor}` }
    const lines = rows.slice(0, left).map((row) => {
      balanceMinor += row.debit_minor - row.credit_minor
      return statementLine(row, balanceMinor)
    })
    const goesOn = rows.length > left || next !== undefined
    const last = lines.at(-1)
    if (rows.length > left) {
      next =
        last === undefined
          ? (begun ?? before)
          : { currency, on: last.on, position: `${last.position}`, balanceMinor: `${balanceMinor}` }
    }
    left -= lines.length
    const isNews = after === undefined && (openingMinor !== 0n || closingMinor !== 0n)
    if (isNews || lines.length > 0) currencies.push({ currency, openingMinor, closingMinor, lines, goesOn })
  }
  return { currencies, next }
}

/** The closings that the lines of a period lead to from its openings, added up line by line. */
export const findStatementEnds = async (
  db: ReadHandle,
  question: StatementQuestion,
): Promise<ReadonlyMap<string, bigint>> => {
  const { companyId, clientId, from, to, knownAt } = question
  const openings = await findBalances(db, { ...question, day: from, included: false })
  const { rows } = await sql<{ currency: string; moved_minor: bigint }>`
    select currency, sum(debit_minor - credit_minor) as moved_minor from read.statement_lines
    where company_id = ${companyId} and client_id = ${clientId}
      and currency in (
        select distinct currency from read.statement_months where company_id = ${companyId} and client_id = ${clientId}
      )
      and effective_on between ${from}::date and ${to}::date
      and ${wasKnown(knownAt)}
    group by currency`.execute(db)
  const ends = new Map(openings)
  for (const { currency, moved_minor } of rows) ends.set(currency, (ends.get(currency) ?? 0n) + moved_minor)
  return ends
}

/** A statement as a whole. Currencies in alphabetical order; one without lines and without a balance is left out. */
export const findStatement = async (
  db: ReadHandle,
  { linesMax, ...question }: StatementQuestion & { /** Of each currency. */ readonly linesMax?: number },
): Promise<readonly CurrencyStatement[]> => {
  const openings = await findBalances(db, { ...question, day: question.from, included: false })
  const closings = await findBalances(db, { ...question, day: question.to, included: true })
  const statements: CurrencyStatement[] = []
  for (const currency of [...closings.keys()].toSorted()) {
    const openingMinor = openings.get(currency) ?? 0n
    let balanceMinor = openingMinor
    const lines = (await listLines(db, { ...question, currency, limit: linesMax })).map((row) => {
      balanceMinor += row.debit_minor - row.credit_minor
      return statementLine(row, balanceMinor)
    })
    if (openingMinor !== 0n || lines.length > 0) {
      statements.push({ currency, openingMinor, closingMinor: balanceMinor, lines })
    }
  }
  return statements
}

/**
 * What clients owe less their credit, per currency, at the end of a day: of one client from its months, of the whole company
 * from its days, less what was learned after `knownAt`.
 */
export const findStatementClosings = (
  db: ReadHandle,
  {
    companyId,
    clientId,
    asOf,
    knownAt,
  }: Clocks & { readonly companyId: CompanyId; readonly clientId?: ClientId | undefined },
): Promise<ReadonlyMap<string, bigint>> => {
  if (clientId !== undefined) return findBalances(db, { companyId, clientId, day: asOf, included: true, knownAt })
  const learnedLater =
    knownAt === undefined
      ? sql``
      : sql`union all
        select currency, credit_minor - debit_minor from read.statement_lines
        where company_id = ${companyId} and ${learnedInStretchAfter(knownAt)} and effective_on <= ${asOf}::date`
  return sumsByCurrency(
    db,
    sql`select currency, debit_minor - credit_minor as moved_minor from read.statement_days
      where company_id = ${companyId} and effective_on <= ${asOf}::date ${inKnownStretches(knownAt)}
      ${learnedLater}`,
  )
}

/** The same client by client. */
export const listStatementBalances = (
  db: ReadHandle,
  { companyId, ...clocks }: Clocks & { readonly companyId: CompanyId },
): Promise<readonly ClientBalance[]> =>
  listClientBalancesOf(db, clocks, {
    lines: sql`read.statement_lines where company_id = ${companyId}`,
    moved: sql`debit_minor - credit_minor`,
  })

export interface LastPayment {
  readonly paymentId: PaymentId
  readonly on: string
  readonly currency: string
  readonly amountMinor: bigint
  readonly position: Position
}

/** The latest payment of a client that was not reversed, of all currencies. */
export const findLastPayment = async (
  db: ReadHandle,
  { companyId, clientId, asOf, knownAt }: Clocks & { readonly companyId: CompanyId; readonly clientId: ClientId },
): Promise<LastPayment | undefined> => {
  const known = (alias: string) =>
    sql`and ${countsSql({ asOf, knownAt }, `${alias}.effective_on`, `${alias}.position`)}`
  const { rows } = await sql<{
    payment_id: PaymentId
    effective_on: string
    currency: string
    credit_minor: bigint
    position: Position
  }>`
    select last.payment_id, last.effective_on, last.currency, last.credit_minor, last.position
    from (
      select distinct currency from read.statement_months where company_id = ${companyId} and client_id = ${clientId}
    ) used cross join lateral (
      select * from read.statement_lines line
      where line.company_id = ${companyId} and line.client_id = ${clientId} and line.currency = used.currency
        and line.kind = 'PAYMENT' ${known('line')}
        and not exists (
          select from read.statement_lines undo
          where undo.company_id = line.company_id and undo.client_id = line.client_id and undo.currency = line.currency
            and undo.kind = 'REVERSAL' and undo.payment_id = line.payment_id
            and undo.effective_on >= line.effective_on ${known('undo')}
        )
      order by line.effective_on desc, line.position desc
      limit 1
    ) last
    order by last.effective_on desc, last.position desc
    limit 1`.execute(db)
  const row = rows[0]
  return (
    row && {
      paymentId: row.payment_id,
      on: row.effective_on,
      currency: row.currency,
      amountMinor: row.credit_minor,
      position: row.position,
    }
  )
}

import type { CashDeskId, ClientId, CompanyId, PaymentId, ReceiptId, ReceiptSeries } from '@registru/domain'
import { sql } from 'kysely'
import { counts, countsSql, wasKnown } from '../core/reading/clocks.ts'
import { type Clocks, type Page, pageOf, type ReadHandle, rowsToAskFor } from '../core/reading/read.ts'
import type { ReceiptDocument, ReceiptViews } from './tables.ts'

/** Amounts are minor units of `currency`. */
export interface ReceiptEntry {
  readonly series: ReceiptSeries
  readonly number: number
  readonly receiptId: ReceiptId
  readonly clientId: ClientId
  readonly paymentId: PaymentId
  readonly deskId: CashDeskId
  readonly issuedOn: string
  readonly currency: string
  /** What was printed. */
  readonly amountMinor: bigint
  /** What counts: 0 when annulled. */
  readonly valueMinor: bigint
  readonly annulled:
    | {
        readonly on: string
        readonly reason: string
        readonly replacedBy: { readonly series: ReceiptSeries; readonly number: number } | undefined
      }
    | undefined
  /** Copies marked «DUPLICAT». */
  readonly reprintCount: number
  readonly document: ReceiptDocument
}

export interface ReceiptBookEntry {
  readonly series: ReceiptSeries
  readonly deskId: CashDeskId
  readonly from: number
  /** `undefined`: open-ended. */
  readonly to: number | undefined
  readonly decisionNumber: string
  readonly decisionOn: string
  readonly financialYear: number
  /** `undefined` while nothing is issued. */
  readonly lastNumber: number | undefined
  /** Annulled ones included: their numbers are used. */
  readonly issuedCount: number
  readonly annulledCount: number
  /** Numbers left in the range; `undefined` when it is open-ended. */
  readonly leftCount: number | undefined
}

export interface ReceiptCursor {
  readonly series: ReceiptSeries
  readonly number: number
}

type ReceiptRow = ReceiptViews['read.receipts'] & {
  /** Copies of which was known. */
  readonly copies: bigint
}

const replacementAt = (row: ReceiptRow, clocks: Clocks) =>
  row.replaced_by_series !== null &&
  row.replaced_by_number !== null &&
  row.replaced_position !== null &&
  counts(clocks, row.replaced_on, row.replaced_position)
    ? { series: row.replaced_by_series, number: Number(row.replaced_by_number) }
    : undefined

const annulmentAt = (row: ReceiptRow, clocks: Clocks): ReceiptEntry['annulled'] =>
  row.annulled_on !== null && row.annulled_position !== null && counts(clocks, row.annulled_on, row.annulled_position)
    ? { on: row.annulled_on, reason: row.annulment_reason ?? '', replacedBy: replacementAt(row, clocks) }
    : undefined

const receiptAt = (row: ReceiptRow, clocks: Clocks): ReceiptEntry => {
  const annulled = annulmentAt(row, clocks)
  return {
    series: row.series,
    number: Number(row.number),
    receiptId: row.receipt_id,
    clientId: row.client_id,
    paymentId: row.payment_id,
    deskId: row.desk_id,
    issuedOn: row.issued_on,
    currency: row.currency,
    amountMinor: row.amount_minor,
    valueMinor: annulled === undefined ? row.amount_minor : 0n,
    annulled,
    reprintCount: Number(row.copies),
    document: row.document,
  }
}

const bookEntry = (row: ReceiptViews['read.receipt_books']): ReceiptBookEntry => ({
  series: row.series,
  deskId: row.desk_id,
  from: Number(row.from_number),
  to: row.to_number === null ? undefined : Number(row.to_number),
  decisionNumber: row.decision_number,
  decisionOn: row.decision_on,
  financialYear: row.financial_year,
  lastNumber: row.issued_count === 0n ? undefined : Number(row.last_number),
  issuedCount: Number(row.issued_count),
  annulledCount: Number(row.annulled_count),
  leftCount: row.to_number === null ? undefined : Number(row.to_number - row.last_number),
})

/** Receipts that were issued and known at both clocks. */
const selectReceipts = (db: ReadHandle, companyId: CompanyId, clocks: Clocks) => {
  const { knownAt } = clocks
  const copies =
    knownAt === undefined
      ? sql<bigint>`receipt.reprint_count`
      : sql<bigint>`(select count(*) from read.receipt_reprints
          where (company_id, series, number) = (receipt.company_id, receipt.series, receipt.number)
            and ${wasKnown(knownAt)})`
  return db
    .withTables<ReceiptViews>()
    .selectFrom('read.receipts as receipt')
    .selectAll('receipt')
    .select(copies.as('copies'))
    .where('receipt.company_id', '=', companyId)
    .where(countsSql(clocks, 'receipt.issued_on', 'receipt.position'))
}

export const findReceipt = async (
  db: ReadHandle,
  {
    companyId,
    series,
    number,
    ...clocks
  }: Clocks & { readonly companyId: CompanyId; readonly series: ReceiptSeries; readonly number: number },
): Promise<ReceiptEntry | undefined> => {
  const row = await selectReceipts(db, companyId, clocks)
    .where('receipt.series', '=', series)
    .where('receipt.number', '=', BigInt(number))
    .executeTakeFirst()
  return row && receiptAt(row, clocks)
}

export interface ReceiptFilter extends Clocks {
  readonly companyId: CompanyId
  readonly series?: ReceiptSeries | undefined
  readonly after?: ReceiptCursor | undefined
  readonly limit: number
}

/** By series and number, annulled ones included, as they stand at both clocks. */
export const listReceipts = async (
  db: ReadHandle,
  { companyId, series, after, limit, ...clocks }: ReceiptFilter,
): Promise<Page<ReceiptEntry, ReceiptCursor>> => {
  let query = selectReceipts(db, companyId, clocks)
  if (series !== undefined) query = query.where('receipt.series', '=', series)
  if (after !== undefined) {
    query = query.where(sql<boolean>`(receipt.series, receipt.number) > (${after.series}, ${after.number}::bigint)`)
  }
  const rows = await query.orderBy('receipt.series').orderBy('receipt.number').limit(rowsToAskFor(limit)).execute()
  const entries = rows.map((row) => receiptAt(row, clocks))
  return pageOf(entries, limit, (entry) => ({ series: entry.series, number: entry.number }))
}

/**
 * In the order of their series, as they stand at both clocks. A row that nothing beyond the clocks has touched is the answer
 * itself; of others the receipts are counted.
 */
export const listReceiptBooks = async (
  db: ReadHandle,
  { companyId, ...clocks }: Clocks & { readonly companyId: CompanyId },
): Promise<readonly ReceiptBookEntry[]> => {
  const { asOf, knownAt } = clocks
  const known = sql`and ${wasKnown(knownAt)}`
  const ofBook = sql`(company_id, series) = (stored.company_id, stored.series) and not final.counts`
  const { rows } = await sql<ReceiptViews['read.receipt_books']>`
    select stored.company_id, stored.series, stored.desk_id, stored.from_number, stored.decision_number,
      stored.decision_on, stored.financial_year,
      case when final.counts then stored.to_number else range.to_number end as to_number,
      case when final.counts then stored.last_number else greatest(range.last_number, used.last_number) end as last_number,
      case when final.counts then stored.issued_count else used.issued_count end as issued_count,
      case when final.counts then stored.annulled_count else used.annulled_count end as annulled_count
    from read.receipt_books stored
    cross join lateral (select ${countsSql(clocks, 'stored.last_effective_on', 'stored.last_position')} as counts) final
    left join lateral (
      select max(to_number) as to_number, max(last_number) as last_number from read.receipt_ranges
      where ${ofBook} and coalesce(effective_on <= ${asOf}::date, true) ${known}
    ) range on true
    left join lateral (
      select max(number) as last_number, count(*) as issued_count,
        count(*) filter (where ${countsSql(clocks, 'annulled_on', 'annulled_position')}) as annulled_count
      from read.receipts
      where ${ofBook} and ${countsSql(clocks, 'issued_on', 'position')}
    ) used on true
    where stored.company_id = ${companyId} and ${countsSql(clocks, 'stored.decision_on', 'stored.position')}
    order by stored.series`.execute(db)
  return rows.map(bookEntry)
}

/** The highest number that the read model knows of in a book; `undefined` when it knows of no such book. */
export const findLastNumber = async (
  db: ReadHandle,
  { companyId, series }: { readonly companyId: CompanyId; readonly series: ReceiptSeries },
): Promise<number | undefined> => {
  const row = await db
    .withTables<ReceiptViews>()
    .selectFrom('read.receipt_books')
    .select('last_number')
    .where('company_id', '=', companyId)
    .where('series', '=', series)
    .executeTakeFirst()
  return row && Number(row.last_number)
}

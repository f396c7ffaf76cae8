import { sql } from 'kysely'
import { type Page, pageOf, type ReadHandle, rowsToAskFor } from '../core/reading/read.ts'
import type { ReceiptDocument, ReceiptViews } from './tables.ts'

/** Amounts are minor units of `currency`. */
export interface ReceiptEntry {
  readonly series: string
  readonly number: number
  readonly receiptId: string
  readonly clientId: string
  readonly paymentId: string
  readonly deskId: string
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
        readonly replacedBy: { readonly series: string; readonly number: number } | undefined
      }
    | undefined
  /** Copies marked «DUPLICAT». */
  readonly reprintCount: number
  readonly document: ReceiptDocument
}

export interface ReceiptBookEntry {
  readonly series: string
  readonly deskId: string
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
  readonly series: string
  readonly number: number
}

const replacementOf = (row: ReceiptViews['read.receipts']) =>
  row.replaced_by_series === null || row.replaced_by_number === null
    ? undefined
    : { series: row.replaced_by_series, number: Number(row.replaced_by_number) }

const receiptEntry = (row: ReceiptViews['read.receipts']): ReceiptEntry => ({
  series: row.series,
  number: Number(row.number),
  receiptId: row.receipt_id,
  clientId: row.client_id,
  paymentId: row.payment_id,
  deskId: row.desk_id,
  issuedOn: row.issued_on,
  currency: row.currency,
  amountMinor: row.amount_minor,
  valueMinor: row.value_minor,
  annulled:
    row.annulled_on === null
      ? undefined
      : { on: row.annulled_on, reason: row.annulment_reason ?? '', replacedBy: replacementOf(row) },
  reprintCount: Number(row.reprint_count),
  document: row.document,
})

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

export const findReceipt = async (
  db: ReadHandle,
  { companyId, series, number }: { readonly companyId: string; readonly series: string; readonly number: number },
): Promise<ReceiptEntry | undefined> => {
  const row = await db
    .withTables<ReceiptViews>()
    .selectFrom('read.receipts')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('series', '=', series)
    .where('number', '=', BigInt(number))
    .executeTakeFirst()
  return row && receiptEntry(row)
}

export interface ReceiptFilter {
  readonly companyId: string
  readonly series?: string | undefined
  readonly after?: ReceiptCursor | undefined
  readonly limit: number
}

/** By series and number, annulled ones included. */
export const listReceipts = async (
  db: ReadHandle,
  { companyId, series, after, limit }: ReceiptFilter,
): Promise<Page<ReceiptEntry, ReceiptCursor>> => {
  let query = db.withTables<ReceiptViews>().selectFrom('read.receipts').selectAll().where('company_id', '=', companyId)
  if (series !== undefined) query = query.where('series', '=', series)
  if (after !== undefined) {
    query = query.where(sql<boolean>`(series, number) > (${after.series}, ${after.number}::bigint)`)
  }
  const rows = await query.orderBy('series').orderBy('number').limit(rowsToAskFor(limit)).execute()
  return pageOf(rows.map(receiptEntry), limit, (entry) => ({ series: entry.series, number: entry.number }))
}

/** In the order of their series. */
export const listReceiptBooks = async (
  db: ReadHandle,
  { companyId }: { readonly companyId: string },
): Promise<readonly ReceiptBookEntry[]> => {
  const rows = await db
    .withTables<ReceiptViews>()
    .selectFrom('read.receipt_books')
    .selectAll()
    .where('company_id', '=', companyId)
    .orderBy('series')
    .execute()
  return rows.map(bookEntry)
}

/** The highest number that the read model knows of in a book; `undefined` when it knows of no such book. */
export const findLastNumber = async (
  db: ReadHandle,
  { companyId, series }: { readonly companyId: string; readonly series: string },
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

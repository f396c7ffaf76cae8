import type { ClientId, CompanyId, EventId, InvoiceId, PaymentId, Position, Revision } from '@registru/domain'
import { sql } from 'kysely'
import { clientOrNone } from '../core/books/no-client.ts'
import { type Page, pageOf, type ReadHandle, rowsToAskFor } from '../core/reading/read.ts'
import type { Account } from '../journal/accounts.ts'
import { type FigureQuestion, linesOf } from './figure-lines.ts'

export interface FigureCursor {
  /** Empty where no client has a part in the order. */
  readonly clientId: ClientId
  readonly effectiveOn: string
  readonly position: string
  readonly line: number
}

/** A posting or an entry behind a figure, or a part of the same invoice that is another cell's (it has no event). */
export interface FigureLine {
  /** Of a posting. */
  readonly account: Account | undefined
  readonly clientId: ClientId | undefined
  readonly invoiceId: InvoiceId | undefined
  readonly paymentId: PaymentId | undefined
  /** Of postings, debit is positive. */
  readonly amountMinor: bigint
  readonly effectiveOn: string
  readonly recordedAt: string | undefined
  readonly position: Position
  readonly line: number
  readonly stream: string | undefined
  readonly revision: Revision | undefined
  readonly eventId: EventId | undefined
}

/** In minor units; of postings debit less credit. */
export const findFigureSum = async (db: ReadHandle, question: FigureQuestion): Promise<bigint> => {
  const { rows } = await sql<{ sum: bigint }>`
    select coalesce(sum(amount_minor), 0) as sum from (${linesOf(question).lines}) line`.execute(db)
  return rows[0]?.sum ?? 0n
}

interface LineRow {
  readonly account: Account | null
  readonly client_id: ClientId | null
  readonly invoice_id: InvoiceId | null
  readonly payment_id: PaymentId | null
  readonly amount_minor: bigint
  readonly effective_on: string
  readonly position: Position
  readonly line: number
  readonly event_id: string | null
}

interface PlaceRow {
  readonly position: Position
  readonly stream: string
  readonly revision: Revision
  readonly recorded_at: Date
}

const placesOf = async (
  db: ReadHandle,
  companyId: CompanyId,
  rows: readonly LineRow[],
): Promise<ReadonlyMap<Position, PlaceRow>> => {
  const positions = rows.filter((row) => row.event_id !== null).map((row) => `${row.position}`)
  const places = await sql<PlaceRow>`
    select position, stream, revision, recorded_at from read.event_index
    where company_id = ${companyId} and position = any(${positions}::bigint[])`.execute(db)
  return new Map(places.rows.map((place) => [place.position, place]))
}

/** With the places of their events, looked up for all rows at once. */
const figureLines = async (
  db: ReadHandle,
  { companyId }: FigureQuestion,
  rows: readonly LineRow[],
): Promise<readonly FigureLine[]> => {
  const places = await placesOf(db, companyId, rows)
  return rows.map((row) => {
    const place = row.event_id === null ? undefined : places.get(row.position)
    return {
      account: row.account ?? undefined,
      clientId: clientOrNone(row.client_id),
      invoiceId: row.invoice_id ?? undefined,
      paymentId: row.payment_id ?? undefined,
      amountMinor: row.amount_minor,
      effectiveOn: row.effective_on,
      recordedAt: place?.recorded_at.toISOString(),
      position: row.position,
      line: row.line,
      stream: place?.stream,
      revision: place?.revision,
      eventId: row.event_id ?? undefined,
    }
  })
}

const selectLines = (question: FigureQuestion, after: FigureCursor | undefined) => {
  const { lines, order, isByClient } = linesOf(question)
  const client = isByClient && after !== undefined ? sql`${after.clientId},` : sql``
  const beyond =
    after === undefined
      ? sql``
      : sql`where (${order})
          > (${client} ${after.effectiveOn}::date, ${after.position}::bigint, ${after.line}::integer)`
  return sql<LineRow>`select * from (${lines}) line ${beyond} order by ${order}`
}

/** By client where there are postings, effective day and position: as an index has them, so that a page costs a page. */
export const listFigureLines = async (
  db: ReadHandle,
  { after, limit, ...question }: FigureQuestion & { readonly after?: FigureCursor | undefined; readonly limit: number },
): Promise<Page<FigureLine, FigureCursor>> => {
  const { rows } = await sql<LineRow>`${selectLines(question, after)} limit ${rowsToAskFor(limit)}`.execute(db)
  const lines = await figureLines(db, question, rows)
  return pageOf(lines, limit, ({ clientId = '', effectiveOn, position, line }) => ({
    clientId,
    effectiveOn,
    position: `${position}`,
    line,
  }))
}

/** How many lines a streamed figure takes at a time. */
const STREAMED_LINES = 1_000

/** The same lines through one cursor of the server: what has no order of its own is put in order once. */
export const streamFigureLines = async function* (
  transaction: ReadHandle,
  { after, ...question }: FigureQuestion & { readonly after?: FigureCursor | undefined },
): AsyncGenerator<readonly FigureLine[]> {
  await sql`declare figure_lines no scroll cursor for ${selectLines(question, after)}`.execute(transaction)
  for (;;) {
    const { rows } = await sql<LineRow>`fetch ${sql.lit(STREAMED_LINES)} from figure_lines`.execute(transaction)
    if (rows.length === 0) return
    yield await figureLines(transaction, question, rows)
  }
}

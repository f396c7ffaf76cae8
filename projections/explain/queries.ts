import { sql } from 'kysely'
import { STILL_KNOWN } from '../core/clocks.ts'
import { type Clocks, type Page, pageOf, type ReadHandle, rowsToAskFor } from '../core/read.ts'
import type { Account } from '../journal/accounts.ts'
import { type AgeBy, DEFAULT_BUCKETS } from '../receivables-aging/queries.ts'

/** Which postings make up a figure; what is left out does not narrow. */
export interface FigureQuestion extends Clocks {
  readonly companyId: string
  readonly currency: string
  readonly accounts: readonly Account[]
  readonly clientId?: string | undefined
  readonly invoiceId?: string | undefined
  readonly paymentId?: string | undefined
  readonly eventId?: string | undefined
  /** A cell of the aging: the invoices with something open in one bucket. */
  readonly cell?: AgingCell | undefined
}

export interface AgingCell {
  /** From 0: what is not due yet. */
  readonly bucket: number
  readonly buckets?: readonly number[] | undefined
  readonly by?: AgeBy | undefined
}

export interface FigureCursor {
  readonly clientId: string
  readonly effectiveOn: string
  readonly position: string
  readonly line: number
}

/** A posting behind a figure, or a part of the same invoice that is another cell's (`account` is then `undefined`). */
export interface FigureLine {
  readonly account: Account | undefined
  readonly clientId: string
  readonly invoiceId: string | undefined
  readonly paymentId: string | undefined
  /** Debit is positive. */
  readonly amountMinor: bigint
  readonly effectiveOn: string
  readonly recordedAt: string | undefined
  readonly position: bigint
  readonly line: number
  readonly revision: bigint | undefined
  readonly eventId: string | undefined
}

const knownThen = (knownAt: bigint | undefined) => (knownAt === undefined ? sql`` : sql`and position <= ${knownAt}`)

const spansOf = ({ companyId, clientId, currency, asOf, knownAt }: FigureQuestion) => sql`
  read.open_spans where company_id = ${companyId} and currency = ${currency} and item_kind = 'INVOICE'
    and ${knownAt === undefined ? sql`known_to = ${STILL_KNOWN}` : sql`known_to > ${knownAt} and known_from <= ${knownAt}`}
    and eff_to > ${asOf}::date and eff_from <= ${asOf}::date
    ${clientId === undefined ? sql`` : sql`and client_id = ${clientId}`}`

const isInCell = ({ asOf }: FigureQuestion, { bucket, buckets = DEFAULT_BUCKETS, by = 'due' }: AgingCell) => {
  const ends = buckets[0] === 0 ? buckets : [0, ...buckets]
  const firstDays = ends.map((end) => end + 1)
  const age = sql`${asOf}::date - ${by === 'due' ? sql`due_on` : sql`issued_on`}`
  return sql<boolean>`width_bucket(${age}, ${sql.lit(`{${firstDays.join(',')}}`)}::integer[]) = ${bucket}`
}

/**
 * The postings that a figure is the sum of. The parts of an invoice that are due on other days belong to other cells of the
 * aging: they are taken off in lines of their own, so that the sum is the cell to the ban.
 */
const linesOf = (question: FigureQuestion) => {
  const { companyId, currency, accounts, clientId, invoiceId, paymentId, eventId, cell, asOf, knownAt } = question
  const postings = sql`
    select account, client_id, invoice_id, payment_id, amount_minor, effective_on, recorded_at, position, line, revision,
      event_id::text
    from read.postings
    where company_id = ${companyId} and currency = ${currency} and account in (${sql.join(accounts)})
      and effective_on <= ${asOf}::date ${knownThen(knownAt)}
      ${clientId === undefined ? sql`` : sql`and client_id = ${clientId}`}
      ${invoiceId === undefined ? sql`` : sql`and invoice_id = ${invoiceId}`}
      ${paymentId === undefined ? sql`` : sql`and payment_id = ${paymentId}`}
      ${eventId === undefined ? sql`` : sql`and event_id = ${eventId}::uuid`}`
  if (cell === undefined) return postings
  const inCell = sql`select client_id, item_id from ${spansOf(question)} and ${isInCell(question, cell)}`
  return sql`${postings} and (client_id, invoice_id) in (${inCell})
    union all
    select null, client_id, item_id, null, -amount_minor, eff_from, null, known_from, 1000000 + line, null, null
    from ${spansOf(question)} and not (${isInCell(question, cell)}) and (client_id, item_id) in (${inCell})`
}

/** In debit less credit, in minor units. */
export const findFigureSum = async (db: ReadHandle, question: FigureQuestion): Promise<bigint> => {
  const { rows } = await sql<{ sum: bigint }>`
    select coalesce(sum(amount_minor), 0)::bigint as sum from (${linesOf(question)}) line`.execute(db)
  return rows[0]?.sum ?? 0n
}

interface LineRow {
  readonly account: Account | null
  readonly client_id: string
  readonly invoice_id: string | null
  readonly payment_id: string | null
  readonly amount_minor: bigint
  readonly effective_on: string
  readonly recorded_at: Date | null
  readonly position: bigint
  readonly line: number
  readonly revision: bigint | null
  readonly event_id: string | null
}

/** By client, effective day and position. */
export const listFigureLines = async (
  db: ReadHandle,
  { after, limit, ...question }: FigureQuestion & { readonly after?: FigureCursor | undefined; readonly limit: number },
): Promise<Page<FigureLine, FigureCursor>> => {
  const { rows } = await sql<LineRow>`
    select * from (${linesOf(question)}) line
    ${
      after === undefined
        ? sql``
        : sql`where (client_id, effective_on, position, line)
            > (${after.clientId}, ${after.effectiveOn}::date, ${after.position}::bigint, ${after.line}::integer)`
    }
    order by client_id, effective_on, position, line
    limit ${rowsToAskFor(limit)}`.execute(db)
  const lines = rows.map(
    (row): FigureLine => ({
      account: row.account ?? undefined,
      clientId: row.client_id,
      invoiceId: row.invoice_id ?? undefined,
      paymentId: row.payment_id ?? undefined,
      amountMinor: row.amount_minor,
      effectiveOn: row.effective_on,
      recordedAt: row.recorded_at?.toISOString(),
      position: row.position,
      line: row.line,
      revision: row.revision ?? undefined,
      eventId: row.event_id ?? undefined,
    }),
  )
  return pageOf(lines, limit, ({ clientId, effectiveOn, position, line }) => ({
    clientId,
    effectiveOn,
    position: `${position}`,
    line,
  }))
}

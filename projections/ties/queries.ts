import type { ClientId, CompanyId, PaymentId, Position, ReceiptSeries } from '@registru/domain'
import { type RawBuilder, sql } from 'kysely'
import { NO_CLIENT } from '../core/books/no-client.ts'
import type { ReadHandle } from '../core/reading/read.ts'
import { type FigureQuestion, linesOf } from '../explain/figure-lines.ts'
import { allAccounts } from '../journal/accounts.ts'
import { spansMove } from './aging-ties.ts'
import { type Difference, listDifferences } from './differences.ts'
import {
  invoiceSchedulesTie,
  invoiceSettlementsTie,
  invoicesTie,
  paymentPartsTie,
  paymentSettlementsTie,
  paymentsTie,
  receiptsTie,
  refundsTie,
  transfersTie,
  unidentifiedTie,
} from './document-ties.ts'
import { entriesBalance, statementLinesTie } from './journal-ties.ts'
import {
  cashDaysTie,
  cashHandedTie,
  cashLinesTie,
  contractSettlementsTie,
  tradeEntriesTie,
  vatDaysTie,
  vatMovementsTie,
} from './report-ties.ts'
import type { Tie } from './tie.ts'

/** The first row of some that differs from its other side; `undefined`: all of them tie. */
const findFirst = async (
  db: ReadHandle,
  looks: readonly (readonly [tie: Tie, held: RawBuilder<unknown>])[],
): Promise<Difference | undefined> => {
  for (const [tie, held] of looks) {
    const [first] = await listDifferences(db, tie, held, 1)
    if (first !== undefined) return first
  }
  return undefined
}

/** An id is unique within its client's account. */
interface DocumentName {
  readonly clientId: ClientId
  readonly id: string
}

interface DocumentsOf {
  readonly companyId: CompanyId
  readonly documents: readonly DocumentName[]
}

const rowsOf = ({ table }: Tie, column: 'invoice_id' | 'payment_id', { companyId, documents }: DocumentsOf) => sql`
  select row.* from ${sql.table(`read.${table.name}`)} row
  join unnest(${documents.map(({ id }) => id)}::text[], ${documents.map(({ clientId }) => clientId)}::text[])
    as document (id, client_id) on (row.${sql.ref(column)}, row.client_id) = (document.id, document.client_id)
  where row.company_id = ${companyId}`

const findOf = (
  db: ReadHandle,
  asked: DocumentsOf,
  column: 'invoice_id' | 'payment_id',
  ties: readonly Tie[],
): Promise<Difference | undefined> =>
  findFirst(
    db,
    ties.map((tie) => [tie, rowsOf(tie, column, asked)]),
  )

/** Of invoices with what settled them. */
export const findInvoiceDifference = (db: ReadHandle, asked: DocumentsOf) =>
  findOf(db, asked, 'invoice_id', [invoicesTie, invoiceSettlementsTie, invoiceSchedulesTie])

/** Of payments with what they settled, what was refunded and what went to other accounts. */
export const findPaymentDifference = (db: ReadHandle, asked: DocumentsOf) =>
  findOf(db, asked, 'payment_id', [paymentsTie, paymentSettlementsTie, refundsTie, transfersTie])

/** Of money whose client nobody knows. */
export const findUnidentifiedDifference = (
  db: ReadHandle,
  { companyId, payments }: { readonly companyId: CompanyId; readonly payments: readonly PaymentId[] },
) => {
  const documents = payments.map((id) => ({ clientId: NO_CLIENT, id }))
  return findOf(db, { companyId, documents }, 'payment_id', [unidentifiedTie, paymentPartsTie, transfersTie])
}

/** Of cash by payer. */
export const findHandedDifference = (db: ReadHandle, asked: DocumentsOf) =>
  findOf(db, asked, 'payment_id', [cashHandedTie, contractSettlementsTie])

/** Of lines of one client's statement. */
export const findStatementLineDifference = (
  db: ReadHandle,
  {
    companyId,
    clientId,
    lines,
  }: {
    readonly companyId: CompanyId
    readonly clientId: ClientId
    readonly lines: readonly { readonly currency: string; readonly on: string; readonly position: Position }[]
  },
): Promise<Difference | undefined> =>
  findFirst(db, [
    [
      statementLinesTie,
      sql`select row.* from read.statement_lines row
        join unnest(${lines.map(({ currency }) => currency)}::text[], ${lines.map(({ on }) => on)}::date[],
          ${lines.map(({ position }) => `${position}`)}::bigint[]) as line (currency, effective_on, position)
          using (currency, effective_on, position)
        where row.company_id = ${companyId} and row.client_id = ${clientId}`,
    ],
  ])

export const findReceiptDifference = (
  db: ReadHandle,
  {
    companyId,
    receipts,
  }: {
    readonly companyId: CompanyId
    readonly receipts: readonly { readonly series: ReceiptSeries; readonly number: number }[]
  },
): Promise<Difference | undefined> =>
  findFirst(db, [
    [
      receiptsTie,
      sql`select row.* from read.receipts row
        join unnest(${receipts.map(({ series }) => series)}::text[], ${receipts.map(({ number }) => number)}::bigint[])
          as receipt (series, number) using (series, number)
        where row.company_id = ${companyId}`,
    ],
  ])

/** Of all that some accounting notes are made of. */
export const findNoteDifference = (
  db: ReadHandle,
  {
    companyId,
    notes,
  }: { readonly companyId: CompanyId; readonly notes: readonly { readonly on: string; readonly number: bigint }[] },
): Promise<Difference | undefined> =>
  findFirst(db, [
    [
      entriesBalance,
      sql`select posting.* from unnest(${notes.map(({ on }) => on)}::date[],
          ${notes.map(({ number }) => `${number}`)}::bigint[]) as asked (effective_on, note)
        cross join lateral (
          select * from read.postings
          where company_id = ${companyId} and account = any(${[...allAccounts]}::text[])
            and effective_on = asked.effective_on and note = asked.note
        ) posting`,
    ],
  ])

/** Of what drawers were opened with: the days on which one was, and the days that say so. */
export const findOpeningDifference = (
  db: ReadHandle,
  { companyId }: { readonly companyId: CompanyId },
): Promise<Difference | undefined> =>
  findFirst(db, [
    [
      cashDaysTie,
      sql`select day.* from read.cash_desk_days day where company_id = ${companyId} and (opening_minor <> 0 or exists (
        select from read.cash_desks desk
        where (desk.company_id, desk.desk_id, desk.opened_on) = (day.company_id, day.desk_id, day.effective_on)))`,
    ],
  ])

interface Period {
  readonly companyId: CompanyId
  readonly from: string
  readonly to: string
}

/** Of the VAT of days. */
export const findVatDayDifference = (db: ReadHandle, { companyId, from, to }: Period) =>
  findFirst(db, [
    [
      vatDaysTie,
      sql`select * from read.vat_days
        where company_id = ${companyId} and effective_on between ${from}::date and ${to}::date`,
    ],
  ])

/** Which lines of a figure are looked at, by position; `undefined`: all of them. */
type Positions = readonly Position[] | undefined

/** The rows that the lines of a figure were made of, and what holds them. */
const looksOf = (question: FigureQuestion, positions: Positions): readonly (readonly [Tie, RawBuilder<unknown>])[] => {
  const { companyId, figure } = question
  const { lines } = linesOf(question)
  const some = positions === undefined ? sql`` : sql`where position = any(${positions.map(String)}::bigint[])`
  const shown = sql`(select client_id, effective_on, position, line, event_id from (${lines}) line ${some}) shown`
  const rows = (view: string, on: RawBuilder<unknown>) => sql`
    select row.* from ${sql.table(`read.${view}`)} row join ${shown} on ${on} where row.company_id = ${companyId}`
  const samePlace = sql`(row.position, row.line) = (shown.position, shown.line)`
  switch (figure.of) {
    case 'postings':
      return [
        [
          entriesBalance,
          rows(
            'postings',
            sql`(row.client_id, row.effective_on, row.position) = (shown.client_id, shown.effective_on, shown.position)
              and shown.event_id is not null`,
          ),
        ],
        // What other cells show of an invoice is taken off, as its spans say.
        [spansMove, rows('open_spans', sql`shown.event_id is null and row.known_from = shown.position`)],
      ]
    case 'trade':
      return [[tradeEntriesTie, rows('trade_entries', sql`row.position = shown.position`)]]
    case 'cash':
      return [[cashLinesTie, rows('cash_lines', samePlace)]]
    case 'vat':
      return [[vatMovementsTie, rows('vat_movements', samePlace)]]
  }
}

/** Of the entries that a figure is the sum of. */
export const findFigureDifference = (
  db: ReadHandle,
  question: FigureQuestion,
  positions?: Positions,
): Promise<Difference | undefined> => findFirst(db, looksOf(question, positions))

/** Of single movements of VAT. */
export const findVatMovementDifference = (
  db: ReadHandle,
  { companyId, positions }: { readonly companyId: CompanyId; readonly positions: readonly Position[] },
) =>
  findFirst(db, [
    [
      vatMovementsTie,
      sql`select * from read.vat_movements
        where company_id = ${companyId} and position = any(${positions.map(String)}::bigint[])`,
    ],
  ])

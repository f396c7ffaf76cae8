import type {
  CashDeskId,
  ClientId,
  CompanyId,
  EventOf,
  PaymentId,
  ReceiptId,
  ReceiptIssued,
  ReceiptSeries,
} from '@registru/domain'
import {
  bigint,
  date,
  defineRemembered,
  defineTable,
  derived,
  id,
  integer,
  json,
  nullable,
  position,
  text,
  uuid,
  type ViewRowOf,
} from '../core/fold/table.ts'

/** A receipt's legal content, frozen at issue: the paper is printed from this alone. */
export type ReceiptDocument = EventOf<typeof ReceiptIssued>['data']

/** What is used of each range in the end: every day come, everything known. */
export const receiptBooks = defineRemembered({
  name: 'receipt_books',
  columns: {
    company_id: id<CompanyId>(),
    series: id<ReceiptSeries>(),
    desk_id: id<CashDeskId>(),
    from_number: bigint(),
    /** `null`: the range is open-ended. */
    to_number: nullable(bigint()),
    decision_number: text(),
    decision_on: date(),
    financial_year: integer(),
    /** One below the range while nothing is issued. */
    last_number: bigint(),
    issued_count: bigint(),
    annulled_count: bigint(),
    position: position(),
    /** The latest day on which anything of it is effective, and the position of the last event of it. */
    last_effective_on: date(),
    last_position: position(),
  },
  key: ['company_id', 'series'],
  fillfactor: 50,
})

/** How the range of a book was opened, extended and passed over. */
export const receiptRanges = defineTable({
  name: 'receipt_ranges',
  columns: {
    company_id: id<CompanyId>(),
    series: id<ReceiptSeries>(),
    position: position(),
    /** Of the decision; `null`: from whenever it is known. */
    effective_on: nullable(date()),
    /** `null`: open-ended, as it was opened. */
    to_number: nullable(bigint()),
    /** All numbers up to this one are used or passed over. */
    last_number: bigint(),
  },
  key: ['company_id', 'series', 'position'],
})

/** The register of receipts. An annulled one stays, with value 0. */
export const receipts = defineTable({
  name: 'receipts',
  columns: {
    company_id: id<CompanyId>(),
    series: id<ReceiptSeries>(),
    number: bigint(),
    receipt_id: id<ReceiptId>(),
    client_id: id<ClientId>(),
    payment_id: id<PaymentId>(),
    desk_id: id<CashDeskId>(),
    issued_on: date(),
    currency: text(),
    amount_minor: bigint(),
    annulled_on: nullable(date()),
    annulled_position: nullable(position()),
    annulment_reason: nullable(text()),
    /** The receipt that stands in for this annulled one. */
    replaced_by_series: nullable(text()),
    replaced_by_number: nullable(bigint()),
    replaced_on: nullable(date()),
    replaced_position: nullable(position()),
    /** Copies marked «DUPLICAT». */
    reprint_count: bigint(),
    document: json<ReceiptDocument>(),
    /** All amounts of the document added up: what a paper says of an invoice no other table keeps. */
    said_minor: bigint(),
    position: position(),
    event_id: uuid(),
  },
  key: ['company_id', 'series', 'number'],
  derived: { value_minor: derived<bigint>('case when annulled_on is null then amount_minor else 0 end') },
})

/** When each counted copy was made: a copy has no business day, so only the second clock knows it. */
export const receiptReprints = defineTable({
  name: 'receipt_reprints',
  columns: {
    company_id: id<CompanyId>(),
    series: id<ReceiptSeries>(),
    number: bigint(),
    copy: bigint(),
    position: position(),
  },
  key: ['company_id', 'series', 'number', 'copy'],
})

export type ReceiptViews = {
  'read.receipt_books': ViewRowOf<typeof receiptBooks>
  'read.receipt_ranges': ViewRowOf<typeof receiptRanges>
  'read.receipts': ViewRowOf<typeof receipts>
  'read.receipt_reprints': ViewRowOf<typeof receiptReprints>
}

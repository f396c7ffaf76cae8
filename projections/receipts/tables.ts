import type { EventOf, ReceiptIssued } from '@registru/domain'
import {
  bigint,
  date,
  defineTable,
  derived,
  integer,
  json,
  nullable,
  text,
  uuid,
  type ViewRowOf,
} from '../core/fold/table.ts'

/** A receipt's legal content, frozen at issue: the paper is printed from this alone. */
export type ReceiptDocument = EventOf<typeof ReceiptIssued>['data']

export const receiptBooks = defineTable({
  name: 'receipt_books',
  columns: {
    company_id: text(),
    series: text(),
    desk_id: text(),
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
  },
  key: ['company_id', 'series'],
  fillfactor: 50,
})

/** The register of receipts. An annulled one stays, with value 0. */
export const receipts = defineTable({
  name: 'receipts',
  columns: {
    company_id: text(),
    series: text(),
    number: bigint(),
    receipt_id: text(),
    client_id: text(),
    payment_id: text(),
    desk_id: text(),
    issued_on: date(),
    currency: text(),
    amount_minor: bigint(),
    annulled_on: nullable(date()),
    annulment_reason: nullable(text()),
    /** The receipt that stands in for this annulled one. */
    replaced_by_series: nullable(text()),
    replaced_by_number: nullable(bigint()),
    /** Copies marked «DUPLICAT». */
    reprint_count: bigint(),
    document: json<ReceiptDocument>(),
    position: bigint(),
    event_id: uuid(),
  },
  key: ['company_id', 'series', 'number'],
  derived: { value_minor: derived<bigint>('case when annulled_on is null then amount_minor else 0 end') },
})

export type ReceiptViews = {
  'read.receipt_books': ViewRowOf<typeof receiptBooks>
  'read.receipts': ViewRowOf<typeof receipts>
}

import type { ClientId, CompanyId, PaymentMethod } from '@registru/domain'
import {
  bigint,
  date,
  defineTable,
  defineTotals,
  id,
  nullable,
  position,
  sum,
  text,
  uuid,
  type ViewRowOf,
  word,
} from '../core/fold/table.ts'

export type TradeKind = 'INVOICED' | 'CANCELLED' | 'CREDITED' | 'COLLECTED' | 'REVERSED' | 'REFUNDED'

/** What was sold and what was collected, an event a row: history, never changed. */
export const tradeEntries = defineTable({
  name: 'trade_entries',
  columns: {
    company_id: id<CompanyId>(),
    position: position(),
    kind: word<TradeKind>(),
    client_id: id<ClientId>(),
    /** The invoice, credit note or payment. */
    document_id: text(),
    method: nullable(word<PaymentMethod>()),
    currency: text(),
    effective_on: date(),
    amount_minor: bigint(),
    event_id: uuid(),
  },
  key: ['company_id', 'position'],
  indexes: ['(company_id, effective_on, position)'],
})

/** What came in on each day by method, and what of it went back on this day. */
export const collectionDays = defineTotals({
  name: 'collection_days',
  columns: {
    company_id: id<CompanyId>(),
    effective_on: date(),
    method: word<PaymentMethod>(),
    currency: text(),
    collected_minor: sum(),
    reversed_minor: sum(),
    refunded_minor: sum(),
  },
  key: ['company_id', 'effective_on', 'method', 'currency'],
  fillfactor: 50,
})

/** What was sold on each day, VAT included, and what was taken back of sales on this day. */
export const salesDays = defineTotals({
  name: 'sales_days',
  columns: {
    company_id: id<CompanyId>(),
    effective_on: date(),
    currency: text(),
    invoiced_minor: sum(),
    credited_minor: sum(),
  },
  key: ['company_id', 'effective_on', 'currency'],
  fillfactor: 50,
})

export type CollectionViews = {
  'read.trade_entries': ViewRowOf<typeof tradeEntries>
  'read.collection_days': ViewRowOf<typeof collectionDays>
  'read.sales_days': ViewRowOf<typeof salesDays>
}

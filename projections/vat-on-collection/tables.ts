import type { ClientId, CompanyId, PaymentId } from '@registru/domain'
import { defineDeferredVatTables, type VatCause, type VatMovement } from '../core/books/deferred-vat.ts'
import {
  bigint,
  date,
  defineTable,
  defineTotals,
  id,
  integer,
  nullable,
  position,
  revision,
  sum,
  text,
  uuid,
  type ViewRowOf,
  word,
} from '../core/fold/table.ts'

export const vatDocuments = defineDeferredVatTables('vat')

/** One rate of one document at one event: history, never changed. Undo is negative, on its own day. */
export const vatMovements = defineTable({
  name: 'vat_movements',
  columns: {
    company_id: id<CompanyId>(),
    position: position(),
    line: integer(),
    effective_on: date(),
    /** `yyyy-mm` of the return that should have had it, where that month was closed. */
    belongs_to: nullable(text()),
    cause: word<VatCause>(),
    client_id: id<ClientId>(),
    kind: word<VatMovement['kind']>(),
    document_id: text(),
    payment_id: nullable(id<PaymentId>()),
    currency: text(),
    rate: text(),
    /** What became exigible. */
    base_minor: bigint(),
    vat_minor: bigint(),
    /** What the balance of 4428 gained. */
    deferred_minor: bigint(),
    revision: revision(),
    event_id: uuid(),
  },
  key: ['company_id', 'position', 'line'],
  indexes: ['(company_id, effective_on)'],
})

/** The movements of each day and rate, added up. */
export const vatDays = defineTotals({
  name: 'vat_days',
  columns: {
    company_id: id<CompanyId>(),
    effective_on: date(),
    currency: text(),
    rate: text(),
    base_minor: sum(),
    vat_minor: sum(),
    deferred_minor: sum(),
  },
  key: ['company_id', 'effective_on', 'currency', 'rate'],
  fillfactor: 50,
})

export type VatViews = {
  'read.vat_movements': ViewRowOf<typeof vatMovements>
  'read.vat_days': ViewRowOf<typeof vatDays>
}

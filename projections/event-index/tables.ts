import type { ClientId, CompanyId, InvoiceId, PaymentId } from '@registru/domain'
import {
  defineTable,
  id,
  instant,
  nullable,
  position,
  revision,
  text,
  uuid,
  type ViewRowOf,
} from '../core/fold/table.ts'

/** Where each event stands and what it is about. What it says is in the event store alone. */
export const eventIndex = defineTable({
  name: 'event_index',
  columns: {
    company_id: id<CompanyId>(),
    position: position(),
    stream: text(),
    revision: revision(),
    type: text(),
    client_id: nullable(id<ClientId>()),
    invoice_id: nullable(id<InvoiceId>()),
    payment_id: nullable(id<PaymentId>()),
    correlation_id: text(),
    command_id: uuid(),
    recorded_at: instant(),
  },
  key: ['company_id', 'position'],
  // Partial and hashed, because every event pays for every one of them.
  indexes: [
    '(company_id, client_id, position) where client_id is not null',
    '(company_id, invoice_id, position) where invoice_id is not null',
    '(company_id, payment_id, position) where payment_id is not null',
    'using hash (correlation_id)',
    'using hash (command_id)',
  ],
})

export type EventIndexViews = {
  'read.event_index': ViewRowOf<typeof eventIndex>
}

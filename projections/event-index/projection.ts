import { isClockEvent, type LedgerEvent } from '@registru/domain'
import { insert } from '../core/fold/changes.ts'
import { defineProjection } from '../core/fold/projection.ts'
import { eventIndex } from './tables.ts'

/** A credit note on account is settled with as a payment is, under its own id. */
const paymentIdOf = ({ data }: LedgerEvent): string | null => {
  if ('paymentId' in data) return data.paymentId ?? null
  return 'creditNoteId' in data ? data.creditNoteId : null
}

/** A claim without an invoice is settled as one is, under its own id. */
const invoiceIdOf = ({ data }: LedgerEvent): string | null => {
  if ('invoiceId' in data) return data.invoiceId ?? null
  return 'claimId' in data ? (data.claimId ?? null) : null
}

/** Finds the events of a client, an invoice, a payment, a request or a command, for who checks the books. */
export const eventIndexProjection = defineProjection({
  name: 'event_index',
  version: 2,
  tables: [eventIndex],
  on: (event) => {
    // It is about nothing, and of no company.
    if (isClockEvent(event)) return []
    const { data, metadata, position, stream, revision, type } = event
    return [
      insert(eventIndex, {
        company_id: metadata.companyId,
        position,
        stream,
        revision,
        type,
        client_id: 'clientId' in data ? data.clientId : null,
        invoice_id: invoiceIdOf(event),
        payment_id: paymentIdOf(event),
        correlation_id: metadata.correlationId,
        command_id: metadata.commandId,
        recorded_at: metadata.recordedAt,
      }),
    ]
  },
})

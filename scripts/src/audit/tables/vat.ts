import { createDeferredVat, deferredVatTables } from '../deferred-vat.ts'
import { addTo, type Fold } from '../expected.ts'

const tables = deferredVatTables('vat')
const movements = {
  name: 'vat_movements',
  position: 'position',
  // A paper that divides the VAT of later money anew moves a rate on two days.
  within: ['kind', 'document_id', 'rate', 'effective_on'],
  line: 'line',
}
const days = { name: 'vat_days', key: ['company_id', 'effective_on', 'currency', 'rate'] }

export const vatFold: Fold = {
  histories: [movements],
  states: [tables.documents, tables.instruments, days],
  start: () => {
    const movesOf = createDeferredVat(tables)
    return (expected, fact) => {
      const { companyId: company_id, position, revision, eventId: event_id } = fact
      for (const move of movesOf(expected, fact).moves) {
        const day = { company_id, effective_on: move.on, currency: move.currency, rate: move.rate }
        const amounts = { base_minor: move.base, vat_minor: move.vat, deferred_minor: move.deferred }
        expected.bear(movements, {
          ...day,
          ...amounts,
          position,
          belongs_to: move.belongsTo,
          cause: move.cause,
          client_id: move.clientId,
          kind: move.kind,
          document_id: move.documentId,
          payment_id: move.paymentId,
          revision,
          event_id,
        })
        addTo(expected, days, day, amounts)
      }
    }
  },
}

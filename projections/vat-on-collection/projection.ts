import {
  deferredVatWants,
  foldDeferredVat,
  type VatEvent,
  type VatRows,
  vatAccountOf,
} from '../core/books/deferred-vat.ts'
import { add, insert, type RowChange } from '../core/fold/changes.ts'
import { defineProjection, folding, type RowFold } from '../core/fold/projection.ts'
import { vatDays, vatDocuments, vatMovements } from './tables.ts'

const fold = (event: VatEvent, rows: VatRows): readonly RowChange[] => {
  const { changes, movements } = foldDeferredVat(event, rows)
  const { companyId: company_id } = event.metadata
  const lines = movements.flatMap((movement, line) => {
    const { currency, rate, on: effective_on } = movement
    const amounts = {
      base_minor: movement.baseMinor,
      vat_minor: movement.vatMinor,
      deferred_minor: movement.deferredMinor,
    }
    return [
      insert(vatMovements, {
        company_id,
        position: event.position,
        line,
        effective_on,
        belongs_to: movement.belongsTo ?? null,
        cause: movement.cause,
        client_id: vatAccountOf(event),
        kind: movement.kind,
        document_id: movement.documentId,
        payment_id: movement.paymentId ?? null,
        currency,
        rate,
        ...amounts,
        revision: event.revision,
        event_id: event.eventId,
      }),
      add(vatDays, { company_id, effective_on, currency, rate }, amounts),
    ]
  })
  return [...changes, ...lines]
}

const { wants, wantsMore } = deferredVatWants(vatDocuments)
const moved: RowFold<VatEvent> = folding({ wants, fold })

/** TVA la încasare: the VAT that each collection makes exigible, and what waits in 4428. */
export const vatOnCollection = defineProjection({
  name: 'vat_on_collection',
  version: 4,
  tables: [vatDocuments.documents, vatDocuments.instruments, vatMovements, vatDays],
  on: {
    InvoiceRegistered: moved,
    InvoiceCancelled: moved,
    CreditNoteRegistered: moved,
    DiscountGranted: moved,
    PaymentRecorded: moved,
    PaymentAllocated: moved,
    PaymentDeallocated: moved,
    PaymentCleared: folding({ wants, wantsMore, fold }),
    PaymentReversed: moved,
    RefundRecorded: moved,
    CreditNoteReversed: moved,
    DiscountReversed: moved,
    RefundReversed: moved,
    TransferReceived: moved,
    CreditReleased: moved,
  },
})

import { type DocumentKind, documentKeyOf, isClaimKind, type LedgerEvent } from '@registru/domain'
import { insert, type RowChange, set } from '../core/fold/changes.ts'
import { defineProjection } from '../core/fold/projection.ts'
import { documents } from './tables.ts'

type PaperEvent = Extract<LedgerEvent, { readonly type: 'InvoiceRegistered' | 'CreditNoteRegistered' | 'InvoiceMoved' }>

const registered = ({ data, metadata, position }: PaperEvent, kind: DocumentKind, documentId: string): RowChange => {
  const { year, series, number } = documentKeyOf(data)
  return insert(documents, {
    company_id: metadata.companyId,
    kind,
    document_id: documentId,
    client_id: data.clientId,
    year,
    series_key: series,
    number_key: number,
    series: data.series ?? null,
    number: data.number,
    issued_on: data.issuedOn,
    position,
    freed_on: null,
    freed_position: null,
  })
}

type FreeingEvent = Extract<LedgerEvent, { readonly type: 'InvoiceCancelled' | 'CreditNoteReversed' }>

const freed = (
  { data, metadata, position }: FreeingEvent,
  kind: DocumentKind,
  documentId: string,
  on: string,
): RowChange =>
  set(
    documents,
    { company_id: metadata.companyId, kind, document_id: documentId, client_id: data.clientId },
    { freed_on: on, freed_position: position },
  )

/** Which paper is called what, over all clients of a company. */
export const documentsProjection = defineProjection({
  name: 'documents',
  version: 2,
  tables: [documents],
  on: {
    InvoiceRegistered: (event) => [registered(event, 'INVOICE', event.data.invoiceId)],
    CreditNoteRegistered: (event) => [registered(event, 'CREDIT_NOTE', event.data.creditNoteId)],
    // Its name goes with it: what is left in the other account is no paper any more.
    InvoiceMoved: (event) => {
      const { invoiceId, fromClientId: client_id, kind, movedOn, again } = event.data
      if (again === true || isClaimKind(kind)) return []
      const { companyId: company_id } = event.metadata
      return [
        set(
          documents,
          { company_id, kind: 'INVOICE', document_id: invoiceId, client_id },
          { freed_on: movedOn, freed_position: event.position },
        ),
        registered(event, 'INVOICE', invoiceId),
      ]
    },
    InvoiceCancelled: (event) => [freed(event, 'INVOICE', event.data.invoiceId, event.data.cancelledOn)],
    CreditNoteReversed: (event) => [freed(event, 'CREDIT_NOTE', event.data.creditNoteId, event.data.reversedOn)],
  },
})

import { type DocumentKind, documentKeyOf, type LedgerEvent } from '@registru/domain'
import { insert, type RowChange, set } from '../core/fold/changes.ts'
import { defineProjection } from '../core/fold/projection.ts'
import { documents } from './tables.ts'

type PaperEvent = Extract<LedgerEvent, { readonly type: 'InvoiceRegistered' | 'CreditNoteRegistered' }>

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
  version: 1,
  tables: [documents],
  on: {
    InvoiceRegistered: (event) => [registered(event, 'INVOICE', event.data.invoiceId)],
    CreditNoteRegistered: (event) => [registered(event, 'CREDIT_NOTE', event.data.creditNoteId)],
    InvoiceCancelled: (event) => [freed(event, 'INVOICE', event.data.invoiceId, event.data.cancelledOn)],
    CreditNoteReversed: (event) => [freed(event, 'CREDIT_NOTE', event.data.creditNoteId, event.data.reversedOn)],
  },
})

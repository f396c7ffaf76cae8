import { type LedgerEvent, minorOf, whoPaidCash } from '@registru/domain'
import { DESKLESS } from '../core/books/cash.ts'
import { insert, type RowChange, set } from '../core/fold/changes.ts'
import { begun, defineProjection, wanted } from '../core/fold/projection.ts'
import type { Rows } from '../core/fold/row-image.ts'
import { cashClients, cashHanded, contractInvoices, contractSettlements } from './tables.ts'

/** The law counts lei; cash in another currency is outside its figures. */
const LEI = 'RON'

type EventOfClient = LedgerEvent & { readonly data: { readonly clientId: string } }
type Settling = Extract<LedgerEvent, { readonly type: 'PaymentAllocated' | 'PaymentDeallocated' }>

const accountOf = ({ metadata, data }: EventOfClient) => ({
  company_id: metadata.companyId,
  client_id: data.clientId,
})

const contractOf = (event: EventOfClient & { readonly data: { readonly invoiceId: string } }) => ({
  ...accountOf(event),
  invoice_id: event.data.invoiceId,
})
const wantContract = (event: Settling) => [wanted(contractInvoices, contractOf(event))]

const settled = (event: Settling, rows: Rows, sign: 1n | -1n): readonly RowChange[] =>
  rows.find(contractInvoices, contractOf(event)) === undefined
    ? []
    : [
        insert(contractSettlements, {
          ...accountOf(event),
          payment_id: event.data.paymentId,
          position: event.position,
          amount_minor: sign * minorOf(event.data.conversion?.paid ?? event.data.amount),
        }),
      ]

/**
 * Cash by payer, over all clients that one payer pays for. An account guards its own cash as it comes in; what one payer
 * hands over for several clients is seen here, right after.
 */
export const cashCeilings = defineProjection({
  name: 'cash_ceilings',
  version: 1,
  tables: [cashClients, cashHanded, contractInvoices, contractSettlements],
  looksAt: [cashClients, contractInvoices],
  reads: {
    InvoiceRegistered: (event) => [begun(contractInvoices, contractOf(event))],
    PaymentRecorded: (event) => (event.data.method === 'CASH' ? [wanted(cashClients, accountOf(event))] : []),
    PaymentAllocated: wantContract,
    PaymentDeallocated: wantContract,
  },
  on: {
    ClientRegistered: (event) => {
      const { kind, name, taxId } = event.data
      return [insert(cashClients, { ...accountOf(event), kind, name, tax_id: taxId ?? null })]
    },
    ClientUpdated: (event) => {
      const { kind, name, taxId } = event.data
      const changed = {
        ...(kind !== undefined && { kind }),
        ...(name !== undefined && { name }),
        ...(taxId !== undefined && { tax_id: taxId }),
      }
      return Object.keys(changed).length === 0 ? [] : [set(cashClients, accountOf(event), changed)]
    },
    InvoiceRegistered: (event) =>
      event.data.instalmentContract
        ? [insert(contractInvoices, { ...contractOf(event), position: event.position })]
        : [],
    PaymentRecorded: (event, rows) => {
      const { paymentId, amount, method, receivedOn, deskId = DESKLESS, payer } = event.data
      if (method !== 'CASH' || amount.currency !== LEI) return []
      const { kind, name, tax_id } = rows.get(cashClients, accountOf(event))
      const who = whoPaidCash(payer, { kind, name, taxId: tax_id ?? undefined })
      return [
        insert(cashHanded, {
          ...accountOf(event),
          payment_id: paymentId,
          received_on: receivedOn,
          desk_id: deskId,
          payer_identity: who.identity,
          payer_kind: who.kind,
          payer_name: who.name,
          payer_tax_id: who.taxId ?? null,
          amount_minor: minorOf(amount),
          position: event.position,
          reversed_position: null,
          event_id: event.eventId,
        }),
      ]
    },
    PaymentReversed: (event) => {
      const { paymentId, amount, method } = event.data
      if (method !== 'CASH' || amount.currency !== LEI) return []
      return [set(cashHanded, { ...accountOf(event), payment_id: paymentId }, { reversed_position: event.position })]
    },
    PaymentAllocated: (event, rows) => settled(event, rows, 1n),
    PaymentDeallocated: (event, rows) => settled(event, rows, -1n),
  },
})

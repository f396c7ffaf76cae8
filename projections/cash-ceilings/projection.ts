import {
  type ClientId,
  type InvoiceId,
  type LedgerEvent,
  type Money,
  minorOf,
  type PaymentMethod,
  whoPaidCash,
} from '@registru/domain'
import { DESKLESS } from '../core/books/cash.ts'
import { change, create, insert, type RowChange, set } from '../core/fold/changes.ts'
import { type OwnedRow, rowOf, wanted, wantedNew } from '../core/fold/owned-row.ts'
import { defineProjection, folding } from '../core/fold/projection.ts'
import { cashClients, cashHanded, contractInvoices, contractSettlements } from './tables.ts'

/** The law counts lei; cash in another currency is outside its figures. */
const LEI = 'RON'

const isCountedCash = ({ method, amount }: { readonly method: PaymentMethod; readonly amount: Money }): boolean =>
  method === 'CASH' && amount.currency === LEI

type EventOfClient = LedgerEvent & { readonly data: { readonly clientId: ClientId } }
type Settling = Extract<LedgerEvent, { readonly type: 'PaymentAllocated' | 'PaymentDeallocated' }>

const accountOf = ({ metadata, data }: EventOfClient) => ({
  company_id: metadata.companyId,
  client_id: data.clientId,
})

const contractOf = (event: EventOfClient & { readonly data: { readonly invoiceId: InvoiceId } }) => ({
  ...accountOf(event),
  invoice_id: event.data.invoiceId,
})
const invoiceOf = (event: Settling) => ({ invoice: wanted(contractInvoices, contractOf(event)) })

const settled = (event: Settling, invoice: OwnedRow<typeof contractInvoices>, sign: 1n | -1n): readonly RowChange[] =>
  invoice.found === undefined
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
  version: 2,
  tables: [cashClients, cashHanded, contractInvoices, contractSettlements],
  on: {
    ClientRegistered: folding({
      wants: (event) => ({ client: wantedNew(cashClients, accountOf(event)) }),
      fold: (event, { client }) => {
        const { kind, name, taxId } = event.data
        return [create(client, { kind, name, tax_id: taxId ?? null })]
      },
    }),
    ClientUpdated: folding({
      wants: (event) => ({ client: wanted(cashClients, accountOf(event)) }),
      fold: (event, { client }) => {
        const { kind, name, taxId } = event.data
        const changed = {
          ...(kind !== undefined && { kind }),
          ...(name !== undefined && { name }),
          ...(taxId !== undefined && { tax_id: taxId }),
        }
        return Object.keys(changed).length === 0 ? [] : [change(client, changed)]
      },
    }),
    InvoiceRegistered: folding({
      wants: (event) => ({ invoice: wantedNew(contractInvoices, contractOf(event)) }),
      fold: (event, { invoice }) =>
        event.data.instalmentContract ? [create(invoice, { position: event.position })] : [],
    }),
    InvoiceMoved: folding({
      wants: (event) => (event.data.again === true ? {} : { invoice: wantedNew(contractInvoices, contractOf(event)) }),
      fold: (event, { invoice }) =>
        event.data.instalmentContract && invoice !== undefined ? [create(invoice, { position: event.position })] : [],
    }),
    PaymentRecorded: folding({
      wants: (event) => ({
        client: isCountedCash(event.data) ? wanted(cashClients, accountOf(event)) : undefined,
      }),
      fold: (event, { client }) => {
        if (client === undefined) return []
        const { paymentId, amount, receivedOn, deskId = DESKLESS, payer } = event.data
        const { kind, name, tax_id } = rowOf(client)
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
    }),
    PaymentReversed: (event) => {
      if (!isCountedCash(event.data)) return []
      return [
        set(
          cashHanded,
          { ...accountOf(event), payment_id: event.data.paymentId },
          { reversed_position: event.position },
        ),
      ]
    },
    PaymentAllocated: folding({ wants: invoiceOf, fold: (event, { invoice }) => settled(event, invoice, 1n) }),
    PaymentDeallocated: folding({ wants: invoiceOf, fold: (event, { invoice }) => settled(event, invoice, -1n) }),
  },
})

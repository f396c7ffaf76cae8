import { type EventMetadata, minorOf } from '@registru/domain'
import { add, insert, set } from '../core/fold/changes.ts'
import { defineProjection } from '../core/fold/projection.ts'
import { invoiceBalances, invoiceSettlements } from './tables.ts'

const keyOf = (
  invoiceId: string,
  { clientId }: { readonly clientId: string },
  { companyId }: Pick<EventMetadata, 'companyId'>,
) => ({ company_id: companyId, invoice_id: invoiceId, client_id: clientId })

/** What each invoice was for and what has been settled on it. */
export const invoiceBalancesProjection = defineProjection({
  name: 'invoice_balances',
  version: 2,
  tables: [invoiceBalances, invoiceSettlements],
  on: {
    InvoiceRegistered: ({ data, metadata, position }) => [
      insert(invoiceBalances, {
        ...keyOf(data.invoiceId, data, metadata),
        kind: data.kind,
        series: data.series ?? null,
        number: data.number,
        issued_on: data.issuedOn,
        due_on: data.dueOn,
        currency: data.total.currency,
        total_minor: minorOf(data.total),
        allocated_minor: 0n,
        uncleared_minor: 0n,
        credited_minor: 0n,
        discounted_minor: 0n,
        written_off_minor: 0n,
        cancelled_on: null,
        instalments: data.instalments,
        position,
      }),
    ],
    InvoiceCancelled: ({ data, metadata }) => [
      set(invoiceBalances, keyOf(data.invoiceId, data, metadata), { cancelled_on: data.cancelledOn }),
    ],
    CreditNoteRegistered: ({ data, metadata }) =>
      data.invoiceId === undefined
        ? []
        : [add(invoiceBalances, keyOf(data.invoiceId, data, metadata), { credited_minor: minorOf(data.total) })],
    DiscountGranted: ({ data, metadata }) => [
      add(invoiceBalances, keyOf(data.invoiceId, data, metadata), { discounted_minor: minorOf(data.amount) }),
    ],
    InvoiceWrittenOff: ({ data, metadata }) => [
      add(invoiceBalances, keyOf(data.invoiceId, data, metadata), { written_off_minor: minorOf(data.amount) }),
    ],
    PaymentAllocated: ({ data, metadata, position, eventId }) => {
      const key = keyOf(data.invoiceId, data, metadata)
      const amount = minorOf(data.amount)
      return [
        add(invoiceBalances, key, { allocated_minor: amount, uncleared_minor: data.uncleared ? amount : 0n }),
        insert(invoiceSettlements, {
          ...key,
          position,
          payment_id: data.paymentId,
          amount_minor: amount,
          effective_on: data.allocatedOn,
          undone_because: null,
          event_id: eventId,
        }),
      ]
    },
    PaymentDeallocated: ({ data, metadata, position, eventId }) => {
      const key = keyOf(data.invoiceId, data, metadata)
      const amount = minorOf(data.amount)
      return [
        add(invoiceBalances, key, { allocated_minor: -amount, uncleared_minor: data.uncleared ? -amount : 0n }),
        insert(invoiceSettlements, {
          ...key,
          position,
          payment_id: data.paymentId,
          amount_minor: -amount,
          effective_on: data.deallocatedOn,
          undone_because: data.reason,
          event_id: eventId,
        }),
      ]
    },
    PaymentCleared: ({ data, metadata }) =>
      (data.settles ?? []).map(({ invoiceId, amount }) =>
        add(invoiceBalances, keyOf(invoiceId, data, metadata), { uncleared_minor: -minorOf(amount) }),
      ),
  },
})

import { minorOf } from '@registru/domain'
import { add, insert, set } from '../core/changes.ts'
import { defineProjection } from '../core/projection.ts'
import { paymentSettlements, payments } from './tables.ts'

/** Every payment with all that happened to it. */
export const paymentsProjection = defineProjection({
  name: 'payments',
  version: 1,
  tables: [payments, paymentSettlements],
  on: {
    PaymentRecorded: ({ data, metadata, position, eventId }) => [
      insert(payments, {
        company_id: metadata.companyId,
        payment_id: data.paymentId,
        client_id: data.clientId,
        method: data.method,
        received_on: data.receivedOn,
        currency: data.amount.currency,
        amount_minor: minorOf(data.amount),
        allocated_minor: 0n,
        reversed_minor: 0n,
        refunded_minor: 0n,
        allocation_rule: data.allocationRule,
        desk_id: data.deskId ?? null,
        bank_reference: data.bankReference ?? null,
        remittance_text: data.remittanceText ?? null,
        payer: data.payer ?? null,
        reversed_on: null,
        reversal_reason: null,
        reversal_note: null,
        receipt_series: null,
        receipt_number: null,
        position,
        event_id: eventId,
      }),
    ],
    PaymentAllocated: ({ data, metadata, position, eventId }) => {
      const key = { company_id: metadata.companyId, payment_id: data.paymentId }
      const amount = minorOf(data.amount)
      return [
        add(payments, key, { allocated_minor: amount }),
        insert(paymentSettlements, {
          ...key,
          position,
          invoice_id: data.invoiceId,
          amount_minor: amount,
          effective_on: data.allocatedOn,
          undone_because: null,
          event_id: eventId,
        }),
      ]
    },
    PaymentDeallocated: ({ data, metadata, position, eventId }) => {
      const key = { company_id: metadata.companyId, payment_id: data.paymentId }
      const amount = minorOf(data.amount)
      return [
        add(payments, key, { allocated_minor: -amount }),
        insert(paymentSettlements, {
          ...key,
          position,
          invoice_id: data.invoiceId,
          amount_minor: -amount,
          effective_on: data.deallocatedOn,
          undone_because: data.reason,
          event_id: eventId,
        }),
      ]
    },
    PaymentReversed: ({ data, metadata }) => {
      const key = { company_id: metadata.companyId, payment_id: data.paymentId }
      return [
        add(payments, key, { reversed_minor: minorOf(data.amount) }),
        set(payments, key, {
          reversed_on: data.reversedOn,
          reversal_reason: data.reason,
          reversal_note: data.note ?? null,
        }),
      ]
    },
    ReceiptIssued: ({ data, metadata }) => [
      set(
        payments,
        { company_id: metadata.companyId, payment_id: data.paymentId },
        { receipt_series: data.series, receipt_number: BigInt(data.number) },
      ),
    ],
    // A payment has one living receipt: the next one is issued only after this one is annulled.
    ReceiptAnnulled: ({ data, metadata }) => [
      set(
        payments,
        { company_id: metadata.companyId, payment_id: data.paymentId },
        { receipt_series: null, receipt_number: null },
      ),
    ],
  },
})

import {
  type ClientId,
  creditOfNote,
  type EventMetadata,
  type LedgerEvent,
  METHODS_IN_TRANSIT,
  type Money,
  minorIn,
  minorOf,
  type PaymentId,
  refundedInTransit,
  reversedInTransit,
} from '@registru/domain'
import { paidOf, signedMinor } from '../core/books/exchange.ts'
import { NO_CLIENT } from '../core/books/no-client.ts'
import { add, insert, type RowChange, set } from '../core/fold/changes.ts'
import { defineProjection } from '../core/fold/projection.ts'
import type { ValuesOf } from '../core/fold/table.ts'
import {
  paymentClaims,
  paymentParts,
  paymentReceipts,
  paymentRefunds,
  paymentReleases,
  paymentSettlements,
  payments,
  paymentTransfers,
} from './tables.ts'

/** How a payment begins: with nothing settled, nothing cleared, nothing undone; and told by nobody how to settle. */
const untouched = {
  allocation_stage: null,
  allocated_minor: 0n,
  reversed_minor: 0n,
  refunded_minor: 0n,
  transferred_minor: 0n,
  released_minor: 0n,
  claimed_minor: 0n,
  cleared_on: null,
  cleared_position: null,
  reversed_on: null,
  reversed_position: null,
  reversal_reason: null,
  reversal_note: null,
  origin_client_id: null,
  origin_payment_id: null,
  bank_account: null,
  purpose: null,
  receipt_series: null,
  receipt_number: null,
}

const keyOf = (
  paymentId: PaymentId,
  { clientId }: { readonly clientId: ClientId },
  { companyId }: Pick<EventMetadata, 'companyId'>,
) => ({ company_id: companyId, payment_id: paymentId, client_id: clientId })

/** A payment, or a credit note on account, is gone, or a part of it. */
const gone = (
  { metadata, position, eventId }: LedgerEvent,
  data: {
    readonly clientId: ClientId
    readonly amount: Money
    readonly reversedOn: string
    readonly reason: ValuesOf<typeof payments>['reversal_reason']
    readonly note?: string | undefined
    /** Of a mistake: what was not kept either. */
    readonly fee?: string | undefined
  },
  paymentId: PaymentId,
  inTransit = 0n,
): readonly RowChange[] => {
  const key = keyOf(paymentId, data, metadata)
  const { amount, reversedOn, reason = null, note = null, fee = '0' } = data
  const feeBack = minorIn(fee, amount.currency)
  return [
    add(payments, key, { reversed_minor: minorOf(amount), fee_minor: -feeBack }),
    insert(paymentParts, {
      ...key,
      position,
      kind: 'REVERSED',
      amount_minor: minorOf(amount),
      transit_minor: inTransit,
      fee_minor: -feeBack,
      effective_on: reversedOn,
      reason,
      note,
      event_id: eventId,
    }),
    set(payments, key, {
      reversed_on: reversedOn,
      reversed_position: position,
      reversal_reason: reason,
      reversal_note: note,
    }),
  ]
}

/** More left of a payment than was there, or what did came back. */
const claimed = (
  { data, metadata, position, eventId }: Extract<LedgerEvent, { type: 'ClaimRegistered' | 'ClaimCancelled' }>,
  on: string,
  amount: bigint,
): readonly RowChange[] => {
  if (data.paymentId === undefined) return []
  const key = keyOf(data.paymentId, data, metadata)
  return [
    add(payments, key, { claimed_minor: amount }),
    insert(paymentClaims, {
      ...key,
      position,
      claim_id: data.claimId,
      amount_minor: amount,
      effective_on: on,
      event_id: eventId,
    }),
  ]
}

type Identifying = Extract<LedgerEvent, { type: 'PaymentIdentified' | 'IdentificationUndone' }>

/** Unidentified money that becomes a client's credit (positive), or is unidentified again: both sides. */
const movedToClient = (
  { data, metadata, position, eventId }: Identifying,
  effective_on: string,
  reason: string | null,
  sign: 1n | -1n,
): readonly RowChange[] => {
  const { paymentId, identificationId, amount } = data
  const ofCompany = keyOf(paymentId, { clientId: NO_CLIENT }, metadata)
  const ofClient = keyOf(identificationId, data, metadata)
  const of = { position, transfer_id: identificationId, effective_on, reason, event_id: eventId }
  const side = (one: typeof ofClient, other: typeof ofClient, amount_minor: bigint): RowChange =>
    insert(paymentTransfers, {
      ...one,
      ...of,
      other_client_id: other.client_id,
      other_payment_id: other.payment_id,
      amount_minor,
    })
  const moved = sign * minorOf(amount)
  return [
    add(payments, ofCompany, { transferred_minor: moved }),
    side(ofCompany, ofClient, moved),
    side(ofClient, ofCompany, -moved),
  ]
}

/** Every payment with all that happened to it. */
export const paymentsProjection = defineProjection({
  name: 'payments',
  version: 4,
  tables: [
    payments,
    paymentSettlements,
    paymentParts,
    paymentRefunds,
    paymentReleases,
    paymentTransfers,
    paymentClaims,
    paymentReceipts,
  ],
  on: {
    PaymentRecorded: ({ data, metadata, position, eventId }) => [
      insert(payments, {
        ...untouched,
        ...keyOf(data.paymentId, data, metadata),
        method: data.method,
        received_on: data.receivedOn,
        currency: data.amount.currency,
        amount_minor: minorOf(data.amount),
        allocation_rule: data.allocationRule,
        allocation_stage: data.allocationStage ?? null,
        desk_id: data.deskId ?? null,
        bank_reference: data.bankReference ?? null,
        bank_account: data.bankAccount ?? null,
        remittance_text: data.remittanceText ?? null,
        purpose: data.purpose ?? null,
        payer: data.payer ?? null,
        fee_minor: data.fee === undefined ? 0n : minorIn(data.fee, data.amount.currency),
        position,
        event_id: eventId,
      }),
    ],
    UnidentifiedPaymentRecorded: ({ data, metadata, position, eventId }) => [
      insert(payments, {
        ...untouched,
        ...keyOf(data.paymentId, { clientId: NO_CLIENT }, metadata),
        method: data.method,
        received_on: data.receivedOn,
        currency: data.amount.currency,
        amount_minor: minorOf(data.amount),
        allocation_rule: 'none@1',
        desk_id: null,
        bank_reference: data.bankReference ?? null,
        bank_account: data.bankAccount ?? null,
        remittance_text: data.remittanceText ?? null,
        payer: data.payer ?? null,
        fee_minor: data.fee === undefined ? 0n : minorIn(data.fee, data.amount.currency),
        position,
        event_id: eventId,
      }),
    ],
    UnidentifiedPaymentReturned: (event) =>
      gone(event, { ...event.data, clientId: NO_CLIENT, reversedOn: event.data.returnedOn }, event.data.paymentId),
    PaymentIdentified: (event) => {
      const { data, metadata, position, eventId } = event
      return [
        ...movedToClient(event, data.identifiedOn, null, 1n),
        insert(payments, {
          ...untouched,
          ...keyOf(data.identificationId, data, metadata),
          method: 'TRANSFER',
          received_on: data.identifiedOn,
          currency: data.amount.currency,
          amount_minor: minorOf(data.amount),
          allocation_rule: data.allocationRule,
          allocation_stage: data.allocationStage ?? null,
          origin_payment_id: data.paymentId,
          desk_id: null,
          bank_reference: data.bankReference ?? null,
          remittance_text: null,
          payer: null,
          fee_minor: 0n,
          position,
          event_id: eventId,
        }),
      ]
    },
    IdentificationUndone: (event) => {
      const { data, metadata } = event
      return [
        ...movedToClient(event, data.undoneOn, data.reason, -1n),
        add(payments, keyOf(data.identificationId, data, metadata), { transferred_minor: minorOf(data.amount) }),
      ]
    },
    CreditNoteRegistered: ({ data, metadata, position, eventId }) =>
      data.invoiceId !== undefined
        ? []
        : [
            insert(payments, {
              ...untouched,
              ...keyOf(creditOfNote(data.creditNoteId), data, metadata),
              method: 'CREDIT_NOTE',
              received_on: data.creditedOn,
              currency: data.total.currency,
              amount_minor: minorOf(data.total),
              allocation_rule: 'none@1',
              desk_id: null,
              bank_reference: data.series === undefined ? data.number : `${data.series} ${data.number}`,
              remittance_text: null,
              payer: null,
              fee_minor: 0n,
              position,
              event_id: eventId,
            }),
          ],
    ClaimRegistered: (event) => claimed(event, event.data.issuedOn, minorOf(event.data.total)),
    ClaimCancelled: (event) => claimed(event, event.data.cancelledOn, -minorOf(event.data.total)),
    PaymentCleared: ({ data, metadata, position, eventId }) => {
      const key = keyOf(data.paymentId, data, metadata)
      const amount = minorOf(data.amount)
      const fee = minorIn(data.fee, data.amount.currency)
      return [
        add(payments, key, { fee_minor: fee }),
        set(payments, key, { cleared_on: data.clearedOn, cleared_position: position }),
        insert(paymentParts, {
          ...key,
          position,
          kind: 'CLEARED',
          amount_minor: amount,
          transit_minor: amount,
          fee_minor: fee,
          effective_on: data.clearedOn,
          reason: null,
          note: null,
          event_id: eventId,
        }),
      ]
    },
    RefundRecorded: ({ data, metadata, position, eventId }) => {
      const key = keyOf(data.paymentId, data, metadata)
      const amount = minorOf(data.amount)
      const paid = paidOf(data)
      const { currency = null, difference } = data.worth ?? {}
      return [
        add(payments, key, { refunded_minor: amount }),
        insert(paymentRefunds, {
          ...key,
          refund_id: data.refundId,
          position,
          amount_minor: amount,
          paid_currency: paid.currency,
          paid_minor: minorOf(paid),
          difference_currency: difference === undefined ? null : currency,
          difference_minor: difference === undefined || currency === null ? null : signedMinor(difference, currency),
          transit_minor: refundedInTransit(data),
          method: data.method,
          refunded_on: data.refundedOn,
          desk_id: data.deskId ?? null,
          bank_account: data.bankAccount ?? null,
          document: data.document ?? null,
          note: data.note ?? null,
          reversed_on: null,
          reversed_position: null,
          reversal_reason: null,
          event_id: eventId,
        }),
      ]
    },
    CreditReleased: ({ data, metadata, position, eventId }) => {
      const key = keyOf(data.paymentId, data, metadata)
      const amount = minorOf(data.amount)
      return [
        add(payments, key, { released_minor: amount }),
        insert(paymentReleases, {
          ...key,
          position,
          amount_minor: amount,
          reason: data.reason,
          released_on: data.releasedOn,
          approved_by: data.approvedBy,
          event_id: eventId,
        }),
      ]
    },
    RefundReversed: ({ data, metadata, position }) => {
      const key = keyOf(data.paymentId, data, metadata)
      return [
        add(payments, key, { refunded_minor: -minorOf(data.amount) }),
        set(
          paymentRefunds,
          { ...key, refund_id: data.refundId },
          { reversed_on: data.reversedOn, reversed_position: position, reversal_reason: data.reason },
        ),
      ]
    },
    CreditNoteReversed: (event) =>
      event.data.invoiceId === undefined
        ? gone(event, { ...event.data, amount: event.data.total }, creditOfNote(event.data.creditNoteId))
        : [],
    TransferReceived: ({ data, metadata, position, eventId }) => {
      const { clientId, transferId, origin, reason, returnsTo } = data
      const amount = minorOf(data.amount)
      const given = keyOf(origin.paymentId, origin, metadata)
      const received = keyOf(returnsTo ?? transferId, { clientId }, metadata)
      const of = { position, transfer_id: transferId, effective_on: data.movedOn, reason, event_id: eventId }
      const side = (one: typeof given, other: typeof given, amount_minor: bigint) =>
        insert(paymentTransfers, {
          ...one,
          ...of,
          other_client_id: other.client_id,
          other_payment_id: other.payment_id,
          amount_minor,
        })
      return [
        add(payments, given, { transferred_minor: amount }),
        side(given, received, amount),
        side(received, given, -amount),
        returnsTo === undefined
          ? insert(payments, {
              ...untouched,
              ...received,
              method: 'TRANSFER',
              received_on: data.movedOn,
              currency: data.amount.currency,
              amount_minor: amount,
              origin_client_id: origin.clientId,
              fee_minor: 0n,
              origin_payment_id: origin.paymentId,
              allocation_rule: 'none@1',
              desk_id: null,
              bank_reference: null,
              remittance_text: null,
              payer: null,
              position,
              event_id: eventId,
            })
          : add(payments, received, { transferred_minor: -amount }),
      ]
    },
    PaymentAllocated: ({ data, metadata, position, eventId }) => {
      const key = keyOf(data.paymentId, data, metadata)
      const amount = minorOf(paidOf(data))
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
      const key = keyOf(data.paymentId, data, metadata)
      const amount = minorOf(paidOf(data))
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
    PaymentReversed: (event) =>
      gone(
        event,
        event.data,
        event.data.paymentId,
        METHODS_IN_TRANSIT.has(event.data.method) ? reversedInTransit(event.data) : 0n,
      ),
    ReceiptIssued: ({ data, metadata, position }) => {
      const key = keyOf(data.paymentId, data, metadata)
      const receipt = { series: data.series, number: BigInt(data.number) }
      return [
        set(payments, key, { receipt_series: receipt.series, receipt_number: receipt.number }),
        insert(paymentReceipts, {
          ...key,
          ...receipt,
          position,
          issued_on: data.issuedOn,
          annulled_on: null,
          annulled_position: null,
        }),
      ]
    },
    // A payment has one living receipt: the next one is issued only after this one is annulled.
    ReceiptAnnulled: ({ data, metadata, position }) => {
      const key = keyOf(data.paymentId, data, metadata)
      return [
        set(payments, key, { receipt_series: null, receipt_number: null }),
        set(
          paymentReceipts,
          { ...key, series: data.series, number: BigInt(data.number) },
          { annulled_on: data.annulledOn, annulled_position: position },
        ),
      ]
    },
  },
})

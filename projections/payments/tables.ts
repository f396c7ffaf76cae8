import type {
  AllocationRule,
  AllocationStage,
  CashDeskId,
  ClientId,
  CompanyId,
  CreditSource,
  InvoiceId,
  PaperReversalReason,
  Payer,
  PaymentId,
  RefundId,
  RefundMethod,
  RefundReversalReason,
  ReleaseReason,
  ReversalReason,
  UnidentifiedReturnReason,
} from '@registru/domain'
import {
  bigint,
  date,
  defineTable,
  derived,
  id,
  json,
  nullable,
  position,
  text,
  uuid,
  type ViewRowOf,
  word,
} from '../core/fold/table.ts'

/**
 * Money received, and credit notes on account, with what became of them in the end: every day come, everything known. One row
 * each; `credit_minor` of the view is what settles nothing yet.
 */
export const payments = defineTable({
  name: 'payments',
  columns: {
    company_id: id<CompanyId>(),
    payment_id: id<PaymentId>(),
    /** Empty: nobody knows yet whose it is. */
    client_id: id<ClientId>(),
    method: word<CreditSource>(),
    received_on: date(),
    currency: text(),
    amount_minor: bigint(),
    allocated_minor: bigint(),
    reversed_minor: bigint(),
    refunded_minor: bigint(),
    /** What went to other accounts, less what they gave back. */
    transferred_minor: bigint(),
    /** Of the credit: what is the client's no longer. */
    released_minor: bigint(),
    /** What left beyond all that was there: the client owes it, and had it as credit until it left. */
    claimed_minor: bigint(),
    allocation_rule: word<AllocationRule>(),
    /** Of `auto`: what told it how. */
    allocation_stage: nullable(word<AllocationStage>()),
    desk_id: nullable(id<CashDeskId>()),
    bank_reference: nullable(text()),
    /** The company's own. */
    bank_account: nullable(text()),
    remittance_text: nullable(text()),
    purpose: nullable(text()),
    payer: nullable(json<Payer>()),
    /** Money on its way: the day on which it, or the last part of it, arrived. */
    cleared_on: nullable(date()),
    cleared_position: nullable(position()),
    /** What banks and processors kept of it. */
    fee_minor: bigint(),
    reversed_on: nullable(date()),
    reversed_position: nullable(position()),
    /** A credit note on account is reversed as a paper is. */
    reversal_reason: nullable(word<ReversalReason | PaperReversalReason | UnidentifiedReturnReason>()),
    reversal_note: nullable(text()),
    /** Of credit that came from another client's account, or was unidentified: the payment that it is of there. */
    origin_client_id: nullable(id<ClientId>()),
    origin_payment_id: nullable(id<PaymentId>()),
    /** The living receipt. */
    receipt_series: nullable(text()),
    receipt_number: nullable(bigint()),
    position: position(),
    event_id: uuid(),
  },
  // As with invoices, an id is unique within its client's account.
  key: ['company_id', 'payment_id', 'client_id'],
  indexes: [
    '(company_id, client_id, received_on)',
    '(company_id, received_on)',
    'using hash (bank_reference) where bank_reference is not null',
  ],
  fillfactor: 80,
  derived: {
    credit_minor: derived<bigint>(
      'amount_minor + claimed_minor - allocated_minor - reversed_minor - refunded_minor - transferred_minor - released_minor',
    ),
  },
})

/** Allocations (positive) and undone ones (negative) of each payment, in its currency: history, never changed. */
export const paymentSettlements = defineTable({
  name: 'payment_settlements',
  columns: {
    company_id: id<CompanyId>(),
    payment_id: id<PaymentId>(),
    client_id: id<ClientId>(),
    position: position(),
    invoice_id: id<InvoiceId>(),
    amount_minor: bigint(),
    effective_on: date(),
    undone_because: nullable(text()),
    event_id: uuid(),
  },
  key: ['company_id', 'payment_id', 'client_id', 'position'],
})

/** What of a payment arrived at the bank, or is gone again, part by part: history, never changed. */
export const paymentParts = defineTable({
  name: 'payment_parts',
  columns: {
    company_id: id<CompanyId>(),
    payment_id: id<PaymentId>(),
    client_id: id<ClientId>(),
    position: position(),
    kind: word<'CLEARED' | 'REVERSED'>(),
    amount_minor: bigint(),
    /** What of it was on its way until then. */
    transit_minor: bigint(),
    /** What was kept of it. */
    fee_minor: bigint(),
    effective_on: date(),
    /** Of a reversal. */
    reason: nullable(word<ReversalReason | PaperReversalReason | UnidentifiedReturnReason>()),
    note: nullable(text()),
    event_id: uuid(),
  },
  key: ['company_id', 'payment_id', 'client_id', 'position'],
})

/** Credit given back. */
export const paymentRefunds = defineTable({
  name: 'payment_refunds',
  columns: {
    company_id: id<CompanyId>(),
    payment_id: id<PaymentId>(),
    client_id: id<ClientId>(),
    refund_id: id<RefundId>(),
    position: position(),
    amount_minor: bigint(),
    /** What left the desk or the bank, in its own currency. */
    paid_currency: text(),
    paid_minor: bigint(),
    /** What the books gained by it, or lost, where both values are known. */
    difference_currency: nullable(text()),
    difference_minor: nullable(bigint()),
    /** What of it was kept from a payout that was still to come. */
    transit_minor: bigint(),
    method: word<RefundMethod>(),
    refunded_on: date(),
    desk_id: nullable(id<CashDeskId>()),
    bank_account: nullable(text()),
    document: nullable(text()),
    note: nullable(text()),
    /** When the money came back, or it was found that it never left. */
    reversed_on: nullable(date()),
    reversed_position: nullable(position()),
    reversal_reason: nullable(word<RefundReversalReason>()),
    event_id: uuid(),
  },
  key: ['company_id', 'payment_id', 'client_id', 'refund_id'],
  indexes: [`(company_id, refunded_on) where method = 'CASH'`],
})

/**
 * Credit that went to another account (positive) or came from one (negative), in the payment's currency: a row on either
 * side, of unidentified money as well. One at the payment's own position is how it came to be.
 */
export const paymentTransfers = defineTable({
  name: 'payment_transfers',
  columns: {
    company_id: id<CompanyId>(),
    payment_id: id<PaymentId>(),
    client_id: id<ClientId>(),
    position: position(),
    transfer_id: id<PaymentId>(),
    other_client_id: id<ClientId>(),
    other_payment_id: id<PaymentId>(),
    amount_minor: bigint(),
    effective_on: date(),
    /** Unidentified money is its owner's without one. */
    reason: nullable(text()),
    event_id: uuid(),
  },
  key: ['company_id', 'payment_id', 'client_id', 'position'],
})

/** Credit that is the client's no longer: history, never changed. */
export const paymentReleases = defineTable({
  name: 'payment_releases',
  columns: {
    company_id: id<CompanyId>(),
    payment_id: id<PaymentId>(),
    client_id: id<ClientId>(),
    position: position(),
    amount_minor: bigint(),
    reason: word<ReleaseReason>(),
    released_on: date(),
    approved_by: text(),
    event_id: uuid(),
  },
  key: ['company_id', 'payment_id', 'client_id', 'position'],
})

/** Claims for money that left beyond what was there of a payment; what is cancelled is negative: history, never changed. */
export const paymentClaims = defineTable({
  name: 'payment_claims',
  columns: {
    company_id: id<CompanyId>(),
    payment_id: id<PaymentId>(),
    client_id: id<ClientId>(),
    position: position(),
    claim_id: id<InvoiceId>(),
    amount_minor: bigint(),
    effective_on: date(),
    event_id: uuid(),
  },
  key: ['company_id', 'payment_id', 'client_id', 'position'],
})

/** The receipts of each cash payment: the next one is issued only after the one before is annulled. */
export const paymentReceipts = defineTable({
  name: 'payment_receipts',
  columns: {
    company_id: id<CompanyId>(),
    payment_id: id<PaymentId>(),
    client_id: id<ClientId>(),
    series: text(),
    number: bigint(),
    position: position(),
    issued_on: date(),
    annulled_on: nullable(date()),
    annulled_position: nullable(position()),
  },
  key: ['company_id', 'payment_id', 'client_id', 'series', 'number'],
})

export type PaymentViews = {
  'read.payments': ViewRowOf<typeof payments>
  'read.payment_settlements': ViewRowOf<typeof paymentSettlements>
  'read.payment_parts': ViewRowOf<typeof paymentParts>
  'read.payment_refunds': ViewRowOf<typeof paymentRefunds>
  'read.payment_transfers': ViewRowOf<typeof paymentTransfers>
  'read.payment_releases': ViewRowOf<typeof paymentReleases>
  'read.payment_claims': ViewRowOf<typeof paymentClaims>
  'read.payment_receipts': ViewRowOf<typeof paymentReceipts>
}

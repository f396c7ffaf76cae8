export { amountInWords } from './amount-in-words.ts'
export * from './business-day.ts'
export { type CashPayer, whoPaidCash } from './client-account/cash-guard.ts'
export * from './client-account/client-account.ts'
export * from './client-account/commands.ts'
export { identificationRefusal } from './client-account/decisions/identifications.ts'
export { transferRefusal } from './client-account/decisions/transfers.ts'
export { type DocumentKey, documentKeyOf } from './client-account/document-number.ts'
export { type DuePart, rescheduledParts } from './client-account/due-parts.ts'
export * from './client-account/events/account-events.ts'
export * from './client-account/events/allocations.ts'
export * from './client-account/events/cash.ts'
export * from './client-account/events/claims.ts'
export * from './client-account/events/clients.ts'
export * from './client-account/events/credit.ts'
export * from './client-account/events/identifications.ts'
export * from './client-account/events/invoices.ts'
export * from './client-account/events/papers.ts'
export { type FunctionalParts, VatLine } from './client-account/events/parts.ts'
export * from './client-account/events/payments.ts'
export * from './client-account/events/receipts.ts'
export * from './client-account/events/transfers.ts'
export type { DocumentKind } from './client-account/records/documents.ts'
export { accountInvoices, type Invoice } from './client-account/records/invoices.ts'
export { creditNotes, discounts, refunds, writeOffs } from './client-account/records/papers.ts'
export { accountPayments, type Payment } from './client-account/records/payments.ts'
export { byDigitsOf, namesIn } from './client-account/remittance-text.ts'
export type { Client, ClientAccount } from './client-account/state.ts'
export { refundedInTransit, reversedInTransit } from './client-account/transit.ts'
export * from './client-account/vocabulary.ts'
export { type Codec, UnreadableEvent } from './codec.ts'
export * from './command-key.ts'
export * from './company/commands.ts'
export * from './company/company.ts'
export * from './company/events.ts'
export {
  type CashReaction,
  type CompanyRules,
  DEFAULT_RULES,
  type Decider,
  type DecisionContext,
  type DuplicateReaction,
  type Elsewhere,
  type Identified,
  type SnapshotFormat,
} from './decider.ts'
export type { EventDefinition, EventOf } from './event-definition.ts'
export { ExchangeRate, RateSource } from './exchange-rate.ts'
export { Iban } from './iban.ts'
export * from './ids.ts'
export * from './ledger-clock.ts'
export * from './ledger-events.ts'
export type { Message } from './message.ts'
export * from './metadata.ts'
export * from './money.ts'
export * from './party.ts'
export * from './places.ts'
export type { BookedReceipt, ReceiptBook } from './receipt-book/book-records.ts'
export * from './receipt-book/commands.ts'
export * from './receipt-book/events.ts'
export { lossOf, receiptBook, refusalOf } from './receipt-book/receipt-book.ts'
export { nameOfOwed } from './receipt-book/representing.ts'
export * from './rejection.ts'
export { type CashDeskCeiling, cashDeskCeilingOn } from './rules/cash-desk-ceiling.ts'
export { type CashLimits, cashLawFor, cashLimitsOn, ceilingFor, payoutCeilingFor } from './rules/cash-limits.ts'
export { type VatBesideRate, vatBesideRate } from './rules/vat-of-rate.ts'
export * from './rules/vat-on-collection.ts'
export * from './streams.ts'
export * from './tax-id.ts'
export * from './text.ts'
export * from './unidentified-payments/commands.ts'
export * from './unidentified-payments/events.ts'
export { unidentified } from './unidentified-payments/unidentified-payments.ts'
export {
  type Identification,
  type UnidentifiedPayment,
  type UnidentifiedPayments,
  unidentifiedPayments,
} from './unidentified-payments/unidentified-records.ts'

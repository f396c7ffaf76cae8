export { amountInWords } from './amount-in-words.ts'
export * from './business-day.ts'
export {
  accountInvoices,
  accountPayments,
  creditNotes,
  type DocumentKind,
  discounts,
  type Invoice,
  type Payment,
  refunds,
  writeOffs,
} from './client-account/account-records.ts'
export { type CashPayer, whoPaidCash } from './client-account/cash-guard.ts'
export * from './client-account/client-account.ts'
export * from './client-account/commands.ts'
export { transferRefusal } from './client-account/decisions/transfers.ts'
export { type DocumentKey, documentKeyOf } from './client-account/document-number.ts'
export { type DuePart, rescheduledParts } from './client-account/due-parts.ts'
export * from './client-account/events.ts'
export { byDigitsOf, namesIn } from './client-account/remittance-text.ts'
export type { Client, ClientAccount } from './client-account/state.ts'
export * from './client-account/transfer-events.ts'
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
export * from './rejection.ts'
export { type CashDeskCeiling, cashDeskCeilingOn } from './rules/cash-desk-ceiling.ts'
export { type CashLimits, cashLawFor, cashLimitsOn, ceilingFor, payoutCeilingFor } from './rules/cash-limits.ts'
export { type VatBesideRate, vatBesideRate } from './rules/vat-of-rate.ts'
export * from './rules/vat-on-collection.ts'
export * from './streams.ts'
export * from './tax-id.ts'
export * from './text.ts'

import { z } from 'zod'

/** ADVANCE: an invoice for money received before the supply (factură de avans). */
export const InvoiceKind = z.enum(['INVOICE', 'ADVANCE'])
export type InvoiceKind = z.infer<typeof InvoiceKind>

/**
 * What a client owes without an invoice, so without VAT: what should have been supplied for it is invoiced. RETURNED_MONEY:
 * money that went to the client, or was taken back, beyond what was the client's. FEE: costs that come back (Codul civil art.
 * 1516, Legea 72/2013 art. 10). INTEREST: for being late (OG 13/2011).
 */
export const ClaimKind = z.enum(['RETURNED_MONEY', 'FEE', 'INTEREST', 'OTHER'])
export type ClaimKind = z.infer<typeof ClaimKind>

/** What an open item of a client is. */
export type OwedKind = InvoiceKind | ClaimKind

export const isClaimKind = (kind: OwedKind): kind is ClaimKind => kind !== 'INVOICE' && kind !== 'ADVANCE'

/** How money came in. The Romanian terms, accounts and SAF-T codes hang on these. */
export const PaymentMethod = z.enum([
  'CASH',
  'CARD_POS',
  'CARD_ONLINE',
  'ONLINE_SERVICE',
  'BANK_TRANSFER',
  'COURIER_COD',
  'PROMISSORY_NOTE',
  'CHEQUE',
  'SET_OFF',
  'OTHER_AGREED',
])
export type PaymentMethod = z.infer<typeof PaymentMethod>

/** Where credit came from: money, a credit note without an invoice, or another account. Only money can bounce, clear or get a receipt. */
export type CreditSource = PaymentMethod | 'CREDIT_NOTE' | 'TRANSFER'

/**
 * A rule with its version: the version goes up when the rule would spread the same payment another way.
 * named@1 took the last of several open invoices of one series and number; named@2 takes none. named@3 reads numbers with
 * letters, strokes and years in them, ranges and lists by blanks, and takes no count for a number. oldestDueFirst@1 ranked
 * invoices by their last due day; oldestDueFirst@2 ranks their parts, each by its own.
 */
export const AllocationRule = z.enum([
  'auto@1',
  'explicit@1',
  'named@1',
  'named@2',
  'named@3',
  'oldestDueFirst@1',
  'oldestDueFirst@2',
  'none@1',
])
export type AllocationRule = z.infer<typeof AllocationRule>

/**
 * What told `auto` how to spread a payment. NAMED: the payer's text. Then an amount that fits to the last unit and only one
 * way: ONE_INVOICE, FIRST_PARTS of one, a GROUP of 2 to 8, the same LESS_CREDIT_NOTES. LEGAL_ORDER: none of these, so what
 * is named comes first, then what is due first.
 */
export const AllocationStage = z.enum([
  'NAMED',
  'ONE_INVOICE',
  'FIRST_PARTS',
  'GROUP',
  'LESS_CREDIT_NOTES',
  'LEGAL_ORDER',
])
export type AllocationStage = z.infer<typeof AllocationStage>

/** Of a payment. Only a set-off is reversed as a paper is: no bank stands between. */
export const ReversalReason = z.enum(['MISTAKE', 'BOUNCED', 'CHARGED_BACK', 'WRONG_INVOICE', 'OTHER'])
export type ReversalReason = z.infer<typeof ReversalReason>

/** Why a credit note, a discount or a write-off was taken back; INVOICE_CANCELLED only ever comes from a cancellation. */
export const PaperReversalReason = z.enum(['MISTAKE', 'WRONG_INVOICE', 'OTHER', 'INVOICE_CANCELLED'])
export type PaperReversalReason = z.infer<typeof PaperReversalReason>

/** RETURNED_BY_BANK: the money left and came back. The others: it never left. */
export const RefundReversalReason = z.enum(['RETURNED_BY_BANK', 'MISTAKE', 'OTHER'])
export type RefundReversalReason = z.infer<typeof RefundReversalReason>

/** Why an allocation was undone; PAYMENT_REVERSED only ever comes from a reversal, CREDIT_NOTE from a note on what was paid, INVOICE_CANCELLED from a cancellation, WRITE_OFF_REVERSED from that. */
export const DeallocationReason = z.enum([
  'WRONG_INVOICE',
  'WRONG_AMOUNT',
  'CLIENT_REQUEST',
  'OTHER',
  'PAYMENT_REVERSED',
  'CREDIT_NOTE',
  'INVOICE_CANCELLED',
  'WRITE_OFF_REVERSED',
])
export type DeallocationReason = z.infer<typeof DeallocationReason>

/** Money that is on its way when it is recorded, and arrives (or not) later. */
export const METHODS_IN_TRANSIT: ReadonlySet<CreditSource> = new Set([
  'CARD_POS',
  'CARD_ONLINE',
  'ONLINE_SERVICE',
  'COURIER_COD',
  'PROMISSORY_NOTE',
  'CHEQUE',
])

/** Papers that promise money: what they settle counts as paid when they are collected, unless a policy says otherwise. */
export const INSTRUMENTS: ReadonlySet<CreditSource> = new Set(['CHEQUE', 'PROMISSORY_NOTE'])

/** What terminals and payment services owe until their payout; what is given back that way is kept from it. */
export const CARD_METHODS: ReadonlySet<CreditSource> = new Set(['CARD_POS', 'CARD_ONLINE', 'ONLINE_SERVICE'])

/** How money is given back. */
export const RefundMethod = PaymentMethod.extract([
  'CASH',
  'BANK_TRANSFER',
  'CARD_POS',
  'CARD_ONLINE',
  'ONLINE_SERVICE',
])
export type RefundMethod = z.infer<typeof RefundMethod>

/**
 * Why credit is the client's no longer. PRESCRIBED: nobody asked for it in time (Codul civil art. 2517). TIP: it is the
 * staff's (OUG 8/2015).
 */
export const ReleaseReason = z.enum(['PRESCRIBED', 'TIP', 'SMALL_DIFFERENCE', 'OTHER'])
export type ReleaseReason = z.infer<typeof ReleaseReason>

/** What a write-off is, if no bad debt: a rest within what the company takes for one (6588). */
export const WriteOffKind = z.enum(['SMALL_DIFFERENCE'])
export type WriteOffKind = z.infer<typeof WriteOffKind>

/** SETTLEMENT: for paying early (scont, 667). COMMERCIAL: after invoicing, on price or quantity (709). */
export const DiscountKind = z.enum(['SETTLEMENT', 'COMMERCIAL'])
export type DiscountKind = z.infer<typeof DiscountKind>

/** What a rule about cash found; the answer shows it and the event keeps it. */
export const CashBreachCode = z.enum([
  'CASH_LIMIT_PER_PERSON_DAY',
  'CASH_FRAGMENTED_INVOICE',
  'CASH_PAYMENT_LIMIT_PER_PERSON_DAY',
  'CASH_PAYMENT_LIMIT_TOTAL_DAY',
  'CASH_DESK_SHORT',
])

/** What a payment is recorded in spite of: somebody has to do something about it beside the ledger. */
export const PaymentNoticeCode = z.enum(['CASH_NOT_COUNTED', 'FISCAL_RECEIPT_MISSING', 'SET_OFF_NEEDS_ORDER'])

import { z } from 'zod'

/** Ids are the caller's opaque strings. The alphabet leaves out `:` and `-`-free separators of stream names. */
const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$/

const id = (description: string, example: string) =>
  z
    .string()
    .regex(ID_PATTERN, 'a letter or digit, then up to 63 of A-Z a-z 0-9 . _ ~ -')
    .meta({ description, examples: [example] })

export const CompanyId = id("The issuer's id, chosen by the caller", 'amc')
export const ClientId = id("The debtor's id, chosen by the caller", 'alfa')
export const InvoiceId = id("The invoice's id, chosen by the caller", 'inv-1024')
export const PaymentId = id("The payment's id, chosen by the caller", 'pay-1')
export const CreditNoteId = id("The credit note's id, chosen by the caller", 'cn-7')
export const RefundId = id("The refund's id, chosen by the caller", 'ref-3')
export const ReceiptId = id("The receipt's id; derived when the caller gives none", 'rec-15')
export const CashDeskId = id('The cash desk (casierie) that took the money', 'C1')
/** A series names a stream and stands in URLs, so it keeps to the alphabet of ids. */
export const ReceiptSeries = id('Series of a receipt book', 'AMC-C')

export type CompanyId = z.infer<typeof CompanyId>
export type ClientId = z.infer<typeof ClientId>
export type InvoiceId = z.infer<typeof InvoiceId>
export type PaymentId = z.infer<typeof PaymentId>
export type CreditNoteId = z.infer<typeof CreditNoteId>
export type RefundId = z.infer<typeof RefundId>
export type ReceiptId = z.infer<typeof ReceiptId>
export type CashDeskId = z.infer<typeof CashDeskId>
export type ReceiptSeries = z.infer<typeof ReceiptSeries>

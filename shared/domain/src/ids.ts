import { z } from 'zod'

/** Ids are the caller's opaque strings. The alphabet leaves out `:` and `-`-free separators of stream names. */
const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$/

/**
 * Text that names one kind of thing, and is taken for no other. Text that says nothing of what it names is taken for any:
 * what a schema parsed, a row holds or a parameter is called is of a kind, a literal need not be (decision 0036).
 */
export type IdOf<Kind extends string> = string & { readonly '~kind'?: Kind }

type Named<Schema, Kind extends string> = Schema & { readonly _zod: { readonly output: IdOf<Kind> } }

const id = <Kind extends string>(description: string, example: string): Named<z.ZodString, Kind> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- there is nothing of a kind at run time
  z
    .string()
    .regex(ID_PATTERN, 'a letter or digit, then up to 63 of A-Z a-z 0-9 . _ ~ -')
    .meta({ description, examples: [example] }) as Named<z.ZodString, Kind>

export const CompanyId = id<'CompanyId'>("The issuer's id, chosen by the caller", 'amc')
export const ClientId = id<'ClientId'>("The debtor's id, chosen by the caller", 'alfa')
export const InvoiceId = id<'InvoiceId'>("The invoice's id, chosen by the caller", 'inv-1024')
export const PaymentId = id<'PaymentId'>("The payment's id, chosen by the caller", 'pay-1')
export const CreditNoteId = id<'CreditNoteId'>("The credit note's id, chosen by the caller", 'cn-7')
export const RefundId = id<'RefundId'>("The refund's id, chosen by the caller", 'ref-3')
export const DiscountId = id<'DiscountId'>("The discount's id; its event's when the caller gives none", 'dis-4')
export const WriteOffId = id<'WriteOffId'>("The write-off's id; its event's when the caller gives none", 'wo-2')
export const ReceiptId = id<'ReceiptId'>("The receipt's id; derived when the caller gives none", 'rec-15')
export const CashDeskId = id<'CashDeskId'>('The cash desk (casierie) that took the money', 'C1')
/** A series names a stream and stands in URLs, so it keeps to the alphabet of ids. */
export const ReceiptSeries = id<'ReceiptSeries'>('Series of a receipt book', 'AMC-C')

/** What a command is found again by: derived from its company, name and key. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
export const CommandId = z.uuid() as Named<z.ZodUUID, 'CommandId'>

export type CompanyId = z.infer<typeof CompanyId>
export type ClientId = z.infer<typeof ClientId>
export type InvoiceId = z.infer<typeof InvoiceId>
export type PaymentId = z.infer<typeof PaymentId>
export type CreditNoteId = z.infer<typeof CreditNoteId>
export type RefundId = z.infer<typeof RefundId>
export type DiscountId = z.infer<typeof DiscountId>
export type WriteOffId = z.infer<typeof WriteOffId>
export type ReceiptId = z.infer<typeof ReceiptId>
export type CashDeskId = z.infer<typeof CashDeskId>
export type ReceiptSeries = z.infer<typeof ReceiptSeries>
export type CommandId = z.infer<typeof CommandId>
export type EventId = IdOf<'EventId'>

/** The credit of a note without an invoice stands among the payments, under the note's own id (decision 0005). */
export const creditOfNote = (creditNoteId: CreditNoteId): PaymentId => creditNoteId as string

/** What names a discount or a write-off that was given no id of its own; `undefined` before it is stored. */
export const ownOrEventId = (
  own: DiscountId | WriteOffId | undefined,
  eventId: EventId | undefined,
): string | undefined => own ?? (eventId as string | undefined)

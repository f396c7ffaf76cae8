import { z } from 'zod'

/**
 * The shapes of stored events, written down a second time: the checker shares no schema, decider or projection with
 * what it checks. Fields that it does not compare are dropped.
 */
export const Money = z.object({ amount: z.string(), currency: z.string() })
export type Money = z.infer<typeof Money>

const clientFields = { kind: z.string().optional(), name: z.string().optional() }
const allocation = { clientId: z.string(), paymentId: z.string(), invoiceId: z.string(), amount: Money }
const receipt = { clientId: z.string(), paymentId: z.string(), receiptId: z.string(), series: z.string() }

/** What a paper says of VAT. */
const vat = { vatLines: z.array(z.object({ vat: z.string() })), cashAccounting: z.boolean() }

const fact = <const Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ type: z.literal(type), data: z.object(shape) })

/** Version 1 of each event. An event that is not listed makes the checker say that it is blind, not that all is well. */
export const Fact = z.discriminatedUnion('type', [
  fact('CompanyRegistered', { companyId: z.string(), name: z.string() }),
  fact('PolicySet', {}),
  fact('CashDeskOpened', {}),
  fact('PeriodClosed', {}),
  fact('PeriodReopened', {}),
  fact('ClientRegistered', { clientId: z.string(), ...clientFields }),
  fact('ClientUpdated', { clientId: z.string(), ...clientFields }),
  fact('InvoiceRegistered', {
    clientId: z.string(),
    invoiceId: z.string(),
    issuedOn: z.string(),
    dueOn: z.string(),
    total: Money,
    kind: z.string(),
    ...vat,
  }),
  fact('PaymentRecorded', {
    clientId: z.string(),
    paymentId: z.string(),
    amount: Money,
    method: z.string(),
    receivedOn: z.string(),
  }),
  fact('PaymentAllocated', { ...allocation, allocatedOn: z.string() }),
  fact('PaymentDeallocated', { ...allocation, deallocatedOn: z.string() }),
  fact('PaymentReversed', {
    clientId: z.string(),
    paymentId: z.string(),
    amount: Money,
    method: z.string(),
    cleared: z.boolean(),
    reversedOn: z.string(),
  }),
  fact('PaymentCleared', {
    clientId: z.string(),
    paymentId: z.string(),
    amount: Money,
    method: z.string(),
    fee: z.string(),
    clearedOn: z.string(),
  }),
  fact('CashLimitOverridden', { clientId: z.string(), paymentId: z.string() }),
  fact('RefundRecorded', {
    clientId: z.string(),
    paymentId: z.string(),
    amount: Money,
    method: z.string(),
    refundedOn: z.string(),
  }),
  fact('InvoiceCancelled', {
    clientId: z.string(),
    invoiceId: z.string(),
    total: Money,
    cancelledOn: z.string(),
    kind: z.string(),
    ...vat,
  }),
  fact('CreditNoteRegistered', {
    clientId: z.string(),
    creditNoteId: z.string(),
    invoiceId: z.string().optional(),
    creditedOn: z.string(),
    total: Money,
    kind: z.string(),
    ...vat,
  }),
  fact('DiscountGranted', {
    clientId: z.string(),
    invoiceId: z.string(),
    amount: Money,
    grantedOn: z.string(),
    kind: z.string(),
    ...vat,
  }),
  fact('InvoiceWrittenOff', { clientId: z.string(), invoiceId: z.string(), amount: Money, writtenOffOn: z.string() }),
  fact('ReceiptRequested', { ...receipt, amount: Money }),
  fact('ReceiptDeclined', receipt),
  fact('ReceiptReleased', { ...receipt, number: z.int() }),
  fact('ReceiptBookOpened', { series: z.string(), from: z.int(), to: z.int().optional() }),
  fact('ReceiptRangeExtended', { series: z.string(), to: z.int() }),
  fact('ReceiptRefused', receipt),
  fact('ReceiptReprinted', { series: z.string(), number: z.int() }),
  fact('ReceiptIssued', {
    ...receipt,
    number: z.int(),
    amount: Money,
    issuedOn: z.string(),
    replaces: z.object({ series: z.string(), number: z.int() }).optional(),
  }),
  fact('ReceiptAnnulled', { ...receipt, number: z.int(), annulledOn: z.string(), alsoReversePayment: z.boolean() }),
])
export type Fact = z.infer<typeof Fact>

export const Metadata = z.object({ companyId: z.string(), commandId: z.string(), schemaVersion: z.literal(1) })
export type Metadata = z.infer<typeof Metadata>

/** Minor units of an amount as events write it: with exactly its currency's digits. */
export const minorOf = (amount: string): bigint => BigInt(amount.replace('.', ''))

import { z } from 'zod'

/**
 * The shapes of stored events, written down a second time: the checker shares no schema, decider or projection with
 * what it checks. Fields that it does not compare are dropped.
 */
const Money = z.object({ amount: z.string(), currency: z.string() })

const clientFields = { kind: z.string().optional(), name: z.string().optional() }
const allocation = { clientId: z.string(), paymentId: z.string(), invoiceId: z.string(), amount: Money }
const receipt = { clientId: z.string(), paymentId: z.string(), receiptId: z.string(), series: z.string() }

const fact = <const Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ type: z.literal(type), data: z.object(shape) })

/** Version 1 of each event. An event that is not listed makes the checker say that it is blind, not that all is well. */
export const Fact = z.discriminatedUnion('type', [
  fact('CompanyRegistered', { companyId: z.string(), name: z.string() }),
  fact('ClientRegistered', { clientId: z.string(), ...clientFields }),
  fact('ClientUpdated', { clientId: z.string(), ...clientFields }),
  fact('InvoiceRegistered', {
    clientId: z.string(),
    invoiceId: z.string(),
    issuedOn: z.string(),
    dueOn: z.string(),
    total: Money,
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
  fact('PaymentReversed', { clientId: z.string(), paymentId: z.string(), amount: Money, reversedOn: z.string() }),
  fact('ReceiptRequested', { ...receipt, amount: Money }),
  fact('ReceiptDeclined', receipt),
  fact('ReceiptReleased', { ...receipt, number: z.int() }),
  fact('ReceiptBookOpened', { series: z.string(), from: z.int(), to: z.int().optional() }),
  fact('ReceiptIssued', { ...receipt, number: z.int(), amount: Money, issuedOn: z.string() }),
  fact('ReceiptAnnulled', { ...receipt, number: z.int(), annulledOn: z.string(), alsoReversePayment: z.boolean() }),
])
export type Fact = z.infer<typeof Fact>

export const Metadata = z.object({ companyId: z.string(), commandId: z.string(), schemaVersion: z.literal(1) })
export type Metadata = z.infer<typeof Metadata>

/** Minor units of an amount as events write it: with exactly its currency's digits. */
export const minorOf = (amount: string): bigint => BigInt(amount.replace('.', ''))

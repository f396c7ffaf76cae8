import type { Position, Revision } from '@registru/domain'
import { z } from 'zod'

/**
 * The shapes of stored events, written down a second time: the auditor shares no schema, decider or projection with
 * what it audits. Fields that no table shows are dropped.
 */
export const Money = z.object({ amount: z.string(), currency: z.string() })
export type Money = z.infer<typeof Money>

const text = z.string()
const maybe = z.string().optional()
const rates = z.record(z.string(), z.string())
const json = z.unknown().optional()

const party = { kind: maybe, name: maybe, taxId: maybe, tradeRegisterNumber: maybe, address: json, email: maybe }
const client = { clientId: text }
const payment = { ...client, paymentId: text }
/** `uncleared`: by a paper that does not count as paid yet, but for what of it is `collected`. */
const allocation = {
  ...payment,
  invoiceId: text,
  amount: Money,
  uncleared: z.boolean().optional(),
  collected: maybe,
  paperOf: maybe,
  noteOf: z.object(payment).optional(),
}
const collection = z.array(z.object({ invoiceId: text, amount: Money, paperOf: maybe })).optional()
/** Credit of one client that goes to another. */
const moved = { transferId: text, amount: Money, movedOn: text, reason: text }
/** Money that came from somebody unknown, and the credit that it became. */
const identification = { ...payment, identificationId: text }
const origin = { origin: z.object(payment) }
/** An invoice or a claim that goes to the account of the same debtor, and what of it goes. */
const movedInvoice = {
  ...client,
  moveId: text,
  invoiceId: text,
  kind: text,
  series: maybe,
  number: text,
  issuedOn: text,
  dueOn: text,
  instalments: z.array(z.object({ dueOn: text, amount: text })),
  total: Money,
  amount: Money,
  instalmentContract: z.boolean(),
  writtenOff: maybe,
  recovered: maybe,
  movedOn: text,
}
const between = { ...client, intoClientId: text }
const receipt = { ...payment, receiptId: text, series: text }

/** Between two currencies: what goes of the payment, and what the books gain (or, negative, lose) by it. */
const exchanged = {
  conversion: z.object({ paid: Money }).optional(),
  functional: z.object({ currency: text, difference: maybe }).optional(),
}

/** A refund: what left, in another currency; what that and the credit were worth, and what the books gain by it. */
const givenBack = {
  conversion: z.object({ paid: Money }).optional(),
  functional: Money.optional(),
  worth: z.object({ currency: text, paid: text, difference: maybe }).optional(),
  noteOf: z.object(payment).optional(),
}

/** What a paper says of VAT; where that is kept, if not in its own account. */
const vat = {
  paperOf: maybe,
  vatLines: z.array(z.object({ rate: text, base: text, vat: text, advanceInvoiceId: maybe })),
  cashAccounting: z.boolean(),
}

const fact = <const Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ type: z.literal(type), data: z.object(shape) })

/** Version 1 of each event. An event that is not listed makes the auditor say that it is blind, not that all is well. */
export const Fact = z.discriminatedUnion('type', [
  fact('LedgerClockStarted', {}),
  fact('LedgerClockTicked', {}),
  fact('CompanyRegistered', {
    companyId: text,
    name: text,
    taxId: text,
    tradeRegisterNumber: maybe,
    address: json,
    functionalCurrency: text,
  }),
  fact('PolicySet', {}),
  fact('CashDeskOpened', { deskId: text, name: text, openedOn: text, openingBalances: z.array(Money) }),
  fact('PeriodClosed', { through: text }),
  fact('PeriodReopened', { from: text, reason: text, requestedBy: text, approvedBy: text }),
  fact('ExchangeRatesRecorded', { source: text, on: text, rates, replaces: rates.optional() }),
  fact('ClientRegistered', { ...client, ...party }),
  fact('ClientUpdated', { ...client, ...party }),
  fact('InvoiceRegistered', {
    ...client,
    invoiceId: text,
    kind: text,
    series: maybe,
    number: text,
    issuedOn: text,
    dueOn: text,
    total: Money,
    instalmentContract: z.boolean(),
    instalments: z.array(z.object({ dueOn: text, amount: text })),
    ...vat,
  }),
  fact('PaymentRecorded', {
    ...payment,
    amount: Money,
    method: text,
    receivedOn: text,
    allocationRule: text,
    allocationStage: maybe,
    bankReference: maybe,
    bankAccount: maybe,
    remittanceText: maybe,
    purpose: maybe,
    payer: json,
    deskId: maybe,
    fee: maybe,
    advance: maybe,
  }),
  fact('PaymentAllocated', {
    ...allocation,
    ...exchanged,
    allocatedOn: text,
    vat: z.object({ on: text, belongsTo: maybe }).optional(),
    recovers: z.literal(true).optional(),
    hadRecovered: z.literal(true).optional(),
  }),
  fact('PaymentDeallocated', {
    ...allocation,
    ...exchanged,
    deallocatedOn: text,
    reason: text,
    recovers: z.literal(true).optional(),
  }),
  fact('PaymentReversed', {
    ...payment,
    amount: Money,
    method: text,
    cleared: z.boolean(),
    takenInTransit: maybe,
    stillInTransit: maybe,
    fee: maybe,
    deskId: maybe,
    reason: text,
    reversedOn: text,
    note: maybe,
  }),
  fact('PaymentCleared', {
    ...payment,
    amount: Money,
    method: text,
    fee: text,
    clearedOn: text,
    settles: collection,
    collects: collection,
    stillInTransit: maybe,
  }),
  fact('CashLimitOverridden', payment),
  fact('RefundRecorded', {
    ...payment,
    refundId: text,
    amount: Money,
    ...givenBack,
    method: text,
    takenInTransit: maybe,
    refundedOn: text,
    deskId: maybe,
    bankAccount: maybe,
    document: maybe,
    note: maybe,
  }),
  fact('InvoiceRescheduled', {
    ...client,
    invoiceId: text,
    amount: Money,
    instalments: z.array(z.object({ dueOn: text, amount: text })),
    agreedOn: text,
  }),
  fact('ClaimRegistered', {
    ...client,
    claimId: text,
    kind: text,
    paymentId: maybe,
    series: maybe,
    number: text,
    issuedOn: text,
    dueOn: text,
    total: Money,
  }),
  fact('ClaimCancelled', { ...client, claimId: text, kind: text, paymentId: maybe, total: Money, cancelledOn: text }),
  fact('InvoiceCancelled', { ...client, invoiceId: text, total: Money, cancelledOn: text, kind: text, ...vat }),
  fact('CreditNoteRegistered', {
    ...client,
    creditNoteId: text,
    invoiceId: maybe,
    corrects: maybe,
    series: maybe,
    number: text,
    issuedOn: text,
    creditedOn: text,
    total: Money,
    kind: text,
    ...vat,
  }),
  fact('CreditReleased', {
    ...payment,
    amount: Money,
    reason: text,
    releasedOn: text,
    approvedBy: text,
    noteOf: z.object(payment).optional(),
  }),
  fact('CreditNoteReversed', {
    ...client,
    creditNoteId: text,
    invoiceId: maybe,
    corrects: maybe,
    total: Money,
    kind: text,
    reversedOn: text,
    reason: text,
    note: maybe,
    ...vat,
  }),
  fact('DiscountReversed', {
    ...client,
    discountId: text,
    invoiceId: text,
    amount: Money,
    kind: text,
    reversedOn: text,
    reason: text,
    ...vat,
  }),
  fact('WriteOffReversed', {
    ...client,
    writeOffId: text,
    invoiceId: text,
    amount: Money,
    kind: maybe,
    reversedOn: text,
    reason: text,
  }),
  fact('RefundReversed', {
    ...payment,
    refundId: text,
    amount: Money,
    ...givenBack,
    method: text,
    takenInTransit: maybe,
    deskId: maybe,
    reversedOn: text,
    reason: text,
  }),
  fact('DiscountGranted', {
    ...client,
    discountId: maybe,
    invoiceId: text,
    amount: Money,
    grantedOn: text,
    kind: text,
    ...vat,
  }),
  fact('InvoiceWrittenOff', {
    ...client,
    writeOffId: maybe,
    invoiceId: text,
    amount: Money,
    kind: maybe,
    writtenOffOn: text,
  }),
  fact('TransferRequested', { ...payment, toClientId: text, ...moved }),
  fact('TransferReceived', {
    ...client,
    ...origin,
    ...moved,
    returnsTo: maybe,
    merges: z.boolean().optional(),
    noteOf: z.object(payment).optional(),
  }),
  fact('TransferRefused', { ...client, ...origin, transferId: text }),
  fact('TransferCompleted', { ...payment, transferId: text }),
  fact('TransferDeclined', { ...payment, transferId: text, amount: Money }),
  fact('UnidentifiedPaymentRecorded', {
    paymentId: text,
    amount: Money,
    method: text,
    receivedOn: text,
    bankReference: maybe,
    bankAccount: maybe,
    remittanceText: maybe,
    payer: json,
    fee: maybe,
  }),
  fact('UnidentifiedPaymentReturned', {
    paymentId: text,
    amount: Money,
    fee: maybe,
    reason: text,
    returnedOn: text,
    note: maybe,
  }),
  fact('IdentificationRequested', { ...identification, amount: Money, identifiedOn: text, collectedOn: text }),
  fact('PaymentIdentified', {
    ...identification,
    amount: Money,
    method: text,
    identifiedOn: text,
    collectedOn: text,
    bankReference: maybe,
    allocationRule: text,
    allocationStage: maybe,
  }),
  fact('IdentificationRefused', identification),
  fact('IdentificationCompleted', identification),
  fact('IdentificationDeclined', { ...identification, amount: Money }),
  fact('IdentificationUndone', { ...identification, amount: Money, method: text, undoneOn: text, reason: text }),
  fact('IdentificationReturned', { ...identification, amount: Money, undoneOn: text }),
  fact('MergeRequested', { ...between, mergedOn: text }),
  fact('MergeAccepted', { ...client, fromClientId: text }),
  fact('MergeRefused', { ...client, fromClientId: text }),
  fact('MergeConfirmed', between),
  fact('MergeDeclined', between),
  fact('MergeResumed', { ...between, round: z.int() }),
  fact('MergeConcluded', { ...between, round: z.int() }),
  fact('InvoiceMoveRequested', { ...movedInvoice, intoClientId: text }),
  fact('InvoiceMoved', { ...movedInvoice, fromClientId: text, again: z.boolean().optional() }),
  fact('InvoiceMoveRefused', { ...client, fromClientId: text, moveId: text, invoiceId: text }),
  fact('InvoiceMoveDeclined', { ...movedInvoice, intoClientId: text }),
  fact('ReversalRequested', { ...payment, amount: Money, reversedOn: text }),
  fact('ReversalDeclined', payment),
  fact('ReceiptRequested', { ...receipt, amount: Money }),
  fact('ReceiptDeclined', receipt),
  fact('ReceiptReleased', { ...receipt, number: z.int() }),
  fact('ReceiptBookOpened', {
    series: text,
    deskId: text,
    from: z.int(),
    to: z.int().optional(),
    decisionNumber: text,
    decisionOn: text,
    financialYear: z.int(),
  }),
  fact('ReceiptRangeExtended', { series: text, to: z.int(), decisionOn: text }),
  fact('ReceiptBookContinued', { series: text, continueFrom: z.int() }),
  fact('ReceiptRefused', receipt),
  fact('ReceiptReprinted', { series: text, number: z.int(), copy: z.int() }),
  fact('ReceiptIssued', {
    ...receipt,
    number: z.int(),
    deskId: text,
    amount: Money,
    issuedOn: text,
    receivedFrom: z.object({ name: text }),
    settles: z.array(
      z.object({
        claim: maybe,
        series: maybe,
        number: text,
        amount: Money,
        openAfter: text,
        conversion: z.object({ settled: Money }).optional(),
      }),
    ),
    advance: text,
    replaces: z.object({ series: text, number: z.int() }).optional(),
  }),
  fact('ReceiptAnnulled', {
    ...receipt,
    amount: Money,
    number: z.int(),
    reason: text,
    annulledOn: text,
    alsoReversePayment: z.boolean(),
  }),
])
export type Fact = z.infer<typeof Fact>

export const Metadata = z.object({
  companyId: z.string(),
  commandId: z.string(),
  requestHash: z.string(),
  correlationId: z.string(),
  recordedAt: z.string(),
  actor: z.string(),
  reason: z.string().optional(),
  schemaVersion: z.int(),
  salt: z.string().optional(),
})

/** The log's own clock has no company, no command and nobody who recorded it. */
export const ClockMetadata = z.object({ schemaVersion: z.int() }).transform((metadata) => ({
  ...metadata,
  companyId: '',
  commandId: '',
  correlationId: '',
  recordedAt: '',
  actor: '',
  reason: undefined,
}))

/** Of the types that have had more than one shape, the newest that this auditor knows; it reads the older ones too. */
const VERSIONS: Readonly<Record<string, number>> = { PolicySet: 4, ReceiptRefused: 2 }

export const isKnownVersion = (type: string, version: number): boolean =>
  version >= 1 && version <= (VERSIONS[type] ?? 1)

/** Of no client: the company's own. */
export const NOBODY = ''

/** A fact with its place in the log. */
export type PlacedFact = Fact & {
  readonly companyId: string
  readonly commandId: string
  readonly correlationId: string
  readonly recordedAt: string
  /** When the store wrote it, by the store's clock. */
  readonly createdMs: number
  readonly actor: string
  readonly reason: string | undefined
  readonly stream: string
  readonly revision: Revision
  readonly position: Position
  readonly eventId: string
  /** Everything that the event says, what no table shows included. */
  readonly whole: unknown
}

/** What an allocation takes of the payment; its `amount` is what it settles of the invoice. */
export const paidOf = ({ amount, conversion }: { amount: Money; conversion?: { paid: Money } | undefined }): Money =>
  conversion?.paid ?? amount

/** What of money that goes was still on its way: told, or all of it, or nothing. */
export const inTransitOf = ({
  type,
  data,
}: Extract<Fact, { type: 'RefundRecorded' | 'RefundReversed' | 'PaymentReversed' }>): bigint => {
  if (data.takenInTransit !== undefined) return minorOf(data.takenInTransit)
  const whole = type === 'PaymentReversed' ? !data.cleared : /^CARD|ONLINE/.test(data.method)
  return whole ? minorOf(data.amount.amount) : 0n
}

/** Minor units of an amount as events write it: with exactly its currency's digits. */
export const minorOf = (amount: string): bigint => BigInt(amount.replace('.', ''))

// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../business-day.ts'
import type { EventOf } from '../event-definition.ts'
import { defineEvent } from '../event-definition.ts'
import { CashDeskId, ClientId, InvoiceId, PaymentId, ReceiptId, ReceiptSeries } from '../ids.ts'
import { Money } from '../money.ts'
import { Address, ClientKind, Email, Payer, TaxId, TradeRegisterNumber } from '../party.ts'
import { REJECTION_CODES } from '../rejection.ts'
import { FreeText, Name, personal, Reference } from '../text.ts'
import { AllocationRule, DeallocationReason, InvoiceKind, PaymentMethod, ReversalReason } from './vocabulary.ts'

const clientDetails = {
  kind: ClientKind,
  name: personal(Name),
  taxId: TaxId.optional(),
  tradeRegisterNumber: TradeRegisterNumber.optional(),
  address: personal(Address).optional(),
  email: personal(Email).optional(),
}

export const ClientRegistered = defineEvent({
  type: 'ClientRegistered',
  version: 1,
  data: z.strictObject({ clientId: ClientId, ...clientDetails }),
})

/** Only the fields that changed: personal data stands in as few events as possible. */
export const ClientUpdated = defineEvent({
  type: 'ClientUpdated',
  version: 1,
  data: z.strictObject({ clientId: ClientId, ...z.strictObject(clientDetails).partial().shape }),
})

export const VatLine = z.strictObject({
  /** Percent as printed, e.g. `21`. */
  rate: z
    .string()
    .regex(/^(0|[1-9][0-9]?)(\.[0-9]{1,2})?$/, 'a percentage, e.g. "21"')
    .meta({ examples: ['21'] }),
  base: z.string(),
  vat: z.string(),
})

export const InvoiceRegistered = defineEvent({
  type: 'InvoiceRegistered',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    invoiceId: InvoiceId,
    kind: InvoiceKind,
    series: Reference.optional(),
    number: Reference,
    issuedOn: BusinessDay,
    /** Last day to pay without being late; of instalments, the last one's. */
    dueOn: BusinessDay,
    total: Money,
    /** Empty: no VAT (issuer not registered, exempt). Amounts have exactly the currency's digits. */
    vatLines: z.array(VatLine),
    /** TVA la încasare is a fact of the invoice at issue, not of the issuer today (Legea 227/2015 art. 282 (3)). */
    cashAccounting: z.boolean(),
    /** Due days in order; empty when the whole is due on `dueOn`. */
    instalments: z.array(z.strictObject({ dueOn: BusinessDay, amount: z.string() })),
    /** An instalment sale contract with an individual is outside the cash ceiling (Legea 70/2015 art. 4 (3)). */
    instalmentContract: z.boolean(),
  }),
})

export const PaymentRecorded = defineEvent({
  type: 'PaymentRecorded',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    amount: Money,
    method: PaymentMethod,
    /** Day in Europe/Bucharest on which the money arrived: the bank's value date, not the day we heard of it. */
    receivedOn: BusinessDay,
    /** How the payment was spread, with the rule's version, so that history stays explicable when a rule changes. */
    allocationRule: AllocationRule,
    bankReference: Reference.optional(),
    remittanceText: personal(FreeText).optional(),
    payer: Payer.optional(),
    deskId: CashDeskId.optional(),
  }),
})

export const PaymentAllocated = defineEvent({
  type: 'PaymentAllocated',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    invoiceId: InvoiceId,
    amount: Money,
    /** Effective day: the latest of payment, invoice, the day asked for and the last undo that touched either. */
    allocatedOn: BusinessDay,
    rule: AllocationRule,
  }),
})

export const PaymentDeallocated = defineEvent({
  type: 'PaymentDeallocated',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    invoiceId: InvoiceId,
    amount: Money,
    deallocatedOn: BusinessDay,
    reason: DeallocationReason,
    note: FreeText.optional(),
  }),
})

/** The money is gone again. What it had settled was reopened by the `PaymentDeallocated` events before this one. */
export const PaymentReversed = defineEvent({
  type: 'PaymentReversed',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    amount: Money,
    method: PaymentMethod,
    deskId: CashDeskId.optional(),
    reason: ReversalReason,
    reversedOn: BusinessDay,
    note: FreeText.optional(),
  }),
})

/** What one receipt says it is for; frozen when the receipt is asked for. */
export const SettledInvoice = z.strictObject({
  invoiceId: InvoiceId,
  series: Reference.optional(),
  number: Reference,
  issuedOn: BusinessDay,
  amount: Money,
  /** What was open on the invoice after this payment; `0.00` when it is settled. */
  openAfter: z.string(),
})

/** Reserves the receipt: no second one for the same payment while this one lives. The number comes from the book. */
export const ReceiptRequested = defineEvent({
  type: 'ReceiptRequested',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    receiptId: ReceiptId,
    series: ReceiptSeries,
    issuedOn: BusinessDay,
    amount: Money,
    settles: z.array(SettledInvoice),
    /** The part that settles nothing yet, decimal string in the payment's currency. */
    advance: z.string(),
  }),
})

/** The book said no after the request (range used up meanwhile, a later date issued first): the payment is free again. */
export const ReceiptDeclined = defineEvent({
  type: 'ReceiptDeclined',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    receiptId: ReceiptId,
    series: ReceiptSeries,
    code: z.enum(REJECTION_CODES),
  }),
})

/** The receipt was annulled in its book: the payment may have another one. */
export const ReceiptReleased = defineEvent({
  type: 'ReceiptReleased',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    receiptId: ReceiptId,
    series: ReceiptSeries,
    number: z.int().positive(),
    releasedOn: BusinessDay,
  }),
})

export const accountEventDefinitions = [
  ClientRegistered,
  ClientUpdated,
  InvoiceRegistered,
  PaymentRecorded,
  PaymentAllocated,
  PaymentDeallocated,
  PaymentReversed,
  ReceiptRequested,
  ReceiptDeclined,
  ReceiptReleased,
] as const

export type AccountEvent = EventOf<(typeof accountEventDefinitions)[number]>

// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../business-day.ts'
import { ReplacedReceipt, SettledInvoice } from '../client-account/events/receipts.ts'
import { defineEvent, type EventOf } from '../event-definition.ts'
import { CashDeskId, ClientId, PaymentId, ReceiptId, ReceiptSeries } from '../ids.ts'
import { Money } from '../money.ts'
import { Address, TaxId, TradeRegisterNumber } from '../party.ts'
import { REJECTION_CODES } from '../rejection.ts'
import { FreeText, Name, personal, Reference } from '../text.ts'

/** The decision that names who manages the numbers and the first number of the year (OMFP 2634/2015 annex 1 pct. 24). */
export const ReceiptBookOpened = defineEvent({
  type: 'ReceiptBookOpened',
  version: 1,
  data: z.strictObject({
    series: ReceiptSeries,
    deskId: CashDeskId,
    from: z.int().positive(),
    to: z.int().positive().optional(),
    decisionNumber: Reference,
    decisionOn: BusinessDay,
    financialYear: z.int(),
  }),
})

export const ReceiptIssuer = z.strictObject({
  name: Name,
  taxId: TaxId,
  tradeRegisterNumber: TradeRegisterNumber.optional(),
  address: Address,
})

export const ReceiptPayer = z.strictObject({
  name: personal(Name),
  taxId: TaxId.optional(),
  tradeRegisterNumber: TradeRegisterNumber.optional(),
  address: personal(Address).optional(),
})

/** Everything the paper says, frozen at issue: the document is printed from this event alone, the same every time. */
export const ReceiptIssued = defineEvent({
  type: 'ReceiptIssued',
  version: 1,
  data: z.strictObject({
    series: ReceiptSeries,
    number: z.int().positive(),
    receiptId: ReceiptId,
    clientId: ClientId,
    paymentId: PaymentId,
    issuedOn: BusinessDay,
    deskId: CashDeskId,
    issuer: ReceiptIssuer,
    receivedFrom: ReceiptPayer,
    amount: Money,
    amountInWords: z.string(),
    /** «reprezentând» */
    representing: z.string(),
    settles: z.array(SettledInvoice),
    advance: z.string(),
    /** Who answers for the document; the identity that sent the command. */
    cashier: Name,
    /** «înlocuiește chitanța …» */
    replaces: ReplacedReceipt.optional(),
  }),
})

/** The book's last word on a request that it could not number; the account is told, and the payment is free again. */
export const ReceiptRefused = defineEvent({
  type: 'ReceiptRefused',
  version: 2,
  data: z.strictObject({
    series: ReceiptSeries,
    receiptId: ReceiptId,
    clientId: ClientId,
    paymentId: PaymentId,
    code: z.enum(REJECTION_CODES),
    /** What was asked for, and how the book stood: whoever hears of the refusal again hears the same. */
    issuedOn: BusinessDay.optional(),
    lastIssuedOn: BusinessDay.optional(),
    to: z.int().positive().optional(),
  }),
  // Until v2 a refusal did not say how the book stood (decision 0013).
  upcast: { 1: (v1) => v1 },
})

export const ReceiptRangeExtended = defineEvent({
  type: 'ReceiptRangeExtended',
  version: 1,
  data: z.strictObject({
    series: ReceiptSeries,
    to: z.int().positive(),
    decisionNumber: Reference,
    decisionOn: BusinessDay,
  }),
})

/** A copy marked «DUPLICAT»; it changes the trail, never the receipt. */
export const ReceiptReprinted = defineEvent({
  type: 'ReceiptReprinted',
  version: 1,
  data: z.strictObject({
    series: ReceiptSeries,
    number: z.int().positive(),
    /** 1 for the first reprint. */
    copy: z.int().positive(),
    reason: FreeText.optional(),
  }),
})

/**
 * Numbers that somebody may hold on paper and that the book has lost are passed over: the store was restored to an
 * earlier moment, and a number is never given twice. Who answers for the gap stands here.
 */
export const ReceiptBookContinued = defineEvent({
  type: 'ReceiptBookContinued',
  version: 1,
  data: z.strictObject({
    series: ReceiptSeries,
    /** Of the book as it was found; one below its range when it held none. */
    lastNumber: z.int().nonnegative(),
    continueFrom: z.int().positive(),
    reason: FreeText,
    acknowledgedBy: Name,
  }),
})

/** The paper stays in the book with value 0; its number is never used again (OMFP 2634/2015 annex 1 pct. 14-15). */
export const ReceiptAnnulled = defineEvent({
  type: 'ReceiptAnnulled',
  version: 1,
  data: z.strictObject({
    series: ReceiptSeries,
    number: z.int().positive(),
    receiptId: ReceiptId,
    clientId: ClientId,
    paymentId: PaymentId,
    amount: Money,
    reason: FreeText,
    annulledOn: BusinessDay,
    alsoReversePayment: z.boolean(),
  }),
})

export const receiptBookEventDefinitions = [
  ReceiptBookOpened,
  ReceiptRangeExtended,
  ReceiptIssued,
  ReceiptRefused,
  ReceiptAnnulled,
  ReceiptReprinted,
  ReceiptBookContinued,
] as const

export type ReceiptBookEvent = EventOf<(typeof receiptBookEventDefinitions)[number]>

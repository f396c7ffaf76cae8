// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../../business-day.ts'
import { defineEvent } from '../../event-definition.ts'
import { ClientId, InvoiceId, PaymentId, ReceiptId, ReceiptSeries } from '../../ids.ts'
import { Money } from '../../money.ts'
import { REJECTION_CODES } from '../../rejection.ts'
import { Reference } from '../../text.ts'
import { ClaimKind } from '../vocabulary.ts'

/** What one receipt says it is for; frozen when the receipt is asked for. */
export const SettledInvoice = z.strictObject({
  invoiceId: InvoiceId,
  /** Of what is owed without an invoice: the paper does not call it one. */
  claim: ClaimKind.optional(),
  series: Reference.optional(),
  number: Reference,
  issuedOn: BusinessDay,
  /** In the payment's currency. */
  amount: Money,
  /** What was open on the invoice after this payment, in the invoice's currency; `0.00` when it is settled. */
  openAfter: z.string(),
  /** Of an invoice in another currency: what is settled of it, and the rate that the paper has to name. */
  conversion: z.strictObject({ settled: Money, rate: z.string() }).optional(),
})

export const ReplacedReceipt = z.strictObject({ series: ReceiptSeries, number: z.int().positive() })

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
    /** The annulled receipt of the same payment that this one stands in for. */
    replaces: ReplacedReceipt.optional(),
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

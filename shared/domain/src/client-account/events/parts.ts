// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../../business-day.ts'
import { ExchangeRate } from '../../exchange-rate.ts'
import { ClientId, CreditNoteId, InvoiceId, PaymentId } from '../../ids.ts'
import { Currency, Money, MoneyOrZero } from '../../money.ts'
import { FreeText } from '../../text.ts'
import { PaperReversalReason } from '../vocabulary.ts'

// What several events say alike.

export const VatLine = z.strictObject({
  /** Percent as printed, e.g. `21`. */
  rate: z
    .string()
    .regex(/^(0|[1-9][0-9]?)(\.[0-9]{1,2})?$/, 'a percentage, e.g. "21"')
    .meta({ examples: ['21'] }),
  base: z.string(),
  vat: z.string(),
  /** Of an invoice: the advance invoice that the line takes off, with a minus. */
  advanceInvoiceId: InvoiceId.optional(),
})

export type VatLine = z.infer<typeof VatLine>

/** Of a document in another currency than the functional one, when somebody said what that was worth. */
export const valued = {
  exchangeRate: ExchangeRate.optional(),
  /** What the whole document is worth at that rate. */
  functional: MoneyOrZero.optional(),
}

/** The part of a document's functional value that goes with what the event takes; the last part takes the rest. */
export const functionalPart = { functional: MoneyOrZero.optional() }

/**
 * Between two currencies: what of the payment is used, or what leaves with a refund. The event's `amount` is what is
 * settled of the invoice, or what goes of the credit.
 */
export const Conversion = z.strictObject({ paid: Money, ...ExchangeRate.shape })

/**
 * What goes of the functional value of the invoice and of the payment, decimal strings; absent where no rate tells.
 * The difference, payment less invoice, is a gain (765) or, negative, a loss (665).
 */
export const FunctionalParts = z.strictObject({
  currency: Currency,
  invoice: z.string().optional(),
  payment: z.string().optional(),
  difference: z.string().optional(),
})
export type FunctionalParts = z.infer<typeof FunctionalParts>

/** Of a cheque or promissory note that is partly collected: what of the amount it has brought, in the invoice's currency. */
export const collected = { collected: z.string().optional() }

/** Of an invoice that came with a merge: the account in which its paper was registered, where its VAT is kept. */
export const paperOf = { paperOf: ClientId.optional() }

/** Of credit that came with a merge: the credit note on account that it is of, in the account that keeps its VAT. */
export const noteOf = { noteOf: z.strictObject({ clientId: ClientId, paymentId: PaymentId }).optional() }

/** Papers of other clients that were known to have the same series, number and year; of an invoice or a credit note. */
export const numberUsedBy = z
  .array(
    z.strictObject({
      clientId: ClientId,
      kind: z.enum(['INVOICE', 'CREDIT_NOTE']),
      documentId: z.union([InvoiceId, CreditNoteId]),
    }),
  )
  .min(1)
  .optional()

/**
 * What takes a paper back says all that the paper said of amounts: it restores them to the ban, and a reader need not look
 * the paper up. The paper stays in the history, as having held until `reversedOn`.
 */
export const takenBack = { reversedOn: BusinessDay, reason: PaperReversalReason, note: FreeText.optional() }

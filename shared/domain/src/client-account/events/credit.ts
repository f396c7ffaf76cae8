// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../../business-day.ts'
import { defineEvent } from '../../event-definition.ts'
import { ExchangeRate } from '../../exchange-rate.ts'
import { Iban } from '../../iban.ts'
import { CashDeskId, ClientId, InvoiceId, PaymentId, RefundId } from '../../ids.ts'
import { Currency, Money } from '../../money.ts'
import { FreeText, Name, Reference } from '../../text.ts'
import { RefundMethod, RefundReversalReason, ReleaseReason } from '../vocabulary.ts'
import { CashBreach } from './cash.ts'
import { Conversion, functionalPart, noteOf, takenBack } from './parts.ts'

// Credit that leaves the account.

/**
 * What left with a refund was worth this in the functional currency, at the refund's own rate; decimal strings. The
 * difference, what the credit was worth less that, is a gain (765) or, negative, a loss (665); absent where no rate tells
 * what the credit was worth.
 */
const worthOfRefund = z
  .strictObject({ currency: Currency, paid: z.string(), difference: z.string().optional() })
  .optional()

export const RefundRecorded = defineEvent({
  type: 'RefundRecorded',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    refundId: RefundId,
    /** Whose credit is given back. */
    paymentId: PaymentId,
    /** What goes of the credit, in its own currency. */
    amount: Money,
    ...functionalPart,
    ...noteOf,
    /** What leaves the desk or the bank, in another currency than the credit's. */
    conversion: Conversion.optional(),
    /** In the credit's own, foreign currency: what one unit was worth on the day that it left. */
    exchangeRate: ExchangeRate.optional(),
    worth: worthOfRefund,
    method: RefundMethod,
    /**
     * By card or payment service, decimal string: what is kept from the payout that is still to come; the rest leaves the bank.
     * Absent in what was recorded before there was the difference: all of it left the way.
     */
    takenInTransit: z.string().optional(),
    refundedOn: BusinessDay,
    /** What it left beyond the credit is owed for under this id, by the `ClaimRegistered` before it. */
    claimId: InvoiceId.optional(),
    deskId: CashDeskId.optional(),
    /** The company's own. */
    bankAccount: Iban.optional(),
    /** Number of the dispoziție de plată or the bank's reference. */
    document: Reference.optional(),
    note: FreeText.optional(),
    /** Rules about cash that it broke and the company lets pass with a warning. */
    cashBreaches: z.array(CashBreach).optional(),
  }),
})

/** The money is the client's credit again: the bank returned it, or it never left. */
export const RefundReversed = defineEvent({
  type: 'RefundReversed',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    refundId: RefundId,
    paymentId: PaymentId,
    amount: Money,
    ...functionalPart,
    ...noteOf,
    /** What comes back to the desk or the bank, in another currency than the credit's. */
    conversion: z.strictObject({ paid: Money }).optional(),
    /** What the refund said of it: the exchange difference is taken back to the last unit. */
    worth: worthOfRefund,
    method: RefundMethod,
    /** What of it is on its way again, as it was kept from the payout. */
    takenInTransit: z.string().optional(),
    deskId: CashDeskId.optional(),
    ...takenBack,
    reason: RefundReversalReason,
  }),
})

/** Credit that the client will not have back: income (758), or what is owed to the staff (462). No money moves. */
export const CreditReleased = defineEvent({
  type: 'CreditReleased',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    amount: Money,
    ...functionalPart,
    ...noteOf,
    reason: ReleaseReason,
    releasedOn: BusinessDay,
    approvedBy: Name,
  }),
})

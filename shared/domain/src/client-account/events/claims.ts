// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../../business-day.ts'
import { defineEvent } from '../../event-definition.ts'
import { ExchangeRate } from '../../exchange-rate.ts'
import { ClientId, InvoiceId, PaymentId } from '../../ids.ts'
import { Money, MoneyOrZero } from '../../money.ts'
import { FreeText, Reference } from '../../text.ts'
import { ClaimKind } from '../vocabulary.ts'

// What a client owes without an invoice (decision 0053). It is open, due, settled and written off as an invoice is, under an
// id of the same space: what settles it names it as its `invoiceId`.

const claim = {
  clientId: ClientId,
  claimId: InvoiceId,
  kind: ClaimKind,
  total: Money,
  /**
   * The payment of which more left than was there (decision 0054): the claim is credit of that payment as well, which leaves
   * it in the same append.
   */
  paymentId: PaymentId.optional(),
}

export const ClaimRegistered = defineEvent({
  type: 'ClaimRegistered',
  version: 1,
  data: z.strictObject({
    ...claim,
    series: Reference.optional(),
    /** What the payer may name it by; its id where nobody gave it a number. */
    number: Reference,
    issuedOn: BusinessDay,
    /** Last day to pay without being late. */
    dueOn: BusinessDay,
    exchangeRate: ExchangeRate.optional(),
    /** What the whole is worth at that rate, or at the rate of the payment that it is of. */
    functional: MoneyOrZero.optional(),
    note: FreeText.optional(),
  }),
})

/** It is owed no longer: a mistake, or what made it was undone. What had settled it was freed before. */
export const ClaimCancelled = defineEvent({
  type: 'ClaimCancelled',
  version: 1,
  data: z.strictObject({ ...claim, functional: MoneyOrZero.optional(), cancelledOn: BusinessDay, reason: FreeText }),
})

export const claimEventDefinitions = [ClaimRegistered, ClaimCancelled] as const

// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../../business-day.ts'
import { defineEvent } from '../../event-definition.ts'
import { CashDeskId, ClientId, InvoiceId, PaymentId } from '../../ids.ts'
import { Currency } from '../../money.ts'
import { FreeText, Name } from '../../text.ts'
import { CashBreachCode } from '../vocabulary.ts'

/**
 * Amounts are decimal strings in RON, or in `currency`; `law` names the act whose dated figure was compared. CASH_DESK_SHORT:
 * `limit` is what the desk held.
 */
export const CashBreach = z.strictObject({
  code: CashBreachCode,
  limit: z.string(),
  observed: z.string(),
  currency: Currency.optional(),
  day: BusinessDay,
  deskId: CashDeskId.optional(),
  invoiceId: InvoiceId.optional(),
  law: z.string(),
})
export type CashBreach = z.infer<typeof CashBreach>

/** Somebody who may took the responsibility for cash above a ceiling; who and why is the point of the event. */
export const CashLimitOverridden = defineEvent({
  type: 'CashLimitOverridden',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    breaches: z.array(CashBreach).min(1),
    reason: FreeText,
    approvedBy: Name,
  }),
})

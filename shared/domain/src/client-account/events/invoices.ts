// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../../business-day.ts'
import { defineEvent } from '../../event-definition.ts'
import { ClientId, InvoiceId } from '../../ids.ts'
import { Money, Total } from '../../money.ts'
import { FreeText, Reference } from '../../text.ts'
import { InvoiceKind } from '../vocabulary.ts'
import { functionalPart, numberUsedBy, paperOf, VatLine, valued } from './parts.ts'

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
    /** May be `0.00`: an invoice that advances cover. */
    total: Total,
    /** Empty: no VAT (issuer not registered, exempt). Amounts have exactly the currency's digits. */
    vatLines: z.array(VatLine),
    /** TVA la încasare is a fact of the invoice at issue, not of the issuer today (Legea 227/2015 art. 282 (3)). */
    cashAccounting: z.boolean(),
    /** Due days in order; empty when the whole is due on `dueOn`. */
    instalments: z.array(z.strictObject({ dueOn: BusinessDay, amount: z.string() })),
    /** An instalment sale contract with an individual is outside the cash ceiling (Legea 70/2015 art. 4 (3)). */
    instalmentContract: z.boolean(),
    ...valued,
    numberUsedBy,
  }),
})

/**
 * Other due days were agreed for all that was open. They hold from `agreedOn` on; what was due before stays so on earlier
 * days, and what was settled keeps its own due days (Codul civil art. 1270 (2): parties change their contract by agreement).
 */
export const InvoiceRescheduled = defineEvent({
  type: 'InvoiceRescheduled',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    invoiceId: InvoiceId,
    /** What was open. */
    amount: Money,
    /** Due days in order, at least one; they add up to the amount. */
    instalments: z.array(z.strictObject({ dueOn: BusinessDay, amount: z.string() })).min(1),
    agreedOn: BusinessDay,
    reason: FreeText,
  }),
})

/** Never delivered or sent: all of it leaves the books, VAT included. */
export const InvoiceCancelled = defineEvent({
  type: 'InvoiceCancelled',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    invoiceId: InvoiceId,
    kind: InvoiceKind,
    total: Total,
    ...functionalPart,
    vatLines: z.array(VatLine),
    cashAccounting: z.boolean(),
    cancelledOn: BusinessDay,
    reason: FreeText,
    ...paperOf,
  }),
})

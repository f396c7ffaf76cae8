// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay, Month } from '../../business-day.ts'
import { defineEvent } from '../../event-definition.ts'
import { ClientId, CreditNoteId, InvoiceId, PaymentId } from '../../ids.ts'
import { Money, MoneyOrZero } from '../../money.ts'
import { FreeText } from '../../text.ts'
import { AllocationRule, DeallocationReason } from '../vocabulary.ts'
import { CashBreach } from './cash.ts'
import { Conversion, collected, FunctionalParts, noteOf, paperOf } from './parts.ts'

/** Day of the rows of VAT: the money's own as long as that is open. */
const VatDay = z.strictObject({
  on: BusinessDay,
  /** Month whose return should have had it: that is closed, so the rows stand on the first open day. */
  belongsTo: Month.optional(),
})
export type VatDay = z.infer<typeof VatDay>

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
    /** Day of the money itself; absent of a cheque that is not collected yet, of a credit note, and in old events. */
    collectedOn: BusinessDay.optional(),
    /** Where the VAT stands that the money makes exigible, if not on `allocatedOn`. */
    vat: VatDay.optional(),
    rule: AllocationRule,
    /** Of what was written off, which the books have no receivable for any more: it is income (5121 = 754). */
    recovers: z.literal(true).optional(),
    /** The money had recovered a write-off that the same append takes back: what VAT it makes exigible, it made then. */
    hadRecovered: z.literal(true).optional(),
    conversion: Conversion.optional(),
    functional: FunctionalParts.optional(),
    /** The payment counts as paid only when it is cleared, and is not yet; but for what is `collected`. */
    uncleared: z.boolean().optional(),
    ...collected,
    ...paperOf,
    ...noteOf,
    /** Rules about cash that an allocation after the payment broke and the company lets pass with a warning. */
    cashBreaches: z.array(CashBreach).optional(),
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
    /** Of what it had recovered of a write-off, rather than of what it settles. */
    recovers: z.literal(true).optional(),
    /** The credit note of the same append, which what is freed makes room for. */
    creditNoteId: CreditNoteId.optional(),
    /** What goes back to the payment, when its currency is another than the invoice's. */
    conversion: z.strictObject({ paid: MoneyOrZero }).optional(),
    /** What goes back of what the allocation had taken: to the last unit, so that nothing is left over. */
    functional: FunctionalParts.optional(),
    /** The payment counts as paid only when it is cleared, and is not yet; but for what is `collected`. */
    uncleared: z.boolean().optional(),
    ...collected,
    ...paperOf,
    ...noteOf,
    note: FreeText.optional(),
  }),
})

// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../../business-day.ts'
import { defineEvent } from '../../event-definition.ts'
import { ExchangeRate } from '../../exchange-rate.ts'
import { ClientId, CreditNoteId, DiscountId, InvoiceId, WriteOffId } from '../../ids.ts'
import { Money } from '../../money.ts'
import { FreeText, Name, Reference } from '../../text.ts'
import { DiscountKind, InvoiceKind, WriteOffKind } from '../vocabulary.ts'
import { functionalPart, numberUsedBy, paperOf, takenBack, VatLine } from './parts.ts'

// Papers that lower an invoice without money, and what takes them back.

/**
 * Factură storno: lowers what an invoice still asks for, or, without an invoice, becomes client credit. What money had
 * settled of it was freed by the `PaymentDeallocated` events before this one.
 */
export const CreditNoteRegistered = defineEvent({
  type: 'CreditNoteRegistered',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    creditNoteId: CreditNoteId,
    invoiceId: InvoiceId.optional(),
    /** Of one on account: the invoice whose VAT it takes back. What is open of that stays, and what it credits is the client's. */
    corrects: InvoiceId.optional(),
    /** Of the invoice that it lowers: an advance is no revenue yet. */
    kind: InvoiceKind,
    series: Reference.optional(),
    number: Reference,
    issuedOn: BusinessDay,
    /** Effective day on the account: never before the invoice or the last undo on it. */
    creditedOn: BusinessDay,
    total: Money,
    /** Only of one on account: it is worth something of its own. */
    exchangeRate: ExchangeRate.optional(),
    ...functionalPart,
    vatLines: z.array(VatLine),
    cashAccounting: z.boolean(),
    ...paperOf,
    numberUsedBy,
  }),
})

export const DiscountGranted = defineEvent({
  type: 'DiscountGranted',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    /** Absent: the event's own id names it. */
    discountId: DiscountId.optional(),
    invoiceId: InvoiceId,
    kind: DiscountKind,
    amount: Money,
    ...functionalPart,
    /** The VAT that is taken back with the discount; empty: none. */
    vatLines: z.array(VatLine),
    cashAccounting: z.boolean(),
    ...paperOf,
    grantedOn: BusinessDay,
    note: FreeText.optional(),
  }),
})

/** Scoatere din evidență. The VAT stays as it is: adjusting it needs the cases of Legea 227/2015 art. 287. */
export const InvoiceWrittenOff = defineEvent({
  type: 'InvoiceWrittenOff',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    /** Absent: the event's own id names it. */
    writeOffId: WriteOffId.optional(),
    invoiceId: InvoiceId,
    amount: Money,
    ...functionalPart,
    /** Absent: a bad debt. */
    kind: WriteOffKind.optional(),
    writtenOffOn: BusinessDay,
    reason: FreeText,
    approvedBy: Name,
  }),
})

/** The invoice asks for it again; of one on account the credit is gone, and what it settled was reopened before. */
export const CreditNoteReversed = defineEvent({
  type: 'CreditNoteReversed',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    creditNoteId: CreditNoteId,
    invoiceId: InvoiceId.optional(),
    corrects: InvoiceId.optional(),
    kind: InvoiceKind,
    total: Money,
    ...functionalPart,
    vatLines: z.array(VatLine),
    cashAccounting: z.boolean(),
    ...paperOf,
    ...takenBack,
  }),
})

export const DiscountReversed = defineEvent({
  type: 'DiscountReversed',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    discountId: DiscountId,
    invoiceId: InvoiceId,
    kind: DiscountKind,
    amount: Money,
    ...functionalPart,
    vatLines: z.array(VatLine),
    cashAccounting: z.boolean(),
    ...paperOf,
    ...takenBack,
  }),
})

/** Reactivare: the debt stands in the books again. */
export const WriteOffReversed = defineEvent({
  type: 'WriteOffReversed',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    writeOffId: WriteOffId,
    invoiceId: InvoiceId,
    amount: Money,
    ...functionalPart,
    /** Of the write-off. */
    kind: WriteOffKind.optional(),
    ...takenBack,
  }),
})

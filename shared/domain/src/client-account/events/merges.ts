// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../../business-day.ts'
import { defineEvent } from '../../event-definition.ts'
import { ClientId, InvoiceId, PaymentId } from '../../ids.ts'
import { Currency, MoneyOrZero, Total } from '../../money.ts'
import { REJECTION_CODES } from '../../rejection.ts'
import { FreeText, Reference } from '../../text.ts'
import { ClaimKind, InvoiceKind } from '../vocabulary.ts'
import { VatLine } from './parts.ts'

// One debtor that was registered twice: what is open in one account goes to the other, item by item (decision 0058). Credit
// goes as a transfer does. An invoice or a claim goes in the same three steps: the first event reserves, the one in the
// receiving stream moves it for every reader at one position, and where that account refuses, the first one has it again.

const between = { clientId: ClientId, intoClientId: ClientId }

/** Closes the account to new papers and new money. No total changes, for nothing has moved yet. */
export const MergeRequested = defineEvent({
  type: 'MergeRequested',
  version: 1,
  data: z.strictObject({
    ...between,
    /** Nothing moves before this day; what happened later moves after that. */
    mergedOn: BusinessDay,
    reason: FreeText,
  }),
})

/** The other account takes all that comes from there. `clientId` is the one that says so, in this event and the next. */
export const MergeAccepted = defineEvent({
  type: 'MergeAccepted',
  version: 1,
  data: z.strictObject({ clientId: ClientId, fromClientId: ClientId }),
})

/** It is merged itself, or about to be: its answer, whoever asks again. */
export const MergeRefused = defineEvent({
  type: 'MergeRefused',
  version: 1,
  data: z.strictObject({ clientId: ClientId, fromClientId: ClientId, code: z.enum(REJECTION_CODES) }),
})

/** The account is open again, as if nobody had asked. */
export const MergeDeclined = defineEvent({
  type: 'MergeDeclined',
  version: 1,
  data: z.strictObject({ ...between, code: z.enum(REJECTION_CODES) }),
})

/** The other account has said yes: from now on what is here moves. */
export const MergeConfirmed = defineEvent({ type: 'MergeConfirmed', version: 1, data: z.strictObject(between) })

/** Something is left in the account again: an undo reopened it, or a cheque brought it. It moves on the same way. */
export const MergeResumed = defineEvent({
  type: 'MergeResumed',
  version: 1,
  data: z.strictObject({
    ...between,
    round: z.int().positive(),
    /** What may be left, of invoices and claims, and of payments and notes; absent: anything. */
    left: z.strictObject({ invoiceIds: z.array(InvoiceId), paymentIds: z.array(PaymentId) }).optional(),
  }),
})

/** Of what the round looked for nothing is left that could move. */
export const MergeConcluded = defineEvent({
  type: 'MergeConcluded',
  version: 1,
  data: z.strictObject({ ...between, round: z.int().nonnegative() }),
})

/** Base and VAT of one rate, decimal strings that may be below zero: what an undo gave back moves on as well. */
const VatTaken = z.strictObject({ rate: z.string(), base: z.string(), vat: z.string() })

/**
 * An invoice or a claim with its terms, and what moves of it. What moved before is not said again: of an invoice that an undo
 * reopened, amounts are what has come since, and may be below zero but for `amount`. Decimal strings in its currency.
 */
const movedInvoice = {
  moveId: z.uuid(),
  invoiceId: InvoiceId,
  kind: z.union([InvoiceKind, ClaimKind]),
  series: Reference.optional(),
  number: Reference,
  issuedOn: BusinessDay,
  dueOn: BusinessDay,
  /** The parts that hold by now, all of them together the total; empty: the whole on `dueOn`. */
  instalments: z.array(z.strictObject({ dueOn: BusinessDay, amount: z.string() })),
  rescheduledOn: BusinessDay.optional(),
  total: Total,
  /** What is open, and will be in the other account. */
  amount: MoneyOrZero,
  /** What the whole was worth in the functional currency, and what of it goes along. */
  functional: z.strictObject({ currency: Currency, total: z.string(), moved: z.string() }).optional(),
  /** Where it was registered, which keeps its VAT: not always the account that it comes from. */
  paperOf: ClientId,
  /** As the paper has them, with what it takes off. */
  vatLines: z.array(VatLine),
  /** What other papers have taken back of the lines. */
  vatTaken: z.array(VatTaken).optional(),
  /** How many papers stand on its VAT without lowering it. */
  corrections: z.int().optional(),
  cashAccounting: z.boolean(),
  instalmentContract: z.boolean(),
  /** Bad debts that money may still bring, and what of them it has brought. */
  writtenOff: z.string().optional(),
  writtenOffOn: BusinessDay.optional(),
  recovered: z.string().optional(),
  /** In lei. */
  paidInCash: z.string().optional(),
  lastUndoOn: BusinessDay.optional(),
  /** Of a claim: the payment, in the account that it comes from, of which more left than was there. */
  excessOf: PaymentId.optional(),
  /** Decided with the reservation: neither a closed period nor anything later moves it. */
  movedOn: BusinessDay,
}

/** Reserves: the account has nothing of it any more that a command may use. No total changes. */
export const InvoiceMoveRequested = defineEvent({
  type: 'InvoiceMoveRequested',
  version: 1,
  data: z.strictObject({ ...between, ...movedInvoice }),
})

/** Moves: from this position on it is owed by `clientId`, and no longer by the one that it comes from. */
export const InvoiceMoved = defineEvent({
  type: 'InvoiceMoved',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    fromClientId: ClientId,
    ...movedInvoice,
    /** The account had some of it before, which an undo over there adds to. */
    again: z.boolean().optional(),
  }),
})

/** Its id was taken after all: the answer of the account, whoever asks again. */
export const InvoiceMoveRefused = defineEvent({
  type: 'InvoiceMoveRefused',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    fromClientId: ClientId,
    moveId: z.uuid(),
    invoiceId: InvoiceId,
    code: z.enum(REJECTION_CODES),
  }),
})

/** It never left. */
export const InvoiceMoveDeclined = defineEvent({
  type: 'InvoiceMoveDeclined',
  version: 1,
  data: z.strictObject({ ...between, ...movedInvoice, code: z.enum(REJECTION_CODES) }),
})

export const mergeEventDefinitions = [
  MergeRequested,
  MergeAccepted,
  MergeRefused,
  MergeDeclined,
  MergeConfirmed,
  MergeResumed,
  MergeConcluded,
  InvoiceMoveRequested,
  InvoiceMoved,
  InvoiceMoveRefused,
  InvoiceMoveDeclined,
] as const

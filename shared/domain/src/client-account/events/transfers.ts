// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../../business-day.ts'
import { defineEvent } from '../../event-definition.ts'
import { ClientId, InvoiceId, PaymentId } from '../../ids.ts'
import { Money, MoneyOrZero } from '../../money.ts'
import { ClientKind } from '../../party.ts'
import { REJECTION_CODES } from '../../rejection.ts'
import { FreeText, Name } from '../../text.ts'
import { noteOf } from './parts.ts'

// Credit that goes from one client's account to another's. The first event only reserves it, the one in the receiving
// stream moves it for every reader at one position, the last one closes the reservation (decision 0049).

/** What both streams say of the credit that moves. */
const moved = {
  /** The id of the credit in the account that receives it, and of the transfer. */
  transferId: PaymentId,
  amount: Money,
  /** The part of the payment's functional value that goes along. */
  functional: MoneyOrZero.optional(),
  /** Decided with the reservation: neither a closed period nor anything later moves it. */
  movedOn: BusinessDay,
  /** Day of the money for what the credit will settle; absent where no money is behind it. */
  collectedOn: BusinessDay.optional(),
  /** The receiver's invoice that all of it settles at once: paid for another, it is received and allocated, or neither. */
  invoiceId: InvoiceId.optional(),
  /** It was handed over as cash, by such a payer: what it settles counts as paid in cash (Legea 70/2015 art. 3 (2)). */
  cashOf: ClientKind.optional(),
  /** Who answers for the cash, should it be more than may be paid of the invoice. */
  cashOverride: z.strictObject({ reason: FreeText, approvedBy: Name }).optional(),
  /** The receiver's payment that it came from and goes back to: it is that payment's credit again, and none of its own. */
  returnsTo: PaymentId.optional(),
  /** Whoever has the credit is one and the same: the VAT of a note that it is of stays where it is (decision 0058). */
  merges: z.boolean().optional(),
  ...noteOf,
  reason: FreeText,
}

/** The payment or credit note that the credit is of, in the account that gives it. */
export const TransferOrigin = z.strictObject({ clientId: ClientId, paymentId: PaymentId })
export type TransferOrigin = z.infer<typeof TransferOrigin>

/** Reserves: no command may use the amount any more. No total changes, for nothing has moved yet. */
export const TransferRequested = defineEvent({
  type: 'TransferRequested',
  version: 1,
  data: z.strictObject({ clientId: ClientId, paymentId: PaymentId, toClientId: ClientId, ...moved }),
})

/** Moves: from this position on the credit is `clientId`'s, and no longer the one's that it comes from. */
export const TransferReceived = defineEvent({
  type: 'TransferReceived',
  version: 1,
  data: z.strictObject({ clientId: ClientId, origin: TransferOrigin, ...moved }),
})

/** The receiving account said no after the reservation: its answer, whoever asks again. */
export const TransferRefused = defineEvent({
  type: 'TransferRefused',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    origin: TransferOrigin,
    transferId: PaymentId,
    code: z.enum(REJECTION_CODES),
  }),
})

/** Closes the reservation of what was received; changes no total. */
export const TransferCompleted = defineEvent({
  type: 'TransferCompleted',
  version: 1,
  data: z.strictObject({ clientId: ClientId, paymentId: PaymentId, transferId: PaymentId }),
})

/** Frees what was reserved and refused: it never left. */
export const TransferDeclined = defineEvent({
  type: 'TransferDeclined',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    transferId: PaymentId,
    amount: Money,
    functional: MoneyOrZero.optional(),
    code: z.enum(REJECTION_CODES),
  }),
})

export const transferEventDefinitions = [
  TransferRequested,
  TransferReceived,
  TransferRefused,
  TransferCompleted,
  TransferDeclined,
] as const

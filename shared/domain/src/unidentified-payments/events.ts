// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../business-day.ts'
import { PaymentMethod } from '../client-account/vocabulary.ts'
import { defineEvent, type EventOf } from '../event-definition.ts'
import { ExchangeRate } from '../exchange-rate.ts'
import { Iban } from '../iban.ts'
import { ClientId, InvoiceId, PaymentId } from '../ids.ts'
import { Money, MoneyOrZero } from '../money.ts'
import { Payer } from '../party.ts'
import { REJECTION_CODES } from '../rejection.ts'
import { FreeText, personal, Reference } from '../text.ts'

/** RETURNED_TO_SENDER: nobody could tell whose it was. TAKEN_BY_BANK: the bank took it back. MISTAKE: it never came. */
export const UnidentifiedReturnReason = z.enum(['RETURNED_TO_SENDER', 'TAKEN_BY_BANK', 'MISTAKE'])
export type UnidentifiedReturnReason = z.infer<typeof UnidentifiedReturnReason>

/** Money in the bank of which nobody knows yet whose it is (5121 = 473). */
export const UnidentifiedPaymentRecorded = defineEvent({
  type: 'UnidentifiedPaymentRecorded',
  version: 1,
  data: z.strictObject({
    paymentId: PaymentId,
    amount: Money,
    method: PaymentMethod,
    /** Day in Europe/Bucharest on which the money arrived: the bank's value date. */
    receivedOn: BusinessDay,
    bankReference: Reference.optional(),
    bankAccount: Iban.optional(),
    remittanceText: personal(FreeText).optional(),
    payer: Payer.optional(),
    /** What a bank in between kept: the bank's turnover is less. Decimal string. */
    fee: z.string().optional(),
    exchangeRate: ExchangeRate.optional(),
    functional: MoneyOrZero.optional(),
    /** Payments of the company that were known to have the same bank reference, day and amount. */
    looksLike: z
      .array(z.strictObject({ clientId: ClientId.optional(), paymentId: PaymentId }))
      .min(1)
      .optional(),
  }),
})

/** A part of the money, and the credit that it becomes. */
const which = { paymentId: PaymentId, clientId: ClientId, identificationId: PaymentId }

/** How the credit is to be spread, as it was asked for. */
const AskedAllocation = z.discriminatedUnion('rule', [
  z.strictObject({
    rule: z.literal('explicit'),
    items: z.array(
      z.strictObject({
        invoiceId: InvoiceId,
        amount: z.string().optional(),
        paid: z.string().optional(),
        exchangeRate: ExchangeRate.optional(),
      }),
    ),
  }),
  z.strictObject({ rule: z.enum(['auto', 'named', 'oldestDueFirst', 'none']) }),
])

/** Reserves: no command may use the amount any more. No total changes, for it is the client's only when his account says so. */
export const IdentificationRequested = defineEvent({
  type: 'IdentificationRequested',
  version: 1,
  data: z.strictObject({
    ...which,
    amount: Money,
    /** The part of the payment's functional value that goes along. */
    functional: MoneyOrZero.optional(),
    identifiedOn: BusinessDay,
    collectedOn: BusinessDay,
    allocation: AskedAllocation,
  }),
})

/** Closes the reservation of what the account has received; changes no total. */
export const IdentificationCompleted = defineEvent({
  type: 'IdentificationCompleted',
  version: 1,
  data: z.strictObject(which),
})

/** Frees what was reserved and refused: it never left. */
export const IdentificationDeclined = defineEvent({
  type: 'IdentificationDeclined',
  version: 1,
  data: z.strictObject({
    ...which,
    amount: Money,
    functional: MoneyOrZero.optional(),
    code: z.enum(REJECTION_CODES),
  }),
})

/** What the account gave back may be identified anew; every total has changed with `IdentificationUndone`. */
export const IdentificationReturned = defineEvent({
  type: 'IdentificationReturned',
  version: 1,
  data: z.strictObject({ ...which, amount: Money, functional: MoneyOrZero.optional(), undoneOn: BusinessDay }),
})

/** The money is gone again, or a part of it. */
export const UnidentifiedPaymentReturned = defineEvent({
  type: 'UnidentifiedPaymentReturned',
  version: 1,
  data: z.strictObject({
    paymentId: PaymentId,
    amount: Money,
    functional: MoneyOrZero.optional(),
    /** Of a mistake: what was said to be kept of the money, and was not, for it never came. Decimal string. */
    fee: z.string().optional(),
    reason: UnidentifiedReturnReason,
    returnedOn: BusinessDay,
    note: FreeText.optional(),
  }),
})

export const unidentifiedEventDefinitions = [
  UnidentifiedPaymentRecorded,
  IdentificationRequested,
  IdentificationCompleted,
  IdentificationDeclined,
  IdentificationReturned,
  UnidentifiedPaymentReturned,
] as const

export type UnidentifiedEvent = EventOf<(typeof unidentifiedEventDefinitions)[number]>

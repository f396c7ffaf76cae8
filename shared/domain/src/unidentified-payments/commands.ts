import { z } from 'zod'
import { BusinessDay } from '../business-day.ts'
import { Allocation } from '../client-account/commands.ts'
import { PaymentMethod } from '../client-account/vocabulary.ts'
import { ExchangeRate } from '../exchange-rate.ts'
import { Iban } from '../iban.ts'
import { ClientId, PaymentId } from '../ids.ts'
import type { Message } from '../message.ts'
import { Amount, AmountOrZero, Money } from '../money.ts'
import { Payer } from '../party.ts'
import type { RejectionCode } from '../rejection.ts'
import { FreeText, personal, Reference } from '../text.ts'
import { type IdentificationReturned, UnidentifiedReturnReason } from './events.ts'

export const RecordUnidentifiedPayment = z.strictObject({
  paymentId: PaymentId,
  amount: Money,
  method: PaymentMethod.extract(['BANK_TRANSFER']).meta({
    description: 'Money in the bank: who hands over cash, a card or a cheque is asked who he is',
  }),
  receivedOn: BusinessDay,
  bankReference: Reference.optional(),
  bankAccount: Iban.optional(),
  remittanceText: personal(FreeText).optional().meta({ description: 'Tells `auto` and `named` later what to settle' }),
  payer: Payer.optional(),
  fee: AmountOrZero.optional().meta({ description: 'What a bank in between kept of the amount' }),
  exchangeRate: ExchangeRate.optional().meta({
    description: 'Of money in another currency than the functional one: what one unit of it is worth',
  }),
})

export const IdentifyPayment = z.strictObject({
  paymentId: PaymentId.meta({ description: 'The unidentified payment' }),
  clientId: ClientId.meta({ description: 'Whose money it is' }),
  identificationId: PaymentId.optional().meta({
    description: "The credit's id among the payments of the client; derived when absent",
  }),
  amount: Amount.optional().meta({
    description: 'A part, where one line is of several clients; all that is unidentified when absent',
  }),
  identifiedOn: BusinessDay.optional().meta({
    description:
      "From when on it is the client's credit. The day of the money when absent, or the first open one after it",
  }),
  allocation: Allocation.optional().meta({ description: 'auto when absent; what is left is client credit' }),
})

export const ReturnUnidentifiedPayment = z.strictObject({
  paymentId: PaymentId,
  amount: Amount.optional().meta({ description: 'A part; all that is unidentified when absent' }),
  reason: UnidentifiedReturnReason,
  returnedOn: BusinessDay.optional().meta({ description: 'Today, Europe/Bucharest, when absent' }),
  note: FreeText.optional(),
})

export const UndoIdentification = z.strictObject({
  paymentId: PaymentId.meta({ description: 'The unidentified payment' }),
  identificationId: PaymentId,
  undoneOn: BusinessDay.optional().meta({ description: 'Today, Europe/Bucharest, when absent' }),
  reason: FreeText,
})

/** Commands of the process that carries an identification through two streams; no route leads here. */
export interface CompleteIdentification {
  readonly paymentId: PaymentId
  readonly clientId: ClientId
  readonly identificationId: PaymentId
}

export interface DeclineIdentification extends CompleteIdentification {
  readonly code: RejectionCode
}

export type TakeBackIdentification = z.infer<(typeof IdentificationReturned)['data']>

/** The credit needs an id before the account has it; the edge derives it when the caller gives none. */
export type WithIdentificationId<Command> = Command & { readonly identificationId: PaymentId }

export type UnidentifiedCommand =
  | Message<'RecordUnidentifiedPayment', z.infer<typeof RecordUnidentifiedPayment>>
  | Message<'IdentifyPayment', WithIdentificationId<z.infer<typeof IdentifyPayment>>>
  | Message<'ReturnUnidentifiedPayment', z.infer<typeof ReturnUnidentifiedPayment>>
  | Message<'CompleteIdentification', CompleteIdentification>
  | Message<'DeclineIdentification', DeclineIdentification>
  | Message<'TakeBackIdentification', TakeBackIdentification>

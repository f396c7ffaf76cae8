import type { BusinessDay } from '../../business-day.ts'
import type { CashDeskId, ClientId, PaymentId, ReceiptId, ReceiptSeries } from '../../ids.ts'
import type { Currency } from '../../money.ts'
import {
  amount,
  count,
  day,
  type FieldsOf,
  flag,
  listOf,
  object,
  oneOf,
  optional,
  packedTable,
  text,
} from '../../packed/packed-table.ts'
import { type Address, ClientKind, type Payer } from '../../party.ts'
import type { CountedPayer } from '../cash-guard.ts'
import type { TransferOrigin } from '../events/transfers.ts'
import { type CreditSource, PaymentMethod } from '../vocabulary.ts'
import { type CarriedValue, carriedValue, KIND, word } from './fields.ts'

/** Credit that went to another account, or is on its way there. */
export interface Transfer {
  readonly transferId: PaymentId
  readonly toClientId: ClientId
  readonly amount: bigint
  /** What of the payment's functional value goes along. */
  readonly value: bigint | undefined
  /** The other account has not said yet that it has it. */
  readonly isReserved: boolean
  /** It went on because the account did: the VAT of a note stays. */
  readonly merges: boolean
}

/** Where credit came from that another account gave, or the company's unidentified money. */
export interface CreditOrigin extends Pick<TransferOrigin, 'paymentId'> {
  /** `undefined`: it was unidentified. */
  readonly clientId?: ClientId | undefined
  /** Day of the money for what it settles; `undefined` where no money is behind it. */
  readonly collectedOn: BusinessDay | undefined
  /** The credit note on account that it is of, where a merge brought it. */
  readonly noteOf?: TransferOrigin | undefined
}

export interface PaymentFacts {
  readonly paymentId: PaymentId
  readonly currency: Currency
  readonly amount: bigint
  readonly method: CreditSource
  readonly receivedOn: BusinessDay
  readonly deskId: CashDeskId | undefined
  readonly payer: Payer | undefined
  /** Whom the ceilings of cash count the payment for; `undefined` when they do not count it. */
  readonly cashPayer: CountedPayer | undefined
  /** Ordinal + 1 of the newest allocation's record; 0: none. */
  newestAllocation: number
  credit: bigint
  /** Value of the credit; `undefined` in the functional currency, and where no rate was given. */
  readonly value: CarriedValue | undefined
  /** A cheque or promissory note that counts as paid only when it is collected. */
  readonly paidWhenCleared: boolean
  /** What others kept of it on its way to the bank. */
  fee: bigint
  lastUndoOn: BusinessDay | undefined
  /** What is gone again, bounced or charged back, in one or several parts. */
  reversed: bigint
  /** Being reversed: other accounts give back what they have of it, and nothing of it may be used meanwhile. */
  isReversing: boolean
  /** What is still on its way to the bank: nothing of cash and transfers. */
  inTransit: bigint
  /**
   * What a cheque or promissory note has still to bring beside what it settles. More than the credit where that was given back
   * meanwhile: it may come again, and has brought nothing then. `uncollectedCredit` tells what of the credit it is.
   */
  creditUncollected: bigint
  /** When money on its way arrived, or the last part of it. */
  clearedOn: BusinessDay | undefined
  refunded: bigint
  /** Oldest first; all of it has left the credit. */
  transfers: readonly Transfer[]
  /** Of credit that did not come to this account as money. */
  readonly origin: CreditOrigin | undefined
  /** Of the credit: what ended as income, or as what is owed to the staff. */
  released: bigint
  /** The living receipt; `undefined` when there is none or it was annulled. */
  receipt: { readonly receiptId: ReceiptId; readonly series: ReceiptSeries } | undefined
  /** The last receipt that was annulled: the next one names it. */
  annulledReceipt: { readonly series: ReceiptSeries; readonly number: number } | undefined
}

const address: FieldsOf<Address> = {
  street: optional(word),
  city: word,
  county: optional(word),
  postalCode: optional(word),
  countryCode: word,
}

const payer: FieldsOf<Payer> = { name: word, taxId: optional(word), address: optional(object(address)) }

const paymentFields: FieldsOf<Omit<PaymentFacts, 'paymentId'>> = {
  currency: word,
  amount,
  credit: amount,
  value: optional(object(carriedValue)),
  paidWhenCleared: flag,
  fee: amount,
  method: oneOf([...PaymentMethod.options, 'CREDIT_NOTE', 'TRANSFER']),
  receivedOn: day,
  deskId: optional(word),
  payer: optional(object(payer)),
  cashPayer: optional(object({ identity: word, kind: oneOf(ClientKind.options) })),
  lastUndoOn: optional(day),
  reversed: amount,
  isReversing: flag,
  inTransit: amount,
  creditUncollected: amount,
  clearedOn: optional(day),
  refunded: amount,
  transfers: listOf(
    object({ transferId: text, toClientId: word, amount, value: optional(amount), isReserved: flag, merges: flag }),
  ),
  origin: optional(
    object<CreditOrigin>({
      clientId: optional(word),
      paymentId: text,
      collectedOn: optional(day),
      noteOf: optional(object({ clientId: word, paymentId: text })),
    }),
  ),
  released: amount,
  receipt: optional(object({ receiptId: text, series: word })),
  annulledReceipt: optional(object({ series: word, number: count })),
  newestAllocation: count,
}

export const keptPayments = packedTable(KIND.payment, object(paymentFields))

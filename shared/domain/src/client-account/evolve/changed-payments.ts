import { type BusinessDay, latest } from '../../business-day.ts'
import type { CashDeskId, PaymentId } from '../../ids.ts'
import { type Money, type MoneyOrZero, minorIn, minorOf } from '../../money.ts'
import type { Payer } from '../../party.ts'
import type { CountedPayer } from '../cash-guard.ts'
import type { PaymentFacts } from '../records/payment-facts.ts'
import { accountPayments } from '../records/payments.ts'
import type { ClientAccount } from '../state.ts'
import { INSTRUMENTS, METHODS_IN_TRANSIT } from '../vocabulary.ts'
import { known } from './evolutions.ts'
import { carried, takeValue } from './values.ts'

// How whatever touches credit changes it: of a payment, of a credit note on account, of what another account gave.

export const paymentOf = (account: ClientAccount, paymentId: PaymentId): PaymentFacts =>
  known(accountPayments.factsOf(account, paymentId), paymentId)

export const changePayment = (
  account: ClientAccount,
  paymentId: PaymentId,
  change: (payment: PaymentFacts) => void,
): void => {
  const payment = paymentOf(account, paymentId)
  change(payment)
  accountPayments.set(account, payment)
}

export const newPayment = (facts: {
  readonly paymentId: PaymentId
  readonly amount: Money
  readonly method: PaymentFacts['method']
  readonly origin?: PaymentFacts['origin']
  readonly receivedOn: BusinessDay
  readonly deskId?: CashDeskId | undefined
  readonly payer?: Payer | undefined
  readonly cashPayer?: CountedPayer | undefined
  readonly functional?: MoneyOrZero | undefined
  readonly paidWhenCleared?: boolean | undefined
  readonly fee?: string | undefined
}): PaymentFacts => ({
  paymentId: facts.paymentId,
  currency: facts.amount.currency,
  amount: minorOf(facts.amount),
  method: facts.method,
  receivedOn: facts.receivedOn,
  deskId: facts.deskId,
  payer: facts.payer,
  cashPayer: facts.cashPayer,
  newestAllocation: 0,
  credit: minorOf(facts.amount),
  value: carried(facts.functional),
  paidWhenCleared: facts.paidWhenCleared ?? false,
  fee: minorIn(facts.fee ?? '0', facts.amount.currency),
  lastUndoOn: undefined,
  reversed: 0n,
  isReversing: false,
  inTransit: METHODS_IN_TRANSIT.has(facts.method) ? minorOf(facts.amount) : 0n,
  creditUncollected: INSTRUMENTS.has(facts.method) ? minorOf(facts.amount) : 0n,
  clearedOn: undefined,
  refunded: 0n,
  transfers: [],
  origin: facts.origin,
  released: 0n,
  receipt: undefined,
  annulledReceipt: undefined,
})

/** What of a payment, or of a credit note on account, is gone with its value. */
export const endCredit = (
  payment: PaymentFacts,
  amount: Money,
  { functional, reversedOn }: { readonly functional?: MoneyOrZero | undefined; readonly reversedOn: BusinessDay },
): void => {
  payment.credit -= minorOf(amount)
  takeValue(payment.value, functional?.amount)
  payment.lastUndoOn = latest(reversedOn, payment.lastUndoOn)
  payment.reversed += minorOf(amount)
}

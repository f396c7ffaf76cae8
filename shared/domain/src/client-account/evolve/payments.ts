import { latest } from '../../business-day.ts'
import { type Money, type MoneyOrZero, minorIn, minorOf } from '../../money.ts'
import { cashKeyOf, countedPayerOf, worthInLei } from '../cash-guard.ts'
import { cashTaken } from '../records/cash.ts'
import type { PaymentFacts } from '../records/payment-facts.ts'
import { accountPayments } from '../records/payments.ts'
import type { ClientAccount } from '../state.ts'
import { atLeastNothing, collectionOf, leaveTransit, reversedInTransit } from '../transit.ts'
import { INSTRUMENTS } from '../vocabulary.ts'
import { invoiceOf } from './changed-invoices.ts'
import { changePayment, endCredit, newPayment, paymentOf } from './changed-payments.ts'
import { type Evolutions, known } from './evolutions.ts'
import { carried } from './values.ts'

const leiOf = (amount: Money, functional: MoneyOrZero | undefined): bigint | undefined =>
  worthInLei({ currency: amount.currency, total: minorOf(amount), value: carried(functional) })

/** A paper brought some of its money. */
const collect = (account: ClientAccount, payment: PaymentFacts, minor: bigint): void => {
  const { allocations } = known(accountPayments.get(account, payment.paymentId), payment.paymentId)
  const { parts, left } = collectionOf({ allocations }, minor)
  for (const { invoiceId, amount, paid } of parts) {
    const living = known(allocations.get(invoiceId), invoiceId)
    const uncollected = living.uncollected - amount
    const uncollectedPaid = living.uncollectedPaid - paid
    const invoice = invoiceOf(account, invoiceId)
    accountPayments.setAllocation(account, payment, invoice, { ...living, uncollected, uncollectedPaid }, false)
  }
  payment.creditUncollected = atLeastNothing(payment.creditUncollected - left)
}

export const paymentEvolutions: Evolutions<
  | 'PaymentRecorded'
  | 'CashLimitOverridden'
  | 'PaymentCleared'
  | 'PaymentReversed'
  | 'ReversalRequested'
  | 'ReversalDeclined'
> = {
  PaymentRecorded: (recorded, account) => {
    const { amount, method, receivedOn, deskId, payer } = recorded
    const lei = leiOf(amount, recorded.functional)
    const cashPayer = method === 'CASH' ? countedPayerOf({ payer, lei }, account.client) : undefined
    accountPayments.set(account, newPayment({ ...recorded, cashPayer }))
    if (cashPayer !== undefined) cashTaken.add(account, cashKeyOf({ receivedOn, deskId }, cashPayer), lei ?? 0n)
  },
  /** It says who answers for the payment after it; the payment itself says the rest. */
  CashLimitOverridden: () => undefined,
  PaymentCleared: ({ paymentId, amount, fee, clearedOn }, account) => {
    const payment = paymentOf(account, paymentId)
    if (INSTRUMENTS.has(payment.method)) collect(account, payment, minorOf(amount))
    payment.clearedOn = latest(clearedOn, payment.clearedOn)
    leaveTransit(payment, minorOf(amount))
    payment.fee += minorIn(fee, amount.currency)
    accountPayments.set(account, payment)
  },
  ReversalRequested: ({ paymentId }, account) =>
    changePayment(account, paymentId, (payment) => {
      payment.isReversing = true
    }),
  ReversalDeclined: ({ paymentId }, account) =>
    changePayment(account, paymentId, (payment) => {
      payment.isReversing = false
    }),
  PaymentReversed: (reversal, account) =>
    changePayment(account, reversal.paymentId, (payment) => {
      const onItsWay = reversedInTransit(reversal)
      const isFirst = payment.reversed === 0n
      payment.creditUncollected = atLeastNothing(payment.creditUncollected - onItsWay)
      endCredit(payment, reversal.amount, reversal)
      payment.isReversing = false
      leaveTransit(payment, onItsWay)
      payment.fee -= minorIn(reversal.fee ?? '0', payment.currency)
      const { cashPayer } = payment
      // Nothing of it settles a contract any more, so all of it is counted; cash that a refund gave back and that came again is
      // out since the first reversal.
      const lei = worthInLei({ ...payment, total: payment.amount }) ?? 0n
      if (cashPayer !== undefined && isFirst) cashTaken.add(account, cashKeyOf(payment, cashPayer), -lei)
    }),
}

import { latest } from '../../business-day.ts'
import { minorOf } from '../../money.ts'
import { refundInLei } from '../cash-guard.ts'
import { cashPaid } from '../records/cash.ts'
import { refunds } from '../records/papers.ts'
import { leaveTransit, refundedInTransit } from '../transit.ts'
import { CARD_METHODS } from '../vocabulary.ts'
import { changePayment } from './changed-payments.ts'
import type { Evolutions } from './evolutions.ts'
import { minorInCurrency, paperOf, takeValue } from './values.ts'

export const creditEvolutions: Evolutions<'RefundRecorded' | 'RefundReversed' | 'CreditReleased'> = {
  RefundRecorded: (recorded, account) => {
    const { refundId, paymentId, claimId, amount, method, deskId, refundedOn } = recorded
    const { functional, conversion, worth } = recorded
    if (method === 'CASH') cashPaid.add(account, refundedOn, refundInLei(recorded) ?? 0n)
    changePayment(account, paymentId, (payment) => {
      const inTransit = CARD_METHODS.has(payment.method) ? refundedInTransit(recorded) : 0n
      const paper = paperOf(amount, recorded, refundedOn)
      const paid = minorInCurrency(conversion?.paid)
      const value = minorInCurrency(worth && { ...worth, amount: worth.paid })
      refunds.set(account, refundId, { ...paper, paymentId, method, deskId, paid, worth: value, inTransit, claimId })
      payment.credit -= minorOf(amount)
      payment.refunded += minorOf(amount)
      takeValue(payment.value, functional?.amount)
      leaveTransit(payment, inTransit)
    })
  },
  RefundReversed: (reversal, account) => {
    const { refundId, paymentId, amount, method, reversedOn, functional } = reversal
    const refund = refunds.reverse(account, refundId)
    // Cash that is not given back counts no longer.
    if (method === 'CASH') cashPaid.add(account, refund.on, -(refundInLei(reversal) ?? 0n))
    changePayment(account, paymentId, (payment) => {
      payment.credit += minorOf(amount)
      payment.refunded -= minorOf(amount)
      if (CARD_METHODS.has(payment.method)) payment.inTransit += refundedInTransit(reversal)
      takeValue(payment.value, functional?.amount, -1n)
      payment.lastUndoOn = latest(reversedOn, payment.lastUndoOn)
    })
  },
  CreditReleased: ({ paymentId, amount, functional }, account) =>
    changePayment(account, paymentId, (payment) => {
      payment.credit -= minorOf(amount)
      payment.released += minorOf(amount)
      takeValue(payment.value, functional?.amount)
    }),
}

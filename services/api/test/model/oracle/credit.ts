/** Credit: what stands under a payment, and how it ends without an invoice. */
import { FUNCTIONAL, foreignAt, moneyOf, takeWorth, valueAt } from './amounts.ts'
import { post } from './books.ts'
import { claimIdIn, endClaim, oweFor } from './claims.ts'
import { type Body, ifNot, type Rule } from './command.ts'
import { takeBack, write, writtenAs } from './papers.ts'
import { differenceLegs } from './settling.ts'
import type { Paper, Payment, State } from './state.ts'
import { creditFrom, isCard, isCash, isNote, last } from './terms.ts'

/** Of one business, payer and desk in one day, in bani. */
export const CASH_CEILING = 500_000

/** What of the credit is as much as leaves; one unit is the payer's rounding. */
const takenBy = (payment: Payment, { amount, exchangeRate }: Body): number | undefined => {
  const { amount: leaving = 0, currency = payment.currency } = amount ?? {}
  if (currency === payment.currency) return leaving
  if (exchangeRate === undefined) return undefined
  const taken = currency === FUNCTIONAL ? foreignAt(exchangeRate, leaving) : valueAt(exchangeRate, leaving)
  return payment.credit > 0 && Math.abs(taken - payment.credit) <= 1 ? payment.credit : taken
}

/** Posts a refund, or with -1 takes it back. */
const postRefund = (state: State, payment: Payment, { amount, left }: Paper, on: string, sign: 1 | -1): void => {
  const { paymentId, currency } = payment
  const from = left.method === 'CASH' ? 'CASH' : 'BANK'
  const isExchanged = left.currency !== currency
  post(state, { on, cause: 'refunded' }, [
    ['CLIENT_CREDIT', currency, sign * amount, paymentId],
    ['CURRENCY_POSITION', currency, isExchanged ? -sign * amount : 0],
    ['CURRENCY_POSITION', left.currency, isExchanged ? sign * left.amount : 0],
    ['CARD_IN_TRANSIT', left.currency, -sign * left.inTransit],
    [from, left.currency, -sign * (left.amount - left.inTransit)],
    ...differenceLegs(left.difference, sign),
  ])
}

export const recordRefund: Rule<State> = (state, body, day) => {
  const { refundId, method, exchangeRate } = body
  const payment = state.payments.get(body.paymentId)
  const leaving = {
    amount: body.amount?.amount ?? 0,
    currency: body.amount?.currency ?? payment?.currency ?? FUNCTIONAL,
  }
  const taken = payment === undefined ? 0 : takenBy(payment, body)
  const isOut = method === 'CASH'
  const isAbove = isOut && (state.cashBackByDay.get(day) ?? 0) + leaving.amount > CASH_CEILING
  return {
    codes: [
      ...ifNot(!isAbove || state.cashGuard === 'WARN', 'CASH_PAYMENT_LIMIT_PER_PERSON_DAY'),
      ...ifNot(payment !== undefined, 'PAYMENT_NOT_FOUND'),
      ...ifNot(writtenAs(state, 'refundId', refundId) === undefined, 'REFUND_ALREADY_RECORDED'),
      ...ifNot(taken !== undefined, 'CURRENCY_MISMATCH'),
      ...ifNot(
        payment === undefined || (taken ?? 0) <= payment.credit || (body.allowExcess && !isNote(payment)),
        'REFUND_EXCEEDS_CREDIT',
      ),
      ...ifNot(payment === undefined || day >= creditFrom(payment), 'UNDO_BEFORE_WHAT_IT_UNDOES'),
    ],
    warnings: isAbove ? ['CASH_PAYMENT_LIMIT_PER_PERSON_DAY'] : [],
    apply: (told) => {
      if (payment === undefined || taken === undefined) return {}
      const owed = oweFor(state, payment, taken - payment.credit, told, day)
      const inTransit = method === 'CARD_POS' && isCard(payment) ? Math.min(payment.inTransit, taken) : 0
      payment.credit -= taken
      payment.refunded += taken
      payment.inTransit -= inTransit
      const worth =
        takeWorth(payment.worth, payment.credit, payment.amount) ??
        (payment.currency === FUNCTIONAL ? taken : undefined)
      const isForeign = leaving.currency !== FUNCTIONAL
      const leftWorth = !isForeign
        ? leaving.amount
        : exchangeRate === undefined
          ? undefined
          : valueAt(exchangeRate, leaving.amount)
      const isValued = exchangeRate !== undefined && worth !== undefined && leftWorth !== undefined
      const difference = isValued ? worth - leftWorth : 0
      const left = { method, ...leaving, inTransit, difference }
      const refund = write(
        state,
        {
          kind: 'refundId',
          of: body.paymentId,
          amount: taken,
          worth,
          left,
          on: day,
          claimId: 'claim' in owed ? claimIdIn(told) : '',
        },
        refundId,
      )
      postRefund(state, payment, refund, day, 1)
      if (isOut) state.cashBackByDay.set(day, (state.cashBackByDay.get(day) ?? 0) + leaving.amount)
      return { refundId, amount: moneyOf(taken, payment.currency), ...owed }
    },
  }
}

export const reverseRefund: Rule<State> = (state, body, day) =>
  takeBack(state, 'refundId', body, day, (refund) => {
    const payment = state.payments.get(refund.of)
    if (payment === undefined) return {}
    const { left, amount, on, worth = 0 } = refund
    if (left.method === 'CASH') state.cashBackByDay.set(on, (state.cashBackByDay.get(on) ?? 0) - left.amount)
    payment.credit += amount
    payment.refunded -= amount
    payment.inTransit += left.inTransit
    if (payment.worth !== undefined) payment.worth.left += worth
    payment.lastUndoOn = last(payment.lastUndoOn, day)
    postRefund(state, payment, refund, day, -1)
    return { paymentId: refund.of, amount: moneyOf(amount, payment.currency), ...endClaim(state, refund.claimId, day) }
  })

/** It is the client's no longer, as if it had been given back; no money moves. */
export const releaseCredit: Rule<State> = (state, body, day) => {
  const { paymentId, reason } = body
  const payment = state.payments.get(paymentId)
  const amount = body.amount?.amount ?? 0
  return {
    codes: [
      ...ifNot(payment !== undefined, 'PAYMENT_NOT_FOUND'),
      ...ifNot(payment === undefined || amount <= payment.credit, 'ALLOCATION_EXCEEDS_CREDIT'),
      ...ifNot(payment === undefined || day >= creditFrom(payment), 'UNDO_BEFORE_WHAT_IT_UNDOES'),
    ],
    apply: () => {
      if (payment === undefined) return {}
      payment.credit -= amount
      payment.released += amount
      takeWorth(payment.worth, payment.credit, payment.amount)
      post(state, { on: day, cause: 'released' }, [
        ['CLIENT_CREDIT', payment.currency, amount, paymentId],
        [reason === 'TIP' ? 'TIPS' : 'RELEASED_CREDIT', payment.currency, -amount],
      ])
      return { paymentId, amount: moneyOf(amount, payment.currency), releasedOn: day }
    },
  }
}

/** Cash that may not be taken in counts until it is taken back. */
export const countCash = (state: State, payment: Payment): void => {
  if (!isCash(payment)) return
  state.cashByDay.set(payment.receivedOn, (state.cashByDay.get(payment.receivedOn) ?? 0) + payment.amount)
}

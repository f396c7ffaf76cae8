/** Money that comes in: recorded, set off, arrived. */
import { decimal, FUNCTIONAL, moneyOf, worthAt } from './amounts.ts'
import { post } from './books.ts'
import { type Body, ifNot, type Rule } from './command.ts'
import { CASH_CEILING, countCash } from './credit.ts'
import { bookRefusals, giveReceipt } from './receipts.ts'
import { collect, type Share, settle } from './settling.ts'
import { asTold, explicit, spreadOf } from './spreading.ts'
import type { Payment, State } from './state.ts'
import { creditOf, isInstrument, isMoney, isNote, isOnItsWay, last, lastEffectOf } from './terms.ts'
import { moneyAccount } from './undoing.ts'

const receive = (state: State, payment: Payment, shares: readonly Share[]): object => {
  const { paymentId, currency, amount, fee, receivedOn } = payment
  state.payments.set(paymentId, payment)
  post(state, { on: receivedOn, cause: 'recorded' }, [
    [moneyAccount(payment), currency, amount - fee],
    ['FEE', currency, fee],
    ['CLIENT_CREDIT', currency, -amount, paymentId],
  ])
  for (const share of shares) settle(state, payment, share, receivedOn)
  return {
    paymentId,
    allocated: shares.map(({ invoiceId, amount: of }) => ({ invoiceId, amount: decimal(of) })),
    credit: decimal(payment.credit),
  }
}

const moneyIn = ({ amount }: Body) => ({ amount: amount?.amount ?? 0, currency: amount?.currency ?? FUNCTIONAL })

export const recordPayment: Rule<State> = (state, body, day) => {
  const { paymentId, method, fee, receipt, cashOverride } = body
  const money = moneyIn(body)
  const isCashIn = method === 'CASH'
  const isAbove = isCashIn && (state.cashByDay.get(day) ?? 0) + money.amount > CASH_CEILING
  const { cashGuard } = state
  const mayPass = cashGuard === 'WARN' || (cashGuard === 'REQUIRE_OVERRIDE' && cashOverride !== undefined)
  const payment = creditOf(paymentId, money, {
    method,
    receivedOn: day,
    fee,
    worth: worthAt(body.exchangeRate, money.amount),
  })
  const spread = spreadOf(state, payment, body)
  return {
    codes: [
      ...ifNot(!state.payments.has(paymentId), 'PAYMENT_ALREADY_RECORDED'),
      ...(receipt === undefined ? [] : isCashIn ? bookRefusals(state, day) : ['RECEIPT_ONLY_FOR_CASH']),
      ...ifNot(!isAbove || mayPass, 'CASH_LIMIT_PER_PERSON_DAY'),
      ...ifNot(fee <= money.amount, 'FEE_EXCEEDS_PAYMENT'),
      ...spread.codes,
    ],
    warnings: [
      ...(isAbove ? ['CASH_LIMIT_PER_PERSON_DAY'] : []),
      ...Array.from({ length: spread.unmet }, () => 'NAMED_INVOICE_NOT_OPEN'),
    ],
    apply: (told) => {
      countCash(state, payment)
      const { shares, notes } = asTold(spread, money.amount, told)
      const result = receive(state, payment, shares)
      for (const { note, shares: ofNote } of notes) for (const share of ofNote) settle(state, note, share, day)
      return receipt === undefined ? result : { ...result, receipt: { number: giveReceipt(state, payment, day) } }
    },
  }
}

export const recordSetOff: Rule<State> = (state, body, day) => {
  const { paymentId, items } = body
  const money = moneyIn(body)
  const payment = creditOf(paymentId, money, { method: 'SET_OFF', receivedOn: day })
  const { codes, shares } = explicit(state, payment, items)
  const sum = shares.reduce((total, { paid }) => total + paid, 0)
  return {
    codes: [
      ...ifNot(!state.payments.has(paymentId), 'PAYMENT_ALREADY_RECORDED'),
      ...ifNot(sum === money.amount, 'SET_OFF_DOES_NOT_ADD_UP'),
      ...codes,
    ],
    apply: () => receive(state, payment, shares),
  }
}

export const confirmPaymentCleared: Rule<State> = (state, { paymentId, amount, fee }, day) => {
  const payment = state.payments.get(paymentId)
  if (payment === undefined || isNote(payment)) return { codes: ['PAYMENT_NOT_FOUND'], apply: () => ({}) }
  const { inTransit, currency } = payment
  const arrived = amount?.amount ?? inTransit
  return {
    codes: [
      ...ifNot(isOnItsWay(payment), 'PAYMENT_CLEARS_AT_ONCE'),
      ...ifNot(isMoney(payment), 'PAYMENT_TRANSFERRED'),
      ...ifNot(inTransit > 0 || payment.reversed === 0, 'PAYMENT_ALREADY_REVERSED'),
      ...ifNot(inTransit > 0, 'PAYMENT_ALREADY_CLEARED'),
      ...ifNot(arrived <= inTransit, 'CLEARING_EXCEEDS_TRANSIT'),
      ...ifNot(fee <= arrived, 'FEE_EXCEEDS_PAYMENT'),
      ...ifNot(
        day >= (isInstrument(payment) ? lastEffectOf(payment) : payment.receivedOn),
        'UNDO_BEFORE_WHAT_IT_UNDOES',
      ),
    ],
    apply: () => {
      payment.inTransit -= arrived
      payment.fee += fee
      payment.arrivedOn = last(day, payment.arrivedOn)
      if (isInstrument(payment)) {
        payment.moneyOn = payment.arrivedOn
        collect(state, payment, arrived, day)
      }
      post(state, { on: day, cause: 'cleared', item: paymentId }, [
        [moneyAccount(payment), currency, -arrived],
        ['BANK', currency, arrived - fee],
        ['FEE', currency, fee],
      ])
      const told = { amount: moneyOf(arrived, currency), fee: decimal(fee), inTransit: decimal(payment.inTransit) }
      return { paymentId, clearedOn: day, ...told }
    },
  }
}

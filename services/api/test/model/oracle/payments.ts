/** Money that comes in: recorded, set off, arrived. */
import { z } from 'zod'
import { decimal, FUNCTIONAL, moneyOf, worthAt } from './amounts.ts'
import { post } from './books.ts'
import { type Body, ifNot, type Rule, type Told } from './command.ts'
import { CASH_CEILING, countCash } from './credit.ts'
import { bookRefusals, giveReceipt } from './receipts.ts'
import { type Share, settle } from './settling.ts'
import { explicit, spreadOf } from './spreading.ts'
import type { Payment, State } from './state.ts'
import { creditOf, isCard, isMoney, isNote } from './terms.ts'
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

const Allocated = z.looseObject({ allocated: z.array(z.looseObject({ invoiceId: z.string() })) })

/** What settles a group whole may be written in any order; what is undone later depends on it. */
const asTold = (shares: readonly Share[], told: Told): readonly Share[] => {
  const order = Allocated.safeParse(told).data?.allocated.map(({ invoiceId }) => invoiceId) ?? []
  return shares.toSorted((one, other) => order.indexOf(one.invoiceId) - order.indexOf(other.invoiceId))
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
    inTransit: method === 'CARD_POS' ? money.amount : 0,
  })
  const { codes, shares, notes, unmet, isGroup = false } = spreadOf(state, payment, body, day)
  return {
    codes: [
      ...ifNot(!state.payments.has(paymentId), 'PAYMENT_ALREADY_RECORDED'),
      ...(receipt === undefined ? [] : isCashIn ? bookRefusals(state, day) : ['RECEIPT_ONLY_FOR_CASH']),
      ...ifNot(!isAbove || mayPass, 'CASH_LIMIT_PER_PERSON_DAY'),
      ...ifNot(fee <= money.amount, 'FEE_EXCEEDS_PAYMENT'),
      ...codes,
    ],
    warnings: [
      ...(isAbove ? ['CASH_LIMIT_PER_PERSON_DAY'] : []),
      ...Array.from({ length: unmet }, () => 'NAMED_INVOICE_NOT_OPEN'),
    ],
    apply: (told) => {
      countCash(state, payment)
      const result = receive(state, payment, isGroup ? asTold(shares, told) : shares)
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
      ...ifNot(isCard(payment), 'PAYMENT_CLEARS_AT_ONCE'),
      ...ifNot(isMoney(payment), 'PAYMENT_TRANSFERRED'),
      ...ifNot(inTransit > 0 || payment.reversed === 0, 'PAYMENT_ALREADY_REVERSED'),
      ...ifNot(inTransit > 0, 'PAYMENT_ALREADY_CLEARED'),
      ...ifNot(arrived <= inTransit, 'CLEARING_EXCEEDS_TRANSIT'),
      ...ifNot(fee <= arrived, 'FEE_EXCEEDS_PAYMENT'),
    ],
    apply: () => {
      payment.inTransit -= arrived
      payment.hasArrived = true
      payment.fee += fee
      post(state, { on: day, cause: 'cleared', item: paymentId }, [
        ['CARD_IN_TRANSIT', currency, -arrived],
        ['BANK', currency, arrived - fee],
        ['FEE', currency, fee],
      ])
      const told = { amount: moneyOf(arrived, currency), fee: decimal(fee), inTransit: decimal(payment.inTransit) }
      return { paymentId, clearedOn: day, ...told }
    },
  }
}

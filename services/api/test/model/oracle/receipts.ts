/** Receipts for cash: one book a client. */
import { ifNot, type Rule } from './command.ts'
import type { Payment, State } from './state.ts'
import { isCash, isMoney, isNote } from './terms.ts'
import { takeMoneyBack } from './undoing.ts'

export const giveReceipt = (state: State, payment: Payment, day: string): number => {
  state.receipts.push({ paymentId: payment.paymentId, annulled: false, copies: 0 })
  payment.receipt = state.receipts.length
  state.lastReceiptOn = day
  return state.receipts.length
}

export const bookRefusals = ({ receipts, receiptsMax, lastReceiptOn }: State, day: string): readonly string[] => [
  ...ifNot(receipts.length < receiptsMax, 'RECEIPT_RANGE_EXHAUSTED'),
  ...ifNot(day >= lastReceiptOn, 'RECEIPT_DATE_BEFORE_LAST'),
]

export const issueReceipt: Rule<State> = (state, { paymentId }, day) => {
  const payment = state.payments.get(paymentId)
  if (payment === undefined || isNote(payment)) {
    return { codes: [...bookRefusals(state, day), 'PAYMENT_NOT_FOUND'], apply: () => ({}) }
  }
  return {
    codes: [
      ...bookRefusals(state, day),
      ...ifNot(isCash(payment), 'RECEIPT_ONLY_FOR_CASH'),
      ...ifNot(isMoney(payment), 'PAYMENT_TRANSFERRED'),
      ...ifNot(payment.reversed === 0, 'PAYMENT_ALREADY_REVERSED'),
      ...ifNot(payment.receipt === undefined, 'RECEIPT_ALREADY_ISSUED'),
      ...ifNot(day >= payment.receivedOn, 'RECEIPT_BEFORE_PAYMENT'),
    ],
    apply: () => ({ receipt: { number: giveReceipt(state, payment, day) } }),
  }
}

export const annulReceipt: Rule<State> = (state, body, day) => {
  const number = Number(body.number)
  const receipt = state.receipts[number - 1]
  if (receipt === undefined) return { codes: ['RECEIPT_NOT_FOUND'], apply: () => ({}) }
  return {
    codes: ifNot(!receipt.annulled, 'RECEIPT_ALREADY_ANNULLED'),
    apply: () => {
      const payment = state.payments.get(receipt.paymentId)
      receipt.annulled = true
      if (payment?.receipt === number) payment.receipt = undefined
      const isWhole =
        payment !== undefined && payment.reversed + payment.refunded + payment.released + payment.transferred === 0
      const paymentReversed = body.alsoReversePayment && isWhole
      if (paymentReversed) takeMoneyBack(state, payment, day, 'MISTAKE')
      return { number, paymentReversed }
    },
  }
}

export const reprintReceipt: Rule<State> = ({ receipts }, body) => {
  const number = Number(body.number)
  const receipt = receipts[number - 1]
  return {
    codes: ifNot(receipt !== undefined, 'RECEIPT_NOT_FOUND'),
    apply: () => {
      if (receipt !== undefined) receipt.copies += 1
      return { number, copy: receipt?.copies }
    },
  }
}

export const extendReceiptRange: Rule<State> = (state, { to }) => ({
  codes: ifNot(to > state.receiptsMax, 'RECEIPT_RANGE_NOT_EXTENDED'),
  apply: () => {
    state.receiptsMax = to
    return { to }
  },
})

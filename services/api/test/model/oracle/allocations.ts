/** Money that was recorded is put on invoices, taken off them, or taken back. */

import { decimal, moneyOf } from './amounts.ts'
import { oweFor } from './claims.ts'
import { type Body, type Item, ifNot, type Rule, type Told } from './command.ts'
import { reverseCreditNote } from './credit-notes.ts'
import { writtenAs } from './papers.ts'
import { alike, free, settle } from './settling.ts'
import { shareOfItem } from './spreading.ts'
import type { Payment, State } from './state.ts'
import { allocatedOn, collectionDay, isMoney, isNote, last, lastEffectOf, recoveryOf } from './terms.ts'
import { leftOf, takeMoneyBack } from './undoing.ts'
import { vatWarnings } from './vat.ts'

/** Either side of an allocation, whatever the other is in. */
const itemOf = ({ invoiceId, amount, paid, exchangeRate }: Body): Item => ({
  invoiceId,
  amount: amount?.amount,
  paid,
  exchangeRate,
})

export const allocatePayment: Rule<State> = (state, body, day) => {
  const payment = state.payments.get(body.paymentId)
  const { codes, share } =
    payment === undefined
      ? { codes: ifNot(state.invoices.has(body.invoiceId), 'INVOICE_NOT_FOUND'), share: alike(body.invoiceId, 0) }
      : shareOfItem(state, payment, itemOf(body))
  return {
    codes: [...ifNot(payment !== undefined, 'PAYMENT_NOT_FOUND'), ...codes],
    warnings: payment === undefined ? [] : vatWarnings(state, payment, state.invoices.get(body.invoiceId), day),
    apply: () => {
      if (payment !== undefined) settle(state, payment, share, day)
      return { paymentId: body.paymentId, invoiceId: body.invoiceId, amount: decimal(share.amount) }
    },
  }
}

/** Nothing comes back before it went there, nor before a cheque was money. */
const undoneFrom = (payment: Payment, keys: readonly string[], amount: number): string => {
  let left = amount
  const days = keys.map((key) => {
    const part = Math.min(left, allocatedOn(payment, key))
    left -= part
    return part > 0 ? (payment.pairs.get(key)?.on ?? '') : ''
  })
  return last(payment.receivedOn, collectionDay(payment), ...days)
}

export const deallocatePayment: Rule<State> = (state, { paymentId, invoiceId, amount }, day) => {
  const payment = state.payments.get(paymentId)
  const keys = [recoveryOf(invoiceId), invoiceId]
  const living = payment === undefined ? 0 : keys.reduce((sum, key) => sum + allocatedOn(payment, key), 0)
  const wanted = amount?.amount ?? living
  return {
    codes: [
      ...ifNot(payment !== undefined, 'PAYMENT_NOT_FOUND'),
      ...ifNot(state.invoices.has(invoiceId), 'INVOICE_NOT_FOUND'),
      ...ifNot(living > 0 && wanted <= living, 'DEALLOCATION_EXCEEDS_ALLOCATION'),
      ...ifNot(payment === undefined || day >= undoneFrom(payment, keys, wanted), 'UNDO_BEFORE_WHAT_IT_UNDOES'),
    ],
    apply: () => {
      let left = wanted
      for (const key of payment === undefined ? [] : keys) {
        const part = payment === undefined ? 0 : Math.min(left, allocatedOn(payment, key))
        left -= part
        if (payment !== undefined && part > 0) free(state, payment, key, part, day)
      }
      return { amount: decimal(wanted), deallocatedOn: day }
    },
  }
}

/** Under the id of a credit note a mistake is that of the note. */
const reverseAsNote: Rule<State> = (state, body, day) => {
  const creditNoteId = body.paymentId
  const isMeant = body.reason === 'MISTAKE' && body.amount === undefined
  if (!isMeant || writtenAs(state, 'creditNoteId', creditNoteId) === undefined) {
    return { codes: ['PAYMENT_NOT_FOUND'], apply: () => ({}) }
  }
  const { codes, apply } = reverseCreditNote(state, { ...body, creditNoteId }, day)
  const alsoNamed = (told: Told): object => {
    apply(told)
    return { paymentId: creditNoteId, reversedOn: day }
  }
  return { codes, apply: alsoNamed }
}

/** The bank takes what came, whatever was given back. */
const recordedOf = (payment: Payment): number => Math.max(0, payment.amount - payment.reversed)

/** What is said, or all of it; what had arrived of money that bounces stays. */
export const takenOf = (payment: Payment, { amount, reason }: Body): number => {
  const isRest = reason === 'BOUNCED' && payment.arrivedOn !== '' && payment.inTransit > 0
  return amount?.amount ?? (isRest ? payment.inTransit : recordedOf(payment))
}

export const reversePayment: Rule<State> = (state, body, day) => {
  const { paymentId, reason, amount } = body
  const payment = state.payments.get(paymentId)
  if (payment === undefined || isNote(payment)) return reverseAsNote(state, body, day)
  const left = leftOf(payment) + payment.transferred
  const recorded = recordedOf(payment)
  const part = takenOf(payment, body)
  const isMistake = reason === 'MISTAKE'
  const mayExceed = amount === undefined || (body.allowExcess && !isMistake)
  const isReleased = payment.refunded + payment.released > 0
  return {
    codes: [
      ...ifNot(isMoney(payment), 'PAYMENT_TRANSFERRED'),
      ...ifNot(recorded > 0 || (left > 0 && amount !== undefined), 'PAYMENT_ALREADY_REVERSED'),
      ...ifNot(!isMistake || !isReleased, 'PAYMENT_REFUNDED'),
      ...ifNot(amount === undefined || payment.method !== 'CASH', 'CASH_REVERSED_IN_PART'),
      ...ifNot(part <= left || mayExceed, 'REVERSAL_EXCEEDS_PAYMENT'),
      ...ifNot(day >= lastEffectOf(payment), 'UNDO_BEFORE_WHAT_IT_UNDOES'),
    ],
    apply: (told) => ({
      paymentId,
      amount: moneyOf(part, payment.currency),
      ...oweFor(state, payment, part - left, told, day),
      reopened: takeMoneyBack(state, payment, day, reason, part),
    }),
  }
}

export const reverseSetOff: Rule<State> = (state, { paymentId }, day) => {
  const payment = state.payments.get(paymentId)
  if (payment?.method !== 'SET_OFF') return { codes: ['NOTHING_TO_REVERSE'], apply: () => ({}) }
  return {
    codes: [
      ...ifNot(payment.reversed === 0, 'ALREADY_REVERSED'),
      ...ifNot(payment.refunded + payment.released === 0, 'PAYMENT_REFUNDED'),
      ...ifNot(payment.transferred === 0, 'PAYMENT_TRANSFERRED'),
      ...ifNot(day >= lastEffectOf(payment), 'UNDO_BEFORE_WHAT_IT_UNDOES'),
    ],
    apply: () => {
      const reopened = takeMoneyBack(state, payment, day, 'MISTAKE').map(({ invoiceId }) => invoiceId)
      return { paymentId, reopened, reversedOn: day }
    },
  }
}

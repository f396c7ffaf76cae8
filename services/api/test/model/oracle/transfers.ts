/** Credit goes to another client's account, and may settle an invoice there. */
import { decimal, moneyOf, takeWorth } from './amounts.ts'
import { post } from './books.ts'
import { type Body, ifNot, type Judgement, type Told } from './command.ts'
import { settle } from './settling.ts'
import type { Payment, State } from './state.ts'
import { creditOf, last, roomOf } from './terms.ts'

/** Credit that goes back to whose it was is that payment's credit again. */
const homeOf = (payment: Payment, to: State): Payment | undefined =>
  payment.origin?.clientId === to.clientId ? to.payments.get(payment.origin.paymentId) : undefined

const transferIdIn = (body: Body, told: Told): string =>
  typeof told['transferId'] === 'string' ? told['transferId'] : body.transferId

/** @returns the credit as it stands in the other account */
const move = (from: State, to: State, payment: Payment, amount: number, transferId: string, on: string): Payment => {
  const { paymentId, currency } = payment
  payment.credit -= amount
  payment.transferred += amount
  const worth = takeWorth(payment.worth, payment.credit, payment.amount)
  const home = homeOf(payment, to)
  if (home !== undefined) {
    home.credit += amount
    home.transferred -= amount
    if (home.worth !== undefined) home.worth.left += worth ?? 0
  }
  const moved =
    home ??
    creditOf(
      transferId,
      { amount, currency },
      {
        method: 'TRANSFER',
        receivedOn: on,
        origin: { clientId: from.clientId, paymentId },
        worth: worth === undefined ? undefined : { whole: worth, left: worth },
      },
    )
  if (home === undefined) to.payments.set(transferId, moved)
  post(from, { on, cause: 'transferred' }, [['CLIENT_CREDIT', currency, amount, paymentId]])
  post(to, { on, cause: home === undefined ? 'recorded' : 'transferred' }, [
    ['CLIENT_CREDIT', currency, -amount, moved.paymentId],
  ])
  return moved
}

const refusalsOf = (from: State, to: State, payment: Payment | undefined, amount: number): readonly string[] => [
  ...ifNot(from !== to, 'TRANSFER_TO_SELF'),
  ...ifNot(payment !== undefined, 'PAYMENT_NOT_FOUND'),
  ...ifNot(payment === undefined || amount <= payment.credit, 'ALLOCATION_EXCEEDS_CREDIT'),
]

export const transferCredit = (from: State, to: State, body: Body, day: string): Judgement => {
  const payment = from.payments.get(body.paymentId)
  const amount = body.amount?.amount ?? 0
  const isTaken = to.payments.has(body.transferId) || to.papers.has(`creditNoteId ${body.transferId}`)
  return {
    codes: [...refusalsOf(from, to, payment, amount), ...ifNot(!isTaken, 'PAYMENT_ALREADY_RECORDED')],
    apply: (told) => {
      if (payment === undefined) return {}
      const on = last(day, payment.receivedOn, payment.lastUndoOn)
      move(from, to, payment, amount, transferIdIn(body, told), on)
      return { toClientId: to.clientId, amount: moneyOf(amount, payment.currency), movedOn: on }
    },
  }
}

/** A payer who pays another's invoice: no allocation spans two accounts, so the credit goes there and settles it. */
export const payForAnother = (from: State, to: State, body: Body, day: string): Judgement => {
  const payment = from.payments.get(body.paymentId)
  const invoice = to.invoices.get(body.invoiceId)
  const amount = body.amount?.amount ?? 0
  const moved = payment === undefined ? undefined : { method: 'TRANSFER', currency: payment.currency }
  return {
    codes: [
      ...refusalsOf(from, to, payment, amount),
      ...ifNot(invoice !== undefined, 'INVOICE_NOT_FOUND'),
      ...ifNot(
        invoice === undefined || moved === undefined || invoice.currency === moved.currency,
        'CURRENCY_MISMATCH',
      ),
      ...ifNot(
        invoice === undefined || moved === undefined || amount <= roomOf(invoice, moved),
        'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      ),
    ],
    apply: (told) => {
      if (payment === undefined || invoice === undefined) return {}
      const on = last(day, payment.receivedOn, payment.lastUndoOn)
      const credit = move(from, to, payment, amount, transferIdIn(body, told), on)
      settle(to, credit, { invoiceId: body.invoiceId, amount, paid: amount }, on)
      return { amount: decimal(amount), invoiceId: body.invoiceId }
    },
  }
}

/** Money in the bank of which nobody knows whose it is: the company's own, until a client's account says that it is its. */
import { decimal, FUNCTIONAL, moneyOf, takeWorth, worthAt } from './amounts.ts'
import { post } from './books.ts'
import { type Body, ifNot, type Judgement, type ModelCommand, type Rule } from './command.ts'
import { settle } from './settling.ts'
import { asTold, spreadOf } from './spreading.ts'
import type { Payment, State } from './state.ts'
import { creditFrom, creditOf, last } from './terms.ts'
import { openDay, vatWarnings } from './vat.ts'

const unknown: Judgement = { codes: ['UNIDENTIFIED_PAYMENT_NOT_FOUND'], apply: () => ({}) }

export const recordUnidentified: Rule<State> = (company, body, day) => {
  const { paymentId, fee, exchangeRate } = body
  const { amount = 0, currency = FUNCTIONAL } = body.amount ?? {}
  return {
    codes: [
      ...ifNot(!company.payments.has(paymentId), 'PAYMENT_ALREADY_RECORDED'),
      ...ifNot(fee <= amount, 'FEE_EXCEEDS_PAYMENT'),
    ],
    apply: () => {
      const worth = worthAt(exchangeRate, amount)
      const facts = { method: 'BANK_TRANSFER', receivedOn: day, fee, worth }
      company.payments.set(paymentId, creditOf(paymentId, { amount, currency }, facts))
      company.texts.set(paymentId, body.remittanceText)
      post(company, { on: day, cause: 'recorded', item: paymentId }, [
        ['BANK', currency, amount - fee],
        ['FEE', currency, fee],
        ['SUSPENSE', currency, -amount],
      ])
      return { paymentId, unidentified: decimal(amount) }
    },
  }
}

const exceeds = (payment: Payment, amount: number): boolean => amount <= 0 || amount > payment.credit

export const returnUnidentified: Rule<State> = (company, body, day) => {
  const payment = company.payments.get(body.paymentId)
  if (payment === undefined) return unknown
  const amount = body.amount?.amount ?? payment.credit
  const { paymentId, currency } = payment
  return {
    codes: [
      ...ifNot(payment.refunded < payment.amount, 'PAYMENT_ALREADY_REVERSED'),
      ...ifNot(!exceeds(payment, amount), 'UNIDENTIFIED_AMOUNT_EXCEEDED'),
      ...ifNot(day >= creditFrom(payment), 'UNDO_BEFORE_WHAT_IT_UNDOES'),
    ],
    apply: () => {
      payment.credit -= amount
      payment.refunded += amount
      takeWorth(payment.worth, payment.credit, payment.amount)
      // Of what never came at all the fee was none either.
      const fee = body.reason === 'MISTAKE' && payment.refunded === payment.amount ? payment.fee : 0
      post(company, { on: day, cause: 'returned', item: paymentId }, [
        ['SUSPENSE', currency, amount],
        ['BANK', currency, fee - amount],
        ['FEE', currency, -fee],
      ])
      return { paymentId, amount: moneyOf(amount, currency), returnedOn: day }
    },
  }
}

const identificationKey = ({ paymentId, identificationId }: ModelCommand['body']): string =>
  `${String(paymentId)} ${String(identificationId)}`

/** One turnover of the bank: what was the company's is the client's from the money's day on, if that is open. */
export const identifyPayment = (company: State, client: State, body: Body, asked: string): Judgement => {
  const payment = company.payments.get(body.paymentId)
  if (payment === undefined) return unknown
  const { paymentId, currency, receivedOn } = payment
  const { identificationId } = body
  const amount = body.amount?.amount ?? payment.credit
  const on = asked === '' ? openDay(company, creditFrom(payment)) : asked
  const credit = creditOf(
    identificationId,
    { amount, currency },
    { method: 'TRANSFER', receivedOn: on, moneyOn: receivedOn, origin: { clientId: company.clientId, paymentId } },
  )
  const said = { ...body, remittanceText: company.texts.get(paymentId) ?? '' }
  const spread = spreadOf(client, credit, said)
  const isTaken = client.payments.has(identificationId) || company.identified.has(identificationKey(body))
  return {
    codes: [
      ...ifNot(!isTaken, 'PAYMENT_ALREADY_RECORDED'),
      ...ifNot(!exceeds(payment, amount), 'UNIDENTIFIED_AMOUNT_EXCEEDED'),
      ...ifNot(on >= creditFrom(payment), 'UNDO_BEFORE_WHAT_IT_UNDOES'),
      ...spread.codes,
    ],
    warnings: [
      ...Array.from({ length: spread.unmet }, () => 'NAMED_INVOICE_NOT_OPEN'),
      ...spread.shares.flatMap(({ invoiceId }) => vatWarnings(client, credit, client.invoices.get(invoiceId), on)),
    ],
    apply: (told) => {
      payment.credit -= amount
      payment.transferred += amount
      const { shares, notes } = asTold(spread, amount, told)
      const worth = takeWorth(payment.worth, payment.credit, payment.amount)
      const received: Payment = { ...credit, worth: worth === undefined ? undefined : { whole: worth, left: worth } }
      company.identified.set(identificationKey(body), client.clientId)
      client.payments.set(identificationId, received)
      post(company, { on, cause: 'identified', item: paymentId }, [['SUSPENSE', currency, amount]])
      post(client, { on, cause: 'recorded' }, [['CLIENT_CREDIT', currency, -amount, identificationId]])
      for (const share of shares) settle(client, received, share, on)
      for (const { note, shares: ofNote } of notes) for (const share of ofNote) settle(client, note, share, on)
      return {
        paymentId,
        identificationId,
        clientId: client.clientId,
        amount: moneyOf(amount, currency),
        identifiedOn: on,
        collectedOn: receivedOn,
        credit: decimal(received.credit),
      }
    },
  }
}

/** Whose it was, as the company's books tell. */
export const whoseIs = ({ identified }: Pick<State, 'identified'>, body: ModelCommand['body']): string | undefined =>
  identified.get(identificationKey(body))

/** What the client has not used is nobody's again. */
export const undoIdentification = (company: State, client: State, body: Body, day: string): Judgement => {
  const payment = company.payments.get(body.paymentId)
  if (payment === undefined) return unknown
  const credit = client.payments.get(body.identificationId)
  if (credit === undefined || whoseIs(company, body) !== client.clientId) {
    return { codes: ['PAYMENT_NOT_FOUND'], apply: () => ({}) }
  }
  return {
    codes: [
      ...ifNot(credit.credit > 0, 'NOTHING_TO_REVERSE'),
      ...ifNot(day >= creditFrom(credit), 'UNDO_BEFORE_WHAT_IT_UNDOES'),
    ],
    apply: () => {
      const amount = credit.credit
      const { paymentId, currency } = payment
      credit.credit = 0
      credit.transferred += amount
      const worth = takeWorth(credit.worth, 0, credit.amount)
      payment.credit += amount
      payment.transferred -= amount
      if (payment.worth !== undefined) payment.worth.left += worth ?? 0
      payment.lastUndoOn = last(payment.lastUndoOn, day)
      post(company, { on: day, cause: 'identified', item: paymentId }, [['SUSPENSE', currency, -amount]])
      post(client, { on: day, cause: 'transferred' }, [['CLIENT_CREDIT', currency, amount, body.identificationId]])
      const told = { amount: moneyOf(amount, currency), undoneOn: day }
      return { paymentId, identificationId: body.identificationId, clientId: client.clientId, ...told }
    },
  }
}

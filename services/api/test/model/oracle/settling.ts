/** Money goes to invoices and comes back from them. */
import { FUNCTIONAL, rounded, takeWorth } from './amounts.ts'
import { post } from './books.ts'
import type { Invoice, Payment, Piece, State } from './state.ts'
import {
  allocatedOn,
  collectionDay,
  creditFrom,
  freeFrom,
  invoiceIdOf,
  isPending,
  isRecovery,
  last,
  recoveryOf,
} from './terms.ts'
import { collectedOn, moveMoney, openDay } from './vat.ts'

export const known = ({ invoices }: State, key: string): Invoice => {
  const invoice = invoices.get(invoiceIdOf(key))
  if (invoice === undefined) throw new Error(`the model settles ${key}, which it does not know`)
  return invoice
}

/** What goes of the payment, and what of the invoice, each in its currency. */
export interface Share {
  readonly invoiceId: string
  readonly amount: number
  readonly paid: number
}
export const alike = (invoiceId: string, amount: number): Share => ({ invoiceId, amount, paid: amount })

/** A difference is posted in lei against what lies between the currencies. */
export const differenceLegs = (difference: number, sign: 1 | -1) =>
  [
    ['CURRENCY_POSITION', FUNCTIONAL, sign * difference, ''],
    [difference > 0 ? 'FX_GAIN' : 'FX_LOSS', FUNCTIONAL, -sign * difference, ''],
  ] as const

const differenceOf = (payment: Payment, invoice: Invoice, { invoiceWorth, paymentWorth }: Piece): number =>
  (payment.currency === FUNCTIONAL && invoice.currency === FUNCTIONAL) ||
  invoiceWorth === undefined ||
  paymentWorth === undefined
    ? 0
    : paymentWorth - invoiceWorth

/** Posts a piece, or with -1 takes it back. */
const postPiece = (state: State, payment: Payment, key: string, piece: Piece, on: string, sign: 1 | -1): void => {
  const invoice = known(state, key)
  const cause = isRecovery(key) ? 'recovered' : 'allocated'
  const { paymentId, currency } = payment
  const { invoiceId } = invoice
  const isExchanged = currency !== invoice.currency
  post(state, { on, cause }, [
    ['CLIENT_CREDIT', currency, sign * piece.paid, paymentId],
    ...(isExchanged
      ? ([
          ['CURRENCY_POSITION', currency, -sign * piece.paid],
          ['CURRENCY_POSITION', invoice.currency, sign * piece.amount],
        ] as const)
      : []),
    [isRecovery(key) ? 'RECOVERY' : 'RECEIVABLE', invoice.currency, -sign * piece.amount, invoiceId],
    ...differenceLegs(differenceOf(payment, invoice, piece), sign),
  ])
}

/** What of the credit a cheque or note has still to bring: what leaves the credit leaves it of what came already. */
export const uncollectedCredit = ({ credit, creditUncollected }: Payment): number => Math.min(credit, creditUncollected)

export const settle = (state: State, payment: Payment, share: Share, day: string): void => {
  const invoice = known(state, share.invoiceId)
  const recovers = invoice.open === 0 && invoice.writtenOff > 0
  const key = recovers ? recoveryOf(share.invoiceId) : share.invoiceId
  const earliest = last(day, creditFrom(payment), collectionDay(payment), freeFrom(invoice))
  const on = recovers ? last(earliest, invoice.writtenOffOn) : earliest
  const isLiving = allocatedOn(payment, key) > 0
  let pair = payment.pairs.get(key)
  if (pair === undefined) {
    state.pairs += 1
    pair = { order: state.pairs, on, pieces: [], uncollected: 0 }
    payment.pairs.set(key, pair)
  } else pair.on = isLiving ? last(pair.on, on) : on
  const uncollected = Math.max(0, share.paid - (payment.credit - uncollectedCredit(payment)))
  pair.uncollected += uncollected
  payment.creditUncollected -= uncollected
  payment.credit -= share.paid
  if (recovers) invoice.recovered += share.amount
  else invoice.open -= share.amount
  const ownWorth = (currency: string, amount: number): number | undefined =>
    currency === FUNCTIONAL ? amount : undefined
  const piece: Piece = {
    amount: share.amount,
    paid: share.paid,
    invoiceWorth: recovers
      ? undefined
      : (ownWorth(invoice.currency, share.amount) ?? takeWorth(invoice.worth, invoice.open, invoice.total)),
    paymentWorth: ownWorth(payment.currency, share.paid) ?? takeWorth(payment.worth, payment.credit, payment.amount),
  }
  pair.pieces.push(piece)
  postPiece(state, payment, key, piece, on, 1)
  moveMoney(state, invoice, openDay(state, collectedOn(payment, invoice, on)), share.amount - uncollected)
}

/** What arrives falls on what was settled first, and then on the credit. */
export const collect = (state: State, payment: Payment, arrived: number, day: string): void => {
  let left = arrived
  const pairs = [...payment.pairs].toSorted(([, one], [, other]) => one.order - other.order)
  for (const [key, pair] of pairs) {
    const part = Math.min(left, pair.uncollected)
    left -= part
    pair.uncollected -= part
    if (part > 0) moveMoney(state, known(state, key), day, part)
  }
  payment.creditUncollected = isPending(payment) ? Math.max(0, payment.creditUncollected - left) : 0
}

/** Cuts a part off the newest piece; the last part of a piece is what is left of it. */
const cut = (pieces: Piece[], amount: number): Piece | undefined => {
  const newest = pieces.at(-1)
  if (newest === undefined || newest.amount <= amount) return pieces.pop()
  const share = (whole: number): number => rounded(whole * amount, newest.amount)
  const paid = share(newest.paid)
  const part: Piece = {
    amount,
    paid,
    invoiceWorth: newest.invoiceWorth === undefined ? undefined : share(newest.invoiceWorth),
    // What the payment was worth goes by what of the payment comes back.
    paymentWorth: newest.paymentWorth === undefined ? undefined : rounded(newest.paymentWorth * paid, newest.paid),
  }
  newest.amount -= part.amount
  newest.paid -= part.paid
  if (newest.invoiceWorth !== undefined) newest.invoiceWorth -= part.invoiceWorth ?? 0
  if (newest.paymentWorth !== undefined) newest.paymentWorth -= part.paymentWorth ?? 0
  return part
}

/** @returns what the payment has of it again */
export const free = (state: State, payment: Payment, key: string, amount: number, on: string): number => {
  const invoice = known(state, key)
  const pieces = payment.pairs.get(key)?.pieces ?? []
  let left = amount
  let freed = 0
  while (left > 0) {
    const piece = cut(pieces, left)
    if (piece === undefined) throw new Error(`the model frees more of ${key} than there is`)
    left -= piece.amount
    freed += piece.paid
    payment.credit += piece.paid
    if (payment.worth !== undefined) payment.worth.left += piece.paymentWorth ?? 0
    if (isRecovery(key)) invoice.recovered -= piece.amount
    else invoice.open += piece.amount
    if (invoice.worth !== undefined && !isRecovery(key)) invoice.worth.left += piece.invoiceWorth ?? 0
    postPiece(state, payment, key, piece, on, -1)
  }
  // What has not come is given back first.
  const pair = payment.pairs.get(key)
  const uncollected = Math.min(pair?.uncollected ?? 0, amount)
  if (pair !== undefined) pair.uncollected -= uncollected
  payment.creditUncollected += uncollected
  moveMoney(state, invoice, on, uncollected - amount)
  payment.lastUndoOn = last(payment.lastUndoOn, on)
  invoice.lastUndoOn = last(invoice.lastUndoOn, on)
  return freed
}

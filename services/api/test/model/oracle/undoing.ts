/** What was settled is freed, newest first: room for a note, a cancelled invoice, money that goes. */
import { decimal, takeWorth } from './amounts.ts'
import { post } from './books.ts'
import { free, known, uncollectedCredit } from './settling.ts'
import type { Invoice, Pair, Payment, State } from './state.ts'
import {
  allocatedOn,
  collectionDay,
  freeFrom,
  isCash,
  isOnItsWay,
  isPending,
  isRecovery,
  last,
  lastEffectOf,
  recoveryOf,
} from './terms.ts'

/** What was paid of an invoice, the newest day first, of one day the newest pair. */
export const newestOn = ({ payments }: State, ...keys: readonly string[]) =>
  keys
    .flatMap((key) =>
      [...payments.values()].flatMap((payment) => {
        const amount = allocatedOn(payment, key)
        const pair = payment.pairs.get(key)
        return amount === 0 || pair === undefined ? [] : [{ payment, key, amount, order: pair.order, on: pair.on }]
      }),
    )
    .toSorted((one, other) => other.on.localeCompare(one.on) || other.order - one.order)

export const paidOf = (state: State, invoiceId: string): number =>
  newestOn(state, invoiceId).reduce((sum, { amount }) => sum + amount, 0)

interface Freed {
  readonly paymentId: string
  readonly amount: string
}

/** A note lowers what is paid by freeing money first. */
export const makeRoom = (state: State, invoice: Invoice, total: number, day: string): readonly Freed[] => {
  let missing = total - invoice.open
  const leaving = newestOn(state, invoice.invoiceId).flatMap(({ payment, amount, on }) => {
    const part = Math.min(amount, missing)
    if (part <= 0) return []
    missing -= part
    return [{ payment, part, on: last(on, collectionDay(payment)) }]
  })
  const freedOn = last(day, freeFrom(invoice), ...leaving.map(({ on }) => on))
  return leaving.map(({ payment, part }) => {
    free(state, payment, invoice.invoiceId, part, freedOn)
    return { paymentId: payment.paymentId, amount: decimal(part) }
  })
}

/** All that money has brought of an invoice, be it what was written off. */
export const freeAll = (state: State, invoiceId: string, day: string): readonly Freed[] =>
  newestOn(state, invoiceId, recoveryOf(invoiceId)).map(({ payment, key, amount }) => {
    free(state, payment, key, amount, day)
    return { paymentId: payment.paymentId, amount: decimal(amount) }
  })

/** The last day on which money came to an invoice, or became money there. */
export const settledOn = (state: State, invoiceId: string): string =>
  last(...newestOn(state, invoiceId, recoveryOf(invoiceId)).map(({ payment, on }) => last(on, collectionDay(payment))))

export const leftOf = ({ amount, claimed, refunded, released, reversed, transferred }: Payment): number =>
  amount + claimed - refunded - released - reversed - transferred

/** So much of a payment: first its credit, then what was settled last; between two currencies a pair goes whole. */
export const freePart = (state: State, payment: Payment, day: string, amount: number) => {
  const pairOf = (key: string): Pair => payment.pairs.get(key) ?? { order: 0, on: '', pieces: [], uncollected: 0 }
  const freedOn = last(day, lastEffectOf(payment))
  const keys = [...payment.pairs.keys()].filter((key) => allocatedOn(payment, key) > 0)
  const newest = keys.toSorted(
    (one, other) => Number(isRecovery(other)) - Number(isRecovery(one)) || pairOf(other).order - pairOf(one).order,
  )
  // What is on its way goes first, of what has not come; then what came.
  const onItsWay = isPending(payment) ? Math.min(payment.inTransit, amount) : 0
  const uncollected = uncollectedCredit(payment)
  let missing = Math.max(0, onItsWay - uncollected)
  const promised = new Map(
    newest.map((key) => {
      const part = Math.min(missing, pairOf(key).uncollected)
      missing -= part
      return [key, part]
    }),
  )
  let wanted = Math.max(0, amount - onItsWay + missing - (payment.credit - uncollected))
  const taken = newest.flatMap((key) => {
    const first = promised.get(key) ?? 0
    const came = allocatedOn(payment, key) - pairOf(key).uncollected
    const isAlike = known(state, key).currency === payment.currency
    const part = first + (wanted <= 0 ? 0 : isAlike ? Math.min(came, wanted) : came)
    if (part === 0) return []
    wanted -= free(state, payment, key, part, freedOn) - first
    return [{ key, part }]
  })
  const reopened = taken
    .toReversed()
    .filter(({ key }) => !isRecovery(key))
    .map(({ key, part }) => ({ invoiceId: key, amount: decimal(part) }))
  return { reopened, freedOn, onItsWay }
}

export const reverse = (state: State, payment: Payment, day: string, amount = leftOf(payment)) => {
  const { reopened, freedOn: reversedOn, onItsWay } = freePart(state, payment, day, amount)
  payment.creditUncollected = Math.max(0, payment.creditUncollected - onItsWay)
  payment.lastUndoOn = last(payment.lastUndoOn, reversedOn)
  payment.credit -= amount
  payment.reversed += amount
  takeWorth(payment.worth, payment.credit, payment.amount)
  const takenInTransit = Math.min(payment.inTransit, amount)
  payment.inTransit -= takenInTransit
  if (payment.inTransit === 0) payment.creditUncollected = 0
  if (isCash(payment)) {
    state.cashByDay.set(payment.receivedOn, (state.cashByDay.get(payment.receivedOn) ?? 0) - payment.amount)
  }
  return { reopened, reversedOn, takenInTransit }
}

const MONEY_ACCOUNT: Readonly<Record<string, string>> = {
  CASH: 'CASH',
  CARD_POS: 'CARD_IN_TRANSIT',
  CARD_ONLINE: 'CARD_IN_TRANSIT',
  COURIER_COD: 'COURIER',
  CHEQUE: 'CHEQUE',
  PROMISSORY_NOTE: 'PROMISSORY_NOTE',
  BANK_TRANSFER: 'BANK',
  SET_OFF: 'SET_OFF',
}
export const moneyAccount = ({ method }: Payment): string => MONEY_ACCOUNT[method] ?? ''

/** Takes money back: what is on its way first; of what never came at all the fee was none either. */
export const takeMoneyBack = (
  state: State,
  payment: Payment,
  day: string,
  reason: string,
  amount = leftOf(payment),
) => {
  const { reopened, reversedOn, takenInTransit } = reverse(state, payment, day, amount)
  const { currency, paymentId } = payment
  const from = isOnItsWay(payment) ? 'BANK' : moneyAccount(payment)
  const fee = reason === 'MISTAKE' && payment.reversed === payment.amount ? payment.fee : 0
  payment.fee -= fee
  post(state, { on: reversedOn, cause: 'reversed' }, [
    ['CLIENT_CREDIT', currency, amount, paymentId],
    [moneyAccount(payment), currency, -takenInTransit],
    [from, currency, takenInTransit - amount + fee],
    ['FEE', currency, -fee],
  ])
  return reopened
}

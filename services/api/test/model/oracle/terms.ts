/** Words of the model: what a payment is, what an invoice takes. */
import type { Invoice, Payment } from './state.ts'

export const isNote = ({ method }: Pick<Payment, 'method'>): boolean => method === 'CREDIT_NOTE'
export const isCard = ({ method }: Pick<Payment, 'method'>): boolean => ['CARD_POS', 'CARD_ONLINE'].includes(method)
/** Cheques and promissory notes promise money; they bring it when they are collected. */
export const isInstrument = ({ method }: Pick<Payment, 'method'>): boolean =>
  ['CHEQUE', 'PROMISSORY_NOTE'].includes(method)
export const isOnItsWay = (payment: Pick<Payment, 'method'>): boolean =>
  isCard(payment) || isInstrument(payment) || payment.method === 'COURIER_COD'
/** It may still bounce. */
export const isPending = (payment: Pick<Payment, 'method' | 'inTransit'>): boolean =>
  isInstrument(payment) && payment.inTransit > 0
export const isCash = ({ method }: Pick<Payment, 'method'>): boolean => method === 'CASH'
/** Not credit that came from another account, and no paper. */
export const isMoney = ({ method }: Pick<Payment, 'method'>): boolean => !['CREDIT_NOTE', 'TRANSFER'].includes(method)

export const last = (...days: readonly string[]): string => days.toSorted().at(-1) ?? ''
/** None of them has a series. */
export const paperOf = (number: string, issuedOn: string): string => `${Number(number)} of ${issuedOn.slice(0, 4)}`

/** Money that recovers a write-off stands under a name of its own beside what settles the invoice. */
const RECOVERED = '~'
export const recoveryOf = (invoiceId: string): string => `${invoiceId}${RECOVERED}`
export const isRecovery = (key: string): boolean => key.endsWith(RECOVERED)
export const invoiceIdOf = (key: string): string => (isRecovery(key) ? key.slice(0, -RECOVERED.length) : key)

/** What of a payment stands on an invoice, in the invoice's currency. */
export const allocatedOn = (payment: Payment, key: string): number =>
  (payment.pairs.get(key)?.pieces ?? []).reduce((sum, { amount }) => sum + amount, 0)

/** When a cheque or note was collected, so far: what it settles neither begins nor ends before. */
export const collectionDay = (payment: Pick<Payment, 'method' | 'arrivedOn'>): string =>
  isInstrument(payment) ? payment.arrivedOn : ''

/** The first day on which an invoice may be lowered: from the last undo on, what is open only falls. */
export const freeFrom = ({ issuedOn, lastUndoOn }: Invoice): string => last(issuedOn, lastUndoOn)

/** The first day on which credit may leave. */
export const creditFrom = ({ receivedOn, lastUndoOn }: Payment): string => last(receivedOn, lastUndoOn)

/** The last day on which anything about a payment is effective: nothing of it is taken back before. */
export const lastEffectOf = (payment: Payment): string =>
  last(
    creditFrom(payment),
    payment.arrivedOn,
    ...[...payment.pairs].flatMap(([key, { on }]) => (allocatedOn(payment, key) > 0 ? [on] : [])),
  )

/** What an invoice takes of money: what is open, or, with nothing open, what was written off of it. */
export const roomOf = (
  { open, writtenOff, recovered, currency }: Invoice,
  payment: Pick<Payment, 'method' | 'currency' | 'moneyOn' | 'inTransit'>,
): number => {
  const isThere = payment.moneyOn !== undefined && !isPending(payment)
  return open > 0 || !isThere || payment.currency !== currency ? open : writtenOff - recovered
}

export const creditOf = (
  paymentId: string,
  { amount, currency }: { readonly amount: number; readonly currency: string },
  change: Partial<Payment> & Pick<Payment, 'method' | 'receivedOn'>,
): Payment => ({
  paymentId,
  amount,
  currency,
  fee: 0,
  worth: undefined,
  pairs: new Map(),
  origin: undefined,
  moneyOn: isNote(change) || isInstrument(change) ? undefined : change.receivedOn,
  lastUndoOn: '',
  credit: amount,
  creditUncollected: isInstrument(change) ? amount : 0,
  refunded: 0,
  released: 0,
  reversed: 0,
  claimed: 0,
  transferred: 0,
  sent: new Map(),
  inTransit: isOnItsWay(change) ? amount : 0,
  arrivedOn: '',
  receipt: undefined,
  ...change,
})

/** An invoice or a claim as it begins. */
export const openItem = (
  invoiceId: string,
  { amount, currency }: { readonly amount: number; readonly currency: string },
  more: Partial<Invoice> & Pick<Invoice, 'number' | 'issuedOn' | 'terms'>,
): Invoice => ({
  invoiceId,
  claim: '',
  ofPayment: '',
  paper: '',
  currency,
  total: amount,
  isAdvance: false,
  cashAccounting: false,
  vat: new Map(),
  takenOff: new Map(),
  takesOff: [],
  worth: undefined,
  isCancelled: false,
  open: amount,
  collected: 0,
  collectedOn: '',
  early: 0,
  writtenOff: 0,
  recovered: 0,
  writtenOffOn: '',
  lastUndoOn: '',
  ...more,
})

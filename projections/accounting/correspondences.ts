import type { ClientId, InvoiceId, PaymentId } from '@registru/domain'
import { clientOrNone } from '../core/books/no-client.ts'
import type { Account } from '../journal/accounts.ts'

/** A posting of a note; debit is positive. */
export interface NoteLeg {
  readonly eventId: string
  readonly account: Account
  readonly currency: string
  readonly amountMinor: bigint
  /** Empty: the company's own. */
  readonly clientId: ClientId
  readonly invoiceId: InvoiceId | undefined
  readonly paymentId: PaymentId | undefined
}

/** What one side of a correspondence is posted to, and whose it is; `undefined`: the company's own. */
export interface CorrespondenceSide {
  readonly account: Account
  readonly clientId: ClientId | undefined
}

/** One debit account = one credit account, as a note is written. */
export interface Correspondence {
  readonly debit: CorrespondenceSide
  readonly credit: CorrespondenceSide
  readonly currency: string
  readonly amountMinor: bigint
  readonly invoiceId: InvoiceId | undefined
  readonly paymentId: PaymentId | undefined
}

/** The postings of a note say more on one side than on the other: a fault of ours or of the disk. */
export class NoteDoesNotBalance extends Error {
  override readonly name = 'NoteDoesNotBalance'
  readonly eventId: string | undefined
  readonly currency: string
  /** Debits less credits. */
  readonly differenceMinor: bigint

  constructor(currency: string, left: readonly NoteLeg[]) {
    super('a note does not balance')
    this.eventId = left[0]?.eventId
    this.currency = currency
    this.differenceMinor = left.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
  }
}

/** Whose credit a leg moves; `undefined`: nobody's. */
const creditOf = ({ account, clientId, paymentId, currency }: NoteLeg): string | undefined =>
  account === 'CLIENT_CREDIT' ? JSON.stringify([clientId, paymentId, currency]) : undefined

/** Takes an amount off a leg, towards zero. */
const lessened = (leg: NoteLeg, minor: bigint): NoteLeg => ({
  ...leg,
  amountMinor: leg.amountMinor < 0n ? leg.amountMinor + minor : leg.amountMinor - minor,
})

const sizeOf = ({ amountMinor }: NoteLeg): bigint => (amountMinor < 0n ? -amountMinor : amountMinor)
const leastOf = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** What of a note is posted to each credit and from it again is on neither side: 5121 = 4111. */
const withoutPassing = (legs: readonly NoteLeg[]): readonly NoteLeg[] => {
  const sides = new Map<string, { debit: bigint; credit: bigint }>()
  for (const leg of legs) {
    const credit = creditOf(leg)
    if (credit === undefined) continue
    const of = sides.get(credit) ?? { debit: 0n, credit: 0n }
    sides.set(credit, of)
    of[leg.amountMinor > 0n ? 'debit' : 'credit'] += sizeOf(leg)
  }
  for (const of of sides.values()) {
    const passed = leastOf(of.debit, of.credit)
    of.debit = passed
    of.credit = passed
  }
  return legs
    .map((leg) => {
      const of = sides.get(creditOf(leg) ?? '')
      if (of === undefined) return leg
      const side = leg.amountMinor > 0n ? 'debit' : 'credit'
      const taken = leastOf(of[side], sizeOf(leg))
      of[side] -= taken
      return lessened(leg, taken)
    })
    .filter(({ amountMinor }) => amountMinor !== 0n)
}

/** Both sides of one move of VAT: whatever else the note says, they belong together. */
const isVatMove = (leg: NoteLeg, next: NoteLeg | undefined): next is NoteLeg =>
  next !== undefined &&
  next.account === 'VAT_DUE' &&
  (leg.account === 'VAT_DEFERRED' || leg.account === 'ADVANCE_INVOICED') &&
  leg.eventId === next.eventId &&
  leg.currency === next.currency &&
  leg.amountMinor === -next.amountMinor

const sideOf = ({ account, clientId }: NoteLeg): CorrespondenceSide => ({ account, clientId: clientOrNone(clientId) })

const paired = (one: NoteLeg, other: NoteLeg, amountMinor: bigint): Correspondence => {
  const [debit, credit] = one.amountMinor > 0n ? [one, other] : [other, one]
  return {
    debit: sideOf(debit),
    credit: sideOf(credit),
    currency: debit.currency,
    amountMinor,
    // Where money comes in for an invoice, the receivable's leg alone knows of both.
    invoiceId: debit.invoiceId ?? credit.invoiceId,
    paymentId: debit.paymentId ?? credit.paymentId,
  }
}

/** Debits meet credits of their currency in the order in which they were posted, each as far as it goes. */
const inOrder = (legs: readonly NoteLeg[]): readonly Correspondence[] => {
  const correspondences: Correspondence[] = []
  const waiting: NoteLeg[] = []
  for (const leg of legs) {
    let rest = leg
    while (rest.amountMinor !== 0n) {
      const first = waiting[0]
      if (first === undefined || first.amountMinor > 0n === rest.amountMinor > 0n) {
        waiting.push(rest)
        break
      }
      const amountMinor = leastOf(sizeOf(first), sizeOf(rest))
      correspondences.push(paired(first, rest, amountMinor))
      rest = lessened(rest, amountMinor)
      const left = lessened(first, amountMinor)
      if (left.amountMinor === 0n) waiting.shift()
      else waiting[0] = left
    }
  }
  const [first] = waiting
  if (first !== undefined) throw new NoteDoesNotBalance(first.currency, waiting)
  return correspondences
}

/** The legs of a note, in the order in which they were posted, as simple correspondences with the same turnovers. @throws NoteDoesNotBalance */
export const correspondencesOf = (legs: readonly NoteLeg[]): readonly Correspondence[] => {
  const left = withoutPassing(legs)
  const plain: NoteLeg[] = []
  const vat: Correspondence[] = []
  for (let at = 0; at < left.length; at += 1) {
    const leg = left[at]
    if (leg === undefined) continue
    const next = left[at + 1]
    if (isVatMove(leg, next)) {
      vat.push(paired(leg, next, sizeOf(leg)))
      at += 1
    } else plain.push(leg)
  }
  const currencies = [...new Set(plain.map(({ currency }) => currency))]
  return [...currencies.flatMap((currency) => inOrder(plain.filter((leg) => leg.currency === currency))), ...vat]
}

/** TVA la încasare, and what papers take back of VAT. */
import { rounded } from './amounts.ts'
import { post } from './books.ts'
import type { Line } from './command.ts'
import type { AtRate, Invoice, Payment, State } from './state.ts'
import { last } from './terms.ts'

export type VatByRate = ReadonlyMap<string, AtRate>
export const NO_VAT: VatByRate = new Map()

const NOTHING: AtRate = { base: 0, vat: 0 }

export const byRate = (lines: readonly Line[]): VatByRate => {
  const rates = new Map<string, AtRate>()
  for (const { rate, base, vat } of lines) {
    const before = rates.get(rate) ?? NOTHING
    rates.set(rate, { base: before.base + base, vat: before.vat + vat })
  }
  return rates
}

const sumOf = (rates: VatByRate, amountOf: (of: AtRate) => number): number =>
  [...rates.values()].reduce((sum, of) => sum + amountOf(of), 0)
export const grossOf = (rates: VatByRate): number => sumOf(rates, ({ base, vat }) => base + vat)
export const vatOf = (rates: VatByRate): number => sumOf(rates, ({ vat }) => vat)

/** Legea 227/2015 art. 282 (8): money includes its VAT, rounded over all that came so far. */
const exigibleOf = ({ cashAccounting, vat, collected }: Invoice): ReadonlyMap<string, number> => {
  const gross = grossOf(vat)
  const share = (part: number): number => (gross > 0 ? rounded(Math.min(collected, gross) * part, gross) : 0)
  return new Map(cashAccounting ? [...vat].map(([rate, of]) => [rate, share(of.vat)]) : [])
}

/**
 * Carries out what changes the VAT of an invoice or what was collected of it, and posts the difference. What is exigible of
 * money is divided anew where the money stands, be the paper older.
 */
export const withVat = (
  state: State,
  invoice: Invoice,
  { on, cause, dueOn = last(on, invoice.collectedOn) }: { on: string; cause: string; dueOn?: string },
  change: () => void,
): void => {
  const before = { vat: new Map(invoice.vat), exigible: exigibleOf(invoice) }
  change()
  const after = { vat: invoice.vat, exigible: exigibleOf(invoice) }
  const entry = { on, cause, item: invoice.invoiceId }
  const ofMoney = { ...entry, on: dueOn }
  for (const rate of new Set([...before.vat.keys(), ...after.vat.keys()])) {
    const less = (before.vat.get(rate)?.vat ?? 0) - (after.vat.get(rate)?.vat ?? 0)
    const due = (after.exigible.get(rate) ?? 0) - (before.exigible.get(rate) ?? 0)
    if (invoice.cashAccounting) {
      post(state, entry, [['VAT_DEFERRED', invoice.currency, less, undefined, rate]])
      post(state, ofMoney, [
        ['VAT_DUE', invoice.currency, -due, undefined, rate],
        ['VAT_DEFERRED', invoice.currency, due, undefined, rate],
      ])
    } else post(state, entry, [['VAT_DUE', invoice.currency, less]])
  }
}

/** Money for an advance makes its VAT due, be the paper later; outside the scheme the paper makes due what is left. */
const bringForward = (state: State, invoice: Invoice, on: string, amount: number): void => {
  const { invoiceId, currency, issuedOn, vat } = invoice
  const gross = grossOf(vat)
  const dueOf = (money: number): number =>
    gross === 0 ? 0 : sumOf(vat, (of) => rounded(Math.min(money, gross) * of.vat, gross))
  const brought = dueOf(invoice.early + amount) - dueOf(invoice.early)
  invoice.early += amount
  const move = (day: string, due: number): void =>
    post(state, { on: day, cause: 'collected', item: invoiceId }, [
      ['ADVANCE_INVOICED', currency, due],
      ['VAT_DUE', currency, -due],
    ])
  move(on, brought)
  move(issuedOn, -brought)
}

/** Money on an invoice, or with a minus off it: VAT is exigible with it. */
export const moveMoney = (state: State, invoice: Invoice, on: string, amount: number): void => {
  const { isAdvance, cashAccounting, issuedOn } = invoice
  if (isAdvance && !cashAccounting && amount > 0 && on < issuedOn) bringForward(state, invoice, on, amount)
  withVat(state, invoice, { on, cause: 'collected', dueOn: on }, () => {
    invoice.collected += amount
  })
  invoice.collectedOn = last(invoice.collectedOn, on)
}

export const addRates = (to: Map<string, AtRate>, rates: VatByRate, sign: 1 | -1): void => {
  for (const [rate, { base, vat }] of rates) {
    const before = to.get(rate) ?? NOTHING
    to.set(rate, { base: before.base + sign * base, vat: before.vat + sign * vat })
  }
}

/** What papers may still take back. */
const leftOf = ({ vat, takenOff }: Invoice): VatByRate => {
  const left = new Map(vat)
  addRates(left, takenOff, -1)
  return left
}

/** What is taken back has to be there, rate by rate. */
export const isThere = (invoice: Invoice, taken: VatByRate): boolean => {
  const left = leftOf(invoice)
  return [...taken].every(([rate, { base, vat }]) => {
    const of = left.get(rate)
    return of !== undefined && base <= of.base && vat <= of.vat
  })
}

/** Of an invoice with VAT no note may leave the VAT where it is. */
export const fits = (invoice: Invoice, taken: VatByRate): boolean =>
  (taken.size > 0 || vatOf(leftOf(invoice)) === 0) && isThere(invoice, taken)

/** What papers may take off the price of an invoice: its rates say so, or else what others took off it before. */
export const creditableOf = ({ papers }: State, invoice: Invoice): number => {
  if (invoice.vat.size > 0) return grossOf(leftOf(invoice))
  const { invoiceId, total } = invoice
  const taken = [...papers.values()].filter(
    ({ kind, of, corrects, reversed }) =>
      !reversed && (kind === 'creditNoteId' || kind === 'discountId') && (of === invoiceId || corrects === invoiceId),
  )
  return taken.reduce((left, { amount }) => left - amount, total)
}

/** Of a note that says nothing of VAT: its share of what is left, so that the last one takes the rest. */
export const shareOf = (invoice: Invoice, total: number): VatByRate => {
  const vat = leftOf(invoice)
  const gross = grossOf(vat)
  if (gross === 0) return NO_VAT
  return new Map(
    [...vat].map(([rate, left]) => {
      const part = left.vat - rounded(left.vat * (gross - total), gross)
      const base = left.base - rounded(left.base * (gross - total), gross)
      return [rate, vat.size === 1 ? { base: total - part, vat: part } : { base, vat: part }]
    }),
  )
}

export const nextDay = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)

/** The money's own day, but not before the paper, unless that is for an advance, nor before the last undo. */
export const collectedOn = (payment: Payment, invoice: Invoice, allocatedOn: string): string => {
  const own = payment.moneyOn ?? allocatedOn
  return last(own, invoice.isAdvance ? '' : invoice.issuedOn, invoice.lastUndoOn)
}
export const openDay = ({ closedThrough }: State, day: string): string =>
  day <= closedThrough ? nextDay(closedThrough) : day

/** Money of a closed month belongs to that month's return, which is to be corrected. */
export const vatWarnings = (
  state: State,
  payment: Payment,
  invoice: Invoice | undefined,
  day: string,
): readonly string[] => {
  if (invoice === undefined || payment.moneyOn === undefined || vatOf(invoice.vat) === 0) return []
  const own = collectedOn(payment, invoice, day)
  // Of an advance invoice outside the scheme only what came before the paper is due before it.
  if (!invoice.cashAccounting && !(invoice.isAdvance && own < invoice.issuedOn)) return []
  return openDay(state, own) === own ? [] : ['VAT_BELONGS_TO_CLOSED_PERIOD']
}

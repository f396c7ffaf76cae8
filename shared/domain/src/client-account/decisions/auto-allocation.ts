import type { InvoiceId } from '../../ids.ts'
import type { Currency } from '../../money.ts'
import { ITEMS_MAX, onlySum, type SumQuestion } from '../exact-sum.ts'
import { noOpenInvoices, type OpenInvoices, type OpenPart, onlyReach, partsInOrder } from '../open-invoices.ts'
import { accountInvoices, type Invoice } from '../records/invoices.ts'
import type { PaymentFacts } from '../records/payment-facts.ts'
import { accountPayments } from '../records/payments.ts'
import { type NamesInText, namesIn, type UnmetName } from '../remittance-text.ts'
import { type ClientAccount, openParts } from '../state.ts'
import type { AllocationStage } from '../vocabulary.ts'
import { invoiceAfter, type Share } from './foreign-parts.ts'

// What a payer meant who says it in no rule: the first of some readings that fits to the last unit and has no second, and
// otherwise the order of the law. The work is bounded: an amount is looked for among numbers, groups among 30 invoices.

/** How a payment is spread. */
export interface Spread {
  readonly shares: readonly Share[]
  /** Credit notes that go along, and what they settle once the payment has. */
  readonly notes: readonly { readonly note: PaymentFacts; readonly shares: readonly Share[] }[]
  readonly stage?: AllocationStage
  /** Not tried, because there is too much open to try it in bounded time. */
  readonly skipped?: readonly AllocationStage[]
  readonly unmet?: readonly UnmetName[]
}

/** Fills parts in the given order until the money is used up; what an invoice gets in several parts is one share. */
export const sharesInOrder = (parts: Iterable<OpenPart<Invoice>>, total: bigint): readonly Share[] => {
  const shares = new Map<InvoiceId, Share>()
  let left = total
  for (const { invoice, reach } of parts) {
    if (left === 0n) break
    const taken = shares.get(invoice.invoiceId)?.amount ?? 0n
    const untilEnd = reach - taken
    const more = untilEnd < left ? untilEnd : left
    if (more <= 0n) continue
    shares.set(invoice.invoiceId, { invoice, amount: taken + more, paid: taken + more })
    left -= more
  }
  return [...shares.values()]
}

export const namesFor = (account: ClientAccount, currency: Currency, text: string): NamesInText<Invoice> =>
  namesIn<Invoice>(text, {
    withDigits: (digits) => accountInvoices.withDigits(account, digits),
    isOpen: (invoice) => invoice.currency === currency && invoice.open > 0n,
    *some() {
      const { ordinals } = account.openByDue.get(currency) ?? noOpenInvoices()
      for (const ordinal of ordinals.slice(0, ITEMS_MAX)) yield accountInvoices.at(account, ordinal)
    },
  })

/** The open parts and the credit notes that a reading takes, by their places in the lists. */
interface Reading {
  readonly parts: readonly number[]
  readonly notes: readonly number[]
}

type Found = Reading | 'several' | 'tooMany' | undefined

interface Open {
  readonly list: OpenInvoices
  /** What is left of each credit note on account, oldest first. */
  readonly notes: readonly number[]
}

/** A reach above zero ends an invoice, one below ends a part that others follow. */
const onlyPart = (list: OpenInvoices, reach: number): Found => {
  const place = onlyReach(list, reach)
  return typeof place === 'number' ? { parts: [place], notes: [] } : place
}

/** Places of whole invoices, or of first parts of some; one more than may be looked at when there are more. */
const placesOf = ({ reaches }: OpenInvoices, sign: 1 | -1): readonly number[] => {
  const places: number[] = []
  for (let place = 0; place < reaches.length && places.length <= ITEMS_MAX; place += 1) {
    if ((reaches[place] ?? 0) * sign > 0) places.push(place)
  }
  return places
}

const GROUP_MAX = 8

const onlyGroup = (
  { list, notes }: Open,
  places: readonly number[],
  question: Pick<SumQuestion, 'target' | 'invoicesMin' | 'invoicesMax'>,
): Found => {
  if (places.length + notes.length > ITEMS_MAX) return 'tooMany'
  const invoices = places.map((place) => Math.abs(list.reaches[place] ?? 0))
  const found = onlySum({ ...question, invoices, notes })
  if (found === undefined || found === 'several') return found
  return { parts: found.invoices.map((index) => places[index] ?? 0), notes: found.notes }
}

const ONE = { invoicesMin: 1, invoicesMax: 1 }
const GROUP = { invoicesMin: 2, invoicesMax: GROUP_MAX }

/** As without credit notes: one invoice, its first parts, a group. */
const lessNotes = (open: Open, target: number): Found => {
  const { list, notes } = open
  if (notes.length === 0) return undefined
  if (!Number.isSafeInteger(notes.reduce((sum, note) => sum + note, target))) return 'tooMany'
  return (
    onlyGroup(open, placesOf(list, 1), { target, ...ONE }) ??
    onlyGroup(open, placesOf(list, -1), { target, ...ONE }) ??
    onlyGroup(open, placesOf(list, 1), { target, ...GROUP })
  )
}

const STAGES: readonly (readonly [AllocationStage, (open: Open, target: number) => Found])[] = [
  ['ONE_INVOICE', ({ list }, target) => onlyPart(list, target)],
  ['FIRST_PARTS', ({ list }, target) => onlyPart(list, -target)],
  ['GROUP', ({ list }, target) => onlyGroup({ list, notes: [] }, placesOf(list, 1), { target, ...GROUP })],
  ['LESS_CREDIT_NOTES', lessNotes],
]

/** Divides what is settled among those who pay for it, one after the other. */
const divided = (shares: readonly Share[], sources: readonly bigint[]): readonly (readonly Share[])[] => {
  const waiting = [...shares]
  return sources.map((source) => {
    const own: Share[] = []
    for (let left = source; left > 0n; ) {
      const next = waiting.shift()
      if (next === undefined) break
      const { invoice } = next
      const amount = next.amount < left ? next.amount : left
      own.push({ invoice, amount, paid: amount })
      left -= amount
      const rest = next.amount - amount
      if (rest > 0n) waiting.unshift({ invoice: invoiceAfter(invoice, amount), amount: rest, paid: rest })
    }
    return own
  })
}

const takenAs = (
  account: ClientAccount,
  { list }: Open,
  notes: readonly PaymentFacts[],
  reading: Reading,
  amount: bigint,
): Pick<Spread, 'shares' | 'notes'> => {
  const parts = reading.parts.map((place) => ({
    invoice: accountInvoices.at(account, list.ordinals[place] ?? 0),
    reach: BigInt(Math.abs(list.reaches[place] ?? 0)),
  }))
  const along = reading.notes.flatMap((index) => notes[index] ?? [])
  const total = along.reduce((sum, { credit }) => sum + credit, amount)
  const [shares = [], ...ofNotes] = divided(sharesInOrder(parts, total), [amount, ...along.map(({ credit }) => credit)])
  return { shares, notes: along.map((note, index) => ({ note, shares: ofNotes[index] ?? [] })) }
}

/** Costs of collection, then interest, each oldest first (art. 1507): the debt itself comes after them. */
const openCharges = (account: ClientAccount, currency: Currency): readonly OpenPart<Invoice>[] => {
  const charges = (account.chargesLeft.get(currency) ?? []).map((ordinal) => accountInvoices.at(account, ordinal))
  return (['FEE', 'INTEREST'] as const).flatMap((kind) =>
    partsInOrder(charges.filter((charge) => charge.kind === kind)),
  )
}

/** What the payer names comes first (art. 1507), then what is due, oldest first (art. 1509). */
function* inLegalOrder(
  account: ClientAccount,
  currency: Currency,
  named: readonly Invoice[],
): Iterable<OpenPart<Invoice>> {
  yield* partsInOrder(named)
  yield* openCharges(account, currency)
  yield* openParts(account, currency)
}

/** @see Codul civil art. 1506–1509 */
export const autoSpread = (
  account: ClientAccount,
  {
    currency,
    amount,
    remittanceText,
  }: { readonly currency: Currency; readonly amount: bigint; readonly remittanceText?: string | undefined },
): Spread => {
  const { named, unmet } = namesFor(account, currency, remittanceText ?? '')
  const isNamedExactly = named.reduce((sum, { open }) => sum + open, 0n) === amount
  if (unmet.length > 0 || isNamedExactly) {
    // What is meant for something that is not open is for nothing else: the rest of it stays credit.
    return { shares: sharesInOrder(partsInOrder(named), amount), notes: [], stage: 'NAMED', unmet }
  }
  const skipped: AllocationStage[] = []
  if (named.length === 0) {
    const list = account.openByDue.get(currency) ?? noOpenInvoices()
    const notes = accountPayments.notesLeft(account, currency, ITEMS_MAX + 1)
    const open = { list, notes: notes.map(({ credit }) => Number(credit)) }
    for (const [stage, find] of STAGES) {
      const found = find(open, Number(amount))
      if (found === 'several') break
      if (found === 'tooMany') skipped.push(stage)
      else if (found !== undefined) return { ...takenAs(account, open, notes, found, amount), stage, skipped }
    }
  }
  const shares = sharesInOrder(inLegalOrder(account, currency, named), amount)
  return { shares, notes: [], stage: 'LEGAL_ORDER', skipped }
}

import type { InvoiceId } from '../ids.ts'
import { type Currency, minorIn } from '../money.ts'
import { roundedRatio } from '../rounding.ts'
import type { VatLine } from './events/parts.ts'
import type { VatAmounts } from './records/fields.ts'
import type { AdvanceTakenOff, Invoice } from './records/invoices.ts'

/** Of a document's lines, those of one rate as one; `21` and `21.00` are one rate. */
const byRate = (lines: readonly VatAmounts[], sign: 1n | -1n, before: readonly VatAmounts[] = []): VatAmounts[] => {
  const rates = new Map(before.map((line) => [plainRate(line.rate), line]))
  for (const { rate, base, vat } of lines) {
    const known = rates.get(plainRate(rate)) ?? { rate, base: 0n, vat: 0n }
    rates.set(plainRate(rate), { rate: known.rate, base: known.base + sign * base, vat: known.vat + sign * vat })
  }
  return [...rates.values()]
}

const plainRate = (rate: string): string => (rate.includes('.') ? rate.replace(/\.?0+$/, '') : rate)

/** What credit notes and discounts have taken of an invoice's VAT, after one more; `-1n`: after one is undone. */
export const vatTakenWith = (invoice: Pick<Invoice, 'vatTaken'>, lines: readonly VatAmounts[], sign: 1n | -1n = 1n) =>
  byRate(lines, sign, invoice.vatTaken).filter(({ base, vat }) => base !== 0n || vat !== 0n)

/** What an invoice still has of base and VAT, one line for each rate that it was issued with. */
export const vatLeftOf = ({ vatLines, vatTaken }: Pick<Invoice, 'vatLines' | 'vatTaken'>): readonly VatAmounts[] => {
  const issued = byRate(vatLines, 1n)
  return byRate(vatTaken, -1n, issued).slice(0, issued.length)
}

const isPartOf = (part: bigint, whole: bigint): boolean =>
  whole < 0n ? whole <= part && part <= 0n : 0n <= part && part <= whole

/** The first rate of which a paper takes more than is left; `left` is nothing at a rate that there is not. */
export const exceedingRate = (
  left: readonly VatAmounts[],
  lines: readonly VatAmounts[],
): { readonly taken: VatAmounts; readonly left: VatAmounts } | undefined => {
  const has = new Map(left.map((line) => [plainRate(line.rate), line]))
  for (const taken of byRate(lines, 1n)) {
    const of = has.get(plainRate(taken.rate))
    if (of === undefined) return { taken, left: { rate: taken.rate, base: 0n, vat: 0n } }
    if (!isPartOf(taken.base, of.base) || !isPartOf(taken.vat, of.vat)) return { taken, left: of }
  }
  return undefined
}

/**
 * Base and VAT of a part of what is left, rates in proportion. Sums are rounded and each rate takes the difference, so the
 * lines make up the part, none exceeds what is left, and the last part takes the rest to the ban.
 */
export const vatOfPart = (left: readonly VatAmounts[], part: bigint): readonly VatAmounts[] => {
  const whole = left.reduce((sum, { base, vat }) => sum + base + vat, 0n)
  if (whole <= 0n) return []
  let before = 0n
  let taken = 0n
  return left.flatMap(({ rate, base, vat }) => {
    const gross = base + vat
    before += gross
    const share = roundedRatio(part * before, whole) - taken
    taken += share
    if (share === 0n) return []
    const shareOfVat = gross < 0n ? roundedRatio(-share * vat, -gross) : roundedRatio(share * vat, gross)
    return [{ rate, base: share - shareOfVat, vat: shareOfVat }]
  })
}

/** What a paper is for, and what it takes off of which advance invoice. */
export const linesOfPaper = (
  lines: readonly VatLine[],
  currency: Currency,
): { readonly own: readonly VatAmounts[]; readonly advances: readonly AdvanceTakenOff[] } => {
  const own: VatAmounts[] = []
  const advances: AdvanceTakenOff[] = []
  for (const { rate, base, vat, advanceInvoiceId } of lines) {
    const amounts = { rate, base: minorIn(base, currency), vat: minorIn(vat, currency) }
    if (advanceInvoiceId === undefined) own.push(amounts)
    else advances.push({ rate, base: -amounts.base, vat: -amounts.vat, advanceInvoiceId })
  }
  return { own, advances }
}

/** By advance invoice. */
export const byAdvance = (advances: readonly AdvanceTakenOff[]): ReadonlyMap<InvoiceId, readonly VatAmounts[]> => {
  const lines = new Map<InvoiceId, VatAmounts[]>()
  for (const { advanceInvoiceId, ...amounts } of advances) {
    lines.set(advanceInvoiceId, [...(lines.get(advanceInvoiceId) ?? []), amounts])
  }
  return lines
}

/** What can be taken off: of an advance invoice without VAT the whole, at no rate. */
export const asAdvance = (invoice: Invoice): Invoice =>
  invoice.vatLines.length > 0 ? invoice : { ...invoice, vatLines: [{ rate: '0', base: invoice.total, vat: 0n }] }

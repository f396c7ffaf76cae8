import { type Currency, minorIn } from '../money.ts'
import { roundedRatio } from '../rounding.ts'

/** Base and VAT at one rate, in minor units. */
export interface VatPart {
  /** Percent as printed; that of the invoice, whatever the law says on the day of the money (art. 291 (5)). */
  readonly rate: string
  readonly baseMinor: bigint
  readonly vatMinor: bigint
}

/** What a document under TVA la încasare keeps back until money comes in, one part a rate. */
export interface DeferredVat {
  readonly grossMinor: bigint
  readonly parts: readonly VatPart[]
}

interface PrintedLine {
  readonly rate: string
  readonly base: string
  readonly vat: string
}

export const addedVat = (parts: readonly VatPart[], others: readonly VatPart[]): readonly VatPart[] => {
  const byRate = new Map<string, VatPart>()
  for (const part of [...parts, ...others]) {
    const before = byRate.get(part.rate)
    byRate.set(part.rate, {
      rate: part.rate,
      baseMinor: part.baseMinor + (before?.baseMinor ?? 0n),
      vatMinor: part.vatMinor + (before?.vatMinor ?? 0n),
    })
  }
  return [...byRate.values()]
}

export const negatedVat = (parts: readonly VatPart[]): readonly VatPart[] =>
  parts.map(({ rate, baseMinor, vatMinor }) => ({ rate, baseMinor: -baseMinor, vatMinor: -vatMinor }))

/** Lines of one rate count as one. */
export const deferredVatOf = (lines: readonly PrintedLine[], currency: Currency): DeferredVat => {
  const parts = addedVat(
    [],
    lines.map(({ rate, base, vat }) => ({
      rate,
      baseMinor: minorIn(base, currency),
      vatMinor: minorIn(vat, currency),
    })),
  )
  return { parts, grossMinor: parts.reduce((sum, part) => sum + part.baseMinor + part.vatMinor, 0n) }
}

/** What is left to defer after a credit note or a discount. One without VAT lines takes no VAT back: there is nothing to lessen. */
export const lessenedVat = (deferred: DeferredVat, by: DeferredVat): DeferredVat => ({
  grossMinor: deferred.grossMinor - by.grossMinor,
  parts: addedVat(deferred.parts, negatedVat(by.parts)),
})

/**
 * All that the money so far has made exigible, rates in proportion, and never more than there is. It is rounded as a
 * whole and a receipt carries the difference, so it closes to the ban; rounding each receipt alone would drift.
 * @see Legea 227/2015 art. 282 (8): each receipt includes its VAT
 */
export const exigibleSoFar = ({ grossMinor, parts }: DeferredVat, moneyMinor: bigint): readonly VatPart[] => {
  const collectedMinor = moneyMinor < grossMinor ? moneyMinor : grossMinor
  const share = (minor: bigint): bigint => (grossMinor <= 0n ? 0n : roundedRatio(collectedMinor * minor, grossMinor))
  const shares = parts.map(({ rate, baseMinor, vatMinor }) => ({
    rate,
    baseMinor: share(baseMinor),
    vatMinor: share(vatMinor),
  }))
  const last = shares.at(-1)
  if (last === undefined || grossMinor <= 0n) return shares
  // The last base takes what rounding left, so that bases and VAT together are the money that came in.
  const rest = shares.reduce((left, part) => left - part.baseMinor - part.vatMinor, collectedMinor)
  return [...shares.slice(0, -1), { ...last, baseMinor: last.baseMinor + rest }]
}

/** What turns one state into the other, rates without a change left out. */
export const vatBetween = (before: readonly VatPart[], after: readonly VatPart[]): readonly VatPart[] =>
  addedVat(after, negatedVat(before)).filter(({ baseMinor, vatMinor }) => baseMinor !== 0n || vatMinor !== 0n)

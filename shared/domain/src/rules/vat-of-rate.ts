import { type Currency, decimalOf, minorIn } from '../money.ts'
import { roundedRatio } from '../rounding.ts'

interface PrintedLine {
  readonly rate: string
  readonly base: string
  readonly vat: string
}

/** A line whose VAT is not what its rate makes of its base. Decimal strings. */
export interface VatBesideRate extends PrintedLine {
  /** What the rate makes of the base. */
  readonly expected: string
}

/** Rates are percentages with at most two decimals. */
const RATE_DECIMALS = 2
const WHOLE = 100n * 10n ** BigInt(RATE_DECIMALS)
/** Who rounds each position of a paper is off by less than who rounds none. */
const TOLERANCE = 1n

const hundredthsOf = (rate: string): bigint => {
  const [whole = '0', decimals = ''] = rate.split('.')
  return BigInt(whole + decimals.padEnd(RATE_DECIMALS, '0'))
}

/** The lines of a paper that are off by more than one minor unit; a paper may be wrong, and is registered as it is. */
export const vatBesideRate = (lines: readonly PrintedLine[], currency: Currency): readonly VatBesideRate[] =>
  lines.flatMap((line) => {
    const exact = minorIn(line.base, currency) * hundredthsOf(line.rate)
    const off = minorIn(line.vat, currency) * WHOLE - exact
    if (-TOLERANCE * WHOLE <= off && off <= TOLERANCE * WHOLE) return []
    return [{ ...line, expected: decimalOf(roundedRatio(exact, WHOLE), currency) }]
  })

import { addDays, daysBetween } from '@registru/domain'

/** Minor units of one currency, VAT included. */
export interface DaySales {
  readonly on: string
  readonly soldMinor: bigint
}

/** Days in tenths, because a day more or less is what people look at and binary fractions are not exact. */
type TenthsOfDays = bigint

const TENTHS = 10n

/** Half up; both positive. */
const tenths = (dividend: bigint, divisor: bigint): TenthsOfDays => (2n * TENTHS * dividend + divisor) / (2n * divisor)

const soldBetween = (sales: readonly DaySales[], from: string, to: string): bigint =>
  sales.reduce((sum, { on, soldMinor }) => (on >= from && on <= to ? sum + soldMinor : sum), 0n)

export interface SimpleDso {
  readonly from: string
  readonly days: number
  readonly soldMinor: bigint
  /** `undefined` when nothing was sold: there is nothing to measure against. */
  readonly daysTenths: TenthsOfDays | undefined
}

/** open ÷ sales of the last `days` days × `days` */
export const simpleDso = (
  openMinor: bigint,
  sales: readonly DaySales[],
  { asOf, days }: { readonly asOf: string; readonly days: number },
): SimpleDso => {
  const from = addDays(asOf, 1 - days)
  const soldMinor = soldBetween(sales, from, asOf)
  return { from, days, soldMinor, daysTenths: soldMinor > 0n ? tenths(openMinor * BigInt(days), soldMinor) : undefined }
}

export interface CountBackTerm {
  readonly from: string
  readonly to: string
  readonly days: number
  readonly soldMinor: bigint
  /** The part of what is open that these sales account for. */
  readonly countedMinor: bigint
  readonly daysTenths: TenthsOfDays
}

export interface CountBackDso {
  readonly daysTenths: TenthsOfDays
  readonly terms: readonly CountBackTerm[]
  /** What is open beyond the sales looked at; zero unless debts are older than that. */
  readonly leftMinor: bigint
}

/**
 * Takes the sales of month after month, the latest first, off what is open: a month that is used up counts with all its
 * days, the last one with the share that is still needed. A month without sales counts whole while something is left.
 */
export const countBackDso = (
  openMinor: bigint,
  sales: readonly DaySales[],
  { asOf, since }: { readonly asOf: string; readonly since: string },
): CountBackDso => {
  const terms: CountBackTerm[] = []
  let leftMinor = openMinor
  let daysTenths = 0n
  for (let to = asOf; leftMinor > 0n && to >= since; ) {
    const from = `${to.slice(0, 8)}01`
    const days = daysBetween(from, to) + 1
    const soldMinor = soldBetween(sales, from, to)
    const usedUp = soldMinor <= leftMinor
    const sold = soldMinor > 0n ? soldMinor : 0n
    const countedMinor = usedUp ? sold : leftMinor
    const part = usedUp ? BigInt(days) * TENTHS : tenths(leftMinor * BigInt(days), soldMinor)
    terms.push({ from, to, days, soldMinor, countedMinor, daysTenths: part })
    leftMinor -= countedMinor
    daysTenths += part
    to = addDays(from, -1)
  }
  return { daysTenths, terms, leftMinor }
}

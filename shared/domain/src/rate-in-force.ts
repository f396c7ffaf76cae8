import type { BusinessDay } from './business-day.ts'
import type { ExchangeRate, RateSource } from './exchange-rate.ts'
import type { Currency } from './money.ts'

/**
 * Which day's rate holds on a day. PREVIOUS_PUBLISHED: the one of the last banking day before, which is what BNR's rate of
 * a day is in practice. SAME_DAY: the day's own, or where none is published, the last before it.
 */
export const FX_RATE_RULES = ['PREVIOUS_PUBLISHED', 'SAME_DAY'] as const
export type FxRateRule = (typeof FX_RATE_RULES)[number]

/** A document in a currency that the books are not in, of which nobody said what it is worth. */
export interface Unpriced {
  readonly currency: Currency
  readonly on: BusinessDay
}

/** What the company's rates say of it. */
export interface PriceOf extends Unpriced {
  readonly source: RateSource
  /** `undefined`: none is known. */
  readonly rate: ExchangeRate | undefined
}

/** Who publishes the rates that the law means where the books are in this currency (Cod fiscal art. 290: BNR). */
export const officialSource = (functional: Currency): RateSource | undefined =>
  functional === 'RON' ? 'BNR' : functional === 'EUR' ? 'ECB' : undefined

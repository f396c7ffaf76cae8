import { z } from 'zod'
import { BusinessDay } from './business-day.ts'
import { type Currency, decimalsOfCurrency, MINOR_MAX } from './money.ts'
import { reject } from './rejection.ts'
import { roundedRatio } from './rounding.ts'

/** Who said what a currency was worth. */
export const RateSource = z.enum(['BNR', 'ECB', 'BANK', 'CONTRACT', 'OTHER'])
export type RateSource = z.infer<typeof RateSource>

/** The price of one unit. Exact, as it was published: it has more digits than an amount. */
export const Rate = z
  .string('a rate is a decimal string, e.g. "4.9765": JSON numbers are not exact')
  .regex(/^(0|[1-9][0-9]{0,5})(\.[0-9]{1,10})?$/, 'a decimal number, e.g. "4.9765"')
  .refine((rate) => /[1-9]/.test(rate), 'more than zero')
  .meta({ description: 'Price of one unit of the foreign currency', examples: ['4.9765'] })

/**
 * What one unit of a foreign currency was worth: in the functional currency on a document, in the payment's on a
 * conversion. Only where a payment in a foreign currency settles an invoice in the functional one, it is the price of
 * the payment's currency, for that is what is published.
 */
export const ExchangeRate = z.strictObject({
  rate: Rate,
  source: RateSource,
  publishedOn: BusinessDay.meta({ description: 'Day of the rate, which may be before the day it is used on' }),
})
export type ExchangeRate = z.infer<typeof ExchangeRate>

/** The rate as a fraction of integers. */
const fractionOf = (rate: string): readonly [dividend: bigint, divisor: bigint] => {
  const [whole = '0', decimals = ''] = rate.split('.')
  return [BigInt(whole + decimals), 10n ** BigInt(decimals.length)]
}

/** Whether two rates are one number: 5.09 is 5.0900. */
export const isSameRate = (one: string, other: string): boolean => {
  const [dividend, divisor] = fractionOf(one)
  const [otherDividend, otherDivisor] = fractionOf(other)
  return dividend * otherDivisor === otherDividend * divisor
}

const scaleOf = (currency: Currency): bigint => 10n ** BigInt(decimalsOfCurrency(currency))

/** @throws Rejection when it is more than an amount may be */
const bounded = (minor: bigint, path: string): bigint =>
  minor > MINOR_MAX ? reject('EXCHANGE_RATE_NOT_APPLICABLE', { path, rule: 'too large a value' }) : minor

/** A rate of a command, and the JSON pointer to it. */
interface AskedRate extends Pick<ExchangeRate, 'rate'> {
  readonly path: string
}

/** What an amount in a foreign currency is worth in the currency that prices it. */
export const priced = (minor: bigint, from: Currency, to: Currency, { rate, path }: AskedRate): bigint => {
  const [dividend, divisor] = fractionOf(rate)
  return bounded(roundedRatio(minor * dividend * scaleOf(to), divisor * scaleOf(from)), path)
}

/** How much of a foreign currency an amount buys at the price of one unit. */
export const bought = (minor: bigint, from: Currency, to: Currency, { rate, path }: AskedRate): bigint => {
  const [dividend, divisor] = fractionOf(rate)
  return bounded(roundedRatio(minor * divisor * scaleOf(to), dividend * scaleOf(from)), path)
}

/** Money of the model: whole bani or cents, for both currencies have two decimals. */
import { z } from 'zod'

export const FUNCTIONAL = 'RON'

export const cents = (amount: string): number => Math.round(Number(amount) * 100)

export const decimal = (amount: number): string => {
  const size = Math.abs(amount)
  return `${amount < 0 ? '-' : ''}${Math.floor(size / 100)}.${String(size % 100).padStart(2, '0')}`
}

/** Half away from zero. */
export const rounded = (dividend: number, divisor: number): number =>
  Math.sign(dividend) * Math.floor((2 * Math.abs(dividend) + divisor) / (2 * divisor))

const RATE_SCALE = 10_000
/** A price of one unit, in ten-thousandths. */
export type Rate = number
export const valueAt = (rate: Rate, foreign: number): number => rounded(foreign * rate, RATE_SCALE)
export const foreignAt = (rate: Rate, value: number): number => rounded(value * RATE_SCALE, rate)

export const Amount = z.string().transform(cents)
export const Money = z.object({ amount: Amount, currency: z.string() })
export type Money = z.infer<typeof Money>
export const ExchangeRate = z
  .looseObject({ rate: z.string() })
  .transform(({ rate }): Rate => Math.round(Number(rate) * RATE_SCALE))

/** As it is written in an answer. */
export const moneyOf = (amount: number, currency: string) => ({ amount: decimal(amount), currency })

/** What a document is worth in lei, of which each part takes its share and the last part the rest. */
export interface Worth {
  readonly whole: number
  left: number
}

export const worthAt = (rate: Rate | undefined, amount: number): Worth | undefined => {
  if (rate === undefined) return undefined
  const whole = valueAt(rate, amount)
  return { whole, left: whole }
}

/** What goes of the worth when so much is left of the document. */
export const takeWorth = (worth: Worth | undefined, leftOver: number, total: number): number | undefined => {
  if (worth === undefined) return undefined
  const after = rounded(worth.whole * leftOver, total)
  const part = worth.left - after
  worth.left = after
  return part
}

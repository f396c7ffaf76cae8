import * as iso4217 from 'dinero.js/bigint/currencies'
import { z } from 'zod'
import { reject } from './rejection.ts'

/**
 * Money is bigint minor units inside and a decimal string on every wire and in every event. This is the only file that
 * knows dinero.js, which brings the ISO 4217 table; tests hold our decimals against its own.
 */

/** Largest amount in minor units, of one document or one total: far below what a Postgres bigint holds. */
export const MINOR_MAX = 10n ** 15n

const BASE_OF_DECIMAL_CURRENCIES = 10n

const currencies = new Map(
  Object.values(iso4217)
    .filter((currency) => currency.base === BASE_OF_DECIMAL_CURRENCIES)
    .map((currency) => [currency.code, { decimals: Number(currency.exponent) }] as const),
)

/** ISO 4217 code. Two currencies with non-decimal minor units (MGA, MRU) are not offered. */
export const Currency = z
  .string()
  .refine((code) => currencies.has(code), 'an ISO 4217 currency code')
  .meta({ description: 'ISO 4217 code', examples: ['RON'] })
export type Currency = z.infer<typeof Currency>

/** @throws Error when the code is none: codes are checked at the edge, so this is our own mistake. */
const currencyOf = (code: Currency) => {
  const currency = currencies.get(code)
  if (currency === undefined) throw new Error(`unknown currency ${code}`)
  return currency
}

/** How many digits the currency's minor unit has: 2 for RON. */
export const decimalsOfCurrency = (currency: Currency): number => currencyOf(currency).decimals

const DECIMAL_PATTERN = /^(0|[1-9][0-9]{0,15})(\.[0-9]{1,4})?$/

const isPositive = (amount: string): boolean => /[1-9]/.test(amount)

/** A positive decimal string whose currency is known from what it is about, e.g. the payment. */
export const Amount = z
  .string('an amount is a decimal string, e.g. "290.00": JSON numbers are not exact')
  .regex(DECIMAL_PATTERN, 'a decimal number, e.g. "290.00"')
  .refine(isPositive, 'more than zero')
  .meta({ description: "Decimal string in the currency's major unit", examples: ['290.00'] })

/** As `Amount`, but zero is allowed: parts of a document, such as the VAT of a zero rate. */
export const AmountOrZero = z
  .string('an amount is a decimal string, e.g. "0.00": JSON numbers are not exact')
  .regex(DECIMAL_PATTERN, 'a decimal number, e.g. "0.00"')
  .meta({ description: "Decimal string in the currency's major unit; zero is allowed", examples: ['210.00'] })

const decimalsOf = (amount: string): number => {
  const point = amount.indexOf('.')
  return point === -1 ? 0 : amount.length - point - 1
}

const parseMinor = (amount: string, decimals: number): bigint => {
  const point = amount.indexOf('.')
  if (point === -1) return BigInt(amount) * 10n ** BigInt(decimals)
  return BigInt(amount.slice(0, point) + amount.slice(point + 1).padEnd(decimals, '0'))
}

/** No more decimals than the currency has, and no more of it than a column holds. */
const withinCurrency = (
  { amount, currency }: { readonly amount: string; readonly currency: string },
  context: z.RefinementCtx,
): void => {
  const known = currencies.get(currency)
  if (known === undefined || !DECIMAL_PATTERN.test(amount)) return
  if (decimalsOf(amount) > known.decimals) {
    const message = known.decimals === 0 ? 'no decimals' : `at most ${known.decimals} decimals`
    context.addIssue({ code: 'custom', path: ['amount'], message })
  } else if (parseMinor(amount, known.decimals) > MINOR_MAX) {
    context.addIssue({ code: 'custom', path: ['amount'], message: `at most ${decimalOf(MINOR_MAX, currency)}` })
  }
}

/** A positive amount in its currency. Fewer decimals than the currency has are filled up: `"5"` RON is `"5.00"`. */
export const Money = z
  .strictObject({ amount: Amount, currency: Currency })
  .superRefine(withinCurrency)
  .overwrite((money) => (lacksDecimals(money) ? moneyOf(minorOf(money), money.currency) : money))
export type Money = z.infer<typeof Money>

/** As `AmountOrZero`, but below zero too: what a document takes off. */
export const SignedAmount = z
  .string('an amount is a decimal string, e.g. "-190.00": JSON numbers are not exact')
  .regex(/^-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,4})?$/, 'a decimal number, e.g. "-190.00"')
  .meta({ description: "Decimal string in the currency's major unit; it may be below zero", examples: ['210.00'] })

const NOT_BELOW_ZERO = 'not below zero: such a paper is a credit note (RegisterCreditNote)'

/** What a document asks for, which may be nothing: a final invoice that advances cover. */
export const Total = z
  .strictObject({
    amount: z
      .string('an amount is a decimal string, e.g. "0.00": JSON numbers are not exact')
      .regex(DECIMAL_PATTERN, {
        error: ({ input }) =>
          typeof input === 'string' && input.startsWith('-') ? NOT_BELOW_ZERO : 'a decimal number, e.g. "0.00"',
      })
      .meta({ description: "Decimal string in the currency's major unit; zero is allowed", examples: ['1210.00'] }),
    currency: Currency,
  })
  .superRefine(withinCurrency)
  .overwrite((money) => (lacksDecimals(money) ? moneyOf(minorOf(money), money.currency) : money))

/** What lies somewhere, which may be nothing. Unlike a part of a document, no total that was checked before bounds it. */
export const Balance = z.strictObject({ amount: AmountOrZero, currency: Currency }).superRefine(withinCurrency)

/** In events: an amount that may be nothing, with exactly the currency's digits. */
export const MoneyOrZero = z.strictObject({ amount: z.string(), currency: Currency })
export type MoneyOrZero = z.infer<typeof MoneyOrZero>

/** Whether decimals are to be filled up; false for what is malformed, and for every amount in a stored event. */
const lacksDecimals = ({ amount, currency }: Money): boolean => {
  const known = currencies.get(currency)
  return known !== undefined && decimalsOf(amount) < known.decimals && DECIMAL_PATTERN.test(amount)
}

/** Minor units of an amount that a schema or the codec has checked. */
export const minorOf = ({ amount, currency }: Money): bigint => parseMinor(amount, currencyOf(currency).decimals)

/**
 * Minor units of a bare amount in the currency that the thing it is about has.
 * @param path JSON pointer to the amount, where it stands in a command
 * @throws Rejection `AMOUNT_TOO_PRECISE` when the currency has fewer decimals than the amount.
 */
export const minorIn = (amount: string, currency: Currency, path?: string): bigint => {
  const { decimals } = currencyOf(currency)
  if (decimalsOf(amount) > decimals) reject('AMOUNT_TOO_PRECISE', { path, amount, currency, decimalsMax: decimals })
  return parseMinor(amount, decimals)
}

/** Decimal string with exactly the currency's digits, `-` in front of a negative one. */
export const decimalOf = (minor: bigint, currency: Currency): string => {
  const { decimals } = currencyOf(currency)
  if (decimals === 0) return `${minor}`
  const [sign, digits] = minor < 0n ? ['-', `${-minor}`] : ['', `${minor}`]
  const padded = digits.padStart(decimals + 1, '0')
  const point = padded.length - decimals
  return `${sign}${padded.slice(0, point)}.${padded.slice(point)}`
}

export const moneyOf = (minor: bigint, currency: Currency): Money => ({ amount: decimalOf(minor, currency), currency })

/** `1.234,56 lei`: the way Romanian documents write an amount; other currencies keep their code. */
export const formatRomanianMoney = (minor: bigint, currency: Currency): string => {
  const [whole = '0', fraction] = decimalOf(minor, currency).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, '.')
  return `${grouped}${fraction === undefined ? '' : `,${fraction}`} ${currency === 'RON' ? 'lei' : currency}`
}

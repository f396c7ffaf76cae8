/**
 * Romanian amounts in words for receipts (OMFP 2634/2015, form 14-4-1: the amount stands in figures and in words).
 * Own code, because the published libraries get gender and the preposition «de» wrong, and the text is frozen in the event.
 */

import { type Currency, decimalOf } from './money.ts'

type Gender = 'masculine' | 'feminine' | 'neuter'

interface Noun {
  readonly one: string
  readonly many: string
  readonly gender: Gender
}

/** Major and minor unit by ISO 4217 code; a currency without words is read as number, code and hundredths. */
const UNITS: ReadonlyMap<Currency, readonly [major: Noun, minor: Noun]> = new Map([
  [
    'RON',
    [
      { one: 'un leu', many: 'lei', gender: 'masculine' },
      { one: 'un ban', many: 'bani', gender: 'masculine' },
    ],
  ],
  [
    'EUR',
    [
      { one: 'un euro', many: 'euro', gender: 'masculine' },
      { one: 'un cent', many: 'cenți', gender: 'masculine' },
    ],
  ],
  [
    'USD',
    [
      { one: 'un dolar SUA', many: 'dolari SUA', gender: 'masculine' },
      { one: 'un cent', many: 'cenți', gender: 'masculine' },
    ],
  ],
])

const SCALES: readonly { readonly value: bigint; readonly noun: Noun }[] = [
  { value: 1_000_000_000n, noun: { one: 'un miliard', many: 'miliarde', gender: 'neuter' } },
  { value: 1_000_000n, noun: { one: 'un milion', many: 'milioane', gender: 'neuter' } },
  { value: 1_000n, noun: { one: 'o mie', many: 'mii', gender: 'feminine' } },
]

const ONES = ['zero', 'unu', 'doi', 'trei', 'patru', 'cinci', 'șase', 'șapte', 'opt', 'nouă'] as const
const TEENS = [
  'zece',
  'unsprezece',
  'doisprezece',
  'treisprezece',
  'paisprezece',
  'cincisprezece',
  'șaisprezece',
  'șaptesprezece',
  'optsprezece',
  'nouăsprezece',
] as const
const TENS = [
  '',
  '',
  'douăzeci',
  'treizeci',
  'patruzeci',
  'cincizeci',
  'șaizeci',
  'șaptezeci',
  'optzeci',
  'nouăzeci',
] as const

/** As much as money may hold. */
const MINOR_MAX = 10n ** 15n

/** 1 and 2 agree with the noun that follows: unu leu, una mie, două milioane (neuter counts as feminine from two on). */
const one = (n: number, gender: Gender): string => {
  if (n === 1) return gender === 'feminine' ? 'una' : 'unu'
  if (n === 2) return gender === 'masculine' ? 'doi' : 'două'
  return ONES[n] ?? ''
}

const teen = (n: number, gender: Gender): string =>
  n === 12 && gender !== 'masculine' ? 'douăsprezece' : (TEENS[n - 10] ?? '')

const underHundred = (n: number, gender: Gender): string => {
  if (n < 10) return one(n, gender)
  if (n < 20) return teen(n, gender)
  const tens = TENS[Math.floor(n / 10)] ?? ''
  return n % 10 === 0 ? tens : `${tens} și ${one(n % 10, gender)}`
}

const underThousand = (n: number, gender: Gender): string => {
  const hundreds = Math.floor(n / 100)
  const rest = n % 100
  if (hundreds === 0) return underHundred(rest, gender)
  const head = hundreds === 1 ? 'o sută' : `${one(hundreds, 'feminine')} sute`
  return rest === 0 ? head : `${head} ${underHundred(rest, gender)}`
}

/** «de» stands between number and noun when the last two digits are 00 or 20 to 99; it is decided anew at each noun. */
const needsDe = (n: bigint): boolean => n > 0n && (n % 100n === 0n || n % 100n >= 20n)

const counted = (n: bigint, noun: Noun): string =>
  n === 1n ? noun.one : `${wordsOf(n, noun.gender)} ${needsDe(n) ? 'de ' : ''}${noun.many}`

const wordsOf = (n: bigint, gender: Gender): string => {
  const words: string[] = []
  let rest = n
  for (const { value, noun } of SCALES) {
    const count = rest / value
    if (count > 0n) words.push(counted(count, noun))
    rest %= value
  }
  if (rest > 0n || words.length === 0) words.push(underThousand(Number(rest), gender))
  return words.join(' ')
}

/**
 * `minor` units as «o mie două sute treizeci și patru de lei și cincizeci și șase de bani». Zero bani are left out.
 * @throws RangeError when `minor` is negative or more than money may hold.
 */
export const amountInWords = (minor: bigint, currency: Currency): string => {
  if (minor < 0n || minor > MINOR_MAX) throw new RangeError(`no words for ${minor} minor units`)
  const [whole = '0', fraction] = decimalOf(minor, currency).split('.')
  const units = UNITS.get(currency)
  if (units === undefined) {
    const head = `${wordsOf(BigInt(whole), 'masculine')} ${currency}`
    return fraction === undefined ? head : `${head} și ${fraction}/1${'0'.repeat(fraction.length)}`
  }
  const [major, part] = units
  const head = counted(BigInt(whole), major)
  return BigInt(fraction ?? 0) === 0n ? head : `${head} și ${counted(BigInt(fraction ?? 0), part)}`
}

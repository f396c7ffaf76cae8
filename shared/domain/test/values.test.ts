import { dinero, toDecimal } from 'dinero.js/bigint'
import * as iso4217 from 'dinero.js/bigint/currencies'
import fc from 'fast-check'
import t from 'tap'
import { z } from 'zod'
import {
  Amount,
  addDays,
  amountInWords,
  BusinessDay,
  ClientId,
  CompanyId,
  Currency,
  clientAccountStream,
  companyStream,
  daysBetween,
  decimalOf,
  FreeText,
  formatRomanianDay,
  formatRomanianMoney,
  isFiscalCode,
  latest,
  looksLikePersonalCode,
  Money,
  minorIn,
  minorOf,
  moneyOf,
  Name,
  receiptBookStream,
  TaxId,
} from '../src/index.ts'
import { readFixture } from './fixtures.ts'
import { holds } from './random.ts'

const MINOR_MAX = 10n ** 15n
const minors = fc.bigInt({ min: 1n, max: MINOR_MAX })

t.test('decimals are those of dinero.js, in every currency', async (t) => {
  const offered = Object.values(iso4217).filter(({ code }) => Currency.safeParse(code).success)
  t.ok(offered.some(({ exponent }) => exponent === 0n))
  t.ok(offered.some(({ exponent }) => exponent === 3n))
  const anyMinor = fc.oneof(fc.bigInt({ min: -MINOR_MAX, max: MINOR_MAX }), fc.bigInt({ min: -2_000n, max: 2_000n }))
  holds(
    t,
    fc.property(anyMinor, fc.constantFrom(...offered), (amount, currency) => {
      t.equal(decimalOf(amount, currency.code), toDecimal(dinero({ amount, currency })))
    }),
  )
})

t.test('amount in words', async (t) => {
  t.test('reads as the vectors do', async (t) => {
    for (const [minor, words] of readFixture('words.json', z.array(z.tuple([z.int(), z.string()])))) {
      t.equal(amountInWords(BigInt(minor), 'RON'), words)
    }
  })

  t.test('puts «de» before lei exactly when the last two digits are 00 or 20 to 99', async (t) => {
    const wrong: number[] = []
    for (let lei = 2; lei <= 30_000; lei += 1) {
      const rest = lei % 100
      const expected = rest === 0 || rest >= 20
      if (amountInWords(BigInt(lei) * 100n, 'RON').endsWith(' de lei') !== expected) wrong.push(lei)
    }
    t.same(wrong, [])
  })

  t.test('never reads two amounts alike', async (t) => {
    const pair = fc.tuple(minors, minors).filter(([a, b]) => a !== b)
    holds(
      t,
      fc.property(pair, ([a, b]) => amountInWords(a, 'RON') !== amountInWords(b, 'RON')),
    )
    const words = new Set<string>()
    for (let minor = 0n; minor < 30_000n; minor += 1n) words.add(amountInWords(minor, 'RON'))
    t.equal(words.size, 30_000)
  })

  t.test('never agrees a noun with the wrong gender', async (t) => {
    const forbidden =
      /\b(unu|una|un) (mie|sută)\b|\bdoi (mii|sute|milioane|miliarde)\b|\bdoisprezece (mii|milioane|miliarde)\b/
    holds(
      t,
      fc.property(minors, (minor) => !forbidden.test(amountInWords(minor, 'RON'))),
    )
  })

  t.test('writes ș and ț with a comma below', async (t) => {
    holds(
      t,
      fc.property(minors, (minor) => !/[şţŞŢ]/.test(amountInWords(minor, 'RON'))),
    )
  })

  t.test('names the currency that was paid', async (t) => {
    t.equal(amountInWords(100n, 'EUR'), 'un euro')
    t.equal(amountInWords(50_020n, 'EUR'), 'cinci sute de euro și douăzeci de cenți')
    t.equal(amountInWords(201n, 'USD'), 'doi dolari SUA și un cent')
    t.equal(amountInWords(50_020n, 'CHF'), 'cinci sute CHF și 20/100')
    t.equal(amountInWords(1_234n, 'JPY'), 'o mie două sute treizeci și patru JPY')
  })

  t.test('covers every amount that money may hold, and no other', async (t) => {
    t.equal(amountInWords(MINOR_MAX, 'RON'), 'zece mii de miliarde de lei')
    t.throws(() => amountInWords(MINOR_MAX + 1n, 'RON'), RangeError)
    t.throws(() => amountInWords(-1n, 'RON'), RangeError)
  })
})

t.test('money', async (t) => {
  const refused = (value: unknown): readonly string[] =>
    (Money.safeParse(value).error?.issues ?? []).map((issue) => `/${issue.path.join('/')} ${issue.message}`)

  t.test('is exact where binary floating point is not', async (t) => {
    t.equal(minorOf({ amount: '9007199254740.93', currency: 'RON' }), 900719925474093n)
    t.equal(minorOf({ amount: '0.29', currency: 'RON' }), 29n)
    t.equal(decimalOf(-1n, 'RON'), '-0.01')
    holds(
      t,
      fc.property(minors, fc.constantFrom('RON', 'EUR', 'JPY', 'KWD', 'CLF'), (minor, currency) => {
        const money = moneyOf(minor, currency)
        return minorOf(money) === minor && Money.parse(money).amount === money.amount
      }),
    )
  })

  t.test('has exactly the digits of its currency', async (t) => {
    t.same(Money.parse({ amount: '5', currency: 'RON' }), { amount: '5.00', currency: 'RON' })
    t.same(Money.parse({ amount: '5', currency: 'JPY' }), { amount: '5', currency: 'JPY' })
    t.same(Money.parse({ amount: '5.1', currency: 'KWD' }), { amount: '5.100', currency: 'KWD' })
    t.same(refused({ amount: '5.001', currency: 'RON' }), ['/amount at most 2 decimals'])
    t.same(refused({ amount: '5.0001', currency: 'KWD' }), ['/amount at most 3 decimals'])
    t.same(refused({ amount: '5.0', currency: 'JPY' }), ['/amount no decimals'])
  })

  t.test('is more than zero', async (t) => {
    t.same(refused({ amount: '0.00', currency: 'RON' }), ['/amount more than zero'])
    t.same(refused({ amount: '0', currency: 'RON' }), ['/amount more than zero'])
    t.ok(Money.safeParse({ amount: '0.01', currency: 'RON' }).success)
  })

  t.test('is a decimal string, never a number or another notation', async (t) => {
    for (const amount of [
      '-1.00',
      '+1.00',
      '1e3',
      '1,00',
      ' 1.00',
      '1.00 ',
      '01.00',
      '.5',
      '1.',
      '',
      '٣',
      'NaN',
      '0x10',
    ]) {
      t.match(refused({ amount, currency: 'RON' })[0], /^\/amount a decimal number/, JSON.stringify(amount))
    }
    for (const amount of [1, 1.5, 10n, null, undefined, ['1.00'], { value: '1.00' }]) {
      t.match(refused({ amount, currency: 'RON' })[0], /^\/amount an amount is a decimal string/)
    }
  })

  t.test('is bounded far below what a table holds', async (t) => {
    t.ok(Money.safeParse(moneyOf(MINOR_MAX, 'RON')).success)
    t.same(refused(moneyOf(MINOR_MAX + 1n, 'RON')), ['/amount at most 10000000000000.00'])
  })

  t.test('wants a currency that exists, written as ISO does', async (t) => {
    for (const code of ['ron', 'RO', 'RONN', 'XYZ', '', 'MGA', '__proto__'])
      t.notOk(Currency.safeParse(code).success, code)
    t.same(refused({ amount: '1.00', currency: 'RON', rate: '1' }), ['/ Unrecognized key: "rate"'])
  })

  t.test('a bare amount takes the digits of the currency it is about', async (t) => {
    t.equal(minorIn('5', 'RON'), 500n)
    t.equal(minorIn('5', 'JPY'), 5n)
    t.throws(() => minorIn('0.001', 'RON'), { code: 'AMOUNT_TOO_PRECISE', details: { decimalsMax: 2 } })
    t.throws(() => minorIn('0.1', 'JPY'), { code: 'AMOUNT_TOO_PRECISE', details: { decimalsMax: 0 } })
    t.notOk(Amount.safeParse('0.000').success)
  })

  t.test('is written as Romanian documents write it', async (t) => {
    const { format } = readFixture('money.json', z.object({ format: z.array(z.tuple([z.int(), z.string()])) }))
    for (const [minor, text] of format) t.equal(formatRomanianMoney(BigInt(minor), 'RON'), text)
    t.equal(formatRomanianMoney(123_456n, 'EUR'), '1.234,56 EUR')
    t.equal(formatRomanianMoney(1_234n, 'JPY'), '1.234 JPY')
  })
})

t.test('business day', async (t) => {
  // The test may use what the domain may not: the calendar of the platform.
  const dayOf = (days: number): string => new Date(days * 86_400_000).toISOString().slice(0, 10)
  const first = Date.UTC(1990, 0, 1) / 86_400_000
  const last = Date.UTC(2199, 11, 31) / 86_400_000
  const ordinals = fc.integer({ min: first, max: last })

  t.test('exists exactly when the calendar has it', async (t) => {
    const wrong: string[] = []
    for (let ordinal = first; ordinal <= last; ordinal += 1) {
      if (!BusinessDay.safeParse(dayOf(ordinal)).success) wrong.push(dayOf(ordinal))
    }
    t.same(wrong, [])
    for (const day of [
      '2026-02-29',
      '2100-02-29',
      '2026-13-01',
      '2026-00-10',
      '2026-04-31',
      '2026-01-00',
      '1989-12-31',
      '2200-01-01',
    ]) {
      t.notOk(BusinessDay.safeParse(day).success, day)
    }
    for (const day of ['2026-1-1', '2026-11-02T00:00:00Z', ' 2026-11-02', '2026-11-02\n', '20261102', 20261102, null]) {
      t.notOk(BusinessDay.safeParse(day).success, JSON.stringify(day))
    }
  })

  t.test('counts days as the platform does, and back', async (t) => {
    holds(
      t,
      fc.property(ordinals, ordinals, (a, b) => {
        const days = b - a
        return daysBetween(dayOf(a), dayOf(b)) === days && addDays(dayOf(a), days) === dayOf(b)
      }),
    )
  })

  t.test('compares as text', async (t) => {
    holds(
      t,
      fc.property(ordinals, ordinals, (a, b) => latest(dayOf(a), undefined, dayOf(b)) === dayOf(Math.max(a, b))),
    )
    t.equal(latest('2026-11-02', undefined), '2026-11-02')
  })

  t.test('is written as Romanian documents write it', async (t) => {
    t.equal(formatRomanianDay('2026-11-02'), '02.11.2026')
  })
})

t.test('text', async (t) => {
  const refused = (value: unknown): boolean => !Name.safeParse(value).success

  t.test('refuses what breaks a store, a line or a reader', async (t) => {
    const unsafe = { NUL: '\u0000', tab: '\t', newline: '\n', 'C1 control': '\u0085', 'line separator': '\u2028' }
    const bidi = { override: '\u202e', isolate: '\u2066' }
    const surrogates = { high: '\ud800', low: '\udc00' }
    for (const [name, character] of Object.entries({ ...unsafe, ...bidi, ...surrogates })) {
      t.ok(refused(`Alfa${character}SRL`), name)
    }
    t.notOk(refused('Alfa 😀 SRL'), 'a pair of surrogates is a character')
    t.ok(refused('\ude00\ud83d'), 'a pair in the wrong order is not')
  })

  t.test('refuses the empty and the blank', async (t) => {
    for (const value of ['', ' ', '\u00a0 ', null, 1]) t.ok(refused(value), JSON.stringify(value))
  })

  t.test('is normalised, so that equal-looking names are equal', async (t) => {
    t.equal(Name.parse('Ias\u0326i'), 'Iași'.normalize('NFC'))
    t.equal(Name.parse('Ias\u0326i').length, 4)
  })

  t.test('is counted in characters as stored', async (t) => {
    t.ok(FreeText.safeParse('😀'.repeat(500)).success)
    t.notOk(FreeText.safeParse('😀'.repeat(501)).success)
    t.notOk(Name.safeParse('\u0958'.repeat(200)).success, 'normalising makes this one longer')
  })

  t.test('what was accepted once is accepted again, unchanged', async (t) => {
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string())
    holds(
      t,
      fc.property(texts, (value) => {
        const parsed = FreeText.safeParse(value)
        return !parsed.success || FreeText.parse(parsed.data) === parsed.data
      }),
    )
  })
})

t.test('fiscal code', async (t) => {
  const { cuiValid, cuiInvalid, cnpValid } = readFixture('ids.json', z.record(z.string(), z.array(z.string())))
  t.test('passes when its control digit is right', async (t) => {
    for (const taxId of cuiValid ?? []) t.ok(isFiscalCode(taxId), taxId)
    for (const taxId of cuiInvalid ?? []) t.notOk(isFiscalCode(taxId), taxId)
  })
  t.test('a personal code is told from it', async (t) => {
    for (const personalCode of cnpValid ?? []) t.ok(looksLikePersonalCode(personalCode), personalCode)
    for (const taxId of cuiValid ?? []) t.notOk(looksLikePersonalCode(taxId), taxId)
    t.ok(TaxId.safeParse('RO14399840').success)
  })
})

t.test('ids', async (t) => {
  t.test('keep to an alphabet that needs no escaping anywhere', async (t) => {
    for (const id of ['a', '0', 'inv-1024', 'A.b_c~d-e', 'x'.repeat(64)]) t.ok(ClientId.safeParse(id).success, id)
    for (const id of ['', '-a', '.', '..', 'a b', 'a/b', 'a:b', 'ș', 'a\n', 'x'.repeat(65), '$a', 1, null]) {
      t.notOk(ClientId.safeParse(id).success, JSON.stringify(id))
    }
  })

  t.test('a stream name reads one way', async (t) => {
    const ids = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~-]{0,10}$/).filter((id) => CompanyId.safeParse(id).success)
    holds(
      t,
      fc.property(ids, ids, ids, ids, (a, b, c, d) => {
        const same = a === c && b === d
        return (clientAccountStream(a, b) === clientAccountStream(c, d)) === same
      }),
    )
    t.equal(companyStream('amc'), 'company-amc')
    t.equal(receiptBookStream('amc', 'AMC-C'), 'receiptBook-amc:AMC-C')
  })
})

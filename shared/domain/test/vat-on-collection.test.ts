/** TVA la încasare closes to the ban, however the money comes in. */
import { deepStrictEqual, ok } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { z } from 'zod'
import {
  type DeferredVat,
  deferredVatOf,
  exigibleSoFar,
  lessenedVat,
  vatBetween,
} from '../src/rules/vat-on-collection.ts'
import { readFixture } from './fixtures.ts'
import { holds } from './random.ts'

const Vectors = z.array(
  z.object({
    name: z.string(),
    lines: z.array(z.object({ rate: z.int(), net: z.int(), vat: z.int() })),
    receipts: z.array(z.int()),
    vat: z.array(z.array(z.int())),
  }),
)

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)

/** What each receipt makes exigible, one amount a rate. */
const perReceipt = (deferred: DeferredVat, receipts: readonly bigint[]) =>
  receipts.map((_, index) => {
    const soFar = (count: number) => exigibleSoFar(deferred, sum(receipts.slice(0, count)))
    const parts = vatBetween(soFar(index), soFar(index + 1))
    return deferred.parts.map(({ rate }) => ({
      base: parts.find((part) => part.rate === rate)?.baseMinor ?? 0n,
      vat: parts.find((part) => part.rate === rate)?.vatMinor ?? 0n,
    }))
  })

t.test('vectors', async (t) => {
  for (const { name, lines, receipts, vat } of readFixture('vat-cash.json', Vectors)) {
    const parts = lines.map(({ rate, net, vat: minor }) => ({
      rate: `${rate}`,
      baseMinor: BigInt(net),
      vatMinor: BigInt(minor),
    }))
    const deferred = { parts, grossMinor: sum(parts.map((part) => part.baseMinor + part.vatMinor)) }
    const found = perReceipt(deferred, receipts.map(BigInt))
    t.strictSame(
      found.map((amounts) => amounts.map((amount) => Number(amount.vat))),
      vat,
      name,
    )
    t.strictSame(
      found.map((amounts) => Number(sum(amounts.map(({ base, vat: exigible }) => base + exigible)))),
      receipts,
      `${name}: base and VAT are the money`,
    )
  }
})

t.test('forty small receipts do not drift', async (t) => {
  const deferred = deferredVatOf([{ rate: '21', base: '1.00', vat: '0.21' }], 'RON')
  const receipts = [...Array.from({ length: 40 }, () => 3n), 1n]
  t.equal(sum(perReceipt(deferred, receipts).flatMap((amounts) => amounts.map(({ vat }) => vat))), 21n)
})

t.test('a credit note lessens what is deferred; one without VAT lines lessens nothing', async (t) => {
  const lines = [
    { rate: '21', base: '1000.00', vat: '210.00' },
    { rate: '11', base: '500.00', vat: '55.00' },
  ]
  const deferred = deferredVatOf(lines, 'RON')
  const lessened = lessenedVat(deferred, deferredVatOf([{ rate: '21', base: '200.00', vat: '42.00' }], 'RON'))
  t.strictSame(lessened, {
    grossMinor: 152_300n,
    parts: [
      { rate: '21', baseMinor: 80_000n, vatMinor: 16_800n },
      { rate: '11', baseMinor: 50_000n, vatMinor: 5_500n },
    ],
  })
  t.strictSame(exigibleSoFar(lessened, 152_300n), lessened.parts)
  t.strictSame(lessenedVat(deferred, deferredVatOf([], 'RON')), deferred)
  const nothing = lessenedVat(deferred, deferred)
  t.ok(exigibleSoFar(nothing, 0n).every(({ baseMinor, vatMinor }) => baseMinor === 0n && vatMinor === 0n))
})

const line = fc.record(
  {
    rate: fc.constantFrom('19', '21', '11', '9', '5', '0'),
    baseMinor: fc.bigInt({ min: 0n, max: 10_000_000n }),
    vatMinor: fc.bigInt({ min: 0n, max: 2_100_000n }),
  },
  { noNullPrototype: true },
)

t.test('any split of any invoice closes exactly, and never goes back or over', async (t) =>
  holds(
    t,
    fc.property(
      fc.uniqueArray(line, { selector: ({ rate }) => rate, minLength: 1, maxLength: 4 }),
      fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 30 }),
      (parts, weights) => {
        const grossMinor = sum(parts.map((part) => part.baseMinor + part.vatMinor))
        const whole = BigInt(weights.reduce((total, weight) => total + weight, 0))
        fc.pre(grossMinor > 0n && whole > 0n)
        const deferred = { grossMinor, parts }
        let weight = 0n
        const collected = weights.map((next) => {
          weight += BigInt(next)
          return (grossMinor * weight) / whole
        })
        let before = exigibleSoFar(deferred, 0n)
        for (const minor of collected) {
          const after = exigibleSoFar(deferred, minor)
          deepStrictEqual(sum(after.map((part) => part.baseMinor + part.vatMinor)), minor)
          for (const [index, { vatMinor }] of after.entries()) {
            ok(vatMinor >= (before[index]?.vatMinor ?? 0n) && vatMinor <= (parts[index]?.vatMinor ?? 0n))
          }
          before = after
        }
        deepStrictEqual(before, parts)
      },
    ),
    process.env['LONG'] === undefined ? 2_000 : 20_000,
  ),
)

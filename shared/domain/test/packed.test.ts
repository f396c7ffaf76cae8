import { deepEqual, equal, throws } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { addDays } from '../src/index.ts'
import { createWriter, readerOf, readText, writeText, written } from '../src/packed/byte-cursor.ts'
import {
  createPackedRecords,
  dumpRecords,
  keyAt,
  ordinalsOf,
  restoreRecords,
  weighRecords,
} from '../src/packed/packed-records.ts'
import {
  amount,
  count,
  day,
  type Field,
  flag,
  listOf,
  object,
  oneOf,
  optional,
  packedTable,
  shared,
  text,
} from '../src/packed/packed-table.ts'
import { holds } from './random.ts'

const WORD = 0
const RECORD = 1

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.uuid(),
  fc.string({ minLength: 200, maxLength: 300 }),
)
const anyAmount = fc.oneof(fc.bigInt(-(2n ** 31n), 2n ** 31n), fc.bigInt(-(2n ** 80n), 2n ** 80n))
const anyDay = fc.nat({ max: 76_000 }).map((days) => addDays('1990-01-01', days))

/** Everything that a field can be. */
interface Kept {
  readonly word: string | undefined
  readonly text: string
  readonly amount: bigint
  readonly count: number
  readonly day: string
  readonly flag: boolean
  readonly choice: 'CASH' | 'CHEQUE'
  readonly parts: readonly { readonly rate: string; readonly base: bigint }[]
}

const anyKept: fc.Arbitrary<Kept> = fc.record(
  {
    word: fc.option(fc.constantFrom('RON', 'EUR', 'Brașov', 'C1'), { nil: undefined }),
    text: anyText,
    amount: anyAmount,
    count: fc.maxSafeNat(),
    day: anyDay,
    flag: fc.boolean(),
    choice: fc.constantFrom('CASH', 'CHEQUE'),
    parts: fc.array(
      fc.record({ rate: fc.constantFrom('21', '19', '9.5'), base: anyAmount }, { noNullPrototype: true }),
      { maxLength: 3 },
    ),
  },
  { noNullPrototype: true },
)

const kept: Field<Kept> = object({
  word: optional(shared(WORD)),
  text,
  amount,
  count,
  day,
  flag,
  choice: oneOf(['CASH', 'CHEQUE']),
  parts: listOf(object({ rate: shared(WORD), base: amount })),
})

t.test('records are what a map of objects would be, however they grow and shrink', async (t) => {
  const table = packedTable(RECORD, kept)
  const keys = fc.oneof(
    fc.nat({ max: 20 }).map((number) => `inv-${number}`),
    anyText,
  )
  holds(
    t,
    fc.property(fc.array(fc.tuple(keys, anyKept), { maxLength: 60 }), fc.nat(), (puts, cut) => {
      let records = createPackedRecords()
      const model = new Map<string, Kept>()
      const ordinals = new Map<string, number>()
      for (const [index, [key, value]] of puts.entries()) {
        const ordinal = table.set(records, key, value)
        equal(ordinals.get(key) ?? ordinal, ordinal, 'an ordinal is for ever')
        ordinals.set(key, ordinal)
        model.set(key, value)
        if (index !== cut % puts.length) continue
        const out = createWriter()
        dumpRecords(out, records)
        records = restoreRecords(readerOf(written(out)))
      }
      for (const [key, value] of model) {
        deepEqual(table.get(records, key), value)
        equal(keyAt(records, ordinals.get(key) ?? -1), key)
      }
      deepEqual(
        [...ordinalsOf(records, RECORD)].map((ordinal) => keyAt(records, ordinal)),
        [...model.keys()],
      )
      equal(table.get(records, 'never put'), undefined)
      equal(table.has(records, 'never put'), false)
    }),
  )
})

t.test('texts of every kind come back', async (t) => {
  holds(
    t,
    fc.property(fc.array(anyText), (texts) => {
      const out = createWriter()
      for (const each of texts) writeText(out, each)
      const from = readerOf(written(out))
      deepEqual(
        texts.map(() => readText(from)),
        texts,
      )
    }),
  )
})

t.test('bytes that end too early are no record', async () => {
  const out = createWriter()
  writeText(out, 'a text that is cut')
  throws(() => readText(readerOf(written(out).subarray(0, 5))), /end too early/)
  throws(() => keyAt(createPackedRecords(), 0), /no record 0/)
})

t.test('a record that is changed again and again takes no more room', async (t) => {
  const table = packedTable(RECORD, object({ note: text }))
  const records = createPackedRecords()
  for (let index = 0; index < 50; index += 1) table.set(records, `key-${index}`, { note: '' })
  for (let round = 1; round <= 200; round += 1) {
    for (let index = 0; index < 50; index += 1) table.set(records, `key-${index}`, { note: 'x'.repeat(round % 20) })
  }
  t.ok(weighRecords(records) < 8_000, `${weighRecords(records)} bytes`)
})

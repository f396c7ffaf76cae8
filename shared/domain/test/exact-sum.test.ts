import { deepEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { ITEMS_MAX, onlySum, type SumQuestion } from '../src/client-account/exact-sum.ts'
import { holds } from './random.ts'

/** Every subset, one after the other. */
const byTrying = ({ invoices, notes, target, invoicesMin, invoicesMax }: SumQuestion) => {
  const items = [...invoices, ...notes.map((note) => -note)]
  const found: { invoices: number[]; notes: number[] }[] = []
  for (let mask = 1; mask < 2 ** items.length; mask += 1) {
    const chosen = items.flatMap((_, place) => ((mask >> place) & 1 ? [place] : []))
    const sum = chosen.reduce((so, place) => so + (items[place] ?? 0), 0)
    const ofInvoices = chosen.filter((place) => place < invoices.length)
    const ofNotes = chosen.filter((place) => place >= invoices.length).map((place) => place - invoices.length)
    const fits = ofInvoices.length >= invoicesMin && ofInvoices.length <= invoicesMax
    if (sum === target && fits && ofNotes.length > 0 === notes.length > 0) {
      found.push({ invoices: ofInvoices, notes: ofNotes })
    }
  }
  return found.length > 1 ? 'several' : found[0]
}

t.test('finds what trying all finds, and no more', async (t) => {
  const amount = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 5_000 }))
  holds(
    t,
    fc.property(
      fc.array(amount, { maxLength: 9 }),
      fc.array(amount, { maxLength: 3 }),
      fc.integer({ min: 1, max: 60 }),
      fc.nat(),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 3, max: 8 }),
      (invoices, notes, small, pick, invoicesMin, invoicesMax) => {
        // Half of the sums are those of a group, or hardly any would be found.
        const some = invoices.filter((_, place) => (pick >> place) & 1)
        const sum = some.reduce((so, invoice) => so + invoice, 0) - (pick % 3 === 0 ? (notes[0] ?? 0) : 0)
        const target = pick % 2 === 0 && sum > 0 ? sum : small
        const question = { invoices, notes, target, invoicesMin, invoicesMax }
        deepEqual(onlySum(question), byTrying(question))
      },
    ),
  )
})

t.test('thirty amounts are searched through, equal ones, too', async (t) => {
  const many = { notes: [], invoicesMin: 2, invoicesMax: 8 }
  const equal = Array.from({ length: ITEMS_MAX }, () => 10_000)
  t.equal(onlySum({ ...many, invoices: equal, target: 50_000 }), 'several')
  t.equal(onlySum({ ...many, invoices: equal, target: 90_000 }), undefined, 'nine of them are too many')
  const powers = Array.from({ length: ITEMS_MAX }, (_, place) => 2 ** place)
  t.same(onlySum({ ...many, invoices: powers, target: 2 ** 29 + 2 ** 3 + 1 }), { invoices: [0, 3, 29], notes: [] })
  t.same(onlySum({ ...many, invoices: powers, target: 255 }), { invoices: [0, 1, 2, 3, 4, 5, 6, 7], notes: [] })
  t.equal(onlySum({ ...many, invoices: powers, target: 511 }), undefined)
})

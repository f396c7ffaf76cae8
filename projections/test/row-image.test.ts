/** What a fold remembers of rows: never an older one than the tables will hold, and no more than it may. */
import { positionOf } from '@registru/domain'
import t from 'tap'
import { wanted } from '../core/fold/owned-row.ts'
import { createRowImage, type RowImage } from '../core/fold/row-image.ts'
import { bigint, defineRemembered, text } from '../core/fold/table.ts'

const columns = { id: text(), seen: bigint() }
const counters = defineRemembered({ name: 'counters', columns, key: ['id'] })
const others = defineRemembered({ name: 'others', columns, key: ['id'] })

const of = (id: string, table = counters) => wanted(table, { id })
const put = (image: RowImage, ...ids: readonly string[]): void => {
  for (const id of ids) image.put(counters, of(id).id, { id, seen: 1n })
}
const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'x']
/** Asking touches what is asked for. */
const knownOf = (image: RowImage, asked: string): string =>
  IDS.filter((id) => asked.includes(id) && image.knows(of(id))).join('')
const at = positionOf

t.test('of empty tables everything is known: there is nothing', async (t) => {
  const image = createRowImage(true)
  t.equal(image.knows(of('a')), true)
  t.equal(image.find(of('a')), undefined)
  image.clear()
  t.equal(image.knows(of('a')), false, 'whatever was written since')
})

t.test('of others only what was put there, and what was looked for in vain', async (t) => {
  const image = createRowImage(false)
  t.equal(knownOf(image, 'ab'), '')
  t.throws(() => image.find(of('a')), { message: 'counters: a row that was not loaded' })
  put(image, 'a')
  image.putAbsent(of('b'))
  t.equal(knownOf(image, 'abc'), 'ab')
  t.same(image.find(of('a')), { id: 'a', seen: 1n })
  t.equal(image.find(of('b')), undefined)
  t.equal(image.knows(of('a', others)), false, 'of this table alone')
  image.clear()
  t.equal(knownOf(image, 'ab'), '')
})

t.test('what was not touched among more than the most is forgotten, one generation later', async (t) => {
  const image = createRowImage(false)
  put(image, 'a', 'b', 'c')
  image.forgetBeyond(2, at(10n), at(10n))
  t.equal(knownOf(image, 'a'), 'a', 'it is of the old generation, and of the young one once it is touched')
  put(image, 'd', 'e')
  image.forgetBeyond(2, at(20n), at(20n))
  t.equal(knownOf(image, 'abcde'), 'ade')
})

t.test('as many as the most are no reason to forget any', async (t) => {
  const image = createRowImage(false)
  put(image, 'a', 'b')
  image.forgetBeyond(2, at(10n), at(10n))
  put(image, 'c')
  image.forgetBeyond(2, at(20n), at(20n))
  put(image, 'd', 'e')
  image.forgetBeyond(2, at(30n), at(30n))
  t.equal(knownOf(image, 'abcde'), 'abcde')
})

t.test('the rows of all tables count together', async (t) => {
  const image = createRowImage(false)
  const fill = (first: string, second: string, other: string): void => {
    put(image, first, second)
    image.put(others, of(other, others).id, { id: other, seen: 1n })
  }
  fill('a', 'b', 'x')
  image.forgetBeyond(2, at(10n), at(10n))
  fill('c', 'd', 'y')
  image.forgetBeyond(2, at(20n), at(20n))
  t.equal(knownOf(image, 'abcd'), 'cd')
  t.equal(image.knows(of('x', others)), false)
  t.equal(image.knows(of('y', others)), true)
})

t.test('nothing is forgotten that is not written yet', async (t) => {
  const full = (): RowImage => {
    const image = createRowImage(false)
    put(image, 'a', 'b', 'c')
    image.forgetBeyond(2, at(10n), at(0n))
    put(image, 'd', 'e', 'f')
    return image
  }
  const early = full()
  early.forgetBeyond(2, at(20n), at(9n))
  t.equal(knownOf(early, 'abcdef'), 'abcdef')
  const inTime = full()
  inTime.forgetBeyond(2, at(20n), at(10n))
  t.equal(knownOf(inTime, 'abcdef'), 'def')
})

t.test('once anything is forgotten, what is not there may be in the tables', async (t) => {
  const image = createRowImage(true)
  put(image, 'a', 'b', 'c')
  image.forgetBeyond(2, at(10n), at(10n))
  t.equal(knownOf(image, 'x'), 'x', 'all of it is still here')
  put(image, 'd', 'e', 'f')
  image.forgetBeyond(2, at(20n), at(20n))
  t.equal(knownOf(image, 'adx'), 'd')
})

import t from 'tap'
import { keepLeft, type OrdinalsLeft } from '../src/client-account/records/ordinals-left.ts'

t.test('what is left stands oldest first, once, whatever comes and goes in which order', async (t) => {
  const lists: OrdinalsLeft = new Map()
  const keep = (ordinal: number, isLeft: boolean): void => keepLeft(lists, 'RON', ordinal, isLeft)
  keep(4, false)
  t.notOk(lists.has('RON'), 'nothing that never was left')
  for (const ordinal of [7, 3, 5, 3, 9]) keep(ordinal, true)
  t.same(lists.get('RON'), [3, 5, 7, 9])
  for (const ordinal of [5, 4, 9]) keep(ordinal, false)
  t.same(lists.get('RON'), [3, 7])
  keep(5, true)
  t.same(lists.get('RON'), [3, 5, 7])
  keepLeft(lists, 'EUR', 1, true)
  t.same(
    [...lists],
    [
      ['RON', [3, 5, 7]],
      ['EUR', [1]],
    ].map((list) => list),
  )
})

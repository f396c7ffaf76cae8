/** What must not compile; the compiler says so of every line here that does. */
import t from 'tap'
import { type Position, positionOf, type Revision, revisionAfter, revisionOf } from '../src/index.ts'

const position = positionOf(7n)
const revision = revisionOf(7n)
const takesPosition = (place: Position): bigint => place
const takesRevision = (place: Revision): bigint => place

t.test('places are plain bigint at run time', async (t) => {
  t.equal(position, 7n)
  t.equal(takesPosition(position), takesRevision(revision))
  t.equal(revisionAfter(revision, 3), 10n)
})

t.test('a place is taken for no other', async () => {
  // @ts-expect-error
  takesPosition(revision)
  // @ts-expect-error
  takesRevision(position)
  // @ts-expect-error -- of neither kind
  takesPosition(7n)
  // @ts-expect-error
  takesRevision(7n)
  // @ts-expect-error -- what was reckoned from a position need not be one
  takesPosition(position + 1n)
  // @ts-expect-error -- never equal, to the compiler
  if (position === revision) t.pass()
})

import t from 'tap'
import {
  type AppendDecision,
  decideAppend,
  decideDelete,
  type ExpectedRevision,
  type StreamFacts,
} from '../../src/event-store/append-decision.ts'

const absent: StreamFacts = { head: -1, tombstoned: false, softDeleted: false, hasMetadata: false }
const live: StreamFacts = { ...absent, head: 2 }
/** One event, `a`: the smallest stream that is not empty. */
const single: StreamFacts = { ...absent, head: 0 }
const softDeleted: StreamFacts = { ...live, softDeleted: true, hasMetadata: true }
const metadataOnly: StreamFacts = { ...absent, hasMetadata: true }
const tombstoned: StreamFacts = { ...live, tombstoned: true }

const any: ExpectedRevision = { kind: 'any' }
const noStream: ExpectedRevision = { kind: 'noStream' }
const streamExists: ExpectedRevision = { kind: 'streamExists' }
const exact = (revision: number): ExpectedRevision => ({ kind: 'exact', revision: BigInt(revision) })

/** The stream's ids, `a` at revision 0 and so on. */
const log = ['a', 'b', 'c']

interface Case {
  readonly facts: StreamFacts
  readonly expected: ExpectedRevision
  readonly ids: readonly string[]
  /** Whether the ids are still in memory, or must be read from the log. */
  readonly remembered?: boolean
}

const decide = ({ facts, expected, ids, remembered = true }: Case): AppendDecision => {
  const recent = (id: string) =>
    remembered && log.includes(id) ? { revision: log.indexOf(id), position: 0 } : undefined
  const first = decideAppend({ facts, expected, ids, recent })
  if (first.kind !== 'needsIds') return first
  const idsFrom = { from: first.from, ids: log.slice(first.from, first.from + first.count) }
  return decideAppend({ facts, expected, ids, recent, idsFrom })
}

const write: AppendDecision = { kind: 'write' }
const deleted: AppendDecision = { kind: 'streamDeleted' }
const wrong = (current: number): AppendDecision => ({ kind: 'wrongExpectedRevision', current })
const before = (revision: number): AppendDecision => ({ kind: 'alreadyWritten', revision })

t.test('new events', async (t) => {
  const table: [string, StreamFacts, [ExpectedRevision, AppendDecision][]][] = [
    [
      'absent',
      absent,
      [
        [any, write],
        [noStream, write],
        [streamExists, wrong(-1)],
        [exact(0), wrong(-1)],
      ],
    ],
    [
      'live',
      live,
      [
        [any, write],
        [noStream, wrong(2)],
        [streamExists, write],
        [exact(1), wrong(2)],
        [exact(2), write],
        [exact(3), wrong(2)],
      ],
    ],
    [
      'of one event',
      single,
      [
        [any, write],
        [noStream, wrong(0)],
        [streamExists, write],
        [exact(0), write],
      ],
    ],
    [
      'soft-deleted',
      softDeleted,
      [
        [any, write],
        [noStream, write],
        [streamExists, deleted],
        [exact(1), wrong(2)],
        [exact(2), write],
      ],
    ],
    [
      'metadata only',
      metadataOnly,
      [
        [any, write],
        [noStream, write],
        [streamExists, write],
        [exact(0), wrong(-1)],
      ],
    ],
    [
      'tombstoned',
      tombstoned,
      [
        [any, deleted],
        [noStream, deleted],
        [streamExists, deleted],
        [exact(2), deleted],
      ],
    ],
  ]
  for (const [name, facts, rows] of table) {
    for (const [expected, decision] of rows) {
      t.strictSame(decide({ facts, expected, ids: ['x'] }), decision, `${name}, ${expected.kind}`)
    }
  }
})

for (const remembered of [true, false]) {
  t.test(`known events at an exact revision, ${remembered ? 'remembered' : 'after a restart'}`, async (t) => {
    const at = (expected: ExpectedRevision, ...ids: string[]) => decide({ facts: live, expected, ids, remembered })
    t.strictSame(at(noStream, 'a', 'b', 'c'), before(2))
    t.strictSame(at(noStream, 'a'), before(0))
    t.strictSame(at(exact(0), 'b', 'c'), before(2))
    t.strictSame(at(exact(2), 'c'), write, 'the same id at the head is written again')
    t.strictSame(at(noStream, 'a', 'x'), wrong(2), 'a later one differs')
    t.strictSame(at(exact(1), 'c', 'd'), wrong(2), 'longer than what is there')
    t.strictSame(at(noStream, 'b', 'a'), wrong(2), 'reordered')
    t.strictSame(decide({ facts: softDeleted, expected: noStream, ids: ['a'], remembered }), before(0))
    t.strictSame(decide({ facts: softDeleted, expected: noStream, ids: ['a', 'x'], remembered }), wrong(2))
  })
}

t.test('what memory knows is not read', async (t) => {
  const asked = (ids: readonly string[], recent: (id: string) => number) =>
    decideAppend({
      facts: live,
      expected: noStream,
      ids,
      recent: (id) => (recent(id) < 0 ? undefined : { revision: recent(id), position: 0 }),
    })
  t.strictSame(
    asked(['a', 'b', 'c'], (id) => log.indexOf(id)),
    before(2),
  )
  t.strictSame(
    asked(['a', 'b', 'c', 'd'], (id) => log.indexOf(id)),
    wrong(2),
    'nothing is read beyond the head',
  )
  t.strictSame(
    asked(['a', 'b'], () => -1),
    { kind: 'needsIds', from: 0, count: 2 },
    'no more than was sent',
  )
  t.strictSame(
    asked(['a', 'b', 'c', 'd'], () => -1),
    { kind: 'needsIds', from: 0, count: 3 },
    'no more than there is',
  )
})

t.test('known events with any', async (t) => {
  const at = (...ids: string[]) => decide({ facts: live, expected: any, ids })
  t.strictSame(at('a', 'b', 'c'), before(2))
  t.strictSame(at('b', 'a'), before(0), 'in any order')
  t.strictSame(at('x', 'a'), write, 'the first is unknown')
  t.strictSame(at('a', 'x'), wrong(2), 'a later one is unknown')
  t.strictSame(at('c', 'b', 'a'), { kind: 'unanswerable' })
  t.strictSame(decide({ facts: live, expected: any, ids: ['a'], remembered: false }), write, 'a restart forgets')
})

t.test('no events', async (t) => {
  t.strictSame(decide({ facts: live, expected: any, ids: [] }), write)
  t.strictSame(decide({ facts: live, expected: exact(2), ids: [] }), write)
  t.strictSame(decide({ facts: live, expected: exact(1), ids: [] }), wrong(2))
  t.strictSame(decide({ facts: softDeleted, expected: noStream, ids: [] }), wrong(2))
})

t.test('deletes', async (t) => {
  t.strictSame(decideDelete(any, absent, 'delete'), wrong(-1))
  t.strictSame(decideDelete(any, absent, 'tombstone'), write)
  t.strictSame(decideDelete(any, metadataOnly, 'delete'), write)
  t.strictSame(decideDelete(any, single, 'delete'), write)
  t.strictSame(decideDelete(exact(1), live, 'delete'), wrong(2))
  t.strictSame(decideDelete(exact(2), live, 'delete'), write)
  t.strictSame(decideDelete(noStream, softDeleted, 'delete'), write)
  t.strictSame(decideDelete(any, tombstoned, 'tombstone'), deleted)
})

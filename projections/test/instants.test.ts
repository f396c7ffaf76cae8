/** What was known when: a position of the log that nothing changes once an answer has been given. */
import { deepStrictEqual } from 'node:assert'
import {
  BEFORE_THE_LOG,
  LEDGER_CLOCK_STREAM,
  type LogEvent,
  type Position,
  positionOf,
  revisionOf,
} from '@registru/domain'
import { clientRegistered, eventMetadata } from '@registru/domain/examples'
import { createDatabase, createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import fc from 'fast-check'
import t from 'tap'
import { ensureSchemas, findLedgerClock, findPositionKnownAt, openPostgresWriter, schemaOf } from '../index.ts'
import { timeline } from '../timeline/projection.ts'
import { holds } from './random.ts'

t.setTimeout(120_000)

const pool = createPool({
  url: await createTestDatabase(t),
  connectionsMax: 2,
  applicationName: 'instants.test',
  onIdleError: (error) => t.comment(error.message),
})
const db = createDatabase<unknown>(pool)
t.teardown(() => db.destroy())
const client = await pool.connect()
await ensureSchemas(client, [timeline])
client.release()

const NOON = Date.parse('2026-11-24T12:00:00.000Z')
const at = (seconds: number): string => new Date(NOON + seconds * 1_000).toISOString()

/** Instants in seconds after noon. */
interface Stamps {
  /** Of an event of a company, by the clock of the process that recorded it. */
  readonly recorded?: number
  /** By the store's clock. */
  readonly created: number
}

/** A log of these stamps; without `recorded`, the events of the log's own clock. Positions have gaps. */
const logOf = (stamps: readonly Stamps[]): readonly LogEvent[] => {
  let ticks = 0n
  return stamps.map(({ recorded, created }, index) => {
    const placed = {
      eventId: `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`,
      position: positionOf(BigInt(100 + index * 10)),
      createdAt: new Date(NOON + created * 1_000),
    }
    if (recorded === undefined) {
      ticks += 1n
      const type = ticks === 1n ? 'LedgerClockStarted' : 'LedgerClockTicked'
      return {
        type,
        data: {},
        ...placed,
        stream: LEDGER_CLOCK_STREAM,
        revision: revisionOf(ticks - 1n),
        metadata: { schemaVersion: 1 },
      }
    }
    const metadata = eventMetadata({ recordedAt: at(recorded) })
    const stream = `clientAccount-amc:${index}`
    return { ...clientRegistered({ clientId: `${index}` }), ...placed, stream, revision: revisionOf(0n), metadata }
  })
}
const placeOf = (index: number): Position => (index < 0 ? BEFORE_THE_LOG : positionOf(BigInt(100 + index * 10)))

const empty = async (): Promise<void> => {
  const tables = timeline.tables.map((table) => `${schemaOf(timeline)}.${table.name}`)
  await pool.query(`truncate ${tables.join(', ')}; update ${schemaOf(timeline)}.checkpoint set position = -1`)
}

/** Projects batch after batch as a projector that is killed after each, and looks in between. */
const project = async (batches: readonly (readonly LogEvent[])[], look: () => Promise<void>): Promise<void> => {
  await empty()
  for (const events of batches) {
    const writing = await pool.connect()
    try {
      const writer = await openPostgresWriter({ client: writing, projections: [timeline] })
      await writer.apply(events, { position: events.at(-1)?.position ?? BEFORE_THE_LOG, storeId: 'test' })
    } finally {
      writing.release()
    }
    await look()
  }
}
const known = async (
  stamps: readonly Stamps[],
  instants: readonly number[],
): Promise<readonly (bigint | undefined)[]> => {
  await project([logOf(stamps)], () => Promise.resolve())
  return Promise.all(instants.map((seconds) => findPositionKnownAt(db, at(seconds))))
}
const START = { created: 0 }

t.test('a recorder whose clock is an hour ahead hides nothing', async (t) => {
  const stamps = [
    START,
    { recorded: 1, created: 1 },
    { recorded: 3_602, created: 2 },
    { recorded: 3, created: 3 },
    { created: 9 },
  ]
  t.same(await known(stamps, [-1, 0, 1, 2, 3, 8, 9]), [-1n, 100n, 110n, 120n, 130n, 130n, undefined])
})

t.test('an append that was long on its way counts from when it stands in the log', async (t) => {
  const stamps = [START, { recorded: 2, created: 2 }, { recorded: 1, created: 5 }, { created: 6 }]
  t.same(await known(stamps, [1, 4, 5]), [placeOf(0), placeOf(1), placeOf(2)])
})

t.test('a store whose clock goes back changes nothing that was settled', async (t) => {
  const stamps = [START, { recorded: 5, created: 5 }, { recorded: 6, created: 1 }, { recorded: 7, created: 6 }]
  t.same(await known(stamps, [1, 4, 5]), [placeOf(0), placeOf(0), placeOf(2)])
})

t.test('nothing is settled before the log has a clock, nor at the instant that it has come to', async (t) => {
  t.same(await known([{ recorded: 1, created: 1 }], [2]), [undefined])
  t.equal(await findLedgerClock(db), -1n)
  t.same(await known([{ recorded: 1, created: 1 }, { created: 4 }], [3, 4]), [placeOf(0), undefined])
  t.equal(await findLedgerClock(db), BigInt(NOON + 4_000))
})

/** As it was answered before the log had a clock of its own: everything before the first event that was recorded later. */
const byRecorders = (stamps: readonly Stamps[], seconds: number): bigint => {
  const later = stamps.findIndex(({ recorded }) => recorded !== undefined && recorded > seconds)
  return placeOf(later === -1 ? stamps.length - 1 : later - 1)
}

t.test('what was answered of an old log stays, when it is given a clock', async (t) => {
  // One event was stamped an hour ahead, and one was long on its way.
  const old = [1, 3, 3_600, 4, 5, 2, 7].map((recorded, index) => ({ recorded, created: index + 1 }))
  const instants = [0, 1, 2, 3, 4, 5, 6, 7, 8]
  const before = instants.map((seconds) => byRecorders(old, seconds))
  const upgraded = [...old, { created: 9 }, { recorded: 12, created: 10 }, { created: 30 }]
  t.same(await known(upgraded, instants), before)
  t.same(await known(upgraded, [9, 10, 29]), [placeOf(7), placeOf(8), placeOf(8)], 'from there on the log tells')
})

/** Few enough seconds that many events share one, and that clocks often go back. */
const seconds = fc.integer({ min: 0, max: 12 })
const companyEvent = fc.record({ recorded: seconds, created: seconds })
const logs = fc
  .tuple(
    fc.array(companyEvent, { maxLength: 8 }),
    seconds,
    fc.array(fc.oneof(companyEvent, fc.record({ created: seconds })), { maxLength: 24 }),
  )
  .map(([old, start, later]): readonly Stamps[] => [...old, { created: start }, ...later])

/** Said by looking at the whole log for each instant. */
const naive = (stamps: readonly Stamps[], instant: number): bigint | undefined => {
  const start = stamps.findIndex(({ recorded }) => recorded === undefined)
  const [old, since] = [stamps.slice(0, start), stamps.slice(start)]
  const later = since.findIndex(({ created }) => created > instant)
  if (later === -1) return undefined
  return instant < (since[0]?.created ?? 0) ? byRecorders(old, instant) : placeOf(start + later - 1)
}

t.test('an answer never changes once it is given, however the log is cut and grows', (t) =>
  holds(
    t,
    fc.asyncProperty(logs, fc.integer({ min: 1, max: 9 }), async (stamps, size) => {
      const events = logOf(stamps)
      const batches = Array.from({ length: Math.ceil(events.length / size) }, (_, index) =>
        events.slice(index * size, (index + 1) * size),
      )
      const given = new Map<number, bigint>()
      await project(batches, async () => {
        for (let instant = -1; instant <= 13; instant += 1) {
          const answer = await findPositionKnownAt(db, at(instant))
          deepStrictEqual(answer !== undefined, BigInt(Date.parse(at(instant))) < (await findLedgerClock(db)))
          if (given.has(instant)) deepStrictEqual(answer, given.get(instant))
          else if (answer !== undefined) given.set(instant, answer)
        }
      })
      for (let instant = -1; instant <= 13; instant += 1) deepStrictEqual(given.get(instant), naive(stamps, instant))
    }),
    20,
  ),
)

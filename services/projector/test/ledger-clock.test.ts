/** The log's own clock: started with the first event, moved on when somebody asks, by whoever is at work. */
import { setTimeout as sleep } from 'node:timers/promises'
import { LEDGER_CLOCK_STREAM } from '@registru/domain'
import { clientRegistered } from '@registru/domain/examples'
import type { RecordedEvent } from '@registru/event-store'
import { findLedgerClock, findPositionKnownAt, LEDGER_CLOCK_CHANNEL, type ReadHandle } from '@registru/projections'
import { createDatabase, createLogger, createPool, type Pool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t, { type Test } from 'tap'
import { EXIT_DIVERGED, startProjector } from '../src/index.ts'
import { createClockAlarm, createLedgerClock } from '../src/ledger-clock.ts'
import { acceptingAppends, createMemoryEventStore, type MemoryEventStore, recorded } from './memory-event-store.ts'
import { placed } from './placed.ts'

t.setTimeout(120_000)
const logger = createLogger({ name: 'ledger-clock.test', level: 'silent' })

const setUp = async (t: Test): Promise<{ readonly pool: Pool; readonly db: ReadHandle }> => {
  const url = await createTestDatabase(t)
  const pool = createPool({ url, connectionsMax: 8, applicationName: 'clock.test', onIdleError: () => undefined })
  const db: ReadHandle = createDatabase<unknown>(pool)
  t.teardown(() => db.destroy())
  return { pool, db }
}
const start = (t: Test, pool: Pool, store: MemoryEventStore) => {
  const projector = startProjector({ pool, store, logger })
  t.teardown(projector.stop)
  return projector
}
const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const deadlineMs = Date.now() + 15_000
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error(`not within 15 s: ${what}`)
    await sleep(10)
  }
}
const clockOf = async (store: MemoryEventStore): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = []
  for await (const event of store.readAll()) if (event.stream === LEDGER_CLOCK_STREAM) events.push(event)
  return events
}
const typesOf = async (store: MemoryEventStore): Promise<readonly string[]> =>
  (await clockOf(store)).map(({ type }) => type)
const ask = (pool: Pool, payload: string) => pool.query('select pg_notify($1, $2)', [LEDGER_CLOCK_CHANNEL, payload])
const client = placed([clientRegistered()]).map(recorded)

t.test('an idle log proves on demand that an instant is over', async (t) => {
  const { pool, db } = await setUp(t)
  const store = acceptingAppends(createMemoryEventStore())
  const projector = start(t, pool, store)
  await until('live', () => projector.status().state === 'live')
  t.same(await typesOf(store), [], 'an empty log has no time to tell of')
  store.add(client)
  await until('started', async () => (await findLedgerClock(db)) > 0n)
  t.same(await typesOf(store), ['LedgerClockStarted'])

  await sleep(5)
  const instant = new Date()
  await sleep(5)
  t.equal(await findPositionKnownAt(db, instant.toISOString()), undefined)
  await ask(pool, `${instant.getTime()}`)
  await until('over', async () => (await findLedgerClock(db)) > BigInt(instant.getTime()))
  const known = await findPositionKnownAt(db, instant.toISOString())
  t.equal(known, (await clockOf(store))[0]?.position)

  store.add(placed([clientRegistered({ clientId: 'later' })], 500).map(recorded))
  await projector.stop()
  t.equal(await findPositionKnownAt(db, instant.toISOString()), known)
})

t.test('of a time still to come nothing is appended, whoever asks', async (t) => {
  const { pool, db } = await setUp(t)
  const plain = acceptingAppends(createMemoryEventStore())
  let looks = 0
  const store: MemoryEventStore = {
    ...plain,
    readAll: (options) => {
      if (options?.direction === 'backwards') looks += 1
      return plain.readAll(options)
    },
  }
  store.add(client)
  await start(t, pool, store).ready
  await until('started', async () => (await findLedgerClock(db)) > 0n)
  const soon = new Date(Date.now() + 3_000)
  const later = placed([clientRegistered({ clientId: 'later' })], 500).map(recorded)
  store.add(later.map((event) => ({ ...event, createdAt: soon })))
  const before = looks
  await ask(pool, `${Date.now() + 3_600_000}`)
  await ask(pool, `${Date.now()}`)
  await until('asked', () => looks > before)
  await sleep(100)
  t.same(await typesOf(store), ['LedgerClockStarted'], 'what was asked for now the log proves by itself')
})

t.test('however many ask, ticks are a second apart', async (t) => {
  const { pool, db } = await setUp(t)
  const store = acceptingAppends(createMemoryEventStore())
  store.add(client)
  await start(t, pool, store).ready
  for (let tick = 0; tick < 3; tick += 1) {
    const instantMs = Date.now()
    for (let asked = 0; asked < 20; asked += 1) await ask(pool, `${instantMs - asked}`)
    await until('over', async () => {
      await ask(pool, `${instantMs}`)
      return (await findLedgerClock(db)) > BigInt(instantMs)
    })
  }
  const instants = (await clockOf(store)).map(({ createdAt }) => createdAt.getTime())
  const apart = instants.slice(1).map((ms, index) => ms - (instants[index] ?? 0))
  t.ok(apart.length > 1 && apart.every((ms) => ms > 950), apart.join(', '))
})

t.test('a log that proves it by itself is left alone, and so is one of which nonsense is asked', async (t) => {
  const { pool, db } = await setUp(t)
  const store = acceptingAppends(createMemoryEventStore())
  store.add(client)
  await start(t, pool, store).ready
  await until('started', async () => (await findLedgerClock(db)) > 0n)
  const [started] = await clockOf(store)
  await ask(pool, `${(started?.createdAt.getTime() ?? 0) - 1}`)
  for (const payload of ['', 'soon', '-1', '1e9', '9'.repeat(40)]) await ask(pool, payload)
  await sleep(1_500)
  t.same(await typesOf(store), ['LedgerClockStarted'])
})

t.test('several projectors start one clock, and move it on without gaps', async (t) => {
  const { pool, db } = await setUp(t)
  const store = acceptingAppends(createMemoryEventStore())
  store.add(client)
  const { signal } = new AbortController()
  const listener = await pool.connect()
  t.teardown(() => listener.release(true))
  // As a projector that was fenced and has not noticed.
  const clocks = [1, 2, 3].map(() => createLedgerClock({ store, logger, signal }))
  for (const clock of clocks) {
    clock.open()
    await clock.listen(listener)
  }
  await Promise.all(clocks.map(({ start }) => start()))
  t.same(await typesOf(store), ['LedgerClockStarted'])
  await sleep(1_100)
  await ask(pool, `${Date.now()}`)
  await until('ticked', async () => (await clockOf(store)).length > 1)
  await sleep(100)
  const revisions = (await clockOf(store)).map(({ revision }) => revision)
  t.same(
    revisions,
    revisions.map((_, index) => BigInt(index)),
  )
  t.equal(await findLedgerClock(db).catch(() => 'no read models'), 'no read models')
})

t.test('nothing is appended to a store that is not the one that the read models come from', async (t) => {
  const { pool } = await setUp(t)
  const first = acceptingAppends(createMemoryEventStore('store-1'))
  first.add(client)
  const projector = start(t, pool, first)
  await until('projected', async () => (await clockOf(first)).length > 0 && projector.status().position > 1_000n)
  await projector.stop()
  const other = acceptingAppends(createMemoryEventStore('store-2'))
  other.add(client)
  const lost = start(t, pool, other)
  await ask(pool, `${Date.now()}`)
  t.equal(await lost.exited, EXIT_DIVERGED)
  t.same(await typesOf(other), [])
})

t.test("a jump of the store's clock is said once", (t) => {
  const said: unknown[] = []
  const watch = createClockAlarm({ error: (about) => void said.push(about) })
  watch(Date.now() + 4_000)
  t.same(said, [])
  const jump = Date.now() + 3_600_000
  watch(jump)
  watch(Date.now())
  watch(jump)
  t.same(said, [{ instant: new Date(jump).toISOString() }])
  t.end()
})

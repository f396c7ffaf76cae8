import { setTimeout as sleep } from 'node:timers/promises'
import { type LedgerMessage, positionOf } from '@registru/domain'
import {
  clientRegistered,
  companyRegistered,
  invoiceRegistered,
  paymentAllocated,
  paymentRecorded,
} from '@registru/domain/examples'
import {
  allProjections,
  dropGeneration,
  enterAsReader,
  findInvoice,
  findReadPosition,
  listGenerations,
  type Projection,
  type ReadHandle,
  schemaOf,
} from '@registru/projections'
import { createDatabase, createLogger, createPool, type Pool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t, { type Test } from 'tap'
import {
  type Difference,
  diffGenerations,
  EXIT_DIVERGED,
  type MeetProgress,
  type Pair,
  type Projector,
  rebuild,
  startProjector,
  switchGenerations,
} from '../src/index.ts'
import { createMemoryEventStore, type MemoryEventStore, recorded } from './memory-event-store.ts'
import { companyId, placed } from './placed.ts'

// Databases take their time on a busy machine.
t.setTimeout(120_000)

const logger = createLogger({ name: 'projector', level: process.env['LOG_LEVEL'] ?? 'silent' })
const patienceMs = 30_000
const { signal } = new AbortController()

const until = async (what: string, condition: () => Promise<boolean>): Promise<void> => {
  for (const end = performance.now() + patienceMs; performance.now() < end; await sleep(20)) {
    if (await condition()) return
  }
  throw new Error(`not in time: ${what}`)
}

interface System {
  readonly pool: Pool
  readonly db: ReadHandle
  readonly store: MemoryEventStore
  readonly append: (messages: readonly LedgerMessage[]) => Promise<void>
  readonly startProjector: () => Promise<Projector>
  readonly stopProjector: () => Promise<void>
}

/** A live projector over a few events. */
const setUp = async (t: Test): Promise<System> => {
  const url = await createTestDatabase(t)
  const onIdleError = (): void => undefined
  const pool = createPool({ url, connectionsMax: 12, applicationName: 'rebuild.test', onIdleError })
  const db: ReadHandle = createDatabase<unknown>(pool)
  const store = createMemoryEventStore()
  let projector: Projector | undefined
  const stop = async (): Promise<void> => projector?.stop()
  const begin = async (): Promise<Projector> => {
    projector = startProjector({ pool, store, logger })
    await Promise.race([projector.ready, projector.exited])
    return projector
  }
  t.teardown(async () => {
    await stop()
    await db.destroy()
  })
  await begin()
  let written = 0
  const append = async (messages: readonly LedgerMessage[]): Promise<void> => {
    const events = placed(messages, written)
    written += messages.length
    store.add(events.map(recorded))
    await until('projected', async () => (await findReadPosition(db)) >= (events.at(-1)?.position ?? 0n))
  }
  await append([companyRegistered(), clientRegistered(), invoiceRegistered()])
  return { pool, db, store, append, startProjector: begin, stopProjector: stop }
}

const build = ({ pool, store }: System, projections: readonly Projection[] = allProjections) =>
  rebuild({ pool, store, projections, signal, onProgress: () => undefined })

const pairsOf = (built: readonly Projection[]): readonly Pair[] =>
  built.map((to) => ({ from: { ...to, generation: (to.generation ?? 2) - 1 }, to }))

const diff = ({ pool, store }: System, pairs: readonly Pair[], intended: readonly string[] = []): Promise<Difference> =>
  diffGenerations({ pool, store, pairs, signal, intended: new Set(intended) })

const differing = ({ tables }: Difference): readonly string[] =>
  tables.filter(({ missing, added, changed }) => missing + added + changed > 0n).map(({ table }) => table)

/** The schema of a read model's generation, whatever its version is today. */
const schemaNamed = (name: string, generation = 1): string => {
  const projection = allProjections.find((known) => known.name === name)
  if (projection === undefined) throw new Error(`${name} is no read model`)
  return schemaOf({ ...projection, generation })
}

const openOf = async ({ db }: System): Promise<bigint | undefined> =>
  (await findInvoice(db, { companyId, invoiceId: 'inv-1024', asOf: '2026-12-01' }))?.openMinor

t.test('rebuilds all read models beside the ones in use, and switches to them', async (t) => {
  const system = await setUp(t)
  const { pool, store, append } = system
  const built = await build(system)
  // The projector is ahead by now; the comparison brings the rebuilt ones to where it is.
  await append([paymentRecorded(), paymentAllocated()])
  const difference = await diff(system, pairsOf(built))
  t.same(differing(difference), [])
  t.ok(difference.tables.some(({ table, rows }) => table === 'payments' && rows === 1n))
  t.equal(await openOf(system), 71_000n)

  await pool.query(`update ${schemaNamed('invoice_balances')}.invoice_balances set allocated_minor = 7`)
  t.same(differing(await diff(system, pairsOf(built))), ['invoice_balances'], 'a row that somebody changed is found')
  await switchGenerations({ pool, store, pairs: pairsOf(built), signal })
  t.equal(await openOf(system), 71_000n, 'readers see the rebuilt rows')

  await append([clientRegistered({ clientId: 'beta' })])
  const { rows } = await pool.query<{ count: bigint }>(`select count(*) from ${schemaNamed('parties', 2)}.clients`)
  t.equal(rows[0]?.count, 2n, 'the projector goes on with the rebuilt ones')

  await switchGenerations({
    pool,
    store,
    pairs: pairsOf(built).map(({ from, to }) => ({ from: to, to: from })),
    signal,
  })
  await append([clientRegistered({ clientId: 'gamma' })])
  const { rows: before } = await pool.query<{ count: bigint }>(`select count(*) from ${schemaNamed('parties')}.clients`)
  t.equal(before[0]?.count, 3n, 'a rollback brings the old ones up to date first')
})

t.test('a switch waits for who still reads an older moment, and the projector does not', async (t) => {
  const system = await setUp(t)
  const { pool, store, append } = system
  const pairs = pairsOf(await build(system))
  const reader = await pool.connect()
  await reader.query('begin transaction isolation level repeatable read read only')
  await reader.query('select from read.clients')
  // Until it counts as one that may read for long.
  await sleep(2_200)
  let isSwitched = false
  const switched = switchGenerations({ pool, store, pairs, signal }).then(() => {
    isSwitched = true
  })
  await append([paymentRecorded(), paymentAllocated()])
  t.equal(isSwitched, false)
  await reader.query('commit')
  reader.release()
  await switched
  t.equal(await openOf(system), 71_000n)
})

t.test('a switch says what it waits for', async (t) => {
  const system = await setUp(t)
  const { pool, store } = system
  const pairs = pairsOf(await build(system))
  const other = await pool.connect()
  await other.query('select pg_advisory_lock(7310005)')
  const told: MeetProgress[] = []
  const switched = switchGenerations({ pool, store, pairs, signal, onProgress: (at) => told.push(at) })
  while (told.length === 0) await sleep(20)
  t.match(told[0], { stage: 'waiting', why: /another rebuild/ })
  await other.query('select pg_advisory_unlock(7310005)')
  other.release()
  await switched
  t.match(told.at(-1), { stage: 'meeting' })
})

t.test('a switch has its turn among readers who never all rest, and each of them sees one moment', async (t) => {
  const system = await setUp(t)
  const { pool, db, store, append } = system
  const pairs = pairsOf(await build(system))
  const left = new AbortController()
  const seen: { readonly first: bigint; readonly later: bigint }[] = []
  const read = async (afterMs: number): Promise<void> => {
    await sleep(afterMs)
    while (!left.signal.aborted) {
      const tx = await db.startTransaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute()
      await enterAsReader(tx)
      const first = await findReadPosition(tx)
      await sleep(500)
      // The last event of all, from a view that the reader has not used before.
      const { position: later } = await tx
        .withTables<{ 'read.latest_moment': { position: bigint } }>()
        .selectFrom('read.latest_moment')
        .select('position')
        .executeTakeFirstOrThrow()
      seen.push({ first, later })
      await tx.commit().execute()
    }
  }
  const write = async (): Promise<void> => {
    for (let number = 0; !left.signal.aborted; number += 1) {
      await append([clientRegistered({ clientId: `more-${number}` })])
    }
  }
  const busy = [...[0, 125, 250, 375].map(read), write()]
  await sleep(600)
  await switchGenerations({ pool, store, pairs, signal })
  left.abort()
  await Promise.all(busy)
  t.ok(seen.length > 4)
  t.same(
    seen.filter(({ first, later }) => first !== later),
    [],
  )
  const { rows } = await pool.query<{ generation: number }>('select distinct generation from read.projections')
  t.same(rows, [{ generation: 2 }])
})

t.test('a build that was begun is gone on with', async (t) => {
  const system = await setUp(t)
  const { pool, store } = system
  const projections = allProjections.slice(0, 3)
  const stop = new AbortController()
  const broken = rebuild({
    pool,
    store,
    projections,
    signal,
    onProgress: () => stop.abort(),
  })
  stop.signal.addEventListener('abort', () => store.setAway(true))
  await broken.catch(() => undefined)
  store.setAway(false)
  const built = await build(system, projections)
  t.same(differing(await diff(system, pairsOf(built))), [])
  const client = await pool.connect()
  t.teardown(() => client.release())
  const generations = (await listGenerations(client)).filter(({ name }) => name === projections[0]?.name)
  t.ok(generations.length >= 2)
  t.ok(generations.every(({ ready }) => ready))
})

t.test('what is in use is not dropped; what is not, is', async (t) => {
  const system = await setUp(t)
  const { pool } = system
  const [built] = await build(system, allProjections.slice(1, 2))
  if (built === undefined) throw new Error('nothing was built')
  const client = await pool.connect()
  t.teardown(() => client.release())
  await t.rejects(dropGeneration(client, { ...built, generation: 1 }), { name: 'GenerationInUse' })
  await dropGeneration(client, { ...built, generation: 2 })
  const left = (await listGenerations(client)).filter(({ name }) => name === built.name)
  t.match(left, [{ generation: 1, use: 'IN_USE' }])
})

t.test('what was in use is dropped before the projector has heard of the switch', async (t) => {
  const system = await setUp(t)
  const { pool, store, append } = system
  const pairs = pairsOf(await build(system))
  await switchGenerations({ pool, store, pairs, signal })
  const client = await pool.connect()
  t.teardown(() => client.release())
  for (const { from } of pairs) await dropGeneration(client, { ...from, generation: 1 })

  await append([paymentRecorded(), paymentAllocated()])
  t.equal(await openOf(system), 71_000n, 'it goes on with the rebuilt ones')
})

t.test('a difference that is meant is counted apart', async (t) => {
  const system = await setUp(t)
  const parties = allProjections.filter(({ name }) => name === 'parties')
  const built = await build(system, parties)
  await system.pool.query(`update ${schemaNamed('parties')}.clients set name = 'Alfa'`)
  const difference = await diff(system, pairsOf(built), ['clients.name'])
  t.same(differing(difference), [])
  t.match(
    difference.tables.find(({ table }) => table === 'clients'),
    { changed: 0n, intended: 1n },
  )
})

t.test('an event store that was restored to an older copy', async (t) => {
  const elsewhere = (from: number, count: number) =>
    placed(
      Array.from({ length: count }, (_, index) => clientRegistered({ clientId: `other-${index}` })),
      from,
    ).map((event) => {
      const position = positionOf(event.position + 3n)
      const eventId = event.eventId.replace(/^0{8}/, '11111111')
      return recorded({ ...event, position, eventId })
    })
  /** The read models tell of five events, of which the log has the first three. */
  const lose = async (t: Test) => {
    const system = await setUp(t)
    await system.append([paymentRecorded(), paymentAllocated()])
    await system.stopProjector()
    system.store.restoreTo(1_020n)
    return system
  }
  const positions = async ({ pool }: System): Promise<readonly bigint[]> => {
    const { rows } = await pool.query<{ position: bigint }>('select distinct position from read.positions')
    return rows.map(({ position }) => position)
  }
  const put = async ({ pool, store }: System, built: readonly Projection[]) =>
    switchGenerations({ pool, store, pairs: pairsOf(built), signal })

  t.test('a rebuild and a switch take the read models to where the log ends', async (t) => {
    const system = await lose(t)
    await put(system, await build(system))
    t.strictSame(await positions(system), [1_020n], 'a position that was read, none of the lost history')
    t.equal(await openOf(system), 121_000n, 'the payment is lost')
    system.store.add(elsewhere(3, 9))
    const projector = await system.startProjector()
    await until('projected', async () => (await findReadPosition(system.db)) === 1_113n)
    t.equal(projector.status().state, 'live')
    const { rows } = await system.pool.query<{ count: bigint }>('select count(*) from read.clients')
    t.equal(rows[0]?.count, 10n, 'nothing between is left out')
    await put(
      system,
      (await build(system)).map((each) => ({ ...each, generation: 3 })),
    )
    t.equal(await findReadPosition(system.db), 1_113n, 'a second switch meets the projector as always')
  })

  t.test('the log has gone on beyond the lost position before anybody looked', async (t) => {
    const system = await lose(t)
    system.store.add(elsewhere(3, 4))
    const projector = await system.startProjector()
    t.equal(await projector.exited, EXIT_DIVERGED)
    await put(system, await build(system))
    t.strictSame(await positions(system), [1_063n])
    t.equal((await system.startProjector()).status().state === 'diverged', false)
  })

  t.test('what was stamped with a position that no event has is named, not waited for', async (t) => {
    const system = await lose(t)
    system.store.add(elsewhere(3, 4))
    for (const projection of allProjections) {
      await system.pool.query(
        `update ${schemaOf(projection)}.checkpoint set witness_stream = 'clientAccount-amc:alfa', witness_revision = 2,
          witness_event_id = '00000000-0000-4000-8000-000000000002', witness_position = 1020`,
      )
    }
    const projector = await system.startProjector()
    t.equal(await projector.exited, EXIT_DIVERGED)
    t.match(projector.status().reason, /StoreDiverged: \w+: no event of the store begins at the checkpoint 1040/)
  })

  t.test('read models of two histories are not put in use together', async (t) => {
    const system = await lose(t)
    const built = await build(system)
    const some = pairsOf(built.slice(1))
    const { pool, store } = system
    await t.rejects(switchGenerations({ pool, store, pairs: some, signal }), { name: 'StoreDiverged' })
    await t.rejects(diff(system, pairsOf(built)), { name: 'StoreDiverged' }, 'there is no position to compare at')
    t.strictSame(await positions(system), [1_040n])
    await put(system, built)
    const back = pairsOf(built).map(({ from, to }) => ({ from: to, to: from }))
    await t.rejects(switchGenerations({ pool, store, pairs: back, signal }), { name: 'StoreDiverged' }, 'no way back')
  })
})

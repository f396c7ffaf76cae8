import { setTimeout as sleep } from 'node:timers/promises'
import type { LedgerMessage } from '@registru/domain'
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
  findPositionKnownAt,
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
  type Pair,
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
}

/** A live projector over a few events. */
const setUp = async (t: Test): Promise<System> => {
  const url = await createTestDatabase(t)
  const onIdleError = (): void => undefined
  const pool = createPool({ url, connectionsMax: 12, applicationName: 'rebuild.test', onIdleError })
  const db: ReadHandle = createDatabase<unknown>(pool)
  const store = createMemoryEventStore()
  const projector = startProjector({ pool, store, logger })
  t.teardown(async () => {
    await projector.stop()
    await db.destroy()
  })
  await projector.ready
  let written = 0
  const append = async (messages: readonly LedgerMessage[]): Promise<void> => {
    const events = placed(messages, written)
    written += messages.length
    store.add(events.map(recorded))
    await until('projected', async () => (await findReadPosition(db)) >= (events.at(-1)?.position ?? 0n))
  }
  await append([companyRegistered(), clientRegistered(), invoiceRegistered()])
  return { pool, db, store, append }
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
      seen.push({ first, later: await findPositionKnownAt(tx, '2100-01-01T00:00:00.000Z') })
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

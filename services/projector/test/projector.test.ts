import { setTimeout as sleep } from 'node:timers/promises'
import type { LedgerEvent } from '@registru/domain'
import {
  clientRegistered,
  companyRegistered,
  invoiceRegistered,
  paymentAllocated,
  paymentRecorded,
  ron,
} from '@registru/domain/examples'
import {
  allProjections,
  enterAsReader,
  findInvoice,
  findProjectorReport,
  findReadPosition,
  findTrialBalance,
  type Projection,
  type ReadHandle,
} from '@registru/projections'
import { createDatabase, createLogger, createPool, type Pool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t, { type Test } from 'tap'
import { EXIT_DIVERGED, EXIT_FENCED, type ProjectorOptions, startProjector } from '../src/index.ts'
import { createMemoryEventStore, type MemoryEventStore, recorded } from './memory-event-store.ts'
import { companyId, placed, stream } from './placed.ts'

// Databases take their time on a busy machine.
t.setTimeout(120_000)

const logger = createLogger({ name: 'projector', level: process.env['LOG_LEVEL'] ?? 'silent' })

const opening = placed([companyRegistered(), clientRegistered(), invoiceRegistered()])
const paid = placed([paymentRecorded(), paymentAllocated()], 3)
const places = (events: readonly LedgerEvent[]) => events.map(recorded)

interface Readers {
  readonly url: string
  readonly db: ReadHandle
  readonly pool: Pool
}

const setUp = async (t: Test): Promise<Readers> => {
  const url = await createTestDatabase(t)
  const pool = createPool({ url, connectionsMax: 6, applicationName: 'projector.test', onIdleError: () => undefined })
  const db: ReadHandle = createDatabase<unknown>(pool)
  t.teardown(() => db.destroy())
  return { url, db, pool }
}

const start = (t: Test, options: Omit<ProjectorOptions, 'logger'>) => {
  const projector = startProjector({ ...options, logger })
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

const positionOf = (events: readonly LedgerEvent[]): bigint => events.at(-1)?.position ?? -1n

const openOf = async (db: ReadHandle): Promise<bigint | undefined> => {
  const invoice = await findInvoice(db, { companyId, invoiceId: 'inv-1024', asOf: '2026-12-01' })
  return invoice?.openMinor
}

t.test('follows the log and stops in good order', async (t) => {
  const { db, pool } = await setUp(t)
  const store = createMemoryEventStore()
  store.add(places(opening))
  const projector = start(t, { pool, store })
  await projector.ready
  await until('live', () => projector.status().state === 'live')
  t.equal(await openOf(db), 121_000n)
  store.add(places(paid))
  await until('paid', async () => (await findReadPosition(db)) === positionOf(paid))
  t.equal(await openOf(db), 71_000n)
  await projector.stop()
  t.equal(await projector.exited, 0)
  t.equal((await findProjectorReport(db))?.state, 'stopped')
})

t.test('goes on after a restart where it stopped', async (t) => {
  const { db, pool } = await setUp(t)
  const store = createMemoryEventStore()
  store.add(places(opening))
  const first = start(t, { pool, store })
  await until('first', () => first.status().state === 'live')
  await first.stop()
  store.add(places(paid))
  const second = start(t, { pool, store })
  await until('second', () => second.status().state === 'live')
  t.equal(second.status().events, paid.length)
  t.equal(await openOf(db), 71_000n)
})

t.test('waits while the event store is away', async (t) => {
  const { db, pool } = await setUp(t)
  const store = createMemoryEventStore()
  store.add(places(opening))
  const projector = start(t, { pool, store })
  await until('live', () => projector.status().state === 'live')
  store.setAway(true)
  await until('waiting', () => projector.status().state === 'waiting')
  store.setAway(false)
  store.add(places(paid))
  await until('live again', () => projector.status().state === 'live')
  t.equal(await openOf(db), 71_000n)
})

t.test('survives the loss of its connections', async (t) => {
  const { db, pool } = await setUp(t)
  const store = createMemoryEventStore()
  store.add(places(opening))
  const projector = start(t, { pool, store })
  await until('live', () => projector.status().state === 'live')
  await pool.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
  store.add(places(paid))
  await until('projected', async () => (await openOf(db)) === 71_000n)
  // Readers see a batch a moment before the projector has counted it.
  await until('counted', () => projector.status().events >= opening.length + paid.length)
  t.same(projector.status().events, opening.length + paid.length)
})

t.test('stops the line at an event that it cannot read, and tells where', async (t) => {
  const { db, pool } = await setUp(t)
  const store = createMemoryEventStore()
  const [unreadable] = places(placed([paymentRecorded()], 3))
  if (unreadable === undefined) throw new Error('one event')
  store.add([
    ...places(opening),
    { ...unreadable, type: 'PaymentTeleported' },
    ...places(placed([paymentAllocated()], 4)),
  ])
  const projector = start(t, { pool, store })
  await until('faulted', () => projector.status().state === 'faulted')
  t.match(projector.status().poison, {
    type: 'PaymentTeleported',
    stream,
    revision: '3',
    position: '1030',
    reason: /unknown type/,
  })
  t.equal(await findReadPosition(db), positionOf(opening), 'what came before is projected')
  await until('reported', async () => (await findProjectorReport(db))?.state === 'faulted')
  t.match((await findProjectorReport(db))?.detail, { poison: { stream, revision: '3' } })
})

t.test('stops the line at an event that does not fit the rows, without telling what it holds', async (t) => {
  const { db, pool } = await setUp(t)
  const store = createMemoryEventStore()
  const again = placed([invoiceRegistered({ number: 'secret' })], 4)
  store.add(places([...opening, ...placed([paymentRecorded({ amount: ron('1.00') })], 3), ...again]))
  const projector = start(t, { pool, store })
  await until('faulted', () => projector.status().state === 'faulted')
  t.match(projector.status().poison, {
    type: 'InvoiceRegistered',
    revision: '4',
    // Several read models would refuse it: the first of them, in their order, says so.
    projection: 'invoice_balances',
    reason: 'invoice_balances: the row is already there',
  })
  t.notMatch(JSON.stringify(projector.status().poison), /secret/)
  t.equal(await findReadPosition(db), 1_030n, 'what came before is projected')
})

t.test('refuses a store that is not the one it knows', async (t) => {
  t.test('another store', async (t) => {
    const { pool, db } = await setUp(t)
    const store = createMemoryEventStore()
    store.add(places(opening))
    const projector = start(t, { pool, store })
    await until('live', () => projector.status().state === 'live')
    await projector.stop()
    const other = createMemoryEventStore('store-2')
    other.add(places([...opening, ...paid]))
    t.equal(await start(t, { pool, store: other }).exited, EXIT_DIVERGED)
    t.equal(await findReadPosition(db), positionOf(opening), 'nothing is projected')
    t.equal((await findProjectorReport(db))?.state, 'diverged')
  })

  t.test('an older copy', async (t) => {
    const { pool } = await setUp(t)
    const store = createMemoryEventStore()
    store.add(places([...opening, ...paid]))
    const projector = start(t, { pool, store })
    await until('live', () => projector.status().state === 'live')
    await projector.stop()
    const older = createMemoryEventStore()
    older.add(places(opening))
    t.equal(await start(t, { pool, store: older }).exited, EXIT_DIVERGED)
  })
})

t.test('says that it is at work when there is nothing to do', async (t) => {
  const { pool } = await setUp(t)
  const projector = start(t, { pool, store: createMemoryEventStore() })
  await until('live', () => projector.status().state === 'live')
  const saidAt = async (): Promise<string | undefined> =>
    (await pool.query<{ said: string }>('select updated_at::text as said from read.projector')).rows[0]?.said
  await until('said', async () => (await saidAt()) !== undefined)
  const before = await saidAt()
  await until('said again', async () => (await saidAt()) !== before)
})

t.test('two projectors', async (t) => {
  t.test('the second one waits for its turn', async (t) => {
    const { pool, db } = await setUp(t)
    const store = createMemoryEventStore()
    store.add(places(opening))
    const first = start(t, { pool, store })
    await until('live', () => first.status().state === 'live')
    const second = start(t, { pool, store })
    await until('standby', () => second.status().state === 'standby')
    await first.stop()
    store.add(places(paid))
    await until('taken over', () => second.status().state === 'live')
    t.equal(await openOf(db), 71_000n)
  })

  t.test('one that lost the epoch writes nothing and ends', async (t) => {
    const { pool, db } = await setUp(t)
    const store = createMemoryEventStore()
    store.add(places(opening))
    const projector = start(t, { pool, store })
    await until('live', () => projector.status().state === 'live')
    const { rows } = await pool.query<{ schema: string }>(
      "select schemaname as schema from pg_tables where tablename = 'checkpoint' and schemaname like 'journal%'",
    )
    await pool.query(`update ${rows[0]?.schema}.checkpoint set epoch = epoch + 1`)
    store.add(places(paid))
    t.equal(await projector.exited, EXIT_FENCED)
    t.equal(await openOf(db), 121_000n)
  })
})

t.test('a new version', async (t) => {
  const raised = (isRaised: (projection: Projection) => boolean): readonly Projection[] =>
    allProjections.map((projection) =>
      isRaised(projection) ? { ...projection, version: projection.version + 1 } : projection,
    )
  const withNewJournal = raised(({ name }) => name === 'journal')
  const versionsInUse = async (pool: Pool): Promise<string> => {
    const { rows } = await pool.query<{ name: string; version: number }>('select name, version from read.projections')
    return rows
      .map(({ name, version }) => `${name} ${version}`)
      .toSorted()
      .join()
  }
  const versionsOf = (projections: readonly Projection[]): string =>
    projections
      .map(({ name, version }) => `${name} ${version}`)
      .toSorted()
      .join()
  const bankOf = async (db: ReadHandle): Promise<bigint | undefined> =>
    (await findTrialBalance(db, { companyId, asOf: '2026-12-01' })).find(({ account }) => account === 'BANK')
      ?.balanceMinor

  /** Runs these until they are in use and have read all. */
  const runUntilLive = async (
    t: Test,
    { pool, db, store }: { readonly pool: Pool; readonly db: ReadHandle; readonly store: MemoryEventStore },
    { projections, head }: { readonly projections: readonly Projection[]; readonly head: bigint },
  ): Promise<void> => {
    const projector = start(t, { pool, store, projections })
    await projector.ready
    await until('in use', async () => (await versionsInUse(pool)) === versionsOf(projections))
    await until('abreast', async () => (await findReadPosition(db)) === head)
    await projector.stop()
  }

  const scenario = async (t: Test, first: readonly Projection[] = allProjections) => {
    const { pool, db } = await setUp(t)
    const system = { pool, db, store: createMemoryEventStore() }
    system.store.add(places(opening))
    await runUntilLive(t, system, { projections: first, head: positionOf(opening) })
    return system
  }

  t.test('is put in use where the older one stands, and goes on from there with the others', async (t) => {
    const system = await scenario(t)
    system.store.add(places(paid))
    await runUntilLive(t, system, { projections: withNewJournal, head: positionOf(paid) })
    t.equal(await bankOf(system.db), 150_000n)
  })

  t.test('lets no other read model go ahead of the one that nobody writes', async (t) => {
    const { pool, db, store } = await scenario(t)
    store.add(places(paid))
    const stuck = new Error('not yet')
    const projections = withNewJournal.map((projection) =>
      projection.name === 'journal'
        ? {
            ...projection,
            on: () => {
              throw stuck
            },
          }
        : projection,
    )
    const projector = start(t, { pool, store, projections })
    await until('faulted', () => projector.status().state === 'faulted')
    const { rows } = await pool.query('select distinct position from read.positions')
    t.strictSame(rows, [{ position: positionOf(opening) }], 'all read models still tell of one moment')
    t.equal(await openOf(db), 121_000n)
  })

  t.test('waits for a reader who is inside, and then is put in use', async (t) => {
    const { pool, db, store } = await scenario(t)
    const reader = await db.startTransaction().setIsolationLevel('repeatable read').execute()
    await enterAsReader(reader)
    t.equal(await bankOf(reader), undefined)
    store.add(places(paid))
    const projector = start(t, { pool, store, projections: withNewJournal })
    await projector.ready
    const version = withNewJournal.find(({ name }) => name === 'journal')?.version
    await until('built', async () => {
      const { rows } = await pool.query<{ position: bigint }>(`select position from journal_v${version}.checkpoint`)
      return rows[0]?.position === positionOf(opening)
    })
    // Long enough for an attempt at the door, and for one that finds a long reader.
    await sleep(3_500)
    t.equal(await versionsInUse(pool), versionsOf(allProjections))
    t.not(projector.status().state, 'faulted')
    await reader.commit().execute()
    await until('in use', async () => (await versionsInUse(pool)) === versionsOf(withNewJournal))
    await until('abreast', async () => (await findReadPosition(db)) === positionOf(paid))
    t.equal(await bankOf(db), 150_000n)
  })

  t.test('is put in use when nothing was written since it was built', async (t) => {
    const system = await scenario(t)
    await runUntilLive(t, system, { projections: withNewJournal, head: positionOf(opening) })
    await runUntilLive(t, system, { projections: allProjections, head: positionOf(opening) })
    t.pass('the older program takes its own version back into use')
    await runUntilLive(t, system, { projections: withNewJournal, head: positionOf(opening) })
    t.equal(await bankOf(system.db), undefined)
  })

  t.test('may be all that there are', async (t) => {
    const system = await scenario(t)
    system.store.add(places(paid))
    await runUntilLive(t, system, { projections: raised(() => true), head: positionOf(paid) })
    t.equal(await bankOf(system.db), 150_000n)
  })

  t.test('of an empty ledger is put in use at once', async (t) => {
    const { pool, db } = await setUp(t)
    const system = { pool, db, store: createMemoryEventStore() }
    await runUntilLive(t, system, { projections: allProjections, head: -1n })
    await runUntilLive(t, system, { projections: withNewJournal, head: -1n })
  })

  t.test('is not taken from a store that is not the one of the older version', async (t) => {
    const { pool } = await scenario(t)
    const other = createMemoryEventStore('store-2')
    other.add(places([...opening, ...paid]))
    t.equal(await start(t, { pool, store: other, projections: raised(() => true) }).exited, EXIT_DIVERGED)
    t.equal(await versionsInUse(pool), versionsOf(allProjections))
  })

  t.test('a new read model takes nothing from readers while it catches up', async (t) => {
    const system = await scenario(
      t,
      allProjections.filter(({ name }) => name !== 'journal'),
    )
    t.equal(await findReadPosition(system.db), positionOf(opening))
    system.store.add(places(paid))
    await runUntilLive(t, system, { projections: allProjections, head: positionOf(paid) })
    t.equal(await bankOf(system.db), 150_000n)
  })
})

t.test('statements that Postgres stops at their time-out', async (t) => {
  const { url, db, pool } = await setUp(t)
  const store = createMemoryEventStore()
  store.add(places(opening))
  const impatient = createPool({
    url,
    connectionsMax: 6,
    applicationName: 'impatient',
    statementTimeoutMs: 400,
    onIdleError: () => undefined,
  })
  t.teardown(() => impatient.end())
  const projector = start(t, { pool: impatient, store, stalledPauseMs: 200 })
  await until('live', () => projector.status().state === 'live')
  const { rows } = await pool.query<{ schema: string }>(
    "select schemaname as schema from pg_tables where tablename = 'checkpoint' and schemaname like 'payments%'",
  )
  const holder = await pool.connect()
  await holder.query('begin')
  await holder.query(`lock table ${rows[0]?.schema}.payments in access exclusive mode`)
  store.add(places(paid))
  await until('stalled', () => projector.status().state === 'stalled')
  t.match(projector.status().reason, /time-out/)
  await until('reported', async () => (await findProjectorReport(db))?.state === 'stalled')
  await holder.query('rollback')
  holder.release()
  await until('goes on by itself', () => projector.status().state === 'live')
  t.equal(await openOf(db), 71_000n, 'it is live once all is written')
})

import { deepStrictEqual } from 'node:assert'
import { BEFORE_THE_LOG, type LedgerEvent, type Position, positionOf } from '@registru/domain'
import { clientRegistered, recordPayment, registerClient, registerInvoice } from '@registru/domain/examples'
import { createPool, isRetryable, type PoolClient } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { add, type Changes, insert, mergeUnseen, set, type UnseenChange } from '../core/fold/changes.ts'
import { defineProjection } from '../core/fold/projection.ts'
import {
  bigint,
  boolean,
  date,
  defineTable,
  defineTotals,
  integer,
  json,
  nullable,
  ownJson,
  type Row,
  text,
} from '../core/fold/table.ts'
import { batchStatement } from '../core/tables/batch-statement.ts'
import {
  allProjections,
  createMemoryWriter,
  ensureSchemas,
  openPostgresWriter,
  type PostgresWriter,
  switchReadViews,
} from '../index.ts'
import { playHistory, stepsArbitrary } from './histories.ts'
import { createLedger, createLog } from './ledger.ts'
import { holds } from './random.ts'

// Databases take their time on a busy machine.
t.setTimeout(120_000)

const things = defineTable({
  name: 'things',
  columns: {
    id: text(),
    label: nullable(text()),
    amount_minor: bigint(),
    count: integer(),
    flag: boolean(),
    on_day: nullable(date()),
    detail: nullable(json<unknown>()),
    own: ownJson<unknown>(),
  },
  key: ['id'],
})
const sums = defineTotals({
  name: 'sums',
  columns: { id: text(), amount_minor: bigint(), other_minor: bigint() },
  key: ['id'],
})
const thing = (id: string) => ({
  id,
  label: null,
  amount_minor: 1n,
  count: 0,
  flag: false,
  on_day: null,
  detail: null,
  own: [],
})

/** A projection whose changes a test hands in, one list for each event. */
const scripted = (script: readonly (readonly UnseenChange[])[]) => {
  let next = 0
  return defineProjection({ name: 'scripted', version: 1, tables: [things, sums], on: () => script[next++] ?? [] })
}

const connect = async (t: Test, url: string): Promise<PoolClient> => {
  const pool = createPool({ url, connectionsMax: 1, applicationName: 'writer.test', onIdleError: () => undefined })
  const client = await pool.connect()
  client.on('error', () => undefined)
  t.teardown(async () => {
    client.release(true)
    await pool.end()
  })
  return client
}

const eventsOf = (count: number): readonly LedgerEvent[] => {
  const log = createLog()
  for (let at = 0; at < count; at += 1) log.append('amc', `clientAccount-amc:c${at}`, [clientRegistered()])
  return log.events
}

const reachedBy = (events: readonly LedgerEvent[]) => ({
  position: events.at(-1)?.position ?? BEFORE_THE_LOG,
  storeId: 'test',
})

/** Applies one list of changes an event, all in one batch. */
const apply = async (t: Test, script: readonly (readonly UnseenChange[])[]) => {
  const client = await connect(t, await createTestDatabase(t))
  const projections = [scripted(script)]
  await ensureSchemas(client, projections)
  const writer = await openPostgresWriter({ client, projections })
  const events = eventsOf(script.length)
  const rowsOf = async (table: string) =>
    (await client.query<Record<string, unknown>>(`select * from scripted_v1.${table} order by id`)).rows
  return { client, writer, events, rowsOf, done: writer.apply(events, reachedBy(events)) }
}

t.test('one statement inserts, adds, sets and totals', async (t) => {
  const { done, rowsOf, writer, events } = await apply(t, [
    [insert(things, thing('a')), insert(things, thing('b')), add(sums, { id: 'x' }, { amount_minor: 5n })],
    [add(things, { id: 'a' }, { amount_minor: 4n }), add(sums, { id: 'x' }, { amount_minor: -2n, other_minor: 1n })],
  ])
  await done
  t.match(await rowsOf('things'), [
    { id: 'a', amount_minor: 5n },
    { id: 'b', amount_minor: 1n },
  ])
  t.match(await rowsOf('sums'), [{ id: 'x', amount_minor: 3n, other_minor: 1n }])
  await writer.apply(events, reachedBy(events))
  t.match(await rowsOf('sums'), [{ id: 'x', amount_minor: 3n }], 'the same batch again changes nothing')
})

t.test('rows of one batch may set and add different columns', async (t) => {
  const { done, client } = await apply(t, [['a', 'b', 'c'].map((id) => insert(things, thing(id)))])
  await done
  const changes: Changes = new Map()
  for (const change of [
    add(things, { id: 'a' }, { amount_minor: 4n }),
    set(things, { id: 'b' }, { amount_minor: 9n, label: 'x' }),
    set(things, { id: 'c' }, { label: null, on_day: '2026-11-02', flag: true }),
  ]) {
    mergeUnseen(changes, change)
  }
  const { rows } = await client.query<{ position: Position; epoch: bigint }>('select * from scripted_v1.checkpoint')
  const { position = BEFORE_THE_LOG, epoch = -1n } = rows[0] ?? {}
  const checkpoint = { schema: 'scripted_v1', epoch, from: position, to: positionOf(position + 1n), storeId: 'test' }
  const { sql, values } = batchStatement([{ changes, checkpoint }])
  await client.query(sql(), [...values])
  const after = await client.query('select * from scripted_v1.things order by id')
  t.match(after.rows, [
    { amount_minor: 5n, label: null, on_day: null, flag: false },
    { amount_minor: 9n, label: 'x', on_day: null, flag: false },
    { amount_minor: 1n, label: null, on_day: '2026-11-02', flag: true },
  ])
})

t.test('what does not fit the rows is refused as a whole', async (t) => {
  t.test('a row that is not there', async (t) => {
    const { done, rowsOf } = await apply(t, [
      [insert(things, thing('a')), add(things, { id: 'z' }, { amount_minor: 1n })],
    ])
    await t.rejects(done, { name: 'RowsDisagree' })
    t.same(await rowsOf('things'), [])
  })

  t.test('a row that is there already', async (t) => {
    const { done, writer, rowsOf } = await apply(t, [[insert(things, thing('a'))], []])
    await done
    const more = eventsOf(4).slice(2)
    t.equal(more.length, 2)
    await writer.apply(more, reachedBy(more))
    t.equal((await rowsOf('things')).length, 1)
  })
})

t.test('any text and any JSON goes in and comes out as it is', (t) => {
  // Postgres takes neither NUL nor lone surrogates; the domain refuses both on their way in.
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => !/\0|\p{Surrogate}/u.test(value)),
    fc.constantFrom('', 'NULL', 'null', '"', '\\', '{}', '(a,b)', ' ', '\n', "'; drop table", 'ă „ș” 🧾', ',', '\\"'),
  )
  const anyRows = fc.uniqueArray(fc.record({ id: anyText, label: fc.option(anyText), detail: fc.option(anyText) }), {
    minLength: 1,
    maxLength: 8,
    selector: ({ id }) => id,
  })
  return t.test('property', async (t) => {
    const client = await connect(t, await createTestDatabase(t))
    const projections = [scripted([])]
    await ensureSchemas(client, projections)
    let position = BEFORE_THE_LOG
    await holds(
      t,
      fc.asyncProperty(anyRows, async (rows) => {
        await client.query('truncate scripted_v1.things')
        const write = async (list: readonly UnseenChange[]): Promise<void> => {
          const changes: Changes = new Map()
          for (const change of list) mergeUnseen(changes, change)
          const checkpoint = {
            schema: 'scripted_v1',
            epoch: 0n,
            from: position,
            to: positionOf(position + 1n),
            storeId: 'test',
          }
          const { sql, values } = batchStatement([{ changes, checkpoint }])
          await client.query(sql(), [...values])
          position = checkpoint.to
        }
        const expected = rows.map(({ id, label, detail }) => ({
          id,
          label,
          detail: { 'a "key"': detail },
          own: [label],
        }))
        await write(expected.map(({ id }) => insert(things, { ...thing(id), label: id, own: [id] })))
        await write(expected.map(({ id, ...values }) => set(things, { id }, values)))
        const { rows: stored } = await client.query<(typeof expected)[number]>(
          'select id, label, detail, own from scripted_v1.things',
        )
        const byId = (list: typeof expected) => list.toSorted((a, b) => (a.id < b.id ? -1 : 1))
        deepStrictEqual(byId(stored), byId(expected))
      }),
      100,
    )
  })
})

t.test('two writers: the one that came first is shut out and writes nothing more', async (t) => {
  const url = await createTestDatabase(t)
  const events = playHistory([])
  const [first, second] = [await connect(t, url), await connect(t, url)]
  await ensureSchemas(first, allProjections)
  const early = await openPostgresWriter({ client: first, projections: allProjections })
  await early.apply(events.slice(0, 4), reachedBy(events.slice(0, 4)))
  const late = await openPostgresWriter({ client: second, projections: allProjections })
  await t.rejects(early.apply(events.slice(4), reachedBy(events)), { name: 'Fenced' })
  await late.apply(events.slice(4), reachedBy(events))
  const { rows } = await second.query<{ count: bigint }>('select count(*) from read.clients')
  t.equal(rows[0]?.count, 6n)
})

t.test('two that start at once create the schemas once', async (t) => {
  const url = await createTestDatabase(t)
  const clients = await Promise.all([connect(t, url), connect(t, url), connect(t, url)])
  await Promise.all(clients.map((client) => ensureSchemas(client, allProjections)))
  t.pass('nobody failed')
})

/** Counts what is asked of a connection from now on. */
const countQueries = (client: PoolClient): (() => number) => {
  let queries = 0
  const query = client.query.bind(client)
  Object.assign(client, {
    query: (...asked: readonly unknown[]): unknown => {
      queries += 1
      return Reflect.apply<PoolClient, readonly unknown[], unknown>(query, client, asked)
    },
  })
  return () => queries
}

t.test('a writer that has begun anew looks once for what is not there, and never for ids that come up', async (t) => {
  const url = await createTestDatabase(t)
  const [client, reader] = [await connect(t, url), await connect(t, url)]
  const queries = countQueries(reader)
  await ensureSchemas(client, allProjections)
  const ledger = createLedger()
  const today = '2026-11-02'
  const pay = (paymentId: string): void => {
    const [amount, allocation] = [{ amount: '1.00', currency: 'RON' }, { rule: 'oldestDueFirst' as const }]
    const { receipt: _none, ...data } = recordPayment({ paymentId, amount, allocation })
    ledger.onAccount('amc', { type: 'RecordPayment', data }, today)
  }
  ledger.registerCompany('amc')
  ledger.onAccount('amc', { type: 'RegisterClient', data: registerClient() }, today)
  ledger.onAccount('amc', { type: 'RegisterInvoice', data: registerInvoice() }, today)
  let written = 0
  const applyRest = async (writer: PostgresWriter): Promise<number> => {
    const events = ledger.events.slice(written)
    written += events.length
    const before = queries()
    await writer.apply(events, reachedBy(events))
    return queries() - before
  }
  t.equal(await applyRest(await openPostgresWriter({ client, reader, projections: allProjections })), 0)
  const writer = await openPostgresWriter({ client, reader, projections: allProjections })
  pay('p-1')
  t.ok((await applyRest(writer)) > 0)
  pay('p-2')
  pay('p-3')
  t.equal(await applyRest(writer), 0)
  const { rows } = await client.query<{ sum: bigint }>('select sum(allocated_minor)::bigint as sum from read.payments')
  t.equal(rows[0]?.sum, 300n)
})

t.test('a projector may start while somebody reads', async (t) => {
  const url = await createTestDatabase(t)
  const [client, other] = [await connect(t, url), await connect(t, url)]
  await ensureSchemas(client, allProjections)
  await client.query('begin transaction isolation level repeatable read read only')
  await client.query('lock table read.projections in access share mode')
  await other.query("set lock_timeout = '1s'")
  await ensureSchemas(other, allProjections)
  await t.rejects(switchReadViews(other, allProjections), { name: 'ReadersAtWork' }, 'but not put a version in use')
  await client.query('commit')
  await switchReadViews(other, allProjections)

  await client.query('begin')
  await client.query('select from read.clients')
  await t.rejects(
    switchReadViews(other, allProjections),
    { name: 'ReadersAtWork' },
    'nor while another program, which does not enter by the door, holds a view',
  )
  await client.query('commit')
  await switchReadViews(other, allProjections)
})

const amountOf = (row: Row, column: string): bigint => {
  const amount = row[column]
  return typeof amount === 'bigint' ? amount : 0n
}

/** Whatever a killed connection had under way is written as a whole or not at all, and going on makes up for it. */
t.test('kills at any moment leave neither gaps nor doubles', async (t) => {
  const url = await createTestDatabase(t)
  const killer = await connect(t, url)
  await ensureSchemas(killer, allProjections)
  const steps = fc.sample(stepsArbitrary(200, 150), { numRuns: 1, seed: 20 })[0] ?? []
  const events = playHistory(steps)
  let kills = 0

  const goOn = async (): Promise<boolean> => {
    const client = await connect(t, url)
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const writer = await openPostgresWriter({ client, projections: allProjections })
    const left = events.filter(({ position }) => position > (writer.checkpoints[0]?.position ?? BEFORE_THE_LOG))
    for (let at = 0; at < left.length; at += 7) {
      const batch = left.slice(at, at + 7)
      const kill = async (): Promise<void> => {
        kills += 1
        await killer.query('select pg_terminate_backend($1)', [rows[0]?.pid])
      }
      await Promise.all([writer.apply(batch, reachedBy(batch)), at > 0 && kill()])
    }
    return true
  }
  for (let done = false; !done; ) {
    done = await goOn().catch((error: unknown) => {
      if (isRetryable(error)) return false
      throw error
    })
  }
  t.ok(kills > 5)

  const memory = createMemoryWriter(allProjections)
  await memory.apply(events, reachedBy(events))
  for (const { name, version, tables } of allProjections) {
    for (const table of tables) {
      const { rows } = await killer.query<{ count: bigint }>(`select count(*) from ${name}_v${version}.${table.name}`)
      t.equal(Number(rows[0]?.count), memory.rows.list(table).length, table.name)
      for (const [column, { type }] of Object.entries(table.columns)) {
        if (type !== 'bigint' && type !== 'numeric') continue
        const expected = memory.rows.list(table).reduce((sum, row) => sum + amountOf(row, column), 0n)
        const { rows: sum } = await killer.query<{ total: string | null }>(
          `select sum(${column}) as total from ${name}_v${version}.${table.name}`,
        )
        t.equal(BigInt(sum[0]?.total ?? 0), expected, `${table.name}.${column}`)
      }
    }
  }
})

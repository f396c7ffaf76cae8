import { deepStrictEqual } from 'node:assert'
import { BEFORE_THE_LOG, type LedgerEvent, type LedgerMessage, PaymentCleared } from '@registru/domain'
import {
  clientRegistered,
  clientUpdated,
  companyRegistered,
  invoiceRegistered,
  paymentAllocated,
  paymentRecorded,
  ron,
} from '@registru/domain/examples'
import { createPool, type PoolClient } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { add, change, create, insert, put, type RowChange, set } from '../core/fold/changes.ts'
import { createMemoryWriter } from '../core/fold/memory-writer.ts'
import { type OwnedRow, wanted } from '../core/fold/owned-row.ts'
import { defineProjection, folding } from '../core/fold/projection.ts'
import { bigint, defineRemembered, text } from '../core/fold/table.ts'
import {
  allProjections,
  ensureSchemas,
  openPostgresWriter,
  type PostgresWriter,
  type PreparedBatch,
  schemaOf,
} from '../index.ts'
import { playHistory, stepsArbitrary } from './histories.ts'
import { createLog } from './ledger.ts'
import { holds } from './random.ts'

// Databases take their time on a busy machine.
t.setTimeout(120_000)

const counters = defineRemembered({
  name: 'counters',
  columns: { id: text(), seen: bigint(), last: text() },
  key: ['id'],
})

const stream = 'clientAccount-amc:alfa'
const logOf = (...messages: readonly LedgerMessage[]): readonly LedgerEvent[] => {
  const log = createLog()
  log.append('amc', stream, messages)
  return log.events
}
const threeClients = logOf(clientRegistered(), clientRegistered(), clientRegistered())
const reachedBy = (events: readonly LedgerEvent[]) => ({
  position: events.at(-1)?.position ?? BEFORE_THE_LOG,
  storeId: 'test',
})

type Counter = OwnedRow<typeof counters>

/** What a fold does to the counter that it wants, event after event. */
const counting = (...folds: readonly ((row: Counter) => readonly RowChange[])[]) => {
  let at = 0
  return defineProjection({
    name: 'counting',
    version: 1,
    tables: [counters],
    on: folding({
      wants: () => ({ row: wanted(counters, { id: 'a' }) }),
      fold: (_, { row }) => folds[at++]?.(row) ?? [],
    }),
  })
}
const fold = async (...folds: readonly ((row: Counter) => readonly RowChange[])[]) => {
  const writer = createMemoryWriter([counting(...folds)])
  await writer.apply(threeClients, reachedBy(threeClients))
  return writer.rows
}
const begin = (row: Counter) => [create(row, { seen: 1n, last: '' })]

t.test('a fold sees and changes the row that it wants', async (t) => {
  const rows = await fold(
    (row) => [put(row, { seen: (row.found?.seen ?? 0n) + 1n, last: 'x' })],
    (row) => [put(row, { seen: (row.found?.seen ?? 0n) + 1n, last: 'y' })],
    (row) => [change(row, { seen: (row.found?.seen ?? 0n) + 1n })],
  )
  t.same(rows.list(counters), [{ id: 'a', seen: 3n, last: 'y' }])
})

t.test('a row that is remembered is written by the fold that wants it, and in no other way', async (t) => {
  const unwanted = { name: 'ProjectionFailed', message: /counters: a row that the event did not want$/ }
  const key = { id: 'a' }
  const kept: Counter[] = []
  const keep = (row: Counter) => {
    kept.push(row)
    return begin(row)
  }

  // Types say it first.
  // @ts-expect-error
  const setting = () => [set(counters, key, { seen: 2n })]
  // @ts-expect-error
  const adding = () => [add(counters, key, { seen: 2n })]
  // @ts-expect-error
  const inserting = () => [insert(counters, { id: 'b', seen: 1n, last: '' })]
  // @ts-expect-error -- it is named, but not found
  const naming = () => [change(wanted(counters, key), { seen: 2n })]
  for (const write of [setting, adding, inserting, naming]) await t.rejects(fold(begin, write), unwanted)
  await t.rejects(
    fold(keep, () => kept.map((row) => change(row, { seen: 2n }))),
    unwanted,
    'it was an earlier event’s',
  )
})

t.test('a row is made once, and before it is changed', async (t) => {
  await t.rejects(fold(begin, begin), { message: /counters: the row is already there$/ })
  await t.rejects(
    fold((row) => [change(row, { seen: 1n })]),
    {
      message: /counters: history changes a row before introducing it$/,
    },
  )
  t.same((await fold((row) => [...begin(row), change(row, { last: 'z' })])).list(counters), [
    { id: 'a', seen: 1n, last: 'z' },
  ])
})

t.test('rows that only a wanted row can name', async (t) => {
  const next = defineProjection({
    name: 'naming',
    version: 1,
    tables: [counters],
    on: folding({
      wants: () => ({ first: wanted(counters, { id: 'a' }) }),
      wantsMore: (_, { first }) => ({
        others: first.found === undefined ? [] : [wanted(counters, { id: first.found.last })],
      }),
      fold: (_, { first, others }) => [
        put(first, { seen: 1n, last: 'b' }),
        ...others.map((row) => put(row, { seen: (row.found?.seen ?? 0n) + 1n, last: '' })),
      ],
    }),
  })
  const writer = createMemoryWriter([next])
  await writer.apply(threeClients, reachedBy(threeClients))
  t.match(writer.rows.list(counters), [
    { id: 'a', last: 'b' },
    { id: 'b', seen: 2n },
  ])
})

const connect = async (t: Test, url: string): Promise<PoolClient> => {
  const pool = createPool({ url, connectionsMax: 1, applicationName: 'owned-rows.test', onIdleError: () => undefined })
  const client = await pool.connect()
  t.teardown(async () => {
    client.release(true)
    await pool.end()
  })
  return client
}

interface Batch {
  readonly events: readonly LedgerEvent[]
  /** How many batches before it wait to be written when it is folded, beside one that is being written. */
  readonly ahead: number
  /** By a writer that has nothing in memory. */
  readonly anew: boolean
}

/** What folds remember, and what they make of it. */
const remembering = allProjections.filter(({ tables }) => tables.some(({ remembered }) => remembered))

const openDatabase = async (t: Test) => {
  const url = await createTestDatabase(t)
  const [client, reader] = [await connect(t, url), await connect(t, url)]
  await ensureSchemas(client, remembering)
  const tables = remembering.flatMap((projection) =>
    projection.tables.map(({ name }) => `${schemaOf(projection)}.${name}`),
  )

  const write = async (batches: readonly Batch[], imageRowsMax: number): Promise<void> => {
    const open = (): Promise<PostgresWriter> =>
      openPostgresWriter({ client, reader, projections: remembering, imageRowsMax })
    let writer = await open()
    let writing: Promise<void> = Promise.resolve()
    const prepared: PreparedBatch[] = []
    const writeBut = async (left: number): Promise<void> => {
      for (const batch of prepared.splice(0, prepared.length - left)) {
        await writing
        writing = writer.write(batch)
      }
    }
    const writeAll = async (): Promise<void> => {
      await writeBut(0)
      await writing
    }
    for (const { events, ahead, anew } of batches) {
      await writeBut(Math.min(ahead, prepared.length))
      if (anew) {
        await writeAll()
        writer = await open()
      }
      prepared.push(await writer.prepare(events, reachedBy(events)))
    }
    await writeAll()
  }
  /** Every row of every table as text. */
  const rows = async (): Promise<ReadonlyMap<string, readonly string[]>> => {
    const found = new Map<string, readonly string[]>()
    for (const table of tables) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${table} t order by 1`)
      found.set(
        table,
        rows.map(({ row }) => row),
      )
    }
    return found
  }
  const empty = async (): Promise<void> => {
    await client.query(`truncate ${tables.join(', ')}`)
    for (const projection of remembering)
      await client.query(`update ${schemaOf(projection)}.checkpoint set position = -1`)
  }
  return { write, rows, empty }
}

/** Serially: in one batch, by a writer that remembers everything. */
const serially = (events: readonly LedgerEvent[]): readonly Batch[] => [{ events, ahead: 0, anew: false }]

t.test('what a fold remembers is the same, however batches are cut, overlap, and forget', (t) =>
  t.test('property', async (t) => {
    const [here, there] = [await openDatabase(t), await openDatabase(t)]
    const cuts = fc.array(
      fc.record({
        size: fc.integer({ min: 1, max: 12 }),
        ahead: fc.nat({ max: 3 }),
        anew: fc.constantFrom(false, false, false, true),
      }),
      { minLength: 1 },
    )
    await holds(
      t,
      fc.asyncProperty(stepsArbitrary(80, 20), cuts, fc.constantFrom(0, 1, 5, 40), async (steps, shapes, rowsMax) => {
        const events = playHistory(steps)
        const batches: Batch[] = []
        for (let from = 0; from < events.length; ) {
          const { size = 1, ahead = 0, anew = false } = shapes[batches.length % shapes.length] ?? {}
          batches.push({ events: events.slice(from, from + size), ahead, anew })
          from += size
        }
        await here.write(batches, rowsMax)
        await there.write(serially(events), 1_000_000)
        const [cut, whole] = [await here.rows(), await there.rows()]
        await here.empty()
        await there.empty()
        deepStrictEqual(cut, whole)
      }),
      25,
    )
  }),
)

/** A writer begins anew before the second part, and folds the third before the second is written. */
const inThree = (...parts: readonly (readonly LedgerMessage[])[]): readonly Batch[] => {
  const log = createLog()
  const ends = parts.map((messages) => {
    log.append('amc', stream, messages)
    return log.events.length
  })
  return ends.map((end, at) => ({
    events: log.events.slice(ends[at - 1] ?? 0, end),
    ahead: 1,
    anew: at === 1,
  }))
}

t.test('a fold sees what the batch before it writes', async (t) => {
  t.test('a cheque is collected, then the rest of its invoice is paid', async (t) => {
    const { write, rows } = await openDatabase(t)
    const half = ron('0.50')
    const cheque = { clientId: 'alfa', paymentId: 'cheque', amount: half, method: 'CHEQUE' as const }
    const history = inThree(
      [
        companyRegistered(),
        clientRegistered(),
        invoiceRegistered({
          total: ron('1.00'),
          cashAccounting: true,
          vatLines: [{ rate: '21', base: '0.83', vat: '0.17' }],
        }),
        paymentRecorded({ ...cheque, receivedOn: '2026-11-02' }),
        paymentAllocated({ paymentId: 'cheque', amount: half, allocatedOn: '2026-11-02' }),
      ],
      [PaymentCleared.of({ ...cheque, fee: '0.00', clearedOn: '2026-11-05', bankReference: undefined })],
      [
        paymentRecorded({ paymentId: 'rest', method: 'BANK_TRANSFER', amount: half, receivedOn: '2026-11-05' }),
        paymentAllocated({ paymentId: 'rest', amount: half, allocatedOn: '2026-11-05' }),
      ],
    )
    await write(history, 1_000)
    const found = await rows()
    t.match(found.get('vat_on_collection_v4.vat_documents'), [/""collected"":""100""/u])
    // 17 bani in all, 9 of them with the first half.
    const vat = found
      .get('vat_on_collection_v4.vat_days')
      ?.map((row) => row.replaceAll(/[()]/gu, '').split(',').slice(-3))
    t.same(vat, [
      ['0', '0', '17'],
      ['83', '17', '-17'],
    ])
  })

  t.test('a client becomes a business, then pays in cash', async (t) => {
    const { write, rows } = await openDatabase(t)
    const history = inThree(
      [companyRegistered(), clientRegistered({ kind: 'INDIVIDUAL', name: 'Ion Popescu', taxId: undefined })],
      [clientUpdated({ kind: 'BUSINESS', name: 'Popescu Servicii SRL', taxId: '123456789' })],
      [paymentRecorded({ paymentId: 'cash', method: 'CASH', amount: ron('6000.00'), receivedOn: '2026-11-05' })],
    )
    await write(history, 1_000)
    t.match((await rows()).get('cash_ceilings_v2.cash_handed'), [/BUSINESS,"Popescu Servicii SRL",123456789/u])
  })
})

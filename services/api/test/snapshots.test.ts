import { setTimeout as sleep } from 'node:timers/promises'
import { type AccountCommand, accountInvoices, clientAccount, revisionOf } from '@registru/domain'
import { createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t from 'tap'
import { z } from 'zod'
import {
  addCommand,
  candidatesOf,
  createCommandIndex,
  dumpIndex,
  restoreIndex,
  weighIndex,
} from '../src/ledger/command-index.ts'
import type { Ledger } from '../src/ledger/ledger.ts'
import { decodeSnapshot, encodeSnapshot } from '../src/ledger/snapshot-content.ts'
import { createSnapshotTable, type SnapshotTable } from '../src/ledger/snapshot-table.ts'
import { createSnapshotKeeper, type SnapshotKeeper } from '../src/ledger/snapshots.ts'
import { openPool, until } from './api.ts'
import { createFakeEventStore, type FakeEventStore } from './fake-event-store.ts'
import { createFakeSnapshotTable, type FakeSnapshotTable, silent } from './fake-snapshot-table.ts'
import { account, ledgerOver, recordPayment, registerClient, registerInvoice, send } from './ledger-commands.ts'

const createStore = (storeId = 'store-1'): FakeEventStore & { reads: bigint[] } => {
  const fake = createFakeEventStore()
  const reads: bigint[] = []
  const readStream = fake.readStream.bind(fake)
  return Object.assign(fake, {
    reads,
    identity: () => Promise.resolve(storeId),
    readStream: (stream: string, options: Parameters<typeof readStream>[1] = {}) => {
      reads.push(options.from ?? 0n)
      return readStream(stream, options)
    },
  })
}

/** A process of its own over the same stores. */
const start = (
  store: FakeEventStore,
  table: SnapshotTable,
  random: () => number = () => 1,
): { ledger: Ledger; keeper: SnapshotKeeper } => {
  const keeper = createSnapshotKeeper({ store, table, logger: silent, random })
  return { keeper, ledger: ledgerOver(store, { snapshots: keeper }) }
}

const PAYMENTS = 300
const Json = z.record(z.string(), z.unknown())

/** A client, an invoice, and payments on it: two events each. */
const commands = (payments: number, amount: string): readonly AccountCommand[] => [
  registerClient(),
  registerInvoice('inv-1', '1000.00'),
  ...Array.from({ length: payments }, (_, index) => recordPayment(`pay-${index}`, amount)),
]

const grow = async (ledger: Ledger, payments = PAYMENTS, amount = '1.00'): Promise<void> => {
  for (const [index, command] of commands(payments, amount).entries()) await send(ledger, command, `key-${index}`)
}

const openOf = (ledger: Ledger) =>
  ledger.accounts.read(account, () => true).then((state) => accountInvoices.get(state, 'inv-1')?.open)

const bytesOf = (ledger: Ledger) =>
  ledger.accounts.read(account, () => true).then((state) => clientAccount.snapshot?.encode(state))

const grown = async () => {
  const [store, table] = [createStore(), createFakeSnapshotTable()]
  const first = start(store, table)
  await grow(first.ledger)
  await until('a snapshot', () => table.rows.get(account))
  return { store, table, first }
}

t.test('a stream is loaded from its snapshot and the events since', async (t) => {
  const { store, table, first } = await grown()
  const snapshot = table.rows.get(account)
  t.ok(snapshot !== undefined && snapshot.revision >= 499n && snapshot.revision < 510n, 'taken at 500 events')

  const second = start(store, table)
  store.reads.length = 0
  t.equal(await openOf(second.ledger), 70_000n)
  t.same(store.reads, [snapshot?.revision, (snapshot?.revision ?? 0n) + 1n], 'its last event, then the rest')
  t.same(await bytesOf(second.ledger), await bytesOf(first.ledger))
  t.match(second.keeper.counts, { hits: 1, misses: 0, ignored: 0, unavailable: 0 })

  t.test('with the commands that it holds', async (t) => {
    const again = await send(second.ledger, recordPayment('pay-3', '1.00'), 'key-5')
    t.ok(again.replayed)
    await t.rejects(send(second.ledger, recordPayment('pay-3', '2.00'), 'key-5'), { name: 'IdempotencyKeyReused' })
    await t.rejects(send(second.ledger, recordPayment('pay-3', '1.00'), 'another'), {
      code: 'PAYMENT_ALREADY_RECORDED',
    })
    const written = await send(second.ledger, recordPayment('pay-new', '1.00'), 'new')
    t.equal(written.revision, BigInt(store.eventsOf(account).length) - 1n)
  })
})

t.test('a long stream without a snapshot gets one as soon as it was folded', async (t) => {
  const { store } = await grown()
  const table = createFakeSnapshotTable()
  const { ledger, keeper } = start(store, table)
  await openOf(ledger)
  await until('a snapshot', () => table.rows.get(account))
  t.equal(table.rows.get(account)?.revision, BigInt(store.eventsOf(account).length) - 1n)
  t.match(keeper.counts, { misses: 1, written: 1 })
})

t.test('a snapshot that does not belong to the stream is ignored, counted and removed', async (t) => {
  const ignoredBy = async (spoil: (table: FakeSnapshotTable, store: FakeEventStore) => FakeEventStore) => {
    const { store, table } = await grown()
    const other = spoil(table, store)
    const { ledger, keeper } = start(other, table)
    const open = await openOf(ledger)
    t.match(keeper.counts, { hits: 0, ignored: 1 })
    await until('it is removed', () => (table.rows.has(account) ? undefined : true))
    return open
  }
  const spoilByte = (at: number) => (table: FakeSnapshotTable, store: FakeEventStore) => {
    const content = table.rows.get(account)?.content
    const place = at < 0 ? (content?.length ?? 0) + at : at
    content?.writeUInt8(content.readUInt8(place) ^ 1, place)
    return store
  }
  t.equal(await ignoredBy(spoilByte(-1)), 70_000n, 'a byte of the state')
  t.equal(await ignoredBy(spoilByte(0)), 70_000n, 'a byte of the checksum')
  t.equal(
    await ignoredBy((table, store) => {
      const row = table.rows.get(account)
      if (row !== undefined) row.content = row.content.subarray(0, 100)
      return store
    }),
    70_000n,
    'cut off',
  )

  const restored = (events: number, storeId?: string) => (_: unknown, store: FakeEventStore) => {
    const older = createStore(storeId)
    const kept = store.eventsOf(account).slice(0, events)
    void older.append(
      account,
      'no_stream',
      kept.map(({ id, type, data, metadata }) => ({
        id,
        type,
        data: Json.parse(data),
        metadata: Json.parse(metadata),
      })),
    )
    return older
  }
  t.equal(await ignoredBy(restored(102)), 95_000n, 'a store that was restored to an older copy: the snapshot is ahead')
  t.equal(await ignoredBy(restored(10_000, 'store-2')), 70_000n, 'another store')
})

t.test('a table that fails or hangs makes commands slower, never wrong', async (t) => {
  const { store, table } = await grown()
  table.fate = () => Promise.reject(new Error('down'))
  const failing = start(store, table)
  t.equal(await openOf(failing.ledger), 70_000n)
  t.equal((await send(failing.ledger, recordPayment('pay-a', '1.00'), 'a')).replayed, false)
  t.match(failing.keeper.counts, { hits: 0, misses: 1, unavailable: 1 })

  table.fate = () => new Promise(() => undefined)
  const hanging = start(store, table)
  const startedAt = performance.now()
  t.equal(await openOf(hanging.ledger), 69_900n)
  t.ok(performance.now() - startedAt < 3_000, 'it waits a second')
  t.match(hanging.keeper.counts, { hits: 0, misses: 1, unavailable: 1 })

  // A stream grows on while nothing can be written, and is offered again.
  table.fate = () => Promise.reject(new Error('down'))
  const growing = start(createStore(), table)
  await grow(growing.ledger)
  t.equal(await openOf(growing.ledger), 70_000n)
  t.equal(growing.keeper.counts.written, 0)
})

t.test('loads are folded again from the start, as a check', async (t) => {
  t.test('and are right', async (t) => {
    const { store, table } = await grown()
    const { ledger, keeper } = start(store, table, () => 0)
    await openOf(ledger)
    await until('verified', () => (keeper.counts.verified === 1 ? true : undefined))
    t.match(keeper.counts, { hits: 1, wrong: 0 })
  })

  t.test('and if not, the snapshot is removed, the state is folded anew, and none is trusted again', async (t) => {
    const { store, table } = await grown()
    // What the snapshot says of another history, under a right checksum.
    const other = createStore()
    const liar = createFakeSnapshotTable()
    const lying = start(other, liar)
    await grow(lying.ledger, 260, '2.00')
    const lie = await until('a snapshot', () => liar.rows.get(account))
    // It ends with the event that stands in the stream: nothing but a fold of the whole can tell.
    const { snapshot: format } = clientAccount
    if (format === undefined) throw new Error('accounts have snapshots')
    const source = { storeId: 'store-1', stream: account }
    const told = decodeSnapshot(format, source, lie.content)
    if ('unusable' in told) throw new Error(told.unusable)
    told.lastEventId = store.eventsOf(account)[Number(lie.revision)]?.id
    table.rows.set(account, { revision: lie.revision, content: encodeSnapshot(format, source, told) })

    const errors: unknown[] = []
    const keeper = createSnapshotKeeper({
      store,
      table,
      logger: { warn: () => undefined, error: (what: unknown) => errors.push(what) },
      random: () => 0,
    })
    const ledger = ledgerOver(store, { snapshots: keeper })
    t.not(await openOf(ledger), 70_000n, 'until it is found out')
    await until('looked at', () => (keeper.counts.wrong + keeper.counts.verified === 1 ? true : undefined))
    t.equal(keeper.counts.wrong, 1)
    t.match(errors, [{ stream: account, revision: `${lie.revision}` }])
    await until('it is removed', () => (table.rows.has(account) ? undefined : true))
    t.equal(await openOf(ledger), 70_000n)
    await send(ledger, recordPayment('pay-b', '1.00'), 'b')
    await sleep(20)
    t.equal(table.rows.size, 0)
  })
})

t.test('the index of commands takes at most 16 bytes a command and finds each', async (t) => {
  const index = createCommandIndex()
  const idOf = (number: number) =>
    `${(Math.imul(number, 2_654_435_761) >>> 0).toString(16).padStart(8, '0')}-0000-5000-8000-000000000000`
  for (let number = 0; number < 100_000; number += 1) {
    addCommand(index, idOf(number), revisionOf(BigInt(number)))
    if (number > 1_000 && number % 997 === 0) t.ok(weighIndex(index) / (number + 1) <= 16)
  }
  t.comment(`${(weighIndex(index) / 100_000).toFixed(1)} bytes a command`)
  const restored = restoreIndex(dumpIndex(index))
  for (let number = 0; number < 100_000; number += 101) {
    t.ok(candidatesOf(index, idOf(number)).includes(revisionOf(BigInt(number))))
    t.same(candidatesOf(restored, idOf(number)), candidatesOf(index, idOf(number)))
  }
  t.same(candidatesOf(createCommandIndex(), idOf(1)), [])
})

t.test('the table in Postgres', async (t) => {
  const url = await createTestDatabase(t)
  const table = createSnapshotTable(openPool(t, url))
  const content = Buffer.alloc(3_000_000, 7)

  t.test('gives back what it was given, the newest of a stream', async (t) => {
    t.equal(await table.read(account), undefined)
    await table.write(account, revisionOf(5n), content)
    await table.write(account, revisionOf(4n), Buffer.from('older'))
    t.ok((await table.read(account))?.equals(content))
    await table.write(account, revisionOf(6n), Buffer.from('newer'))
    t.same(await table.read(account), Buffer.from('newer'))
    await table.write("it's another", revisionOf(1n), Buffer.alloc(0))
    t.same(await table.read("it's another"), Buffer.alloc(0))
    await table.remove(account)
    t.equal(await table.read(account), undefined)
  })

  t.test('is created by whoever comes first', async (t) => {
    const emptyUrl = await createTestDatabase(t)
    const tables = Array.from({ length: 4 }, () => createSnapshotTable(openPool(t, emptyUrl)))
    await Promise.all(tables.map((each, index) => each.write(account, revisionOf(BigInt(index)), content)))
    t.ok((await tables[0]?.read(account))?.equals(content))
  })

  t.test('that is not there fails, and comes back', async (t) => {
    const pool = createPool({
      url: 'postgres://registru:none@127.0.0.1:1/none',
      connectionsMax: 1,
      applicationName: 'test',
      connectTimeoutMs: 500,
      onIdleError: () => undefined,
    })
    t.teardown(() => pool.end())
    const { store } = await grown()
    const { ledger, keeper } = start(store, createSnapshotTable(pool))
    t.equal(await openOf(ledger), 70_000n)
    t.match(keeper.counts, { misses: 1, unavailable: 1 })
  })
})

/** The event store is swapped, emptied or restored to an older copy under a running process: commands are refused, and say why. */
import { revisionOf } from '@registru/domain'
import { type EventStore, StoreDiverged } from '@registru/event-store'
import t from 'tap'
import { until } from './api.ts'
import { createFakeEventStore, type FakeEventStore } from './fake-event-store.ts'
import { account, ledgerOver, recordPayment, registerClient, registerInvoice, send } from './ledger-commands.ts'

const IDENTITY_STREAM = 'ledger-meta'

const createNamedStore = async (storeId: string): Promise<FakeEventStore> => {
  const store = createFakeEventStore()
  const id = '0a6d4b1c-4f0e-5c1d-9e55-7f3c2a9b8e10'
  await store.append(IDENTITY_STREAM, 'no_stream', [{ id, type: 'StoreIdentified', data: { storeId }, metadata: {} }])
  return store
}

/** The same store up to a revision of the account. */
const olderCopyOf = async (store: FakeEventStore, storeId: string, events: number): Promise<FakeEventStore> => {
  const copy = await createNamedStore(storeId)
  for (const [index, { id, type, data, metadata }] of store.eventsOf(account).slice(0, events).entries()) {
    if (typeof data !== 'object' || data === null || typeof metadata !== 'object' || metadata === null) continue
    await copy.append(account, index === 0 ? 'no_stream' : revisionOf(BigInt(index) - 1n), [
      { id, type, data, metadata },
    ])
  }
  return copy
}

/** One address behind which the store can be exchanged. */
const exchangeable = (first: FakeEventStore) => {
  const behind = { store: first }
  const store: EventStore = {
    ...first,
    append: (...append) => behind.store.append(...append),
    readStream: (...read) => behind.store.readStream(...read),
    readAll: (...read) => behind.store.readAll(...read),
    head: () => behind.store.head(),
    identity: () => Promise.resolve('store-1'),
  }
  return { store, behind }
}

const grown = async () => {
  const original = await createNamedStore('store-1')
  const { store, behind } = exchangeable(original)
  const ledger = ledgerOver(store)
  t.teardown(() => ledger.stop())
  await send(ledger, registerClient(), 'client')
  await send(ledger, registerInvoice('inv-1', '1000.00'), 'invoice')
  await send(ledger, recordPayment('pay-1', '100.00', 'inv-1'), 'pay-1')
  return { original, behind, ledger }
}

t.test('an older copy: a memory ahead of the log is dropped, and the command is refused at once', async (t) => {
  const { original, behind, ledger } = await grown()
  behind.store = await olderCopyOf(original, 'store-1', 2)
  const before = behind.store.log.length
  await t.rejects(send(ledger, recordPayment('pay-2', '1.00', 'inv-1'), 'pay-2'), StoreDiverged)
  await t.rejects(
    send(ledger, recordPayment('pay-1', '100.00', 'inv-1'), 'pay-1'),
    StoreDiverged,
    'its repetition, too',
  )
  t.equal(behind.store.log.length, before, 'nothing is written')

  behind.store = original
  const paid = await until('the store is the right one again', () =>
    send(ledger, recordPayment('pay-3', '900.00', 'inv-1'), 'pay-3').catch(() => undefined),
  )
  t.match(paid, { revision: 5n, replayed: false })
})

t.test(
  'another store, or an empty one, is noticed though nobody asks about an account that it should know',
  async (t) => {
    for (const swapped of [await createNamedStore('store-2'), createFakeEventStore()]) {
      const { behind, ledger } = await grown()
      behind.store = swapped
      const error = await until('it is noticed', () =>
        ledger.accounts
          .read(`${account}-2`, () => true)
          .then(
            () => undefined,
            (failure: unknown) => failure,
          ),
      )
      t.match(error, { name: 'StoreDiverged', message: /is no longer where it stood|the checkpoint is of store-1/ })
    }
  },
)

t.test('what a projector says is heard by a process that remembers nothing', async (t) => {
  let said: string | undefined = 'the projector says: the store ends before its checkpoint'
  const { store } = exchangeable(await createNamedStore('store-1'))
  const ledger = ledgerOver(store, { askDivergence: () => Promise.resolve(said) })
  t.teardown(() => ledger.stop())
  const refused = await until('it is heard', () =>
    send(ledger, registerClient(), 'client').then(
      () => undefined,
      (failure: unknown) => failure,
    ),
  )
  t.match(refused, { name: 'StoreDiverged', message: said })
  said = undefined
  await until('it is taken back', () => send(ledger, registerClient(), 'client').catch(() => undefined))
})

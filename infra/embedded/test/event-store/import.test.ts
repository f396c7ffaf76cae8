import { randomUUID } from 'node:crypto'
import t from 'tap'
import { importStoredEvents, keepsImportedEvents, type StoredEvent } from '../../src/event-store/import-method.ts'
import { serveStorage } from '../../src/event-store/start-event-store.ts'
import { createMemoryStorage } from '../../src/event-store/storage-memory.ts'
import { batchAppend, connectWire, readReadAnswer, readRequest } from './wire-client.ts'

const anEvent = (override: Partial<StoredEvent> = {}): StoredEvent => ({
  stream: 'kept',
  revision: 0,
  position: 5_000,
  createdTicks: 17_000_000_000_000_000n,
  id: randomUUID(),
  type: 'Kept',
  isJson: true,
  data: Buffer.from('{ }'),
  metadata: Buffer.alloc(0),
  ...override,
})

t.test('events of another store are kept at their places, and nothing may stand before them later', async (t) => {
  const storage = createMemoryStorage()
  const store = await serveStorage(storage, {})
  t.teardown(() => store.stop())
  const client = connectWire(`http://127.0.0.1:${store.port}`)
  t.teardown(async () => client.close())
  t.equal(await keepsImportedEvents(store.url), true)
  t.equal(await keepsImportedEvents('esdb://a:1,b:2?tls=false'), false)
  t.equal(await keepsImportedEvents('esdb+discover://a:1?tls=false'), false)

  // Closer together than this store would lay them.
  const events = [
    anEvent(),
    anEvent({ stream: 'other', position: 5_010 }),
    anEvent({ revision: 1, position: 5_020, createdTicks: 16_000_000_000_000_001n }),
  ]
  await importStoredEvents(store.url, events)
  await importStoredEvents(store.url, events)
  const other = (override: Partial<StoredEvent>) => importStoredEvents(store.url, [anEvent(override)])
  await t.rejects(other({ revision: 2, position: 5_020 }), /kept 2 cannot stand at position 5020/)
  await t.rejects(other({ revision: 0, position: 9_000 }), /kept 0 cannot stand/, 'another event is there')
  await t.rejects(other({ revision: 9, position: 9_000 }), /kept 9 cannot stand/, 'events before it are missing')

  const append = client.call('streams.Streams/BatchAppend')
  append.send(batchAppend(randomUUID(), { stream: 'kept', expected: 1, ids: [randomUUID()] }))
  await append.until(1)
  append.cancel()
  const call = client.call('streams.Streams/Read')
  call.send(readRequest({ all: 'start' }, { count: 100 }))
  call.end()
  await call.status
  const found = call.messages.map(readReadAnswer).filter((answer) => answer.kind === 'event')
  t.same(
    found.slice(0, 3).map(({ id, position, revision }) => ({ id, position, revision })),
    events.map(({ id, position, revision }) => ({ id, position, revision })),
  )
  t.equal(found.length, 4)
  t.ok((found[3]?.position ?? 0) > 5_020)
})

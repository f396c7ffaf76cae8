import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { setEventClock } from '../../src/event-store/development-clock.ts'
import { createdMs, readEventFrame } from '../../src/event-store/event-frame.ts'
import { frameOf } from '../../src/event-store/grpc-frame.ts'
import { createHostility } from '../../src/event-store/hostile.ts'
import { type EventStore, type EventStoreOptions, serveStorage } from '../../src/event-store/start-event-store.ts'
import type { Storage } from '../../src/event-store/storage.ts'
import { createMemoryStorage } from '../../src/event-store/storage-memory.ts'
import { batchAppend, connectWire, readReadAnswer, readRequest } from './wire-client.ts'

const HOUR_MS = 3_600_000

const serve = async (t: Test, storage: Storage, options: Omit<EventStoreOptions, 'databaseUrl'> = {}) => {
  const store = await serveStorage(storage, options)
  t.teardown(() => store.stop())
  return store
}

const append = async ({ port }: EventStore): Promise<void> => {
  const client = connectWire(`http://127.0.0.1:${port}`)
  const call = client.call('streams.Streams/BatchAppend')
  call.send(batchAppend(randomUUID(), { stream: 'clock', expected: 'any', ids: [randomUUID()] }))
  await call.until(1)
  client.close()
}

/** When each event was created, in milliseconds. */
const stamps = async ({ port }: EventStore): Promise<number[]> => {
  const client = connectWire(`http://127.0.0.1:${port}`)
  const call = client.call('streams.Streams/Read')
  call.send(readRequest({ all: 'start' }, { count: 100 }))
  call.end()
  await call.status
  client.close()
  const events = call.messages.filter((message) => readReadAnswer(message).kind === 'event')
  return events.map((message) => createdMs(readEventFrame(frameOf(message), 0)))
}

t.test('a clock that steps back does not take the log along, nor does a restart', async (t) => {
  const storage = createMemoryStorage()
  const hostile = createHostility()
  const store = await serve(t, storage, { hostile })
  hostile.clockOffsetMs = HOUR_MS
  await append(store)
  hostile.clockOffsetMs = 0
  await append(store)
  await store.stop()
  await append(await serve(t, storage))
  const restarted = await serve(t, storage)
  await append(restarted)
  const [first, ...later] = await stamps(restarted)
  t.same(later, [first, first, first], 'an hour ahead, until the true time has caught up')
})

t.test('the development clock stamps what a past is made of', async (t) => {
  const store = await serve(t, createMemoryStorage(), { developmentClock: true })
  const startedAt = Date.now()
  await append(store)
  await setEventClock(store.url, new Date('2025-03-31T10:00:00.000Z'))
  await append(store)
  await setEventClock(store.url, new Date('2025-04-30T10:00:00.000Z'))
  await append(store)
  await setEventClock(store.url, undefined)
  await append(store)
  const days = (await stamps(store)).map((ms) => (ms >= startedAt ? 'now' : new Date(ms).toISOString().slice(0, 10)))
  t.same(days, ['now', '2025-03-31', '2025-04-30', 'now'])
})

t.test('nobody else gets to the clock', async (t) => {
  const store = await serve(t, createMemoryStorage())
  await t.rejects(setEventClock(store.url, new Date(0)), /SetClock is unimplemented/)
  const before = process.env['NODE_ENV']
  t.teardown(() => {
    if (before === undefined) delete process.env['NODE_ENV']
    else process.env['NODE_ENV'] = before
  })
  process.env['NODE_ENV'] = 'production'
  await t.rejects(serveStorage(createMemoryStorage(), { developmentClock: true }), /refused where NODE_ENV/)
})

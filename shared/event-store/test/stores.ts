import { randomUUID } from 'node:crypto'
import type { Revision } from '@registru/domain/places'
import { type EventStoreOptions, startEventStore } from '@registru/embedded'
import { createTestDatabase, type Teardown } from '@registru/runtime/testing'
import {
  type AppendOutcome,
  connectEventStore,
  type EventStore,
  type EventToAppend,
  type RecordedEvent,
} from '../src/index.ts'

/** A real server on a database of its own. */
export const startServer = async (test: Teardown, options: Partial<EventStoreOptions> = {}) => {
  const databaseUrl = await createTestDatabase(test)
  let server = await startEventStore({ databaseUrl, ...options })
  test.teardown(() => server.stop())
  const { port } = server
  return {
    url: server.url,
    port,
    stop: () => server.stop(),
    restart: async (changed: Partial<EventStoreOptions> = {}) => {
      await server.stop()
      server = await startEventStore({ databaseUrl, ...options, ...changed, port })
    },
  }
}

export const connect = (
  test: Teardown,
  url: string,
  options: { readonly appendTimeoutMs?: number; readonly readTimeoutMs?: number } = {},
): EventStore => {
  const store = connectEventStore({ url, ...options })
  test.teardown(() => store.dispose())
  return store
}

export const anEvent = (override: Partial<EventToAppend> = {}): EventToAppend => ({
  id: randomUUID(),
  type: 'Tested',
  data: { text: 'ăîșț', amount: '12.50' },
  metadata: { actor: 'test' },
  ...override,
})

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

export const idsOf = async (events: AsyncIterable<RecordedEvent>): Promise<string[]> =>
  (await collect(events)).map(({ id }) => id)

/** The revision of a written append; anything else fails the test. */
export const writtenRevision = (outcome: AppendOutcome): Revision => {
  if (outcome.outcome === 'written') return outcome.revision
  throw new Error(`not written: ${outcome.outcome}`, { cause: outcome })
}

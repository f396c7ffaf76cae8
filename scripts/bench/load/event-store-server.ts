/** The embedded event store in a process of its own, on PostgreSQL or in memory, for the benchmark that compares them. */
import { createMemoryStorage, serveStorage, startEventStore } from '@registru/embedded'
import type { ServerMessage } from './server-message.ts'

const databaseUrl = process.argv[2]
const startedAt = performance.now()
const store = await (databaseUrl === undefined
  ? serveStorage(createMemoryStorage(), {})
  : startEventStore({ databaseUrl }))
const readyMs = performance.now() - startedAt

const report = (): void => {
  process.send?.({ url: store.url, ...store.counters, readyMs } satisfies ServerMessage)
}
process.on('message', report)
process.on('disconnect', () => process.exit(0))
report()

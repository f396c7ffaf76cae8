/** A process that reads all events of the ledger through the client and does nothing with them. */
import { LEDGER_STREAM_PREFIXES } from '@registru/domain'
import { connectEventStore } from '@registru/event-store'
import { z } from 'zod'

export const DrainJob = z.object({ eventStoreUrl: z.string(), events: z.int() })
export const DrainResult = z.object({ seconds: z.number(), cpuUs: z.number() })
export type DrainResult = z.infer<typeof DrainResult>

/** As the projector asks for a rebuild: rarer checkpoints. */
const CHECKPOINT_INTERVAL = 32

const drain = async ({ eventStoreUrl, events }: z.infer<typeof DrainJob>): Promise<z.infer<typeof DrainResult>> => {
  const store = connectEventStore({ url: eventStoreUrl })
  const { signal } = new AbortController()
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  let seen = 0
  const items = store.subscribeToAll({
    streamPrefixes: LEDGER_STREAM_PREFIXES,
    signal,
    checkpointInterval: CHECKPOINT_INTERVAL,
  })
  for await (const item of items) {
    if (item.kind === 'event') seen += 1
    if (seen >= events) break
  }
  const seconds = (performance.now() - startedAt) / 1_000
  const { user, system } = process.cpuUsage(cpuBefore)
  await store.dispose()
  return { seconds, cpuUs: user + system }
}

if (process.send !== undefined) {
  process.once('message', (message) => {
    void drain(DrainJob.parse(message)).then((result) =>
      process.send?.(result, undefined, undefined, () => process.exit()),
    )
  })
}

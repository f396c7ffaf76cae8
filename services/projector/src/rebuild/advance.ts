import { LEDGER_STREAM_PREFIXES, type LogEvent, type Position } from '@registru/domain'
import { atFirstInstants, type EventStore } from '@registru/event-store'
import { openPostgresWriter, type Projection } from '@registru/projections'
import type { Connections } from '../connections.ts'
import { createIntake, type Intake } from '../intake.ts'
import { mustBeTheSameStore, mustHavePosition, startOf } from '../same-store.ts'

/** The same as the projector's, so that the server has no more to say. */
const CHECKPOINT_INTERVAL = 32

/** New rows go in by COPY. Larger batches gain nothing, and what lives for longer costs more to collect. */
const BULK_EVENTS = 1_000
const BATCH_EVENTS = 500

export interface AdvanceOptions {
  readonly connections: Connections
  readonly store: EventStore
  /** Generations that nobody else writes. */
  readonly projections: readonly Projection[]
  /** Where to stop; absent: at the end of the log, as it is when it is reached. */
  readonly to?: Position
  /** Into tables without keys and indexes. */
  readonly bulk?: boolean
  readonly signal: AbortSignal
  readonly onProgress?: (position: Position, events: number) => void
}

interface Read {
  readonly events: readonly LogEvent[]
  /** Of the last item that was seen, which may lie beyond `to`. */
  readonly reached: Position
  readonly done: boolean
}

/** The next events, as many as a batch takes, but none beyond `to`. */
const readBatch = async (
  intake: Intake,
  { to, eventsMax, from }: { readonly to: Position | undefined; readonly eventsMax: number; readonly from: Position },
): Promise<Read> => {
  const events: LogEvent[] = []
  let reached = from
  let done = false
  while (!done && events.length < eventsMax) {
    const batch = await intake.take(eventsMax - events.length)
    if (batch === undefined) throw new Error('the reading was stopped')
    if (batch.poison !== undefined) throw batch.poison
    for (const event of batch.events) if (to === undefined || event.position <= to) events.push(event)
    reached = batch.position ?? reached
    done = batch.caughtUp || (to !== undefined && reached >= to)
  }
  return { events, reached, done }
}

/**
 * Brings generations forward to a position of the log. May be killed at any moment and called again: each batch moves rows
 * and checkpoint together.
 * @throws Poison, ProjectionFailed, StoreDiverged, Fenced when somebody else writes the same generation
 */
export const advance = async (options: AdvanceOptions): Promise<void> => {
  const { connections, store, projections, to, bulk = false, signal, onProgress } = options
  const { client, reader } = connections
  const writer = await openPostgresWriter({ client, reader, projections, bulk })
  await mustBeTheSameStore(store, writer.checkpoints)
  const storeId = await store.identity()
  const start = startOf(writer.checkpoints)
  let from = start.position
  if (to !== undefined && from >= to) return

  const ended = new AbortController()
  const items = store.subscribeToAll({
    streamPrefixes: LEDGER_STREAM_PREFIXES,
    checkpointInterval: CHECKPOINT_INTERVAL,
    signal: AbortSignal.any([signal, connections.lost, ended.signal]),
    ...(from >= 0n && { after: from }),
    ...(start.witness !== undefined && { witness: start.witness }),
  })
  const intake = createIntake(atFirstInstants(store, items))
  const eventsMax = bulk ? BULK_EVENTS : BATCH_EVENTS
  let writing = Promise.resolve()
  let count = 0
  try {
    for (let done = false; !done; ) {
      const read = await readBatch(intake, { to, eventsMax, from })
      const position = read.done && to !== undefined ? to : read.reached
      if (position !== read.reached) await mustHavePosition(store, position)
      // The next batch is folded while Postgres works on the one before.
      const prepared = await writer.prepare(read.events, { position, storeId })
      await writing
      count += read.events.length
      const events = count
      writing = writer.write(prepared).then(() => onProgress?.(position, events))
      // Its failure is found at the next await.
      writing.catch(() => undefined)
      from = position
      ;({ done } = read)
    }
    await writing
  } finally {
    ended.abort()
    await writing.catch(() => undefined)
  }
}

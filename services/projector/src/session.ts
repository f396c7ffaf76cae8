import { LEDGER_STREAM_PREFIXES, type Position } from '@registru/domain'
import { atFirstInstants, type EventStore, type SubscriptionItem } from '@registru/event-store'
import { openPostgresWriter, type Projection } from '@registru/projections'
import type { PoolClient } from '@registru/runtime'
import { createIntake } from './intake.ts'
import { followLine, type Written } from './line.ts'
import type { Pace } from './pace.ts'
import { mustBeTheSameStore, mustHavePosition, startOf } from './same-store.ts'

/** Raises the server's distance between checkpoint messages: each is one more message for every 32 events considered. */
const CHECKPOINT_INTERVAL = 32

export interface SessionOptions {
  readonly client: PoolClient
  /** Loads for the next batch while the client writes. */
  readonly reader: PoolClient
  readonly store: EventStore
  readonly projections: readonly Projection[]
  /** A position that the store gave out, where to end; absent: never. */
  readonly to?: Position | undefined
  readonly pace: Pace
  readonly signal: AbortSignal
  readonly onStarted: (position: Position) => void
  readonly onBatch: (written: Written) => void
  readonly onCaughtUp: () => void
}

/** What lies up to a position, and then that position itself, if the log has it. */
const upTo = async function* (
  store: EventStore,
  items: AsyncIterable<SubscriptionItem>,
  to: Position,
): AsyncGenerator<SubscriptionItem, undefined> {
  for await (const item of items) {
    const position =
      item.kind === 'event' ? item.event.position : item.kind === 'checkpoint' ? item.position : undefined
    // Caught up with the log, or beyond it: nothing of ours stands at the position.
    if (position === undefined || position > to) break
    yield item
    if (position === to) return
  }
  await mustHavePosition(store, to)
  yield { kind: 'checkpoint', position: to }
}

/**
 * Follows the log with these projections over connections of their own, until the signal, the loss of a store or a poison event.
 * They go on together from where the last of them is; those that are further pass over what they have seen.
 */
export const runSession = async (options: SessionOptions): Promise<void> => {
  const { client, reader, store, projections, to, pace, signal } = options
  const writer = await openPostgresWriter({ client, reader, projections })
  await mustBeTheSameStore(store, writer.checkpoints)
  const storeId = await store.identity()

  const { position, witness } = startOf(writer.checkpoints)
  const ended = new AbortController()
  const subscription = store.subscribeToAll({
    streamPrefixes: LEDGER_STREAM_PREFIXES,
    checkpointInterval: CHECKPOINT_INTERVAL,
    signal: AbortSignal.any([signal, ended.signal]),
    ...(position >= 0n && { after: position }),
    ...(witness !== undefined && { witness }),
  })
  options.onStarted(position)
  try {
    const { onBatch, onCaughtUp } = options
    const items = atFirstInstants(store, subscription)
    const intake = createIntake(to === undefined ? items : upTo(store, items, to))
    await followLine({ writer, intake, storeId, to, pace, signal, onBatch, onCaughtUp })
  } finally {
    ended.abort()
  }
}

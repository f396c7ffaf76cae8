import { LEDGER_STREAM_PREFIXES } from '@registru/domain'
import { checkWitness, type EventStore, StoreDiverged, type SubscriptionItem } from '@registru/event-store'
import { type Checkpoint, openPostgresWriter, type Projection } from '@registru/projections'
import type { PoolClient } from '@registru/runtime'
import { createIntake } from './intake.ts'
import { followLine } from './line.ts'

/** Raises the server's distance between checkpoint messages: each is one more message for every 32 events considered. */
const CHECKPOINT_INTERVAL = 32

export interface SessionOptions {
  readonly client: PoolClient
  /** Loads for the next batch while the client writes. */
  readonly reader: PoolClient
  readonly store: EventStore
  readonly projections: readonly Projection[]
  /** A position that the store gave out, where to end; absent: never. */
  readonly to?: bigint | undefined
  readonly signal: AbortSignal
  readonly onStarted: (position: bigint) => void
  readonly onBatch: (written: { readonly events: number; readonly position: bigint }) => void
  readonly onCaughtUp: () => void
}

/**
 * A store that was restored to an older copy takes the old position and leaves out what was written since.
 * @throws StoreDiverged
 */
export const mustBeTheSameStore = async (store: EventStore, checkpoints: readonly Checkpoint[]): Promise<void> => {
  for (const { projection, position, witness } of checkpoints) {
    if (position < 0n) continue
    const verdict = await checkWitness(store, {
      position,
      ...(witness !== undefined && { storeId: witness.storeId, witness }),
    })
    if (verdict !== 'ok') throw new StoreDiverged(`${projection.name}: ${verdict.diverged}`)
  }
}

/** What lies up to a position, and then that position itself. */
const upTo = async function* (
  items: AsyncIterable<SubscriptionItem>,
  to: bigint,
): AsyncGenerator<SubscriptionItem, undefined> {
  for await (const item of items) {
    const position =
      item.kind === 'event' ? item.event.position : item.kind === 'checkpoint' ? item.position : undefined
    // Caught up with the log, the position has been passed.
    if (position === undefined || position > to) break
    yield item
    if (position === to) return
  }
  yield { kind: 'checkpoint', position: to }
}

/**
 * Follows the log with these projections over connections of their own, until the signal, the loss of a store or a poison event.
 * They go on together from where the last of them is; those that are further pass over what they have seen.
 */
export const runSession = async (options: SessionOptions): Promise<void> => {
  const { client, reader, store, projections, to, signal } = options
  const writer = await openPostgresWriter({ client, reader, projections })
  await mustBeTheSameStore(store, writer.checkpoints)
  const storeId = await store.identity()

  const positions = writer.checkpoints.map(({ position }) => position)
  const position = positions.reduce((first, other) => (other < first ? other : first))
  const ended = new AbortController()
  const items = store.subscribeToAll({
    streamPrefixes: LEDGER_STREAM_PREFIXES,
    checkpointInterval: CHECKPOINT_INTERVAL,
    signal: AbortSignal.any([signal, ended.signal]),
    ...(position >= 0n && { after: position }),
  })
  options.onStarted(position)
  try {
    const { onBatch, onCaughtUp } = options
    const intake = createIntake(to === undefined ? items : upTo(items, to))
    await followLine({ writer, intake, storeId, to, signal, onBatch, onCaughtUp })
  } finally {
    ended.abort()
  }
}

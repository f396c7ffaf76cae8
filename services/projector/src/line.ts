import type { LedgerEvent } from '@registru/domain'
import { Fenced, type Writer } from '@registru/projections'
import { isRetryable } from '@registru/runtime'
import type { Batch, Intake } from './intake.ts'
import { Poison } from './poison.ts'

/** One transaction writes at most this many; measured, larger ones gain nothing and make readers wait. */
const BATCH_EVENTS_MAX = 500

/** A position that moves past foreign events alone is written down this often, so that a restart need not pass them again. */
const IDLE_CHECKPOINT_EVERY_MS = 5_000

export interface LineOptions {
  readonly writer: Writer
  readonly intake: Intake
  readonly storeId: string
  /** Ends the line after the batch that is being written. */
  readonly signal: AbortSignal
  readonly onBatch: (written: { readonly events: number; readonly position: bigint }) => void
  readonly onCaughtUp: () => void
}

/** Writes what came before the poison, then names it. */
const applyOneByOne = async (writer: Writer, events: readonly LedgerEvent[], storeId: string): Promise<void> => {
  for (const event of events) {
    try {
      await writer.apply([event], { position: event.position, storeId })
    } catch (error) {
      if (error instanceof Fenced || isRetryable(error)) throw error
      throw new Poison(event, error)
    }
  }
}

const applyBatch = async (writer: Writer, { events }: Batch, position: bigint, storeId: string): Promise<void> => {
  try {
    await writer.apply(events, { position, storeId })
  } catch (error) {
    if (error instanceof Fenced || isRetryable(error) || events.length === 0) throw error
    await applyOneByOne(writer, events, storeId)
  }
}

/**
 * Applies batch after batch until the intake or the signal ends it: whatever is there when the writer is free, with no waiting for more.
 * @throws Poison, Fenced, and whatever the stores throw
 */
export const followLine = async ({
  writer,
  intake,
  storeId,
  signal,
  onBatch,
  onCaughtUp,
}: LineOptions): Promise<void> => {
  let writtenAtMs = Date.now()
  while (!signal.aborted) {
    const batch = await intake.take(BATCH_EVENTS_MAX)
    if (batch === undefined) return
    const { events, position } = batch
    if (position !== undefined && (events.length > 0 || Date.now() - writtenAtMs >= IDLE_CHECKPOINT_EVERY_MS)) {
      await applyBatch(writer, batch, position, storeId)
      writtenAtMs = Date.now()
      onBatch({ events: events.length, position })
    }
    if (batch.poison !== undefined) throw batch.poison
    if (batch.caughtUp) onCaughtUp()
  }
}

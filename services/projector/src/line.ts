import { setTimeout as sleep } from 'node:timers/promises'
import type { LogEvent, Position } from '@registru/domain'
import { Fenced, type PostgresWriter } from '@registru/projections'
import { isRetryable } from '@registru/runtime'
import type { Batch, Intake } from './intake.ts'
import { BATCH_EVENTS_MAX, type Pace } from './pace.ts'
import { Poison } from './poison.ts'

/**
 * Small batches begin at least this far apart: one costs nearly a millisecond before its first row, which the commands that
 * it tells of are better served with. What comes after a pause is not kept waiting.
 */
const BATCH_EVERY_MS = 5

/** A position that moves past foreign events alone is written down this often, so that a restart need not pass them again. */
const IDLE_CHECKPOINT_EVERY_MS = 5_000

export interface Written {
  readonly events: number
  readonly position: Position
  /** The latest instant at which the store says it wrote one of them, in milliseconds since 1970. */
  readonly newestMs: number
}

export interface LineOptions {
  readonly writer: PostgresWriter
  readonly intake: Intake
  readonly storeId: string
  /** The intake ends here, and the checkpoints shall say so even if no event of ours stands at it. */
  readonly to?: Position | undefined
  readonly pace: Pace
  /** Ends the line after the batch that is being written. */
  readonly signal: AbortSignal
  readonly onBatch: (written: Written) => void
  readonly onCaughtUp: () => void
}

/** What a single event may be the cause of; the rest is the stores' or another projector's doing. */
const mayBePoison = (error: unknown): boolean => !(error instanceof Fenced || isRetryable(error))

/** Writes what came before the poison, then names it. */
const findPoison = async (
  { writer, storeId }: LineOptions,
  events: readonly LogEvent[],
  error: unknown,
): Promise<never> => {
  for (const event of events) {
    try {
      await writer.apply([event], { position: event.position, storeId })
    } catch (cause) {
      throw mayBePoison(cause) ? new Poison(event, cause) : cause
    }
  }
  // Together they fail, one by one they do not: no event is to blame, we are.
  throw error
}

interface Writing {
  readonly events: readonly LogEvent[]
  /** How it ended: with an error, or without. Never rejects, for it may end while nobody looks. */
  readonly done: Promise<{ readonly error: unknown } | undefined>
}

/**
 * Applies batch after batch until the intake or the signal ends it: whatever is there when the writer is free and rested,
 * with no waiting for more. The next batch is folded while Postgres works on the one before.
 * @throws Poison, Fenced, and whatever the stores throw
 */
export const followLine = async (options: LineOptions): Promise<void> => {
  const { writer, intake, storeId, to, pace, signal, onBatch, onCaughtUp } = options
  let writing: Writing | undefined
  let mayTakeAt = Number.NEGATIVE_INFINITY
  let writtenAtMs = Date.now()

  const settle = async (): Promise<void> => {
    if (writing === undefined) return
    const { events, done } = writing
    const failed = await done
    writing = undefined
    if (failed === undefined) return
    if (mayBePoison(failed.error)) await findPoison(options, events, failed.error)
    throw failed.error
  }

  const begin = async ({ events, caughtUp }: Batch, position: Position): Promise<void> => {
    let prepared: Awaited<ReturnType<typeof writer.prepare>>
    try {
      prepared = await writer.prepare(events, { position, storeId })
    } catch (error) {
      await settle()
      if (mayBePoison(error)) await findPoison(options, events, error)
      throw error
    }
    await settle()
    // Behind, it is better to go on.
    if (events.length < BATCH_EVENTS_MAX) mayTakeAt = performance.now() + BATCH_EVERY_MS
    const write = async (): Promise<void> => {
      await writer.write(prepared)
      writtenAtMs = Date.now()
      pace.written()
      const newestMs = events.reduce((latest, { createdAt }) => Math.max(latest, createdAt.getTime()), 0)
      onBatch({ events: events.length, position, newestMs })
      if (caughtUp) onCaughtUp()
    }
    writing = {
      events,
      done: write().then(
        () => undefined,
        (error: unknown) => ({ error }),
      ),
    }
  }

  /** Waits for events, but not longer than until the write that is under way has failed. */
  const nextBatch = async (): Promise<Batch | undefined> => {
    const earlyByMs = mayTakeAt - performance.now()
    if (earlyByMs > 0) await sleep(earlyByMs)
    const taken = intake.take(pace.eventsMax())
    if (writing === undefined) return taken
    const failed = writing.done.then((failure) => (failure === undefined ? taken : undefined))
    const batch = await Promise.race([taken, failed])
    if (batch !== undefined) return batch
    // What is taken after a failure is left: the line ends here.
    taken.catch(() => undefined)
    return undefined
  }

  while (!signal.aborted) {
    const batch = await nextBatch()
    if (batch === undefined) break
    const { events, position, caughtUp, poison } = batch
    const isDue = events.length > 0 || position === to || Date.now() - writtenAtMs >= IDLE_CHECKPOINT_EVERY_MS
    if (position !== undefined && isDue) {
      await begin(batch, position)
    } else if (caughtUp) {
      await settle()
      onCaughtUp()
    }
    if (poison !== undefined) {
      await settle()
      throw poison
    }
  }
  await settle()
}

import { setTimeout as sleep } from 'node:timers/promises'
import { LEDGER_STREAM_PREFIXES, type Position, readLedgerEvent } from '@registru/domain'
import { type EventStore, StoreDiverged, type Witness } from '@registru/event-store'
import type { Logger, Pool } from '@registru/runtime'
import { withLeadership } from './leadership.ts'
import { loadCheckpoint, placeIn, saveCheckpoint } from './process-checkpoint.ts'
import type { Finisher, Step } from './step.ts'

/** The request itself does the step; only what is still undone after this was left by a process that died. */
const GRACE_MS = 3_000
const TICK_MS = 500
const RESTART_PAUSE_MS = 1_000
/** A store that is not the one we have read from stays so until somebody acts. */
const DIVERGED_PAUSE_MS = 5_000

export interface StepProcessOptions {
  readonly store: EventStore
  readonly pool: Pool
  readonly finishers: readonly Finisher[]
  readonly logger: Logger
}

export interface StepProcessStatus {
  /** `standby`: another process leads. `waiting`: a store is away. `diverged`: the event store is not the one it has read from. */
  readonly state: 'standby' | 'following' | 'waiting' | 'diverged'
  /** Up to where it has read; `undefined` when it does not lead. */
  readonly position: Position | undefined
  /** Steps that are begun and not ended. */
  readonly open: number
  /** Of `diverged`. */
  readonly reason?: string
}

export interface StepProcess {
  /** Types of the events that it follows, as prefixes: it would spend much of its time on reading what was just written. */
  readonly typePrefixes: readonly string[]
  readonly status: () => StepProcessStatus
  readonly stop: () => Promise<void>
}

export const isOfLedger = (stream: string): boolean =>
  LEDGER_STREAM_PREFIXES.some((prefix) => stream.startsWith(prefix))

/** Ends early when it is told to. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined)

/** Follows the ledger and finishes what a crash between two streams left half-done. */
export const startStepProcess = ({ store, pool, finishers, logger }: StepProcessOptions): StepProcess => {
  const stopping = new AbortController()
  const idle = { position: undefined, open: 0 }
  /** Asked for when somebody wants to know: what was said when something last happened may be long ago. */
  let status = (): StepProcessStatus => ({ state: 'standby', ...idle })

  const typePrefixes = finishers.flatMap((finisher) => finisher.typePrefixes)
  const kinds = new Map(finishers.flatMap((finisher) => finisher.kinds.map((kind) => [kind.step, kind] as const)))

  /** @returns whether the step is at its end */
  const carryOut = async (step: Step): Promise<boolean> => {
    const about = { step: step.step, eventId: step.cause.eventId }
    try {
      const kind = kinds.get(step.step)
      if (kind === undefined) throw new Error(`no step is called ${step.step}`)
      const code = await kind.carryOut(step)
      if (code === undefined) logger.info(about, 'finished what was half-done')
      else logger.info({ ...about, code }, 'declined what was half-done')
      return true
    } catch (error) {
      logger.warn({ err: error, ...about }, 'what is half-done waits')
      return false
    }
  }

  const lead = async (leading: AbortSignal): Promise<void> => {
    // Either half ending ends the other: a reader without a finisher, or the reverse, would only look alive.
    const ended = new AbortController()
    const signal = AbortSignal.any([leading, ended.signal])
    const checkpoint = await placeIn(store, pool, await loadCheckpoint(pool))
    if ('diverged' in checkpoint) throw new StoreDiverged(checkpoint.diverged)
    const storeId = await store.identity()
    const open = new Map(checkpoint.steps.map((step) => [step.key, { step, seenAt: performance.now() }]))
    let { position } = checkpoint
    let witness: Witness | undefined = checkpoint.witness
    let saved = position
    let caughtUp = false
    status = () => ({ state: 'following', position, open: open.size })

    const follow = async (): Promise<void> => {
      const after = { ...(position !== undefined && { after: position }), ...(witness !== undefined && { witness }) }
      const items = store.subscribeToAll({ ...after, typePrefixes, signal })
      for await (const item of items) {
        if (item.kind === 'caughtUp') caughtUp = true
        else if (item.kind === 'checkpoint') position = item.position
        else {
          const { stream, revision, id: eventId } = item.event
          ;({ position } = item.event)
          witness = { stream, revision, eventId, position }
          // Other streams of the same store may have events of such names.
          if (!isOfLedger(stream)) continue
          const event = readLedgerEvent(item.event)
          for (const { stepChangeOf } of finishers) {
            const { begins, ends } = stepChangeOf(event)
            if (begins !== undefined) open.set(begins.key, { step: begins, seenAt: performance.now() })
            if (ends !== undefined) open.delete(ends)
          }
        }
      }
    }

    const finishAndSave = async (): Promise<void> => {
      while (!signal.aborted) {
        await pause(TICK_MS, signal)
        for (const [key, { step, seenAt }] of open) {
          if (!caughtUp || signal.aborted || performance.now() - seenAt < GRACE_MS) continue
          // One that cannot be done now is tried again later, and does not hold up the others.
          if (await carryOut(step)) open.delete(key)
          else open.set(key, { step, seenAt: performance.now() })
        }
        if (position !== undefined && position !== saved) {
          const reached = position
          const steps = [...open.values()].map(({ step }) => step)
          await saveCheckpoint(pool, { position: reached, steps, storeId, witness })
          saved = reached
        }
      }
    }

    const end = () => ended.abort()
    await Promise.all([follow().finally(end), finishAndSave().finally(end)])
  }

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        status = () => ({ state: 'standby', ...idle })
        await withLeadership(pool, stopping.signal, lead)
      } catch (error) {
        if (stopping.signal.aborted) return
        const diverged = error instanceof StoreDiverged
        const why = diverged ? ({ state: 'diverged', reason: error.message } as const) : ({ state: 'waiting' } as const)
        status = () => ({ ...why, ...idle })
        if (diverged) logger.error({ err: error }, 'the process of steps stands still: the event store is another one')
        else logger.warn({ err: error }, 'the process of steps starts again')
      }
      await pause(status().state === 'diverged' ? DIVERGED_PAUSE_MS : RESTART_PAUSE_MS, stopping.signal)
    }
  }

  const running = run()
  return {
    typePrefixes,
    status: () => status(),
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}

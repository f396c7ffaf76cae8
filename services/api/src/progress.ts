import { setTimeout as sleep } from 'node:timers/promises'
import type { EventStore } from '@registru/event-store'
import { Gauge } from '@registru/runtime'
import type { RequestMetrics } from './metrics.ts'
import type { ReadSide } from './queries/read-side.ts'
import type { ReceiptProcess } from './receipts/receipt-process.ts'

/** A part that does not answer in this time is left out. */
const PROBE_TIMEOUT_MS = 1_000

export interface Follower {
  readonly position: string
  /** Bytes of the log that are still to come; `0`: it knows all there is. */
  readonly lag: string
}

/** How far those that follow the log have come. Positions are decimal strings, places in the log. */
export interface Progress {
  /** Where the log ends. */
  readonly head?: string
  readonly readModels?: Follower & { readonly eventsPerSecond?: number | undefined }
  /** Only of the process that finishes receipts at the moment. */
  readonly receipts?: Follower & { readonly open: number }
}

export interface ProgressDependencies {
  readonly store: Pick<EventStore, 'head'>
  readonly readSide: Pick<ReadSide, 'progress'>
  readonly receiptProcess?: Pick<ReceiptProcess, 'status'> | undefined
}

const inTime = <Value>(probe: Promise<Value>): Promise<Value | undefined> =>
  Promise.race([probe, sleep(PROBE_TIMEOUT_MS, undefined, { ref: false })]).catch(() => undefined)

const behind = (head: bigint, position: bigint): bigint => (head > position ? head - position : 0n)

export const findProgress = async ({ store, readSide, receiptProcess }: ProgressDependencies): Promise<Progress> => {
  const [head, read] = await Promise.all([inTime(store.head()), inTime(readSide.progress())])
  if (head === undefined) return {}
  const followerAt = (position: bigint): Follower => ({
    position: `${position}`,
    lag: `${behind(head.position, position)}`,
  })
  const finisher = receiptProcess?.status()
  return {
    head: `${head.position}`,
    ...(read === undefined
      ? {}
      : { readModels: { ...followerAt(read.position), eventsPerSecond: read.eventsPerSecond } }),
    ...(finisher?.position === undefined
      ? {}
      : { receipts: { ...followerAt(finisher.position), open: finisher.open } }),
  }
}

/** The same for Prometheus, asked when it asks. */
export const showProgress = (
  { registry, beforeText }: Pick<RequestMetrics, 'registry' | 'beforeText'>,
  dependencies: ProgressDependencies,
): void => {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  const visible = gauge('registru_log_visible', '1 when the event store says where the log ends')
  const position = gauge('registru_position', 'Place in the log that a follower has come to', ['of'])
  const lag = gauge('registru_lag', 'Bytes of the log that a follower has still to read', ['of'])
  const rate = gauge('registru_projector_events_per_second', 'What the projector applied lately')
  const open = gauge('registru_receipts_open', 'Receipts requested and not numbered, or annulled and not released')

  beforeText.push(async () => {
    const { head, readModels, receipts } = await findProgress(dependencies)
    visible.set(head === undefined ? 0 : 1)
    if (head !== undefined) position.set({ of: 'log' }, Number(head))
    for (const [of, follower] of Object.entries({ readModels, receipts })) {
      if (follower === undefined) continue
      position.set({ of }, Number(follower.position))
      lag.set({ of }, Number(follower.lag))
    }
    if (readModels?.eventsPerSecond !== undefined) rate.set(readModels.eventsPerSecond)
    if (receipts !== undefined) open.set(receipts.open)
  })
}

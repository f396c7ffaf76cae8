import { setTimeout as sleep } from 'node:timers/promises'
import { BEFORE_THE_LOG, LEDGER_STREAM_PREFIXES, type Position } from '@registru/domain'
import {
  type Backlog,
  type BacklogOptions,
  countBacklog,
  type EventStore,
  type SubscriptionFilter,
} from '@registru/event-store'
import { Gauge } from '@registru/runtime'
import type { RequestMetrics } from './metrics.ts'
import type { ReadSide } from './queries/read-side.ts'
import { isOfLedger, type StepProcess } from './steps/step-process.ts'

/** A part that does not answer in this time is left out. */
const PROBE_TIMEOUT_MS = 1_000

export interface Follower {
  /** `BEFORE_THE_LOG`: it has read nothing yet. */
  readonly position: Position
  /** Events that it follows and has not read yet; absent when the store did not say so in time. */
  readonly lag?: Backlog
}

/** How far those that follow the log have come. */
export interface Progress {
  /** Where the log ends. */
  readonly head?: Position
  readonly readModels?: Follower & { readonly eventsPerSecond?: number | undefined }
  /** Only of the process that finishes receipts, and whatever else goes through two streams, at the moment. */
  readonly receipts?: Follower & { readonly open: number }
}

export interface ProgressDependencies {
  readonly store: Pick<EventStore, 'head' | 'subscribeToAll'>
  readonly readSide: Pick<ReadSide, 'progress'>
  readonly stepProcess?: Pick<StepProcess, 'status' | 'typePrefixes'> | undefined
}

/** `undefined`: it failed, or took too long. */
export const inTime = <Value>(probe: Promise<Value>): Promise<Value | undefined> =>
  Promise.race([probe, sleep(PROBE_TIMEOUT_MS, undefined, { ref: false })]).catch(() => undefined)

const followerAt = async (
  store: ProgressDependencies['store'],
  position: Position | undefined,
  filter: SubscriptionFilter & Pick<BacklogOptions, 'counts'>,
): Promise<Follower> => {
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS)
  const isBegun = position !== undefined && position >= 0n
  const lag = await inTime(countBacklog(store, { ...filter, ...(isBegun && { after: position }), signal }))
  return { position: position ?? BEFORE_THE_LOG, ...(lag !== undefined && { lag }) }
}

export const findProgress = async ({ store, readSide, stepProcess }: ProgressDependencies): Promise<Progress> => {
  const [head, read] = await Promise.all([inTime(store.head()), inTime(readSide.progress())])
  if (head === undefined) return {}
  const finisher = stepProcess?.status()
  const [readModels, receipts] = await Promise.all([
    read && followerAt(store, read.position, { streamPrefixes: LEDGER_STREAM_PREFIXES }),
    stepProcess !== undefined && finisher?.state === 'following'
      ? followerAt(store, finisher.position, { typePrefixes: stepProcess.typePrefixes, counts: isOfLedger })
      : undefined,
  ])
  return {
    head: head.position,
    ...(readModels !== undefined && { readModels: { ...readModels, eventsPerSecond: read?.eventsPerSecond } }),
    ...(receipts !== undefined && { receipts: { ...receipts, open: finisher?.open ?? 0 } }),
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
  const events = gauge('registru_lag_events', 'Events that a follower has still to read, counted up to 1000', ['of'])
  const seconds = gauge('registru_lag_seconds', 'Since the oldest event was written that a follower has not read', [
    'of',
  ])
  const rate = gauge('registru_projector_events_per_second', 'What the projector applied lately')
  const open = gauge(
    'registru_receipts_open',
    'Receipts and transfers that one stream has begun and the other not ended',
  )

  beforeText.push(async () => {
    const { head, readModels, receipts } = await findProgress(dependencies)
    // What nobody can tell now is not told: an older number would look like one of now.
    for (const known of [position, events, seconds, rate, open]) known.reset()
    visible.set(head === undefined ? 0 : 1)
    if (head !== undefined) position.set({ of: 'log' }, Number(head))
    for (const [of, follower] of Object.entries({ readModels, receipts })) {
      if (follower === undefined) continue
      position.set({ of }, Number(follower.position))
      if (follower.lag === undefined) continue
      events.set({ of }, follower.lag.events)
      seconds.set({ of }, follower.lag.seconds)
    }
    if (readModels?.eventsPerSecond !== undefined) rate.set(readModels.eventsPerSecond)
    if (receipts !== undefined) open.set(receipts.open)
  })
}

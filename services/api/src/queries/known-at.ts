import { setTimeout as sleep } from 'node:timers/promises'
import { LEDGER_STREAM_PREFIXES } from '@registru/domain'
import { type EventStore, findLastPosition } from '@registru/event-store'
import { findPositionKnownAt, isInstantOver, type ReadHandle } from '@registru/projections'
import { MalformedRequest } from '../http/malformed-request.ts'
import { freshnessOf, isPosition } from './query-parameters.ts'
import { InstantNotSettled, LogEndUnknown } from './read-errors.ts'
import type { Freshness, ReadSide } from './read-side.ts'

/** The clocks of several writers agree to this, and what one of them has stamped stands in the log within it. */
export const CLOCK_SKEW_MS = 1_000
/** A store that takes longer to say where the log ends is away. */
const HEAD_TIMEOUT_MS = 1_000
/** Where as many events of others end the log, ours are projected long since. */
const LOOK_BACK_EVENTS_MAX = 1_000

export interface Clockwork {
  readonly readSide: ReadSide
  readonly now: () => Date
  readonly store: Pick<EventStore, 'readAll'>
}

interface Asked {
  readonly knownAt?: string | undefined
  readonly minPosition?: string | undefined
  readonly maxWait?: string | undefined
}

/** In UTC: Postgres knows fewer offsets than RFC 3339. */
const inUtc = (instant: string): string => new Date(instant).toISOString()

/** The position that `knownAt` means: itself, or what was known at an instant. */
export const knownPosition = (
  handle: ReadHandle,
  knownAt: string | undefined,
): Promise<bigint> | bigint | undefined => {
  if (knownAt === undefined) return undefined
  return isPosition(knownAt) ? BigInt(knownAt) : findPositionKnownAt(handle, inUtc(knownAt))
}

/** @throws LogEndUnknown */
const endOfLedger = async (store: Clockwork['store']): Promise<bigint | undefined> => {
  const late = sleep(HEAD_TIMEOUT_MS, 'late' as const, { ref: false })
  const end = await Promise.race([findLastPosition(store, LEDGER_STREAM_PREFIXES, LOOK_BACK_EVENTS_MAX), late]).catch(
    (cause: unknown) => {
      throw new LogEndUnknown({ cause })
    },
  )
  if (end === 'late') throw new LogEndUnknown({ cause: new Error(`no answer within ${HEAD_TIMEOUT_MS} ms`) })
  return end
}

const laterOf = (a: bigint | undefined, b: bigint | undefined): bigint | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

/**
 * What a question waits for. Once an event recorded later than the instant of `knownAt` is projected, what was known at it
 * never changes. Until then the read models have to know all that the log holds, when nobody writes with an earlier
 * stamp any more: otherwise the same question would later have another answer.
 * @throws MalformedRequest when the instant is still to come
 * @throws InstantNotSettled, LogEndUnknown, ReadModelBehind, ReadSideUnavailable
 */
export const awaitedBy = async ({ readSide, now, store }: Clockwork, query: Asked): Promise<Freshness> => {
  const freshness = freshnessOf(query)
  const { knownAt } = query
  if (knownAt === undefined || isPosition(knownAt)) return freshness
  const instantMs = Date.parse(knownAt)
  if (instantMs > now().getTime()) {
    throw new MalformedRequest([{ path: '/query/knownAt', rule: 'an instant that is not in the future' }])
  }
  const deadline = performance.now() + freshness.maxWaitMs
  const leftMs = (): number => Math.max(0, deadline - performance.now())
  const { value: isOver } = await readSide.snapshot(freshness, (handle) => isInstantOver(handle, inUtc(knownAt)))
  if (isOver) return { ...freshness, maxWaitMs: leftMs() }
  const settledInMs = instantMs + CLOCK_SKEW_MS - now().getTime()
  if (settledInMs > leftMs()) throw new InstantNotSettled(settledInMs)
  if (settledInMs > 0) await sleep(settledInMs)
  const end = await endOfLedger(store)
  return { minPosition: laterOf(freshness.minPosition, end), maxWaitMs: leftMs() }
}

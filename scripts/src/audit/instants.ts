import type { PlacedFact } from './facts.ts'

/** Where the log's own clock begins: before it an instant is told by what recorders stamped, from it on by the store. */
export interface ClockStart {
  readonly position: bigint
  readonly ms: number
}

export const startOfClock = ({ type, position, createdMs }: PlacedFact): ClockStart | undefined =>
  type === 'LedgerClockStarted' ? { position, ms: createdMs } : undefined

/**
 * Says of each fact, in the order of the log, whether it was known at an instant. The first one that was not ends what was:
 * nothing after it can have been, whatever its own instant says.
 */
export const wasKnownAt = (ms: number, clock: ClockStart | undefined): ((fact: PlacedFact) => boolean) => {
  if (clock === undefined) return ({ recordedAt }) => Date.parse(recordedAt) <= ms
  if (ms < clock.ms) return ({ recordedAt, position }) => position < clock.position && Date.parse(recordedAt) <= ms
  return ({ createdMs, position }) => position < clock.position || createdMs <= ms
}

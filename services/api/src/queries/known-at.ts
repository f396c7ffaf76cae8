import { type Position, positionOf } from '@registru/domain'
import { findPositionKnownAt, type ReadHandle } from '@registru/projections'
import { type Generations, readWirePosition, wirePosition } from '../problems/wire-position.ts'
import { freshnessOf, isPosition } from './query-parameters.ts'
import { InstantNotSettled, KnownAtInFuture } from './read-errors.ts'
import type { Freshness, ReadSide } from './read-side.ts'

export interface Clockwork {
  readonly readSide: ReadSide
  readonly generations: Generations
  readonly now: () => Date
}

interface Asked {
  readonly knownAt?: string | undefined
  readonly minPosition?: string | undefined
  readonly maxWait?: string | undefined
}

const locate = async (generations: Generations, text: string | undefined): Promise<string | undefined> => {
  const given = text === undefined ? undefined : readWirePosition(text)
  return given === undefined ? text : `${await generations.locate(given)}`
}

/**
 * The question with positions of the present log, whichever generation it was asked in.
 * @throws PositionLost, StoreUnavailable
 */
export const located = async <Query extends Asked>(generations: Generations, query: Query): Promise<Query> => ({
  ...query,
  minPosition: await locate(generations, query.minPosition),
  knownAt: await locate(generations, query.knownAt),
})

/** As it was asked: an instant, or the position that it means in the present log. */
export const knownAtShown = (knownAt: string, position: Position, generation: number): string =>
  readWirePosition(knownAt) === undefined ? knownAt : wirePosition(position, generation)

/**
 * The position that `knownAt` means: itself, or what was known at an instant.
 * @throws InstantNotSettled where the snapshot does not prove the instant over: without `awaitedBy`, or in a database put back
 */
export const knownPosition = async (handle: ReadHandle, knownAt: string | undefined): Promise<Position | undefined> => {
  if (knownAt === undefined) return undefined
  if (isPosition(knownAt)) return positionOf(BigInt(knownAt))
  const instant = new Date(knownAt)
  // In UTC: Postgres knows fewer offsets than RFC 3339.
  const position = await findPositionKnownAt(handle, instant.toISOString())
  if (position === undefined) throw new InstantNotSettled(instant.getTime(), undefined)
  return position
}

/**
 * What a question waits for. An instant is over once an event is projected that the log has from later on; by the log's own
 * order, so neither a slow append nor anybody's clock can change what was known at it any more.
 * @throws KnownAtInFuture
 * @throws InstantNotSettled, ReadSideUnavailable
 */
export const awaitedBy = async ({ readSide, now }: Clockwork, query: Asked): Promise<Freshness> => {
  const freshness = freshnessOf(query)
  const { knownAt } = query
  if (knownAt === undefined || isPosition(knownAt)) return freshness
  const instantMs = Date.parse(knownAt)
  const begun = performance.now()
  const nowMs = now().getTime()
  // This machine's clock may be behind: the log has the last word on what is over.
  if (instantMs > nowMs && !(await readSide.isOver(instantMs))) throw new KnownAtInFuture(instantMs, nowMs)
  await readSide.pass(instantMs, freshness.maxWaitMs)
  return { ...freshness, maxWaitMs: Math.max(0, freshness.maxWaitMs - (performance.now() - begun)) }
}

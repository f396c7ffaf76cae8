import { type Position, positionOf } from '@registru/domain'
import { type RawBuilder, sql } from 'kysely'
import type { Clocks } from './read.ts'

/** `known_to` of what is still believed: the largest position Postgres can hold. */
export const STILL_KNOWN = positionOf(9_223_372_036_854_775_807n)

/** `eff_to` of what holds from its first day on; as a string it is later than any day. */
export const FOREVER = 'infinity'

/** Whether what an event says counts at both clocks, by its day (`null`: it has none) and its position. */
export const counts = ({ asOf, knownAt }: Clocks, on: string | null, position: Position): boolean =>
  (on === null || on <= asOf) && (knownAt === undefined || position <= knownAt)

/** Whether what a row tells was known, by the position of its event. `undefined`: all that is known now. */
export const wasKnown = (knownAt: Position | undefined, position = 'position'): RawBuilder<boolean> =>
  knownAt === undefined ? sql`true` : sql`${sql.ref(position)} <= ${knownAt}::bigint`

/** `counts` of a row, by its columns. */
export const countsSql = ({ asOf, knownAt }: Clocks, on: string, position: string): RawBuilder<boolean> =>
  sql`(${sql.ref(on)} <= ${asOf}::date and ${wasKnown(knownAt, position)})`

/**
 * Whether a row was believed, of rows that say from when (`known_from`) until before when (`known_to`). The present is
 * asked for by equality, which an index answers with exactly what holds.
 */
export const wasBelieved = (knownAt: Position | undefined): RawBuilder<boolean> =>
  knownAt === undefined ? sql`known_to = ${STILL_KNOWN}` : sql`(known_to > ${knownAt} and known_from <= ${knownAt})`

/**
 * Totals of days are kept apart by the stretch of the log in which they were learned: what was known at a position is whole
 * stretches, less the rest of the last one. Positions count bytes, so a stretch is some 20,000 events.
 */
export const STRETCH_POSITIONS = 16_777_216n

/** In which stretch a position lies, counted from 0. */
export const stretchOf = (position: Position): bigint => position / STRETCH_POSITIONS

/** Of totals that are kept by stretch: those of which anything was known. `undefined`: all. */
export const inKnownStretches = (knownAt: Position | undefined): RawBuilder<unknown> =>
  knownAt === undefined ? sql`` : sql`and stretch <= ${stretchOf(knownAt)}`

/** Of single rows, by a column that holds a position: those that these totals hold too much. */
export const learnedInStretchAfter = (knownAt: Position, column = 'position'): RawBuilder<unknown> =>
  sql`${sql.ref(column)} > ${knownAt} and ${sql.ref(column)} < ${(stretchOf(knownAt) + 1n) * STRETCH_POSITIONS}`

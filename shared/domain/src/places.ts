declare const kind: unique symbol

/**
 * Place in the whole log: increasing, with gaps. Its own type, because a position and a revision are both bigint and a mix-up
 * of the two reads like a right answer (decision 0036).
 */
export type Position = bigint & { readonly [kind]: 'position' }

/** Place in a stream, from 0, without gaps. */
export type Revision = bigint & { readonly [kind]: 'revision' }

/** For whoever gets a position from outside, or knows that one lies there: everybody else is given them. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the only place where a bigint becomes a position
export const positionOf = (place: bigint): Position => place as Position

/** As `positionOf`. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the only place where a bigint becomes a revision
export const revisionOf = (place: bigint): Revision => place as Revision

/** Where a reader stands that has read nothing. */
export const BEFORE_THE_LOG = positionOf(-1n)

/** Where a stream stands that holds nothing. */
export const BEFORE_THE_STREAM = revisionOf(-1n)

/** The place of the event that comes so many after this one. */
export const revisionAfter = (revision: Revision, events = 1): Revision => revisionOf(revision + BigInt(events))

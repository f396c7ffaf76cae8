import { BEFORE_THE_LOG, type Position } from '@registru/domain'

interface Written {
  readonly position: Position | undefined
}

/** Where a reader has to be to know of all of it; `undefined` when nothing was written. */
export const lastPosition = (...parts: readonly Written[]): Position | undefined =>
  parts.reduce<Position | undefined>(
    (last, { position }) => (position !== undefined && position > (last ?? BEFORE_THE_LOG) ? position : last),
    undefined,
  )

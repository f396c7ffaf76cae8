import type { Position } from '@registru/domain'
import type { Kysely } from 'kysely'

/** A Kysely handle or a transaction of one. A query names the read views it uses itself, so any handle will do. */
export type ReadHandle = Kysely<unknown>

/** Views under this name show the version in use; queries never name a version. */
export const READ_SCHEMA = 'read'

/** No list answers more at once. */
export const PAGE_ROWS_MAX = 500

/**
 * The two clocks of a financial question: the effective day, and the position in the log up to which the answer knows
 * anything. `knownAt` undefined: everything projected so far.
 */
export interface Clocks {
  readonly asOf: string
  readonly knownAt?: Position | undefined
}

export interface Page<Item, Cursor> {
  readonly items: readonly Item[]
  /** Where the next page begins; `undefined` on the last one. */
  readonly next: Cursor | undefined
}

/** Rows were asked for with one more than `limit`: the surplus row only says that there is a next page. */
export const pageOf = <Item, Cursor>(
  rows: readonly Item[],
  limit: number,
  cursorOf: (last: Item) => Cursor,
): Page<Item, Cursor> => {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last !== undefined ? cursorOf(last) : undefined }
}

export const rowsToAskFor = (limit: number): number => Math.min(limit, PAGE_ROWS_MAX) + 1

import type { LogEvent } from '@registru/domain'
import { RowsDisagree } from './errors.ts'
import { type KeyOf, keyString, type RememberedTable, type Row, type RowOf } from './table.ts'

/** A row that an event wants to see, and may write. */
export interface Wanted<T extends RememberedTable = RememberedTable> {
  readonly table: T
  readonly key: KeyOf<T>
  /** The key as one string. */
  readonly id: string
  /** No event before this one can have made the row, so it need not be looked for. */
  readonly isNew: boolean
}

/** A wanted row in the hands of the fold that wanted it. */
export interface OwnedRow<T extends RememberedTable = RememberedTable> extends Wanted<T> {
  /** As it stands before the event, earlier events of the same batch included; `undefined`: there is none. */
  readonly found: RowOf<T> | undefined
}

/** What an event wants, under names that its fold knows the rows by. */
export type Wants = Readonly<Record<string, Wanted | readonly Wanted[] | undefined>>

type OwnedOf<W> =
  W extends Wanted<infer T> ? OwnedRow<T> : W extends readonly Wanted<infer T>[] ? readonly OwnedRow<T>[] : W

/** The same names, once the rows are there. */
export type Owned<W> = { readonly [Name in keyof W]: OwnedOf<W[Name]> }

/** The object that is both: a batch makes one a row, and types keep from `wants` what is not there yet. */
export interface Holding extends Wanted {
  found: Row | undefined
  /** The event whose fold may write it; `undefined` until the row is found. */
  owner: LogEvent | undefined
}

const want = <T extends RememberedTable>(table: T, key: KeyOf<T>, isNew: boolean): Wanted<T> => {
  const row: Wanted<T> & Pick<Holding, 'found' | 'owner'> = {
    table,
    key,
    id: keyString(table, key),
    isNew,
    found: undefined,
    owner: undefined,
  }
  return row
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `want` alone makes wanted rows
export const holdingOf = (row: Wanted): Holding => row as Holding

/** Names a row that an event needs to see. */
export const wanted = <T extends RememberedTable>(table: T, key: KeyOf<T>): Wanted<T> => want(table, key, false)

/** Names a row under an id that comes up in this event: later ones, which may want it, find it or know that it is not there. */
export const wantedNew = <T extends RememberedTable>(table: T, key: KeyOf<T>): Wanted<T> => want(table, key, true)

/** @throws RowsDisagree when there is no such row. */
export const rowOf = <T extends RememberedTable>({ table, found }: OwnedRow<T>): RowOf<T> => {
  if (found === undefined) throw new RowsDisagree(`${table.name}: history changes a row before introducing it`)
  return found
}

import { RowsDisagree } from './errors.ts'
import { type AmountsOf, type KeyOf, keyString, type Row, type RowOf, type Table, type ValuesOf } from './table.ts'

type Amounts = Readonly<Record<string, bigint | undefined>>

export type RowChange =
  | { readonly kind: 'insert'; readonly table: Table; readonly row: Row }
  | {
      readonly kind: 'add'
      readonly table: Table
      readonly key: Row
      readonly amounts: Amounts
    }
  | { readonly kind: 'set'; readonly table: Table; readonly key: Row; readonly values: Row }

export const insert = <T extends Table>(table: T, row: RowOf<T>): RowChange => ({ kind: 'insert', table, row })

/** Adds to a row that must be there; in a totals table a missing row counts as zeros. */
export const add = <T extends Table>(table: T, key: KeyOf<T>, amounts: AmountsOf<T>): RowChange => ({
  kind: 'add',
  table,
  key,
  amounts,
})

/** Sets columns of a row that must be there. */
export const set = <T extends Table>(table: T, key: KeyOf<T>, values: ValuesOf<T>): RowChange => ({
  kind: 'set',
  table,
  key,
  values,
})

type Mutable = Record<string, unknown>

/** What a batch does to a row that stood before it. A column is either set or added to, never both. */
export interface RowUpdate {
  readonly key: Row
  readonly set: Mutable
  readonly add: Record<string, bigint>
}

export interface TableChanges {
  readonly inserts: Map<string, Row>
  readonly updates: Map<string, RowUpdate>
}

/** All changes of a batch, merged so that each row is written once. */
export type Changes = Map<Table, TableChanges>

const amountIn = (row: Row, column: string): bigint => {
  const amount = row[column]
  if (typeof amount !== 'bigint') throw new RowsDisagree(`${column} is no amount`)
  return amount
}

/** The row after an update. */
export const updatedRow = (row: Row, update: { readonly set: Row; readonly add: Amounts }): Row => {
  const updated: Mutable = { ...row, ...update.set }
  for (const column in update.add) updated[column] = amountIn(updated, column) + amountIn(update.add, column)
  return updated
}

const NOTHING = {}

const asUpdate = (change: Exclude<RowChange, { readonly kind: 'insert' }>) =>
  change.kind === 'set' ? { set: change.values, add: NOTHING } : { set: NOTHING, add: change.amounts }

/** The row after a change to it. */
export const changedRow = (row: Row, change: Exclude<RowChange, { readonly kind: 'insert' }>): Row =>
  updatedRow(row, asUpdate(change))

const changesOf = (changes: Changes, table: Table): TableChanges => {
  const existing = changes.get(table)
  if (existing !== undefined) return existing
  const empty: TableChanges = { inserts: new Map(), updates: new Map() }
  changes.set(table, empty)
  return empty
}

const mergeUpdate = (update: RowUpdate, change: Exclude<RowChange, { readonly kind: 'insert' }>): void => {
  if (change.kind === 'set') {
    for (const column in change.values) {
      update.set[column] = change.values[column]
      delete update.add[column]
    }
    return
  }
  for (const column in change.amounts) {
    const amount = amountIn(change.amounts, column)
    if (column in update.set) update.set[column] = amountIn(update.set, column) + amount
    else update.add[column] = (update.add[column] ?? 0n) + amount
  }
}

/** @throws RowsDisagree when a row is inserted twice. */
export const mergeChange = (changes: Changes, change: RowChange): void => {
  const { table } = change
  const { inserts, updates } = changesOf(changes, table)
  if (change.kind === 'insert') {
    const key = keyString(table, change.row)
    if (inserts.has(key) || updates.has(key)) throw new RowsDisagree(`${table.name}: the row is already there`)
    inserts.set(key, change.row)
    return
  }
  const key = keyString(table, change.key)
  const inserted = inserts.get(key)
  if (inserted !== undefined) {
    inserts.set(key, changedRow(inserted, change))
    return
  }
  const update = updates.get(key)
  if (update !== undefined) mergeUpdate(update, change)
  else {
    const fresh: RowUpdate = { key: change.key, set: {}, add: {} }
    mergeUpdate(fresh, change)
    updates.set(key, fresh)
  }
}

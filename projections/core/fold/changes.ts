import { RowsDisagree } from './errors.ts'
import { type Holding, holdingOf, type OwnedRow } from './owned-row.ts'
import {
  type AmountsOf,
  type KeyOf,
  keyString,
  type RememberedTable,
  type Row,
  type RowOf,
  type Table,
  type UnseenTable,
  type ValuesOf,
} from './table.ts'

type Amounts = Readonly<Record<string, bigint | undefined>>

/** To a row that no fold looks at. */
export type UnseenChange =
  | { readonly kind: 'insert'; readonly table: UnseenTable; readonly row: Row }
  | { readonly kind: 'add'; readonly table: UnseenTable; readonly key: Row; readonly amounts: Amounts }
  | { readonly kind: 'set'; readonly table: UnseenTable; readonly key: Row; readonly values: Row }

/** To a row that the event wanted. */
export interface OwnedChange {
  readonly kind: 'create' | 'change'
  readonly owned: Holding
  readonly values: Row
}

export type RowChange = UnseenChange | OwnedChange

/** Types say it too; a table that lost its type on the way is caught here. */
const mustBeUnseen = (table: Table): void => {
  if (table.remembered) throw new RowsDisagree(`${table.name}: a row that the event did not want`)
}

export const insert = <T extends UnseenTable>(table: T, row: RowOf<T>): UnseenChange => {
  mustBeUnseen(table)
  return { kind: 'insert', table, row }
}

/** Adds to a row that must be there; in a totals table a missing row counts as zeros. */
export const add = <T extends UnseenTable>(table: T, key: KeyOf<T>, amounts: AmountsOf<T>): UnseenChange => {
  mustBeUnseen(table)
  return { kind: 'add', table, key, amounts }
}

/** Sets columns of a row that must be there. */
export const set = <T extends UnseenTable & { readonly totals: false }>(
  table: T,
  key: KeyOf<T>,
  values: ValuesOf<T>,
): UnseenChange => {
  mustBeUnseen(table)
  return { kind: 'set', table, key, values }
}

/** Makes a wanted row that must not be there yet. */
export const create = <T extends RememberedTable>(
  row: OwnedRow<T>,
  values: Omit<RowOf<T>, T['key'][number]>,
): OwnedChange => ({ kind: 'create', owned: holdingOf(row), values })

/** Sets columns of a wanted row that must be there. */
export const change = <T extends RememberedTable>(row: OwnedRow<T>, values: ValuesOf<T>): OwnedChange => ({
  kind: 'change',
  owned: holdingOf(row),
  values,
})

/** Makes a wanted row, or sets all its columns. */
export const put = <T extends RememberedTable>(
  row: OwnedRow<T>,
  values: Omit<RowOf<T>, T['key'][number]>,
): OwnedChange => ({ kind: row.found === undefined ? 'create' : 'change', owned: holdingOf(row), values })

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

const changesOf = (changes: Changes, table: Table): TableChanges => {
  const existing = changes.get(table)
  if (existing !== undefined) return existing
  const empty: TableChanges = { inserts: new Map(), updates: new Map() }
  changes.set(table, empty)
  return empty
}

const mergeInsert = ({ inserts, updates }: TableChanges, table: Table, id: string, row: Row): void => {
  if (inserts.has(id) || updates.has(id)) throw new RowsDisagree(`${table.name}: the row is already there`)
  inserts.set(id, row)
}

const updateOf = ({ updates }: TableChanges, id: string, key: Row): RowUpdate => {
  const known = updates.get(id)
  if (known !== undefined) return known
  const fresh: RowUpdate = { key, set: {}, add: {} }
  updates.set(id, fresh)
  return fresh
}

const mergeSet = (update: RowUpdate, values: Row): void => {
  for (const column in values) {
    update.set[column] = values[column]
    delete update.add[column]
  }
}

const mergeAdd = (update: RowUpdate, amounts: Amounts): void => {
  for (const column in amounts) {
    const amount = amountIn(amounts, column)
    if (column in update.set) update.set[column] = amountIn(update.set, column) + amount
    else update.add[column] = (update.add[column] ?? 0n) + amount
  }
}

/** @throws RowsDisagree when a row is inserted twice. */
export const mergeUnseen = (changes: Changes, unseen: UnseenChange): void => {
  const { table } = unseen
  const merged = changesOf(changes, table)
  if (unseen.kind === 'insert') {
    mergeInsert(merged, table, keyString(table, unseen.row), unseen.row)
    return
  }
  const id = keyString(table, unseen.key)
  const inserted = merged.inserts.get(id)
  if (unseen.kind === 'set') {
    if (inserted === undefined) mergeSet(updateOf(merged, id, unseen.key), unseen.values)
    else merged.inserts.set(id, updatedRow(inserted, { set: unseen.values, add: NOTHING }))
    return
  }
  if (inserted === undefined) mergeAdd(updateOf(merged, id, unseen.key), unseen.amounts)
  else merged.inserts.set(id, updatedRow(inserted, { set: NOTHING, add: unseen.amounts }))
}

/**
 * Merges a change to a wanted row, which is `current` before it, and answers the row after it.
 * @throws RowsDisagree when the row is made twice, or changed before it is made
 */
export const mergeOwned = (changes: Changes, { kind, owned, values }: OwnedChange, current: Row | undefined): Row => {
  const { table, key, id } = owned
  const merged = changesOf(changes, table)
  if (kind === 'create') {
    if (current !== undefined) throw new RowsDisagree(`${table.name}: the row is already there`)
    const row = { ...key, ...values }
    mergeInsert(merged, table, id, row)
    return row
  }
  if (current === undefined) throw new RowsDisagree(`${table.name}: history changes a row before introducing it`)
  const row = { ...current, ...values }
  if (merged.inserts.has(id)) merged.inserts.set(id, row)
  else mergeSet(updateOf(merged, id, key), values)
  return row
}

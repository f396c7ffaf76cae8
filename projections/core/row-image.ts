import { type RowChange, updatedRow } from './changes.ts'
import { RowsDisagree } from './errors.ts'
import { type KeyOf, keyString, type Row, type RowOf, type Table } from './table.ts'

/** What a projection sees of the rows it asked for, earlier changes of the same batch included. */
export interface Rows {
  readonly find: <T extends Table>(table: T, key: KeyOf<T>) => RowOf<T> | undefined
  /** @throws RowsDisagree when there is no such row. */
  readonly get: <T extends Table>(table: T, key: KeyOf<T>) => RowOf<T>
}

export interface RowImage extends Rows {
  readonly put: (table: Table, row: Row) => void
  readonly has: (table: Table, key: Row) => boolean
  readonly apply: (change: RowChange) => void
  readonly rowCount: () => number
  readonly clear: () => void
}

/** Rows by key, in memory. */
export const createRowImage = (): RowImage => {
  const tables = new Map<Table, Map<string, Row>>()
  const rowsOf = (table: Table): Map<string, Row> => {
    const rows = tables.get(table)
    if (rows !== undefined) return rows
    const empty = new Map<string, Row>()
    tables.set(table, empty)
    return empty
  }
  const find = <T extends Table>(table: T, key: KeyOf<T>): RowOf<T> | undefined =>
    rowsOf(table).get(keyString(table, key)) as RowOf<T> | undefined

  return {
    find,
    get: (table, key) => {
      const row = find(table, key)
      if (row === undefined) throw new RowsDisagree(`${table.name}: history changes a row before introducing it`)
      return row
    },
    put: (table, row) => rowsOf(table).set(keyString(table, row), row),
    has: (table, key) => rowsOf(table).has(keyString(table, key)),
    apply: (change) => {
      const rows = rowsOf(change.table)
      if (change.kind === 'insert') {
        rows.set(keyString(change.table, change.row), change.row)
        return
      }
      const key = keyString(change.table, change.key)
      const row = rows.get(key)
      // Only rows that were asked for are kept; a change to another row is the writer's business alone.
      if (row === undefined) return
      rows.set(
        key,
        updatedRow(
          row,
          change.kind === 'set' ? { set: { ...change.values }, add: {} } : { set: {}, add: change.amounts },
        ),
      )
    },
    rowCount: () => [...tables.values()].reduce((sum, rows) => sum + rows.size, 0),
    clear: () => tables.clear(),
  }
}

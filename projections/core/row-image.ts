import { type RowChange, updatedRow } from './changes.ts'
import { RowsDisagree } from './errors.ts'
import { type KeyOf, keyString, type Row, type RowOf, type Table } from './table.ts'

/** What a projection sees of the rows it asked for, earlier changes of the same batch included. */
export interface Rows {
  readonly find: <T extends Table>(table: T, key: KeyOf<T>) => RowOf<T> | undefined
  /** @throws RowsDisagree when there is no such row. */
  readonly get: <T extends Table>(table: T, key: KeyOf<T>) => RowOf<T>
}

/** Rows of any tables by key, in memory. */
export interface RowImage extends Rows {
  readonly put: (table: Table, row: Row) => void
  readonly has: (table: Table, key: Row) => boolean
  /** Only rows that are here are changed; another row is the writer's business alone. */
  readonly apply: (change: RowChange) => void
  /** In the order of their keys. */
  readonly list: <T extends Table>(table: T) => readonly RowOf<T>[]
  readonly rowCount: () => number
  readonly clear: () => void
}

export const createRowImage = (): RowImage => {
  const tables = new Map<Table, Map<string, Row>>()

  const rowsOf = <T extends Table>(table: T): Map<string, RowOf<T>> => {
    const rows = tables.get(table) ?? new Map<string, Row>()
    tables.set(table, rows)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only rows of a table are ever put under it
    return rows as Map<string, RowOf<T>>
  }

  return {
    find: (table, key) => rowsOf(table).get(keyString(table, key)),
    get: (table, key) => {
      const row = rowsOf(table).get(keyString(table, key))
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
      if (row === undefined) return
      const update = change.kind === 'set' ? { set: change.values, add: {} } : { set: {}, add: change.amounts }
      rows.set(key, updatedRow(row, update))
    },
    list: (table) => [...rowsOf(table)].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
    rowCount: () => [...tables.values()].reduce((sum, rows) => sum + rows.size, 0),
    clear: () => tables.clear(),
  }
}

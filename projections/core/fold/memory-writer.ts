import { BEFORE_THE_LOG, type LogEvent } from '@registru/domain'
import { foldBatch, planBatch } from './batch.ts'
import { type Changes, type TableChanges, updatedRow } from './changes.ts'
import { RowsDisagree } from './errors.ts'
import type { Projection } from './projection.ts'
import { createRowImage, type RowImage } from './row-image.ts'
import { type KeyOf, keyString, type Row, type RowOf, type Table } from './table.ts'
import type { Writer } from './writer.ts'

/** All rows of all tables. */
interface Rows {
  readonly find: <T extends Table>(table: T, key: KeyOf<T>) => RowOf<T> | undefined
  /** In the order of their keys. */
  readonly list: <T extends Table>(table: T) => readonly RowOf<T>[]
}

export interface MemoryWriter extends Writer {
  readonly rows: Rows
}

const zeros = (table: Table, key: Row): Row =>
  Object.fromEntries(Object.keys(table.columns).map((column) => [column, key[column] ?? 0n]))

const writeTo = (rows: Map<string, Row>, table: Table, { inserts, updates }: TableChanges): void => {
  for (const [id, row] of inserts) {
    if (rows.has(id)) throw new RowsDisagree(`${table.name}: the row is already there`)
    rows.set(id, row)
  }
  for (const [id, update] of updates) {
    const row = rows.get(id) ?? (table.totals ? zeros(table, update.key) : undefined)
    if (row === undefined) throw new RowsDisagree(`${table.name}: the row to change is not there`)
    rows.set(id, updatedRow(row, update))
  }
}

/** Keeps all rows in memory: for audits and tests. */
export const createMemoryWriter = (projections: readonly Projection[]): MemoryWriter => {
  const tables = new Map<Table, Map<string, Row>>()
  const images = new Map<Projection, RowImage>(projections.map((projection) => [projection, createRowImage(true)]))
  let position = BEFORE_THE_LOG

  const rowsOf = (table: Table): Map<string, Row> => {
    const known = tables.get(table)
    if (known !== undefined) return known
    const none = new Map<string, Row>()
    tables.set(table, none)
    return none
  }
  const write = (changes: Changes): void => {
    for (const [table, change] of changes) writeTo(rowsOf(table), table, change)
  }

  return {
    rows: {
      find: <T extends Table>(table: T, key: KeyOf<T>) =>
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only rows of a table are ever put under it
        rowsOf(table).get(keyString(table, key)) as RowOf<T> | undefined,
      list: <T extends Table>(table: T) => {
        const byKey = [...rowsOf(table)].toSorted(([a], [b]) => (a < b ? -1 : 1))
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only rows of a table are ever put under it
        return byKey.map(([, row]) => row as RowOf<T>)
      },
    },
    apply: (events: readonly LogEvent[], reached) => {
      const fresh = events.filter((event) => event.position > position)
      for (const [projection, image] of images) write(foldBatch(planBatch(projection, fresh), image))
      position = reached.position
      return Promise.resolve()
    },
  }
}

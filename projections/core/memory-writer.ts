import type { LedgerEvent } from '@registru/domain'
import { type Changes, updatedRow } from './changes.ts'
import { RowsDisagree } from './errors.ts'
import { type Projection, project } from './projection.ts'
import { createRowImage, type RowImage } from './row-image.ts'
import type { Row, RowOf, Table } from './table.ts'
import type { Writer } from './writer.ts'

export interface MemoryWriter extends Writer {
  readonly rowsOf: <T extends Table>(table: T) => readonly RowOf<T>[]
}

type Rows = Map<string, Row>

const zeros = (table: Table, key: Row): Row =>
  Object.fromEntries(Object.keys(table.columns).map((column) => [column, key[column] ?? 0n]))

const applyTo = (tables: Map<Table, Rows>, changes: Changes): void => {
  for (const [table, { inserts, updates }] of changes) {
    const rows = tables.get(table) ?? new Map<string, Row>()
    tables.set(table, rows)
    for (const [key, row] of inserts) {
      if (rows.has(key)) throw new RowsDisagree(`${table.name}: the row is already there`)
      rows.set(key, row)
    }
    for (const [key, update] of updates) {
      const row = rows.get(key) ?? (table.totals ? zeros(table, update.key) : undefined)
      if (row === undefined) throw new RowsDisagree(`${table.name}: the row to change is not there`)
      rows.set(key, updatedRow(row, update))
    }
  }
}

/** Keeps all rows in maps: for audits and tests. Rows come out in the order of their keys. */
export const createMemoryWriter = (projections: readonly Projection[]): MemoryWriter => {
  const tables = new Map<Table, Rows>()
  const images = new Map<Projection, RowImage>(projections.map((projection) => [projection, createRowImage()]))
  let position = -1n
  return {
    rowsOf: <T extends Table>(table: T) =>
      [...(tables.get(table) ?? new Map<string, Row>())]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([, row]) => row as RowOf<T>),
    apply: (events: readonly LedgerEvent[], reached) => {
      const fresh = events.filter((event) => event.position > position)
      for (const [projection, image] of images) applyTo(tables, project(projection, fresh, image))
      position = reached.position
      return Promise.resolve()
    },
  }
}

import type { LedgerEvent } from '@registru/domain'
import { type Changes, updatedRow } from './changes.ts'
import { RowsDisagree } from './errors.ts'
import { type Projection, project } from './projection.ts'
import { createRowImage, type RowImage, type Rows } from './row-image.ts'
import type { Row, Table } from './table.ts'
import type { Writer } from './writer.ts'

export interface MemoryWriter extends Writer {
  readonly rows: Rows & Pick<RowImage, 'list'>
}

const zeros = (table: Table, key: Row): Row =>
  Object.fromEntries(Object.keys(table.columns).map((column) => [column, key[column] ?? 0n]))

const applyTo = (image: RowImage, changes: Changes): void => {
  for (const [table, { inserts, updates }] of changes) {
    for (const row of inserts.values()) {
      if (image.find(table, row) !== undefined) throw new RowsDisagree(`${table.name}: the row is already there`)
      image.put(table, row)
    }
    for (const update of updates.values()) {
      const row = image.find(table, update.key) ?? (table.totals ? zeros(table, update.key) : undefined)
      if (row === undefined) throw new RowsDisagree(`${table.name}: the row to change is not there`)
      image.put(table, updatedRow(row, update))
    }
  }
}

/** Keeps all rows in memory: for audits and tests. */
export const createMemoryWriter = (projections: readonly Projection[]): MemoryWriter => {
  const written = createRowImage()
  const images = new Map<Projection, RowImage>(projections.map((projection) => [projection, createRowImage()]))
  let position = -1n
  return {
    rows: written,
    apply: (events: readonly LedgerEvent[], reached) => {
      const fresh = events.filter((event) => event.position > position)
      for (const [projection, image] of images) applyTo(written, project(projection, fresh, image))
      position = reached.position
      return Promise.resolve()
    },
  }
}

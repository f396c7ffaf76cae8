import type { SnapshotTable } from '../src/ledger/snapshot-table.ts'

export const silent = { warn: () => undefined, error: () => undefined }

export interface FakeSnapshotTable extends SnapshotTable {
  readonly rows: Map<string, { revision: bigint; content: Buffer }>
  /** Asked before everything; a promise holds it back, a failure fails it. */
  fate: () => Promise<void> | undefined
}

/** A table in memory that can be away, slow, or spoilt. */
export const createFakeSnapshotTable = (): FakeSnapshotTable => {
  const rows: FakeSnapshotTable['rows'] = new Map()
  const table: FakeSnapshotTable = {
    rows,
    fate: () => undefined,
    read: async (stream) => {
      await table.fate()
      return rows.get(stream)?.content
    },
    write: async (stream, revision, content) => {
      await table.fate()
      if ((rows.get(stream)?.revision ?? -1n) < revision) rows.set(stream, { revision, content: Buffer.from(content) })
    },
    remove: async (stream) => {
      await table.fate()
      rows.delete(stream)
    },
  }
  return table
}

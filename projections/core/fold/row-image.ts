import { changedRow, type RowChange } from './changes.ts'
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
  /** Remembers that there is no such row, so that nobody looks for it again. */
  readonly putAbsent: (table: Table, key: Row) => void
  /** Whether `find` tells the truth about a row: it is here, or known to be absent. */
  readonly knows: (table: Table, key: Row) => boolean
  /** Only rows that are here are changed; another row is the writer's business alone. */
  readonly apply: (change: RowChange) => void
  /** In the order of their keys. */
  readonly list: <T extends Table>(table: T) => readonly RowOf<T>[]
  /**
   * Begins to forget when more than this many rows were touched since the last time; what was touched since then stays.
   * Answers whether anything was forgotten.
   */
  readonly forgetBeyond: (rowsMax: number) => boolean
  readonly clear: () => void
}

const ABSENT = 'absent'
type Known = Row | typeof ABSENT

/** Two generations: what is touched moves to the young one, and the old one is dropped as a whole. */
interface Generations {
  young: Map<string, Known>
  old: Map<string, Known>
}

/** What is known under a table's key as a row of that table. */
const rowOf = <T extends Table>(known: Known | undefined): RowOf<T> | undefined =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only rows of a table are ever put under it
  known === ABSENT ? undefined : (known as RowOf<T> | undefined)

export const createRowImage = (): RowImage => {
  const tables = new Map<Table, Generations>()

  const generationsOf = (table: Table): Generations => {
    const known = tables.get(table)
    if (known !== undefined) return known
    const empty: Generations = { young: new Map(), old: new Map() }
    tables.set(table, empty)
    return empty
  }
  const touch = (table: Table, key: string): Known | undefined => {
    const { young, old } = generationsOf(table)
    const recent = young.get(key)
    if (recent !== undefined) return recent
    const known = old.get(key)
    if (known !== undefined) young.set(key, known)
    return known
  }
  const find = <T extends Table>(table: T, key: KeyOf<T>): RowOf<T> | undefined =>
    rowOf<T>(touch(table, keyString(table, key)))
  const put = (table: Table, row: Row): void => {
    generationsOf(table).young.set(keyString(table, row), row)
  }

  return {
    find,
    put,
    get: (table, key) => {
      const row = find(table, key)
      if (row === undefined) throw new RowsDisagree(`${table.name}: history changes a row before introducing it`)
      return row
    },
    putAbsent: (table, key) => {
      generationsOf(table).young.set(keyString(table, key), ABSENT)
    },
    knows: (table, key) => touch(table, keyString(table, key)) !== undefined,
    apply: (change) => {
      const { table } = change
      if (change.kind === 'insert') {
        put(table, change.row)
        return
      }
      const key = keyString(table, change.key)
      const row = touch(table, key)
      if (row !== undefined && row !== ABSENT) generationsOf(table).young.set(key, changedRow(row, change))
    },
    list: <T extends Table>(table: T) => {
      const { young, old } = generationsOf(table)
      const byKey = [...new Map([...old, ...young])].toSorted(([a], [b]) => (a < b ? -1 : 1))
      return byKey.map(([, known]) => rowOf<T>(known)).filter((row) => row !== undefined)
    },
    forgetBeyond: (rowsMax) => {
      let touched = 0
      for (const { young } of tables.values()) touched += young.size
      if (touched <= rowsMax) return false
      let forgotten = false
      for (const generations of tables.values()) {
        forgotten ||= generations.old.size > 0
        generations.old = generations.young
        generations.young = new Map()
      }
      return forgotten
    },
    clear: () => tables.clear(),
  }
}

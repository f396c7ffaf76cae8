import type { Position } from '@registru/domain'
import type { Wanted } from './owned-row.ts'
import type { Row, Table } from './table.ts'

/**
 * Rows of remembered tables as they will stand once all that is folded is written. It holds every row that was touched and
 * is not written yet, so that no load, which sees what is written alone, can bring back an older one.
 */
export interface RowImage {
  /** Whether the image tells the truth about a row: it is here, or known to be absent. */
  readonly knows: (row: Wanted) => boolean
  /** `undefined`: there is no such row. @throws Error when the image does not know */
  readonly find: (row: Wanted) => Row | undefined
  readonly put: (table: Table, id: string, row: Row) => void
  /** Remembers that there is no such row, so that nobody looks for it again. */
  readonly putAbsent: (row: Wanted) => void
  /**
   * Begins to forget when more than this many rows were touched since the last time; what was touched since then stays.
   * @param folded position up to which the image holds what happened
   * @param written position up to which the tables do
   */
  readonly forgetBeyond: (rowsMax: number, folded: Position, written: Position) => void
  readonly clear: () => void
}

const ABSENT = 'absent'
type Known = Row | typeof ABSENT

/** Two generations: what is touched moves to the young one, and the old one is dropped as a whole. */
interface Generations {
  young: Map<string, Known>
  old: Map<string, Known>
}

/** @param complete there is no row in the tables yet, so that what the image does not hold is not there */
export const createRowImage = (complete: boolean): RowImage => {
  const tables = new Map<Table, Generations>()
  let isComplete = complete
  /** What the old generation tells of has happened up to here. */
  let oldFolded = -1n

  const generationsOf = (table: Table): Generations => {
    const known = tables.get(table)
    if (known !== undefined) return known
    const empty: Generations = { young: new Map(), old: new Map() }
    tables.set(table, empty)
    return empty
  }
  const touch = ({ table, id }: Wanted): Known | undefined => {
    const { young, old } = generationsOf(table)
    const recent = young.get(id)
    if (recent !== undefined) return recent
    const known = old.get(id)
    if (known !== undefined) young.set(id, known)
    return known
  }

  return {
    knows: (row) => touch(row) !== undefined || isComplete,
    find: (row) => {
      const known = touch(row)
      if (known === undefined && !isComplete) throw new Error(`${row.table.name}: a row that was not loaded`)
      return known === ABSENT ? undefined : known
    },
    put: (table, id, row) => {
      generationsOf(table).young.set(id, row)
    },
    putAbsent: ({ table, id }) => {
      generationsOf(table).young.set(id, ABSENT)
    },
    forgetBeyond: (rowsMax, folded, written) => {
      if (oldFolded > written) return
      let touched = 0
      for (const { young } of tables.values()) touched += young.size
      if (touched <= rowsMax) return
      for (const generations of tables.values()) {
        if (generations.old.size > 0) isComplete = false
        generations.old = generations.young
        generations.young = new Map()
      }
      oldFolded = folded
    },
    clear: () => {
      tables.clear()
      isComplete = false
      oldFolded = -1n
    },
  }
}

import { type Position, positionOf } from '@registru/domain'
import type { PoolClient } from '@registru/runtime'
import { type Birth, type ChangingRow, type Expected, type Fold, type History, keyOf, type State } from './expected.ts'
import { listReadModels, openHistory, readTable } from './found.ts'
import { type Cell, type Check, expectEqual, expectSameCells, type Report, type Row } from './report.ts'

export interface Comparison {
  readonly expected: Expected
  /** Compares what events up to here gave birth to: the tables are read in step with the log. */
  readonly upTo: (position: Position) => Promise<void>
  /** Compares the rows that change, and names tables and columns that no fold tells of. */
  readonly end: () => Promise<void>
}

/** How a finding names a row. */
const labelOf = (row: Row, key: readonly string[]): string => {
  const scope = ['company_id', 'client_id'].filter((column) => row[column] !== undefined)
  const named = key.filter((column) => !scope.includes(column)).map((column) => `${column} ${row[column]}`)
  return [...scope.map((column) => row[column]), ...named].join(' ')
}

const keyIn = (row: Row, key: readonly string[]): string => keyOf(key.map((column) => row[column] ?? null))

/** Each with its key; of rows that are alike in their key, the n-th by rank has the n-th key. */
const ranked = <Item>(
  items: readonly Item[],
  { position, within, rank }: History,
  rowOf: (item: Item) => Row,
): readonly (readonly [key: string, Item])[] => {
  const key = [position, ...within]
  if (rank === undefined) return items.map((item) => [keyIn(rowOf(item), key), item])
  const rankOf = (item: Item): bigint => BigInt(rowOf(item)[rank] ?? 0n)
  const sorted = items.toSorted((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1))
  const counts = new Map<string, number>()
  return sorted.map((item) => {
    const at = keyIn(rowOf(item), key)
    const count = counts.get(at) ?? 0
    counts.set(at, count + 1)
    return [`${at} ${count}`, item]
  })
}

interface HistoryUnderWay {
  readonly table: History
  readonly check: Check
  readonly key: readonly string[]
  readonly read: (until: Position) => Promise<readonly Row[]>
  /** Born, and not yet compared. */
  born: Birth[]
  /** Compared, but what is foretold has not come true yet. */
  readonly open: Set<Birth>
}

interface StateUnderWay {
  readonly table: State
  readonly rows: Map<string, ChangingRow>
}

/** Beyond every event: what stands there is too much. */
const LAST_POSITION = positionOf(2n ** 63n - 1n)

/**
 * Compares every cell of every read model with what the events tell, in both directions. Rows that an event writes once
 * are compared as the log is read and then forgotten, so memory holds only what may still change.
 */
export const startComparison = async (
  client: PoolClient,
  folds: readonly Fold[],
  report: Report,
): Promise<Comparison> => {
  const tables = await listReadModels(client)
  const compared = new Map<string, Set<string>>()
  const histories = new Map<History, HistoryUnderWay>()
  const states = new Map<State, StateUnderWay>()

  const isThere = ({ name }: { readonly name: string }): boolean => {
    expectEqual(report.check(name), `table ${name}`, 'there', tables.has(name) ? 'there' : 'missing')
    compared.set(name, new Set())
    return tables.has(name)
  }
  for (const table of folds.flatMap((fold) => fold.histories)) {
    const read = isThere(table) ? await openHistory(client, table) : () => Promise.resolve([])
    const key = [table.position, ...table.within]
    histories.set(table, { table, check: report.check(table.name), key, read, born: [], open: new Set() })
  }
  for (const table of folds.flatMap((fold) => fold.states)) {
    isThere(table)
    states.set(table, { table, rows: new Map() })
  }
  const historyOf = (table: History): HistoryUnderWay => {
    const history = histories.get(table)
    if (history === undefined) throw new Error(`No fold names the table ${table.name}.`)
    return history
  }

  const compareForetold = (birth: Birth): void => {
    const { table, check, key } = historyOf(birth.table)
    expectEqual(check, `${labelOf(birth.row, key)}: ${table.foretold}`, birth.foretold, birth.found)
  }
  const expected: Expected = {
    bear: (table, row, foretold = null) => {
      const birth: Birth = { table, row, foretold, settled: false, found: undefined }
      historyOf(table).born.push(birth)
      return birth
    },
    settle: (birth, value) => {
      birth.foretold = value
      birth.settled = true
      if (historyOf(birth.table).open.delete(birth)) compareForetold(birth)
    },
    rows: (table) => {
      const state = states.get(table)
      if (state === undefined) throw new Error(`No fold names the table ${table.name}.`)
      return state.rows
    },
    require: (rule, what, holds) => expectEqual(report.check(rule), what, true, holds),
  }

  const compareCells = (table: string, key: readonly string[], byTheEvents: Row, found: Row | undefined): void => {
    const columns = compared.get(table)
    if (found !== undefined) for (const column in byTheEvents) columns?.add(column)
    expectSameCells(report.check(table), () => labelOf(byTheEvents, key), byTheEvents, found)
  }
  const surplus = (table: string, key: readonly string[], row: Row): void =>
    expectSameCells(report.check(table), () => labelOf(row, key), undefined, row)

  const compareBirth = ({ table, key, open }: HistoryUnderWay, birth: Birth, found: Row | undefined): void => {
    compareCells(table.name, key, birth.row, found)
    if (table.foretold === undefined || found === undefined) return
    compared.get(table.name)?.add(table.foretold)
    birth.found = found[table.foretold]
    if (birth.settled) compareForetold(birth)
    else open.add(birth)
  }

  const compareLines = ({ table, check, key }: HistoryUnderWay, rows: readonly Row[]): void => {
    const { line, position } = table
    if (line === undefined || rows.length === 0) return
    compared.get(table.name)?.add(line)
    const counts = new Map<Cell | undefined, number>()
    for (const row of rows) counts.set(row[position], (counts.get(row[position]) ?? 0) + 1)
    for (const row of rows) {
      // They are distinct by the table's key, so below their own number means from 0 without a gap.
      const below = Number(row[line]) < (counts.get(row[position]) ?? 0)
      expectEqual(check, `${labelOf(row, key)}: ${line}`, true, below)
    }
  }

  const compareBorn = async (history: HistoryUnderWay, until: Position): Promise<void> => {
    const { table, key } = history
    const births = new Map(ranked(history.born, table, (birth) => birth.row))
    history.born = []
    const rows = await history.read(until)
    compareLines(history, rows)
    for (const [at, row] of ranked(rows, table, (found) => found)) {
      const birth = births.get(at)
      births.delete(at)
      if (birth === undefined) surplus(table.name, key, row)
      else compareBirth(history, birth, row)
    }
    for (const birth of births.values()) compareBirth(history, birth, undefined)
  }

  const compareState = async ({ table, rows }: StateUnderWay): Promise<void> => {
    const { name, key } = table
    if (!tables.has(name)) return
    for await (const row of readTable(client, name)) {
      const at = keyIn(row, key)
      const byTheEvents = rows.get(at)
      rows.delete(at)
      if (byTheEvents === undefined) surplus(name, key, row)
      else compareCells(name, key, byTheEvents, row)
    }
    for (const row of rows.values()) compareCells(name, key, row, undefined)
  }

  /** A table or column that nobody compares would be trusted for nothing. */
  const nameBlindSpots = (): void => {
    const check = report.check('coverage: every column of every read model')
    for (const [table, columns] of tables) {
      const seen = compared.get(table)
      if (seen === undefined) expectEqual(check, `read.${table}`, 'recomputed', 'not known to the audit')
      // A table without a row says nothing of its columns.
      else if (seen.size > 0) {
        for (const column of columns) {
          const known = seen.has(column) ? 'recomputed' : 'not known to the audit'
          expectEqual(check, `read.${table}.${column}`, 'recomputed', known)
        }
      }
    }
  }

  return {
    expected,
    upTo: async (position) => {
      for (const history of histories.values()) await compareBorn(history, position)
    },
    end: async () => {
      for (const history of histories.values()) {
        await compareBorn(history, LAST_POSITION)
        for (const birth of history.open) compareForetold(birth)
      }
      for (const state of states.values()) await compareState(state)
      nameBlindSpots()
    },
  }
}

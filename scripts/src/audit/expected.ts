import type { Position } from '@registru/domain'
import type { PlacedFact } from './facts.ts'
import type { Cell, Row } from './report.ts'

export type ChangingRow = Record<string, Cell>

/** Rows that an event gives birth to and that are in the table in the order of positions. */
export interface History {
  readonly name: string
  /** The column that holds the position of the event; `order by` it reads the table in step with the log. */
  readonly position: string
  /** What tells apart the rows of one event. */
  readonly within: readonly string[]
  /** A cell that a later event decides. */
  readonly foretold?: string
  /** Rows that are alike in all of `within` are told apart by their order in this column. */
  readonly rank?: string
  /** Numbers the rows of one event from 0; in which order means nothing. */
  readonly line?: string
}

/** Rows that change as long as there are events. */
export interface State {
  readonly name: string
  readonly key: readonly string[]
}

/** A row of a history. What is foretold of it is compared when it has come true, or in the end. */
export interface Birth {
  readonly table: History
  readonly row: Row
  /** What the events have said so far of the foretold cell. */
  foretold: Cell
  settled: boolean
  /** The table's word on it, once its row has been read. */
  found: Cell | undefined
}

/** The rows that the tables should hold, as the events tell of them one after the other. */
export interface Expected {
  readonly bear: (table: History, row: Row, foretold?: Cell) => Birth
  readonly settle: (birth: Birth, value: Cell) => void
  /** Changed in place by whoever asks. */
  readonly rows: (table: State) => Map<string, ChangingRow>
  /** A rule of the events themselves that a fold is well placed to see. */
  readonly require: (rule: string, what: string, holds: boolean) => void
}

/** One read model said a second time: its tables, and what each event does to them. */
export interface Fold {
  readonly histories: readonly History[]
  readonly states: readonly State[]
  /** A fold begins with nothing; what it remembers beside the rows is its own. */
  readonly start: () => (expected: Expected, fact: PlacedFact) => void
}

/** Totals of days are kept apart for every 16 MiB of the log, by position. */
export const stretchOf = (position: Position): bigint => position >> 24n

export const keyOf = (parts: readonly Cell[]): string => parts.join(' ')

/** Puts a new row in its place. */
export const put = (expected: Expected, table: State, row: ChangingRow): ChangingRow => {
  expected.rows(table).set(keyOf(table.key.map((column) => row[column] ?? null)), row)
  return row
}

export const find = (expected: Expected, table: State, ...key: readonly Cell[]): ChangingRow | undefined =>
  expected.rows(table).get(keyOf(key))

/** Adds to amounts of a row that is there, or begins one with them. */
export const addTo = (
  expected: Expected,
  table: State,
  key: Readonly<Record<string, Cell>>,
  amounts: Readonly<Record<string, bigint>>,
): void => {
  const row =
    find(expected, table, ...table.key.map((column) => key[column] ?? null)) ?? put(expected, table, { ...key })
  for (const [column, amount] of Object.entries(amounts)) row[column] = BigInt(row[column] ?? 0n) + amount
}

/** JSON with its keys in order: what Postgres keeps as jsonb has lost the order that it came in. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`
}

/** A field that a row shows as JSON, or as nothing. */
export const jsonCell = (value: unknown): Cell => (value === undefined || value === null ? null : canonical(value))

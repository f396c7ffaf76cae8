import type { IdOf, Position, Revision } from '@registru/domain'

/** How a column stands in Postgres. Amounts are `bigint` minor units beside a currency, and sums of them `numeric`. */
export type ColumnType =
  | 'text'
  | 'bigint'
  | 'numeric'
  | 'integer'
  | 'boolean'
  | 'date'
  | 'timestamptz'
  | 'uuid'
  | 'jsonb'
  | 'json'

export interface Column<Value = unknown> {
  readonly type: ColumnType
  readonly nullable: boolean
  /** Never there: carries the type of the values. */
  readonly value?: Value
}

const of =
  <Value>(type: ColumnType) =>
  (): Column<Value> => ({ type, nullable: false })

export const text = of<string>('text')
/** Names one kind of thing. */
export const id = <Id extends IdOf<string>>(): Column<Id> => ({ type: 'text', nullable: false })
export const bigint = of<bigint>('bigint')
export const position = of<Position>('bigint')
export const revision = of<Revision>('bigint')
/** Adds up whatever is accepted: no number of amounts makes it too large (decision 0022). */
export const sum = of<bigint>('numeric')
export const integer = of<number>('integer')
export const boolean = of<boolean>('boolean')
/** A business day, `yyyy-mm-dd`; `infinity` is a legal value and compares as a string after every day. */
export const date = of<string>('date')
/** Written as an RFC 3339 string. */
export const instant = of<string>('timestamptz')
export const uuid = of<string>('uuid')
/** Plain JSON: amounts inside are decimal strings, never bigint. */
export const json = <Value>(): Column<Value> => ({ type: 'jsonb', nullable: false })
/** JSON that only its own projection reads: cheaper to write, because Postgres keeps it as it comes. */
export const ownJson = <Value>(): Column<Value> => ({ type: 'json', nullable: false })
/** One of a closed set of words. */
export const word = <Word extends string>(): Column<Word> => ({ type: 'text', nullable: false })

export const nullable = <Value>(column: Column<Value>): Column<Value | null> => ({ type: column.type, nullable: true })

/** A column of the read view alone: an SQL expression over the row's own columns. */
export interface Derived<Value = unknown> {
  readonly sql: string
  /** Never there: carries the type of the values. */
  readonly value?: Value
}
export const derived = <Value>(sql: string): Derived<Value> => ({ sql })

export type Columns = Readonly<Record<string, Column>>
export type Row = Readonly<Record<string, unknown>>

export interface Table<
  Shape extends Columns = Columns,
  Key extends string = string,
  Extra extends Readonly<Record<string, Derived>> = Readonly<Record<string, Derived>>,
> {
  readonly name: string
  readonly columns: Shape
  readonly key: readonly Key[]
  /** Column lists (and more) as they follow `on table` in `create index`. No column that every event changes: it would defeat HOT updates. */
  readonly indexes: readonly string[]
  readonly totals: boolean
  readonly remembered: boolean
  /** Room left in each page for updates in place, in percent of what is filled. */
  readonly fillfactor: number
  readonly derived?: Extra | undefined
}

/** Rows are added up by Postgres alone: one that is not there yet counts as zeros. */
export type TotalsTable = Table & { readonly totals: true }
/** Folds look at its rows, so only an event that wants a row may write it. */
export type RememberedTable = Table & { readonly remembered: true }
/** Rows are written by key, by folds that never look at them. */
export type UnseenTable = Table & { readonly remembered: false }

interface Definition<
  Shape extends Columns,
  Key extends keyof Shape & string,
  Extra extends Readonly<Record<string, Derived>>,
> {
  readonly name: string
  readonly columns: Shape
  readonly key: readonly Key[]
  readonly indexes?: readonly string[]
  readonly fillfactor?: number
  readonly derived?: Extra
}

const definer =
  <const Kind extends Pick<Table, 'totals' | 'remembered'>>(kind: Kind) =>
  <
    Shape extends Columns,
    const Key extends keyof Shape & string,
    Extra extends Readonly<Record<string, Derived>> = Readonly<Record<never, Derived>>,
  >(
    definition: Definition<Shape, Key, Extra>,
  ): Table<Shape, Key, Extra> & Kind => ({ indexes: [], fillfactor: 100, ...definition, ...kind })

/** History and documents: rows that are inserted, set and added to by key. */
export const defineTable = definer({ totals: false, remembered: false })
/** Sums: rows that are added to alone. */
export const defineTotals = definer({ totals: true, remembered: false })
/** What folds remember: rows that are created and changed by events that want them. */
export const defineRemembered = definer({ totals: false, remembered: true })

type ValueOf<C> = C extends { readonly value?: infer Value } ? Exclude<Value, undefined> : never

export type RowOf<T extends Table> = { readonly [Name in keyof T['columns']]: ValueOf<T['columns'][Name]> }
/** A row as the stable read view shows it. */
export type ViewRowOf<T extends Table> = RowOf<T> & {
  readonly [Name in keyof NonNullable<T['derived']>]: ValueOf<NonNullable<T['derived']>[Name]>
}
export type KeyOf<T extends Table> = Pick<RowOf<T>, T['key'][number]>
/** Places are bigint too, but there is nothing that could be added to one. */
type AmountColumn<T extends Table> = {
  [Name in keyof RowOf<T>]: RowOf<T>[Name] extends Position | Revision
    ? never
    : RowOf<T>[Name] extends bigint
      ? Name extends T['key'][number]
        ? never
        : Name
      : never
}[keyof RowOf<T>]
export type AmountsOf<T extends Table> = { readonly [Name in AmountColumn<T>]?: bigint }
export type ValuesOf<T extends Table> = Partial<Omit<RowOf<T>, T['key'][number]>>

/** Ids and words hold no NUL, so joined keys never collide. */
export const keyString = (table: Table, row: Row): string => {
  let result = ''
  for (const column of table.key) result += `${String(row[column])}\u0000`
  return result
}

/** @throws Error when the table has no such column */
export const columnOf = (table: Table, name: string): Column => {
  const column = table.columns[name]
  if (column === undefined) throw new Error(`${table.name} has no column ${name}`)
  return column
}

/** A value as Postgres reads it from text; `undefined` is NULL. */
export const textOf = (type: ColumnType, value: unknown): string | undefined => {
  if (typeof value === 'string' && type !== 'json' && type !== 'jsonb') return value
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return `${value}`
  if (value === null || value === undefined) return undefined
  if (type === 'json' || type === 'jsonb') return JSON.stringify(value)
  throw new Error(`a ${typeof value} cannot stand in a column of ${type}`)
}

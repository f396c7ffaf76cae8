import { type Projection, schemaOf } from '@registru/projections'
import type { Pool } from '@registru/runtime'

type Table = Projection['tables'][number]
type Row = Readonly<Record<string, unknown>>

/** One amount in one row: in a column of its own, or somewhere in a JSON column. */
export interface Cell {
  readonly name: string
  readonly table: Table
  readonly schema: string
  readonly row: Row
  readonly column: string
  /** As Postgres reads it from text. */
  readonly changed: unknown
}

const AMOUNT = /^-?\d+(?:\.\d{1,3})?$/
/** What looks like an amount in JSON, and is none. */
const NO_AMOUNTS = new Set(['number', 'rate', 'knownFrom', 'taxId', 'postalCode', 'line', 'copy'])

/** In the last digit that is there: 121.00 becomes 121.01. */
const oneMore = (amount: string): string => {
  const digits = amount.includes('.') ? amount.length - amount.indexOf('.') - 1 : 0
  const minor = BigInt(amount.replace('.', '')) + 1n
  const text = `${minor < 0n ? -minor : minor}`.padStart(digits + 1, '0')
  const sign = minor < 0n ? '-' : ''
  return digits === 0 ? `${sign}${text}` : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** Copies of a JSON value, each with one amount changed, by where it stands. */
const changesIn = function* (value: unknown, at: string): Generator<readonly [at: string, changed: unknown]> {
  if (typeof value === 'string') {
    if (AMOUNT.test(value) && !NO_AMOUNTS.has(at.split('.').at(-1) ?? '')) yield [at, oneMore(value)]
    return
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      for (const [where, changed] of changesIn(item, `${at}.${index}`)) yield [where, value.with(index, changed)]
    }
    return
  }
  if (typeof value !== 'object' || value === null) return
  for (const [name, item] of Object.entries(value)) {
    for (const [where, changed] of changesIn(item, `${at}.${name}`)) yield [where, { ...value, [name]: changed }]
  }
}

const isMoney = (column: string): boolean => column.endsWith('_minor')
const isJson = (table: Table, column: string): boolean => (table.columns[column]?.type ?? '').startsWith('json')

/** Of a column: the rows that have something in it come first, and some of those that have nothing. `LONG=1` tries more. */
const FILLED_ROWS_MAX = process.env['LONG'] === undefined ? 1 : 4
const EMPTY_ROWS_MAX = 1

const spread = <Item>(items: readonly Item[], max: number): readonly Item[] =>
  items.length <= max
    ? items
    : Array.from({ length: max }, (_, index) => Math.floor((index * items.length) / max)).flatMap((at) =>
        items.slice(at, at + 1),
      )

/** Amounts come as bigint or, where totals are wider, as text. */
const minorIn = (value: unknown): bigint | undefined =>
  typeof value === 'bigint' || typeof value === 'string' ? BigInt(value) : undefined

const changesOf = function* (column: string, value: unknown): Generator<readonly [at: string, changed: unknown]> {
  const minor = isMoney(column) ? minorIn(value) : undefined
  if (minor !== undefined) yield [column, `${minor + 1n}`]
  else for (const [at, changed] of changesIn(value, column)) yield [at, JSON.stringify(changed)]
}

/** Every amount of some rows of a table, changed by one unit. */
export const cellsOf = async (pool: Pool, projection: Projection, table: Table): Promise<readonly Cell[]> => {
  const schema = schemaOf(projection)
  const names = Object.keys(table.columns).filter((name) => isMoney(name) || isJson(table, name))
  if (names.length === 0) return []
  const { rows } = await pool.query<Row>(`select * from ${schema}.${table.name} order by ${table.key.join(', ')}`)
  return names.flatMap((column) => {
    const isEmpty = (row: Row): boolean =>
      minorIn(row[column]) === 0n || [...changesOf(column, row[column])].length === 0
    const filled = spread(
      rows.filter((row) => !isEmpty(row)),
      FILLED_ROWS_MAX,
    )
    const empty = spread(rows.filter(isEmpty), EMPTY_ROWS_MAX)
    return [...filled, ...empty].flatMap((row) => {
      const key = table.key.map((name) => String(row[name])).join(' ')
      return [...changesOf(column, row[column])].map(([at, changed]) => ({
        name: `${table.name}.${at} of ${key}`,
        table,
        schema,
        row,
        column,
        changed,
      }))
    })
  })
}

const dayAfter = (day: string): string => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)

/** The days on which what some rows ask for is due, each a day later. */
export const dueCellsOf = async (pool: Pool, projection: Projection, table: Table): Promise<readonly Cell[]> => {
  const schema = schemaOf(projection)
  const { rows } = await pool.query<Row>(`select * from ${schema}.${table.name} order by ${table.key.join(', ')}`)
  const columns = Object.keys(table.columns).filter((column) => column === 'due_on' || column === 'instalments')
  return columns.flatMap((column) => {
    const changes = rows.flatMap((row) => {
      const value = row[column]
      if (typeof value === 'string') return [{ row, changed: dayAfter(value) }]
      const changed = JSON.stringify(value).replace(
        /"dueOn":"([^"]+)"/,
        (_, day: string) => `"dueOn":"${dayAfter(day)}"`,
      )
      return changed === JSON.stringify(value) ? [] : [{ row, changed }]
    })
    return spread(changes, FILLED_ROWS_MAX).map(({ row, changed }) => {
      const key = table.key.map((name) => String(row[name])).join(' ')
      return { name: `${table.name}.${column} of ${key}`, table, schema, row, column, changed }
    })
  })
}

/** Does something while the cell is changed, and puts it back. */
export const changing = async <Result>(
  pool: Pool,
  { table, schema, row, column, changed }: Cell,
  work: () => Promise<Result>,
): Promise<Result> => {
  const where = table.key.map((name, index) => `${name} = $${index + 2}`).join(' and ')
  const key = table.key.map((name) => row[name])
  const write = async (value: unknown): Promise<void> => {
    const { rowCount } = await pool.query(`update ${schema}.${table.name} set ${column} = $1 where ${where}`, [
      value,
      ...key,
    ])
    if (rowCount !== 1) throw new Error(`${table.name}: ${rowCount ?? 0} rows have this key`)
  }
  const value = row[column]
  await write(changed)
  try {
    return await work()
  } finally {
    await write(typeof value === 'object' ? JSON.stringify(value) : value)
  }
}

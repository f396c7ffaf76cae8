import { BEFORE_THE_LOG, type Position } from '@registru/domain'
import type { PoolClient } from '@registru/runtime'
import { type ChangingRow, canonical, type History } from './expected.ts'
import type { Row } from './report.ts'

/** The stable views: whichever version of a projection is in use. */
const SCHEMA = 'read'
const ROWS_A_FETCH = 2_000

/** Where the projections in use stand; one number when they stand together. */
export interface Positions {
  readonly least: Position
  readonly most: Position
}

export const readPositions = async (client: PoolClient): Promise<Positions> => {
  const { rows } = await client.query<{ least: Position | null; most: Position | null }>(
    `select min(position) as least, max(position) as most from ${SCHEMA}.positions`,
  )
  return { least: rows[0]?.least ?? BEFORE_THE_LOG, most: rows[0]?.most ?? BEFORE_THE_LOG }
}

/** The one view that is no read model: where each of them stands. */
const POSITIONS = 'positions'

export const listReadModels = async (client: PoolClient): Promise<ReadonlyMap<string, readonly string[]>> => {
  const { rows } = await client.query<{ table_name: string; columns: string[] }>(
    `select table_name, array_agg(column_name::text order by ordinal_position) as columns
     from information_schema.columns join information_schema.views using (table_schema, table_name)
     where table_schema = $1 and table_name <> $2 group by table_name order by table_name`,
    [SCHEMA, POSITIONS],
  )
  return new Map(rows.map((row) => [row.table_name, row.columns]))
}

const toRow = (found: Readonly<Record<string, unknown>>): Row => {
  const row: ChangingRow = {}
  for (const column in found) {
    const value = found[column]
    if (value === null || value === undefined) row[column] = null
    else if (value instanceof Date) row[column] = value.toISOString()
    else if (typeof value === 'object') row[column] = canonical(value)
    else if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number') row[column] = value
    else row[column] = value === true
  }
  return row
}

/** Reads a table through a cursor, so that memory does not grow with it. The client stands in one snapshot. */
const openCursor = async (client: PoolClient, table: string, order: string): Promise<() => Promise<readonly Row[]>> => {
  const cursor = `audit_${table}`
  await client.query(`declare ${cursor} no scroll cursor for select * from ${SCHEMA}.${table} ${order}`)
  return async () => {
    const { rows } = await client.query<Record<string, unknown>>(`fetch ${ROWS_A_FETCH} from ${cursor}`)
    return rows.map(toRow)
  }
}

export const openHistory = async (
  client: PoolClient,
  { name, position }: History,
): Promise<(until: Position) => Promise<readonly Row[]>> => {
  const fetch = await openCursor(client, name, `order by ${position}`)
  let buffer: readonly Row[] = await fetch()
  let next = 0
  const positionOf = (row: Row): bigint => BigInt(row[position] ?? -1n)
  return async (until) => {
    const rows: Row[] = []
    for (;;) {
      for (; next < buffer.length; next += 1) {
        const row = buffer[next]
        if (row === undefined || positionOf(row) > until) return rows
        rows.push(row)
      }
      if (buffer.length < ROWS_A_FETCH) return rows
      buffer = await fetch()
      next = 0
    }
  }
}

export const readTable = async function* (client: PoolClient, table: string): AsyncIterable<Row> {
  const fetch = await openCursor(client, table, '')
  for (;;) {
    const rows = await fetch()
    yield* rows
    if (rows.length < ROWS_A_FETCH) return
  }
}

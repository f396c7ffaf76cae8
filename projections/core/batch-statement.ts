import type { Changes, RowUpdate, TableChanges } from './changes.ts'
import type { ColumnType, Row, Table } from './table.ts'

/** One part of a batch's statement: a data-modifying expression and the number of rows it has to touch. */
interface Part {
  readonly sql: string
  readonly rows: number
}

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

const element = (type: ColumnType, value: unknown): string => {
  if (value === null || value === undefined) return 'NULL'
  if (type === 'jsonb') return quoted(JSON.stringify(value))
  // A day, an instant or a UUID has no character that means anything inside an array literal.
  if (typeof value === 'string') return type === 'text' ? quoted(value) : value
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return `${value}`
  throw new Error(`a ${typeof value} cannot stand in a column of ${type}`)
}

const arrayLiteral = (type: ColumnType, values: readonly unknown[]): string =>
  `{${values.map((value) => element(type, value)).join(',')}}`

/** Collects the parameters of a statement: an array a column, as a literal, since Postgres reads it faster than the driver writes it. */
interface Parameters {
  readonly values: string[]
  readonly array: (type: ColumnType, values: readonly unknown[]) => string
}

const createParameters = (): Parameters => {
  const values: string[] = []
  return {
    values,
    array: (type, items) => {
      values.push(arrayLiteral(type, items))
      return `$${values.length}::${type}[]`
    },
  }
}

const typeOf = (table: Table, column: string): ColumnType => {
  const known = table.columns[column]
  if (known === undefined) throw new Error(`${table.name} has no column ${column}`)
  return known.type
}

const insertPart = (name: string, table: Table, rows: readonly Row[], parameters: Parameters): Part => {
  const columns = Object.keys(table.columns)
  const arrays = columns.map((column) =>
    parameters.array(
      typeOf(table, column),
      rows.map((row) => row[column]),
    ),
  )
  return {
    sql: `insert into ${name} (${columns.join(', ')}) select * from unnest(${arrays.join(', ')}) returning 1`,
    rows: rows.length,
  }
}

/** Missing rows count as zeros. */
const totalsPart = (name: string, table: Table, updates: readonly RowUpdate[], parameters: Parameters): Part => {
  const amounts = Object.keys(table.columns).filter((column) => !table.key.includes(column))
  const rows = updates.map(
    ({ key, add }): Row => ({
      ...key,
      ...Object.fromEntries(amounts.map((column) => [column, add[column] ?? 0n])),
    }),
  )
  const { sql } = insertPart(name, table, rows, parameters)
  const sums = amounts.map((column) => `${column} = t.${column} + excluded.${column}`)
  return {
    sql: sql
      .replace(`insert into ${name} (`, `insert into ${name} as t (`)
      .replace(' returning 1', ` on conflict (${table.key.join(', ')}) do update set ${sums.join(', ')} returning 1`),
    rows: updates.length,
  }
}

const updatePart = (name: string, table: Table, updates: readonly RowUpdate[], parameters: Parameters): Part => {
  const names: string[] = []
  const arrays: string[] = []
  const carry = (column: string, type: ColumnType, values: readonly unknown[]): void => {
    names.push(column)
    arrays.push(parameters.array(type, values))
  }
  for (const column of table.key) {
    carry(
      column,
      typeOf(table, column),
      updates.map(({ key }) => key[column]),
    )
  }
  const touched = Object.keys(table.columns).filter((column) =>
    updates.some(({ set, add }) => column in set || column in add),
  )
  const assignments = touched.map((column) => {
    const type = typeOf(table, column)
    const adds = updates.some(({ add }) => column in add)
    const setCount = updates.filter(({ set }) => column in set).length
    carry(
      column,
      type,
      updates.map(({ set, add }) => (column in set ? set[column] : (add[column] ?? (adds ? 0n : null)))),
    )
    if (setCount === updates.length) return `${column} = s.${column}`
    const otherwise = adds ? `t.${column} + s.${column}` : `t.${column}`
    if (setCount === 0) return `${column} = ${otherwise}`
    carry(
      `${column}_is_set`,
      'boolean',
      updates.map(({ set }) => column in set),
    )
    return `${column} = case when s.${column}_is_set then s.${column} else ${otherwise} end`
  })
  const match = table.key.map((column) => `t.${column} = s.${column}`)
  return {
    sql: `update ${name} t set ${assignments.join(', ')} from unnest(${arrays.join(', ')}) as s(${names.join(', ')})
      where ${match.join(' and ')} returning 1`,
    rows: updates.length,
  }
}

const partsOf = (schema: string, table: Table, changes: TableChanges, parameters: Parameters): readonly Part[] => {
  const name = `${schema}.${table.name}`
  const inserts = [...changes.inserts.values()]
  const updates = [...changes.updates.values()]
  const write = table.totals ? totalsPart : updatePart
  return [
    ...(inserts.length > 0 ? [insertPart(name, table, inserts, parameters)] : []),
    ...(updates.length > 0 ? [write(name, table, updates, parameters)] : []),
  ]
}

export interface CheckpointMove {
  readonly schema: string
  readonly epoch: bigint
  readonly from: bigint
  readonly to: bigint
  readonly storeId: string
  /** The last event applied; absent when only the position moves on. */
  readonly witness?: {
    readonly stream: string
    readonly revision: bigint
    readonly eventId: string
    readonly position: bigint
  }
}

const checkpointPart = (move: CheckpointMove, bind: (value: string) => string): Part => {
  const { witness } = move
  const moved = [
    `position = ${bind(`${move.to}`)}::bigint`,
    `store_id = ${bind(move.storeId)}`,
    'updated_at = now()',
    ...(witness === undefined
      ? []
      : [
          `witness_stream = ${bind(witness.stream)}`,
          `witness_revision = ${bind(`${witness.revision}`)}::bigint`,
          `witness_event_id = ${bind(witness.eventId)}`,
          `witness_position = ${bind(`${witness.position}`)}::bigint`,
        ]),
  ]
  return {
    sql: `update ${move.schema}.checkpoint set ${moved.join(', ')}
      where epoch = ${bind(`${move.epoch}`)}::bigint and position = ${bind(`${move.from}`)}::bigint returning 1`,
    rows: 1,
  }
}

export interface BatchStatement {
  readonly sql: string
  readonly values: readonly string[]
  /** The columns of its one row, each with the count it must show: rows of tables first, checkpoints last. */
  readonly expected: readonly { readonly column: string; readonly rows: number; readonly checkpoint: boolean }[]
}

/** Told of each batch's position when it commits, so that a reader who waits need not ask again and again. */
export const POSITION_CHANNEL = 'registru_position'

/** One statement for a whole batch: rows of all tables and all checkpoints, one round trip. */
export const batchStatement = (
  writes: readonly { readonly changes: Changes; readonly checkpoint: CheckpointMove }[],
): BatchStatement => {
  const parameters = createParameters()
  const bind = (value: string): string => {
    parameters.values.push(value)
    return `$${parameters.values.length}`
  }
  const tables = writes.flatMap(({ changes, checkpoint }) =>
    [...changes].flatMap(([table, change]) => partsOf(checkpoint.schema, table, change, parameters)),
  )
  const checkpoints = writes.map(({ checkpoint }) => checkpointPart(checkpoint, bind))
  const parts = [...tables, ...checkpoints]
  const named = parts.map(({ sql }, index) => `p${index} as (${sql})`)
  const counts = parts.map((_, index) => `(select count(*) from p${index})::integer as p${index}`)
  const position = bind(`${writes[0]?.checkpoint.to ?? -1n}`)
  return {
    sql: `with ${named.join(',\n')}\nselect ${counts.join(', ')}, pg_notify('${POSITION_CHANNEL}', ${position})`,
    values: parameters.values,
    expected: parts.map(({ rows }, index) => ({ column: `p${index}`, rows, checkpoint: index >= tables.length })),
  }
}

import type { Changes, RowUpdate, TableChanges } from './changes.ts'
import type { ColumnType, Row, Table } from './table.ts'

/** One part of a batch's statement: a data-modifying expression and the number of rows it has to touch. */
interface Part {
  readonly sql: string
  readonly rows: number
}

const SPECIAL_IN_ARRAY = /["\\]/g
const SPECIAL_IN_ROW = /[(),"\\\s]/

const arrayElement = (text: string): string =>
  text.includes('"') || text.includes('\\') ? `"${text.replace(SPECIAL_IN_ARRAY, '\\$&')}"` : `"${text}"`
/** The empty text is quoted, because nothing at all is NULL. */
const rowField = (text: string): string => (text === '' || SPECIAL_IN_ROW.test(text) ? arrayElement(text) : text)

/** `undefined` is NULL. */
const textOf = (type: ColumnType, value: unknown): string | undefined => {
  if (typeof value === 'string' && type !== 'json' && type !== 'jsonb') return value
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return `${value}`
  if (value === null || value === undefined) return undefined
  if (type === 'json' || type === 'jsonb') return JSON.stringify(value)
  throw new Error(`a ${typeof value} cannot stand in a column of ${type}`)
}

const arrayLiteral = (type: ColumnType, values: readonly unknown[]): string => {
  const elements = values.map((value) => {
    const text = textOf(type, value)
    return text === undefined ? 'NULL' : arrayElement(text)
  })
  return `{${elements.join(',')}}`
}

/** Collects a statement's parameters. Arrays go as literals, since the driver would write them more slowly. */
interface Parameters {
  readonly values: string[]
  readonly bind: (value: string, type: string) => string
}

const createParameters = (): Parameters => {
  const values: string[] = []
  return {
    values,
    bind: (value, type) => {
      values.push(value)
      return `$${values.length}::${type}`
    },
  }
}

const typeOf = (table: Table, column: string): ColumnType => {
  const known = table.columns[column]
  if (known === undefined) throw new Error(`${table.name} has no column ${column}`)
  return known.type
}

/** One array of whole rows: Postgres takes it apart a fifth faster than an array a column. */
const rowsParameter = (name: string, table: Table, rows: readonly Row[], { bind }: Parameters): string => {
  const columns = Object.entries(table.columns)
  let records = ''
  for (const row of rows) {
    let fields = ''
    for (const [column, { type }] of columns) {
      const text = textOf(type, row[column])
      fields += text === undefined ? ',' : `,${rowField(text)}`
    }
    records += `,${arrayElement(`(${fields.slice(1)})`)}`
  }
  return bind(`{${records.slice(1)}}`, `${name}[]`)
}

const insertPart = (name: string, table: Table, rows: readonly Row[], parameters: Parameters): Part => ({
  sql: `insert into ${name} select * from unnest(${rowsParameter(name, table, rows, parameters)}) returning 1`,
  rows: rows.length,
})

/** Missing rows count as zeros. */
const totalsPart = (name: string, table: Table, updates: readonly RowUpdate[], parameters: Parameters): Part => {
  const amounts = Object.keys(table.columns).filter((column) => !table.key.includes(column))
  const rows = updates.map(
    ({ key, add }): Row => ({
      ...key,
      ...Object.fromEntries(amounts.map((column) => [column, add[column] ?? 0n])),
    }),
  )
  const sums = amounts.map((column) => `${column} = t.${column} + excluded.${column}`)
  return {
    sql: `insert into ${name} as t select * from unnest(${rowsParameter(name, table, rows, parameters)})
      on conflict (${table.key.join(', ')}) do update set ${sums.join(', ')} returning 1`,
    rows: updates.length,
  }
}

const updatePart = (name: string, table: Table, updates: readonly RowUpdate[], parameters: Parameters): Part => {
  const names: string[] = []
  const arrays: string[] = []
  const carry = (column: string, type: ColumnType, values: readonly unknown[]): void => {
    names.push(column)
    arrays.push(parameters.bind(arrayLiteral(type, values), `${type}[]`))
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

const checkpointPart = (move: CheckpointMove, { bind }: Parameters): Part => {
  const { witness } = move
  const moved = [
    `position = ${bind(`${move.to}`, 'bigint')}`,
    `store_id = ${bind(move.storeId, 'text')}`,
    'updated_at = now()',
    ...(witness === undefined
      ? []
      : [
          `witness_stream = ${bind(witness.stream, 'text')}`,
          `witness_revision = ${bind(`${witness.revision}`, 'bigint')}`,
          `witness_event_id = ${bind(witness.eventId, 'text')}`,
          `witness_position = ${bind(`${witness.position}`, 'bigint')}`,
        ]),
  ]
  return {
    sql: `update ${move.schema}.checkpoint set ${moved.join(', ')}
      where epoch = ${bind(`${move.epoch}`, 'bigint')} and position = ${bind(`${move.from}`, 'bigint')} returning 1`,
    rows: 1,
  }
}

export interface BatchStatement {
  readonly sql: string
  readonly values: readonly string[]
  /** The columns of its one row, each with the count it must show: rows of tables first, checkpoints last. */
  readonly expected: readonly { readonly column: string; readonly rows: number; readonly checkpoint: boolean }[]
  /** How many rows each table gets. */
  readonly inserted: ReadonlyMap<string, number>
}

/** Told of each batch's position when it commits, so that a reader who waits need not ask again and again. */
export const POSITION_CHANNEL = 'registru_position'

/** One statement for a whole batch: rows of all tables and all checkpoints, one round trip. */
export const batchStatement = (
  writes: readonly { readonly changes: Changes; readonly checkpoint: CheckpointMove }[],
): BatchStatement => {
  const parameters = createParameters()
  const tables = writes.flatMap(({ changes, checkpoint }) =>
    [...changes].flatMap(([table, change]) => partsOf(checkpoint.schema, table, change, parameters)),
  )
  const checkpoints = writes.map(({ checkpoint }) => checkpointPart(checkpoint, parameters))
  const parts = [...tables, ...checkpoints]
  const named = parts.map(({ sql }, index) => `p${index} as (${sql})`)
  const counts = parts.map((_, index) => `(select count(*) from p${index})::integer as p${index}`)
  const position = parameters.bind(`${writes[0]?.checkpoint.to ?? -1n}`, 'text')
  const inserted = new Map<string, number>()
  for (const { changes, checkpoint } of writes) {
    for (const [table, { inserts }] of changes) inserted.set(`${checkpoint.schema}.${table.name}`, inserts.size)
  }
  return {
    inserted,
    sql: `with ${named.join(',\n')}\nselect ${counts.join(', ')}, pg_notify('${POSITION_CHANNEL}', ${position})`,
    values: parameters.values,
    expected: parts.map(({ rows }, index) => ({ column: `p${index}`, rows, checkpoint: index >= tables.length })),
  }
}

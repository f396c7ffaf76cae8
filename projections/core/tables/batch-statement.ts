import type { EventId, Position, Revision } from '@registru/domain'
import type { Changes, RowUpdate, TableChanges } from '../fold/changes.ts'
import { type ColumnType, columnOf, type Row, type Table, textOf } from '../fold/table.ts'
import { READ_SCHEMA } from '../reading/read.ts'

/**
 * One part of a batch's statement: a data-modifying expression. Parts of one shape have one text, so a statement is planned
 * once for all batches that do the same kinds of things.
 */
interface Part {
  readonly shape: string
  readonly sql: (parameters: readonly string[]) => string
  readonly types: readonly string[]
  readonly values: readonly string[]
  /** How many rows it has to touch. */
  readonly rows: number
}

const SPECIAL_IN_ARRAY = /["\\]/g
const SPECIAL_IN_ROW = /[(),"\\\s]/

const arrayElement = (text: string): string =>
  text.includes('"') || text.includes('\\') ? `"${text.replace(SPECIAL_IN_ARRAY, '\\$&')}"` : `"${text}"`
/** The empty text is quoted, because nothing at all is NULL. */
const rowField = (text: string): string => (text === '' || SPECIAL_IN_ROW.test(text) ? arrayElement(text) : text)

/** Arrays go as literals, since the driver would write them more slowly. */
const arrayLiteral = (type: ColumnType, values: readonly unknown[]): string => {
  let elements = ''
  for (const value of values) {
    const text = textOf(type, value)
    elements += text === undefined ? ',NULL' : `,${arrayElement(text)}`
  }
  return `{${elements.slice(1)}}`
}

/** Types whose text holds nothing that a literal would have to quote. */
const PLAIN = new Set<ColumnType>(['bigint', 'numeric', 'integer', 'boolean', 'uuid', 'date'])

/** One array of whole rows: Postgres takes it apart a fifth faster than an array a column. */
const rowsLiteral = (table: Table, rows: readonly Row[]): string => {
  const columns = Object.entries(table.columns)
  let records = ''
  for (const row of rows) {
    let fields = ''
    for (const [column, { type }] of columns) {
      const text = textOf(type, row[column])
      fields += text === undefined ? ',' : `,${PLAIN.has(type) ? text : rowField(text)}`
    }
    records += `,${arrayElement(`(${fields.slice(1)})`)}`
  }
  return `{${records.slice(1)}}`
}

const insertPart = (name: string, table: Table, rows: readonly Row[]): Part => ({
  shape: `insert ${name}`,
  sql: ([given]) => `insert into ${name} select * from unnest(${given}) returning 1`,
  types: [`${name}[]`],
  values: [rowsLiteral(table, rows)],
  rows: rows.length,
})

/** Missing rows count as zeros. */
const totalsPart = (name: string, table: Table, updates: readonly RowUpdate[]): Part => {
  const amounts = Object.keys(table.columns).filter((column) => !table.key.includes(column))
  const rows = updates.map(({ key, add }): Row => {
    const row: Record<string, unknown> = { ...key }
    for (const column of amounts) row[column] = add[column] ?? 0n
    return row
  })
  const sums = amounts.map((column) => `${column} = t.${column} + excluded.${column}`)
  return {
    shape: `total ${name}`,
    sql: ([given]) => `insert into ${name} as t select * from unnest(${given})
      on conflict (${table.key.join(', ')}) do update set ${sums.join(', ')} returning 1`,
    types: [`${name}[]`],
    values: [rowsLiteral(table, rows)],
    rows: updates.length,
  }
}

/** Updates that set and add to the same columns. */
const updatePart = (name: string, table: Table, updates: readonly RowUpdate[]): Part => {
  const sets = Object.keys(updates[0]?.set ?? {}).toSorted()
  const adds = Object.keys(updates[0]?.add ?? {}).toSorted()
  const carried = [
    ...table.key.map((column) => ({ column, values: updates.map(({ key }) => key[column]) })),
    ...sets.map((column) => ({ column, values: updates.map(({ set }) => set[column]) })),
    ...adds.map((column) => ({ column, values: updates.map(({ add }) => add[column]) })),
  ]
  const types = carried.map(({ column }) => columnOf(table, column).type)
  const assignments = [
    ...sets.map((column) => `${column} = s.${column}`),
    ...adds.map((column) => `${column} = t.${column} + s.${column}`),
  ]
  const match = table.key.map((column) => `t.${column} = s.${column}`)
  return {
    shape: `update ${name} set ${sets.join()} add ${adds.join()}`,
    sql: (arrays) => `update ${name} t set ${assignments.join(', ')}
      from unnest(${arrays.join(', ')}) as s(${carried.map(({ column }) => column).join(', ')})
      where ${match.join(' and ')} returning 1`,
    types: types.map((type) => `${type}[]`),
    values: carried.map(({ column, values }) => arrayLiteral(columnOf(table, column).type, values)),
    rows: updates.length,
  }
}

const columnsTouched = ({ set, add }: RowUpdate): string =>
  `${Object.keys(set).toSorted().join()}+${Object.keys(add).toSorted().join()}`

const updateParts = (name: string, table: Table, updates: readonly RowUpdate[]): readonly Part[] => {
  const groups = new Map<string, RowUpdate[]>()
  for (const update of updates) {
    const touched = columnsTouched(update)
    const alike = groups.get(touched)
    if (alike === undefined) groups.set(touched, [update])
    else alike.push(update)
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, alike]) => updatePart(name, table, alike))
}

const partsOf = (schema: string, table: Table, changes: TableChanges): readonly Part[] => {
  const name = `${schema}.${table.name}`
  const inserts = [...changes.inserts.values()]
  const updates = [...changes.updates.values()]
  return [
    ...(inserts.length > 0 ? [insertPart(name, table, inserts)] : []),
    ...(updates.length === 0
      ? []
      : table.totals
        ? [totalsPart(name, table, updates)]
        : updateParts(name, table, updates)),
  ]
}

export interface CheckpointMove {
  readonly schema: string
  readonly epoch: bigint
  readonly from: Position
  readonly to: Position
  readonly storeId: string
  /** The last event applied; absent when only the position moves on. */
  readonly witness?: {
    readonly stream: string
    readonly revision: Revision
    readonly eventId: EventId
    readonly position: Position
  }
}

/** Compare-and-set: whoever finds another epoch or position has been shut out. */
const checkpointPart = ({ schema, epoch, from, to, storeId, witness }: CheckpointMove): Part => {
  const moved: readonly (readonly [column: string, type: string, value: string])[] = [
    ['position', 'bigint', `${to}`],
    ['store_id', 'text', storeId],
    ...(witness === undefined
      ? []
      : ([
          ['witness_stream', 'text', witness.stream],
          ['witness_revision', 'bigint', `${witness.revision}`],
          ['witness_event_id', 'text', witness.eventId],
          ['witness_position', 'bigint', `${witness.position}`],
        ] as const)),
  ]
  return {
    shape: `checkpoint ${schema} ${witness === undefined ? 'alone' : 'and witness'}`,
    sql: ([isEpoch, isPosition, ...values]) => `update ${schema}.checkpoint
      set updated_at = now(), ${moved.map(([column], index) => `${column} = ${values[index]}`).join(', ')}
      where epoch = ${isEpoch} and position = ${isPosition} returning 1`,
    types: ['bigint', 'bigint', ...moved.map(([, type]) => type)],
    values: [`${epoch}`, `${from}`, ...moved.map(([, , value]) => value)],
    rows: 1,
  }
}

/** SQLSTATE of a batch that did not touch the rows that it meant to touch. */
export const REFUSED = 'RG001'

/** Undoes the statement that calls it. */
export const REFUSE_BATCH = `create or replace function ${READ_SCHEMA}.refuse_batch() returns void language plpgsql as
  $$ begin raise exception 'a row or a checkpoint is not as the batch expects it' using errcode = '${REFUSED}'; end $$`

export interface BatchStatement {
  /** Statements of one shape have the same text. */
  readonly shape: string
  readonly sql: () => string
  readonly values: readonly string[]
  /** How many rows each table gets. */
  readonly inserted: ReadonlyMap<string, number>
}

/** One statement for a whole batch: rows of all tables and all checkpoints, or nothing at all, in one round trip. */
export const batchStatement = (
  writes: readonly { readonly changes: Changes; readonly checkpoint: CheckpointMove }[],
): BatchStatement => {
  const parts = [
    ...writes.flatMap(({ changes, checkpoint }) =>
      // Always in one order: the same kinds of things are the same statement.
      [...changes]
        .toSorted(([a], [b]) => (a.name < b.name ? -1 : 1))
        .flatMap(([table, change]) => partsOf(checkpoint.schema, table, change)),
    ),
    ...writes.map(({ checkpoint }) => checkpointPart(checkpoint)),
  ]
  const inserted = new Map<string, number>()
  for (const { changes, checkpoint } of writes) {
    for (const [table, { inserts }] of changes) inserted.set(`${checkpoint.schema}.${table.name}`, inserts.size)
  }
  const sql = (): string => {
    let bound = 0
    const bind = (type: string): string => {
      bound += 1
      return `$${bound}::${type}`
    }
    const named = parts.map((part, index) => `p${index} as (${part.sql(part.types.map(bind))})`)
    const counts = parts.map((_, index) => `(select count(*) from p${index})`)
    return `with ${named.join(',\n')}
      select ${READ_SCHEMA}.refuse_batch() where array[${counts.join(', ')}] <> ${bind('bigint[]')}`
  }
  return {
    shape: parts.map(({ shape }) => shape).join('\n'),
    sql,
    values: [...parts.flatMap(({ values }) => values), `{${parts.map(({ rows }) => rows).join()}}`],
    inserted,
  }
}

import { BEFORE_THE_LOG, type Position } from '@registru/domain'
import { type Projection, schemaOf } from '@registru/projections'
import type { PoolClient } from '@registru/runtime'
import { atOnePosition, type MeetOptions, type Pair } from './meet.ts'

export interface TableDifference {
  readonly table: string
  readonly rows: bigint
  /** Rows of the generation in use that the other one has not. */
  readonly missing: bigint
  /** Rows that only the other one has. */
  readonly added: bigint
  /** Rows with another value in a column that is not meant to differ. */
  readonly changed: bigint
  /** Rows that differ only where they are meant to. */
  readonly intended: bigint
  /** Columns that only one of the two has: of another version. */
  readonly columnsRemoved: readonly string[]
  readonly columnsAdded: readonly string[]
  /** The first few rows that differ, by key. */
  readonly examples: readonly { readonly inUse: unknown; readonly rebuilt: unknown }[]
}

export interface Difference {
  readonly position: Position
  readonly tables: readonly TableDifference[]
}

const EXAMPLES_MAX = 5

interface ColumnRow {
  readonly name: string
  readonly type: string
}

const columnsOf = async (client: PoolClient, schema: string, table: string): Promise<readonly ColumnRow[]> => {
  const { rows } = await client.query<ColumnRow>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
      where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attnum`,
    [`${schema}.${table}`],
  )
  return rows
}

/** `json` knows no equality; as text it is what our own code wrote. */
const comparable =
  (side: string) =>
  ({ name, type }: ColumnRow): string =>
    type === 'json' ? `${side}.${name}::text` : `${side}.${name}`

const differs = (columns: readonly ColumnRow[]): string =>
  columns.length === 0
    ? 'false'
    : `row(${columns.map(comparable('u')).join(', ')}) is distinct from row(${columns.map(comparable('r')).join(', ')})`

type Counts = Pick<TableDifference, 'rows' | 'missing' | 'added' | 'changed' | 'intended'>

const compareTable = async (
  client: PoolClient,
  { from, to }: Pair,
  table: Projection['tables'][number],
  intended: ReadonlySet<string>,
): Promise<TableDifference> => {
  const before = await columnsOf(client, schemaOf(from), table.name)
  const after = await columnsOf(client, schemaOf(to), table.name)
  const isIn = (columns: readonly ColumnRow[], name: string): boolean => columns.some((column) => column.name === name)
  const common = after.filter(({ name }) => isIn(before, name))
  const strict = common.filter(({ name }) => !intended.has(`${table.name}.${name}`))
  const key = table.key[0] ?? ''
  const joined = `${schemaOf(from)}.${table.name} u full join ${schemaOf(to)}.${table.name} r
    on ${table.key.map((column) => `u.${column} = r.${column}`).join(' and ')}`
  const both = `u.${key} is not null and r.${key} is not null`
  const { rows } = await client.query<Counts>(
    `select count(u.${key}) as rows, count(*) filter (where r.${key} is null) as missing,
      count(*) filter (where u.${key} is null) as added,
      count(*) filter (where ${both} and ${differs(strict)}) as changed,
      count(*) filter (where ${both} and not (${differs(strict)}) and ${differs(common)}) as intended
    from ${joined}`,
  )
  const counts = rows[0] ?? { rows: 0n, missing: 0n, added: 0n, changed: 0n, intended: 0n }
  const isDifferent = counts.missing + counts.added + counts.changed > 0n
  const examples = isDifferent
    ? await client.query<TableDifference['examples'][number]>(
        `select to_jsonb(u) as "inUse", to_jsonb(r) as rebuilt from ${joined}
          where u.${key} is null or r.${key} is null or ${differs(strict)}
          order by ${table.key.map((column) => `coalesce(u.${column}, r.${column})`).join(', ')} limit ${EXAMPLES_MAX}`,
      )
    : { rows: [] }
  return {
    table: table.name,
    ...counts,
    columnsRemoved: before.filter(({ name }) => !isIn(after, name)).map(({ name }) => name),
    columnsAdded: after.filter(({ name }) => !isIn(before, name)).map(({ name }) => name),
    examples: examples.rows,
  }
}

/**
 * Compares every row of the generations in use with the others, in one snapshot in which both stand at one position.
 * `intended` are columns, as `table.column`, that are meant to differ.
 */
export const diffGenerations = async (
  options: MeetOptions & {
    readonly intended: ReadonlySet<string>
    readonly onTable?: (table: string) => void
  },
): Promise<Difference> => {
  const { pool, pairs, intended, onTable } = options
  const snapshot = await pool.connect()
  try {
    let at = BEFORE_THE_LOG
    await atOnePosition(options, async (_, position) => {
      at = position
      // An attempt before this one may have begun it already.
      await snapshot.query('rollback')
      await snapshot.query('begin transaction isolation level repeatable read read only')
      await snapshot.query('select')
    })
    // Other tables may be compared for longer than a server lets an idle transaction be.
    await snapshot.query('set idle_in_transaction_session_timeout = 0')
    const tables: TableDifference[] = []
    for (const pair of pairs) {
      for (const table of pair.to.tables) {
        onTable?.(table.name)
        tables.push(await compareTable(snapshot, pair, table, intended))
      }
    }
    return { position: at, tables }
  } finally {
    snapshot.release(true)
  }
}

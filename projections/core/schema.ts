import type { PoolClient } from '@registru/runtime'
import { REFUSE_BATCH } from './batch-statement.ts'
import { CREATE_DEPENDENTS, rebuildDependents } from './dependents.ts'
import { type Projection, schemaOf } from './projection.ts'
import { READ_SCHEMA } from './read.ts'
import type { Column, Table } from './table.ts'

/** Any number will do as long as all who change the schemas use the same. */
const SCHEMA_LOCK = 7_310_001

/** Ids sort byte by byte: the same on every machine, as cursors need it, and cheaper than any language's order. */
const columnDefinition = (name: string, { type, nullable }: Column): string =>
  `${name} ${type}${type === 'text' ? ' collate "C"' : ''}${nullable ? '' : ' not null'}`

const createTable = (schema: string, table: Table): readonly string[] => {
  const columns = Object.entries(table.columns).map(([name, column]) => columnDefinition(name, column))
  const name = `${schema}.${table.name}`
  return [
    `create table ${name} (${[...columns, `primary key (${table.key.join(', ')})`].join(', ')})
      with (fillfactor = ${table.fillfactor})`,
    ...table.indexes.map((index) => `create index on ${name} ${index}`),
  ]
}

/** Position -1: nothing read yet. The witness is the last event of ours at or before the position. */
const createCheckpoint = (schema: string): readonly string[] => [
  `create table ${schema}.checkpoint (
    only_row boolean primary key default true check (only_row),
    position bigint not null default -1,
    epoch bigint not null default 0,
    store_id text,
    witness_stream text,
    witness_revision bigint,
    witness_event_id text,
    witness_position bigint,
    updated_at timestamptz not null default now()
  ) with (fillfactor = 10)`,
  `insert into ${schema}.checkpoint default values`,
]

const createReadSchema = (): readonly string[] => [
  `create schema if not exists ${READ_SCHEMA}`,
  `create table if not exists ${READ_SCHEMA}.projections (name text primary key, version integer not null)`,
  `create table if not exists ${READ_SCHEMA}.projector (
    only_row boolean primary key default true check (only_row),
    state text not null,
    detail jsonb,
    updated_at timestamptz not null default now()
  )`,
  CREATE_DEPENDENTS,
  REFUSE_BATCH,
]

const run = async (client: PoolClient, statements: readonly string[]): Promise<void> => {
  for (const statement of statements) await client.query(statement)
}

const schemaExists = async (client: PoolClient, schema: string): Promise<boolean> => {
  const { rows } = await client.query('select 1 from pg_namespace where nspname = $1', [schema])
  return rows.length > 0
}

/** One transaction that changes schemas, alone at it. */
export const changingSchemas = async <Result>(client: PoolClient, work: () => Promise<Result>): Promise<Result> => {
  await client.query('begin')
  try {
    // DDL of two starting projectors would race, `if not exists` or not.
    await client.query('select pg_advisory_xact_lock($1)', [SCHEMA_LOCK])
    const result = await work()
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

const readView = (schema: string, table: Table): string => {
  const extra = Object.entries(table.derived ?? {}).map(([name, { sql }]) => `, (${sql}) as ${name}`)
  return `create view ${READ_SCHEMA}.${table.name} as select t.*${extra.join('')} from ${schema}.${table.name} t`
}

/** Points the stable views of one projection at a version; readers see the old one or the new one, never neither. */
const publish = async (client: PoolClient, projection: Projection): Promise<void> => {
  const schema = schemaOf(projection)
  for (const table of projection.tables) {
    await client.query(`drop view if exists ${READ_SCHEMA}.${table.name} cascade`)
    await client.query(readView(schema, table))
  }
  await client.query(
    `insert into ${READ_SCHEMA}.projections (name, version) values ($1, $2)
      on conflict (name) do update set version = excluded.version`,
    [projection.name, projection.version],
  )
  const { rows } = await client.query<{ name: string; version: number }>(
    `select name, version from ${READ_SCHEMA}.projections order by name`,
  )
  const positions = rows.map(
    (row) => `select '${row.name}'::text as name, ${row.version} as version, position, updated_at
      from ${schemaOf(row)}.checkpoint`,
  )
  await client.query(`create or replace view ${READ_SCHEMA}.positions as ${positions.join(' union all ')}`)
  await rebuildDependents(client)
}

/** Creates what is missing. A projection that has no version in use yet is put in use at once. */
export const ensureSchemas = async (client: PoolClient, projections: readonly Projection[]): Promise<void> => {
  await changingSchemas(client, async () => {
    await run(client, createReadSchema())
    for (const projection of projections) {
      const schema = schemaOf(projection)
      if (await schemaExists(client, schema)) continue
      await run(client, [
        `create schema ${schema}`,
        ...projection.tables.flatMap((table) => createTable(schema, table)),
        ...createCheckpoint(schema),
      ])
      const { rows } = await client.query(`select 1 from ${READ_SCHEMA}.projections where name = $1`, [projection.name])
      if (rows.length === 0) await publish(client, projection)
    }
  })
}

/** Switches the stable views to these versions, all in one transaction. */
export const switchReadViews = async (client: PoolClient, projections: readonly Projection[]): Promise<void> => {
  await changingSchemas(client, async () => {
    for (const projection of projections) await publish(client, projection)
  })
}

/** Where each of these versions stands; -1: nothing read yet. Tells, and promises nothing: only the epoch's holder may rely on it. */
export const listPositions = async (
  client: PoolClient,
  projections: readonly Projection[],
): Promise<ReadonlyMap<Projection, bigint>> => {
  const positions = new Map<Projection, bigint>()
  for (const projection of projections) {
    const { rows } = await client.query<{ position: bigint }>(`select position from ${schemaOf(projection)}.checkpoint`)
    positions.set(projection, rows[0]?.position ?? -1n)
  }
  return positions
}

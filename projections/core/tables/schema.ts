import { BEFORE_THE_LOG, type Position } from '@registru/domain'
import type { PoolClient } from '@registru/runtime'
import { type Projection, schemaOf } from '../fold/projection.ts'
import type { Column, Table } from '../fold/table.ts'
import { READ_SCHEMA } from '../reading/read.ts'
import { keepReadersOut, unlessReadersHoldIt, waitForOlderReaders } from '../reading/readers.ts'
import { REFUSE_BATCH } from './batch-statement.ts'
import { CREATE_DEPENDENTS, rebuildDependents } from './dependents.ts'

/** Any number will do as long as all who change the schemas use the same. */
const SCHEMA_LOCK = 7_310_001

/** Ids sort byte by byte: the same on every machine, as cursors need it, and cheaper than any language's order. */
const columnDefinition = (name: string, { type, nullable }: Column): string =>
  `${name} ${type}${type === 'text' ? ' collate "C"' : ''}${nullable ? '' : ' not null'}`

const createTable = (schema: string, table: Table): string => {
  const columns = Object.entries(table.columns).map(([name, column]) => columnDefinition(name, column))
  return `create table ${schema}.${table.name} (${columns.join(', ')}) with (fillfactor = ${table.fillfactor})`
}

export const createKey = (schema: string, table: Table): string =>
  `alter table ${schema}.${table.name} add constraint ${table.name}_pkey primary key (${table.key.join(', ')})`

export const createIndexes = (schema: string, table: Table): readonly string[] =>
  table.indexes.map(
    (index, at) => `create index if not exists ${table.name}_index_${at + 1} on ${schema}.${table.name} ${index}`,
  )

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

/** Without keys and indexes: for a rebuild, which makes them when its rows are there. */
export const createBareSchema = (projection: Projection): readonly string[] => {
  const schema = schemaOf(projection)
  return [
    `create schema ${schema}`,
    ...projection.tables.map((table) => createTable(schema, table)),
    ...createCheckpoint(schema),
  ]
}

const createSchema = (projection: Projection): readonly string[] => {
  const schema = schemaOf(projection)
  return [
    ...createBareSchema(projection),
    ...projection.tables.flatMap((table) => [createKey(schema, table), ...createIndexes(schema, table)]),
  ]
}

/**
 * Until the first builds were written down, too, a schema's name told of them. What has a checkpoint of ours is one; a schema
 * of somebody else may be called like it.
 */
const REGISTER_OLDER_BUILDS = `
  insert into ${READ_SCHEMA}.generations (name, version, generation, ready)
  select m[1], m[2]::integer, 1, true
  from pg_namespace n, lateral regexp_match(n.nspname, '^(.+)_v([0-9]+)$') m
  where m is not null and exists (
    select from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = n.oid and c.relname = 'checkpoint' and a.attname = 'witness_event_id')
  on conflict do nothing`

/** Nothing here may lock `projections` against readers, who hold it as long as they read: a projector starts at any time. */
const createReadSchema = (): readonly string[] => [
  `create schema if not exists ${READ_SCHEMA}`,
  `create table if not exists ${READ_SCHEMA}.projections (
    name text primary key,
    version integer not null,
    generation integer not null default 1,
    previous_version integer,
    previous_generation integer
  )`,
  `create table if not exists ${READ_SCHEMA}.generations (
    name text not null,
    version integer not null,
    generation integer not null,
    ready boolean not null default false,
    begun_at timestamptz not null default now(),
    primary key (name, version, generation)
  )`,
  `create table if not exists ${READ_SCHEMA}.projector (
    only_row boolean primary key default true check (only_row),
    state text not null,
    detail jsonb,
    updated_at timestamptz not null default now()
  )`,
  REGISTER_OLDER_BUILDS,
  // What the check of the books found, and how far it has come: see `ties`.
  `create table if not exists ${READ_SCHEMA}.differences (
    tie text not null,
    company_id text not null,
    place jsonb not null,
    currency text,
    amounts jsonb not null,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    primary key (tie, company_id, place)
  )`,
  `create table if not exists ${READ_SCHEMA}.checked_ties (
    tie text primary key,
    checked_at timestamptz not null,
    took_seconds double precision not null,
    rows bigint not null
  )`,
  CREATE_DEPENDENTS,
  REFUSE_BATCH,
]

export const run = async (client: PoolClient, statements: readonly string[]): Promise<void> => {
  for (const statement of statements) await client.query(statement)
}

/** The first build of a version is finished from the start: it grows with the log. */
const createFirstBuild = async (client: PoolClient, projection: Projection): Promise<void> => {
  const { name, version, generation = 1 } = projection
  await run(client, createSchema(projection))
  await client.query(
    `insert into ${READ_SCHEMA}.generations (name, version, generation, ready) values ($1, $2, $3, true) on conflict do nothing`,
    [name, version, generation],
  )
}

const schemaExists = async (client: PoolClient, schema: string): Promise<boolean> => {
  const { rows } = await client.query('select 1 from pg_namespace where nspname = $1', [schema])
  return rows.length > 0
}

/** DDL of two starting projectors would race, `if not exists` or not: held to the transaction's end. */
export const lockSchemas = async (client: PoolClient): Promise<void> => {
  await client.query('select pg_advisory_xact_lock($1)', [SCHEMA_LOCK])
}

/** One transaction that changes schemas, alone at it. */
export const changingSchemas = async <Result>(client: PoolClient, work: () => Promise<Result>): Promise<Result> => {
  await client.query('begin')
  try {
    await lockSchemas(client)
    const result = await work()
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

const INVALID_TABLE_DEFINITION = '42P16'

/** Replaces a view in place while its columns stay. Answers whether it had to go, and what stood on it with it. */
const replaceView = async (client: PoolClient, name: string, query: string): Promise<boolean> => {
  await client.query('savepoint replacing')
  try {
    await client.query(`create or replace view ${name} as ${query}`)
    await client.query('release savepoint replacing')
    return false
  } catch (error) {
    const isOtherShape = error instanceof Error && 'code' in error && error.code === INVALID_TABLE_DEFINITION
    if (!isOtherShape) throw error
    await client.query('rollback to savepoint replacing')
    await client.query(`drop view ${name} cascade`)
    await client.query(`create view ${name} as ${query}`)
    return true
  }
}

const viewQuery = (schema: string, table: Table): string => {
  const extra = Object.entries(table.derived ?? {}).map(([name, { sql }]) => `, (${sql}) as ${name}`)
  return `select t.*${extra.join('')} from ${schema}.${table.name} t`
}

/**
 * Points the stable views of one projection at a generation, inside the caller's transaction: readers see the old one or
 * the new one, never neither. What was in use is remembered, for the way back.
 * @throws ReadersAtWork where the caller's transaction waits for locks for a while only, and another program holds a view
 */
export const publish = async (client: PoolClient, projection: Projection): Promise<void> => {
  const { name, version, generation = 1, tables } = projection
  let dropped = false
  for (const table of tables) {
    const query = viewQuery(schemaOf(projection), table)
    const view = `${READ_SCHEMA}.${table.name}`
    if (await unlessReadersHoldIt(() => replaceView(client, view, query))) dropped = true
  }
  await client.query(
    `insert into ${READ_SCHEMA}.projections as p (name, version, generation) values ($1, $2, $3)
      on conflict (name) do update set version = excluded.version, generation = excluded.generation,
        previous_version = p.version, previous_generation = p.generation
      where (p.version, p.generation) <> (excluded.version, excluded.generation)`,
    [name, version, generation],
  )
  const positions = (await listInUse(client)).map(
    (row) => `select '${row.name}'::text as name, ${row.version} as version, position, updated_at
      from ${schemaOf(row)}.checkpoint`,
  )
  const allPositions = `create or replace view ${READ_SCHEMA}.positions as ${positions.join(' union all ')}`
  await unlessReadersHoldIt(() => client.query(allPositions))
  if (dropped) await rebuildDependents(client)
}

export interface InUse {
  readonly name: string
  readonly version: number
  readonly generation: number
}

/** What readers see, by name; of versions that this code may not know. */
export const listInUse = async (client: Pick<PoolClient, 'query'>): Promise<readonly InUse[]> => {
  const { rows } = await client.query<InUse>(
    `select name, version, generation from ${READ_SCHEMA}.projections order by name`,
  )
  return rows
}

/**
 * The generation of each projection that the projector has to write: the one in use; of a version that is not in use yet,
 * the newest that a rebuild has finished, or the first.
 */
export const findGenerationsToWrite = async (
  client: Pick<PoolClient, 'query'>,
  projections: readonly Projection[],
): Promise<readonly Projection[]> => {
  const { rows } = await client.query<{ name: string; version: number; generation: number }>(
    `select name, version, generation from ${READ_SCHEMA}.projections union all
      select name, version, max(generation) from ${READ_SCHEMA}.generations g where ready and not exists (
        select from ${READ_SCHEMA}.projections p where p.name = g.name and p.version = g.version)
      group by name, version`,
  )
  return projections.map((projection) => {
    const row = rows.find(({ name, version }) => name === projection.name && version === projection.version)
    return row === undefined || row.generation === 1 ? projection : { ...projection, generation: row.generation }
  })
}

export const ensureReadSchema = (client: PoolClient): Promise<void> =>
  changingSchemas(client, () => run(client, createReadSchema()))

/**
 * Creates what is missing and answers the generations to write. Where nothing is in use yet, all are put in use at once;
 * later, readers see a new one only when it has come as far as the others.
 */
export const ensureSchemas = (client: PoolClient, projections: readonly Projection[]): Promise<readonly Projection[]> =>
  changingSchemas(client, async () => {
    await run(client, createReadSchema())
    const isFirst = (await listInUse(client)).length === 0
    const toWrite = await findGenerationsToWrite(client, projections)
    for (const projection of toWrite) {
      if (!(await schemaExists(client, schemaOf(projection)))) await createFirstBuild(client, projection)
      if (isFirst) await publish(client, projection)
    }
    return toWrite
  })

/** The keys and indexes that a bulk writer left out, and statistics. May be called again after it was killed. */
export const completeTables = async (client: PoolClient, projection: Projection): Promise<void> => {
  const schema = schemaOf(projection)
  const { rows } = await client.query<{ relname: string }>(
    `select c.relname from pg_index i join pg_class c on c.oid = i.indrelid
      where i.indisprimary and c.relnamespace = $1::regnamespace`,
    [schema],
  )
  const keyed = new Set(rows.map(({ relname }) => relname))
  // A writer that had this connection looked at growing tables in haste.
  await client.query('reset default_statistics_target')
  for (const table of projection.tables) {
    if (!keyed.has(table.name)) await client.query(createKey(schema, table))
    await run(client, [...createIndexes(schema, table), `analyze ${schema}.${table.name}`])
  }
}

/**
 * Switches the stable views to these versions, all in one transaction.
 * @throws ReadersAtWork, and then nothing is switched
 */
export const switchReadViews = async (client: PoolClient, projections: readonly Projection[]): Promise<void> => {
  await changingSchemas(client, async () => {
    await keepReadersOut(client)
    await waitForOlderReaders(client)
    for (const projection of projections) await publish(client, projection)
  })
}

/** Where each of these versions stands; -1: nothing read yet. Tells, and promises nothing: only the epoch's holder may rely on it. */
export const listPositions = async (
  client: PoolClient,
  projections: readonly Projection[],
): Promise<ReadonlyMap<Projection, Position>> => {
  const positions = new Map<Projection, Position>()
  for (const projection of projections) {
    const { rows } = await client.query<{ position: Position }>(
      `select position from ${schemaOf(projection)}.checkpoint`,
    )
    positions.set(projection, rows[0]?.position ?? BEFORE_THE_LOG)
  }
  return positions
}

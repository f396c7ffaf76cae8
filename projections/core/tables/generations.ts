import type { Position } from '@registru/domain'
import type { PoolClient } from '@registru/runtime'
import { GenerationInUse } from '../fold/errors.ts'
import { type Projection, schemaOf } from '../fold/projection.ts'
import { READ_SCHEMA } from '../reading/read.ts'
import { changingSchemas, createBareSchema, publish, run } from './schema.ts'

export interface Generation {
  readonly name: string
  readonly version: number
  readonly generation: number
  /** A rebuild of it has come to its end. */
  readonly ready: boolean
  readonly use: 'IN_USE' | 'PREVIOUS' | undefined
  /** `undefined`: its schema is gone. */
  readonly position: Position | undefined
  readonly bytes: bigint
}

interface GenerationRow {
  readonly name: string
  readonly version: number
  readonly generation: number
  readonly ready: boolean
  readonly in_use: boolean
  readonly previous: boolean
  readonly present: boolean
  readonly bytes: bigint
}

/** What was written down when it was built: a schema that is only called like a build is somebody else's. */
const ALL_GENERATIONS = `
  select name, version, generation, ready,
    coalesce((version, generation) = (p.in_version, p.in_generation), false) as in_use,
    coalesce((version, generation) = (p.previous_version, p.previous_generation), false) as previous,
    n.oid is not null as present,
    coalesce((select sum(pg_total_relation_size(c.oid)) from pg_class c where c.relnamespace = n.oid and c.relkind = 'r'), 0)::bigint as bytes
  from ${READ_SCHEMA}.generations
  left join (select name, version as in_version, generation as in_generation, previous_version, previous_generation
    from ${READ_SCHEMA}.projections) p using (name)
  left join pg_namespace n on n.nspname = name || '_v' || version || case generation when 1 then '' else '_g' || generation end
  order by name, version, generation`

export const listGenerations = async (client: PoolClient): Promise<readonly Generation[]> => {
  const { rows } = await client.query<GenerationRow>(ALL_GENERATIONS)
  const generations: Generation[] = []
  for (const { name, version, generation, ready, bytes, ...row } of rows) {
    const use = row.in_use ? 'IN_USE' : row.previous ? 'PREVIOUS' : undefined
    const found = row.present
      ? await client.query<{ position: Position }>(
          `select position from ${schemaOf({ name, version, generation })}.checkpoint`,
        )
      : undefined
    generations.push({ name, version, generation, ready, use, position: found?.rows[0]?.position, bytes })
  }
  return generations
}

/** The build of this version that was begun and not finished, or a new one. */
export const beginGeneration = (client: PoolClient, projection: Projection): Promise<Projection> =>
  changingSchemas(client, async () => {
    const { name, version } = projection
    const { rows } = await client.query<{ generation: number; ready: boolean }>(
      `select generation, ready from ${READ_SCHEMA}.generations where name = $1 and version = $2
        order by generation desc limit 1`,
      [name, version],
    )
    const latest = rows[0]
    if (latest !== undefined && !latest.ready) return { ...projection, generation: latest.generation }
    const begun = { ...projection, generation: (latest?.generation ?? 1) + 1 }
    await client.query(`insert into ${READ_SCHEMA}.generations (name, version, generation) values ($1, $2, $3)`, [
      name,
      version,
      begun.generation,
    ])
    await run(client, createBareSchema(begun))
    return begun
  })

/** All at once, so that a rebuild of many that is killed goes on with all of them. */
export const finishGenerations = (client: PoolClient, projections: readonly Projection[]): Promise<void> =>
  changingSchemas(client, async () => {
    for (const { name, version, generation = 1 } of projections) {
      await client.query(
        `update ${READ_SCHEMA}.generations set ready = true where name = $1 and version = $2 and generation = $3`,
        [name, version, generation],
      )
    }
  })

/**
 * Removes tables and all.
 * @throws GenerationInUse, since its tables are what readers see
 */
export const dropGeneration = (
  client: PoolClient,
  { name, version, generation }: Pick<Generation, 'name' | 'version' | 'generation'>,
): Promise<void> =>
  changingSchemas(client, async () => {
    const { rows } = await client.query(
      `select from ${READ_SCHEMA}.projections where (name, version, generation) = ($1, $2, $3)`,
      [name, version, generation],
    )
    if (rows.length > 0) throw new GenerationInUse(`${schemaOf({ name, version, generation })} is in use`)
    await client.query(`drop schema if exists ${schemaOf({ name, version, generation })} cascade`)
    await client.query(`delete from ${READ_SCHEMA}.generations where name = $1 and version = $2 and generation = $3`, [
      name,
      version,
      generation,
    ])
    await client.query(
      `update ${READ_SCHEMA}.projections set previous_version = null, previous_generation = null
        where name = $1 and previous_version = $2 and previous_generation = $3`,
      [name, version, generation],
    )
  })

/** Points the views at these generations in the caller's transaction, and shuts out who wrote the old ones or the new ones. */
export const putInUse = async (
  client: PoolClient,
  changes: readonly { readonly from: Projection; readonly to: Projection }[],
): Promise<void> => {
  for (const { from, to } of changes) {
    await publish(client, to)
    for (const projection of [from, to])
      await client.query(`update ${schemaOf(projection)}.checkpoint set epoch = epoch + 1`)
  }
}

import type { PoolClient } from '@registru/runtime'
import { READ_SCHEMA } from '../reading/read.ts'

/** Schemas that stand on the stable views. A view that changes its columns takes them with it, so they are made again. */
export const CREATE_DEPENDENTS = `create table if not exists ${READ_SCHEMA}.dependents (
  name text primary key,
  statements text[] not null
)`

/** Runs again what stands on the stable views, in the transaction that changed them: its readers miss nothing. */
export const rebuildDependents = async (client: PoolClient): Promise<void> => {
  const { rows } = await client.query<{ statements: string[] }>(
    `select statements from ${READ_SCHEMA}.dependents order by name`,
  )
  for (const { statements } of rows) for (const statement of statements) await client.query(statement)
}

/** Remembers what stands on the stable views, and makes it. The statements must bear being run again. */
export const registerDependents = async (
  client: PoolClient,
  name: string,
  statements: readonly string[],
): Promise<void> => {
  await client.query(
    `insert into ${READ_SCHEMA}.dependents values ($1, $2) on conflict (name) do update set statements = excluded.statements`,
    [name, [...statements]],
  )
  for (const statement of statements) await client.query(statement)
}

export const forgetDependents = async (client: PoolClient, name: string): Promise<void> => {
  await client.query(`delete from ${READ_SCHEMA}.dependents where name = $1`, [name])
}

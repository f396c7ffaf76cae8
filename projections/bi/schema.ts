import type { PoolClient } from '@registru/runtime'
import { forgetDependents, registerDependents } from '../core/tables/dependents.ts'
import { changingSchemas } from '../core/tables/schema.ts'
import { BI_GROUP, CREATE_GROUPS, closeToReaders } from './privileges.ts'
import { BI_ACCESS_SCHEMA, BI_SCHEMA, type BiView, biViews } from './views.ts'

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`

const viewStatements = ({ name, comment, columns, from }: BiView): readonly string[] => [
  // The barrier: no function of a caller sees a row before the filter by company has let it pass.
  `create view ${BI_SCHEMA}.${name} with (security_barrier) as
    select ${columns.map((column) => `${column.sql} as "${column.name}"`).join(', ')} from ${from}`,
  `comment on view ${BI_SCHEMA}.${name} is ${quote(comment)}`,
  ...columns.map((column) => `comment on column ${BI_SCHEMA}.${name}."${column.name}" is ${quote(column.comment)}`),
]

/** What stands on the read views; run again whenever one of them changes its columns. */
const statements: readonly string[] = [
  `drop view if exists ${biViews.map(({ name }) => `${BI_SCHEMA}.${name}`).join(', ')}`,
  `create or replace view ${BI_ACCESS_SCHEMA}.my_companies as
    select c.company_id from read.companies c
    where exists (select from ${BI_ACCESS_SCHEMA}.grants g
      where g.role_name = session_user::text and g.company_id in (c.company_id, '*'))`,
  ...biViews.flatMap(viewStatements),
  `grant select on all tables in schema ${BI_SCHEMA} to ${BI_GROUP}`,
]

const foundation: readonly string[] = [
  ...CREATE_GROUPS,
  `create schema if not exists ${BI_ACCESS_SCHEMA}`,
  `create table if not exists ${BI_ACCESS_SCHEMA}.grants (
    role_name text not null,
    company_id text not null,
    primary key (role_name, company_id)
  )`,
  `comment on table ${BI_ACCESS_SCHEMA}.grants is 'Whose ledgers each login of a BI tool sees; * is every company.'`,
  `create schema if not exists ${BI_SCHEMA}`,
  `comment on schema ${BI_SCHEMA} is 'Receivables for BI tools: facts and dimensions. A stable contract.'`,
  `grant usage on schema ${BI_SCHEMA} to ${BI_GROUP}`,
]

/**
 * Makes the schema for BI tools, or brings it up to this code. Needs a role that may create roles.
 * @returns what every login can still reach besides, because the role may not take it away
 */
export const installBi = (client: PoolClient): Promise<readonly string[]> =>
  changingSchemas(client, async () => {
    for (const statement of foundation) await client.query(statement)
    await registerDependents(client, BI_SCHEMA, statements)
    return closeToReaders(client)
  })

/** Takes the views away. Logins stay until they are dropped, and what they may see, for when the views are made again. */
export const removeBi = (client: PoolClient): Promise<void> =>
  changingSchemas(client, async () => {
    await forgetDependents(client, BI_SCHEMA)
    await client.query(`drop schema if exists ${BI_SCHEMA} cascade`)
    await client.query(`drop view if exists ${BI_ACCESS_SCHEMA}.my_companies`)
  })

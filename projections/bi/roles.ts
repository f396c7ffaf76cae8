import { randomBytes } from 'node:crypto'
import type { PoolClient } from '@registru/runtime'
import { BI_GROUP } from './schema.ts'
import { BI_ACCESS_SCHEMA, BI_SCHEMA } from './views.ts'

const PASSWORD_BYTES = 24
/** A dashboard opens many queries at once; the ledger's own processes must still find a connection. */
const CONNECTIONS_MAX = 10
/** `*` in the grants: every company. */
export const EVERY_COMPANY = '*'

/** What a login begins with. It may change these for itself; what it sees hangs on none of them. */
const SETTINGS: Readonly<Record<string, string>> = {
  statement_timeout: '30s',
  idle_in_transaction_session_timeout: '60s',
  default_transaction_read_only: 'on',
  search_path: BI_SCHEMA,
}

export interface BiRole {
  readonly role: string
  readonly companies: readonly string[]
}

/** @throws Error for a name that would need quoting, or that is not one of ours */
const checkedRole = (role: string): string => {
  if (/^bi_[a-z0-9_]{1,50}$/.test(role)) return role
  throw new Error(`${role}: the name of a BI login is bi_ and lower-case letters, digits and _`)
}

/**
 * Makes a login that sees these companies in `bi_v1` and nothing else, or gives an old one a new password and these
 * companies.
 * @returns the password, which is kept nowhere
 */
export const createBiRole = async (client: PoolClient, { role, companies }: BiRole): Promise<string> => {
  const name = checkedRole(role)
  const password = randomBytes(PASSWORD_BYTES).toString('base64url')
  await client.query('begin')
  try {
    const { rowCount } = await client.query('select from pg_roles where rolname = $1', [name])
    if (rowCount === 0) await client.query(`create role ${name}`)
    // Base64url has no quote. `inherit`: it is a member of the group and of nothing else.
    await client.query(
      `alter role ${name} login inherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls
        connection limit ${CONNECTIONS_MAX} password '${password}'`,
    )
    for (const [setting, value] of Object.entries(SETTINGS))
      await client.query(`alter role ${name} set ${setting} = '${value}'`)
    await client.query(`grant ${BI_GROUP} to ${name}`)
    // Everybody may create temporary tables, and in old databases tables in public: a reader needs neither.
    await client.query(`do $$ begin
      execute format('revoke temporary on database %I from public', current_database());
      revoke create on schema public from public;
    end $$`)
    await client.query(`delete from ${BI_ACCESS_SCHEMA}.grants where role_name = $1`, [name])
    await client.query(`insert into ${BI_ACCESS_SCHEMA}.grants select $1, unnest($2::text[])`, [name, [...companies]])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
  return password
}

/** Ends its sessions too: a login that is dropped must not go on reading. */
export const dropBiRole = async (client: PoolClient, role: string): Promise<void> => {
  const name = checkedRole(role)
  await client.query(`delete from ${BI_ACCESS_SCHEMA}.grants where role_name = $1`, [name])
  await client.query(`alter role ${name} nologin`)
  await client.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [name])
  await client.query(`drop role ${name}`)
}

export const listBiRoles = async (client: PoolClient): Promise<readonly BiRole[]> => {
  const { rows } = await client.query<BiRole>(
    `select role_name as role, array_agg(company_id order by company_id) as companies
     from ${BI_ACCESS_SCHEMA}.grants group by 1 order by 1`,
  )
  return rows
}

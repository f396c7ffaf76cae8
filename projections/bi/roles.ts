import { randomBytes } from 'node:crypto'
import type { PoolClient } from '@registru/runtime'
import { BI_GROUP } from './privileges.ts'
import { BI_LIMITS } from './sessions.ts'
import { BI_ACCESS_SCHEMA, BI_SCHEMA } from './views.ts'

const PASSWORD_BYTES = 24
/** A dashboard opens many queries at once; the ledger's own processes must still find a connection. */
const CONNECTIONS_MAX = 10
/** `*` in the grants: every company. */
export const EVERY_COMPANY = '*'

/**
 * What a login begins with. It may change these for itself: what it sees hangs on none of them, and what lasts longer is
 * ended from outside.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  statement_timeout: `${BI_LIMITS.statementMs}`,
  idle_in_transaction_session_timeout: `${BI_LIMITS.idleInTransactionMs}`,
  default_transaction_read_only: 'on',
  search_path: BI_SCHEMA,
}
/** What a large sort may lay on the disk. This one a login cannot change: only a superuser can, and so gives it. */
const TEMP_FILE_LIMIT = '2GB'

export interface BiRole {
  readonly role: string
  readonly companies: readonly string[]
}

/** A login of theirs would see nothing, and nobody would know why; one that comes later is given when it is there. */
export class CompaniesUnknown extends Error {
  override readonly name = 'CompaniesUnknown'
  readonly companies: readonly string[]

  constructor(companies: readonly string[]) {
    super(`no such company: ${companies.join(', ')}`)
    this.companies = companies
  }
}

/** @throws CompaniesUnknown */
const requireKnown = async (client: PoolClient, companies: readonly string[]): Promise<void> => {
  const { rows } = await client.query<{ company: string }>(
    `select company from unnest($1::text[]) company
     where company <> $2 and not exists (select from read.event_index where company_id = company) order by 1`,
    [[...new Set(companies)], EVERY_COMPANY],
  )
  if (rows.length > 0) throw new CompaniesUnknown(rows.map(({ company }) => company))
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
 * @throws CompaniesUnknown
 */
export const createBiRole = async (client: PoolClient, { role, companies }: BiRole): Promise<string> => {
  const name = checkedRole(role)
  const password = randomBytes(PASSWORD_BYTES).toString('base64url')
  await client.query('begin')
  try {
    await requireKnown(client, companies)
    const { rows } = await client.query<{ mighty: boolean }>(
      `select rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls as mighty
       from pg_roles where rolname = $1`,
      [name],
    )
    if (rows[0]?.mighty === true)
      throw new Error(`${name} may do more than read: drop it first, or choose another name`)
    if (rows.length === 0) await client.query(`create role ${name}`)
    // Base64url has no quote. `inherit`: it is a member of the group and of nothing else.
    await client.query(`alter role ${name} login inherit connection limit ${CONNECTIONS_MAX} password '${password}'`)
    await client.query(`do $$ begin
      if has_parameter_privilege(current_user, 'temp_file_limit', 'set') then
        alter role ${name} set temp_file_limit = '${TEMP_FILE_LIMIT}';
      end if;
    end $$`)
    for (const [setting, value] of Object.entries(SETTINGS))
      await client.query(`alter role ${name} set ${setting} = '${value}'`)
    await client.query(`grant ${BI_GROUP} to ${name}`)
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
  const { rows: schema } = await client.query(`select from pg_namespace where nspname = '${BI_ACCESS_SCHEMA}'`)
  if (schema.length === 0) return []
  const { rows } = await client.query<BiRole>(
    `select role_name as role, array_agg(company_id order by company_id) as companies
     from ${BI_ACCESS_SCHEMA}.grants group by 1 order by 1`,
  )
  return rows
}

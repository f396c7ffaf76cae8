import type { PoolClient } from '@registru/runtime'

/** All logins of BI tools are members: views that are made again are granted to it again. */
export const BI_GROUP = 'registru_bi'
/** Who may go on doing what is taken from everybody here: the roles that stood on the server before, and those granted it. */
export const LEDGER_GROUP = 'registru_ledger'

/**
 * What PostgreSQL lets everybody execute and a reader does not need, by subject. A test judges every other function that
 * a login can reach.
 */
const NOT_FOR_READERS = [
  // The event store and the projector are each alone by such a lock: a reader that takes one stops them.
  'pg_(try_)?advisory_.*',
  // They are written to the disk, in a transaction that only reads, too.
  'lo_.*|loread|lowrite',
  // The log of the server, its queue of notices, its transaction ids and slots: not bounded by what a login may write.
  'pg_logical_emit_message|pg_notify|pg_export_snapshot|pg_current_xact_id|txid_current',
  'pg_logical_slot_.*|pg_(create|copy)_(logical|physical)_.*slot|pg_(drop_replication_slot|replication_slot_advance|sync_replication_slots)',
  // To wait is to hold what one has.
  'pg_sleep(_for|_until)?',
].join('|')

/** A block of code that loops needs one. Running functions that others wrote does not. */
const LANGUAGES = ['plpgsql', 'sql']

const reachable = `
  with taken as (
    select oid, 'function ' || oid::regprocedure as what, coalesce(proacl, acldefault('f', proowner)) as acl
      from pg_proc where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^(?:${NOT_FOR_READERS})$'
    union all
    select oid, 'language ' || quote_ident(lanname), coalesce(lanacl, acldefault('l', lanowner))
      from pg_language where lanname in (${LANGUAGES.map((name) => `'${name}'`).join(', ')})
    union all
    select oid, 'database ' || quote_ident(datname), coalesce(datacl, acldefault('d', datdba))
      from pg_database where datname = current_database()
    union all
    select oid, 'schema public', coalesce(nspacl, acldefault('n', nspowner)) from pg_namespace where nspname = 'public'
  )
  select what, lower(string_agg(privilege_type, ', ')) as privileges
  from taken, aclexplode(acl)
  where grantee = 0 and not (what like 'database %' and privilege_type = 'CONNECT')
    and not (what = 'schema public' and privilege_type = 'USAGE')
  group by what order by what`

interface Open {
  readonly what: string
  readonly privileges: string
}

const listOpen = async (client: PoolClient): Promise<readonly Open[]> => (await client.query<Open>(reachable)).rows

const createGroup = (name: string): string =>
  `do $$ begin create role ${name} nologin; exception when duplicate_object or unique_violation then null; end $$`

/**
 * Takes from everybody what a reader does not need, and leaves it to the roles that are there. Only a superuser may take
 * away what PostgreSQL itself gave: for another role it is a warning of the server.
 * @returns what is still open to every login, because this role may not take it away
 */
export const closeToReaders = async (client: PoolClient): Promise<readonly string[]> => {
  const open = await listOpen(client)
  if (open.length === 0) return []
  const { rows: others } = await client.query<{ role: string }>(
    `select quote_ident(rolname) as role from pg_roles r
     where rolcanlogin and not rolsuper and rolname !~ '^bi_' and exists (
       select from pg_roles me where me.rolname = current_user and me.rolsuper)
       and not pg_has_role(oid, '${BI_GROUP}', 'member') and not pg_has_role(oid, '${LEDGER_GROUP}', 'member')`,
  )
  for (const { role } of others) await client.query(`grant ${LEDGER_GROUP} to ${role}`)
  for (const { what, privileges } of open) {
    await client.query(`grant ${privileges} on ${what} to ${LEDGER_GROUP}`)
    await client.query(`revoke ${privileges} on ${what} from public`)
  }
  return (await listOpen(client)).map(({ what }) => what)
}

export const CREATE_GROUPS: readonly string[] = [createGroup(BI_GROUP), createGroup(LEDGER_GROUP)]

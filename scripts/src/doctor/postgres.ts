import type { PoolClient } from '@registru/runtime'
import { compareClocks, type Examination, secondsSince } from './diagnosis.ts'

const VERSION_MINIMUM = 15
const VERSION_NUMBER_FACTOR = 10_000
const CONNECTIONS_SHARE_MAX = 0.8
/** A transaction that stays open keeps every dead row since then from being cleaned up. */
const TRANSACTION_SECONDS_MAX = 15 * 60

const SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'A crash of the machine can lose or break everything: set fsync = on.',
  full_page_writes: 'A crash of the machine can break pages: set full_page_writes = on.',
  synchronous_commit:
    'A crash can lose commits that were acknowledged, events of the embedded store too: set synchronous_commit = on.',
}

interface Facts {
  readonly version: string
  readonly now: Date
  readonly encoding: string
  readonly in_recovery: boolean
  readonly connections: number
  readonly connections_max: number
  readonly oldest_at: Date | null
}

/** Settings that would break a promise of the ledger, and what is running full. */
export const examinePostgres = async (at: Examination, client: PoolClient): Promise<void> => {
  const askedMs = Date.now()
  const { rows } = await client.query<Facts>(
    `select current_setting('server_version_num') as version, clock_timestamp() as now,
       pg_encoding_to_char(encoding) as encoding, pg_is_in_recovery() as in_recovery,
       (select count(*)::integer from pg_stat_activity where backend_type = 'client backend') as connections,
       current_setting('max_connections')::integer as connections_max,
       (select min(xact_start) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend') as oldest_at
     from pg_database where datname = current_database()`,
  )
  const heardMs = Date.now()
  const [facts] = rows
  if (facts === undefined) throw new Error('PostgreSQL does not know its own database')
  const major = Math.floor(Number(facts.version) / VERSION_NUMBER_FACTOR)
  if (major >= VERSION_MINIMUM) at.ok('version', `${major}`)
  else at.wrong('version', `${major}`, `Move to PostgreSQL ${VERSION_MINIMUM} or newer.`)
  compareClocks(at, facts.now, askedMs, heardMs)
  if (facts.encoding !== 'UTF8')
    at.wrong('encoding', facts.encoding, 'Names need UTF8: create the database anew with it.')
  if (facts.in_recovery)
    at.wrong('role', 'a standby', 'DATABASE_URL has to name the primary: read models are written there.')

  const wanted = Object.keys(SETTINGS)
  const settings = await client.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any($1) order by name',
    [wanted],
  )
  const off = settings.rows.filter(({ setting }) => setting === 'off')
  for (const { name } of off) at.wrong('settings', `${name} = off`, SETTINGS[name] ?? '')
  if (off.length === 0) at.ok('settings', `${wanted.join(', ')} are on`)

  const connections = `${facts.connections} of ${facts.connections_max}`
  if (facts.connections < facts.connections_max * CONNECTIONS_SHARE_MAX) at.ok('connections', connections)
  else at.note('connections', connections, 'Raise max_connections, or put a pooler in front.')
  const openSeconds = facts.oldest_at === null ? 0 : secondsSince(facts.oldest_at, heardMs)
  if (openSeconds > TRANSACTION_SECONDS_MAX) {
    const found = `one is open for ${Math.round(openSeconds / 60)} minutes`
    at.note('transactions', found, 'See pg_stat_activity: it keeps dead rows from being cleaned up.')
  }
}

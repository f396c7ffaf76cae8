import type { Pool } from '@registru/runtime'
import { BI_GROUP } from './privileges.ts'

/** What a login begins with, and what ends its session when the login has set it higher for itself. */
export const BI_LIMITS = { statementMs: 30_000, idleInTransactionMs: 60_000, transactionMs: 300_000 } as const

/** The server ends what keeps to its settings by itself, and more gently. */
const GRACE_MS = 5_000

export interface EndedSession {
  readonly role: string
  readonly why: 'statement' | 'idle in transaction' | 'transaction'
  readonly seconds: number
}

/** @see https://www.postgresql.org/docs/17/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW */
const OVERLONG = `
  with session as (
    select pid, usename as role, state, clock_timestamp() as now, query_start, state_change, xact_start
    from pg_stat_activity
    where usesysid in (select member from pg_auth_members where roleid = (select oid from pg_roles where rolname = $4))
  ), long as (
    select pid, role, 'statement' as why, now - query_start as age, $1::bigint as limit_ms from session where state = 'active'
    union all
    select pid, role, 'idle in transaction', now - state_change, $2 from session where state like 'idle in transaction%'
    union all
    select pid, role, 'transaction', now - xact_start, $3 from session
  )
  select distinct on (pid) pid, role, why, extract(epoch from age)::float8 as seconds
  from long where age > limit_ms * interval '1 ms' order by pid, age`

/**
 * Ends what sessions of BI logins do longer than they may. A time-out of a session is only a default: the session lifts it
 * with one statement, and its snapshot and its locks then stay. Needs `pg_signal_backend` and `pg_read_all_stats`, or a superuser.
 */
export const endOverlongBiSessions = async (
  pool: Pick<Pool, 'query'>,
  limits: { readonly [Limit in keyof typeof BI_LIMITS]: number } = BI_LIMITS,
): Promise<readonly EndedSession[]> => {
  const { statementMs, idleInTransactionMs, transactionMs } = limits
  const values = [statementMs, idleInTransactionMs, transactionMs].map((ms) => ms + GRACE_MS)
  const { rows } = await pool.query<EndedSession>(
    `select role, why, seconds from (${OVERLONG}) as found where pg_terminate_backend(pid)`,
    [...values, BI_GROUP],
  )
  return rows
}

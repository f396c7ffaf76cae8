import type { PoolClient } from '@registru/runtime'
import type { Examination } from './diagnosis.ts'

/** Sessions that were always named like this, so that one of somebody else is told from them. */
const isOurs = (session: string): string =>
  `(${session}.application_name like 'registru%' or ${session}.application_name = 'event-store')`

/** Advisory locks of the ledger, each held by one process at a time: infra/embedded, services/projector, services/api. */
const HELD_BY_ONE: readonly { readonly key: bigint; readonly what: string }[] = [
  { key: 7_305_170_542_011_482n, what: 'the event store' },
  { key: 7_310_002n, what: 'the projector' },
  { key: 7_310_003n, what: 'the receipt process' },
  { key: 7_310_005n, what: 'a rebuild' },
]

interface Holder {
  readonly pid: number
  readonly usename: string
  readonly application_name: string
}

interface Blocked extends Holder {
  readonly waiting: string
}

const nameOf = ({ pid, usename, application_name: application }: Holder): string =>
  `${application || 'a nameless program'} of ${usename} (process ${pid})`

const adviceFor = (pid: number): string => `If it should not: select pg_terminate_backend(${pid}).`

/** Who holds what a process of ours waits for, or has taken a lock that only a process of ours has any use for. */
export const examineLocks = async (at: Examination, client: PoolClient): Promise<void> => {
  const { rows: blocked } = await client.query<Blocked>(
    `select distinct waiting.application_name as waiting, holder.pid, holder.usename, holder.application_name
       from pg_stat_activity waiting
       cross join lateral unnest(pg_blocking_pids(waiting.pid)) as blocking(pid)
       join pg_stat_activity holder on holder.pid = blocking.pid
      where waiting.datname = current_database() and ${isOurs('waiting')}
      order by waiting, holder.pid`,
  )
  for (const each of blocked) {
    at.wrong('locks', `${each.waiting} waits for a lock of ${nameOf(each)}`, adviceFor(each.pid))
  }
  const { rows: taken } = await client.query<Holder & { readonly key: bigint }>(
    `select (classid::bigint << 32) | objid::bigint as key, pid, usename, application_name
       from pg_locks join pg_stat_activity holder using (pid)
      where locktype = 'advisory' and objsubid = 1 and granted and not ${isOurs('holder')}
        and pg_locks.database = (select oid from pg_database where datname = current_database())`,
  )
  const strange = taken.flatMap((holder) =>
    HELD_BY_ONE.filter(({ key }) => key === holder.key).map((of) => ({ holder, of })),
  )
  for (const { holder, of } of strange) {
    at.wrong('locks', `the lock of ${of.what} is held by ${nameOf(holder)}`, adviceFor(holder.pid))
  }
  if (blocked.length === 0 && strange.length === 0) at.ok('locks', 'nobody holds up a process of the ledger')
}

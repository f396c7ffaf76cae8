import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolClient } from '@registru/runtime'
import { sql } from 'kysely'
import { READ_SCHEMA, type ReadHandle } from './read.ts'

/** A reader that has read for this long may read for long: an audit, a large export. A switch is put off for it. */
const LONG_READER_MS = 2_000
/** Others who come meanwhile wait at the door. */
const LEAVE_WITHIN_MS = 2_000
const POLL_MS = 10

const LOCK_NOT_AVAILABLE = '55P03'

/** Somebody reads from an older moment; the switch is to be tried again. The code is that of a lock that is not free. */
export class ReadersAtWork extends Error {
  override readonly name = 'ReadersAtWork'
  readonly code = LOCK_NOT_AVAILABLE
}

/**
 * First thing in a reader's transaction, while it has no snapshot. A view is looked up when it is first used, so a reader
 * that has begun before a switch could find tables in it that its snapshot shows as they were a while ago.
 */
export const enterAsReader = async (db: ReadHandle): Promise<void> => {
  await sql`lock table read.projections in access share mode`.execute(db)
}

const mustBeNoLongReader = async (client: PoolClient): Promise<void> => {
  const { rows } = await client.query<{ pid: number; application_name: string }>(
    `select pid, application_name from pg_stat_activity
      where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
        and backend_xmin is not null and xact_start < clock_timestamp() - make_interval(secs => ${LONG_READER_MS} / 1000.0)
      order by xact_start limit 1`,
  )
  const [reader] = rows
  if (reader === undefined) return
  throw new ReadersAtWork(
    `a transaction of ${reader.application_name || 'a client'} (process ${reader.pid}) still reads`,
  )
}

const isNotFree = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE && !(error instanceof ReadersAtWork)

/**
 * Does what takes a lock from readers, and says of a lock that is not free in time that readers hold it.
 * @throws ReadersAtWork
 */
export const unlessReadersHoldIt = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work()
  } catch (error) {
    if (isNotFree(error)) throw new ReadersAtWork('a reader has not left in time', { cause: error })
    throw error
  }
}

/**
 * Waits for the readers at work to leave, and lets no new one in before the caller's transaction ends. From here on that
 * transaction waits for no lock longer than 2 s.
 * @throws ReadersAtWork
 */
export const keepReadersOut = async (client: PoolClient): Promise<void> => {
  await mustBeNoLongReader(client)
  await client.query(`set local lock_timeout = ${LEAVE_WITHIN_MS}`)
  await unlessReadersHoldIt(() => client.query(`lock table ${READ_SCHEMA}.projections in access exclusive mode`))
}

/**
 * Other programs do not enter by the door. Those whose snapshot is older than what has been written by now are waited for;
 * those that wait for us are not.
 * @throws ReadersAtWork
 */
export const waitForOlderReaders = async (client: PoolClient): Promise<void> => {
  for (const until = performance.now() + LEAVE_WITHIN_MS; performance.now() < until; await sleep(POLL_MS)) {
    // Within a transaction Postgres tells again what it told first, unless it is asked to look anew.
    await client.query('select pg_stat_clear_snapshot()')
    const { rows } = await client.query<{ count: bigint }>(
      `select count(*) from pg_stat_activity
        where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
          and age(backend_xmin) > age(pg_current_xact_id()::xid)
          and not pg_backend_pid() = any(pg_blocking_pids(pid))`,
    )
    if (rows[0]?.count === 0n) return
  }
  throw new ReadersAtWork('a reader holds an older snapshot')
}

import { setTimeout as sleep } from 'node:timers/promises'
import { lockSchemas, putInUse } from '@registru/projections'
import type { PoolClient } from '@registru/runtime'
import { atOnePosition, type MeetOptions } from './meet.ts'

const POLL_MS = 10
/** The projector stands still meanwhile. */
const WAIT_MAX_MS = 1_000

/** Somebody reads from an older moment; the switch is tried again. The code is that of a lock that is not free. */
class OlderReaders extends Error {
  override readonly name = 'OlderReaders'
  readonly code = '55P03'
}

/**
 * A reader whose snapshot is older than the last rows of the new generation would see it as it was a moment ago. Such
 * readers are waited for; those that wait for us are not.
 */
const waitForOlderReaders = async (holder: PoolClient): Promise<void> => {
  for (const until = performance.now() + WAIT_MAX_MS; performance.now() < until; await sleep(POLL_MS)) {
    const { rows } = await holder.query<{ count: bigint }>(
      `select count(*) from pg_stat_activity
        where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
          and age(backend_xmin) > age(pg_current_xact_id()::xid)
          and not pg_backend_pid() = any(pg_blocking_pids(pid))`,
    )
    if (rows[0]?.count === 0n) return
  }
  throw new OlderReaders('a reader holds an older snapshot')
}

/** A reader that has read for this long may read for long: an audit, a large export. The projector is not held for it. */
const LONG_READER_MS = 300

const mustBeNoLongReader = async (client: PoolClient): Promise<void> => {
  const { rows } = await client.query<{ pid: number; application_name: string }>(
    `select pid, application_name from pg_stat_activity
      where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
        and backend_xmin is not null and xact_start < clock_timestamp() - make_interval(secs => ${LONG_READER_MS} / 1000.0)
      order by xact_start limit 1`,
  )
  const [reader] = rows
  if (reader === undefined) return
  throw new OlderReaders(
    `a transaction of ${reader.application_name || 'a client'} (process ${reader.pid}) still reads`,
  )
}

/**
 * Puts generations in the place of the ones in use, all in one transaction at one position; the projector goes on with
 * them. The old ones stay where they are, for the way back.
 */
export const switchGenerations = (options: MeetOptions): Promise<void> =>
  atOnePosition({ ...options, isTheTime: mustBeNoLongReader }, async (holder) => {
    await waitForOlderReaders(holder)
    await lockSchemas(holder)
    await putInUse(holder, options.pairs)
  })

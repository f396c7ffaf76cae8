import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from '@registru/runtime'

/** Any number; it only has to be the same in every process of the ledger. */
const LOCK = 7_310_003
const RETRY_MS = 2_000

/**
 * Runs `lead` in one process at a time, as far as one Postgres can tell. An optimisation only: two leaders at once do
 * the work twice and write it once. Resolves when `signal` aborts or leadership is lost.
 */
export const withLeadership = async (
  pool: Pool,
  signal: AbortSignal,
  lead: (signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  const client = await pool.connect()
  const lost = new AbortController()
  client.on('error', () => lost.abort())
  try {
    for (;;) {
      const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [LOCK])
      if (rows[0]?.held === true) break
      await sleep(RETRY_MS, undefined, { signal })
    }
    await lead(AbortSignal.any([signal, lost.signal]))
  } finally {
    // The session holds the lock, so it must end with the connection rather than go back to the pool.
    client.release(true)
  }
}

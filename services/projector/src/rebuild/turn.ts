import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolClient } from '@registru/runtime'

/** Any number that no other lock here has. The lock saves wasted work; correctness never needs it. */
const REBUILD_LOCK = 7_310_005
const POLL_MS = 250
/** A rebuild that was killed may still be making an index. */
const WAIT_MAX_MS = 60_000

/** Another process is rebuilding, comparing or switching. */
export class RebuildIsRunning extends Error {
  override readonly name = 'RebuildIsRunning'
}

/**
 * Held until the connection ends.
 * @param onWait somebody else has it
 * @throws RebuildIsRunning
 */
export const waitForRebuildTurn = async (client: PoolClient, onWait?: () => void): Promise<void> => {
  for (const until = performance.now() + WAIT_MAX_MS; performance.now() < until; await sleep(POLL_MS)) {
    const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [REBUILD_LOCK])
    if (rows[0]?.held === true) return
    onWait?.()
  }
  throw new RebuildIsRunning('another rebuild, comparison or switch is at work')
}

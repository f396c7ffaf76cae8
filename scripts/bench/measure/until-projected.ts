import { setTimeout as sleep } from 'node:timers/promises'
import { createPool } from '@registru/runtime'

const pollMs = 20
const timeoutMs = 60 * 60_000

/** Until every projection of the database has reached the position; before that, their tables are not even there. */
export const untilProjected = async (databaseUrl: string, position: bigint): Promise<void> => {
  const pool = createPool({
    url: databaseUrl,
    connectionsMax: 1,
    applicationName: 'bench',
    onIdleError: () => undefined,
  })
  try {
    for (const until = performance.now() + timeoutMs; performance.now() < until; await sleep(pollMs)) {
      const there = await pool.query<{ present: boolean }>(
        "select to_regclass('read.positions') is not null as present",
      )
      if (there.rows[0]?.present !== true) continue
      const { rows } = await pool.query<{ reached: bigint | null }>(
        'select min(position) as reached from read.positions',
      )
      if ((rows[0]?.reached ?? -1n) >= position) return
    }
    throw new Error('the rebuild did not reach the end in time')
  } finally {
    await pool.end()
  }
}

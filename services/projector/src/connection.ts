import type { Pool, PoolClient } from '@registru/runtime'

/**
 * Lends a connection of its own and closes it afterwards, for it carries settings and locks. The signal tells of its
 * loss while nothing is being asked of it; the loss is then thrown when the work ends.
 */
export const withConnection = async (
  pool: Pool,
  work: (client: PoolClient, lost: AbortSignal) => Promise<void>,
): Promise<void> => {
  const client = await pool.connect()
  const lost = new AbortController()
  client.on('error', (error) => lost.abort(error))
  try {
    await work(client, lost.signal)
  } finally {
    client.release(true)
  }
  lost.signal.throwIfAborted()
}

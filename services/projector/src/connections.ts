import type { Pool, PoolClient } from '@registru/runtime'

export interface Connections {
  /** Writes, and holds locks. */
  readonly client: PoolClient
  /** Loads. */
  readonly reader: PoolClient
  /** Tells of a loss while nothing is being asked of them. */
  readonly lost: AbortSignal
}

/**
 * Lends connections and closes them afterwards, for they carry settings and locks. A loss that nobody else noticed is
 * thrown when the work ends.
 */
export const withConnections = async (pool: Pool, work: (connections: Connections) => Promise<void>): Promise<void> => {
  const lost = new AbortController()
  const connect = async (): Promise<PoolClient> => {
    const client = await pool.connect()
    client.on('error', (error) => lost.abort(error))
    return client
  }
  const client = await connect()
  try {
    const reader = await connect()
    try {
      await work({ client, reader, lost: lost.signal })
    } finally {
      reader.release(true)
    }
  } finally {
    client.release(true)
  }
  lost.signal.throwIfAborted()
}

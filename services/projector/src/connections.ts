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
 * A server process that works or waits looks now and then whether its client is still there: a killed projector's locks are
 * free within a second. Where the platform cannot tell, it notices at the end of its statement.
 */
const NOTICE_DEAD_CLIENTS = `do $$ begin set client_connection_check_interval = 1000;
  exception when invalid_parameter_value then null; end $$`

/**
 * Lends connections and closes them afterwards, for they carry settings and locks. A loss that nobody else noticed is
 * thrown when the work ends.
 */
export const withConnections = async (pool: Pool, work: (connections: Connections) => Promise<void>): Promise<void> => {
  const lost = new AbortController()
  const connect = async (): Promise<PoolClient> => {
    const client = await pool.connect()
    client.on('error', (error) => lost.abort(error))
    try {
      await client.query(NOTICE_DEAD_CLIENTS)
      return client
    } catch (error) {
      client.release(true)
      throw error
    }
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

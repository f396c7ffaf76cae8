import pg from 'pg'

// int8 is exact money or a place in the log: never a double.
pg.types.setTypeParser(pg.types.builtins.INT8, BigInt)
// A date is a business day, not an instant at local midnight.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text)

export type { Client, Pool, PoolClient } from 'pg'

export interface PostgresOptions {
  readonly url: string
  readonly connectionsMax: number
  readonly applicationName: string
  /** Told of errors of idle connections; without a listener they would end the process. */
  readonly onIdleError: (error: Error) => void
  readonly connectTimeoutMs?: number
  readonly statementTimeoutMs?: number
}

export const createPool = (options: PostgresOptions): pg.Pool => {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connectionsMax,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 3_000,
    statement_timeout: options.statementTimeoutMs ?? 15_000,
    query_timeout: (options.statementTimeoutMs ?? 15_000) + 2_000,
    keepAlive: true,
  })
  pool.on('error', options.onIdleError)
  return pool
}

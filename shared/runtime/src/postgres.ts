import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'

const { builtins, setTypeParser } = pg.types
// int8 is exact money or a place in the log: never a double.
setTypeParser(builtins.INT8, BigInt)
// Sums of exact money may be larger than any int8; a number with a fraction stays text.
setTypeParser(builtins.NUMERIC, (text) => (/^-?\d+$/.test(text) ? BigInt(text) : text))
// A date is a business day, not an instant at local midnight. An instant (timestamptz) is a Date.
setTypeParser(builtins.DATE, (text) => text)

export type { Client, Connection, Pool, PoolClient, Submittable } from 'pg'

export interface PostgresOptions {
  readonly url: string
  readonly connectionsMax: number
  readonly applicationName: string
  /** Told of errors of idle connections; without a listener they would end the process. */
  readonly onIdleError: (error: Error) => void
  readonly connectTimeoutMs?: number
  readonly statementTimeoutMs?: number
}

const connectTimeoutMs = 3_000
const statementTimeoutMs = 15_000
/** The server gives up first; this is for a server that does not answer any more. */
const answerMarginMs = 2_000
/** A process that hangs in a transaction holds its locks no longer than this. */
const idleTransactionTimeoutMs = 30_000

export const createPool = (options: PostgresOptions): pg.Pool => {
  const timeoutMs = options.statementTimeoutMs ?? statementTimeoutMs
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connectionsMax,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs ?? connectTimeoutMs,
    statement_timeout: timeoutMs,
    query_timeout: timeoutMs + answerMarginMs,
    idle_in_transaction_session_timeout: idleTransactionTimeoutMs,
    keepAlive: true,
  })
  pool.on('error', options.onIdleError)
  // A connection that breaks while it is lent out fails its query, and says so again as an event that would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** Typed queries over a pool. `destroy()` ends the pool. */
export const createDatabase = <Tables>(pool: pg.Pool): Kysely<Tables> =>
  new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })

/** Connection lost, rolled back for concurrency, out of resources, stopped by an operator. */
const retryableClasses = ['08', '40', '53', '57']
/** A standby answered: the primary has moved. */
const readOnlyTransaction = '25006'
const retryableSystemCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])
/** What the driver says itself carries no code. */
const driverMessages =
  /^(?:Connection terminated|timeout e|Query read timeout|Client (?:has encountered a connection error|was closed) and is not queryable)/

/**
 * Whether the same statement may succeed later without anybody doing anything to it.
 * It may also have succeeded already: only what is idempotent may be repeated.
 */
export const isRetryable = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (error instanceof pg.DatabaseError)
    return retryableClasses.includes(code.slice(0, 2)) || code === readOnlyTransaction
  return retryableSystemCodes.has(code) || driverMessages.test(error.message) || isRetryable(error.cause)
}

/** query_canceled: stopped at its time-out, or by whoever it was asked for. */
const CANCELLED = '57014'

/** Whether Postgres stopped the statement: as it stands, it may well take as long the next time. */
export const isTimedOut = (error: unknown): boolean =>
  error instanceof Error && (('code' in error && error.code === CANCELLED) || isTimedOut(error.cause))

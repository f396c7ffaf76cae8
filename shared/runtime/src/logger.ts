import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger } from 'pino'

export interface LoggerOptions {
  /** The process, as it is called in `run.json`. */
  readonly name: string
  readonly level: string
  /** Absent: standard output. */
  readonly destination?: DestinationStream
}

const secrets = ['authorization', 'cookie', 'password', 'token', 'databaseUrl', 'eventStoreUrl']
const requests = ['headers.authorization', 'headers.cookie', 'body']
/** PostgreSQL quotes the offending row here, and a row may tell of people. */
const quotedByPostgres = ['detail', 'where', 'internalQuery']

const paths = [
  'body',
  secrets.flatMap((key) => [key, `*.${key}`]),
  requests.flatMap((path) => [`req.${path}`, `request.${path}`]),
  quotedByPostgres.flatMap((key) => [`err.${key}`, `err.cause.${key}`, `error.${key}`]),
].flat()

/** JSON, one object a line. Bodies and secrets are left out by their keys, wherever they are usually put. */
export const createLogger = ({ name, level, destination = pino.destination(1) }: LoggerOptions): Logger =>
  pino(
    {
      level,
      base: { process: name, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths, censor: '[hidden]' },
    },
    destination,
  )

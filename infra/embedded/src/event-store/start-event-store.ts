import { type Credentials, createAccess } from './access.ts'
import { appendMethod } from './append-method.ts'
import { batchAppendMethod } from './batch-append-method.ts'
import { deleteMethod } from './delete-method.ts'
import { SET_CLOCK, setClockMethod } from './development-clock.ts'
import { createEventClock } from './event-clock.ts'
import { type EventLog, openEventLog } from './event-log.ts'
import { createEventReader } from './event-reader.ts'
import { createGrpcServer, type Method } from './grpc-server.ts'
import { type Hostility, hostileLog, hostileMethod } from './hostile.ts'
import { IMPORT, importMethod } from './import-method.ts'
import { knownCallersOnly } from './known-callers-only.ts'
import { type Logger, silentLogger } from './logger.ts'
import { readMethod } from './read-method.ts'
import { featuresMethod, gossipMethod } from './small-methods.ts'
import type { Storage } from './storage.ts'
import { createPostgresStorage } from './storage-postgres.ts'

export interface EventStoreOptions {
  readonly databaseUrl: string
  /** 0 takes a free one. */
  readonly port?: number
  /** Other than loopback only together with `tls` and `credentials`. */
  readonly host?: string
  /** PEM. */
  readonly tls?: { readonly cert: Buffer | string; readonly key: Buffer | string }
  /** The one user; without, everybody is let in. */
  readonly credentials?: Credentials
  readonly logger?: Logger
  /** For tests only. */
  readonly hostile?: Hostility
  /** For demo data only: callers may set what events are stamped with, see `setEventClock`. Refused in production. */
  readonly developmentClock?: boolean
  /** Told when another event store has taken over the database; this one does nothing more. */
  readonly onFenced?: (error: Error) => void
}

export interface EventStore {
  /** The connection string for the client. */
  readonly url: string
  readonly port: number
  readonly counters: EventLog['counters']
  stop(): Promise<void>
}

const LOOPBACK = ['127.0.0.1', '::1', 'localhost']

const SERVICE = '/event_store.client'
const STREAMS = `${SERVICE}.streams.Streams`

/** The server above a storage of any kind; tests and the benchmark give it one in memory. */
export const serveStorage = async (
  storage: Storage,
  options: Omit<EventStoreOptions, 'databaseUrl'>,
): Promise<EventStore> => {
  const { logger = silentLogger, host = '127.0.0.1', tls, credentials, hostile, developmentClock = false } = options
  if (!LOOPBACK.includes(host) && !(tls && credentials)) {
    throw new Error(`the event store listens on ${host} only with TLS and credentials`)
  }
  const nowMs = hostile ? () => Date.now() + hostile.clockOffsetMs : Date.now
  if (developmentClock && process.env['NODE_ENV'] === 'production') {
    throw new Error('the development clock is for demo data: it is refused where NODE_ENV is production')
  }
  const clock = createEventClock(nowMs)
  const opened = await openEventLog({
    storage,
    logger,
    stampAfter: clock.stampAfter,
    onFenced: options.onFenced ?? ((error) => logger.error({ error: error.message }, 'the event store is fenced')),
  })
  const log = hostile ? hostileLog(opened, hostile) : opened
  const reader = createEventReader(log, storage, nowMs)
  let port = 0

  const reading = (method: Method): Method => knownCallersOnly(hostile ? hostileMethod(method, hostile, false) : method)
  const writing = (method: Method): Method => (hostile ? hostileMethod(method, hostile, true) : method)
  const methods = new Map<string, Method>([
    [`${SERVICE}.server_features.ServerFeatures/GetSupportedMethods`, featuresMethod],
    [`${SERVICE}.gossip.Gossip/Read`, gossipMethod(() => ({ host, port }))],
    // Tells a caller without credentials so in the answer to each append, as a real server does.
    [`${STREAMS}/BatchAppend`, writing(batchAppendMethod(log))],
    [`${STREAMS}/Append`, knownCallersOnly(writing(appendMethod(log)))],
    [`${STREAMS}/Delete`, knownCallersOnly(writing(deleteMethod(log, 'delete')))],
    [`${STREAMS}/Tombstone`, knownCallersOnly(writing(deleteMethod(log, 'tombstone')))],
    [`${STREAMS}/Read`, reading(readMethod({ log, reader, logger, hostility: hostile }))],
  ])
  methods.set(IMPORT, knownCallersOnly(importMethod(log)))
  if (developmentClock) methods.set(SET_CLOCK, knownCallersOnly(setClockMethod(clock)))
  const server = createGrpcServer({ methods, access: createAccess(credentials), tls, logger })
  port = await server.listen(options.port ?? 0, host)
  return {
    url: `esdb://${host}:${port}?tls=${tls !== undefined}`,
    port,
    counters: log.counters,
    stop: async () => {
      await server.close()
      await log.close()
    },
  }
}

/**
 * Starts the event store on a database.
 * @throws WriterFenced if another one runs on it
 */
export const startEventStore = ({ databaseUrl, ...options }: EventStoreOptions): Promise<EventStore> =>
  serveStorage(createPostgresStorage({ databaseUrl, logger: options.logger ?? silentLogger }), options)

import { appendMethod } from './append-method.ts'
import { batchAppendMethod } from './batch-append-method.ts'
import { deleteMethod } from './delete-method.ts'
import { type EventLog, openEventLog } from './event-log.ts'
import { createEventReader } from './event-reader.ts'
import { createGrpcServer, type Method } from './grpc-server.ts'
import { type Logger, silentLogger } from './logger.ts'
import { readMethod } from './read-method.ts'
import { featuresMethod, gossipMethod } from './small-methods.ts'
import type { Storage } from './storage.ts'
import { createPostgresStorage } from './storage-postgres.ts'

export interface EventStoreOptions {
  readonly databaseUrl: string
  /** 0 takes a free one. */
  readonly port?: number
  readonly host?: string
  readonly logger?: Logger
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

const LOOPBACK = '127.0.0.1'

const STREAMS = '/event_store.client.streams.Streams'

/** The server above a storage of any kind; tests and the benchmark give it one in memory. */
export const serveStorage = async (
  storage: Storage,
  options: Omit<EventStoreOptions, 'databaseUrl'>,
): Promise<EventStore> => {
  const { logger = silentLogger, host = LOOPBACK } = options
  const nowMs = Date.now
  const log = await openEventLog({
    storage,
    logger,
    nowMs,
    onFenced: options.onFenced ?? ((error) => logger.error({ error: error.message }, 'the event store is fenced')),
  })
  const reader = createEventReader(log, storage, nowMs)
  let port = 0
  const methods = new Map<string, Method>([
    ['/event_store.client.server_features.ServerFeatures/GetSupportedMethods', featuresMethod],
    ['/event_store.client.gossip.Gossip/Read', gossipMethod(() => ({ host, port }))],
    [`${STREAMS}/BatchAppend`, batchAppendMethod(log)],
    [`${STREAMS}/Append`, appendMethod(log)],
    [`${STREAMS}/Delete`, deleteMethod(log, 'delete')],
    [`${STREAMS}/Tombstone`, deleteMethod(log, 'tombstone')],
    [`${STREAMS}/Read`, readMethod({ log, reader, subscriptions: { log, reader }, logger })],
  ])
  const server = createGrpcServer({ methods, guard: () => undefined, tls: undefined, logger })
  port = await server.listen(options.port ?? 0, host)
  return {
    url: `esdb://${host}:${port}?tls=false`,
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

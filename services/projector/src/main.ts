import { connectEventStore } from '@registru/event-store'
import { configured, createLogger, createPool, onShutdown, readConfig, reportReady, variables } from '@registru/runtime'
import { watchBiSessions } from './bi-sessions.ts'
import { SLICE_TIMEOUT_MS, startBookCheck } from './book-check.ts'
import { startProjector } from './projector.ts'

const { DATABASE_URL, ESDB_URL, LOG_LEVEL } = variables
const config = configured(() => readConfig({ DATABASE_URL, ESDB_URL, LOG_LEVEL }, process.env))
const logger = createLogger({ name: 'projector', level: config.LOG_LEVEL })

const pool = createPool({
  url: config.DATABASE_URL,
  connectionsMax: 5,
  applicationName: 'registru projector',
  onIdleError: (error) => logger.warn({ err: error }, 'An idle connection was lost'),
})
const store = connectEventStore({ url: config.ESDB_URL, logger })
const projector = startProjector({ pool, store, logger })
const stopWatching = watchBiSessions(pool, logger)

// Of its own, so that a slice of the check never takes a connection from the line.
const checkPool = createPool({
  url: config.DATABASE_URL,
  connectionsMax: 2,
  applicationName: 'registru check of the books',
  statementTimeoutMs: SLICE_TIMEOUT_MS,
  onIdleError: (error) => logger.warn({ err: error }, 'An idle connection was lost'),
})
const bookCheck = startBookCheck({ pool: checkPool, logger })

const close = async (): Promise<void> => {
  await stopWatching()
  await Promise.all([projector.stop(), bookCheck.stop()])
  await store.dispose()
  await Promise.all([pool.end(), checkPool.end()])
}
onShutdown(logger, close)

void projector.ready.then(() => reportReady())
const code = await projector.exited
if (code !== 0) {
  await close()
  process.exit(code)
}

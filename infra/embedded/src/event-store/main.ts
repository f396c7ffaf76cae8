import { createLogger, onShutdown, readConfig, reportReady, variables } from '@registru/runtime'
import { startEventStore } from './start-event-store.ts'

const config = readConfig(
  {
    EVENT_STORE_DATABASE_URL: variables.DATABASE_URL,
    EVENT_STORE_PORT: variables.PORT.default(0),
    LOG_LEVEL: variables.LOG_LEVEL,
  },
  process.env,
)
const logger = createLogger({ name: 'event-store', level: config.LOG_LEVEL })

const store = await startEventStore({
  databaseUrl: config.EVENT_STORE_DATABASE_URL,
  port: config.EVENT_STORE_PORT,
  logger,
  onFenced: (error) => {
    logger.fatal({ err: error }, 'Another event store has taken over this database')
    process.exit(1)
  },
})

onShutdown(logger, () => store.stop())
logger.info({ url: store.url }, 'READY')
reportReady({ url: store.url })

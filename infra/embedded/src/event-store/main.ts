import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { configured, createLogger, onShutdown, readConfig, reportReady, variables } from '@registru/runtime'
import { z } from 'zod'
import { createHostility, hostileModes } from './hostile.ts'
import { startEventStore } from './start-event-store.ts'

const config = configured(() =>
  readConfig(
    {
      EVENT_STORE_DATABASE_URL: variables.DATABASE_URL,
      EVENT_STORE_PORT: variables.PORT.default(0),
      /** Other than loopback only with a certificate and credentials. */
      EVENT_STORE_HOST: z.string().optional(),
      EVENT_STORE_CERT_FILE: z.string().optional(),
      EVENT_STORE_KEY_FILE: z.string().optional(),
      EVENT_STORE_USERNAME: z.string().optional(),
      EVENT_STORE_PASSWORD: z.string().optional(),
      /** For demo data only. */
      EVENT_STORE_DEVELOPMENT_CLOCK: z.stringbool().default(false),
      LOG_LEVEL: variables.LOG_LEVEL,
    },
    process.env,
  ),
)
const { values } = parseArgs({ options: { hostile: { type: 'string' } } })
const hostileMode = z.enum(hostileModes).optional().parse(values.hostile)
const logger = createLogger({ name: 'event-store', level: config.LOG_LEVEL })

const { EVENT_STORE_CERT_FILE: cert, EVENT_STORE_KEY_FILE: key } = config
const { EVENT_STORE_USERNAME: username, EVENT_STORE_PASSWORD: password } = config

const store = await startEventStore({
  databaseUrl: config.EVENT_STORE_DATABASE_URL,
  port: config.EVENT_STORE_PORT,
  developmentClock: config.EVENT_STORE_DEVELOPMENT_CLOCK,
  ...(config.EVENT_STORE_HOST !== undefined && { host: config.EVENT_STORE_HOST }),
  ...(cert !== undefined && key !== undefined && { tls: { cert: readFileSync(cert), key: readFileSync(key) } }),
  ...(username !== undefined && password !== undefined && { credentials: { username, password } }),
  ...(hostileMode !== undefined && { hostile: createHostility(hostileMode) }),
  logger,
  onFenced: (error) => {
    logger.fatal({ err: error }, 'Another event store has taken over this database')
    process.exit(1)
  },
})

onShutdown(logger, () => store.stop())
if (hostileMode !== undefined) logger.warn({ hostileMode }, 'This event store misbehaves on purpose')
logger.info({ url: store.url }, 'READY')
reportReady({ url: store.url })

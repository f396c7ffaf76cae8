import { connectEventStore } from '@registru/event-store'
import { createLogger, createPool, onShutdown, readConfig, reportReady, variables } from '@registru/runtime'
import { buildApp } from './app.ts'
import { businessDayOf } from './business-clock.ts'
import { createLedger } from './commands/ledger.ts'
import { createReadSide } from './queries/read-side.ts'
import { startReceiptProcess } from './receipts/receipt-process.ts'
import { createReceiptSaga } from './receipts/receipt-saga.ts'

const READ_CONNECTIONS_MAX = 10
const CACHE_BYTES_MAX = 128 * 1024 * 1024

const config = readConfig(variables, process.env)
const logger = createLogger({ name: 'api', level: config.LOG_LEVEL })
const store = connectEventStore({ url: config.ESDB_URL, logger })
const pool = createPool({
  url: config.DATABASE_URL,
  connectionsMax: READ_CONNECTIONS_MAX,
  applicationName: 'registru-api',
  onIdleError: (error) => logger.warn({ err: error }, 'lost an idle connection to Postgres'),
})

const now = () => new Date()
const today = () => businessDayOf(now())
const ledger = createLedger({ store, today, now, cacheBytesMax: CACHE_BYTES_MAX })
const receipts = createReceiptSaga(ledger)
const receiptProcess = startReceiptProcess({ store, pool, saga: receipts, logger })
const app = await buildApp({
  ledger,
  receipts,
  store,
  readSide: createReadSide(pool),
  token: config.REGISTRU_TOKEN,
  logger,
  today,
})

onShutdown(logger, async () => {
  await Promise.all([app.close(), receiptProcess.stop()])
  await store.dispose()
  await pool.end()
})

const url = await app.listen({ host: '127.0.0.1', port: config.PORT })
reportReady({ url })

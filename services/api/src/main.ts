import { connectEventStore } from '@registru/event-store'
import { listCommandPlaces } from '@registru/projections'
import {
  configured,
  createLogger,
  createPool,
  listenAddress,
  onShutdown,
  readConfig,
  reportReady,
  variables,
} from '@registru/runtime'
import { buildApp } from './app.ts'
import { businessDayOf } from './business-clock.ts'
import { createCommandPlaces } from './ledger/command-places.ts'
import { createLastNumberReader } from './ledger/last-number.ts'
import { createLedger } from './ledger/ledger.ts'
import { createSnapshotTable } from './ledger/snapshot-table.ts'
import { createSnapshotKeeper } from './ledger/snapshots.ts'
import { toldByReadModels } from './ledger/told-by-read-models.ts'
import { mergeFinisher } from './merges/merge-finisher.ts'
import { createMergeSaga } from './merges/merge-saga.ts'
import { keptInPostgres } from './problems/kept-generation.ts'
import { createGenerations } from './problems/wire-position.ts'
import { createReadSide } from './queries/read-side.ts'
import { receiptFinisher } from './receipts/receipt-finisher.ts'
import { createReceiptSaga } from './receipts/receipt-saga.ts'
import { startStepProcess } from './steps/step-process.ts'
import { reversalFinisher } from './transfers/reversal-finisher.ts'
import { createReversalSaga } from './transfers/reversal-saga.ts'
import { transferFinisher } from './transfers/transfer-finisher.ts'
import { createTransferSaga } from './transfers/transfer-saga.ts'
import { identificationFinisher } from './unidentified/identification-finisher.ts'
import { createIdentificationSaga } from './unidentified/identification-saga.ts'

const READ_CONNECTIONS_MAX = 10
const ASIDE_CONNECTIONS_MAX = 3
const ASIDE_TIMEOUT_MS = 2_000
const BESIDE_COMMANDS_CONNECTIONS_MAX = 4
/** A command waits for it, and does not depend on it. */
const BESIDE_COMMANDS_CONNECT_TIMEOUT_MS = 500
const BESIDE_COMMANDS_TIMEOUT_MS = 5_000
const CACHE_BYTES_MAX = 128 * 1024 * 1024

const { config, host } = configured(() => {
  const config = readConfig(variables, process.env)
  return { config, host: listenAddress(config) }
})
const logger = createLogger({ name: 'api', level: config.LOG_LEVEL })
const store = connectEventStore({ url: config.ESDB_URL, logger })
const pool = createPool({
  url: config.DATABASE_URL,
  connectionsMax: READ_CONNECTIONS_MAX,
  applicationName: 'registru-api',
  onIdleError: (error) => logger.warn({ err: error }, 'lost an idle connection to Postgres'),
})

// Kept apart, so that a query can be ended, and its end told, while all the others are busy.
const aside = createPool({
  url: config.DATABASE_URL,
  connectionsMax: ASIDE_CONNECTIONS_MAX,
  applicationName: 'registru-api-aside',
  statementTimeoutMs: ASIDE_TIMEOUT_MS,
  onIdleError: (error) => logger.warn({ err: error }, 'lost an idle connection to Postgres'),
})

// What commands ask of Postgres, snapshots and used keys, never waits for a report.
const besideCommands = createPool({
  url: config.DATABASE_URL,
  connectionsMax: BESIDE_COMMANDS_CONNECTIONS_MAX,
  applicationName: 'registru-api-commands',
  connectTimeoutMs: BESIDE_COMMANDS_CONNECT_TIMEOUT_MS,
  statementTimeoutMs: BESIDE_COMMANDS_TIMEOUT_MS,
  onIdleError: (error) => logger.warn({ err: error }, 'lost an idle connection to Postgres'),
})

const now = () => new Date()
const today = () => businessDayOf(now())
const snapshots = createSnapshotKeeper({
  store,
  table: createSnapshotTable(besideCommands),
  logger,
  random: Math.random,
})
const readSide = createReadSide({ pool, aside })
const generations = createGenerations(store, keptInPostgres(aside))
// Known once, queries go on without the store.
generations.present().catch(() => undefined)
const ledger = createLedger({
  store,
  today,
  now,
  cacheBytesMax: CACHE_BYTES_MAX,
  snapshots,
  lastNumberElsewhere: createLastNumberReader(readSide),
  commandPlaces: createCommandPlaces({
    find: (commandIds) => listCommandPlaces(besideCommands, commandIds),
    logger,
  }),
  elsewhereOf: toldByReadModels({
    pool: besideCommands,
    readSide: createReadSide({ pool: besideCommands, aside: besideCommands }),
    today,
    now,
    logger,
  }),
  askDivergence: async () => {
    const { state, reason = 'it has stopped' } = (await readSide.projectorState()) ?? {}
    return state === 'diverged' ? `the projector says: ${reason}` : undefined
  },
  logger,
})
const receipts = createReceiptSaga(ledger)
const transfers = createTransferSaga(ledger)
const identifications = createIdentificationSaga(ledger)
const reversals = createReversalSaga(ledger, transfers)
const merges = createMergeSaga(ledger, transfers)
const finishers = [
  receiptFinisher(receipts),
  transferFinisher(transfers),
  identificationFinisher(identifications),
  reversalFinisher(reversals),
  mergeFinisher(merges),
]
const stepProcess = startStepProcess({ store, pool, finishers, logger })
const app = await buildApp({
  ledger,
  receipts,
  transfers,
  identifications,
  reversals,
  merges,
  stepProcess,
  store,
  readSide,
  generations,
  snapshotCounts: snapshots.counts,
  token: config.REGISTRU_TOKEN,
  logger,
  today,
  now,
})

onShutdown(logger, async () => {
  await Promise.all([app.close(), stepProcess.stop()])
  ledger.stop()
  await snapshots.stop()
  await store.dispose()
  await Promise.all([pool.end(), aside.end(), besideCommands.end()])
})

const url = await app.listen({ host, port: config.PORT })
reportReady({ url })

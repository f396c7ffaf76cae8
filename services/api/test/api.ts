import { randomUUID } from 'node:crypto'
import { Writable } from 'node:stream'
import { type EventStore as Server, startEventStore } from '@registru/embedded'
import { connectEventStore, type EventStore, type RecordedEvent } from '@registru/event-store'
import { allProjections, ensureSchemas, listCommandPlaces, switchReadViews } from '@registru/projections'
import { createLogger, createPool, type Pool } from '@registru/runtime'
import { createTestDatabase, type Teardown } from '@registru/runtime/testing'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { z } from 'zod'
import { buildApp } from '../src/app.ts'
import { createCommandPlaces } from '../src/ledger/command-places.ts'
import { createLastNumberReader } from '../src/ledger/last-number.ts'
import { createLedger, type Ledger } from '../src/ledger/ledger.ts'
import { toldByReadModels } from '../src/ledger/told-by-read-models.ts'
import { createMergeSaga, type MergeSaga } from '../src/merges/merge-saga.ts'
import { createReadSide } from '../src/queries/read-side.ts'
import { createReceiptSaga, type ReceiptSaga } from '../src/receipts/receipt-saga.ts'
import { createReversalSaga, type ReversalSaga } from '../src/transfers/reversal-saga.ts'
import { createTransferSaga, type TransferSaga } from '../src/transfers/transfer-saga.ts'
import { createIdentificationSaga, type IdentificationSaga } from '../src/unidentified/identification-saga.ts'

export const TOKEN = 'a-token'
/** The day on which the tests take place. */
export const TODAY = '2026-11-24'
const CACHE_BYTES_MAX = 10_000_000
const CONNECTIONS_MAX = 5
/** On a busy machine Postgres is late, and in tests nobody goes on without it. */
const PATIENCE_MS = 10_000

/** What an API process has of its own; another one over the same store is another process as far as the ledger can tell. */
export interface Api {
  readonly app: FastifyInstance
  readonly ledger: Ledger
  readonly receipts: ReceiptSaga
  readonly transfers: TransferSaga
  readonly identifications: IdentificationSaga
  readonly reversals: ReversalSaga
  readonly merges: MergeSaga
  readonly command: (name: string, body: unknown, options?: CommandOptions) => Promise<LightMyRequestResponse>
  readonly get: (path: string) => Promise<LightMyRequestResponse>
  /** @throws Error when the command is not carried out */
  readonly must: (name: string, body: unknown) => Promise<void>
  /** What a query says. @throws Error when it says anything but 200 */
  readonly answer: (path: string) => Promise<unknown>
}

interface CommandOptions {
  readonly key?: string
  readonly headers?: Record<string, string>
  readonly dryRun?: boolean
}

export const authorization = `Bearer ${TOKEN}`

/** Keeps what would be logged out of the tests' output. */
export const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })

export const createApi = async (
  store: EventStore,
  pool: Pool,
  override: {
    readonly logger?: ReturnType<typeof createLogger>
    readonly saga?: (ledger: Ledger) => ReceiptSaga
    readonly transfers?: (ledger: Ledger) => TransferSaga
    readonly identifications?: (ledger: Ledger) => IdentificationSaga
    readonly reversals?: (ledger: Ledger, transfers: TransferSaga) => ReversalSaga
    readonly merges?: (ledger: Ledger, transfers: TransferSaga) => MergeSaga
    /** A machine of its own has a clock of its own. */
    readonly now?: () => Date
    /** How long cash that leaves a desk waits for the read models. */
    readonly knowWithinMs?: number
  } = {},
): Promise<Api> => {
  const logger = override.logger ?? createLogger({ name: 'api', level: 'fatal', destination: nowhere })
  const today = () => TODAY
  const now = override.now ?? (() => new Date())
  const readSide = createReadSide({ pool, aside: pool })
  const ledger = createLedger({
    store,
    today,
    now,
    cacheBytesMax: CACHE_BYTES_MAX,
    lastNumberElsewhere: createLastNumberReader(readSide),
    commandPlaces: createCommandPlaces({
      find: (commandIds) => listCommandPlaces(pool, commandIds),
      logger,
      answerWithinMs: PATIENCE_MS,
    }),
    elsewhereOf: toldByReadModels({
      pool,
      readSide,
      today,
      now,
      logger,
      answerWithinMs: PATIENCE_MS,
      ...(override.knowWithinMs === undefined ? {} : { knowWithinMs: override.knowWithinMs }),
    }),
  })
  const receipts = (override.saga ?? createReceiptSaga)(ledger)
  const transfers = (override.transfers ?? createTransferSaga)(ledger)
  const identifications = (override.identifications ?? createIdentificationSaga)(ledger)
  const reversals = (override.reversals ?? createReversalSaga)(ledger, transfers)
  const merges = (override.merges ?? createMergeSaga)(ledger, transfers)
  const app = await buildApp({
    ledger,
    receipts,
    transfers,
    identifications,
    reversals,
    merges,
    store,
    readSide,
    token: TOKEN,
    logger,
    today,
    now,
  })
  const inject = (request: InjectOptions): Promise<LightMyRequestResponse> => app.inject(request)
  const command: Api['command'] = (name, body, { key = randomUUID(), headers = {}, dryRun = false } = {}) =>
    inject({
      method: 'POST',
      url: `/v1/companies/amc/commands/${name}${dryRun ? '?dryRun=true' : ''}`,
      headers: { authorization, 'content-type': 'application/json', 'idempotency-key': key, ...headers },
      payload: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const get: Api['get'] = (path) => inject({ url: `/v1/companies/amc/${path}`, headers: { authorization } })
  return {
    app,
    ledger,
    receipts,
    transfers,
    identifications,
    reversals,
    merges,
    command,
    get,
    must: async (name, body) => {
      const response = await command(name, body)
      if (response.statusCode !== 201) throw new Error(`${name}: ${response.statusCode} ${response.body}`)
    },
    answer: async (path) => {
      const response = await get(path)
      if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${response.body}`)
      return response.json()
    },
  }
}

export const openPool = (test: Teardown, url: string, limits: { readonly statementTimeoutMs?: number } = {}): Pool => {
  const pool = createPool({
    ...limits,
    url,
    connectionsMax: CONNECTIONS_MAX,
    applicationName: 'test',
    onIdleError: () => undefined,
  })
  test.teardown(() => pool.end())
  return pool
}

export interface Stores {
  readonly store: EventStore
  readonly pool: Pool
  readonly databaseUrl: string
  readonly server: () => Server
  readonly stopServer: () => Promise<void>
  readonly startServer: () => Promise<void>
}

/** A database with empty read models, and a real event store over it. */
export const startStores = async (test: Teardown): Promise<Stores> => {
  const databaseUrl = await createTestDatabase(test)
  const pool = openPool(test, databaseUrl)
  const client = await pool.connect()
  await ensureSchemas(client, allProjections)
  await switchReadViews(client, allProjections)
  client.release()
  let server = await startEventStore({ databaseUrl })
  test.teardown(() => server.stop())
  const { port } = server
  const store = connectEventStore({ url: server.url })
  test.teardown(() => store.dispose())
  return {
    store,
    pool,
    databaseUrl,
    server: () => server,
    stopServer: () => server.stop(),
    startServer: async () => {
      server = await startEventStore({ databaseUrl, port })
    },
  }
}

const Accepted = z.looseObject({
  position: z.string().optional(),
  revision: z.int(),
  events: z.array(z.looseObject({ type: z.string(), eventId: z.string() })),
  result: z.looseObject({ receipt: z.looseObject({ number: z.int() }).optional() }),
})
/** The body of an accepted command. */
export const answerOf = (response: LightMyRequestResponse) => Accepted.parse(response.json())

/** The code of a refusal. */
export const codeOf = (response: LightMyRequestResponse): string =>
  z.looseObject({ code: z.string() }).parse(response.json()).code

/** The receipt's number, of an event that tells of one. */
export const numberOf = (event: RecordedEvent | undefined): number =>
  z.looseObject({ number: z.int() }).parse(event?.data).number

export const eventsOf = async (store: EventStore, stream: string): Promise<RecordedEvent[]> => {
  const events: RecordedEvent[] = []
  for await (const event of store.readStream(stream)) events.push(event)
  return events
}

/** Waits for what happens soon. */
export const until = async <T>(what: string, find: () => Promise<T | undefined> | T | undefined): Promise<T> => {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline; ) {
    const found = await find()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`Waited in vain: ${what}`)
}

/** What was known at an instant, over a projector at work: an idle log, slow appends, a restart, a rebuild. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  buildApp,
  createIdentificationSaga,
  createLedger,
  createMergeSaga,
  createReadSide,
  createReceiptSaga,
  createReversalSaga,
  createTransferSaga,
} from '@registru/api'
import * as examples from '@registru/domain/examples'
import { startEventStore } from '@registru/embedded'
import { connectEventStore, type EventStore } from '@registru/event-store'
import { allProjections } from '@registru/projections'
import { rebuild, startProjector, switchGenerations } from '@registru/projector'
import { createDatabase, createLogger, createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t from 'tap'
import { type Diagnosis, examine } from '../src/doctor/diagnosis.ts'
import { examineLedgerClock } from '../src/doctor/read-models.ts'

t.setTimeout(120_000)
const TOKEN = 'a-token'
const CACHE_BYTES_MAX = 10_000_000
const { ron } = examples

const databaseUrl = await createTestDatabase(t)
const server = await startEventStore({ databaseUrl })
t.teardown(() => server.stop())
const store = connectEventStore({ url: server.url })
t.teardown(() => store.dispose())
const openPool = () => {
  const pool = createPool({
    url: databaseUrl,
    connectionsMax: 8,
    applicationName: 'test',
    onIdleError: () => undefined,
  })
  t.teardown(() => pool.end())
  return pool
}
const logger = createLogger({ name: 'test', level: 'silent' })
const projectorPool = openPool()
const start = () => startProjector({ pool: projectorPool, store, logger })
let projector = start()
t.teardown(() => projector.stop())
await projector.ready

/** An API process: its clock and its way to the store are its own. */
const openApi = async ({
  now = () => new Date(),
  append = store.append.bind(store),
}: {
  readonly now?: () => Date
  readonly append?: EventStore['append']
} = {}) => {
  const today = () => '2026-11-24'
  const own = { ...store, append }
  const ledger = createLedger({ store: own, today, now, cacheBytesMax: CACHE_BYTES_MAX })
  const app = await buildApp({
    ledger,
    receipts: createReceiptSaga(ledger),
    transfers: createTransferSaga(ledger),
    identifications: createIdentificationSaga(ledger),
    reversals: createReversalSaga(ledger, createTransferSaga(ledger)),
    merges: createMergeSaga(ledger, createTransferSaga(ledger)),
    store: own,
    readSide: createReadSide({ pool: openPool(), aside: openPool() }),
    token: TOKEN,
    logger,
    today,
    now,
  })
  t.teardown(() => app.close())
  const authorization = `Bearer ${TOKEN}`
  return {
    must: async (name: string, body: object): Promise<void> => {
      const url = `/v1/companies/amc/commands/${name}`
      const headers = { authorization, 'idempotency-key': randomUUID() }
      const response = await app.inject({ method: 'POST', url, headers, payload: body })
      if (response.statusCode !== 201) throw new Error(`${name}: ${response.statusCode} ${response.body}`)
    },
    metrics: async () => (await app.inject({ url: '/metrics', headers: { authorization } })).body,
    known: async (instant: Date, rest = '') => {
      const url = `/v1/companies/amc/receivables/aging?asOf=2026-11-24&knownAt=${instant.toISOString()}${rest}`
      const { statusCode, body } = await app.inject({ url, headers: { authorization } })
      return { statusCode, body }
    },
  }
}
type Api = Awaited<ReturnType<typeof openApi>>
const pay = (paymentId: string, by: Api) =>
  by.must('RecordPayment', { ...examples.recordPayment({ paymentId, amount: ron('10.00') }), allocation: undefined })

const api = await openApi()
await api.must('RegisterCompany', examples.registerCompany())
await api.must('RegisterClient', examples.registerClient())
await api.must('RegisterInvoice', examples.registerInvoice())

const given: { readonly instant: Date; readonly body: string }[] = []
const keep = async (instant: Date, by = api): Promise<unknown> => {
  const { body } = await by.known(instant, '&maxWait=10000')
  given.push({ instant, body })
  return JSON.parse(body)
}

t.test('of an idle log the present is told at once, and stays', async (t) => {
  t.match(await keep(new Date()), { rows: [{ open: '1210.00' }], knownAtPosition: /\d/ })
  t.match(await keep(new Date()), { rows: [{ open: '1210.00' }] })
})

t.test('an append that is three seconds on its way', async (t) => {
  const slow = await openApi({
    append: async (...appended) => {
      await sleep(3_000)
      return store.append(...appended)
    },
  })
  const paying = pay('slow', slow)
  await sleep(100)
  const instant = new Date()
  t.match(await keep(instant), { rows: [{ open: '1210.00' }] })
  await paying
  t.match(await keep(new Date()), { rows: [{ open: '1200.00' }] })
})

t.test('processes with clocks an hour apart', async (t) => {
  const away = (ms: number) => openApi({ now: () => new Date(Date.now() + ms) })
  const fast = await away(3_600_000)
  const slow = await away(-3_600_000)
  let open = 1200
  for (const by of [fast, slow, api]) {
    await pay(`apart-${open}`, by)
    open -= 10
    t.match(await keep(new Date()), { rows: [{ open: `${open}.00` }] })
  }
  const [last] = given.slice(-1)
  if (last === undefined) throw new Error('nothing was given')
  for (const by of [fast, slow]) t.equal((await by.known(last.instant)).body, last.body)
  t.match(JSON.parse((await fast.known(new Date(Date.now() + 1_800_000), '&maxWait=1500')).body), {
    status: 504,
    code: 'READ_MODEL_BEHIND',
  })
})

t.test('no answer has changed after a restart and a rebuild of every read model', async (t) => {
  await projector.stop()
  projector = start()
  await projector.ready
  for (const { instant, body } of given) t.equal((await api.known(instant)).body, body, 'restarted')
  const pool = openPool()
  const { signal } = new AbortController()
  const built = await rebuild({ pool, store, projections: allProjections, signal, onProgress: () => undefined })
  const pairs = built.map((to) => ({ from: { ...to, generation: 1 }, to }))
  await switchGenerations({ pool, store, pairs, signal })
  for (const { instant, body } of given) t.equal((await api.known(instant)).body, body, 'rebuilt')
})

t.test("the doctor and the metrics name a log's clock that is ahead", async (t) => {
  const db = createDatabase<unknown>(openPool())
  const found = async (nowMs: number): Promise<readonly Diagnosis[]> => {
    const diagnoses: Diagnosis[] = []
    await examineLedgerClock(examine('projector', diagnoses), db, nowMs)
    return diagnoses
  }
  t.match(await found(Date.now()), [{ check: "log's clock", health: 'ok' }])
  t.match(await found(Date.now() - 3_600_000), [{ check: "log's clock", health: 'wrong', found: /3[56]\d\d s beyond/ }])
  const behind = await openApi({ now: () => new Date(Date.now() - 3_600_000) })
  const aheadOf = async (by: Api) =>
    Number(/^registru_ledger_clock_ahead_seconds\S* (.*)$/m.exec(await by.metrics())?.[1])
  t.ok((await aheadOf(behind)) > 3_500)
  t.ok((await aheadOf(api)) < 5)
})

t.test('without a projector nobody proves anything, and no wrong answer is given', async (t) => {
  await projector.stop()
  const instant = new Date()
  t.match(JSON.parse((await api.known(instant, '&maxWait=300')).body), {
    code: 'READ_MODEL_BEHIND',
    details: { knownAt: instant.toISOString(), settledBefore: /Z$/ },
  })
  for (const known of given) t.equal((await api.known(known.instant)).body, known.body)
})

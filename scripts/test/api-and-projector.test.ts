/** The API over read models that a real projector keeps: services are strangers, so they meet only here. */
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
import { connectEventStore } from '@registru/event-store'
import { startProjector } from '@registru/projector'
import { createDatabase, createLogger, createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t from 'tap'
import { z } from 'zod'
import { type Diagnosis, examine } from '../src/doctor/diagnosis.ts'
import { examineReadModels } from '../src/doctor/read-models.ts'

t.setTimeout(120_000)
const TOKEN = 'a-token'
const TODAY = '2026-11-24'
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
    connectionsMax: 5,
    applicationName: 'test',
    onIdleError: () => undefined,
  })
  t.teardown(() => pool.end())
  return pool
}
const logger = createLogger({ name: 'test', level: 'silent' })
const projector = startProjector({ pool: openPool(), store, logger })
t.teardown(() => projector.stop())
await projector.ready

const today = () => TODAY
const now = () => new Date()
const ledger = createLedger({ store, today, now, cacheBytesMax: CACHE_BYTES_MAX })
const app = await buildApp({
  ledger,
  receipts: createReceiptSaga(ledger),
  transfers: createTransferSaga(ledger),
  identifications: createIdentificationSaga(ledger),
  reversals: createReversalSaga(ledger, createTransferSaga(ledger)),
  merges: createMergeSaga(ledger, createTransferSaga(ledger)),
  store,
  readSide: createReadSide({ pool: openPool(), aside: openPool() }),
  token: TOKEN,
  logger,
  today,
  now,
})
t.teardown(() => app.close())

const authorization = `Bearer ${TOKEN}`
const Accepted = z.looseObject({ position: z.string(), events: z.array(z.looseObject({ eventId: z.string() })) })
const accepted = async (name: string, body: object, key: string = randomUUID()) => {
  const response = await app.inject({
    method: 'POST',
    url: `/v1/companies/amc/commands/${name}`,
    headers: { authorization, 'idempotency-key': key },
    payload: body,
  })
  if (response.statusCode !== 201) throw new Error(`${name}: ${response.statusCode} ${response.body}`)
  return Accepted.parse(response.json())
}
const get = async (path: string) => {
  const response = await app.inject({ url: `/v1/companies/amc/${path}`, headers: { authorization } })
  if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${response.body}`)
  return z.looseObject({}).parse(response.json())
}
const readiness = async () => {
  const response = await app.inject({ url: '/readyz' })
  return { status: response.statusCode, ...z.object({ parts: z.looseObject({}) }).parse(response.json()) }
}
const Progress = z.object({
  progress: z.object({ head: z.string(), readModels: z.looseObject({ lag: z.looseObject({ events: z.number() }) }) }),
})
const until = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(50)) if (await isSo()) return
  throw new Error(`Waited in vain: ${what}`)
}

await accepted('RegisterCompany', examples.registerCompany())
// The projector starts the log's clock behind the first event: until then the log has not come to rest.
await until('the clock to be started', async () => {
  for await (const _ of store.readStream('ledger-clock')) return true
  return false
})

t.test('readiness and metrics tell how far the read models have come', async (t) => {
  const lag = async () => {
    const { progress } = Progress.parse((await app.inject({ url: '/readyz' })).json())
    return progress.readModels.lag.events
  }
  await until('the read models to know all there is', async () => (await lag()) === 0)
  const metrics = await app.inject({ url: '/metrics', headers: { authorization } })
  t.match(metrics.body, /registru_lag_events\{.*of="readModels".*\} 0/)
  t.match(metrics.body, /registru_log_visible\{.*\} 1/)
})

t.test('a reader who names the position of a write reads it', async (t) => {
  await accepted('RegisterClient', examples.registerClient())
  const { position } = await accepted('RegisterInvoice', examples.registerInvoice())
  t.match(await get(`invoices/inv-1024?minPosition=${position}`), { open: '1210.00', status: 'UNPAID' })
  for (let payment = 1; payment <= 20; payment += 1) {
    const body = examples.recordPayment({ paymentId: `p-${payment}`, amount: ron('10.00'), allocation: undefined })
    const paid = await accepted('RecordPayment', body)
    const open = `${1210 - payment * 10}.00`
    t.match(await get(`invoices/inv-1024?minPosition=${paid.position}`), { open })
  }
})

t.test('what was known at an instant', async (t) => {
  const before = new Date().toISOString()
  await sleep(10)
  const { position } = await accepted(
    'RecordPayment',
    examples.recordPayment({ amount: ron('110.00'), allocation: undefined }),
  )
  const agingAt = (knownAt: string) =>
    get(`receivables/aging?minPosition=${position}&knownAt=${encodeURIComponent(knownAt)}`)
  t.match(await agingAt(before), { rows: [{ open: '1010.00' }] })
  t.match(await agingAt(`${before.slice(0, -1)}+00:00`), { rows: [{ open: '1010.00' }] })
  const future = await app.inject({
    url: '/v1/companies/amc/receivables/aging?knownAt=2199-01-01T00:00:00%2B14:00',
    headers: { authorization },
  })
  t.match(future.json(), { status: 422, code: 'KNOWN_AT_IN_FUTURE' })
  const justNow = await agingAt(new Date().toISOString())
  t.match(justNow, { rows: [{ open: '900.00' }] }, 'once the log has gone past it')
  await t.rejects(agingAt('1999-01-01T00:00:00Z'), /COMPANY_NOT_FOUND/, 'nobody had told of the company')
})

t.test('one key for commands of two accounts: events of their own, and the read models keep them apart', async (t) => {
  const key = 'always-the-same'
  const first = await accepted('RegisterClient', examples.registerClient({ clientId: 'one' }), key)
  const second = await accepted('RegisterClient', examples.registerClient({ clientId: 'two' }), key)
  // Ids follow from the content too: equal ids would mean equal events.
  t.notSame(
    first.events.map(({ eventId }) => eventId),
    second.events.map(({ eventId }) => eventId),
  )
  const invoices = ['one', 'two'].map((clientId) =>
    accepted(
      'RegisterInvoice',
      examples.registerInvoice({ clientId, invoiceId: `inv-${clientId}`, number: clientId }),
      key,
    ),
  )
  const positions = (await Promise.all(invoices)).map(({ position }) => BigInt(position))
  const last = positions.reduce((left, right) => (left > right ? left : right))
  t.match(await get(`clients/one?minPosition=${last}&maxWait=10000`), { balances: [{ open: '1210.00' }] })
  t.match(await get(`clients/two?minPosition=${last}`), { balances: [{ open: '1210.00' }] })
  t.match(await get('journal/trial-balance'), { totals: [{ balance: '0.00' }] })
})

t.test('the same invoice id in two accounts stops nobody', async (t) => {
  await accepted('RegisterInvoice', examples.registerInvoice({ clientId: 'one', invoiceId: 'twice', number: '7001' }))
  const second = examples.registerInvoice({ clientId: 'two', invoiceId: 'twice', number: '7002' })
  const { position } = await accepted('RegisterInvoice', second)
  t.match(await get(`clients/two?minPosition=${position}&maxWait=10000`), { balances: [{ open: '2420.00' }] })
})

t.test('readiness names a projector that stands still, and commands go on', async (t) => {
  await until('live', async () => (await readiness()).status === 200)
  const poison = { id: randomUUID(), type: 'FromTheFuture', data: {}, metadata: {} }
  await store.append('clientAccount-amc:poison', 'no_stream', [poison])
  await until('faulted', async () => (await readiness()).status === 503)
  t.match(await readiness(), { parts: { projector: 'faulted', postgres: 'up', 'event-store': 'up' } })
  await accepted('RegisterClient', examples.registerClient({ clientId: 'after' }))
  t.match(await get('clients/one'), { clientId: 'one' }, 'what is known is still told')

  const diagnoses: Diagnosis[] = []
  const db = createDatabase<unknown>(openPool())
  await examineReadModels(examine('projector', diagnoses), { db, store })
  t.match(
    diagnoses.filter(({ health }) => health !== 'ok').map(({ check, health }) => [check, health]),
    [
      ['state', 'wrong'],
      ['lag', 'wrong'],
    ],
    'nor does the doctor say that it is at work',
  )
})

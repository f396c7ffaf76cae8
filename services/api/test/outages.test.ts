/** Parts that are away: what still works, what is said of the rest, and how soon. */
import { connect as connectSocket, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import * as examples from '@registru/domain/examples'
import { StoreMisconfigured, StoreUnavailable } from '@registru/event-store'
import { createTestDatabase } from '@registru/runtime/testing'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { authorization, codeOf, createApi, openPool, startStores, until } from './api.ts'
import { createFakeEventStore } from './fake-event-store.ts'
import { project } from './projected.ts'

t.setTimeout(120_000)
const LIMIT_MS = 5_000

const stores = await startStores(t)
const { store, pool } = stores
const api = await createApi(store, pool)
await api.must('RegisterCompany', examples.registerCompany())
await project(stores)

const Readiness = z.object({ parts: z.record(z.string(), z.string()) })
/** A part that is up may miss its second on a busy machine; one that is down is never up. */
const READINESS_ATTEMPTS = 20

/** Names the part that is down. */
const isReady = async (t: Test, of: typeof api, parts: Readonly<Record<string, string>>): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    const response = await of.app.inject({ url: '/readyz' })
    const told = Readiness.parse(response.json()).parts
    const isUp = Object.values(told).every((state) => state === 'up')
    t.equal(response.statusCode, isUp ? 200 : 503)
    const isAsExpected = Object.entries(parts).every(([part, state]) => told[part] === state)
    if (!isAsExpected && attempt < READINESS_ATTEMPTS) continue
    t.match(told, parts)
    return
  }
}

/** A door before PostgreSQL that can be shut, or open onto silence. */
const openDoor = async (t: Test, databaseUrl: string) => {
  const sockets = new Set<Socket>()
  let isSilent = false
  const { hostname, port } = new URL(databaseUrl)
  const server = createServer((socket) => {
    const there = connectSocket(Number(port), hostname)
    for (const end of [socket, there]) {
      sockets.add(end)
      end.on('error', () => undefined).on('close', () => sockets.delete(end))
    }
    socket.on('data', (bytes) => (isSilent ? undefined : there.write(bytes))).on('close', () => there.destroy())
    there.on('data', (bytes) => (isSilent ? undefined : socket.write(bytes))).on('close', () => socket.destroy())
  })
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve))
  await listen(0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const shut = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  t.teardown(() => (server.listening ? shut() : undefined))
  const url = new URL(databaseUrl)
  url.port = String(address.port)
  return {
    url: url.href,
    shut,
    open: () => listen(address.port),
    silence: (silent: boolean) => {
      isSilent = silent
    },
  }
}

t.test('the read side away', async (t) => {
  await pool.query(`insert into read.projector (state, detail) values ('live', '{}')`)
  const door = await openDoor(t, stores.databaseUrl)
  const apart = await createApi(store, openPool(t, door.url))
  await isReady(t, apart, { postgres: 'up', 'event-store': 'up', projector: 'up', api: 'up' })
  t.equal((await apart.get('clients')).statusCode, 200)
  await door.shut()

  const query = await apart.get('clients')
  t.equal(query.statusCode, 503)
  t.match(query.headers['retry-after'], /^\d+$/)
  t.equal(codeOf(query), 'READ_SIDE_UNAVAILABLE')
  t.equal((await apart.get('clients?minPosition=5')).statusCode, 503)
  await isReady(t, apart, { postgres: 'down', 'event-store': 'up', projector: 'unknown' })
  t.equal((await apart.command('RegisterClient', examples.registerClient({ clientId: 'meanwhile' }))).statusCode, 201)
  t.equal((await apart.get('events?clientId=meanwhile')).statusCode, 200, 'history needs no read side')

  await door.open()
  t.equal((await apart.get('clients')).statusCode, 200)
  door.silence(true)
  await isReady(t, apart, { postgres: 'down', 'event-store': 'up' })
  t.equal((await apart.command('RegisterClient', examples.registerClient({ clientId: 'silently' }))).statusCode, 201)
  const unanswered = ['clients', 'clients?minPosition=5&maxWait=1'].map((path) => apart.get(path))
  const answers = await Promise.race([Promise.all(unanswered), sleep(LIMIT_MS, undefined)])
  t.strictSame(
    answers?.map(({ statusCode }) => statusCode),
    [503, 503],
    'a query does not wait for a silent PostgreSQL longer than it said',
  )
})

t.test('read models that nobody has set up', async (t) => {
  const bare = await createApi(store, openPool(t, await createTestDatabase(t)))
  t.equal(codeOf(await bare.get('clients')), 'READ_SIDE_UNAVAILABLE')
  await isReady(t, bare, { postgres: 'up', projector: 'never started' })
})

t.test('a projector that stands still', async (t) => {
  for (const [state, told] of [
    ['faulted', 'faulted'],
    ['diverged', 'diverged'],
    ['stopped', 'stopped'],
    ['catchingUp', 'up'],
    ['live', 'up'],
  ] as const) {
    await pool.query('update read.projector set state = $1, updated_at = now()', [state])
    await isReady(t, api, { projector: told, postgres: 'up' })
  }
  await pool.query(`update read.projector set updated_at = now() - interval '1 minute'`)
  await isReady(t, api, { projector: 'silent', postgres: 'up' })
  const diverged = { reason: 'StoreDiverged: journal: the store ends at 5' }
  await pool.query(`update read.projector set state = 'diverged', detail = $1`, [diverged])
  await isReady(t, api, { projector: 'diverged', postgres: 'up' })
  const told = z.object({ reasons: z.record(z.string(), z.string()) })
  const { reasons } = told.parse((await api.app.inject({ url: '/readyz' })).json())
  t.match(reasons, { projector: diverged.reason }, 'its last words can be read as long as nobody starts it again')
})

t.test('an event store that answers reads and takes no appends', async (t) => {
  const fake = createFakeEventStore()
  const apart = await createApi(fake, pool)
  await isReady(t, apart, { commands: 'up' })
  fake.appendHealth = () => ({ state: 'suspended', since: new Date(), unanswered: 3, reason: 'no leader' })
  await isReady(t, apart, { commands: 'refused' })
})

t.test('the event store away', async (t) => {
  t.equal((await api.command('RegisterClient', examples.registerClient())).statusCode, 201)
  await stores.stopServer()
  const timed = async (name: string, body: unknown) => {
    const startedAt = performance.now()
    const response = await api.command(name, body)
    t.ok(performance.now() - startedAt < LIMIT_MS, `${name}: ${Math.round(performance.now() - startedAt)} ms`)
    t.equal(response.statusCode, 503)
    t.match(response.headers['retry-after'], /^\d+$/)
    return codeOf(response)
  }
  const cash = { ...examples.recordPayment({ method: 'CASH' }), bankReference: undefined, receipt: { series: 'AMC-C' } }
  const codes = await Promise.all([
    timed('RegisterClient', examples.registerClient({ clientId: 'not-cached' })),
    timed('UpdateClient', { clientId: 'alfa', name: 'Another SRL' }),
    timed('RecordPayment', cash),
    timed('AnnulReceipt', examples.annulReceipt()),
    ...Array.from({ length: 50 }, (_, index) =>
      timed('RegisterInvoice', examples.registerInvoice({ invoiceId: `i-${index}`, number: `${index}` })),
    ),
  ])
  t.ok(
    codes.every((code) => ['STORE_UNAVAILABLE', 'OUTCOME_UNKNOWN'].includes(code)),
    [...new Set(codes)].join(),
  )
  t.equal((await api.get('clients')).statusCode, 200, 'queries still answer')
  t.equal((await api.get('events?clientId=alfa')).statusCode, 503)
  await isReady(t, api, { 'event-store': 'down', postgres: 'up' })

  await stores.startServer()
  await until('a command', async () => {
    const response = await api.command('RegisterInvoice', examples.registerInvoice(), { key: 'after' })
    return response.statusCode < 300 ? true : undefined
  })
  await isReady(t, api, { 'event-store': 'up' })
})

t.test('a store that is silent in the middle of a command', async (t) => {
  const fake = createFakeEventStore()
  const patient = await createApi(fake, pool)
  const body = { ...examples.recordPayment({ paymentId: 'p', method: 'CASH', allocation: { rule: 'none' } }) }
  const cash = { ...body, bankReference: undefined, receipt: { series: 'AMC-C' } }
  t.equal((await patient.command('RegisterCompany', examples.registerCompany())).statusCode, 201)
  t.equal((await patient.command('OpenReceiptBook', examples.openReceiptBook())).statusCode, 201)
  t.equal((await patient.command('RegisterClient', examples.registerClient())).statusCode, 201)
  // Each step alone is within its limit; together they are not.
  fake.fate = () => sleep(3_000, 'written')
  const startedAt = performance.now()
  const response = await patient.command('RecordPayment', cash, { key: 'slow' })
  t.ok(performance.now() - startedAt < LIMIT_MS)
  t.equal(codeOf(response), 'OUTCOME_UNKNOWN')
  t.match(response.json(), { detail: /GET commands\/.*-/, details: { commandId: /-/ } })
  fake.fate = () => 'written'
  await sleep(2_000)
  const again = await patient.command('RecordPayment', cash, { key: 'slow' })
  t.match(again.json(), { result: { receipt: { number: 1 } } }, 'it went on without its caller')
  t.equal(again.headers['idempotency-replayed'], 'true')
})

t.test('what fails for a reason of ours', async (t) => {
  const fake = createFakeEventStore()
  const broken = await createApi(fake, pool)
  fake.beforeRead = () => Promise.reject(new TypeError('secret of the driver'))
  const response = await broken.command('RegisterClient', examples.registerClient())
  t.equal(response.statusCode, 500)
  t.equal(codeOf(response), 'INTERNAL_ERROR')
  t.notMatch(response.body, /secret/)
  fake.beforeRead = () => Promise.reject(new StoreUnavailable('down'))
  t.equal((await broken.command('RegisterClient', examples.registerClient())).statusCode, 503)
  fake.beforeRead = () => Promise.reject(new StoreMisconfigured('unable to verify the first certificate'))
  const refused = await broken.command('RegisterClient', examples.registerClient())
  t.equal(codeOf(refused), 'STORE_UNAVAILABLE')
  t.notMatch(refused.body, /certificate/, 'the reason is for the log')
})

t.test('a good end: what was accepted is answered, what comes later is not', async (t) => {
  const fake = createFakeEventStore()
  const ending = await createApi(fake, pool)
  const url = await ending.app.listen({ host: '127.0.0.1', port: 0 })
  fake.fate = () => sleep(500, 'written')
  const sent = Array.from({ length: 10 }, (_, index) =>
    fetch(`${url}/v1/companies/amc/commands/RegisterClient`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', 'idempotency-key': `end-${index}` },
      body: JSON.stringify(examples.registerClient({ clientId: `end-${index}` })),
    }),
  )
  await until('all on their way', () => (fake.appends.length === 10 ? true : undefined))
  const closing = ending.app.close()
  const answers = await Promise.all(sent)
  t.strictSame(new Set(answers.map(({ status }) => status)), new Set([201]))
  await closing
  await t.rejects(fetch(`${url}/livez`))
})

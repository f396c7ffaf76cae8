/** A ledger that moves to another event store: answers at both clocks before and after, with a projector at work meanwhile. */

import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  buildApp,
  createGenerations,
  createIdentificationSaga,
  createLedger,
  createMergeSaga,
  createReadSide,
  createReceiptSaga,
  createReversalSaga,
  createTransferSaga,
} from '@registru/api'
import { BEFORE_THE_LOG, type Position } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { startEventStore } from '@registru/embedded'
import { connectEventStore, type EventArchive, type EventStore, isImporting } from '@registru/event-store'
import { LEDGER_CLOCK_CHANNEL } from '@registru/projections'
import { startProjector } from '@registru/projector'
import { createLogger, createPool, type Pool } from '@registru/runtime'
import { createTestDatabase, type Teardown } from '@registru/runtime/testing'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { auditReadModels } from '../src/audit/audit.ts'
import { readWithFirstInstants } from '../src/audit/instants.ts'
import { createReport } from '../src/audit/report.ts'
import { readManifest } from '../src/event-store/archive.ts'
import { exportEvents } from '../src/event-store/export.ts'
import { importKept, importMoved } from '../src/event-store/import.ts'

const Positioned = z.object({ position: z.string() })
const Known = z.object({ knownAt: z.string(), knownAtPosition: z.string() })
const Page = z.object({ nextCursor: z.string() })
const Payments = z.object({ items: z.array(z.object({ paymentId: z.string() })) })

t.setTimeout(240_000)
const TOKEN = 'a-token'
const CACHE_BYTES_MAX = 10_000_000
const PAYMENTS = 8
const { ron } = examples
const logger = createLogger({ name: 'test', level: 'silent' })

interface Place {
  readonly url: string
  readonly store: EventStore & EventArchive
  readonly pool: Pool
  readonly pay: (paymentId: string) => Promise<unknown>
  readonly must: (name: string, body: object) => Promise<{ readonly position: string }>
  readonly get: (path: string) => Promise<{ readonly statusCode: number; readonly body: string }>
  readonly ready: () => Promise<string>
  /** The answer with `P` for its own position. */
  readonly known: (knownAt: string) => Promise<string>
  readonly stop: () => Promise<void>
}

/** A whole installation: event store, database, projector, API. */
const install = async (test: Teardown): Promise<Place> => {
  const databaseUrl = await createTestDatabase(test)
  const server = await startEventStore({ databaseUrl })
  const store = connectEventStore({ url: server.url })
  const openPool = () =>
    createPool({ url: databaseUrl, connectionsMax: 8, applicationName: 'test', onIdleError: () => undefined })
  const [pool, reading, aside] = [openPool(), openPool(), openPool()]
  const projector = startProjector({ pool, store, logger })
  await projector.ready
  const today = () => '2026-11-24'
  const now = () => new Date()
  const ledger = createLedger({ store, today, now, cacheBytesMax: CACHE_BYTES_MAX })
  const sagas = {
    receipts: createReceiptSaga(ledger),
    transfers: createTransferSaga(ledger),
    identifications: createIdentificationSaga(ledger),
    reversals: createReversalSaga(ledger, createTransferSaga(ledger)),
    merges: createMergeSaga(ledger, createTransferSaga(ledger)),
  }
  const readSide = createReadSide({ pool: reading, aside })
  const generations = createGenerations(store)
  const app = await buildApp({ ledger, ...sagas, store, readSide, generations, token: TOKEN, logger, today, now })
  test.teardown(async () => {
    await app.close()
    await projector.stop()
    ledger.stop()
    await store.dispose()
    await Promise.all([pool, reading, aside].map((one) => one.end()))
    await server.stop()
  })
  const authorization = `Bearer ${TOKEN}`
  const must = async (name: string, payload: object): Promise<{ readonly position: string }> => {
    const url = `/v1/companies/amc/commands/${name}`
    const headers = { authorization, 'idempotency-key': randomUUID() }
    const response = await app.inject({ method: 'POST', url, headers, payload })
    if (response.statusCode !== 201) throw new Error(`${name}: ${response.statusCode} ${response.body}`)
    return Positioned.parse(JSON.parse(response.body))
  }
  const get = async (path: string) => {
    const { statusCode, body } = await app.inject({ url: `/v1/companies/amc/${path}`, headers: { authorization } })
    return { statusCode, body }
  }
  return {
    url: server.url,
    store,
    pool,
    must,
    get,
    ready: async () => (await app.inject({ url: '/readyz' })).body,
    pay: (paymentId) =>
      must('RecordPayment', {
        ...examples.recordPayment({ paymentId, amount: ron('10.00') }),
        allocation: undefined,
      }),
    known: async (knownAt) => {
      const { statusCode, body } = await get(`receivables/aging?asOf=2026-11-24&maxWait=10000&knownAt=${knownAt}`)
      if (statusCode !== 200) throw new Error(`${statusCode} ${body}`)
      const { position } = Positioned.parse(JSON.parse(body))
      return body.replaceAll(position, 'P')
    },
    stop: projector.stop,
  }
}

const audit = async ({ store, pool }: Place): Promise<readonly string[]> => {
  const report = createReport()
  const client = await pool.connect()
  try {
    await client.query('begin transaction isolation level repeatable read read only')
    const { rows } = await client.query<{ position: Position }>('select min(position) as position from read.positions')
    await auditReadModels(
      client,
      readWithFirstInstants(store),
      rows[0]?.position ?? BEFORE_THE_LOG,
      report,
      () => undefined,
    )
    await client.query('rollback')
  } finally {
    client.release()
  }
  return report.checks.filter(({ differences }) => differences > 0).map(({ name, first }) => `${name}: ${first?.what}`)
}

const folder = mkdtempSync(join(tmpdir(), 'registru-migration-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'events.ndjson.gz')

const old = await install(t)
await old.must('RegisterCompany', examples.registerCompany())
await old.must('RegisterClient', examples.registerClient())
await old.must('RegisterInvoice', examples.registerInvoice())
const given: { readonly instant: string; readonly body: string; readonly position: string }[] = []
const keep = async (place: Place): Promise<void> => {
  const instant = new Date().toISOString()
  const body = await place.known(instant)
  const { body: told } = await place.get(`receivables/aging?asOf=2026-11-24&knownAt=${instant}`)
  const { knownAtPosition: position } = Known.parse(JSON.parse(told))
  given.push({ instant, body, position })
}
for (let payment = 0; payment < PAYMENTS; payment += 1) {
  await keep(old)
  await old.pay(`before-${payment}`)
}
await keep(old)
await exportEvents(old.store, file, () => undefined)
await old.stop()
const manifest = readManifest(file)
if (new Set(given.map(({ body }) => body)).size !== PAYMENTS + 1) throw new Error('each payment changes the answer')

const pageOf = (cursor: string, what: string) => `${what}?limit=2&cursor=${cursor}`
const firstPage = async (place: Place, what: string): Promise<string> => {
  const { nextCursor } = Page.parse(JSON.parse((await place.get(`${what}?limit=2`)).body))
  return nextCursor
}
const paymentsCursor = await firstPage(old, 'payments')
const eventsCursor = await firstPage(old, 'events')
const paymentsAfter = (await old.get(pageOf(paymentsCursor, 'payments'))).body
const idsIn = (body: string): readonly string[] => {
  const { items } = Payments.parse(JSON.parse(body))
  return items.map(({ paymentId }) => paymentId)
}

/** Positions that were given out before the move are still good; what they mean is shown as a position of the present log. */
const located = async (test: Test, place: Place): Promise<void> => {
  for (const { instant, body, position } of given) {
    const aging = await place.get(`receivables/aging?asOf=2026-11-24&knownAt=${position}&minPosition=${position}`)
    const { knownAt, knownAtPosition } = Known.parse(JSON.parse(aging.body))
    test.equal(knownAt, knownAtPosition)
    test.match(knownAt, /^1\.[0-9]+$/)
    test.equal(aging.body.replaceAll(knownAt, 'P').replace('"knownAt":"P"', `"knownAt":"${instant}"`), body)
  }
  const lost = given.at(-1)?.position.replace(/$/, '000')
  for (const asked of [`knownAt=${lost}`, `minPosition=${lost}`, 'knownAt=2.5000', 'minPosition=7.1']) {
    const { statusCode, body } = await place.get(`receivables/aging?asOf=2026-11-24&${asked}`)
    test.equal(statusCode, 410, asked)
    test.match(JSON.parse(body), { code: 'POSITION_LOST', details: { presentGeneration: 1 } })
  }
  for (const nonsense of ['1.', '.1', '0.1', '01.5', '1.2.3', '1.-1', `1.${'9'.repeat(19)}`]) {
    test.equal((await place.get(`clients?minPosition=${nonsense}`)).statusCode, 400, nonsense)
  }
  test.same(idsIn((await place.get(pageOf(paymentsCursor, 'payments'))).body), idsIn(paymentsAfter))
  test.equal((await place.get(pageOf(eventsCursor, 'events'))).statusCode, 410)
  test.equal((await place.get(pageOf(await firstPage(place, 'events'), 'events'))).statusCode, 200)
}

const unchanged = async (test: { equal: (found: unknown, wanted: unknown, what: string) => void }, place: Place) => {
  for (const { instant, body } of given) test.equal(await place.known(instant), body, instant)
}

t.test('into an embedded store, which keeps places and instants', async (t) => {
  const place = await install(t)
  await importKept(place.store, place.url, file, manifest, () => undefined)
  await unchanged(t, place)
  await located(t, place)
  t.same(await audit(place), [])
})

t.test('into another store, by an import that is cut off while somebody asks for proofs', async (t) => {
  const place = await install(t)
  let asked = 0
  const cutOff = importMoved(place.store, file, manifest, (written) => {
    if (written > manifest.events / 2) throw new Error('killed')
  })
  await t.rejects(cutOff, /killed/)
  t.equal(await isImporting(place.store), true)
  for (; asked < 3; asked += 1) {
    await place.pool.query('select pg_notify($1, $2)', [LEDGER_CLOCK_CHANNEL, `${Date.now()}`])
    await sleep(600)
  }
  await importMoved(place.store, file, manifest, () => undefined)
  t.equal(await isImporting(place.store), false)
  await unchanged(t, place)
  t.same(await audit(place), [])

  await located(t, place)

  t.comment('and the clock goes on across the border')
  const [atTheEnd] = given.slice(-1)
  const between = new Date().toISOString()
  t.equal(await place.known(between), atTheEnd?.body.replaceAll(atTheEnd.instant, between))
  const { position: written } = await place.must('UpdateClient', examples.updateClient({ name: 'Moved SRL' }))
  t.match(written, /^1\.[0-9]+$/)
  t.match((await place.get(`clients?minPosition=${written}`)).body, /Moved SRL/)
  t.match(JSON.parse(await place.ready()), {
    progress: { head: /^1\.[0-9]+$/, readModels: { position: /^1\.[0-9]+$/, lag: { events: 0 } } },
  })
  await place.pay('after')
  const after = new Date().toISOString()
  t.match(JSON.parse(await place.known(after)), { rows: [{ open: `${1210 - 10 * (PAYMENTS + 1)}.00` }] })
  await unchanged(t, place)
  t.equal(await place.known(between), atTheEnd?.body.replaceAll(atTheEnd.instant, between))
  t.same(await audit(place), [])

  t.comment('and across a second one')
  const again = join(folder, 'again.ndjson')
  await exportEvents(place.store, again, () => undefined)
  const third = await install(t)
  await importMoved(third.store, again, readManifest(again), () => undefined)
  await unchanged(t, third)
  t.match(JSON.parse((await third.get(`receivables/aging?asOf=2026-11-24&knownAt=${written}`)).body), {
    knownAtPosition: /^2\./,
  })
  t.equal((await third.get(`clients?minPosition=${given[0]?.position}`)).statusCode, 410, 'two imports ago')
  t.match(JSON.parse(await third.known(after)), { rows: [{ open: `${1210 - 10 * (PAYMENTS + 1)}.00` }] })
  t.same(await audit(third), [])
})

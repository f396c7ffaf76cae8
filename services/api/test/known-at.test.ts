/** What was known at an instant: answered once it can never change, and not before. */
import { setTimeout as sleep } from 'node:timers/promises'
import * as examples from '@registru/domain/examples'
import { StoreUnavailable } from '@registru/event-store'
import t from 'tap'
import { createApi, startStores } from './api.ts'
import { project, tick } from './projected.ts'

const { ron } = examples
t.setTimeout(120_000)

const stores = await startStores(t)
const { store, pool } = stores
const api = await createApi(store, pool)

const { must } = api
const pay = (paymentId: string, by = api) =>
  by.must('RecordPayment', { ...examples.recordPayment({ paymentId, amount: ron('10.00') }), allocation: undefined })
const aging = (instant: Date, rest = '', by = api) =>
  by.get(`receivables/aging?asOf=2026-11-24&knownAt=${instant.toISOString()}${rest}`)
/** A moment of which the clocks of this machine and of its store say the same. */
const moment = async (): Promise<Date> => {
  await sleep(5)
  const instant = new Date()
  await sleep(5)
  return instant
}

await must('RegisterCompany', examples.registerCompany())
await must('RegisterClient', examples.registerClient())
await must('RegisterInvoice', examples.registerInvoice())
await tick(stores)

t.test('the future is refused', async (t) => {
  for (const path of ['receivables/aging', 'clients/alfa/statement.pdf', 'clients/alfa']) {
    const response = await api.get(`${path}?knownAt=${new Date(Date.now() + 60_000).toISOString()}`)
    t.match(response.json(), { status: 422, code: 'KNOWN_AT_IN_FUTURE', details: { now: /Z$/ } }, path)
  }
})

t.test('a process whose clock is behind answers what the log has settled', async (t) => {
  const instant = await moment()
  await tick(stores)
  const now = () => new Date(Date.now() - 3_600_000)
  const late = await createApi(store, pool, { now })
  t.equal((await aging(instant, '', late)).body, (await aging(instant)).body)
  t.match((await aging(new Date(), '', late)).json(), { code: 'KNOWN_AT_IN_FUTURE' })
})

t.test('an instant is answered when the log is known to have passed it', async (t) => {
  await pay('pay-1')
  const instant = await moment()
  const unsettled = { status: 504, code: 'READ_MODEL_BEHIND', details: { knownAt: instant.toISOString() } }
  await project(stores)
  t.match((await aging(instant, '&maxWait=50')).json(), unsettled, 'nothing was appended since')
  await pay('pay-2')
  t.match((await aging(instant, '&maxWait=50')).json(), unsettled, 'pay-2 is not projected')
  await project(stores)
  const first = await aging(instant)
  t.match(first.json(), { rows: [{ open: '1200.00' }], knownAt: instant.toISOString(), knownAtPosition: /\d/ })

  await pay('pay-3')
  await project(stores)
  t.equal((await aging(instant)).body, first.body, 'the same bytes after later events')
})

t.test('an instant that is hardly over is waited for', async (t) => {
  const instant = await moment()
  const asked = aging(instant, '&maxWait=5000')
  await sleep(100)
  await tick(stores)
  t.match((await asked).json(), { rows: [{ open: '1180.00' }] })
})

t.test('without the event store what the log has settled is answered', async (t) => {
  const instant = await moment()
  await tick(stores)
  const away = () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new StoreUnavailable('away')) }) })
  const alone = await createApi({ ...store, readAll: away, readStream: away }, pool)
  t.match((await aging(instant, '', alone)).json(), { rows: [{ open: '1180.00' }] })
})

t.test('an append that is long on its way counts from when it stands in the log', async (t) => {
  let appendDelayMs = 300
  const slowToWrite: typeof store = {
    ...store,
    append: async (...given) => {
      await sleep(appendDelayMs)
      return store.append(...given)
    },
  }
  const slow = await createApi(slowToWrite, pool)
  const paying = pay('slow', slow)
  const instant = await moment()
  await tick(stores)
  const first = await aging(instant)
  t.match(first.json(), { rows: [{ open: '1180.00' }] })
  await paying
  appendDelayMs = 0
  await tick(stores)
  t.equal((await aging(instant)).body, first.body)
  const since = await moment()
  await tick(stores)
  t.match((await aging(since)).json(), { rows: [{ open: '1170.00' }] })
})

t.test('recorders whose clocks are an hour apart hide nothing from each other', async (t) => {
  const hoursAway = (hours: number) => ({ now: () => new Date(Date.now() + hours * 3_600_000) })
  const fast = await createApi(store, pool, hoursAway(1))
  const slow = await createApi(store, pool, hoursAway(-1))
  const answers: { readonly instant: Date; readonly body: string }[] = []
  for (const [number, by] of [fast, slow, api, slow, fast].entries()) {
    await pay(`apart-${number}`, by)
    const instant = await moment()
    await tick(stores)
    const { body } = await aging(instant)
    t.match(JSON.parse(body), { rows: [{ open: `${1160 - 10 * number}.00` }] })
    answers.push({ instant, body })
  }
  for (const { instant, body } of answers) {
    for (const by of [fast, slow, api]) t.equal((await aging(instant, '', by)).body, body)
  }
})

t.test('events are found by when they were known', async (t) => {
  const before = await moment()
  await tick(stores)
  await pay('found')
  const between = await moment()
  await tick(stores)
  await pay('later')
  const after = await moment()
  await tick(stores)
  const paidIn = async (from: Date, to: Date): Promise<unknown> =>
    (await api.get(`events?type=PaymentRecorded&from=${from.toISOString()}&to=${to.toISOString()}`)).json()
  t.match(await paidIn(before, between), { items: [{ data: { paymentId: 'found' }, createdAt: /Z$/ }] })
  t.match(await paidIn(between, after), { items: [{ data: { paymentId: 'later' } }] })
  t.match(await paidIn(after, new Date(Date.now() + 60_000)), { items: [] })
})

t.test('a position that is not reached is waited for', async (t) => {
  const path = 'clients/alfa/statement.pdf?maxWait=20&knownAt=999999999'
  t.match((await api.get(path)).json(), { code: 'READ_MODEL_BEHIND', details: { minPosition: '999999999' } })
})

/** What was known at an instant: answered once it can never change, and not before. */
import { setTimeout as sleep } from 'node:timers/promises'
import * as examples from '@registru/domain/examples'
import { StoreUnavailable } from '@registru/event-store'
import t from 'tap'
import { createApi, startStores } from './api.ts'
import { project } from './projected.ts'

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

await must('RegisterCompany', examples.registerCompany())
await must('RegisterClient', examples.registerClient())
await must('RegisterInvoice', examples.registerInvoice())
await project(stores)

t.test('the future is refused', async (t) => {
  for (const path of ['receivables/aging', 'clients/alfa/statement.pdf', 'clients/alfa']) {
    const response = await api.get(`${path}?knownAt=${new Date(Date.now() + 60_000).toISOString()}`)
    t.match(response.json(), { status: 400, errors: [{ path: '/query/knownAt', rule: /future/ }] }, path)
  }
})

t.test('an instant is answered when all that the log holds is projected', async (t) => {
  await pay('pay-1')
  const instant = new Date()
  t.match((await aging(instant, '&maxWait=0')).json(), { status: 504, details: { settledInMs: Number } })
  await sleep(1_100)
  const behind = await aging(instant, '&maxWait=50')
  t.match(behind.json(), { code: 'READ_MODEL_BEHIND', details: { minPosition: /\d/ } }, 'pay-1 is not projected')
  await project(stores)
  const first = await aging(instant)
  t.match(first.json(), { rows: [{ open: '1200.00' }] })

  await pay('pay-2')
  await project(stores)
  t.equal((await aging(instant)).body, first.body, 'the same bytes after later events')
})

t.test('an instant that is hardly over is waited for', async (t) => {
  const response = await aging(new Date(), '&maxWait=5000')
  t.match(response.json(), { rows: [{ open: '1190.00' }] })
})

t.test('without the event store only what is over for good is told', async (t) => {
  const reading = (next: () => Promise<IteratorResult<never>>) => ({ [Symbol.asyncIterator]: () => ({ next }) })
  const broken = reading(() => Promise.reject(new StoreUnavailable('away')))
  const mute = reading(() => new Promise(() => undefined))
  const away = await createApi({ ...store, readAll: () => broken }, pool)
  const silent = await createApi({ ...store, readAll: () => mute }, pool)
  const now = new Date()
  await sleep(1_100)
  for (const by of [away, silent]) {
    t.match((await aging(now, '', by)).json(), { status: 503, code: 'STORE_UNAVAILABLE', detail: /where the log ends/ })
  }
  await pay('pay-3')
  await project(stores)
  for (const by of [away, silent]) t.match((await aging(now, '', by)).json(), { rows: [{ open: '1190.00' }] })
})

t.test('a position that is not reached is waited for', async (t) => {
  const path = 'clients/alfa/statement.pdf?maxWait=20&knownAt=999999999'
  t.match((await api.get(path)).json(), { code: 'READ_MODEL_BEHIND', details: { minPosition: '999999999' } })
})

/** What the reports answer through HTTP, over read models that a projector would have filled. */
import { readLedgerEvent } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { allProjections, openPostgresWriter } from '@registru/projections'
import t from 'tap'
import { createApi, startStores } from './api.ts'

const { ron } = examples
t.setTimeout(120_000)

const { store, pool } = await startStores(t)
const api = await createApi(store, pool)

const must = async (name: string, body: unknown): Promise<void> => {
  const response = await api.command(name, body)
  if (response.statusCode !== 201) throw new Error(`${name}: ${response.statusCode} ${response.body}`)
}

/** Brings the read models up to the head, as the projector does. */
const project = async (): Promise<void> => {
  const client = await pool.connect()
  try {
    const writer = await openPostgresWriter({ client, projections: allProjections })
    const events = []
    for await (const event of store.readAll()) {
      if (/^(?:company|clientAccount|receiptBook)-/.test(event.stream)) events.push(readLedgerEvent(event))
    }
    await writer.apply(events, { position: events.at(-1)?.position ?? -1n, storeId: 'test' })
  } finally {
    client.release(true)
  }
}

const answer = async (path: string): Promise<unknown> => {
  const response = await api.get(path)
  if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${response.body}`)
  return response.json()
}

await must('RegisterCompany', examples.registerCompany())
await must('RegisterClient', examples.registerClient())
const vatLines = [{ rate: '21', base: '1000.00', vat: '210.00' }]
await must('RegisterInvoice', examples.registerInvoice({ cashAccounting: true, vatLines }))
const pay = (paymentId: string, amount: string, change: object = {}) =>
  must('RecordPayment', {
    ...examples.recordPayment({ paymentId, amount: ron(amount) }),
    allocation: undefined,
    ...change,
  })
await pay('pay-1', '500.00', { receivedOn: '2026-11-02' })
await pay('pay-2', '710.00', { receivedOn: '2026-11-20' })

t.test('VAT made exigible by collection', async (t) => {
  await project()
  t.match(await answer('vat/exigible?from=2026-11-01&to=2026-11-10'), {
    from: '2026-11-01',
    days: [{ on: '2026-11-02', currency: 'RON', rate: '21', base: '413.22', vat: '86.78' }],
    totals: [{ currency: 'RON', rate: '21', base: '413.22', vat: '86.78' }],
    deferred: [{ currency: 'RON', rate: '21', vat: '123.22' }],
  })
  t.match(await answer('vat/exigible'), {
    from: '2026-11-01',
    to: '2026-11-24',
    totals: [{ base: '1000.00', vat: '210.00' }],
    deferred: [],
  })
  t.match(await answer('vat/exigible/entries?limit=1'), {
    items: [{ on: '2026-11-02', cause: 'ALLOCATED', clientId: 'alfa', paymentId: 'pay-1', vat: '86.78' }],
    nextCursor: /./,
  })
  t.match(await answer('vat/exigible?knownAt=0'), { days: [], deferred: [], position: '0' })
  t.equal((await api.get('vat/exigible?from=2026-11-02&to=2026-11-01')).statusCode, 400)
})

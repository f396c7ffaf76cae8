/** Both clocks fixed: no later event changes a byte. */
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { createApi, startStores } from './api.ts'
import { project } from './projected.ts'

const { ron } = examples
t.setTimeout(120_000)

const stores = await startStores(t)
const api = await createApi(stores.store, stores.pool)

const { must } = api
const pay = (paymentId: string, change: object = {}) =>
  must('RecordPayment', {
    ...examples.recordPayment({ paymentId, amount: ron('10.00') }),
    allocation: undefined,
    ...change,
  })

await must('RegisterClient', examples.registerClient())
for (const [number, currency] of ['USD', 'EUR', 'CHF', 'RON'].entries()) {
  await must('RegisterInvoice', {
    ...examples.registerInvoice({ invoiceId: `inv-${currency}`, number: `${number}` }),
    total: { amount: '1210.00', currency },
    vatLines: undefined,
  })
}
await pay('cash', { method: 'CASH', deskId: 'C1', bankReference: undefined, receivedOn: '2026-11-02' })
await project(stores)

const PATHS = [
  'receivables/aging',
  'receivables/aging?groupBy=invoice',
  'clients/alfa',
  'clients/alfa/statement?from=2026-10-01',
  'clients/alfa/statement?style=openItem',
  'clients/alfa/statement.pdf?from=2026-10-01',
  'clients/alfa/reminder.pdf',
  'journal/trial-balance?chart=romanian',
  'journal/trial-balance?chart=romanian&from=2026-11-01',
  'journal/entries?from=2026-10-01',
  'journal/entries?form=flat&from=2026-10-01',
  'journal/accounts/4111?from=2026-10-01',
  'journal/accounts/5311?clientId=alfa',
  'explain?figure=account&account=5311&currency=RON',
  'cash-desks',
  'cash-desks/C1/days/2026-11-02',
  'collections',
  'collections/to-recover',
  'collections/dso',
  'vat/exigible',
  'policies',
  'rates',
]

t.test('a company that is registered late, and payments after it', async (t) => {
  const { rows } = await stores.pool.query<{ position: bigint }>('select min(position) as position from read.positions')
  const clocks = `asOf=2026-11-24&knownAt=${rows[0]?.position ?? 0n}`
  const bodies = async (): Promise<readonly string[]> => {
    const answers: string[] = []
    for (const path of PATHS) {
      const response = await api.get(`${path}${path.includes('?') ? '&' : '?'}${clocks}`)
      // A refusal names its request.
      answers.push(response.statusCode === 200 ? response.body : `${response.statusCode}`)
    }
    return answers
  }
  const before = await bodies()
  await must('RegisterCompany', examples.registerCompany({ functionalCurrency: 'EUR' }))
  await must('UpdateClient', { clientId: 'alfa', name: 'Another SRL' })
  await pay('later', { receivedOn: '2026-11-03' })
  await pay('later-cash', { method: 'CASH', deskId: 'C1', bankReference: undefined, receivedOn: '2026-11-02' })
  await project(stores)
  const after = await bodies()
  for (const [index, path] of PATHS.entries()) t.equal(after[index], before[index], path)
})

t.test('currencies stand in one order', async (t) => {
  const response = await api.get('clients/alfa/statement?style=openItem')
  t.match(response.json(), {
    currencies: [{ currency: 'CHF' }, { currency: 'EUR' }, { currency: 'RON' }, { currency: 'USD' }],
  })
})

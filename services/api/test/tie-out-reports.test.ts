/** The certificates of the reports: collections, sales, VAT and cash, each against another book. */
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { createApi, startStores } from './api.ts'
import { type Corruption, findsAll } from './corruptions.ts'
import { project } from './projected.ts'

const { ron } = examples
t.setTimeout(120_000)

const { store, pool } = await startStores(t)
const api = await createApi(store, pool)

const { must, answer } = api
const pay = (paymentId: string, amount: string, change: object = {}) =>
  must('RecordPayment', {
    ...examples.recordPayment({ paymentId, amount: ron(amount) }),
    allocation: undefined,
    ...change,
  })

await must('RegisterCompany', examples.registerCompany())
await must('RegisterClient', examples.registerClient())
await must('RegisterInvoice', examples.registerInvoice({ cashAccounting: true }))
await must('OpenCashDesk', {
  deskId: 'C1',
  name: 'Casieria centrală',
  openedOn: '2026-11-02',
  openingBalances: [{ amount: '100.00', currency: 'RON' }],
})
await pay('cash', '605.00', { method: 'CASH', deskId: 'C1', bankReference: undefined, receivedOn: '2026-11-12' })
await pay('bank', '50.00', { receivedOn: '2026-11-13', allocation: { rule: 'none' } })
await must('ReversePayment', { clientId: 'alfa', paymentId: 'bank', reason: 'BOUNCED', reversedOn: '2026-11-14' })
await project({ store, pool })

t.test('every report carries its certificate', async (t) => {
  const of = (amounts: object) => ({ tieOut: { scope: 'company', currencies: [{ currency: 'RON', ...amounts }] } })
  t.match(await answer('collections'), of({ collections: '605.00', journal: '605.00' }))
  t.match(await answer('collections/to-recover'), of({ openItems: '605.00', journal: '605.00' }))
  t.match(await answer('collections/dso'), of({ openItems: '605.00', journal: '605.00' }))
  t.match(await answer('vat/exigible'), of({ deferred: '105.00', journal: '105.00' }))
  t.match(await answer('cash-desks'), of({ desks: '605.00', journal: '605.00' }))
  t.match(await answer('cash-desks/C1/days'), of({ desks: '605.00', journal: '605.00' }))
  t.match(await answer('cash-desks/C1/days/2026-11-12'), of({ desks: '605.00', journal: '605.00' }))
  t.match(await answer('cash-desks?asOf=2026-11-11'), { tieOut: { currencies: [] } })
})

const inLei = { currency: 'RON' }
const corruptions: readonly Corruption[] = [
  ['collection_days', 'collected_minor = collected_minor + 1', 'collections', inLei],
  ['collection_days', 'reversed_minor = reversed_minor + 1', 'collections?by=month', inLei],
  ['account_days', "debit_minor = debit_minor + 1 where account = 'BANK'", 'collections', inLei],
  ['open_spans', "amount_minor = amount_minor + 1 where item_kind = 'INVOICE'", 'collections/to-recover', inLei],
  ['open_days', "amount_minor = amount_minor + 1 where item_kind = 'INVOICE'", 'collections/to-recover', inLei],
  ['open_spans', "amount_minor = amount_minor + 1 where item_kind = 'INVOICE'", 'collections/dso', inLei],
  ['sales_days', 'invoiced_minor = invoiced_minor + 1', 'collections/dso', inLei],
  ['trade_entries', "amount_minor = amount_minor + 1 where kind = 'INVOICED'", 'collections/dso', inLei],
  ['vat_days', 'vat_minor = vat_minor + 1', 'vat/exigible', inLei],
  ['vat_movements', 'vat_minor = vat_minor + 1', 'vat/exigible', inLei],
  ['vat_movements', 'vat_minor = vat_minor + 1', 'vat/exigible/entries?limit=1', inLei],
  ['vat_days', 'deferred_minor = deferred_minor + 1', 'vat/exigible', inLei],
  ['account_days', "debit_minor = debit_minor + 1 where account = 'VAT_DEFERRED'", 'vat/exigible', inLei],
  ['cash_desk_days', 'in_minor = in_minor + 1', 'cash-desks', inLei],
  ['cash_desk_days', 'out_minor = out_minor + 1', 'cash-desks/C1/days', inLei],
  ['account_days', "debit_minor = debit_minor + 1 where account = 'CASH'", 'cash-desks/C1/days', inLei],
  [
    'cash_lines',
    "in_minor = in_minor + 1 where kind = 'PAYMENT'",
    'cash-desks/C1/days/2026-11-12',
    { deskId: 'C1', amounts: { lines: '705.01', days: '705.00' } },
  ],
  ['cash_desk_days', 'opening_minor = opening_minor + 1', 'cash-desks/C1/days/2026-11-02', { deskId: 'C1' }],
]

t.test('a row corrupted by hand is found, named, and not shown', (t) => findsAll(t, { api, pool }, corruptions))

/** A store that was restored to an earlier moment must not give a receipt number for the second time. */
import * as examples from '@registru/domain/examples'
import { allProjections, schemaOf } from '@registru/projections'
import { createLogger } from '@registru/runtime'
import t from 'tap'
import { receiptFinisher } from '../src/receipts/receipt-finisher.ts'
import { createReceiptSaga } from '../src/receipts/receipt-saga.ts'
import { startStepProcess } from '../src/steps/step-process.ts'
import { type Api, codeOf, createApi, eventsOf, nowhere, numberOf, startStores, until } from './api.ts'

t.setTimeout(120_000)

const { store, pool } = await startStores(t)
const before = await createApi(store, pool)
const ACCOUNT = 'clientAccount-amc:alfa'
const BOOK = 'receiptBook-amc:AMC-C'

const cash = (paymentId: string, change: object = {}) => ({
  ...examples.recordPayment({ paymentId, amount: examples.ron('10.00'), method: 'CASH', allocation: { rule: 'none' } }),
  bankReference: undefined,
  ...change,
})
const withReceipt = (paymentId: string) => cash(paymentId, { receipt: { series: 'AMC-C' } })
const must = async (api: Api, name: string, body: object) => {
  const response = await api.command(name, body)
  if (response.statusCode !== 201) throw new Error(`${name}: ${response.body}`)
}

await must(before, 'RegisterCompany', examples.registerCompany())
await must(before, 'OpenReceiptBook', examples.openReceiptBook())
await must(before, 'RegisterClient', examples.registerClient())
await must(before, 'RecordPayment', withReceipt('one'))
/** Reserved on the account, not yet in the book, when the store was restored. */
const dying = await createApi(store, pool, {
  saga: (ledger) => ({ ...createReceiptSaga(ledger), enter: () => Promise.reject(new Error('died here')) }),
})
await dying.command('RecordPayment', withReceipt('half'))

const register = allProjections.find(({ name }) => name === 'receipts')
if (register === undefined) throw new Error('there is no register of receipts')
// Postgres remembers what the store has lost.
await pool.query(`
  insert into ${schemaOf(register)}.receipt_books
    (company_id, series, desk_id, from_number, decision_number, decision_on, financial_year, last_number, issued_count, annulled_count,
     position, last_effective_on, last_position)
  values ('amc', 'AMC-C', 'C1', 1, '12', '2026-01-05', 2026, 5, 5, 0, 1, '2026-01-05', 1)`)
const api = await createApi(store, pool)

t.test('a book below what Postgres knows is read-only', async (t) => {
  const atStart = [(await eventsOf(store, BOOK)).length, (await eventsOf(store, ACCOUNT)).length]
  const refused = await api.command('RecordPayment', withReceipt('two'))
  t.equal(refused.statusCode, 409)
  t.match(refused.json(), {
    code: 'RESTORE_GUARD',
    detail: 'the book ends at 1, but number 5 was given',
    details: { lastNumber: 1, highestNumber: 5 },
  })
  const others = [
    ['IssueReceipt', { clientId: 'alfa', paymentId: 'one', series: 'AMC-C', issuedOn: '2026-11-03' }],
    ['AnnulReceipt', { series: 'AMC-C', number: 1, reason: 'wrong amount' }],
    ['ReprintReceipt', { series: 'AMC-C', number: 1 }],
    ['ExtendReceiptRange', examples.extendReceiptRange()],
  ] as const
  for (const [name, body] of others) t.equal(codeOf(await api.command(name, body)), 'RESTORE_GUARD', name)
  t.same(
    [(await eventsOf(store, BOOK)).length, (await eventsOf(store, ACCOUNT)).length],
    atStart,
    'nothing was reserved',
  )
  t.equal((await api.command('RecordPayment', cash('no-receipt'))).statusCode, 201, 'money is recorded all the same')
  t.equal((await api.command('OpenReceiptBook', examples.openReceiptBook({ series: 'OTHER' }))).statusCode, 201)
})

t.test('until somebody answers for the numbers that are passed over', async (t) => {
  const logger = createLogger({ name: 'api', level: 'fatal', destination: nowhere })
  const process = startStepProcess({ store, pool, finishers: [receiptFinisher(api.receipts)], logger })
  t.teardown(() => process.stop())
  // Longer than the process gives a request before it steps in.
  await new Promise((resolve) => setTimeout(resolve, 4_500))
  t.notOk(
    (await eventsOf(store, ACCOUNT)).some(({ type }) => type === 'ReceiptDeclined'),
    'what is half-done waits and is not refused',
  )
  const proceed = (continueFrom: number) =>
    api.command('ContinueReceiptBook', examples.continueReceiptBook({ continueFrom }))
  t.match((await proceed(5)).json(), { code: 'RECEIPT_NUMBER_ALREADY_GIVEN', details: { atLeast: 6 } })
  t.equal((await proceed(6)).statusCode, 201)
  const last = (await eventsOf(store, BOOK)).at(-1)
  t.match(last, {
    type: 'ReceiptBookContinued',
    data: { lastNumber: 1, continueFrom: 6, acknowledgedBy: 'Ana Ionescu' },
  })
  await until('the half-done receipt', async () => {
    const issued = (await eventsOf(store, BOOK)).at(-1)
    return issued?.type === 'ReceiptIssued' ? issued : undefined
  })
  t.equal(numberOf((await eventsOf(store, BOOK)).at(-1)), 6)
  t.match((await api.command('RecordPayment', withReceipt('three'))).json(), { result: { receipt: { number: 7 } } })
})

/** Cash that leaves a desk is held against what lies in it. */
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { z } from 'zod'
import { createApi, startStores } from './api.ts'
import { project, tick } from './projected.ts'

const { ron } = examples
const { store, pool } = await startStores(t)
const PATIENCE_MS = 20_000
const startApi = () => createApi(store, pool, { knowWithinMs: PATIENCE_MS })
const api = await startApi()

const Answer = z.looseObject({ code: z.string().optional(), warnings: z.array(z.looseObject({})).default([]) })
let refunds = 0
const refund = (amount: unknown, change: object = {}) => ({
  ...examples.recordRefund({ paymentId: 'bank', method: 'CASH', deskId: 'C1', refundedOn: '2026-11-24' }),
  refundId: `ref-${(refunds += 1)}`,
  amount,
  ...change,
})
/** As beside a projector, which proves now and then how far it has come. */
const beside = async <Answered>(asking: Promise<Answered>): Promise<Answered> => {
  let ends = false
  const answered = asking.finally(() => {
    ends = true
  })
  while (!ends) await tick({ store, pool })
  return answered
}
const codes = (response: { readonly json: () => unknown }) => {
  const { code, warnings } = Answer.parse(response.json())
  return code ?? warnings.map((warning) => warning['code'])
}

await api.must('RegisterCompany', examples.registerCompany())
await api.must('RegisterClient', examples.registerClient())
await api.must('RegisterClient', examples.registerClient({ clientId: 'beta', taxId: '1590082' }))
await api.must('OpenCashDesk', examples.openCashDesk())
const pay = (change: object) =>
  api.must('RecordPayment', { ...examples.recordPayment(), allocation: { rule: 'none' }, ...change })
const cash = { method: 'CASH', deskId: 'C1', bankReference: undefined }
await pay({ paymentId: 'bank', amount: ron('4000.00'), receivedOn: '2026-01-06' })
await pay({ clientId: 'beta', paymentId: 'cash', amount: ron('500.00'), receivedOn: '2026-11-02', ...cash })

t.test('where nobody knows what a desk holds, it pays out', async (t) => {
  const impatient = await createApi(store, pool)
  const unknown = await impatient.command('RecordRefund', refund('900.00'), { dryRun: true })
  t.equal(unknown.statusCode, 200)
  t.same(codes(unknown), [])
})

t.test('a desk that is opened, and cash of any client', async (t) => {
  const { command } = await startApi()
  await project({ store, pool })
  const short = { code: 'CASH_DESK_SHORT', limit: '750.00', observed: '750.01', day: '2026-11-24', deskId: 'C1' }
  const told = await beside(command('RecordRefund', refund('750.01'), { dryRun: true }))
  t.match(told.json(), { dryRun: true, warnings: [short] })
  await api.must('SetPolicy', { cashGuard: 'REJECT' })
  const strict = await startApi()
  const refused = await beside(strict.command('RecordRefund', refund('750.01')))
  t.equal(refused.statusCode, 422)
  t.match(refused.json(), {
    code: 'CASH_DESK_SHORT',
    detail: 'from 2026-11-24 on, desk C1 holds 750.00 RON, and 750.01 would leave it',
    details: { ...short, reaction: 'REJECT' },
  })
  t.equal(codes(await beside(strict.command('RecordRefund', refund('750.01'), { dryRun: true }))), 'CASH_DESK_SHORT')
  t.equal(codes(await beside(strict.command('RecordRefund', refund('1.00', { deskId: 'C2' })))), 'CASH_DESK_SHORT')
  t.equal(codes(await beside(strict.command('RecordRefund', refund('1.00', { deskId: undefined })))), 'CASH_DESK_SHORT')
  const early = { refundedOn: '2026-01-10' }
  t.equal(codes(await beside(strict.command('RecordRefund', refund('250.01', early)))), 'CASH_DESK_SHORT', 'of its day')

  t.test('one process knows at once what it has paid out', async (t) => {
    t.equal((await beside(strict.command('RecordRefund', refund('700.00')))).statusCode, 201)
    t.equal(codes(await beside(strict.command('RecordRefund', refund('50.01')))), 'CASH_DESK_SHORT')
    t.equal(
      codes(await beside(strict.command('RecordRefund', refund('50.01', early)))),
      'CASH_DESK_SHORT',
      'later days',
    )
    t.equal((await beside(strict.command('RecordRefund', refund('50.00', early)))).statusCode, 201)
  })
  t.test('and what another has taken in, before it says no', async (t) => {
    const { must } = await startApi()
    const more = examples.recordPayment({ paymentId: 'more', amount: ron('100.00'), receivedOn: '2026-11-24' })
    await must('RecordPayment', { ...more, ...cash, allocation: { rule: 'none' } })
    const paid = refund('100.00', { paymentId: 'more' })
    t.equal((await beside(strict.command('RecordRefund', paid))).statusCode, 201)
  })
})

t.test('what all businesses of a day are paid is of all accounts, and of those that others wrote', async (t) => {
  const on = '2026-11-20'
  await api.must('SetPolicy', { cashGuard: 'WARN' })
  const rich = {
    amount: ron('20000.00'),
    receivedOn: '2026-11-19',
    method: 'CASH',
    deskId: 'C3',
    bankReference: undefined,
  }
  await api.must('RegisterClient', examples.registerClient({ clientId: 'gama', taxId: '14399840' }))
  await api.must('RegisterClient', examples.registerClient({ clientId: 'ion', kind: 'INDIVIDUAL', taxId: undefined }))
  for (const clientId of ['alfa', 'beta', 'gama', 'ion'])
    await pay({ clientId, paymentId: `rich-${clientId}`, ...rich })
  await project({ store, pool })
  await api.must('SetPolicy', { cashGuard: 'REJECT' })
  const strict = await startApi()
  const back = (clientId: string, amount: string) =>
    refund(amount, { clientId, paymentId: `rich-${clientId}`, deskId: 'C3', refundedOn: on })
  t.equal((await beside(strict.command('RecordRefund', back('alfa', '5000.00')))).statusCode, 201)
  t.equal((await beside(strict.command('RecordRefund', back('ion', '9000.00')))).statusCode, 201, 'no business')
  const other = await startApi()
  t.equal((await beside(other.command('RecordRefund', back('beta', '4999.99')))).statusCode, 201)
  await project({ store, pool })
  const above = await beside(strict.command('RecordRefund', back('gama', '0.02')))
  t.match(above.json(), {
    code: 'CASH_PAYMENT_LIMIT_TOTAL_DAY',
    detail: /^the cash paid to all businesses on 2026-11-20 would be 10000.01 RON, the ceiling is 10000.00 RON/,
    details: { limit: '10000.00', observed: '10000.01', reaction: 'REJECT' },
  })
  t.equal((await beside(strict.command('RecordRefund', back('gama', '0.01')))).statusCode, 201)
  t.equal((await beside(strict.command('RecordRefund', back('ion', '1000.00')))).statusCode, 201)
})

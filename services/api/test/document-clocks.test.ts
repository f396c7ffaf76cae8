/** Documents and lists on two clocks: what is effective later, or was learned later, has not happened. */
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { z } from 'zod'
import { createApi, startStores } from './api.ts'
import { textOfPdf } from './pdf-text.ts'
import { project } from './projected.ts'

const { ron } = examples
t.setTimeout(120_000)

const { store, pool } = await startStores(t)
const api = await createApi(store, pool)
const { must, answer } = api

const Page = z.looseObject({ items: z.array(z.looseObject({})), nextCursor: z.string().nullable() })
const idsOf = async (path: string, field: string): Promise<readonly unknown[]> =>
  Page.parse(await answer(path)).items.map((item) => item[field])

/** Where the log ends. */
const end = async (): Promise<string> => {
  await project({ store, pool })
  return z.looseObject({ position: z.string() }).parse(await answer('clients')).position
}
const invoice = (invoiceId: string, issuedOn: string, dueOn: string, change: object = {}) =>
  must('RegisterInvoice', {
    ...examples.registerInvoice({ invoiceId, number: invoiceId, issuedOn, dueOn, total: ron('1000.00') }),
    vatLines: undefined,
    ...change,
  })
const pay = (paymentId: string, receivedOn: string, amount: string, change: object = {}) =>
  must('RecordPayment', {
    ...examples.recordPayment({ paymentId, receivedOn, amount: ron(amount) }),
    allocation: undefined,
    ...change,
  })

await must('RegisterCompany', examples.registerCompany())
await must('RegisterClient', examples.registerClient())
await must('OpenReceiptBook', examples.openReceiptBook())

t.test('one invoice, one payment', async (t) => {
  await invoice('inv-1', '2026-01-05', '2026-02-04')
  const before = await end()
  await pay('p1', '2026-06-30', '1000.00')
  const after = await end()

  t.match(await answer('invoices/inv-1?asOf=2026-05-31'), {
    open: '1000.00',
    status: 'UNPAID',
    allocated: '0.00',
    overdueDays: 116,
    allocations: [],
    tieOut: { currencies: [{ openItems: '1000.00' }] },
  })
  t.match(await answer('invoices/inv-1'), { open: '0.00', status: 'PAID', overdueDays: 0, lastPaymentOn: '2026-06-30' })
  t.match(await answer(`invoices/inv-1?knownAt=${before}`), { open: '1000.00', status: 'UNPAID', allocations: [] })
  t.match(await answer(`invoices/inv-1?asOf=2026-06-30&knownAt=${after}`), { status: 'PAID', knownAt: after })
  for (const [clocks, ids] of [
    ['asOf=2026-05-31&status=UNPAID', ['inv-1']],
    ['asOf=2026-05-31&status=PAID', []],
    ['asOf=2026-05-31&overdueBy=116', ['inv-1']],
    ['asOf=2026-05-31&overdueBy=117', []],
    [`knownAt=${before}&status=UNPAID`, ['inv-1']],
    ['status=PAID', ['inv-1']],
    ['asOf=2026-01-04', []],
    ['knownAt=' + String(Number(before) - 1), []],
  ] as const) {
    t.same(await idsOf(`invoices?${clocks}`, 'invoiceId'), ids, clocks)
  }
  t.same(await idsOf('payments?asOf=2026-06-29', 'paymentId'), [])
  t.same(await idsOf(`payments?knownAt=${before}`, 'paymentId'), [])
  t.same(await idsOf('payments?asOf=2026-06-30', 'paymentId'), ['p1'])

  t.test('what is not there yet is refused by both clocks', async (t) => {
    t.match((await api.get('invoices/inv-1?asOf=2026-01-04')).json(), {
      status: 404,
      code: 'INVOICE_NOT_FOUND',
      detail: /issued on 2026-01-05, after 2026-01-04/,
      details: { asOf: '2026-01-04', knownAt: after, issuedOn: '2026-01-05' },
    })
    const early = String(Number(before) - 1)
    const unknown: unknown = (await api.get(`invoices/inv-1?asOf=2026-01-04&knownAt=${early}`)).json()
    t.match(unknown, { code: 'INVOICE_NOT_FOUND', details: { asOf: '2026-01-04', knownAt: early } })
    t.notMatch(unknown, { details: { issuedOn: /./ } }, 'what was not known then is not told')
    t.match((await api.get('payments/p1?asOf=2026-06-29')).json(), {
      status: 404,
      code: 'PAYMENT_NOT_FOUND',
      details: { asOf: '2026-06-29', receivedOn: '2026-06-30' },
    })
    t.match((await api.get(`payments/p1?knownAt=${before}`)).json(), { status: 404, code: 'PAYMENT_NOT_FOUND' })
  })
})

t.test('a payment that is dated ahead pays on its day', async (t) => {
  await invoice('inv-2', '2026-11-01', '2026-11-10')
  await pay('ahead', '2026-11-25', '400.00')
  await end()
  t.match(await answer('invoices/inv-2'), { status: 'UNPAID', open: '1000.00', overdueDays: 14 })
  t.match(await answer('invoices/inv-2?asOf=2026-11-25'), { status: 'PARTIALLY_PAID', open: '600.00' })
  t.same(await idsOf('invoices?status=PARTIALLY_PAID', 'invoiceId'), [])
  t.same(await idsOf('invoices?status=PARTIALLY_PAID&asOf=2026-11-25', 'invoiceId'), ['inv-2'])
  t.equal((await api.get('payments/ahead')).statusCode, 404)
  t.match(await answer('payments/ahead?asOf=2026-11-25'), { allocated: '400.00', credit: '0.00' })
})

t.test('an undone allocation stands until it is undone, and until we heard of it', async (t) => {
  await invoice('inv-3', '2026-03-01', '2026-03-31')
  await pay('p3', '2026-03-10', '1000.00', {
    allocation: { rule: 'explicit', items: [{ invoiceId: 'inv-3', amount: '1000.00' }] },
  })
  const before = await end()
  await must('DeallocatePayment', {
    clientId: 'alfa',
    paymentId: 'p3',
    invoiceId: 'inv-3',
    amount: '300.00',
    deallocatedOn: '2026-04-10',
    reason: 'WRONG_INVOICE',
  })
  await must('RecordRefund', {
    clientId: 'alfa',
    refundId: 'r3',
    paymentId: 'p3',
    amount: '100.00',
    method: 'BANK_TRANSFER',
    refundedOn: '2026-04-20',
  })
  await must('GrantDiscount', {
    clientId: 'alfa',
    invoiceId: 'inv-3',
    kind: 'COMMERCIAL',
    amount: '50.00',
    grantedOn: '2026-05-05',
  })
  await end()
  const whole = { paymentId: 'p3', amount: '1000.00', undone: false }
  t.match(await answer('invoices/inv-3?asOf=2026-04-09'), { status: 'PAID', allocations: [whole] })
  t.match(await answer(`invoices/inv-3?knownAt=${before}`), {
    status: 'PAID',
    discounted: '0.00',
    allocations: [whole],
  })
  t.match(await answer('invoices/inv-3?asOf=2026-04-10'), {
    status: 'PARTIALLY_PAID',
    allocated: '700.00',
    open: '300.00',
    discounted: '0.00',
    allocations: [
      { amount: '700.00', undone: false },
      { amount: '300.00', undone: true, undoneOn: '2026-04-10' },
    ],
  })
  t.match(await answer('invoices/inv-3?asOf=2026-05-05'), { discounted: '50.00', open: '250.00' })
  t.match(await answer('payments/p3?asOf=2026-04-09'), { allocated: '1000.00', credit: '0.00', refunds: [] })
  t.match(await answer('payments/p3?asOf=2026-04-19'), { allocated: '700.00', credit: '300.00', refunded: '0.00' })
  t.match(await answer('payments/p3?asOf=2026-04-20'), { credit: '200.00', refunds: [{ refundId: 'r3' }] })
  t.match(await answer(`payments/p3?knownAt=${before}`), { credit: '0.00', refunded: '0.00' })
})

t.test('a cheque counts as paid from the day on which it is collected, money that bounces until it does', async (t) => {
  await invoice('inv-4', '2026-07-01', '2026-07-31')
  const wholly = { allocation: { rule: 'explicit', items: [{ invoiceId: 'inv-4', amount: '1000.00' }] } }
  await pay('cheque', '2026-07-05', '1000.00', { method: 'CHEQUE', ...wholly })
  await must('ConfirmPaymentCleared', { clientId: 'alfa', paymentId: 'cheque', clearedOn: '2026-07-20', fee: '5.00' })
  await end()
  t.match(await answer('invoices/inv-4?asOf=2026-07-19'), {
    status: 'UNPAID',
    allocated: '1000.00',
    uncleared: '1000.00',
  })
  t.match(await answer('invoices/inv-4?asOf=2026-07-20'), { status: 'PAID', uncleared: '0.00' })
  t.notMatch(await answer('payments/cheque?asOf=2026-07-19'), { clearing: {} })
  t.match(await answer('payments/cheque?asOf=2026-07-20'), { clearing: { on: '2026-07-20', fee: '5.00' } })
  await must('ReversePayment', { clientId: 'alfa', paymentId: 'cheque', reason: 'BOUNCED', reversedOn: '2026-07-25' })
  await end()
  t.match(await answer('invoices/inv-4?asOf=2026-07-24'), { status: 'PAID', allocations: [{ undone: false }] })
  t.match(await answer('invoices/inv-4?asOf=2026-07-25'), { status: 'UNPAID', allocations: [{ undone: true }] })
  t.notMatch(await answer('payments/cheque?asOf=2026-07-24'), { reversal: {} })
  t.match(await answer('payments/cheque?asOf=2026-07-25'), { reversal: { reason: 'BOUNCED' }, credit: '0.00' })
})

t.test('a cancelled invoice asks for its money until that day', async (t) => {
  await invoice('inv-5', '2026-08-01', '2026-08-31')
  const before = await end()
  await must('CancelInvoice', { clientId: 'alfa', invoiceId: 'inv-5', cancelledOn: '2026-08-10', reason: 'greșit' })
  await end()
  t.match(await answer('invoices/inv-5?asOf=2026-08-09'), { status: 'UNPAID', open: '1000.00' })
  t.match(await answer('invoices/inv-5?asOf=2026-08-10'), { status: 'CANCELLED', open: '0.00' })
  t.match(await answer(`invoices/inv-5?knownAt=${before}`), { status: 'UNPAID', open: '1000.00' })
})

t.test('a receipt is valid until it is annulled, on paper too', async (t) => {
  await pay('cash', '2026-09-01', '100.00', { method: 'CASH', deskId: 'C1', allocation: { rule: 'none' } })
  const unissued = await end()
  const receipt = { clientId: 'alfa', series: 'AMC-C', issuedOn: '2026-09-01' }
  await must('IssueReceipt', { ...receipt, paymentId: 'cash' })
  await must('ReprintReceipt', { series: 'AMC-C', number: 1, reason: 'pierdută' })
  const before = await end()
  await must('AnnulReceipt', { series: 'AMC-C', number: 1, reason: 'sumă greșită', annulledOn: '2026-09-10' })
  await must('IssueReceipt', { ...receipt, paymentId: 'cash', issuedOn: '2026-09-12' })
  await must('ReprintReceipt', { series: 'AMC-C', number: 1 })
  await end()
  const valid = { value: '100.00', reprintCount: 1 }
  t.match(await answer(`receipts/AMC-C/1?knownAt=${before}`), valid)
  t.notMatch(await answer('receipts/AMC-C/1?asOf=2026-09-09'), { annulled: {} })
  t.match(await answer('receipts/AMC-C/1?asOf=2026-09-11'), { value: '0.00', annulled: { on: '2026-09-10' } })
  t.notMatch(await answer('receipts/AMC-C/1?asOf=2026-09-11'), { annulled: { replacedBy: {} } })
  t.match(await answer('receipts/AMC-C/1'), { annulled: { replacedBy: { number: 2 } }, reprintCount: 2 })
  t.same(await idsOf('receipts?asOf=2026-09-11', 'number'), [1])
  t.same(await idsOf('receipts', 'number'), [1, 2])
  t.match((await api.get('receipts/AMC-C/2?asOf=2026-09-11')).json(), { status: 404, details: { asOf: '2026-09-11' } })
  t.match((await api.get(`receipts/AMC-C/1.pdf?knownAt=${unissued}`)).json(), { code: 'RECEIPT_NOT_FOUND' })
  t.match(await answer('payments/cash?asOf=2026-09-09'), { receipt: { number: 1 } })
  t.notMatch(await answer('payments/cash?asOf=2026-09-11'), { receipt: {} })
  t.match(await answer('payments/cash'), { receipt: { number: 2 } })
  t.match(await answer('receipt-books?asOf=2026-09-11'), { items: [{ lastNumber: 1, issued: 1, annulled: 1 }] })
  t.match(await answer(`receipt-books?knownAt=${before}`), { items: [{ lastNumber: 1, issued: 1, annulled: 0 }] })
  t.match(await answer('receipt-books'), { items: [{ lastNumber: 2, issued: 2, annulled: 1 }] })
  const printed = async (query: string) => textOfPdf((await api.get(`receipts/AMC-C/1.pdf?${query}`)).rawPayload)
  t.notMatch(await printed('asOf=2026-09-09'), /ANULAT/)
  t.match(await printed('asOf=2026-09-10'), /ANULAT/)
  t.equal((await api.get(`receipts/AMC-C/1.pdf?reprint=1&knownAt=${before}`)).statusCode, 200)
  t.equal((await api.get(`receipts/AMC-C/1.pdf?reprint=2&knownAt=${before}`)).statusCode, 404)
})

t.test('clients by the names of then', async (t) => {
  const before = await end()
  await must('UpdateClient', { clientId: 'alfa', name: 'Alfa Nou SRL' })
  await must('RegisterClient', { ...examples.registerClient(), clientId: 'beta' })
  await end()
  t.match(await answer(`clients?knownAt=${before}`), { items: [{ clientId: 'alfa', name: 'Alfa SRL' }] })
  t.same(await idsOf(`clients?knownAt=${before}`, 'clientId'), ['alfa'])
  t.match(await answer('clients'), { items: [{ name: 'Alfa Nou SRL' }, { clientId: 'beta' }] })
})

t.test('every page of a list is of the moment of the first, as a table too', async (t) => {
  const first = Page.parse(await answer('invoices?limit=1&asOf=2026-11-24&status=UNPAID'))
  await pay('meanwhile', '2026-11-02', '5000.00', { allocation: { rule: 'oldestDueFirst' } })
  await end()
  const rest = `invoices?limit=500&asOf=2026-11-24&status=UNPAID&cursor=${first.nextCursor ?? ''}`
  t.same(await idsOf(rest, 'invoiceId'), ['inv-2'])
  t.same(await idsOf('invoices?asOf=2026-11-24&status=UNPAID', 'invoiceId'), [])
  const csv = await api.get('invoices?asOf=2026-05-31&status=UNPAID&format=csv')
  t.match(csv.body, /inv-1[^\n]*,1000.00,UNPAID,116/)
})

t.test('a part that was undone is no last payment, though an older one of the same payment stands', async (t) => {
  const parts = { paymentId: 'in-parts', invoiceId: 'inv-in-parts' }
  await invoice(parts.invoiceId, '2026-06-01', '2026-06-30')
  await pay(parts.paymentId, '2026-06-15', '500.00', { allocation: { rule: 'none' } })
  await must('AllocatePayment', examples.allocatePayment({ ...parts, amount: '300.00', allocatedOn: '2026-06-21' }))
  await must('AllocatePayment', examples.allocatePayment({ ...parts, amount: '200.00', allocatedOn: '2026-07-27' }))
  await must(
    'DeallocatePayment',
    examples.deallocatePayment({ ...parts, amount: '50.00', deallocatedOn: '2026-07-28' }),
  )
  await must(
    'DeallocatePayment',
    examples.deallocatePayment({ ...parts, amount: '150.00', deallocatedOn: '2026-07-30' }),
  )
  await end()
  for (const [asOf, allocated, lastPaymentOn] of [
    ['2026-07-26', '300.00', '2026-06-21'],
    ['2026-07-28', '450.00', '2026-07-27'],
    ['2026-07-30', '300.00', '2026-06-21'],
  ]) {
    t.match(await answer(`invoices/${parts.invoiceId}?asOf=${asOf}`), { allocated, lastPaymentOn })
  }
})

/** Advances, their final invoices and what is returned of them, as a caller of the API meets them. */
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { createApi, startStores } from './api.ts'
import { project } from './projected.ts'

const { ron } = examples
t.setTimeout(120_000)

const { store, pool } = await startStores(t)
const { must, answer, command } = await createApi(store, pool)

await must('RegisterCompany', examples.registerCompany())
await must('RegisterClient', examples.registerClient())
const paid = (paymentId: string, amount: string, receivedOn: string) =>
  must('RecordPayment', {
    ...examples.recordPayment({ paymentId, amount: ron(amount), receivedOn }),
    allocation: { rule: 'none' },
  })
const line = (rate: string, base: string, vat: string) => ({ rate, base, vat })
await paid('pay-1', '1190.00', '2026-09-28')
await must('ClosePeriod', { through: '2026-09-30' })
await must('RegisterInvoice', {
  ...examples.registerInvoice({ kind: 'ADVANCE', cashAccounting: true, issuedOn: '2026-10-12' }),
  total: ron('1190.00'),
  vatLines: [line('19', '1000.00', '190.00')],
})

t.test('money before its advance invoice, of a month that is closed', async (t) => {
  const allocate = { clientId: 'alfa', paymentId: 'pay-1', invoiceId: 'inv-1024', amount: '1190.00' }
  const response = await command('AllocatePayment', allocate)
  t.match(response.json(), {
    events: [{ data: { collectedOn: '2026-09-28', allocatedOn: '2026-10-12' } }],
    warnings: [{ code: 'VAT_BELONGS_TO_CLOSED_PERIOD', belongsTo: '2026-09', on: '2026-10-01' }],
  })
  await project({ store, pool })
  t.match(await answer('vat/exigible/entries?from=2026-10-01&to=2026-10-31'), {
    items: [{ on: '2026-10-01', belongsTo: '2026-09', cause: 'ALLOCATED', vat: '190.00' }],
  })
})

t.test('a final invoice takes it off, and one below zero is told what it is', async (t) => {
  const final = {
    ...examples.registerInvoice({ invoiceId: 'inv-50', number: '50', cashAccounting: true, issuedOn: '2026-10-20' }),
    total: ron('1230.00'),
    vatLines: [line('21', '2000.00', '420.00'), { ...line('19', '-1000.00', '-190.00'), advanceInvoiceId: 'inv-1024' }],
  }
  await must('RegisterInvoice', final)
  await must('RegisterInvoice', {
    ...examples.registerInvoice({ invoiceId: 'inv-51', number: '51', issuedOn: '2026-10-20' }),
    total: ron('0.00'),
    vatLines: [],
  })
  const below = await command('RegisterInvoice', { ...final, invoiceId: 'inv-52', total: ron('-1.00') })
  t.match(below, { statusCode: 400 })
  t.match(below.json(), { errors: [{ path: '/total/amount', rule: /credit note/ }] })
  await project({ store, pool })
  t.match(await answer('invoices/inv-50'), { total: '1230.00', open: '1230.00', status: 'UNPAID' })
  t.match(await answer('invoices/inv-51'), { open: '0.00', status: 'PAID' })
  t.match(await answer('invoices/inv-1024'), { open: '0.00', status: 'PAID' })
  t.match(await answer('vat/exigible?from=2026-10-20&to=2026-10-20'), {
    totals: [
      { rate: '21', base: '983.47', vat: '206.53' },
      { rate: '19', base: '-1000.00', vat: '-190.00' },
    ],
  })
})

t.test('what is returned after it was paid is credit again, and its VAT falls in the month of the note', async (t) => {
  await paid('pay-2', '1230.00', '2026-10-25')
  const settle = { clientId: 'alfa', paymentId: 'pay-2', invoiceId: 'inv-50', amount: '1230.00' }
  await must('AllocatePayment', settle)
  const note = await command('RegisterCreditNote', {
    ...examples.registerCreditNote({ invoiceId: 'inv-50', issuedOn: '2026-11-05' }),
  })
  t.match(note.json(), {
    result: { freed: [{ paymentId: 'pay-2', amount: '242.00' }], credit: ron('242.00'), creditedOn: '2026-11-05' },
  })
  await must('RegisterCreditNote', {
    ...examples.registerCreditNote({ creditNoteId: 'cn-8', invoiceId: undefined, corrects: 'inv-50' }),
    number: '1031',
    issuedOn: '2026-11-06',
  })
  await project({ store, pool })
  t.match(await answer('vat/exigible?from=2026-11-01&to=2026-11-30'), {
    totals: [{ rate: '21', base: '-400.00', vat: '-84.00' }],
  })
})

/** What other accounts of a company hold that looks like what a command brings. */
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { z } from 'zod'
import { createApi, startStores } from './api.ts'
import { project } from './projected.ts'

const { ron } = examples
const { store, pool } = await startStores(t)
const api = await createApi(store, pool)
const { command, must, answer } = api

await must('RegisterCompany', examples.registerCompany())
await must('RegisterClient', examples.registerClient())
await must('RegisterClient', examples.registerClient({ clientId: 'beta', taxId: '1590082' }))
await must('RegisterClient', examples.registerClient({ clientId: 'gama', taxId: '4221306' }))

const Duplicates = z.looseObject({
  position: z.string(),
  items: z.array(z.looseObject({ documents: z.array(z.looseObject({ documentId: z.string() })) })),
})
const invoice = (clientId: string, invoiceId: string, change: object = {}) =>
  command('RegisterInvoice', { ...examples.registerInvoice({ clientId, invoiceId }), ...change })
const Warned = z.looseObject({ warnings: z.array(z.looseObject({})).default([]) })
const warningsIn = (response: { readonly json: () => unknown }) => Warned.parse(response.json()).warnings
const used = (clientId: string, documentId: string, kind = 'INVOICE') => ({
  code: 'DOCUMENT_NUMBER_USED',
  clientId,
  kind,
  documentId,
})

t.test('papers', async (t) => {
  const first = await invoice('alfa', 'a')
  t.equal(first.statusCode, 201)
  t.notOk('warnings' in first.json())
  t.test('of other clients are told of before the read models know them', async (t) => {
    const key = 'second'
    const body = { ...examples.registerInvoice({ clientId: 'beta', invoiceId: 'b' }), series: 'amc', number: '0001024' }
    const second = await command('RegisterInvoice', body, { key })
    t.same(warningsIn(second), [used('alfa', 'a')])
    const again = await command('RegisterInvoice', body, { key })
    t.equal(again.body, second.body, 'a retry hears what the first call heard')
  })
  t.test('are told of by another process once the read models know them', async (t) => {
    const other = await createApi(store, pool)
    const note = { ...examples.registerCreditNote({ clientId: 'gama', creditNoteId: 'n' }), invoiceId: undefined }
    await project({ store, pool })
    const noted = await other.command('RegisterCreditNote', { ...note, number: '1024' })
    t.same(warningsIn(noted), [used('alfa', 'a'), used('beta', 'b')])
  })
  t.test('of another series or year are none of them', async (t) => {
    t.notOk('warnings' in (await invoice('gama', 'other', { series: 'BIS' })).json())
    t.notOk('warnings' in (await invoice('gama', 'older', { issuedOn: '2025-10-01', dueOn: '2025-10-31' })).json())
  })
  t.test('are listed, at both clocks', async (t) => {
    await project({ store, pool })
    const names = async (query = '') => {
      const { items } = Duplicates.parse(await answer(`documents/duplicates${query}`))
      return items.map((item) => item.documents.map(({ documentId }) => documentId).join(' '))
    }
    t.match(await answer('documents/duplicates'), {
      items: [
        { series: 'AMC', number: '1024', year: 2026, documents: [{ clientId: 'alfa', kind: 'INVOICE' }, {}, {}] },
      ],
    })
    t.same(await names(), ['a b n'])
    t.same(await names('?asOf=2026-10-19'), ['a b'], 'before the day of the credit note')
    t.same(await names('?asOf=2026-09-30'), [])
    const { position } = Duplicates.parse(await answer('documents/duplicates'))
    await must('CancelInvoice', {
      ...examples.cancelInvoice({ clientId: 'beta', invoiceId: 'b' }),
      cancelledOn: '2026-11-01',
    })
    await project({ store, pool })
    t.same(await names(), ['a n'])
    t.same(await names('?asOf=2026-10-31'), ['a b n'])
    t.same(await names(`?knownAt=${position}`), ['a b n'])
    const freed = await invoice('gama', 'free', { number: '7', series: 'X' })
    t.notOk('warnings' in freed.json())
  })
  t.test('are refused where the company wants it so', async (t) => {
    await must('SetPolicy', { duplicateDocuments: 'REJECT' })
    const refused = await invoice('beta', 'again')
    t.equal(refused.statusCode, 409)
    t.match(refused.json(), { code: 'DOCUMENT_ALREADY_REGISTERED', details: { clientId: 'alfa', documentId: 'a' } })
  })
})

t.test('a paper that another process cancelled a moment ago has left its name', async (t) => {
  const named = { series: 'Z', number: '77' }
  t.equal((await invoice('alfa', 'z-1', named)).statusCode, 201)
  t.equal((await invoice('beta', 'z-2', named)).statusCode, 409, 'this process remembers it')
  const other = await createApi(store, pool)
  await other.must('CancelInvoice', examples.cancelInvoice({ clientId: 'alfa', invoiceId: 'z-1' }))
  const taken = await invoice('beta', 'z-2', named)
  t.equal(taken.statusCode, 201)
  t.notOk('warnings' in taken.json())
})

t.test("a credit note that names no VAT takes its share of its invoice's and says so", async (t) => {
  const note = { ...examples.registerCreditNote({ invoiceId: 'a', number: '2000' }), vatLines: undefined }
  const noted = await command('RegisterCreditNote', note)
  const vatLines = [{ rate: '21', base: '200.00', vat: '42.00' }]
  t.match(noted.json(), {
    result: { vatLines },
    warnings: [{ code: 'CREDIT_NOTE_VAT_DERIVED', vatLines, currency: 'RON' }],
  })
  const wrong = { ...note, creditNoteId: 'cn-8', number: '2001' }
  const without = await command('RegisterCreditNote', { ...wrong, vatLines: [] })
  t.match(without.json(), { code: 'CREDIT_NOTE_DOES_NOT_FIT', detail: 'a has 800.00 and VAT 168.00 left at 21 %' })
  const off = await command('RegisterCreditNote', {
    ...wrong,
    total: ron('102.00'),
    vatLines: [{ rate: '21', base: '100.00', vat: '2.00' }],
  })
  t.match(off.json(), { warnings: [{ code: 'VAT_DOES_NOT_FIT_RATE', rate: '21', expected: '21.00' }] })
})

t.test('money of one bank reference, day and amount', async (t) => {
  const pay = (clientId: string, paymentId: string, change: object = {}) =>
    command('RecordPayment', {
      ...examples.recordPayment({ clientId, paymentId }),
      allocation: { rule: 'none' },
      ...change,
    })
  t.notOk('warnings' in (await pay('alfa', 'p1')).json())
  await project({ store, pool })
  const repeated = await pay('alfa', 'p2')
  t.equal(repeated.statusCode, 201, 'two equal payments may be two payments')
  t.same(warningsIn(repeated), [{ code: 'PAYMENT_LOOKS_REPEATED', clientId: 'alfa', paymentId: 'p1' }])
  t.match((await pay('beta', 'p3')).json(), { warnings: [{ code: 'PAYMENT_LOOKS_REPEATED', clientId: 'alfa' }] })
  for (const change of [{ amount: ron('1500.01') }, { receivedOn: '2026-11-03' }, { bankReference: undefined }]) {
    t.notOk(
      'warnings' in (await pay('beta', `p-${Object.keys(change).join('-')}`, change)).json(),
      JSON.stringify(change),
    )
  }
  for (const [amount, warnings] of [
    ['500.00', [{ code: 'PAYMENT_LOOKS_REPEATED', clientId: 'alfa', paymentId: 'p1' }]],
    [undefined, []],
  ] as const) {
    const gone = { clientId: 'alfa', paymentId: 'p1', reason: 'CHARGED_BACK', reversedOn: '2026-11-10', amount }
    await must('ReversePayment', gone)
    await project({ store, pool })
    const again = examples.recordPayment({ clientId: 'gama', paymentId: 'p9', allocation: { rule: 'none' } })
    const asked = await command('RecordPayment', again, { dryRun: true })
    const alfas = warningsIn(asked).filter(({ paymentId }) => paymentId === 'p1')
    t.same(alfas, warnings, amount === undefined ? 'all of it is gone' : 'a part of it is')
  }
})

t.test('a second client of one fiscal code', async (t) => {
  await project({ store, pool })
  const second = await command('RegisterClient', examples.registerClient({ clientId: 'beta-2', taxId: 'RO 1590082' }))
  t.same(warningsIn(second), [{ code: 'TAX_ID_USED', clientId: 'beta' }])
  const updated = await command('UpdateClient', { clientId: 'gama', taxId: '1590082' })
  t.match(updated.json(), { warnings: [{ code: 'TAX_ID_USED', clientId: 'beta' }] })
  const renamed = await command('UpdateClient', { clientId: 'beta', name: 'Beta Nou SRL' })
  t.notOk('warnings' in renamed.json())
})

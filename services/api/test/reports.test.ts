/** What the reports answer through HTTP, over read models that a projector would have filled. */
import { COMPANY_STREAM_PREFIXES } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { z } from 'zod'
import { authorization, createApi, startStores } from './api.ts'
import { textOfPdf } from './pdf-text.ts'
import { project, tick } from './projected.ts'

const { ron } = examples
t.setTimeout(120_000)

const { store, pool } = await startStores(t)
const api = await createApi(store, pool)

const { must, answer } = api

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

const Listed = z.looseObject({
  items: z.array(z.looseObject({ type: z.string(), stream: z.string(), position: z.string() })),
  nextCursor: z.string(),
  atEnd: z.boolean(),
})
/** Position of the first event, when nothing else was known. */
let founded = ''

t.test('VAT made exigible by collection', async (t) => {
  await project({ store, pool })
  founded = Listed.parse(await answer('events?limit=1')).items[0]?.position ?? ''
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
  t.match(await answer(`vat/exigible?knownAt=${founded}`), { days: [], deferred: [], position: founded })
  t.equal((await api.get('vat/exigible?from=2026-11-02&to=2026-11-01')).statusCode, 400)
})

t.test('a company tells what it has decided', async (t) => {
  await must('SetPolicy', { cashGuard: 'REJECT' })
  await must('SetPolicy', { cashGuard: 'WARN' })
  await must('RecordExchangeRates', examples.recordExchangeRates())
  await must('ClosePeriod', { through: '2026-09-30' })
  await must('ReopenPeriod', { from: '2026-09-15', reason: 'o factură lipsă', requestedBy: 'Ana', approvedBy: 'Dan' })
  await project({ store, pool })
  const company = examples.registerCompany()
  t.match((await api.app.inject({ url: '/v1/companies/amc', headers: { authorization } })).json(), {
    companyId: 'amc',
    name: company.name,
    taxId: company.taxId,
    functionalCurrency: 'RON',
  })
  t.match(await answer('policies'), {
    inForce: { cashGuard: 'WARN', cashAndCarry: false },
    history: [
      { policy: 'cashGuard', value: 'REJECT', recordedAt: /Z$/ },
      { policy: 'cashGuard', value: 'WARN' },
    ],
  })
  t.match(await answer('periods'), {
    closedThrough: '2026-09-14',
    history: [
      { change: 'CLOSED', day: '2026-09-30' },
      { change: 'REOPENED', day: '2026-09-15', requestedBy: 'Ana', approvedBy: 'Dan' },
    ],
  })
  t.equal((await api.get('policies?knownAt=0')).statusCode, 404, 'nobody had told of the company')
  t.equal((await api.app.inject({ url: '/v1/companies/none', headers: { authorization } })).statusCode, 404)
})

t.test('cash desks', async (t) => {
  await must('OpenReceiptBook', examples.openReceiptBook())
  await must('OpenCashDesk', {
    deskId: 'C1',
    name: 'Casieria centrală',
    openedOn: '2026-11-02',
    openingBalances: [{ amount: '49000.00', currency: 'RON' }],
  })
  const cash = { method: 'CASH', deskId: 'C1', bankReference: undefined, allocation: { rule: 'none' } }
  await pay('cash-1', '500.00', { ...cash, receivedOn: '2026-11-03', receipt: { series: 'AMC-C' } })
  await pay('cash-2', '600.00', { ...cash, receivedOn: '2026-11-04', receipt: { series: 'AMC-C' } })
  await must('AnnulReceipt', {
    series: 'AMC-C',
    number: 2,
    reason: 'sumă greșită',
    annulledOn: '2026-11-05',
    alsoReversePayment: true,
  })
  await pay('cash-3', '5.00', { ...cash, deskId: undefined, receivedOn: '2026-11-05' })
  await project({ store, pool })
  t.match(await answer('cash-desks'), {
    items: [
      { deskId: '-', balances: [{ currency: 'RON', balance: '5.00' }] },
      { deskId: 'C1', name: 'Casieria centrală', balances: [{ currency: 'RON', balance: '49500.00' }] },
    ],
  })
  t.match(await answer('cash-desks/C1/days'), {
    items: [
      { day: '2026-11-02', opening: '49000.00', in: '0.00', closing: '49000.00', warnings: [] },
      { day: '2026-11-03', opening: '49000.00', in: '500.00', closing: '49500.00', warnings: [] },
      {
        day: '2026-11-04',
        opening: '49500.00',
        in: '600.00',
        closing: '50100.00',
        warnings: [{ code: 'CASH_DESK_BALANCE', limit: '50000.00', observed: '50100.00', law: /OUG 115\/2023/ }],
      },
      { day: '2026-11-05', opening: '50100.00', out: '600.00', closing: '49500.00' },
    ],
  })
  t.match(await answer('cash-desks/C1/days/2026-11-05'), {
    account: '5311',
    opening: '50100.00',
    closing: '49500.00',
    lines: [
      { number: 1, kind: 'ANNULMENT', document: 'AMC-C 2', in: '0.00', out: '0.00' },
      { number: 2, kind: 'REVERSAL', document: 'AMC-C 2', out: '600.00', correspondingAccounts: ['419'] },
    ],
  })
  t.match(await answer('cash-desks/C1/days/2026-11-03'), {
    lines: [{ document: 'AMC-C 1', in: '500.00', explanation: 'chitanța AMC-C 1, avans, Alfa SRL' }],
  })
  t.match(await answer('cash-desks/-/days/2026-11-05'), { closing: '5.00' })
  t.match(await answer('cash-desks/C1/days/2026-11-06?currency=EUR'), { account: '5314', opening: '0.00', lines: [] })
})

t.test('of a desk that nobody has opened or used nothing is answered', async (t) => {
  for (const path of ['days', 'days/2026-11-05', 'days?format=csv']) {
    const unknown = await api.get(`cash-desks/NOPE/${path}`)
    t.match(unknown.json(), { status: 404, code: 'CASH_DESK_NOT_FOUND', details: { deskId: 'NOPE' } }, path)
    const early = `cash-desks/C1/${path}${path.includes('?') ? '&' : '?'}knownAt=${founded}`
    t.match((await api.get(early)).json(), { code: 'CASH_DESK_NOT_FOUND', details: { knownAt: founded } }, early)
  }
  t.match(await answer(`cash-desks/-/days?knownAt=${founded}`), { items: [] }, 'no desk is always there')
})

t.test('collections', async (t) => {
  t.match(await answer('collections?from=2026-11-02&to=2026-11-04'), {
    by: 'day',
    items: [
      { from: '2026-11-02', method: 'BANK_TRANSFER', collected: '500.00', net: '500.00' },
      { from: '2026-11-03', method: 'CASH', collected: '500.00' },
      { from: '2026-11-04', method: 'CASH', collected: '600.00', reversed: '0.00' },
    ],
  })
  t.match(await answer('collections?from=2026-11-04&to=2026-11-24&by=week'), {
    items: [
      { from: '2026-11-04', to: '2026-11-08', method: 'CASH', collected: '605.00', reversed: '600.00', net: '5.00' },
      { from: '2026-11-16', to: '2026-11-22', method: 'BANK_TRANSFER', collected: '710.00' },
    ],
  })
  t.match(await answer('collections?from=2026-10-01&by=month'), {
    items: [
      { from: '2026-11-01', to: '2026-11-24', method: 'BANK_TRANSFER', net: '1210.00' },
      { from: '2026-11-01', method: 'CASH', collected: '1105.00', net: '505.00' },
    ],
    totals: [{ method: 'BANK_TRANSFER' }, { method: 'CASH', net: '505.00' }],
  })
  t.match(await answer(`collections?knownAt=${founded}`), { items: [], totals: [] })
  const open = examples.registerInvoice({
    invoiceId: 'inv-2',
    number: '2',
    issuedOn: '2026-11-10',
    dueOn: '2026-12-10',
  })
  await must('RegisterInvoice', open)
  await project({ store, pool })
  t.match(await answer('collections/to-recover'), {
    items: [{ from: '2026-12-07', to: '2026-12-13', currency: 'RON', open: '1210.00', overdue: '0.00' }],
    totals: [{ currency: 'RON', open: '1210.00' }],
  })
  t.match(await answer('collections/to-recover?asOf=2026-11-10'), {
    items: [{ from: '2026-10-26', open: '710.00', overdue: '710.00' }, { from: '2026-12-07' }],
  })
  // Of 2,420.00 sold in 90 days half is open; all of it was sold in November.
  t.match(await answer('collections/dso'), {
    currencies: [
      {
        currency: 'RON',
        open: '1210.00',
        simple: { from: '2026-08-27', to: '2026-11-24', sales: '2420.00', dso: '45.0' },
        countBack: { dso: '24.0', terms: [{ from: '2026-11-01', sales: '1210.00', counted: '1210.00' }], left: '0.00' },
      },
    ],
  })
})

t.test('cash ceilings over several clients', async (t) => {
  const cash = { method: 'CASH', bankReference: undefined, allocation: { rule: 'none' } }
  const on = { receivedOn: '2026-11-12', payer: { name: 'Beta SRL', taxId: 'RO 13548146' } }
  await must('RegisterClient', examples.registerClient({ clientId: 'beta', name: 'Beta SRL', taxId: '13548146' }))
  await pay('own', '3000.00', { ...cash, clientId: 'beta', deskId: 'C1', receivedOn: '2026-11-12' })
  await pay('for-alfa', '2000.01', { ...cash, ...on, deskId: 'C1' })
  await pay('elsewhere', '5000.00', { ...cash, ...on, deskId: 'C2' })
  await project({ store, pool })
  const [c1, c2] = [
    {
      deskId: 'C1',
      payer: { kind: 'BUSINESS', name: 'Beta SRL' },
      amount: '5000.01',
      limit: '5000.00',
      exceeded: true,
      law: /Legea 70/,
      clientIds: ['beta', 'alfa'],
      payments: [{ paymentId: 'own' }, { paymentId: 'for-alfa', amount: '2000.01' }],
    },
    { deskId: 'C2', amount: '5000.00', exceeded: false, clientIds: ['alfa'] },
  ]
  t.match(await answer('cash-ceilings?day=2026-11-12'), { items: [c1, c2] })
  t.match(await answer('cash-ceilings?day=2026-11-12&only=exceeded'), { items: [c1] })
  await must('ReversePayment', { clientId: 'alfa', paymentId: 'for-alfa', reason: 'MISTAKE', reversedOn: '2026-11-13' })
  await project({ store, pool })
  t.match(await answer('cash-ceilings?day=2026-11-12&only=exceeded'), { items: [] }, 'what is taken back is out')
})

t.test('cash that is given back by payee and day', async (t) => {
  const on = '2026-11-13'
  const back = async (clientId: string, amount: string, change: object = {}) => {
    const creditNoteId = `cn-${clientId}-${amount}`
    const note = { clientId, creditNoteId, number: creditNoteId, issuedOn: on, total: ron(amount) }
    await must('RegisterCreditNote', note)
    const refund = { clientId, refundId: `back-${creditNoteId}`, paymentId: creditNoteId, amount, refundedOn: on }
    return must('RecordRefund', { ...refund, method: 'CASH', deskId: 'C1', ...change })
  }
  // One business that was entered twice, another one, and a person.
  await must('RegisterClient', examples.registerClient({ clientId: 'gama', name: 'Gama SRL', taxId: 'RO1590082' }))
  await must('RegisterClient', examples.registerClient({ clientId: 'gama-2', name: 'GAMA', taxId: '1590082' }))
  await must('RegisterClient', { clientId: 'ana', kind: 'INDIVIDUAL', name: 'Ana Pop' })
  await back('gama', '3000.00')
  await back('gama-2', '2000.01', { deskId: 'C2' })
  await back('alfa', '5000.00')
  await back('ana', '9000.00')
  await back('alfa', '800.00', { method: 'BANK_TRANSFER', deskId: undefined })
  await project({ store, pool })
  const before = z.object({ position: z.string() }).parse(await answer('cash-payouts')).position

  const gama = {
    payee: { kind: 'BUSINESS', name: 'Gama SRL' },
    amount: '5000.01',
    limit: '5000.00',
    exceeded: true,
    law: /art\. 3/,
    clientIds: ['gama', 'gama-2'],
    refunds: [
      { amount: '3000.00', deskId: 'C1' },
      { amount: '2000.01', deskId: 'C2' },
    ],
  }
  const both = { amount: '10000.01', limit: '10000.00', exceeded: true }
  t.match(await answer(`cash-payouts?day=${on}`), {
    items: [
      { clientIds: ['alfa'], amount: '5000.00', exceeded: false },
      { clientIds: ['ana'], amount: '9000.00', limit: '10000.00', law: /art\. 4/ },
      gama,
    ],
    businesses: both,
  })
  t.match(await answer(`cash-payouts?day=${on}&only=exceeded`), { items: [gama] })
  await must('ReverseRefund', {
    clientId: 'gama-2',
    refundId: 'back-cn-gama-2-2000.01',
    reversedOn: '2026-11-14',
    reason: 'MISTAKE',
  })
  await project({ store, pool })
  t.match(await answer(`cash-payouts?day=${on}&only=exceeded`), { items: [], businesses: { exceeded: false } })
  t.match(await answer(`cash-payouts?day=${on}&only=exceeded&knownAt=${before}`), { items: [gama], businesses: both })
})

const typesAt = async (path: string): Promise<readonly string[]> =>
  Listed.parse(await answer(path)).items.map(({ type }) => type)

t.test('events for auditors', async (t) => {
  await tick({ store, pool })
  t.strictSame(await typesAt('events?paymentId=cash-2'), [
    'PaymentRecorded',
    'ReceiptRequested',
    'ReceiptIssued',
    'ReceiptAnnulled',
    'ReceiptReleased',
    'PaymentReversed',
  ])
  t.strictSame(await typesAt('events?invoiceId=inv-1024'), [
    'InvoiceRegistered',
    'PaymentAllocated',
    'PaymentAllocated',
  ])
  t.strictSame(await typesAt('events?invoiceId=inv-1024&paymentId=pay-1'), ['PaymentAllocated'])
  t.strictSame(await typesAt('events?clientId=alfa&type=InvoiceRegistered'), ['InvoiceRegistered', 'InvoiceRegistered'])
  t.strictSame(await typesAt('events?type=PolicySet&from=2020-01-01T00:00:00Z'), ['PolicySet', 'PolicySet'])
  t.strictSame(await typesAt('events?type=PolicySet&to=2020-01-01T02:00:00%2B02:00'), [])
  const [first] = Listed.parse(await answer('events?type=CompanyRegistered')).items
  const { commandId, correlationId } = z
    .looseObject({ commandId: z.string(), correlationId: z.string() })
    .parse(first?.['metadata'])
  t.strictSame(await typesAt(`events?commandId=${commandId}`), ['CompanyRegistered'])
  t.strictSame(await typesAt(`events?correlationId=${correlationId}`), ['CompanyRegistered'])

  t.test('page after page, nothing twice and nothing left out', async (t) => {
    const positions: string[] = []
    for (let cursor = ''; ; ) {
      const page = Listed.parse(await answer(`events?limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`))
      positions.push(...page.items.map(({ position }) => position))
      if (page.atEnd) break
      cursor = page.nextCursor
    }
    const all = []
    for await (const event of store.readAll()) {
      if (/^(?:company|clientAccount|receiptBook|exchangeRates)-/.test(event.stream)) all.push(`${event.position}`)
    }
    t.strictSame(positions, all)
  })
  t.test('whoever has read to the end goes on with what is written later', async (t) => {
    for (const path of ['events?type=ClientUpdated', 'events?stream=clientAccount-amc:alfa', 'events?clientId=alfa']) {
      const read = async (cursor: string) => Listed.parse(await answer(`${path}&limit=500&cursor=${cursor}`))
      const { nextCursor: end, atEnd } = Listed.parse(await answer(`${path}&limit=500`))
      t.equal(atEnd, true)
      const nothing = await read(end)
      t.match(nothing, { items: [], atEnd: true }, 'an empty page has a cursor too')
      await must('UpdateClient', { clientId: 'alfa', name: `Alfa ${path}` })
      await project({ store, pool })
      t.match((await read(nothing.nextCursor)).items, [{ type: 'ClientUpdated' }], path)
      t.equal((await read(nothing.nextCursor)).items.length, 1)
    }
  })
  t.equal((await api.get('events?stream=company-amc&type=PolicySet')).statusCode, 400)

  t.test('of any stream of the company, whatever is in it, and of no other', async (t) => {
    for (const prefix of COMPANY_STREAM_PREFIXES) {
      t.equal((await api.get(`events?stream=${prefix}amc`)).statusCode, 200, prefix)
      t.equal((await api.get(`events?stream=${prefix}other`)).statusCode, 400, prefix)
    }
    await must('RecordUnidentifiedPayment', examples.recordUnidentifiedPayment())
    const { items } = Listed.parse((await api.get('events?stream=unidentified-amc')).json())
    t.match(items, [{ type: 'UnidentifiedPaymentRecorded' }])
  })

  t.test('as other answers: with a position, a tag, and as tables', async (t) => {
    for (const [path, type] of [
      ['events?type=PolicySet', 'PolicySet'],
      ['events?stream=company-amc', 'CompanyRegistered'],
      ['events?clientId=alfa', 'ClientRegistered'],
    ] as const) {
      const answered = await api.get(path)
      const etag = String(answered.headers['etag'])
      t.match(answered.json(), { position: /^\d+$/, asOf: '2026-11-24' }, path)
      t.match(answered.headers['registru-position'], /^\d+$/)
      const headers = { authorization, 'if-none-match': etag }
      t.equal((await api.app.inject({ url: `/v1/companies/amc/${path}`, headers })).statusCode, 304, path)
      const { items } = Listed.parse(answered.json())
      const lines = (await api.get(`${path}&format=ndjson`)).body.trimEnd().split('\n')
      t.strictSame(
        lines.map((line) => JSON.parse(line) as unknown),
        items,
      )
      const [head, row] = (await api.get(`${path}&format=csv`)).body.split('\r\n')
      t.equal(
        head,
        'stream,revision,position,eventId,type,recordedAt,actor,reason,commandId,correlationId,data,createdAt',
      )
      t.match(row, new RegExp(`^[\\w:-]+,\\d+,\\d+,[\\w-]+,${type},`))
      t.equal((await api.get(`${path}&format=csv&limit=1`)).body.trimEnd().split('\r\n').length, 2)
    }
    t.equal((await api.get('events?clientId=nobody')).statusCode, 404)
    t.equal((await api.get('events?clientId=nobody&format=csv')).statusCode, 404)
  })
})

t.test('documents', async (t) => {
  const printed = async (path: string): Promise<readonly string[]> => {
    const first = await api.get(path)
    const again = await api.get(path)
    t.match(first, { statusCode: 200, headers: { 'content-type': 'application/pdf' } }, path)
    t.ok(first.rawPayload.equals(again.rawPayload), `${path}: the same bytes`)
    return textOfPdf(first.rawPayload)
  }
  const has = (text: readonly string[], part: string): boolean => text.some((run) => run.includes(part))

  const statement = await printed('clients/alfa/statement.pdf?from=2026-10-01&to=2026-11-24')
  t.ok(has(statement, 'AMC 1024') && has(statement, 'Sold final'))
  const reminder = await printed('clients/alfa/reminder.pdf?asOf=2026-12-31')
  t.ok(has(reminder, 'AMC 2') && has(reminder, '1.210,00 lei') && !has(reminder, 'AMC 1024'))
  t.ok(has(reminder, 'nu este încă atribuită'))
  t.equal((await api.get('clients/nobody/reminder.pdf')).statusCode, 404)

  await must('ReprintReceipt', { series: 'AMC-C', number: 1, reason: 'pierdută' })
  await project({ store, pool })
  t.notOk(has(await printed('receipts/AMC-C/1.pdf'), 'DUPLICAT'), 'the original stays as it was')
  t.ok(has(await printed('receipts/AMC-C/1.pdf?reprint=1'), 'DUPLICAT nr. 1'))
  t.equal((await api.get('receipts/AMC-C/1.pdf?reprint=2')).statusCode, 404, 'nobody counted a second copy')
  t.ok(has(await printed('receipts/AMC-C/2.pdf'), 'ANULATĂ'))
})

t.test('a paper of another day names who the client was', async (t) => {
  const head = z.looseObject({ position: z.string() }).parse(await answer('vat/exigible'))
  const path = `clients/alfa/statement.pdf?from=2026-10-01&to=2026-11-24&asOf=2026-11-24&knownAt=${head.position}`
  const before = await api.get(path)
  await must('UpdateClient', { clientId: 'alfa', name: 'Alfa Construct SRL' })
  await pay('later', '10.00', { receivedOn: '2026-11-23' })
  await project({ store, pool })
  t.ok((await api.get(path)).rawPayload.equals(before.rawPayload), 'both clocks fixed: the same bytes for ever')
  const now = textOfPdf((await api.get('clients/alfa/statement.pdf?from=2026-10-01')).rawPayload)
  t.ok(now.includes('Alfa Construct SRL'))
})

t.test('as tables', async (t) => {
  const tableOf = async (path: string): Promise<readonly string[]> => {
    const response = await api.get(`${path}${path.includes('?') ? '&' : '?'}format=csv`)
    t.match(response, { statusCode: 200, headers: { 'content-type': /^text\/csv/ } }, path)
    return response.body.trim().split(/\r?\n/)
  }
  t.match(await tableOf('collections?from=2026-11-02&to=2026-11-02'), [
    /from,to,currency,method,collected,reversed,refunded,net$/,
    '2026-11-02,2026-11-02,RON,BANK_TRANSFER,500.00,0.00,0.00,500.00',
  ])
  t.match(await tableOf('vat/exigible?from=2026-11-01&to=2026-11-10&locale=ro'), [
    /on;currency;rate;base;vat$/,
    /^2026-11-02;RON;.*;413,22;86,78$/,
  ])
  t.match((await tableOf('cash-desks/C1/days/2026-11-05'))[1], /^1,ANNULMENT,AMC-C 2,/)
  t.match((await tableOf('cash-desks'))[1], /^'-,/, 'a lone dash could begin a formula')
  for (const path of [
    'cash-desks/C1/days',
    'collections/to-recover',
    'cash-ceilings?day=2026-11-12',
    'policies',
    'periods',
    'rates',
    'rates/BNR/2026-10-30',
  ]) {
    t.ok((await tableOf(path)).length > 1, path)
  }
})

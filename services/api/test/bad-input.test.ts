/** What bad input gets: the status, the code, and the field that is wrong. */
import * as examples from '@registru/domain/examples'
import type { LightMyRequestResponse } from 'fastify'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { authorization, createApi, eventsOf, startStores } from './api.ts'
import { project } from './projected.ts'

const { ron } = examples
/** Machines that test are busy. */
t.setTimeout(120_000)

const stores = await startStores(t)
const api = await createApi(stores.store, stores.pool)
const { command, app } = api

const accept = async (name: string, body: unknown): Promise<void> => {
  const response = await command(name, body)
  if (response.statusCode !== 201) throw new Error(`${name}: ${response.body}`)
}
await accept('RegisterCompany', examples.registerCompany())
await accept('OpenReceiptBook', examples.openReceiptBook())
await accept('RegisterClient', examples.registerClient())
await accept('RegisterInvoice', examples.registerInvoice())

const payment = examples.recordPayment({
  amount: ron('100.00'),
  allocation: { rule: 'none' },
  bankReference: undefined,
})
await accept('RecordPayment', { ...payment, paymentId: 'by-bank' })
await accept('RecordPayment', { ...payment, paymentId: 'in-euro', amount: { amount: '5.00', currency: 'EUR' } })
await accept('RecordPayment', { ...payment, paymentId: 'cash', method: 'CASH', receipt: { series: 'AMC-C' } })
await accept('RecordPayment', { ...payment, paymentId: 'cash-2', method: 'CASH' })

const Malformed = z.looseObject({ errors: z.array(z.object({ path: z.string(), rule: z.string() })) })

interface Violation {
  readonly path: string
  readonly rule: RegExp
}

const isMalformed = (t: Test, response: LightMyRequestResponse, ...errors: readonly Violation[]): void => {
  t.equal(response.statusCode, 400, response.body)
  t.match(response.headers['content-type'], /^application\/problem\+json/)
  const problem = Malformed.parse(response.json())
  t.match(problem, {
    type: 'urn:registru:problem:malformed-request',
    code: 'MALFORMED_REQUEST',
    status: 400,
    errors: errors.length === 0 ? [{ rule: /\w/ }] : errors,
  })
  if (errors.length > 0) t.equal(problem.errors.length, errors.length, response.body)
  for (const { rule } of problem.errors) t.notMatch(rule, /^(Invalid|Too|Expected)/, 'a rule says what is right')
}

const isRefused = (t: Test, response: LightMyRequestResponse, status: number, code: string, details?: object): void => {
  t.equal(response.statusCode, status, response.body)
  t.match(response.headers['content-type'], /^application\/problem\+json/)
  t.match(response.json(), {
    code,
    status,
    title: /\w/,
    requestId: /\w/,
    instance: /^\/v1\//,
    ...(details === undefined ? {} : { details }),
  })
}

t.test('amounts', async (t) => {
  const amounts: readonly [unknown, Violation][] = [
    [ron('0.00'), { path: '/amount/amount', rule: /more than zero/ }],
    [ron('-1.00'), { path: '/amount/amount', rule: /decimal number/ }],
    [ron('1.001'), { path: '/amount/amount', rule: /at most 2 decimals/ }],
    [ron('1e3'), { path: '/amount/amount', rule: /decimal number/ }],
    [ron(' 1.00'), { path: '/amount/amount', rule: /decimal number/ }],
    [ron('1,00'), { path: '/amount/amount', rule: /decimal number/ }],
    [ron('01.00'), { path: '/amount/amount', rule: /decimal number/ }],
    [ron('99999999999999.99'), { path: '/amount/amount', rule: /at most/ }],
    [
      { amount: 100, currency: 'RON' },
      { path: '/amount/amount', rule: /decimal string/ },
    ],
    [
      { amount: '1.5', currency: 'JPY' },
      { path: '/amount/amount', rule: /no decimals/ },
    ],
    [
      { amount: '1.00', currency: 'XXZ' },
      { path: '/amount/currency', rule: /ISO 4217/ },
    ],
    ['100.00', { path: '/amount', rule: /object/ }],
    [undefined, { path: '/amount', rule: /required/ }],
  ]
  for (const [amount, violation] of amounts) {
    isMalformed(t, await command('RecordPayment', { ...payment, amount }), violation)
  }
  const allocation = { clientId: 'alfa', paymentId: 'by-bank', invoiceId: 'inv-1024' }
  isMalformed(t, await command('AllocatePayment', { ...allocation, amount: 5 }), {
    path: '/amount',
    rule: /decimal string/,
  })
  isMalformed(t, await command('AllocatePayment', { ...allocation, amount: '0' }), { path: '/amount', rule: /zero/ })
  isRefused(t, await command('AllocatePayment', { ...allocation, amount: '1.001' }), 422, 'AMOUNT_TOO_PRECISE')
  const inEuro = { ...allocation, paymentId: 'in-euro', amount: '1.00' }
  isRefused(t, await command('AllocatePayment', inEuro), 422, 'CURRENCY_MISMATCH')
  isRefused(
    t,
    await command('AllocatePayment', { ...allocation, amount: '100.01' }),
    422,
    'ALLOCATION_EXCEEDS_CREDIT',
    {
      credit: ron('100.00'),
    },
  )
  const tooMuch = {
    ...payment,
    paymentId: 'too-much',
    amount: ron('5000.00'),
    allocation: { rule: 'explicit', items: [{ invoiceId: 'inv-1024', amount: '1210.01' }] },
  }
  isRefused(t, await command('RecordPayment', tooMuch), 422, 'ALLOCATION_EXCEEDS_OPEN_AMOUNT', {
    invoiceId: 'inv-1024',
    open: ron('1210.00'),
  })
})

t.test('what does not exist, or exists already', async (t) => {
  const allocation = { clientId: 'alfa', paymentId: 'by-bank', invoiceId: 'inv-1024', amount: '1.00' }
  isRefused(t, await command('AllocatePayment', { ...allocation, invoiceId: 'no' }), 404, 'INVOICE_NOT_FOUND')
  isRefused(t, await command('AllocatePayment', { ...allocation, paymentId: 'no' }), 404, 'PAYMENT_NOT_FOUND')
  isRefused(t, await command('AllocatePayment', { ...allocation, clientId: 'no' }), 404, 'CLIENT_NOT_FOUND')
  isRefused(t, await command('RegisterInvoice', examples.registerInvoice()), 409, 'INVOICE_ALREADY_REGISTERED')
  isRefused(t, await command('RegisterClient', examples.registerClient()), 409, 'CLIENT_ALREADY_REGISTERED')
  isRefused(t, await command('RecordPayment', { ...payment, paymentId: 'cash' }), 409, 'PAYMENT_ALREADY_RECORDED')
  isRefused(t, await command('OpenReceiptBook', examples.openReceiptBook()), 409, 'RECEIPT_BOOK_ALREADY_OPENED')
  isRefused(t, await command('RegisterCompany', examples.registerCompany()), 409, 'COMPANY_ALREADY_REGISTERED')
  await project(stores)
  isRefused(t, await api.get('events?clientId=no'), 404, 'CLIENT_NOT_FOUND')
  isRefused(t, await api.get('invoices/no'), 404, 'INVOICE_NOT_FOUND')
  isRefused(t, await api.get('payments/no'), 404, 'PAYMENT_NOT_FOUND')
  isRefused(t, await api.get('receipts/AMC-C/999'), 404, 'RECEIPT_NOT_FOUND')
  isRefused(t, await api.get('clients/no'), 404, 'CLIENT_NOT_FOUND')
})

t.test('receipts', async (t) => {
  const receipt = { clientId: 'alfa', series: 'AMC-C', issuedOn: '2026-11-02' }
  const issue = (change: object) => command('IssueReceipt', { ...receipt, ...change })
  isRefused(t, await issue({ paymentId: 'by-bank' }), 422, 'RECEIPT_ONLY_FOR_CASH')
  isRefused(t, await issue({ paymentId: 'cash' }), 422, 'RECEIPT_ALREADY_ISSUED')
  isRefused(t, await issue({ paymentId: 'cash-2', issuedOn: '2026-11-01' }), 422, 'RECEIPT_DATE_BEFORE_LAST', {
    lastIssuedOn: '2026-11-02',
  })
  isRefused(t, await issue({ paymentId: 'cash-2', series: 'NO' }), 404, 'RECEIPT_BOOK_NOT_FOUND')
  const byBank = { ...payment, paymentId: 'by-bank-2', receipt: { series: 'AMC-C' } }
  isRefused(t, await command('RecordPayment', byBank), 422, 'RECEIPT_ONLY_FOR_CASH')
  const earlier = {
    ...payment,
    paymentId: 'cash-3',
    method: 'CASH',
    receivedOn: '2026-11-01',
    receipt: { series: 'AMC-C' },
  }
  isRefused(t, await command('RecordPayment', earlier), 422, 'RECEIPT_DATE_BEFORE_LAST')
  t.notMatch(
    (await eventsOf(stores.store, 'clientAccount-amc:alfa')).map(({ data }) => data),
    [{ paymentId: 'cash-3' }],
    'what the book refuses leaves no payment behind',
  )
})

t.test('texts', async (t) => {
  const named = (name: unknown) =>
    command('RegisterClient', examples.registerClient({ clientId: 'beta', name } as object))
  for (const name of ['a\u0000b', 'a\u0007b', 'a\u202eb', 'a\u2066b', 'a\nb']) {
    isMalformed(t, await named(name), { path: '/name', rule: /control characters/ })
  }
  const loneSurrogate = JSON.stringify(examples.registerClient({ clientId: 'beta' })).replace(
    'Alfa SRL',
    String.raw`Al\ud800fa`,
  )
  isMalformed(t, await command('RegisterClient', loneSurrogate), { path: '/name', rule: /surrogates/ })
  isMalformed(t, await named(''), { path: '/name', rule: /./ })
  isMalformed(t, await named('   '), { path: '/name', rule: /blank/ })
  isMalformed(t, await named('x'.repeat(201)), { path: '/name', rule: /200/ })
  isMalformed(t, await named(7), { path: '/name', rule: /string/ })
  const taxId = await command('RegisterClient', examples.registerClient({ clientId: 'beta', taxId: 'RO123' }))
  isRefused(t, taxId, 422, 'TAX_ID_INVALID')
})

t.test('an amount that may have a currency of its own', async (t) => {
  const refund = { clientId: 'alfa', refundId: 'r', paymentId: 'p', method: 'CASH' }
  const amounts: readonly [unknown, Violation][] = [
    [undefined, { path: '/amount', rule: /required/ }],
    [90, { path: '/amount', rule: /decimal string/ }],
    ['0.00', { path: '/amount', rule: /more than zero/ }],
    [ron('1.001'), { path: '/amount/amount', rule: /at most 2 decimals/ }],
    [{ amount: '1.00' }, { path: '/amount/currency', rule: /./ }],
    [
      { ...ron('1.00'), vat: 1 },
      { path: '/amount/vat', rule: /unknown field/ },
    ],
  ]
  for (const [amount, violation] of amounts)
    isMalformed(t, await command('RecordRefund', { ...refund, amount }), violation)
})

t.test('shape', async (t) => {
  isMalformed(t, await command('RecordPayment', { ...payment, colour: 'red' }), {
    path: '/colour',
    rule: /unknown field/,
  })
  const nested = { ...payment, amount: { ...ron('1.00'), vat: 1 } }
  isMalformed(t, await command('RecordPayment', nested), { path: '/amount/vat', rule: /unknown field/ })
  isMalformed(
    t,
    await command('RecordPayment', { clientId: '-', amount: ron('0'), method: 'GOLD', receivedOn: '2026-02-30' }),
    { path: '/clientId', rule: /letter or digit/ },
    { path: '/paymentId', rule: /required/ },
    { path: '/amount/amount', rule: /zero/ },
    { path: '/method', rule: /./ },
    { path: '/receivedOn', rule: /./ },
  )
  for (const body of ['{', '', 'null', '[]', '7', '"text"', '{"a":1}{'])
    isMalformed(t, await command('RecordPayment', body))
  for (const poison of ['{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}']) {
    isMalformed(t, await command('RecordPayment', poison))
    isMalformed(
      t,
      await command('RecordPayment', JSON.stringify(payment).replace('"amount":{', `"amount":${poison.slice(0, -1)},`)),
    )
  }
  t.notOk(Reflect.get({}, 'polluted'))
  const inWindows1250 = Buffer.from(JSON.stringify({ ...payment, remittanceText: 'plat\u00e3 \u00ba' }), 'latin1')
  for (const [url, body] of [
    ['commands/RecordPayment', inWindows1250],
    ['commands', Buffer.concat([Buffer.from('['), inWindows1250, Buffer.from(']')])],
  ] as const) {
    const response = await app.inject({
      method: 'POST',
      url: `/v1/companies/amc/${url}`,
      headers: { authorization, 'content-type': 'application/json', 'idempotency-key': 'windows-1250' },
      payload: body,
    })
    isMalformed(t, response, { path: '', rule: /UTF-8/ })
  }
  isMalformed(t, await command('RecordPayment', `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`))
})

t.test('envelope', async (t) => {
  const large = await command('RecordPayment', { ...payment, remittanceText: 'x'.repeat(70_000) })
  isRefused(t, large, 413, 'PAYLOAD_TOO_LARGE')
  t.match((await command('RecordPayment', { ...payment, remittanceText: 'x'.repeat(60_000) })).statusCode, 400)
  for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'nonsense']) {
    const response = await command('RecordPayment', payment, { headers: { 'content-type': type } })
    isRefused(t, response, 415, 'UNSUPPORTED_MEDIA_TYPE')
  }
  t.match(
    (
      await command(
        'UpdateClient',
        { clientId: 'alfa', name: 'Alfa SRL' },
        { headers: { 'content-type': 'application/json; charset=utf-8' } },
      )
    ).statusCode,
    200,
  )
  isRefused(t, await command('NoSuchCommand', payment), 404, 'NOT_FOUND')
  const wrongMethod = await app.inject({
    method: 'PUT',
    url: '/v1/companies/amc/commands/RecordPayment',
    headers: { authorization },
  })
  isRefused(t, wrongMethod, 405, 'METHOD_NOT_ALLOWED')
  t.equal(wrongMethod.headers['allow'], 'POST')
})

t.test('headers', async (t) => {
  const url = '/v1/companies/amc/commands/RecordPayment'
  const withHeaders = (headers: Record<string, string>) =>
    app.inject({ method: 'POST', url, headers: { authorization, ...headers }, payload: { ...payment, paymentId: 'h' } })
  isMalformed(t, await withHeaders({}), { path: '/headers/idempotency-key', rule: /required/ })
  for (const key of ['', 'a b', 'x'.repeat(129), 'chei\u0103', 'tab\tkey']) {
    isMalformed(t, await withHeaders({ 'idempotency-key': key }), {
      path: '/headers/idempotency-key',
      rule: /visible ASCII/,
    })
  }
  for (const etag of ['7', 'W/"7"', '*', '""', '"-1"', '"07"', '"1", "2"', '"99999999999999999999"']) {
    isMalformed(t, await withHeaders({ 'idempotency-key': 'k', 'if-match': etag }), {
      path: '/headers/if-match',
      rule: /revision/,
    })
  }
  isMalformed(t, await withHeaders({ 'idempotency-key': 'k', 'correlation-id': 'a b' }), {
    path: '/headers/correlation-id',
    rule: /ASCII/,
  })
})

t.test('paths and query strings', async (t) => {
  const bad: readonly [string, Violation][] = [
    ['invoices?limit=0', { path: '/query/limit', rule: /1 to/ }],
    ['invoices?limit=99999', { path: '/query/limit', rule: /1 to/ }],
    ['invoices?limit=ten', { path: '/query/limit', rule: /whole number/ }],
    ['receivables/aging?buckets=30,0', { path: '/query/buckets', rule: /rising/ }],
    ['invoices?limit=1&limit=2', { path: '/query/limit', rule: /string/ }],
    ['invoices?colour=red', { path: '/query/colour', rule: /unknown field/ }],
    ['invoices?__proto__=1', { path: '/query/__proto__', rule: /unknown field/ }],
    ['invoices?status=GONE', { path: '/query/status', rule: /./ }],
    ['invoices?dueBefore=2026-02-30', { path: '/query/dueBefore', rule: /./ }],
    ['invoices?asOf=yesterday', { path: '/query/asOf', rule: /./ }],
    ['invoices?minPosition=-1', { path: '/query/minPosition', rule: /position/ }],
    ['invoices?minPosition=9999999999999999999', { path: '/query/minPosition', rule: /position/ }],
    ['invoices?maxWait=60000', { path: '/query/maxWait', rule: /to/ }],
    ['invoices?cursor=x', { path: '/query/cursor', rule: /nextCursor/ }],
    ['receivables/aging?buckets=30,20', { path: '/query/buckets', rule: /rising/ }],
    ['receivables/aging?knownAt=soon', { path: '/query/knownAt', rule: /instant/ }],
    ['receivables/aging?knownAt=2026-11-24', { path: '/query/knownAt', rule: /instant/ }],
    ['clients/alfa/statement?from=2026-11-02&to=2026-11-01', { path: '/query/from', rule: /not after/ }],
    ['events?from=yesterday', { path: '/query/from', rule: /instant/ }],
    ['events?to=2026-11-24', { path: '/query/to', rule: /instant/ }],
    ['events?to=1889-11-24T00:00:00Z', { path: '/query/to', rule: /from 1990/ }],
    ['events?type=Nope', { path: '/query/type', rule: /there is/ }],
    ['events?from=2026-11-24T00:00:00Z&to=2026-11-23T00:00:00Z', { path: '/query/from', rule: /not after/ }],
    ['events?stream=company-amc&clientId=alfa', { path: '/query', rule: /alone/ }],
    ['events?stream=clientAccount-other:alfa', { path: '/query/stream', rule: /company/ }],
    ['events?stream=$all', { path: '/query/stream', rule: /company/ }],
    ['clients/-x', { path: '/path/clientId', rule: /letter or digit/ }],
    ['receipts/AMC-C/0', { path: '/path/number', rule: /number/ }],
  ]
  for (const [path, violation] of bad) {
    t.test(path, async (t) => isMalformed(t, await api.get(path), violation))
  }
  for (const url of [
    '/v1/companies/%zz/clients',
    '/v1/companies/a%00b/clients',
    `/v1/companies/${'x'.repeat(65)}/clients`,
    `/v1/companies/${'x'.repeat(300)}/clients`,
  ]) {
    t.test(url.slice(0, 40), async (t) => isMalformed(t, await app.inject({ url, headers: { authorization } })))
  }

  t.test('what is odd and yet well-formed is answered', async (t) => {
    const cursorOf = (place: unknown) => Buffer.from(JSON.stringify(place)).toString('base64url')
    for (const path of [
      'receivables/aging?knownAt=2026-11-24T10:00:00Z',
      'receivables/aging?knownAt=2026-11-24T10:00:00%2B23:59',
      'receivables/aging?knownAt=9223372036854775807',
      'receivables/aging?knownAt=0000-01-01T00:00:00Z',
      'receivables/aging?knownAt=9999-12-31T23:59:59.999999999999Z',
      'receivables/aging?asOf=0001-01-01',
      'receivables/aging?asOf=9999-12-31&buckets=0,9999',
      'invoices?dueBefore=9999-12-31&asOf=0001-01-01',
      'clients/alfa/statement?from=0001-01-01&to=9999-12-31',
      'receipts/AMC-C/9999999999',
      `receipts?cursor=${cursorOf({ series: 'AMC-C', number: Number.MAX_SAFE_INTEGER })}`,
      `receipts?cursor=${cursorOf({ series: 'AMC-C', number: -5 })}`,
      `events?clientId=alfa&cursor=${cursorOf({ revision: Number.MAX_SAFE_INTEGER })}`,
      'invoices?minPosition=9223372036854775807&maxWait=0',
    ]) {
      const response = await api.get(path)
      t.ok([200, 400, 404, 504].includes(response.statusCode), `${path}: ${response.statusCode} ${response.body}`)
    }
  })
})

t.test('nothing of all that is in the log', async (t) => {
  const types = (await eventsOf(stores.store, 'clientAccount-amc:alfa')).map(({ type }) => type)
  t.strictSame(types, [
    'ClientRegistered',
    'InvoiceRegistered',
    'PaymentRecorded',
    'PaymentRecorded',
    'PaymentRecorded',
    'ReceiptRequested',
    'PaymentRecorded',
  ])
  t.strictSame(await eventsOf(stores.store, 'clientAccount-amc:beta'), [])
})

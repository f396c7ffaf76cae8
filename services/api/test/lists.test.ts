/** Lists that last: cursors, formats, tags, and readers who go away. */
import { get } from 'node:http'
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { z } from 'zod'
import { authorization, createApi, openPool, startStores, until } from './api.ts'
import { project } from './projected.ts'

const { ron } = examples
t.setTimeout(120_000)

const { store, pool, databaseUrl } = await startStores(t)
const api = await createApi(store, pool)
t.teardown(() => api.app.close())

const { must } = api
const Listed = z.looseObject({
  items: z.array(z.looseObject({ invoiceId: z.string().optional() })),
  nextCursor: z.string().nullable(),
  position: z.string(),
})
const listed = async (path: string) => Listed.parse(await api.answer(path))
const as = (path: string, accept: string, headers: Record<string, string> = {}) =>
  api.app.inject({ url: `/v1/companies/amc/${path}`, headers: { authorization, accept, ...headers } })

const INVOICES = 7
const ids = Array.from({ length: INVOICES }, (_, index) => `inv-${index + 1}`)

await must('RegisterCompany', examples.registerCompany())
await must('RegisterClient', examples.registerClient({ name: '=1+1' }))
await must(
  'RegisterClient',
  examples.registerClient({ clientId: 'beta', kind: 'INDIVIDUAL', name: 'Șapte; "Țări"', taxId: undefined }),
)
for (const invoiceId of ids) {
  await must('RegisterInvoice', { ...examples.registerInvoice({ invoiceId, number: invoiceId }), vatLines: undefined })
}
await must('RecordPayment', { ...examples.recordPayment({ amount: ron('1210.00') }), allocation: undefined })
await project({ store, pool })

t.test('pages follow one another and end', async (t) => {
  const seen: unknown[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = await listed(`invoices?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`)
    seen.push(...page.items.map(({ invoiceId }) => invoiceId))
    cursor = page.nextCursor
  }
  t.same(seen, ids)
})

t.test('a cursor is good for its own question only', async (t) => {
  const { nextCursor } = await listed('invoices?clientId=alfa&limit=3')
  const cursor = nextCursor ?? ''
  t.equal((await api.get(`invoices?limit=5&minPosition=0&clientId=alfa&cursor=${cursor}`)).statusCode, 200)
  for (const other of ['invoices?', 'invoices?clientId=beta&', 'invoices?clientId=alfa&status=PAID&', 'clients?']) {
    const response = await api.get(`${other}cursor=${cursor}`)
    t.match(response.json(), {
      code: 'MALFORMED_REQUEST',
      errors: [{ path: '/query/cursor', rule: /same route, filters and clocks/ }],
    })
  }
  const other = cursor.startsWith('A') ? 'B' : 'A'
  for (const forged of ['x', '', Buffer.from('{}').toString('base64url'), `${other}${cursor.slice(1)}`]) {
    const response = await api.get(`invoices?clientId=alfa&cursor=${forged}`)
    t.match(response.json(), { errors: [{ path: '/query/cursor', rule: /nextCursor/ }] }, forged)
  }
})

t.test('invoices by what they are', async (t) => {
  const found = async (filter: string) => (await listed(`invoices?${filter}`)).items.map(({ invoiceId }) => invoiceId)
  t.same(await found('text=INV-7'), ['inv-7'])
  t.same(await found('text=%25'), [], 'a percent sign is one')
  t.same(await found('text=amc%20inv-2'), ['inv-2'])
  t.same(await found('dueFrom=2026-10-31&dueTo=2026-10-31'), ids)
  t.same(await found('dueFrom=2026-11-01'), [])
  t.same(await found('overdueBy=24'), ids.slice(1), 'the first is paid')
  t.same(await found('overdueBy=25'), [])
  t.same(await found('currency=RON&totalFrom=1210&totalTo=1210.00'), ids)
  t.same(await found('currency=RON&totalFrom=1210.01'), [])
  t.same(await found('currency=EUR'), [])
  for (const [filter, path] of [
    ['totalFrom=1', '/query/currency'],
    ['currency=RON&totalTo=1.001', '/query/totalTo'],
    ['overdueBy=-1', '/query/overdueBy'],
    ['currency=XYZ', '/query/currency'],
    ['currency=XYZ&totalFrom=1', '/query/currency'],
  ]) {
    t.match((await api.get(`invoices?${filter}`)).json(), { code: 'MALFORMED_REQUEST', errors: [{ path }] })
  }
})

t.test('CSV', async (t) => {
  const plain = await as('clients', 'text/csv')
  t.match(plain.headers['content-type'], /^text\/csv; charset=utf-8/)
  const [head, alfa, beta, end] = plain.body.split('\r\n')
  t.match(head, /^clientId,kind,name,taxId,/)
  t.match(alfa, /^alfa,BUSINESS,'=1\+1,/, 'a name that looks like a formula is text')
  t.match(beta, /^beta,INDIVIDUAL,"Șapte; ""Țări""",,/)
  t.equal(end, '')
  t.match(head, /,address.street,address.city,address.county,address.postalCode,address.countryCode,/)
  t.match(alfa, /,Cluj-Napoca,/)
  const payments = (await as('payments', 'text/csv')).body.split('\r\n')
  t.match(payments[0], /,payer.name,payer.taxId,payer.address.street,/)
  t.match((await as('receivables/aging', 'text/csv')).body, /\r\nalfa,'=1\+1,RON,/)
  const romanian = await as('invoices?format=csv&locale=ro', '*/*')
  t.equal(romanian.rawPayload.subarray(0, 3).toString('hex'), 'efbbbf', 'a byte order mark')
  const lines = romanian.body.split('\r\n')
  t.equal(lines.length, INVOICES + 2)
  t.match(lines[0], /invoiceId;clientId;/)
  t.match(lines[1], /;RON;1210,00;1210,00;0,00;/)
  t.equal((await as('invoices?format=csv&limit=2', '*/*')).body.split('\r\n').length, 4)
})

t.test('NDJSON holds the items of the JSON', async (t) => {
  const { items } = await listed('payments')
  const lines = (await as('payments', 'application/x-ndjson')).body.trimEnd().split('\n')
  t.same(
    lines.map((line) => JSON.parse(line) as unknown),
    items,
  )
})

t.test('an answer that the caller has is not sent again', async (t) => {
  const first = await as('invoices?asOf=2026-11-24', 'application/json')
  const etag = String(first.headers['etag'])
  t.match(etag, /^"[\w-]+"$/)
  t.match(first.headers, { 'registru-position': /^\d+$/, 'cache-control': 'private, no-cache' })
  const again = await as('invoices?asOf=2026-11-24&minPosition=0', 'application/json', { 'if-none-match': etag })
  t.equal(again.statusCode, 304)
  t.equal(again.body, '')
  t.equal((await as('invoices?asOf=2026-11-25', 'application/json', { 'if-none-match': etag })).statusCode, 200)
  t.equal((await as('invoices?asOf=2026-11-24', 'text/csv', { 'if-none-match': etag })).statusCode, 200)
})

t.test('with both clocks fixed, the bytes stay the same', async (t) => {
  const { position } = await listed('invoices')
  const paths = ['clients/alfa', 'receivables/aging', 'clients/alfa/statement', 'journal/trial-balance'].map(
    (path) => `${path}?asOf=2026-11-24&knownAt=${position}`,
  )
  const before = await Promise.all(paths.map(async (path) => as(path, '*/*')))
  await must('RecordPayment', {
    ...examples.recordPayment({ paymentId: 'later', amount: ron('5.00'), receivedOn: '2026-11-03' }),
    allocation: undefined,
  })
  await project({ store, pool })
  for (const [index, path] of paths.entries()) {
    const after = await as(path, '*/*')
    t.equal(after.body, before[index]?.body, path)
    t.equal(after.headers['etag'], before[index]?.headers['etag'], path)
    t.not(after.headers['registru-position'], before[index]?.headers['registru-position'])
  }
})

t.test('nobody says what was known at a position that nobody has reached', async (t) => {
  const response = await api.get('receivables/aging?knownAt=999999999&maxWait=20')
  t.match(response.json(), { code: 'READ_MODEL_BEHIND', details: { minPosition: '999999999' } })
})

t.test('a query that takes too long is refused, and not asked for again', async (t) => {
  const hurried = await createApi(store, openPool(t, databaseUrl, { statementTimeoutMs: 200 }))
  const blocker = await pool.connect()
  t.teardown(() => blocker.release(true))
  const schema = await pool.query<{ schemaname: string }>(
    "select schemaname from pg_tables where tablename = 'invoice_balances' order by schemaname desc limit 1",
  )
  await blocker.query('begin')
  await blocker.query(`lock table ${schema.rows[0]?.schemaname ?? ''}.invoice_balances in access exclusive mode`)
  const response = await hurried.get('invoices')
  t.match(response.json(), { status: 422, code: 'QUERY_TOO_LARGE', detail: /narrow/ })
  t.notOk(response.headers['retry-after'])
  await blocker.query('rollback')
  t.equal((await hurried.get('invoices')).statusCode, 200)
})

t.test('a reader who goes away ends its query', async (t) => {
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 })
  const blocker = await pool.connect()
  t.teardown(() => blocker.release(true))
  const schema = await pool.query<{ schemaname: string }>(
    "select schemaname from pg_tables where tablename = 'invoice_balances' order by schemaname desc limit 1",
  )
  await blocker.query('begin')
  await blocker.query(`lock table ${schema.rows[0]?.schemaname ?? ''}.invoice_balances in access exclusive mode`)
  const request = get(`${url}/v1/companies/amc/invoices`, { headers: { authorization } })
  request.on('error', () => undefined)
  const waiting = async (): Promise<bigint> => {
    const { rows } = await blocker.query<{ waiting: bigint }>(
      "select count(*) as waiting from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'test'",
    )
    return rows[0]?.waiting ?? 0n
  }
  await until('the query waits', async () => ((await waiting()) === 1n ? true : undefined))
  request.destroy()
  await until('the query has ended', async () => ((await waiting()) === 0n ? true : undefined))
  await blocker.query('rollback')
  t.equal((await api.get('invoices')).statusCode, 200, 'and the connection serves the next')
})

/** What currencies are worth: recorded, put right and asked for over HTTP. */
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { z } from 'zod'
import { answerOf, authorization, codeOf, createApi, startStores } from './api.ts'
import { project } from './projected.ts'

t.setTimeout(120_000)

const stores = await startStores(t)
const api = await createApi(stores.store, stores.pool)
const { command, must, answer } = api
await must('RegisterCompany', examples.registerCompany())

const record = (change: object = {}, options: { key?: string; dryRun?: boolean } = {}) =>
  command('RecordExchangeRates', { ...examples.recordExchangeRates(), ...change }, options)
const ratesAt = async (query: string) => {
  const { items } = z.looseObject({ items: z.array(z.looseObject({})) }).parse(await answer(`rates?${query}`))
  return items.map(
    ({ on, currency, source, rate }) => `${String(on)} ${String(source)} ${String(currency)} ${String(rate)}`,
  )
}

t.test('are recorded once', async (t) => {
  t.match(await record({}, { dryRun: true }).then(answerOf), { dryRun: true })
  const first = await record({}, { key: 'first' })
  t.equal(first.statusCode, 201)
  t.match(answerOf(first), {
    stream: 'exchangeRates-amc',
    events: [{ type: 'ExchangeRatesRecorded' }],
    result: { source: 'BNR', on: '2026-10-30', recorded: { EUR: '5.0900', HUF: '0.013100' } },
  })
  const again = await record({}, { key: 'first' })
  t.match(again, { statusCode: 200, headers: { 'idempotency-replayed': 'true' } })
  t.equal(again.body, first.body)
  const known = await record({}, { key: 'another' })
  t.equal(known.statusCode, 200)
  t.match(answerOf(known), { events: [], result: { recorded: {} } })
})

t.test('are put right with a word of it', async (t) => {
  await project(stores)
  const { position } = z.looseObject({ position: z.string() }).parse(await answer('rates'))
  const right = await record({ rates: { EUR: '5.0910', CHF: '5.4321' } })
  t.equal(right.statusCode, 201)
  t.match(answerOf(right), {
    events: [{ data: { rates: { CHF: '5.4321', EUR: '5.0910' }, replaces: { EUR: '5.0900' } } }],
    warnings: [{ code: 'EXCHANGE_RATE_CORRECTED', currency: 'EUR', rate: '5.0910', replaces: '5.0900' }],
  })
  await project(stores)
  const before = `knownAt=${position}`
  t.same(await ratesAt(before), ['2026-10-30 BNR EUR 5.0900', '2026-10-30 BNR HUF 0.013100'])
  t.same(await ratesAt(''), ['2026-10-30 BNR CHF 5.4321', '2026-10-30 BNR EUR 5.0910', '2026-10-30 BNR HUF 0.013100'])
  t.match(await answer('rates/BNR/2026-10-30'), {
    rates: { CHF: '5.4321', EUR: '5.0910', HUF: '0.013100' },
    history: [
      { currency: 'EUR', rate: '5.0900', recordedAt: /Z$/ },
      { currency: 'HUF', rate: '0.013100' },
      { currency: 'CHF', rate: '5.4321' },
      { currency: 'EUR', rate: '5.0910', replaces: '5.0900' },
    ],
  })
  t.match(await answer(`rates/BNR/2026-10-30?${before}`), { rates: { EUR: '5.0900', HUF: '0.013100' } })
  t.match(await answer('rates/BNR/2026-10-30?asOf=2026-10-29'), { rates: {}, history: [] })
})

t.test('are listed by currency, source and day, page by page, the last day first', async (t) => {
  await must('RecordExchangeRates', { source: 'BNR', on: '2026-10-29', rates: { EUR: '5.0880', USD: '4.3443' } })
  await must('RecordExchangeRates', { source: 'BANK', on: '2026-10-30', rates: { EUR: '5.0312' } })
  await must('RecordExchangeRates', { source: 'BNR', on: '2026-11-02', rates: { EUR: '5.0930' } })
  await project(stores)
  const euro = [
    '2026-11-02 BNR EUR 5.0930',
    '2026-10-30 BANK EUR 5.0312',
    '2026-10-30 BNR EUR 5.0910',
    '2026-10-29 BNR EUR 5.0880',
  ]
  t.same(await ratesAt('currency=EUR'), euro)
  t.same(await ratesAt('currency=EUR&asOf=2026-10-31'), euro.slice(1))
  t.same(await ratesAt('currency=EUR&source=BNR&from=2026-10-30&to=2026-10-31'), euro.slice(2, 3))
  t.same(await ratesAt('currency=JPY'), [])
  const paged: unknown[] = []
  const Page = z.looseObject({ items: z.array(z.unknown()), nextCursor: z.string().nullable() })
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: z.infer<typeof Page> = Page.parse(
      await answer(`rates?limit=1${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`),
    )
    paged.push(...page.items)
    cursor = page.nextCursor
  }
  const whole = z.looseObject({ items: z.array(z.unknown()) }).parse(await answer('rates'))
  t.same(paged, whole.items)
  t.equal(paged.length, 7)
})

t.test('are refused where they can be none', async (t) => {
  const unknown = await record({ rates: { EUR: '5.0900', XXY: '1.0000' } })
  t.equal(unknown.statusCode, 400)
  t.match(unknown.json(), { errors: [{ path: '/rates/XXY', rule: 'an ISO 4217 currency code' }] })
  t.match((await record({ rates: { EUR: 5.09 } })).json(), { errors: [{ path: '/rates/EUR' }] })
  t.match((await record({ rates: {} })).json(), { errors: [{ path: '/rates', rule: 'at least one rate' }] })
  t.equal(codeOf(await record({ rates: { RON: '1' } })), 'EXCHANGE_RATE_NOT_APPLICABLE')
  t.equal(codeOf(await record({ on: '2026-11-25' })), 'DAY_TOO_FAR_AHEAD')
})

t.test('are what documents take that name none', async (t) => {
  const eur = (amount: string) => ({ amount, currency: 'EUR' })
  await must('RegisterClient', examples.registerClient())
  const invoice = (invoiceId: string, change: object = {}, options: { key?: string; dryRun?: boolean } = {}) =>
    command(
      'RegisterInvoice',
      {
        ...examples.registerInvoice({ invoiceId, number: invoiceId, total: eur('100.00') }),
        vatLines: undefined,
        issuedOn: '2026-11-02',
        dueOn: '2026-11-30',
        ...change,
      },
      options,
    )
  const taken = { rate: '5.0910', source: 'BNR', publishedOn: '2026-10-30' }
  const worth = { exchangeRate: taken, functional: { amount: '509.10', currency: 'RON' } }
  const first = await invoice('i-1', {}, { key: 'i-1' })
  t.equal(first.statusCode, 201)
  t.match(answerOf(first), { events: [{ data: worth }] })
  t.match(answerOf(await invoice('i-2', {}, { dryRun: true })), { dryRun: true, events: [{ data: worth }] })

  // What was answered stays answered, whatever is put right afterwards.
  await must('RecordExchangeRates', { source: 'BNR', on: '2026-10-30', rates: { EUR: '5.0920' } })
  const again = await invoice('i-1', {}, { key: 'i-1' })
  t.match(again, { statusCode: 200, headers: { 'idempotency-replayed': 'true' } })
  t.equal(again.body, first.body)
  t.match(answerOf(await invoice('i-2')), { events: [{ data: { exchangeRate: { rate: '5.0920' } } }] })
  const own = { rate: '5.0000', source: 'CONTRACT', publishedOn: '2026-10-01' }
  t.match(answerOf(await invoice('i-3', { exchangeRate: own })), { events: [{ data: { exchangeRate: own } }] })

  const other = await createApi(stores.store, stores.pool)
  await other.must('RecordExchangeRates', { source: 'BNR', on: '2026-10-30', rates: { EUR: '5.0930' } })
  const pay = { ...examples.recordPayment({ paymentId: 'p-1', amount: eur('100.00') }), remittanceText: undefined }
  const paid = await command('RecordPayment', { ...pay, allocation: { rule: 'none' } })
  t.match(answerOf(paid), { events: [{ data: { exchangeRate: { rate: '5.0930' } } }] }, 'put right by another process')

  await must('SetPolicy', { fxRateRule: 'SAME_DAY' })
  t.match(answerOf(await invoice('i-4')), {
    events: [{ data: { exchangeRate: { rate: '5.0930', publishedOn: '2026-11-02' } } }],
  })

  const refund = examples.recordRefund({ refundId: 'f-1', paymentId: 'p-1', amount: '10.00' })
  const refunded = await command('RecordRefund', { ...refund, refundedOn: '2026-11-04' })
  t.match(answerOf(refunded), { events: [{ data: { exchangeRate: { publishedOn: '2026-11-02' } } }] })
  const late = await command('RecordRefund', { ...refund, refundId: 'f-2', refundedOn: '2026-11-24' })
  t.equal(codeOf(late), 'EXCHANGE_RATE_NEEDED')
  const needed = await invoice('i-5', { issuedOn: '2026-10-01' })
  t.equal(needed.statusCode, 422)
  t.match(needed.json(), {
    code: 'EXCHANGE_RATE_NEEDED',
    detail: 'no rate of BNR is known that holds for EUR on 2026-10-01',
    details: { path: '/exchangeRate', currency: 'EUR', day: '2026-10-01', source: 'BNR' },
  })
  t.equal(
    codeOf(
      await command(
        'RecordUnidentifiedPayment',
        examples.recordUnidentifiedPayment({ amount: eur('1.00'), receivedOn: '2026-10-01' }),
      ),
    ),
    'EXCHANGE_RATE_NEEDED',
  )
  t.equal((await invoice('i-6', { total: examples.ron('100.00'), issuedOn: '2026-10-01' })).statusCode, 201)

  const batch = await api.app.inject({
    method: 'POST',
    url: '/v1/companies/amc/commands?mode=atomic',
    headers: { authorization, 'content-type': 'application/json' },
    payload: ['b-1', 'b-2'].map((invoiceId) => ({
      command: 'RegisterInvoice',
      idempotencyKey: invoiceId,
      data: {
        ...examples.registerInvoice({ invoiceId, number: invoiceId, total: eur('1.00') }),
        vatLines: undefined,
        issuedOn: '2026-11-02',
        dueOn: '2026-11-30',
      },
    })),
  })
  t.equal(batch.statusCode, 200, batch.body)
})

t.test('are needed by no company that keeps none', async (t) => {
  const bare = await startStores(t)
  const { must: mustThere, command: there } = await createApi(bare.store, bare.pool)
  await mustThere('RegisterCompany', examples.registerCompany())
  await mustThere('RegisterClient', examples.registerClient())
  const body = { ...examples.registerInvoice({ total: { amount: '100.00', currency: 'EUR' } }), vatLines: undefined }
  const first = await there('RegisterInvoice', body, { key: 'bare' })
  t.equal(first.statusCode, 201)
  await mustThere('RecordExchangeRates', examples.recordExchangeRates())
  const again = await there('RegisterInvoice', body, { key: 'bare' })
  t.match(again, { statusCode: 200, headers: { 'idempotency-replayed': 'true' } })
  t.equal(again.body, first.body)
  const next = { ...body, invoiceId: 'next', number: 'next' }
  t.equal(codeOf(await there('RegisterInvoice', next)), 'EXCHANGE_RATE_NEEDED')
})

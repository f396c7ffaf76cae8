/** What currencies are worth: recorded, put right and asked for over HTTP. */
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { z } from 'zod'
import { answerOf, codeOf, createApi, startStores } from './api.ts'
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

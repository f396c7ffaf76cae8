import { deepEqual } from 'node:assert/strict'
import t from 'tap'
import { exchangeRatesRecorded, recordExchangeRates } from '../src/examples.ts'
import { DEFAULT_RULES, type ExchangeRatesEvent, exchangeRates, RecordExchangeRates, ratesOf } from '../src/index.ts'
import { givenOf, today } from './given.ts'

const company = { ...DEFAULT_RULES, functionalCurrency: 'RON' }
const context = { today, company }
const given = givenOf(exchangeRates)
const record = (change: Parameters<typeof recordExchangeRates>[0] = {}) =>
  ({ type: 'RecordExchangeRates', data: recordExchangeRates(change) }) as const
const after = (...history: readonly ExchangeRatesEvent[]) =>
  history.reduce(exchangeRates.evolve, exchangeRates.initialState())

t.test('RecordExchangeRates', async (t) => {
  t.test('keeps each price as it was published', async (t) => {
    t.same(given().when(record(), context), [exchangeRatesRecorded()])
    t.same(ratesOf(after(exchangeRatesRecorded()), 'BNR', '2026-10-30'), [
      { currency: 'EUR', rate: '5.0900' },
      { currency: 'HUF', rate: '0.013100' },
    ])
  })

  t.test('is one event whatever the order in which they are named', async (t) => {
    const turned = record({ rates: { HUF: '0.013100', EUR: '5.0900' } })
    t.equal(JSON.stringify(given().when(turned, context)), JSON.stringify(given().when(record(), context)))
  })

  t.test('writes nothing of what is known, however it is written', async (t) => {
    t.same(given(exchangeRatesRecorded()).when(record(), context), [])
    t.same(given(exchangeRatesRecorded()).when(record({ rates: { EUR: '5.09' } }), context), [])
  })

  t.test('says of a correction what was known before, and leaves the rest', async (t) => {
    const known = exchangeRatesRecorded()
    const again = record({ rates: { CHF: '5.4321', EUR: '5.0901', HUF: '0.0131' } })
    const corrected = exchangeRatesRecorded({
      rates: { CHF: '5.4321', EUR: '5.0901' },
      replaces: { EUR: '5.0900' },
    })
    t.same(given(known).when(again, context), [corrected])
    t.same(ratesOf(after(known, corrected), 'BNR', '2026-10-30'), [
      { currency: 'CHF', rate: '5.4321' },
      { currency: 'EUR', rate: '5.0901' },
      { currency: 'HUF', rate: '0.013100' },
    ])
    t.same(given(known, corrected).when(record({ rates: { EUR: '5.0900' } }), context), [
      exchangeRatesRecorded({ rates: { EUR: '5.0900' }, replaces: { EUR: '5.0901' } }),
    ])
  })

  t.test('tells days and sources apart', async (t) => {
    const known = exchangeRatesRecorded()
    for (const change of [{ on: '2026-10-29' }, { source: 'BANK' as const }]) {
      t.same(given(known).when(record(change), context), [exchangeRatesRecorded(change)])
    }
    t.same(ratesOf(after(known), 'BANK', '2026-10-30'), [])
    t.same(ratesOf(after(known), 'BNR', '2026-10-31'), [])
  })

  t.test('knows nothing of tomorrow', async (t) => {
    t.equal(given().when(record({ on: today }), context).length, 1)
    t.throws(() => given().when(record({ on: '2026-11-25' }), context), {
      code: 'DAY_TOO_FAR_AHEAD',
      details: { path: '/on', day: '2026-11-25', latest: today },
    })
  })

  t.test('is of a company that has a currency, which has no price', async (t) => {
    t.throws(() => given().when(record(), { today }), { code: 'COMPANY_NOT_FOUND' })
    t.throws(() => given().when(record({ rates: { EUR: '5.0900', RON: '1' } }), context), {
      code: 'EXCHANGE_RATE_NOT_APPLICABLE',
      details: { path: '/rates/RON' },
    })
    const inEuro = { today, company: { ...company, functionalCurrency: 'EUR' } }
    t.throws(() => given().when(record({ rates: { USD: '4.3443' } }), inEuro), {
      code: 'EXCHANGE_RATE_NOT_APPLICABLE',
      details: { path: '/source' },
    })
    t.equal(given().when(record({ source: 'ECB', rates: { USD: '0.8533' } }), inEuro).length, 1)
  })

  t.test('takes a price that can be one, of a currency that there is', async (t) => {
    const isTaken = (rates: Record<string, unknown>) =>
      RecordExchangeRates.safeParse({ ...recordExchangeRates(), rates }).success
    for (const rate of ['5', '0.0000000001', '999999.9999999999']) t.ok(isTaken({ EUR: rate }), rate)
    for (const rate of ['0', '0.00', '-5.09', '05.09', '5,09', '1000000', '0.00000000001', '1e3', 5.09]) {
      t.notOk(isTaken({ EUR: rate }), `${rate}`)
    }
    for (const currency of ['XXY', 'eur', 'EURO', '', '__proto__', 'constructor']) {
      t.notOk(isTaken(JSON.parse(`{"${currency}":"5.09"}`) as Record<string, unknown>), currency)
    }
    t.notOk(isTaken({}), 'none')
  })
})

t.test('what is known is read back as it was', async () => {
  const history = Array.from({ length: 60 }, (_, index) => index).flatMap((index) => {
    const on = `2026-${index % 2 === 0 ? '09' : '10'}-${`${(index % 28) + 1}`.padStart(2, '0')}`
    return exchangeRatesRecorded({ on, rates: { EUR: `5.${1_000 + index}`, JPY: `0.0${300 + index}` } })
  })
  const { snapshot } = exchangeRates
  if (snapshot === undefined) throw new Error('a stream of years has snapshots')
  const cut = 31
  const resumed = history
    .slice(cut)
    .reduce(exchangeRates.evolve, snapshot.decode(snapshot.encode(after(...history.slice(0, cut)))))
  deepEqual(snapshot.encode(resumed), snapshot.encode(after(...history)))
  for (const { data } of history)
    deepEqual(ratesOf(resumed, 'BNR', data.on), ratesOf(after(...history), 'BNR', data.on))
})

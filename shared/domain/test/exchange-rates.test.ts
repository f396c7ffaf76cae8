import { deepEqual } from 'node:assert/strict'
import t from 'tap'
import {
  clientRegistered,
  creditNoteRegistered,
  exchangeRatesRecorded,
  invoiceRegistered,
  paymentRecorded,
  recordExchangeRates,
  recordRefund,
  recordSetOff,
  recordUnidentifiedPayment,
  registerClaim,
  registerCreditNote,
  registerInvoice,
  ron,
} from '../src/examples.ts'
import {
  type AccountCommand,
  clientAccount,
  DEFAULT_RULES,
  type ExchangeRatesEvent,
  exchangeRates,
  priceOf,
  RecordExchangeRates,
  ratesOf,
  unidentified,
  unpricedBy,
  unpricedRefund,
} from '../src/index.ts'
import { eur, record } from './account.ts'
import { givenOf, today } from './given.ts'

const company = { ...DEFAULT_RULES, functionalCurrency: 'RON' }
const context = { today, company }
const given = givenOf(exchangeRates)
const say = (change: Parameters<typeof recordExchangeRates>[0] = {}) =>
  ({ type: 'RecordExchangeRates', data: recordExchangeRates(change) }) as const
const after = (...history: readonly ExchangeRatesEvent[]) =>
  history.reduce(exchangeRates.evolve, exchangeRates.initialState())

t.test('RecordExchangeRates', async (t) => {
  t.test('keeps each price as it was published', async (t) => {
    t.same(given().when(say(), context), [exchangeRatesRecorded()])
    t.same(ratesOf(after(exchangeRatesRecorded()), 'BNR', '2026-10-30'), [
      { currency: 'EUR', rate: '5.0900' },
      { currency: 'HUF', rate: '0.013100' },
    ])
  })

  t.test('is one event whatever the order in which they are named', async (t) => {
    const turned = say({ rates: { HUF: '0.013100', EUR: '5.0900' } })
    t.equal(JSON.stringify(given().when(turned, context)), JSON.stringify(given().when(say(), context)))
  })

  t.test('writes nothing of what is known, however it is written', async (t) => {
    t.same(given(exchangeRatesRecorded()).when(say(), context), [])
    t.same(given(exchangeRatesRecorded()).when(say({ rates: { EUR: '5.09' } }), context), [])
  })

  t.test('says of a correction what was known before, and leaves the rest', async (t) => {
    const known = exchangeRatesRecorded()
    const again = say({ rates: { CHF: '5.4321', EUR: '5.0901', HUF: '0.0131' } })
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
    t.same(given(known, corrected).when(say({ rates: { EUR: '5.0900' } }), context), [
      exchangeRatesRecorded({ rates: { EUR: '5.0900' }, replaces: { EUR: '5.0901' } }),
    ])
  })

  t.test('tells days and sources apart', async (t) => {
    const known = exchangeRatesRecorded()
    for (const change of [{ on: '2026-10-29' }, { source: 'BANK' as const }]) {
      t.same(given(known).when(say(change), context), [exchangeRatesRecorded(change)])
    }
    t.same(ratesOf(after(known), 'BANK', '2026-10-30'), [])
    t.same(ratesOf(after(known), 'BNR', '2026-10-31'), [])
  })

  t.test('knows nothing of tomorrow', async (t) => {
    t.equal(given().when(say({ on: today }), context).length, 1)
    t.throws(() => given().when(say({ on: '2026-11-25' }), context), {
      code: 'DAY_TOO_FAR_AHEAD',
      details: { path: '/on', day: '2026-11-25', latest: today },
    })
  })

  t.test('is of a company that has a currency, which has no price', async (t) => {
    t.throws(() => given().when(say(), { today }), { code: 'COMPANY_NOT_FOUND' })
    t.throws(() => given().when(say({ rates: { EUR: '5.0900', RON: '1' } }), context), {
      code: 'EXCHANGE_RATE_NOT_APPLICABLE',
      details: { path: '/rates/RON' },
    })
    const inEuro = { today, company: { ...company, functionalCurrency: 'EUR' } }
    t.throws(() => given().when(say({ rates: { USD: '4.3443' } }), inEuro), {
      code: 'EXCHANGE_RATE_NOT_APPLICABLE',
      details: { path: '/source' },
    })
    t.equal(given().when(say({ source: 'ECB', rates: { USD: '0.8533' } }), inEuro).length, 1)
  })

  t.test('takes a price that can be one, of a currency that there is', async (t) => {
    const isTaken = (rates: unknown) => RecordExchangeRates.safeParse({ ...recordExchangeRates(), rates }).success
    for (const rate of ['5', '0.0000000001', '999999.9999999999']) t.ok(isTaken({ EUR: rate }), rate)
    for (const rate of ['0', '0.00', '-5.09', '05.09', '5,09', '1000000', '0.00000000001', '1e3', 5.09]) {
      t.notOk(isTaken({ EUR: rate }), `${rate}`)
    }
    for (const currency of ['XXY', 'eur', 'EURO', '', '__proto__', 'constructor']) {
      t.notOk(isTaken(JSON.parse(`{"${currency}":"5.09"}`)), currency)
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

t.test('the rate of a document', async (t) => {
  const known = after(
    exchangeRatesRecorded({ on: '2026-10-29', rates: { EUR: '5.0880', USD: '4.3443' } }),
    exchangeRatesRecorded({ on: '2026-10-30', rates: { EUR: '5.0900' } }),
    exchangeRatesRecorded({ on: '2026-11-02', rates: { EUR: '5.0930' } }),
  )
  const rateOn = (on: string, { currency = 'EUR', rules = company } = {}) => {
    const price = priceOf(known, { currency, on }, rules)
    return price?.rate && `${price.rate.rate} of ${price.rate.publishedOn}`
  }
  const sameDay = { ...company, fxRateRule: 'SAME_DAY' as const }

  t.test('is that of the last banking day before', async (t) => {
    t.equal(rateOn('2026-11-02'), '5.0900 of 2026-10-30')
    t.equal(rateOn('2026-10-31'), '5.0900 of 2026-10-30')
    t.equal(rateOn('2026-10-30'), '5.0880 of 2026-10-29')
    t.equal(rateOn('2026-11-02', { currency: 'USD' }), '4.3443 of 2026-10-29')
  })
  t.test('or its own, where the company says so', async (t) => {
    t.equal(rateOn('2026-11-02', { rules: sameDay }), '5.0930 of 2026-11-02')
    t.equal(rateOn('2026-11-01', { rules: sameDay }), '5.0900 of 2026-10-30')
  })
  t.test('is none of long before, and none of later', async (t) => {
    t.equal(rateOn('2026-11-12'), '5.0930 of 2026-11-02')
    t.equal(rateOn('2026-11-13'), undefined)
    t.equal(rateOn('2026-10-29'), undefined)
    t.equal(rateOn('2026-10-29', { rules: sameDay }), '5.0880 of 2026-10-29')
    t.same(priceOf(known, { currency: 'EUR', on: '2026-10-29' }, company), {
      currency: 'EUR',
      on: '2026-10-29',
      source: 'BNR',
      rate: undefined,
    })
  })
  t.test('is asked for by nobody who keeps none of the source that counts', async (t) => {
    const ofBank = after(exchangeRatesRecorded({ source: 'BANK', rates: { EUR: '5.0312' } }))
    t.equal(priceOf(ofBank, { currency: 'EUR', on: '2026-11-02' }, company), undefined)
    t.equal(priceOf(after(), { currency: 'EUR', on: '2026-11-02' }, company), undefined)
    const inForints = { ...company, functionalCurrency: 'HUF' }
    t.equal(priceOf(known, { currency: 'EUR', on: '2026-11-02' }, inForints), undefined)
  })
})

t.test('what a document is worth that names no rate', async (t) => {
  const rate = { rate: '5.0900', source: 'BNR', publishedOn: '2026-10-30' } as const
  const price = { currency: 'EUR', on: '2026-11-02', source: 'BNR', rate } as const
  const none = { ...price, rate: undefined }
  const worth = { exchangeRate: rate, functional: ron('509.00') }
  const total = eur('100.00')
  const start = [clientRegistered(), creditNoteRegistered({ invoiceId: undefined, total, vatLines: [] })]
  const onAccount = givenOf(clientAccount)
  const documents: readonly (readonly [AccountCommand, on: string])[] = [
    [{ type: 'RegisterInvoice', data: registerInvoice({ total, vatLines: undefined }) }, registerInvoice().issuedOn],
    [{ type: 'RegisterClaim', data: registerClaim({ total }) }, registerClaim().issuedOn],
    [
      {
        type: 'RegisterCreditNote',
        data: registerCreditNote({
          creditNoteId: 'new',
          number: 'new',
          invoiceId: undefined,
          total,
          vatLines: undefined,
        }),
      },
      registerCreditNote().issuedOn,
    ],
    [record({ amount: total, allocation: { rule: 'none' } }), '2026-11-02'],
  ]
  for (const [command, on] of documents) {
    t.test(`${command.type} takes the rate in force, and keeps it`, async (t) => {
      t.same(unpricedBy(command, company), { currency: 'EUR', on })
      t.match(onAccount(...start).when(command, { ...context, price }), [{ data: worth }])
      t.throws(() => onAccount(...start).when(command, { ...context, price: none }), {
        code: 'EXCHANGE_RATE_NEEDED',
        details: { path: '/exchangeRate', currency: 'EUR', day: '2026-11-02', source: 'BNR' },
      })
      const [unpriced] = onAccount(...start).when(command, context)
      t.notOk('functional' in (unpriced?.data ?? {}), 'of a company that keeps none')
      const own = { rate: '5.0000', source: 'CONTRACT', publishedOn: '2026-10-01' } as const
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each of them takes a rate
      const named = { ...command, data: { ...command.data, exchangeRate: own } } as AccountCommand
      t.equal(unpricedBy(named, company), undefined)
      t.match(onAccount(...start).when(named, { ...context, price: none }), [{ data: { exchangeRate: own } }])
    })
  }
  t.test('RecordUnidentifiedPayment does', async (t) => {
    const command = { type: 'RecordUnidentifiedPayment', data: recordUnidentifiedPayment({ amount: total }) } as const
    t.same(unpricedBy(command, company), { currency: 'EUR', on: '2026-11-02' })
    t.match(givenOf(unidentified)().when(command, { ...context, price }), [{ data: worth }])
    t.throws(() => givenOf(unidentified)().when(command, { ...context, price: none }), { code: 'EXCHANGE_RATE_NEEDED' })
  })
  t.test('RecordSetOff does', async (t) => {
    const invoice = invoiceRegistered({ invoiceId: 'euro', total, exchangeRate: rate, functional: ron('509.00') })
    const data = recordSetOff({ amount: total, items: [{ invoiceId: 'euro', amount: '100.00' }] })
    t.same(unpricedBy({ type: 'RecordSetOff', data }, company), { currency: 'EUR', on: data.setOffOn })
    t.match(onAccount(...start, invoice).when({ type: 'RecordSetOff', data }, { ...context, price }), [
      { type: 'PaymentRecorded', data: worth },
      { type: 'PaymentAllocated', data: { functional: { difference: '0.00' } } },
    ])
  })
  t.test('RecordRefund of credit in its own currency does, on its own day', async (t) => {
    const paid = paymentRecorded({
      paymentId: 'euro',
      amount: total,
      exchangeRate: { ...rate, rate: '5.0000' },
      functional: ron('500.00'),
    })
    const history = [...start, paid]
    const command = (change: Parameters<typeof recordRefund>[0] = {}) =>
      ({
        type: 'RecordRefund',
        data: { ...recordRefund({ paymentId: 'euro', amount: '40.00', ...change }), claimId: 'claim' },
      }) as const
    const account = history.reduce(clientAccount.evolve, clientAccount.initialState())
    const asked = (change: Parameters<typeof recordRefund>[0] = {}) =>
      unpricedRefund(command(change), account, { company, today })
    t.same(asked({ refundedOn: '2026-11-10' }), { currency: 'EUR', on: '2026-11-10' })
    t.same(asked({ refundedOn: undefined }), { currency: 'EUR', on: today })
    t.equal(asked({ amount: ron('200.00') }), undefined, 'a conversion names its rate')
    t.equal(asked({ paymentId: 'nobody' }), undefined)
    t.match(onAccount(...history).when(command(), { ...context, price }), [
      {
        data: {
          exchangeRate: rate,
          functional: ron('200.00'),
          worth: { currency: 'RON', paid: '203.60', difference: '-3.60' },
        },
      },
    ])
    t.throws(() => onAccount(...history).when(command(), { ...context, price: none }), { code: 'EXCHANGE_RATE_NEEDED' })
  })
  t.test('documents of the books, against an invoice, and conversions ask for none', async (t) => {
    t.equal(unpricedBy({ type: 'RegisterInvoice', data: registerInvoice() }, company), undefined)
    const onInvoice = registerCreditNote({ total })
    t.ok(onInvoice.invoiceId)
    t.equal(unpricedBy({ type: 'RegisterCreditNote', data: onInvoice }, company), undefined)
    const nobody = { ...company, functionalCurrency: undefined }
    t.equal(unpricedBy(record({ amount: total }), nobody), undefined)
  })
})

/** What leaves with a refund may be in another currency than the credit, at a rate of its own. */
import t from 'tap'
import { cashPaid } from '../src/client-account/records/cash.ts'
import { clientRegistered, paymentRecorded, recordRefund, refundRecorded, ron } from '../src/examples.ts'
import {
  type AccountEvent,
  accountPayments,
  clientAccount,
  DEFAULT_RULES,
  RecordRefund,
  RefundRecorded,
  RefundReversed,
} from '../src/index.ts'
import { allocate, eur, given, refund, register, returned } from './account.ts'
import { today } from './given.ts'

const bnr = (rate: string) => ({ rate, source: 'BNR' as const, publishedOn: '2026-11-06' })
const rules = { ...DEFAULT_RULES, functionalCurrency: 'RON' }
const inLei = { today, company: rules }
const client = clientRegistered()
const usd = (amount: string) => ({ amount, currency: 'USD' })
/** A hundred euro that stand in the books at 498.00 lei. */
const euro = paymentRecorded({ amount: eur('100.00'), exchangeRate: bnr('4.98'), functional: ron('498.00') })
const lei = paymentRecorded({ amount: ron('503.00') })
const unvalued = paymentRecorded({ amount: eur('100.00') })

const back = (payment: AccountEvent, change: Parameters<typeof refund>[0]) =>
  RefundRecorded.data.parse(given(client, payment).when(refund(change), inLei)[0]?.data)

t.test('in the credit’s own currency a rate of the refund tells what the books gain or lose', async (t) => {
  const at = (rate: string, amount: string | ReturnType<typeof eur> = '100.00') =>
    back(euro, { amount, exchangeRate: bnr(rate) })
  t.match(at('5.03'), {
    amount: eur('100.00'),
    functional: ron('498.00'),
    exchangeRate: bnr('5.03'),
    worth: { currency: 'RON', paid: '503.00', difference: '-5.00' },
  })
  t.equal(at('5.03').conversion, undefined)
  t.match(at('4.9799').worth, { paid: '497.99', difference: '0.01' })
  t.match(at('4.98').worth, { paid: '498.00', difference: '0.00' })
  t.match(at('4.9801').worth, { paid: '498.01', difference: '-0.01' })
  t.same(at('5.03', eur('100.00')), at('5.03'), 'a string is in the credit’s currency')
  t.same(back(unvalued, { amount: '100.00', exchangeRate: bnr('5.03') }).worth, { currency: 'RON', paid: '503.00' })
})

t.test('without a rate it is as it was', async (t) => {
  const old = { deskId: undefined, note: undefined, amount: eur('90.00'), functional: ron('448.20') }
  t.same(given(client, euro).when(refund(), inLei), [refundRecorded(old)])
})

t.test('in lei it takes of the euro what the rate makes of them', async (t) => {
  t.match(back(euro, { amount: ron('201.20'), exchangeRate: bnr('5.0300') }), {
    amount: eur('40.00'),
    functional: ron('199.20'),
    conversion: { paid: ron('201.20'), ...bnr('5.0300') },
    worth: { currency: 'RON', paid: '201.20', difference: '-2.00' },
  })
  t.equal(back(euro, { amount: ron('201.20'), exchangeRate: bnr('5.0300') }).exchangeRate, undefined)
  const all = (amount: string) => back(euro, { amount: ron(amount), exchangeRate: bnr('5.0300') })
  t.match(all('502.95'), { amount: eur('100.00'), worth: { difference: '-4.95' } }, 'a cent less is no rest')
  t.match(all('503.05'), { amount: eur('100.00'), worth: { difference: '-5.05' } }, 'nor is a cent more')
  t.match(all('502.90'), { amount: eur('99.98') }, 'two are a rest')
  t.throws(() => all('503.10'), { code: 'REFUND_EXCEEDS_CREDIT', details: { credit: eur('100.00') } })
  t.match(back(unvalued, { amount: ron('503.00'), exchangeRate: bnr('5.0300') }).worth, { paid: '503.00' })
  t.match(
    back(euro, { amount: ron('0.01'), exchangeRate: bnr('5.0300') }).amount,
    eur('0.01'),
    'nothing goes for nothing',
  )
})

t.test('in euro it takes of the lei what they cost', async (t) => {
  const euros = (amount: string) => back(lei, { amount: eur(amount), exchangeRate: bnr('5.0311') })
  t.match(euros('99.98'), {
    amount: ron('503.00'),
    conversion: { paid: eur('99.98') },
    worth: { currency: 'RON', paid: '503.01', difference: '-0.01' },
  })
  t.match(euros('10.00'), { amount: ron('50.31'), worth: { paid: '50.31', difference: '0.00' } })
  t.throws(() => euros('99.99'), { code: 'REFUND_EXCEEDS_CREDIT' })
})

t.test('between two foreign currencies it is the price of what leaves, and no difference is known', async (t) => {
  const dollars = back(euro, { amount: usd('50.00'), exchangeRate: bnr('0.9200') })
  t.match(dollars, { amount: eur('46.00'), functional: ron('229.08'), conversion: { paid: usd('50.00') } })
  t.equal(dollars.worth, undefined)
})

t.test('is refused without a rate, with one in the functional currency, and by card', async (t) => {
  t.throws(() => back(euro, { amount: ron('10.00') }), {
    code: 'CURRENCY_MISMATCH',
    details: { path: '/exchangeRate', refundCurrency: 'RON', paymentCurrency: 'EUR' },
  })
  const refused = { code: 'EXCHANGE_RATE_NOT_APPLICABLE', details: { path: '/exchangeRate' } }
  t.throws(() => back(lei, { amount: '10.00', exchangeRate: bnr('5') }), refused)
  t.throws(() => back(euro, { amount: ron('10.00'), exchangeRate: bnr('5'), method: 'CARD_POS' }), refused)
  t.throws(() => back(euro, { amount: ron('9999999999999.99'), exchangeRate: bnr('0.0000000001') }), refused)
  const huge = refund({ amount: ron('10.00'), exchangeRate: bnr('5') })
  t.throws(() => given(client, euro).when(huge), { code: 'COMPANY_NOT_FOUND' })
})

t.test('the whole of a reversal is what the refund said, to the ban', async (t) => {
  for (const [payment, change] of [
    [euro, { amount: '33.33', exchangeRate: bnr('5.0311') }],
    [euro, { amount: ron('167.71'), exchangeRate: bnr('5.0311') }],
    [lei, { amount: eur('99.98'), exchangeRate: bnr('5.0311') }],
    [euro, { amount: usd('50.00'), exchangeRate: bnr('0.9200') }],
    [unvalued, { amount: '33.33', exchangeRate: bnr('5.0311') }],
  ] as const) {
    let history: readonly AccountEvent[] = [client, payment]
    const accountOf = () => history.reduce(clientAccount.evolve, clientAccount.initialState())
    const before = accountPayments.get(accountOf(), 'pay-1')
    for (const refundId of ['a', 'b', 'c']) {
      const left = given(...history).when(
        refund({ ...change, refundId, method: 'CASH', refundedOn: '2026-11-21' }),
        inLei,
      )
      const again = given(...history, ...left).when(returned({ refundId }), inLei)
      const { amount, functional, conversion, worth } = RefundRecorded.data.parse(left[0]?.data)
      const reversal = RefundReversed.data.parse(again[0]?.data)
      t.same(
        [reversal.amount, reversal.functional, reversal.conversion?.paid, reversal.worth],
        [amount, functional, conversion?.paid, worth],
      )
      history = [...history, ...left, ...again]
    }
    const after = accountPayments.get(accountOf(), 'pay-1')
    t.same([after?.credit, after?.value, after?.refunded], [before?.credit, before?.value, 0n])
  }
})

t.test('the last part takes what is left of the value', async (t) => {
  const first = given(client, euro).when(refund({ amount: ron('167.71'), exchangeRate: bnr('5.0311') }), inLei)
  const rest = refund({ refundId: 'rest', amount: ron('335.40'), exchangeRate: bnr('5.0311') })
  const second = given(client, euro, ...first).when(rest, inLei)
  t.match(second[0]?.data, { amount: eur('66.67'), functional: ron('332.02') })
  const account = [client, euro, ...first, ...second].reduce(clientAccount.evolve, clientAccount.initialState())
  t.match(accountPayments.get(account, 'pay-1'), { credit: 0n, value: { left: 0n } })
  const owed = given(client, euro).when(register({ total: eur('10.00'), vatLines: [] }), inLei)
  const settle = allocate({ invoiceId: 'inv-1024', amount: '0.01' })
  t.throws(() => given(client, euro, ...owed, ...first, ...second).when(settle, inLei), {
    code: 'ALLOCATION_EXCEEDS_CREDIT',
  })
})

t.test('cash counts as what left, in lei', async (t) => {
  const rich = paymentRecorded({ amount: eur('3000.00'), exchangeRate: bnr('4.98'), functional: ron('14940.00') })
  const cash = (amount: string | ReturnType<typeof eur>, rate: string) =>
    back(rich, { amount, exchangeRate: bnr(rate), method: 'CASH' }).cashBreaches
  const above = (observed: string) => [{ code: 'CASH_PAYMENT_LIMIT_PER_PERSON_DAY', limit: '5000.00', observed }]
  t.equal(cash(ron('5000.00'), '5.0311'), undefined)
  t.match(cash(ron('5000.01'), '5.0311'), above('5000.01'))
  t.equal(cash('1000.00', '5.0000'), undefined)
  t.match(cash('1000.01', '5.0000'), above('5000.05'), 'at the rate of the refund')
  t.match(cash('1000.00', '5.0001'), above('5000.10'))
  const second = (history: readonly AccountEvent[]) =>
    RefundRecorded.data.parse(
      given(client, rich, ...history).when(
        refund({ refundId: 'second', amount: ron('0.01'), exchangeRate: bnr('5'), method: 'CASH' }),
        inLei,
      )[0]?.data,
    ).cashBreaches
  const first = given(client, rich).when(
    refund({ amount: '1000.00', exchangeRate: bnr('5.0000'), method: 'CASH' }),
    inLei,
  )
  t.match(second(first), above('5000.01'))
  const returnedFirst = given(client, rich, ...first).when(returned({ reason: 'MISTAKE' }), inLei)
  const after = [client, rich, ...first, ...returnedFirst].reduce(clientAccount.evolve, clientAccount.initialState())
  t.equal(cashPaid.by(after, '2026-11-10'), 0n, 'and no longer when it comes back')
})

t.test('an amount is a string or has its currency', async (t) => {
  const parsed = (amount: unknown) => RecordRefund.safeParse({ ...recordRefund(), amount })
  t.ok(parsed('90.00').success)
  t.same(parsed(eur('90')).data?.amount, eur('90.00'))
  for (const amount of [
    90,
    '',
    '-1',
    '0.00',
    eur('0'),
    eur('1.001'),
    { amount: '1' },
    { ...eur('1'), x: 1 },
    undefined,
  ])
    t.notOk(parsed(amount).success)
})

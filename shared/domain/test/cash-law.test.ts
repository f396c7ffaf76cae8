import t from 'tap'
import {
  clientRegistered,
  companyRegistered,
  creditNoteRegistered,
  invoiceRegistered,
  paymentRecorded,
  paymentReversed,
  refundRecorded,
  refundReversed,
  ron,
} from '../src/examples.ts'
import {
  type AccountCommand,
  type AccountEvent,
  type CompanyRules,
  clientAccount,
  company,
  DEFAULT_RULES,
} from '../src/index.ts'
import { account, eur, explicit, given, record, refund, reverse, setOff } from './account.ts'
import { today } from './given.ts'

// Cash in another currency, cash that is given back, set-offs and the bon fiscal (Legea 70/2015, HG 773/2019, OUG 28/1999).

const rules = (change: Partial<CompanyRules> = {}) => ({
  today,
  company: { ...DEFAULT_RULES, functionalCurrency: 'RON', ...change },
})
const person = clientRegistered({ kind: 'INDIVIDUAL', name: 'Ana Pop', taxId: undefined })
const rate = (price: string) => ({ rate: price, source: 'BNR' as const, publishedOn: '2026-11-23' })

const cash = (change: Parameters<typeof record>[0] = {}) =>
  record({
    paymentId: 'pay-2',
    method: 'CASH',
    receivedOn: '2026-11-24',
    deskId: 'C1',
    allocation: { rule: 'none' },
    ...change,
  })

const toldOf = (events: readonly AccountEvent[]): readonly string[] =>
  events.flatMap(({ type, data }) => {
    if (type === 'RefundRecorded') return (data.cashBreaches ?? []).map(({ code, observed }) => `${code} ${observed}`)
    if (type !== 'PaymentRecorded') return []
    const breaches = (data.cashBreaches ?? []).map(({ code, observed }) => `${code} ${observed}`)
    return [...breaches, ...(data.notices ?? []).map(({ code }) => code)]
  })

/** Credit without money behind it, for a refund to take. */
const credit = (amount: string, on = '2026-11-01') =>
  creditNoteRegistered({
    creditNoteId: 'cn-1',
    invoiceId: undefined,
    total: ron(amount),
    vatLines: [],
    issuedOn: on,
    creditedOn: on,
  })

/** The events of commands one after the other. */
const lived = (history: readonly AccountEvent[], commands: readonly AccountCommand[], context = rules()) => {
  const state = history.reduce(clientAccount.evolve, clientAccount.initialState())
  return commands.flatMap((command) => {
    const events = clientAccount.decide(command, state, context)
    for (const event of events) clientAccount.evolve(state, event)
    return events
  })
}

t.test('cash in another currency counts at the rate of its day', async (t) => {
  const inEuro = (amount: string, change: Parameters<typeof cash>[0] = {}) =>
    cash({ amount: eur(amount), exchangeRate: rate('5.0000'), ...change })

  t.same(toldOf(given(account).when(inEuro('1000.00'), rules())), [])
  t.same(toldOf(given(account).when(inEuro('1000.01'), rules())), ['CASH_LIMIT_PER_PERSON_DAY 5000.05'])
  t.same(
    toldOf(lived([account], [cash({ amount: ron('3000.00') }), inEuro('400.01', { paymentId: 'pay-3' })])),
    ['CASH_LIMIT_PER_PERSON_DAY 5000.05'],
    'together with cash in lei',
  )
  t.same(
    toldOf(
      lived(
        [account],
        [
          inEuro('1000.00'),
          reverse({ paymentId: 'pay-2', reason: 'MISTAKE', reversedOn: today }),
          inEuro('1000.00', { paymentId: 'pay-3' }),
        ],
      ),
    ),
    [],
    'reversed, it is out again',
  )
  t.throws(() => given(account).when(inEuro('1000.01'), rules({ cashGuard: 'REJECT' })), {
    code: 'CASH_LIMIT_PER_PERSON_DAY',
  })

  const withoutRate = given(account).when(cash({ amount: eur('9000.00') }), rules({ cashGuard: 'REJECT' }))
  t.same(toldOf(withoutRate), ['CASH_NOT_COUNTED'], 'nobody can say what it is worth, so somebody has to be told')
  t.same(toldOf(given(account).when(cash({ amount: eur('9000.00'), method: 'BANK_TRANSFER' }), rules())), [])
})

t.test('cash that is gone is out of the count once, though its refund comes back and it goes again', async (t) => {
  const on = '2026-11-24'
  const back = { paymentId: 'pay-1', amount: ron('400.00'), method: 'CASH' } as const
  const gone = (amount: string) =>
    paymentReversed({ amount: ron(amount), method: 'CASH', cleared: false, reason: 'CHARGED_BACK', reversedOn: on })
  // Before what was given back became a claim, a reversal took the rest alone.
  const history = [
    account,
    paymentRecorded({ amount: ron('1000.00'), method: 'CASH', receivedOn: on, deskId: 'C1' }),
    refundRecorded({ ...back, refundedOn: on }),
    gone('600.00'),
    refundReversed({ ...back, refundId: refundRecorded().data.refundId, reversedOn: on }),
    gone('400.00'),
  ]
  t.same(toldOf(given(...history).when(cash({ amount: ron('5000.00') }), rules())), [])
  t.same(toldOf(given(...history).when(cash({ amount: ron('5000.01') }), rules())), [
    'CASH_LIMIT_PER_PERSON_DAY 5000.01',
  ])
})

t.test('an invoice is not paid by fragments of foreign cash either', async (t) => {
  const total = { amount: '2000.00', currency: 'EUR' }
  const worth = { exchangeRate: rate('5.0000'), functional: ron('10000.00') }
  const large = invoiceRegistered({ total, vatLines: [], instalments: [], ...worth })
  const pays = (paymentId: string, receivedOn: string, amount: string) =>
    cash({
      paymentId,
      receivedOn,
      amount: eur(amount),
      exchangeRate: rate('5.0000'),
      allocation: explicit('inv-1024', amount),
    })
  t.same(toldOf(lived([account, large], [pays('pay-2', '2026-11-24', '1000.00')])), [])
  t.same(
    toldOf(lived([account, large], [pays('pay-2', '2026-11-23', '1000.00'), pays('pay-3', '2026-11-24', '0.01')])),
    ['CASH_FRAGMENTED_INVOICE 5000.05'],
  )
})

t.test('each finding names the article of whom it is about', async (t) => {
  const lawOf = (client: typeof account, amount: string) => {
    const [recorded] = given(client).when(cash({ amount: ron(amount) }), rules())
    return recorded?.type === 'PaymentRecorded' ? recorded.data.cashBreaches?.map(({ law }) => law.split(',')[0]) : []
  }
  t.same(lawOf(account, '5000.01'), ['Legea 70/2015 art. 3'])
  t.same(lawOf(person, '10000.01'), ['Legea 70/2015 art. 4'])
})

t.test('cash that is given back has ceilings of its own', async (t) => {
  const back = (amount: string, change: Parameters<typeof refund>[0] = {}) =>
    refund({ paymentId: 'cn-1', amount, method: 'CASH', deskId: 'C1', refundedOn: '2026-11-24', ...change })

  t.same(toldOf(given(account, credit('20000.00')).when(back('5000.00'), rules())), [])
  const [above] = given(account, credit('20000.00')).when(back('5000.01'), rules())
  t.match(above, {
    data: {
      cashBreaches: [
        {
          code: 'CASH_PAYMENT_LIMIT_PER_PERSON_DAY',
          limit: '5000.00',
          observed: '5000.01',
          day: '2026-11-24',
          deskId: 'C1',
          law: 'Legea 70/2015 art. 3, OUG 115/2023 (MO 1139/15.12.2023)',
        },
      ],
    },
  })
  t.same(toldOf(given(person, credit('20000.00')).when(back('10000.00'), rules())), [])
  t.same(toldOf(given(person, credit('20000.00')).when(back('10000.01'), rules())), [
    'CASH_PAYMENT_LIMIT_PER_PERSON_DAY 10000.01',
  ])
  t.same(toldOf(given(account, credit('20000.00')).when(back('9000.00', { method: 'BANK_TRANSFER' }), rules())), [])

  const two = [back('3000.00', { refundId: 'r-1' }), back('2000.01', { refundId: 'r-2', deskId: 'C2' })]
  t.same(
    toldOf(lived([account, credit('20000.00')], two)),
    ['CASH_PAYMENT_LIMIT_PER_PERSON_DAY 5000.01'],
    'at any desk',
  )
  const later = [back('3000.00', { refundId: 'r-1' }), back('2000.01', { refundId: 'r-2', refundedOn: '2026-11-25' })]
  t.same(toldOf(lived([account, credit('20000.00')], later, { ...rules(), today: '2026-11-25' })), [])

  t.throws(() => given(account, credit('20000.00')).when(back('5000.01'), rules({ cashGuard: 'REJECT' })), {
    code: 'CASH_PAYMENT_LIMIT_PER_PERSON_DAY',
    details: { limit: '5000.00', observed: '5000.01' },
  })
  const cashOverride = { reason: 'Marfa s-a întors', approvedBy: 'Ioana Pop' }
  const underOverride = rules({ cashGuard: 'REQUIRE_OVERRIDE' })
  t.throws(() => given(account, credit('20000.00')).when(back('5000.01'), underOverride), {
    code: 'CASH_PAYMENT_LIMIT_PER_PERSON_DAY',
  })
  t.match(given(account, credit('20000.00')).when(back('5000.01', { cashOverride }), underOverride), [
    { type: 'RefundRecorded' },
    { type: 'CashLimitOverridden', data: { paymentId: 'cn-1', reason: 'Marfa s-a întors' } },
  ])

  const inEuro = paymentRecorded({ amount: eur('3000.00'), exchangeRate: rate('5.0000'), functional: ron('15000.00') })
  const euroBack = refund({ paymentId: 'pay-1', amount: '1000.01', method: 'CASH', refundedOn: '2026-11-24' })
  t.same(toldOf(given(account, inEuro).when(euroBack, rules())), ['CASH_PAYMENT_LIMIT_PER_PERSON_DAY 5000.05'])
})

t.test('all businesses of a day have a ceiling together', async (t) => {
  const back = (amount: string, change: Parameters<typeof refund>[0] = {}) =>
    refund({ paymentId: 'cn-1', amount, method: 'CASH', deskId: 'C1', refundedOn: '2026-11-24', ...change })
  const paid = (paidToBusinesses: bigint, change: Partial<CompanyRules> = {}) => ({
    ...rules(change),
    elsewhere: { paidToBusinesses },
  })
  const rich = given(account, credit('20000.00'))
  t.same(toldOf(rich.when(back('5000.00'), paid(500_000n))), [], 'to the last ban')
  const above = { limit: '10000.00', observed: '10000.01', day: '2026-11-24', law: /^Legea 70\/2015 art. 3, / }
  const [refunded] = rich.when(back('5000.00'), paid(500_001n))
  t.match(refunded, { data: { cashBreaches: [{ code: 'CASH_PAYMENT_LIMIT_TOTAL_DAY', ...above, deskId: undefined }] } })
  t.same(toldOf(rich.when(back('5000.00', { method: 'BANK_TRANSFER' }), paid(500_001n))), [], 'a bank is no desk')
  t.same(toldOf(rich.when(back('5000.01'), paid(500_000n))), [
    'CASH_PAYMENT_LIMIT_PER_PERSON_DAY 5000.01',
    'CASH_PAYMENT_LIMIT_TOTAL_DAY 10000.01',
  ])
  t.same(toldOf(given(person, credit('20000.00')).when(back('5000.00'), paid(900_000n))), [], 'an individual has none')
  t.throws(() => rich.when(back('5000.00'), paid(500_001n, { cashGuard: 'REJECT' })), {
    code: 'CASH_PAYMENT_LIMIT_TOTAL_DAY',
    details: above,
  })
  const early = { refundedOn: '2015-05-08' }
  const old = given(account, credit('20000.00', '2015-01-05'))
  t.same(toldOf(old.when(back('9000.00', early), paid(900_000n))), [], 'before the law there was none')
})

t.test('a desk pays out what it holds', async (t) => {
  const back = (amount: string, change: Parameters<typeof refund>[0] = {}) =>
    refund({ paymentId: 'cn-1', amount, method: 'CASH', deskId: 'C1', refundedOn: '2026-11-24', ...change })
  const holding = (drawer: readonly (readonly [string, bigint])[], change: Partial<CompanyRules> = {}) => ({
    ...rules(change),
    elsewhere: { drawer: new Map(drawer) },
  })
  const rich = given(account, credit('20000.00'))
  t.same(toldOf(rich.when(back('100.00'), holding([['RON', 10_000n]]))), [], 'to the last ban')
  const short = { code: 'CASH_DESK_SHORT', limit: '100.00', observed: '100.01', day: '2026-11-24', deskId: 'C1' }
  t.match(rich.when(back('100.01'), holding([['RON', 10_000n]])), [{ data: { cashBreaches: [short] } }])
  t.same(toldOf(rich.when(back('0.01'), holding([['EUR', 10_000n]]))), ['CASH_DESK_SHORT 0.01'], 'of that currency')
  t.match(rich.when(back('0.01'), holding([['RON', -500n]])), [{ data: { cashBreaches: [{ limit: '-5.00' }] } }])
  t.same(toldOf(rich.when(back('100.01', { method: 'BANK_TRANSFER' }), holding([]))), [], 'a bank is no desk')
  t.same(toldOf(rich.when(back('100.01'), rules({ cashGuard: 'REJECT' }))), [], 'nobody tells what it holds')
  t.same(toldOf(rich.when(back('5000.01'), holding([]))), [
    'CASH_PAYMENT_LIMIT_PER_PERSON_DAY 5000.01',
    'CASH_DESK_SHORT 5000.01',
  ])
  t.throws(() => rich.when(back('100.01'), holding([['RON', 10_000n]], { cashGuard: 'REJECT' })), {
    code: 'CASH_DESK_SHORT',
    details: short,
  })
  const underOverride = holding([], { cashGuard: 'REQUIRE_OVERRIDE' })
  t.throws(() => rich.when(back('1.00'), underOverride), { code: 'CASH_DESK_SHORT' })
  const cashOverride = { reason: 'Banii vin din celălalt sertar', approvedBy: 'Ioana Pop' }
  t.match(rich.when(back('1.00', { cashOverride }), underOverride), [
    { type: 'RefundRecorded' },
    { type: 'CashLimitOverridden', data: { breaches: [{ code: 'CASH_DESK_SHORT' }] } },
  ])
  const inEuro = paymentRecorded({ amount: eur('300.00'), exchangeRate: rate('5.0000'), functional: ron('1500.00') })
  const euro = refund({ paymentId: 'pay-1', amount: '10.00', method: 'CASH', refundedOn: '2026-11-24' })
  t.match(given(account, inEuro).when(euro, holding([['RON', 10_000n]])), [
    { data: { cashBreaches: [{ code: 'CASH_DESK_SHORT', limit: '0.00', observed: '10.00', currency: 'EUR' }] } },
  ])
})

t.test('a set-off settles exactly what it is for', async (t) => {
  const open = invoiceRegistered({ total: ron('1000.00'), vatLines: [], instalments: [] })
  const byPayment = (allocation: Parameters<typeof record>[0]) =>
    record({ method: 'SET_OFF', amount: ron('1000.00'), receivedOn: '2026-11-24', ...allocation })
  for (const allocation of [{ rule: 'none' as const }, explicit('inv-1024', '999.99')]) {
    t.throws(() => given(account, open).when(byPayment({ allocation }), rules()), { code: 'SET_OFF_DOES_NOT_ADD_UP' })
  }
  t.match(given(account, open).when(byPayment({ allocation: explicit('inv-1024', '1000.00') }), rules()), [
    { type: 'PaymentRecorded' },
    { type: 'PaymentAllocated' },
  ])
})

t.test('a large set-off of two businesses needs an ordin de compensare', async (t) => {
  const open = invoiceRegistered({ total: ron('20000.00'), vatLines: [], instalments: [] })
  const off = (amount: string) =>
    setOff({ amount: ron(amount), items: [{ invoiceId: 'inv-1024', amount }], setOffOn: '2026-11-24' })
  t.same(toldOf(given(account, open).when(off('10000.00'), rules())), [])
  t.same(toldOf(given(account, open).when(off('10000.01'), rules({ cashGuard: 'REJECT' }))), ['SET_OFF_NEEDS_ORDER'])
  t.same(toldOf(given(person, open).when(off('10000.01'), rules())), [], 'individuals are outside the system')
})

t.test('cash of an individual asks for the bon fiscal where the company has a cash register', async (t) => {
  const asked = rules({ amefRequired: true })
  const fiscalReceipt = { register: 'AAAA0001', report: 812, number: 14, issuedOn: '2026-11-24' }
  t.same(toldOf(given(person).when(cash({ amount: ron('10.00') }), asked)), ['FISCAL_RECEIPT_MISSING'])
  t.match(given(person).when(cash({ amount: ron('10.00'), fiscalReceipt }), asked), [{ data: { fiscalReceipt } }])
  t.same(toldOf(given(person).when(cash({ amount: ron('10.00') }), rules())), [], 'the company has none')
  t.same(toldOf(given(account).when(cash({ amount: ron('10.00') }), asked)), [], 'a business gets a chitanță')
  t.same(toldOf(given(account).when(cash({ amount: ron('10.00'), payer: { name: 'Ana Pop' } }), asked)), [
    'FISCAL_RECEIPT_MISSING',
  ])

  const registered = [companyRegistered()].reduce(company.evolve, company.initialState())
  const [set] = company.decide(
    { type: 'SetPolicy', data: { companyId: 'amc', amefRequired: true } },
    registered,
    rules(),
  )
  if (set === undefined) throw new Error('nothing was set')
  t.equal(company.evolve(registered, set).rules.amefRequired, true)
})

import t from 'tap'
import {
  cashDeskOpened,
  closePeriod,
  companyRegistered,
  openCashDesk,
  periodClosed,
  periodReopened,
  policySet,
  registerCompany,
  reopenPeriod,
  ron,
  setPolicy,
} from '../src/examples.ts'
import { ClosePeriod, type CompanyEvent, company, OpenCashDesk, ReopenPeriod, SetPolicy } from '../src/index.ts'
import { givenOf, today } from './given.ts'

const given = givenOf(company)
const registered = companyRegistered()
const rulesAfter = (...history: readonly CompanyEvent[]) => history.reduce(company.evolve, company.initialState()).rules

t.test('RegisterCompany', async (t) => {
  const register = (change: Parameters<typeof registerCompany>[0] = {}) =>
    ({ type: 'RegisterCompany', data: { companyId: 'amc', ...registerCompany(change) } }) as const

  t.test('is accepted once', async (t) => {
    t.same(given().when(register()), [companyRegistered()])
    const again = () => given(registered).when(register())
    t.throws(again, { code: 'COMPANY_ALREADY_REGISTERED', details: { companyId: 'amc' } })
  })
  t.test('holds a Romanian company to the control digit of its fiscal code', async (t) => {
    t.throws(() => given().when(register({ taxId: 'RO1234567890' })), { code: 'TAX_ID_INVALID' })
    const abroad = register({ taxId: 'ATU12345678', address: { city: 'Wien', countryCode: 'AT' } })
    t.equal(given().when(abroad).length, 1)
  })
})

t.test('SetPolicy', async (t) => {
  const set = (change: Parameters<typeof setPolicy>[0] = {}) =>
    ({ type: 'SetPolicy', data: { companyId: 'amc', ...setPolicy(change) } }) as const

  t.test('writes what is decided, and leaves the rest', async (t) => {
    t.same(given(registered).when(set()), [policySet()])
    t.match(rulesAfter(registered), { cashGuard: 'WARN', cashAndCarry: false, closedThrough: undefined })
    const carry = policySet({ cashGuard: undefined, cashAndCarry: true })
    t.match(rulesAfter(registered, policySet(), carry, periodClosed()), {
      cashGuard: 'REQUIRE_OVERRIDE',
      cashAndCarry: true,
      closedThrough: '2026-10-31',
    })
  })
  t.test('writes nothing the second time', async (t) => {
    t.same(given(registered, policySet()).when(set()), [])
    t.same(given(registered).when(set({ cashGuard: 'WARN' })), [], 'nor when it is so anyway')
    t.equal(given(registered, policySet()).when(set({ cashAndCarry: true })).length, 1)
  })
  t.test('is refused before the company is registered, and without anything to decide', async (t) => {
    t.throws(() => given().when(set()), { code: 'COMPANY_NOT_FOUND' })
    t.notOk(SetPolicy.safeParse({}).success)
    t.notOk(SetPolicy.safeParse({ cashGuard: 'SHRUG' }).success)
  })
})

t.test('OpenCashDesk', async (t) => {
  const open = (change: Parameters<typeof openCashDesk>[0] = {}) =>
    ({ type: 'OpenCashDesk', data: { companyId: 'amc', ...openCashDesk(change) } }) as const

  t.test('names the desk and counts what lies in the drawer, to the last digit of each currency', async (t) => {
    t.same(given(registered).when(open()), [cashDeskOpened()])
    const balances = [ron('0'), { amount: '5', currency: 'JPY' }]
    t.match(given(registered).when(open({ openingBalances: balances })), [
      { data: { openingBalances: [ron('0.00'), { amount: '5', currency: 'JPY' }] } },
    ])
    t.match(given(registered).when(open({ openingBalances: undefined })), [{ data: { openingBalances: [] } }])
    const tooPrecise = open({ openingBalances: [ron('0.001')] })
    t.throws(() => given(registered).when(tooPrecise), { code: 'AMOUNT_TOO_PRECISE' })
  })
  t.test('counts no more than an amount may be, in any currency', async (t) => {
    const parse = (amount: string, currency: string) =>
      OpenCashDesk.safeParse(openCashDesk({ openingBalances: [{ amount, currency }] }))
    t.ok(parse('1000000000000.000', 'KWD').success)
    const above = (amount: string, currency: string) =>
      parse(amount, currency).error?.issues.map(({ path, message }) => `${path.join('/')} ${message}`)
    t.same(above('1000000000000.001', 'KWD'), ['openingBalances/0/amount at most 1000000000000.000'])
    t.same(above('9999999999999999', 'RON'), ['openingBalances/0/amount at most 10000000000000.00'])
    t.same(above('0.001', 'RON'), ['openingBalances/0/amount at most 2 decimals'])
  })
  t.test('opens on no day of a closed period', async (t) => {
    const closed = given(registered, periodClosed())
    t.equal(closed.when(open({ openedOn: '2026-11-01' })).length, 1)
    t.throws(() => closed.when(open({ openedOn: '2026-10-31' })), {
      code: 'PERIOD_CLOSED',
      details: { path: '/openedOn', day: '2026-10-31', closedThrough: '2026-10-31' },
    })
  })
  t.test('is refused the second time, and before the company is registered', async (t) => {
    const again = () => given(registered, cashDeskOpened()).when(open())
    t.throws(again, { code: 'CASH_DESK_ALREADY_OPENED', details: { deskId: 'C1' } })
    t.equal(given(registered, cashDeskOpened()).when(open({ deskId: 'C2' })).length, 1)
    t.throws(() => given().when(open()), { code: 'COMPANY_NOT_FOUND' })
  })
  t.test('has one balance a currency', async (t) => {
    t.notOk(OpenCashDesk.safeParse(openCashDesk({ openingBalances: [ron('1.00'), ron('2.00')] })).success)
  })
})

t.test('ClosePeriod', async (t) => {
  const close = (through = '2026-10-31') =>
    ({ type: 'ClosePeriod', data: { companyId: 'amc', ...closePeriod({ through }) } }) as const

  t.test('closes what is over: up to yesterday, not today', async (t) => {
    t.same(given(registered).when(close()), [periodClosed()])
    t.equal(given(registered).when(close('2026-11-23')).length, 1)
    t.throws(() => given(registered).when(close(today)), {
      code: 'PERIOD_NOT_OVER',
      details: { through: today, today },
    })
  })
  t.test('writes nothing the second time, nor for a day that is closed already', async (t) => {
    t.same(given(registered, periodClosed()).when(close()), [])
    t.same(given(registered, periodClosed()).when(close('2026-09-30')), [])
    t.equal(given(registered, periodClosed()).when(close('2026-11-01')).length, 1)
  })
  t.test('is refused before the company is registered', async (t) => {
    t.throws(() => given().when(close()), { code: 'COMPANY_NOT_FOUND' })
    t.notOk(ClosePeriod.safeParse({ through: '2026-02-30' }).success)
  })
})

t.test('ReopenPeriod', async (t) => {
  const closed = [registered, periodClosed()]
  const reopen = (change: Parameters<typeof reopenPeriod>[0] = {}) =>
    ({ type: 'ReopenPeriod', data: { companyId: 'amc', ...reopenPeriod(change) } }) as const

  t.test('opens from a day on; what is before stays closed', async (t) => {
    t.same(given(...closed).when(reopen()), [periodReopened()])
    t.equal(rulesAfter(...closed, periodReopened()).closedThrough, '2026-09-30')
    t.equal(given(...closed).when(reopen({ from: '2026-10-31' })).length, 1)
  })
  t.test('wants four eyes', async (t) => {
    for (const approvedBy of ['Ion Ene', ' ion ene ', 'ION ENE']) {
      t.throws(() => given(...closed).when(reopen({ approvedBy })), { code: 'FOUR_EYES_REQUIRED' }, approvedBy)
    }
    for (const field of ['reason', 'requestedBy', 'approvedBy'] as const) {
      const { [field]: _, ...rest } = reopenPeriod()
      t.notOk(ReopenPeriod.safeParse(rest).success, field)
    }
  })
  t.test('is refused for what is open: the day after, the second time, and before anything was closed', async (t) => {
    const refused = { code: 'PERIOD_NOT_CLOSED', details: { closedThrough: '2026-10-31' } }
    t.throws(() => given(...closed).when(reopen({ from: '2026-11-01' })), refused)
    t.throws(() => given(...closed, periodReopened()).when(reopen()), { code: 'PERIOD_NOT_CLOSED' })
    t.throws(() => given(registered).when(reopen()), { code: 'PERIOD_NOT_CLOSED', details: { closedThrough: null } })
    t.throws(() => given().when(reopen()), { code: 'COMPANY_NOT_FOUND' })
  })
  t.test('may be closed again', async (t) => {
    const again = { type: 'ClosePeriod', data: { companyId: 'amc', ...closePeriod() } } as const
    t.same(given(...closed, periodReopened()).when(again), [periodClosed()])
  })
})

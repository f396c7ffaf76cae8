import t from 'tap'
import {
  companyRegistered,
  invoiceRegistered,
  invoiceWrittenOff,
  paymentAllocated,
  paymentRecorded,
  ron,
  writeOffReversed,
} from '../src/examples.ts'
import { accountInvoices, clientAccount, company, DEFAULT_RULES, SetPolicy } from '../src/index.ts'
import { account, allocate, eur, given, reactivate, writeOff } from './account.ts'
import { givenOf, today } from './given.ts'

const rules = { ...DEFAULT_RULES, functionalCurrency: 'RON', smallDifference: '0.50' }
const context = { today, company: rules }
const rest = (amount: string) => [
  account,
  invoiceRegistered(),
  paymentRecorded(),
  paymentAllocated({ amount: ron(amount) }),
]
const small = invoiceWrittenOff({ amount: ron('0.50'), kind: 'SMALL_DIFFERENCE' })

t.test('WriteOffInvoice of a small rest', async (t) => {
  t.test('is a small difference up to what the company takes for one, and no ban more', async (t) => {
    t.same(given(...rest('1209.50')).when(writeOff(), context), [small])
    const [lost] = given(...rest('1209.49')).when(writeOff(), context)
    t.same(lost, invoiceWrittenOff({ amount: ron('0.51') }), 'a bad debt')
    const [undecided] = given(...rest('1209.50')).when(writeOff(), { today })
    t.equal(undecided !== undefined && 'kind' in undecided.data, false, 'where nobody has said what is small')
  })
  t.test('is one only of what was paid, and when nothing is left of it', async (t) => {
    const [part] = given(...rest('1209.50')).when(writeOff({ amount: '0.30' }), context)
    t.equal(part !== undefined && 'kind' in part.data, false, 'a part of it')
    const tiny = [account, invoiceRegistered({ total: ron('0.40'), vatLines: [] })]
    const [unpaid] = given(...tiny).when(writeOff(), context)
    t.equal(unpaid !== undefined && 'kind' in unpaid.data, false, 'nothing of it was paid')
  })
  t.test('is measured by what it is worth in the functional currency', async (t) => {
    const paid = paymentAllocated({ amount: eur('99.90') })
    const abroad = (functional: object) => [
      account,
      invoiceRegistered({ total: eur('100.00'), vatLines: [], ...functional }),
      paymentRecorded({ amount: eur('100.00') }),
      paid,
    ]
    const worth = { exchangeRate: { rate: '5', source: 'BNR', publishedOn: '2026-10-01' } as const }
    const valued = { ...worth, functional: ron('500.00') }
    t.match(given(...abroad(valued)).when(writeOff(), { today, company: { ...rules, smallDifference: '500.00' } }), [
      { data: { kind: 'SMALL_DIFFERENCE' } },
    ])
    const [unknown] = given(...abroad({})).when(writeOff(), context)
    t.equal(unknown !== undefined && 'kind' in unknown.data, false, 'without a rate nobody can say')
  })
  t.test('leaves nothing to recover', async (t) => {
    const history = [...rest('1209.50'), small, paymentRecorded({ paymentId: 'pay-2' })]
    t.throws(
      () => given(...history).when(allocate({ paymentId: 'pay-2', invoiceId: 'inv-1024', amount: '0.01' }), context),
      {
        code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      },
    )
  })
  t.test('is taken back as what it was', async (t) => {
    const history = [...rest('1209.50'), small]
    const events = given(...history).when(reactivate(), context)
    t.same(events, [writeOffReversed({ amount: ron('0.50'), kind: 'SMALL_DIFFERENCE', note: undefined })])
    const state = [...history, ...events].reduce(clientAccount.evolve, clientAccount.initialState())
    t.match(accountInvoices.get(state, 'inv-1024'), { open: 50n, writtenOff: 0n, recovered: 0n })
  })
})

t.test('the policy has the digits of the functional currency', async (t) => {
  const registered = givenOf(company)(companyRegistered())
  const set = (smallDifference: string) =>
    registered.when({ type: 'SetPolicy', data: { companyId: 'amc', smallDifference } })
  t.match(set('1'), [{ type: 'PolicySet', data: { smallDifference: '1.00' } }])
  t.throws(() => set('0.001'), { code: 'AMOUNT_TOO_PRECISE' })
  const state = [companyRegistered(), ...set('1')].reduce(company.evolve, company.initialState())
  t.equal(state.rules.smallDifference, '1.00')
  t.notOk(SetPolicy.safeParse({ smallDifference: '-1' }).success)
})

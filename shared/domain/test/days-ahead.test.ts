import t from 'tap'
import {
  cashDeskOpened,
  companyRegistered,
  invoiceRegistered,
  openCashDesk,
  paymentAllocated,
  paymentDeallocated,
  paymentRecorded,
  receiptAnnulled,
  receiptBookOpened,
  receiptIssued,
  ron,
} from '../src/examples.ts'
import { company, receiptBook } from '../src/index.ts'
import { account, cancel, deallocate, given, record, register, reverse } from './account.ts'
import { dated, history } from './dated.ts'
import { givenOf, today } from './given.ts'

/** A quarter after today. */
const last = '2027-02-24'
const tooFar = '2027-02-25'
const refused = (path: string, day = tooFar) => ({ code: 'DAY_TOO_FAR_AHEAD', details: { path, day, latest: last } })

t.test('no command dates anything more than a quarter ahead', async (t) => {
  for (const [name, command] of Object.entries(dated)) {
    const [field] = Object.entries(command(tooFar).data).find(([, value]) => value === tooFar) ?? []
    t.throws(() => given(...history).when(command(tooFar)), refused(`/${field}`), name)
    t.ok(given(...history).when(command(last), { today }).length > 0, `${name} a quarter ahead`)
  }
  t.throws(() => given(account).when(record({ receivedOn: '2062-11-02', allocation: { rule: 'none' } })), {
    code: 'DAY_TOO_FAR_AHEAD',
  })
})

t.test('a due day may be as far as it is', async (t) => {
  const instalments = [
    { dueOn: '2027-02-01', amount: '210.00' },
    { dueOn: '2046-10-31', amount: '1000.00' },
  ]
  t.equal(given(account).when(register({ dueOn: '2046-10-31', instalments })).length, 1)
})

t.test('what was dated too far ahead before is undone on its own day, or the day of its last undo', async (t) => {
  const invoice = invoiceRegistered({ issuedOn: '2062-10-01', dueOn: '2062-10-31' })
  const payment = paymentRecorded({ receivedOn: '2062-11-02' })
  const settled = [account, invoice, payment, paymentAllocated({ amount: ron('10.00'), allocatedOn: '2062-11-02' })]
  const undo = (deallocatedOn: string) => deallocate({ invoiceId: 'inv-1024', amount: undefined, deallocatedOn })
  t.equal(given(...settled).when(undo('2062-11-02')).length, 1)
  t.throws(() => given(...settled).when(undo('2062-11-03')), {
    code: 'DAY_TOO_FAR_AHEAD',
    details: { latest: '2062-11-02' },
  })
  t.equal(given(...settled).when(reverse({ reversedOn: '2062-11-02' })).length, 2)
  t.equal(given(account, invoice).when(cancel({ cancelledOn: '2062-10-01' })).length, 1)
  const undone = paymentDeallocated({ amount: ron('10.00'), deallocatedOn: '2062-11-20' })
  t.equal(given(...settled, undone).when(reverse({ reversedOn: '2062-11-20' })).length, 1)
})

t.test('nor does a receipt book', async (t) => {
  const book = (issuedOn: string) => givenOf(receiptBook)(receiptBookOpened(), receiptIssued({ issuedOn }))
  const { series, number, reason } = receiptAnnulled().data
  const annul = (annulledOn: string) =>
    ({ type: 'AnnulReceipt', data: { series, number, reason, annulledOn } }) as const
  t.equal(book('2026-11-02').when(annul(last)).length, 1)
  t.throws(() => book('2026-11-02').when(annul(tooFar)), refused('/annulledOn'))
  t.equal(book('2062-11-02').when(annul('2062-11-02')).length, 1, 'one that is there may be annulled')
})

t.test('nor does a company', async (t) => {
  const open = (openedOn: string) =>
    ({ type: 'OpenCashDesk', data: { companyId: 'amc', ...openCashDesk({ openedOn }) } }) as const
  t.same(givenOf(company)(companyRegistered()).when(open(last)), [cashDeskOpened({ openedOn: last })])
  t.throws(() => givenOf(company)(companyRegistered()).when(open(tooFar)), refused('/openedOn'))
})

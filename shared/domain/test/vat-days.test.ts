/** VAT follows the money, not the day on which somebody allocated it. */
import t from 'tap'
import {
  creditNoteRegistered,
  invoiceRegistered,
  paymentAllocated,
  paymentCleared,
  paymentDeallocated,
  paymentRecorded,
  ron,
} from '../src/examples.ts'
import { type AccountEvent, type BusinessDay, DEFAULT_RULES } from '../src/index.ts'
import { account, allocate, explicit, given, record } from './account.ts'
import { today } from './given.ts'

type Invoiced = Parameters<typeof invoiceRegistered>[0]

const invoice = (change: Invoiced = {}) =>
  invoiceRegistered({ cashAccounting: true, issuedOn: '2026-10-12', ...change })
const advance = (change: Invoiced = {}) => invoice({ kind: 'ADVANCE', ...change })
const money = paymentRecorded({ receivedOn: '2026-09-28' })
const use = (allocatedOn?: BusinessDay) => allocate({ invoiceId: 'inv-1024', amount: '1210.00', allocatedOn })

/** `allocatedOn collectedOn vat.on vat.belongsTo` */
const daysOf = (events: readonly AccountEvent[]) =>
  events.flatMap(({ type, data }) =>
    type === 'PaymentAllocated'
      ? [[data.allocatedOn, data.collectedOn, data.vat?.on, data.vat?.belongsTo].map((day) => day ?? '-').join(' ')]
      : [],
  )

t.test('money before its advance invoice', async (t) => {
  t.test('makes VAT exigible on its own day, in both schemes', async (t) => {
    for (const cashAccounting of [true, false]) {
      t.same(daysOf(given(account, money, advance({ cashAccounting })).when(use())), [
        '2026-10-12 2026-09-28 2026-09-28 -',
      ])
    }
  })
  t.test('does so whatever day the allocation asks for', async (t) => {
    t.same(daysOf(given(account, money, advance()).when(use('2026-11-05'))), ['2026-11-05 2026-09-28 2026-09-28 -'])
  })
  t.test('of an invoice without VAT moves none', async (t) => {
    t.same(daysOf(given(account, money, advance({ vatLines: [] })).when(use())), ['2026-10-12 2026-09-28 - -'])
  })
  t.test('in a closed period moves it to the first open day, and says to which month it belongs', async (t) => {
    const closed = (closedThrough: BusinessDay) => ({ today, company: { ...DEFAULT_RULES, closedThrough } })
    const held = given(account, money, advance())
    t.same(daysOf(held.when(use(), closed('2026-09-27'))), ['2026-10-12 2026-09-28 2026-09-28 -'])
    t.same(daysOf(held.when(use(), closed('2026-09-30'))), ['2026-10-12 2026-09-28 2026-10-01 2026-09'])
    t.same(daysOf(held.when(use(), closed('2026-10-31'))), ['2026-11-01 2026-09-28 2026-11-01 2026-09'])
  })
  t.test('that was undone comes again from the undo on: no day has more VAT than the paper', async (t) => {
    const undone = [
      paymentAllocated({ amount: ron('1210.00'), allocatedOn: '2026-10-12', vat: { on: '2026-09-28' } }),
      paymentDeallocated({ amount: ron('1210.00'), deallocatedOn: '2026-10-20' }),
    ]
    t.same(daysOf(given(account, money, advance(), ...undone).when(use())), ['2026-10-20 2026-09-28 - -'])
    const ordinary = advance({ cashAccounting: false })
    t.same(daysOf(given(account, money, ordinary, ...undone).when(use())), ['2026-10-20 2026-09-28 - -'])
  })
})

t.test(
  'money after the advance invoice is as any money: outside TVA la încasare the paper has made all of it due',
  async (t) => {
    const late = paymentRecorded({ receivedOn: '2026-10-13' })
    t.same(daysOf(given(account, late, advance()).when(use('2026-11-05'))), ['2026-11-05 2026-10-13 2026-10-13 -'])
    const ordinary = given(account, late, advance({ cashAccounting: false }))
    t.same(daysOf(ordinary.when(use('2026-11-05'))), ['2026-11-05 2026-10-13 - -'])
  },
)

t.test('of other invoices VAT is exigible with the later of money and paper', async (t) => {
  t.same(daysOf(given(account, money, invoice()).when(use('2026-11-05'))), ['2026-11-05 2026-09-28 2026-10-12 -'])
  t.same(daysOf(given(account, money, invoice()).when(use())), ['2026-10-12 2026-09-28 - -'])
  const early = invoice({ issuedOn: '2026-09-01' })
  t.same(daysOf(given(account, money, early).when(use('2026-11-05'))), ['2026-11-05 2026-09-28 2026-09-28 -'])
  const ordinary = invoice({ cashAccounting: false })
  t.same(daysOf(given(account, money, ordinary).when(use('2026-11-05'))), ['2026-11-05 2026-09-28 - -'])
})

t.test('of an invoice whose VAT was taken back, money moves none, and none belongs to a closed month', async (t) => {
  const closed = { today, company: { ...DEFAULT_RULES, closedThrough: '2026-10-31' as const } }
  const corrected = (vat: string) =>
    creditNoteRegistered({
      invoiceId: undefined,
      corrects: 'inv-1024',
      total: ron('1210.00'),
      vatLines: [{ rate: '21', base: '1000.00', vat }],
      cashAccounting: true,
    })
  const after = (vat: string) => given(account, money, invoice(), corrected(vat)).when(use(), closed)
  t.same(daysOf(after('210.00')), ['2026-11-01 2026-09-28 - -'])
  t.same(daysOf(after('209.99')), ['2026-11-01 2026-09-28 2026-11-01 2026-10'])
})

t.test('a payment that is allocated as it comes has one day', async (t) => {
  const paid = record({ receivedOn: '2026-11-02', allocation: explicit('inv-1024', '1210.00') })
  t.same(daysOf(given(account, advance()).when(paid)), ['2026-11-02 2026-11-02 - -'])
})

t.test('a cheque is money from its collection on', async (t) => {
  const cheque = paymentRecorded({ method: 'CHEQUE', receivedOn: '2026-09-28' })
  t.same(daysOf(given(account, cheque, advance()).when(use())), ['2026-10-12 - - -'])
  const collected = paymentCleared({ paymentId: 'pay-1', method: 'CHEQUE', clearedOn: '2026-10-05' })
  t.same(daysOf(given(account, cheque, collected, advance()).when(use())), ['2026-10-12 2026-10-05 2026-10-05 -'])
})

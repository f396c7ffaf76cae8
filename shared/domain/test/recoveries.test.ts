import t from 'tap'
import {
  creditNoteRegistered,
  invoiceRegistered,
  invoiceWrittenOff,
  paymentAllocated,
  paymentCleared,
  paymentDeallocated,
  paymentRecorded,
  ron,
  writeOffReversed,
} from '../src/examples.ts'
import { type AccountEvent, accountInvoices, accountPayments, addDays, clientAccount } from '../src/index.ts'
import {
  account,
  allocate,
  cancel,
  credit,
  deallocate,
  eur,
  explicit,
  given,
  reactivate,
  record,
  reverse,
  setOff,
  undoSetOff,
  writeOff,
} from './account.ts'

const open = [account, invoiceRegistered()]
const writtenOff = [...open, invoiceWrittenOff()]
const money = paymentRecorded({ receivedOn: '2026-11-22' })
const recovered = paymentAllocated({
  amount: ron('500.00'),
  allocatedOn: '2026-11-22',
  collectedOn: '2026-11-22',
  recovers: true,
})
const paidAfterAll = [...writtenOff, money, recovered]
const undoneOn = '2026-11-24'

/** What stands on the invoice and of the payment. */
const standing = (history: readonly AccountEvent[]) => {
  const state = history.reduce(clientAccount.evolve, clientAccount.initialState())
  const invoice = accountInvoices.get(state, 'inv-1024')
  const payment = accountPayments.get(state, 'pay-1')
  const settles = payment?.allocations.get('inv-1024')?.amount ?? 0n
  const recovers = payment?.recoveries.get('inv-1024')?.amount ?? 0n
  return [invoice?.open, invoice?.writtenOff, invoice?.recovered, payment?.credit, settles, recovers].map(Number)
}

t.test('money for what was written off', async (t) => {
  t.test('recovers it, when the payment comes or later; nothing that is open falls', async (t) => {
    const asked = record({ receivedOn: '2026-11-22', allocation: explicit('inv-1024', '500.00') })
    const events = given(...writtenOff).when(asked)
    t.match(events, [{ type: 'PaymentRecorded' }, { type: 'PaymentAllocated', data: recovered.data }])
    const later = allocate({ invoiceId: 'inv-1024', amount: '500.00', allocatedOn: undefined })
    t.match(given(...writtenOff, money).when(later), [recovered])
    t.same(standing([...writtenOff, ...events]), [0, 121_000, 50_000, 100_000, 0, 50_000])
  })
  t.test('up to what was written off and is not recovered yet, to the ban', async (t) => {
    const asked = (amount: string) => allocate({ invoiceId: 'inv-1024', amount, allocatedOn: undefined })
    t.equal(given(...paidAfterAll).when(asked('710.00')).length, 1)
    t.throws(() => given(...paidAfterAll).when(asked('710.01')), {
      code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      details: { path: '/amount', open: ron('0.00'), recoverable: ron('710.00') },
    })
  })
  t.test('is for what is open as long as anything is', async (t) => {
    const part = [...open, invoiceWrittenOff({ amount: ron('1000.00') }), money]
    const asked = (amount: string) => allocate({ invoiceId: 'inv-1024', amount, allocatedOn: undefined })
    t.throws(() => given(...part).when(asked('210.01')), { code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT' })
    const settled = given(...part).when(asked('210.00'))
    t.notOk(settled.some(({ data }) => 'recovers' in data))
    t.match(given(...part, ...settled).when(asked('1000.00')), [{ data: { recovers: true } }])
  })
  t.test('counts from the write-off on, whenever the money came', async (t) => {
    const early = paymentRecorded({ receivedOn: '2026-11-02' })
    const asked = allocate({ invoiceId: 'inv-1024', amount: '500.00', allocatedOn: '2026-11-05' })
    t.match(given(...writtenOff, early).when(asked), [
      { data: { allocatedOn: '2026-11-20', collectedOn: '2026-11-02', recovers: true } },
    ])
  })
  t.test('is money that is there: no credit note, and no cheque before it is collected', async (t) => {
    const note = creditNoteRegistered({ invoiceId: undefined, creditedOn: '2026-11-21' })
    const byNote = allocate({ paymentId: 'cn-7', invoiceId: 'inv-1024', amount: '1.00', allocatedOn: undefined })
    t.throws(() => given(...writtenOff, note).when(byNote), { code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT' })
    const cheque = paymentRecorded({ method: 'CHEQUE', receivedOn: '2026-11-21' })
    const byCheque = allocate({ invoiceId: 'inv-1024', amount: '1.00', allocatedOn: undefined })
    t.throws(() => given(...writtenOff, cheque).when(byCheque), { code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT' })
    const cleared = paymentCleared({
      paymentId: 'pay-1',
      method: 'CHEQUE',
      amount: ron('1500.00'),
      fee: '0.00',
      clearedOn: '2026-11-23',
    })
    t.match(given(...writtenOff, cheque, cleared).when(byCheque), [
      { data: { recovers: true, allocatedOn: '2026-11-23' } },
    ])
  })
  t.test('is in the currency of the invoice', async (t) => {
    const euros = paymentRecorded({ amount: eur('300.00'), receivedOn: '2026-11-22' })
    const exchangeRate = { rate: '5.0000', source: 'BNR', publishedOn: '2026-11-21' } as const
    const asked = { invoiceId: 'inv-1024', amount: '500.00', allocatedOn: undefined, exchangeRate }
    t.throws(() => given(...writtenOff, euros).when(allocate(asked)))
  })
  t.test('may be a set-off, and is never found by a rule that looks for what is open', async (t) => {
    const agreed = setOff({ setOffOn: '2026-11-22' })
    const events = given(...writtenOff).when(agreed)
    t.match(events, [{ type: 'PaymentRecorded' }, { data: { recovers: true } }])
    const undone = given(...writtenOff, ...events).when(undoSetOff({ reversedOn: '2026-11-23' }))
    t.match(undone, [{ type: 'PaymentDeallocated', data: { recovers: true } }, { type: 'PaymentReversed' }])
    for (const rule of ['auto', 'oldestDueFirst', 'named'] as const) {
      const found = record({ receivedOn: '2026-11-22', allocation: { rule }, remittanceText: 'AMC 1024' })
      t.equal(given(...writtenOff).when(found).length, 1, rule)
    }
  })
})

t.test('an undo takes a recovery back', async (t) => {
  const before = standing([...writtenOff, money])
  t.test('with DeallocatePayment, in part or whole, and before what the same payment settles', async (t) => {
    const undo = (amount?: string) => deallocate({ invoiceId: 'inv-1024', amount, deallocatedOn: undoneOn })
    const whole = given(...paidAfterAll).when(undo())
    t.match(whole, [{ type: 'PaymentDeallocated', data: { amount: ron('500.00'), recovers: true } }])
    t.same(standing([...paidAfterAll, ...whole]), before)
    t.throws(() => given(...paidAfterAll).when(undo('500.01')), { code: 'DEALLOCATION_EXCEEDS_ALLOCATION' })

    const settled = paymentAllocated({ amount: ron('210.00') })
    const first = [...open, paymentRecorded(), settled, invoiceWrittenOff({ amount: ron('1000.00') })]
    const both = [...first, paymentAllocated({ amount: ron('300.00'), allocatedOn: '2026-11-20', recovers: true })]
    t.match(given(...both).when(undo('310.00')), [
      { data: { amount: ron('300.00'), recovers: true } },
      { data: { amount: ron('10.00') } },
    ])
    t.throws(() => given(...both).when(deallocate({ invoiceId: 'inv-1024', deallocatedOn: '2026-11-19' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
    })
  })
  t.test('with ReversePayment', async (t) => {
    const bounced = given(...paidAfterAll).when(reverse({ reversedOn: undoneOn }))
    t.match(bounced, [{ type: 'PaymentDeallocated', data: { recovers: true } }, { type: 'PaymentReversed' }])
    t.same(standing([...paidAfterAll, ...bounced]), [0, 121_000, 0, 0, 0, 0])
    const part = given(...paidAfterAll).when(
      reverse({ amount: '1000.01', reason: 'CHARGED_BACK', reversedOn: undoneOn }),
    )
    t.match(part, [{ data: { amount: ron('0.01'), recovers: true } }, { data: { amount: ron('1000.01') } }])
  })
  t.test('with CancelInvoice, when it is to free what settles it', async (t) => {
    const events = given(...paidAfterAll).when(cancel({ cancelledOn: undoneOn, freeSettlements: true }))
    t.match(events, [
      { type: 'PaymentDeallocated', data: { recovers: true } },
      { type: 'WriteOffReversed' },
      { type: 'InvoiceCancelled' },
    ])
    t.same(standing([...paidAfterAll, ...events]), [0, 0, 0, 150_000, 0, 0])
    t.throws(() => given(...paidAfterAll).when(cancel({ cancelledOn: undoneOn })), { code: 'INVOICE_NOT_FULLY_OPEN' })
  })
  t.test('a credit note frees nothing that only recovers', async (t) => {
    t.throws(() => given(...paidAfterAll).when(credit({ issuedOn: undoneOn })), {
      code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
    })
  })
})

t.test('ReverseWriteOff turns what was recovered into what is settled', async (t) => {
  t.test('on the same day, and reopens the rest', async (t) => {
    const events = given(...paidAfterAll).when(reactivate({ reversedOn: undoneOn }))
    t.same(events, [
      paymentDeallocated({ deallocatedOn: undoneOn, reason: 'WRITE_OFF_REVERSED', recovers: true, note: undefined }),
      writeOffReversed({ reversedOn: undoneOn, note: undefined }),
      paymentAllocated({ allocatedOn: undoneOn, collectedOn: '2026-11-22', hadRecovered: true }),
    ])
    t.same(standing([...paidAfterAll, ...events]), [71_000, 0, 0, 100_000, 50_000, 0])
  })
  t.test('as far as the one that is taken back reaches', async (t) => {
    const two = [
      ...open,
      invoiceWrittenOff({ amount: ron('210.00') }),
      invoiceWrittenOff({ writeOffId: 'wo-3', amount: ron('1000.00') }),
      money,
      recovered,
    ]
    const events = given(...two).when(reactivate({ reversedOn: undoneOn }))
    t.match(events, [{ data: { amount: ron('210.00') } }, {}, { data: { amount: ron('210.00') } }])
    t.same(standing([...two, ...events]), [0, 100_000, 29_000, 100_000, 21_000, 29_000])
  })
  t.test('not on a day on which something recovered it, undone by now or not', async (t) => {
    const undo = deallocate({ invoiceId: 'inv-1024', amount: undefined, deallocatedOn: undoneOn })
    const undone = given(...paidAfterAll).when(undo)
    const free = given(...paidAfterAll, ...undone)
    t.throws(() => free.when(reactivate({ reversedOn: addDays(undoneOn, -1) })), { code: 'UNDO_BEFORE_WHAT_IT_UNDOES' })
    t.match(free.when(reactivate({ reversedOn: undoneOn })), [{ type: 'WriteOffReversed' }])
    t.match(free.when(reactivate({ reversedOn: undefined })), [{ type: 'WriteOffReversed' }])
  })
  t.test('not before the money was there', async (t) => {
    t.throws(() => given(...paidAfterAll).when(reactivate({ reversedOn: '2026-11-21' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { earliest: '2026-11-22' },
    })
  })
  t.test('and leaves it to be written off again', async (t) => {
    const events = given(...paidAfterAll).when(reactivate({ reversedOn: undoneOn }))
    const again = writeOff({ writeOffId: 'wo-3', writtenOffOn: undoneOn })
    t.match(given(...paidAfterAll, ...events).when(again), [{ data: { amount: ron('710.00') } }])
  })
})

import t from 'tap'
import {
  clientRegistered,
  creditNoteRegistered,
  creditNoteReversed,
  discountGranted,
  discountReversed,
  invoiceRegistered,
  invoiceWrittenOff,
  paymentAllocated,
  paymentRecorded,
  refundRecorded,
  refundReversed,
  ron,
  writeOffReversed,
} from '../src/examples.ts'
import {
  type AccountEvent,
  accountInvoices,
  accountPayments,
  clientAccount,
  DEFAULT_RULES,
  ReverseCreditNote,
  ReverseDiscount,
  ReverseRefund,
  ReverseSetOff,
  ReverseWriteOff,
} from '../src/index.ts'
import {
  account,
  allocate,
  allocations,
  credit,
  discount,
  eur,
  given,
  reactivate,
  record,
  refund,
  returned,
  reverse,
  reverseGrant,
  reverseNote,
  undoSetOff,
  writeOff,
} from './account.ts'
import { today } from './given.ts'

const open = [account, invoiceRegistered()]
const stateOf = (history: readonly AccountEvent[]) => history.reduce(clientAccount.evolve, clientAccount.initialState())
const openOf = (history: readonly AccountEvent[]) => accountInvoices.get(stateOf(history), 'inv-1024')?.open
const creditOf = (history: readonly AccountEvent[], paymentId = 'pay-1') =>
  accountPayments.get(stateOf(history), paymentId)

t.test('ReverseCreditNote', async (t) => {
  const credited = [...open, creditNoteRegistered()]
  t.test('has the invoice ask for it again, and says all that the note said', async (t) => {
    const events = given(...credited).when(reverseNote())
    t.same(events, [creditNoteReversed({ note: undefined })])
    t.equal(openOf([...credited, ...events]), 121_000n)
    t.match(
      given(...credited, ...events).when(credit({ creditNoteId: 'cn-8', total: ron('1210.00'), vatLines: undefined })),
      [{ data: { creditedOn: '2026-11-21' } }],
    )
  })
  t.test('happens once, and to what there is', async (t) => {
    const twice = () => given(...credited, creditNoteReversed()).when(reverseNote())
    t.throws(twice, { code: 'ALREADY_REVERSED', details: { creditNoteId: 'cn-7' } })
    t.throws(() => given(...open).when(reverseNote()), {
      code: 'NOTHING_TO_REVERSE',
      details: { creditNoteId: 'cn-7' },
    })
    t.throws(() => given().when(reverseNote()), { code: 'CLIENT_NOT_FOUND' })
    const again = () => given(...credited, creditNoteReversed()).when(credit())
    t.throws(again, { code: 'CREDIT_NOTE_ALREADY_REGISTERED' }, 'its id stays used: the history has it')
  })
  t.test('is never dated before the note', async (t) => {
    t.equal(given(...credited).when(reverseNote({ reversedOn: '2026-10-20' })).length, 1)
    t.throws(() => given(...credited).when(reverseNote({ reversedOn: '2026-10-19' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { path: '/reversedOn', earliest: '2026-10-20' },
    })
  })
  t.test('of one on account first reopens what it settled', async (t) => {
    const onAccount = creditNoteRegistered({ invoiceId: undefined })
    const settled = paymentAllocated({ paymentId: 'cn-7', amount: ron('200.00'), allocatedOn: '2026-11-03' })
    const history = [...open, onAccount, settled]
    const events = given(...history).when(reverseNote())
    t.match(events, [
      { type: 'PaymentDeallocated', data: { paymentId: 'cn-7', amount: ron('200.00'), reason: 'PAYMENT_REVERSED' } },
      { type: 'CreditNoteReversed', data: { total: ron('242.00'), kind: 'INVOICE', reversedOn: '2026-11-21' } },
    ])
    t.notOk('invoiceId' in (events[1]?.data ?? {}), 'it lowered no invoice')
    const after = [...history, ...events]
    t.equal(openOf(after), 121_000n)
    t.match(creditOf(after, 'cn-7'), { credit: 0n, reversed: 24_200n })
    t.throws(() => given(...history).when(reverseNote({ reversedOn: '2026-11-02' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { earliest: '2026-11-03' },
    })
    t.throws(() => given(...after).when(reverseNote()), { code: 'ALREADY_REVERSED' })
    t.throws(() => given(...after).when(refund({ paymentId: 'cn-7', amount: '0.01' })), {
      code: 'REFUND_EXCEEDS_CREDIT',
    })
  })
  t.test('is what ReversePayment does under its id, if it was a mistake', async (t) => {
    const mistake = reverse({ paymentId: 'cn-7', reason: 'MISTAKE', reversedOn: '2026-11-21' })
    t.match(given(...credited).when(mistake), [{ type: 'CreditNoteReversed', data: { reason: 'MISTAKE' } }])
    const bounced = reverse({ paymentId: 'cn-7', reason: 'BOUNCED', reversedOn: '2026-11-21' })
    t.throws(() => given(...credited).when(bounced), { code: 'PAYMENT_NOT_FOUND' })
    t.throws(() => given(...credited, creditNoteReversed()).when(mistake), { code: 'ALREADY_REVERSED' })
    const alike = paymentRecorded({ paymentId: 'cn-7' })
    t.match(given(...credited, alike).when(mistake), [{ type: 'PaymentReversed' }], 'a payment comes first')
  })
  t.test('of one on account waits for the money that was given back of it', async (t) => {
    const onAccount = creditNoteRegistered({ invoiceId: undefined })
    const givenBack = refundRecorded({ paymentId: 'cn-7', amount: ron('0.01') })
    t.throws(() => given(...open, onAccount, givenBack).when(reverseNote()), {
      code: 'PAYMENT_REFUNDED',
      details: { paymentId: 'cn-7', refunded: ron('0.01') },
    })
    const cameBack = refundReversed({ paymentId: 'cn-7', amount: ron('0.01'), reversedOn: '2026-11-20' })
    t.equal(given(...open, onAccount, givenBack, cameBack).when(reverseNote()).length, 1)
  })
})

t.test('ReverseDiscount', async (t) => {
  const discounted = [...open, discountGranted()]
  t.test('gives the discount and its VAT back', async (t) => {
    const events = given(...discounted).when(reverseGrant())
    t.same(events, [discountReversed({ note: undefined })])
    t.equal(openOf([...discounted, ...events]), 121_000n)
  })
  t.test('happens once, never before the discount, and to what there is', async (t) => {
    t.throws(() => given(...discounted, discountReversed()).when(reverseGrant()), { code: 'ALREADY_REVERSED' })
    t.throws(() => given(...discounted).when(reverseGrant({ reversedOn: '2026-10-09' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
    })
    t.throws(() => given(...discounted).when(reverseGrant({ discountId: 'dis-5' })), { code: 'NOTHING_TO_REVERSE' })
  })
  t.test('names one without an id by its event', async (t) => {
    const eventId = '0191d3c4-6a57-5f7e-8f3c-2b0a7d1c9e55'
    const stored = { ...discountGranted({ discountId: undefined }), eventId }
    t.same(given(...open, stored).when(reverseGrant({ discountId: eventId })), [
      discountReversed({ discountId: eventId, note: undefined }),
    ])
    t.throws(() => given(...open, stored).when(discount({ discountId: eventId })), { code: 'DISCOUNT_ALREADY_GRANTED' })
  })
  t.test('an id is used once', async (t) => {
    t.throws(() => given(...discounted).when(discount()), {
      code: 'DISCOUNT_ALREADY_GRANTED',
      details: { discountId: 'dis-4' },
    })
    t.equal(given(...discounted).when(discount({ discountId: 'dis-5' })).length, 1)
  })
})

t.test('ReverseWriteOff', async (t) => {
  const writtenOff = [...open, invoiceWrittenOff()]
  t.test('puts the debt into the books again', async (t) => {
    const events = given(...writtenOff).when(reactivate())
    t.same(events, [writeOffReversed({ note: undefined })])
    t.equal(openOf([...writtenOff, ...events]), 121_000n)
    t.same(allocations(given(...writtenOff, ...events).when(record())), ['inv-1024 1210.00 2026-11-21'])
  })
  t.test('takes back the one that it names', async (t) => {
    const two = [
      ...open,
      invoiceWrittenOff({ amount: ron('10.00') }),
      invoiceWrittenOff({ writeOffId: 'wo-3', amount: ron('20.00') }),
    ]
    t.match(given(...two).when(reactivate({ writeOffId: 'wo-3' })), [{ data: { amount: ron('20.00') } }])
    t.throws(() => given(...two).when(writeOff({ amount: '1.00' })), { code: 'WRITE_OFF_ALREADY_RECORDED' })
  })
  t.test('happens once, never before the write-off, and to what there is', async (t) => {
    t.throws(() => given(...writtenOff, writeOffReversed()).when(reactivate()), { code: 'ALREADY_REVERSED' })
    t.throws(() => given(...writtenOff).when(reactivate({ reversedOn: '2026-11-19' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
    })
    t.throws(() => given(...open).when(reactivate()), { code: 'NOTHING_TO_REVERSE' })
  })
})

t.test('ReverseRefund', async (t) => {
  const refunded = [...open, paymentRecorded(), refundRecorded()]
  t.test('is credit again, wherever the money came back to', async (t) => {
    const events = given(...refunded).when(returned())
    t.same(events, [refundReversed({ note: undefined })])
    t.match(creditOf([...refunded, ...events]), { credit: 150_000n, refunded: 0n })
    const inCash = refundRecorded({ method: 'CASH', deskId: 'C1' })
    t.match(given(...open, paymentRecorded(), inCash).when(returned({ reason: 'MISTAKE' })), [
      { data: { method: 'CASH', deskId: 'C1', reason: 'MISTAKE' } },
    ])
  })
  t.test('is on the account of a payment that was reversed meanwhile, too', async (t) => {
    const reversal = given(...refunded).when(reverse({ reason: 'BOUNCED', reversedOn: '2026-11-20' }))
    const events = given(...refunded, ...reversal).when(returned())
    t.match(creditOf([...refunded, ...reversal, ...events]), { credit: 9_000n, refunded: 0n, reversed: 150_000n })
    t.equal(
      given(...refunded, ...reversal, ...events).when(allocate({ invoiceId: 'inv-1024', amount: '90.00' })).length,
      1,
    )
  })
  t.test('happens once, never before the refund, and to what there is', async (t) => {
    t.throws(() => given(...refunded, refundReversed()).when(returned()), { code: 'ALREADY_REVERSED' })
    t.throws(() => given(...refunded).when(returned({ reversedOn: '2026-11-09' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
    })
    t.throws(() => given(...open).when(returned()), { code: 'NOTHING_TO_REVERSE', details: { refundId: 'ref-3' } })
  })
})

t.test('ReverseSetOff', async (t) => {
  const setOff = paymentRecorded({ paymentId: 'set-4', method: 'SET_OFF', amount: ron('300.00') })
  const settled = paymentAllocated({ paymentId: 'set-4', amount: ron('300.00') })
  const history = [...open, setOff, settled]
  t.test('reopens what it settled and leaves no credit', async (t) => {
    const events = given(...history).when(undoSetOff())
    t.match(events, [
      { type: 'PaymentDeallocated', data: { amount: ron('300.00'), deallocatedOn: '2026-11-21' } },
      { type: 'PaymentReversed', data: { amount: ron('300.00'), method: 'SET_OFF', reason: 'MISTAKE' } },
    ])
    const after = [...history, ...events]
    t.equal(openOf(after), 121_000n)
    t.equal(creditOf(after, 'set-4')?.credit, 0n)
    t.throws(() => given(...after).when(undoSetOff()), { code: 'ALREADY_REVERSED' })
  })
  t.test('is for set-offs', async (t) => {
    t.throws(() => given(...history).when(undoSetOff({ paymentId: 'set-5' })), { code: 'NOTHING_TO_REVERSE' })
    t.throws(() => given(...open, paymentRecorded()).when(undoSetOff({ paymentId: 'pay-1' })), {
      code: 'NOTHING_TO_REVERSE',
      details: { paymentId: 'pay-1' },
    })
    t.throws(() => given(...history).when(undoSetOff({ reversedOn: '2026-11-01' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
    })
  })
})

t.test('what is taken back', async (t) => {
  t.test('brings its functional value with it, to the last ban', async (t) => {
    const company = { ...DEFAULT_RULES, functionalCurrency: 'RON' }
    const euro = invoiceRegistered({ total: eur('300.01'), vatLines: [], functional: ron('1000.00') })
    const state = [clientRegistered(), euro].reduce(clientAccount.evolve, clientAccount.initialState())
    const run = (command: Parameters<typeof clientAccount.decide>[0]) => {
      const events = clientAccount.decide(command, state, { today, company })
      for (const event of events) clientAccount.evolve(state, event)
      return events
    }
    t.match(run(credit({ total: eur('100.00'), vatLines: [] })), [{ data: { functional: ron('333.32') } }])
    run(discount({ amount: '33.33', vatLines: [] }))
    run(writeOff({ amount: '66.67' }))
    t.match(run(reverseNote({ reversedOn: '2026-11-23' })), [{ data: { functional: ron('333.32') } }])
    run(reverseGrant({ reversedOn: '2026-11-23' }))
    run(reactivate({ reversedOn: '2026-11-23' }))
    t.match(accountInvoices.get(state, 'inv-1024'), { open: 30_001n, value: { left: 100_000n } })
  })
  t.test('without a day falls on today, or on the first open day', async (t) => {
    const history = [...open, discountGranted()]
    t.match(given(...history).when(reverseGrant({ reversedOn: undefined })), [{ data: { reversedOn: today } }])
    const company = { ...DEFAULT_RULES, closedThrough: '2026-11-30' }
    t.match(given(...history).when(reverseGrant({ reversedOn: undefined }), { today, company }), [
      { data: { reversedOn: '2026-12-01' } },
    ])
  })
  t.test('says why', async (t) => {
    const said = { clientId: 'alfa', reversedOn: '2026-11-21' }
    t.ok(ReverseCreditNote.safeParse({ ...said, creditNoteId: 'cn-7', reason: 'WRONG_INVOICE' }).success)
    t.notOk(ReverseCreditNote.safeParse({ ...said, creditNoteId: 'cn-7' }).success)
    t.notOk(ReverseDiscount.safeParse({ ...said, discountId: 'dis-4', reason: 'RETURNED_BY_BANK' }).success)
    t.notOk(ReverseWriteOff.safeParse({ ...said, writeOffId: 'wo-2', reason: 'MISTAKE', amount: '1.00' }).success)
    t.ok(ReverseRefund.safeParse({ ...said, refundId: 'ref-3', reason: 'RETURNED_BY_BANK' }).success)
    t.notOk(ReverseSetOff.safeParse({ ...said, paymentId: 'set-4', reason: 'BOUNCED' }).success)
  })
})

import t from 'tap'
import {
  creditNoteRegistered,
  deallocatePayment,
  invoiceRegistered,
  paymentAllocated,
  paymentCleared,
  paymentDeallocated,
  paymentRecorded,
  paymentReversed,
  recordPayment,
  recordRefund,
  recordSetOff,
  refundRecorded,
  refundReversed,
  ron,
} from '../src/examples.ts'
import {
  type AccountEvent,
  Allocation,
  DeallocatePayment,
  RecordPayment,
  RecordRefund,
  RecordSetOff,
} from '../src/index.ts'
import {
  account,
  allocate,
  allocations,
  clear,
  deallocate,
  eur,
  explicit,
  given,
  record,
  refund,
  reverse,
  setOff,
} from './account.ts'
import { today } from './given.ts'

t.test('RecordPayment', async (t) => {
  t.test('settles the invoice it names and leaves the rest as credit', async (t) => {
    const events = given(account, invoiceRegistered()).when(record())
    t.same(
      events.map((event) => event.type),
      ['PaymentRecorded', 'PaymentAllocated'],
    )
    t.match(events[0], {
      data: { amount: ron('1500.00'), allocationRule: 'explicit@1', bankReference: '029ZEXA2613200AB' },
    })
    t.match(events[1], { data: { amount: ron('1210.00'), allocatedOn: '2026-11-02', rule: 'explicit@1' } })
    t.notOk('allocation' in (events[0]?.data ?? {}), 'what was asked for is not what happened')
  })
  t.test('is refused the second time, before the client is registered, and for an unknown invoice', async (t) => {
    const again = () => given(account, paymentRecorded()).when(record())
    t.throws(again, { code: 'PAYMENT_ALREADY_RECORDED', details: { paymentId: 'pay-1' } })
    t.throws(() => given().when(record()), { code: 'CLIENT_NOT_FOUND' })
    t.throws(() => given(account).when(record()), { code: 'INVOICE_NOT_FOUND', details: { invoiceId: 'inv-1024' } })
  })
  t.test('settles up to the open amount, not one ban more', async (t) => {
    const open = [account, invoiceRegistered()]
    t.same(allocations(given(...open).when(record({ allocation: explicit('inv-1024', '1210.00') }))), [
      'inv-1024 1210.00 2026-11-02',
    ])
    const above = () => given(...open).when(record({ allocation: explicit('inv-1024', '1210.01') }))
    t.throws(above, {
      code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      details: { invoiceId: 'inv-1024', open: ron('1210.00') },
    })
  })
  t.test('gives away no ban more than was paid', async (t) => {
    const open = [account, invoiceRegistered(), invoiceRegistered({ invoiceId: 'inv-1025' })]
    const items = (second: string) => [
      { invoiceId: 'inv-1024', amount: '1000.00' },
      { invoiceId: 'inv-1025', amount: second },
    ]
    const spread = (second: string) => record({ allocation: { rule: 'explicit', items: items(second) } })
    t.equal(given(...open).when(spread('500.00')).length, 3)
    t.throws(() => given(...open).when(spread('500.01')), {
      code: 'ALLOCATION_EXCEEDS_CREDIT',
      details: { credit: ron('500.00') },
    })
  })
  t.test('settles what is due first when no invoice is named', async (t) => {
    const history = [
      account,
      invoiceRegistered({ invoiceId: 'late', dueOn: '2026-10-31', total: ron('100.00') }),
      invoiceRegistered({ invoiceId: 'later', dueOn: '2026-12-31', total: ron('100.00') }),
      invoiceRegistered({ invoiceId: 'first', dueOn: '2026-10-02', total: ron('100.00') }),
      invoiceRegistered({ invoiceId: 'older', dueOn: '2026-10-31', issuedOn: '2026-09-01', total: ron('100.00') }),
      invoiceRegistered({ invoiceId: 'euro', dueOn: '2026-10-01', total: eur('100.00') }),
    ]
    const payment = record({ amount: ron('250.00'), allocation: undefined })
    const day = '2026-11-02'
    t.same(allocations(given(...history).when(payment)), [
      `first 100.00 ${day}`,
      `older 100.00 ${day}`,
      `late 50.00 ${day}`,
    ])
    t.match(given(...history).when(payment), [{ data: { allocationRule: 'auto@1' } }, {}, {}, {}])
  })
  t.test('settles parts by their own due days, to the ban', async (t) => {
    const kept = (invoiceId: string, now: string, later: string, total: string) =>
      invoiceRegistered({
        invoiceId,
        total: ron(total),
        dueOn: '2027-03-31',
        instalments: [
          { dueOn: '2026-10-31', amount: now },
          { dueOn: '2027-03-31', amount: later },
        ],
      })
    const history = [
      account,
      kept('a', '7601.85', '400.10', '8001.95'),
      kept('b', '4598.00', '242.00', '4840.00'),
      invoiceRegistered({ invoiceId: 'c', dueOn: '2026-12-31', total: ron('100.00') }),
    ]
    const pay = (amount: string) =>
      allocations(given(...history).when(record({ amount: ron(amount), allocation: { rule: 'oldestDueFirst' } })))
    const day = '2026-11-02'
    t.same(pay('12199.84'), [`a 7601.85 ${day}`, `b 4597.99 ${day}`])
    t.same(pay('12199.85'), [`a 7601.85 ${day}`, `b 4598.00 ${day}`])
    t.same(pay('12199.86'), [`a 7601.85 ${day}`, `b 4598.00 ${day}`, `c 0.01 ${day}`])
    t.same(
      pay('12300.85'),
      [`a 7602.85 ${day}`, `b 4598.00 ${day}`, `c 100.00 ${day}`],
      'then what is kept, one share each',
    )
    const settled = given(...history, paymentRecorded(), paymentAllocated({ invoiceId: 'a', amount: ron('7601.85') }))
    const next = { paymentId: 'pay-2', amount: ron('4598.01'), allocation: { rule: 'oldestDueFirst' as const } }
    t.same(allocations(settled.when(record(next))), [`b 4598.00 ${day}`, `c 0.01 ${day}`])
  })
  t.test('settles nothing when told so, or when nothing is open: an advance', async (t) => {
    t.equal(given(account, invoiceRegistered()).when(record({ allocation: { rule: 'none' } })).length, 1)
    t.equal(given(account).when(record({ allocation: { rule: 'oldestDueFirst' } })).length, 1)
  })
  t.test('says of cash what settles nothing as it comes in', async (t) => {
    const advance = (change: Partial<Parameters<typeof record>[0]>, ...before: readonly AccountEvent[]) => {
      const [recorded] = given(...before).when(record({ amount: ron('1500.00'), method: 'CASH', ...change }))
      return recorded?.type === 'PaymentRecorded' ? recorded.data.advance : 'no payment'
    }
    const opened = [account, invoiceRegistered()] as const
    t.equal(advance({ allocation: { rule: 'auto' } }, ...opened), '290.00')
    t.equal(advance({ allocation: { rule: 'auto' } }, account), '1500.00', 'nothing is open')
    t.equal(advance({ allocation: { rule: 'none' } }, ...opened), '1500.00')
    t.equal(advance({ amount: ron('1210.00') }, ...opened), '0.00')
    t.equal(advance({ method: 'BANK_TRANSFER' }, ...opened), undefined)
  })

  t.test('never mixes currencies', async (t) => {
    const mixed = () => given(account, invoiceRegistered()).when(record({ amount: eur('1500.00') }))
    t.throws(mixed, { code: 'CURRENCY_MISMATCH', details: { invoiceCurrency: 'RON', paymentCurrency: 'EUR' } })
  })
  t.test('asks for its receipt in the same append', async (t) => {
    const cash = record({ amount: ron('1500.00'), method: 'CASH' }, 'AMC-C')
    const request = given(account, invoiceRegistered()).when(cash).at(-1)
    t.match(request, { type: 'ReceiptRequested', data: { series: 'AMC-C', issuedOn: '2026-11-02', advance: '290.00' } })
    t.match(request, {
      data: { amount: ron('1500.00'), settles: [{ number: '1024', amount: ron('1210.00'), openAfter: '0.00' }] },
    })
  })
  t.test('gives a receipt for cash only', async (t) => {
    for (const method of ['BANK_TRANSFER', 'CARD_POS', 'CHEQUE', 'COURIER_COD'] as const) {
      const decision = () => given(account, invoiceRegistered()).when(record({ method }, 'AMC-C'))
      t.throws(decision, { code: 'RECEIPT_ONLY_FOR_CASH', details: { method } })
    }
  })
  t.test('refuses a malformed body, naming the field', async (t) => {
    const paths = (change: object) =>
      (RecordPayment.safeParse({ ...recordPayment(), ...change }).error?.issues ?? []).map((issue) =>
        issue.path.join('/'),
      )
    t.same(paths({ amount: ron('0.00') }), ['amount/amount'])
    t.same(paths({ amount: ron('-1.00') }), ['amount/amount'])
    t.same(paths({ amount: ron('1.001') }), ['amount/amount'])
    t.same(paths({ amount: { amount: 1500, currency: 'RON' } }), ['amount/amount'])
    t.same(paths({ method: 'BARTER' }), ['method'])
    t.same(paths({ remittanceText: 'plata\ud800' }), ['remittanceText'])
    t.same(paths({ iban: 'RO49AAAA1B31007593840000' }), [''])
    const bankAccount = 'RO49AAAA1B31007593840000'
    t.same(paths({ bankAccount }), [])
    t.same(paths({ bankAccount: 'RO48AAAA1B31007593840000' }), ['bankAccount'], 'its check digits')
    t.same(paths({ bankAccount: 'RO49 AAAA 1B31 0075 9384 0000' }), ['bankAccount'], 'no spaces')
    t.same(paths({ bankAccount, method: 'CASH' }), ['bankAccount'], 'cash lies in no bank')
    t.same(paths({ bankAccount, method: 'SET_OFF' }), ['bankAccount'])
    t.same(paths({ bankAccount, method: 'CHEQUE' }), [])
    const twice = [
      { invoiceId: 'inv-1024', amount: '1.00' },
      { invoiceId: 'inv-1024', amount: '1.00' },
    ]
    t.notOk(Allocation.safeParse({ rule: 'explicit', items: twice }).success, 'no invoice twice')
    t.notOk(Allocation.safeParse({ rule: 'explicit', items: [] }).success, 'at least one')
    t.notOk(Allocation.safeParse({ rule: 'newestFirst' }).success, 'a rule that exists')
  })
})

t.test('what the money is for, and in which bank it is, stands in the event', async (t) => {
  const told = { bankAccount: 'RO49AAAA1B31007593840000', purpose: 'avans lucrări' }
  t.match(given(account, invoiceRegistered()).when(record(told)), [{ type: 'PaymentRecorded', data: told }, {}])
})

t.test('AllocatePayment', async (t) => {
  const history = [account, invoiceRegistered({ total: ron('1000.00') }), paymentRecorded({ amount: ron('1500.00') })]
  const toFirst = (amount: string, allocatedOn?: string) => allocate({ invoiceId: 'inv-1024', amount, allocatedOn })

  t.test('is accepted up to the open amount', async (t) => {
    t.same(given(...history).when(toFirst('1000.00')), [paymentAllocated({ amount: ron('1000.00') })])
    t.same(given(...history).when(toFirst('0.01')), [paymentAllocated({ amount: ron('0.01') })])
  })
  t.test('rejects one ban above the open amount', async (t) => {
    const decision = () => given(...history).when(toFirst('1000.01'))
    t.throws(decision, { code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT', details: { open: ron('1000.00') } })
  })
  t.test('rejects one ban above the credit', async (t) => {
    const second = [
      ...history,
      paymentAllocated({ amount: ron('1000.00') }),
      invoiceRegistered({ invoiceId: 'inv-1025' }),
    ]
    t.equal(given(...second).when(allocate({ amount: '500.00' })).length, 1)
    t.throws(() => given(...second).when(allocate({ amount: '500.01' })), {
      code: 'ALLOCATION_EXCEEDS_CREDIT',
      details: { paymentId: 'pay-1', credit: ron('500.00') },
    })
  })
  t.test('a second one has only what the first left', async (t) => {
    const settled = given(...history, paymentAllocated({ amount: ron('1000.00') }))
    t.throws(() => settled.when(toFirst('1000.00')), {
      code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      details: { open: ron('0.00') },
    })
  })
  t.test('is refused for what is not there yet', async (t) => {
    t.throws(() => given().when(allocate()), { code: 'CLIENT_NOT_FOUND' })
    t.throws(() => given(account).when(allocate()), { code: 'PAYMENT_NOT_FOUND', details: { paymentId: 'pay-1' } })
    t.throws(() => given(account, paymentRecorded()).when(allocate()), { code: 'INVOICE_NOT_FOUND' })
  })
  t.test('has no credit to take from after a reversal', async (t) => {
    const decision = () => given(...history, paymentReversed()).when(toFirst('0.01'))
    t.throws(decision, { code: 'ALLOCATION_EXCEEDS_CREDIT', details: { credit: ron('0.00') } })
  })
  t.test('never mixes currencies, and has no more decimals than its own', async (t) => {
    const euros = given(account, invoiceRegistered({ total: eur('10.00') }), paymentRecorded())
    t.throws(() => euros.when(toFirst('1.00')), { code: 'CURRENCY_MISMATCH' })
    t.throws(() => given(...history).when(toFirst('0.001')), { code: 'AMOUNT_TOO_PRECISE' })
  })
  t.test('is effective on the latest of all that bears on it', async (t) => {
    const dayOf = (events: readonly AccountEvent[], allocatedOn?: string) =>
      allocations(given(...events).when(toFirst('1.00', allocatedOn)))[0]?.slice(-10)
    const undoneOn = (deallocatedOn: string, paymentId = 'pay-1', invoiceId = 'inv-1024') => [
      paymentAllocated({ paymentId, invoiceId, amount: ron('1.00') }),
      paymentDeallocated({ paymentId, invoiceId, amount: ron('1.00'), deallocatedOn }),
    ]
    const other = [invoiceRegistered({ invoiceId: 'inv-1025' }), paymentRecorded({ paymentId: 'pay-2' })]
    const third = [...history, ...other]
    t.equal(dayOf(history), '2026-11-02', "the payment's day")
    t.equal(
      dayOf([account, invoiceRegistered({ issuedOn: '2026-11-09' }), paymentRecorded()]),
      '2026-11-09',
      "the invoice's",
    )
    t.equal(dayOf(history, '2026-11-20'), '2026-11-20', 'the day asked for')
    t.equal(dayOf(history, '2026-10-20'), '2026-11-02', 'never earlier for the asking')
    t.equal(
      dayOf([...third, ...undoneOn('2026-11-21', 'pay-1', 'inv-1025')]),
      '2026-11-21',
      'the last undo of the payment',
    )
    t.equal(
      dayOf([...third, ...undoneOn('2026-11-22', 'pay-2', 'inv-1024')]),
      '2026-11-22',
      'the last undo of the invoice',
    )
    t.equal(dayOf([...third, ...undoneOn('2026-11-21', 'pay-2', 'inv-1025')]), '2026-11-02', 'not the undo of others')
    t.equal(
      dayOf([...history, ...undoneOn('2026-11-22'), ...undoneOn('2026-11-12')]),
      '2026-11-22',
      'the latest undo, not the last written',
    )
  })
})

t.test('DeallocatePayment', async (t) => {
  const history = [
    account,
    invoiceRegistered({ total: ron('1000.00') }),
    paymentRecorded(),
    paymentAllocated({ amount: ron('500.00'), allocatedOn: '2026-11-10' }),
  ]
  const undo = (change: Parameters<typeof deallocatePayment>[0] = {}) =>
    deallocate({ invoiceId: 'inv-1024', amount: undefined, deallocatedOn: '2026-11-10', ...change })

  t.test('takes back the whole, or a part', async (t) => {
    t.same(given(...history).when(undo()), [paymentDeallocated({ amount: ron('500.00'), note: undefined })])
    t.match(given(...history).when(undo({ amount: '0.01', note: 'wrong' })), [
      { data: { amount: ron('0.01'), note: 'wrong' } },
    ])
    t.equal(given(...history).when(undo({ amount: '500.00' })).length, 1)
  })
  t.test('rejects one ban above what is allocated', async (t) => {
    const decision = () => given(...history).when(undo({ amount: '500.01' }))
    t.throws(decision, { code: 'DEALLOCATION_EXCEEDS_ALLOCATION', details: { allocated: ron('500.00') } })
  })
  t.test('has nothing to take back the second time', async (t) => {
    const decision = () => given(...history, paymentDeallocated({ amount: ron('500.00') })).when(undo())
    t.throws(decision, { code: 'DEALLOCATION_EXCEEDS_ALLOCATION', details: { allocated: ron('0.00') } })
  })
  t.test('is refused for what is not there yet', async (t) => {
    t.throws(() => given(account).when(undo()), { code: 'PAYMENT_NOT_FOUND' })
    t.throws(() => given(account, paymentRecorded()).when(undo()), { code: 'INVOICE_NOT_FOUND' })
    t.throws(() => given(...history.slice(0, 3)).when(undo()), { code: 'DEALLOCATION_EXCEEDS_ALLOCATION' })
  })
  t.test('is effective today unless a day is given, and never before what it undoes', async (t) => {
    t.match(given(...history).when(undo({ deallocatedOn: undefined })), [{ data: { deallocatedOn: today } }])
    const before = { code: 'UNDO_BEFORE_WHAT_IT_UNDOES', details: { earliest: '2026-11-10' } }
    t.throws(() => given(...history).when(undo({ deallocatedOn: '2026-11-09' })), before)
    const early = () => given(...history).when(undo({ deallocatedOn: undefined }), { today: '2026-11-09' })
    t.throws(early, before)
    const parts = ['2026-11-15', '2026-11-12'].map((allocatedOn) =>
      paymentAllocated({ amount: ron('1.00'), allocatedOn }),
    )
    const between = () => given(...history, ...parts).when(undo({ deallocatedOn: '2026-11-14' }))
    t.throws(
      between,
      { code: 'UNDO_BEFORE_WHAT_IT_UNDOES', details: { earliest: '2026-11-15' } },
      'the latest of its parts',
    )
  })
  t.test('keeps the reason of a reversal to reversals', async (t) => {
    t.notOk(DeallocatePayment.safeParse({ ...deallocatePayment(), reason: 'PAYMENT_REVERSED' }).success)
  })
})

t.test('ReversePayment', async (t) => {
  const history = [
    account,
    invoiceRegistered(),
    invoiceRegistered({ invoiceId: 'inv-1025' }),
    paymentRecorded(),
    paymentAllocated({ amount: ron('1000.00') }),
    paymentAllocated({ invoiceId: 'inv-1025', amount: ron('300.00'), allocatedOn: '2026-11-04' }),
  ]

  t.test('reopens exactly what the payment had settled, then takes it away', async (t) => {
    const undone = { deallocatedOn: '2026-11-05', reason: 'PAYMENT_REVERSED' as const, note: undefined }
    t.same(given(...history).when(reverse()), [
      paymentDeallocated({ ...undone, amount: ron('1000.00') }),
      paymentDeallocated({ ...undone, invoiceId: 'inv-1025', amount: ron('300.00') }),
      paymentReversed({ deskId: undefined, note: undefined }),
    ])
  })
  t.test('is refused the second time, and for an unknown payment', async (t) => {
    const again = () => given(...history.slice(0, 4), paymentReversed()).when(reverse())
    t.throws(again, { code: 'PAYMENT_ALREADY_REVERSED' })
    t.throws(() => given(account).when(reverse()), { code: 'PAYMENT_NOT_FOUND' })
  })
  t.test('is effective today unless a day is given, and never before what it undoes', async (t) => {
    t.match(
      given(...history)
        .when(reverse({ reversedOn: undefined }))
        .at(-1),
      { data: { reversedOn: today } },
    )
    t.equal(given(...history).when(reverse({ reversedOn: '2026-11-04' })).length, 3)
    const beforeAllocation = () => given(...history).when(reverse({ reversedOn: '2026-11-03' }))
    t.throws(beforeAllocation, { code: 'UNDO_BEFORE_WHAT_IT_UNDOES', details: { earliest: '2026-11-04' } })
    const beforePayment = () => given(account, paymentRecorded()).when(reverse({ reversedOn: '2026-11-01' }))
    t.throws(beforePayment, { code: 'UNDO_BEFORE_WHAT_IT_UNDOES', details: { earliest: '2026-11-02' } })
    const undone = paymentDeallocated({ invoiceId: 'inv-1025', amount: ron('300.00'), deallocatedOn: '2026-11-10' })
    const beforeUndo = () => given(...history, undone).when(reverse())
    t.throws(beforeUndo, { code: 'UNDO_BEFORE_WHAT_IT_UNDOES', details: { earliest: '2026-11-10' } })
  })
})

t.test('ConfirmPaymentCleared', async (t) => {
  const card = paymentRecorded({ paymentId: 'pay-3', amount: ron('500.00'), method: 'CARD_ONLINE' })
  const history = [account, card]

  t.test('brings 495.00 of 500.00 to the bank and keeps the fee apart', async (t) => {
    t.same(given(...history).when(clear()), [paymentCleared({ bankReference: undefined })])
    t.match(given(...history).when(clear({ fee: undefined })), [{ data: { amount: ron('500.00'), fee: '0.00' } }])
  })
  t.test('has a fee of at most the payment', async (t) => {
    t.equal(given(...history).when(clear({ fee: '500.00' })).length, 1)
    t.throws(() => given(...history).when(clear({ fee: '500.01' })), {
      code: 'FEE_EXCEEDS_PAYMENT',
      details: { amount: ron('500.00') },
    })
    t.throws(() => given(...history).when(clear({ fee: '0.001' })), { code: 'AMOUNT_TOO_PRECISE' })
  })
  t.test('is for money on its way', async (t) => {
    for (const method of ['CARD_POS', 'ONLINE_SERVICE', 'COURIER_COD', 'PROMISSORY_NOTE', 'CHEQUE'] as const) {
      t.match(given(account, paymentRecorded({ ...card.data, method })).when(clear()), [{ data: { method } }])
    }
    for (const method of ['CASH', 'BANK_TRANSFER', 'SET_OFF', 'OTHER_AGREED'] as const) {
      const atOnce = () => given(account, paymentRecorded({ ...card.data, method })).when(clear())
      t.throws(atOnce, { code: 'PAYMENT_CLEARS_AT_ONCE', details: { method } })
    }
  })
  t.test('is refused the second time, and after a reversal', async (t) => {
    t.throws(() => given(...history, paymentCleared()).when(clear()), { code: 'PAYMENT_ALREADY_CLEARED' })
    const reversed = paymentReversed({ paymentId: 'pay-3', amount: ron('500.00') })
    t.throws(() => given(...history, reversed).when(clear()), { code: 'PAYMENT_ALREADY_REVERSED' })
  })
  t.test('is refused for what is not there yet, and for a credit note', async (t) => {
    t.throws(() => given(account).when(clear()), { code: 'PAYMENT_NOT_FOUND' })
    const note = creditNoteRegistered({ invoiceId: undefined })
    t.throws(() => given(account, note).when(clear({ paymentId: 'cn-7' })), { code: 'PAYMENT_NOT_FOUND' })
  })
  t.test('is effective today unless a day is given, and never before the payment', async (t) => {
    t.match(given(...history).when(clear({ clearedOn: undefined })), [{ data: { clearedOn: today } }])
    t.equal(given(...history).when(clear({ clearedOn: '2026-11-02' })).length, 1)
    t.throws(() => given(...history).when(clear({ clearedOn: '2026-11-01' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { earliest: '2026-11-02' },
    })
  })
  t.test('is not before the last that a paper settles, for that counts as collected from then on', async (t) => {
    const cheque = paymentRecorded({ ...card.data, method: 'CHEQUE' })
    const settled = { paymentId: 'pay-3', amount: ron('200.00') }
    const allocated = paymentAllocated({ ...settled, allocatedOn: '2026-11-10' })
    const undone = paymentDeallocated({ ...settled, amount: ron('50.00'), deallocatedOn: '2026-11-12' })
    const on = (clearedOn: string | undefined, ...events: readonly AccountEvent[]) =>
      given(account, invoiceRegistered(), ...events).when(clear({ clearedOn }))
    const refused = (earliest: string) => ({ code: 'UNDO_BEFORE_WHAT_IT_UNDOES', details: { earliest } })
    t.equal(on('2026-11-10', cheque, allocated).length, 1)
    t.throws(() => on('2026-11-09', cheque, allocated), refused('2026-11-10'))
    t.throws(() => on('2026-11-11', cheque, allocated, undone), refused('2026-11-12'))
    const later = paymentAllocated({ ...settled, allocatedOn: '2026-12-01' })
    t.match(on(undefined, cheque, later), [{ data: { clearedOn: '2026-12-01' } }], 'nor when no day is named')
    t.equal(on('2026-11-04', card, allocated).length, 1, 'card money counts at once')
  })
  t.test('is what allocations of a paper and their undo follow', async (t) => {
    const cheque = paymentRecorded({ ...card.data, method: 'CHEQUE' })
    const collected = paymentCleared({ paymentId: 'pay-3', method: 'CHEQUE', clearedOn: '2026-11-10' })
    const settled = { paymentId: 'pay-3', amount: ron('200.00'), allocatedOn: '2026-11-05' }
    const names = { paymentId: 'pay-3', invoiceId: 'inv-1024' }
    const paid = (payment: AccountEvent) => [
      account,
      invoiceRegistered(),
      payment,
      paymentAllocated(settled),
      collected,
    ]
    const undo = (deallocatedOn: string) => deallocate({ ...names, amount: undefined, deallocatedOn })
    t.equal(given(...paid(cheque)).when(undo('2026-11-10')).length, 1)
    t.throws(() => given(...paid(cheque)).when(undo('2026-11-09')), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { earliest: '2026-11-10' },
    })
    t.equal(given(...paid(card)).when(undo('2026-11-05')).length, 1, 'card money counted from the first')
    const use = allocate({ ...names, amount: '1.00', allocatedOn: undefined })
    t.same(allocations(given(...paid(cheque)).when(use)), ['inv-1024 1.00 2026-11-10'])
    t.same(allocations(given(...paid(card)).when(use)), ['inv-1024 1.00 2026-11-02'])
  })
  t.test('is what a reversal knows: from where the money goes, and not before it came', async (t) => {
    const chargeBack = (reversedOn: string) => reverse({ paymentId: 'pay-3', reason: 'CHARGED_BACK', reversedOn })
    t.match(given(...history).when(chargeBack('2026-11-03')), [{ data: { cleared: false } }])
    t.match(given(...history, paymentCleared()).when(chargeBack('2026-11-04')), [{ data: { cleared: true } }])
    t.throws(() => given(...history, paymentCleared()).when(chargeBack('2026-11-03')), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { earliest: '2026-11-04' },
    })
  })
})

t.test('money on its way, in parts', async (t) => {
  const card = paymentRecorded({ paymentId: 'pay-3', amount: ron('815.00'), method: 'CARD_ONLINE' })
  const note = paymentRecorded({ ...card.data, method: 'PROMISSORY_NOTE', paidWhenCleared: true })
  const ofNote = { paymentId: 'pay-3', method: 'PROMISSORY_NOTE' } as const
  const settled = (invoiceId: string, amount: string) =>
    paymentAllocated({ paymentId: 'pay-3', invoiceId, amount: ron(amount), allocatedOn: '2026-11-02', uncleared: true })
  const history = [
    account,
    invoiceRegistered(),
    invoiceRegistered({ invoiceId: 'inv-1025' }),
    note,
    settled('inv-1024', '210.00'),
    settled('inv-1025', '605.00'),
  ]
  const part = paymentCleared({ ...ofNote, amount: ron('500.00'), fee: '0.00', stillInTransit: '315.00' })
  const clearNote = (change: Parameters<typeof clear>[0]) => clear({ fee: undefined, ...change })
  const on = '2026-11-04'

  t.test('arrives, what was settled first counting as paid first', async (t) => {
    const settles = [
      { invoiceId: 'inv-1024', amount: ron('210.00') },
      { invoiceId: 'inv-1025', amount: ron('290.00') },
    ]
    t.same(given(...history).when(clearNote({ amount: '500.00' })), [
      paymentCleared({ ...part.data, settles, bankReference: undefined }),
    ])
    t.match(given(...history, part).when(clearNote({})), [
      { data: { amount: ron('315.00'), settles: [{ invoiceId: 'inv-1025', amount: ron('315.00') }] } },
    ])
    const whole = given(...history, part, paymentCleared({ ...ofNote, amount: ron('315.00'), fee: '0.00' }))
    t.throws(() => whole.when(clearNote({})), { code: 'PAYMENT_ALREADY_CLEARED' })
  })
  t.test('tells what it collects where the paper counted as paid from the first', async (t) => {
    const trusted = paymentRecorded({ ...note.data, paidWhenCleared: undefined })
    const facts = given(...history.slice(0, 3), trusted, settled('inv-1024', '210.00'))
    const [event] = facts.when(clearNote({ amount: '500.00' }))
    t.match(event, { data: { collects: [{ invoiceId: 'inv-1024', amount: ron('210.00') }] } })
    t.notOk(Object.keys(event?.data ?? {}).includes('settles'))
    const all = facts.when(clearNote({}))
    t.notOk(Object.keys(all[0]?.data ?? {}).some((name) => name === 'settles' || name === 'collects'))
  })
  t.test('arrives up to what is on its way, not one ban more, and has a fee of at most what arrives', async (t) => {
    t.equal(given(...history, part).when(clearNote({ amount: '315.00' })).length, 1)
    t.throws(() => given(...history, part).when(clearNote({ amount: '315.01' })), {
      code: 'CLEARING_EXCEEDS_TRANSIT',
      details: { inTransit: ron('315.00') },
    })
    t.equal(given(...history).when(clearNote({ amount: '10.00', fee: '10.00' })).length, 1)
    t.throws(() => given(...history).when(clearNote({ amount: '10.00', fee: '10.01' })), {
      code: 'FEE_EXCEEDS_PAYMENT',
    })
  })
  t.test('bounces as far as it is on its way: what was collected stays', async (t) => {
    const bounced = given(...history, part).when(reverse({ paymentId: 'pay-3', reversedOn: on }))
    t.match(bounced, [
      { type: 'PaymentDeallocated', data: { invoiceId: 'inv-1025', amount: ron('315.00'), uncleared: true } },
      { type: 'PaymentReversed', data: { amount: ron('315.00'), cleared: false } },
    ])
    t.same(Object.keys(bounced[0]?.data ?? {}).includes('collected'), false)
    const left = given(...history, part, ...bounced)
    t.throws(() => left.when(clearNote({})), { code: 'PAYMENT_ALREADY_CLEARED' })
    const undo = left.when(
      deallocate({ paymentId: 'pay-3', invoiceId: 'inv-1025', amount: undefined, deallocatedOn: on }),
    )
    t.match(undo, [{ data: { amount: ron('290.00'), uncleared: undefined } }], 'all that is left is money')
  })
  t.test('is charged back whole, from the way and from the bank', async (t) => {
    const charged = given(...history, part).when(
      reverse({ paymentId: 'pay-3', reason: 'CHARGED_BACK', reversedOn: on }),
    )
    t.match(charged.at(-1), { data: { amount: ron('815.00'), cleared: true, takenInTransit: '315.00' } })
    t.match(charged, [
      { data: { invoiceId: 'inv-1024', amount: ron('210.00'), collected: '210.00', uncleared: undefined } },
      { data: { invoiceId: 'inv-1025', amount: ron('605.00'), collected: '290.00', uncleared: true } },
      {},
    ])
  })
  t.test('is used collected first, and given back uncollected first', async (t) => {
    const free = [...history.slice(0, 4), part]
    const use = (amount: string) =>
      allocate({ paymentId: 'pay-3', invoiceId: 'inv-1024', amount, allocatedOn: undefined })
    t.match(given(...free).when(use('500.00')), [{ data: { collected: '500.00', uncleared: undefined } }])
    const mixed = given(...free).when(use('600.00'))
    t.match(mixed, [{ data: { collected: '500.00', uncleared: true } }])
    const undo = (amount: string) =>
      deallocate({ paymentId: 'pay-3', invoiceId: 'inv-1024', amount, deallocatedOn: on })
    t.match(given(...free, ...mixed).when(undo('100.00')), [{ data: { uncleared: true, collected: undefined } }])
    t.match(given(...free, ...mixed).when(undo('100.01')), [{ data: { uncleared: true, collected: '0.01' } }])
  })
  t.test('is no more collected because of credit that was given back and came again', async (t) => {
    const back = { paymentId: 'pay-3', refundId: 'back', amount: ron('600.00') }
    const spent = [...history.slice(0, 4), refundRecorded({ ...back, method: 'BANK_TRANSFER', refundedOn: on })]
    const used = settled('inv-1025', '100.00')
    const undone = paymentDeallocated({ ...used.data, deallocatedOn: on, uncleared: true })
    const came = refundReversed({ ...back, method: 'BANK_TRANSFER', reversedOn: on })
    const use = allocate({ paymentId: 'pay-3', invoiceId: 'inv-1024', amount: '500.00', allocatedOn: undefined })
    const [allocated] = given(...spent, used, undone, came).when(use)
    t.match(allocated, { data: { uncleared: true, collected: undefined } }, 'the note has brought nothing yet')
    const [rest] = given(...spent, used, undone, came, part).when(use)
    t.match(rest, { data: { uncleared: undefined, collected: '500.00' } })
  })
})

t.test('a part of a payment is reversed', async (t) => {
  const history = [account, invoiceRegistered(), paymentRecorded(), paymentAllocated({ amount: ron('1210.00') })]
  const on = '2026-11-10'
  const partly = (amount: string, reason: 'CHARGED_BACK' | 'MISTAKE' = 'CHARGED_BACK') =>
    reverse({ amount, reason, reversedOn: on })

  t.test('from its credit, then from what it settled last', async (t) => {
    t.match(given(...history).when(partly('290.00')), [{ type: 'PaymentReversed', data: { amount: ron('290.00') } }])
    t.match(given(...history).when(partly('290.01')), [
      { type: 'PaymentDeallocated', data: { amount: ron('0.01') } },
      { type: 'PaymentReversed', data: { amount: ron('290.01') } },
    ])
  })
  t.test('up to all of it, not one ban more, and then no more', async (t) => {
    const first = given(...history).when(partly('290.00'))
    const left = given(...history, ...first)
    t.match(left.when(reverse({ reason: 'CHARGED_BACK', reversedOn: on })).at(-1), { data: { amount: ron('1210.00') } })
    t.equal(left.when(partly('1210.00')).length, 2)
    t.throws(() => left.when(partly('1210.01')), {
      code: 'REVERSAL_EXCEEDS_PAYMENT',
      details: { left: ron('1210.00') },
    })
    const gone = given(...history, ...first, ...left.when(partly('1210.00')))
    t.throws(() => gone.when(partly('0.01')), { code: 'PAYMENT_ALREADY_REVERSED' })
  })
  t.test('but not of cash, whose paper is annulled instead', async (t) => {
    const cash = given(account, paymentRecorded({ method: 'CASH' }))
    t.throws(() => cash.when(partly('1.00', 'MISTAKE')), { code: 'CASH_REVERSED_IN_PART' })
    t.equal(cash.when(reverse({ reason: 'MISTAKE' })).length, 1)
  })
})

t.test('what a bank in between keeps', async (t) => {
  const transfer = { method: 'BANK_TRANSFER', amount: ron('10000.00'), allocation: { rule: 'none' } } as const
  t.test('leaves the payment whole', async (t) => {
    t.match(given(account).when(record({ ...transfer, fee: '20' })), [
      { data: { amount: ron('10000.00'), fee: '20.00' } },
    ])
    t.notOk(Object.keys(given(account).when(record({ ...transfer, fee: '0.00' }))[0]?.data ?? {}).includes('fee'))
  })
  t.test('is at most the payment, and of a bank transfer', async (t) => {
    t.equal(given(account).when(record({ ...transfer, fee: '10000.00' })).length, 1)
    t.throws(() => given(account).when(record({ ...transfer, fee: '10000.01' })), { code: 'FEE_EXCEEDS_PAYMENT' })
    t.throws(() => given(account).when(record({ ...transfer, fee: '0.001' })), { code: 'AMOUNT_TOO_PRECISE' })
    for (const method of ['CARD_ONLINE', 'OTHER_AGREED', 'CHEQUE'] as const) {
      t.throws(() => given(account).when(record({ ...transfer, method, fee: '0.01' })), { code: 'FEE_NOT_APPLICABLE' })
    }
  })
})

t.test('card money given back by card', async (t) => {
  const card = paymentRecorded({ paymentId: 'pay-3', amount: ron('20.95'), method: 'CARD_ONLINE' })
  const back = (amount: string, method: 'CARD_POS' | 'BANK_TRANSFER' = 'CARD_POS') =>
    refund({ paymentId: 'pay-3', amount, method })

  t.test('is kept from a payout that is still to come, and then from the bank', async (t) => {
    t.match(given(account, card).when(back('10.00')), [{ data: { takenInTransit: '10.00' } }])
    const refunded = given(account, card, ...given(account, card).when(back('10.00')))
    t.match(refunded.when(clear({ fee: '0.62' })), [{ data: { amount: ron('10.95') } }])
    const cleared = given(account, card, paymentCleared({ amount: ron('15.95'), stillInTransit: '5.00' }))
    t.match(cleared.when(back('10.00')), [{ data: { takenInTransit: '5.00' } }])
    t.match(given(account, card, paymentCleared({ amount: ron('20.95') })).when(back('10.00')), [
      { data: { takenInTransit: '0.00' } },
    ])
  })
  t.test('leaves the way to the bank alone when it goes another way, or came another way', async (t) => {
    t.match(given(account, card).when(back('10.00', 'BANK_TRANSFER')), [{ data: { takenInTransit: undefined } }])
    const courier = paymentRecorded({ ...card.data, method: 'COURIER_COD' })
    t.match(given(account, courier).when(back('10.00')), [{ data: { takenInTransit: '0.00' } }])
  })
  t.test('left the way as a whole before there was the difference', async (t) => {
    const old = refundRecorded({ paymentId: 'pay-3', amount: ron('10.00'), method: 'CARD_ONLINE' })
    t.match(given(account, card, old).when(clear()), [{ data: { amount: ron('10.95') } }])
    const both = [account, card, old, paymentCleared({ amount: ron('20.95') })]
    t.throws(() => given(...both).when(clear()), { code: 'PAYMENT_ALREADY_CLEARED' })
  })
})

t.test('RecordRefund', async (t) => {
  const history = [account, invoiceRegistered(), paymentRecorded(), paymentAllocated({ amount: ron('1410.00') })]

  t.test('gives credit back', async (t) => {
    t.same(given(...history).when(refund()), [refundRecorded({ deskId: undefined, note: undefined })])
  })
  t.test('gives back no ban more than the credit', async (t) => {
    t.equal(given(...history).when(refund({ amount: '90.00' })).length, 1)
    t.throws(() => given(...history).when(refund({ amount: '90.01' })), {
      code: 'REFUND_EXCEEDS_CREDIT',
      details: { paymentId: 'pay-1', credit: ron('90.00') },
    })
    const second = refund({ refundId: 'ref-4', amount: '0.01' })
    t.throws(() => given(...history, refundRecorded()).when(second), {
      code: 'REFUND_EXCEEDS_CREDIT',
      details: { credit: ron('0.00') },
    })
    t.throws(() => given(...history).when(refund({ amount: '0.001' })), { code: 'AMOUNT_TOO_PRECISE' })
  })
  t.test('is refused the second time', async (t) => {
    const again = () => given(...history, refundRecorded({ amount: ron('10.00') })).when(refund({ amount: '10.00' }))
    t.throws(again, { code: 'REFUND_ALREADY_RECORDED', details: { refundId: 'ref-3' } })
  })
  t.test('is refused for what is not there yet, and after a reversal', async (t) => {
    t.throws(() => given().when(refund()), { code: 'CLIENT_NOT_FOUND' })
    t.throws(() => given(account).when(refund()), { code: 'PAYMENT_NOT_FOUND' })
    const reversed = given(account, paymentRecorded(), paymentReversed())
    t.throws(() => reversed.when(refund({ amount: '0.01' })), {
      code: 'REFUND_EXCEEDS_CREDIT',
      details: { credit: ron('0.00') },
    })
  })
  t.test('gives back a credit note as well', async (t) => {
    const note = creditNoteRegistered({ invoiceId: undefined })
    t.match(given(account, note).when(refund({ paymentId: 'cn-7', amount: '242.00' })), [
      { data: { paymentId: 'cn-7', amount: ron('242.00') } },
    ])
  })
  t.test('is effective today unless a day is given, and never before the money or the last undo', async (t) => {
    t.match(given(...history).when(refund({ refundedOn: undefined })), [{ data: { refundedOn: today } }])
    const early = refund({ refundedOn: undefined })
    t.match(given(...history).when(early, { today: '2026-11-01' }), [{ data: { refundedOn: '2026-11-02' } }])
    t.throws(() => given(...history).when(refund({ refundedOn: '2026-11-01' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { earliest: '2026-11-02' },
    })
    const undone = paymentDeallocated({ amount: ron('10.00'), deallocatedOn: '2026-11-11' })
    t.throws(() => given(...history, undone).when(refund()), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { earliest: '2026-11-11' },
    })
  })
  t.test('leaves all of it to bounce or be charged back, and nothing to have been a mistake', async (t) => {
    const refunded = given(account, invoiceRegistered(), paymentRecorded(), paymentAllocated(), refundRecorded())
    const on = (reason: 'BOUNCED' | 'CHARGED_BACK' | 'MISTAKE') => reverse({ reason, reversedOn: '2026-11-10' })
    for (const reason of ['BOUNCED', 'CHARGED_BACK'] as const) {
      t.match(refunded.when(on(reason)), [
        { type: 'PaymentDeallocated', data: { amount: paymentAllocated().data.amount } },
        { type: 'ClaimRegistered', data: { total: ron('90.00') } },
        { type: 'PaymentReversed', data: { amount: ron('1500.00'), reason } },
      ])
    }
    const details = { paymentId: 'pay-1', amount: ron('1500.00'), refunded: ron('90.00') }
    t.throws(() => refunded.when(on('MISTAKE')), { code: 'PAYMENT_REFUNDED', details })
  })
  t.test('is made in ways that money can be given back', async (t) => {
    const parse = (method: string) => RecordRefund.safeParse({ ...recordRefund(), method }).success
    t.ok(parse('CASH'))
    for (const method of ['CHEQUE', 'SET_OFF', 'COURIER_COD']) t.notOk(parse(method), method)
  })
})

t.test('RecordSetOff', async (t) => {
  const history = [account, invoiceRegistered(), invoiceRegistered({ invoiceId: 'inv-1025' })]
  const items = (...amounts: readonly string[]) =>
    amounts.map((amount, index) => ({ invoiceId: `inv-${1024 + index}`, amount }))

  t.test('settles invoices as a payment does, without money', async (t) => {
    t.same(given(...history).when(setOff({ note: 'compensare' })), [
      paymentRecorded({
        paymentId: 'set-4',
        amount: ron('300.00'),
        method: 'SET_OFF',
        receivedOn: '2026-11-12',
        allocationRule: 'explicit@1',
        bankReference: 'PV 4',
        remittanceText: 'compensare',
      }),
      paymentAllocated({
        paymentId: 'set-4',
        amount: ron('300.00'),
        allocatedOn: '2026-11-12',
        collectedOn: '2026-11-12',
      }),
    ])
  })
  t.test('leaves no credit, and takes none that is not there', async (t) => {
    t.equal(given(...history).when(setOff({ items: items('200.00', '100.00') })).length, 3)
    t.throws(() => given(...history).when(setOff({ items: items('200.00', '99.99') })), {
      code: 'SET_OFF_DOES_NOT_ADD_UP',
      details: { sum: ron('299.99') },
    })
    t.throws(() => given(...history).when(setOff({ items: items('200.00', '100.01') })), {
      code: 'ALLOCATION_EXCEEDS_CREDIT',
      details: { credit: ron('100.00') },
    })
  })
  t.test('settles up to the open amount, not one ban more', async (t) => {
    const whole = (amount: string) => setOff({ amount: ron(amount), items: items(amount) })
    t.equal(given(...history).when(whole('1210.00')).length, 2)
    t.throws(() => given(...history).when(whole('1210.01')), { code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT' })
  })
  t.test('is refused the second time, and for what is not there yet', async (t) => {
    const again = () => given(...history, paymentRecorded({ paymentId: 'set-4' })).when(setOff())
    t.throws(again, { code: 'PAYMENT_ALREADY_RECORDED', details: { paymentId: 'set-4' } })
    t.throws(() => given().when(setOff()), { code: 'CLIENT_NOT_FOUND' })
    t.throws(() => given(account).when(setOff()), { code: 'INVOICE_NOT_FOUND' })
    t.throws(() => given(...history).when(setOff({ amount: eur('300.00') })), { code: 'CURRENCY_MISMATCH' })
  })
  t.test('names every invoice once', async (t) => {
    const item = { invoiceId: 'inv-1024', amount: '150.00' }
    t.notOk(RecordSetOff.safeParse(recordSetOff({ items: [item, item] })).success)
    t.notOk(RecordSetOff.safeParse(recordSetOff({ items: [] })).success)
  })
})

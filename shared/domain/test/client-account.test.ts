import t from 'tap'
import {
  allocatePayment,
  clientRegistered,
  clientUpdated,
  deallocatePayment,
  invoiceRegistered,
  issueReceipt,
  paymentAllocated,
  paymentDeallocated,
  paymentRecorded,
  paymentReversed,
  receiptDeclined,
  receiptReleased,
  receiptRequested,
  recordPayment,
  registerClient,
  registerInvoice,
  reversePayment,
  ron,
  updateClient,
} from '../src/examples.ts'
import {
  type AccountEvent,
  Allocation,
  clientAccount,
  DeallocatePayment,
  type DeclineReceipt,
  RecordPayment,
  RegisterClient,
  RegisterInvoice,
  type ReleaseReceipt,
  UpdateClient,
} from '../src/index.ts'
import { givenOf, today } from './given.ts'

const eur = (amount: string) => ({ amount, currency: 'EUR' })
const given = givenOf(clientAccount)
const account = clientRegistered()
const explicit = (invoiceId: string, amount: string) => ({ rule: 'explicit' as const, items: [{ invoiceId, amount }] })

const register = (change: Parameters<typeof registerInvoice>[0] = {}) =>
  ({ type: 'RegisterInvoice', data: registerInvoice(change) }) as const
const record = (change: Omit<Partial<ReturnType<typeof recordPayment>>, 'receipt'> = {}, receiptSeries?: string) => {
  const { receipt: _, ...data } = recordPayment(change)
  const receipt = receiptSeries === undefined ? undefined : { series: receiptSeries, receiptId: 'rec-15' }
  return { type: 'RecordPayment', data: { ...data, receipt } } as const
}
const allocate = (change: Parameters<typeof allocatePayment>[0] = {}) =>
  ({ type: 'AllocatePayment', data: allocatePayment(change) }) as const
const deallocate = (change: Parameters<typeof deallocatePayment>[0] = {}) =>
  ({ type: 'DeallocatePayment', data: deallocatePayment(change) }) as const
const reverse = (change: Parameters<typeof reversePayment>[0] = {}) =>
  ({ type: 'ReversePayment', data: reversePayment(change) }) as const
const askReceipt = (change: Parameters<typeof issueReceipt>[0] = {}) =>
  ({ type: 'IssueReceipt', data: { ...issueReceipt(change), receiptId: 'rec-15' } }) as const

/** The allocations among the events, as `invoice amount day`. */
const allocations = (events: readonly AccountEvent[]): readonly string[] =>
  events.flatMap(({ type, data }) =>
    type === 'PaymentAllocated' ? [`${data.invoiceId} ${data.amount.amount} ${data.allocatedOn}`] : [],
  )

t.test('RegisterClient', async (t) => {
  const command = (change: Parameters<typeof registerClient>[0] = {}) =>
    ({ type: 'RegisterClient', data: registerClient(change) }) as const

  t.test('opens the account', async (t) => {
    t.same(given().when(command()), [clientRegistered()])
  })
  t.test('is refused the second time', async (t) => {
    t.throws(() => given(account).when(command()), { code: 'CLIENT_ALREADY_REGISTERED', details: { clientId: 'alfa' } })
  })
  t.test('holds a Romanian business to the control digit of its fiscal code', async (t) => {
    t.throws(() => given().when(command({ taxId: '123456788' })), {
      code: 'TAX_ID_INVALID',
      details: { path: '/taxId' },
    })
    t.equal(given().when(command({ taxId: 'X-77', address: { city: 'Wien', countryCode: 'AT' } })).length, 1)
  })
  t.test('keeps no personal code', async (t) => {
    const person = command({ kind: 'INDIVIDUAL', name: 'Ana Pop', taxId: '1800101221144' })
    t.throws(() => given().when(person), { code: 'TAX_ID_INVALID', details: { path: '/taxId' } })
    t.equal(given().when(command({ kind: 'INDIVIDUAL', taxId: undefined })).length, 1)
  })
  t.test('wants a tax id of a business, and no field it does not know', async (t) => {
    const { taxId: _, ...withoutTaxId } = registerClient()
    t.match(RegisterClient.safeParse(withoutTaxId).error?.issues, [
      { path: ['taxId'], message: 'required for a BUSINESS' },
    ])
    t.ok(RegisterClient.safeParse({ ...withoutTaxId, kind: 'INDIVIDUAL' }).success)
    t.notOk(RegisterClient.safeParse({ ...registerClient(), phone: '0700' }).success)
  })
})

t.test('UpdateClient', async (t) => {
  const command = (change: Parameters<typeof updateClient>[0] = {}) =>
    ({ type: 'UpdateClient', data: updateClient(change) }) as const

  t.test('writes only what changed', async (t) => {
    const change = command({ taxId: '123456789', email: 'office@alfa.example' })
    const expected = clientUpdated({ email: 'office@alfa.example' })
    t.same(given(account).when(change), [expected])
  })
  t.test('writes nothing the second time', async (t) => {
    t.same(given(account, clientUpdated()).when(command()), [])
    t.same(given(account).when(command({ name: 'Alfa SRL', address: { city: 'Cluj-Napoca', countryCode: 'RO' } })), [])
  })
  t.test('is refused before the client is registered', async (t) => {
    t.throws(() => given().when(command()), { code: 'CLIENT_NOT_FOUND' })
  })
  t.test('judges the tax id of what the client becomes', async (t) => {
    const person = clientRegistered({ kind: 'INDIVIDUAL', taxId: undefined })
    t.throws(() => given(person).when(command({ kind: 'BUSINESS' })), { code: 'TAX_ID_INVALID' })
    t.throws(() => given(account).when(command({ taxId: '123456788' })), { code: 'TAX_ID_INVALID' })
    t.equal(given(person).when(command({ kind: 'BUSINESS', taxId: '123456789' })).length, 1)
  })
  t.test('wants something to change', async (t) => {
    t.notOk(UpdateClient.safeParse({ clientId: 'alfa' }).success)
  })
})

t.test('RegisterInvoice', async (t) => {
  t.test('is accepted', async (t) => {
    t.same(given(account).when(register()), [invoiceRegistered()])
  })
  t.test('is refused the second time, and before the client is registered', async (t) => {
    const again = () => given(account, invoiceRegistered()).when(register())
    t.throws(again, { code: 'INVOICE_ALREADY_REGISTERED', details: { invoiceId: 'inv-1024' } })
    t.throws(() => given().when(register()), { code: 'CLIENT_NOT_FOUND' })
  })
  t.test('may be due on the day of issue, not the day before', async (t) => {
    t.equal(given(account).when(register({ dueOn: '2026-10-01' })).length, 1)
    t.throws(() => given(account).when(register({ dueOn: '2026-09-30' })), { code: 'DUE_BEFORE_ISSUE' })
  })
  t.test('adds up to the ban', async (t) => {
    const lines = (vat: string) => register({ vatLines: [{ rate: '21', base: '1000.00', vat }] })
    for (const vat of ['209.99', '210.01']) {
      t.throws(() => given(account).when(lines(vat)), {
        code: 'VAT_LINES_DO_NOT_ADD_UP',
        details: { total: ron('1210.00') },
      })
    }
    const tooPrecise = () => given(account).when(lines('210.001'))
    t.throws(tooPrecise, { code: 'AMOUNT_TOO_PRECISE', details: { amount: '210.001' } })
  })
  t.test('may carry no VAT, and writes amounts with all their digits', async (t) => {
    t.match(given(account).when(register({ vatLines: undefined })), [{ data: { vatLines: [] } }])
    const short = register({ vatLines: [{ rate: '21', base: '1000', vat: '210.0' }] })
    t.match(given(account).when(short), [{ data: { vatLines: [{ base: '1000.00', vat: '210.00' }] } }])
  })
  t.test('has instalments that add up, in order, the last on the due day', async (t) => {
    const parts = (...instalments: { dueOn: string; amount: string }[]) =>
      given(account).when(register({ instalments }))
    const first = { dueOn: '2026-10-15', amount: '1000.00' }
    t.match(parts(first, { dueOn: '2026-10-31', amount: '210' }), [
      { data: { instalments: [first, { amount: '210.00' }] } },
    ])
    const refused = { code: 'INSTALMENTS_DO_NOT_ADD_UP' }
    t.throws(() => parts(first, { dueOn: '2026-10-31', amount: '209.99' }), refused)
    t.throws(() => parts(first, { dueOn: '2026-10-31', amount: '210.01' }), refused)
    t.throws(() => parts(first, { dueOn: '2026-10-30', amount: '210.00' }), refused)
    t.throws(() => parts({ ...first, dueOn: '2026-10-31' }, { dueOn: '2026-10-31', amount: '210.00' }), refused)
  })
  t.test('refuses a malformed body, naming the field', async (t) => {
    const paths = (change: object) =>
      (RegisterInvoice.safeParse({ ...registerInvoice(), ...change }).error?.issues ?? []).map((issue) =>
        issue.path.join('/'),
      )
    t.same(paths({ total: { amount: 1210, currency: 'RON' } }), ['total/amount'])
    t.same(paths({ dueOn: '2026-02-30' }), ['dueOn'])
    t.same(paths({ vatLines: [{ rate: '21.001', base: '1.00', vat: '0.00' }] }), ['vatLines/0/rate'])
    t.same(paths({ number: 'A\u0000' }), ['number'])
    t.same(paths({}), [])
  })
})

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
    t.match(given(...history).when(payment), [{ data: { allocationRule: 'oldestDueFirst@1' } }, {}, {}, {}])
  })
  t.test('settles nothing when told so, or when nothing is open: an advance', async (t) => {
    t.equal(given(account, invoiceRegistered()).when(record({ allocation: { rule: 'none' } })).length, 1)
    t.equal(given(account).when(record({ allocation: { rule: 'oldestDueFirst' } })).length, 1)
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
    const twice = [
      { invoiceId: 'inv-1024', amount: '1.00' },
      { invoiceId: 'inv-1024', amount: '1.00' },
    ]
    t.notOk(Allocation.safeParse({ rule: 'explicit', items: twice }).success, 'no invoice twice')
    t.notOk(Allocation.safeParse({ rule: 'explicit', items: [] }).success, 'at least one')
    t.notOk(Allocation.safeParse({ rule: 'newestFirst' }).success, 'a rule that exists')
  })
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

t.test('receipts of an account', async (t) => {
  const cash = { paymentId: 'pay-2', method: 'CASH' as const, amount: ron('500.00') }
  const history = [account, invoiceRegistered(), paymentRecorded(cash), paymentAllocated({ paymentId: 'pay-2' })]
  const decline = (change: Partial<DeclineReceipt> = {}) =>
    ({ type: 'DeclineReceipt', data: { ...receiptDeclined().data, ...change } }) as const
  const release = (change: Partial<ReleaseReceipt> = {}) => {
    const { releasedOn: annulledOn, ...data } = receiptReleased().data
    return { type: 'ReleaseReceipt', data: { ...data, annulledOn, alsoReversePayment: false, ...change } } as const
  }

  t.test('IssueReceipt says what the money settles', async (t) => {
    t.same(given(...history).when(askReceipt()), [receiptRequested()])
    const advance = given(account, paymentRecorded(cash)).when(askReceipt())
    t.match(advance, [{ data: { settles: [], advance: '500.00' } }])
  })
  t.test('IssueReceipt is refused while another one lives', async (t) => {
    const second = () => given(...history, receiptRequested()).when(askReceipt())
    t.throws(second, { code: 'RECEIPT_ALREADY_ISSUED', details: { receiptId: 'rec-15', series: 'AMC-C' } })
    t.equal(given(...history, receiptRequested(), receiptDeclined()).when(askReceipt()).length, 1)
    t.equal(given(...history, receiptRequested(), receiptReleased()).when(askReceipt()).length, 1)
  })
  t.test('IssueReceipt is for cash that was paid and stayed', async (t) => {
    const transfer = given(account, paymentRecorded({ paymentId: 'pay-2' }))
    t.throws(() => transfer.when(askReceipt()), { code: 'RECEIPT_ONLY_FOR_CASH', details: { method: 'BANK_TRANSFER' } })
    const gone = given(account, paymentRecorded(cash), paymentReversed({ paymentId: 'pay-2', amount: ron('500.00') }))
    t.throws(() => gone.when(askReceipt()), { code: 'PAYMENT_ALREADY_REVERSED' })
    t.throws(() => given(account).when(askReceipt()), { code: 'PAYMENT_NOT_FOUND' })
  })
  t.test('DeclineReceipt frees the payment once', async (t) => {
    const requested = given(...history, receiptRequested())
    t.same(requested.when(decline()), [receiptDeclined()])
    t.same(requested.when(decline({ receiptId: 'another' })), [], 'another receipt is not this one')
    t.same(given(...history, receiptRequested(), receiptDeclined()).when(decline()), [])
  })
  t.test('ReleaseReceipt frees the payment once, and may take it away', async (t) => {
    const requested = given(...history, receiptRequested())
    t.same(requested.when(release()), [receiptReleased()])
    t.same(given(...history, receiptRequested(), receiptReleased()).when(release()), [])
    const types = requested.when(release({ alsoReversePayment: true })).map((event) => event.type)
    t.same(types, ['ReceiptReleased', 'PaymentDeallocated', 'PaymentReversed'])
  })
  t.test('ReleaseReceipt never refuses, so it reverses on the first day that it may', async (t) => {
    const later = paymentAllocated({
      paymentId: 'pay-2',
      invoiceId: 'inv-1024',
      amount: ron('1.00'),
      allocatedOn: '2026-11-20',
    })
    const events = given(...history.slice(0, 3), later, receiptRequested()).when(release({ alsoReversePayment: true }))
    t.match(events.at(-1), { data: { reversedOn: '2026-11-20', reason: 'MISTAKE' } })
  })
  t.test('ReleaseReceipt leaves a payment that is already reversed', async (t) => {
    const reversed = given(
      account,
      paymentRecorded(cash),
      receiptRequested(),
      paymentReversed({ paymentId: 'pay-2', amount: ron('500.00') }),
    )
    t.same(reversed.when(release({ alsoReversePayment: true })), [receiptReleased()])
  })
})

t.test('history that was never ours is not passed over', async (t) => {
  t.throws(() => given(paymentAllocated()).when(register()), /history names pay-1 before introducing it/)
  t.throws(() => given(account, paymentRecorded(), paymentAllocated()).when(register()), /history names inv-1024/)
  t.throws(() => given(clientUpdated()).when(register()), /history updates a client before registering it/)
})

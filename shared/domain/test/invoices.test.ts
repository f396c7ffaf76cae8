import t from 'tap'
import {
  creditNoteRegistered,
  discountGranted,
  invoiceCancelled,
  invoiceRegistered,
  invoiceRescheduled,
  invoiceWrittenOff,
  paymentAllocated,
  paymentDeallocated,
  paymentRecorded,
  registerCreditNote,
  registerInvoice,
  rescheduleInvoice,
  ron,
  writeOffInvoice,
} from '../src/examples.ts'
import {
  type AccountEvent,
  accountInvoices,
  clientAccount,
  DEFAULT_RULES,
  GrantDiscount,
  minorOf,
  RegisterCreditNote,
  RegisterInvoice,
  RescheduleInvoice,
  vatBesideRate,
  WriteOffInvoice,
} from '../src/index.ts'
import {
  account,
  allocate,
  cancel,
  credit,
  discount,
  eur,
  given,
  record,
  refund,
  register,
  reschedule,
  reverseNote,
  writeOff,
} from './account.ts'
import { today } from './given.ts'

t.test('RegisterInvoice', async (t) => {
  t.test('is accepted', async (t) => {
    t.same(given(account).when(register()), [invoiceRegistered()])
  })
  t.test('is refused the second time, and before the client is registered', async (t) => {
    const again = () => given(account, invoiceRegistered()).when(register())
    t.throws(again, { code: 'INVOICE_ALREADY_REGISTERED', details: { invoiceId: 'inv-1024' } })
    t.throws(() => given().when(register()), { code: 'CLIENT_NOT_FOUND' })
  })
  t.test('is one paper, however its series and number are typed; not in another series or another year', async (t) => {
    const registered = given(account, invoiceRegistered({ invoiceId: 'first' }))
    const again: readonly (readonly [series: string | undefined, number: string])[] = [
      ['AMC', '1024'],
      ['amc', '0001024'],
      [' Amc ', '1024 '],
      [undefined, 'AMC 1024'],
      [undefined, 'amc-0001024'],
      [undefined, 'AMC1024'],
      ['A.M.C.', '1024'],
      ['A-MC', '01024'],
      [undefined, 'A.M.C. 1024'],
    ]
    for (const [series, number] of again) {
      t.throws(() => registered.when(register({ series, number })), {
        code: 'DOCUMENT_ALREADY_REGISTERED',
        details: { kind: 'INVOICE', documentId: 'first' },
      })
    }
    const others: readonly (readonly [series: string | undefined, number: string, issuedOn: string])[] = [
      ['BIS', '1024', '2026-10-01'],
      ['AMC', '1025', '2026-10-01'],
      ['AMC', '1024', '2025-10-01'],
      ['AMC 1', '024', '2026-10-01'],
      ['AMC1', '024', '2026-10-01'],
      [undefined, '1024', '2026-10-01'],
      [undefined, 'AMC 1024/A', '2026-10-01'],
    ]
    for (const [series, number, issuedOn] of others) {
      t.equal(registered.when(register({ series, number, issuedOn })).length, 1, `${series} ${number} of ${issuedOn}`)
    }
  })
  t.test('tells of other clients who have such a paper, or refuses it where the company wants it so', async (t) => {
    const other = { clientId: 'beta', kind: 'CREDIT_NOTE', documentId: 'cn-9' } as const
    const elsewhere = { documents: [other] }
    const registered = given(account, invoiceRegistered({ invoiceId: 'first', number: '1' }))
    for (const command of [register(), credit({ invoiceId: undefined }), credit({ invoiceId: 'first' })]) {
      t.match(registered.when(command, { today, elsewhere }), [{ data: { numberUsedBy: [other] } }])
      t.notOk('numberUsedBy' in (registered.when(command, { today, elsewhere: { documents: [] } })[0]?.data ?? {}))
      const company = { ...DEFAULT_RULES, duplicateDocuments: 'REJECT' as const }
      t.throws(() => registered.when(command, { today, elsewhere, company }), {
        code: 'DOCUMENT_ALREADY_REGISTERED',
        details: other,
      })
      t.equal(registered.when(command, { today, company }).length, 1)
    }
  })
  t.test('shares its numbers with credit notes, and leaves its own when it is cancelled', async (t) => {
    const noted = [account, invoiceRegistered({ number: '1' }), creditNoteRegistered()]
    t.throws(() => given(...noted).when(register({ invoiceId: 'new', number: '1030' })), {
      code: 'DOCUMENT_ALREADY_REGISTERED',
      details: { kind: 'CREDIT_NOTE', documentId: 'cn-7' },
    })
    const first = [account, invoiceRegistered({ invoiceId: 'first' })]
    for (const invoiceId of ['first', undefined]) {
      t.throws(() => given(...first).when(credit({ number: '1024', invoiceId })), {
        code: 'DOCUMENT_ALREADY_REGISTERED',
        details: { kind: 'INVOICE', documentId: 'first' },
      })
    }
    const freed = given(...first, invoiceCancelled({ invoiceId: 'first' }))
    t.equal(freed.when(register()).length, 1)
    const second = invoiceRegistered({ invoiceId: 'second' })
    const twice = [...first, second, invoiceCancelled({ invoiceId: 'first' })]
    t.throws(
      () => given(...twice).when(register()),
      { code: 'DOCUMENT_ALREADY_REGISTERED', details: { documentId: 'second' } },
      'of two that nobody had held against each other the other still stands',
    )
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
  t.test('takes an advance off by rate: what it asks for is what the paper says', async (t) => {
    const advance = invoiceRegistered({
      kind: 'ADVANCE',
      total: ron('1190.00'),
      vatLines: [{ rate: '19', base: '1000.00', vat: '190.00' }],
    })
    const off = (base: string, vat: string, change: object = {}) => ({
      rate: '19',
      base,
      vat,
      advanceInvoiceId: 'inv-1024',
      ...change,
    })
    const own = { rate: '21', base: '2000.00', vat: '420.00' }
    const final = (total: string, ...vatLines: NonNullable<Parameters<typeof register>[0]>['vatLines'] & object) =>
      register({ invoiceId: 'inv-50', number: '50', issuedOn: '2026-10-05', total: ron(total), vatLines })
    const whole = final('1230.00', own, off('-1000.00', '-190.00'))
    const events = given(account, advance).when(whole)
    t.match(events, [{ data: { total: ron('1230.00'), vatLines: [own, off('-1000.00', '-190.00')] } }])
    const over = { code: 'CREDIT_NOTE_DOES_NOT_FIT', details: { invoiceId: 'inv-1024', rate: '19' } }
    t.throws(() => given(account, advance).when(final('1229.99', own, off('-1000.01', '-190.00'))), over)
    t.throws(() => given(account, advance).when(final('1229.99', own, off('-1000.00', '-190.01'))), over)
    t.throws(() => given(account, advance).when(final('1230.00', own, off('-1000.00', '-190.00', { rate: '21' }))), {
      code: 'CREDIT_NOTE_DOES_NOT_FIT',
    })
    t.throws(
      () =>
        given(account, advance, ...events).when(
          register({
            ...final('2408.10', own, off('-10.00', '-1.90')).data,
            invoiceId: 'inv-51',
            number: '51',
          }),
        ),
      over,
    )
    const plain = invoiceRegistered()
    t.throws(() => given(account, plain).when(final('1230.00', own, off('-1000.00', '-190.00'))), {
      code: 'CREDIT_NOTE_DOES_NOT_FIT',
      details: { rule: 'only an advance invoice is taken off' },
    })
    t.throws(() => given(account).when(whole), { code: 'INVOICE_NOT_FOUND' })
    const later = invoiceRegistered({ ...advance.data, issuedOn: '2026-10-06' })
    t.throws(() => given(account, later).when(whole), { code: 'UNDO_BEFORE_WHAT_IT_UNDOES' })
    const taken = given(account, advance, ...events)
    const note = credit({ total: ron('0.01'), vatLines: undefined })
    t.throws(() => taken.when(note), { code: 'CREDIT_NOTE_DOES_NOT_FIT' }, 'what is taken off cannot be credited too')
    t.throws(() => taken.when(cancel()), { code: 'INVOICE_NOT_FULLY_OPEN' }, 'nor cancelled')
    const back = taken.when(cancel({ invoiceId: 'inv-50', cancelledOn: '2026-10-07' }))
    t.match(back, [{ data: { vatLines: [own, off('-1000.00', '-190.00')] } }])
    t.equal(given(account, advance, ...events, ...back).when(cancel({ cancelledOn: '2026-10-07' })).length, 1)
    const bare = invoiceRegistered({ kind: 'ADVANCE', vatLines: [] })
    const zero = final('0.00', { rate: '0', base: '1210.00', vat: '0.00' }, off('-1210.00', '0.00', { rate: '0' }))
    t.equal(given(account, bare).when(zero).length, 1, 'an advance without VAT, too')
  })
  t.test('may ask for nothing, and is cancelled once', async (t) => {
    const nothing = register({ total: ron('0.00'), vatLines: undefined })
    const events = given(account).when(nothing)
    t.match(events, [{ data: { total: ron('0.00') } }])
    const back = given(account, ...events).when(cancel())
    t.equal(back.length, 1)
    t.throws(() => given(account, ...events, ...back).when(cancel()), { code: 'INVOICE_NOT_FULLY_OPEN' })
    const exchangeRate = { rate: '4.9765', source: 'BNR', publishedOn: '2026-09-30' } as const
    const inLei = { today, company: { ...DEFAULT_RULES, functionalCurrency: 'RON' } }
    const command = register({ total: eur('0.00'), vatLines: undefined, exchangeRate })
    const foreign = given(account).when(command, inLei)
    t.equal(given(account, ...foreign).when(cancel(), inLei).length, 1)
  })
  t.test('below zero is a credit note, and the refusal says so', async (t) => {
    const rules = (change: object) =>
      (RegisterInvoice.safeParse({ ...registerInvoice(), ...change }).error?.issues ?? []).map(
        ({ path, message }) => `${path.join('/')}: ${message}`,
      )
    t.match(rules({ total: ron('-0.01') }), [/^total\/amount: .*credit note/])
    t.same(rules({ total: ron('0.00'), vatLines: [] }), [])
    t.same(rules({ vatLines: [{ rate: '21', base: '-1.00', vat: '0.00' }] }), [
      'vatLines/0/base: below zero only with advanceInvoiceId',
    ])
    const line = { rate: '21', advanceInvoiceId: 'inv-1' }
    t.same(rules({ vatLines: [{ ...line, base: '-1.00', vat: '0.21' }] }), [
      'vatLines/0/vat: below zero, for it takes off an advance',
    ])
    t.same(rules({ kind: 'ADVANCE', vatLines: [{ ...line, base: '-1.00', vat: '-0.21' }] }), [
      'vatLines: an advance invoice takes no advance off',
    ])
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

/** An invoice of 1210.00 after 500.00 were paid on it and taken back on the 10th of November. */
const undone = [
  account,
  invoiceRegistered(),
  paymentRecorded(),
  paymentAllocated(),
  paymentDeallocated({ deallocatedOn: '2026-11-10' }),
]

t.test('CancelInvoice', async (t) => {
  const open = [account, invoiceRegistered({ cashAccounting: true })]

  t.test('takes all of the invoice out of the books, as it came in', async (t) => {
    t.same(given(...open).when(cancel()), [invoiceCancelled({ cashAccounting: true })])
  })
  t.test('is refused as soon as one ban is settled', async (t) => {
    const paid = [...open, paymentRecorded(), paymentAllocated({ amount: ron('0.01') })]
    t.throws(() => given(...paid).when(cancel()), {
      code: 'INVOICE_NOT_FULLY_OPEN',
      details: { total: ron('1210.00'), open: ron('1209.99') },
    })
    t.throws(() => given(...open, creditNoteRegistered()).when(cancel()), { code: 'INVOICE_NOT_FULLY_OPEN' })
    t.equal(
      given(...undone).when(cancel({ cancelledOn: '2026-11-10' })).length,
      1,
      'and accepted once it is taken back',
    )
  })
  t.test('is refused the second time, and for what is not there yet', async (t) => {
    t.throws(() => given(...open, invoiceCancelled()).when(cancel()), { code: 'INVOICE_NOT_FULLY_OPEN' })
    t.throws(() => given(account).when(cancel()), { code: 'INVOICE_NOT_FOUND' })
    t.throws(() => given().when(cancel()), { code: 'CLIENT_NOT_FOUND' })
  })
  t.test('is effective today unless a day is given, and never before the invoice or the last undo on it', async (t) => {
    t.match(given(...open).when(cancel({ cancelledOn: undefined })), [{ data: { cancelledOn: today } }])
    t.match(given(...open).when(cancel({ cancelledOn: undefined }), { today: '2026-09-30' }), [
      { data: { cancelledOn: '2026-10-01' } },
    ])
    t.throws(() => given(...open).when(cancel({ cancelledOn: '2026-09-30' })), { code: 'UNDO_BEFORE_WHAT_IT_UNDOES' })
    t.throws(() => given(...undone).when(cancel({ cancelledOn: '2026-11-09' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { earliest: '2026-11-10' },
    })
  })
  t.test('leaves nothing to pay', async (t) => {
    const history = [...open, paymentRecorded(), invoiceCancelled()]
    t.throws(() => given(...history).when(allocate({ invoiceId: 'inv-1024', amount: '0.01' })), {
      code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      details: { open: ron('0.00') },
    })
  })
})

t.test('CancelInvoice with freeSettlements', async (t) => {
  const history = [
    account,
    invoiceRegistered(),
    paymentRecorded(),
    paymentAllocated({ amount: ron('500.00') }),
    creditNoteRegistered({ number: '1031' }),
    discountGranted(),
    invoiceWrittenOff({ amount: ron('100.00') }),
  ]
  const free = (change: object = {}) => cancel({ freeSettlements: true, cancelledOn: '2026-11-21', ...change })
  t.test('takes off all that settles it, and then it was never there', async (t) => {
    const events = given(...history).when(free())
    t.match(events, [
      { type: 'PaymentDeallocated', data: { paymentId: 'pay-1', amount: ron('500.00'), reason: 'INVOICE_CANCELLED' } },
      { type: 'CreditNoteReversed', data: { creditNoteId: 'cn-7', reason: 'INVOICE_CANCELLED' } },
      { type: 'DiscountReversed', data: { discountId: 'dis-4', reversedOn: '2026-11-21' } },
      { type: 'WriteOffReversed', data: { writeOffId: 'wo-2', amount: ron('100.00') } },
      { type: 'InvoiceCancelled', data: { total: ron('1210.00'), cancelledOn: '2026-11-21' } },
    ])
    const after = given(...history, ...events)
    t.throws(() => after.when(free()), { code: 'INVOICE_NOT_FULLY_OPEN' }, 'once')
    t.throws(() => after.when(allocate({ invoiceId: 'inv-1024', amount: '0.01' })), {
      code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
    })
  })
  t.test('asks for it, and comes after what it undoes', async (t) => {
    t.throws(() => given(...history).when(cancel()), { code: 'INVOICE_NOT_FULLY_OPEN' })
    t.throws(() => given(...history).when(free({ freeSettlements: false })), { code: 'INVOICE_NOT_FULLY_OPEN' })
    t.throws(() => given(...history).when(free({ cancelledOn: '2026-11-19' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { path: '/cancelledOn', earliest: '2026-11-20' },
    })
    t.equal(given(...history).when(free({ cancelledOn: '2026-11-20' })).length, 5)
    t.equal(given(account, invoiceRegistered()).when(free()).length, 1, 'of one with nothing on it, as ever')
  })
})

t.test('RegisterCreditNote', async (t) => {
  const open = [account, invoiceRegistered()]
  const plain = (amount: string) => credit({ total: ron(amount), vatLines: undefined })
  const onAccount = (change: Parameters<typeof credit>[0] = {}) => credit({ invoiceId: undefined, ...change })

  t.test('lowers the invoice that it names, and is of its kind', async (t) => {
    t.same(given(...open).when(credit()), [creditNoteRegistered()])
    const advance = invoiceRegistered({ kind: 'ADVANCE', cashAccounting: true })
    t.match(given(account, advance).when(credit({ cashAccounting: false })), [
      { data: { kind: 'ADVANCE', cashAccounting: true } },
    ])
  })
  t.test('lowers it to nothing, not one ban further', async (t) => {
    t.equal(given(...open).when(plain('1210.00')).length, 1)
    t.throws(() => given(...open).when(plain('1210.01')), {
      code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      details: { invoiceId: 'inv-1024', open: ron('1210.00') },
    })
    const first = creditNoteRegistered({ creditNoteId: 'cn-6', number: '1029' })
    t.equal(given(...open, first).when(plain('968.00')).length, 1, 'what the first one left')
    t.throws(() => given(...open, first).when(plain('968.01')), {
      code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      details: { open: ron('968.00') },
    })
  })
  t.test('on what is paid frees the newest money first, as much as it has to', async (t) => {
    const paid = [
      ...open,
      paymentRecorded(),
      paymentAllocated(),
      paymentRecorded({ paymentId: 'pay-2', amount: ron('700.00') }),
      paymentAllocated({ paymentId: 'pay-2', amount: ron('700.00'), allocatedOn: '2026-11-05' }),
    ]
    const freedBy = (events: readonly AccountEvent[]) =>
      events.map(({ type, data }) =>
        type === 'PaymentDeallocated'
          ? `${data.paymentId} ${data.amount.amount} ${data.deallocatedOn} ${data.reason} ${data.creditNoteId}`
          : type === 'CreditNoteRegistered'
            ? `${data.total.amount} ${data.creditedOn}`
            : type,
      )
    const note = (amount: string, issuedOn = '2026-11-20') =>
      given(...paid).when(credit({ total: ron(amount), vatLines: undefined, issuedOn }))
    t.same(freedBy(note('10.00')), ['10.00 2026-11-20'], 'what is open is enough')
    t.same(freedBy(note('10.01')), ['pay-2 0.01 2026-11-20 CREDIT_NOTE cn-7', '10.01 2026-11-20'])
    t.same(freedBy(note('1210.00')), [
      'pay-2 700.00 2026-11-20 CREDIT_NOTE cn-7',
      'pay-1 500.00 2026-11-20 CREDIT_NOTE cn-7',
      '1210.00 2026-11-20',
    ])
    t.throws(() => note('1210.01'), {
      code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      details: { invoiceId: 'inv-1024', open: ron('10.00'), allocated: ron('1200.00') },
    })
    t.same(
      freedBy(note('1000.00', '2026-11-03')),
      ['pay-2 700.00 2026-11-05 CREDIT_NOTE cn-7', 'pay-1 290.00 2026-11-05 CREDIT_NOTE cn-7', '1000.00 2026-11-05'],
      'never before the money that it frees',
    )
    const done = given(...paid, ...note('1210.00'))
    t.equal(
      done.when(refund({ amount: '1500.00', refundedOn: '2026-11-20' })).length,
      1,
      'the money is credit as if it had never been allocated',
    )
    t.throws(
      () => done.when(credit({ creditNoteId: 'cn-8', number: '1031', total: ron('0.01'), vatLines: undefined })),
      {
        code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
        details: { open: ron('0.00'), allocated: ron('0.00') },
      },
    )
  })
  t.test('adds up to the ban', async (t) => {
    for (const vat of ['41.99', '42.01']) {
      const lines = credit({ vatLines: [{ rate: '21', base: '200.00', vat }] })
      t.throws(() => given(...open).when(lines), { code: 'VAT_LINES_DO_NOT_ADD_UP' })
    }
  })
  t.test('takes back no more VAT at any rate than the invoice has left of it', async (t) => {
    const two = invoiceRegistered({
      total: ron('1765.00'),
      vatLines: [
        { rate: '21', base: '1000.00', vat: '210.00' },
        { rate: '11', base: '500.00', vat: '55.00' },
      ],
    })
    const note = (total: string, ...vatLines: readonly (readonly [rate: string, base: string, vat: string])[]) =>
      credit({ total: ron(total), vatLines: vatLines.map(([rate, base, vat]) => ({ rate, base, vat })) })
    const registered = given(account, two)
    t.equal(registered.when(note('1765.00', ['21.00', '1000.00', '210.00'], ['11', '500.00', '55.00'])).length, 1)
    const refused = (command: ReturnType<typeof note>, rate: string, left: object, history = registered) =>
      t.throws(() => history.when(command), { code: 'CREDIT_NOTE_DOES_NOT_FIT', details: { rate, left } })
    refused(note('1210.01', ['21', '1000.00', '210.01']), '21', { base: '1000.00', vat: '210.00' })
    refused(note('1210.01', ['21', '1000.01', '210.00']), '21', { base: '1000.00', vat: '210.00' })
    refused(note('119.00', ['19', '100.00', '19.00']), '19', { base: '0.00', vat: '0.00' })
    refused(note('100.00', ['0', '100.00', '0.00']), '0', { base: '0.00', vat: '0.00' })
    refused(note('100.00'), '21', { base: '1000.00', vat: '210.00' })
    const discounted = discountGranted({
      amount: ron('605.00'),
      vatLines: [{ rate: '21', base: '500.00', vat: '105.00' }],
    })
    const half = given(account, two, discounted)
    t.equal(half.when(note('605.00', ['21', '500.00', '105.00'])).length, 1)
    refused(note('605.01', ['21', '500.00', '105.01']), '21', { base: '500.00', vat: '105.00' }, half)
    const withoutVat = given(account, invoiceRegistered({ vatLines: [] }))
    t.match(withoutVat.when(note('100.00')), [{ data: { vatLines: [] } }])
    refused(note('121.00', ['21', '100.00', '21.00']), '21', { base: '0.00', vat: '0.00' }, withoutVat)
  })
  t.test('takes its share of the VAT where it names none, and the last one the rest', async (t) => {
    const vatLines = [
      { rate: '21', base: '10.01', vat: '2.10' },
      { rate: '11', base: '3.34', vat: '0.37' },
      { rate: '0', base: '0.18', vat: '0.00' },
    ]
    let history: AccountEvent[] = [account, invoiceRegistered({ total: ron('16.00'), vatLines })]
    const taken = new Map<string, bigint>()
    for (const [index, amount] of ['0.01', '4.99', '3.33', '7.66', '0.01'].entries()) {
      const note = { creditNoteId: `cn-${index}`, number: `S${index}`, total: ron(amount), vatLines: undefined }
      const [event] = given(...history).when(credit(note))
      if (event?.type !== 'CreditNoteRegistered') return t.fail('a credit note')
      history = [...history, event]
      let sum = 0n
      for (const { rate, base, vat } of event.data.vatLines) {
        for (const [name, part] of [
          [`${rate} base`, minorOf(ron(base))],
          [`${rate} vat`, minorOf(ron(vat))],
        ] as const) {
          sum += part
          taken.set(name, (taken.get(name) ?? 0n) + part)
        }
      }
      t.equal(sum, minorOf(ron(amount)), `${amount} is made up`)
    }
    t.same(
      Object.fromEntries(taken),
      { '21 base': 1001n, '21 vat': 210n, '11 base': 334n, '11 vat': 37n, '0 base': 18n, '0 vat': 0n },
      'all of it, to the ban',
    )
  })
  t.test('without an invoice becomes credit that is allocated as money is', async (t) => {
    const [note, ...others] = given(...open).when(onAccount({ cashAccounting: true }))
    t.match(note, { data: { kind: 'INVOICE', creditedOn: '2026-10-20', cashAccounting: true } })
    t.notOk(note !== undefined && 'invoiceId' in note.data, 'it names none')
    t.equal(others.length, 0, 'and nothing is settled unasked')
    const held = given(...open, creditNoteRegistered({ invoiceId: undefined }))
    const use = (amount: string) =>
      allocate({ paymentId: 'cn-7', invoiceId: 'inv-1024', amount, allocatedOn: undefined })
    t.match(held.when(use('242.00')), [{ type: 'PaymentAllocated', data: { allocatedOn: '2026-10-20' } }])
    t.throws(() => held.when(use('242.01')), { code: 'ALLOCATION_EXCEEDS_CREDIT', details: { credit: ron('242.00') } })
  })
  t.test('on account may correct an invoice: of its scheme, kind and VAT, and what is open of it stays', async (t) => {
    const advance = invoiceRegistered({ kind: 'ADVANCE', cashAccounting: true })
    const corrects = (change: Parameters<typeof credit>[0] = {}) => onAccount({ corrects: 'inv-1024', ...change })
    const events = given(account, advance).when(corrects())
    t.match(events, [
      { data: { corrects: 'inv-1024', kind: 'ADVANCE', cashAccounting: true, creditedOn: '2026-10-20' } },
    ])
    t.match(given(account, advance, ...events).when(writeOff()), [{ data: { amount: ron('1210.00') } }])
    t.match(given(...open).when(corrects({ vatLines: undefined })), [
      { data: { vatLines: [{ rate: '21', base: '200.00', vat: '42.00' }] } },
    ])
    const late = [paymentRecorded(), paymentAllocated({ allocatedOn: '2026-11-05' })]
    t.match(given(account, advance, ...late).when(corrects()), [{ data: { creditedOn: '2026-11-05' } }])
    t.match(given(...open, ...late).when(corrects()), [{ data: { creditedOn: '2026-10-20' } }])
    const whole = (total: string) =>
      corrects({ creditNoteId: 'cn-8', number: '1031', total: ron(total), vatLines: undefined })
    t.equal(given(account, advance, ...events).when(whole('968.00')).length, 1)
    t.throws(() => given(account, advance, ...events).when(whole('968.01')), { code: 'CREDIT_NOTE_DOES_NOT_FIT' })
    const bare = given(account, invoiceRegistered({ vatLines: [] }))
    t.equal(bare.when(whole('1210.00')).length, 1)
    t.throws(() => bare.when(whole('1210.01')), { code: 'CREDIT_NOTE_DOES_NOT_FIT', details: { left: ron('1210.00') } })
    const gone = given(account, invoiceRegistered({ vatLines: [] }), invoiceCancelled({ vatLines: [] }))
    t.throws(() => gone.when(whole('0.01')), {
      code: 'CREDIT_NOTE_DOES_NOT_FIT',
      details: { invoiceId: 'inv-1024' },
    })
    t.throws(() => given(account).when(corrects()), { code: 'INVOICE_NOT_FOUND' })
    t.throws(() => given(...open).when(corrects({ total: eur('242.00') })), { code: 'CURRENCY_MISMATCH' })
    const back = reverseNote({ creditNoteId: 'cn-7', reversedOn: '2026-10-25' })
    const reversed = given(account, advance, ...events).when(back)
    t.match(reversed, [
      { type: 'CreditNoteReversed', data: { corrects: 'inv-1024', kind: 'ADVANCE', cashAccounting: true } },
    ])
    const restored = given(account, advance, ...events, ...reversed)
    t.equal(restored.when(whole('1210.00')).length, 1, 'the invoice has its VAT again')
    const cancelled = cancel({ cancelledOn: '2026-10-26' })
    t.throws(() => given(account, advance, ...events).when(cancelled), { code: 'INVOICE_NOT_FULLY_OPEN' })
    t.equal(restored.when(cancelled).length, 1)
    t.throws(() => restored.when(whole('1210.01')), { code: 'CREDIT_NOTE_DOES_NOT_FIT' })
    const both = RegisterCreditNote.safeParse(registerCreditNote({ corrects: 'inv-1024' }))
    t.same(
      both.error?.issues.map(({ path }) => path.join('/')),
      ['corrects'],
    )
  })
  t.test('takes no more off an invoice without VAT than it was for, together with what else takes of it', async (t) => {
    const bare = [account, invoiceRegistered({ vatLines: [] })]
    const note = (creditNoteId: string, total: string, change: object = {}) => ({
      creditNoteId,
      number: creditNoteId,
      total: ron(total),
      vatLines: undefined,
      ...change,
    })
    const corrects = (id: string, total: string) => onAccount({ ...note(id, total), corrects: 'inv-1024' })
    const lowers = (id: string, total: string) => credit(note(id, total))
    const grants = (total: string) => discount({ amount: total, vatLines: undefined })
    const corrected = [...bare, ...given(...bare).when(corrects('cn-1', '1000.00'))]
    for (const another of [corrects, lowers, (_: string, total: string) => grants(total)]) {
      t.equal(given(...corrected).when(another('cn-2', '210.00')).length, 1)
      t.throws(() => given(...corrected).when(another('cn-2', '210.01')), {
        code: 'CREDIT_NOTE_DOES_NOT_FIT',
        details: { left: ron('210.00') },
      })
    }
    for (const before of [lowers('cn-2', '210.00'), grants('210.00')]) {
      const lowered = [...bare, ...given(...bare).when(before)]
      t.throws(() => given(...lowered).when(corrects('cn-3', '1000.01')), {
        code: 'CREDIT_NOTE_DOES_NOT_FIT',
        details: { left: ron('1000.00') },
      })
      t.equal(given(...lowered).when(corrects('cn-3', '1000.00')).length, 1)
    }
    const back = reverseNote({ creditNoteId: 'cn-1', reversedOn: '2026-10-25' })
    const restored = [...corrected, ...given(...corrected).when(back)]
    t.equal(given(...restored).when(corrects('cn-2', '1210.00')).length, 1, 'what was taken back took nothing')
  })
  t.test('is refused the second time, with an invoice or without, and may not take the id of a payment', async (t) => {
    for (const invoiceId of ['inv-1024', undefined]) {
      const history = [...open, creditNoteRegistered({ invoiceId })]
      for (const again of [credit(), onAccount()]) {
        t.throws(() => given(...history).when(again), { code: 'CREDIT_NOTE_ALREADY_REGISTERED' })
      }
    }
    const taken = [...open, paymentRecorded({ paymentId: 'cn-7' })]
    t.throws(() => given(...taken).when(onAccount()), { code: 'PAYMENT_ALREADY_RECORDED' })
  })
  t.test('is refused for what is not there yet', async (t) => {
    t.throws(() => given().when(credit()), { code: 'CLIENT_NOT_FOUND' })
    t.throws(() => given().when(onAccount()), { code: 'CLIENT_NOT_FOUND' })
    t.throws(() => given(account).when(credit()), { code: 'INVOICE_NOT_FOUND' })
  })
  t.test('never mixes currencies', async (t) => {
    const euros = () => given(...open).when(credit({ total: eur('242.00') }))
    t.throws(euros, { code: 'CURRENCY_MISMATCH', details: { invoiceCurrency: 'RON' } })
  })
  t.test('is effective on its own day, never before the invoice or the last undo on it', async (t) => {
    t.match(given(...open).when(credit({ issuedOn: '2026-09-20' })), [
      { data: { issuedOn: '2026-09-20', creditedOn: '2026-10-01' } },
    ])
    t.match(given(...undone).when(credit()), [{ data: { issuedOn: '2026-10-20', creditedOn: '2026-11-10' } }])
  })
  t.test('is a positive amount', async (t) => {
    t.ok(RegisterCreditNote.safeParse(registerCreditNote()).success)
    for (const amount of ['-242.00', '0.00']) {
      t.notOk(RegisterCreditNote.safeParse(registerCreditNote({ total: ron(amount) })).success, amount)
    }
  })
})

t.test('RescheduleInvoice', async (t) => {
  const open = [account, invoiceRegistered()]
  const [first, second] = [
    { dueOn: '2026-11-30', amount: '610.00' },
    { dueOn: '2026-12-31', amount: '600.00' },
  ] as const
  const plan = (...instalments: { dueOn: string; amount: string }[]) => reschedule({ dueOn: undefined, instalments })
  const partsAfter = (...history: AccountEvent[]) =>
    accountInvoices
      .get(history.reduce(clientAccount.evolve, clientAccount.initialState()), 'inv-1024')
      ?.dueParts.map(({ dueOn, amount }) => `${dueOn} ${amount}`)

  t.test('moves the due day of all that is open, or parts it', async (t) => {
    t.match(given(...open).when(reschedule()), [
      { data: { amount: ron('1210.00'), instalments: [{ dueOn: '2026-11-30', amount: '1210.00' }] } },
    ])
    t.same(given(...open).when(plan(first, second)), [
      invoiceRescheduled({ reason: reschedule().data.reason, instalments: [first, second] }),
    ])
    const paid = [...open, paymentRecorded(), paymentAllocated()]
    t.match(given(...paid).when(reschedule()), [{ data: { amount: ron('710.00') } }])
  })
  t.test('adds up to what is open, to the ban, in rising days', async (t) => {
    const refused = { code: 'INSTALMENTS_DO_NOT_ADD_UP', details: { total: ron('1210.00') } }
    for (const amount of ['599.99', '600.01']) {
      t.throws(() => given(...open).when(plan(first, { ...second, amount })), refused)
    }
    t.throws(() => given(...open).when(plan(first, { ...second, dueOn: first.dueOn })), refused)
    const tooPrecise = plan(first, { ...second, amount: '600.001' })
    t.throws(() => given(...open).when(tooPrecise), {
      code: 'AMOUNT_TOO_PRECISE',
      details: { path: '/instalments/1/amount' },
    })
  })
  t.test('leaves what is settled as due as it was', async (t) => {
    const paid = [...open, paymentRecorded(), paymentAllocated()]
    const moved = given(...paid).when(reschedule())
    t.same(partsAfter(...paid, ...moved), ['2026-10-31 50000', '2026-11-30 71000'])
    const again = given(...paid, ...moved, paymentAllocated({ amount: ron('10.00') })).when(
      plan({ dueOn: '2026-12-15', amount: '100.00' }, { dueOn: '2026-12-20', amount: '600.00' }),
    )
    t.same(partsAfter(...paid, ...moved, paymentAllocated({ amount: ron('10.00') }), ...again), [
      '2026-10-31 50000',
      '2026-11-30 1000',
      '2026-12-15 10000',
      '2026-12-20 60000',
    ])
  })
  t.test('changes the order in which money without a word settles', async (t) => {
    const [late, early] = [
      invoiceRegistered({ invoiceId: 'late', number: '1', dueOn: '2026-12-01' }),
      invoiceRegistered({ invoiceId: 'early', number: '2', dueOn: '2026-10-31' }),
    ]
    const pay = record({ amount: ron('100.00'), allocation: { rule: 'oldestDueFirst' } })
    t.match(given(account, late, early).when(pay), [{}, { data: { invoiceId: 'early' } }])
    const moved = given(account, late, early).when(reschedule({ invoiceId: 'early', dueOn: '2026-12-02' }))
    t.match(given(account, late, early, ...moved).when(pay), [{}, { data: { invoiceId: 'late' } }])
  })
  t.test('is one plan for several invoices, or none', async (t) => {
    const both = [...open, invoiceRegistered({ invoiceId: 'other', number: '2' })]
    const items = [
      { invoiceId: 'inv-1024', instalments: [first, second] },
      { invoiceId: 'other', dueOn: '2026-12-31' },
    ]
    const all = (change: object = {}) =>
      reschedule({ invoiceId: undefined, dueOn: undefined, items: items.map((item) => ({ ...item, ...change })) })
    t.match(given(...both).when(all()), [{ data: { invoiceId: 'inv-1024' } }, { data: { invoiceId: 'other' } }])
    t.throws(() => given(...open).when(all()), { code: 'INVOICE_NOT_FOUND', details: { invoiceId: 'other' } })
  })
  t.test('is agreed not before the terms that hold, and may be agreed anew the same day', async (t) => {
    t.equal(given(...open).when(reschedule({ agreedOn: '2026-10-01' })).length, 1)
    t.throws(() => given(...open).when(reschedule({ agreedOn: '2026-09-30' })), {
      code: 'RESCHEDULE_BEFORE_LAST',
      details: { earliest: '2026-10-01' },
    })
    const moved = [...open, invoiceRescheduled()]
    t.equal(given(...moved).when(reschedule({ agreedOn: '2026-10-28' })).length, 1)
    t.throws(() => given(...moved).when(reschedule({ agreedOn: '2026-10-27' })), { code: 'RESCHEDULE_BEFORE_LAST' })
  })
  t.test('changes nothing the second time', async (t) => {
    t.same(given(...open, invoiceRescheduled()).when(plan(first, second)), [])
  })
  t.test('is refused for what is not there or not open, and for a day before the issue', async (t) => {
    t.throws(() => given().when(reschedule()), { code: 'CLIENT_NOT_FOUND' })
    t.throws(() => given(account).when(reschedule()), { code: 'INVOICE_NOT_FOUND' })
    t.throws(() => given(...open, invoiceWrittenOff()).when(reschedule()), {
      code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      details: { open: ron('0.00') },
    })
    t.equal(given(...open).when(reschedule({ dueOn: '2026-10-01' })).length, 1)
    t.throws(() => given(...open).when(reschedule({ dueOn: '2026-09-30' })), { code: 'DUE_BEFORE_ISSUE' })
  })
  t.test('names one invoice or a list, and for each one day or instalments', async (t) => {
    const isGood = (change: object) => RescheduleInvoice.safeParse({ ...rescheduleInvoice(), ...change }).success
    const item = { invoiceId: 'inv-1024', dueOn: '2026-11-30' }
    const none = { invoiceId: undefined, dueOn: undefined }
    t.ok(isGood({}))
    t.ok(isGood({ dueOn: undefined, instalments: [first] }))
    t.ok(isGood({ ...none, items: [item] }))
    for (const change of [
      { dueOn: undefined },
      { instalments: [first, second] },
      { items: [item] },
      none,
      { ...none, items: [] },
      { ...none, items: [item, item] },
      { ...none, items: [{ ...item, instalments: [first] }] },
      { ...none, items: [{ invoiceId: 'inv-1024' }] },
      { ...none, dueOn: '2026-11-30', items: [item] },
    ]) {
      t.notOk(isGood(change), JSON.stringify(change))
    }
  })
})

t.test('WriteOffInvoice', async (t) => {
  const open = [account, invoiceRegistered()]

  t.test('takes off all that is open, or a part', async (t) => {
    t.same(given(...open).when(writeOff()), [invoiceWrittenOff()])
    t.match(given(...open).when(writeOff({ amount: '0.01' })), [{ data: { amount: ron('0.01') } }])
    const paid = [...open, paymentRecorded(), paymentAllocated()]
    t.match(given(...paid).when(writeOff()), [{ data: { amount: ron('710.00') } }])
  })
  t.test('takes off no ban more than is open', async (t) => {
    t.equal(given(...open).when(writeOff({ amount: '1210.00' })).length, 1)
    t.throws(() => given(...open).when(writeOff({ amount: '1210.01' })), {
      code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      details: { open: ron('1210.00') },
    })
  })
  t.test('is refused when nothing is open: the second time, too', async (t) => {
    for (const amount of [undefined, '0.01']) {
      t.throws(() => given(...open, invoiceWrittenOff()).when(writeOff({ writeOffId: undefined, amount })), {
        code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
        details: { open: ron('0.00') },
      })
    }
  })
  t.test('is refused for what is not there yet', async (t) => {
    t.throws(() => given().when(writeOff()), { code: 'CLIENT_NOT_FOUND' })
    t.throws(() => given(account).when(writeOff()), { code: 'INVOICE_NOT_FOUND' })
  })
  t.test('is effective today unless a day is given, and never before the invoice or the last undo on it', async (t) => {
    t.match(given(...open).when(writeOff({ writtenOffOn: undefined })), [{ data: { writtenOffOn: today } }])
    t.throws(() => given(...open).when(writeOff({ writtenOffOn: '2026-09-30' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
    })
    t.throws(() => given(...undone).when(writeOff({ writtenOffOn: '2026-11-09' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { earliest: '2026-11-10' },
    })
  })
  t.test('wants a reason and somebody who approves it', async (t) => {
    for (const field of ['reason', 'approvedBy'] as const) {
      const { [field]: _, ...rest } = writeOffInvoice()
      t.notOk(WriteOffInvoice.safeParse(rest).success, field)
    }
  })
})

t.test('GrantDiscount', async (t) => {
  const open = [account, invoiceRegistered()]
  const plain = (amount: string) => discount({ amount, vatLines: undefined })

  t.test('lowers the invoice, with the VAT that goes back', async (t) => {
    t.same(given(...open).when(discount()), [discountGranted({ note: undefined })])
    t.match(given(...open).when(discount({ kind: 'COMMERCIAL', vatLines: undefined })), [
      { data: { kind: 'COMMERCIAL', vatLines: [] } },
    ])
    t.match(given(account, invoiceRegistered({ cashAccounting: true })).when(discount()), [
      { data: { cashAccounting: true } },
    ])
  })
  t.test('lowers it to nothing, not one ban further', async (t) => {
    t.equal(given(...open).when(plain('1210.00')).length, 1)
    t.throws(() => given(...open).when(plain('1210.01')), {
      code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      details: { open: ron('1210.00') },
    })
  })
  t.test('adds up to the ban, in the digits of the invoice', async (t) => {
    for (const vat of ['4.19', '4.21']) {
      const lines = discount({ vatLines: [{ rate: '21', base: '20.00', vat }] })
      t.throws(() => given(...open).when(lines), { code: 'VAT_LINES_DO_NOT_ADD_UP' })
    }
    t.match(given(...open).when(plain('5')), [{ data: { amount: ron('5.00') } }])
    t.throws(() => given(...open).when(plain('0.001')), { code: 'AMOUNT_TOO_PRECISE' })
  })
  t.test('may be granted again, as far as something is open', async (t) => {
    const granted = discountGranted({ discountId: 'dis-3', amount: ron('1209.99') })
    t.equal(given(...open, granted).when(plain('0.01')).length, 1)
    t.throws(() => given(...open, granted).when(plain('0.02')), {
      code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      details: { open: ron('0.01') },
    })
  })
  t.test('is refused for what is not there yet', async (t) => {
    t.throws(() => given().when(discount()), { code: 'CLIENT_NOT_FOUND' })
    t.throws(() => given(account).when(discount()), { code: 'INVOICE_NOT_FOUND' })
    t.notOk(GrantDiscount.safeParse(plain('0.00').data).success)
  })
  t.test('is effective today unless a day is given, and never before the invoice or the last undo on it', async (t) => {
    t.match(given(...open).when(discount({ grantedOn: undefined })), [{ data: { grantedOn: today } }])
    t.throws(() => given(...open).when(discount({ grantedOn: '2026-09-30' })), { code: 'UNDO_BEFORE_WHAT_IT_UNDOES' })
    t.throws(() => given(...undone).when(discount({ grantedOn: '2026-11-09' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { earliest: '2026-11-10' },
    })
  })
})

t.test('a VAT line fits its rate to one minor unit', async (t) => {
  const off = (rate: string, base: string, vat: string, currency = 'RON') =>
    vatBesideRate([{ rate, base, vat }], currency).map(({ expected }) => expected)
  t.same(off('21', '1000.00', '210.00'), [])
  t.same(off('21', '1000.00', '210.01'), [])
  t.same(off('21', '1000.00', '209.99'), [])
  t.same(off('21', '1000.00', '210.02'), ['210.00'])
  t.same(off('21', '1000.00', '209.98'), ['210.00'])
  t.same(off('8.25', '0.10', '0.01'), [])
  t.same(off('19.5', '200', '40', 'JPY'), [], '39 makes no difference of more than one')
  t.same(off('0', '200.00', '0.02'), ['0.00'])
})

/** Credit that goes from one account to another: reserved here, received there, concluded here. */
import t from 'tap'
import {
  clientRegistered,
  creditNoteRegistered,
  invoiceRegistered,
  paymentAllocated,
  paymentCleared,
  paymentDeallocated,
  paymentRecorded,
  recordPayment,
  ron,
  transferCompleted,
  transferCredit,
  transferDeclined,
  transferReceived,
  transferRefused,
  transferRequested,
} from '../src/examples.ts'
import {
  accountPayments,
  type CashReaction,
  DEFAULT_RULES,
  RecordPayment,
  TransferCredit,
  transferRefusal,
} from '../src/index.ts'
import {
  account,
  allocate,
  askReceipt,
  clear,
  eur,
  given,
  payFor,
  record,
  refund,
  reverse,
  transfer,
} from './account.ts'
import { today } from './given.ts'
import { fold } from './histories.ts'

const paid = paymentRecorded()
const beta = clientRegistered({ clientId: 'beta' })
const receive = (change: object = {}) =>
  ({ type: 'ReceiveTransfer', data: { ...transferReceived().data, ...change } }) as const
const which = { clientId: 'alfa', paymentId: 'pay-1', transferId: 'pay-1-alfa' }
const complete = { type: 'CompleteTransfer', data: which } as const
const decline = { type: 'DeclineTransfer', data: { ...which, code: 'PAYMENT_ALREADY_RECORDED' } } as const

t.test('TransferCredit', async (t) => {
  t.test('reserves what is left of a payment', async (t) => {
    t.same(given(account, paid).when(transfer()), [transferRequested()])
    t.equal(given(account, paid).when(transfer({ amount: '1500.00' })).length, 1)
    t.throws(() => given(account, paid).when(transfer({ amount: '1500.01' })), {
      code: 'ALLOCATION_EXCEEDS_CREDIT',
      details: { credit: ron('1500.00') },
    })
  })
  t.test('or of a credit note on account', async (t) => {
    const note = creditNoteRegistered({ invoiceId: undefined, creditedOn: '2026-11-05' })
    t.match(given(account, note).when(transfer({ paymentId: 'cn-7', amount: '242.00' })), [
      { type: 'TransferRequested', data: { paymentId: 'cn-7' } },
    ])
  })
  t.test('asks whose credit it is, and for whom', async (t) => {
    t.throws(() => given().when(transfer()), { code: 'CLIENT_NOT_FOUND' })
    t.throws(() => given(account).when(transfer()), { code: 'PAYMENT_NOT_FOUND' })
    t.throws(() => given(account, paid).when(transfer({ toClientId: 'alfa' })), { code: 'TRANSFER_TO_SELF' })
    t.notOk(TransferCredit.safeParse({ ...transferCredit(), amount: '0.00' }).success)
    t.notOk(TransferCredit.safeParse({ ...transferCredit(), note: 'unknown' }).success)
    const { transferId: _, ...anonymous } = transferCredit()
    t.ok(TransferCredit.safeParse(anonymous).success)
  })
  t.test('is dated from the payment and the last undo on, today when nothing is said', async (t) => {
    t.match(given(account, paid).when(transfer({ movedOn: undefined })), [{ data: { movedOn: today } }])
    t.equal(given(account, paid).when(transfer({ movedOn: paid.data.receivedOn })).length, 1)
    t.throws(() => given(account, paid).when(transfer({ movedOn: '2026-11-01' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { earliest: paid.data.receivedOn },
    })
    const undone = [invoiceRegistered(), paymentAllocated(), paymentDeallocated({ deallocatedOn: '2026-11-20' })]
    t.throws(() => given(account, paid, ...undone).when(transfer({ movedOn: '2026-11-19' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { earliest: '2026-11-20' },
    })
  })
  t.test('takes its part of the value of money in another currency', async (t) => {
    const rate = { rate: '5.00', source: 'BNR' as const, publishedOn: '2026-10-30' }
    const euros = paymentRecorded({ amount: eur('300.00'), exchangeRate: rate, functional: ron('1500.00') })
    const context = { today, company: { ...DEFAULT_RULES, functionalCurrency: 'RON' } }
    t.match(given(account, euros).when(transfer({ amount: '100.00' }), context), [
      { data: { functional: ron('500.00') } },
    ])
  })
  t.test('waits until a cheque is collected', async (t) => {
    const cheque = paymentRecorded({ method: 'CHEQUE', paidWhenCleared: true })
    const cleared = paymentCleared({
      paymentId: 'pay-1',
      amount: ron('1500.00'),
      clearedOn: '2026-11-12',
      method: 'CHEQUE',
    })
    t.throws(() => given(account, cheque).when(transfer()), { code: 'PAYMENT_NOT_CLEARED' })
    const countsAtOnce = paymentRecorded({ method: 'CHEQUE' })
    t.throws(() => given(account, countsAtOnce).when(transfer()), { code: 'PAYMENT_NOT_CLEARED' }, 'its VAT waits, too')
    t.equal(given(account, cheque, cleared).when(transfer()).length, 1)
    t.throws(() => given(account, cheque, cleared).when(transfer({ movedOn: '2026-11-11' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
    })
  })
})

t.test('what is reserved', async (t) => {
  const history = [account, paid, transferRequested({ amount: ron('1400.00') })]
  t.test('may be used by nothing else, and may come back', async (t) => {
    t.equal(given(...history).when(refund({ amount: '100.00', refundedOn: '2026-11-12' })).length, 1)
    for (const command of [refund({ amount: '100.01' }), transfer({ amount: '100.01', transferId: 'other' })]) {
      t.throws(() => given(...history).when(command), {
        code: 'CREDIT_RESERVED',
        details: { credit: ron('100.00'), reserved: ron('1400.00') },
      })
    }
    t.throws(() => given(...history).when(refund({ amount: '1500.01' })), { code: 'REFUND_EXCEEDS_CREDIT' })
    t.throws(() => given(...history).when(reverse()), { code: 'CREDIT_RESERVED' })
  })
  t.test('is reserved once under its id', async (t) => {
    t.throws(() => given(...history).when(transfer({ amount: '1.00' })), {
      code: 'PAYMENT_ALREADY_RECORDED',
      details: { paymentId: 'pay-1-alfa' },
    })
  })
  t.test('is concluded once, either way', async (t) => {
    t.same(given(...history).when(complete), [transferCompleted()])
    t.same(given(...history).when(decline), [transferDeclined({ amount: ron('1400.00') })])
    for (const end of [transferCompleted(), transferDeclined({ amount: ron('1400.00') })]) {
      t.same(given(...history, end).when(complete), [])
      t.same(given(...history, end).when(decline), [])
    }
    t.same(given(account).when(complete), [])
  })
  t.test('is gone once it is received, and comes back before the payment is reversed', async (t) => {
    const gone = given(...history, transferCompleted())
    t.throws(() => gone.when(refund({ amount: '100.01' })), {
      code: 'REFUND_EXCEEDS_CREDIT',
      details: { credit: ron('100.00') },
    })
    t.match(gone.when(reverse()), [{ type: 'ReversalRequested', data: { amount: ron('1500.00') } }])
  })
  t.test('restores everything when it is declined', async (t) => {
    const before = fold([account, paid])
    const after = fold([...history, transferDeclined({ amount: ron('1400.00') })])
    t.same(accountPayments.get(after, 'pay-1'), accountPayments.get(before, 'pay-1'))
    t.equal(
      given(...history, transferDeclined({ amount: ron('1400.00') })).when(transfer({ amount: '1500.00' })).length,
      1,
    )
  })
})

t.test('the account that receives', async (t) => {
  t.test('has the credit under the id of the transfer', async (t) => {
    t.same(given(beta).when(receive()), [transferReceived()])
    const credit = accountPayments.get(fold([beta, transferReceived()]), 'pay-1-alfa')
    t.match(credit, { credit: 10_000n, method: 'TRANSFER', origin: { clientId: 'alfa', paymentId: 'pay-1' } })
  })
  t.test('answers no by an event, before and after it was asked', async (t) => {
    const unknown = transferRefused({ code: 'CLIENT_NOT_FOUND' })
    t.same(given().when(receive()), [unknown])
    const taken = paymentRecorded({ clientId: 'beta', paymentId: 'pay-1-alfa' })
    t.same(given(beta, taken).when(receive()), [transferRefused()])
    t.match(transferRefusal(fold([beta, taken]), { transferId: 'pay-1-alfa' }), { code: 'PAYMENT_ALREADY_RECORDED' })
    t.equal(transferRefusal(fold([beta]), { transferId: 'pay-1-alfa' }), undefined)
  })
  t.test('receives in a period that was closed meanwhile: the day was decided with the reservation', async (t) => {
    const company = { ...DEFAULT_RULES, closedThrough: '2026-11-30' }
    t.equal(given(beta).when(receive(), { today: '2026-12-02', company }).length, 1)
    t.throws(() => given(account, paid).when(transfer(), { today: '2026-12-02', company }), { code: 'PERIOD_CLOSED' })
  })
  t.test('has credit without money: it bounces, clears and gets its receipt where it came from', async (t) => {
    const received = given(beta, transferReceived({ amount: ron('1500.00') }))
    const on = { clientId: 'beta', paymentId: 'pay-1-alfa' }
    const details = { origin: { clientId: 'alfa', paymentId: 'pay-1' } }
    for (const command of [reverse(on), clear(on), askReceipt(on)]) {
      t.throws(() => received.when(command), { code: 'PAYMENT_TRANSFERRED', details })
    }
    t.equal(received.when(refund({ ...on, amount: '1500.00', refundedOn: '2026-11-12' })).length, 1)
    t.throws(() => received.when(refund({ ...on, amount: '1.00', refundedOn: '2026-11-11' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
    })
    t.equal(received.when(transfer({ ...on, toClientId: 'gama', transferId: 'on', amount: '0.01' })).length, 1)
    t.throws(() => received.when(allocate({ ...on })), { code: 'INVOICE_NOT_FOUND' })
  })
})

t.test('cash that pays the invoice of another client is cash on that invoice', async (t) => {
  const large = invoiceRegistered({ clientId: 'beta', invoiceId: 'inv-b', total: ron('8000.00'), vatLines: [] })
  const cash = paymentRecorded({ method: 'CASH', amount: ron('5000.00'), deskId: 'C1' })
  const inCash = (amount: string, change: object = {}) =>
    receive({ invoiceId: 'inv-b', amount: ron(amount), cashOf: 'BUSINESS', ...change })
  const under = (cashGuard: CashReaction) => ({ today, company: { ...DEFAULT_RULES, cashGuard } })
  t.match(given(account, cash).when(payFor({ invoiceId: 'inv-b', amount: '5000.00' })), [
    { data: { cashOf: 'BUSINESS' } },
  ])
  t.notOk('cashOf' in (given(account, paid).when(payFor({ amount: '1.00' }))[0]?.data ?? {}), 'by bank it is none')
  const first = given(beta, large).when(inCash('5000.00'), under('REJECT'))
  t.match(first, [{ type: 'TransferReceived' }, { type: 'PaymentAllocated' }], 'as much as one may pay')
  const history = [beta, large, ...first]
  const more = { transferId: 'more' }
  const breach = { code: 'CASH_FRAGMENTED_INVOICE', limit: '5000.00', observed: '5000.01', invoiceId: 'inv-b' }
  t.match(given(...history).when(inCash('0.01', more), under('WARN')), [
    { type: 'TransferReceived' },
    { type: 'PaymentAllocated', data: { cashBreaches: [breach] } },
  ])
  t.match(given(...history).when(inCash('0.01', more), under('REJECT')), [
    { type: 'TransferRefused', data: { code: 'CASH_FRAGMENTED_INVOICE' } },
  ])
  t.match(given(...history).when(inCash('0.01', more), under('REQUIRE_OVERRIDE')), [{ type: 'TransferRefused' }])
  const cashOverride = { reason: 'Suma a fost deja depusă', approvedBy: 'Ioana Pop' }
  t.match(given(...history).when(inCash('0.01', { ...more, cashOverride }), under('REQUIRE_OVERRIDE')), [
    { type: 'TransferReceived' },
    { type: 'CashLimitOverridden', data: { paymentId: 'more', breaches: [breach] } },
    { type: 'PaymentAllocated', data: { cashBreaches: [breach] } },
  ])
  t.match(given(...history).when(receive({ invoiceId: 'inv-b', amount: ron('0.01'), ...more }), under('REJECT')), [
    { type: 'TransferReceived' },
    {},
  ])
  const credit = given(beta, large).when(receive({ amount: ron('6000.00'), cashOf: 'BUSINESS' }))
  const use = (amount: string) => allocate({ clientId: 'beta', paymentId: 'pay-1-alfa', invoiceId: 'inv-b', amount })
  t.equal(given(beta, large, ...credit).when(use('5000.00'), under('REJECT')).length, 1)
  t.throws(() => given(beta, large, ...credit).when(use('5000.01'), under('REJECT')), {
    code: 'CASH_FRAGMENTED_INVOICE',
  })
})

t.test("another client's invoice", async (t) => {
  const invoice = invoiceRegistered({ clientId: 'beta', invoiceId: 'inv-b' })
  const sent = { invoiceId: 'inv-b', amount: ron('1210.00') }
  t.test('is paid with credit that is sent for it, from the day of the money on', async (t) => {
    t.match(given(account, paid).when(payFor({ invoiceId: 'inv-b', amount: '1210.00', allocatedOn: undefined })), [
      { type: 'TransferRequested', data: { toClientId: 'beta', ...sent, movedOn: paid.data.receivedOn } },
    ])
    t.throws(() => given(account, paid).when(payFor({ amount: '1500.01' })), { code: 'ALLOCATION_EXCEEDS_CREDIT' })
    const exchangeRate = { rate: '5.00', source: 'BNR', publishedOn: '2026-10-30' } as const
    t.throws(() => given(account, paid).when(payFor({ exchangeRate })), { code: 'EXCHANGE_RATE_NOT_APPLICABLE' })
  })
  t.test('is received and settled in one append, and an undo leaves the credit there', async (t) => {
    const events = given(beta, invoice).when(receive(sent))
    const on = { paymentId: 'pay-1-alfa', invoiceId: 'inv-b', amount: ron('1210.00') }
    t.match(events, [
      { type: 'TransferReceived' },
      { type: 'PaymentAllocated', data: { ...on, allocatedOn: '2026-11-12', collectedOn: '2026-11-12' } },
    ])
    const undo = { clientId: 'beta', paymentId: 'pay-1-alfa', invoiceId: 'inv-b', amount: '1210.00' }
    const undone = given(beta, invoice, ...events).when({
      type: 'DeallocatePayment',
      data: { ...undo, reason: 'WRONG_INVOICE', deallocatedOn: '2026-11-20' },
    })
    const after = accountPayments.get(fold([beta, invoice, ...events, ...undone]), 'pay-1-alfa')
    t.match(after, { credit: 121_000n, amount: 121_000n })
  })
  t.test('is refused whole when it cannot be settled whole', async (t) => {
    const one = (change: object) => given(beta, invoice).when(receive({ ...sent, ...change }))
    t.match(one({ amount: ron('1210.01') }), [
      { type: 'TransferRefused', data: { code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT' } },
    ])
    t.match(one({ amount: eur('1.00') }), [{ type: 'TransferRefused', data: { code: 'CURRENCY_MISMATCH' } }])
    t.match(one({ invoiceId: 'none' }), [{ type: 'TransferRefused', data: { code: 'INVOICE_NOT_FOUND' } }])
  })
})

t.test('credit that goes back to where it came from', async (t) => {
  const origin = { clientId: 'beta', paymentId: 'pay-1-alfa' }
  const back = { clientId: 'alfa', origin, transferId: 'back', returnsTo: 'pay-1', movedOn: '2026-11-20' }
  const sent = [account, paid, transferRequested(), transferCompleted()]
  t.test('is the credit of its first payment again', async (t) => {
    const asked = transfer({
      ...origin,
      toClientId: 'alfa',
      transferId: 'back',
      amount: '60.00',
      movedOn: '2026-11-20',
    })
    t.match(given(beta, transferReceived()).when(asked), [{ data: { toClientId: 'alfa', returnsTo: 'pay-1' } }])
    const returned = transferReceived({ ...back, amount: ron('60.00') })
    t.same(given(...sent).when(receive({ ...back, amount: ron('60.00') })), [returned])
    const part = fold([...sent, returned])
    t.match(accountPayments.get(part, 'pay-1'), { credit: 146_000n, transfers: [{ amount: 4_000n }] })
    t.notOk(accountPayments.has(part, 'back'))
  })
  t.test('after which the payment can be reversed, and nothing is dated before', async (t) => {
    const whole = given(...sent, transferReceived(back))
    t.throws(() => whole.when(reverse({ reversedOn: '2026-11-19' })), { code: 'UNDO_BEFORE_WHAT_IT_UNDOES' })
    t.match(whole.when(reverse({ reversedOn: '2026-11-20' })), [
      { type: 'PaymentReversed', data: { amount: ron('1500.00') } },
    ])
  })
})

t.test("a payment that comes in, some of it for other clients' invoices", async (t) => {
  const forBeta = (amount: string, change: object = {}) => ({
    invoiceClientId: 'beta',
    invoiceId: 'inv-b',
    amount,
    transferId: 'pay-1-alfa',
    path: '/allocation/items/1',
    ...change,
  })
  const ofOwn = { rule: 'explicit' as const, items: [{ invoiceId: 'inv-1024', amount: '1210.00' }] }
  t.test('reserves it in the same append, after its own', async (t) => {
    const { data } = record({ allocation: ofOwn })
    const command = { type: 'RecordPayment', data: { ...data, forOthers: [forBeta('290.00')] } } as const
    t.match(given(account, invoiceRegistered()).when(command), [
      { type: 'PaymentRecorded' },
      { type: 'PaymentAllocated', data: { amount: ron('1210.00') } },
      {
        type: 'TransferRequested',
        data: {
          toClientId: 'beta',
          invoiceId: 'inv-b',
          amount: ron('290.00'),
          movedOn: '2026-11-02',
          collectedOn: '2026-11-02',
        },
      },
    ])
    const tooMuch = { type: 'RecordPayment', data: { ...data, forOthers: [forBeta('290.01')] } } as const
    t.throws(() => given(account, invoiceRegistered()).when(tooMuch), {
      code: 'ALLOCATION_EXCEEDS_CREDIT',
      details: { path: '/allocation/items/1/amount', credit: ron('290.00') },
    })
  })
  t.test('each takes its part of the value, to the last ban', async (t) => {
    const rate = { rate: '3.33', source: 'BNR' as const, publishedOn: '2026-10-30' }
    const { data } = record({ amount: eur('0.03'), exchangeRate: rate, allocation: { rule: 'none' } })
    const forOthers = ['0.01', '0.02'].map((amount) => forBeta(amount, { transferId: `t-${amount}` }))
    const context = { today, company: { ...DEFAULT_RULES, functionalCurrency: 'RON' } }
    t.match(given(account).when({ type: 'RecordPayment', data: { ...data, forOthers } }, context), [
      { data: { functional: ron('0.10') } },
      { data: { functional: ron('0.03') } },
      { data: { functional: ron('0.07') } },
    ])
  })
  t.test('not by a paper that is not collected', async (t) => {
    const { data } = record({ method: 'CHEQUE', allocation: { rule: 'none' } })
    t.throws(() => given(account).when({ type: 'RecordPayment', data: { ...data, forOthers: [forBeta('1.00')] } }), {
      code: 'PAYMENT_NOT_CLEARED',
    })
  })
  t.test('as cash, when it came in cash, with what allows it', async (t) => {
    const cashOverride = { reason: 'Suma a fost deja depusă', approvedBy: 'Ioana Pop' }
    const { data } = record({ method: 'CASH', deskId: 'C1', allocation: { rule: 'none' }, cashOverride })
    const [, ...events] = given(account).when({
      type: 'RecordPayment',
      data: { ...data, forOthers: [forBeta('290.00')] },
    })
    t.match(events, [{ type: 'TransferRequested', data: { cashOf: 'BUSINESS', cashOverride } }])
  })
  t.test('is asked for by items that name the client, in the payment’s own currency', async (t) => {
    const parse = (item: object) =>
      RecordPayment.safeParse({ ...recordPayment(), allocation: { rule: 'explicit', items: [item] } }).success
    const item = { invoiceId: 'inv-b', invoiceClientId: 'beta', amount: '290.00' }
    t.ok(parse(item))
    t.notOk(parse({ ...item, paid: '1.00' }))
    const two = { rule: 'explicit', items: [item, { ...item, invoiceClientId: 'gama' }] }
    t.ok(RecordPayment.safeParse({ ...recordPayment(), allocation: two }).success, 'ids are of each client')
    const twice = { rule: 'explicit', items: [item, item] }
    t.notOk(RecordPayment.safeParse({ ...recordPayment(), allocation: twice }).success)
  })
})

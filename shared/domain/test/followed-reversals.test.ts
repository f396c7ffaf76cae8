/** Money is gone that other accounts have some of: held here, given back there, reversed here. */
import t from 'tap'
import {
  clientRegistered,
  invoiceRegistered,
  paymentAllocated,
  paymentRecorded,
  refundRecorded,
  reversalDeclined,
  reversalRequested,
  ron,
  transferCompleted,
  transferReceived,
  transferRequested,
} from '../src/examples.ts'
import { type AccountEvent, accountPayments, DEFAULT_RULES, recallableFrom } from '../src/index.ts'
import { account, allocate, deallocate, eur, given, refund, release, reverse, transfer } from './account.ts'
import { today } from './given.ts'
import { fold } from './histories.ts'

const paid = paymentRecorded()
const beta = clientRegistered({ clientId: 'beta' })
const gone: readonly AccountEvent[] = [account, paid, transferRequested(), transferCompleted()]
const context = { today, company: { ...DEFAULT_RULES, functionalCurrency: 'RON' } }
const bounced = { reason: 'BOUNCED' as const, reversedOn: '2026-11-20' }
const recall = (change: object = {}) =>
  ({
    type: 'RecallTransfer',
    data: {
      clientId: 'beta',
      paymentId: 'pay-1-alfa',
      amount: ron('100.00'),
      transferId: 'back',
      reversedOn: '2026-11-20',
      reason: 'BOUNCED',
      ...change,
    },
  }) as const
const conclude = (change: object = {}) =>
  ({ type: 'ConcludeReversal', data: { ...reversalRequested().data, claimId: 'claim-1', ...change } }) as const
/** What comes back to the account of the payment. */
const back = transferReceived({
  clientId: 'alfa',
  origin: { clientId: 'beta', paymentId: 'pay-1-alfa' },
  transferId: 'back',
  movedOn: '2026-11-20',
  returnsTo: 'pay-1',
})

t.test('ReversePayment of a payment that other accounts have some of', async (t) => {
  t.test('holds it, and all that was recorded is asked for', async (t) => {
    t.same(given(...gone).when(reverse(bounced)), [reversalRequested()])
    const part = given(...gone).when(reverse({ ...bounced, amount: '1400.01' }))
    t.same(part, [reversalRequested({ amount: ron('1400.01') })])
    t.throws(() => given(...gone).when(reverse({ ...bounced, amount: '1500.01' })), {
      code: 'REVERSAL_EXCEEDS_PAYMENT',
      details: { left: ron('1500.00') },
    })
  })
  t.test('takes what is here when that is enough', async (t) => {
    t.match(given(...gone).when(reverse({ ...bounced, amount: '1400.00' })), [
      { type: 'PaymentReversed', data: { amount: ron('1400.00') } },
    ])
  })
  t.test('waits while credit is on its way', async (t) => {
    t.throws(() => given(account, paid, transferRequested()).when(reverse(bounced)), { code: 'CREDIT_RESERVED' })
  })
  t.test('nothing of it may be used meanwhile, and it is asked for once', async (t) => {
    const held = [...gone, invoiceRegistered(), reversalRequested()]
    for (const command of [
      allocate({ invoiceId: 'inv-1024', amount: '1.00' }),
      refund({ amount: '1.00' }),
      release({ amount: '1.00' }),
      transfer({ transferId: 'other', amount: '1.00' }),
      reverse(bounced),
    ]) {
      t.throws(() => given(...held).when(command), { code: 'CREDIT_RESERVED' }, command.type)
    }
    const settled = [
      account,
      paid,
      invoiceRegistered(),
      paymentAllocated({ amount: ron('10.00') }),
      reversalRequested(),
    ]
    t.equal(given(...settled).when(deallocate({ invoiceId: 'inv-1024', amount: '10.00' })).length, 1)
    t.equal(given(...held, reversalDeclined()).when(allocate({ invoiceId: 'inv-1024', amount: '1.00' })).length, 1)
  })
})

t.test('RecallTransfer', async (t) => {
  const received = [beta, transferReceived()]
  t.test('sends back what was received, with what it settles', async (t) => {
    t.match(given(...received).when(recall(), context), [
      {
        type: 'TransferRequested',
        data: {
          clientId: 'beta',
          paymentId: 'pay-1-alfa',
          toClientId: 'alfa',
          returnsTo: 'pay-1',
          transferId: 'back',
          amount: ron('100.00'),
          movedOn: '2026-11-20',
        },
      },
    ])
    const used = [
      ...received,
      invoiceRegistered({ clientId: 'beta' }),
      paymentAllocated({ clientId: 'beta', paymentId: 'pay-1-alfa', amount: ron('60.00') }),
    ]
    t.match(given(...used).when(recall({ amount: ron('70.00') }), context), [
      { type: 'PaymentDeallocated', data: { amount: ron('30.00'), reason: 'PAYMENT_REVERSED' } },
      { type: 'TransferRequested', data: { amount: ron('70.00') } },
    ])
  })
  t.test('as much as is there, and never refuses', async (t) => {
    const refunded = refundRecorded({ clientId: 'beta', paymentId: 'pay-1-alfa', amount: ron('40.00') })
    t.match(given(...received, refunded).when(recall(), context), [{ data: { amount: ron('60.00') } }])
    const all = refundRecorded({ clientId: 'beta', paymentId: 'pay-1-alfa', amount: ron('100.00') })
    t.same(given(...received, all).when(recall(), context), [])
    const own = paymentRecorded({ clientId: 'beta', paymentId: 'pay-9' })
    t.same(given(beta, own).when(recall({ paymentId: 'pay-9' }), context), [])
  })
  t.test('not before what it takes back, nor in a period that was closed since', async (t) => {
    const late = paymentAllocated({
      clientId: 'beta',
      paymentId: 'pay-1-alfa',
      amount: ron('60.00'),
      allocatedOn: '2026-11-22',
    })
    const used = [...received, invoiceRegistered({ clientId: 'beta' }), late]
    t.equal(recallableFrom(fold(used), 'pay-1-alfa'), '2026-11-22')
    t.match(given(...used).when(recall(), context), [{ data: { deallocatedOn: '2026-11-22' } }, {}])
    const closed = { today, company: { ...context.company, closedThrough: '2026-11-22' } }
    t.match(given(...received).when(recall(), closed), [{ data: { movedOn: '2026-11-23' } }])
  })
  t.test('with its part of the value of money in another currency', async (t) => {
    const euros = transferReceived({ amount: eur('0.03'), functional: ron('0.10') })
    t.match(given(beta, euros).when(recall({ amount: eur('0.01') }), context), [
      { data: { amount: eur('0.01'), functional: ron('0.03') } },
    ])
  })
})

t.test('ConcludeReversal', async (t) => {
  t.test('reverses what is back, whole, and lets the payment go', async (t) => {
    const history = [...gone, reversalRequested(), back]
    const events = given(...history).when(conclude(), context)
    t.match(events, [{ type: 'PaymentReversed', data: { amount: ron('1500.00'), reversedOn: '2026-11-20' } }])
    const payment = accountPayments.get(fold([...history, ...events]), 'pay-1')
    t.match(payment, { credit: 0n, reversed: 150_000n, transfers: [], isReversing: false })
    t.same(given(...history, ...events).when(conclude(), context), [])
  })
  t.test('with what was given back elsewhere, which becomes a claim', async (t) => {
    t.match(given(...gone, reversalRequested()).when(conclude(), context), [
      { type: 'ClaimRegistered', data: { claimId: 'claim-1' } },
      { type: 'PaymentReversed', data: { amount: ron('1500.00') } },
    ])
  })
  t.test('on a day after everything, in the open period', async (t) => {
    const late = { ...back, data: { ...back.data, movedOn: '2026-11-22' } }
    t.match(given(...gone, reversalRequested(), late).when(conclude(), context), [
      { data: { reversedOn: '2026-11-22' } },
    ])
    const closed = { today, company: { ...context.company, closedThrough: '2026-11-22' } }
    t.match(given(...gone, reversalRequested(), back).when(conclude(), closed), [
      { data: { reversedOn: '2026-11-23' } },
    ])
  })
  t.test('or says that nothing of a mistake was left', async (t) => {
    const asked = reversalRequested({ reason: 'MISTAKE' })
    const all = [account, paid, transferRequested({ amount: ron('1500.00') }), transferCompleted(), asked]
    t.match(given(...all).when(conclude({ reason: 'MISTAKE' }), context), [{ type: 'ReversalDeclined' }])
  })
})

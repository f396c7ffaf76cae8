import t from 'tap'
import {
  claimRegistered,
  invoiceRegistered,
  paymentAllocated,
  paymentRecorded,
  paymentReversed,
  receiptDeclined,
  receiptReleased,
  receiptRequested,
  refundRecorded,
  ron,
} from '../src/examples.ts'
import type { DeclineReceipt, ReleaseReceipt } from '../src/index.ts'
import { account, askReceipt, given } from './account.ts'

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
    const owed = [account, claimRegistered(), paymentRecorded(cash)]
    const onClaim = paymentAllocated({ paymentId: 'pay-2', invoiceId: 'claim-5', amount: ron('57.53') })
    const claim = { claim: 'INTEREST', invoiceId: 'claim-5', number: 'D 5', amount: ron('57.53'), openAfter: '0.00' }
    t.match(given(...owed, onClaim).when(askReceipt()), [{ data: { settles: [claim], advance: '442.47' } }])
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
  t.test('IssueReceipt confirms cash from its day on, not the day before', async (t) => {
    t.equal(given(...history).when(askReceipt({ issuedOn: '2026-11-02' })).length, 1)
    t.equal(given(...history).when(askReceipt({ issuedOn: '2026-11-20' })).length, 1)
    t.throws(() => given(...history).when(askReceipt({ issuedOn: '2026-11-01' })), {
      code: 'RECEIPT_BEFORE_PAYMENT',
      details: { path: '/issuedOn', issuedOn: '2026-11-01', receivedOn: '2026-11-02' },
    })
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
  t.test('ReleaseReceipt leaves money that was given back meanwhile', async (t) => {
    const refunded = refundRecorded({ paymentId: 'pay-2' })
    const events = given(account, paymentRecorded(cash), receiptRequested(), refunded).when(
      release({ alsoReversePayment: true }),
    )
    t.same(events, [receiptReleased()])
  })
  t.test('the receipt after an annulled one names it, whatever came between', async (t) => {
    const replaces = { series: 'AMC-C', number: 15 }
    const annulled = [...history, receiptRequested(), receiptReleased()]
    t.notMatch(given(...history).when(askReceipt()), [{ data: { replaces } }], 'the first replaces none')
    t.match(given(...annulled).when(askReceipt()), [{ data: { replaces } }])
    const declined = [...annulled, receiptRequested(), receiptDeclined()]
    t.match(given(...declined).when(askReceipt()), [{ data: { replaces } }], 'one that never had a number is none')
    const annulledAgain = [...annulled, receiptRequested(), receiptReleased({ number: 16 })]
    t.match(given(...annulledAgain).when(askReceipt()), [{ data: { replaces: { ...replaces, number: 16 } } }])
  })
})

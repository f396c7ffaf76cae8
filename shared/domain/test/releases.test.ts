import t from 'tap'
import {
  creditNoteRegistered,
  creditReleased,
  invoiceRegistered,
  paymentRecorded,
  refundRecorded,
  ron,
} from '../src/examples.ts'
import { accountPayments, clientAccount, ReleaseCredit } from '../src/index.ts'
import { account, given, refund, release, reverse } from './account.ts'
import { today } from './given.ts'

t.test('ReleaseCredit', async (t) => {
  const paid = [account, invoiceRegistered(), paymentRecorded()]
  t.test('ends credit, with a reason and who answers for it', async (t) => {
    const events = given(...paid).when(release())
    t.same(events, [creditReleased()])
    const state = [...paid, ...events].reduce(clientAccount.evolve, clientAccount.initialState())
    t.match(accountPayments.get(state, 'pay-1'), { credit: 141_000n, released: 9_000n, refunded: 0n })
  })
  t.test('ends what there is, not one ban more', async (t) => {
    t.equal(given(...paid).when(release({ amount: '1500.00' })).length, 1)
    t.throws(() => given(...paid).when(release({ amount: '1500.01' })), {
      code: 'ALLOCATION_EXCEEDS_CREDIT',
      details: { path: '/amount', credit: ron('1500.00') },
    })
    t.throws(() => given(...paid, creditReleased()).when(refund({ amount: '1410.01' })), {
      code: 'REFUND_EXCEEDS_CREDIT',
    })
    t.throws(() => given(...paid, refundRecorded({ amount: ron('1500.00') })).when(release({ amount: '0.01' })), {
      code: 'ALLOCATION_EXCEEDS_CREDIT',
    })
  })
  t.test('is of a credit note on account, too', async (t) => {
    const onAccount = creditNoteRegistered({ invoiceId: undefined })
    t.equal(given(account, onAccount).when(release({ paymentId: 'cn-7', amount: '242.00' })).length, 1)
  })
  t.test('is dated today unless a day is given, and never before the money', async (t) => {
    t.match(given(...paid).when(release({ releasedOn: undefined })), [{ data: { releasedOn: today } }])
    t.throws(() => given(...paid).when(release({ releasedOn: '2026-11-01' })), { code: 'UNDO_BEFORE_WHAT_IT_UNDOES' })
    t.throws(() => given(account).when(release()), { code: 'PAYMENT_NOT_FOUND' })
  })
  t.test("is the company's loss no longer when the money bounces: the client owes it", async (t) => {
    const bounced = given(...paid, creditReleased()).when(reverse({ reason: 'BOUNCED', reversedOn: '2026-11-23' }))
    t.match(bounced, [
      { type: 'ClaimRegistered', data: { total: ron('90.00') } },
      { type: 'PaymentReversed', data: { amount: ron('1500.00') } },
    ])
    t.throws(() => given(...paid, creditReleased()).when(reverse({ reason: 'MISTAKE', reversedOn: '2026-11-23' })), {
      code: 'PAYMENT_REFUNDED',
    })
  })
  t.test('says why and who', async (t) => {
    const { data } = release()
    t.ok(ReleaseCredit.safeParse(data).success)
    for (const change of [{ reason: 'FORGOTTEN' }, { approvedBy: undefined }, { amount: '0.00' }]) {
      t.notOk(ReleaseCredit.safeParse({ ...data, ...change }).success)
    }
  })
})

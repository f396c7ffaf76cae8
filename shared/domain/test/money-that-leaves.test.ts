import t from 'tap'
import { invoiceRegistered, paymentRecorded, ron } from '../src/examples.ts'
import {
  type AccountCommand,
  type AccountEvent,
  accountInvoices,
  accountPayments,
  type ClientAccount,
  clientAccount,
  DEFAULT_RULES,
} from '../src/index.ts'
import {
  account,
  allocate,
  cancel,
  clear,
  credit,
  given,
  record,
  refund,
  release,
  returned,
  reverse,
  writeOff,
} from './account.ts'
import { today } from './given.ts'

/** An account that commands are carried out on, one after the other. */
const living = (...history: readonly AccountEvent[]) => {
  const events: AccountEvent[] = [...history]
  const state = (): ClientAccount => events.reduce(clientAccount.evolve, clientAccount.initialState())
  return {
    state,
    do: (command: AccountCommand): readonly AccountEvent[] => {
      const company = { ...DEFAULT_RULES, functionalCurrency: 'RON' }
      const more = clientAccount.decide(command, state(), { today, company })
      events.push(...more)
      return more
    },
    payment: (paymentId = 'pay-1') => accountPayments.factsOf(state(), paymentId),
    open: (invoiceId: string) => accountInvoices.get(state(), invoiceId)?.open,
  }
}

const none = { rule: 'none' as const }

t.test('ReversePayment', async (t) => {
  t.test('of a payment that was given back in part takes all that the bank took, and leaves a claim', async (t) => {
    const alfa = living(account, invoiceRegistered({ total: ron('855.00'), vatLines: [] }))
    alfa.do(record({ amount: ron('945.00'), method: 'BANK_TRANSFER', allocation: { rule: 'auto' } }))
    alfa.do(refund({ amount: '90.00' }))
    const events = alfa.do(reverse({ reason: 'BOUNCED', reversedOn: '2026-11-12' }))
    t.match(events, [
      { type: 'PaymentDeallocated', data: { amount: ron('855.00') } },
      {
        type: 'ClaimRegistered',
        data: {
          claimId: 'claim-1',
          kind: 'RETURNED_MONEY',
          total: ron('90.00'),
          paymentId: 'pay-1',
          issuedOn: '2026-11-12',
          dueOn: '2026-11-12',
        },
      },
      { type: 'PaymentReversed', data: { amount: ron('945.00') } },
    ])
    t.match(alfa.payment(), { credit: 0n, refunded: 9_000n, reversed: 94_500n })
    t.equal(alfa.open('claim-1'), 9_000n)
    t.equal(alfa.open('inv-1024'), 85_500n)
    t.throws(() => alfa.do(reverse({ reason: 'BOUNCED', reversedOn: '2026-11-13' })), {
      code: 'PAYMENT_ALREADY_REVERSED',
    })
  })
  t.test('of one that was given back whole, or released, leaves a claim for all of it', async (t) => {
    for (const gone of [refund({ amount: '1500.00' }), release({ amount: '1500.00' })]) {
      const alfa = living(account, paymentRecorded())
      alfa.do(gone)
      t.match(alfa.do(reverse({ reason: 'CHARGED_BACK', reversedOn: '2026-11-22' })), [
        { type: 'ClaimRegistered', data: { total: ron('1500.00') } },
        { type: 'PaymentReversed', data: { amount: ron('1500.00') } },
      ])
      t.equal(alfa.payment()?.credit, 0n)
    }
  })
  t.test('takes more than is left only when told to, and says what is left', async (t) => {
    const asked = (amount: string, allowExcess?: boolean) =>
      reverse({
        reason: 'CHARGED_BACK',
        reversedOn: '2026-11-22',
        amount,
        ...(allowExcess === undefined ? {} : { allowExcess }),
      })
    const paid = [account, paymentRecorded()]
    t.match(given(...paid).when(asked('1500.00')), [{ type: 'PaymentReversed' }])
    t.throws(() => given(...paid).when(asked('1500.01')), {
      code: 'REVERSAL_EXCEEDS_PAYMENT',
      details: { left: ron('1500.00') },
    })
    t.match(given(...paid).when(asked('1500.01', true)), [
      { type: 'ClaimRegistered', data: { total: ron('0.01') } },
      { type: 'PaymentReversed', data: { amount: ron('1500.01') } },
    ])
    t.match(given(...paid).when(asked('1500.00', true)), [{ type: 'PaymentReversed' }], 'no excess, no claim')
    const mistake = reverse({ reason: 'MISTAKE', reversedOn: '2026-11-22', amount: '1500.01', allowExcess: true })
    t.throws(() => given(...paid).when(mistake), { code: 'REVERSAL_EXCEEDS_PAYMENT' })
  })
  t.test('cannot have been a mistake when something of it was given back', async (t) => {
    const alfa = living(account, paymentRecorded())
    alfa.do(refund({ amount: '90.00' }))
    t.throws(() => alfa.do(reverse({ reason: 'MISTAKE', reversedOn: '2026-11-22' })), { code: 'PAYMENT_REFUNDED' })
  })
  t.test('of a mistake gives back what was said to be kept, with the last of what was recorded', async (t) => {
    const feeOf = (events: readonly AccountEvent[]) =>
      events.flatMap((event) => (event.type === 'PaymentReversed' ? [event.data.fee] : []))
    const transferred = () => {
      const alfa = living(account)
      alfa.do(record({ amount: ron('100.00'), allocation: none, fee: '2.00' }))
      return alfa
    }
    const on = '2026-11-22'
    t.same(feeOf(transferred().do(reverse({ reason: 'MISTAKE', reversedOn: on }))), ['2.00'])
    t.same(feeOf(transferred().do(reverse({ reason: 'BOUNCED', reversedOn: on }))), [undefined], 'it came, and it cost')
    const inParts = transferred()
    t.same(feeOf(inParts.do(reverse({ reason: 'MISTAKE', reversedOn: on, amount: '99.99' }))), [undefined])
    t.equal(inParts.payment()?.fee, 200n)
    t.same(feeOf(inParts.do(reverse({ reason: 'MISTAKE', reversedOn: on }))), ['2.00'])
    t.equal(inParts.payment()?.fee, 0n)
    const card = living(account)
    card.do(record({ amount: ron('100.00'), method: 'CARD_ONLINE', bankReference: undefined, allocation: none }))
    card.do(clear({ paymentId: 'pay-1', amount: '60.00', fee: '1.00', clearedOn: '2026-11-20' }))
    card.do(clear({ paymentId: 'pay-1', amount: '30.00', fee: '0.50', clearedOn: '2026-11-21' }))
    t.match(card.do(reverse({ reason: 'MISTAKE', reversedOn: on })), [
      { type: 'PaymentReversed', data: { cleared: true, takenInTransit: '10.00', fee: '1.50' } },
    ])
  })
  t.test('of card money that was given back out of its payout takes it from the bank', async (t) => {
    const alfa = living(account)
    alfa.do(record({ amount: ron('100.00'), method: 'CARD_ONLINE', bankReference: undefined, allocation: none }))
    alfa.do(refund({ amount: '100.00', method: 'CARD_ONLINE' }))
    t.equal(alfa.payment()?.inTransit, 0n)
    t.match(alfa.do(reverse({ reason: 'CHARGED_BACK', reversedOn: '2026-11-22' })), [
      { type: 'ClaimRegistered' },
      { type: 'PaymentReversed', data: { amount: ron('100.00'), cleared: true } },
    ])
  })
  t.test('of a cheque that was given back before it bounced takes it off its way', async (t) => {
    const alfa = living(account)
    alfa.do(record({ amount: ron('100.00'), method: 'CHEQUE', bankReference: undefined, allocation: none }))
    alfa.do(refund({ amount: '40.00', method: 'CASH' }))
    t.match(alfa.do(reverse({ reason: 'BOUNCED', reversedOn: '2026-11-22' })), [
      { type: 'ClaimRegistered', data: { total: ron('40.00') } },
      { type: 'PaymentReversed', data: { amount: ron('100.00'), cleared: false } },
    ])
    t.match(alfa.payment(), { credit: 0n, inTransit: 0n, creditUncollected: 0n })
  })
  t.test('of one that has come in part takes what was still to come', async (t) => {
    const alfa = living(account)
    alfa.do(record({ amount: ron('100.00'), method: 'CHEQUE', bankReference: undefined, allocation: none }))
    alfa.do(clear({ paymentId: 'pay-1', amount: '30.00', fee: undefined, clearedOn: '2026-11-20' }))
    alfa.do(refund({ amount: '50.00', method: 'BANK_TRANSFER', refundedOn: '2026-11-21' }))
    t.match(alfa.do(reverse({ reason: 'BOUNCED', reversedOn: '2026-11-22' })), [
      { type: 'ClaimRegistered', data: { total: ron('20.00') } },
      { type: 'PaymentReversed', data: { amount: ron('70.00') } },
    ])
    t.match(alfa.payment(), { credit: 0n, inTransit: 0n })
  })
})

t.test('RecordRefund', async (t) => {
  const paid = [account, paymentRecorded()]
  t.test('records what left beyond the credit when told to, and says what there is otherwise', async (t) => {
    t.throws(() => given(...paid).when(refund({ amount: '1500.01' })), {
      code: 'REFUND_EXCEEDS_CREDIT',
      details: { credit: ron('1500.00') },
    })
    t.match(given(...paid).when(refund({ amount: '1500.01', allowExcess: true })), [
      { type: 'ClaimRegistered', data: { total: ron('0.01'), paymentId: 'pay-1', issuedOn: '2026-11-10' } },
      { type: 'RefundRecorded', data: { amount: ron('1500.01'), claimId: 'claim-1' } },
    ])
    const [only, ...others] = given(...paid).when(refund({ amount: '1500.00', allowExcess: true }))
    t.match(only, { type: 'RefundRecorded' })
    t.same(others, [])
    t.equal(only !== undefined && 'claimId' in only.data, false, 'no excess, no claim')
  })
  t.test('not of a credit note, which brought no money', async (t) => {
    const alfa = living(account)
    alfa.do(credit({ invoiceId: undefined }))
    const more = refund({ paymentId: 'cn-7', amount: '242.01', allowExcess: true })
    t.throws(() => alfa.do(more), { code: 'REFUND_EXCEEDS_CREDIT' })
  })
  t.test('carries what its part of the payment was worth', async (t) => {
    const alfa = living(account)
    const exchangeRate = { rate: '5.00', source: 'BNR' as const, publishedOn: '2026-11-01' }
    const amount = { amount: '100.00', currency: 'EUR' }
    alfa.do(record({ amount, method: 'BANK_TRANSFER', exchangeRate, allocation: none }))
    t.match(alfa.do(refund({ amount: '120.00', allowExcess: true })), [
      { type: 'ClaimRegistered', data: { total: { amount: '20.00', currency: 'EUR' }, functional: ron('100.00') } },
      { type: 'RefundRecorded', data: { functional: ron('600.00') } },
    ])
    t.match(alfa.payment(), { credit: 0n, value: { left: 0n } })
    t.match(alfa.do(returned()), [
      { type: 'RefundReversed', data: { functional: ron('600.00') } },
      { type: 'ClaimCancelled', data: { functional: ron('100.00') } },
    ])
    t.match(alfa.payment(), { credit: 10_000n, value: { left: 50_000n } })
    t.equal(accountInvoices.get(alfa.state(), 'claim-1')?.value?.left, 0n)
  })
})

t.test('ReverseRefund of more than there was', async (t) => {
  const beyond = () => {
    const alfa = living(account, paymentRecorded())
    alfa.do(refund({ amount: '1600.00', allowExcess: true }))
    return alfa
  }
  t.test('restores what was, claim and all', async (t) => {
    const alfa = beyond()
    t.match(alfa.do(returned()), [
      { type: 'RefundReversed', data: { amount: ron('1600.00') } },
      { type: 'ClaimCancelled', data: { total: ron('100.00'), paymentId: 'pay-1', cancelledOn: '2026-11-21' } },
    ])
    t.match(alfa.payment(), { credit: 150_000n, refunded: 0n })
    t.equal(alfa.open('claim-1'), 0n)
    t.throws(() => alfa.do(returned()), { code: 'ALREADY_REVERSED' })
  })
  t.test('makes credit of what was paid on the claim, and reverses its write-off', async (t) => {
    const alfa = beyond()
    alfa.do(record({ paymentId: 'pay-2', amount: ron('60.00'), method: 'BANK_TRANSFER', allocation: none }))
    alfa.do(allocate({ paymentId: 'pay-2', invoiceId: 'claim-1', amount: '60.00', allocatedOn: '2026-11-12' }))
    alfa.do(writeOff({ invoiceId: 'claim-1', amount: '40.00' }))
    t.match(alfa.do(returned()), [
      { type: 'PaymentDeallocated', data: { paymentId: 'pay-2', amount: ron('60.00') } },
      { type: 'WriteOffReversed', data: { amount: ron('40.00') } },
      { type: 'RefundReversed' },
      { type: 'ClaimCancelled' },
    ])
    t.equal(alfa.payment('pay-2')?.credit, 6_000n)
    t.equal(alfa.payment()?.credit, 150_000n)
  })
  t.test('is dated after whatever settles the claim', async (t) => {
    const alfa = beyond()
    alfa.do(writeOff({ invoiceId: 'claim-1', amount: '40.00', writtenOffOn: '2026-11-20' }))
    t.throws(() => alfa.do(returned({ reversedOn: '2026-11-19' })), { code: 'UNDO_BEFORE_WHAT_IT_UNDOES' })
    t.equal(alfa.do(returned({ reversedOn: '2026-11-20' })).length, 3)
  })
  t.test('is the only way back of its claim', async (t) => {
    const alfa = beyond()
    t.throws(() => alfa.do(cancel({ invoiceId: 'claim-1', cancelledOn: '2026-11-20' })), {
      code: 'INVOICE_NOT_FULLY_OPEN',
    })
  })
  t.test('leaves the claim of a reversal, which the credit may then pay', async (t) => {
    const alfa = living(account, paymentRecorded())
    alfa.do(refund({ amount: '90.00' }))
    alfa.do(reverse({ reason: 'BOUNCED', reversedOn: '2026-11-20' }))
    t.match(alfa.do(returned()), [{ type: 'RefundReversed' }])
    t.equal(alfa.payment()?.credit, 9_000n)
    alfa.do(allocate({ invoiceId: 'claim-1', amount: '90.00', allocatedOn: undefined }))
    t.match([alfa.payment()?.credit, alfa.open('claim-1')], [0n, 0n])
  })
})

import t from 'tap'
import {
  claimCancelled,
  claimRegistered,
  invoiceRegistered,
  paymentAllocated,
  paymentRecorded,
  registerClaim,
  ron,
} from '../src/examples.ts'
import {
  type AccountEvent,
  accountInvoices,
  accountPayments,
  ClaimKind,
  clientAccount,
  DEFAULT_RULES,
  RegisterClaim,
} from '../src/index.ts'
import {
  account,
  allocate,
  allocations,
  cancel,
  claim,
  credit,
  deallocate,
  discount,
  eur,
  given,
  record,
  register,
  reschedule,
  writeOff,
} from './account.ts'
import { today } from './given.ts'

const company = { ...DEFAULT_RULES, functionalCurrency: 'RON' }
const stateOf = (...events: readonly AccountEvent[]) =>
  events.reduce(clientAccount.evolve, clientAccount.initialState())

t.test('RegisterClaim', async (t) => {
  const owed = [account, claimRegistered()]
  t.test('makes an open item of any kind, without an invoice and without VAT', async (t) => {
    t.same(given(account).when(claim()), [claimRegistered()])
    for (const kind of ClaimKind.options) {
      t.match(given(account).when(claim({ kind })), [{ data: { kind, total: ron('57.53') } }])
    }
    t.match(accountInvoices.get(stateOf(...owed), 'claim-5'), {
      kind: 'INTEREST',
      open: 5_753n,
      dueOn: '2026-11-17',
      vatLines: [],
    })
  })
  t.test('is called by its id where it has no number', async (t) => {
    t.match(given(account).when(claim({ number: undefined })), [{ data: { number: 'claim-5' } }])
  })
  t.test('is worth something in another currency when somebody names the rate', async (t) => {
    const exchangeRate = { rate: '4.9765', source: 'BNR' as const, publishedOn: '2026-11-01' }
    t.match(given(account).when(claim({ total: eur('100.00'), exchangeRate }), { today, company }), [
      { data: { total: eur('100.00'), functional: ron('497.65') } },
    ])
    t.throws(() => given(account).when(claim({ exchangeRate }), { today, company }), {
      code: 'EXCHANGE_RATE_NOT_APPLICABLE',
    })
  })
  t.test('shares its ids with invoices, and its numbers with claims alone', async (t) => {
    t.throws(() => given(...owed).when(claim()), { code: 'INVOICE_ALREADY_REGISTERED' })
    t.throws(() => given(...owed).when(register({ invoiceId: 'claim-5' })), { code: 'INVOICE_ALREADY_REGISTERED' })
    t.throws(() => given(account, invoiceRegistered({ invoiceId: 'claim-5' })).when(claim()), {
      code: 'INVOICE_ALREADY_REGISTERED',
    })
    t.throws(() => given(...owed).when(claim({ claimId: 'claim-6', number: 'd 05' })), {
      code: 'DOCUMENT_ALREADY_REGISTERED',
      details: { kind: 'CLAIM', documentId: 'claim-5' },
    })
    const alike = { series: undefined, number: 'D 5' }
    t.equal(given(...owed).when(register(alike)).length, 1)
    t.equal(given(account, invoiceRegistered(alike)).when(claim()).length, 1)
    // A cancelled one leaves its name.
    t.equal(given(...owed, claimCancelled()).when(claim({ claimId: 'claim-6' })).length, 1)
  })
  t.test('needs a client and days in order', async (t) => {
    t.throws(() => given().when(claim()), { code: 'CLIENT_NOT_FOUND' })
    t.throws(() => given(account).when(claim({ dueOn: '2026-11-01' })), { code: 'DUE_BEFORE_ISSUE' })
    for (const change of [{ kind: 'TAX' }, { total: ron('0.00') }, { vatLines: [] }]) {
      t.notOk(RegisterClaim.safeParse({ ...registerClaim(), ...change }).success)
    }
  })

  t.test('is settled, moved and written off as an invoice is', async (t) => {
    const paid = [...owed, paymentRecorded()]
    const onClaim = { invoiceId: 'claim-5', allocatedOn: undefined }
    t.match(given(...paid).when(allocate({ ...onClaim, amount: '57.53' })), [
      { type: 'PaymentAllocated', data: { invoiceId: 'claim-5', amount: ron('57.53') } },
    ])
    t.throws(() => given(...paid).when(allocate({ ...onClaim, amount: '57.54' })), {
      code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      details: { open: ron('57.53') },
    })
    const settled = paymentAllocated({ invoiceId: 'claim-5', amount: ron('57.53') })
    t.equal(accountInvoices.get(stateOf(...paid, settled), 'claim-5')?.open, 0n)
    t.match(given(...paid, settled).when(deallocate({ invoiceId: 'claim-5', amount: '57.53' })), [
      { type: 'PaymentDeallocated' },
    ])
    t.match(given(...owed).when(reschedule({ invoiceId: 'claim-5', dueOn: '2026-12-01', agreedOn: '2026-11-10' })), [
      { type: 'InvoiceRescheduled' },
    ])
    t.match(given(...owed).when(writeOff({ invoiceId: 'claim-5' })), [
      { type: 'InvoiceWrittenOff', data: { amount: ron('57.53') } },
    ])
  })
  t.test('is named by its number in the text of a payment', async (t) => {
    const events = given(...owed, invoiceRegistered()).when(
      record({ amount: ron('57.53'), remittanceText: 'dobanda D 5', allocation: { rule: 'named' } }),
    )
    t.same(allocations(events), ['claim-5 57.53 2026-11-02'])
  })
  t.test('comes before what is due: costs first, then interest', async (t) => {
    const fee = claimRegistered({ claimId: 'fee', kind: 'FEE', number: 'D 6', total: ron('200.00') })
    const events = given(...owed, invoiceRegistered({ dueOn: '2026-10-02' }), fee).when(
      record({ amount: ron('300.00'), remittanceText: undefined, allocation: { rule: 'auto' } }),
    )
    t.same(
      allocations(events).map((each) => each.split(' ', 2).join(' ')),
      ['fee 200.00', 'claim-5 57.53', 'inv-1024 42.47'],
    )
  })

  t.test('has no paper that could correct it', async (t) => {
    for (const command of [
      credit({ invoiceId: 'claim-5', total: ron('7.00'), vatLines: undefined }),
      credit({ invoiceId: undefined, corrects: 'claim-5', total: ron('7.00'), vatLines: undefined }),
      discount({ invoiceId: 'claim-5', amount: '7.00', vatLines: undefined }),
    ]) {
      t.throws(() => given(...owed).when(command), { code: 'CREDIT_NOTE_DOES_NOT_FIT', details: { kind: 'INTEREST' } })
    }
  })
})

t.test('CancelInvoice of a claim', async (t) => {
  const owed = [account, claimRegistered()]
  const back = { invoiceId: 'claim-5', cancelledOn: '2026-11-20', reason: 'Renunțare' }
  t.test('takes it back', async (t) => {
    t.same(given(...owed).when(cancel(back)), [claimCancelled()])
    t.equal(accountInvoices.get(stateOf(...owed, claimCancelled()), 'claim-5')?.open, 0n)
    t.throws(() => given(...owed, claimCancelled()).when(cancel(back)), { code: 'INVOICE_NOT_FULLY_OPEN' })
    t.throws(() => given(...owed).when(cancel({ ...back, cancelledOn: '2026-11-01' })), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
    })
  })
  t.test('frees what settles it first, when asked', async (t) => {
    const paid = [...owed, paymentRecorded(), paymentAllocated({ invoiceId: 'claim-5', amount: ron('57.53') })]
    t.throws(() => given(...paid).when(cancel(back)), { code: 'INVOICE_NOT_FULLY_OPEN' })
    const events = given(...paid).when(cancel({ ...back, freeSettlements: true }))
    t.match(events, [
      { type: 'PaymentDeallocated', data: { amount: ron('57.53') } },
      { type: 'ClaimCancelled', data: { total: ron('57.53') } },
    ])
    t.equal(accountPayments.get(stateOf(...paid, ...events), 'pay-1')?.credit, 150_000n)
  })
})

/** Money that came from somebody unknown: the company's stream holds it, an account receives it, and may give it back. */
import t from 'tap'
import {
  clientRegistered,
  identificationCompleted,
  identificationDeclined,
  identificationRequested,
  identificationReturned,
  identificationUndone,
  identifyPayment,
  invoiceRegistered,
  paymentAllocated,
  paymentDeallocated,
  paymentIdentified,
  paymentRecorded,
  recordUnidentifiedPayment,
  returnUnidentifiedPayment,
  ron,
  unidentifiedPaymentRecorded,
  unidentifiedPaymentReturned,
} from '../src/examples.ts'
import {
  accountPayments,
  clientAccount,
  DEFAULT_RULES,
  IdentifyPayment,
  identificationRefusal,
  RecordUnidentifiedPayment,
  ReturnUnidentifiedPayment,
  UndoIdentification,
  type UnidentifiedEvent,
  unidentified,
  unidentifiedPayments,
} from '../src/index.ts'
import {
  account,
  allocate,
  allocations,
  eur,
  explicit,
  given,
  identified,
  refund,
  reverse,
  transfer,
  undoIdentified,
} from './account.ts'
import { givenOf, today } from './given.ts'
import { fold } from './histories.ts'

const company = { ...DEFAULT_RULES, functionalCurrency: 'RON' }
const context = { today, company }
const closed = { today, company: { ...company, closedThrough: '2026-11-15' } }
const onStream = givenOf(unidentified)
const stateAfter = (...events: readonly UnidentifiedEvent[]) =>
  unidentifiedPayments.get(events.reduce(unidentified.evolve, unidentified.initialState()), 'unk-1')

const record = (change: Parameters<typeof recordUnidentifiedPayment>[0] = {}) =>
  ({ type: 'RecordUnidentifiedPayment', data: recordUnidentifiedPayment(change) }) as const
const identify = (change: Parameters<typeof identifyPayment>[0] = {}) =>
  ({ type: 'IdentifyPayment', data: identifyPayment(change) }) as const
const giveBack = (change: Parameters<typeof returnUnidentifiedPayment>[0] = {}) =>
  ({ type: 'ReturnUnidentifiedPayment', data: returnUnidentifiedPayment(change) }) as const
const which = { paymentId: 'unk-1', clientId: 'alfa', identificationId: 'unk-1-alfa' }
const complete = { type: 'CompleteIdentification', data: which } as const
const decline = { type: 'DeclineIdentification', data: { ...which, code: 'PAYMENT_ALREADY_RECORDED' } } as const
const recorded = unidentifiedPaymentRecorded()

t.test('RecordUnidentifiedPayment', async (t) => {
  t.test('records money in the bank, once, of a company that is there', async (t) => {
    t.same(onStream().when(record(), context), [recorded])
    t.throws(() => onStream(recorded).when(record(), context), { code: 'PAYMENT_ALREADY_RECORDED' })
    t.throws(() => onStream().when(record()), { code: 'COMPANY_NOT_FOUND' })
    t.notOk(RecordUnidentifiedPayment.safeParse({ ...recordUnidentifiedPayment(), method: 'CASH' }).success)
    t.notOk(RecordUnidentifiedPayment.safeParse({ ...recordUnidentifiedPayment(), clientId: 'alfa' }).success)
    const wrong = 'RO49AAAA1B31007593840001'
    t.notOk(RecordUnidentifiedPayment.safeParse({ ...recordUnidentifiedPayment(), bankAccount: wrong }).success)
    t.ok(RecordUnidentifiedPayment.safeParse(recordUnidentifiedPayment()).success)
  })
  t.test('with what a bank in between kept, and what it is worth', async (t) => {
    t.match(onStream().when(record({ fee: '1210.00' }), context), [{ data: { fee: '1210.00' } }])
    t.throws(() => onStream().when(record({ fee: '1210.01' }), context), { code: 'FEE_EXCEEDS_PAYMENT' })
    const rate = { rate: '5.00', source: 'BNR' as const, publishedOn: '2026-10-30' }
    t.match(onStream().when(record({ amount: eur('300.00'), exchangeRate: rate }), context), [
      { data: { functional: ron('1500.00') } },
    ])
    t.throws(() => onStream().when(record({ exchangeRate: rate }), context), { code: 'EXCHANGE_RATE_NOT_APPLICABLE' })
  })
  t.test('warns of money that looks the same', async (t) => {
    const payments = [{ clientId: 'beta', paymentId: 'pay-9' }, { paymentId: 'unk-0' }]
    t.match(onStream().when(record(), { ...context, elsewhere: { payments } }), [{ data: { looksLike: payments } }])
  })
  t.test('not in a closed period, nor far ahead', async (t) => {
    t.throws(() => onStream().when(record({ receivedOn: '2026-11-15' }), closed), { code: 'PERIOD_CLOSED' })
    t.equal(onStream().when(record({ receivedOn: '2026-11-16' }), closed).length, 1)
    t.throws(() => onStream().when(record({ receivedOn: '2027-02-25' }), context), { code: 'DAY_TOO_FAR_AHEAD' })
  })
})

t.test('IdentifyPayment', async (t) => {
  t.test('reserves all that is nobody’s, or a part of it', async (t) => {
    t.same(onStream(recorded).when(identify(), context), [identificationRequested()])
    const part = identificationRequested({ amount: ron('1000.00') })
    t.match(onStream(recorded, part).when(identify({ identificationId: 'rest' }), context), [
      { data: { amount: ron('210.00') } },
    ])
    const rest = (amount: string) => identify({ identificationId: 'rest', amount })
    const done = [recorded, part, identificationCompleted()]
    t.equal(onStream(...done).when(rest('210.00'), context).length, 1)
    t.throws(() => onStream(...done).when(rest('210.01'), context), {
      code: 'UNIDENTIFIED_AMOUNT_EXCEEDED',
      details: { path: '/amount', unidentified: ron('210.00') },
    })
    t.throws(() => onStream(recorded, part).when(rest('210.01'), context), {
      code: 'CREDIT_RESERVED',
      details: { reserved: ron('1000.00') },
    })
    t.throws(() => onStream(recorded).when(rest('1.001'), context), { code: 'AMOUNT_TOO_PRECISE' })
  })
  t.test('asks for the payment, and for an id that it does not have', async (t) => {
    t.throws(() => onStream().when(identify(), context), { code: 'UNIDENTIFIED_PAYMENT_NOT_FOUND' })
    const part = identificationRequested({ amount: ron('1000.00') })
    t.throws(() => onStream(recorded, part).when(identify(), context), {
      code: 'PAYMENT_ALREADY_RECORDED',
      details: { path: '/identificationId' },
    })
    t.notOk(IdentifyPayment.safeParse({ ...identifyPayment(), amount: '0.00' }).success)
    t.notOk(IdentifyPayment.safeParse({ ...identifyPayment(), surprise: 1 }).success)
  })
  t.test('counts from the money’s own day, or the first open one; VAT keeps the money’s', async (t) => {
    t.match(onStream(recorded).when(identify(), closed), [
      { data: { identifiedOn: '2026-11-16', collectedOn: '2026-11-02' } },
    ])
    t.match(onStream(recorded).when(identify({ identifiedOn: '2026-11-20' }), context), [
      { data: { identifiedOn: '2026-11-20', collectedOn: '2026-11-02' } },
    ])
    t.throws(() => onStream(recorded).when(identify({ identifiedOn: '2026-11-01' }), context), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { earliest: '2026-11-02' },
    })
    t.throws(() => onStream(recorded).when(identify({ identifiedOn: '2026-11-15' }), closed), { code: 'PERIOD_CLOSED' })
    t.throws(() => onStream(recorded).when(identify({ identifiedOn: '2027-02-25' }), context), {
      code: 'DAY_TOO_FAR_AHEAD',
    })
  })
  t.test('takes its part of the value of money in another currency, to the last ban', async (t) => {
    const euros = unidentifiedPaymentRecorded({ amount: eur('0.03'), functional: ron('0.10') })
    const first = onStream(euros).when(identify({ amount: '0.01' }), context)
    t.match(first, [{ data: { functional: ron('0.03') } }])
    const second = onStream(euros, ...first).when(identify({ identificationId: 'two', amount: '0.02' }), context)
    t.match(second, [{ data: { functional: ron('0.07') } }])
  })
  t.test('is closed once, or freed as it was', async (t) => {
    t.same(onStream(recorded, identificationRequested()).when(complete, context), [identificationCompleted()])
    t.same(onStream(recorded, identificationRequested(), identificationCompleted()).when(complete, context), [])
    const declined = onStream(recorded, identificationRequested()).when(decline, context)
    t.same(declined, [identificationDeclined()])
    t.same(onStream(recorded, identificationRequested(), ...declined).when(decline, context), [])
    t.same(stateAfter(recorded, identificationRequested(), ...declined), stateAfter(recorded))
  })
})

t.test('ReturnUnidentifiedPayment', async (t) => {
  t.test('takes what is nobody’s, whole or in parts', async (t) => {
    t.same(onStream(recorded).when(giveBack(), context), [unidentifiedPaymentReturned()])
    const part = unidentifiedPaymentReturned({ amount: ron('1000.00') })
    t.equal(onStream(recorded, part).when(giveBack({ amount: '210.00' }), context).length, 1)
    t.throws(() => onStream(recorded, part).when(giveBack({ amount: '210.01' }), context), {
      code: 'UNIDENTIFIED_AMOUNT_EXCEEDED',
    })
    t.throws(() => onStream(recorded, unidentifiedPaymentReturned()).when(giveBack(), context), {
      code: 'PAYMENT_ALREADY_REVERSED',
    })
    t.throws(() => onStream().when(giveBack(), context), { code: 'UNIDENTIFIED_PAYMENT_NOT_FOUND' })
    const elsewhere = [recorded, identificationRequested(), identificationCompleted()]
    t.throws(() => onStream(...elsewhere).when(giveBack(), context), { code: 'UNIDENTIFIED_AMOUNT_EXCEEDED' })
  })
  t.test('not before the money, nor before what came back of it', async (t) => {
    t.equal(onStream(recorded).when(giveBack({ returnedOn: '2026-11-02' }), context).length, 1)
    t.throws(() => onStream(recorded).when(giveBack({ returnedOn: '2026-11-01' }), context), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
    })
    const back = [recorded, identificationRequested(), identificationCompleted(), identificationReturned()]
    t.throws(() => onStream(...back).when(giveBack({ returnedOn: '2026-11-19' }), context), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { earliest: '2026-11-20' },
    })
    t.equal(onStream(...back).when(giveBack(), context).length, 1)
    t.match(onStream(recorded).when(giveBack({ returnedOn: undefined }), context), [{ data: { returnedOn: today } }])
    t.throws(() => onStream(recorded).when(giveBack({ returnedOn: '2026-11-15' }), closed), { code: 'PERIOD_CLOSED' })
    t.notOk(ReturnUnidentifiedPayment.safeParse({ ...returnUnidentifiedPayment(), reason: 'BOUNCED' }).success)
  })
  t.test('of a mistake gives back what was said to be kept, with the last of what was recorded', async (t) => {
    const costly = unidentifiedPaymentRecorded({ fee: '2.00' })
    const mistake = (amount?: string) => giveBack({ amount, reason: 'MISTAKE', returnedOn: '2026-11-20' })
    const feeOf = ([event]: readonly UnidentifiedEvent[]) =>
      event?.type === 'UnidentifiedPaymentReturned' ? event.data.fee : 'nothing returned'
    t.equal(feeOf(onStream(costly).when(mistake(), context)), '2.00')
    t.equal(feeOf(onStream(recorded).when(mistake(), context)), undefined)
    t.equal(feeOf(onStream(costly).when(giveBack({ amount: undefined, reason: 'TAKEN_BY_BANK' }), context)), undefined)
    const part = onStream(costly).when(mistake('10.00'), context)
    t.equal(feeOf(part), undefined)
    t.equal(feeOf(onStream(costly, ...part).when(mistake(), context)), '2.00')
    const found = [identificationRequested({ amount: ron('10.00') }), identificationCompleted()]
    t.equal(feeOf(onStream(costly, ...found).when(mistake(), context)), undefined, 'some of it came')
  })
})

t.test('an account receives what is identified', async (t) => {
  t.test('as credit that settles what the payer meant', async (t) => {
    t.same(given(account, invoiceRegistered()).when(identified({ remittanceText: 'plata fact AMC 1024' }), context), [
      paymentIdentified({ allocationStage: 'NAMED' }),
      paymentAllocated({ paymentId: 'unk-1-alfa', rule: 'auto@1', amount: ron('1210.00') }),
    ])
    const events = given(account).when(identified(), context)
    t.same(events, [paymentIdentified({ allocationStage: 'LEGAL_ORDER' })])
    const credit = accountPayments.get(fold([account, ...events]), 'unk-1-alfa')
    t.match(credit, {
      credit: 121_000n,
      method: 'TRANSFER',
      receivedOn: '2026-11-02',
      origin: { paymentId: 'unk-1', collectedOn: '2026-11-02' },
    })
  })
  t.test('or refuses it as an event, whoever asks', async (t) => {
    t.match(given().when(identified(), context), [
      { type: 'IdentificationRefused', data: { code: 'CLIENT_NOT_FOUND' } },
    ])
    const taken = paymentRecorded({ paymentId: 'unk-1-alfa' })
    t.match(given(account, taken).when(identified(), context), [{ data: { code: 'PAYMENT_ALREADY_RECORDED' } }])
    const tooMuch = identified({ allocation: explicit('inv-1024', '1210.01') })
    t.match(given(account, invoiceRegistered()).when(tooMuch, context), [
      { type: 'IdentificationRefused', data: { code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT' } },
    ])
    const { data } = tooMuch
    const refusal = identificationRefusal(fold([account, invoiceRegistered()]), data, company)
    t.match(refusal, { code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT', details: { open: ron('1210.00') } })
    t.equal(identificationRefusal(fold([account, invoiceRegistered()]), identified().data, company), undefined)
  })
  t.test('VAT under TVA la încasare keeps the day of the money where that is open', async (t) => {
    const vat = [{ rate: '21', base: '1000.00', vat: '210.00' }]
    const invoice = invoiceRegistered({ cashAccounting: true, vatLines: vat })
    const late = identified({ identifiedOn: '2026-11-20' })
    t.match(given(account, invoice).when(late, context), [
      {},
      { data: { allocatedOn: '2026-11-20', collectedOn: '2026-11-02', vat: { on: '2026-11-02' } } },
    ])
    t.match(given(account, invoice).when(late, closed), [
      {},
      { data: { allocatedOn: '2026-11-20', vat: { on: '2026-11-16', belongsTo: '2026-11' } } },
    ])
  })
  t.test('though the period of its day was closed since', async (t) => {
    t.match(given(account, invoiceRegistered()).when(identified(), closed), [
      { type: 'PaymentIdentified', data: { identifiedOn: '2026-11-02' } },
      { data: { allocatedOn: '2026-11-16' } },
    ])
  })
  t.test('it can be used as credit, but not bounce there', async (t) => {
    const history = [account, invoiceRegistered(), paymentIdentified()]
    t.same(allocations(given(...history).when(allocate({ ...inAlfa, invoiceId: 'inv-1024' }), context)), [
      'inv-1024 290.00 2026-11-02',
    ])
    t.equal(given(...history).when(refund({ ...inAlfa }), context).length, 1)
    t.equal(given(...history).when(transfer({ ...inAlfa }), context).length, 1)
    t.throws(() => given(...history).when(reverse({ ...inAlfa }), context), {
      code: 'PAYMENT_TRANSFERRED',
      details: { origin: { paymentId: 'unk-1' } },
    })
  })
})
const inAlfa = { paymentId: 'unk-1-alfa', allocatedOn: undefined }

t.test('UndoIdentification', async (t) => {
  const history = [account, invoiceRegistered(), paymentIdentified()]
  t.test('brings back what is not used', async (t) => {
    t.same(given(...history).when(undoIdentified(), context), [identificationUndone()])
    const used = paymentAllocated({ paymentId: 'unk-1-alfa', amount: ron('1000.00') })
    t.match(given(...history, used).when(undoIdentified(), context), [{ data: { amount: ron('210.00') } }])
    const all = paymentAllocated({ paymentId: 'unk-1-alfa', amount: ron('1210.00') })
    t.throws(() => given(...history, all).when(undoIdentified(), context), { code: 'NOTHING_TO_REVERSE' })
    t.throws(() => given(...history, identificationUndone()).when(undoIdentified(), context), {
      code: 'NOTHING_TO_REVERSE',
    })
  })
  t.test('only of what was identified', async (t) => {
    t.throws(() => given(account).when(undoIdentified(), context), { code: 'PAYMENT_NOT_FOUND' })
    t.throws(() => given(account, paymentRecorded()).when(undoIdentified({ identificationId: 'pay-1' }), context), {
      code: 'PAYMENT_NOT_FOUND',
    })
    t.throws(() => given(...history).when(undoIdentified({ paymentId: 'unk-2' }), context), {
      code: 'PAYMENT_NOT_FOUND',
    })
    t.notOk(UndoIdentification.safeParse({ paymentId: 'unk-1', identificationId: 'unk-1-alfa' }).success)
  })
  t.test('not before it was his, nor before an allocation of it was undone', async (t) => {
    t.equal(given(...history).when(undoIdentified({ undoneOn: '2026-11-02' }), context).length, 1)
    t.throws(() => given(...history).when(undoIdentified({ undoneOn: '2026-11-01' }), context), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
    })
    const back = [
      paymentAllocated({ paymentId: 'unk-1-alfa' }),
      paymentDeallocated({ paymentId: 'unk-1-alfa', deallocatedOn: '2026-11-21' }),
    ]
    t.throws(() => given(...history, ...back).when(undoIdentified(), context), {
      code: 'UNDO_BEFORE_WHAT_IT_UNDOES',
      details: { earliest: '2026-11-21' },
    })
  })
  t.test('leaves the client as he was, and the money to be identified anew', async (t) => {
    const euros = { amount: eur('0.03'), functional: ron('0.10') }
    const his = [account, ...given(account).when(identified(euros), context)]
    const undone = given(...his).when(undoIdentified(), context)
    t.match(undone, [{ data: euros }])
    const credit = accountPayments.get(undone.reduce(clientAccount.evolve, fold(his)), 'unk-1-alfa')
    t.match(credit, { credit: 0n, value: { left: 0n } })
    const stream = [unidentifiedPaymentRecorded(euros), identificationRequested(euros), identificationCompleted()]
    const back = onStream(...stream).when(
      { type: 'TakeBackIdentification', data: { ...which, ...euros, undoneOn: '2026-11-20' } },
      context,
    )
    t.match(stateAfter(...stream, ...back), {
      credit: 3n,
      value: { left: 10n },
      lastUndoOn: '2026-11-20',
      identifications: [{ amount: 0n, value: 0n, isReserved: false }],
    })
    t.match(onStream(...stream, ...back).when(identify({ identificationId: 'again' }), context), [
      { data: { ...euros, identifiedOn: '2026-11-20', collectedOn: '2026-11-02' } },
    ])
  })
  t.test('a client that is not there has nothing to give back', async (t) => {
    t.throws(() => given().when(undoIdentified(), context), { code: 'CLIENT_NOT_FOUND' })
    t.equal(clientRegistered().data.clientId, 'alfa')
  })
})

t.test('its state is read back from a snapshot', async (t) => {
  const history = [
    recorded,
    unidentifiedPaymentRecorded({ paymentId: 'unk-2', amount: eur('0.03'), functional: ron('0.10'), fee: '0.01' }),
    identificationRequested({ amount: ron('1000.00') }),
    identificationCompleted(),
    unidentifiedPaymentReturned({ paymentId: 'unk-2', amount: eur('0.01'), functional: ron('0.03') }),
    identificationReturned({ amount: ron('400.00') }),
  ]
  const { snapshot } = unidentified
  if (snapshot === undefined) throw new Error('it has no snapshots')
  for (let cut = 0; cut <= history.length; cut += 1) {
    const first = history.slice(0, cut).reduce(unidentified.evolve, unidentified.initialState())
    const restored = snapshot.decode(snapshot.encode(first))
    const rest = (state: typeof first) => history.slice(cut).reduce(unidentified.evolve, state)
    t.same(snapshot.encode(restored), snapshot.encode(first))
    const [one, other] = [rest(restored), rest(first)]
    for (const id of ['unk-1', 'unk-2']) t.same(unidentifiedPayments.get(one, id), unidentifiedPayments.get(other, id))
    t.ok(snapshot.weigh(one) > 0)
  }
})

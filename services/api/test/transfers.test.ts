/** Credit goes through two accounts; whatever stops between them is finished, once, and no total ever shows half of it. */
import { randomUUID } from 'node:crypto'
import * as examples from '@registru/domain/examples'
import { StoreUnavailable } from '@registru/event-store'
import { createLogger } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t, { type Test } from 'tap'
import { z } from 'zod'
import type { Ledger } from '../src/ledger/ledger.ts'
import { startStepProcess } from '../src/steps/step-process.ts'
import { reversalFinisher } from '../src/transfers/reversal-finisher.ts'
import { createReversalSaga } from '../src/transfers/reversal-saga.ts'
import { transferFinisher } from '../src/transfers/transfer-finisher.ts'
import { createTransferSaga } from '../src/transfers/transfer-saga.ts'
import { answerOf, codeOf, createApi, eventsOf, nowhere, openPool, startStores, until } from './api.ts'
import { project } from './projected.ts'

const { ron } = examples
t.setTimeout(120_000)

const { store, pool } = await startStores(t)
const logger = createLogger({ name: 'api', level: 'fatal', destination: nowhere })
const healthy = await createApi(store, pool)
const dies = () => Promise.reject(new StoreUnavailable('died here'))
/** It reserves, and dies. */
const dying = await createApi(store, pool, {
  transfers: (ledger: Ledger) => ({ ...createTransferSaga(ledger), move: dies }),
})

const pay = (paymentId: string, change: object = {}) => ({
  ...examples.recordPayment({ paymentId, amount: ron('1000.00'), allocation: { rule: 'none' } }),
  receipt: undefined,
  ...change,
})
const move = (paymentId: string, change: object = {}) => ({
  ...examples.transferCredit({ paymentId }),
  transferId: `${paymentId}-moved`,
  ...change,
})

await healthy.must('RegisterCompany', examples.registerCompany())
await healthy.must('RegisterClient', examples.registerClient())
await healthy.must('RegisterClient', examples.registerClient({ clientId: 'beta', name: 'Beta SRL' }))

/** Events about one transfer, in the order of the log. */
const historyOf = async (transferId: string): Promise<string[]> => {
  const types: string[] = []
  for await (const { type, data } of store.readAll()) {
    if (typeof data === 'object' && data !== null && Reflect.get(data, 'transferId') === transferId) types.push(type)
  }
  return types
}
const MOVED = ['TransferRequested', 'TransferReceived', 'TransferCompleted']

const withProcess = async (t: Test, work: () => Promise<void>): Promise<void> => {
  const process = startStepProcess({ store, pool, finishers: [transferFinisher(healthy.transfers)], logger })
  t.teardown(() => process.stop())
  await work()
  await process.stop()
}

const Totals = z.looseObject({
  rows: z.array(z.looseObject({ clientId: z.string(), credit: z.string() })),
  totals: z.array(z.looseObject({ credit: z.string() })),
})
/** Credit by client, and of all. */
const creditAt = async (knownAt: string, asOf = '2026-11-24') => {
  const { rows, totals } = Totals.parse(await healthy.answer(`receivables/aging?asOf=${asOf}&knownAt=${knownAt}`))
  const of = Object.fromEntries(rows.map(({ clientId, credit }) => [clientId, credit]))
  return { ...of, all: totals[0]?.credit ?? '0.00' }
}

t.test('credit that moves', async (t) => {
  await healthy.must('RecordPayment', pay('whole'))
  const key = randomUUID()
  const moved = await healthy.command('TransferCredit', move('whole', { amount: '400.00' }), { key })
  t.equal(moved.statusCode, 201)
  t.match(answerOf(moved), {
    result: { transferId: 'whole-moved', toClientId: 'beta', amount: ron('400.00'), movedOn: '2026-11-12' },
  })
  t.strictSame(await historyOf('whole-moved'), MOVED)
  const again = await healthy.command('TransferCredit', move('whole', { amount: '400.00' }), { key })
  t.match(again, { statusCode: 200, body: moved.body, headers: { 'idempotency-replayed': 'true' } })
  t.strictSame(await historyOf('whole-moved'), MOVED)
  await project({ store, pool })
  t.match(await healthy.answer('payments/whole'), {
    credit: '600.00',
    transferred: '400.00',
    transfers: [{ transferId: 'whole-moved', toClientId: 'beta', amount: '400.00', movedOn: '2026-11-12' }],
  })
  t.match(await healthy.answer('payments/whole?asOf=2026-11-11'), {
    credit: '1000.00',
    transferred: '0.00',
    transfers: [],
  })
  t.match(await healthy.answer('payments/whole-moved'), {
    clientId: 'beta',
    method: 'TRANSFER',
    receivedOn: '2026-11-12',
    credit: '400.00',
    origin: { clientId: 'alfa', paymentId: 'whole' },
    transfers: [],
  })
  const statement = 'statement?from=2026-11-01&to=2026-11-30'
  t.match(await healthy.answer(`clients/alfa/${statement}`), {
    currencies: [{ closing: '-600.00', lines: [{ kind: 'PAYMENT' }, { kind: 'TRANSFER', debit: '400.00' }] }],
  })
  t.match(await healthy.answer(`clients/beta/${statement}`), {
    currencies: [{ closing: '-400.00', lines: [{ kind: 'TRANSFER', credit: '400.00' }] }],
  })
  // Money stays where it is: one turnover of the bank, none in between.
  t.match(await healthy.answer('journal/trial-balance'), {
    lines: [
      { account: 'BANK', debit: '1000.00', credit: '0.00' },
      { account: 'CLIENT_CREDIT', debit: '400.00', credit: '1400.00' },
    ],
  })
})

t.test('a request that dies between the accounts', async (t) => {
  await healthy.must('RecordPayment', pay('half'))
  const key = randomUUID()
  t.equal((await dying.command('TransferCredit', move('half'), { key })).statusCode, 503)
  t.strictSame(await historyOf('half-moved'), ['TransferRequested'])

  t.test('holds what it has reserved, and no total shows any of it', async (t) => {
    await project({ store, pool })
    t.match(await healthy.answer('payments/half'), { credit: '1000.00', transferred: '0.00' })
    const refund = { ...examples.recordRefund({ paymentId: 'half', amount: '900.01' }), refundId: 'too-much' }
    t.equal(codeOf(await healthy.command('RecordRefund', refund)), 'CREDIT_RESERVED')
    t.equal(
      codeOf(await healthy.command('ReversePayment', examples.reversePayment({ paymentId: 'half' }))),
      'CREDIT_RESERVED',
    )
  })
  t.test('is finished within seconds, once, by however many processes', async (t) => {
    const elsewhere = openPool(t, await createTestDatabase(t))
    const other = startStepProcess({
      store,
      pool: elsewhere,
      finishers: [transferFinisher((await createApi(store, elsewhere)).transfers)],
      logger,
    })
    t.teardown(() => other.stop())
    await withProcess(t, async () => {
      const finished = async () => ((await historyOf('half-moved')).includes('TransferCompleted') ? true : undefined)
      await until('the transfer', finished)
    })
    await other.stop()
    t.strictSame(await historyOf('half-moved'), MOVED)
    const again = await healthy.command('TransferCredit', move('half'), { key })
    t.match(again, { statusCode: 200 })
    t.strictSame(await historyOf('half-moved'), MOVED)
  })
})

t.test('at every position of the log, the credit stands in one account', async (t) => {
  await project({ store, pool })
  let recorded = 0n
  for await (const { type, stream, position } of store.readAll()) {
    if (!stream.startsWith('clientAccount-amc:')) continue
    if (type === 'PaymentRecorded') recorded += 100_000n
    const { all } = await creditAt(`${position}`)
    t.equal(BigInt(all.replace('.', '')), recorded, `at ${position}, after ${type}`)
  }
})

t.test('an account that refuses after the other has reserved', async (t) => {
  /** The question before is what makes this rare; without it, it can be provoked. */
  const hasty = await createApi(store, pool, {
    transfers: (ledger: Ledger) => ({ ...createTransferSaga(ledger), requireReceiver: () => Promise.resolve() }),
  })
  await healthy.must('RecordPayment', pay('refused'))
  await healthy.must('RecordPayment', pay('taken', { clientId: 'beta' }))
  const key = randomUUID()
  const body = move('refused', { transferId: 'taken' })
  t.equal(codeOf(await hasty.command('TransferCredit', body, { key })), 'PAYMENT_ALREADY_RECORDED')
  t.strictSame(await historyOf('taken'), ['TransferRequested', 'TransferRefused', 'TransferDeclined'])
  t.equal(codeOf(await hasty.command('TransferCredit', body, { key })), 'PAYMENT_ALREADY_RECORDED')
  t.strictSame(await historyOf('taken'), ['TransferRequested', 'TransferRefused', 'TransferDeclined'])
  await project({ store, pool })
  t.match(await healthy.answer('payments/refused'), { credit: '1000.00', transferred: '0.00' })
  await healthy.must('RecordRefund', {
    ...examples.recordRefund({ paymentId: 'refused', amount: '1000.00' }),
    refundId: 'free',
  })
})

t.test('what the other account would refuse leaves no trace', async (t) => {
  await healthy.must('RecordPayment', pay('asked'))
  const before = (await eventsOf(store, 'clientAccount-amc:alfa')).length
  const ask = (change: object) => healthy.command('TransferCredit', move('asked', change))
  t.equal(codeOf(await ask({ toClientId: 'nobody' })), 'CLIENT_NOT_FOUND')
  t.equal(codeOf(await ask({ transferId: 'taken' })), 'PAYMENT_ALREADY_RECORDED')
  t.equal(codeOf(await ask({ toClientId: 'alfa', transferId: undefined })), 'TRANSFER_TO_SELF')
  t.equal((await healthy.command('TransferCredit', move('asked'), { dryRun: true })).statusCode, 200)
  t.equal((await eventsOf(store, 'clientAccount-amc:alfa')).length, before)
  t.strictSame(await historyOf('asked-moved'), [])
})

t.test('two transfers of one credit at the same time are one', async (t) => {
  await healthy.must('RecordPayment', pay('raced'))
  const answers = await Promise.all(
    ['one', 'two'].map((id) => healthy.command('TransferCredit', move('raced', { transferId: id, amount: '600.00' }))),
  )
  const refused = answers.filter(({ statusCode }) => statusCode !== 201)
  t.equal(refused.length, 1)
  for (const answer of refused) t.match(codeOf(answer), /^(CREDIT_RESERVED|ALLOCATION_EXCEEDS_CREDIT)$/)
})

t.test('one without an id gets the same again', async (t) => {
  await healthy.must('RecordPayment', pay('nameless'))
  const key = randomUUID()
  const body = move('nameless', { transferId: undefined })
  const [first, second] = [
    await healthy.command('TransferCredit', body, { key }),
    await healthy.command('TransferCredit', body, { key }),
  ]
  t.equal(first.statusCode, 201)
  t.equal(second.body, first.body)
})

t.test("a payer who pays another client's invoice", async (t) => {
  await healthy.must('RecordPayment', pay('for-another', { receivedOn: '2026-11-03' }))
  await healthy.must(
    'RegisterInvoice',
    examples.registerInvoice({ clientId: 'beta', invoiceId: 'inv-b', number: '2001' }),
  )
  const body = {
    clientId: 'alfa',
    paymentId: 'for-another',
    invoiceId: 'inv-b',
    invoiceClientId: 'beta',
    amount: '1000.00',
  }
  t.equal(
    codeOf(await healthy.command('AllocatePayment', { ...body, amount: '1210.01' })),
    'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
  )
  t.equal(codeOf(await healthy.command('AllocatePayment', { ...body, invoiceId: 'none' })), 'INVOICE_NOT_FOUND')
  t.equal(codeOf(await healthy.command('AllocatePayment', { ...body, invoiceClientId: 'nobody' })), 'CLIENT_NOT_FOUND')
  const key = randomUUID()
  t.equal((await dying.command('AllocatePayment', body, { key })).statusCode, 503)
  await project({ store, pool })
  t.match(await healthy.answer('invoices/inv-b'), { open: '1210.00' })
  const paid = await healthy.command('AllocatePayment', body, { key })
  const { result } = answerOf(paid)
  const { transferId } = z.looseObject({ transferId: z.string() }).parse(result)
  t.match(result, { invoiceClientId: 'beta', invoiceId: 'inv-b', amount: '1000.00', allocatedOn: '2026-11-03' })
  await project({ store, pool })
  t.match(await healthy.answer('invoices/inv-b'), { open: '210.00', allocated: '1000.00', status: 'PARTIALLY_PAID' })
  t.match(await healthy.answer('payments/for-another'), { credit: '0.00', transferred: '1000.00' })
  const undo = {
    clientId: 'beta',
    paymentId: transferId,
    invoiceId: 'inv-b',
    reason: 'WRONG_INVOICE',
  }
  await healthy.must('DeallocatePayment', undo)
  await project({ store, pool })
  t.match(await healthy.answer(`payments/${transferId}`), {
    clientId: 'beta',
    credit: '1000.00',
  })
})

/** What there is of a payment, and what it settles, at a position. */
const whole = async (paymentId: string, query = '') => healthy.answer(`payments/${paymentId}${query}`)

t.test('a payment bounces whose credit another client has', async (t) => {
  await healthy.must('RecordPayment', pay('bounces'))
  await healthy.must('TransferCredit', move('bounces', { amount: '400.00' }))
  const invoice = { clientId: 'beta', invoiceId: 'inv-bounced', number: '2002' }
  await healthy.must('RegisterInvoice', examples.registerInvoice(invoice))
  const settles = { clientId: 'beta', paymentId: 'bounces-moved', invoiceId: 'inv-bounced' }
  await healthy.must('AllocatePayment', { ...settles, amount: '300.00' })
  const bounce = examples.reversePayment({ paymentId: 'bounces', reversedOn: '2026-11-24' })

  t.test('not on a day before what the other one did with it', async (t) => {
    const early = await healthy.command('ReversePayment', { ...bounce, reversedOn: '2026-11-11' })
    t.match(early.json(), { code: 'UNDO_BEFORE_WHAT_IT_UNDOES', details: { earliest: '2026-11-12', clientId: 'beta' } })
  })
  t.test('a request that dies has it held, and no total shows any of it', async (t) => {
    const dies = () => Promise.reject(new StoreUnavailable('died here'))
    const halting = await createApi(store, pool, {
      reversals: (ledger, transfers) => createReversalSaga(ledger, { ...transfers, move: dies }),
    })
    const dead = await createApi(store, pool, {
      reversals: (ledger, transfers) => ({ ...createReversalSaga(ledger, transfers), carryOut: dies }),
    })
    const preview = await healthy.command('ReversePayment', bounce, { dryRun: true })
    t.match(answerOf(preview), { result: { amount: ron('1000.00') } })
    const key = randomUUID()
    t.equal((await dead.command('ReversePayment', bounce, { key })).statusCode, 503)
    t.equal((await halting.command('ReversePayment', bounce, { key })).statusCode, 503)
    await project({ store, pool })
    t.match(await whole('bounces'), { credit: '600.00', transferred: '400.00' })
    t.equal(codeOf(await healthy.command('ReversePayment', bounce)), 'CREDIT_RESERVED')
    t.test('and is finished within seconds, once, by however many processes', async (t) => {
      const elsewhere = openPool(t, await createTestDatabase(t))
      const third = await createApi(store, elsewhere)
      const processes = [
        [pool, healthy],
        [elsewhere, third],
      ] as const
      const started = processes.map(([own, api]) =>
        startStepProcess({
          store,
          pool: own,
          finishers: [transferFinisher(api.transfers), reversalFinisher(api.reversals)],
          logger,
        }),
      )
      for (const process of started) t.teardown(() => process.stop())
      const count = async () => {
        const types = (await eventsOf(store, 'clientAccount-amc:alfa')).flatMap(({ type, data }) =>
          JSON.stringify(data).includes('"bounces"') ? [type] : [],
        )
        return types.filter((type) => type === 'PaymentReversed').length
      }
      await until('the reversal', async () => ((await count()) > 0 ? true : undefined))
      for (const process of started) await process.stop()
      const again = await healthy.command('ReversePayment', bounce, { key })
      t.match(again, { statusCode: 200 })
      t.match(answerOf(again), {
        result: { amount: ron('1000.00'), reversedOn: '2026-11-24' },
      })
      t.equal(await count(), 1)
    })
  })
  t.test('it is undone there, and reversed here', async (t) => {
    await project({ store, pool })
    t.match(await whole('bounces'), {
      transferred: '0.00',
      credit: '0.00',
      reversed: '1000.00',
      transfers: [{ amount: '400.00' }, { amount: '-400.00', movedOn: '2026-11-24' }],
      reversal: { on: '2026-11-24' },
    })
    t.match(await whole('bounces', '?asOf=2026-11-23'), { transferred: '400.00', credit: '600.00' })
    t.match(await whole('bounces-moved'), { transferred: '400.00', credit: '0.00', allocated: '0.00' })
    t.match(await healthy.answer('invoices/inv-bounced'), { open: '1210.00' })
  })
})

t.test('a process that remembers the payment from before it went anywhere asks for the day all the same', async (t) => {
  const other = await createApi(store, pool)
  await healthy.must('RecordPayment', pay('remembered'))
  const early = examples.reversePayment({ paymentId: 'remembered', reversedOn: '2026-11-11' })
  t.match(answerOf(await other.command('ReversePayment', early, { dryRun: true })), {
    result: { amount: ron('1000.00') },
  })
  await healthy.must('TransferCredit', move('remembered', { amount: '400.00' }))
  const refused = await other.command('ReversePayment', early)
  t.match(refused.json(), { code: 'UNDO_BEFORE_WHAT_IT_UNDOES', details: { earliest: '2026-11-12', clientId: 'beta' } })
})

t.test('it has gone through several hands, and some of it was given back', async (t) => {
  await healthy.must('RegisterClient', examples.registerClient({ clientId: 'gama', name: 'Gama SRL', taxId: '19' }))
  await healthy.must('RecordPayment', pay('far'))
  await healthy.must('TransferCredit', move('far', { amount: '1000.00', transferId: 'far-b' }))
  const on = { clientId: 'beta', toClientId: 'gama', paymentId: 'far-b', amount: '700.00', reason: 'mai departe' }
  await healthy.must('TransferCredit', { ...on, transferId: 'far-g', movedOn: '2026-11-13' })
  const refund = { clientId: 'gama', refundId: 'far-refund', paymentId: 'far-g', amount: '50.00' }
  await healthy.must('RecordRefund', { ...refund, method: 'BANK_TRANSFER', refundedOn: '2026-11-14' })
  const bounced = await healthy.command(
    'ReversePayment',
    examples.reversePayment({ paymentId: 'far', reversedOn: '2026-11-24' }),
  )
  t.equal(bounced.statusCode, 201, bounced.body)
  t.match(answerOf(bounced), { result: { amount: ron('1000.00') } })
  await project({ store, pool })
  t.match(await whole('far'), { reversed: '1000.00', credit: '0.00', transferred: '50.00' })
  t.match(await whole('far-b'), { credit: '0.00' })
  t.match(await whole('far-g'), { credit: '0.00', refunded: '50.00' })
})

t.test('some of it was sent back before, and what stayed there is gone', async (t) => {
  await healthy.must('RecordPayment', pay('to-and-fro'))
  await healthy.must('TransferCredit', move('to-and-fro', { amount: '600.00', transferId: 'to-and-fro-b' }))
  const back = { clientId: 'beta', toClientId: 'alfa', paymentId: 'to-and-fro-b', amount: '200.00', reason: 'înapoi' }
  await healthy.must('TransferCredit', { ...back, transferId: 'fro', movedOn: '2026-11-13' })
  const refund = { clientId: 'beta', refundId: 'fro-refund', paymentId: 'to-and-fro-b', amount: '150.00' }
  await healthy.must('RecordRefund', { ...refund, method: 'BANK_TRANSFER', refundedOn: '2026-11-14' })
  const bounced = await healthy.command(
    'ReversePayment',
    examples.reversePayment({ paymentId: 'to-and-fro', reversedOn: '2026-11-24' }),
  )
  t.equal(bounced.statusCode, 201, bounced.body)
  t.match(answerOf(bounced), { result: { amount: ron('1000.00'), claim: { amount: ron('150.00') } } })
  await project({ store, pool })
  t.match(await whole('to-and-fro'), { reversed: '1000.00', credit: '0.00', transferred: '150.00' })
  t.match(await whole('to-and-fro-b'), { credit: '0.00', refunded: '150.00' })
})

t.test("some of a payment is for other clients' invoices", async (t) => {
  const ofBeta = { clientId: 'beta', invoiceId: 'inv-b2', number: '2003' }
  await healthy.must('RegisterInvoice', examples.registerInvoice(ofBeta))
  await healthy.must('RegisterInvoice', examples.registerInvoice({ invoiceId: 'inv-a2', number: '2004' }))
  const items = [
    { invoiceId: 'inv-a2', amount: '600.00', invoiceClientId: 'alfa' },
    { invoiceId: 'inv-b2', amount: '300.00', invoiceClientId: 'beta' },
  ]
  const body = pay('both', { allocation: { rule: 'explicit', items }, receivedOn: '2026-11-03' })
  const wrong = { rule: 'explicit', items: [{ ...items[1], amount: '1210.01' }] }
  const tooMuch = pay('refused-both', { amount: ron('2000.00'), allocation: wrong })
  t.equal(codeOf(await healthy.command('RecordPayment', tooMuch)), 'ALLOCATION_EXCEEDS_OPEN_AMOUNT')
  const key = randomUUID()
  const result = {
    allocated: [{ invoiceId: 'inv-a2', amount: '600.00' }],
    credit: '100.00',
    forOthers: [{ invoiceClientId: 'beta', invoiceId: 'inv-b2', amount: '300.00' }],
  }
  t.match(answerOf(await healthy.command('RecordPayment', body, { key, dryRun: true })), { result })
  const dying = await createApi(store, pool, {
    transfers: (ledger: Ledger) => ({
      ...createTransferSaga(ledger),
      move: () => Promise.reject(new StoreUnavailable('')),
    }),
  })
  t.equal((await dying.command('RecordPayment', body, { key })).statusCode, 503)
  const answered = await healthy.command('RecordPayment', body, { key })
  t.match(answerOf(answered), { result })
  await project({ store, pool })
  t.match(await whole('both'), { credit: '100.00', allocated: '600.00', transferred: '300.00' })
  t.match(await healthy.answer('invoices/inv-b2'), { allocated: '300.00', open: '910.00' })
  t.match(await healthy.answer('invoices/inv-b2?asOf=2026-11-02'), { allocated: '0.00' })

  const hasty = await createApi(store, pool, {
    transfers: (ledger: Ledger) => ({ ...createTransferSaga(ledger), requireReceiver: () => Promise.resolve() }),
  })
  const late = pay('late', {
    bankReference: undefined,
    allocation: { rule: 'explicit', items: [{ ...items[1], amount: '910.01' }] },
  })
  t.match(answerOf(await hasty.command('RecordPayment', late)), {
    result: { credit: '1000.00' },
    warnings: [{ code: 'INVOICE_OF_OTHER_NOT_PAID', reason: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT', invoiceId: 'inv-b2' }],
  })
})

t.test('cash that pays too much of the invoice of another is told, whichever command pays it', async (t) => {
  const invoice = {
    clientId: 'beta',
    invoiceId: 'inv-large',
    number: '2005',
    total: ron('9000.00'),
    vatLines: undefined,
  }
  await healthy.must('RegisterInvoice', examples.registerInvoice(invoice))
  const item = { invoiceId: 'inv-large', invoiceClientId: 'beta' }
  const cash = (paymentId: string, amount: string, receivedOn: string) =>
    pay(paymentId, {
      amount: ron(amount),
      method: 'CASH',
      deskId: 'C1',
      bankReference: undefined,
      receivedOn,
      allocation: { rule: 'explicit', items: [{ ...item, amount }] },
    })
  const within = answerOf(await healthy.command('RecordPayment', cash('cash-1', '5000.00', '2026-11-03')))
  t.notOk(Reflect.has(within, 'warnings'))
  const above = { code: 'CASH_FRAGMENTED_INVOICE', limit: '5000.00', observed: '5000.01', invoiceId: 'inv-large' }
  const beyond = answerOf(await healthy.command('RecordPayment', cash('cash-2', '0.01', '2026-11-04')))
  t.match(beyond, { warnings: [above] })
  await healthy.must('RecordPayment', { ...cash('cash-3', '0.01', '2026-11-05'), allocation: { rule: 'none' } })
  const later = { clientId: 'alfa', paymentId: 'cash-3', amount: '0.01', ...item }
  t.match(answerOf(await healthy.command('AllocatePayment', later)), { warnings: [{ ...above, observed: '5000.02' }] })
})

/** A receipt goes through two streams; whatever stops between them is finished, once. */
import { randomUUID } from 'node:crypto'
import { Rejection } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { commandIdOf, type EventStore, StoreUnavailable } from '@registru/event-store'
import { createLogger } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { ConcurrentModification, OutcomeUnknown, Overloaded } from '../src/ledger/errors.ts'
import type { Ledger } from '../src/ledger/ledger.ts'
import { receiptFinisher } from '../src/receipts/receipt-finisher.ts'
import { createReceiptSaga } from '../src/receipts/receipt-saga.ts'
import { startStepProcess } from '../src/steps/step-process.ts'
import { type Api, createApi, eventsOf, nowhere, numberOf, openPool, startStores, until } from './api.ts'

const { ron } = examples
/** The process gives every request a few seconds before it steps in. */
t.setTimeout(120_000)

const { store, pool } = await startStores(t)
const logger = createLogger({ name: 'api', level: 'fatal', destination: nowhere })
const healthy = await createApi(store, pool)

const ACCOUNT = 'clientAccount-amc:alfa'
const BOOK = 'receiptBook-amc:AMC-C'
const dies = () => Promise.reject(new StoreUnavailable('died here'))

const must = async (api: Api, name: string, body: unknown, status = 201, key: string = randomUUID()) => {
  const response = await api.command(name, body, { key })
  if (response.statusCode !== status) throw new Error(`${name}: ${response.statusCode} ${response.body}`)
}
await must(healthy, 'RegisterCompany', examples.registerCompany())
await must(healthy, 'OpenReceiptBook', examples.openReceiptBook())
await must(healthy, 'RegisterClient', examples.registerClient())

const payInCash = (paymentId: string, change: object = {}) => ({
  ...examples.recordPayment({ paymentId, amount: ron('10.00'), method: 'CASH', allocation: { rule: 'none' } }),
  bankReference: undefined,
  ...change,
})
const issue = (paymentId: string, change: object = {}) => ({
  clientId: 'alfa',
  paymentId,
  series: 'AMC-C',
  issuedOn: '2026-11-03',
  ...change,
})

/** Events about one payment, in the order of the log. */
const historyOf = async (paymentId: string): Promise<string[]> => {
  const types: string[] = []
  for await (const { type, data } of store.readAll()) {
    if (typeof data === 'object' && data !== null && Reflect.get(data, 'paymentId') === paymentId) types.push(type)
  }
  return types
}
const includes = (paymentId: string, type: string) => async () =>
  (await historyOf(paymentId)).includes(type) ? true : undefined

const withProcess = async (t: Test, work: () => Promise<void>, over: EventStore = store): Promise<void> => {
  const process = startStepProcess({ store: over, pool, finishers: [receiptFinisher(healthy.receipts)], logger })
  t.teardown(() => process.stop())
  await work()
  await process.stop()
}

t.test('a request that dies between account and book', async (t) => {
  const dying = await createApi(store, pool, {
    saga: (ledger: Ledger) => ({ ...createReceiptSaga(ledger), enter: dies }),
  })
  const key = 'dies-between'
  const body = payInCash('half', { receipt: { series: 'AMC-C' } })
  t.equal((await dying.command('RecordPayment', body, { key })).statusCode, 503)
  t.strictSame(await historyOf('half'), ['PaymentRecorded', 'ReceiptRequested'])

  t.test('is finished within seconds', async (t) => {
    const startedAt = performance.now()
    await withProcess(t, async () => void (await until('the receipt', includes('half', 'ReceiptIssued'))))
    t.ok(performance.now() - startedAt < 10_000)
  })
  t.test('once, though the caller asks again and processes run side by side', async (t) => {
    const answers = await Promise.all([healthy, dying].map((api) => api.command('RecordPayment', body, { key })))
    t.match(answers[0]?.json(), { result: { receipt: { series: 'AMC-C', number: 1 } } })
    const elsewhere = openPool(t, await createTestDatabase(t))
    const both = [pool, elsewhere].map((own) =>
      startStepProcess({ store, pool: own, finishers: [receiptFinisher(createReceiptSaga(healthy.ledger))], logger }),
    )
    t.equal((await dying.command('IssueReceipt', issue('none-such'))).statusCode, 404)
    await must(dying, 'RecordPayment', payInCash('half-2', { receipt: { series: 'AMC-C' } }), 503)
    await until('the receipt', includes('half-2', 'ReceiptIssued'))
    // Both had the time to do it.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    await Promise.all(both.map((process) => process.stop()))
    t.strictSame(await historyOf('half'), ['PaymentRecorded', 'ReceiptRequested', 'ReceiptIssued'])
    t.strictSame(await historyOf('half-2'), ['PaymentRecorded', 'ReceiptRequested', 'ReceiptIssued'])
  })
})

t.test('an annulment that dies before the account knows', async (t) => {
  const dying = await createApi(store, pool, {
    saga: (ledger: Ledger) => ({ ...createReceiptSaga(ledger), release: dies }),
  })
  await must(healthy, 'RecordPayment', payInCash('annulled', { receipt: { series: 'AMC-C' } }))
  const number = numberOf((await eventsOf(store, BOOK)).at(-1))
  const body = { series: 'AMC-C', number, reason: 'wrong amount', alsoReversePayment: true }
  const key = 'annul'
  t.equal((await dying.command('AnnulReceipt', body, { key })).statusCode, 503)
  await withProcess(t, async () => void (await until('the release', includes('annulled', 'ReceiptReleased'))))
  const again = await healthy.command('AnnulReceipt', body, { key })
  t.match(again.json(), { result: { number, paymentReversed: true } })
  t.strictSame(await historyOf('annulled'), [
    'PaymentRecorded',
    'ReceiptRequested',
    'ReceiptIssued',
    'ReceiptAnnulled',
    'ReceiptReleased',
    'PaymentReversed',
  ])
})

t.test('a book that refuses after the account has reserved', async (t) => {
  /** The question before is what makes this rare; without it, it can be provoked. */
  const hasty = await createApi(store, pool, {
    saga: (ledger: Ledger) => ({ ...createReceiptSaga(ledger), requireBook: () => Promise.resolve(undefined) }),
  })
  await must(healthy, 'RecordPayment', payInCash('late', { receipt: undefined }))
  await must(healthy, 'RecordPayment', payInCash('newest', { receivedOn: '2026-11-20', receipt: { series: 'AMC-C' } }))
  const key = 'declined'
  const first = await hasty.command('IssueReceipt', issue('late'), { key })
  t.match(first.json(), {
    status: 422,
    code: 'RECEIPT_DATE_BEFORE_LAST',
    detail: 'the last receipt of the book is of 2026-11-20',
    details: { issuedOn: '2026-11-03', lastIssuedOn: '2026-11-20' },
  })
  for (const api of [hasty, await createApi(store, pool)]) {
    const again = await api.command('IssueReceipt', issue('late'), { key })
    t.match(again.json(), { status: 422, code: 'RECEIPT_DATE_BEFORE_LAST' }, 'the same refusal again')
  }
  await must(healthy, 'IssueReceipt', issue('late', { issuedOn: '2026-11-20' }))
  t.match((await healthy.command('IssueReceipt', issue('late'), { key })).json(), { code: 'RECEIPT_DATE_BEFORE_LAST' })
  const issued = (await historyOf('late')).filter((type) => type === 'ReceiptIssued')
  t.equal(issued.length, 1)

  t.test('leaves a payment that stands, and says so each time', async (t) => {
    const body = payInCash('without', { receipt: { series: 'AMC-C', receiptId: 'rec-without' } })
    const key = 'stands'
    const warning = {
      code: 'RECEIPT_NOT_ISSUED',
      reason: 'RECEIPT_DATE_BEFORE_LAST',
      series: 'AMC-C',
      receiptId: 'rec-without',
      issuedOn: '2026-11-02',
      lastIssuedOn: '2026-11-20',
      to: 5000,
    }
    const stands = await hasty.command('RecordPayment', body, { key })
    t.equal(stands.statusCode, 201)
    t.match(stands.json(), { result: { paymentId: 'without', credit: '10.00', receipt: undefined } })
    t.strictSame(z.looseObject({ warnings: z.unknown() }).parse(stands.json()).warnings, [warning])
    await must(healthy, 'RecordPayment', payInCash('newer', { receivedOn: '2026-11-21', receipt: { series: 'AMC-C' } }))
    for (const api of [hasty, healthy, await createApi(store, pool)]) {
      const again = await api.command('RecordPayment', body, { key })
      t.equal(again.statusCode, 200)
      t.equal(again.headers['idempotency-replayed'], 'true')
      t.equal(again.body, stands.body, 'byte for byte')
    }
    t.strictSame(await historyOf('without'), [
      'PaymentRecorded',
      'ReceiptRequested',
      'ReceiptRefused',
      'ReceiptDeclined',
    ])
    const dry = await hasty.command('RecordPayment', { ...body, paymentId: 'dry' }, { dryRun: true })
    t.match(dry.json(), { status: 422, code: 'RECEIPT_DATE_BEFORE_LAST' }, 'where nothing stands yet it is refused')
    await must(healthy, 'IssueReceipt', issue('without', { issuedOn: '2026-11-21' }))
  })

  t.test('and dies before the account knows', async (t) => {
    const dying = await createApi(store, pool, {
      saga: (ledger: Ledger) => {
        const accounts: Ledger['accounts'] = {
          ...ledger.accounts,
          handle: (stream, command, context) =>
            command.type === 'DeclineReceipt' ? dies() : ledger.accounts.handle(stream, command, context),
        }
        return { ...createReceiptSaga({ ...ledger, accounts }), requireBook: () => Promise.resolve(undefined) }
      },
    })
    await must(healthy, 'RecordPayment', payInCash('later', { receipt: undefined }))
    await must(dying, 'IssueReceipt', issue('later'), 503)
    t.equal((await healthy.command('IssueReceipt', issue('later', { issuedOn: '2026-11-21' }))).statusCode, 422)
    await withProcess(t, async () => void (await until('the refusal', includes('later', 'ReceiptDeclined'))))
    await must(healthy, 'IssueReceipt', issue('later', { issuedOn: '2026-11-21' }))
  })
})

t.test('whatever stops a command after its first write', async (t) => {
  const troubles = [
    new StoreUnavailable('away'),
    new Overloaded(BOOK),
    new ConcurrentModification(BOOK),
    new OutcomeUnknown('the id of a step'),
    new Rejection('RESTORE_GUARD', { lastNumber: 1, highestNumber: 5 }),
    new Error('a mistake of ours'),
  ]
  for (const [index, trouble] of troubles.entries()) {
    const stopped = await createApi(store, pool, {
      saga: (ledger: Ledger) => ({
        ...createReceiptSaga(ledger),
        enter: () => Promise.reject(trouble),
        release: () => Promise.reject(trouble),
      }),
    })
    const isUnknown = (response: Awaited<ReturnType<Api['command']>>, name: string, key: string) => {
      const unknown = { status: 503, code: 'OUTCOME_UNKNOWN', details: { commandId: commandIdOf('amc', name, key) } }
      t.match(response.json(), unknown, `${name}: ${trouble.name}`)
      t.ok(response.headers['retry-after'])
    }
    const [id, key, day] = [`stopped-${index}`, `stops-${index}`, '2026-11-21']
    const commands = [
      ['RecordPayment', payInCash(`${id}-p`, { receivedOn: day, receipt: { series: 'AMC-C' } })],
      ['IssueReceipt', issue(id, { issuedOn: day })],
    ] as const
    await must(healthy, 'RecordPayment', payInCash(id, { receivedOn: day }))
    for (const [name, body] of commands) {
      isUnknown(await stopped.command(name, body, { key }), name, key)
      t.match((await healthy.command(name, body, { key })).json(), { result: { receipt: { series: 'AMC-C' } } })
    }
    const annul = { series: 'AMC-C', number: numberOf((await eventsOf(store, BOOK)).at(-1)), reason: 'wrong amount' }
    isUnknown(await stopped.command('AnnulReceipt', annul, { key }), 'AnnulReceipt', key)
    t.match((await healthy.command('AnnulReceipt', annul, { key })).json(), { result: { number: annul.number } })
    t.strictSame((await historyOf(id)).slice(-2), ['ReceiptAnnulled', 'ReceiptReleased'], 'sent again, it is finished')
  }
})

t.test('the id of another receipt is refused before any money is booked', async (t) => {
  const receipt = { series: 'AMC-C', receiptId: 'taken' }
  const day = '2026-11-21'
  await must(healthy, 'RecordPayment', payInCash('first-of-id', { receivedOn: day, receipt }))
  await must(healthy, 'RecordPayment', payInCash('bare', { receipt: undefined }))
  const written = (await eventsOf(store, ACCOUNT)).length
  for (const dryRun of [true, false]) {
    for (const [name, body] of [
      ['RecordPayment', payInCash('second-of-id', { receivedOn: day, receipt })],
      ['IssueReceipt', issue('bare', { issuedOn: day, receiptId: 'taken' })],
    ] as const) {
      const response = await healthy.command(name, body, { dryRun })
      t.match(response.json(), { status: 409, code: 'RECEIPT_ID_ALREADY_USED', details: { receiptId: 'taken' } })
    }
  }
  t.equal((await eventsOf(store, ACCOUNT)).length, written)
})

t.test('an annulment says whether it reversed the payment', async (t) => {
  const day = '2026-11-21'
  const refund = { method: 'CASH', refundedOn: day, amount: '1.00' }
  const before: Readonly<Record<string, readonly [name: string, body: object] | undefined>> = {
    untouched: undefined,
    refunded: ['RecordRefund', { clientId: 'alfa', paymentId: 'refunded', refundId: 'r', ...refund }],
    reversed: ['ReversePayment', { clientId: 'alfa', paymentId: 'reversed', reason: 'MISTAKE', reversedOn: day }],
  }
  for (const [paymentId, command] of Object.entries(before)) {
    await must(healthy, 'RecordPayment', payInCash(paymentId, { receivedOn: day, receipt: { series: 'AMC-C' } }))
    const number = numberOf((await eventsOf(store, BOOK)).at(-1))
    if (command !== undefined) await must(healthy, ...command)
    const body = { series: 'AMC-C', number, reason: 'wrong amount', annulledOn: day, alsoReversePayment: true }
    const expected = { result: { number, paymentReversed: paymentId === 'untouched' } }
    const key = `annul-${paymentId}`
    const history = await historyOf(paymentId)
    t.match((await healthy.command('AnnulReceipt', body, { dryRun: true })).json(), expected, `${paymentId}, dry`)
    t.strictSame(await historyOf(paymentId), history, 'nothing is written')
    const first = await healthy.command('AnnulReceipt', body, { key })
    t.match(first.json(), expected, paymentId)
    t.equal((await healthy.command('AnnulReceipt', body, { key })).body, first.body, 'the same again')
  }
})

t.test('money and paper are of one desk', async (t) => {
  const day = '2026-11-21'
  const paid = (paymentId: string, change: object) => payInCash(paymentId, { receivedOn: day, ...change })
  const receipt = { series: 'AMC-C' }

  t.test('the book names it where the payment does not', async (t) => {
    const response = await healthy.command('RecordPayment', paid('deskless', { receipt }))
    t.match(response.json(), { events: [{ type: 'PaymentRecorded', data: { deskId: 'C1' } }] })
  })
  t.test('another one is refused before anything is written', async (t) => {
    const refused = {
      status: 422,
      code: 'RECEIPT_BOOK_OF_OTHER_DESK',
      detail: 'AMC-C is a book of C1, the payment is of C2',
      details: { series: 'AMC-C', deskId: 'C2', bookDeskId: 'C1' },
    }
    await must(healthy, 'RecordPayment', paid('elsewhere', { deskId: 'C2' }))
    const written = (await eventsOf(store, ACCOUNT)).length
    for (const dryRun of [true, false]) {
      for (const [name, body] of [
        ['RecordPayment', paid('elsewhere-2', { deskId: 'C2', receipt })],
        ['IssueReceipt', issue('elsewhere', { issuedOn: day })],
      ] as const) {
        t.match((await healthy.command(name, body, { dryRun })).json(), refused)
      }
    }
    t.equal((await eventsOf(store, ACCOUNT)).length, written)
  })
  t.test('a payment without a desk may have a receipt of any', async () => {
    await must(healthy, 'RecordPayment', paid('nowhere', {}))
    await must(healthy, 'IssueReceipt', issue('nowhere', { issuedOn: day }))
  })
  t.test('what was answered before stays answered', async (t) => {
    const body = paid('as-ever', { deskId: 'C2', receipt })
    const key = 'as-ever'
    const careless = await createApi(store, pool, {
      saga: (ledger: Ledger) => ({ ...createReceiptSaga(ledger), requireBook: () => Promise.resolve(undefined) }),
    })
    await must(careless, 'RecordPayment', body, 201, key)
    t.equal((await healthy.command('RecordPayment', body, { key })).statusCode, 200)
  })
})

t.test('the process', async (t) => {
  t.test('goes on from where it was', async (t) => {
    const asked: (bigint | undefined)[] = []
    const watched: EventStore = {
      ...store,
      subscribeToAll: (options) => {
        asked.push(options.after)
        return store.subscribeToAll(options)
      },
    }
    const lastEvent = (await eventsOf(store, BOOK)).at(-1)?.position ?? 0n
    const savedPosition = async () => {
      const { rows } = await pool.query<{ position: bigint }>('select position from process_manager.receipts')
      return (rows[0]?.position ?? -1n) >= lastEvent ? true : undefined
    }
    await withProcess(t, async () => void (await until('a checkpoint', savedPosition)), watched)
    await withProcess(t, async () => void (await until('a second start', () => asked[1])), watched)
    t.ok((asked[1] ?? 0n) >= lastEvent, asked.join(' '))
  })

  t.test('remembers what was begun and not finished', async (t) => {
    const dying = await createApi(store, pool, {
      saga: (ledger: Ledger) => ({ ...createReceiptSaga(ledger), enter: dies }),
    })
    await must(healthy, 'RecordPayment', payInCash('kept', { receipt: undefined }))
    await must(dying, 'IssueReceipt', issue('kept', { issuedOn: '2026-11-21' }), 503)
    const failing = startStepProcess({
      store,
      pool,
      finishers: [receiptFinisher({ ...healthy.receipts, enter: dies })],
      logger,
    })
    const steps = async () => {
      const { rows } = await pool.query<{ steps: unknown[] }>('select steps from process_manager.receipts')
      return rows[0]?.steps.length === 1 ? true : undefined
    }
    await until('the step in the checkpoint', steps)
    await failing.stop()
    await withProcess(t, async () => void (await until('the receipt', includes('kept', 'ReceiptIssued'))))
  })
})

t.test('a step that cannot be done does not hold up the others', async (t) => {
  const dying = await createApi(store, pool, {
    saga: (ledger: Ledger) => ({ ...createReceiptSaga(ledger), enter: dies }),
  })
  for (const id of ['stuck', 'behind']) {
    await must(healthy, 'RecordPayment', payInCash(id, { receipt: undefined }))
    await must(dying, 'IssueReceipt', issue(id, { issuedOn: '2026-11-21' }), 503)
  }
  const saga = createReceiptSaga(healthy.ledger)
  const limping = startStepProcess({
    store,
    pool,
    finishers: [
      receiptFinisher({
        ...saga,
        enter: (cause) => (cause.data.paymentId === 'stuck' ? dies() : saga.enter(cause)),
      }),
    ],
    logger,
  })
  await until('the receipt behind', includes('behind', 'ReceiptIssued'))
  t.notOk((await historyOf('stuck')).includes('ReceiptIssued'))
  await limping.stop()
  await withProcess(t, async () => void (await until('the one that was stuck', includes('stuck', 'ReceiptIssued'))))
})

t.test('two requests with one receipt id are two steps', async (t) => {
  const dying = await createApi(store, pool, {
    saga: (ledger: Ledger) => ({ ...createReceiptSaga(ledger), enter: dies }),
  })
  for (const id of ['twin-1', 'twin-2']) {
    await must(healthy, 'RecordPayment', payInCash(id, { receipt: undefined }))
    await must(dying, 'IssueReceipt', issue(id, { issuedOn: '2026-11-21', receiptId: 'twins' }), 503)
  }
  await withProcess(t, async () => {
    await until('the receipt', includes('twin-1', 'ReceiptIssued'))
    await until('the refusal', includes('twin-2', 'ReceiptDeclined'))
  })
})

t.test('after all that, the book is without a gap', async (t) => {
  const issued = (await eventsOf(store, BOOK)).filter(({ type }) => type === 'ReceiptIssued')
  const numbers = issued.map(numberOf)
  t.strictSame(
    numbers,
    numbers.map((_, index) => index + 1),
  )
  t.notOk((await eventsOf(store, ACCOUNT)).length === 0)
})

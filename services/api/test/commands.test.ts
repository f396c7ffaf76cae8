/** Every command over HTTP: once, whatever the key is sent with, and however often. */
import * as examples from '@registru/domain/examples'
import type { LightMyRequestResponse } from 'fastify'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { commandDefinitions } from '../src/commands/registry.ts'
import { type Api, answerOf, codeOf, createApi, eventsOf, startStores, TODAY } from './api.ts'

const { ron } = examples
/** Machines that test are busy. */
t.setTimeout(120_000)

const { store, pool } = await startStores(t)
const api = await createApi(store, pool)
const { command } = api

const countEvents = async (): Promise<number> => {
  let count = 0
  for await (const { stream } of store.readAll())
    if (/^(company|clientAccount|receiptBook|unidentified|exchangeRates)-/.test(stream)) count += 1
  return count
}

const accepted = async (response: Promise<LightMyRequestResponse>): Promise<LightMyRequestResponse> => {
  const answer = await response
  if (answer.statusCode !== 201) throw new Error(`${answer.statusCode} ${answer.body}`)
  return answer
}

const onInvoice = (invoiceId: string) => ({ clientId: 'alfa', invoiceId })
const setOff = (amount: string) => ({
  clientId: 'alfa',
  paymentId: 'set-4',
  amount: ron(amount),
  setOffOn: '2026-11-12',
  document: 'PV 4',
  items: [{ invoiceId: 'inv-1024', amount }],
})
const notYetTied = (paymentId: string, method: string) => ({
  clientId: 'alfa',
  paymentId,
  amount: ron('500.00'),
  method,
  receivedOn: '2026-11-02',
  allocation: { rule: 'none' },
})
const cash = (paymentId: string, change: object = {}) => ({
  ...examples.recordPayment({ paymentId, amount: ron('100.00'), method: 'CASH', allocation: { rule: 'none' } }),
  bankReference: undefined,
  receipt: { series: 'AMC-C' },
  ...change,
})

/** Each command once, in an order in which all of them are accepted, and what would make it another request. */
const story: readonly (readonly [name: string, body: object, otherwise: object])[] = [
  ['RegisterCompany', examples.registerCompany(), { name: 'Another SRL' }],
  ['SetPolicy', { cashGuard: 'REQUIRE_OVERRIDE' }, { cashGuard: 'REJECT' }],
  ['OpenCashDesk', { deskId: 'C1', name: 'Casieria', openedOn: '2026-01-05' }, { name: 'Another' }],
  ['OpenReceiptBook', examples.openReceiptBook(), { to: 4_999 }],
  ['RegisterClient', examples.registerClient(), { name: 'Another SRL' }],
  ['UpdateClient', { clientId: 'alfa', name: 'Alfa Construct SRL' }, { name: 'Another SRL' }],
  ['RegisterInvoice', examples.registerInvoice(), { number: '77' }],
  ['RegisterInvoice', examples.registerInvoice({ invoiceId: 'inv-1025', number: '1025' }), { number: '77' }],
  ['RescheduleInvoice', examples.rescheduleInvoice(), { dueOn: '2026-12-31' }],
  ['RecordPayment', examples.recordPayment(), { amount: ron('1400.00') }],
  ['AllocatePayment', { ...onInvoice('inv-1025'), paymentId: 'pay-1', amount: '290.00' }, { amount: '77.00' }],
  [
    'DeallocatePayment',
    { ...onInvoice('inv-1025'), paymentId: 'pay-1', amount: '90.00', reason: 'WRONG_INVOICE' },
    { amount: '77.00' },
  ],
  ['ReversePayment', { clientId: 'alfa', paymentId: 'pay-1', reason: 'BOUNCED' }, { reason: 'MISTAKE' }],
  ['RegisterCreditNote', examples.registerCreditNote(), { number: '77' }],
  [
    'GrantDiscount',
    { ...onInvoice('inv-1024'), discountId: 'dis-4', kind: 'SETTLEMENT', amount: '24.20' },
    { amount: '7.00' },
  ],
  ['RecordSetOff', setOff('300.00'), { document: 'PV 5' }],
  ['ReverseSetOff', { clientId: 'alfa', paymentId: 'set-4', reason: 'MISTAKE' }, { reason: 'OTHER' }],
  [
    'WriteOffInvoice',
    { ...onInvoice('inv-1024'), writeOffId: 'wo-2', reason: 'Debitor radiat', approvedBy: 'Ioana Pop' },
    { reason: 'Altul' },
  ],
  ['ReverseWriteOff', { clientId: 'alfa', writeOffId: 'wo-2', reason: 'MISTAKE' }, { reason: 'OTHER' }],
  ['ReverseDiscount', { clientId: 'alfa', discountId: 'dis-4', reason: 'MISTAKE' }, { reason: 'OTHER' }],
  ['ReverseCreditNote', { clientId: 'alfa', creditNoteId: 'cn-7', reason: 'MISTAKE' }, { reason: 'OTHER' }],
  ['RegisterInvoice', examples.registerInvoice({ invoiceId: 'inv-1026', number: '1026' }), { number: '77' }],
  ['CancelInvoice', { ...onInvoice('inv-1026'), reason: 'Emisă de două ori' }, { reason: 'Alta' }],
  ['RecordPayment', notYetTied('cod', 'COURIER_COD'), { amount: ron('77.00') }],
  ['ConfirmPaymentCleared', { clientId: 'alfa', paymentId: 'cod', fee: '5.00' }, { fee: '6.00' }],
  [
    'RecordRefund',
    { clientId: 'alfa', refundId: 'ref-3', paymentId: 'cod', amount: '90.00', method: 'BANK_TRANSFER' },
    { amount: '77.00' },
  ],
  ['ReleaseCredit', { ...examples.releaseCredit(), paymentId: 'cod', amount: '1.00' }, { amount: '2.00' }],
  ['ReverseRefund', { clientId: 'alfa', refundId: 'ref-3', reason: 'RETURNED_BY_BANK' }, { reason: 'OTHER' }],
  ['RecordPayment', cash('cash-1'), { amount: ron('77.00') }],
  ['RecordPayment', cash('cash-2', { receipt: undefined }), { amount: ron('77.00') }],
  [
    'IssueReceipt',
    { clientId: 'alfa', paymentId: 'cash-2', series: 'AMC-C', issuedOn: '2026-11-03' },
    { issuedOn: '2026-11-04' },
  ],
  ['ReprintReceipt', { series: 'AMC-C', number: 2, reason: 'Pierdută de client' }, { reason: 'Alta' }],
  [
    'AnnulReceipt',
    { series: 'AMC-C', number: 1, reason: 'wrong amount', alsoReversePayment: true },
    { reason: 'Alta' },
  ],
  [
    'ExtendReceiptRange',
    { series: 'AMC-C', to: 10_000, decisionNumber: '15', decisionOn: '2026-11-20' },
    { to: 9_000 },
  ],
  [
    'RegisterClient',
    examples.registerClient({ clientId: 'beta', name: 'Beta SRL', taxId: 'RO18547290' }),
    { name: 'B' },
  ],
  ['RecordPayment', notYetTied('to-move', 'BANK_TRANSFER'), { method: 'OTHER_AGREED' }],
  ['TransferCredit', examples.transferCredit({ paymentId: 'to-move' }), { amount: '77.00' }],
  ['RegisterClaim', examples.registerClaim(), { dueOn: '2026-12-31' }],
  ['RecordUnidentifiedPayment', examples.recordUnidentifiedPayment(), { amount: ron('77.00') }],
  ['IdentifyPayment', examples.identifyPayment({ allocation: { rule: 'none' } }), { amount: '77.00' }],
  ['UndoIdentification', examples.undoIdentification(), { reason: 'Alta' }],
  ['ReturnUnidentifiedPayment', examples.returnUnidentifiedPayment(), { amount: '77.00' }],
  ['RecordExchangeRates', examples.recordExchangeRates(), { on: '2026-10-29' }],
  ['ClosePeriod', { through: '2026-09-30' }, { through: '2026-08-31' }],
  [
    'ReopenPeriod',
    { from: '2026-09-01', reason: 'Factură omisă', requestedBy: 'Ion Ene', approvedBy: 'Ioana Pop' },
    { reason: 'Alta' },
  ],
  ['ContinueReceiptBook', examples.continueReceiptBook(), { continueFrom: 22 }],
  [
    'MergeClients',
    examples.mergeClients({ clientId: 'beta', intoClientId: 'alfa', mergedOn: '2026-11-24' }),
    { reason: 'Alta' },
  ],
]

t.test('each command: a dry run tells what will be, a repetition what was', async (t) => {
  const firsts: (readonly [index: number, answer: LightMyRequestResponse])[] = []
  for (const [index, [name, body, otherwise]] of story.entries()) {
    t.test(`${index} ${name}`, async (t) => {
      const key = `story-${index}`
      const before = await countEvents()
      const dry = await command(name, body, { key, dryRun: true })
      t.equal(dry.statusCode, 200, dry.body)
      t.equal(await countEvents(), before, 'a dry run writes nothing')
      const real = await accepted(command(name, body, { key }))
      const { position, ...rest } = answerOf(real)
      t.equal(real.headers['registru-position'], position)
      t.match(real.headers.etag, /^"\d+"$/)
      t.match(real.json(), {
        revision: Number(String(real.headers.etag).replaceAll('"', '')),
        events: [{ type: /\w/ }],
      })
      t.same(dry.json(), { ...rest, dryRun: true })
      const documented = commandDefinitions.find((definition) => definition.name === name)?.result
      // What the schema does not name it leaves out.
      t.same(documented?.parse(rest.result), rest.result, 'its result is what the documentation says')
      firsts.push([index, real])

      const again = await command(name, body, { key })
      isReplay(t, again, real)
      const dryAgain = await command(name, body, { key, dryRun: true })
      isReplay(t, dryAgain, real)

      const other = await command(name, { ...body, ...otherwise }, { key })
      t.equal(other.statusCode, 422, other.body)
      t.match(other.json(), { code: 'IDEMPOTENCY_KEY_REUSED', details: { commandId: rest.commandId } })
      t.equal(await countEvents(), before + (await newEvents(real)))
    })
  }

  t.test('when all has moved on, and after a restart', async (t) => {
    const restarted = await createApi(store, pool)
    const before = await countEvents()
    for (const process of [api, restarted]) {
      for (const [index, first] of firsts) {
        const [name, body] = story[index] ?? ['', {}]
        isReplay(t, await process.command(name, body, { key: `story-${index}` }), first)
      }
    }
    t.equal(await countEvents(), before)
  })
})

const isReplay = (t: Test, again: LightMyRequestResponse, first: LightMyRequestResponse): void => {
  t.equal(again.statusCode, 200, again.body)
  t.equal(again.headers['idempotency-replayed'], 'true')
  t.equal(again.body, first.body, 'byte for byte')
  for (const name of ['etag', 'registru-position']) t.equal(again.headers[name], first.headers[name], name)
}

/** A receipt's second step stands in the other stream, and is not listed in the answer. */
const newEvents = async (first: LightMyRequestResponse): Promise<number> => {
  const { events } = answerOf(first)
  const causes = new Set(events.map(({ eventId }) => eventId))
  let further = 0
  for await (const { id, metadata } of store.readAll()) {
    if (typeof metadata !== 'object' || metadata === null) continue
    if (!causes.has(String(Reflect.get(metadata, 'causationId')))) continue
    further += 1
    // What follows from that is the command's doing as well.
    causes.add(id)
  }
  return events.length + further
}

t.test('the same body written otherwise is the same request', async (t) => {
  const key = 'written-otherwise'
  const body = examples.registerClient({ clientId: 'unicode', name: 'Fa\u0301tima S\u0326tefan' })
  const first = await accepted(command('RegisterClient', body, { key }))
  const { clientId, ...rest } = { ...body, name: 'F\u00e1tima \u0218tefan'.normalize('NFD') }
  isReplay(t, await command('RegisterClient', JSON.stringify({ ...rest, clientId }, undefined, 4), { key }), first)
  const amount = { clientId: 'unicode', paymentId: 'p', method: 'BANK_TRANSFER', receivedOn: TODAY }
  const five = await accepted(command('RecordPayment', { ...amount, amount: ron('5') }, { key: 'five' }))
  isReplay(t, await command('RecordPayment', { ...amount, amount: ron('5.00') }, { key: 'five' }), five)
})

t.test('keys are apart by company and command', async (t) => {
  const key = 'shared'
  await accepted(command('RegisterClient', examples.registerClient({ clientId: 'gama' }), { key }))
  await accepted(command('RegisterInvoice', examples.registerInvoice({ clientId: 'gama', invoiceId: 'g' }), { key }))
  const elsewhere = await api.app.inject({
    method: 'POST',
    url: '/v1/companies/other/commands/RegisterClient',
    headers: { authorization: 'Bearer a-token', 'idempotency-key': key },
    payload: examples.registerClient({ clientId: 'gama' }),
  })
  t.equal(elsewhere.statusCode, 201)
})

t.test('what has happened already: 200, no position, nothing new', async (t) => {
  const before = await countEvents()
  const response = await command('UpdateClient', { clientId: 'alfa', name: 'Alfa Construct SRL' }, { key: 'no-op' })
  t.equal(response.statusCode, 200)
  t.match(response.json(), { events: [], result: { clientId: 'alfa' } })
  t.notOk('position' in response.json())
  t.notOk(response.headers['registru-position'])
  t.equal(await countEvents(), before)
})

t.test('a refusal is decided again when it is asked again', async (t) => {
  const body = { clientId: 'gama', paymentId: 'late', invoiceId: 'g', amount: '1.00' }
  t.equal((await command('AllocatePayment', body, { key: 'late' })).statusCode, 404)
  const payment = { ...examples.recordPayment({ clientId: 'gama', paymentId: 'late' }), allocation: { rule: 'none' } }
  await accepted(command('RecordPayment', payment))
  await accepted(command('AllocatePayment', body, { key: 'late' }))
})

t.test('If-Match', async (t) => {
  const [{ revision } = { revision: -1n }] = (await eventsOf(store, 'clientAccount-amc:gama')).slice(-1)
  const body = examples.registerInvoice({ clientId: 'gama', invoiceId: 'matched', number: '7' })
  const withMatch = (value: bigint) => ({ key: 'matched', headers: { 'if-match': `"${value}"` } })
  const wrong = await command('RegisterInvoice', body, withMatch(revision - 1n))
  t.equal(wrong.statusCode, 412)
  t.match(wrong.json(), { code: 'PRECONDITION_FAILED', details: { revision: Number(revision) } })
  const first = await accepted(command('RegisterInvoice', body, withMatch(revision)))
  isReplay(t, await command('RegisterInvoice', body, withMatch(revision)), first)
  const unknown = await command('RegisterClient', examples.registerClient({ clientId: 'nobody' }), withMatch(0n))
  t.match(unknown.json(), { code: 'PRECONDITION_FAILED', details: { revision: null } })
})

t.test('a batch: one after another, each for itself', async (t) => {
  const item = (name: string, data: unknown, key: string) => ({ command: name, idempotencyKey: key, data })
  const batch = [
    item('RegisterClient', examples.registerClient({ clientId: 'batch' }), 'b1'),
    item('RegisterInvoice', examples.registerInvoice({ clientId: 'batch', invoiceId: 'b' }), 'b2'),
    item('RegisterInvoice', examples.registerInvoice({ clientId: 'nobody', invoiceId: 'b' }), 'b3'),
    item('RegisterInvoice', { clientId: 'batch', colour: 'red' }, 'b4'),
    item('RegisterClient', examples.registerClient({ clientId: 'batch' }), 'b1'),
    item('RegisterClient', null, 'b5'),
  ]
  const send = (body: unknown) =>
    api.app.inject({
      method: 'POST',
      url: '/v1/companies/amc/commands',
      headers: { authorization: 'Bearer a-token', 'content-type': 'application/json' },
      payload: JSON.stringify(body),
    })
  const first = await send(batch)
  t.equal(first.statusCode, 200)
  const { results } = z.object({ results: z.array(z.looseObject({ body: z.unknown() })) }).parse(first.json())
  t.match(results, [
    { status: 201 },
    { status: 201 },
    { status: 404, body: { code: 'CLIENT_NOT_FOUND' } },
    { status: 400, body: { code: 'MALFORMED_REQUEST' } },
    { status: 200, replayed: true },
    { status: 400 },
  ])
  t.same(results[4]?.body, results[0]?.body)
  const single = await command('RegisterInvoice', examples.registerInvoice({ clientId: 'batch', invoiceId: 'b' }), {
    key: 'b2',
  })
  t.equal(single.headers['idempotency-replayed'], 'true', 'the same key, by either way')
  t.match((await send([])).statusCode, 400)
  t.match((await send([item('NoSuch', {}, 'k')])).json(), { errors: [{ path: '/0/command' }] })
  t.match((await send([{ command: 'RegisterClient', data: {} }])).json(), { errors: [{ path: '/0/idempotencyKey' }] })
})

t.test('races', async (t) => {
  const other: Api = await createApi(store, pool)
  const processes = [api, other]
  const all = (count: number, send: (index: number, process: Api) => Promise<LightMyRequestResponse>) =>
    Promise.all(Array.from({ length: count }, (_, index) => send(index, processes[index % 2] ?? api)))
  const codes = (responses: readonly LightMyRequestResponse[]) =>
    responses.filter(({ statusCode }) => statusCode !== 201).map(codeOf)

  t.test('32 payments of 100.00 on an invoice of 1,000.00: exactly 10', async (t) => {
    await accepted(command('RegisterClient', examples.registerClient({ clientId: 'race' })))
    const invoice = examples.registerInvoice({ clientId: 'race', invoiceId: 'r', total: ron('1000.00') })
    await accepted(command('RegisterInvoice', { ...invoice, vatLines: undefined }))
    const responses = await all(32, (index, process) =>
      process.command('RecordPayment', {
        ...examples.recordPayment({ clientId: 'race', paymentId: `r-${index}`, amount: ron('100.00') }),
        allocation: { rule: 'explicit', items: [{ invoiceId: 'r', amount: '100.00' }] },
      }),
    )
    const refused = codes(responses)
    t.equal(refused.length, 22)
    t.ok(refused.every((code) => code === 'ALLOCATION_EXCEEDS_OPEN_AMOUNT'))
  })

  t.test('eight receipts for one payment: exactly one', async (t) => {
    await accepted(command('RecordPayment', cash('one-receipt', { receipt: undefined })))
    const body = { clientId: 'alfa', paymentId: 'one-receipt', series: 'AMC-C', issuedOn: '2026-11-03' }
    const refused = codes(await all(8, (_, process) => process.command('IssueReceipt', body)))
    t.strictSame(refused, Array(7).fill('RECEIPT_ALREADY_ISSUED'))
  })

  t.test('the last number of a book: exactly one gets it, and the others may try elsewhere', async (t) => {
    await accepted(command('OpenReceiptBook', examples.openReceiptBook({ series: 'TINY', from: 1, to: 3 })))
    const ids = Array.from({ length: 8 }, (_, index) => `last-${index}`)
    for (const id of ids) await accepted(command('RecordPayment', cash(id, { receipt: undefined })))
    const responses = await all(8, (index, process) =>
      process.command('IssueReceipt', { clientId: 'alfa', paymentId: ids[index], series: 'TINY', issuedOn: TODAY }),
    )
    t.strictSame(codes(responses), Array(5).fill('RECEIPT_RANGE_EXHAUSTED'))
    const numbers = responses.flatMap((response) =>
      response.statusCode === 201 ? [answerOf(response).result.receipt?.number] : [],
    )
    t.strictSame(new Set(numbers), new Set([1, 2, 3]))
    t.equal(numbers.length, 3)
    const unlucky = responses.findIndex(({ statusCode }) => statusCode === 422)
    const elsewhere = { clientId: 'alfa', paymentId: ids[unlucky], series: 'AMC-C', issuedOn: TODAY }
    await accepted(command('IssueReceipt', elsewhere))
  })
})

t.test('every command is in the story', async (t) => {
  const told = new Set(story.map(([name]) => name))
  t.strictSame(
    commandDefinitions.map(({ name }) => name).filter((name) => !told.has(name)),
    [],
  )
})

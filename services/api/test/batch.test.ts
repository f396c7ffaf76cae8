/** Many commands in one request: in order, streamed, or all together or not at all. */
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { z } from 'zod'
import { authorization, createApi, openPool } from './api.ts'
import { createFakeEventStore, type Fate } from './fake-event-store.ts'

const LINES = process.env['LONG'] === undefined ? 600 : 100_000
const RSS_GROWTH_MAX_BYTES = 150 * 1024 * 1024
t.setTimeout(120_000 + LINES * 5)

const { ron } = examples
const pool = openPool(t, 'postgres://nobody@127.0.0.1:1/none')

const Item = z.looseObject({
  line: z.int().optional(),
  status: z.int(),
  replayed: z.boolean().optional(),
  body: z.looseObject({}),
})
const Results = z.object({ results: z.array(Item) })
const Issued = z.looseObject({ result: z.looseObject({ receipt: z.looseObject({ number: z.int() }) }) })
const Refused = z.looseObject({ code: z.string(), item: z.int().optional(), errors: z.array(z.unknown()).optional() })

const item = (command: string, idempotencyKey: string, data: unknown) => ({ command, idempotencyKey, data })
const client = (clientId: string) =>
  item('RegisterClient', `client ${clientId}`.replace(' ', '-'), examples.registerClient({ clientId }))
const invoice = (clientId: string, invoiceId: string, amount: string) =>
  item('RegisterInvoice', `invoice-${clientId}-${invoiceId}`, {
    clientId,
    invoiceId,
    number: invoiceId,
    issuedOn: '2026-10-01',
    dueOn: '2026-10-31',
    total: ron(amount),
  })
const payment = (clientId: string, paymentId: string, amount: string, allocation: object = { rule: 'none' }) =>
  item('RecordPayment', `payment-${clientId}-${paymentId}`, {
    clientId,
    paymentId,
    amount: ron(amount),
    method: 'BANK_TRANSFER',
    receivedOn: '2026-11-02',
    allocation,
  })
const settle = (invoiceId: string, amount: string) => ({ rule: 'explicit', items: [{ invoiceId, amount }] })

const start = async () => {
  const store = createFakeEventStore()
  const [left, right] = [await createApi(store, pool), await createApi(store, pool)]
  const batch = (items: readonly object[], query = '', api = left) =>
    api.app.inject({
      method: 'POST',
      url: `/v1/companies/amc/commands${query}`,
      headers: { authorization, 'content-type': 'application/json' },
      payload: JSON.stringify(items),
    })
  return { store, left, right, batch, account: (clientId: string) => store.eventsOf(`clientAccount-amc:${clientId}`) }
}
const statuses = (payload: string) => Results.parse(JSON.parse(payload)).results.map(({ status }) => status)

t.test('An array', async (t) => {
  await t.test('gives the results in the order of the commands, whatever each took', async (t) => {
    const { store, batch } = await start()
    store.fate = async (stream): Promise<Fate> => {
      await sleep(stream.endsWith('slow') ? 30 : 1)
      return 'written'
    }
    const response = await batch([client('slow'), client('fast'), invoice('slow', 'i', '1.00'), client('fast')])
    t.equal(response.statusCode, 200)
    t.same(statuses(response.body), [201, 201, 201, 200])
  })

  await t.test('goes on after a refusal', async (t) => {
    const { batch } = await start()
    const response = await batch([
      client('a'),
      payment('a', 'p', '5.00', settle('none', '5.00')),
      invoice('a', 'i', '1.00'),
    ])
    t.same(statuses(response.body), [201, 404, 201])
  })

  await t.test('carries out a command about the company between those before and those after it', async (t) => {
    const { store, batch } = await start()
    store.fate = async (stream): Promise<Fate> => {
      await sleep(stream.startsWith('company') ? 30 : 1)
      return 'written'
    }
    const company = item('RegisterCompany', 'amc', examples.registerCompany())
    const book = item('OpenReceiptBook', 'book', examples.openReceiptBook({ series: 'C', from: 1, to: 9 }))
    const cash = {
      clientId: 'a',
      paymentId: 'p',
      amount: ron('5.00'),
      receivedOn: '2026-11-02',
      method: 'CASH',
      receipt: { series: 'C' },
    }
    const response = await batch([client('a'), company, book, item('RecordPayment', 'cash', cash)])
    t.same(statuses(response.body), [201, 201, 201, 201])
  })

  await t.test('gives receipts of one book in the order of the commands, of two books side by side', async (t) => {
    const { store, batch } = await start()
    const order: string[] = []
    store.fate = async (stream): Promise<Fate> => {
      await sleep(stream.endsWith(':a') ? 50 : 1)
      order.push(stream)
      return 'written'
    }
    const book = (series: string) =>
      item('OpenReceiptBook', `book-${series}`, examples.openReceiptBook({ series, from: 1, to: 9 }))
    const paid = (clientId: string, paymentId: string, receivedOn: string, series?: string) =>
      item('RecordPayment', paymentId, {
        clientId,
        paymentId,
        amount: ron('5.00'),
        receivedOn,
        method: 'CASH',
        ...(series === undefined ? {} : { receipt: { series } }),
      })
    const issue = (clientId: string, paymentId: string, issuedOn: string) =>
      item('IssueReceipt', `issue-${paymentId}`, { clientId, paymentId, series: 'C', issuedOn })
    const clients = ['a', 'b', 'c', 'd'].map(client)
    await batch([item('RegisterCompany', 'amc', examples.registerCompany()), book('C'), book('D'), ...clients])
    await batch([paid('d', 'bare', '2026-11-02')])
    order.length = 0
    const response = await batch([
      paid('a', 'first', '2026-11-02', 'C'),
      paid('b', 'second', '2026-11-03', 'C'),
      issue('d', 'bare', '2026-11-04'),
      paid('c', 'other', '2026-11-05', 'D'),
      // On the second day the book is past it: the order of the lines is kept for what is refused, too.
      paid('c', 'late', '2026-11-03', 'C'),
    ])
    t.same(statuses(response.body), [201, 201, 201, 201, 422])
    const { results } = Results.parse(response.json())
    const numbers = results.slice(0, 4).map(({ body }) => Issued.parse(body).result.receipt.number)
    t.same(numbers, [1, 2, 3, 1])
    t.ok(
      order.indexOf('receiptBook-amc:D') < order.indexOf('clientAccount-amc:a'),
      'what shares neither account nor book does not wait',
    )
  })

  await t.test('refuses what is said of a single command', async (t) => {
    const { left, store } = await start()
    for (const query of ['', '?mode=atomic']) {
      const response = await left.app.inject({
        method: 'POST',
        url: `/v1/companies/amc/commands${query}`,
        headers: { authorization, 'content-type': 'application/json', 'if-match': '"3"', 'idempotency-key': 'all' },
        payload: JSON.stringify([client('a')]),
      })
      t.match(response.json(), {
        status: 400,
        code: 'MALFORMED_REQUEST',
        errors: [{ path: '/headers/if-match' }, { path: '/headers/idempotency-key' }],
      })
    }
    t.equal(store.log.length, 0)
  })

  await t.test('writes the correlation id of the request to every event', async (t) => {
    const { left, account } = await start()
    for (const [index, mode] of ['continue', 'atomic'].entries()) {
      const clientId = `client-${index}`
      const response = await left.app.inject({
        method: 'POST',
        url: `/v1/companies/amc/commands?mode=${mode}`,
        headers: { authorization, 'content-type': 'application/json', 'correlation-id': 'import-7' },
        payload: JSON.stringify([client(clientId), payment(clientId, 'pay-1', '1.00')]),
      })
      t.equal(response.statusCode, 200, response.body)
      t.equal(account(clientId).length, 2)
      for (const { metadata } of account(clientId)) t.match(metadata, { correlationId: 'import-7' })
    }
    const spaced = await left.app.inject({
      method: 'POST',
      url: '/v1/companies/amc/commands',
      headers: { authorization, 'content-type': 'application/json', 'correlation-id': 'a b' },
      payload: JSON.stringify([client('client-9')]),
    })
    t.match(spaced.json(), { code: 'MALFORMED_REQUEST', errors: [{ path: '/headers/correlation-id' }] })
  })

  await t.test('writes nothing as a dry run', async (t) => {
    const { batch, account } = await start()
    const response = await batch([client('a')], '?dryRun=true')
    t.same(statuses(response.body), [200])
    t.equal(account('a').length, 0)
  })
})

t.test('An atomic batch', async (t) => {
  await t.test('is one append, each command decided on what those before it did', async (t) => {
    const { store, batch, account } = await start()
    const commands = [client('a'), invoice('a', 'i', '10.00'), payment('a', 'p', '10.00', settle('i', '10.00'))]
    const response = await batch(commands, '?mode=atomic')
    t.same(statuses(response.body), [201, 201, 201])
    t.equal(store.appends.length, 1)
    t.same(
      account('a').map(({ type }) => type),
      ['ClientRegistered', 'InvoiceRegistered', 'PaymentRecorded', 'PaymentAllocated'],
    )
  })

  await t.test('gives the first answers again', async (t) => {
    const { store, batch, right } = await start()
    const commands = [client('a'), invoice('a', 'i', '10.00')]
    const first = Results.parse((await batch(commands, '?mode=atomic')).json())
    for (const again of [await batch(commands, '?mode=atomic'), await batch(commands, '?mode=atomic', right)]) {
      const { results } = Results.parse(again.json())
      t.same(
        results.map(({ body }) => body),
        first.results.map(({ body }) => body),
      )
      t.ok(results.every(({ replayed }) => replayed === true))
    }
    t.equal(store.appends.length, 1)
  })

  await t.test('does nothing when one command may not happen, and names it', async (t) => {
    const { batch, account } = await start()
    await batch([client('a'), invoice('a', 'i', '10.00')])
    const before = account('a').length
    const commands = [
      payment('a', 'p', '10.00', settle('i', '10.00')),
      payment('a', 'q', '0.01', settle('i', '0.01')),
      payment('a', 'r', '1.00'),
    ]
    const response = await batch(commands, '?mode=atomic')
    t.equal(response.statusCode, 422)
    t.match(Refused.parse(response.json()), { code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT', item: 1 })
    t.equal(account('a').length, before)
    t.same(
      statuses((await batch([payment('a', 'p', '10.00', settle('i', '10.00'))])).body),
      [201],
      'nothing is left of it',
    )
  })

  await t.test('names the malformed command', async (t) => {
    const { batch } = await start()
    const response = await batch([client('a'), invoice('a', 'i', '-1')], '?mode=atomic')
    t.equal(response.statusCode, 400)
    t.match(Refused.parse(response.json()), { code: 'MALFORMED_REQUEST', item: 1 })
  })

  await t.test('is about one account alone', async (t) => {
    const { batch, account } = await start()
    const two = await batch([client('a'), client('b')], '?mode=atomic')
    t.match(Refused.parse(two.json()), { code: 'BATCH_SPANS_STREAMS', item: 1 })
    const company = await batch(
      [client('a'), item('RegisterCompany', 'amc', examples.registerCompany())],
      '?mode=atomic',
    )
    t.match(Refused.parse(company.json()), { code: 'BATCH_SPANS_STREAMS', item: 1 })
    t.equal(account('a').length, 0)
  })

  await t.test('asks for a key of each command', async (t) => {
    const { batch } = await start()
    t.equal((await batch([client('a'), client('a')], '?mode=atomic')).statusCode, 400)
  })

  await t.test('as a dry run decides all together and writes nothing', async (t) => {
    const { batch, account } = await start()
    const commands = [client('a'), invoice('a', 'i', '10.00'), payment('a', 'p', '10.00', settle('i', '10.00'))]
    t.same(statuses((await batch(commands, '?mode=atomic&dryRun=true')).body), [200, 200, 200])
    t.equal(account('a').length, 0)
    t.same(statuses((await batch(commands, '?mode=atomic')).body), [201, 201, 201])
  })

  await t.test('stays whole when two processes write the same account', async (t) => {
    const { store, batch, left, right, account } = await start()
    store.answerDelayMs = 1
    await batch([client('a'), invoice('a', 'i', '100.00')])
    const group = (name: string, api: typeof left) =>
      batch(
        [
          payment('a', `${name}-1`, '30.00', settle('i', '30.00')),
          payment('a', `${name}-2`, '30.00', settle('i', '30.00')),
        ],
        '?mode=atomic',
        api,
      )
    const answers = await Promise.all([group('l', left), group('r', right)])
    t.same(new Set(answers.map(({ statusCode }) => statusCode)), new Set([200, 422]))
    t.equal(account('a').filter(({ type }) => type === 'PaymentAllocated').length, 2)
  })

  await t.test('is written once whatever becomes of the append', async (t) => {
    for (const fate of ['lost', 'unheard', 'late'] as const) {
      const { store, batch, account } = await start()
      await batch([client('a'), invoice('a', 'i', '10.00')])
      let times = 0
      store.fate = () => {
        times += 1
        return times === 1 ? fate : 'written'
      }
      const commands = [payment('a', 'p', '5.00', settle('i', '5.00')), payment('a', 'q', '5.00', settle('i', '5.00'))]
      t.same(statuses((await batch(commands, '?mode=atomic')).body).length, 2, fate)
      t.equal(account('a').filter(({ type }) => type === 'PaymentRecorded').length, 2, fate)
    }
  })
})

t.test('Lines', async (t) => {
  const { store, left, account } = await start()
  const url = await left.app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    // The client dials anew after an abort, and its new connection never asks anything.
    left.app.server.closeAllConnections()
    await left.app.close()
  })
  const send = (body: ReadableStream | string, signal?: AbortSignal) =>
    fetch(`${url}/v1/companies/amc/commands`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/x-ndjson' },
      body,
      duplex: 'half',
      ...(signal === undefined ? {} : { signal }),
    } as RequestInit)
  const linesIn = async function* (body: ReadableStream<Uint8Array> | null) {
    let rest = ''
    for await (const chunk of body ?? []) {
      const lines = (rest + Buffer.from(chunk).toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) yield Item.parse(JSON.parse(line))
    }
  }

  await t.test('are answered a line each, in order, and a broken one names its rule', async (t) => {
    const lines = [JSON.stringify(client('a')), '{ "command": ', '', JSON.stringify(invoice('a', 'i', '1.00'))]
    const response = await send(`${lines.join('\n')}\n${'x'.repeat(70_000)}\n${JSON.stringify(client('b'))}`)
    t.equal(response.headers.get('content-type'), 'application/x-ndjson')
    const results: z.infer<typeof Item>[] = []
    for await (const result of linesIn(response.body)) results.push(result)
    t.same(
      results.map(({ status }) => status),
      [201, 400, 201, 400, 201],
    )
    t.same(
      results.map(({ line }) => line),
      [1, 2, 4, 5, 6],
    )
    t.match(results[1]?.body, { code: 'MALFORMED_REQUEST', errors: [{ rule: 'valid JSON' }] })
    t.match(results[3]?.body, { errors: [{ rule: 'at most 66560 bytes' }] })
  })

  await t.test('are answered while others are still to come', async (t) => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    const sending = writer.write(Buffer.from(`${JSON.stringify(client('early'))}\n${JSON.stringify(client('next'))}\n`))
    const response = await send(readable)
    await sending
    const results = linesIn(response.body)
    // The first of them is given out before the request's end.
    t.equal((await results.next()).value?.status, 201)
    await writer.close()
    t.equal((await results.next()).value?.status, 201)
  })

  await t.test('of any number pass in bounded memory', async (t) => {
    const accounts = 50
    function* lines() {
      for (let n = 0; n < accounts; n += 1) yield `${JSON.stringify(client(`many-${n}`))}\n`
      for (let n = accounts; n < LINES; n += 1) {
        yield `${JSON.stringify(payment(`many-${n % accounts}`, `p-${n}`, '1.00'))}\n`
      }
    }
    const before = process.memoryUsage().rss
    let peak = before
    const body = Readable.toWeb(Readable.from(lines(), { objectMode: false }))
    const response = await send(body as ReadableStream)
    let count = 0
    for await (const { status } of linesIn(response.body)) {
      if (status !== 201) throw new Error(`line ${count}: ${status}`)
      count += 1
      if (count % 500 === 0) peak = Math.max(peak, process.memoryUsage().rss)
    }
    t.equal(count, LINES)
    t.comment(
      `${LINES} lines, resident memory + ${Math.round((peak - before) / 1024 / 1024)} MiB, the log in memory included`,
    )
    // The fake keeps the whole log in memory, about 2 KB a line.
    t.ok(peak - before < RSS_GROWTH_MAX_BYTES + LINES * 4_000)
  })

  await t.test('are no longer carried out when the caller has gone', async (t) => {
    // The store takes a moment, as a real one does, so that caller and server have their turns.
    store.answerDelayMs = 1
    const stop = new AbortController()
    function* lines() {
      yield `${JSON.stringify(client('gone'))}\n`
      for (let n = 0; n < 100_000; n += 1) yield `${JSON.stringify(payment('gone', `p-${n}`, '1.00'))}\n`
    }
    const body = Readable.toWeb(Readable.from(lines(), { objectMode: false }))
    const response = await send(body as ReadableStream, stop.signal)
    await linesIn(response.body).next()
    stop.abort()
    // What was begun is carried out; then nothing more comes.
    let written = -1
    for (; written !== account('gone').length; await sleep(1_000)) written = account('gone').length
    t.ok(written < 100_000)
  })
})

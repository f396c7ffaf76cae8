/** A key that comes again for another account: one money, however the body was corrected. */
import { revisionOf } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { commandIdOf } from '@registru/event-store'
import type { LightMyRequestResponse } from 'fastify'
import t from 'tap'
import { z } from 'zod'
import { type CommandPlacesOptions, createCommandPlaces } from '../src/ledger/command-places.ts'
import { type Api, authorization, createApi, openPool, startStores } from './api.ts'
import { createFakeEventStore, type FakeEventStore } from './fake-event-store.ts'
import { contextOf, ledgerOver, recordPayment } from './ledger-commands.ts'
import { project } from './projected.ts'

const { ron } = examples
t.setTimeout(120_000)

const REUSED = { status: 422, code: 'IDEMPOTENCY_KEY_REUSED' }
const Body = z.looseObject({ code: z.string().optional(), details: z.unknown().optional() })
const said = (response: LightMyRequestResponse) => {
  const { code, details } = Body.parse(response.json())
  return { status: response.statusCode, code, details, text: response.body }
}
const payment = (clientId: string, amount = '10.00', more: object = {}) => ({
  ...examples.recordPayment({ clientId, paymentId: 'p', amount: ron(amount) }),
  method: 'BANK_TRANSFER',
  receipt: undefined,
  allocation: { rule: 'none' },
  ...more,
})
const streamOf = (clientId: string) => `clientAccount-amc:${clientId}`
const keyStreamOf = (key: string, command = 'RecordPayment') => `commandKey-amc:${commandIdOf('amc', command, key)}`

const CLIENTS = ['alfa', 'beta', 'gama'] as const
const setStage = async ({ must }: Api): Promise<void> => {
  await must('RegisterCompany', examples.registerCompany())
  for (const clientId of CLIENTS) await must('RegisterClient', examples.registerClient({ clientId }))
}

t.test('where the read models know the command', async (t) => {
  const stores = await startStores(t)
  const { store, pool } = stores
  const [left, right] = [await createApi(store, pool), await createApi(store, pool)]
  await setStage(left)
  const countOf = async (stream: string): Promise<number> => {
    let count = 0
    for await (const _ of store.readStream(stream)) count += 1
    return count
  }

  t.test('it is refused for another client, in its own process and in another', async (t) => {
    const first = await left.command('RecordPayment', payment('alfa'), { key: 'k1' })
    t.equal(first.statusCode, 201)
    await project(stores)
    for (const { command } of [left, right]) {
      for (const dryRun of [true, false]) {
        const refused = said(await command('RecordPayment', payment('beta', '12.00'), { key: 'k1', dryRun }))
        t.match(refused, REUSED)
        t.same(refused.details, { commandId: commandIdOf('amc', 'RecordPayment', 'k1') })
        t.notMatch(refused.text, /alfa|10\.00/, "nothing is told of the other client's")
      }
      const again = await command('RecordPayment', payment('alfa'), { key: 'k1' })
      t.match({ status: again.statusCode, body: again.body }, { status: 200, body: first.body })
    }
    t.equal(await countOf(streamOf('beta')), 1)
  })

  t.test('a receipt book is a stream of the body too', async (t) => {
    const open = (series: string) => examples.openReceiptBook({ series })
    t.equal((await left.command('OpenReceiptBook', open('A'), { key: 'book' })).statusCode, 201)
    await project(stores)
    t.match(said(await right.command('OpenReceiptBook', open('B'), { key: 'book' })), REUSED)
    t.equal((await right.command('OpenReceiptBook', open('A'), { key: 'book' })).statusCode, 200)
  })

  t.test('while they are behind, the look misses; then each is answered as it was', async (t) => {
    const one = await left.command('RecordPayment', payment('alfa', '10.00', { paymentId: 'p2' }), { key: 'k2' })
    const two = await right.command('RecordPayment', payment('beta', '10.00', { paymentId: 'p2' }), { key: 'k2' })
    t.match([one.statusCode, two.statusCode], [201, 201], 'which is why there are strictKeys')
    await project(stores)
    for (const first of [one, two]) {
      const clientId = first === one ? 'alfa' : 'beta'
      const again = await left.command('RecordPayment', payment(clientId, '10.00', { paymentId: 'p2' }), { key: 'k2' })
      t.match({ status: again.statusCode, body: again.body }, { status: 200, body: first.body })
    }
    const third = await left.command('RecordPayment', payment('gama', '10.00', { paymentId: 'p2' }), { key: 'k2' })
    t.match(said(third), REUSED)
  })

  t.test('in batches, with the place of the one that is refused', async (t) => {
    const send = (items: readonly object[], query = '') =>
      left.app.inject({
        method: 'POST',
        url: `/v1/companies/amc/commands${query}`,
        headers: { authorization, 'content-type': 'application/json' },
        payload: JSON.stringify(items),
      })
    const item = (idempotencyKey: string, data: object) => ({ command: 'RecordPayment', idempotencyKey, data })
    const items = [item('k3', payment('gama', '1.00', { paymentId: 'p3' })), item('k1', payment('gama'))]
    const whole = await send(items, '?mode=atomic')
    t.match(whole.json(), { status: 422, code: 'IDEMPOTENCY_KEY_REUSED', item: 1 })
    t.equal(await countOf(streamOf('gama')), 1)
    const each = await send(items)
    t.match(each.json(), { results: [{ status: 201 }, { status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } }] })
    // Lines are read as they come, so they need a connection.
    const url = await left.app.listen({ port: 0, host: '127.0.0.1' })
    t.teardown(() => left.app.close())
    const lines = await fetch(`${url}/v1/companies/amc/commands`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/x-ndjson' },
      body: items.map((line) => JSON.stringify(line)).join('\n'),
    })
    const results = (await lines.text()).trim().split('\n')
    t.match(
      results.map((line): unknown => JSON.parse(line)),
      [
        { status: 200, replayed: true },
        { status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } },
      ],
    )
  })
})

t.test('a look in the read models', async (t) => {
  const logger = { warn: () => undefined, info: () => undefined }
  const admitOver = (find: CommandPlacesOptions['find'], store = createFakeEventStore()) => {
    const ledger = ledgerOver(store, { commandPlaces: createCommandPlaces({ find, logger }) })
    t.teardown(() => ledger.stop())
    return (key: string) => {
      const { type, data } = recordPayment('p')
      return ledger.keys.admit(ledger.accounts, streamOf('beta'), contextOf(type, key, data))
    }
  }

  t.test('is one question for all who ask at the same time', async (t) => {
    const asked: (readonly string[])[] = []
    const admit = admitOver(async (commandIds) => {
      asked.push(commandIds)
      return []
    })
    await Promise.all(Array.from({ length: 100 }, (_, index) => admit(`k${index}`)))
    t.equal(asked.flat().length, 100)
    t.ok(asked.length <= 2, `${asked.length} questions`)
  })

  for (const [what, answer] of [
    ['fails', () => Promise.reject(new Error('away'))],
    ['does not answer', () => new Promise<never>(() => undefined)],
  ] as const) {
    t.test(`that ${what} lets the command pass, and is not asked again for a while`, async () => {
      let asked = 0
      const admit = admitOver(() => {
        asked += 1
        return answer()
      })
      await admit('k0')
      await Promise.all([admit('k1'), admit('k2')])
      await admit('k3')
      t.equal(asked, 1)
    })
  }

  t.test('that is late ends the rest when it comes', async (t) => {
    let answerFirst = (): void => undefined
    const first = new Promise<[]>((resolve) => {
      answerFirst = () => resolve([])
    })
    let asked = 0
    const admit = admitOver(() => {
      asked += 1
      return asked === 1 ? first : Promise.resolve([])
    })
    await admit('k0')
    await admit('k1')
    t.equal(asked, 1)
    answerFirst()
    await first
    await admit('k2')
    t.equal(asked, 2)
  })

  t.test('is believed only when the log says the same', async (t) => {
    const store = createFakeEventStore()
    const place = (commandIds: readonly string[]) =>
      Promise.resolve(
        commandIds.map((commandId) => ({ commandId, stream: streamOf('alfa'), revision: revisionOf(0n) })),
      )
    await t.resolves(admitOver(place, store)('lost'), 'of a log that was put back since')
  })
})

t.test('with strictKeys, without Postgres', async (t) => {
  const pool = openPool(t, 'postgres://nobody@127.0.0.1:1/none')
  const start = async (store: FakeEventStore = createFakeEventStore()) => {
    const [left, right] = [await createApi(store, pool), await createApi(store, pool)]
    await setStage(left)
    await left.must('SetPolicy', { strictKeys: true })
    return { store, left, right }
  }

  t.test('a corrected retry is refused, wherever it comes', async (t) => {
    const { store, left, right } = await start()
    const first = await left.command('RecordPayment', payment('alfa'), { key: 'k' })
    t.equal(first.statusCode, 201)
    t.match(store.eventsOf(keyStreamOf('k')), [
      { type: 'CommandKeyClaimed', data: { stream: streamOf('alfa'), requestHash: /^[0-9a-f]{64}$/ } },
    ])
    for (const { command } of [left, right]) {
      t.match(said(await command('RecordPayment', payment('beta'), { key: 'k' })), REUSED)
      t.match(said(await command('RecordPayment', payment('beta'), { key: 'k', dryRun: true })), REUSED)
      const again = await command('RecordPayment', payment('alfa'), { key: 'k' })
      t.match({ status: again.statusCode, body: again.body }, { status: 200, body: first.body })
    }
    t.equal(store.eventsOf(streamOf('beta')).length, 1)
    t.equal(store.eventsOf(keyStreamOf('k')).length, 1)
  })

  t.test('of two at the same moment in two processes, one is carried out', async (t) => {
    const { store, left, right } = await start()
    store.answerDelayMs = 1
    for (let round = 0; round < 50; round += 1) {
      const key = `r${round}`
      const pay = ({ command }: Api, clientId: string) =>
        command('RecordPayment', payment(clientId, '10.00', { paymentId: key }), { key })
      const answers = await Promise.all([pay(left, 'alfa'), pay(right, 'beta')])
      const statuses = answers.map(({ statusCode }) => statusCode).toSorted((one, other) => one - other)
      t.same(statuses, [201, 422], `round ${round}`)
    }
  })

  t.test('what was claimed and not carried out is finished by the same request alone', async (t) => {
    const { store, left, right } = await start()
    store.fate = (stream) => (stream === streamOf('alfa') ? 'lost' : 'written')
    t.equal((await left.command('RecordPayment', payment('alfa'), { key: 'k' })).statusCode, 503)
    t.equal(store.eventsOf(keyStreamOf('k')).length, 1)
    store.fate = () => 'written'
    const fresh = await createApi(store, pool)
    for (const { command } of [right, fresh])
      t.match(said(await command('RecordPayment', payment('beta'), { key: 'k' })), REUSED)
    t.equal((await fresh.command('RecordPayment', payment('alfa'), { key: 'k' })).statusCode, 201)
    t.equal((await right.command('RecordPayment', payment('alfa'), { key: 'k' })).statusCode, 200)
    t.equal(store.eventsOf(keyStreamOf('k')).length, 1)
  })

  t.test('a claim whose answer is lost is found', async (t) => {
    const { store, left } = await start()
    let times = 0
    store.fate = (stream) => {
      if (!stream.startsWith('commandKey-')) return 'written'
      times += 1
      return times === 1 ? 'unheard' : 'written'
    }
    t.equal((await left.command('RecordPayment', payment('alfa'), { key: 'k' })).statusCode, 201)
    t.equal(store.eventsOf(keyStreamOf('k')).length, 1)
  })

  t.test('a dry run claims nothing, and If-Match is for the account', async (t) => {
    const { store, left } = await start()
    const ask = (key: string, options: object = {}) =>
      left.command('RecordPayment', payment('alfa'), { key, ...options })
    t.equal((await ask('dry', { dryRun: true })).statusCode, 200)
    t.equal(store.eventsOf(keyStreamOf('dry')).length, 0)
    t.equal((await ask('if', { headers: { 'if-match': '"7"' } })).statusCode, 412)
    t.equal((await ask('if', { headers: { 'if-match': '"0"' } })).statusCode, 201)
  })

  t.test('in a batch each key is claimed, an atomic one included', async (t) => {
    const { store, left } = await start()
    const item = (idempotencyKey: string, clientId: string, paymentId: string) => ({
      command: 'RecordPayment',
      idempotencyKey,
      data: payment(clientId, '1.00', { paymentId }),
    })
    const send = (items: readonly object[], query = '') =>
      left.app.inject({
        method: 'POST',
        url: `/v1/companies/amc/commands${query}`,
        headers: { authorization, 'content-type': 'application/json' },
        payload: JSON.stringify(items),
      })
    const both = await send([item('b', 'alfa', 'p1'), item('b', 'beta', 'p1')])
    const { results } = z.object({ results: z.array(z.looseObject({ status: z.int() })) }).parse(both.json())
    t.same(
      results.map(({ status }) => status).toSorted((one, other) => one - other),
      [201, 422],
      'one key twice, side by side',
    )
    t.equal((await send([item('c', 'alfa', 'p2'), item('d', 'alfa', 'p3')], '?mode=atomic')).statusCode, 200)
    const refused = await send([item('e', 'beta', 'p4'), item('d', 'beta', 'p5')], '?mode=atomic')
    t.match(refused.json(), { status: 422, code: 'IDEMPOTENCY_KEY_REUSED', item: 1 })
    t.equal(store.eventsOf(streamOf('beta')).length + store.eventsOf(streamOf('alfa')).length, 5)
  })

  t.test('without them nothing is claimed', async (t) => {
    const store = createFakeEventStore()
    const api = await createApi(store, pool)
    await setStage(api)
    t.equal((await api.command('RecordPayment', payment('alfa'), { key: 'k' })).statusCode, 201)
    t.notOk(store.log.some(({ stream }) => stream.startsWith('commandKey-')))
  })
})

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createHostility, type Hostility } from '../../src/event-store/hostile.ts'
import { type EventStoreOptions, serveStorage } from '../../src/event-store/start-event-store.ts'
import { createMemoryStorage } from '../../src/event-store/storage-memory.ts'
import {
  type Append,
  appendEvent,
  appendOptions,
  type BatchAnswer,
  batchAppend,
  connectWire,
  deleteRequest,
  type ReadAnswer,
  type ReadOf,
  readBatchAnswer,
  readReadAnswer,
  readRequest,
  type WireClient,
} from './wire-client.ts'

const OK = 0
const UNKNOWN = 2
const INVALID_ARGUMENT = 3
const NOT_FOUND = 5
const PERMISSION_DENIED = 7
const FAILED_PRECONDITION = 9
const ABORTED = 10
const UNIMPLEMENTED = 12
const UNAUTHENTICATED = 16
const BROKEN = -1

/** What is not answered by then is taken for not answered at all. */
const PATIENCE_MS = 300

const start = async (t: Test, options: Omit<EventStoreOptions, 'databaseUrl'> = {}): Promise<WireClient> => {
  const store = await serveStorage(createMemoryStorage(), options)
  const client = connectWire(`http://127.0.0.1:${store.port}`)
  t.teardown(async () => {
    client.close()
    await store.stop()
  })
  return client
}

const hostile = async (t: Test, mode?: Hostility['mode']): Promise<{ client: WireClient; hostility: Hostility }> => {
  const hostility = createHostility(mode)
  return { client: await start(t, { hostile: hostility }), hostility }
}

/** One append on a batch stream of its own; `undefined` if nothing was answered. */
const append = async (client: WireClient, request: Append): Promise<BatchAnswer | undefined> => {
  const call = client.call('streams.Streams/BatchAppend')
  call.send(batchAppend(randomUUID(), request))
  const messages = await call.until(1)
  call.cancel()
  return messages[0] && readBatchAnswer(messages[0])
}

const happened = (stream: string, count = 1): Append => ({
  stream,
  expected: 'any',
  ids: Array.from({ length: count }, () => randomUUID()),
})

const read = async (client: WireClient, of: ReadOf, more: Parameters<typeof readRequest>[1] = {}) => {
  const call = client.call('streams.Streams/Read')
  call.send(readRequest(of, { count: 1_000, ...more }))
  call.end()
  const { code, trailers } = await call.status
  return { code, trailers, answers: call.messages.map(readReadAnswer) }
}

const revisions = (answers: readonly ReadAnswer[]): number[] =>
  answers.flatMap((answer) => (answer.kind === 'event' ? [answer.revision] : []))

const positions = (answers: readonly ReadAnswer[]): number[] =>
  answers.flatMap((answer) => (answer.kind === 'event' ? [answer.position] : []))

const kinds = (answers: readonly ReadAnswer[]): string[] => answers.map(({ kind }) => kind)

const subscribe = (client: WireClient, of: ReadOf, prefix?: string) => {
  const call = client.call('streams.Streams/Read')
  call.send(readRequest(of, prefix === undefined ? {} : { prefix }))
  call.end()
  return {
    ...call,
    answers: async (count: number): Promise<ReadAnswer[]> => (await call.until(count)).map(readReadAnswer),
  }
}

t.test('appends and reads', async (t) => {
  const client = await start(t)
  t.equal((await append(client, happened('s', 3)))?.revision, 2)
  t.equal((await append(client, { ...happened('s'), expected: 2 }))?.revision, 3)
  t.equal((await append(client, { ...happened('s'), expected: 2 }))?.error, 'WrongExpectedVersion')
  t.strictSame(revisions((await read(client, { stream: 's', from: 1 })).answers), [1, 2, 3])
  t.strictSame(revisions((await read(client, { stream: 's', from: 2 }, { backwards: true, count: 2 })).answers), [2, 1])
  t.strictSame(kinds((await read(client, { stream: 'nowhere' })).answers), ['streamNotFound'])

  const all = positions((await read(client, { all: 'start' })).answers)
  t.equal(all.length, 4)
  t.ok(
    all.every((position, index) => index === 0 || position > (all[index - 1] ?? 0) + 1),
    'positions rise and leave gaps',
  )
  t.strictSame(positions((await read(client, { all: all[1] ?? 0 }, { count: 2 })).answers), all.slice(1, 3))
  t.strictSame(
    positions((await read(client, { all: all[2] ?? 0 }, { backwards: true })).answers),
    all.slice(0, 2).reverse(),
  )
  t.equal((await read(client, { all: (all[1] ?? 0) + 1 })).code, UNKNOWN, "a position that is no event's")
  const beyond = (all[3] ?? 0) + 1_000_000
  t.strictSame((await read(client, { all: beyond })).answers, [], 'nothing lies beyond the end')
  t.equal((await read(client, { all: beyond }, { backwards: true })).code, UNKNOWN, 'nor is it a place to go back from')
  t.equal((await read(client, { all: 'start' }, { count: 0 })).code, INVALID_ARGUMENT)
  t.equal((await read(client, { stream: 's' }, { count: 0 })).code, UNKNOWN)
})

t.test('an append in the old way, a delete and a tombstone', async (t) => {
  const client = await start(t)
  const call = client.call('streams.Streams/Append')
  call.send(appendOptions('s', 'noStream'))
  call.send(appendEvent(randomUUID()))
  call.end()
  t.equal((await call.status).code, OK)
  t.equal(call.messages.length, 1)

  const remove = (method: 'Delete' | 'Tombstone') => {
    const deletion = client.call(`streams.Streams/${method}`)
    deletion.send(deleteRequest('s', 'any'))
    deletion.end()
    return deletion.status
  }
  t.equal((await remove('Delete')).code, OK)
  t.strictSame(kinds((await read(client, { stream: 's' })).answers), ['streamNotFound'])
  t.equal((await append(client, happened('s')))?.revision, 1)
  t.strictSame(revisions((await read(client, { stream: 's' })).answers), [1])
  const live = subscribe(client, { stream: 's' })
  t.strictSame(kinds(await live.answers(3)), ['confirmation', 'event', 'caughtUp'])
  t.equal((await remove('Tombstone')).code, OK)
  t.match(await live.status, { code: FAILED_PRECONDITION, trailers: { exception: 'stream-deleted' } })
  t.equal(live.messages.length, 3, 'the tombstone itself is not delivered')
  t.match(await remove('Tombstone'), { code: FAILED_PRECONDITION, trailers: { exception: 'stream-deleted' } })
  t.equal((await append(client, happened('s')))?.error, 'StreamDeleted')
  t.match(await read(client, { stream: 's' }), { code: FAILED_PRECONDITION, trailers: { 'stream-name': 's' } })
})

t.test('what is not offered and what is malformed', async (t) => {
  const client = await start(t)
  const persistent = client.call('persistent_subscriptions.PersistentSubscriptions/Create')
  persistent.end()
  t.equal((await persistent.status).code, UNIMPLEMENTED)
  for (const stream of ['', '$$']) t.equal((await append(client, happened(stream)))?.error, 'BadRequest')
  t.equal((await append(client, { ...happened('s'), ids: ['no-uuid'] }))?.error, 'BadRequest')
  t.equal(
    (await append(client, { ...happened('s'), body: 'x'.repeat(1024 * 1024 + 1) }))?.error,
    'MaximumAppendSizeExceeded',
  )
  t.equal((await append(client, { ...happened('s'), body: 'x'.repeat(1024 * 1024) }))?.revision, 0)
  const garbage = client.call('streams.Streams/BatchAppend')
  garbage.send(Buffer.from([0x0a, 0xff]))
  t.equal((await garbage.status).code, 13)
})

t.test('a deadline in the past writes nothing', async (t) => {
  const client = await start(t)
  t.equal((await append(client, { ...happened('s'), deadlineMs: Date.now() - 5_000 }))?.error, 'Timeout')
  t.strictSame(kinds((await read(client, { stream: 's' })).answers), ['streamNotFound'])
})

t.test('subscriptions', async (t) => {
  const client = await start(t)
  await append(client, happened('a-1', 2))
  await append(client, happened('b-1', 1))
  const all = subscribe(client, { all: 'start' })
  const filtered = subscribe(client, { all: 'start' }, 'a-')
  const stream = subscribe(client, { stream: 'a-1', from: 0 })
  t.strictSame(kinds(await all.answers(5)), ['confirmation', 'event', 'event', 'event', 'caughtUp'])
  t.strictSame(kinds(await filtered.answers(4)), ['confirmation', 'event', 'event', 'caughtUp'])
  t.strictSame(revisions(await stream.answers(3)), [1], 'exclusive of the revision')

  await append(client, happened('a-1', 1))
  await append(client, happened('b-1', 40))
  t.strictSame(revisions(await all.answers(46)).length, 44)
  t.strictSame(revisions(await stream.answers(4)), [1, 2])
  const seen = await filtered.answers(6)
  t.strictSame(kinds(seen.slice(4)), ['event', 'checkpoint'], 'a checkpoint after 32 considered events')

  const between = subscribe(client, { all: (positions(await all.answers(5))[0] ?? 0) + 1 })
  t.equal((await between.status).code, UNKNOWN)
  for (const call of [all, filtered, stream]) call.cancel()
})

t.test('a reader that does not read costs no memory', async (t) => {
  const client = await start(t)
  const body = JSON.stringify({ text: 'x'.repeat(100_000) })
  for (let count = 0; count < 60; count++) await append(client, { ...happened('s', 5), body })
  const before = process.memoryUsage().rss
  const idle = Array.from({ length: 10 }, () => {
    const call = client.call('streams.Streams/Read')
    call.send(readRequest({ all: 'start' }))
    return call
  })
  await sleep(PATIENCE_MS)
  t.ok(
    process.memoryUsage().rss - before < 150 * 1024 * 1024,
    'ten idle subscribers of 30 MB take much less than 300 MB',
  )
  for (const call of idle) call.cancel()
})

t.test('hostile modes', async (t) => {
  t.test('silent', async (t) => {
    const { client } = await hostile(t, 'silent')
    const call = client.call('streams.Streams/BatchAppend')
    call.send(batchAppend(randomUUID(), happened('s')))
    await sleep(PATIENCE_MS)
    t.equal(call.messages.length, 0)
    const idle = subscribe(client, { all: 'start' })
    await sleep(PATIENCE_MS)
    t.equal(idle.messages.length, 0)
  })
  t.test('slow', async (t) => {
    const { client, hostility } = await hostile(t, 'slow')
    hostility.delayMs = PATIENCE_MS
    const begun = Date.now()
    t.equal((await append(client, happened('s')))?.revision, 0)
    t.ok(Date.now() - begun >= PATIENCE_MS)
  })
  t.test('commit, then die', async (t) => {
    const { client, hostility } = await hostile(t, 'commitThenDie')
    let died = 0
    hostility.die = () => {
      died++
      hostility.mode = 'cutBeforeWrite'
    }
    const call = client.call('streams.Streams/BatchAppend')
    call.send(batchAppend(randomUUID(), happened('s')))
    await sleep(PATIENCE_MS)
    t.equal(died, 1)
    t.equal(call.messages.length, 0)
    hostility.mode = undefined
    t.strictSame(revisions((await read(client, { stream: 's' })).answers), [0])
  })
  t.test('timeout though committed', async (t) => {
    const { client, hostility } = await hostile(t, 'timeoutThoughCommitted')
    const request: Append = { ...happened('s'), expected: 'noStream' }
    t.equal((await append(client, request))?.error, 'Timeout')
    hostility.mode = undefined
    t.equal((await append(client, request))?.revision, 0, 'the same append again finds itself')
  })
  for (const [mode, written, answered] of [
    ['cutBeforeWrite', 0, 0],
    ['cutBeforeReply', 1, 0],
    ['cutAfterReply', 1, 1],
  ] as const) {
    t.test(mode, async (t) => {
      const hostility = createHostility(mode)
      const store = await serveStorage(createMemoryStorage(), { hostile: hostility })
      t.teardown(() => store.stop())
      const victim = connectWire(`http://127.0.0.1:${store.port}`)
      const call = victim.call('streams.Streams/BatchAppend')
      call.send(batchAppend(randomUUID(), happened('s')))
      t.equal((await call.status).code, BROKEN)
      t.equal(call.messages.length, answered)
      hostility.mode = undefined
      const client = connectWire(`http://127.0.0.1:${store.port}`)
      t.equal(revisions((await read(client, { stream: 's' })).answers).length, written)
      client.close()
    })
  }
  t.test('a live subscription is dropped by a burst', async (t) => {
    const { client } = await hostile(t, 'dropLiveSubscriptions')
    const call = subscribe(client, { all: 'start' })
    await call.answers(2)
    await append(client, happened('s', 32))
    t.equal((await call.answers(34)).length, 34)
    await append(client, happened('s', 33))
    t.equal((await call.status).code, ABORTED)
  })
  t.test('repeated delivery', async (t) => {
    const { client } = await hostile(t, 'repeatDelivery')
    const call = subscribe(client, { all: 'start' })
    await call.answers(2)
    await append(client, happened('s', 2))
    t.strictSame(revisions(await call.answers(6)), [0, 1, 0, 1])
    call.cancel()
  })
  t.test('system events', async (t) => {
    const { client } = await hostile(t, 'systemEvents')
    await append(client, happened('s'))
    await append(client, happened('s'))
    const { answers } = await read(client, { all: 'start' })
    t.match(
      answers.map((answer) => answer.kind === 'event' && answer.stream),
      ['s', '$noise', 's'],
    )
  })
  t.test('not the leader', async (t) => {
    const { client } = await hostile(t, 'notLeader')
    const call = client.call('streams.Streams/BatchAppend')
    call.send(batchAppend(randomUUID(), happened('s')))
    t.match(await call.status, { code: NOT_FOUND, trailers: { exception: 'not-leader' } })
  })
  t.test('a clock that jumps', async (t) => {
    const { client, hostility } = await hostile(t)
    hostility.clockOffsetMs = -5 * 86_400_000
    t.equal((await append(client, happened('s')))?.revision, 0)
    hostility.clockOffsetMs = 5 * 86_400_000
    t.equal((await append(client, happened('s')))?.revision, 1)
    t.strictSame(revisions((await read(client, { stream: 's' })).answers), [0, 1])
  })
})

t.test('TLS and credentials', async (t) => {
  const pem = (name: string): string =>
    readFileSync(new URL(`../../../test/event-store/fixtures/localhost-${name}.pem`, import.meta.url), 'utf8')
  const credentials = { username: 'admin', password: 'secret' }
  const store = await serveStorage(createMemoryStorage(), { tls: { cert: pem('cert'), key: pem('key') }, credentials })
  const client = connectWire(`https://localhost:${store.port}`, { ca: pem('cert') })
  t.teardown(async () => {
    client.close()
    await store.stop()
  })
  const as = (password: string) => ({ authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` })
  const readAs = async (headers: Readonly<Record<string, string>>) => {
    const call = client.call('streams.Streams/Read', headers)
    call.send(readRequest({ stream: 's' }, { count: 1 }))
    call.end()
    return (await call.status).code
  }
  const appendAs = async (headers: Readonly<Record<string, string>>) => {
    const call = client.call('streams.Streams/BatchAppend', headers)
    call.send(batchAppend(randomUUID(), happened('s')))
    const answer = (await call.until(1))[0]
    if (!answer) return (await call.status).code
    call.cancel()
    return readBatchAnswer(answer)
  }
  t.match(await appendAs(as('secret')), { revision: 0 })
  t.equal(await readAs(as('secret')), OK)
  t.equal(await readAs(as('wrong')), UNAUTHENTICATED)
  t.equal(await appendAs(as('wrong')), UNAUTHENTICATED)
  t.equal(await readAs({}), PERMISSION_DENIED)
  t.match(await appendAs({}), { error: 'AccessDenied' })

  const stranger = connectWire(`https://localhost:${store.port}`)
  const refused = stranger.call('streams.Streams/Read', as('secret'))
  t.equal((await refused.status).code, BROKEN, 'a client that does not know the certificate')
  await t.rejects(serveStorage(createMemoryStorage(), { host: '0.0.0.0' }), { message: /only with TLS/ })
})

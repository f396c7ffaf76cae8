import { setTimeout as sleep } from 'node:timers/promises'
import { revisionOf } from '@registru/domain/places'
import t, { type Test } from 'tap'
import {
  type AppendOutcome,
  connectEventStore,
  type EventStore,
  type ExpectedRevision,
  type SubscriptionItem,
} from '../src/index.ts'
import { startCallProxy } from './call-proxy.ts'
import { anEvent, collect, connect, idsOf, startServer, writtenRevision } from './stores.ts'
import { startTcpProxy } from './tcp-proxy.ts'

/** Each test shows one defect of the client fenced. A defect that gets through also ends the process, or hangs the test. */
const SETTLES_WITHIN_MS = 6_000

/** The appends' outcomes, once each has settled in time. */
const settled = async (appends: readonly Promise<AppendOutcome>[]): Promise<string[]> => {
  const startedAt = Date.now()
  const outcomes = await Promise.all(appends)
  const took = Date.now() - startedAt
  if (took > SETTLES_WITHIN_MS) throw new Error(`${took} ms until all appends had settled`)
  return outcomes.map(({ outcome }) => outcome)
}

const appendTo = (store: EventStore, count: number, prefix: string, data: object = {}): Promise<AppendOutcome>[] =>
  Array.from({ length: count }, (_, index) => store.append(`${prefix}-${index}`, 'no_stream', [anEvent({ data })]))

/** Once a store has been silent for long, callers are let through again by a probe. */
const resumed = async (store: EventStore): Promise<void> => {
  for (let waited = 0; store.appendHealth().state === 'suspended'; waited += 20) {
    if (waited > 10_000) throw new Error('appends stayed suspended')
    await sleep(20)
  }
}

/** For tests that wait for silence; the default is tested once. */
const IMPATIENT = { appendTimeoutMs: 1_000 }

const throughTcp = async (t: Test, options = {}) => {
  const server = await startServer(t)
  const proxy = await startTcpProxy(server.port)
  t.teardown(() => proxy.stop())
  return { server, proxy, store: connect(t, proxy.url, options) }
}

const throughCalls = async (t: Test) => {
  const server = await startServer(t)
  const proxy = await startCallProxy(server.port)
  t.teardown(() => proxy.stop())
  return { server, proxy, store: connect(t, proxy.url) }
}

t.test('a broken connection never ends the process, and what was in flight is told apart', async (t) => {
  const { proxy, store } = await throughTcp(t)
  proxy.delay(20)
  const appends = appendTo(store, 64, 'broken')
  await sleep(60)
  proxy.reset()
  proxy.heal()
  t.same(await settled(appends), Array(64).fill('written'), 'the same bytes were sent again')
  const ids = await Promise.all(Array.from({ length: 64 }, (_, index) => idsOf(store.readStream(`broken-${index}`))))
  t.ok(
    ids.every(({ length }) => length === 1),
    'none was written twice',
  )
})

t.test('a failing read does not touch appends in flight', async (t) => {
  const { proxy, store } = await throughCalls(t)
  writtenRevision(await store.append('held-first', 'no_stream', [anEvent()]))
  proxy.holdAnswers()
  const held = appendTo(store, 8, 'held')
  await sleep(50)
  // On one channel for both, UNAVAILABLE would have the client open a second append stream beside the waiting one.
  proxy.refuseCalls('Read', 14, 2)
  await t.rejects(collect(store.readStream('held-first')), { name: 'StoreUnavailable' })
  const later = appendTo(store, 8, 'later')
  await sleep(50)
  proxy.releaseAnswers()
  t.same(await settled([...held, ...later]), Array(16).fill('written'))
  t.equal(proxy.callsOf('BatchAppend'), 1)
})

t.test('two connections of a process know nothing of each other', async (t) => {
  const { proxy: heldProxy, store: held } = await throughCalls(t)
  const { proxy: brokenProxy, store: broken } = await throughTcp(t)
  writtenRevision(await held.append('held-first', 'no_stream', [anEvent()]))
  writtenRevision(await broken.append('broken-first', 'no_stream', [anEvent()]))
  heldProxy.holdAnswers()
  const appends = appendTo(held, 8, 'held')
  await sleep(50)
  // To the client's own streams this is one failure: it would reject the held appends, and their answers would end the process.
  brokenProxy.reset()
  writtenRevision(await broken.append('broken-again', 'no_stream', [anEvent()]))
  heldProxy.releaseAnswers()
  t.same(await settled(appends), Array(8).fill('written'))
  t.equal(heldProxy.callsOf('BatchAppend'), 1, 'on the stream that they were sent on')
})

t.test('a silent server leaves every append unknown within six seconds', async (t) => {
  const { proxy, store } = await throughTcp(t)
  writtenRevision(await store.append('silent-first', 'no_stream', [anEvent()]))
  proxy.swallowAnswers()
  t.same(await settled(appendTo(store, 64, 'silent')), Array(64).fill('unknown'))
  proxy.heal()
  await resumed(store)
  t.same(await settled(appendTo(store, 8, 'heard')), Array(8).fill('written'))
})

t.test('a server that was silent from the start is no different', async (t) => {
  const { proxy, store } = await throughTcp(t, IMPATIENT)
  proxy.swallowAnswers()
  t.same(await settled(appendTo(store, 8, 'deaf')), Array(8).fill('unknown'))
})

t.test('a frozen connection full of large appends ends no process', async (t) => {
  const { proxy, store } = await throughTcp(t, IMPATIENT)
  writtenRevision(await store.append('frozen-first', 'no_stream', [anEvent()]))
  proxy.freeze()
  // More than the windows of HTTP/2 and the sockets hold: the client has to wait before it can write.
  const large = { text: 'x'.repeat(20_000) }
  t.same(await settled(appendTo(store, 400, 'frozen', large)), Array(400).fill('unknown'))
  proxy.heal()
  await resumed(store)
  t.same(await settled(appendTo(store, 8, 'thawed')), Array(8).fill('written'))
})

t.test('an append stream that the server ended with OK is replaced', async (t) => {
  const { proxy, store } = await throughCalls(t)
  writtenRevision(await store.append('ended-first', 'no_stream', [anEvent()]))
  proxy.holdAnswers()
  const appends = appendTo(store, 4, 'ended')
  await sleep(50)
  proxy.endAppendStreams()
  proxy.releaseAnswers()
  t.same(await settled(appends), Array(4).fill('written'))
  t.same(await settled(appendTo(store, 4, 'after')), Array(4).fill('written'))
})

t.test('data that cannot be serialised is refused before the client sees it', async (t) => {
  const { proxy, store } = await throughCalls(t)
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  for (const data of [{ amount: 1n }, circular, { toJSON: () => undefined }]) {
    await t.rejects(store.append('unserialisable', 'no_stream', [anEvent({ data })]), { name: 'AppendRefused' })
  }
  t.equal(proxy.callsOf('GetSupportedMethods'), 0, 'nothing was sent')
})

t.test('a refused append is a conflict with the true revision, and has a message of ours', async (t) => {
  const { store } = await throughTcp(t)
  await store.append('refused-1', 'no_stream', [anEvent(), anEvent()])
  t.same(await store.append('refused-1', revisionOf(0n), [anEvent()]), { outcome: 'conflict', actualRevision: 1n })
})

t.test('what the server can do is not asked for, so that a failed answer cannot be remembered', async (t) => {
  const { proxy, store } = await throughCalls(t)
  // INTERNAL is remembered for the life of the client.
  proxy.refuseCalls('GetSupportedMethods', 13, 1)
  t.equal(writtenRevision(await store.append('capable-1', 'no_stream', [anEvent()])), 0n)
  t.equal(proxy.callsOf('GetSupportedMethods'), 0)
})

t.test('a server that never was up is unknown to appends and unavailable to reads, at once', async (t) => {
  const { proxy, store } = await throughTcp(t)
  const startedAt = Date.now()
  proxy.reset({ refuse: true })
  t.same(await settled(appendTo(store, 4, 'never-up')), Array(4).fill('unknown'))
  await t.rejects(collect(store.readStream('never-up-1')), { name: 'StoreUnavailable' })
  await t.rejects(store.ping(1_000), { name: 'StoreUnavailable' })
  t.ok(Date.now() - startedAt < 4_000)
})

t.test('a store that stays silent costs the first callers their patience, and no others', async (t) => {
  const { proxy, store } = await throughTcp(t, IMPATIENT)
  t.match(store.appendHealth(), { state: 'untried', unanswered: 0 })
  writtenRevision(await store.append('patient-first', 'no_stream', [anEvent()]))
  t.match(store.appendHealth(), { state: 'answering', unanswered: 0 })
  proxy.freeze()
  t.same(await settled(appendTo(store, 1, 'patient')), ['unknown'])
  t.match(store.appendHealth(), { state: 'failing', unanswered: 1, reason: /no answer|not sent/ })
  t.same(await settled(appendTo(store, 2, 'patient')), Array(2).fill('unknown'))
  t.match(store.appendHealth(), { state: 'suspended', unanswered: 3 })
  for (let count = 0; count < 50; count += 1) {
    await t.rejects(store.append('told', 'no_stream', [anEvent()]), {
      name: 'StoreUnavailable',
      message: /none is sent/,
    })
  }
  proxy.heal()
  await resumed(store)
  writtenRevision(await store.append('told', 'no_stream', [anEvent()]))
  t.match(store.appendHealth(), { state: 'answering', unanswered: 0 })
  t.same(await collect(store.readStream('ledger-probe')), [], 'the probes have written nothing')
})

t.test('reads that stay unanswered are refused at once, and a ping that is answered ends that', async (t) => {
  const { proxy, store } = await throughTcp(t, { readTimeoutMs: 300 })
  writtenRevision(await store.append('mute', 'no_stream', [anEvent()]))
  proxy.freeze()
  for (let count = 0; count < 3; count += 1) {
    await t.rejects(collect(store.readStream('mute')), { name: 'StoreUnavailable', message: /nothing read/ })
  }
  await t.rejects(collect(store.readStream('mute')), { name: 'StoreUnavailable', message: /none is sent/ })
  proxy.heal()
  await store.ping(5_000)
  t.equal((await collect(store.readStream('mute'))).length, 1)
})

t.test('reads of a silent server end', async (t) => {
  const { proxy, store } = await throughTcp(t)
  await store.append('quiet-1', 'no_stream', [anEvent()])
  proxy.swallowAnswers()
  const startedAt = Date.now()
  await t.rejects(store.ping(300), { name: 'StoreUnavailable' })
  t.ok(Date.now() - startedAt < 1_000)
  await t.rejects(collect(store.readStream('quiet-1')), { name: 'StoreUnavailable' })
  t.ok(Date.now() - startedAt < 6_000)
  proxy.heal()
  t.equal((await collect(store.readStream('quiet-1'))).length, 1)
})

t.test('reads that are ended early leave the connection to the others', async (t) => {
  const { store } = await throughTcp(t)
  writtenRevision(
    await store.append(
      'long',
      'no_stream',
      Array.from({ length: 200 }, () => anEvent()),
    ),
  )
  const first = async (): Promise<bigint | undefined> => {
    for await (const { revision } of store.readStream('long', { maxCount: 100 })) return revision
    return undefined
  }
  // A thousand frames for calls that were cancelled ended the connection.
  for (let round = 0; round < 150; round += 1) {
    const revisions = await Promise.all(Array.from({ length: 16 }, first))
    if (revisions.some((revision) => revision !== 0n)) t.fail(`round ${round}: ${revisions.join(' ')}`)
  }
  t.pass('2,400 reads')
})

t.test('a store that was away for long is found again at once', async (t) => {
  const { proxy, store } = await throughTcp(t)
  proxy.reset({ refuse: true })
  // gRPC backs off longer and longer on a connection that fails; ours must not inherit that.
  for (let attempt = 0; attempt < 12; attempt += 1) await settled(appendTo(store, 1, `away-${attempt}`))
  proxy.heal()
  const startedAt = Date.now()
  t.equal(writtenRevision(await store.append('back-1', 'no_stream', [anEvent()])), 0n)
  await store.ping(1_000)
  t.ok(Date.now() - startedAt < 1_000)
})

t.test('a subscription survives resets, restarts and silence, and delivers each event once in order', async (t) => {
  const { server, proxy, store } = await throughTcp(t)
  const stop = new AbortController()
  const seen: bigint[] = []
  const reading = (async () => {
    for await (const item of store.subscribeToAll({ streamPrefixes: ['lasting-'], signal: stop.signal })) {
      if (item.kind === 'event') seen.push(item.event.revision)
    }
  })()
  let revision: ExpectedRevision = 'no_stream'
  const appendSome = async () => {
    for (let count = 0; count < 50; count += 1) {
      const outcome: AppendOutcome = await store.append('lasting-1', revision, [anEvent()])
      revision = writtenRevision(outcome)
    }
  }
  await appendSome()
  proxy.reset()
  await appendSome()
  await server.restart()
  await sleep(1_000)
  await appendSome()
  proxy.reset({ refuse: true })
  await sleep(500)
  proxy.heal()
  await appendSome()
  for (let waited = 0; seen.length < 200 && waited < 15_000; waited += 50) await sleep(50)
  stop.abort()
  await reading
  t.same(
    seen,
    Array.from({ length: 200 }, (_, index) => BigInt(index)),
  )
})

t.test('a subscription dropped for being slow goes on at once and loses nothing', async (t) => {
  const { proxy, store } = await throughCalls(t)
  const stop = new AbortController()
  const seen: bigint[] = []
  const reading = (async () => {
    for await (const item of store.subscribeToAll({ streamPrefixes: ['slow-'], signal: stop.signal })) {
      if (item.kind !== 'event') continue
      seen.push(item.event.revision)
      if (seen.length % 50 === 0) await sleep(20)
    }
  })()
  let revision: ExpectedRevision = 'no_stream'
  for (let burst = 0; burst < 10; burst += 1) {
    const events = Array.from({ length: 100 }, () => anEvent())
    const outcome: AppendOutcome = await store.append('slow-1', revision, events)
    revision = writtenRevision(outcome)
    proxy.dropReads(10)
  }
  const startedAt = Date.now()
  while (seen.length < 1_000 && Date.now() - startedAt < 5_000) await sleep(10)
  stop.abort()
  await reading
  t.same(
    seen,
    Array.from({ length: 1_000 }, (_, index) => BigInt(index)),
  )
})

t.test('a subscription to a store restored to an older copy ends', async (t) => {
  const { proxy, store } = await throughTcp(t)
  await store.append('restored-1', 'no_stream', [anEvent(), anEvent()])
  const restored = await startServer(t)
  const items: SubscriptionItem[] = []
  const failure = (async () => {
    const options = { streamPrefixes: ['restored-'], signal: new AbortController().signal }
    for await (const item of store.subscribeToAll(options)) {
      items.push(item)
      if (item.kind === 'caughtUp') {
        proxy.redirect(restored.port)
        proxy.reset()
      }
    }
  })()
  await t.rejects(failure, { name: 'StoreDiverged' })
  t.equal(items.filter(({ kind }) => kind === 'event').length, 2)
})

t.test('24 connections one after the other to a silent server', async (t) => {
  const server = await startServer(t)
  const proxy = await startCallProxy(server.port)
  t.teardown(() => proxy.stop())
  for (let restart = 0; restart < 24; restart += 1) {
    const store = connectEventStore({ url: proxy.url, appendTimeoutMs: 500 })
    const [first] = await settled([store.append(`restart-${restart}`, 'no_stream', [anEvent()])])
    t.equal(first, 'written')
    proxy.holdAnswers()
    const startedAt = Date.now()
    t.same(await settled(appendTo(store, 8, `silent-${restart}`)), Array(8).fill('unknown'))
    t.ok(Date.now() - startedAt < 1_500)
    await store.dispose()
    proxy.releaseAnswers()
  }
})

import { setTimeout as sleep } from 'node:timers/promises'
import { revisionOf } from '@registru/domain/places'
import { createHostility, type HostileMode } from '@registru/embedded'
import t, { type Test } from 'tap'
import { connectEventStore, type EventStore, type ExpectedRevision } from '../src/index.ts'
import { anEvent, collect, connect, idsOf, startServer, writtenRevision } from './stores.ts'

const isLong = process.env['LONG'] !== undefined

const hostileServer = async (t: Test, options: { readonly appendTimeoutMs?: number } = {}) => {
  const hostility = createHostility()
  const server = await startServer(t, { hostile: hostility })
  const store = connect(t, server.url, options)
  writtenRevision(await store.append('warm-1', 'no_stream', [anEvent()]))
  return { hostility, server, store }
}

/** Appends under a mode, then again when it is over: the second answer must be "written", the log must hold the events once. */
const appendedOnce = async (
  t: Test,
  store: EventStore,
  stream: string,
  during: () => void,
  after: () => void | Promise<void>,
) => {
  const events = [anEvent(), anEvent()]
  during()
  const first = await store.append(stream, 'no_stream', events)
  await after()
  const again = await store.append(stream, 'no_stream', events)
  t.match(again, { outcome: 'written', revision: 1n })
  t.same(
    await idsOf(store.readStream(stream)),
    events.map(({ id }) => id),
  )
  if (first.outcome === 'written') t.same(again, first)
  return first.outcome
}

t.test('an append that nobody can answer for is in the log once in the end', async (t) => {
  const { hostility, store } = await hostileServer(t)
  const under = (mode: HostileMode) =>
    appendedOnce(
      t,
      store,
      `once-${mode}`,
      () => {
        hostility.mode = mode
      },
      () => {
        hostility.mode = undefined
      },
    )
  const startedAt = Date.now()
  t.equal(await under('timeoutThoughCommitted'), 'unknown')
  t.equal(await under('cutBeforeWrite'), 'unknown')
  t.equal(await under('cutBeforeReply'), 'unknown')
  t.equal(await under('cutAfterReply'), 'written')
  t.equal(await under('notLeader'), 'unknown')
  t.ok(Date.now() - startedAt < 15_000)
  t.equal(await under('systemEvents'), 'written')
})

t.test('a store that dies after the write is found again, and the same bytes are confirmed', async (t) => {
  const { hostility, server, store } = await hostileServer(t)
  let died: Promise<void> | undefined
  hostility.die = () => {
    hostility.mode = undefined
    died ??= server.restart()
  }
  const outcome = await appendedOnce(
    t,
    store,
    'dying-1',
    () => {
      hostility.mode = 'commitThenDie'
    },
    () => died,
  )
  t.ok(outcome === 'written' || outcome === 'unknown')
  t.ok(died !== undefined)
})

t.test('slow answers are waited for, too slow ones are unknown', async (t) => {
  const { hostility, store } = await hostileServer(t)
  hostility.mode = 'slow'
  hostility.delayMs = 300
  writtenRevision(await store.append('slow-1', 'no_stream', [anEvent()]))
  hostility.delayMs = 4_000
  const startedAt = Date.now()
  const event = anEvent()
  t.match(await store.append('slow-2', 'no_stream', [event]), { outcome: 'unknown' })
  t.ok(Date.now() - startedAt < 6_000)
  hostility.mode = undefined
  t.match(await store.append('slow-2', 'no_stream', [event]), { outcome: 'written', revision: 0n })
  t.equal((await collect(store.readStream('slow-2'))).length, 1)
})

t.test('24 restarts of the client against a silent store: every append settles as unknown', async (t) => {
  const { hostility, server, store } = await hostileServer(t)
  await store.dispose()
  hostility.mode = 'silent'
  // With the default of five seconds each it takes two minutes.
  const options = isLong ? {} : { appendTimeoutMs: 300 }
  for (let restart = 0; restart < 24; restart += 1) {
    const connected = connectEventStore({ url: server.url, ...options })
    const startedAt = Date.now()
    const appends = Array.from({ length: 8 }, (_, index) =>
      connected.append(`silent-${restart}-${index}`, 'no_stream', [anEvent()]),
    )
    const outcomes = await Promise.all(appends)
    t.ok(outcomes.every(({ outcome }) => outcome === 'unknown'))
    t.ok(Date.now() - startedAt < 6_000)
    await connected.dispose()
  }
})

const followed = async (t: Test, mode: HostileMode) => {
  const { hostility, store } = await hostileServer(t)
  const stop = new AbortController()
  const seen: bigint[] = []
  let caughtUp = false
  const reading = (async () => {
    for await (const item of store.subscribeToAll({ streamPrefixes: ['followed-'], signal: stop.signal })) {
      if (item.kind === 'event') seen.push(item.event.revision)
      if (item.kind === 'caughtUp') caughtUp = true
    }
  })()
  while (!caughtUp) await sleep(10)
  hostility.mode = mode
  let revision: ExpectedRevision = 'no_stream'
  for (let burst = 0; burst < 10; burst += 1) {
    const events = Array.from({ length: 50 }, () => anEvent())
    const outcome = await store.append('followed-1', revision, events)
    revision = writtenRevision(outcome)
  }
  const startedAt = Date.now()
  while (seen.length < 500 && Date.now() - startedAt < 10_000) await sleep(20)
  await sleep(100)
  stop.abort()
  await reading
  t.same(
    seen,
    Array.from({ length: 500 }, (_, index) => BigInt(index)),
  )
}

t.test('a subscription that is dropped again and again delivers each event once', (t) =>
  followed(t, 'dropLiveSubscriptions'),
)
t.test('a subscription that repeats itself delivers each event once', (t) => followed(t, 'repeatDelivery'))
t.test('a subscription among system events delivers each event once', (t) => followed(t, 'systemEvents'))

t.test('a clock that jumps changes nothing but the time of writing', async (t) => {
  const { hostility, store } = await hostileServer(t)
  const day = 86_400_000
  for (const [index, offset] of [-5 * day, 5 * day, 0].entries()) {
    hostility.clockOffsetMs = offset
    const expected = index === 0 ? ('no_stream' as const) : revisionOf(BigInt(index - 1))
    t.equal(writtenRevision(await store.append('clock-1', expected, [anEvent()])), BigInt(index))
  }
  const events = await collect(store.readStream('clock-1'))
  t.ok(events.every((event, index) => index === 0 || event.position > (events[index - 1]?.position ?? 0n)))
})

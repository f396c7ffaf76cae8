import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { createHostility } from '../../src/event-store/hostile.ts'
import { startEventStore } from '../../src/event-store/start-event-store.ts'
import { WriterFenced } from '../../src/event-store/storage.ts'
import { erasePostgres, freePort, startPostgres } from '../../src/postgres/server.ts'
import {
  batchAppend,
  connectWire,
  type Expected,
  readBatchAnswer,
  readReadAnswer,
  readRequest,
  type WireClient,
} from './wire-client.ts'

const MAIN = fileURLToPath(new URL('../../src/event-store/main.js', import.meta.url))
const Ready = z.object({ ready: z.literal(true), url: z.string() })

/** Longer than the two seconds after which a write must be answered. */
const ANSWER_MAX_MS = 2_500
const RECOVERY_MAX_MS = 20_000

/** Sooner would only take the processor away from the store that starts. */
const RETRY_MS = 200
const KILLS = 5
const ACKNOWLEDGED_A_ROUND = 50

t.setTimeout(120_000)

const clientOf = (url: string): WireClient => connectWire(`http://${new URL(url).host}`)

interface Answer {
  readonly kind: 'written' | 'refused' | 'unknown'
  readonly revision: number
}

/** One append over a call of its own; a call that breaks tells nothing. */
const append = async (client: WireClient, stream: string, expected: Expected, id: string): Promise<Answer> => {
  const call = client.call('streams.Streams/BatchAppend')
  call.send(batchAppend(randomUUID(), { stream, expected, ids: [id] }))
  const [message] = await call.until(1)
  call.cancel()
  if (!message) return { kind: 'unknown', revision: -1 }
  const { error, revision = -1 } = readBatchAnswer(message)
  if (error === undefined) return { kind: 'written', revision }
  return { kind: error === 'Timeout' ? 'unknown' : 'refused', revision: -1 }
}

interface LoggedEvent {
  readonly id: string
  readonly stream: string
  readonly revision: number
  readonly position: number
}

const readLog = async (client: WireClient): Promise<LoggedEvent[]> => {
  const call = client.call('streams.Streams/Read')
  call.send(readRequest({ all: 'start' }, { count: 1_000_000 }))
  call.end()
  await call.status
  return call.messages.map(readReadAnswer).filter((answer) => answer.kind === 'event')
}

/** Revisions without a gap in each stream, positions that rise, ids that stand once. */
const checkLog = (t: Test, log: readonly LoggedEvent[]): void => {
  const heads = new Map<string, number>()
  let last = -1
  const faults: string[] = []
  for (const { id, stream, revision, position } of log) {
    if (revision !== (heads.get(stream) ?? -1) + 1)
      faults.push(`${stream}@${revision} follows ${heads.get(stream) ?? -1}`)
    if (position <= last) faults.push(`${id} at ${position} follows ${last}`)
    heads.set(stream, revision)
    last = position
  }
  t.strictSame(faults, [])
  t.equal(new Set(log.map(({ id }) => id)).size, log.length, 'no event stands twice')
}

interface Process {
  readonly url: string
  readonly child: ChildProcess
}

const launch = async (databaseUrl: string, port: number): Promise<Process> => {
  const child = fork(MAIN, {
    env: { ...process.env, EVENT_STORE_DATABASE_URL: databaseUrl, EVENT_STORE_PORT: String(port), LOG_LEVEL: 'silent' },
    stdio: 'ignore',
  })
  const message = await new Promise<unknown>((resolve) => child.once('message', resolve))
  return { url: Ready.parse(message).url, child }
}

const kill = async ({ child }: Process): Promise<void> => {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

t.test('what was acknowledged survives kill -9 under load, once', async (t) => {
  const databaseUrl = await createTestDatabase(t)
  const port = await freePort()
  let store = await launch(databaseUrl, port)
  t.teardown(() => kill(store))
  const acknowledged = new Set<string>()
  let running = true

  /** A writer that sends the same event again until it knows, as the adapter does. */
  const writer = async (stream: string): Promise<void> => {
    let client = clientOf(store.url)
    let head = -1
    let id = randomUUID()
    while (running) {
      const { kind } = await append(client, stream, head < 0 ? 'noStream' : head, id)
      if (kind === 'written') {
        acknowledged.add(id)
        head++
        id = randomUUID()
      } else if (kind === 'unknown') {
        client.close()
        await sleep(RETRY_MS)
        client = clientOf(store.url)
      } else t.fail(`${stream} was refused at ${head}`)
    }
    client.close()
  }
  const writers = Array.from({ length: 16 }, (_, index) => writer(`s-${index}`))
  const moreAcknowledged = async (): Promise<void> => {
    const enough = acknowledged.size + ACKNOWLEDGED_A_ROUND
    for (const limit = Date.now() + RECOVERY_MAX_MS; acknowledged.size < enough && Date.now() < limit; ) await sleep(10)
  }
  for (let round = 0; round < KILLS; round++) {
    await moreAcknowledged()
    await kill(store)
    store = await launch(databaseUrl, port)
  }
  await moreAcknowledged()
  running = false
  await Promise.all(writers)

  const client = clientOf(store.url)
  const log = await readLog(client)
  client.close()
  checkLog(t, log)
  const present = new Set(log.map(({ id }) => id))
  t.ok(acknowledged.size >= KILLS * ACKNOWLEDGED_A_ROUND, `${acknowledged.size} appends were acknowledged`)
  t.equal([...acknowledged].filter((id) => !present.has(id)).length, 0, 'none of them is lost')
  t.ok(log.length - acknowledged.size <= 16, 'what was not acknowledged is at most what each writer had under way')
})

t.test('two event stores on one database', async (t) => {
  t.test('the second does not start', async (t) => {
    const databaseUrl = await createTestDatabase(t)
    const first = await startEventStore({ databaseUrl })
    await t.rejects(startEventStore({ databaseUrl }), {
      name: 'WriterFenced',
      message: /another event store is running/,
    })
    const client = clientOf(first.url)
    t.equal((await append(client, 's', 'noStream', randomUUID())).kind, 'written', 'the first goes on')
    client.close()
    await first.stop()
    const second = await startEventStore({ databaseUrl })
    await second.stop()
  })

  t.test('one that has lost its lock without knowing writes nothing more', async (t) => {
    const databaseUrl = await createTestDatabase(t)
    let fenced: Error | undefined
    const first = await startEventStore({ databaseUrl, onFenced: (error) => (fenced = error) })
    t.teardown(() => first.stop())
    const client = clientOf(first.url)
    t.teardown(async () => client.close())
    t.equal((await append(client, 's', 'noStream', randomUUID())).kind, 'written')
    // What another store does when it has the lock.
    const pool = createPool({
      url: databaseUrl,
      connectionsMax: 1,
      applicationName: 'test',
      onIdleError: () => undefined,
    })
    await pool.query('update event_store.writer set epoch = epoch + 1')
    await pool.end()
    t.equal((await append(client, 's', 0, randomUUID())).kind, 'unknown')
    t.ok(fenced instanceof WriterFenced)
    t.equal((await append(client, 's', 0, randomUUID())).kind, 'unknown')
    t.equal((await readLog(client)).length, 1)
  })
})

t.test('PostgreSQL goes away and comes back', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-'))
  t.teardown(() => erasePostgres(folder))
  const port = await freePort()
  let postgres = await startPostgres({ folder, port })
  t.teardown(() => postgres.stop())
  const store = await startEventStore({ databaseUrl: postgres.url() })
  t.teardown(() => store.stop())
  const client = clientOf(store.url)
  t.teardown(async () => client.close())
  const id = randomUUID()
  t.equal((await append(client, 's', 'noStream', id)).revision, 0)
  const live = client.call('streams.Streams/Read')
  live.send(readRequest({ all: 'start' }))
  live.end()
  await live.until(3)

  process.kill(postgres.pid, 'SIGKILL')
  await postgres.exited
  const begun = Date.now()
  t.equal((await append(client, 's', 0, randomUUID())).kind, 'unknown')
  t.ok(Date.now() - begun < ANSWER_MAX_MS, 'answered in time all the same')

  postgres = await startPostgres({ folder, port })
  const next = randomUUID()
  let answer: Answer = { kind: 'unknown', revision: -1 }
  for (const limit = Date.now() + RECOVERY_MAX_MS; answer.kind === 'unknown' && Date.now() < limit; ) {
    answer = await append(client, 's', 0, next)
  }
  t.same(answer, { kind: 'written', revision: 1 }, 'it writes again by itself, from where the log ends')
  t.equal((await append(client, 's', 'noStream', id)).revision, 0, 'a retry from before finds itself in the log')
  checkLog(t, await readLog(client))
  const seen = (await live.until(4)).map(readReadAnswer)
  t.match(seen[3], { kind: 'event', id: next }, 'a subscription from before goes on')
  live.cancel()
})

t.test('a write that says Timeout may stand, and its retry finds it', async (t) => {
  const hostile = createHostility('timeoutThoughCommitted')
  const store = await startEventStore({ databaseUrl: await createTestDatabase(t), hostile })
  t.teardown(() => store.stop())
  const client = clientOf(store.url)
  const id = randomUUID()
  t.equal((await append(client, 's', 'noStream', id)).kind, 'unknown')
  hostile.mode = undefined
  t.equal((await append(client, 's', 'noStream', id)).revision, 0)
  client.close()
})

t.test('pages of the database', async (t) => {
  const store = await startEventStore({ databaseUrl: await createTestDatabase(t) })
  t.teardown(() => store.stop())
  const client = clientOf(store.url)
  t.teardown(async () => client.close())
  const ids = Array.from({ length: 2_500 }, () => randomUUID())
  const call = client.call('streams.Streams/BatchAppend')
  for (let at = 0; at < ids.length; at += 50) {
    const body = JSON.stringify({ text: 'x'.repeat(at % 3 === 0 ? 5_000 : 10) })
    call.send(batchAppend(randomUUID(), { stream: 'long', expected: 'any', ids: ids.slice(at, at + 50), body }))
  }
  await call.until(50)
  call.cancel()
  const read = async (request: Buffer): Promise<LoggedEvent[]> => {
    const reading = client.call('streams.Streams/Read')
    reading.send(request)
    reading.end()
    await reading.status
    return reading.messages.map(readReadAnswer).filter((answer) => answer.kind === 'event')
  }
  const idsOf = (events: readonly LoggedEvent[]): string[] => events.map(({ id }) => id)
  const all = await readLog(client)
  t.strictSame(idsOf(all), ids)
  t.strictSame(idsOf(await read(readRequest({ stream: 'long' }, { count: 10_000 }))), ids)
  t.strictSame(
    idsOf(await read(readRequest({ stream: 'long', from: 2_400 }, { count: 10, backwards: true }))),
    ids.slice(2_391, 2_401).reverse(),
  )
  t.strictSame(idsOf(await read(readRequest({ all: 'end' }, { count: 2_500, backwards: true }))), ids.toReversed())
  t.strictSame(
    idsOf(await read(readRequest({ all: all[1_234]?.position ?? 0 }, { count: 5 }))),
    ids.slice(1_234, 1_239),
  )
})

t.test('a filter that the database sieves for, whatever the lengths in a frame', async (t) => {
  const databaseUrl = await createTestDatabase(t)
  const names = [1, 20, 130, 400, 17_000].flatMap((length) => [
    'taken-'.padEnd(length + 6, 'x'),
    'left-taken-'.padEnd(length + 11, 'y'),
  ])
  const bodies = [0, 20, 150, 17_000, 300_000].map((length) => JSON.stringify({ text: 'taken-'.padEnd(length, 'z') }))
  const wanted: string[] = []
  let store = await startEventStore({ databaseUrl })
  let client = clientOf(store.url)
  const call = client.call('streams.Streams/BatchAppend')
  for (const stream of names) {
    for (const body of bodies) {
      const id = randomUUID()
      if (stream.startsWith('taken-')) wanted.push(id)
      call.send(batchAppend(randomUUID(), { stream, expected: 'any', ids: [id], body }))
    }
  }
  await call.until(names.length * bodies.length)
  client.close()
  await store.stop()
  // A store that has just started has nothing in memory: the subscription is caught up from the database.
  store = await startEventStore({ databaseUrl })
  t.teardown(() => store.stop())
  client = clientOf(store.url)
  const subscription = client.call('streams.Streams/Read')
  subscription.send(readRequest({ all: 'start' }, { prefix: 'taken-' }))
  subscription.end()
  const seen: string[] = []
  let checkpoints = 0
  for (let count = 1; ; count++) {
    const answer = readReadAnswer((await subscription.until(count))[count - 1] ?? Buffer.alloc(2))
    if (answer.kind === 'caughtUp' || answer.kind === 'other') break
    if (answer.kind === 'event') seen.push(answer.id)
    if (answer.kind === 'checkpoint') checkpoints++
  }
  t.strictSame(seen.toSorted(), wanted.toSorted())
  t.ok(checkpoints >= 1, 'fifty considered events are worth a checkpoint')
  client.close()
})

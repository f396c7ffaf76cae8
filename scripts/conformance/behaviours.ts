import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AllStreamResolvedEvent,
  type AppendExpectedRevision,
  type AppendResult,
  EventStoreDBClient,
  jsonEvent,
  type Position,
  streamNameFilter,
} from '@eventstore/db-client'

/** What the recorded scripts leave out, or leave to chance. */
export interface Behaviour {
  readonly name: string
  readonly theme: string
  readonly purpose: string
  /** @throws where the server behaves otherwise; an answer is a note for the report */
  readonly check: (context: Context) => Promise<string | void>
}

interface Context {
  readonly url: string
  readonly client: EventStoreDBClient
  /** A new name that no other stream begins with. */
  readonly newStream: () => string
}

const ADMIN = { username: 'admin', password: 'changeit' }

type Via = 'batch' | 'unary'

const VIAS: readonly Via[] = ['batch', 'unary']
const credentialsOf = (via: Via) => (via === 'unary' ? { credentials: ADMIN } : {})

const eventsNamed = (...ids: readonly string[]) => ids.map((id) => jsonEvent({ id, type: 'Tested', data: { id } }))
const newEvents = (count: number) => eventsNamed(...Array.from({ length: count }, () => randomUUID()))

type Outcome = `ok ${string}` | 'wrong' | 'deleted'

const typeOf = (error: unknown): string =>
  error instanceof Error && 'type' in error ? String(error.type) : String(error)

const outcomeOf = async (append: Promise<{ readonly nextExpectedRevision: bigint }>): Promise<Outcome> => {
  try {
    return `ok ${(await append).nextExpectedRevision}`
  } catch (error) {
    const type = typeOf(error)
    if (type === 'wrong-expected-version') return 'wrong'
    if (type === 'stream-deleted') return 'deleted'
    throw error
  }
}

const readIds = async (client: EventStoreDBClient, stream: string): Promise<string[]> => {
  const ids: string[] = []
  for await (const { event } of client.readStream(stream)) if (event !== undefined) ids.push(event.id)
  return ids
}

/** How a stream came to be as it is, and its last revision. */
const STATES = {
  absent: { prepare: () => Promise.resolve(), last: -1 },
  live: {
    prepare: async ({ client }: Context, stream: string) => {
      await client.appendToStream(stream, newEvents(3), { expectedRevision: 'no_stream' })
    },
    last: 2,
  },
  softDeleted: {
    prepare: async (context: Context, stream: string) => {
      await STATES.live.prepare(context, stream)
      await context.client.deleteStream(stream)
    },
    last: 2,
  },
  metadataOnly: {
    prepare: async ({ client }: Context, stream: string) => {
      await client.setStreamMetadata(stream, { owner: 'conformance' })
    },
    last: -1,
  },
  tombstoned: {
    prepare: async (context: Context, stream: string) => {
      await STATES.live.prepare(context, stream)
      await context.client.tombstoneStream(stream)
    },
    last: 2,
  },
} as const

type State = keyof typeof STATES

/** The decision on two new events, by state and expected revision. */
const DECISIONS: Readonly<Record<State, readonly (readonly [AppendExpectedRevision, Outcome])[]>> = {
  absent: [
    ['any', 'ok 1'],
    ['no_stream', 'ok 1'],
    ['stream_exists', 'wrong'],
    [0n, 'wrong'],
    [7n, 'wrong'],
  ],
  live: [
    ['any', 'ok 4'],
    ['no_stream', 'wrong'],
    ['stream_exists', 'ok 4'],
    [0n, 'wrong'],
    [1n, 'wrong'],
    [2n, 'ok 4'],
    [3n, 'wrong'],
  ],
  softDeleted: [
    ['any', 'ok 4'],
    ['no_stream', 'ok 4'],
    ['stream_exists', 'deleted'],
    [1n, 'wrong'],
    [2n, 'ok 4'],
    [3n, 'wrong'],
  ],
  metadataOnly: [
    ['any', 'ok 1'],
    ['no_stream', 'ok 1'],
    ['stream_exists', 'ok 1'],
    [0n, 'wrong'],
  ],
  tombstoned: [
    ['any', 'deleted'],
    ['no_stream', 'deleted'],
    ['stream_exists', 'deleted'],
    [2n, 'deleted'],
    [7n, 'deleted'],
  ],
}

const decisionsOf = (state: State, via: Via): Behaviour => ({
  name: `decision-${state}-${via}`,
  theme: 'decision',
  purpose: `Two new events to a stream that is ${state}, at every expected revision, by ${via} append.`,
  check: async (context) => {
    for (const [expectedRevision, outcome] of DECISIONS[state]) {
      const stream = context.newStream()
      await STATES[state].prepare(context, stream)
      const append = context.client.appendToStream(stream, newEvents(2), { expectedRevision, ...credentialsOf(via) })
      strictEqual(await outcomeOf(append), outcome, `${state} at ${expectedRevision}`)
    }
  },
})

/** Against a stream of a b c d e: what is sent, at which revision, and what must come of it. */
const RETRIES: readonly (readonly [string, AppendExpectedRevision, readonly string[], Outcome])[] = [
  ['all of it', 'no_stream', ['a', 'b', 'c', 'd', 'e'], 'ok 4'],
  ['its beginning', 'no_stream', ['a', 'b'], 'ok 1'],
  ['its middle', 0n, ['b', 'c'], 'ok 2'],
  ['its end', 2n, ['d', 'e'], 'ok 4'],
  ['one of it', 3n, ['e'], 'ok 4'],
  ['other ids', 'no_stream', ['x', 'y'], 'wrong'],
  ['known, then new', 'no_stream', ['a', 'x'], 'wrong'],
  ['new, then known', 'no_stream', ['x', 'b'], 'wrong'],
  ['reordered', 'no_stream', ['b', 'a'], 'wrong'],
  ['longer than what is there', 2n, ['d', 'e', 'f'], 'wrong'],
  ['known ids at another revision', 1n, ['b'], 'wrong'],
  ['known ids at the last revision are new', 4n, ['e'], 'ok 5'],
]

const LETTERS = ['a', 'b', 'c', 'd', 'e', 'f', 'x', 'y']

const retriesOf = (via: Via): Behaviour => ({
  name: `retry-kinds-${via}`,
  theme: 'decision',
  purpose: `The same ids again at exact revisions: in part, reordered, longer, elsewhere; by ${via} append.`,
  check: async ({ client, newStream }) => {
    for (const [kind, expectedRevision, letters, outcome] of RETRIES) {
      const stream = newStream()
      const ids = new Map(LETTERS.map((letter) => [letter, randomUUID()]))
      const named = (wanted: readonly string[]) => eventsNamed(...wanted.map((letter) => ids.get(letter) ?? letter))
      await client.appendToStream(stream, named(LETTERS.slice(0, 5)), { expectedRevision: 'no_stream' })
      const append = client.appendToStream(stream, named(letters), { expectedRevision, ...credentialsOf(via) })
      strictEqual(await outcomeOf(append), outcome, kind)
      const grown = outcome === 'ok 5' ? 6 : 5
      strictEqual((await readIds(client, stream)).length, grown, `${kind}: the stream's length`)
    }
  },
})

const collectFrom = async (
  { client }: Context,
  prefix: string,
  from: Position | 'start' | 'end',
  until: (events: readonly AllStreamResolvedEvent[]) => boolean,
): Promise<readonly AllStreamResolvedEvent[]> => {
  const events: AllStreamResolvedEvent[] = []
  const subscription = client.subscribeToAll({ fromPosition: from, filter: streamNameFilter({ prefixes: [prefix] }) })
  try {
    for await (const event of subscription) {
      events.push(event)
      if (until(events)) break
    }
  } finally {
    await subscription.unsubscribe()
  }
  return events
}

const others: readonly Behaviour[] = [
  {
    name: 'append-past-deadline',
    theme: 'append',
    purpose: 'An append whose deadline has passed answers that it timed out, and nothing is written.',
    check: async ({ client, newStream }) => {
      const stream = newStream()
      await rejects(client.appendToStream(stream, newEvents(1), { expectedRevision: 'no_stream', deadline: -5_000 }), {
        type: 'deadline-exceeded',
      })
      await rejects(readIds(client, stream), { type: 'stream-not-found' })
    },
  },
  {
    name: 'append-one-of-many-wins',
    theme: 'append',
    purpose: 'Of 32 different appends at one revision at the same time exactly one is written.',
    check: async ({ client, newStream }) => {
      const stream = newStream()
      const attempts = Array.from({ length: 32 }, () =>
        outcomeOf(client.appendToStream(stream, newEvents(2), { expectedRevision: 'no_stream' })),
      )
      const outcomes = await Promise.all(attempts)
      strictEqual(outcomes.filter((outcome) => outcome === 'ok 1').length, 1)
      strictEqual(outcomes.filter((outcome) => outcome === 'wrong').length, 31)
      strictEqual((await readIds(client, stream)).length, 2)
    },
  },
  {
    name: 'append-many-streams-at-once',
    theme: 'append',
    purpose: '64 writers on 64 streams: each stream is whole, each append is contiguous in $all, positions increase.',
    check: async (context) => {
      const prefix = context.newStream()
      const write = async (writer: number) => {
        let expectedRevision: bigint | 'no_stream' = 'no_stream'
        for (let append = 0; append < 5; append += 1) {
          const events = newEvents(3)
          const written: AppendResult = await context.client.appendToStream(`${prefix}-${writer}`, events, {
            expectedRevision,
          })
          expectedRevision = written.nextExpectedRevision
        }
      }
      await Promise.all(Array.from({ length: 64 }, (_, writer) => write(writer)))
      const events = await collectFrom(context, prefix, 'start', ({ length }) => length === 64 * 15)
      const places = events.map(({ event }) => event?.position.commit ?? 0n)
      ok(
        places.every((place, index) => index === 0 || place > (places[index - 1] ?? 0n)),
        'positions increase',
      )
      const next = new Map<string, bigint>()
      for (const [index, { event }] of events.entries()) {
        if (event === undefined) throw new Error('an event is missing')
        strictEqual(event.revision, next.get(event.streamId) ?? 0n, 'revisions are contiguous')
        next.set(event.streamId, event.revision + 1n)
        const isFirstOfAppend = index % 3 === 0
        if (!isFirstOfAppend) strictEqual(events[index - 1]?.event?.streamId, event.streamId, 'an append is contiguous')
      }
    },
  },
  {
    name: 'read-long-stream',
    theme: 'read',
    purpose: 'A stream of 3,000 events both ways, whole and in pages from anywhere.',
    check: async ({ client, newStream }) => {
      const stream = newStream()
      const events = newEvents(3_000)
      for (let start = 0; start < events.length; start += 500) {
        await client.appendToStream(stream, events.slice(start, start + 500), {
          expectedRevision: start === 0 ? 'no_stream' : BigInt(start - 1),
        })
      }
      const ids = events.map(({ id }) => id)
      deepStrictEqual(await readIds(client, stream), ids)
      const revisions: bigint[] = []
      for await (const { event } of client.readStream(stream, { direction: 'backwards', fromRevision: 'end' })) {
        if (event !== undefined) revisions.push(event.revision)
      }
      deepStrictEqual(
        revisions,
        ids.map((_, index) => BigInt(ids.length - 1 - index)),
      )
      for (const start of [0, 1, 999, 1_000, 1_001, 2_990]) {
        const page: string[] = []
        for await (const { event } of client.readStream(stream, { fromRevision: BigInt(start), maxCount: 100 })) {
          if (event !== undefined) page.push(event.id)
        }
        deepStrictEqual(page, ids.slice(start, start + 100))
      }
    },
  },
  {
    name: 'all-both-ways',
    theme: 'all',
    purpose:
      'What $all gives forwards it gives backwards in the opposite order; forwards a position is included, backwards not.',
    check: async ({ client, newStream }) => {
      const stream = newStream()
      await client.appendToStream(stream, newEvents(50), { expectedRevision: 'no_stream' })
      const places = async (
        direction: 'forwards' | 'backwards',
        fromPosition: Position | 'start' | 'end',
        maxCount: number,
      ) => {
        const found: bigint[] = []
        for await (const { event } of client.readAll({ direction, fromPosition, maxCount })) {
          if (event !== undefined) found.push(event.position.commit)
        }
        return found
      }
      const backwards = await places('backwards', 'end', 50)
      const oldest = backwards.at(-1) ?? 0n
      const newest = backwards[0] ?? 0n
      const at = (commit: bigint) => ({ commit, prepare: commit })
      deepStrictEqual(await places('forwards', at(oldest), 50), backwards.toReversed())
      deepStrictEqual(await places('backwards', at(newest), 49), backwards.slice(1))
      deepStrictEqual(await places('forwards', at(newest), 1), [newest])
    },
  },
  {
    name: 'subscription-goes-on-where-it-ended',
    theme: 'subscription',
    purpose:
      'Ended and begun again from the last position, nine times while events are written: each event once, in order.',
    check: async (context) => {
      const stream = context.newStream()
      const writing = (async () => {
        for (let event = 0; event < 300; event += 1) {
          const expectedRevision = event === 0 ? ('no_stream' as const) : BigInt(event - 1)
          await context.client.appendToStream(stream, newEvents(1), { expectedRevision })
        }
      })()
      const seen: bigint[] = []
      let from: Position | 'start' = 'start'
      while (seen.length < 300) {
        const wanted = Math.min(34, 300 - seen.length)
        const events = await collectFrom(context, stream, from, ({ length }) => length === wanted)
        for (const { event } of events) if (event !== undefined) seen.push(event.revision)
        from = events.at(-1)?.event?.position ?? from
      }
      await writing
      deepStrictEqual(
        seen,
        Array.from({ length: 300 }, (_, revision) => BigInt(revision)),
      )
    },
  },
  {
    name: 'subscription-slow-consumer',
    theme: 'subscription',
    purpose: 'A live reader that stops reading while much is written is dropped as too slow, or gets everything later.',
    check: async ({ client, newStream }) => {
      const stream = newStream()
      await client.appendToStream(stream, newEvents(1), { expectedRevision: 'no_stream' })
      const seen: bigint[] = []
      let dropped: unknown
      const subscription = client.subscribeToAll({ filter: streamNameFilter({ prefixes: [stream] }) })
      subscription.on('error', (error) => {
        dropped = error
      })
      subscription.on('data', ({ event }) => {
        if (event !== undefined) seen.push(event.revision)
      })
      await once(subscription, 'caughtUp')
      subscription.pause()
      const data = { text: 'x'.repeat(5_000) }
      for (let append = 0; append < 20; append += 1) {
        const events = Array.from({ length: 50 }, () => jsonEvent({ type: 'Tested', data }))
        await client.appendToStream(stream, events, { expectedRevision: BigInt(append * 50) })
      }
      await sleep(500)
      subscription.resume()
      for (let waited = 0; seen.length < 1_001 && dropped === undefined && waited < 10_000; waited += 50)
        await sleep(50)
      await subscription.unsubscribe()
      deepStrictEqual(
        seen,
        seen.map((_, index) => BigInt(index)),
        'what came has no gap',
      )
      if (dropped === undefined) strictEqual(seen.length, 1_001)
      else strictEqual(typeOf(dropped), 'timeout')
      return dropped === undefined ? 'gets everything later' : `dropped after ${seen.length} events`
    },
  },
  {
    name: 'subscription-regex-filters',
    theme: 'subscription',
    purpose: 'A filter by a regular expression over stream names lets through exactly the streams it matches.',
    check: async ({ client, newStream }) => {
      const prefix = newStream()
      for (const suffix of ['-a1', '-b1', '-a2']) {
        await client.appendToStream(prefix + suffix, newEvents(1), { expectedRevision: 'no_stream' })
      }
      const seen: string[] = []
      const subscription = client.subscribeToAll({ filter: streamNameFilter({ regex: `^${prefix}-a[0-9]$` }) })
      for await (const { event } of subscription) {
        if (event !== undefined) seen.push(event.streamId)
        if (seen.length === 2) break
      }
      await subscription.unsubscribe()
      deepStrictEqual(seen, [`${prefix}-a1`, `${prefix}-a2`])
    },
  },
  {
    name: 'discovery',
    theme: 'connection',
    purpose: 'A client that asks by gossip who leads gets to write and read there.',
    check: async ({ url, newStream }) => {
      const discovering = EventStoreDBClient.connectionString(url.replace('esdb://', 'esdb+discover://'))
      try {
        const stream = newStream()
        await discovering.appendToStream(stream, newEvents(2), { expectedRevision: 'no_stream' })
        strictEqual((await readIds(discovering, stream)).length, 2)
      } finally {
        await discovering.dispose()
      }
    },
  },
  {
    name: 'ids-are-not-unique',
    theme: 'append',
    purpose: 'The same event id may stand in several streams, and in one stream twice.',
    check: async ({ client, newStream }) => {
      const [stream, other, id] = [newStream(), newStream(), randomUUID()]
      await client.appendToStream(stream, eventsNamed(id, id), { expectedRevision: 'no_stream' })
      await client.appendToStream(other, eventsNamed(id), { expectedRevision: 'no_stream' })
      await client.appendToStream(stream, eventsNamed(id), { expectedRevision: 1n })
      deepStrictEqual(await readIds(client, stream), [id, id, id])
      deepStrictEqual(await readIds(client, other), [id])
    },
  },
]

const states: readonly State[] = ['absent', 'live', 'softDeleted', 'metadataOnly', 'tombstoned']

export const behaviours: readonly Behaviour[] = [
  ...states.flatMap((state) => VIAS.map((via) => decisionsOf(state, via))),
  ...VIAS.map(retriesOf),
  ...others,
]

/** Answers what the behaviour notes; throws what it finds wrong. */
export const checkBehaviour = async (name: string, url: string): Promise<string | undefined> => {
  const behaviour = behaviours.find((candidate) => candidate.name === name)
  if (behaviour === undefined) throw new Error(`no behaviour ${name}`)
  const client = EventStoreDBClient.connectionString(url)
  try {
    const newStream = () => `conformance_${randomUUID().slice(0, 13).replace('-', '')}`
    return (await behaviour.check({ url, client, newStream })) ?? undefined
  } finally {
    await client.dispose()
  }
}

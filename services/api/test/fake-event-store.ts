import { setTimeout as sleep } from 'node:timers/promises'
import { positionOf, revisionAfter, revisionOf } from '@registru/domain'
import {
  type AppendOutcome,
  type EventStore,
  type EventToAppend,
  type ExpectedRevision,
  type RecordedEvent,
  StoreUnavailable,
} from '@registru/event-store'

/**
 * What becomes of one append. `lost`: never written, and nobody says so. `unheard`: written, and nobody says so.
 * `late`: on its way when the caller gives up; it lands after the next append that is tried.
 */
export type Fate = 'written' | 'lost' | 'unheard' | 'late'

export interface FakeEventStore extends EventStore {
  readonly log: readonly RecordedEvent[]
  /** Every append that was tried, in order. */
  readonly appends: readonly { readonly stream: string; readonly events: readonly EventToAppend[] }[]
  /** Asked before each append; a promise holds it back. */
  fate: (stream: string) => Fate | Promise<Fate>
  /** Asked before each read; a promise holds it back, a failure fails it. */
  beforeRead: (stream: string) => void | Promise<void>
  /** How long an answer is on its way after the append stands. */
  answerDelayMs: number
  readonly eventsOf: (stream: string) => readonly RecordedEvent[]
}

/** As JSON, so that nothing of the caller's stays reachable. */
const overTheWire = (value: object): unknown => JSON.parse(JSON.stringify(value))

const refuse = (what: string) => () => Promise.reject(new Error(`${what} is not offered by this fake`))

/** The command's half of an event store, in memory. It keeps the contract that the adapter's tests prove of the real one. */
export const createFakeEventStore = (): FakeEventStore => {
  const log: RecordedEvent[] = []
  const byStream = new Map<string, RecordedEvent[]>()
  const appends: { stream: string; events: readonly EventToAppend[] }[] = []
  const onTheirWay: (() => void)[] = []
  let position = positionOf(548n)

  const eventsOf = (stream: string): RecordedEvent[] => byStream.get(stream) ?? []

  const write = (stream: string, expected: ExpectedRevision, events: readonly EventToAppend[]): AppendOutcome => {
    const own = eventsOf(stream)
    const current = revisionOf(BigInt(own.length) - 1n)
    const after = expected === 'no_stream' ? -1n : expected
    if (after > current) return { outcome: 'conflict', actualRevision: current < 0n ? 'no_stream' : current }
    if (after < current) {
      const there = own.slice(Number(after) + 1, Number(after) + 1 + events.length)
      const last = there.at(-1)
      const isSame = there.length === events.length && there.every(({ id }, index) => id === events[index]?.id)
      if (!isSame || last === undefined) return { outcome: 'conflict', actualRevision: current }
      return { outcome: 'written', revision: last.revision, position: last.position }
    }
    for (const [index, { id, type, data, metadata }] of events.entries()) {
      position = positionOf(position + 100n + BigInt(JSON.stringify(data).length))
      const event = {
        stream,
        revision: revisionAfter(current, index + 1),
        position,
        id,
        type,
        data: overTheWire(data),
        metadata: overTheWire(metadata),
        createdAt: new Date(),
      }
      log.push(event)
      own.push(event)
    }
    byStream.set(stream, own)
    return { outcome: 'written', revision: revisionAfter(current, events.length), position }
  }

  const store: FakeEventStore = {
    log,
    appends,
    fate: () => 'written',
    beforeRead: () => undefined,
    answerDelayMs: 0,
    eventsOf,
    append: async (stream, expected, events) => {
      appends.push({ stream, events })
      const fate = await store.fate(stream)
      const landing = onTheirWay.splice(0)
      const attempt = () => write(stream, expected, events)
      const outcome = fate === 'written' || fate === 'unheard' ? attempt() : undefined
      if (fate === 'late') onTheirWay.push(attempt)
      for (const land of landing) land()
      if (store.answerDelayMs > 0) await sleep(store.answerDelayMs)
      if (outcome?.outcome === 'conflict') return outcome
      if (fate === 'written' && outcome !== undefined) return outcome
      return { outcome: 'unknown', cause: new StoreUnavailable(`an append was ${fate}`) }
    },
    appendHealth: () => ({ state: 'untried', since: new Date(0), unanswered: 0 }),
    async *readStream(stream, { from = 0n, maxCount = Number.MAX_SAFE_INTEGER } = {}) {
      await store.beforeRead(stream)
      yield* eventsOf(stream).slice(Number(from), Number(from) + maxCount)
    },
    readAll: async function* () {
      await store.beforeRead('$all')
      yield* log
    },
    subscribeToAll: () => {
      throw new Error('subscriptions are not offered by this fake')
    },
    head: async () => {
      await store.beforeRead('$all')
      const last = log.at(-1)
      return last === undefined ? undefined : { position: last.position }
    },
    identity: refuse('identity'),
    witnessHolds: refuse('witnessHolds'),
    ping: refuse('ping'),
    dispose: () => Promise.resolve(),
  }
  return store
}

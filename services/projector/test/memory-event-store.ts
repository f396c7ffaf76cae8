import {
  BEFORE_THE_STREAM,
  type LedgerEvent,
  ledgerCodec,
  positionOf,
  revisionAfter,
  revisionOf,
} from '@registru/domain'
import {
  type AppendOutcome,
  type EventStore,
  PositionRefused,
  type RecordedEvent,
  StoreUnavailable,
  type SubscriptionItem,
} from '@registru/event-store'

type ReadSide = Pick<EventStore, 'readStream' | 'readAll' | 'head' | 'identity' | 'subscribeToAll'>

export interface MemoryEventStore extends EventStore {
  readonly add: (events: readonly RecordedEvent[]) => void
  /** Puts an older copy back, which ends with this event. */
  readonly restoreTo: (position: bigint) => void
  /** While away, everything fails as an absent server does; subscriptions that are open end with the failure. */
  readonly setAway: (away: boolean) => void
}

/** As the event stands on disk. */
export const recorded = (event: LedgerEvent): RecordedEvent => {
  const { type, data } = ledgerCodec.encode(event).event
  const { stream, revision, position, eventId: id, metadata, createdAt } = event
  return { stream, revision, position, id, type, data, metadata, createdAt }
}

const refuse = (what: string) => () => Promise.reject(new Error(`${what} is not offered by this fake`))

/** The same fake, to which the log's clock can be appended. Its clock is the machine's. */
export const acceptingAppends = (store: MemoryEventStore): MemoryEventStore => {
  const lastOf = async (stream?: string): Promise<RecordedEvent | undefined> => {
    let last: RecordedEvent | undefined
    for await (const event of store.readAll()) if (stream === undefined || event.stream === stream) last = event
    return last
  }
  const lastOnly = async function* (stream?: string): AsyncGenerator<RecordedEvent> {
    const last = await lastOf(stream)
    if (last !== undefined) yield last
  }
  let turn: Promise<unknown> = Promise.resolve()
  return {
    ...store,
    readStream: (stream, options) =>
      options?.direction === 'backwards' ? lastOnly(stream) : store.readStream(stream, options),
    readAll: (options) => (options?.direction === 'backwards' ? lastOnly() : store.readAll(options)),
    append: (stream, expected, events) => {
      const inTurn = turn.then(async (): Promise<AppendOutcome> => {
        const head = (await lastOf(stream))?.revision ?? BEFORE_THE_STREAM
        if (head !== (expected === 'no_stream' ? -1n : expected)) return { outcome: 'conflict' }
        const position = positionOf(((await lastOf())?.position ?? 0n) + 10n)
        const createdAt = new Date()
        store.add(events.map((event) => ({ ...event, stream, revision: revisionAfter(head), position, createdAt })))
        return { outcome: 'written', revision: revisionAfter(head), position }
      })
      turn = inTurn
      return inTurn
    },
  }
}

/** The reading half of an event store, in memory: order, gaps, caught-up signs and absence, but no network. */
export const createMemoryEventStore = (storeId = 'store-1'): MemoryEventStore => {
  const log: RecordedEvent[] = []
  const wakers = new Set<() => void>()
  let away = false

  const lastPosition = (): bigint => log.at(-1)?.position ?? -1n
  const wakeAll = (): void => {
    for (const wake of wakers) wake()
  }
  const mustBeThere = (): void => {
    if (away) throw new StoreUnavailable('the fake is away')
  }

  const reading: ReadSide = {
    async *readStream(stream, { from = 0n, maxCount = Number.MAX_SAFE_INTEGER } = {}) {
      mustBeThere()
      if (stream === 'ledger-meta') {
        yield { ...meta, data: { storeId } }
        return
      }
      yield* log.filter((event) => event.stream === stream && event.revision >= from).slice(0, maxCount)
    },
    async *readAll({ from = 0n, maxCount = Number.MAX_SAFE_INTEGER } = {}) {
      mustBeThere()
      // Without this, a position between two events would be taken for one.
      const isPlace = from > lastPosition() || log.some(({ position }) => position === from)
      if (from > 0n && !isPlace) throw new PositionRefused('no event begins there')
      yield* log.filter(({ position }) => position >= from).slice(0, maxCount)
    },
    head: async () => {
      mustBeThere()
      const last = log.at(-1)
      return Promise.resolve(last && { position: positionOf(last.position + 100n) })
    },
    identity: async () => {
      mustBeThere()
      return Promise.resolve(storeId)
    },
    async *subscribeToAll({ after = -1n, signal }): AsyncGenerator<SubscriptionItem> {
      let next = log.findIndex(({ position }) => position > after)
      if (next === -1) next = log.length
      let told = false
      while (!signal.aborted) {
        mustBeThere()
        const event = log[next]
        if (event !== undefined) {
          next += 1
          yield { kind: 'event', event }
        } else if (!told) {
          told = true
          yield { kind: 'caughtUp' }
        } else {
          await new Promise<void>((resolve) => {
            const wake = (): void => {
              wakers.delete(wake)
              signal.removeEventListener('abort', wake)
              resolve()
            }
            wakers.add(wake)
            signal.addEventListener('abort', wake, { once: true })
          })
        }
      }
    },
  }
  const meta: RecordedEvent = {
    stream: 'ledger-meta',
    revision: revisionOf(0n),
    position: positionOf(1n),
    id: '00000000-0000-4000-8000-ffffffffffff',
    type: 'StoreIdentified',
    data: {},
    metadata: {},
    createdAt: new Date(0),
  }

  return {
    ...reading,
    append: refuse('append'),
    appendHealth: () => ({ state: 'untried', since: new Date(0), unanswered: 0 }),
    witnessHolds: refuse('witnessHolds'),
    ping: refuse('ping'),
    dispose: () => Promise.resolve(),
    restoreTo: (position) => {
      log.splice(log.findLastIndex((event) => event.position <= position) + 1)
    },
    add: (events) => {
      log.push(...events)
      wakeAll()
    },
    setAway: (isAway) => {
      away = isAway
      wakeAll()
    },
  }
}

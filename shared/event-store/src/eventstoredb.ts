import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  AccessDeniedError,
  type AllStreamResolvedEvent,
  ErrorType,
  EventStoreDBClient,
  eventTypeFilter,
  isCommandError,
  MaxAppendSizeExceededError,
  type ResolvedEvent,
  type Position as StorePosition,
  StreamDeletedError,
  type StreamingRead,
  StreamNotFoundError,
  streamNameFilter,
  WrongExpectedVersionError,
} from '@eventstore/db-client'
import { type Position, positionOf, type Revision, revisionOf } from '@registru/domain/places'
import { scan } from 'secure-json-parse'
import { type EncodedEvent, encodeAppend, encodeStored, weightOf } from './append-encoding.ts'
import { type Attempt, type Break, createAppendLane } from './append-lane.ts'
import { appendUntilKnown } from './append-protocol.ts'
import { type AppendConnection, createAppendConnection } from './append-stream.ts'
import { createBreaker } from './breaker.ts'
import {
  AppendRefused,
  PositionRefused,
  ReadRefused,
  StoreMisconfigured,
  StoreUnavailable,
  StreamDeleted,
} from './errors.ts'
import type {
  AppendOutcome,
  EventArchive,
  EventStore,
  ExpectedRevision,
  ReadOptions,
  RecordedEvent,
  StoredEvent,
  SubscribeOptions,
  SubscriptionItem,
} from './event-store.ts'
import { createFeed } from './feed.ts'
import { type Logger, silentLogger } from './logger.ts'
import { readAllStored } from './stored-read.ts'
import { type OpenSubscription, subscribeForEver } from './subscription.ts'
import { weightOfEvent } from './weight.ts'
import { establishIdentity, isHeld } from './witness.ts'

export interface ConnectOptions {
  /** `esdb://…`, as the client takes it. */
  readonly url: string
  readonly logger?: Logger
  /** For one append, retries included (default 5,000). */
  readonly appendTimeoutMs?: number
  /** For the next event of a read (default 4,000). */
  readonly readTimeoutMs?: number
}

const APPEND_TIMEOUT_MS = 5_000
const PROBE_TIMEOUT_MS = 2_500
/** Nothing is ever written to it: the probe asks for a revision that it never has, and the refusal is the answer. */
const PROBE_STREAM = 'ledger-probe'
const NEVER_REACHED = revisionOf(1_000_000n)
/** Below the append's, so that a command against a silent store is answered within 5 s from its first read on. */
const READ_TIMEOUT_MS = 4_000
const CONFIRMATION_TIMEOUT_MS = 5_000
const DISPOSAL_MS = 100
/**
 * A reader's connection that is not dropped cannot be closed, only left: so a store that stays silent gets no more new ones than
 * this. In between the client's own keep-alive notices a dead one within 20 s.
 */
const READER_RENEWAL_PAUSE_MS = 20_000

/** Read ahead of the consumer. */
const READ_BUFFER_ITEMS = 512
const READ_BUFFER_BYTES = 32 * 1024 * 1024

/** The client's own; its smallest without a warning. */
const KEEP_ALIVE_INTERVAL_MS = 10_000

/** gRPC status codes. */
const CANCELLED = 1
const ABORTED = 10
const UNKNOWN = 2
const INVALID_ARGUMENT = 3
const UNAVAILABLE = 14

let connections = 0

/**
 * A client with a TCP connection of its own. gRPC shares connections, and the back-off of failed ones, between channels with
 * equal options: a keep-alive that differs by a millisecond makes a new client dial at once.
 */
const createClient = (url: string): EventStoreDBClient => {
  connections += 1
  const own = `keepAliveInterval=${KEEP_ALIVE_INTERVAL_MS + (connections % 1_000)}`
  const isGiven = /[?&]keep-?_?alive-?_?interval=/i.test(url)
  try {
    const client = EventStoreDBClient.connectionString(isGiven ? url : `${url}${url.includes('?') ? '&' : '?'}${own}`)
    const drop = client['handleError']
    // It waits for the next channel, and where no node of a cluster is found for that its rejection would end the process.
    client['handleError'] = (node, error) => drop(node, error).catch(() => undefined)
    return client
  } catch (error) {
    // Without the cause: it holds the connection string, and that a password.
    throw new StoreMisconfigured(`the event store's connection string: ${error instanceof Error ? error.message : ''}`)
  }
}

const codeOf = (error: unknown): number | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined

const isCertificateProblem = (error: unknown): boolean =>
  codeOf(error) === UNAVAILABLE &&
  error instanceof Error &&
  /certificate|self[- ]signed|wrong version number|altname|ssl|tls/i.test(error.message)

/** The client's errors in the words of this package, each with its cause. */
const translate = (error: unknown): Error => {
  if (!(error instanceof Error)) return new StoreUnavailable('the event store failed', { cause: error })
  if (error instanceof StreamDeletedError) {
    return new StreamDeleted(`stream ${error.streamName} is deleted for good`, { cause: error })
  }
  if (isCertificateProblem(error)) {
    return new StoreMisconfigured(`no trusted connection to the event store: ${error.message}`, { cause: error })
  }
  if (isCommandError(error) && error.type === ErrorType.ACCESS_DENIED) {
    return new StoreMisconfigured('the event store denies access: check user and password', { cause: error })
  }
  if (codeOf(error) === INVALID_ARGUMENT || (isCommandError(error) && error.type === ErrorType.INVALID_ARGUMENT)) {
    return new ReadRefused(error.message, { cause: error })
  }
  return new StoreUnavailable(`the event store does not answer: ${error.message}`, { cause: error })
}

/** Servers say so in three ways, and none of them has a name. */
const isPlaceRefusal = (error: unknown): boolean =>
  (codeOf(error) === UNKNOWN || codeOf(error) === INVALID_ARGUMENT) &&
  error instanceof Error &&
  /invalid ?position|thrown by handler/i.test(error.message)

/** The same of a read of `$all` from a place that the caller names. */
const translateOfPlace = (error: unknown): Error =>
  isPlaceRefusal(error)
    ? new PositionRefused('no event of the event store begins at that position', { cause: error })
    : translate(error)

/** After these the client drops its connection by itself. */
const isDropped = (error: unknown): boolean => codeOf(error) === UNAVAILABLE || codeOf(error) === CANCELLED

/** What an append's rejection says about its stream: a refusal among the answers has no code; with a code the call is over. */
const breakOf = (error: unknown): Break | undefined => {
  if (!(error instanceof Error && isCommandError(error))) return 'ended'
  if (error.type === ErrorType.NOT_LEADER) return 'redirected'
  return error.code === undefined ? undefined : 'ended'
}

/** What an append's rejection says about the log. */
const failedAttempt = (error: unknown): Attempt => {
  const broke = breakOf(error)
  if (error instanceof WrongExpectedVersionError) {
    const { actualVersion: actual } = error
    const actualRevision = actual === 'no_stream' ? actual : revisionOf(actual)
    return { broke: undefined, result: { outcome: 'conflict', actualRevision } }
  }
  if (error instanceof StreamDeletedError) return { broke: undefined, result: translate(error) }
  if (broke === undefined && error instanceof AccessDeniedError) return { broke, result: translate(error) }
  if (error instanceof MaxAppendSizeExceededError) {
    return { broke, result: new AppendRefused('the event store refuses an append of this size', { cause: error }) }
  }
  return { broke, result: { outcome: 'unknown', cause: translate(error) } }
}

const attemptAppend = async (
  connection: AppendConnection,
  stream: string,
  expected: ExpectedRevision,
  events: readonly EncodedEvent[],
  givenUp: AbortSignal,
): Promise<Attempt> => {
  try {
    const { revision, position } = await connection.append(stream, expected, events, givenUp)
    if (position === undefined) return { broke: undefined, result: { outcome: 'confirmed', revision } }
    return { broke: undefined, result: { outcome: 'written', revision, position } }
  } catch (error) {
    return failedAttempt(error)
  }
}

/** The client parses with `JSON.parse`: a key like `__proto__` would poison whoever copies the object, so it stays text. */
const decoded = (payload: unknown): unknown => {
  if (typeof payload !== 'object' || payload === null || payload instanceof Uint8Array) return payload
  return scan({ payload }, { safe: true }) === null ? JSON.stringify(payload) : payload
}

const recorded = ({ event, commitPosition }: ResolvedEvent): RecordedEvent => {
  const position = event?.position?.commit ?? commitPosition
  if (event === undefined || position === undefined) throw new StoreUnavailable('the event store sent no event')
  return {
    stream: event.streamId,
    revision: revisionOf(event.revision),
    position: positionOf(position),
    id: event.id,
    type: event.type,
    data: decoded(event.data),
    metadata: decoded(event.metadata),
    createdAt: event.created,
  }
}

const placeAt = (position: Position): StorePosition => ({ commit: position, prepare: position })

/** A real node never answers a read of nothing. @throws ReadRefused */
const checkedRead = <Place extends Position | Revision>({
  from,
  direction = 'forwards',
  maxCount,
}: ReadOptions<Place>) => {
  if (maxCount !== undefined && !(Number.isSafeInteger(maxCount) && maxCount > 0)) {
    throw new ReadRefused(`maxCount ${maxCount} is no count of events`)
  }
  if (from !== undefined && from < 0n) throw new ReadRefused(`nothing lies before the start: from ${from}`)
  return { from, direction, maxCount: maxCount === undefined ? {} : { maxCount } }
}

/** What the client itself holds, without regard to bytes: large events must not become hundreds of megabytes. */
const READ_AHEAD = { highWaterMark: 64 }

type Payload = Pick<RecordedEvent, 'data' | 'metadata'>

/** `recorded`: what a reader is given of an event. */
interface ReadCall<Raw, Item> {
  readonly call: (client: EventStoreDBClient) => StreamingRead<Raw>
  readonly recorded: (raw: Raw) => Item
}

interface ReadSource<Raw, Item> {
  readonly open: () => StreamingRead<Raw>
  readonly recorded: (raw: Raw) => Item
  /** So few events that the rest of them is sooner read than refused. */
  readonly isShort: boolean
  readonly onHeard: () => void
  readonly onLost: (why: 'dropped' | 'silent') => void
  readonly timeoutMs: number
  readonly failureOf: (error: unknown) => Error
}

const readEvents = <Raw, Item extends Payload>({
  open,
  recorded,
  isShort,
  onHeard,
  onLost,
  timeoutMs,
  failureOf,
}: ReadSource<Raw, Item>): AsyncIterableIterator<Item, undefined> => {
  let source: StreamingRead<Raw> | undefined
  const feed = createFeed<Item>({
    itemsMax: READ_BUFFER_ITEMS,
    bytesMax: READ_BUFFER_BYTES,
    bytesOf: weightOfEvent,
    pause: () => source?.pause(),
    resume: () => source?.resume(),
    silence: (ms) => {
      const error = new StoreUnavailable(`nothing read from the event store within ${ms} ms`)
      isGivenUp = true
      onLost('silent')
      void cancel()
      return error
    },
  })
  const cancel = async (): Promise<void> => {
    // It fails only where the call could not be made, which the error event has told already.
    await source?.cancel().catch(() => undefined)
  }
  let isGivenUp = false
  let mayTryAgain = true
  const start = (): void => {
    source = open()
    source.on('data', (event) => {
      if (mayTryAgain) onHeard()
      mayTryAgain = false
      feed.push(recorded(event))
    })
    source.on('end', () => {
      // A call that is cancelled ends too.
      if (!isGivenUp) onHeard()
      feed.end()
    })
    source.on('error', (error) => {
      if (error instanceof StreamNotFoundError) {
        onHeard()
        feed.end()
        return
      }
      if (isDropped(error)) {
        onLost('dropped')
        // That a connection broke while it lay idle is noticed by the first call on it.
        if (mayTryAgain) {
          mayTryAgain = false
          start()
          return
        }
      }
      feed.fail(failureOf(error))
    })
  }
  return {
    next: async () => {
      if (source === undefined) start()
      return feed.next(timeoutMs)
    },
    return: async () => {
      feed.close()
      // Frames on their way to a cancelled call count as invalid ones, and the thousandth ends the connection for all.
      if (!isShort) await cancel()
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** Markers travel through the subscription's own queue, so that no checkpoint overtakes an event before it. */
type Marker = { readonly checkpoint: Position } | { readonly caughtUp: true }

const itemOf = (item: AllStreamResolvedEvent | Marker): SubscriptionItem => {
  if ('checkpoint' in item) return { kind: 'checkpoint', position: item.checkpoint }
  if ('caughtUp' in item) return { kind: 'caughtUp' }
  return { kind: 'event', event: recorded(item) }
}

/** Two TCP connections, one to read and one to append, opened when they are first needed. */
export const connectEventStore = (options: ConnectOptions): EventStore & EventArchive => {
  const { url, logger = silentLogger } = options
  const appendTimeoutMs = options.appendTimeoutMs ?? APPEND_TIMEOUT_MS
  const readTimeoutMs = options.readTimeoutMs ?? READ_TIMEOUT_MS
  // Reads have a client of their own: its failures must not end a channel on which appends wait for their answers.
  let reader = createClient(url)

  let readerLeftSilentAt = Number.NEGATIVE_INFINITY
  /** A connection that failed is remembered as failing for a while; a new one dials at once. */
  const replaceReader = (replaced: EventStoreDBClient, why: 'dropped' | 'silent'): void => {
    if (reader !== replaced) return
    if (why === 'silent') {
      if (performance.now() - readerLeftSilentAt < READER_RENEWAL_PAUSE_MS) return
      readerLeftSilentAt = performance.now()
    }
    reader = createClient(url)
  }
  const read = <Raw, Item extends Payload>(
    { call, recorded }: ReadCall<Raw, Item>,
    { maxCount = Number.POSITIVE_INFINITY }: ReadOptions,
    {
      timeoutMs,
      failureOf = translate,
    }: { readonly timeoutMs?: number; readonly failureOf?: (error: unknown) => Error } = {},
  ) => {
    // Who brings a patience of its own asks whether the store is there: it is let through, and hears for all.
    const guarded = timeoutMs === undefined
    let client = reader
    const open = () => {
      if (guarded) reading.admit()
      client = reader
      return call(client)
    }
    const onLost = (why: 'dropped' | 'silent'): void => {
      if (guarded && why === 'silent') reading.unanswered('a read was not answered', true)
      replaceReader(client, why)
    }
    const isShort = maxCount <= READ_BUFFER_ITEMS
    return readEvents({
      open,
      recorded,
      isShort,
      onHeard: () => reading.answered(),
      onLost,
      timeoutMs: timeoutMs ?? readTimeoutMs,
      failureOf,
    })
  }
  const readStream = (stream: string, readOptions: ReadOptions<Revision> = {}) => {
    if (stream === '') throw new ReadRefused('a stream needs a name')
    const { from, direction, maxCount } = checkedRead(readOptions)
    const fromRevision = from ?? (direction === 'forwards' ? 'start' : 'end')
    const call = (client: EventStoreDBClient) =>
      client.readStream(stream, { direction, fromRevision, ...maxCount }, READ_AHEAD)
    return read({ call, recorded }, readOptions)
  }
  const readAll = (readOptions: ReadOptions<Position> = {}, timeoutMs?: number) => {
    const { from, direction, maxCount } = checkedRead(readOptions)
    const fromPosition = from !== undefined ? placeAt(from) : direction === 'forwards' ? 'start' : 'end'
    const call = (client: EventStoreDBClient) => client.readAll({ direction, fromPosition, ...maxCount }, READ_AHEAD)
    return read({ call, recorded }, readOptions, {
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(from !== undefined && { failureOf: translateOfPlace }),
    })
  }
  const head = async (timeoutMs?: number): Promise<{ readonly position: Position } | undefined> => {
    for await (const { position } of readAll({ direction: 'backwards', maxCount: 1 }, timeoutMs)) return { position }
    return undefined
  }

  const reading = createBreaker('read', async () => {
    try {
      await head(PROBE_TIMEOUT_MS)
      return true
    } catch (error) {
      return !(error instanceof StoreUnavailable)
    }
  })

  const lane = createAppendLane(() => createAppendConnection(createClient(url)))
  /** A repeated append may be confirmed without its position, which then is read. */
  const placed = async (stream: string, revision: Revision): Promise<AppendOutcome> => {
    try {
      for await (const event of readStream(stream, { from: revision, maxCount: 1 })) {
        if (event.revision === revision) return { outcome: 'written', revision, position: event.position }
      }
      return { outcome: 'unknown', cause: new StoreUnavailable(`${stream} ${revision} is confirmed but not there`) }
    } catch (cause) {
      return { outcome: 'unknown', cause }
    }
  }
  const send = (stream: string, expected: ExpectedRevision, events: readonly EncodedEvent[]) => {
    const bytes = weightOf(events)
    return (timeoutMs: number) =>
      lane.run((connection, givenUp) => attemptAppend(connection, stream, expected, events, givenUp), {
        bytes,
        timeoutMs,
      })
  }
  const appending = createBreaker('append', async () => {
    const event = { id: randomUUID(), type: 'Probed', data: {}, metadata: {} }
    const probe = send(PROBE_STREAM, NEVER_REACHED, encodeAppend(PROBE_STREAM, [event]))
    const { outcome } = await probe(PROBE_TIMEOUT_MS)
    return outcome !== 'unknown'
  })
  const appendEncoded = async (
    stream: string,
    expected: ExpectedRevision,
    encoded: readonly EncodedEvent[],
  ): Promise<AppendOutcome> => {
    appending.admit()
    const startedAt = performance.now()
    try {
      const outcome = await appendUntilKnown(send(stream, expected, encoded), appendTimeoutMs)
      if (outcome.outcome === 'unknown') {
        appending.unanswered(outcome.cause, performance.now() - startedAt > appendTimeoutMs / 2)
        return outcome
      }
      appending.answered()
      return outcome.outcome === 'confirmed' ? await placed(stream, outcome.revision) : outcome
    } catch (error) {
      // A refusal is an answer.
      appending.answered()
      throw error
    }
  }

  const openSubscription =
    (options: SubscribeOptions): OpenSubscription =>
    (after, events) => {
      const client = reader
      const isByType = 'typePrefixes' in options
      const filter = (isByType ? eventTypeFilter : streamNameFilter)({
        prefixes: [...(isByType ? options.typePrefixes : options.streamPrefixes)],
        checkpointInterval: options.checkpointInterval ?? 1,
        checkpointReached: (_subscription, place) => {
          mark({ checkpoint: positionOf(place.commit) })
        },
      })
      const fromPosition = after === undefined ? 'start' : placeAt(after)
      const subscription = client.subscribeToAll({ fromPosition, filter }, READ_AHEAD)
      const mark = (marker: Marker): void => {
        subscription.push(marker)
      }
      let isOver = false
      const lose = (cause: Error, why: 'dropped' | 'silent' | 'ended' | 'routine'): void => {
        if (isOver) return
        isOver = true
        clearTimeout(unconfirmed)
        if (why === 'dropped' || why === 'silent') replaceReader(client, why)
        events.onLoss({ routine: why === 'routine', cause })
      }
      const unconfirmed = setTimeout(() => {
        lose(new StoreUnavailable(`a subscription was not confirmed within ${CONFIRMATION_TIMEOUT_MS} ms`), 'silent')
      }, CONFIRMATION_TIMEOUT_MS)
      subscription.on('confirmation', () => clearTimeout(unconfirmed))
      subscription.on('caughtUp', () => mark({ caughtUp: true }))
      subscription.on('data', (item: AllStreamResolvedEvent | Marker) => events.onItem(itemOf(item)))
      subscription.on('end', () => lose(new StoreUnavailable('the event store ended a subscription'), 'ended'))
      subscription.on('error', (error) => {
        lose(translate(error), codeOf(error) === ABORTED ? 'routine' : isDropped(error) ? 'dropped' : 'ended')
      })
      return {
        pause: () => void subscription.pause(),
        resume: () => void subscription.resume(),
        close: () => {
          isOver = true
          clearTimeout(unconfirmed)
          // It fails only where the call could not be made, which the error event has told already.
          subscription.unsubscribe().catch(() => undefined)
        },
      }
    }

  const stop = new AbortController()
  const store: EventStore & EventArchive = {
    append: async (stream, expected, events) => appendEncoded(stream, expected, encodeAppend(stream, events)),
    appendStored: async (stream, expected, events) => appendEncoded(stream, expected, encodeStored(stream, events)),
    readStored: () =>
      read({ call: (client) => readAllStored(client, READ_AHEAD), recorded: (event: StoredEvent) => event }, {}),
    appendHealth: () => appending.health,
    readStream,
    readAll,
    subscribeToAll: (options) =>
      subscribeForEver(
        store,
        openSubscription(options),
        { ...options, signal: AbortSignal.any([options.signal, stop.signal]) },
        logger,
      ),
    head: () => head(),
    identity: () => establishIdentity(store),
    witnessHolds: (witness) => isHeld(store, witness),
    ping: async (timeoutMs) => {
      await head(timeoutMs)
    },
    dispose: async () => {
      if (disposed) return
      disposed = true
      stop.abort()
      appending.dispose()
      reading.dispose()
      lane.dispose()
      await Promise.race([reader.dispose(), sleep(DISPOSAL_MS)])
    },
  }
  let disposed = false
  return store
}

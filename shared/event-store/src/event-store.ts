import type { Position, Revision } from '@registru/domain/places'
/** Where an append must find its stream. "Any" and "exists" cannot be said: they would let a delayed packet land late. */
export type ExpectedRevision = 'no_stream' | Revision

/** Plain JSON without bigint; encoded and checked before anything is sent. */
export interface EventToAppend {
  /** A UUID derived from the command, so that sending it twice is writing it once. */
  readonly id: string
  readonly type: string
  readonly data: object
  /** The data's JSON, where the caller has written it already: its UTF-8 is what the store keeps. */
  readonly dataJson?: string
  readonly metadata: object
}

export interface RecordedEvent {
  readonly stream: string
  /** Place in the stream, from 0. */
  readonly revision: Revision
  /** Place in `$all`: increasing, with gaps. */
  readonly position: Position
  readonly id: string
  readonly type: string
  /** Parsed JSON; a string where the text is no JSON or would poison a prototype; a `Uint8Array` where it never was JSON. */
  readonly data: unknown
  /** As `data`; `undefined` where the event has none. */
  readonly metadata: unknown
  /**
   * The store's instant of the event, to the millisecond. The embedded store's never go back; a real one's do when its
   * machine's clock does, or when the leader changes: whoever orders by them takes the running maximum.
   */
  readonly createdAt: Date
}

/**
 * `unknown` is not a failure: the events may stand in the log, may yet land, or may never. Sending the same events at
 * the same revision again is always safe.
 */
export type AppendOutcome =
  | { readonly outcome: 'written' /** Of the last event. */; readonly revision: Revision; readonly position: Position }
  | { readonly outcome: 'conflict'; readonly actualRevision?: Revision | 'no_stream' }
  | { readonly outcome: 'unknown'; readonly cause: unknown }

export interface ReadOptions<Place extends Position | Revision = Position | Revision> {
  /** Inclusive, but exclusive backwards in `$all`, where only a position that the store has given out will do. */
  readonly from?: Place
  readonly maxCount?: number
  readonly direction?: 'forwards' | 'backwards'
}

/** A store filters by the one or by the other. Types are for a reader of few events: the store leaves out all the rest. */
export type SubscriptionFilter =
  | { readonly streamPrefixes: readonly string[] }
  | { readonly typePrefixes: readonly string[] }

export type SubscribeOptions = SubscriptionFilter & {
  /** The last position already dealt with; absent: from the start. */
  readonly after?: Position
  /** The last event that the reader knows at or before `after`: after a loss the store must still hold it. */
  readonly witness?: Witness
  /** Ends the iteration; what is still buffered is dropped. */
  readonly signal: AbortSignal
  /** Checkpoints come about every this many times 32 considered events (default 1). Raise it for rebuilds. */
  readonly checkpointInterval?: number
}

/** `checkpoint`: everything up to this position has been delivered or filtered out. */
export type SubscriptionItem =
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  | { readonly kind: 'checkpoint'; readonly position: Position }
  | { readonly kind: 'caughtUp' }

/** An event as the store keeps it, for whoever carries it to another store. */
export interface StoredEvent {
  readonly stream: string
  readonly revision: Revision
  readonly position: Position
  /** 100-nanosecond ticks since the Unix epoch: all that the store knows of the instant. */
  readonly createdTicks: bigint
  readonly id: string
  readonly type: string
  readonly isJson: boolean
  /** The very bytes; parsing and writing JSON again would change some. */
  readonly data: Uint8Array
  /** Empty where there is none. */
  readonly metadata: Uint8Array
}

/** What export and import need beyond an `EventStore`. */
export interface EventArchive {
  /** The whole log, system events included, as it is stored. @throws StoreUnavailable */
  readStored(): AsyncIterable<StoredEvent>
  /** As `append`; data and metadata become the bytes given. */
  appendStored(
    stream: string,
    expected: ExpectedRevision,
    events: readonly Pick<StoredEvent, 'id' | 'type' | 'isJson' | 'data' | 'metadata'>[],
  ): Promise<AppendOutcome>
}

/** An event remembered beside a reader's checkpoint: if the store no longer holds it, it is another store. */
export interface Witness {
  readonly stream: string
  readonly revision: Revision
  readonly eventId: string
  readonly position: Position
}

/** How the latest appends of this process went: what a ping cannot tell, for a store may answer reads and take no write. */
export interface AppendHealth {
  /**
   * `untried`: none was sent yet. `answering`: the last one was answered, be it with a refusal. `failing`: the last one was
   * not, retries included. `suspended`: so many were waited for in vain that further ones are refused at once, until a probe is
   * answered.
   */
  readonly state: 'untried' | 'answering' | 'failing' | 'suspended'
  /** When this state began. */
  readonly since: Date
  /** How many in a row went without an answer. */
  readonly unanswered: number
  /** What was said of the last one that went without. */
  readonly reason?: string
}

export interface EventStore {
  /**
   * Settles within the append time-out (5 s), retries of the same bytes included.
   * @throws AppendRefused before anything is sent, if the append can never be right
   * @throws StreamDeleted if the stream is tombstoned
   * @throws StoreMisconfigured if this append was denied
   * @throws StoreUnavailable with nothing sent, while appends are suspended because the store answered none of the last ones
   */
  append(stream: string, expected: ExpectedRevision, events: readonly EventToAppend[]): Promise<AppendOutcome>
  appendHealth(): AppendHealth
  /** A missing stream is empty. @throws StoreUnavailable, StreamDeleted, ReadRefused */
  readStream(stream: string, options?: ReadOptions<Revision>): AsyncIterable<RecordedEvent>
  /** System events included. @throws StoreUnavailable, ReadRefused, PositionRefused where no event begins at `from` */
  readAll(options?: ReadOptions<Position>): AsyncIterable<RecordedEvent>
  /**
   * Every event of the wanted streams, each once, in order, for ever: losses of the connection are mended inside.
   * @throws StoreDiverged when the store came back without what it had delivered
   */
  subscribeToAll(options: SubscribeOptions): AsyncIterable<SubscriptionItem>
  /** The last position in `$all`; `undefined` in an empty store. */
  head(): Promise<{ readonly position: Position } | undefined>
  /** The store's random id, written once into the stream `ledger-meta`. */
  identity(): Promise<string>
  witnessHolds(witness: Witness): Promise<boolean>
  /** @throws StoreUnavailable, StoreMisconfigured */
  ping(timeoutMs: number): Promise<void>
  dispose(): Promise<void>
}

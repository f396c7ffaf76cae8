/**
 * What the log asks of a place that keeps it. Two exist: PostgreSQL, and memory (for the benchmark's ratio and for tests
 * of what stands above).
 */

/** One event as it is stored. Streams are known by a key of fixed size, for names may be longer than an index takes. */
export interface StoredRow {
  readonly position: number
  readonly streamKey: Buffer
  /** A bigint only for the tombstone's revision. */
  readonly revision: number | bigint
  /** Where the frame stands in the group's frames. */
  readonly frameStart: number
  readonly frameEnd: number
}

/** What one transaction writes. */
export interface StoredGroup {
  readonly rows: readonly StoredRow[]
  readonly frames: Buffer
}

export interface StoredStream {
  /** The last revision, -1 without events; of a tombstoned stream the last one before the tombstone is not known. */
  readonly head: number
  readonly tombstoned: boolean
  /** The frame of the last event; asked for metastreams only. */
  readonly lastFrame: Buffer | undefined
}

export interface StreamQuestion {
  readonly key: Buffer
  readonly wantsLastFrame: boolean
}

/** Frames one after the other, in the order of reading. */
export interface Page {
  readonly frames: Buffer
  readonly count: number
}

/** A part of the log as far as a filter lets it through, which may be a little too far. */
export interface SievedPiece {
  readonly frames: Buffer
  /** How many events were looked at. */
  readonly considered: number
  /** Of the last event looked at. */
  readonly lastPosition: number
}

export interface LogEnd {
  /** Where the next event may stand. */
  readonly end: number
  readonly lastPosition: number
  /** `undefined` in an empty log. */
  readonly lastFrame: Buffer | undefined
}

export interface Storage {
  /** Becomes the log's only writer and tells where the log ends; may be called again after a failure. */
  open(): Promise<LogEnd>
  /** Resolves when the group is on disk. A rejection leaves open whether it is. */
  commit(group: StoredGroup): Promise<void>
  loadStreams(questions: readonly StreamQuestion[]): Promise<readonly StoredStream[]>
  /** Events of a stream from a revision on, upwards or downwards, `countMax` at most and about a megabyte. */
  readStream(key: Buffer, from: number, direction: Direction, least: number, countMax: number): Promise<Page>
  /** All events with `above < position <= upTo`. */
  readLog(above: number, upTo: number): Promise<Page>
  /** The same events without those whose stream's name cannot begin with any of the prefixes, piece by piece. */
  readLogSieved(above: number, upTo: number, prefixes: readonly Buffer[]): Promise<readonly SievedPiece[]>
  close(): Promise<void>
}

export type Direction = 'forwards' | 'backwards'

/** Somebody else writes this log: the process must not go on. */
export class WriterFenced extends Error {
  override readonly name = 'WriterFenced'
}

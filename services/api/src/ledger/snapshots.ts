import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Decider,
  EventMetadata,
  type Message,
  type Revision,
  revisionAfter,
  type SnapshotFormat,
} from '@registru/domain'
import type { EventStore } from '@registru/event-store'
import type { Logger } from '@registru/runtime'
import { emptyStream, foldEvent, type LoadedStream } from './loaded-stream.ts'
import { decodeSnapshot, encodeSnapshot } from './snapshot-content.ts'
import type { SnapshotTable } from './snapshot-table.ts'

/** They are what a cold load has to fold. */
const TAIL_EVENTS_MAX = 500
/** A stream that leaves the memory is worth a snapshot sooner. */
const TAIL_EVENTS_AT_EVICTION = 50
/** Snapshots of one stream take no more than a twentieth of the time, however fast it grows and however large it is. */
const PAUSE_PER_COST = 20
/** What waits to be written is memory; what finds no room is offered again after the next append. */
const WAITING_BYTES_MAX = 32 * 1024 * 1024
const WRITES_AT_ONCE = 2
/** What takes longer is not worth waiting for: some thousand events are folded in that time. */
const READ_TIMEOUT_MS = 1_000
/** After a failure nothing is asked of the table for so long: commands must not wait for it each. */
const REST_MS = 5_000
/** How many of the loads are folded again from the start, as a check on the code and on the table. */
const VERIFIED_SHARE = 0.01
/** A verification reads in pages with a pause after each, so that commands come first. */
const PAGE_EVENTS = 200
const PAGE_PAUSE_MS = 20
/** At stop, what waits is written if it takes no longer than this. */
const STOP_MS = 2_000

/** The snapshots of one decider's streams. A cache: without it commands take longer, and nothing else changes. */
export interface Snapshots<State> {
  /**
   * The stream up to its newest snapshot, if that can be used. `distrust` is called when it is found wrong later. The
   * table's failures are none of the caller's. @throws StoreUnavailable
   */
  readonly find: (stream: string, distrust: () => void) => Promise<LoadedStream<State> | undefined>
  /** Takes one when it is time. The state must say just what is written at its revision. */
  readonly offer: (stream: string, loaded: LoadedStream<State>) => void
  /** As `offer`, of a stream that leaves the memory. */
  readonly offerLast: (stream: string, loaded: LoadedStream<State>) => void
}

/** What became of loads and snapshots since the process began. */
export interface SnapshotCounts {
  hits: number
  misses: number
  /** Of another store or version, broken, or beyond the stream's end. */
  ignored: number
  written: number
  /** Loads and writes that the table failed. */
  unavailable: number
  /** Equal to the fold of the whole stream; and not equal: a fault of ours. */
  verified: number
  wrong: number
}

export interface SnapshotKeeper {
  /** `undefined` for a decider whose streams stay short. */
  readonly of: <State, Event extends Message<string, object>>(
    decider: Decider<State, never, Event>,
  ) => Snapshots<State> | undefined
  readonly counts: Readonly<SnapshotCounts>
  /** Resolves when what waits is written, or soon. */
  readonly stop: () => Promise<void>
}

export interface SnapshotKeeperOptions {
  readonly store: Pick<EventStore, 'readStream' | 'identity'>
  readonly table: SnapshotTable
  readonly logger: Pick<Logger, 'warn' | 'error'>
  /** From 0 to 1; chooses the loads that are verified. */
  readonly random: () => number
  /** So many events of a stream may come after its snapshot. */
  readonly tailEventsMax?: number
}

/** Writes snapshots behind the answers' backs, and finds them again. */
export const createSnapshotKeeper = ({
  store,
  table,
  logger,
  random,
  tailEventsMax = TAIL_EVENTS_MAX,
}: SnapshotKeeperOptions): SnapshotKeeper => {
  const counts: SnapshotCounts = {
    hits: 0,
    misses: 0,
    ignored: 0,
    written: 0,
    unavailable: 0,
    verified: 0,
    wrong: 0,
  }
  /** Streams whose snapshot was wrong: the next one would be as well, so they are folded from the start. */
  const distrusted = new Set<string>()
  const waiting: (() => Promise<void>)[] = []
  let waitingBytes = 0
  let restsUntil = 0
  let stopping = false
  let storeId: string | undefined
  /** Verifications take their turns. */
  let verifying: Promise<void> = Promise.resolve()

  const failed = (error: unknown, what: string): void => {
    counts.unavailable += 1
    restsUntil = performance.now() + REST_MS
    logger.warn({ err: error }, `${what}; commands go on without snapshots`)
  }

  const isResting = (): boolean => stopping || performance.now() < restsUntil

  const identify = async (): Promise<string> => {
    storeId ??= await store.identity()
    return storeId
  }

  const workers = new Set<Promise<void>>()
  const work = async (): Promise<void> => {
    for (let write = waiting.shift(); write !== undefined; write = waiting.shift()) await write()
  }
  const startWork = (): void => {
    if (workers.size >= WRITES_AT_ONCE) return
    const worker = work().finally(() => workers.delete(worker))
    workers.add(worker)
  }

  const inTime = async <Value>(reading: Promise<Value>): Promise<Value> => {
    const late = new AbortController()
    try {
      return await Promise.race([
        reading,
        sleep(READ_TIMEOUT_MS, undefined, { signal: late.signal, ref: false }).then((): never => {
          throw new Error('a snapshot was not read in time')
        }),
      ])
    } finally {
      late.abort()
    }
  }

  const ignore = (stream: string, reason: string): undefined => {
    counts.ignored += 1
    logger.warn({ stream, reason }, 'a snapshot is ignored')
    void table.remove(stream).catch((error: unknown) => failed(error, 'an ignored snapshot could not be removed'))
  }

  const of = <State, Event extends Message<string, object>>(
    decider: Decider<State, never, Event>,
    format: SnapshotFormat<State>,
  ): Snapshots<State> => {
    /** Whether the event that the snapshot ends with stands where it says: a store may have been restored meanwhile. */
    const standsIn = async (stream: string, found: LoadedStream<State>): Promise<boolean> => {
      for await (const { id, metadata } of store.readStream(stream, { from: found.revision, maxCount: 1 })) {
        // Within a stream the last event's is the newest. A snapshot does not say it: equal histories have equal snapshots.
        if (id === found.lastEventId) found.recordedNotBefore = EventMetadata.parse(metadata).recordedAt
        return id === found.lastEventId
      }
      return false
    }

    const foldAll = async (stream: string, through: Revision): Promise<LoadedStream<State>> => {
      const loaded = emptyStream(decider.initialState)
      while (loaded.revision < through && !stopping) {
        const from = revisionAfter(loaded.revision)
        const maxCount = Math.min(PAGE_EVENTS, Number(through - loaded.revision))
        for await (const event of store.readStream(stream, { from, maxCount })) foldEvent(decider, loaded, event)
        if (loaded.revision < from) throw new Error(`${stream} ends before revision ${through}`)
        await sleep(PAGE_PAUSE_MS, undefined, { ref: false })
      }
      return loaded
    }

    const verify = async (stream: string, content: Buffer, revision: Revision, distrust: () => void): Promise<void> => {
      try {
        const whole = await foldAll(stream, revision)
        if (stopping) return
        if (encodeSnapshot(format, { storeId: await identify(), stream }, whole).equals(content)) {
          counts.verified += 1
          return
        }
      } catch (error) {
        logger.warn({ err: error, stream }, 'a snapshot could not be verified')
        return
      }
      counts.wrong += 1
      distrusted.add(stream)
      logger.error({ stream, revision: `${revision}` }, 'a snapshot differs from the fold of its stream')
      distrust()
      await table.remove(stream).catch((error: unknown) => failed(error, 'a wrong snapshot could not be removed'))
    }

    const take = (stream: string, loaded: LoadedStream<State>, tailEventsMin: number): void => {
      if (loaded.revision - loaded.snapshotRevision < tailEventsMin || isResting() || distrusted.has(stream)) return
      const startedAt = performance.now()
      if (startedAt < loaded.snapshotNotBefore || waitingBytes > WAITING_BYTES_MAX) return
      if (storeId === undefined) {
        void identify().catch((error: unknown) => failed(error, 'the event store did not say who it is'))
        return
      }
      const { revision, snapshotRevision } = loaded
      const content = encodeSnapshot(format, { storeId, stream }, loaded)
      const encodingMs = performance.now() - startedAt
      loaded.snapshotRevision = revision
      loaded.snapshotNotBefore = Number.POSITIVE_INFINITY
      waitingBytes += content.length
      waiting.push(async () => {
        const writingFrom = performance.now()
        try {
          if (writingFrom < restsUntil) throw new Error('the table has just failed')
          await table.write(stream, revision, content)
          counts.written += 1
        } catch (error) {
          loaded.snapshotRevision = snapshotRevision
          // What waited behind a failure is dropped with it, and said once.
          if (writingFrom >= restsUntil) failed(error, 'a snapshot was not written')
        } finally {
          waitingBytes -= content.length
          const now = performance.now()
          loaded.snapshotNotBefore = now + PAUSE_PER_COST * (encodingMs + now - writingFrom)
        }
      })
      startWork()
    }

    return {
      find: async (stream, distrust) => {
        if (isResting() || distrusted.has(stream)) {
          counts.misses += 1
          return undefined
        }
        let content: Buffer | undefined
        let source: { readonly storeId: string; readonly stream: string }
        try {
          source = { storeId: await inTime(identify()), stream }
          content = await inTime(table.read(stream))
        } catch (error) {
          failed(error, 'a snapshot was not read')
          counts.misses += 1
          return undefined
        }
        if (content === undefined) {
          counts.misses += 1
          return undefined
        }
        const found = decodeSnapshot(format, source, content)
        if ('unusable' in found) return ignore(stream, found.unusable)
        if (!(await standsIn(stream, found))) return ignore(stream, 'it does not stand in the stream')
        counts.hits += 1
        if (random() < VERIFIED_SHARE) {
          const kept = content
          verifying = verifying.then(() => verify(stream, kept, found.revision, distrust))
        }
        return found
      },
      offer: (stream, loaded) => take(stream, loaded, tailEventsMax),
      offerLast: (stream, loaded) => take(stream, loaded, Math.min(TAIL_EVENTS_AT_EVICTION, tailEventsMax)),
    }
  }

  return {
    of: (decider) => (decider.snapshot === undefined ? undefined : of(decider, decider.snapshot)),
    counts,
    stop: async () => {
      stopping = true
      await Promise.race([Promise.all(workers), sleep(STOP_MS, undefined, { ref: false })])
    },
  }
}

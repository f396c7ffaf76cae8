import { type AppendDecision, decideAppend, decideDelete, type StreamFacts } from './append-decision.ts'
import { eachFrame, frameEventId, framePosition } from './event-frame.ts'
import { createLogTail, type LogTail } from './log-tail.ts'
import type { Logger } from './logger.ts'
import { createOpenGroup, type SealedGroup } from './open-group.ts'
import { createRecentIds } from './recent-ids.ts'
import { type Storage, WriterFenced } from './storage.ts'
import { createStreamCache, type StreamState, streamsAround } from './stream-cache.ts'
import { isMetastream, METASTREAM_METADATA, type StreamMetadata, TRUNCATED, visibleFrom } from './stream-metadata.ts'
import type { WriteCommand, WriteOutcome } from './write-command.ts'

/** What a reader of a stream must know first. */
export interface ReadableStream {
  readonly key: Buffer
  readonly head: number
  readonly tombstoned: boolean
  readonly metadata: StreamMetadata
}

export interface EventLog {
  readonly tail: LogTail
  submit(command: WriteCommand): void
  stream(name: string): Promise<ReadableStream>
  /** Commits so far, and the appends in them: their quotient is what group commit saves. */
  readonly counters: { readonly commits: number; readonly writes: number }
  close(): Promise<void>
}

export interface EventLogOptions {
  readonly storage: Storage
  readonly logger: Logger
  /** What the next event is stamped with; deadlines keep to the real clock. */
  readonly stampAfter: (lastStampedMs: number) => number
  /** Called when somebody else has taken the log over: nothing more can be written by this process. */
  readonly onFenced: (error: Error) => void
}

/** Everything a group holds is in one transaction; beyond this size the next one is begun. */
const GROUP_BYTES_MAX = 4 * 1024 * 1024
/** Of data that waits for an answer. What is more than the disk can take is told at once that its time is up. */
const PENDING_BYTES_MAX = 64 * 1024 * 1024
/** How often unanswered writes are looked through for those whose time is up. */
const DEADLINE_TICK_MS = 20
const REOPEN_DELAY_MIN_MS = 50
const REOPEN_DELAY_MAX_MS = 2_000
const NO_POSITION = -1

interface PendingWrite {
  readonly command: WriteCommand
  readonly bytes: number
  settled: boolean
}

interface Answer {
  readonly write: PendingWrite
  readonly outcome: WriteOutcome
}

/** What is on its way to the disk, and who is told when it is there. */
interface Commit {
  readonly group: SealedGroup
  readonly answers: Answer[]
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * The log: decides every write in memory, one after the other, and puts what is decided while one commit is under way
 * into the next. A write is answered when its group is on disk.
 */
export const openEventLog = async (options: EventLogOptions): Promise<EventLog> => {
  const { storage, logger, stampAfter } = options
  const tail = createLogTail()
  const cache = createStreamCache(storage)
  const recent = createRecentIds()
  const counters = { commits: 0, writes: 0 }

  const pending = new Set<PendingWrite>()
  let pendingBytes = 0
  /** Writes that wait for their stream to be loaded, or for the log to be opened again, in order of arrival. */
  const waiting = new Map<string, PendingWrite[]>()
  let held: PendingWrite[] = []
  /** Those whose writes stand in the open group. */
  let answers: Answer[] = []
  let committing: Commit | undefined
  /** Sealed, and not yet answered: the one that is being committed, and one that just was. */
  const unanswered = new Set<Commit>()
  let flushScheduled = false
  let state: 'open' | 'broken' | 'closed' = 'open'

  const settle = (write: PendingWrite, outcome: WriteOutcome): void => {
    if (write.settled) return
    write.settled = true
    pending.delete(write)
    pendingBytes -= write.bytes
    write.command.settle(outcome)
  }

  /** A stream that the write was accepted with. */
  const cached = (name: string): StreamState => {
    const stream = cache.get(name)
    if (!stream) throw new Error('a stream left the cache between its loading and the decision')
    return stream
  }

  const group = createOpenGroup({ cached, recent, stampAfter })

  const open = async (): Promise<void> => {
    const stored = await storage.open()
    // What a reader loaded meanwhile may be older than what the writer before still brought to disk.
    cache.clear()
    group.restart(stored)
    tail.reset(stored.lastPosition)
  }

  const factsOf = (stream: StreamState): StreamFacts => {
    const { head, tombstoned } = stream.decided
    const metastream = cached(stream.metastreamName).decided
    return {
      head,
      tombstoned,
      softDeleted: !isMetastream(stream.name) && metastream.metadataOfOriginal.truncateBefore === TRUNCATED,
      hasMetadata: metastream.head >= 0,
    }
  }

  /** A reader would find it, so its position may be told. */
  const isVisible = (stream: StreamState, facts: StreamFacts, revision: number): boolean => {
    const metadata = isMetastream(stream.name)
      ? METASTREAM_METADATA
      : cached(stream.metastreamName).decided.metadataOfOriginal
    return !facts.softDeleted && revision >= visibleFrom(metadata, facts.head)
  }

  /** Those who are told when the event at the revision is on disk. */
  const answersWith = (stream: StreamState, revision: number): Answer[] => {
    for (const commit of unanswered) {
      if (revision <= (commit.group.views.get(stream)?.head ?? -1)) return commit.answers
    }
    return answers
  }

  const decide = (
    pendingWrite: PendingWrite,
    stream: StreamState,
    known?: { readonly from: number; readonly ids: readonly string[]; readonly positions: readonly number[] },
  ): void => {
    const { command } = pendingWrite
    const facts = factsOf(stream)
    const { stream: name, expected } = command
    const decision: AppendDecision =
      command.kind === 'append'
        ? decideAppend({
            expected,
            ids: command.events.map(({ id }) => id),
            facts,
            recent: (id) => recent.get(id, stream.key),
            ...(known && { idsFrom: known }),
          })
        : decideDelete(expected, facts, command.kind)
    switch (decision.kind) {
      case 'write': {
        const kept = command.events[0]?.kept
        if (kept !== undefined && kept.position <= group.lastPosition) {
          settle(pendingWrite, { kind: 'wrongExpectedRevision', current: facts.head })
          return
        }
        counters.writes++
        const written = group.apply(command, stream, facts)
        answers.push({ write: pendingWrite, outcome: { kind: 'written', ...written } })
        scheduleFlush()
        return
      }
      case 'alreadyWritten': {
        const { revision } = decision
        const onItsWay = revision > stream.committed.head
        if (onItsWay && !command.sharesAnswer) return
        const place = recent.get(command.events.at(-1)?.id ?? '', stream.key)
        const position =
          known?.positions[revision - known.from] ?? (place?.revision === revision ? place.position : NO_POSITION)
        const outcome: WriteOutcome = {
          kind: 'written',
          revision,
          position: isVisible(stream, facts, revision) ? position : NO_POSITION,
        }
        if (onItsWay) answersWith(stream, revision).push({ write: pendingWrite, outcome })
        else settle(pendingWrite, outcome)
        return
      }
      case 'needsIds':
        waiting.set(name, [])
        background(loadIds(pendingWrite, stream, decision.from, decision.count))
        return
      case 'wrongExpectedRevision':
      case 'streamDeleted':
      case 'unanswerable':
        // A refusal does not wait for the disk: it promises nothing.
        settle(pendingWrite, decision)
    }
  }

  /** What waited for the stream goes on, in order, until one of them has to wait again. */
  const release = (name: string): void => {
    const writes = waiting.get(name) ?? []
    waiting.delete(name)
    for (const pendingWrite of writes) accept(pendingWrite)
  }

  const loadIds = async (pendingWrite: PendingWrite, stream: StreamState, from: number, count: number) => {
    // Ids that are still on their way to the disk are all in the memory of recent ids; a longer list is a retry of old.
    const ids: string[] = []
    const positions: number[] = []
    while (ids.length < count) {
      const page = await storage.readStream(stream.key, from + ids.length, 'forwards', 0, count - ids.length)
      if (page.count === 0) break
      eachFrame(page.frames, (frame) => {
        ids.push(frameEventId(page.frames, frame))
        positions.push(framePosition(page.frames, frame))
      })
    }
    if (state === 'open' && cache.get(stream.name) === stream && isLoaded(stream) && !pendingWrite.settled) {
      decide(pendingWrite, stream, { from, ids, positions })
    }
    release(stream.name)
  }

  const loadAround = async (name: string): Promise<void> => {
    await cache.load(streamsAround(name))
    release(name)
  }

  const isLoaded = (stream: StreamState): boolean =>
    cache.get(stream.metastreamName) !== undefined &&
    (stream.originalName === undefined || cache.get(stream.originalName) !== undefined)

  const accept = (pendingWrite: PendingWrite): void => {
    if (pendingWrite.settled) return
    const name = pendingWrite.command.stream
    if (state !== 'open' || group.bytes > GROUP_BYTES_MAX) {
      held.push(pendingWrite)
      return
    }
    const queue = waiting.get(name)
    if (queue) {
      queue.push(pendingWrite)
      return
    }
    const stream = cache.get(name)
    if (stream && isLoaded(stream)) {
      decide(pendingWrite, stream)
      return
    }
    waiting.set(name, [pendingWrite])
    background(loadAround(name))
  }

  const acceptHeld = (): void => {
    const writes = held
    held = []
    for (const pendingWrite of writes) accept(pendingWrite)
  }

  const scheduleFlush = (): void => {
    if (flushScheduled || committing || state !== 'open') return
    flushScheduled = true
    // What arrived in the same turn of the event loop goes to disk together.
    setImmediate(() => {
      flushScheduled = false
      if (!committing && state === 'open' && answers.length > 0) background(commitGroup())
    })
  }

  const commitGroup = async (): Promise<void> => {
    const commit: Commit = { group: group.seal(), answers }
    committing = commit
    unanswered.add(commit)
    answers = []
    // The next group is decided on top of this one while the disk works.
    acceptHeld()
    const { rows, frames, views } = commit.group
    // Empty appends are answered in their turn, but there is nothing of them to store.
    if (rows.length > 0) {
      counters.commits++
      await storage.commit(commit.group)
      // The log broke down meanwhile: these writes are answered, and opening it again finds them.
      if (committing !== commit) return
    }
    committing = undefined
    if (answers.length > 0) scheduleFlush()
    // What was sent before this commit's answers is read before they go out: it counts as sent at the same time.
    await nextTurn()
    for (const [stream, view] of views) stream.committed = view
    const last = rows.at(-1)
    if (last) tail.add({ frames, count: rows.length, lastPosition: last.position })
    unanswered.delete(commit)
    for (const { write: pendingWrite, outcome } of commit.answers) settle(pendingWrite, outcome)
  }

  /**
   * Whether the failed group is on disk, nobody knows. Everything decided on top of it is dropped as unknown, and the log
   * is read anew; opening it fences a transaction that is still under way.
   */
  const breakDown = (error: unknown): void => {
    if (state !== 'open') return
    state = 'broken'
    const cause = error instanceof Error ? error : new Error(String(error))
    logger.error({ error: cause.message }, 'the event log lost its storage')
    const unknown = [...(committing?.answers ?? []), ...answers]
    committing = undefined
    unanswered.clear()
    answers = []
    cache.clear()
    recent.clear()
    for (const { write: pendingWrite } of unknown) settle(pendingWrite, { kind: 'timeout' })
    for (const writes of waiting.values()) held.push(...writes)
    waiting.clear()
    if (cause instanceof WriterFenced) {
      state = 'closed'
      options.onFenced(cause)
      return
    }
    void reopen(REOPEN_DELAY_MIN_MS)
  }

  const reopen = async (delayMs: number): Promise<void> => {
    if (state !== 'broken') return
    try {
      await open()
    } catch (error) {
      if (error instanceof WriterFenced) {
        state = 'closed'
        options.onFenced(error)
        return
      }
      logger.warn({ error: String(error), retryInMs: delayMs }, 'the event log cannot be opened yet')
      setTimeout(() => void reopen(Math.min(delayMs * 2, REOPEN_DELAY_MAX_MS)), delayMs)
      return
    }
    state = 'open'
    logger.info({ lastPosition: tail.lastPosition }, 'the event log is open again')
    acceptHeld()
  }

  /** Work that nobody waits for: its failure is the log's failure. */
  const background = (work: Promise<void>): void => {
    work.catch(breakDown)
  }

  const isUnsettled = ({ settled }: PendingWrite): boolean => !settled

  const deadlines = setInterval(() => {
    const now = Date.now()
    const late = [...pending].filter(({ command }) => command.deadlineAtMs <= now)
    if (late.length === 0) return
    for (const pendingWrite of late) settle(pendingWrite, { kind: 'timeout' })
    // What has its answer must not wait on, and hold its data, for as long as the storage is silent.
    held = held.filter(isUnsettled)
    for (const [name, writes] of waiting) waiting.set(name, writes.filter(isUnsettled))
  }, DEADLINE_TICK_MS)
  deadlines.unref()

  await open()

  return {
    tail,
    counters,
    submit: (command) => {
      const bytes = command.events.reduce(
        (sum, { data, customMetadata }) => sum + data.length + customMetadata.length,
        0,
      )
      const pendingWrite = { command, bytes, settled: false }
      pending.add(pendingWrite)
      pendingBytes += bytes
      if (command.deadlineAtMs <= Date.now() || pendingBytes > PENDING_BYTES_MAX)
        settle(pendingWrite, { kind: 'timeout' })
      else accept(pendingWrite)
    },
    stream: async (name) => {
      let stream = cache.get(name)
      while (!stream || !isLoaded(stream)) {
        await cache.load(streamsAround(name))
        stream = cache.get(name)
      }
      const { head, tombstoned } = stream.committed
      // A reader sees a metastream die with its stream; a writer does not.
      return stream.originalName === undefined
        ? { key: stream.key, head, tombstoned, metadata: cached(stream.metastreamName).committed.metadataOfOriginal }
        : {
            key: stream.key,
            head,
            tombstoned: tombstoned || cached(stream.originalName).committed.tombstoned,
            metadata: METASTREAM_METADATA,
          }
    },
    close: async () => {
      state = 'closed'
      clearInterval(deadlines)
      for (const pendingWrite of pending) settle(pendingWrite, { kind: 'timeout' })
      await storage.close()
    },
  }
}

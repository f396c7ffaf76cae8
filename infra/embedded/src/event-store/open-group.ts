import { randomUUID } from 'node:crypto'
import type { StreamFacts } from './append-decision.ts'
import {
  createdMs,
  createFrameBuffer,
  type EventToWrite,
  readEventFrame,
  TOMBSTONE_REVISION,
  writeEventFrame,
} from './event-frame.ts'
import type { RecentIds } from './recent-ids.ts'
import type { LogEnd, StoredGroup, StoredRow } from './storage.ts'
import { type StreamState, type StreamView, viewAfter } from './stream-cache.ts'
import {
  isMetastream,
  METADATA_EVENT_TYPE,
  SOFT_DELETED_DATA,
  TOMBSTONE_EVENT_TYPE,
  TRUNCATED,
  undeletedMetadata,
} from './stream-metadata.ts'
import type { WriteCommand } from './write-command.ts'

const FRAME_BUFFER_BYTES = 64 * 1024
/** The first position: nothing may take 0 for a place in the log. */
const LOG_START = 548
const TICKS_PER_MS = 10_000n
const NOTHING = Buffer.alloc(0)

/** Where the last event of a write stands; `revision` is -1 for an empty append to an absent stream. */
export interface Written {
  readonly revision: number
  readonly position: number
}

export interface SealedGroup extends StoredGroup {
  /** What readers may see once the group is on disk. */
  readonly views: ReadonlyMap<StreamState, StreamView>
}

/** What is decided and not yet on its way to the disk: events get their revisions and positions here. */
export interface OpenGroup {
  readonly bytes: number
  /** Of the last event written, -1 if there is none. */
  readonly lastPosition: number
  /** Writes what the command asks for, and what a real server writes by itself beside it. */
  apply(command: WriteCommand, stream: StreamState, facts: StreamFacts): Written
  /** Closes the group and opens the next. */
  seal(): SealedGroup
  /** Drops what is in the group; the log goes on from this end. */
  restart(end: LogEnd): void
}

export interface OpenGroupOptions {
  /** A stream that the write was accepted with. */
  readonly cached: (name: string) => StreamState
  readonly recent: RecentIds
  /** What the next event is stamped with. */
  readonly stampAfter: (lastStampedMs: number) => number
}

export const createOpenGroup = ({ cached, recent, stampAfter }: OpenGroupOptions): OpenGroup => {
  const frames = createFrameBuffer(FRAME_BUFFER_BYTES)
  let rows: StoredRow[] = []
  let views = new Map<StreamState, StreamView>()
  /** Where the next event will stand. */
  let end = LOG_START
  let lastPosition = -1
  let lastStampedMs = Number.NEGATIVE_INFINITY

  const clear = (): void => {
    rows = []
    views = new Map()
    frames.length = 0
  }

  /** Puts one event into the open group and returns its position. */
  const write = (stream: StreamState, event: EventToWrite, revision: number | bigint): number => {
    const position = event.kept?.position ?? end
    const frameStart = frames.length
    lastStampedMs =
      event.kept === undefined ? stampAfter(lastStampedMs) : Number(event.kept.createdTicks / TICKS_PER_MS)
    const length = writeEventFrame(frames, event, stream.nameBytes, revision, position, lastStampedMs)
    // A store that lays its events out more tightly than this one may go on inside the frame: places are only compared.
    end = position + length
    lastPosition = position
    rows.push({ position, streamKey: stream.key, revision, frameStart, frameEnd: frameStart + length })
    return position
  }

  const show = (stream: StreamState, view: StreamView): void => {
    stream.decided = view
    views.set(stream, view)
  }

  const writeEvents = (stream: StreamState, events: readonly EventToWrite[]): Written => {
    let revision = stream.decided.head
    let position = end
    for (const event of events) {
      position = write(stream, event, ++revision)
      recent.put(event.id, stream.key, { revision, position })
    }
    const last = events.at(-1)
    // A real server writes a record without an event: the log moves on, a reader sees nothing.
    if (!last) end += 1
    else show(stream, viewAfter(stream.name, revision, last.data))
    return { revision, position }
  }

  const systemEvent = (type: string, isJson: boolean, data: Buffer): EventToWrite => ({
    id: randomUUID(),
    type,
    isJson,
    data,
    customMetadata: NOTHING,
  })

  const writeMetadata = (metastream: StreamState, data: Buffer): Written =>
    writeEvents(metastream, [systemEvent(METADATA_EVENT_TYPE, true, data)])

  /** A soft-deleted stream that is written to again shows what comes from now on, and nothing of before. */
  const undelete = (metastream: StreamState, firstRevision: number): void => {
    const data = undeletedMetadata(metastream.decided.lastData ?? NOTHING, firstRevision)
    if (data) writeMetadata(metastream, data)
  }

  const apply = (command: WriteCommand, stream: StreamState, facts: StreamFacts): Written => {
    switch (command.kind) {
      case 'append': {
        const { originalName } = stream
        const undeletesOriginal =
          originalName !== undefined &&
          !isMetastream(originalName) &&
          stream.decided.metadataOfOriginal.truncateBefore === TRUNCATED
        const outcome = writeEvents(stream, command.events)
        if (facts.softDeleted) undelete(cached(stream.metastreamName), facts.head + 1)
        if (undeletesOriginal) undelete(stream, cached(originalName).decided.head + 1)
        return outcome
      }
      case 'delete':
        return writeMetadata(cached(stream.metastreamName), SOFT_DELETED_DATA)
      case 'tombstone': {
        const position = write(stream, systemEvent(TOMBSTONE_EVENT_TYPE, false, NOTHING), TOMBSTONE_REVISION)
        show(stream, { ...viewAfter(stream.name, stream.decided.head, NOTHING), tombstoned: true })
        return { revision: stream.decided.head, position }
      }
    }
  }

  return {
    get bytes() {
      return frames.length
    },
    get lastPosition() {
      return lastPosition
    },
    apply,
    seal: () => {
      const sealed = { rows, views, frames: Buffer.from(frames.bytes.subarray(0, frames.length)) }
      clear()
      return sealed
    },
    restart: (from) => {
      clear()
      end = Math.max(LOG_START, from.end)
      lastPosition = from.lastPosition
      lastStampedMs = from.lastFrame ? createdMs(readEventFrame(from.lastFrame, 0)) : Number.NEGATIVE_INFINITY
    },
  }
}

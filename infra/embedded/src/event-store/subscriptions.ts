import { randomUUID } from 'node:crypto'
import { streamDeletedStatus } from './append-method.ts'
import { CallRefused } from './call-refused.ts'
import type { EventFilter } from './event-filter.ts'
import {
  eachFrame,
  framePosition,
  frameRevision,
  frameStreamName,
  type Span,
  TOMBSTONE_REVISION,
} from './event-frame.ts'
import type { EventLog } from './event-log.ts'
import { ahead, type EventReader, type Shape, visibilityOf } from './event-reader.ts'
import { type Call, sendPaced } from './grpc-server.ts'
import { ABORTED, type GrpcStatus, handlerThrew } from './grpc-status.ts'
import { type Hostility, LIVE_EVENTS_MAX } from './hostile.ts'
import type { TailPage } from './log-tail.ts'
import { caughtUpFrame, checkpointFrame, confirmationFrame } from './read-messages.ts'
import type { SievedPiece } from './storage.ts'

export interface Subscriptions {
  readonly log: EventLog
  readonly reader: EventReader
  readonly hostility: Hostility | undefined
}

const tooSlow: GrpcStatus = {
  code: ABORTED,
  message: 'Operation timed out: Consumer too slow to handle event while live.',
}

/** What a live subscriber gets of these events: all of them, but for the hostile modes. */
const liveFrames = (frames: Buffer, hostility: Hostility | undefined): Buffer => {
  if (hostility?.mode === 'repeatDelivery') return Buffer.concat([frames, frames])
  if (hostility?.mode === 'dropLiveSubscriptions') {
    let count = 0
    eachFrame(frames, () => {
      count++
    })
    if (count > LIVE_EVENTS_MAX) throw new CallRefused(tooSlow)
  }
  return frames
}

/** After how many considered events a checkpoint is due: the window times the multiplier. */
export interface CheckpointInterval {
  readonly window: number | undefined
  readonly multiplier: number
}

/** What a filter without a limit of its own considers in one search. */
const WINDOW_DEFAULT = 32

/** Resolves at the next commit, or when the call is over. */
const nextCommit = (log: EventLog, call: Call): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      stopListening()
      stopWatching()
      resolve()
    }
    const stopListening = log.tail.listen(done)
    const stopWatching = call.onClosed(done)
  })

/** The frames behind a position; a page of the tail may begin before it. */
const behind = (frames: Buffer, position: number): Buffer => {
  let start = frames.length
  eachFrame(frames, (frame) => {
    if (framePosition(frames, frame) <= position) return true
    start = frame
    return false
  })
  return frames.subarray(start)
}

/** A run of matching events, or a checkpoint. */
type SievePart = { readonly events: Buffer } | { readonly checkpoint: number }

interface Sieve {
  /** What goes out of events that are all there. */
  sift(frames: Buffer): SievePart[]
  /** The same of a piece from which the storage has left events out already. */
  siftPiece(piece: SievedPiece): SievePart[]
}

const createSieve = ({ passes }: EventFilter, interval: CheckpointInterval): Sieve => {
  const due = Math.max(1, interval.window ?? WINDOW_DEFAULT) * Math.max(1, interval.multiplier)
  let considered = 0
  return {
    sift: (frames) => {
      const parts: SievePart[] = []
      let runStart = -1
      eachFrame(frames, (frame, end) => {
        if (passes(frames, frame)) {
          if (runStart < 0) runStart = frame
        } else if (runStart >= 0) {
          parts.push({ events: frames.subarray(runStart, frame) })
          runStart = -1
        }
        if (++considered < due) return
        considered = 0
        if (runStart >= 0) parts.push({ events: frames.subarray(runStart, end) })
        runStart = -1
        parts.push({ checkpoint: framePosition(frames, frame) })
      })
      if (runStart >= 0) parts.push({ events: frames.subarray(runStart) })
      return parts
    },
    siftPiece: (piece) => {
      const parts: SievePart[] = []
      eachFrame(piece.frames, (frame, end) => {
        if (passes(piece.frames, frame)) parts.push({ events: piece.frames.subarray(frame, end) })
      })
      considered += piece.considered
      if (considered < due) return parts
      // Where in the piece the checkpoint was due is not known; its end is the next place that is.
      considered = 0
      parts.push({ checkpoint: piece.lastPosition })
      return parts
    },
  }
}

/** A subscription to `$all`, from behind a position on, filtered or not. Returns when the call is over. */
export const subscribeToLog = async (
  { log, reader, hostility }: Subscriptions,
  call: Call,
  from: number | 'start' | 'end',
  shape: Shape,
  filter: EventFilter | undefined,
  interval: CheckpointInterval | undefined,
): Promise<void> => {
  const { tail } = log
  if (typeof from === 'number' && from <= tail.lastPosition && !(await reader.isEventPosition(from))) {
    throw new CallRefused(handlerThrew)
  }
  // From beyond the head it delivers whatever comes next, as a real server does.
  let position = from === 'start' ? -1 : from === 'end' ? tail.lastPosition : Math.min(from, tail.lastPosition)
  let caughtUp = false
  const sieve = filter && createSieve(filter, interval ?? { window: undefined, multiplier: 1 })

  const deliverParts = async (parts: readonly SievePart[]): Promise<boolean> => {
    const frames: Buffer[] = []
    for (const part of parts) {
      frames.push('checkpoint' in part ? checkpointFrame(part.checkpoint) : await reader.shaped(part.events, shape))
    }
    return sendPaced(call, frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames))
  }

  const deliver = async (frames: Buffer): Promise<boolean> =>
    sieve ? deliverParts(sieve.sift(frames)) : sendPaced(call, await reader.shaped(frames, shape))

  /** Everything up to where the log ends now; returns that position. */
  const catchUp = async (): Promise<number> => {
    const upTo = tail.lastPosition
    if (sieve && filter?.streamPrefixes) {
      for await (const pieces of ahead(reader.sievedPages(position, upTo, filter.streamPrefixes))) {
        if (!(await deliverParts(pieces.flatMap((piece) => sieve.siftPiece(piece))))) break
      }
    } else {
      for await (const page of ahead(reader.logPages(position, upTo))) {
        if (!(await deliver(page.frames))) break
      }
    }
    return upTo
  }

  call.send(confirmationFrame(randomUUID()))
  while (!call.ended) {
    const page = tail.after(position)
    if (page === undefined) {
      if (!caughtUp) call.send(caughtUpFrame)
      caughtUp = true
      await nextCommit(log, call)
    } else if (page === 'forgotten') {
      position = await catchUp()
    } else {
      const frames = behind(page.frames, position)
      position = page.lastPosition
      await deliver(caughtUp ? liveFrames(frames, hostility) : frames)
    }
  }
}

const lastFrame = (frames: Buffer): number => {
  let last = 0
  eachFrame(frames, (frame) => {
    last = frame
  })
  return last
}

/** A tombstone's revision is the largest there is, and nothing comes after it. */
const endsInTombstone = (frames: Buffer): boolean =>
  frameRevision(frames, lastFrame(frames)) >= Number(TOMBSTONE_REVISION)

const withoutLast = (frames: Buffer): Buffer => frames.subarray(0, lastFrame(frames))

/** A subscription to one stream, from behind a revision on. Returns when the call is over. */
export const subscribeToStream = async (
  { log, reader, hostility }: Subscriptions,
  call: Call,
  name: string,
  from: number | 'start' | 'end',
  shape: Shape,
): Promise<void> => {
  const { tail } = log
  const nameBytes = Buffer.from(name)
  const span: Span = { start: 0, end: 0 }
  const begun = await log.stream(name)
  if (begun.tombstoned && from !== 'end') throw new CallRefused(streamDeletedStatus(name))
  let next = from === 'start' ? 0 : from === 'end' ? begun.head + 1 : from + 1

  const deliver = async (frames: Buffer): Promise<boolean> => sendPaced(call, await reader.shaped(frames, shape))

  /** Everything that stands in the stream now; returns the position up to which the log has been seen. */
  const catchUp = async (): Promise<number> => {
    const position = tail.lastPosition
    const stream = await log.stream(name)
    if (stream.tombstoned && !begun.tombstoned) throw new CallRefused(streamDeletedStatus(name))
    if (visibilityOf(stream) !== 'visible') return position
    for await (const page of reader.streamPages(stream, next, 'forwards', Number.POSITIVE_INFINITY)) {
      next = frameRevision(page.frames, 0) + page.count
      if (!(await deliver(page.frames))) return position
    }
    next = Math.max(next, stream.head + 1)
    return position
  }

  const ofThisStream = (page: TailPage): Buffer => {
    const found: Buffer[] = []
    eachFrame(page.frames, (frame, end) => {
      frameStreamName(page.frames, frame, span)
      if (span.end - span.start !== nameBytes.length) return
      if (nameBytes.compare(page.frames, span.start, span.end) !== 0) return
      if (frameRevision(page.frames, frame) < next) return
      found.push(page.frames.subarray(frame, end))
    })
    return found.length === 1 ? (found[0] as Buffer) : Buffer.concat(found)
  }

  call.send(confirmationFrame(randomUUID()))
  let position = from === 'end' ? tail.lastPosition : await catchUp()
  // Also to a stream that is not there: 23.10 waits for its first events, later lines do not.
  call.send(caughtUpFrame)
  while (!call.ended) {
    const page = tail.after(position)
    if (page === undefined) {
      await nextCommit(log, call)
    } else if (page === 'forgotten') {
      position = await catchUp()
    } else {
      position = page.lastPosition
      const frames = ofThisStream(page)
      if (frames.length === 0) continue
      if (endsInTombstone(frames)) {
        await deliver(liveFrames(withoutLast(frames), hostility))
        throw new CallRefused(streamDeletedStatus(name))
      }
      await deliver(liveFrames(frames, hostility))
      eachFrame(frames, (frame) => {
        next = frameRevision(frames, frame) + 1
      })
    }
  }
}

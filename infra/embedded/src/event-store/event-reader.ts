import {
  composeFrame,
  createdMs,
  eachFrame,
  frameEventType,
  framePosition,
  frameRevision,
  readEventFrame,
  type Span,
} from './event-frame.ts'
import type { EventLog, ReadableStream } from './event-log.ts'
import { frameLength } from './grpc-frame.ts'
import type { Direction, Page, SievedPiece, Storage } from './storage.ts'
import { TRUNCATED, visibleFrom } from './stream-metadata.ts'

/** How far one page of the log reaches; positions count bytes, so it bounds memory too. */
export const LOG_PAGE_BYTES = 1024 * 1024
/** Events a page of a stream. */
const STREAM_PAGE_EVENTS = 1_000

const EMPTY_PAGE: Page = { frames: Buffer.alloc(0), count: 0 }

export type StreamVisibility = 'visible' | 'notFound' | 'deleted'

export const visibilityOf = (stream: ReadableStream): StreamVisibility => {
  if (stream.tombstoned) return 'deleted'
  return stream.head < 0 || stream.metadata.truncateBefore === TRUNCATED ? 'notFound' : 'visible'
}

/** How frames are sent when not as they are stored. */
export interface Shape {
  readonly resolveLinks: boolean
  readonly structuredIds: boolean
}

/** Starts the next page while the present one is sent; nothing runs ahead further than that. */
export async function* ahead<T>(pages: AsyncIterator<T>): AsyncGenerator<T> {
  let next = pages.next()
  // A reader that leaves early leaves a page behind whose failure nobody waits for.
  next.catch(() => undefined)
  for (;;) {
    const result = await next
    if (result.done) return
    next = pages.next()
    next.catch(() => undefined)
    yield result.value
  }
}

export interface EventReader {
  /** Pages of a stream's visible events from a revision on, `countMax` at most. */
  streamPages(stream: ReadableStream, from: number, direction: Direction, countMax: number): AsyncGenerator<Page>
  /** Pages of the log: `above < position <= upTo`, upwards. */
  logPages(above: number, upTo: number): AsyncGenerator<Page>
  /** The same, of streams whose names may begin with one of the prefixes. */
  sievedPages(above: number, upTo: number, prefixes: readonly Buffer[]): AsyncGenerator<readonly SievedPiece[]>
  /** Pages of the log below a position, downwards; `firstBytes` is how far the first one reaches. */
  logPagesDown(below: number, firstBytes: number): AsyncGenerator<Page>
  isEventPosition(position: number): Promise<boolean>
  /** The frames in the shape that the reader asked for. */
  shaped(frames: Buffer, shape: Shape): Promise<Buffer>
}

const reversed = (page: Page): Page => {
  const frames: Buffer[] = []
  eachFrame(page.frames, (frame, end) => {
    frames.push(page.frames.subarray(frame, end))
  })
  return { frames: Buffer.concat(frames.reverse()), count: page.count }
}

/** The first `countMax` frames. */
export const firstFrames = (frames: Buffer, countMax: number): Buffer => {
  let at = 0
  for (let count = 0; count < countMax && at < frames.length; count++) at += frameLength(frames, at)
  return frames.subarray(0, at)
}

const withoutExpired = (page: Page, maxAgeSeconds: number, nowMs: number): Page => {
  const frames: Buffer[] = []
  eachFrame(page.frames, (frame, end) => {
    const event = readEventFrame(page.frames, frame)
    if (createdMs(event) >= nowMs - maxAgeSeconds * 1_000) frames.push(page.frames.subarray(frame, end))
  })
  return { frames: Buffer.concat(frames), count: frames.length }
}

export const createEventReader = (
  log: Pick<EventLog, 'stream' | 'tail'>,
  storage: Pick<Storage, 'readStream' | 'readLog' | 'readLogSieved'>,
  nowMs: () => number,
): EventReader => {
  async function* streamPages(
    stream: ReadableStream,
    from: number,
    direction: Direction,
    countMax: number,
  ): AsyncGenerator<Page> {
    const least = visibleFrom(stream.metadata, stream.head)
    const { maxAgeSeconds } = stream.metadata
    let next = direction === 'forwards' ? Math.max(from, least) : Math.min(from, stream.head)
    let wanted = countMax
    const step = direction === 'forwards' ? 1 : -1
    while (wanted > 0 && next >= least && next <= stream.head) {
      const left = direction === 'forwards' ? stream.head - next + 1 : next - least + 1
      // With an age limit the wanted events may stand behind any number of expired ones.
      const asked = Math.min(left, STREAM_PAGE_EVENTS, maxAgeSeconds === undefined ? wanted : STREAM_PAGE_EVENTS)
      const stored = await storage.readStream(stream.key, next, direction, least, asked)
      if (stored.count === 0) return
      next += step * stored.count
      const page = maxAgeSeconds === undefined ? stored : withoutExpired(stored, maxAgeSeconds, nowMs())
      if (page.count === 0) continue
      const kept = page.count > wanted ? { frames: firstFrames(page.frames, wanted), count: wanted } : page
      wanted -= kept.count
      yield kept
    }
  }

  async function* logPages(above: number, upTo: number): AsyncGenerator<Page> {
    for (let position = above; position < upTo; position += LOG_PAGE_BYTES) {
      yield await storage.readLog(position, Math.min(upTo, position + LOG_PAGE_BYTES))
    }
  }

  async function* sievedPages(
    above: number,
    upTo: number,
    prefixes: readonly Buffer[],
  ): AsyncGenerator<readonly SievedPiece[]> {
    for (let position = above; position < upTo; position += LOG_PAGE_BYTES) {
      yield await storage.readLogSieved(position, Math.min(upTo, position + LOG_PAGE_BYTES), prefixes)
    }
  }

  async function* logPagesDown(below: number, firstBytes: number): AsyncGenerator<Page> {
    let pageEnd = below - 1
    // Where the log ends is asked for beside every append; memory knows.
    const newest = log.tail.newest()
    if (newest !== undefined && newest.lastPosition === pageEnd) {
      yield reversed(newest)
      pageEnd = framePosition(newest.frames, 0) - 1
    }
    let bytes = Math.min(firstBytes, LOG_PAGE_BYTES)
    while (pageEnd >= 0) {
      const above = Math.max(-1, pageEnd - bytes)
      const page = await storage.readLog(above, pageEnd)
      if (page.count > 0) yield reversed(page)
      pageEnd = above
      bytes = Math.min(bytes * 4, LOG_PAGE_BYTES)
    }
  }

  /** The event that a link points to, unless it is gone or hidden; `null` if the link is none. */
  const linkTarget = async (frame: Buffer): Promise<Buffer | undefined | null> => {
    const link = readEventFrame(frame, 0)
    const match = /^(-?\d{1,15})@(.*)$/s.exec(link.data.toString('utf8'))
    if (!match) return null
    const revision = Number(match[1])
    const stream = await log.stream(match[2] as string)
    if (visibilityOf(stream) !== 'visible') return undefined
    for await (const page of streamPages(stream, revision, 'forwards', 1)) {
      return frameRevision(page.frames, 0) === revision ? page.frames : undefined
    }
    return undefined
  }

  const type: Span = { start: 0, end: 0 }

  return {
    streamPages,
    logPages,
    sievedPages,
    logPagesDown,
    isEventPosition: async (position) => (await storage.readLog(position - 1, position)).count > 0,
    shaped: async (frames, { resolveLinks, structuredIds }) => {
      if (!resolveLinks && !structuredIds) return frames
      const parts: Buffer[] = []
      let at = 0
      while (at < frames.length) {
        const end = at + frameLength(frames, at)
        const frame = frames.subarray(at, end)
        frameEventType(frame, 0, type)
        const isLink = resolveLinks && frame.toString('latin1', type.start, type.end) === '$>'
        const target = isLink ? await linkTarget(frame) : null
        if (target !== null) parts.push(composeFrame({ event: target, link: frame, structuredIds }))
        else parts.push(structuredIds ? composeFrame({ event: frame, link: undefined, structuredIds }) : frame)
        at = end
      }
      return parts.length === 0 ? EMPTY_PAGE.frames : Buffer.concat(parts)
    },
  }
}

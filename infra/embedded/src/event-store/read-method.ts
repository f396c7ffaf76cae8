import { streamDeletedStatus } from './append-method.ts'
import { CallRefused } from './call-refused.ts'
import { createEventFilter, type EventFilter, RefusedPattern } from './event-filter.ts'
import type { EventLog } from './event-log.ts'
import { ahead, type EventReader, firstFrames, LOG_PAGE_BYTES, type Shape, visibilityOf } from './event-reader.ts'
import { frameLength } from './grpc-frame.ts'
import { type Call, type Method, sendPaced } from './grpc-server.ts'
import { type GrpcStatus, handlerThrew, INVALID_ARGUMENT, okStatus, UNAVAILABLE, UNKNOWN } from './grpc-status.ts'
import type { Hostility } from './hostile.ts'
import type { Logger } from './logger.ts'
import {
  type LogStart,
  lastStreamPositionFrame,
  type ReadRequest,
  readReadRequest,
  type StreamStart,
  streamNotFoundFrame,
} from './read-messages.ts'
import type { Direction, Page } from './storage.ts'
import { visibleFrom } from './stream-metadata.ts'
import { subscribeToLog, subscribeToStream } from './subscriptions.ts'

const refuse = (code: number, message: string): never => {
  throw new CallRefused({ code, message })
}

const INT64_MAX = 2n ** 63n - 1n
const UINT64_MAX = 2n ** 64n - 1n
/** What a page of a backward read reaches at first, for each event wanted. */
const EVENT_BYTES_GUESS = 1_024

const handlerThrows = (): never => {
  throw new CallRefused(handlerThrew)
}

/** A revision as the server holds it; beyond 2^53 there is no event, so precision does not matter. */
const revisionOf = (from: StreamStart | undefined): number | 'start' | 'end' => {
  if (from === undefined) return handlerThrows()
  if (typeof from === 'string') return from
  if (from === UINT64_MAX) return 'end'
  return from > INT64_MAX ? handlerThrows() : Number(from)
}

const positionOf = (from: LogStart | undefined): number | 'start' | 'end' => {
  if (from === undefined) return handlerThrows()
  if (typeof from === 'string') return from
  if (from.commit === UINT64_MAX) return 'end'
  if (from.commit > INT64_MAX || from.prepare > from.commit) return handlerThrows()
  return Number(from.commit)
}

const invalidPosition = (): never => refuse(UNKNOWN, 'Unexpected ReadAllResult: InvalidPosition')

const filterOf = (request: ReadRequest): EventFilter | undefined => {
  try {
    return request.filter && createEventFilter(request.filter)
  } catch (error) {
    if (error instanceof RefusedPattern) return refuse(INVALID_ARGUMENT, error.message)
    throw error
  }
}

const matching = (page: Page, filter: EventFilter): Page => {
  const frames: Buffer[] = []
  let at = 0
  while (at < page.frames.length) {
    const end = at + frameLength(page.frames, at)
    if (filter.passes(page.frames, at)) frames.push(page.frames.subarray(at, end))
    at = end
  }
  return { frames: Buffer.concat(frames), count: frames.length }
}

/** What a real server has no word for: its disk is elsewhere. The client tries again. */
const storageSilent: GrpcStatus = { code: UNAVAILABLE, message: 'The storage of the event store does not answer.' }

export interface ReadMethodOptions {
  readonly log: EventLog
  readonly reader: EventReader
  readonly hostility: Hostility | undefined
  readonly logger: Logger
}

/** `Streams/Read`: reads and subscriptions, of a stream and of `$all`. */
export const readMethod = (options: ReadMethodOptions): Method => {
  const { log, reader, logger } = options

  const readStream = async (
    call: Call,
    request: ReadRequest,
    direction: Direction,
    name: string,
    from: StreamStart | undefined,
  ): Promise<void> => {
    const { compatibility } = request
    const start = revisionOf(from)
    // The empty name and a count of nothing make a real server throw.
    if (name === '' || request.count === 0n) return handlerThrows()
    if (start === 'end' && direction === 'forwards') return refuse(UNKNOWN, 'Unexpected ReadStreamResult: Error')
    const stream = await log.stream(name)
    const visibility = visibilityOf(stream)
    if (visibility === 'deleted') throw new CallRefused(streamDeletedStatus(name))
    if (visibility === 'notFound') {
      call.send(streamNotFoundFrame(name))
      return
    }
    const first = start === 'start' ? 0 : start === 'end' ? stream.head : start
    const countMax = Number(request.count)
    let sent = 0
    for await (const page of ahead(reader.streamPages(stream, first, direction, countMax))) {
      sent += page.count
      if (!(await sendPaced(call, await reader.shaped(page.frames, request)))) return
    }
    const least = visibleFrom(stream.metadata, stream.head)
    const readable = direction === 'forwards' ? stream.head - Math.max(first, least) + 1 : first - least + 1
    if (compatibility >= 1 && sent >= Math.min(readable, countMax) && readable <= countMax) {
      call.send(lastStreamPositionFrame(stream.head))
    }
  }

  const readAll = async (
    call: Call,
    request: ReadRequest,
    direction: Direction,
    from: LogStart | undefined,
  ): Promise<void> => {
    const filter = filterOf(request)
    const start = positionOf(from)
    if (request.count === 0n) {
      return refuse(INVALID_ARGUMENT, 'A real server never answers a read of $all with a maximal count of 0.')
    }
    const { lastPosition } = log.tail
    if (start === (direction === 'forwards' ? 'end' : 'start')) return
    // Forwards nothing lies beyond the end; backwards no event was ever there.
    if (typeof start === 'number' && start > lastPosition && direction === 'backwards') return invalidPosition()
    if (typeof start === 'number' && start <= lastPosition && start > 0 && !(await reader.isEventPosition(start))) {
      return invalidPosition()
    }
    // Without a pattern and without a prefix nothing passes: the log need not be read to say so.
    if (request.filter?.regex === '' && request.filter.prefixes.length === 0) return
    let wanted = Number(request.count)
    const first = typeof start === 'number' ? start : 0
    const below = typeof start === 'number' ? Math.min(start, lastPosition + 1) : lastPosition + 1
    const pages: AsyncGenerator<Page> =
      direction === 'forwards'
        ? reader.logPages(first - 1, lastPosition)
        : reader.logPagesDown(below, Math.min(LOG_PAGE_BYTES, wanted * EVENT_BYTES_GUESS))
    // Backwards the first page is mostly all that is wanted.
    for await (const page of direction === 'forwards' ? ahead(pages) : pages) {
      const found = filter ? matching(page, filter) : page
      const frames = found.count > wanted ? firstFrames(found.frames, wanted) : found.frames
      wanted -= found.count
      if (!(await sendPaced(call, await reader.shaped(frames, request))) || wanted <= 0) return
    }
  }

  const read = async (call: Call, request: ReadRequest | undefined): Promise<void> => {
    if (!request?.uuidChosen) return handlerThrows()
    const { target, count, subscription, filterChosen, filter, direction } = request
    const complete = target && direction && filterChosen && (count !== undefined || subscription)
    if (!complete || (target.kind === 'stream' && filter) || (subscription && direction === 'backwards')) {
      return refuse(INVALID_ARGUMENT, 'The options of the read do not go together.')
    }
    const shape: Shape = request
    if (target.kind === 'stream') {
      if (target.name === undefined) return handlerThrows()
      if (subscription) return subscribeToStream(options, call, target.name, revisionOf(target.from), shape)
      return readStream(call, request, direction, target.name, target.from)
    }
    if (!subscription) return readAll(call, request, direction, target.from)
    const interval = filter && { window: filter.window, multiplier: filter.checkpointMultiplier }
    return subscribeToLog(options, call, positionOf(target.from), shape, filterOf(request), interval)
  }

  return (call) => {
    let bytes: Buffer | undefined
    return {
      message: (message) => {
        bytes = message
      },
      halfClosed: () => {
        const request = bytes && readReadRequest(bytes)
        read(call, request).then(
          () => call.end(okStatus),
          (error: unknown) => {
            if (error instanceof CallRefused) return call.end(error.status)
            logger.warn({ error: String(error) }, 'a read failed')
            return call.end(storageSilent)
          },
        )
      },
      closed: () => undefined,
    }
  }
}

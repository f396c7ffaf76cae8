import { setFlagsFromString } from 'node:v8'
import { frameEventType, frameStreamName, type Span } from './event-frame.ts'
import type { FilterRequest } from './read-messages.ts'

export interface EventFilter {
  /** Whether the event whose frame stands at `frame` passes. */
  readonly passes: (frames: Buffer, frame: number) => boolean
  /** Where only the beginning of a stream's name decides: a storage can leave out most others. */
  readonly streamPrefixes: readonly Buffer[] | undefined
}

/** The pattern is refused: it could take longer than linear time, or is no pattern at all. */
export class RefusedPattern extends Error {
  override readonly name = 'RefusedPattern'
}

/** What the client's `excludeSystemEvents` sends. */
const NOT_SYSTEM = String.raw`^[^\$].*`
const DOLLAR = 0x24

// A caller's pattern runs on the server's only thread. V8's linear engine (regex flag `l`) cannot be made to backtrack, and
// it refuses by itself what it cannot do in linear time: back-references and look-around.
setFlagsFromString('--enable-experimental-regexp-engine')

const LINEAR_FLAG = 'l'

const linearPattern = (pattern: string): RegExp => {
  try {
    return new RegExp(pattern, LINEAR_FLAG)
  } catch (error) {
    throw new RefusedPattern(`the pattern ${JSON.stringify(pattern)} is not accepted`, { cause: error })
  }
}

const startsWith = (frames: Buffer, span: Span, prefix: Buffer): boolean =>
  span.end - span.start >= prefix.length && prefix.compare(frames, span.start, span.start + prefix.length) === 0

const unsieved = (passes: EventFilter['passes']): EventFilter => ({ passes, streamPrefixes: undefined })

/** @throws RefusedPattern */
export const createEventFilter = (request: FilterRequest): EventFilter => {
  const span: Span = { start: 0, end: 0 }
  const find = request.on === 'stream' ? frameStreamName : frameEventType
  if (request.regex === NOT_SYSTEM) {
    return unsieved((frames, frame) => {
      find(frames, frame, span)
      return span.end > span.start && frames[span.start] !== DOLLAR
    })
  }
  if (request.regex !== '') {
    const pattern = linearPattern(request.regex)
    return unsieved((frames, frame) => {
      find(frames, frame, span)
      return pattern.test(frames.toString('utf8', span.start, span.end))
    })
  }
  const prefixes = request.prefixes.map((prefix) => Buffer.from(prefix))
  const passes: EventFilter['passes'] = (frames, frame) => {
    find(frames, frame, span)
    for (const prefix of prefixes) if (startsWith(frames, span, prefix)) return true
    return false
  }
  return { passes, streamPrefixes: request.on === 'stream' ? prefixes : undefined }
}

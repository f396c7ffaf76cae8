/**
 * `ReadReq.Options { stream = 1 | all = 2, read_direction = 3, resolve_links = 4, count = 5 | subscription = 6,
 * filter = 7 | no_filter = 8, uuid_option = 9, control_option = 10 }` and the answers that are no events.
 */
import { frameOf } from './grpc-frame.ts'
import {
  type Cursor,
  cursorOf,
  eachField,
  messageField,
  readMessage,
  readText,
  readUint32,
  readUint64,
  textField,
  varintField,
} from './protobuf.ts'
import type { Direction } from './storage.ts'

export interface FilterRequest {
  readonly on: 'stream' | 'type'
  readonly regex: string
  readonly prefixes: readonly string[]
  /** How many events one search considers; `undefined` where the client set no limit. */
  readonly window: number | undefined
  readonly checkpointMultiplier: number
}

export type StreamStart = 'start' | 'end' | bigint
export type LogStart = 'start' | 'end' | { readonly commit: bigint; readonly prepare: bigint }

export type ReadTarget =
  | { readonly kind: 'stream'; readonly name: string | undefined; readonly from: StreamStart | undefined }
  | { readonly kind: 'all'; readonly from: LogStart | undefined }

export interface ReadRequest {
  readonly target: ReadTarget | undefined
  /** `undefined`: a number that stands for none. */
  readonly direction: Direction | undefined
  readonly resolveLinks: boolean
  /** `undefined`: a subscription, or nothing at all. */
  readonly count: bigint | undefined
  readonly subscription: boolean
  readonly filter: FilterRequest | undefined
  readonly filterChosen: boolean
  readonly structuredIds: boolean
  readonly uuidChosen: boolean
  readonly compatibility: number
}

const DIRECTIONS: readonly Direction[] = ['forwards', 'backwards']

const skipMessage = (cursor: Cursor): boolean => {
  readMessage(cursor)
  return true
}

/** `StreamOptions { stream_identifier = 1, revision = 2 | start = 3 | end = 4 }` */
const readStreamTarget = (parent: Cursor): ReadTarget => {
  const cursor = readMessage(parent)
  let name: string | undefined
  let from: StreamStart | undefined
  eachField(cursor, (field) => {
    switch (field) {
      case 1: {
        const identifier = readMessage(cursor)
        name = ''
        eachField(identifier, (part) => part === 3 && ((name = readText(identifier)), true))
        return true
      }
      case 2:
        from = readUint64(cursor)
        return true
      case 3:
        from = 'start'
        return skipMessage(cursor)
      case 4:
        from = 'end'
        return skipMessage(cursor)
      default:
        return false
    }
  })
  return { kind: 'stream', name, from }
}

/** `AllOptions { position = 1 { commit_position = 1, prepare_position = 2 } | start = 2 | end = 3 }` */
const readAllTarget = (parent: Cursor): ReadTarget => {
  const cursor = readMessage(parent)
  let from: LogStart | undefined
  eachField(cursor, (field) => {
    switch (field) {
      case 1: {
        const position = readMessage(cursor)
        let commit = 0n
        let prepare = 0n
        eachField(position, (part) => {
          if (part === 1) commit = readUint64(position)
          else if (part === 2) prepare = readUint64(position)
          else return false
          return true
        })
        from = { commit, prepare }
        return true
      }
      case 2:
        from = 'start'
        return skipMessage(cursor)
      case 3:
        from = 'end'
        return skipMessage(cursor)
      default:
        return false
    }
  })
  return { kind: 'all', from }
}

/** `FilterOptions { stream_identifier = 1 | event_type = 2 { regex = 1, prefix = 2 }, max = 3 | count = 4, checkpointIntervalMultiplier = 5 }` */
const readFilter = (parent: Cursor): FilterRequest | undefined => {
  const cursor = readMessage(parent)
  let on: FilterRequest['on'] | undefined
  let regex = ''
  let prefixes: string[] = []
  let window: number | undefined
  let checkpointMultiplier = 0
  eachField(cursor, (field) => {
    switch (field) {
      case 1:
      case 2: {
        on = field === 1 ? 'stream' : 'type'
        regex = ''
        prefixes = []
        const expression = readMessage(cursor)
        eachField(expression, (part) => {
          if (part === 1) regex = readText(expression)
          else if (part === 2) prefixes.push(readText(expression))
          else return false
          return true
        })
        return true
      }
      case 3:
        window = readUint32(cursor)
        return true
      case 4:
        window = undefined
        return skipMessage(cursor)
      case 5:
        checkpointMultiplier = readUint32(cursor)
        return true
      default:
        return false
    }
  })
  return on && { on, regex, prefixes, window, checkpointMultiplier }
}

export const readReadRequest = (bytes: Buffer): ReadRequest | undefined => {
  const request = cursorOf(bytes)
  let options: Cursor | undefined
  eachField(request, (field) => field === 1 && ((options = readMessage(request)), true))
  if (!options) return undefined
  const cursor = options
  let target: ReadTarget | undefined
  let direction: Direction | undefined = 'forwards'
  let resolveLinks = false
  let count: bigint | undefined
  let subscription = false
  let filter: FilterRequest | undefined
  let filterChosen = false
  let structuredIds = false
  let uuidChosen = false
  let compatibility = 0
  eachField(cursor, (field) => {
    switch (field) {
      case 1:
        target = readStreamTarget(cursor)
        return true
      case 2:
        target = readAllTarget(cursor)
        return true
      case 3:
        direction = DIRECTIONS[readUint32(cursor)]
        return true
      case 4:
        resolveLinks = readUint32(cursor) !== 0
        return true
      case 5:
        count = readUint64(cursor)
        subscription = false
        return true
      case 6:
        count = undefined
        subscription = true
        return skipMessage(cursor)
      case 7:
        filter = readFilter(cursor)
        // A filter that names neither streams nor types is as bad as none.
        filterChosen = filter !== undefined
        return true
      case 8:
        filter = undefined
        filterChosen = true
        return skipMessage(cursor)
      case 9: {
        const choice = readMessage(cursor)
        uuidChosen = true
        structuredIds = true
        eachField(choice, (part) => {
          structuredIds = part !== 2
          return false
        })
        return true
      }
      case 10: {
        const control = readMessage(cursor)
        eachField(control, (part) => part === 1 && ((compatibility = readUint32(control)), true))
        return true
      }
      default:
        return false
    }
  })
  return {
    target,
    direction,
    resolveLinks,
    count,
    subscription,
    filter,
    filterChosen,
    structuredIds,
    uuidChosen,
    compatibility,
  }
}

// ReadResp { event = 1, confirmation = 2, checkpoint = 3, stream_not_found = 4, last_stream_position = 6, caught_up = 8 }

export const confirmationFrame = (subscriptionId: string): Buffer =>
  frameOf(messageField(2, textField(1, subscriptionId)))

export const checkpointFrame = (position: number): Buffer =>
  frameOf(messageField(3, varintField(1, position), varintField(2, position)))

export const streamNotFoundFrame = (stream: string): Buffer =>
  frameOf(messageField(4, messageField(1, textField(3, stream))))

export const lastStreamPositionFrame = (revision: number): Buffer => frameOf(varintField(6, revision))

export const caughtUpFrame: Buffer = frameOf(messageField(8))

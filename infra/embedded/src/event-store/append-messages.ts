/**
 * Requests and answers that write, as `event_store.client.streams.Streams` has them:
 *
 *     AppendReq        { options = 1, proposed_message = 2 }
 *     BatchAppendReq   { correlation_id = 1, options = 2, proposed_messages = 3, is_final = 4 }
 *     options          { stream_identifier = 1, revision = 2, no_stream = 3, any = 4, stream_exists = 5,
 *                        deadline_21_10_0 = 6: Timestamp, deadline = 7: Duration }
 *     proposed message { id = 1, metadata = 2: map<string, string>, custom_metadata = 3, data = 4 }
 *     DeleteReq, TombstoneReq { options = 1 }
 */
import type { ExpectedRevision } from './append-decision.ts'
import { FRAME_HEADER_BYTES, frameOf, writeFrameHeader } from './grpc-frame.ts'
import {
  bytesField,
  type Cursor,
  cursorOf,
  eachField,
  message,
  messageField,
  nextTag,
  readBytes,
  readMessage,
  readText,
  readUint32,
  readUint64,
  skipField,
  textField,
  varintField,
  varintLength,
  writeVarint,
} from './protobuf.ts'
import { readUuid } from './uuid.ts'

export interface WriteOptions {
  /** `undefined`: not set, which a real server takes as badly as it can. */
  readonly stream: string | undefined
  /** `undefined`: none of the kinds was set. */
  readonly expected: ExpectedRevision | undefined
  readonly deadlineAtMs: number | undefined
}

export interface ProposedMessage {
  /** `undefined`: missing, or no UUID. */
  readonly id: string | undefined
  readonly type: string | undefined
  readonly contentType: string | undefined
  readonly data: Buffer
  readonly customMetadata: Buffer
}

const NOTHING = Buffer.alloc(0)
const ANY: ExpectedRevision = { kind: 'any' }
const NO_STREAM: ExpectedRevision = { kind: 'noStream' }
const STREAM_EXISTS: ExpectedRevision = { kind: 'streamExists' }
const UINT64_MAX = 2n ** 64n - 1n

/** The largest number is how `no_stream` looked before there was a field for it. */
export const effectiveRevision = (expected: ExpectedRevision): ExpectedRevision =>
  expected.kind === 'exact' && expected.revision === UINT64_MAX ? NO_STREAM : expected

/** `StreamIdentifier { stream_name = 3: bytes }` */
const readStreamIdentifier = (cursor: Cursor): string => {
  const identifier = readMessage(cursor)
  let name = ''
  for (let tag = nextTag(identifier); tag !== 0; tag = nextTag(identifier)) {
    if (tag >>> 3 === 3) name = readText(identifier)
    else skipField(identifier, tag & 7)
  }
  return name
}

const streamIdentifier = (field: number, name: string): Buffer => messageField(field, textField(3, name))

/** Seconds and nanoseconds, of a Timestamp or a Duration alike. */
const readSecondsMs = (cursor: Cursor): number => {
  const time = readMessage(cursor)
  let ms = 0
  eachField(time, (field) => {
    if (field === 1) ms += Number(BigInt.asIntN(64, readUint64(time))) * 1_000
    else if (field === 2) ms += (readUint32(time) | 0) / 1_000_000
    else return false
    return true
  })
  return ms
}

const readWriteOptions = (parent: Cursor): WriteOptions => {
  const options = readMessage(parent)
  let stream: string | undefined
  let expected: ExpectedRevision | undefined
  let deadlineAtMs: number | undefined
  for (let tag = nextTag(options); tag !== 0; tag = nextTag(options)) {
    switch (tag >>> 3) {
      case 1:
        stream = readStreamIdentifier(options)
        break
      case 2:
        expected = { kind: 'exact', revision: readUint64(options) }
        break
      case 3:
        expected = NO_STREAM
        readMessage(options)
        break
      case 4:
        expected = ANY
        readMessage(options)
        break
      case 5:
        expected = STREAM_EXISTS
        readMessage(options)
        break
      case 6:
        deadlineAtMs = readSecondsMs(options)
        break
      case 7:
        deadlineAtMs = Date.now() + readSecondsMs(options)
        break
      default:
        skipField(options, tag & 7)
    }
  }
  return { stream, expected, deadlineAtMs }
}

const readMapEntry = (parent: Cursor): readonly [key: string, value: string] => {
  const entry = readMessage(parent)
  let key = ''
  let value = ''
  for (let tag = nextTag(entry); tag !== 0; tag = nextTag(entry)) {
    if (tag >>> 3 === 1) key = readText(entry)
    else if (tag >>> 3 === 2) value = readText(entry)
    else skipField(entry, tag & 7)
  }
  return [key, value]
}

const readProposedMessage = (parent: Cursor): ProposedMessage => {
  const proposed = readMessage(parent)
  let id: string | undefined
  let type: string | undefined
  let contentType: string | undefined
  let data: Buffer = NOTHING
  let customMetadata: Buffer = NOTHING
  for (let tag = nextTag(proposed); tag !== 0; tag = nextTag(proposed)) {
    switch (tag >>> 3) {
      case 1:
        id = readUuid(proposed)
        break
      case 2: {
        const [key, value] = readMapEntry(proposed)
        if (key === 'type') type = value
        else if (key === 'content-type') contentType = value
        break
      }
      case 3:
        customMetadata = readBytes(proposed)
        break
      case 4:
        data = readBytes(proposed)
        break
      default:
        skipField(proposed, tag & 7)
    }
  }
  return { id, type, contentType, data, customMetadata }
}

export interface AppendRequest {
  readonly options: WriteOptions | undefined
  readonly proposed: ProposedMessage | undefined
}

export const readAppendRequest = (bytes: Buffer): AppendRequest => {
  const cursor = cursorOf(bytes)
  let options: WriteOptions | undefined
  let proposed: ProposedMessage | undefined
  eachField(cursor, (field) => {
    if (field === 1) options = readWriteOptions(cursor)
    else if (field === 2) proposed = readProposedMessage(cursor)
    else return false
    return true
  })
  return { options, proposed }
}

export interface BatchAppendRequest {
  /** The UUID message as it came: answers echo it byte for byte. */
  readonly correlation: Buffer | undefined
  readonly correlationId: string | undefined
  readonly options: WriteOptions | undefined
  readonly proposed: readonly ProposedMessage[]
  readonly isFinal: boolean
}

export const readBatchAppendRequest = (bytes: Buffer): BatchAppendRequest => {
  const cursor = cursorOf(bytes)
  let correlation: Buffer | undefined
  let correlationId: string | undefined
  let options: WriteOptions | undefined
  const proposed: ProposedMessage[] = []
  let isFinal = false
  for (let tag = nextTag(cursor); tag !== 0; tag = nextTag(cursor)) {
    switch (tag >>> 3) {
      case 1: {
        const start = cursor.at
        correlationId = readUuid(cursor)
        cursor.at = start
        correlation = readBytes(cursor)
        break
      }
      case 2:
        options = readWriteOptions(cursor)
        break
      case 3:
        proposed.push(readProposedMessage(cursor))
        break
      case 4:
        isFinal = readUint32(cursor) !== 0
        break
      default:
        skipField(cursor, tag & 7)
    }
  }
  return { correlation, correlationId, options, proposed, isFinal }
}

export const readDeleteOptions = (bytes: Buffer): WriteOptions | undefined => {
  const cursor = cursorOf(bytes)
  let options: WriteOptions | undefined
  eachField(cursor, (field) => field === 1 && ((options = readWriteOptions(cursor)), true))
  return options
}

/** `Position { commit_position = 1, prepare_position = 2 }`: both the same here. */
export const positionMessage = (field: number, position: number): Buffer =>
  messageField(field, varintField(1, position), varintField(2, position))

/** `Success { current_revision = 1 | no_stream = 2, position = 3 | no_position = 4 }` */
const success = (field: number, revision: number, position: number): Buffer =>
  messageField(
    field,
    revision < 0 ? messageField(2) : varintField(1, revision),
    position < 0 ? messageField(4) : positionMessage(3, position),
  )

/** `AppendResp { success = 1 }` */
export const appendSuccess = (revision: number, position: number): Buffer => success(1, revision, position)

const expectedNumber = (expected: ExpectedRevision): bigint | undefined => {
  if (expected.kind === 'exact') return expected.revision
  return expected.kind === 'noStream' ? UINT64_MAX : undefined
}

/**
 * `AppendResp { wrong_expected_version = 2 { current_revision_20_6_0 = 1 | no_stream_20_6_0 = 2,
 * expected_revision_20_6_0 = 3 | any_20_6_0 = 4 | stream_exists_20_6_0 = 5, current_revision = 6 | current_no_stream = 7,
 * expected_revision = 8 | expected_any = 9 | expected_stream_exists = 10 | expected_no_stream = 11 } }`
 */
export const appendWrongExpectedRevision = (expected: ExpectedRevision, current: number): Buffer => {
  const oldNumber = expectedNumber(expected)
  const newKind = { any: messageField(9), streamExists: messageField(10), noStream: messageField(11) }
  return messageField(
    2,
    current < 0 ? messageField(2) : varintField(1, current),
    oldNumber === undefined ? messageField(expected.kind === 'any' ? 4 : 5) : varintField(3, oldNumber),
    current < 0 ? messageField(7) : varintField(6, current),
    expected.kind === 'exact' ? varintField(8, expected.revision) : newKind[expected.kind],
  )
}

/** `DeleteResp { position = 1 }`, and the same of a tombstone. */
export const deleteSuccess = (position: number): Buffer => positionMessage(1, position)

/** What a batch append answers to: the correlation, and the stream where it is known. */
export interface BatchAddress {
  /** A UUID message, or none where the request had none. */
  readonly correlation: Buffer | undefined
  readonly stream: string | undefined
}

/** `BatchAppendResp { correlation_id = 1, error = 2 | success = 3, stream_identifier = 4 }`, as a frame. */
const batchAnswer = (address: BatchAddress, result: Buffer): Buffer =>
  frameOf(
    message(
      ...(address.correlation ? [bytesField(1, address.correlation)] : []),
      result,
      ...(address.stream === undefined ? [] : [streamIdentifier(4, address.stream)]),
    ),
  )

const SUCCESS_BYTES_MAX = 64

/** The one answer that every append gets, so it is written in one pass. */
export const batchSuccess = (address: BatchAddress, revision: number, position: number): Buffer => {
  const { correlation, stream } = address
  if (!correlation || stream === undefined || revision < 0 || position < 0) {
    return batchAnswer(address, success(3, revision, position))
  }
  const nameBytes = Buffer.byteLength(stream)
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + SUCCESS_BYTES_MAX + correlation.length + nameBytes)
  let at = FRAME_HEADER_BYTES
  frame[at] = 0x0a
  at = writeVarint(frame, at + 1, correlation.length)
  at += correlation.copy(frame, at)
  const positionBytes = 2 * (1 + varintLength(position))
  frame[at] = 0x1a
  frame[at + 1] = 1 + varintLength(revision) + 2 + positionBytes
  frame[at + 2] = 0x08
  at = writeVarint(frame, at + 3, revision)
  frame[at] = 0x1a
  frame[at + 1] = positionBytes
  frame[at + 2] = 0x08
  at = writeVarint(frame, at + 3, position)
  frame[at] = 0x10
  at = writeVarint(frame, at + 1, position)
  frame[at] = 0x22
  at = writeVarint(frame, at + 1, 1 + varintLength(nameBytes) + nameBytes)
  frame[at] = 0x1a
  at = writeVarint(frame, at + 1, nameBytes)
  at += frame.write(stream, at)
  writeFrameHeader(frame, 0, at - FRAME_HEADER_BYTES)
  return frame.subarray(0, at)
}

/** `google.rpc.Status { code = 1, message = 2, details = 3: Any { type_url = 1, value = 2 } }` */
const batchError = (address: BatchAddress, code: number, name: string, ...detail: readonly Buffer[]): Buffer =>
  batchAnswer(
    address,
    messageField(
      2,
      varintField(1, code),
      textField(2, name),
      messageField(3, textField(1, `type.googleapis.com/event_store.client.${name}`), messageField(2, ...detail)),
    ),
  )

const CODE_INVALID_ARGUMENT = 3
const CODE_DEADLINE_EXCEEDED = 4
const CODE_NOT_FOUND = 5
const CODE_ALREADY_EXISTS = 6
const CODE_PERMISSION_DENIED = 7

/** `WrongExpectedVersion { current_stream_revision = 1 | current_no_stream = 2, expected_stream_position = 3 | expected_any = 4 | … }` */
export const batchWrongExpectedRevision = (
  address: BatchAddress,
  expected: ExpectedRevision,
  current: number,
): Buffer => {
  const kinds = { any: messageField(4), streamExists: messageField(5), noStream: messageField(6) }
  return batchError(
    address,
    CODE_ALREADY_EXISTS,
    'WrongExpectedVersion',
    current < 0 ? messageField(2) : varintField(1, current),
    expected.kind === 'exact' ? varintField(3, expected.revision) : kinds[expected.kind],
  )
}

export const batchStreamDeleted = (address: BatchAddress): Buffer =>
  batchError(address, CODE_NOT_FOUND, 'StreamDeleted', streamIdentifier(1, address.stream ?? ''))

export const batchTimeout = (address: BatchAddress): Buffer => batchError(address, CODE_DEADLINE_EXCEEDED, 'Timeout')

export const batchTooLarge = (address: BatchAddress, bytesMax: number): Buffer =>
  batchError(address, CODE_INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', varintField(1, bytesMax))

export const batchBadRequest = (address: BatchAddress, reason: string): Buffer =>
  batchError(address, CODE_INVALID_ARGUMENT, 'BadRequest', textField(1, reason))

export const batchAccessDenied = (address: BatchAddress): Buffer =>
  batchError(address, CODE_PERMISSION_DENIED, 'AccessDenied')

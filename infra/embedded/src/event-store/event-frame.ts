/**
 * An event is kept as the very bytes that readers get: a gRPC frame around
 *
 *     ReadResp      { event = 1: ReadEvent }
 *     ReadEvent     { event = 1: RecordedEvent, link = 2: RecordedEvent, commit_position = 3 }
 *     RecordedEvent { id = 1: UUID, stream_identifier = 2: StreamIdentifier, stream_revision = 3, prepare_position = 4,
 *                     commit_position = 5, metadata = 6: map<string, string>, custom_metadata = 7, data = 8 }
 *
 * So a drain copies whole pages and encodes nothing. Only this file knows the layout.
 */
import { FRAME_HEADER_BYTES, frameLength, frameOf, writeFrameHeader } from './grpc-frame.ts'
import {
  bytesField,
  type Cursor,
  eachField,
  messageField,
  readBytes,
  readMessage,
  readText,
  readUint64,
  textField,
  type Uint64,
  varintField,
  varintLength,
  writeVarint,
} from './protobuf.ts'
import { structuredUuid } from './uuid.ts'

/** The revision of the event that a tombstone writes: nothing can come after it. */
export const TOMBSTONE_REVISION = 2n ** 63n - 1n

export interface EventToWrite {
  /** Canonical lower-case text. */
  readonly id: string
  readonly type: string
  readonly isJson: boolean
  readonly data: Buffer
  readonly customMetadata: Buffer
  /** Where and when an imported event stood. */
  readonly kept?: { readonly position: number; readonly createdTicks: bigint }
}

export interface RecordedEvent {
  readonly id: string
  readonly stream: string
  readonly revision: bigint
  readonly position: bigint
  readonly metadata: ReadonlyMap<string, string>
  readonly customMetadata: Buffer
  readonly data: Buffer
}

const ID_TEXT_BYTES = 36
/** `id`: the UUID message with its text, and the header around it. */
const ID_FIELD_BYTES = 2 + 2 + ID_TEXT_BYTES

/** What stands in the metadata map of every event; the client reads these three and nothing else. */
const mapEntry = (key: string, value: string): Buffer => messageField(6, textField(1, key), textField(2, value))

const JSON_ENTRY = mapEntry('content-type', 'application/json')
const BINARY_ENTRY = mapEntry('content-type', 'application/octet-stream')

/** Event types are few and each costs three allocations to encode. */
const typeEntries = new Map<string, Buffer>()
const TYPE_ENTRIES_MAX = 1_000

const typeEntry = (type: string): Buffer => {
  const known = typeEntries.get(type)
  if (known) return known
  const entry = mapEntry('type', type)
  if (typeEntries.size >= TYPE_ENTRIES_MAX) typeEntries.clear()
  typeEntries.set(type, entry)
  return entry
}

let createdAtMs = -1
let createdBytes = mapEntry('created', '0')

/** 100-nanosecond ticks since the Unix epoch; as text, for the number is beyond 2^53. */
const createdEntry = (nowMs: number, keptTicks: bigint | undefined): Buffer => {
  if (keptTicks !== undefined) return mapEntry('created', String(keptTicks))
  if (nowMs !== createdAtMs) {
    createdAtMs = nowMs
    createdBytes = mapEntry('created', `${nowMs}0000`)
  }
  return createdBytes
}

/** A buffer that grows; frames of one group stand in it one after the other. */
export interface FrameBuffer {
  bytes: Buffer
  length: number
}

export const createFrameBuffer = (capacityBytes: number): FrameBuffer => ({
  bytes: Buffer.allocUnsafeSlow(capacityBytes),
  length: 0,
})

const makeRoom = (target: FrameBuffer, needed: number): void => {
  if (target.length + needed <= target.bytes.length) return
  const grown = Buffer.allocUnsafeSlow(Math.max(target.bytes.length * 2, target.length + needed))
  target.bytes.copy(grown, 0, 0, target.length)
  target.bytes = grown
}

const lengthDelimited = (length: number): number => 1 + varintLength(length) + length

const writeDelimited = (target: Buffer, at: number, tag: number, value: Buffer): number => {
  target[at] = tag
  const place = writeVarint(target, at + 1, value.length)
  value.copy(target, place)
  return place + value.length
}

/** Appends the event's frame to `target` and returns the frame's length. */
export const writeEventFrame = (
  target: FrameBuffer,
  event: EventToWrite,
  streamName: Buffer,
  revision: Uint64,
  position: number,
  nowMs: number,
): number => {
  const type = typeEntry(event.type)
  const contentType = event.isJson ? JSON_ENTRY : BINARY_ENTRY
  const created = createdEntry(nowMs, event.kept?.createdTicks)
  const positionLength = varintLength(position)
  const stream = lengthDelimited(streamName.length)
  // proto3 leaves a zero or an empty field out.
  const recorded =
    ID_FIELD_BYTES +
    lengthDelimited(stream) +
    (revision === 0 ? 0 : 1 + varintLength(revision)) +
    2 * (1 + positionLength) +
    type.length +
    contentType.length +
    created.length +
    (event.customMetadata.length === 0 ? 0 : lengthDelimited(event.customMetadata.length)) +
    (event.data.length === 0 ? 0 : lengthDelimited(event.data.length))
  const readEvent = lengthDelimited(recorded) + 1 + positionLength
  const readResponse = lengthDelimited(readEvent)
  makeRoom(target, FRAME_HEADER_BYTES + readResponse)

  const { bytes } = target
  const start = target.length
  writeFrameHeader(bytes, start, readResponse)
  let at = start + FRAME_HEADER_BYTES
  bytes[at] = 0x0a
  at = writeVarint(bytes, at + 1, readEvent)
  bytes[at] = 0x0a
  at = writeVarint(bytes, at + 1, recorded)
  bytes[at] = 0x0a
  bytes[at + 1] = 2 + ID_TEXT_BYTES
  bytes[at + 2] = 0x12
  bytes[at + 3] = ID_TEXT_BYTES
  bytes.write(event.id, at + 4, ID_TEXT_BYTES, 'latin1')
  at += ID_FIELD_BYTES
  bytes[at] = 0x12
  at = writeVarint(bytes, at + 1, stream)
  at = writeDelimited(bytes, at, 0x1a, streamName)
  if (revision !== 0) {
    bytes[at] = 0x18
    at = writeVarint(bytes, at + 1, revision)
  }
  bytes[at] = 0x20
  at = writeVarint(bytes, at + 1, position)
  bytes[at] = 0x28
  at = writeVarint(bytes, at + 1, position)
  at += type.copy(bytes, at)
  at += contentType.copy(bytes, at)
  at += created.copy(bytes, at)
  if (event.customMetadata.length > 0) at = writeDelimited(bytes, at, 0x3a, event.customMetadata)
  if (event.data.length > 0) at = writeDelimited(bytes, at, 0x42, event.data)
  bytes[at] = 0x18
  at = writeVarint(bytes, at + 1, position)
  target.length = at
  return at - start
}

const skipVarint = (frames: Buffer, at: number): number => {
  let place = at
  while ((frames[place] as number) >= 0x80) place++
  return place + 1
}

const varintAt = (frames: Buffer, at: number): number => {
  let value = 0
  let scale = 1
  let place = at
  for (; (frames[place] as number) >= 0x80; scale *= 128) value += ((frames[place++] as number) & 0x7f) * scale
  return value + (frames[place] as number) * scale
}

/** Where `id` starts: behind the headers of the frame, of ReadResp.event and of ReadEvent.event. */
const recordedStart = (frames: Buffer, frame: number): number =>
  skipVarint(frames, skipVarint(frames, frame + FRAME_HEADER_BYTES + 1) + 1)

/**
 * In which bytes of a frame the stream's name begins: behind the headers of the frame and of four messages, whose lengths
 * take one to four bytes each, and the id. For a database that is to look at the name without decoding the frame.
 */
export const STREAM_NAME_START = {
  least: FRAME_HEADER_BYTES + 8 + ID_FIELD_BYTES,
  most: FRAME_HEADER_BYTES + 20 + ID_FIELD_BYTES,
}

export const frameEventId = (frames: Buffer, frame: number): string => {
  const at = recordedStart(frames, frame) + 4
  return frames.toString('latin1', at, at + ID_TEXT_BYTES)
}

/** Two numbers in one, so that nothing is allocated for each event considered: where the name starts, and its end. */
export interface Span {
  start: number
  end: number
}

export const frameStreamName = (frames: Buffer, frame: number, into: Span): void => {
  const stream = skipVarint(frames, recordedStart(frames, frame) + ID_FIELD_BYTES + 1)
  const length = varintAt(frames, stream + 1)
  into.start = skipVarint(frames, stream + 1)
  into.end = into.start + length
}

const afterStreamName = (frames: Buffer, frame: number): number => {
  const stream = skipVarint(frames, recordedStart(frames, frame) + ID_FIELD_BYTES + 1)
  return skipVarint(frames, stream + 1) + varintAt(frames, stream + 1)
}

/** Where the two positions start: behind the revision, which is absent when it is 0. */
const positionsStart = (frames: Buffer, frame: number): number => {
  const at = afterStreamName(frames, frame)
  return frames[at] === 0x18 ? skipVarint(frames, at + 1) : at
}

export const framePosition = (frames: Buffer, frame: number): number =>
  varintAt(frames, positionsStart(frames, frame) + 1)

/** The revision of an event that is not a tombstone. */
export const frameRevision = (frames: Buffer, frame: number): number => {
  const at = afterStreamName(frames, frame)
  return frames[at] === 0x18 ? varintAt(frames, at + 1) : 0
}

/** The map entry `type` comes first: { key = 1: "type", value = 2 }. */
export const frameEventType = (frames: Buffer, frame: number, into: Span): void => {
  const positions = positionsStart(frames, frame)
  const entry = skipVarint(frames, skipVarint(frames, positions + 1) + 1)
  const value = skipVarint(frames, entry + 1) + 6
  const length = varintAt(frames, value + 1)
  into.start = skipVarint(frames, value + 1)
  into.end = into.start + length
}

/** Calls `visit` with the place of each frame, in order; stops when it returns false. */
export const eachFrame = (frames: Buffer, visit: (frame: number, end: number) => boolean | void): void => {
  let at = 0
  while (at < frames.length) {
    const end = at + frameLength(frames, at)
    if (visit(at, end) === false) return
    at = end
  }
}

const readRecorded = (cursor: Cursor): RecordedEvent => {
  let id = ''
  let stream = ''
  let revision = 0n
  let position = 0n
  let customMetadata: Buffer = Buffer.alloc(0)
  let data: Buffer = Buffer.alloc(0)
  const metadata = new Map<string, string>()
  eachField(cursor, (number) => {
    switch (number) {
      case 1: {
        const uuid = readMessage(cursor)
        eachField(uuid, (field) => field === 2 && ((id = readText(uuid)), true))
        return true
      }
      case 2: {
        const identifier = readMessage(cursor)
        eachField(identifier, (field) => field === 3 && ((stream = readText(identifier)), true))
        return true
      }
      case 3:
        revision = readUint64(cursor)
        return true
      case 5:
        position = readUint64(cursor)
        return true
      case 6: {
        const entry = readMessage(cursor)
        let key = ''
        let value = ''
        eachField(entry, (field) => {
          if (field === 1) key = readText(entry)
          else if (field === 2) value = readText(entry)
          else return false
          return true
        })
        metadata.set(key, value)
        return true
      }
      case 7:
        customMetadata = readBytes(cursor)
        return true
      case 8:
        data = readBytes(cursor)
        return true
      default:
        return false
    }
  })
  return { id, stream, revision, position, metadata, customMetadata, data }
}

/** The bytes of the RecordedEvent message inside the frame. */
const recordedBytes = (frames: Buffer, frame: number): Buffer => {
  const at = skipVarint(frames, frame + FRAME_HEADER_BYTES + 1) + 1
  const start = skipVarint(frames, at)
  return frames.subarray(start, start + varintAt(frames, at))
}

export const readEventFrame = (frames: Buffer, frame: number): RecordedEvent => {
  const bytes = recordedBytes(frames, frame)
  return readRecorded({ bytes, at: 0, end: bytes.length })
}

/** When the event was created, in milliseconds since the Unix epoch. */
export const createdMs = (event: RecordedEvent): number => Number((event.metadata.get('created') ?? '0').slice(0, -4))

/** The same RecordedEvent with its id in the structured form, for readers who ask for it. */
const withStructuredId = (recorded: Buffer): Buffer => {
  const id = recorded.toString('latin1', 4, 4 + ID_TEXT_BYTES)
  return Buffer.concat([messageField(1, structuredUuid(id)), recorded.subarray(ID_FIELD_BYTES)])
}

/**
 * Frames that are not stored as they are sent: with structured ids, or as a link with the event that it points to
 * (`undefined`: the event is gone, the link stands alone).
 */
export const composeFrame = (options: {
  readonly event: Buffer | undefined
  readonly link: Buffer | undefined
  readonly structuredIds: boolean
}): Buffer => {
  const shape = (frame: Buffer): Buffer =>
    options.structuredIds ? withStructuredId(recordedBytes(frame, 0)) : recordedBytes(frame, 0)
  const placed = options.link ?? options.event
  if (!placed) throw new Error('a frame needs an event or a link')
  const parts = [
    ...(options.event ? [bytesField(1, shape(options.event))] : []),
    ...(options.link ? [bytesField(2, shape(options.link))] : []),
    varintField(3, framePosition(placed, 0)),
  ]
  return frameOf(messageField(1, ...parts))
}

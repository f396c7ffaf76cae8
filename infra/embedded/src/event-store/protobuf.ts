/**
 * The protobuf wire format, as far as the event store's messages need it: varints, length-delimited fields, skipping
 * the unknown. Own code because the two hot paths (appends and drains) must not build an object tree per event.
 */

export const VARINT = 0
export const FIXED_64 = 1
export const LENGTH_DELIMITED = 2
export const FIXED_32 = 5

/** A message that breaks the wire format; the call it came in ends with INTERNAL. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage'
}

/** A place inside a message. `end` is exclusive. */
export interface Cursor {
  readonly bytes: Buffer
  at: number
  readonly end: number
}

export const cursorOf = (bytes: Buffer): Cursor => ({ bytes, at: 0, end: bytes.length })

const truncated = (): never => {
  throw new MalformedMessage('the message ends inside a field')
}

/** Lengths, tags, enums and booleans: the low 32 bits of a varint. */
export const readUint32 = (cursor: Cursor): number => {
  const { bytes, end } = cursor
  let result = 0
  for (let shift = 0; shift < 70; shift += 7) {
    if (cursor.at >= end) truncated()
    const byte = bytes[cursor.at++] as number
    if (shift < 32) result |= (byte & 0x7f) << shift
    if (byte < 0x80) return result >>> 0
  }
  throw new MalformedMessage('a varint of more than ten bytes')
}

export const readUint64 = (cursor: Cursor): bigint => {
  const { bytes, end } = cursor
  let result = 0n
  let small = 0
  for (let index = 0; index < 10; index++) {
    if (cursor.at >= end) truncated()
    const byte = bytes[cursor.at++] as number
    // Four groups fit a 31-bit integer, and most numbers end there: no bigint arithmetic for them.
    if (index < 4) small |= (byte & 0x7f) << (index * 7)
    else {
      if (index === 4) result = BigInt(small)
      result |= BigInt(byte & 0x7f) << BigInt(index * 7)
    }
    if (byte < 0x80) return index < 4 ? BigInt(small) : BigInt.asUintN(64, result)
  }
  throw new MalformedMessage('a varint of more than ten bytes')
}

/** Enters a length-delimited field: the cursor moves behind it, the result stands inside. */
export const readMessage = (cursor: Cursor): Cursor => {
  const length = readUint32(cursor)
  const at = cursor.at
  if (length > cursor.end - at) truncated()
  cursor.at = at + length
  return { bytes: cursor.bytes, at, end: at + length }
}

/** The field's bytes without a copy: they live as long as the message they came in. */
export const readBytes = (cursor: Cursor): Buffer => {
  const length = readUint32(cursor)
  const at = cursor.at
  if (length > cursor.end - at) truncated()
  cursor.at = at + length
  return cursor.bytes.subarray(at, at + length)
}

export const readText = (cursor: Cursor): string => {
  const length = readUint32(cursor)
  const at = cursor.at
  if (length > cursor.end - at) truncated()
  cursor.at = at + length
  return cursor.bytes.toString('utf8', at, at + length)
}

export const skipField = (cursor: Cursor, wireType: number): void => {
  switch (wireType) {
    case VARINT:
      readUint32(cursor)
      return
    case FIXED_64:
      cursor.at += 8
      break
    case LENGTH_DELIMITED: {
      // Not folded into one statement: the length moves the cursor before it is added.
      const length = readUint32(cursor)
      cursor.at += length
      break
    }
    case FIXED_32:
      cursor.at += 4
      break
    default:
      throw new MalformedMessage(`wire type ${wireType} is not used by this protocol`)
  }
  if (cursor.at > cursor.end) truncated()
}

/**
 * The next field's tag, 0 at the end of the message: `tag >>> 3` is the field, `tag & 7` the wire type. For what every
 * append passes through; elsewhere `eachField` reads better, at the price of a closure a message.
 */
export const nextTag = (cursor: Cursor): number => (cursor.at < cursor.end ? readUint32(cursor) : 0)

/** Calls `field` for each field of the message; a field that it does not read (returns false) is skipped. */
export const eachField = (cursor: Cursor, field: (number: number) => boolean): void => {
  while (cursor.at < cursor.end) {
    const tag = readUint32(cursor)
    if (!field(tag >>> 3)) skipField(cursor, tag & 7)
  }
}

/** Revisions and positions stay below 2^53 but for the tombstone's revision, which is a bigint. */
export type Uint64 = number | bigint

export const varintLength = (value: Uint64): number => {
  if (typeof value === 'bigint') {
    let length = 1
    for (let rest = value >> 7n; rest > 0n; rest >>= 7n) length++
    return length
  }
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x200000) return 3
  if (value < 0x10000000) return 4
  if (value < 0x800000000) return 5
  if (value < 0x40000000000) return 6
  if (value < 0x2000000000000) return 7
  return 8
}

/** Writes at `at` and returns the place behind it; the caller has made room. */
export const writeVarint = (target: Buffer, at: number, value: Uint64): number => {
  let place = at
  if (typeof value === 'bigint') {
    let rest = value
    for (; rest > 0x7fn; rest >>= 7n) target[place++] = Number(rest & 0x7fn) | 0x80
    target[place++] = Number(rest)
    return place
  }
  let rest = value
  // Division instead of shifts: positions outgrow 32 bits.
  for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) target[place++] = (rest % 128) | 0x80
  for (; rest > 0x7f; rest >>>= 7) target[place++] = (rest & 0x7f) | 0x80
  target[place++] = rest
  return place
}

const tagLength = (field: number): number => (field < 16 ? 1 : 2)

// The parts below build small answers (a few dozen bytes); events are written by `event-frame.ts` in one pass.

const concat = (parts: readonly Buffer[]): Buffer => (parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts))

export const varintField = (field: number, value: Uint64): Buffer => {
  const tag = field * 8 + VARINT
  const bytes = Buffer.allocUnsafe(tagLength(field) + varintLength(value))
  writeVarint(bytes, writeVarint(bytes, 0, tag), value)
  return bytes
}

export const bytesField = (field: number, value: Buffer): Buffer => {
  const tag = field * 8 + LENGTH_DELIMITED
  const bytes = Buffer.allocUnsafe(tagLength(field) + varintLength(value.length) + value.length)
  value.copy(bytes, writeVarint(bytes, writeVarint(bytes, 0, tag), value.length))
  return bytes
}

export const textField = (field: number, value: string): Buffer => bytesField(field, Buffer.from(value, 'utf8'))

export const messageField = (field: number, ...parts: readonly Buffer[]): Buffer =>
  bytesField(field, parts.length === 0 ? Buffer.alloc(0) : concat(parts))

export const message = (...parts: readonly Buffer[]): Buffer => (parts.length === 0 ? Buffer.alloc(0) : concat(parts))

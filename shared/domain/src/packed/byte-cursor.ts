/** A place in bytes, for writing or for reading. What is written by one function here is read by its namesake. */
export interface ByteCursor {
  bytes: Uint8Array
  at: number
}

const BYTES_MIN = 256

export const createWriter = (): ByteCursor => ({ bytes: new Uint8Array(BYTES_MIN), at: 0 })

export const readerOf = (bytes: Uint8Array, at = 0): ByteCursor => ({ bytes, at })

/** A copy of what has been written. */
export const written = ({ bytes, at }: ByteCursor): Uint8Array => new Uint8Array(bytes.subarray(0, at))

const makeRoom = (out: ByteCursor, more: number): void => {
  if (out.at + more <= out.bytes.length) return
  const larger = new Uint8Array(Math.max(out.at + more, out.bytes.length * 2))
  larger.set(out.bytes.subarray(0, out.at))
  out.bytes = larger
}

export const writeByte = (out: ByteCursor, byte: number): void => {
  makeRoom(out, 1)
  out.bytes[out.at] = byte
  out.at += 1
}

/** @throws Error at the end: what is read was not written by us */
export const readByte = (from: ByteCursor): number => {
  const byte = from.bytes[from.at]
  if (byte === undefined) throw new Error('packed bytes end too early')
  from.at += 1
  return byte
}

const GROUP_BITS = 7
const GROUP = 0x7f
const MORE = 0x80

/** A whole number below 2^32 in as few bytes as it needs. */
export const writeUint = (out: ByteCursor, value: number): void => {
  let rest = value
  for (; rest > GROUP; rest >>>= GROUP_BITS) writeByte(out, (rest & GROUP) | MORE)
  writeByte(out, rest)
}

export const readUint = (from: ByteCursor): number => {
  let value = 0
  for (let shift = 0; ; shift += GROUP_BITS) {
    const byte = readByte(from)
    value |= (byte & GROUP) << shift
    if (byte < MORE) return value >>> 0
  }
}

/** Below it an amount is written with the arithmetic of small integers, in the same form. */
const SMALL = 0x3fff_ffff

/** Any whole number. The sign is its lowest bit, so that small amounts below zero are short, too. */
export const writeAmount = (out: ByteCursor, amount: bigint): void => {
  const magnitude = amount < 0n ? -amount : amount
  const sign = amount < 0n ? 1 : 0
  if (magnitude <= SMALL) return writeUint(out, Number(magnitude) * 2 + sign)
  let rest = magnitude * 2n + BigInt(sign)
  for (; rest > GROUP; rest >>= BigInt(GROUP_BITS)) writeByte(out, Number(rest & BigInt(GROUP)) | MORE)
  writeByte(out, Number(rest))
}

const GROUPS_OF_A_SMALL = 4

export const readAmount = (from: ByteCursor): bigint => {
  let small = 0
  for (let group = 0; group < GROUPS_OF_A_SMALL; group += 1) {
    const byte = readByte(from)
    small |= (byte & GROUP) << (group * GROUP_BITS)
    if (byte < MORE) return small & 1 ? -BigInt(small >>> 1) : BigInt(small >>> 1)
  }
  let value = BigInt(small)
  for (let shift = BigInt(GROUPS_OF_A_SMALL * GROUP_BITS); ; shift += BigInt(GROUP_BITS)) {
    const byte = readByte(from)
    value |= BigInt(byte & GROUP) << shift
    if (byte < MORE) return value & 1n ? -(value >> 1n) : value >> 1n
  }
}

/** How a text is written: most are plain, many ids are UUIDs, and names may hold anything. */
const PLAIN = 0
const UUID = 1
const WIDE = 2
const FORMS = 4

const PLAIN_MAX = 0x7f
const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const UUID_LENGTH = 36
const UUID_BYTES = 16
/** Bytes of a UUID with a dash before them. */
const UUID_DASHES: ReadonlySet<number> = new Set([4, 6, 8, 10])
const CHARACTERS = Array.from({ length: PLAIN_MAX + 1 }, (_, unit) => String.fromCharCode(unit))
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

const isPlain = (text: string): boolean => {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > PLAIN_MAX) return false
  return true
}

export const writeText = (out: ByteCursor, text: string): void => {
  const { length } = text
  if (length === UUID_LENGTH && UUID_PATTERN.test(text)) {
    writeUint(out, UUID_BYTES * FORMS + UUID)
    const digits = text.replaceAll('-', '')
    for (let at = 0; at < digits.length; at += 2) writeByte(out, Number.parseInt(digits.slice(at, at + 2), 16))
  } else if (isPlain(text)) {
    writeUint(out, length * FORMS + PLAIN)
    makeRoom(out, length)
    const { bytes, at } = out
    for (let index = 0; index < length; index += 1) bytes[at + index] = text.charCodeAt(index)
    out.at += length
  } else {
    writeUint(out, length * 2 * FORMS + WIDE)
    for (let index = 0; index < length; index += 1) {
      const unit = text.charCodeAt(index)
      writeByte(out, unit & 0xff)
      writeByte(out, unit >>> 8)
    }
  }
}

/** Characters of a plain text, one after the other: for a short one that is quicker than to ask for a view of its bytes. */
const plainText = ({ bytes, at }: ByteCursor, length: number): string => {
  let text = ''
  for (let index = at; index < at + length; index += 1) text += CHARACTERS[bytes[index] ?? 0]
  return text
}

const uuidText = ({ bytes, at }: ByteCursor): string => {
  let text = ''
  for (let index = 0; index < UUID_BYTES; index += 1) {
    if (UUID_DASHES.has(index)) text += '-'
    text += HEX[bytes[at + index] ?? 0]
  }
  return text
}

const wideText = ({ bytes, at }: ByteCursor, length: number): string => {
  let text = ''
  for (let index = at; index < at + length; index += 2) {
    text += String.fromCharCode((bytes[index] ?? 0) | ((bytes[index + 1] ?? 0) << 8))
  }
  return text
}

export const readText = (from: ByteCursor): string => {
  const head = readUint(from)
  const length = Math.floor(head / FORMS)
  const form = head % FORMS
  if (from.at + length > from.bytes.length) throw new Error('packed bytes end too early')
  const text = form === PLAIN ? plainText(from, length) : form === UUID ? uuidText(from) : wideText(from, length)
  from.at += length
  return text
}

/** Bytes as they are, with their length before them. */
export const writeBytes = (out: ByteCursor, bytes: Uint8Array): void => {
  writeUint(out, bytes.length)
  makeRoom(out, bytes.length)
  out.bytes.set(bytes, out.at)
  out.at += bytes.length
}

/** A copy, for what is read from may be lent. */
export const readBytes = (from: ByteCursor): Uint8Array => {
  const length = readUint(from)
  // Not `slice`: of a buffer of Node's it would be no copy.
  const bytes = new Uint8Array(from.bytes.subarray(from.at, from.at + length))
  if (bytes.length < length) throw new Error('packed bytes end too early')
  from.at += length
  return bytes
}

import {
  type ByteCursor,
  createWriter,
  readBytes,
  readerOf,
  readText,
  readUint,
  writeByte,
  writeBytes,
  writeText,
  writeUint,
} from './byte-cursor.ts'

/**
 * Very many small records in three arrays, for an account may hold 100,000 and a JavaScript object with its strings and
 * amounts weighs twenty times as much. A record has a kind, a key that is unique within it, a body of bytes, and an
 * ordinal, by which others name it. Records are added and changed, never removed.
 *
 * The arrays are a function of what was put in which order, and of nothing else: two folds of one history are equal byte
 * for byte, with or without a snapshot between. Plain data, because there are ten thousand of them in a process.
 */
export interface PackedRecords {
  /** Each record: the byte of its kind, its key and its body, either after its length. */
  bytes: Uint8Array
  used: number
  /** Bytes of bodies that have outgrown their places. */
  holes: number
  /** Where the records are, by ordinal. */
  places: Uint32Array
  count: number
  /** Ordinal + 1 by the hash of kind and key. */
  slots: Uint32Array
  /** Keys that are read again and again, by ordinal. */
  readonly words: string[]
}

const EMPTY = 0
const SLOTS_MIN = 8
/** Above this share of used slots, probing becomes long; after growing, it is still above a half. */
const LOAD_MAX = 0.8
const SLOTS_GROWTH = 1.5
/** What is reserved and not used is memory, too. */
const ROOM_GROWTH = 1.25
const BYTES_MORE_MIN = 64
const PLACES_MORE_MIN = 4
/** Holes are closed when they are a quarter of all. */
const HOLES_MAX = 0.25
const HOLES_BYTES_MIN = 1_024
/** An account has a handful of currencies, series, rates and desks, and they come early. */
const WORDS_MAX = 32

const UINT_RANGE = 2 ** 32

const NO_BYTES = new Uint8Array()
const NO_NUMBERS = new Uint32Array()

export const createPackedRecords = (): PackedRecords => ({
  bytes: NO_BYTES,
  used: 0,
  holes: 0,
  places: NO_NUMBERS,
  count: 0,
  slots: NO_NUMBERS,
  words: [],
})

/** FNV-1a, with its low bits stirred into the high ones, by which a slot is chosen. */
const hashOf = (bytes: Uint8Array, from: number, to: number): number => {
  let hash = 0x811c9dc5
  for (let index = from; index < to; index += 1) hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193)
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0
}

const homeOf = (hash: number, slots: Uint32Array): number => Math.floor((hash / UINT_RANGE) * slots.length)
const after = (slot: number, slots: Uint32Array): number => (slot + 1 === slots.length ? 0 : slot + 1)

/** Of so few bytes, a loop is quicker than a view of them. */
const copy = ({ bytes, at }: ByteCursor, to: Uint8Array, place: number): void => {
  for (let index = 0; index < at; index += 1) to[place + index] = bytes[index] ?? 0
}

// Folding never pauses between writing these and using them, so all records share them.
const keyScratch = createWriter()
const bodyScratch = createWriter()
const NO_BODY: ByteCursor = readerOf(NO_BYTES)

const writeKey = (kind: number, key: string): void => {
  keyScratch.at = 0
  writeByte(keyScratch, kind)
  writeText(keyScratch, key)
}

const placeAt = ({ places, count }: PackedRecords, ordinal: number): number => {
  const place = places[ordinal]
  if (place === undefined || ordinal >= count) throw new Error(`there is no record ${ordinal}`)
  return place
}

const TEXT_FORM_BITS = 2

/** Where the key that begins at `place` ends. */
const endOfKey = ({ bytes }: PackedRecords, place: number): number => {
  const cursor = readerOf(bytes, place + 1)
  const head = readUint(cursor)
  return cursor.at + (head >>> TEXT_FORM_BITS)
}

const endOfRecord = (records: PackedRecords, place: number): number => {
  const cursor = readerOf(records.bytes, endOfKey(records, place))
  const bodyLength = readUint(cursor)
  return cursor.at + bodyLength
}

const hasScratchKey = ({ bytes }: PackedRecords, place: number): boolean => {
  for (let index = 0; index < keyScratch.at; index += 1) {
    if (bytes[place + index] !== keyScratch.bytes[index]) return false
  }
  return true
}

/** The slot of the key in the scratch: its record's, or the empty one where it would stand. */
const slotOfScratch = (records: PackedRecords): number => {
  const { slots } = records
  let slot = homeOf(hashOf(keyScratch.bytes, 0, keyScratch.at), slots)
  for (;;) {
    const entry = slots[slot] ?? EMPTY
    if (entry === EMPTY || hasScratchKey(records, placeAt(records, entry - 1))) return slot
    slot = after(slot, slots)
  }
}

const growSlots = (records: PackedRecords): void => {
  const slots = new Uint32Array(Math.max(SLOTS_MIN, Math.ceil(records.slots.length * SLOTS_GROWTH)))
  for (let ordinal = 0; ordinal < records.count; ordinal += 1) {
    const place = placeAt(records, ordinal)
    let slot = homeOf(hashOf(records.bytes, place, endOfKey(records, place)), slots)
    while (slots[slot] !== EMPTY) slot = after(slot, slots)
    slots[slot] = ordinal + 1
  }
  records.slots = slots
}

/** Writes the record whose key is in the scratch behind the others. */
const append = (records: PackedRecords, body: ByteCursor): number => {
  const place = records.used
  writeUint(keyScratch, body.at)
  const end = place + keyScratch.at + body.at
  if (end > records.bytes.length) {
    const more = Math.max(end - place, BYTES_MORE_MIN)
    const larger = new Uint8Array(Math.ceil(place * ROOM_GROWTH) + more)
    larger.set(records.bytes.subarray(0, place))
    records.bytes = larger
  }
  copy(keyScratch, records.bytes, place)
  copy(body, records.bytes, place + keyScratch.at)
  records.used = end
  return place
}

const closeHoles = (records: PackedRecords): void => {
  const closed = new Uint8Array(records.used - records.holes)
  let at = 0
  for (let ordinal = 0; ordinal < records.count; ordinal += 1) {
    const place = placeAt(records, ordinal)
    const end = endOfRecord(records, place)
    closed.set(records.bytes.subarray(place, end), at)
    records.places[ordinal] = at
    at += end - place
  }
  records.bytes = closed
  records.used = at
  records.holes = 0
}

const add = (records: PackedRecords, slot: number, body: ByteCursor): number => {
  const ordinal = records.count
  if (ordinal === records.places.length) {
    const larger = new Uint32Array(Math.ceil(ordinal * ROOM_GROWTH) + PLACES_MORE_MIN)
    larger.set(records.places)
    records.places = larger
  }
  records.places[ordinal] = append(records, body)
  records.count += 1
  records.slots[slot] = ordinal + 1
  return ordinal
}

const change = (records: PackedRecords, ordinal: number, body: ByteCursor): void => {
  const place = placeAt(records, ordinal)
  const cursor = readerOf(records.bytes, place + keyScratch.at)
  const room = readUint(cursor)
  if (body.at <= room) return copy(body, records.bytes, cursor.at)
  records.holes += cursor.at + room - place
  records.places[ordinal] = append(records, body)
  if (records.holes > HOLES_BYTES_MIN && records.holes > records.used * HOLES_MAX) closeHoles(records)
}

/** Adds or changes the record whose key is in the scratch. */
const putUnderScratch = (records: PackedRecords, body: ByteCursor): number => {
  if (records.count + 1 > records.slots.length * LOAD_MAX) growSlots(records)
  const slot = slotOfScratch(records)
  const entry = records.slots[slot] ?? EMPTY
  if (entry === EMPTY) return add(records, slot, body)
  change(records, entry - 1, body)
  return entry - 1
}

/** The ordinal, from 0 in the order of first appearance; `undefined` when there is no such record. */
export const findRecord = (records: PackedRecords, kind: number, key: string): number | undefined => {
  if (records.count === 0) return undefined
  writeKey(kind, key)
  const entry = records.slots[slotOfScratch(records)] ?? EMPTY
  return entry === EMPTY ? undefined : entry - 1
}

/** Adds the record or replaces its body; answers its ordinal. While the body is written, others may only be interned. */
export const putRecord = (
  records: PackedRecords,
  kind: number,
  key: string,
  writeBody: (body: ByteCursor) => void,
): number => {
  bodyScratch.at = 0
  writeBody(bodyScratch)
  writeKey(kind, key)
  return putUnderScratch(records, bodyScratch)
}

/** The ordinal of a record that is nothing but its key. */
export const intern = (records: PackedRecords, kind: number, key: string): number => {
  writeKey(kind, key)
  return putUnderScratch(records, NO_BODY)
}

export const keyAt = (records: PackedRecords, ordinal: number): string =>
  readText(readerOf(records.bytes, placeAt(records, ordinal) + 1))

export const kindAt = (records: PackedRecords, ordinal: number): number => records.bytes[placeAt(records, ordinal)] ?? 0

/** As `keyAt`, of what was interned because it comes again and again. */
export const wordAt = (records: PackedRecords, ordinal: number): string => {
  const { words } = records
  const known = words[ordinal]
  if (known !== undefined) return known
  const word = keyAt(records, ordinal)
  if (ordinal < WORDS_MAX) words[ordinal] = word
  return word
}

export const bodyAt = (records: PackedRecords, ordinal: number): ByteCursor => {
  const cursor = readerOf(records.bytes, endOfKey(records, placeAt(records, ordinal)))
  readUint(cursor)
  return cursor
}

/** Ordinals of one kind, oldest first. Looks at every record. */
export function* ordinalsOf(records: PackedRecords, kind: number): Iterable<number> {
  for (let ordinal = 0; ordinal < records.count; ordinal += 1) {
    if (records.bytes[placeAt(records, ordinal)] === kind) yield ordinal
  }
}

/** What the objects around the arrays take. */
const BYTES_OF_OBJECTS = 900

/** What the records take in memory. */
export const weighRecords = ({ bytes, places, slots }: PackedRecords): number =>
  BYTES_OF_OBJECTS + bytes.byteLength + places.byteLength + slots.byteLength

const bytesOf = (numbers: Uint32Array): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)

/** `bytes` is a copy of its own, so it begins where numbers may. */
const numbersOf = (bytes: Uint8Array): Uint32Array =>
  new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Uint32Array.BYTES_PER_ELEMENT)

export const dumpRecords = (out: ByteCursor, { holes, bytes, used, places, count, slots }: PackedRecords): void => {
  writeUint(out, holes)
  writeBytes(out, bytes.subarray(0, used))
  writeBytes(out, bytesOf(places.subarray(0, count)))
  writeBytes(out, bytesOf(slots))
}

/** What `dumpRecords` wrote. */
export const restoreRecords = (from: ByteCursor): PackedRecords => {
  const holes = readUint(from)
  const bytes = readBytes(from)
  const places = numbersOf(readBytes(from))
  const slots = numbersOf(readBytes(from))
  return { bytes, used: bytes.length, holes, places, count: places.length, slots, words: [] }
}

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
 * for byte, with or without a snapshot between.
 */
export interface PackedRecords {
  /** The ordinal, from 0 in the order of first appearance; `undefined` when there is no such record. */
  readonly find: (kind: number, key: string) => number | undefined
  /** Adds the record or replaces its body; answers its ordinal. The body may `intern`, and put nothing else. */
  readonly put: (kind: number, key: string, writeBody: (body: ByteCursor) => void) => number
  /** The ordinal of a record that is nothing but its key. */
  readonly intern: (kind: number, key: string) => number
  readonly keyAt: (ordinal: number) => string
  /** As `keyAt`, of what was interned because it comes again and again. */
  readonly internedAt: (ordinal: number) => string
  readonly bodyAt: (ordinal: number) => ByteCursor
  /** Ordinals of one kind, oldest first. Looks at every record. */
  readonly ordinals: (kind: number) => Iterable<number>
  /** What the arrays take in memory. */
  readonly byteLength: () => number
  readonly dump: (out: ByteCursor) => void
}

/** Where a record is: below the offset of its kind's byte stand its key and its body, each after its length. */
type Place = number

const EMPTY = 0
const SLOTS_MIN = 8
/** Above this share of used slots, probing becomes long; after growing, it is still above a half. */
const LOAD_MAX = 0.8
const SLOTS_GROWTH = 1.5
/** What is reserved and not used is memory, too. */
const ROOM_GROWTH = 1.25
const BYTES_MORE_MIN = 64
const PLACES_MORE_MIN = 4
/** A body that has outgrown its place leaves a hole; holes are closed when they are a quarter of all. */
const HOLES_MAX = 0.25
const HOLES_BYTES_MIN = 1_024

/** An account has a handful of currencies, series, rates and desks; of many payers, the first ones are as good as any. */
const INTERNED_MAX = 32

const UINT_RANGE = 2 ** 32

/** FNV-1a, with its low bits stirred into the high ones, by which a slot is chosen. */
const hashOf = ({ bytes, at }: ByteCursor): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < at; index += 1) hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193)
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0
}

/** Of so few bytes, a loop is quicker than a view of them. */
const copy = ({ bytes, at }: ByteCursor, to: Uint8Array, place: number): void => {
  for (let index = 0; index < at; index += 1) to[place + index] = bytes[index] ?? 0
}

// Folding never pauses between writing these and using them, so all records share them.
const keyScratch = createWriter()
const bodyScratch = createWriter()
const NO_BODY: ByteCursor = readerOf(new Uint8Array())

interface Arrays {
  bytes: Uint8Array
  used: number
  holes: number
  /** By ordinal. */
  places: Uint32Array
  count: number
  /** Ordinal + 1 by hash. */
  slots: Uint32Array
}

const over = (arrays: Arrays): PackedRecords => {
  const placeAt = (ordinal: number): Place => {
    const place = arrays.places[ordinal]
    if (place === undefined || ordinal >= arrays.count) throw new Error(`there is no record ${ordinal}`)
    return place
  }

  const keyAt = (ordinal: number): string => readText(readerOf(arrays.bytes, placeAt(ordinal) + 1))
  /** What is read most often, as strings. */
  const interned = new Map<number, string>()

  const writeKey = (kind: number, key: string): void => {
    keyScratch.at = 0
    writeByte(keyScratch, kind)
    writeText(keyScratch, key)
  }

  const hasScratchKey = (place: Place): boolean => {
    const { bytes } = arrays
    for (let index = 0; index < keyScratch.at; index += 1) {
      if (bytes[place + index] !== keyScratch.bytes[index]) return false
    }
    return true
  }

  /** The slot of the key in the scratch: its record's, or the empty one where it would stand. */
  const slotOfScratch = (hash: number): number => {
    const { slots } = arrays
    let slot = Math.floor((hash / UINT_RANGE) * slots.length)
    for (;;) {
      const entry = slots[slot] ?? EMPTY
      if (entry === EMPTY || hasScratchKey(placeAt(entry - 1))) return slot
      slot = slot + 1 === slots.length ? 0 : slot + 1
    }
  }

  const keyLengthAt = (place: Place): number => {
    const cursor = readerOf(arrays.bytes, place + 1)
    const head = readUint(cursor)
    return cursor.at - place + (head >>> 2)
  }

  const growSlots = (): void => {
    const { bytes, count } = arrays
    arrays.slots = new Uint32Array(Math.max(SLOTS_MIN, Math.ceil(arrays.slots.length * SLOTS_GROWTH)))
    for (let ordinal = 0; ordinal < count; ordinal += 1) {
      const place = placeAt(ordinal)
      const length = keyLengthAt(place)
      const hash = hashOf({ bytes: bytes.subarray(place, place + length), at: length })
      let slot = Math.floor((hash / UINT_RANGE) * arrays.slots.length)
      while (arrays.slots[slot] !== EMPTY) slot = slot + 1 === arrays.slots.length ? 0 : slot + 1
      arrays.slots[slot] = ordinal + 1
    }
  }

  const makeRoom = (more: number): void => {
    if (arrays.used + more <= arrays.bytes.length) return
    const larger = new Uint8Array(Math.ceil(arrays.used * ROOM_GROWTH) + Math.max(more, BYTES_MORE_MIN))
    larger.set(arrays.bytes.subarray(0, arrays.used))
    arrays.bytes = larger
  }

  /** Writes the record whose key is in the scratch behind the others. */
  const append = (body: ByteCursor): Place => {
    const place = arrays.used
    writeUint(keyScratch, body.at)
    makeRoom(keyScratch.at + body.at)
    copy(keyScratch, arrays.bytes, place)
    copy(body, arrays.bytes, place + keyScratch.at)
    arrays.used = place + keyScratch.at + body.at
    return place
  }

  const lengthAt = (place: Place): number => {
    const cursor = readerOf(arrays.bytes, place + keyLengthAt(place))
    const bodyLength = readUint(cursor)
    return cursor.at + bodyLength - place
  }

  const closeHoles = (): void => {
    const { bytes, used, holes, count, places } = arrays
    const closed = new Uint8Array(used - holes)
    let at = 0
    for (let ordinal = 0; ordinal < count; ordinal += 1) {
      const place = placeAt(ordinal)
      const length = lengthAt(place)
      closed.set(bytes.subarray(place, place + length), at)
      places[ordinal] = at
      at += length
    }
    arrays.bytes = closed
    arrays.used = at
    arrays.holes = 0
  }

  /** Adds or changes the record whose key is in the scratch. */
  const putUnderScratch = (body: ByteCursor): number => {
    if (arrays.count + 1 > arrays.slots.length * LOAD_MAX) growSlots()
    const slot = slotOfScratch(hashOf(keyScratch))
    const entry = arrays.slots[slot] ?? EMPTY
    if (entry === EMPTY) {
      const ordinal = arrays.count
      if (ordinal === arrays.places.length) {
        const larger = new Uint32Array(Math.ceil(ordinal * ROOM_GROWTH) + PLACES_MORE_MIN)
        larger.set(arrays.places)
        arrays.places = larger
      }
      arrays.places[ordinal] = append(body)
      arrays.count += 1
      arrays.slots[slot] = ordinal + 1
      return ordinal
    }
    const ordinal = entry - 1
    const place = placeAt(ordinal)
    const cursor = readerOf(arrays.bytes, place + keyScratch.at)
    const room = readUint(cursor)
    if (body.at <= room) {
      copy(body, arrays.bytes, cursor.at)
      return ordinal
    }
    arrays.holes += cursor.at + room - place
    arrays.places[ordinal] = append(body)
    if (arrays.holes > HOLES_BYTES_MIN && arrays.holes > arrays.used * HOLES_MAX) closeHoles()
    return ordinal
  }

  return {
    find: (kind, key) => {
      if (arrays.count === 0) return undefined
      writeKey(kind, key)
      const entry = arrays.slots[slotOfScratch(hashOf(keyScratch))] ?? EMPTY
      return entry === EMPTY ? undefined : entry - 1
    },
    put: (kind, key, writeBody) => {
      bodyScratch.at = 0
      writeBody(bodyScratch)
      writeKey(kind, key)
      return putUnderScratch(bodyScratch)
    },
    intern: (kind, key) => {
      writeKey(kind, key)
      return putUnderScratch(NO_BODY)
    },
    keyAt,
    internedAt: (ordinal) => {
      const known = interned.get(ordinal)
      if (known !== undefined) return known
      const key = keyAt(ordinal)
      if (interned.size < INTERNED_MAX) interned.set(ordinal, key)
      return key
    },
    bodyAt: (ordinal) => {
      const place = placeAt(ordinal)
      const cursor = readerOf(arrays.bytes, place + keyLengthAt(place))
      readUint(cursor)
      return cursor
    },
    *ordinals(kind) {
      for (let ordinal = 0; ordinal < arrays.count; ordinal += 1) {
        if (arrays.bytes[placeAt(ordinal)] === kind) yield ordinal
      }
    },
    byteLength: () => arrays.bytes.byteLength + arrays.places.byteLength + arrays.slots.byteLength,
    dump: (out) => {
      writeUint(out, arrays.holes)
      writeBytes(out, arrays.bytes.subarray(0, arrays.used))
      writeBytes(out, bytesOf(arrays.places.subarray(0, arrays.count)))
      writeBytes(out, bytesOf(arrays.slots))
    },
  }
}

const bytesOf = (numbers: Uint32Array): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)

/** `bytes` is a copy of its own, so it begins where numbers may. */
const numbersOf = (bytes: Uint8Array): Uint32Array =>
  new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Uint32Array.BYTES_PER_ELEMENT)

export const createPackedRecords = (): PackedRecords =>
  over({
    bytes: new Uint8Array(),
    used: 0,
    holes: 0,
    places: new Uint32Array(),
    count: 0,
    slots: new Uint32Array(),
  })

/** What `dump` wrote. */
export const restorePackedRecords = (from: ByteCursor): PackedRecords => {
  const holes = readUint(from)
  const bytes = readBytes(from)
  const places = numbersOf(readBytes(from))
  const slots = numbersOf(readBytes(from))
  return over({ bytes, used: bytes.length, holes, places, count: places.length, slots })
}

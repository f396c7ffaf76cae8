import { type ByteCursor, readBytes, readUint, writeBytes, writeUint } from './byte-cursor.ts'

/**
 * Finds records by something else than their keys, for a few bytes each: nothing but their ordinals, by a hash. What is found
 * may only be alike; whoever asks looks at the record.
 */
export interface PackedIndex {
  /** Ordinal + 1 by the hash; taken out: `REMOVED`, for others may lie behind it. */
  slots: Uint32Array
  /** Slots that are not empty. */
  used: number
}

const EMPTY = 0
const REMOVED = 2 ** 32 - 1
const SLOTS_MIN = 8
const LOAD_MAX = 0.8
const SLOTS_GROWTH = 1.5

export const createPackedIndex = (): PackedIndex => ({ slots: new Uint32Array(), used: 0 })

/** FNV-1a over code units. */
export const hashOfText = (text: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0
}

const put = (slots: Uint32Array, hash: number, entry: number): void => {
  let slot = hash % slots.length
  while (slots[slot] !== EMPTY) slot = slot + 1 === slots.length ? 0 : slot + 1
  slots[slot] = entry
}

/** The slots of all that may be under the hash, in the order in which it was put there. */
function* slotsUnder({ slots }: PackedIndex, hash: number): Iterable<number> {
  if (slots.length === 0) return
  for (let slot = hash % slots.length; slots[slot] !== EMPTY; slot = slot + 1 === slots.length ? 0 : slot + 1) {
    if (slots[slot] !== REMOVED) yield slot
  }
}

/** Ordinals of what may be under the hash. */
export function* ordinalsUnder(index: PackedIndex, hash: number): Iterable<number> {
  for (const slot of slotsUnder(index, hash)) yield (index.slots[slot] ?? EMPTY) - 1
}

/** @param hashAt of a record that is in the index already */
export const putUnder = (
  index: PackedIndex,
  hash: number,
  ordinal: number,
  hashAt: (ordinal: number) => number,
): void => {
  if (index.used + 1 > index.slots.length * LOAD_MAX) {
    const slots = new Uint32Array(Math.max(SLOTS_MIN, Math.ceil(index.slots.length * SLOTS_GROWTH)))
    const living = index.slots.filter((entry) => entry !== EMPTY && entry !== REMOVED)
    for (const entry of living) put(slots, hashAt(entry - 1), entry)
    index.slots = slots
    index.used = living.length
  }
  put(index.slots, hash, ordinal + 1)
  index.used += 1
}

export const takeFrom = (index: PackedIndex, hash: number, ordinal: number): void => {
  for (const slot of slotsUnder(index, hash)) if (index.slots[slot] === ordinal + 1) index.slots[slot] = REMOVED
}

export const dumpIndexed = (out: ByteCursor, { slots, used }: PackedIndex): void => {
  writeUint(out, used)
  writeBytes(out, new Uint8Array(slots.buffer, slots.byteOffset, slots.byteLength))
}

/** What `dumpIndexed` wrote. */
export const restoreIndexed = (from: ByteCursor): PackedIndex => {
  const used = readUint(from)
  return { slots: new Uint32Array(readBytes(from).buffer), used }
}

/** What it takes in memory. */
export const weighIndexed = ({ slots }: PackedIndex): number => slots.byteLength

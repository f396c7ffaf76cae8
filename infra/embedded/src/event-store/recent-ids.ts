/**
 * The bounded memory of ids that makes a retry with `any` idempotent. As on a real server an id is known by the first
 * place it was written to, and a restart forgets all.
 *
 * It lives in typed arrays: as objects it would be most of the heap, and the garbage collector would walk through it
 * whenever a drain has used up some megabytes of buffers.
 */
import type { RecentPlace } from './append-decision.ts'

/** Slots a generation, a power of two; two generations hold about what a real server's 16 MiB do. */
const SLOTS = 131_072
/** A fuller table searches long. */
const IDS_MAX = SLOTS * 0.6

interface Generation {
  count: number
  /** Six words a slot: the id, and the first half of its stream's key. All zero is free: no event has the zero id. */
  readonly words: Uint32Array
  /** Two numbers a slot: revision and position. */
  readonly places: Float64Array
}

const SLOT_WORDS = 6

/** Multiplied by it, ids that were counted up lie far from each other; the upper bits of the product are a slot. */
const GOLDEN_RATIO = 0x9e3779b1
const HASH_SHIFT = Math.clz32(SLOTS - 1)

const createGeneration = (): Generation => ({
  count: 0,
  words: new Uint32Array(SLOTS * SLOT_WORDS),
  places: new Float64Array(SLOTS * 2),
})

export interface RecentIds {
  /** The place of the id, if it was first written to the stream of this key. */
  get(id: string, streamKey: Buffer): RecentPlace | undefined
  /** Does nothing for an id that is known. */
  put(id: string, streamKey: Buffer, place: RecentPlace): void
  clear(): void
}

const wanted = new Uint32Array(4)

const DASH = 0x2d

/** The digits of a canonical id as four words. */
const readWords = (id: string): void => {
  let value = 0
  let digits = 0
  for (let at = 0; at < id.length; at++) {
    const code = id.charCodeAt(at)
    if (code === DASH) continue
    // '0' is 0x30, 'a' is 0x61.
    value = (value << 4) | (code > 0x39 ? code - 0x57 : code - 0x30)
    if ((++digits & 7) === 0) {
      wanted[(digits >> 3) - 1] = value
      value = 0
    }
  }
}

/** The slot of the wanted id, or the free one where it would stand. */
const findSlot = ({ words }: Generation): number => {
  // By index: taking an array apart runs its iterator, and this runs for every event.
  const a = wanted[0] ?? 0
  const b = wanted[1] ?? 0
  const c = wanted[2] ?? 0
  const d = wanted[3] ?? 0
  for (let slot = Math.imul(a ^ b ^ c ^ d, GOLDEN_RATIO) >>> HASH_SHIFT; ; slot = (slot + 1) & (SLOTS - 1)) {
    const at = slot * SLOT_WORDS
    if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return slot
    if ((words[at] || words[at + 1] || words[at + 2] || words[at + 3]) === 0) return slot
  }
}

const isFree = ({ words }: Generation, slot: number): boolean => {
  const at = slot * SLOT_WORDS
  return (words[at] || words[at + 1] || words[at + 2] || words[at + 3]) === 0
}

export const createRecentIds = (): RecentIds => {
  let young = createGeneration()
  let old = createGeneration()

  return {
    get: (id, streamKey) => {
      readWords(id)
      let generation = young
      let slot = findSlot(young)
      if (isFree(young, slot)) {
        generation = old
        slot = findSlot(old)
        if (isFree(old, slot)) return undefined
      }
      const at = slot * SLOT_WORDS
      if (generation.words[at + 4] !== streamKey.readUInt32BE(0)) return undefined
      if (generation.words[at + 5] !== streamKey.readUInt32BE(4)) return undefined
      return { revision: generation.places[slot * 2] ?? -1, position: generation.places[slot * 2 + 1] ?? -1 }
    },
    put: (id, streamKey, { revision, position }) => {
      readWords(id)
      if (!isFree(old, findSlot(old))) return
      let slot = findSlot(young)
      if (!isFree(young, slot)) return
      if (young.count >= IDS_MAX) {
        old = young
        young = createGeneration()
        slot = findSlot(young)
      }
      young.words.set(wanted, slot * SLOT_WORDS)
      young.words[slot * SLOT_WORDS + 4] = streamKey.readUInt32BE(0)
      young.words[slot * SLOT_WORDS + 5] = streamKey.readUInt32BE(4)
      young.places[slot * 2] = revision
      young.places[slot * 2 + 1] = position
      young.count++
    },
    clear: () => {
      young = createGeneration()
      old = createGeneration()
    },
  }
}

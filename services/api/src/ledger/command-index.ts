import { type CommandId, type Revision, revisionOf } from '@registru/domain'
/** Where a stream's commands stand, at 16 bytes each at most: idempotency never expires, so an old account knows very many. */
export interface CommandIndex {
  /** Fingerprint and revision + 1 in turn; zero is an empty place, for a stream never holds 2^32 events. */
  entries: Uint32Array
  count: number
}

const ENTRY_NUMBERS = 2
const PLACES_MIN = 4
/** Above this share of used places, probing becomes long; after growing, more than half are used: 8 bytes become 15. */
const LOAD_MAX = 0.8
const GROWTH = 1.5
const EMPTY = 0
const FINGERPRINT_RANGE = 2 ** 32
const NO_ENTRIES = new Uint32Array()

export const createCommandIndex = (): CommandIndex => ({ entries: NO_ENTRIES, count: 0 })

/** The first 32 bits of a UUID v5 are bits of a hash already. Two commands of an account in 65,000 share theirs. */
const fingerprintOf = (commandId: CommandId): number => Number.parseInt(commandId.slice(0, 8), 16)

/** Its home is its share of the range, so that any number of places will do. */
const homeOf = (fingerprint: number, entries: Uint32Array): number =>
  Math.floor((fingerprint / FINGERPRINT_RANGE) * (entries.length / ENTRY_NUMBERS)) * ENTRY_NUMBERS

const after = (at: number, entries: Uint32Array): number =>
  at + ENTRY_NUMBERS === entries.length ? 0 : at + ENTRY_NUMBERS

const insert = (entries: Uint32Array, fingerprint: number, place: number): void => {
  let at = homeOf(fingerprint, entries)
  while (entries[at + 1] !== EMPTY) at = after(at, entries)
  entries[at] = fingerprint
  entries[at + 1] = place
}

const grow = (index: CommandIndex): void => {
  const old = index.entries
  const places = Math.max(PLACES_MIN, Math.ceil((old.length / ENTRY_NUMBERS) * GROWTH))
  index.entries = new Uint32Array(places * ENTRY_NUMBERS)
  for (let at = 0; at < old.length; at += ENTRY_NUMBERS) {
    const place = old[at + 1] ?? EMPTY
    if (place !== EMPTY) insert(index.entries, old[at] ?? 0, place)
  }
}

/** @param revision of the command's first event */
export const addCommand = (index: CommandIndex, commandId: CommandId, revision: Revision): void => {
  if ((index.count + 1) * ENTRY_NUMBERS > index.entries.length * LOAD_MAX) grow(index)
  insert(index.entries, fingerprintOf(commandId), Number(revision) + 1)
  index.count += 1
}

/** Revisions whose events may be the command's; the caller compares the whole id, for a fingerprint can coincide. */
export const candidatesOf = ({ entries, count }: CommandIndex, commandId: CommandId): readonly Revision[] => {
  const found: Revision[] = []
  if (count === 0) return found
  const fingerprint = fingerprintOf(commandId)
  for (let at = homeOf(fingerprint, entries); ; at = after(at, entries)) {
    const place = entries[at + 1] ?? EMPTY
    if (place === EMPTY) return found
    if (entries[at] === fingerprint) found.push(revisionOf(BigInt(place - 1)))
  }
}

/** What it takes in memory. */
export const weighIndex = ({ entries }: CommandIndex): number => entries.byteLength

/** Equal for equal commands in equal order. Lent until the next `addCommand`. */
export const dumpIndex = ({ entries }: CommandIndex): Uint8Array =>
  new Uint8Array(entries.buffer, entries.byteOffset, entries.byteLength)

/** @param bytes what `dumpIndex` gave; they are copied */
export const restoreIndex = (bytes: Uint8Array): CommandIndex => {
  const entries = new Uint32Array(new Uint8Array(bytes).buffer)
  let count = 0
  for (let at = 1; at < entries.length; at += ENTRY_NUMBERS) if (entries[at] !== EMPTY) count += 1
  return { entries, count }
}

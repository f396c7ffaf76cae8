/** Where a stream's commands stand, at 16 bytes each at most: idempotency never expires, so an old account knows very many. */
export interface CommandIndex {
  /** @param revision of the command's first event */
  add(commandId: string, revision: bigint): void
  /** Revisions whose events may be the command's; the caller compares the whole id, for a fingerprint can coincide. */
  candidates(commandId: string): readonly bigint[]
  /** What it takes in memory. */
  byteLength(): number
  /** Equal for equal commands in equal order. Valid until the next `add`. */
  dump(): Uint8Array
}

/** Fingerprint and revision + 1, so that zero means an empty place; a stream never holds 2^32 events. */
const ENTRY_NUMBERS = 2
const PLACES_MIN = 4
/** Above this share of used places, probing becomes long; after growing, more than half are used: 8 bytes become 15. */
const LOAD_MAX = 0.8
const GROWTH = 1.5
const EMPTY = 0
const FINGERPRINT_RANGE = 2 ** 32

/** The first 32 bits of a UUID v5 are bits of a hash already. Two commands of an account in 65,000 share theirs. */
const fingerprintOf = (commandId: string): number => Number.parseInt(commandId.slice(0, 8), 16)

/** @param dumped what `dump` gave; it is copied */
export const createCommandIndex = (dumped?: Uint8Array): CommandIndex => {
  let entries = dumped === undefined ? new Uint32Array() : new Uint32Array(new Uint8Array(dumped).buffer)
  let places = entries.length / ENTRY_NUMBERS
  let count = 0
  for (let place = 0; place < places; place += 1) if (entries[place * ENTRY_NUMBERS + 1] !== EMPTY) count += 1

  /** Its home is its share of the range, so that any number of places will do. */
  const homeOf = (fingerprint: number): number => Math.floor((fingerprint / FINGERPRINT_RANGE) * places)
  const after = (place: number): number => (place + 1 === places ? 0 : place + 1)
  const revisionAt = (place: number): number => entries[place * ENTRY_NUMBERS + 1] ?? EMPTY

  const insert = (fingerprint: number, revision: number): void => {
    let place = homeOf(fingerprint)
    while (revisionAt(place) !== EMPTY) place = after(place)
    entries[place * ENTRY_NUMBERS] = fingerprint
    entries[place * ENTRY_NUMBERS + 1] = revision
  }

  const grow = (): void => {
    const old = entries
    places = Math.max(PLACES_MIN, Math.ceil(places * GROWTH))
    entries = new Uint32Array(places * ENTRY_NUMBERS)
    for (let at = 0; at < old.length; at += ENTRY_NUMBERS) {
      const revision = old[at + 1] ?? EMPTY
      if (revision !== EMPTY) insert(old[at] ?? 0, revision)
    }
  }

  return {
    add: (commandId, revision) => {
      if (count + 1 > places * LOAD_MAX) grow()
      insert(fingerprintOf(commandId), Number(revision) + 1)
      count += 1
    },
    candidates: (commandId) => {
      const found: bigint[] = []
      if (count === 0) return found
      const fingerprint = fingerprintOf(commandId)
      for (let place = homeOf(fingerprint); ; place = after(place)) {
        const revision = revisionAt(place)
        if (revision === EMPTY) return found
        if (entries[place * ENTRY_NUMBERS] === fingerprint) found.push(BigInt(revision - 1))
      }
    },
    byteLength: () => entries.byteLength,
    dump: () => new Uint8Array(entries.buffer),
  }
}

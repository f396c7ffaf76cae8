/** Where a stream's commands stand, at 16 bytes each: idempotency never expires, so an old account knows very many. */
export interface CommandIndex {
  /** @param revision of the command's first event */
  add(commandId: string, revision: bigint): void
  /** Revisions whose events may be the command's; the caller compares the whole id, for a fingerprint can coincide. */
  candidates(commandId: string): readonly bigint[]
}

const CAPACITY_MIN = 16
/** Above this share of used places, probing becomes long. */
const LOAD_MAX = 0.75
const EMPTY = 0

/** The first 64 bits of a UUID v5 are bits of a hash already. */
const fingerprintOf = (commandId: string): bigint =>
  BigInt(`0x${commandId.slice(0, 8)}${commandId.slice(9, 13)}${commandId.slice(14, 18)}`)

export const createCommandIndex = (): CommandIndex => {
  let fingerprints = new BigUint64Array(CAPACITY_MIN)
  /** Revision + 1, so that zero means an empty place; a stream never holds 2^32 events. */
  let places = new Uint32Array(CAPACITY_MIN)
  let count = 0

  const slotOf = (fingerprint: bigint): number => Number(fingerprint & BigInt(places.length - 1))

  const insert = (fingerprint: bigint, place: number): void => {
    let slot = slotOf(fingerprint)
    while (places[slot] !== EMPTY) slot = (slot + 1) % places.length
    fingerprints[slot] = fingerprint
    places[slot] = place
  }

  const grow = (): void => {
    const oldFingerprints = fingerprints
    const oldPlaces = places
    fingerprints = new BigUint64Array(oldPlaces.length * 2)
    places = new Uint32Array(oldPlaces.length * 2)
    for (const [slot, place] of oldPlaces.entries()) {
      if (place !== EMPTY) insert(oldFingerprints[slot] ?? 0n, place)
    }
  }

  return {
    add: (commandId, revision) => {
      if (count + 1 > places.length * LOAD_MAX) grow()
      insert(fingerprintOf(commandId), Number(revision) + 1)
      count += 1
    },
    candidates: (commandId) => {
      const fingerprint = fingerprintOf(commandId)
      const found: bigint[] = []
      for (let slot = slotOf(fingerprint); ; slot = (slot + 1) % places.length) {
        const place = places[slot] ?? EMPTY
        if (place === EMPTY) return found
        if (fingerprints[slot] === fingerprint) found.push(BigInt(place - 1))
      }
    },
  }
}

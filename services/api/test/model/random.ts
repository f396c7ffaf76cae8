/** Mulberry32: the same seed tells the same story. */
export const randomOf = (start: number) => {
  let state = start
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    chance: (share: number): boolean => next() < share,
    upTo: (most: number): number => 1 + Math.floor(next() * most),
    pick: <T>(values: readonly T[], fallback: T): T => values[Math.floor(next() * values.length)] ?? fallback,
  }
}
export type Random = ReturnType<typeof randomOf>

/** A part of an invoice that is due on a day of its own; the whole of it, where there are no instalments. */
export interface DuePart {
  readonly dueOn: string
  readonly minor: bigint
}

/** What one part has open from one day to another (excluded); `undefined`: for ever. */
export interface Level {
  readonly part: number
  readonly from: string
  readonly to: string | undefined
  readonly open: bigint
}

/** What moved on an item, summed by effective day. */
export type Moves = ReadonlyMap<string, bigint>

/** What is left open of an item lies on its last parts, because what is settled falls on the first ones. */
const shareOf = (parts: readonly DuePart[], part: number, open: bigint): bigint => {
  const later = parts.slice(part + 1).reduce((sum, { minor }) => sum + minor, 0n)
  const left = open - later
  // More or less than the parts ask for would be an error of the log; the first part shows it.
  if (part === 0) return open > later ? left : open < 0n ? open : 0n
  const whole = parts[part]?.minor ?? 0n
  if (left <= 0n) return 0n
  return left < whole ? left : whole
}

/**
 * What each part has open, day by day, from scratch: the plainest way there is, because it is what everything else is
 * compared with. Days between which nothing differs are one level.
 */
export const levelsOf = (parts: readonly DuePart[], moves: Moves): readonly Level[] => {
  const days = [...moves.keys()].toSorted()
  const totals: bigint[] = []
  let total = 0n
  for (const day of days) {
    total += moves.get(day) ?? 0n
    totals.push(total)
  }
  return parts.flatMap((_, part) => {
    const levels: { from: string; open: bigint }[] = []
    for (const [index, day] of days.entries()) {
      const open = shareOf(parts, part, totals[index] ?? 0n)
      if (open !== (levels.at(-1)?.open ?? 0n)) levels.push({ from: day, open })
    }
    return levels.map(({ from, open }, index) => ({ part, from, to: levels[index + 1]?.from, open }))
  })
}

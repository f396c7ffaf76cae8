/** A part of an invoice that is due on a day of its own; the whole of it, where there are no instalments. */
export interface DuePart {
  readonly dueOn: string
  /** How large it is from each day on, rising; the first from ever. */
  readonly sizes: readonly { readonly from: string; readonly minor: bigint }[]
}

/** Before every day. */
export const EVER = ''

const sizeOn = ({ sizes }: DuePart, day: string): bigint => sizes.findLast(({ from }) => from <= day)?.minor ?? 0n

/** How large a part is in the end. */
export const lastSize = ({ sizes }: DuePart): bigint => sizes.at(-1)?.minor ?? 0n

const sized = (part: DuePart, minor: bigint, from: string): DuePart =>
  lastSize(part) === minor
    ? part
    : { ...part, sizes: [...part.sizes.filter((size) => size.from !== from), { from, minor }] }

/** Parts after others were agreed for what is open: those before keep what is settled, the earliest first. */
export const agreeOn = (
  parts: readonly DuePart[],
  agreed: readonly { readonly dueOn: string; readonly minor: bigint }[],
  on: string,
): readonly DuePart[] => {
  const whole = parts.reduce((sum, part) => sum + lastSize(part), 0n)
  const settled = agreed.reduce((left, { minor }) => left - minor, whole)
  let reached = 0n
  const kept = parts.map((part) => {
    const [from, size] = [reached, lastSize(part)]
    reached += size
    if (reached <= settled) return part
    return sized(part, from < settled ? settled - from : 0n, on)
  })
  const others = agreed.map(({ dueOn, minor }) => ({
    dueOn,
    sizes: [
      { from: EVER, minor: 0n },
      { from: on, minor },
    ],
  }))
  return [...kept, ...others]
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
const shareOf = (parts: readonly DuePart[], part: number, open: bigint, day: string): bigint => {
  const later = parts.slice(part + 1).reduce((sum, other) => sum + sizeOn(other, day), 0n)
  const left = open - later
  // More or less than the parts ask for would be an error of the log; the first part shows it.
  if (part === 0) return open > later ? left : open < 0n ? open : 0n
  const own = parts[part]
  const whole = own === undefined ? 0n : sizeOn(own, day)
  if (left <= 0n) return 0n
  return left < whole ? left : whole
}

/**
 * What each part has open, day by day, from scratch: the plainest way there is, because it is what everything else is
 * compared with. Days between which nothing differs are one level.
 */
export const levelsOf = (parts: readonly DuePart[], moves: Moves): readonly Level[] => {
  const agreements = parts.flatMap(({ sizes }) => sizes.map(({ from }) => from)).filter((from) => from !== EVER)
  const days = [...new Set([...moves.keys(), ...agreements])].toSorted()
  const totals: bigint[] = []
  let total = 0n
  for (const day of days) {
    total += moves.get(day) ?? 0n
    totals.push(total)
  }
  return parts.flatMap((_, part) => {
    const levels: { from: string; open: bigint }[] = []
    for (const [index, day] of days.entries()) {
      const open = shareOf(parts, part, totals[index] ?? 0n, day)
      if (open !== (levels.at(-1)?.open ?? 0n)) levels.push({ from: day, open })
    }
    return levels.map(({ from, open }, index) => ({ part, from, to: levels[index + 1]?.from, open }))
  })
}

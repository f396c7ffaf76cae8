/**
 * Finds the one group of amounts that adds up to a sum. Each half of the items is spread out into the sums of its subsets,
 * in order, and the halves are then walked against each other: 2 × 2^15 sums where trying all would be 2^30.
 */

/** Invoices and credit notes together: more would be tried for longer than a payment may take. */
export const ITEMS_MAX = 30

export interface SumQuestion {
  /** In minor units; of each, the whole. */
  readonly invoices: readonly number[]
  /** Taken off; where there are any, at least one has to be. */
  readonly notes: readonly number[]
  readonly target: number
  readonly invoicesMin: number
  readonly invoicesMax: number
}

/** Places in the lists that were asked about. */
export interface FoundSum {
  readonly invoices: readonly number[]
  readonly notes: readonly number[]
}

interface Item {
  readonly amount: number
  readonly isNote: boolean
  readonly bit: number
}

/** Sums of subsets of a half, ascending; which items and how many invoices are in each. */
interface Sums {
  readonly sums: Float64Array
  readonly masks: Int32Array
  readonly counts: Uint8Array
  readonly length: number
}

const NOTHING: Sums = {
  sums: new Float64Array(1),
  masks: new Int32Array(1),
  counts: new Uint8Array(1),
  length: 1,
}

/** The subsets with and without one more item: two ascending lists become one. */
const withItem = (list: Sums, { amount, isNote, bit }: Item, sumMax: number, countMax: number): Sums => {
  const [sums, masks, counts] = [
    new Float64Array(list.length * 2),
    new Int32Array(list.length * 2),
    new Uint8Array(list.length * 2),
  ]
  const [by, more] = isNote ? [-amount, 0] : [amount, 1]
  let length = 0
  const push = (sum: number, mask: number, count: number): void => {
    if (sum > sumMax || count > countMax) return
    sums[length] = sum
    masks[length] = mask
    counts[length] = count
    length += 1
  }
  let without = 0
  for (let place = 0; place < list.length; place += 1) {
    const sum = (list.sums[place] ?? 0) + by
    for (; without < list.length && (list.sums[without] ?? 0) <= sum; without += 1) {
      push(list.sums[without] ?? 0, list.masks[without] ?? 0, list.counts[without] ?? 0)
    }
    push(sum, (list.masks[place] ?? 0) | bit, (list.counts[place] ?? 0) + more)
  }
  for (; without < list.length; without += 1) {
    push(list.sums[without] ?? 0, list.masks[without] ?? 0, list.counts[without] ?? 0)
  }
  return { sums, masks, counts, length }
}

/** Subsets of one sum, by how many invoices and whether a note is in them: how many there are, and one of them. */
type Kinds = Map<number, { many: number; readonly mask: number }>

const kindsAt = (list: Sums, from: number, step: 1 | -1, noteBits: number): { kinds: Kinds; next: number } => {
  const kinds: Kinds = new Map()
  const sum = list.sums[from]
  let next = from
  for (; next >= 0 && next < list.length && list.sums[next] === sum; next += step) {
    const mask = list.masks[next] ?? 0
    const kind = (list.counts[next] ?? 0) * 2 + ((mask & noteBits) === 0 ? 0 : 1)
    const alike = kinds.get(kind)
    if (alike === undefined) kinds.set(kind, { many: 1, mask })
    else alike.many += 1
  }
  return { kinds, next }
}

/** @returns the group; `several` when another one adds up to the same; `undefined` when none does */
export const onlySum = (question: SumQuestion): FoundSum | 'several' | undefined => {
  const { invoices, notes, target, invoicesMin, invoicesMax } = question
  const sumMax = notes.reduce((sum, note) => sum + note, target)
  const items = [
    ...invoices.map((amount, place): Item => ({ amount, isNote: false, bit: 1 << place })),
    ...notes.map((amount, place): Item => ({ amount, isNote: true, bit: 1 << (invoices.length + place) })),
  ].filter(({ amount, isNote }) => isNote || amount <= sumMax)
  const noteBits = items.reduce((bits, { isNote, bit }) => (isNote ? bits | bit : bits), 0)
  const half = (parity: number): Sums =>
    items
      .filter((_, index) => index % 2 === parity)
      .reduce((list, item) => withItem(list, item, sumMax, invoicesMax), NOTHING)
  const [left, right] = [half(0), half(1)]

  let found: number | undefined
  let [low, high] = [0, right.length - 1]
  while (low < left.length && high >= 0) {
    const sum = (left.sums[low] ?? 0) + (right.sums[high] ?? 0)
    if (sum < target) low += 1
    else if (sum > target) high -= 1
    else {
      const lefts = kindsAt(left, low, 1, noteBits)
      const rights = kindsAt(right, high, -1, noteBits)
      for (const [leftKind, one] of lefts.kinds) {
        for (const [rightKind, other] of rights.kinds) {
          const count = (leftKind >> 1) + (rightKind >> 1)
          const hasNote = ((leftKind | rightKind) & 1) === 1
          if (count < invoicesMin || count > invoicesMax || hasNote !== notes.length > 0) continue
          if (found !== undefined || one.many * other.many > 1) return 'several'
          found = one.mask | other.mask
        }
      }
      low = lefts.next
      high = rights.next
    }
  }
  if (found === undefined) return undefined
  const mask = found
  const chosen = (many: number, first: number): readonly number[] =>
    Array.from({ length: many }, (_, place) => place).filter((place) => (mask & (1 << (first + place))) !== 0)
  return { invoices: chosen(invoices.length, 0), notes: chosen(notes.length, invoices.length) }
}

/** Which invoices, or first instalments, or invoices less credit notes, are exactly an amount. */
import type { Payment } from './state.ts'

export interface Open {
  readonly invoiceId: string
  readonly number: string
  readonly claim: string
  /** Among what is due on one day. */
  readonly place: string
  readonly open: number
  /** Its due parts, the oldest first. */
  readonly parts: readonly { readonly dueOn: string; readonly open: number }[]
}

export interface Group {
  readonly invoices: readonly Pick<Open, 'invoiceId' | 'open'>[]
  readonly notes: readonly Payment[]
}

const ITEMS_MAX = 30

const subsetsOf = <Item>(items: readonly Item[]): readonly (readonly Item[])[] =>
  items.reduce<readonly (readonly Item[])[]>(
    (subsets, item) => [...subsets, ...subsets.map((subset) => [...subset, item])],
    [[]],
  )

/** Two groups that add up are as good as many: all are tried until then. */
const groupsOf = (
  open: readonly Open[],
  notes: readonly Payment[],
  amount: number,
  [least, most]: readonly [number, number],
): readonly Group[] => {
  const noteSets = notes.length === 0 ? [[]] : subsetsOf(notes).filter((set) => set.length > 0)
  const byTarget = new Map<number, (readonly Payment[])[]>()
  for (const set of noteSets) {
    const target = set.reduce((sum, { credit }) => sum + credit, amount)
    byTarget.set(target, [...(byTarget.get(target) ?? []), set])
  }
  const targetMax = Math.max(...byTarget.keys())
  const groups: Group[] = []
  const tryFrom = (first: number, chosen: readonly Open[], sum: number): void => {
    if (chosen.length >= least) {
      for (const set of byTarget.get(sum) ?? []) groups.push({ invoices: chosen, notes: set })
    }
    if (chosen.length === most) return
    for (let index = first; index < open.length && groups.length < 2; index += 1) {
      const next = open[index]
      if (next !== undefined && sum + next.open <= targetMax) tryFrom(index + 1, [...chosen, next], sum + next.open)
    }
  }
  tryFrom(0, [], 0)
  return groups
}

/** The first parts of an invoice, short of all of it. */
const firstPartsOf = (open: readonly Open[], amount: number): readonly Group[] =>
  open
    .filter(({ parts }) => parts.slice(0, -1).some((_, last) => sumOf(parts.slice(0, last + 1)) === amount))
    .map(({ invoiceId }) => ({ invoices: [{ invoiceId, open: amount }], notes: [] }))
const sumOf = (parts: Open['parts']): number => parts.reduce((sum, { open }) => sum + open, 0)

/** What is exactly the amount in one way alone: the first question that has an answer decides, and two answers are none. */
export const fittingGroup = (open: readonly Open[], notes: readonly Payment[], amount: number): Group | undefined => {
  const isSmall = (along: readonly Payment[]): boolean => open.length + along.length <= ITEMS_MAX
  const withNotes = (size: readonly [number, number]) =>
    notes.length > 0 && isSmall(notes) ? groupsOf(open, notes, amount, size) : []
  const questions: readonly (() => readonly Group[])[] = [
    () => groupsOf(open, [], amount, [1, 1]),
    () => firstPartsOf(open, amount),
    () => (isSmall([]) ? groupsOf(open, [], amount, [2, 8]) : []),
    () => withNotes([1, 1]),
    () => withNotes([2, 8]),
  ]
  for (const question of questions) {
    const [group, other] = question()
    if (group !== undefined) return other === undefined ? group : undefined
  }
  return undefined
}

/** A second set of books: every amount that moved, on its day, and when the model heard of it. */
import type { Invoice, Move, State } from './state.ts'

export interface Entry {
  readonly on: string
  readonly cause: string
  readonly item?: string
}
type Leg = readonly [
  account: string,
  currency: string,
  amount: number,
  item?: string | undefined,
  rate?: string | undefined,
]

export const post = (state: State, { on, cause, item = '' }: Entry, legs: readonly Leg[]): void => {
  for (const [account, currency, amount, ofItem = item, rate] of legs) {
    if (amount === 0) continue
    const move = { on, at: state.now, account, cause, item: ofItem, currency, amount }
    state.books.push(rate === undefined ? move : { ...move, rate })
  }
}

/** A day, and the last moment whose knowledge counts. */
export interface Clocks {
  readonly asOf: string
  readonly knownAt: number
}

export const movesAt = ({ books }: State, { asOf, knownAt }: Clocks): readonly Move[] =>
  books.filter(({ on, at }) => on <= asOf && at <= knownAt)

export const sumBy = <Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string | undefined,
  amountOf: (item: Item) => number,
): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>()
  for (const item of items) {
    const key = keyOf(item)
    if (key !== undefined) sums.set(key, (sums.get(key) ?? 0) + amountOf(item))
  }
  return new Map([...sums].filter(([, sum]) => sum !== 0))
}

/** What is open of an invoice, by due day: what was settled falls on the parts in their order. */
export const dueOf = (
  { terms, total }: Invoice,
  open: number,
  { asOf, knownAt }: Clocks,
): readonly { readonly dueOn: string; readonly open: number }[] => {
  const { parts = [] } =
    terms.findLast(({ agreedOn, at }, index) => index === 0 || (agreedOn <= asOf && at <= knownAt)) ?? {}
  let settled = total - open
  return parts.flatMap(({ dueOn, amount }) => {
    const taken = Math.min(amount, settled)
    settled -= taken
    return amount > taken ? [{ dueOn, open: amount - taken }] : []
  })
}

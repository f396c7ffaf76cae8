import type { Currency } from '../../money.ts'

/** Records of which something is left, by currency: their ordinals, oldest first. */
export type OrdinalsLeft = Map<Currency, number[]>

/** In place, for thousands may be left, and each that is used comes here: its place is looked up, and the list not walked. */
export const keepLeft = (lists: OrdinalsLeft, currency: Currency, ordinal: number, isLeft: boolean): void => {
  const list = lists.get(currency) ?? []
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle] ?? 0) < ordinal) low = middle + 1
    else high = middle
  }
  if ((list[low] === ordinal) === isLeft) return
  if (isLeft) list.splice(low, 0, ordinal)
  else list.splice(low, 1)
  lists.set(currency, list)
}

import type { BusinessDay } from '../business-day.ts'

/** A part of an invoice that is due on a day of its own, in minor units. */
export interface DuePart {
  readonly dueOn: BusinessDay
  readonly amount: bigint
}

const sumOf = (parts: readonly DuePart[]): bigint => parts.reduce((sum, { amount }) => sum + amount, 0n)

/**
 * An invoice's parts after other due days were agreed for what is open of it. What is settled lies on the earliest parts and
 * keeps their days, so what an undo reopens is due as it was before the agreement.
 * @param parts of the whole invoice, in the order in which what is settled falls on them
 * @param agreed make up what is open
 */
export const rescheduledParts = (parts: readonly DuePart[], agreed: readonly DuePart[]): readonly DuePart[] => {
  let settled = sumOf(parts) - sumOf(agreed)
  const kept = parts.flatMap(({ dueOn, amount }) => {
    const part = amount < settled ? amount : settled
    settled -= part
    return part > 0n ? [{ dueOn, amount: part }] : []
  })
  return [...kept, ...agreed]
}

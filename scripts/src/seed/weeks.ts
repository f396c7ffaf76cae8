import type { Step } from './firm.ts'

/** What a clerk enters at once, and when. */
export interface Sitting<Item> {
  readonly enteredAt: Date
  readonly steps: readonly Item[]
}

const DAY_MS = 86_400_000
/** 1970-01-01 was a Thursday. */
const MONDAY_OFFSET_DAYS = 3
const DAYS_OF_WEEK = 7
/** The Tuesday after the week, in the afternoon. */
const ENTERED_AFTER_MS = 8 * DAY_MS + 14 * 3_600_000

/**
 * The papers of a week are entered on the Tuesday of the next one, all of them at one sitting: what was true of a day and
 * what was known on it are two things, as in any office. Nothing is entered later than now.
 */
export const sittingsOf = <Item extends Pick<Step, 'day'>>(
  steps: readonly Item[],
  now: Date,
): readonly Sitting<Item>[] => {
  const weeks = new Map<number, Item[]>()
  for (const step of steps) {
    const day = Date.parse(step.day) / DAY_MS
    const monday = day - ((day + MONDAY_OFFSET_DAYS) % DAYS_OF_WEEK)
    const week = weeks.get(monday)
    if (week === undefined) weeks.set(monday, [step])
    else week.push(step)
  }
  return [...weeks]
    .toSorted(([a], [b]) => a - b)
    .map(([monday, ofWeek]) => ({
      enteredAt: new Date(Math.min(monday * DAY_MS + ENTERED_AFTER_MS, now.getTime())),
      steps: ofWeek,
    }))
}

import type { BusinessDay } from '../business-day.ts'

/** From where on two legal persons set off through the formal system (ordin de compensare), in bani. */
export interface SetOffLimit {
  readonly limitMinor: bigint
  readonly law: string
}

interface Interval extends SetOffLimit {
  readonly from: BusinessDay
}

/** A new figure is a new interval, never an edit. */
const INTERVALS: readonly Interval[] = [
  { from: '1999-08-01', limitMinor: 1_000_000n, law: 'OUG 77/1999, HG 685/1999' },
  { from: '2019-12-31', limitMinor: 1_000_000n, law: 'OUG 77/1999, HG 773/2019' },
]

/** `undefined` before there was a system. */
export const setOffLimitOn = (day: BusinessDay): SetOffLimit | undefined =>
  INTERVALS.findLast(({ from }) => from <= day)

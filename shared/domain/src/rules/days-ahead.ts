import { addDays, type BusinessDay, latest } from '../business-day.ts'
import { reject } from '../rejection.ts'

/**
 * A quarter: value dates and post-dated invoices lie a little ahead, a mistyped year lies far. Nothing that is dated there
 * could be put right, for an undo is never dated before what it undoes, and all that follows an undo is dated after it.
 */
const DAYS_AHEAD_MAX = 92

/** The effective day that a command asks for, and where in it. */
export interface AskedDay {
  /** JSON pointer. */
  readonly path: string
  /** `undefined`: the command leaves it to the ledger. */
  readonly day: BusinessDay | undefined
}

/**
 * @param undoneOn day of what an undo takes back; where that was dated too far ahead before this rule was, its undo is too
 * @throws Rejection
 */
export const requireNear = (
  { path, day }: AskedDay,
  today: BusinessDay,
  undoneOn: () => BusinessDay | undefined = () => undefined,
): void => {
  const horizon = addDays(today, DAYS_AHEAD_MAX)
  if (day === undefined || day <= horizon) return
  const last = latest(horizon, undoneOn())
  if (day > last) reject('DAY_TOO_FAR_AHEAD', { path, day, latest: last })
}

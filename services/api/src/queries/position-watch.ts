import { setTimeout as sleep } from 'node:timers/promises'
import { ReadSideUnavailable } from './read-errors.ts'

/** How often it is looked whether the projector has come far enough, however many wait. */
const POLL_MS = 10
/** A look that is under way at the end of a wait may still be answered; Postgres may also never answer it. */
const GRACE_MS = 500

interface Waiter<Place> {
  readonly wanted: Place
  readonly deadline: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Of something that only grows: a place in the log, or the instant that the log has come to. */
export interface Watch<Place> {
  /**
   * @throws what `late` makes after `maxWaitMs`, ReadSideUnavailable when no look was answered until then, and what the look
   * itself fails with
   */
  readonly reach: (wanted: Place, maxWaitMs: number) => Promise<void>
}

/** Readers that wait for the projector look together: a thousand of them ask Postgres no more often than one. */
export const createWatch = <Place extends bigint>(
  find: () => Promise<Place>,
  late: (found: Place, wanted: Place) => Error,
): Watch<Place> => {
  let waiters: readonly Waiter<Place>[] = []
  let isLooking = false

  /** @returns whoever goes on waiting */
  const tell = (told: readonly Waiter<Place>[], found: Place): readonly Waiter<Place>[] =>
    told.filter(({ wanted, deadline, resolve, reject }) => {
      if (found >= wanted) resolve()
      else if (performance.now() >= deadline) reject(late(found, wanted))
      else return true
      return false
    })

  const look = async (): Promise<void> => {
    isLooking = true
    while (waiters.length > 0) {
      // Whoever comes while the answer is on its way is not told by it: it may be older than the wait.
      const told = waiters
      waiters = []
      try {
        waiters = [...tell(told, await find()), ...waiters]
      } catch (error) {
        for (const { reject } of told) reject(error)
      }
      if (waiters.length > 0) await sleep(POLL_MS)
    }
    isLooking = false
  }

  return {
    reach: (wanted, maxWaitMs) =>
      new Promise((resolve, reject) => {
        const unanswered = setTimeout(
          () => reject(new ReadSideUnavailable(`no answer within ${maxWaitMs} ms`)),
          maxWaitMs + GRACE_MS,
        )
        const settled =
          <Args extends readonly unknown[]>(settle: (...args: Args) => void) =>
          (...args: Args): void => {
            clearTimeout(unanswered)
            settle(...args)
          }
        const deadline = performance.now() + maxWaitMs
        waiters = [...waiters, { wanted, deadline, resolve: settled(resolve), reject: settled(reject) }]
        if (!isLooking) void look()
      }),
  }
}

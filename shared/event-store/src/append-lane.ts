import { setTimeout as sleep } from 'node:timers/promises'
import { StoreUnavailable } from './errors.ts'
import type { AppendOutcome } from './event-store.ts'

/** How many appends the client may hold unanswered. Below the buffer of its stream, see `CALL_BUFFER_ITEMS`. */
export const APPENDS_IN_FLIGHT_MAX = 500

/**
 * A connection that is not dropped cannot be closed, only left: so a store that stays silent, or refuses call after call, gets no
 * more new ones than this. In between the client's own keep-alive notices a dead one within 20 s.
 */
export const RENEWAL_PAUSE_MS = 20_000

/** How often the calls of a broken connection are ended again, in case one began in between. */
const MENDING_STEP_MS = 100

/**
 * Ended calls settle at once. What has not settled by then was on a stream that the server ended in peace, and never will.
 * A connection that never answered may still be asking what the server can do, which cannot be ended: its own keep-alive
 * does so within 20 s.
 */
const SETTLE_PATIENCE_MS = 500
const FIRST_ANSWER_PATIENCE_MS = 25_000

/** `confirmed`: written, but the answer does not say where in `$all`. */
export type AttemptOutcome = AppendOutcome | { readonly outcome: 'confirmed'; readonly revision: bigint }

/**
 * `dropped`: the client has let go of the connection. `redirected`: it has, and knows where the leader is. `ended`: only the call is
 * over; leaving its connection leaks it.
 */
export type Break = 'dropped' | 'redirected' | 'ended'

export interface Attempt {
  readonly result: AttemptOutcome | Error
  /** The stream of appends is over, with all that was in flight. */
  readonly broke: Break | undefined
}

export interface AppendConnection {
  /** Ends what can be ended; comes back soon, whether or not all has ended. */
  readonly endCalls: () => Promise<unknown>
}

export interface AppendLane<Connection> {
  /** @throws what the attempt says was refused for good */
  run(attempt: (connection: Connection) => Promise<Attempt>, timeoutMs: number): Promise<AttemptOutcome>
  dispose(): Promise<void>
}

/**
 * Lets appends through to the client so that never more than one of its append streams is alive.
 *
 * The client keeps unanswered appends of all its streams in one map of the process: when one stream breaks, appends of
 * another are rejected too, and their answers, arriving later, end the process. So after a failure nothing is sent
 * until every append in flight has settled and every stream has ended; then one append goes alone, and the others
 * follow when it has been answered.
 */
export const createAppendLane = <Connection extends AppendConnection>(
  connect: () => Connection,
): AppendLane<Connection> => {
  const newLink = () => ({ connection: connect(), inFlight: 0, answeredAt: Number.NEGATIVE_INFINITY })
  let link = newLink()
  let leftAt = Number.NEGATIVE_INFINITY
  let state: 'cold' | 'probing' | 'open' | 'mending' | 'closed' = 'cold'
  const queue = new Set<(admitted: boolean) => void>()

  const isClosed = (): boolean => state === 'closed'
  const admits = (): boolean => state === 'cold' || (state === 'open' && link.inFlight < APPENDS_IN_FLIGHT_MAX)
  const enter = (): void => {
    if (state === 'cold') state = 'probing'
    link.inFlight += 1
  }
  const admitWaiting = (): void => {
    for (const proceed of queue) {
      if (!admits()) return
      queue.delete(proceed)
      enter()
      proceed(true)
    }
  }
  const turnAwayWaiting = (): void => {
    for (const proceed of queue) proceed(false)
    queue.clear()
  }
  const admission = (timeoutMs: number): Promise<boolean> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        queue.delete(proceed)
        resolve(false)
      }, timeoutMs)
      const proceed = (admitted: boolean): void => {
        clearTimeout(timer)
        resolve(admitted)
      }
      queue.add(proceed)
    })

  const endAllCalls = async (patienceMs: number): Promise<void> => {
    const until = performance.now() + patienceMs
    await link.connection.endCalls()
    while (link.inFlight > 0 && performance.now() < until) {
      await sleep(MENDING_STEP_MS)
      await link.connection.endCalls()
    }
  }
  const mend = async (why: Break | 'silent'): Promise<void> => {
    if (state === 'mending' || state === 'closed') return
    state = 'mending'
    turnAwayWaiting()
    const hasAnswered = link.answeredAt > 0
    await endAllCalls(hasAnswered ? SETTLE_PATIENCE_MS : FIRST_ANSWER_PATIENCE_MS)
    if (isClosed()) return
    const leaves = (why === 'ended' || why === 'silent') && performance.now() - leftAt > RENEWAL_PAUSE_MS
    if (leaves) leftAt = performance.now()
    // A client with calls that never settle keeps using the stream they hang on.
    if (why === 'dropped' || leaves || link.inFlight > 0) link = newLink()
    state = 'cold'
    admitWaiting()
  }

  const settle = (from: typeof link, attempt: Attempt): void => {
    from.inFlight -= 1
    if (from !== link) return
    if (attempt.broke !== undefined) {
      void mend(attempt.broke)
      return
    }
    link.answeredAt = performance.now()
    if (state === 'probing') state = 'open'
    admitWaiting()
  }
  const send = (attempt: (connection: Connection) => Promise<Attempt>, timeoutMs: number): Promise<AttemptOutcome> =>
    new Promise((resolve, reject) => {
      const from = link
      const sentAt = performance.now()
      const timer = setTimeout(() => {
        resolve({ outcome: 'unknown', cause: new StoreUnavailable(`no answer to an append within ${timeoutMs} ms`) })
        // An answer to anything since shows that the connection lives and only this append was lost.
        if (from === link && link.answeredAt < sentAt) void mend('silent')
      }, timeoutMs)
      void attempt(from.connection).then((settled) => {
        clearTimeout(timer)
        settle(from, settled)
        if (settled.result instanceof Error) reject(settled.result)
        else resolve(settled.result)
      })
    })

  return {
    run: async (attempt, timeoutMs) => {
      if (queue.size === 0 && admits()) {
        enter()
        return send(attempt, timeoutMs)
      }
      const askedAt = performance.now()
      const admitted = !isClosed() && (await admission(timeoutMs))
      const leftMs = timeoutMs - (performance.now() - askedAt)
      if (admitted) return send(attempt, Math.max(1, Math.round(leftMs)))
      return { outcome: 'unknown', cause: new StoreUnavailable('not sent: no connection to the event store') }
    },
    dispose: async () => {
      state = 'closed'
      turnAwayWaiting()
      await endAllCalls(SETTLE_PATIENCE_MS)
    },
  }
}

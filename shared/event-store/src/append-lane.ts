import { setTimeout as sleep } from 'node:timers/promises'
import { StoreUnavailable } from './errors.ts'
import type { AppendOutcome } from './event-store.ts'

/** How many appends the client may hold unanswered. Below the buffer of its stream, see `CALL_BUFFER_ITEMS`. */
export const APPENDS_IN_FLIGHT_MAX = 500

/** A connection silent for its first 20 s is left to the client's own keep-alive, which notices by then. */
const FRESH_CONNECTION_MS = 20_000

/** How often the calls of a broken connection are ended again, in case one began in between. */
const MENDING_STEP_MS = 100

/** How long a stop waits for calls that cannot be ended. */
const DISPOSE_PATIENCE_MS = 1_000

/** `confirmed`: written, but the answer does not say where in `$all`. */
export type AttemptOutcome = AppendOutcome | { readonly outcome: 'confirmed'; readonly revision: bigint }

/** What one call to the client gave. `broke`: its connection cannot be trusted with another append. */
export interface Attempt {
  readonly result: AttemptOutcome | Error
  readonly broke: boolean
}

export interface AppendConnection {
  endCalls(): Promise<void>
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
  let connection = connect()
  let connectedAt = performance.now()
  let answeredAt = connectedAt
  let state: 'cold' | 'probing' | 'open' | 'mending' | 'closed' = 'cold'
  let inFlight = 0
  const queue = new Set<(admitted: boolean) => void>()

  const admits = (): boolean => state === 'cold' || (state === 'open' && inFlight < APPENDS_IN_FLIGHT_MAX)
  const enter = (): void => {
    if (state === 'cold') state = 'probing'
    inFlight += 1
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

  const endAllCalls = async (until: number): Promise<void> => {
    await connection.endCalls()
    while (inFlight > 0 && performance.now() < until) {
      await sleep(MENDING_STEP_MS)
      await connection.endCalls()
    }
  }
  const mend = async (why: 'failed' | 'silent'): Promise<void> => {
    if (state === 'mending' || state === 'closed') return
    state = 'mending'
    turnAwayWaiting()
    await endAllCalls(Number.POSITIVE_INFINITY)
    if (isClosed()) return
    if (why === 'failed' || performance.now() - connectedAt > FRESH_CONNECTION_MS) {
      connection = connect()
      connectedAt = performance.now()
    }
    state = 'cold'
    admitWaiting()
  }
  const isClosed = (): boolean => state === 'closed'

  const settle = (attempt: Attempt): void => {
    inFlight -= 1
    if (attempt.broke) {
      void mend('failed')
      return
    }
    answeredAt = performance.now()
    if (state === 'probing') state = 'open'
    admitWaiting()
  }
  const send = (attempt: (connection: Connection) => Promise<Attempt>, timeoutMs: number): Promise<AttemptOutcome> =>
    new Promise((resolve, reject) => {
      const sentAt = performance.now()
      const timer = setTimeout(() => {
        resolve({ outcome: 'unknown', cause: new StoreUnavailable(`no answer to an append within ${timeoutMs} ms`) })
        // An answer to anything sent later shows that the connection lives and only this append was lost.
        if (answeredAt < sentAt) void mend('silent')
      }, timeoutMs)
      void attempt(connection).then((settled) => {
        clearTimeout(timer)
        settle(settled)
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
      if (admitted) return send(attempt, Math.max(1, leftMs))
      return { outcome: 'unknown', cause: new StoreUnavailable('not sent: no connection to the event store') }
    },
    dispose: async () => {
      state = 'closed'
      turnAwayWaiting()
      await endAllCalls(performance.now() + DISPOSE_PATIENCE_MS)
    },
  }
}

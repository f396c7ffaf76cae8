import type { Revision } from '@registru/domain/places'
import { StoreUnavailable } from './errors.ts'
import type { AppendOutcome } from './event-store.ts'

/** How much a connection may hold unanswered: a store that stops answering must not fill the memory. */
export const APPENDS_IN_FLIGHT_MAX = 500
const BYTES_IN_FLIGHT_MAX = 64 * 1024 * 1024

/** `confirmed`: written, but the answer does not say where in `$all`. */
export type AttemptOutcome = AppendOutcome | { readonly outcome: 'confirmed'; readonly revision: Revision }

/** `redirected`: the stream of appends is over, but its client knows where the leader is. `ended`: over, and no use going on. */
export type Break = 'redirected' | 'ended'

export interface Attempt {
  readonly result: AttemptOutcome | Error
  readonly broke: Break | undefined
}

export interface LaneConnection {
  /** Without a node there is nothing that a new connection would do better: it would look for one from the beginning. */
  readonly isConnected: boolean
  /** Ends what is under way on it. */
  readonly close: () => void
}

export interface AppendLane<Connection> {
  /**
   * @param send settles soon once its signal is aborted
   * @throws what the attempt says was refused for good
   */
  run(
    send: (connection: Connection, givenUp: AbortSignal) => Promise<Attempt>,
    options: { readonly bytes: number; readonly timeoutMs: number },
  ): Promise<AttemptOutcome>
  dispose(): void
}

interface Turn {
  readonly bytes: number
  readonly proceed: (admitted: boolean) => void
}

/**
 * Lets appends through to one connection, as many at a time as it may hold, and leaves it for a new one when it breaks
 * or falls silent. What was in flight then is unknown, and its callers send it again.
 */
export const createAppendLane = <Connection extends LaneConnection>(
  connect: () => Connection,
): AppendLane<Connection> => {
  const newLink = () => ({ connection: connect(), answeredAt: Number.NEGATIVE_INFINITY })
  let link = newLink()
  let isClosed = false
  let inFlight = 0
  let bytesInFlight = 0
  const queue = new Set<Turn>()

  const admits = (bytes: number): boolean =>
    inFlight === 0 || (inFlight < APPENDS_IN_FLIGHT_MAX && bytesInFlight + bytes <= BYTES_IN_FLIGHT_MAX)
  const enter = (bytes: number): void => {
    inFlight += 1
    bytesInFlight += bytes
  }
  const leave = (bytes: number): void => {
    inFlight -= 1
    bytesInFlight -= bytes
    for (const turn of queue) {
      if (!admits(turn.bytes)) return
      queue.delete(turn)
      enter(turn.bytes)
      turn.proceed(true)
    }
  }
  const admission = (bytes: number, timeoutMs: number): Promise<boolean> =>
    new Promise((resolve) => {
      const turn: Turn = {
        bytes,
        proceed: (admitted) => {
          clearTimeout(timer)
          resolve(admitted)
        },
      }
      const timer = setTimeout(() => {
        queue.delete(turn)
        resolve(false)
      }, timeoutMs)
      queue.add(turn)
    })

  const replace = (left: typeof link): void => {
    if (left !== link || isClosed) return
    link = newLink()
    left.connection.close()
  }

  const attempt = async (
    send: (connection: Connection, givenUp: AbortSignal) => Promise<Attempt>,
    timeoutMs: number,
  ): Promise<AttemptOutcome> => {
    const from = link
    const sentAt = performance.now()
    const giveUp = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<Attempt>((resolve) => {
      timer = setTimeout(() => {
        giveUp.abort()
        const cause = new StoreUnavailable(`no answer to an append within ${timeoutMs} ms`)
        // An answer to anything since shows that the connection lives and only this append was lost.
        const isDead = from.answeredAt < sentAt && from.connection.isConnected
        resolve({ result: { outcome: 'unknown', cause }, broke: isDead ? 'ended' : undefined })
      }, timeoutMs)
    })
    const answer = send(from.connection, giveUp.signal).then((settled) => {
      if (settled.broke === undefined) from.answeredAt = performance.now()
      return settled
    })
    const { result, broke } = await Promise.race([answer, silence])
    clearTimeout(timer)
    if (broke === 'ended') replace(from)
    if (result instanceof Error) throw result
    return result
  }

  return {
    run: async (send, { bytes, timeoutMs }) => {
      const askedAt = performance.now()
      if (queue.size === 0 && admits(bytes)) enter(bytes)
      else if (isClosed || !(await admission(bytes, timeoutMs))) {
        return { outcome: 'unknown', cause: new StoreUnavailable('not sent: the event store does not answer') }
      }
      const leftMs = Math.max(1, Math.round(timeoutMs - (performance.now() - askedAt)))
      return attempt(send, leftMs).finally(() => leave(bytes))
    },
    dispose: () => {
      isClosed = true
      for (const turn of queue) turn.proceed(false)
      queue.clear()
      link.connection.close()
    },
  }
}

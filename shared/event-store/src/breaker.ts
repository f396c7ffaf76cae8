import { setTimeout as sleep } from 'node:timers/promises'
import { StoreUnavailable } from './errors.ts'
import type { AppendHealth } from './event-store.ts'

/** Fewer would let one slow moment of the store turn callers away. */
const UNHEARD_MAX = 3
const PROBE_PAUSE_MS = 1_000

export interface Breaker {
  /** @throws StoreUnavailable while nobody waits for an answer, but a probe */
  admit(): void
  answered(): void
  /** `waited`: the caller has spent its time on it. What fails at once needs no breaker. */
  unanswered(cause: unknown, waited: boolean): void
  readonly health: AppendHealth
  dispose(): void
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/**
 * A store that says nothing costs each caller its whole patience. After the first few the others are told at once, while a probe
 * asks every second; its first answer lets them through again, and the next silence suspends them at once.
 * @param probe whether the store answers
 */
export const createBreaker = (what: 'append' | 'read', probe: () => Promise<boolean>): Breaker => {
  let health: AppendHealth = { state: 'untried', since: new Date(), unanswered: 0 }
  let unheard = 0
  const stop = new AbortController()

  const enter = (state: AppendHealth['state'], unanswered: number, reason?: string): void => {
    const since = state === health.state ? health.since : new Date()
    health = { state, since, unanswered, ...(reason !== undefined && { reason }) }
  }
  const resumeWhenAnswered = async (): Promise<void> => {
    while (health.state === 'suspended') {
      await sleep(PROBE_PAUSE_MS, undefined, { signal: stop.signal, ref: false })
      if (!(await probe())) continue
      unheard = UNHEARD_MAX - 1
      enter('failing', health.unanswered, health.reason)
    }
  }

  return {
    admit: () => {
      if (health.state !== 'suspended') return
      throw new StoreUnavailable(
        `no ${what} has been answered since ${health.since.toISOString()}, so none is sent: ${health.reason}`,
      )
    },
    answered: () => {
      unheard = 0
      enter('answering', 0)
    },
    unanswered: (cause, waited) => {
      unheard = waited ? unheard + 1 : 0
      const wasSuspended = health.state === 'suspended'
      const isSuspended = wasSuspended || unheard >= UNHEARD_MAX
      enter(isSuspended ? 'suspended' : 'failing', health.unanswered + 1, reasonOf(cause))
      // Its sleep ends with the breaker.
      if (isSuspended && !wasSuspended) resumeWhenAnswered().catch(() => undefined)
    },
    get health() {
      return health
    },
    dispose: () => stop.abort(),
  }
}

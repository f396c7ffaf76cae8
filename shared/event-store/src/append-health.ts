import type { AppendHealth, AppendOutcome } from './event-store.ts'

/** Fewer would let one slow moment of the store turn commands away. */
const UNANSWERED_MAX = 3

/** Counts what became of appends, and says when to stop sending them. */
export interface AppendRecord {
  note(outcome: Pick<AppendOutcome, 'outcome'> & { readonly cause?: unknown }): void
  readonly health: AppendHealth
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

export const createAppendRecord = (): AppendRecord => {
  let health: AppendHealth = { state: 'untried', since: new Date(), unanswered: 0 }
  return {
    note: ({ outcome, cause }) => {
      const unanswered = outcome === 'unknown' ? health.unanswered + 1 : 0
      const state = unanswered === 0 ? 'answering' : unanswered < UNANSWERED_MAX ? 'failing' : 'suspended'
      const since = state === health.state ? health.since : new Date()
      health = { state, since, unanswered, ...(unanswered > 0 && { reason: reasonOf(cause) }) }
    },
    get health() {
      return health
    },
  }
}

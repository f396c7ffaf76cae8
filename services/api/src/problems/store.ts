import { StoreMisconfigured, StoreUnavailable } from '@registru/event-store'
import { type ProblemTable, tellerOf } from '../http/problems.ts'

export const storeKinds = {
  STORE_UNAVAILABLE: { status: 503, title: 'The event store does not answer' },
}

const tell = tellerOf(storeKinds)

/** What the event store makes impossible, for commands and queries alike. */
export const storeProblems: ProblemTable = {
  kinds: storeKinds,
  // Misconfigured: only an operator can help, and the log names the cause; for the caller the store is away.
  tell: (error) =>
    error instanceof StoreUnavailable || error instanceof StoreMisconfigured ? tell('STORE_UNAVAILABLE') : undefined,
}

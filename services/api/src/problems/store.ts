import { StoreDiverged, StoreMisconfigured, StoreUnavailable } from '@registru/event-store'
import { type ProblemTable, tellerOf } from '../http/problems.ts'
import { PositionLost } from './wire-position.ts'

export const storeKinds = {
  POSITION_LOST: { status: 410, title: 'The position is of another history than the one that the event store holds' },
  STORE_DIVERGED: { status: 503, title: 'The event store is not the one that was written to; somebody has to act' },
  STORE_UNAVAILABLE: { status: 503, title: 'The event store does not answer' },
}

const tell = tellerOf(storeKinds)

/** What the event store makes impossible, for commands and queries alike. */
export const storeProblems: ProblemTable = {
  kinds: storeKinds,
  // Misconfigured: only an operator can help, and the log names the cause; for the caller the store is away.
  tell: (error) => {
    if (error instanceof PositionLost) return tell('POSITION_LOST', { details: error.details })
    if (error instanceof StoreDiverged) return tell('STORE_DIVERGED', { detail: error.message })
    if (error instanceof StoreUnavailable || error instanceof StoreMisconfigured) return tell('STORE_UNAVAILABLE')
    return undefined
  },
}

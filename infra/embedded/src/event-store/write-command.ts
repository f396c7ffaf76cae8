import type { ExpectedRevision } from './append-decision.ts'
import type { EventToWrite } from './event-frame.ts'

export type WriteOutcome =
  /**
   * `revision` is -1 for an empty append to an absent stream; `position` is -1 for a retry of what readers no longer see.
   */
  | { readonly kind: 'written'; readonly revision: number; readonly position: number }
  | { readonly kind: 'wrongExpectedRevision'; readonly current: number }
  | { readonly kind: 'streamDeleted' }
  /** Written or not: nobody knows. */
  | { readonly kind: 'timeout' }
  | { readonly kind: 'unanswerable' }

export interface WriteCommand {
  readonly kind: 'append' | 'delete' | 'tombstone'
  readonly stream: string
  readonly expected: ExpectedRevision
  readonly events: readonly EventToWrite[]
  readonly deadlineAtMs: number
  /**
   * Repeating a write that is still on its way to the disk is answered with it, as recorded of batch calls. Without it
   * nothing is said and the time runs out, as recorded of unary calls.
   */
  readonly sharesAnswer?: true
  /** Called exactly once. */
  readonly settle: (outcome: WriteOutcome) => void
}

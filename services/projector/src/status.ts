import type { Position } from '@registru/domain'
import type { PoisonReport } from './poison.ts'

export type ProjectorState =
  | 'starting'
  /** Another projector is at work. */
  | 'standby'
  | 'catchingUp'
  | 'live'
  /** A store is away; it tries again. */
  | 'waiting'
  /** Postgres stops whatever it tries at the time-out; it tries again, more seldom. */
  | 'stalled'
  /** Stands still at an event that it cannot project, until new code is started. */
  | 'faulted'
  | 'diverged'
  | 'fenced'
  | 'stopped'

export interface ProjectorStatus {
  readonly state: ProjectorState
  /** Up to where everything is projected; -1: nothing. */
  readonly position: Position
  /** Applied since the start. */
  readonly events: number
  /** Where the line stands still and why. */
  readonly poison: PoisonReport | undefined
  /** Why it waits, or why it ended. */
  readonly reason: string | undefined
}

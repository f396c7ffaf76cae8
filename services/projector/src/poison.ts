import { type Position, type Revision, UnreadableEvent } from '@registru/domain'
import { ProjectionFailed, RowsDisagree } from '@registru/projections'

/** An event that stops the line: where it stands and why, never what it holds. */
export class Poison extends Error {
  override readonly name = 'Poison'
  readonly report: PoisonReport

  constructor(event: PoisonedEvent, cause: unknown) {
    const reason = reasonOf(cause)
    super(`${event.type} at ${event.stream}@${event.revision}: ${reason}`, { cause })
    this.report = {
      type: event.type,
      stream: event.stream,
      revision: `${event.revision}`,
      position: `${event.position}`,
      reason,
      ...(cause instanceof ProjectionFailed && { projection: cause.projection }),
    }
  }
}

export interface PoisonedEvent {
  readonly type: string
  readonly stream: string
  readonly revision: Revision
  readonly position: Position
}

export interface PoisonReport {
  readonly type: string
  readonly stream: string
  readonly revision: string
  readonly position: string
  readonly reason: string
  readonly projection?: string
}

/** Messages of Postgres and of the language may quote values; only our own are known not to. */
const reasonOf = (cause: unknown): string => {
  if (cause instanceof UnreadableEvent || cause instanceof RowsDisagree) {
    return cause.message
  }
  if (cause instanceof ProjectionFailed) return reasonOf(cause.cause)
  if (!(cause instanceof Error)) return 'unknown'
  const sqlState = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  const constraint = 'constraint' in cause && typeof cause.constraint === 'string' ? ` ${cause.constraint}` : ''
  return sqlState === undefined ? cause.name : `SQLSTATE ${sqlState}${constraint}`
}

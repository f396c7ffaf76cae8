import type { LogEvent } from '@registru/domain'

/** Rows and history disagree: a row inserted twice, or a change to a row that is not there. Stops the line. */
export class RowsDisagree extends Error {
  override readonly name = 'RowsDisagree'
}

/** Another projector has moved the checkpoint or taken the epoch: whatever this one meant to write is not written. */
export class Fenced extends Error {
  override readonly name = 'Fenced'
}

/** What readers see cannot be dropped. */
export class GenerationInUse extends Error {
  override readonly name = 'GenerationInUse'
}

/** A projection failed on an event. Tells where the event stands and never what it holds. */
export class ProjectionFailed extends Error {
  override readonly name = 'ProjectionFailed'
  readonly projection: string
  readonly event: Pick<LogEvent, 'type' | 'stream' | 'revision' | 'position'>

  constructor(projection: string, event: LogEvent, cause: unknown) {
    // Messages of the language may quote values; our own do not.
    const reason = cause instanceof RowsDisagree ? cause.message : cause instanceof Error ? cause.name : 'unknown'
    super(`${projection} cannot project ${event.type} at ${event.stream}@${event.revision}: ${reason}`, { cause })
    this.projection = projection
    const { type, stream, revision, position } = event
    this.event = { type, stream, revision, position }
  }
}

/** The projector has not come as far as the caller wants to read. */
export class ReadModelBehind extends Error {
  override readonly name = 'ReadModelBehind'
  /** Positions as decimal strings: where the read models are, and what was asked for. */
  readonly lag: { readonly position: string; readonly minPosition: string }

  constructor(position: bigint, minPosition: bigint) {
    super('the read model is behind')
    this.lag = { position: `${position}`, minPosition: `${minPosition}` }
  }
}

/** The read models know no event of the command. That proves nothing: it may have been written a moment ago. */
export class CommandNotFound extends Error {
  override readonly name = 'CommandNotFound'
  /** The position, as a decimal string, is where the read models are. */
  readonly details: { readonly commandId: string; readonly position: string }

  constructor(commandId: string, position: bigint) {
    super('no event of the command is known')
    this.details = { commandId, position: `${position}` }
  }
}

/** Postgres does not answer. Commands do not depend on it. */
export class ReadSideUnavailable extends Error {
  override readonly name = 'ReadSideUnavailable'
}

/** Postgres was stopped at its time-out: asked again, the same query would take as long. */
export class QueryTooLarge extends Error {
  override readonly name = 'QueryTooLarge'
}

/** Writers may still be at work on what was known at an instant that is hardly over. */
export class InstantNotSettled extends Error {
  override readonly name = 'InstantNotSettled'
  readonly settledInMs: number

  constructor(settledInMs: number) {
    super(`what was known at that instant is settled in ${settledInMs} ms`)
    this.settledInMs = settledInMs
  }
}

/** The event store is away, so nobody can tell whether the read models know all that was known at an instant. */
export class LogEndUnknown extends Error {
  override readonly name = 'LogEndUnknown'

  constructor(options: ErrorOptions) {
    super(
      'the event store does not say where the log ends, so nobody can tell what was known at that instant; an earlier one, or a position, can be asked for',
      options,
    )
  }
}

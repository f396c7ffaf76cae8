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

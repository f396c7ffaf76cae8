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

/** Postgres does not answer. Commands do not depend on it. */
export class ReadSideUnavailable extends Error {
  override readonly name = 'ReadSideUnavailable'
}

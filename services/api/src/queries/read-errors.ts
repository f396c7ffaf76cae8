import type { CommandId, Position } from '@registru/domain'
import { wirePosition } from '../problems/wire-position.ts'

/** The projector has not come as far as the caller wants to read. */
export class ReadModelBehind extends Error {
  override readonly name = 'ReadModelBehind'
  /** Positions as decimal strings: where the read models are, and what was asked for. */
  readonly lag: { readonly position: string; readonly minPosition: string }

  readonly #position: Position
  readonly #minPosition: Position

  constructor(position: Position, minPosition: Position, generation = 0) {
    super('the read model is behind')
    this.#position = position
    this.#minPosition = minPosition
    this.lag = {
      position: wirePosition(position, generation),
      minPosition: wirePosition(minPosition, generation),
    }
  }

  /** The same, as a caller of this generation of the log is told. */
  in(generation: number): ReadModelBehind {
    return new ReadModelBehind(this.#position, this.#minPosition, generation)
  }
}

/** Neither a number of the Romanian chart nor a symbol. */
export class AccountNotFound extends Error {
  override readonly name = 'AccountNotFound'
  readonly details: { readonly account: string }

  constructor(account: string) {
    super('no such account')
    this.details = { account }
  }
}

/** The read models know no event of the command. That proves nothing: it may have been written a moment ago. */
export class CommandNotFound extends Error {
  override readonly name = 'CommandNotFound'
  /** The position, as callers see it, is where the read models are. */
  readonly details: { readonly commandId: CommandId; readonly position: string }

  constructor(commandId: CommandId, position: string) {
    super('no event of the command is known')
    this.details = { commandId, position }
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

const instantOf = (ms: number): string => new Date(ms).toISOString()

/** Nothing that is projected proves that the instant is over: an event that was known at it may still come. */
export class InstantNotSettled extends Error {
  override readonly name = 'InstantNotSettled'
  /** Instants: what was asked for, and up to where the log has come as far as the read models know. */
  readonly details: { readonly knownAt: string; readonly settledBefore: string | null }

  constructor(instantMs: number, settledMs: number | undefined) {
    super('the log has not come past that instant, as far as the read models know')
    this.details = {
      knownAt: instantOf(instantMs),
      settledBefore: settledMs === undefined || settledMs < 0 ? null : instantOf(settledMs),
    }
  }
}

/** What will be known nobody knows. */
export class KnownAtInFuture extends Error {
  override readonly name = 'KnownAtInFuture'
  readonly details: { readonly knownAt: string; readonly now: string }

  constructor(instantMs: number, nowMs: number) {
    super('knownAt is an instant that is still to come')
    this.details = { knownAt: instantOf(instantMs), now: instantOf(nowMs) }
  }
}

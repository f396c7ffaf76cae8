import type { CommandId, Revision } from '@registru/domain'
/** The same key came with another body: the first command stands, this one is a mistake of the caller. */
export class IdempotencyKeyReused extends Error {
  override readonly name = 'IdempotencyKeyReused'
  /** Of the first command, as of this one. */
  readonly commandId: CommandId

  constructor(commandId: CommandId) {
    super('the key was used for another request')
    this.commandId = commandId
  }
}

/** The stream is not at the revision that `If-Match` names. */
export class PreconditionFailed extends Error {
  override readonly name = 'PreconditionFailed'
  /** Where the stream is; `undefined` before its first event. */
  readonly revision: Revision | undefined

  constructor(revision: Revision | undefined) {
    super('the stream is at another revision')
    this.revision = revision
  }
}

/** What the command would write does not fit into one append, and half of it would be wrong. */
export class CommandTooLarge extends Error {
  override readonly name = 'CommandTooLarge'
}

/** Others kept writing to the stream between our reads and our appends. */
export class ConcurrentModification extends Error {
  override readonly name = 'ConcurrentModification'
}

/** Sent, but nobody said what became of it. Sending the command again with the same key settles it. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown'
  readonly commandId: CommandId

  constructor(commandId: CommandId, options?: ErrorOptions) {
    super('the outcome of the append is unknown', options)
    this.commandId = commandId
  }
}

/**
 * What follows from a command after its first write. Whatever stops it leaves the rest open, so the caller may hear
 * neither no nor the id of a step: sent again with the same key, the command goes on where it stopped.
 * @throws OutcomeUnknown
 */
export const restOf = <Answer>(commandId: CommandId, rest: Promise<Answer>): Promise<Answer> =>
  rest.catch((cause: unknown) => {
    throw new OutcomeUnknown(commandId, { cause })
  })

/** More commands wait for one stream than can be served in time. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded'
}

/** One command of a group that is written as a whole may not happen, so none of them has. `cause` says why. */
export class GroupRefused extends Error {
  override readonly name = 'GroupRefused'
  /** Place in the group, from 0. */
  readonly index: number

  constructor(index: number, cause: unknown) {
    super('one command of the group is refused', { cause })
    this.index = index
  }
}

/** A command of an atomic batch touches another stream than the batch's one account. */
export class BatchSpansStreams extends Error {
  override readonly name = 'BatchSpansStreams'
}

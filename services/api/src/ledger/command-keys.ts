import {
  type ClaimCommandKey,
  type CommandKey,
  type CommandKeyEvent,
  commandKeyStream,
  EventMetadata,
} from '@registru/domain'
import type { EventStore } from '@registru/event-store'
import type { CommandPlace } from '@registru/projections'
import type { CommandContext } from './command-context.ts'
import type { CommandHandler } from './command-handler.ts'
import type { CommandPlaces } from './command-places.ts'
import type { CompanyRulesReader } from './company-rules.ts'
import { IdempotencyKeyReused } from './errors.ts'

/** The streams of the kind that the command belongs to. */
interface OwnStreams {
  /** `undefined`: the command is not there. */
  readonly replayed: (stream: string, context: CommandContext) => Promise<unknown>
}

/**
 * A key belongs to the company. A stream knows its own commands; a command whose stream comes from its body may have been
 * carried out, under the same key, in another one.
 */
export interface CommandKeys {
  /**
   * Before the command is decided. The read models tell of other streams as far as they have come; a company with
   * `strictKeys` has each key claimed, which needs nobody but the event store.
   * @throws IdempotencyKeyReused
   */
  readonly admit: (own: OwnStreams, stream: string, context: CommandContext) => Promise<void>
}

export interface CommandKeysOptions {
  readonly store: Pick<EventStore, 'readStream'>
  readonly places: CommandPlaces
  readonly rules: CompanyRulesReader
  readonly claims: CommandHandler<CommandKey, ClaimCommandKey, CommandKeyEvent>
}

export const createCommandKeys = ({ store, places, rules, claims }: CommandKeysOptions): CommandKeys => {
  /** The read models may tell of a log that was put back since. */
  const stands = async ({ commandId, stream, revision }: CommandPlace): Promise<boolean> => {
    for await (const { metadata } of store.readStream(stream, { from: revision, maxCount: 1 })) {
      return EventMetadata.safeParse(metadata).data?.commandId === commandId
    }
    return false
  }

  const requireUnseen = async (own: OwnStreams, stream: string, context: CommandContext): Promise<void> => {
    const seen = await places(context.commandId)
    const elsewhere = seen.filter((place) => place.stream !== stream)
    if (elsewhere.length === 0 || elsewhere.length < seen.length) return
    const standing = await Promise.all(elsewhere.map(stands))
    if (!standing.includes(true)) return
    // Carried out in both before the read models knew of either: each is answered as it was.
    if ((await own.replayed(stream, context)) === undefined) throw new IdempotencyKeyReused(context.commandId)
  }

  const claim = async (stream: string, { expectedRevision: _ofTheCommand, ...context }: CommandContext) => {
    const { companyId, commandId, requestHash } = context
    const data = { stream, requestHash }
    await claims.handle(commandKeyStream(companyId, commandId), { type: 'ClaimCommandKey', data }, context)
  }

  return {
    admit: async (own, stream, context) => {
      const [{ strictKeys }] = await Promise.all([
        rules.rulesOf(context.companyId),
        requireUnseen(own, stream, context),
      ])
      if (strictKeys) await claim(stream, context)
    },
  }
}

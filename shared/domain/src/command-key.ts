// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { createCodec } from './codec.ts'
import type { Decider } from './decider.ts'
import { defineEvent, type EventOf } from './event-definition.ts'
import type { CommandId, CompanyId } from './ids.ts'
import type { Message } from './message.ts'

/** None of the streams that read models follow: it says which request owns a key, and nothing of the books. */
export const commandKeyStream = (companyId: CompanyId, commandId: CommandId): string =>
  `commandKey-${companyId}:${commandId}`

/** The key's first request. It may have been refused, or still be on its way: only its own stream tells. */
export const CommandKeyClaimed = defineEvent({
  type: 'CommandKeyClaimed',
  version: 1,
  data: z.strictObject({
    /** Where the command belongs. */
    stream: z.string().min(1),
    requestHash: z.string().regex(/^[0-9a-f]{64}$/),
  }),
})
export type CommandKeyEvent = EventOf<typeof CommandKeyClaimed>

export type ClaimCommandKey = Message<'ClaimCommandKey', CommandKeyEvent['data']>

export interface CommandKey {
  readonly claimedFor: string | undefined
}

/** Claimed once; who comes again is told apart by the hash of the request, as in any stream. */
export const commandKey: Decider<CommandKey, ClaimCommandKey, CommandKeyEvent> = {
  name: 'commandKey',
  codec: createCodec([CommandKeyClaimed]),
  initialState: () => ({ claimedFor: undefined }),
  decide: ({ data }, { claimedFor }) => (claimedFor === undefined ? [CommandKeyClaimed.of(data)] : []),
  evolve: (_, { data }) => ({ claimedFor: data.stream }),
}

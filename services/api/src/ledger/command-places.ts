import type { CommandId } from '@registru/domain'
import type { CommandPlace } from '@registru/projections'
import type { Logger } from '@registru/runtime'
import { createSharedQuestion } from './shared-question.ts'

/** Where the read models have seen a command; nothing, too, when they are behind, away or slow. */
export type CommandPlaces = (commandId: CommandId) => Promise<readonly CommandPlace[]>

export interface CommandPlacesOptions {
  readonly find: (commandIds: readonly string[]) => Promise<readonly CommandPlace[]>
  readonly logger: Pick<Logger, 'warn' | 'info'>
  readonly answerWithinMs?: number
}

const NOWHERE: readonly CommandPlace[] = []

const byCommand = (places: readonly CommandPlace[], commandIds: readonly CommandId[]) => {
  const found = new Map<string, CommandPlace[]>()
  for (const place of places) found.set(place.commandId, [...(found.get(place.commandId) ?? []), place])
  return commandIds.map((commandId) => found.get(commandId) ?? NOWHERE)
}

export const createCommandPlaces = ({ find, ...options }: CommandPlacesOptions): CommandPlaces =>
  createSharedQuestion<CommandId, readonly CommandPlace[], readonly CommandPlace[]>({
    ...options,
    find: (commandIds) => find([...new Set(commandIds)]),
    each: byCommand,
    nothing: NOWHERE,
    words: {
      away: 'used keys are looked for in their own stream alone',
      back: 'used keys are looked for in the read models again',
    },
  })

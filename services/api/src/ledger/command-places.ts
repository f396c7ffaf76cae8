import type { CommandId } from '@registru/domain'
import type { CommandPlace } from '@registru/projections'
import type { Logger } from '@registru/runtime'

/** Commands wait for the answer, and do not depend on it. */
const ANSWER_WITHIN_MS = 250
/** Whoever fails is let alone for so long, and whoever is late until he answers: meanwhile that costs nothing. */
const REST_MS = 2_000
const COMMANDS_PER_QUESTION_MAX = 500

/** Where the read models have seen a command; nothing, too, when they are behind, away or slow. */
export type CommandPlaces = (commandId: CommandId) => Promise<readonly CommandPlace[]>

export interface CommandPlacesOptions {
  readonly find: (commandIds: readonly string[]) => Promise<readonly CommandPlace[]>
  readonly logger: Pick<Logger, 'warn' | 'info'>
  readonly answerWithinMs?: number
}

interface Question {
  readonly commandIds: Set<string>
  readonly answer: Promise<ReadonlyMap<string, readonly CommandPlace[]>>
}

const NOWHERE: readonly CommandPlace[] = []
const NOTHING: ReadonlyMap<string, readonly CommandPlace[]> = new Map()

const byCommand = (places: readonly CommandPlace[]): ReadonlyMap<string, readonly CommandPlace[]> => {
  const found = new Map<string, CommandPlace[]>()
  for (const place of places) found.set(place.commandId, [...(found.get(place.commandId) ?? []), place])
  return found
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** One question at a time for all who ask meanwhile: a lone command pays one, sixty-four of them pay one too. */
export const createCommandPlaces = ({
  find,
  logger,
  answerWithinMs = ANSWER_WITHIN_MS,
}: CommandPlacesOptions): CommandPlaces => {
  let asking: Promise<unknown> = Promise.resolve()
  let next: Question | undefined
  let isResting = false
  /** Of the last answer; whoever rests is asked again before anybody says that he is back. */
  let isAway = false

  const ask = (commandIds: ReadonlySet<string>) =>
    new Promise<ReadonlyMap<string, readonly CommandPlace[]>>((resolve) => {
      const giveUp = (error: unknown): void => {
        if (!isAway) logger.warn({ err: error }, 'used keys are looked for in their own stream alone')
        isAway = true
        isResting = true
        resolve(NOTHING)
      }
      const timer = setTimeout(() => giveUp(new Error(`no answer within ${answerWithinMs} ms`)), answerWithinMs)
      const answered = (places: readonly CommandPlace[]): void => {
        clearTimeout(timer)
        if (isAway) logger.info('used keys are looked for in the read models again')
        isAway = false
        isResting = false
        resolve(byCommand(places))
      }
      const failed = (error: unknown): void => {
        clearTimeout(timer)
        giveUp(error)
        setTimeout(() => {
          isResting = false
        }, REST_MS).unref()
      }
      find([...commandIds]).then(answered, failed)
    })

  const prepare = (): Question => {
    const commandIds = new Set<string>()
    const before = asking
    const begin = async () => {
      await before
      await nextTurn()
      if (next?.commandIds === commandIds) next = undefined
      return isResting ? NOTHING : ask(commandIds)
    }
    const answer = begin()
    asking = answer
    return { commandIds, answer }
  }

  return async (commandId) => {
    if (isResting) return NOWHERE
    if (next === undefined || next.commandIds.size >= COMMANDS_PER_QUESTION_MAX) next = prepare()
    next.commandIds.add(commandId)
    return (await next.answer).get(commandId) ?? NOWHERE
  }
}

import type { Logger } from '@registru/runtime'

/** Commands wait for the answer, and do not depend on it. */
const ANSWER_WITHIN_MS = 250
/** Whoever fails is let alone for so long, and whoever is late until he answers: meanwhile that costs nothing. */
const REST_MS = 2_000
const ASKED_PER_QUESTION_MAX = 500

export interface SharedQuestionOptions<Asked, Found, Answer> {
  readonly find: (asked: readonly Asked[]) => Promise<Answer>
  /** What the answer says of each, in the order in which they are asked for. */
  readonly each: (answer: Answer, asked: readonly Asked[]) => readonly Found[]
  /** The answer when nobody answers. */
  readonly nothing: Found
  /** What is said when answers stop coming, and when they come again. */
  readonly words: { readonly away: string; readonly back: string }
  readonly logger: Pick<Logger, 'warn' | 'info'>
  readonly answerWithinMs?: number | undefined
}

interface Question<Asked, Found> {
  readonly asked: Asked[]
  readonly answer: Promise<readonly Found[]>
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** One question at a time for all who ask meanwhile: a lone command pays one, sixty-four of them pay one too. */
export const createSharedQuestion = <Asked, Found, Answer>({
  find,
  each,
  nothing,
  words,
  logger,
  answerWithinMs = ANSWER_WITHIN_MS,
}: SharedQuestionOptions<Asked, Found, Answer>): ((asked: Asked) => Promise<Found>) => {
  let asking: Promise<unknown> = Promise.resolve()
  let next: Question<Asked, Found> | undefined
  let isResting = false
  /** Of the last answer; whoever rests is asked again before anybody says that he is back. */
  let isAway = false

  const ask = (asked: readonly Asked[]) =>
    new Promise<readonly Found[]>((resolve) => {
      const giveUp = (error: unknown): void => {
        if (!isAway) logger.warn({ err: error }, words.away)
        isAway = true
        isResting = true
        resolve([])
      }
      const timer = setTimeout(() => giveUp(new Error(`no answer within ${answerWithinMs} ms`)), answerWithinMs)
      const answered = (answer: Answer): void => {
        clearTimeout(timer)
        if (isAway) logger.info(words.back)
        isAway = false
        isResting = false
        resolve(each(answer, asked))
      }
      const failed = (error: unknown): void => {
        clearTimeout(timer)
        giveUp(error)
        setTimeout(() => {
          isResting = false
        }, REST_MS).unref()
      }
      find(asked).then(answered, failed)
    })

  const prepare = (): Question<Asked, Found> => {
    const asked: Asked[] = []
    const before = asking
    const begin = async () => {
      await before
      await nextTurn()
      if (next?.asked === asked) next = undefined
      return isResting ? [] : ask(asked)
    }
    const answer = begin()
    asking = answer
    return { asked, answer }
  }

  return async (asked) => {
    if (isResting) return nothing
    if (next === undefined || next.asked.length >= ASKED_PER_QUESTION_MAX) next = prepare()
    const question = next
    const place = question.asked.push(asked) - 1
    return (await question.answer)[place] ?? nothing
  }
}

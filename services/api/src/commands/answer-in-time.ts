import type { CommandId } from '@registru/domain'
import { OutcomeUnknown } from '../ledger/errors.ts'

/** A stream's worker gives up a little earlier and knows more; this is for commands that wait for several in turn. */
const ANSWER_WITHIN_MS = 4_800

/** The caller hears within 5 s, whatever the store does; what has been begun goes on. @throws OutcomeUnknown */
export const answerInTime = <Answer>(commandId: CommandId, carriedOut: Promise<Answer>): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new OutcomeUnknown(commandId)), ANSWER_WITHIN_MS)
    carriedOut.then(resolve, reject).finally(() => clearTimeout(timer))
  })

import { edgeKinds, type ProblemTable, tellerOf } from '../http/problems.ts'
import {
  BatchSpansStreams,
  CommandTooLarge,
  ConcurrentModification,
  GroupRefused,
  IdempotencyKeyReused,
  OutcomeUnknown,
  Overloaded,
  PreconditionFailed,
} from '../ledger/errors.ts'
import { rejectionKinds } from '../problems/rejections.ts'
import { storeKinds } from '../problems/store.ts'

const ownKinds = {
  BATCH_SPANS_STREAMS: { status: 422, title: 'An atomic batch may touch one account alone' },
  COMMAND_TOO_LARGE: { status: 422, title: 'The command would touch more than one append can hold; split it' },
  CONCURRENT_MODIFICATION: { status: 409, title: 'Others kept changing the same account', isRetryable: true },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The key was used for another request' },
  OUTCOME_UNKNOWN: {
    status: 503,
    title: 'Whether the command was carried out is not known yet; send it again with the same key',
  },
  OVERLOADED: { status: 503, title: 'Too many commands wait for this account' },
  PRECONDITION_FAILED: { status: 412, title: 'The account is at another revision' },
}

/** Whatever a command may be answered with. */
export const commandKinds = { ...edgeKinds, ...storeKinds, ...rejectionKinds, ...ownKinds }
export type CommandProblemCode = keyof typeof commandKinds

const tell = tellerOf(ownKinds)

/** What stops a command besides the business. */
export const commandProblems: ProblemTable = {
  kinds: ownKinds,
  tell: (error, tellAny) => {
    if (error instanceof IdempotencyKeyReused) {
      return tell('IDEMPOTENCY_KEY_REUSED', { details: { commandId: error.commandId } })
    }
    if (error instanceof PreconditionFailed) {
      const revision = error.revision === undefined ? null : Number(error.revision)
      return tell('PRECONDITION_FAILED', { details: { revision } })
    }
    if (error instanceof GroupRefused) return { ...tellAny(error.cause), item: error.index }
    if (error instanceof BatchSpansStreams) return tell('BATCH_SPANS_STREAMS', { detail: error.message })
    if (error instanceof CommandTooLarge) return tell('COMMAND_TOO_LARGE')
    if (error instanceof ConcurrentModification) return tell('CONCURRENT_MODIFICATION')
    if (error instanceof OutcomeUnknown) {
      const { commandId, cause } = error
      const detail = `sending it again with the same key settles it; GET commands/${commandId} of the company tells what is known`
      const isOurs = cause !== undefined && tellAny(cause).isOurs === true
      return tell('OUTCOME_UNKNOWN', { detail, details: { commandId }, isOurs })
    }
    if (error instanceof Overloaded) return tell('OVERLOADED')
    return undefined
  },
}

import { responsesOf } from '../http/problem-schema.ts'
import { edgeKinds, type ProblemTable, tellerOf } from '../http/problems.ts'
import { rejectionKinds } from '../problems/rejections.ts'
import { storeKinds } from '../problems/store.ts'
import {
  AccountNotFound,
  CommandNotFound,
  InstantNotSettled,
  KnownAtInFuture,
  QueryTooLarge,
  ReadModelBehind,
  ReadSideUnavailable,
} from './read-errors.ts'
import { TieOutFailed } from './tie-out.ts'

const ownKinds = {
  ACCOUNT_NOT_FOUND: { status: 404, title: 'The chart has no such account' },
  COMMAND_NOT_FOUND: { status: 404, title: 'The read models know no event of the command' },
  KNOWN_AT_IN_FUTURE: { status: 422, title: 'What will be known at a later instant than now nobody knows' },
  QUERY_TOO_LARGE: { status: 422, title: 'The query takes too long; asked again it would take as long' },
  READ_MODEL_BEHIND: { status: 504, title: 'The read model has not reached the position asked for' },
  READ_SIDE_UNAVAILABLE: { status: 503, title: 'Queries cannot be answered at the moment; commands can' },
  TIE_OUT_FAILED: { status: 500, title: 'The books do not agree, so the number is not shown' },
}

const queryKinds = { ...edgeKinds, ...storeKinds, ...rejectionKinds, ...ownKinds }
type QueryProblemCode = keyof typeof queryKinds

/** Whatever reads can be too large, ask for a company that nobody has heard of, or name a position of another history. */
const withThoseOfReaders = (codes: readonly QueryProblemCode[]): readonly QueryProblemCode[] =>
  codes.includes('READ_MODEL_BEHIND') ? [...codes, 'QUERY_TOO_LARGE', 'COMPANY_NOT_FOUND', 'POSITION_LOST'] : codes

/** What a query may be answered with instead, for its documentation. */
export const problemResponses = (codes: readonly QueryProblemCode[]) =>
  responsesOf(queryKinds, withThoseOfReaders(codes))

/** What makes a query smaller. */
const NARROWER =
  'narrow it by client, currency or days, take pages (limit, cursor), or ask for sums (groupBy=currency) instead of rows'

const tell = tellerOf(ownKinds)

/** What keeps a query from its answer. */
export const queryProblems: ProblemTable = {
  kinds: ownKinds,
  tell: (error) => {
    if (error instanceof AccountNotFound) return tell('ACCOUNT_NOT_FOUND', { details: error.details })
    if (error instanceof CommandNotFound) {
      const detail = 'it may be on its way, or have changed nothing; sending it again with the same key settles it'
      return tell('COMMAND_NOT_FOUND', { detail, details: error.details })
    }
    if (error instanceof ReadModelBehind) return tell('READ_MODEL_BEHIND', { details: error.lag })
    if (error instanceof InstantNotSettled) {
      return tell('READ_MODEL_BEHIND', { detail: error.message, details: error.details })
    }
    if (error instanceof KnownAtInFuture) return tell('KNOWN_AT_IN_FUTURE', { details: error.details })
    if (error instanceof TieOutFailed) return tell('TIE_OUT_FAILED', { details: error.details, isOurs: true })
    if (error instanceof QueryTooLarge) return tell('QUERY_TOO_LARGE', { detail: NARROWER })
    if (error instanceof ReadSideUnavailable) return tell('READ_SIDE_UNAVAILABLE')
    return undefined
  },
}

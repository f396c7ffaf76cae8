import { Rejection, type RejectionDetails } from '@registru/domain'
import { StoreMisconfigured, StoreUnavailable } from '@registru/event-store'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
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
import {
  CommandNotFound,
  InstantNotSettled,
  LogEndUnknown,
  QueryTooLarge,
  ReadModelBehind,
  ReadSideUnavailable,
} from '../queries/read-errors.ts'
import { TieOutFailed } from '../queries/tie-out.ts'
import { MalformedRequest } from './malformed-request.ts'
import { isRetryable, PROBLEMS, type ProblemOccurrence, problemOf } from './problems.ts'

/** What makes a query smaller. */
const NARROWER =
  'narrow it by client, currency or days, take pages (limit, cursor), or ask for sums (groupBy=currency) instead of rows'

/** How long a caller waits before it tries again what we could not do. */
const RETRY_AFTER_S = 1

const text = (value: unknown): string =>
  typeof value === 'object' && value !== null && 'amount' in value && 'currency' in value
    ? `${String(value.amount)} ${String(value.currency)}`
    : String(value)

/** A sentence with facts in it. A book's refusal comes back from the store as its code alone: no facts, no sentence. */
const told = (words: TemplateStringsArray, ...facts: readonly unknown[]): string | undefined =>
  facts.includes(undefined) ? undefined : String.raw({ raw: words }, ...facts.map(text))

/** A sentence for people where the facts make one; programs read `details`. */
const detailOf = ({ code, details }: { code: Rejection['code']; details: RejectionDetails }): string | undefined => {
  const fact = (name: string): unknown => details[name]
  const desk = fact('deskId') === undefined ? '' : `, desk ${text(fact('deskId'))}`
  switch (code) {
    case 'ALLOCATION_EXCEEDS_OPEN_AMOUNT':
      return told`${fact('invoiceId')} has ${fact('open')} open`
    case 'ALLOCATION_EXCEEDS_CREDIT':
      return told`${fact('paymentId')} has ${fact('credit')} to allocate`
    case 'AMOUNT_TOO_PRECISE':
      return told`${fact('amount')} has more than the ${fact('decimalsMax')} decimals of ${fact('currency')}`
    case 'CASH_FRAGMENTED_INVOICE':
      return told`${fact('invoiceId')} is above the ceiling of ${fact('limit')} RON, and ${fact('observed')} RON of it would be paid in cash (${fact('law')})`
    case 'CASH_LIMIT_PER_PERSON_DAY':
      return told`the cash of this payer on ${fact('day')}${desk} would be ${fact('observed')} RON, the ceiling is ${fact('limit')} RON (${fact('law')})`
    case 'DEALLOCATION_EXCEEDS_ALLOCATION':
      return told`${fact('allocated')} of ${fact('paymentId')} is allocated to ${fact('invoiceId')}`
    case 'CURRENCY_MISMATCH':
      return told`the invoice is in ${fact('invoiceCurrency')}, the payment in ${fact('paymentCurrency')}`
    case 'DAY_TOO_FAR_AHEAD':
      return told`${fact('day')} is after ${fact('latest')}, the last day that may be named today`
    case 'INSTALMENTS_DO_NOT_ADD_UP':
      return told`the instalments add up to ${fact('sum')}, the total is ${fact('total')}: ${fact('rule')}`
    case 'PAYMENT_REFUNDED':
      return told`${fact('refunded')} of ${fact('amount')} was given back: what is left may bounce, none of it was a mistake`
    case 'PERIOD_CLOSED':
      return told`${fact('day')} is not after ${fact('closedThrough')}, the last closed day`
    case 'UNDO_BEFORE_WHAT_IT_UNDOES':
      return told`${fact('day')} is before ${fact('earliest')}`
    case 'RESTORE_GUARD':
      return told`the book ends at ${fact('lastNumber')}, but number ${fact('highestNumber')} was given`
    case 'RECEIPT_BOOK_OF_OTHER_DESK':
      return told`${fact('series')} is a book of ${fact('bookDeskId')}, the payment is of ${fact('deskId')}`
    case 'RECEIPT_BEFORE_PAYMENT':
      return told`the cash came on ${fact('receivedOn')}`
    case 'RECEIPT_DATE_BEFORE_LAST':
      return told`the last receipt of the book is of ${fact('lastIssuedOn')}`
    case 'RECEIPT_RANGE_EXHAUSTED':
      return told`the last number of ${fact('series')} is ${fact('to')}`
    case 'VAT_LINES_DO_NOT_ADD_UP':
      return told`the lines add up to ${fact('sum')}, the total is ${fact('total')}`
    default:
      return typeof details['rule'] === 'string' ? details['rule'] : undefined
  }
}

/** Fastify's own refusals, before a route is reached. */
const FASTIFY_CODES: Readonly<Record<string, ProblemOccurrence>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'PAYLOAD_TOO_LARGE' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'UNSUPPORTED_MEDIA_TYPE' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'MALFORMED_REQUEST', errors: [{ path: '', rule: 'a JSON object is required' }] },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'MALFORMED_REQUEST', errors: [{ path: '', rule: 'valid JSON' }] },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { code: 'MALFORMED_REQUEST' },
  FST_ERR_BAD_URL: { code: 'MALFORMED_REQUEST', errors: [{ path: '/path', rule: 'a well-formed URL' }] },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'MALFORMED_REQUEST', errors: [{ path: '/path', rule: 'shorter ids' }] },
}

/** @returns `undefined` for what is our own mistake */
export const occurrenceOf = (error: unknown): ProblemOccurrence | undefined => {
  if (error instanceof MalformedRequest) return { code: 'MALFORMED_REQUEST', errors: error.violations }
  if (error instanceof Rejection) return { code: error.code, detail: detailOf(error), details: error.details }
  if (error instanceof IdempotencyKeyReused) return { code: 'IDEMPOTENCY_KEY_REUSED' }
  if (error instanceof PreconditionFailed) {
    return {
      code: 'PRECONDITION_FAILED',
      details: { revision: error.revision === undefined ? null : Number(error.revision) },
    }
  }
  if (error instanceof GroupRefused) {
    const cause = occurrenceOf(error.cause)
    return cause === undefined ? undefined : { ...cause, item: error.index }
  }
  if (error instanceof BatchSpansStreams) return { code: 'BATCH_SPANS_STREAMS', detail: error.message }
  if (error instanceof CommandTooLarge) return { code: 'COMMAND_TOO_LARGE' }
  if (error instanceof ConcurrentModification) return { code: 'CONCURRENT_MODIFICATION' }
  if (error instanceof OutcomeUnknown) {
    const { commandId } = error
    const detail = `sending it again with the same key settles it; GET commands/${commandId} of the company tells what is known`
    return { code: 'OUTCOME_UNKNOWN', detail, details: { commandId } }
  }
  if (error instanceof Overloaded) return { code: 'OVERLOADED' }
  // Misconfigured: only an operator can help, and the log names the cause; for the caller the store is away.
  if (error instanceof StoreUnavailable || error instanceof StoreMisconfigured) return { code: 'STORE_UNAVAILABLE' }
  if (error instanceof CommandNotFound) {
    const detail = 'it may be on its way, or have changed nothing; sending it again with the same key settles it'
    return { code: 'COMMAND_NOT_FOUND', detail, details: error.details }
  }
  if (error instanceof ReadModelBehind) return { code: 'READ_MODEL_BEHIND', details: error.lag }
  if (error instanceof InstantNotSettled) {
    return { code: 'READ_MODEL_BEHIND', detail: error.message, details: { settledInMs: error.settledInMs } }
  }
  if (error instanceof LogEndUnknown) return { code: 'STORE_UNAVAILABLE', detail: error.message }
  if (error instanceof TieOutFailed) return { code: 'TIE_OUT_FAILED', details: error.details }
  if (error instanceof QueryTooLarge) return { code: 'QUERY_TOO_LARGE', detail: NARROWER }
  if (error instanceof ReadSideUnavailable) return { code: 'READ_SIDE_UNAVAILABLE' }
  if (!(error instanceof Error)) return undefined
  const { code, statusCode } = error as Partial<FastifyError>
  const known = code === undefined ? undefined : FASTIFY_CODES[code]
  if (known !== undefined) return known
  // JSON that poisons a prototype, and bodies that Fastify's parser refuses without a code.
  return statusCode === 400 ? { code: 'MALFORMED_REQUEST', errors: [{ path: '', rule: 'valid JSON' }] } : undefined
}

/** Nobody but us can help; whatever the caller hears, the log says it as an error. */
export const isOurMistake = (error: unknown): boolean =>
  occurrenceOf(error) === undefined ||
  (error instanceof OutcomeUnknown && error.cause !== undefined && isOurMistake(error.cause))

const send = (request: FastifyRequest, reply: FastifyReply, occurrence: ProblemOccurrence): FastifyReply => {
  const problem = problemOf(occurrence, request)
  if (isRetryable(occurrence.code)) void reply.header('Retry-After', RETRY_AFTER_S)
  if (problem.status === 401) void reply.header('WWW-Authenticate', 'Bearer')
  return reply.code(problem.status).type('application/problem+json').serializer(JSON.stringify).send(problem)
}

/** For requests that no route could be found for. */
export const answerBadUrl = (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
  void send(request, reply, occurrenceOf(error) ?? { code: 'NOT_FOUND' })
}

/** Who must act decides the level: a caller's mistake is information, a moved world a warning, our mistake an error. */
export const answerWithProblems = (app: FastifyInstance): void => {
  app.setErrorHandler((error, request, reply) => {
    const occurrence = occurrenceOf(error) ?? { code: 'INTERNAL_ERROR' as const }
    if (isOurMistake(error)) {
      request.log.error({ err: error }, 'request failed')
      return send(request, reply, occurrence)
    }
    const { status } = PROBLEMS[occurrence.code]
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined
    const reason = error instanceof Error ? error.message : undefined
    if (error instanceof TieOutFailed) request.log.error({ details: error.details }, 'the read models do not tie out')
    else if (status >= 500) request.log.warn({ code: occurrence.code, reason, cause }, 'request not served')
    else request.log.info({ code: occurrence.code }, 'request refused')
    return send(request, reply, occurrence)
  })
  app.setNotFoundHandler((request, reply) => send(request, reply, { code: 'NOT_FOUND' }))
}

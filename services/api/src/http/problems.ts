import type { RejectionCode } from '@registru/domain'

/** What can go wrong besides a refusal of the business. */
export type FailureCode =
  | 'BATCH_SPANS_STREAMS'
  | 'COMMAND_NOT_FOUND'
  | 'COMMAND_TOO_LARGE'
  | 'CONCURRENT_MODIFICATION'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'INTERNAL_ERROR'
  | 'MALFORMED_REQUEST'
  | 'NOT_FOUND'
  | 'OUTCOME_UNKNOWN'
  | 'OVERLOADED'
  | 'PAYLOAD_TOO_LARGE'
  | 'PRECONDITION_FAILED'
  | 'QUERY_TOO_LARGE'
  | 'READ_MODEL_BEHIND'
  | 'READ_SIDE_UNAVAILABLE'
  | 'STORE_UNAVAILABLE'
  | 'TIE_OUT_FAILED'
  | 'UNAUTHORIZED'
  | 'UNSUPPORTED_MEDIA_TYPE'

export type ProblemCode = RejectionCode | FailureCode

interface ProblemKind {
  readonly status: number
  readonly title: string
}

/** Complete by type: a new code does not compile without a status. Codes are API and never renamed. */
export const PROBLEMS: Readonly<Record<ProblemCode, ProblemKind>> = {
  ALLOCATION_EXCEEDS_CREDIT: { status: 422, title: "Allocation exceeds the payment's credit" },
  ALLOCATION_EXCEEDS_OPEN_AMOUNT: { status: 422, title: "Allocation exceeds the invoice's open amount" },
  AMOUNT_TOO_PRECISE: { status: 422, title: 'The amount has more decimals than its currency' },
  BATCH_SPANS_STREAMS: { status: 422, title: 'An atomic batch may touch one account alone' },
  CASH_DESK_ALREADY_OPENED: { status: 409, title: 'The cash desk is open already' },
  CASH_FRAGMENTED_INVOICE: { status: 422, title: 'A large invoice may not be paid in cash by fragments' },
  CASH_LIMIT_PER_PERSON_DAY: { status: 422, title: 'Cash of one payer, desk and day is above the ceiling' },
  CLIENT_ALREADY_REGISTERED: { status: 409, title: 'The client is registered already' },
  CLIENT_NOT_FOUND: { status: 404, title: 'No such client' },
  COMMAND_NOT_FOUND: { status: 404, title: 'The read models know no event of the command' },
  COMMAND_TOO_LARGE: { status: 422, title: 'The command would touch more than one append can hold; split it' },
  COMPANY_ALREADY_REGISTERED: { status: 409, title: 'The company is registered already' },
  COMPANY_NOT_FOUND: { status: 404, title: 'No such company' },
  CONCURRENT_MODIFICATION: { status: 409, title: 'Others kept changing the same account' },
  CREDIT_NOTE_ALREADY_REGISTERED: { status: 409, title: 'The credit note is registered already' },
  CURRENCY_MISMATCH: { status: 422, title: 'Payment and invoice are in different currencies' },
  DAY_TOO_FAR_AHEAD: { status: 422, title: 'The day is too far ahead' },
  DEALLOCATION_EXCEEDS_ALLOCATION: { status: 422, title: 'More is undone than was allocated' },
  DUE_BEFORE_ISSUE: { status: 422, title: 'The due day is before the day of issue' },
  EXCHANGE_RATE_NOT_APPLICABLE: { status: 422, title: 'No exchange rate applies here' },
  FEE_EXCEEDS_PAYMENT: { status: 422, title: 'The fee is more than the payment' },
  FOUR_EYES_REQUIRED: { status: 422, title: 'Another person has to approve' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The key was used for another request' },
  INSTALMENTS_DO_NOT_ADD_UP: { status: 422, title: 'The instalments do not make up the invoice' },
  INTERNAL_ERROR: { status: 500, title: 'Internal error' },
  INVOICE_ALREADY_REGISTERED: { status: 409, title: 'The invoice is registered already' },
  INVOICE_NOT_FOUND: { status: 404, title: 'No such invoice' },
  INVOICE_NOT_FULLY_OPEN: { status: 422, title: 'Something has been settled on the invoice' },
  MALFORMED_REQUEST: { status: 400, title: 'The request is malformed' },
  NOT_FOUND: { status: 404, title: 'No such resource' },
  OUTCOME_UNKNOWN: {
    status: 503,
    title: 'Whether the command was carried out is not known yet; send it again with the same key',
  },
  OVERLOADED: { status: 503, title: 'Too many commands wait for this account' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The request body is too large' },
  PAYMENT_ALREADY_CLEARED: { status: 422, title: 'The payment has arrived before' },
  PAYMENT_ALREADY_RECORDED: { status: 409, title: 'The payment is recorded already' },
  PAYMENT_ALREADY_REVERSED: { status: 422, title: 'The payment was reversed' },
  PAYMENT_CLEARS_AT_ONCE: { status: 422, title: 'A payment of this method is never on its way' },
  PAYMENT_NOT_FOUND: { status: 404, title: 'No such payment' },
  PAYMENT_REFUNDED: { status: 422, title: 'Part of the payment was given back' },
  PERIOD_CLOSED: { status: 422, title: 'The day is in a closed period' },
  PERIOD_NOT_CLOSED: { status: 422, title: 'The period is open' },
  PERIOD_NOT_OVER: { status: 422, title: 'The period is not over' },
  PRECONDITION_FAILED: { status: 412, title: 'The account is at another revision' },
  QUERY_TOO_LARGE: { status: 422, title: 'The query takes too long; asked again it would take as long' },
  READ_MODEL_BEHIND: { status: 504, title: 'The read model has not reached the position asked for' },
  READ_SIDE_UNAVAILABLE: { status: 503, title: 'Queries cannot be answered at the moment; commands can' },
  RECEIPT_ALREADY_ANNULLED: { status: 422, title: 'The receipt was annulled before' },
  RECEIPT_ALREADY_ISSUED: { status: 422, title: 'The payment has a living receipt' },
  RECEIPT_BEFORE_PAYMENT: { status: 422, title: 'A receipt is not older than its cash' },
  RECEIPT_BOOK_ALREADY_OPENED: { status: 409, title: 'The receipt book is open already' },
  RECEIPT_BOOK_NOT_FOUND: { status: 404, title: 'No receipt book of this series' },
  RECEIPT_BOOK_OF_OTHER_DESK: { status: 422, title: 'The receipt book is of another cash desk than the payment' },
  RECEIPT_DATE_BEFORE_LAST: { status: 422, title: 'The book already holds a receipt of a later day' },
  RECEIPT_ID_ALREADY_USED: { status: 409, title: 'The book already holds a receipt of this id' },
  RECEIPT_NOT_FOUND: { status: 404, title: 'No such receipt' },
  RECEIPT_NUMBER_ALREADY_GIVEN: { status: 422, title: 'The book may have given this number already' },
  RECEIPT_ONLY_FOR_CASH: { status: 422, title: 'A receipt is only for cash' },
  RECEIPT_RANGE_EXHAUSTED: { status: 422, title: "The book's range of numbers is used up" },
  RECEIPT_RANGE_NOT_EXTENDED: { status: 422, title: 'The new range does not go further' },
  REFUND_ALREADY_RECORDED: { status: 409, title: 'The refund is recorded already' },
  RESTORE_GUARD: {
    status: 409,
    title: 'The book has lost receipts that may be on paper; it is read-only until somebody continues it',
  },
  SET_OFF_DOES_NOT_ADD_UP: { status: 422, title: 'The items do not make up the set-off' },
  STORE_UNAVAILABLE: { status: 503, title: 'The event store does not answer' },
  TAX_ID_INVALID: { status: 422, title: 'The tax id is not valid' },
  TIE_OUT_FAILED: { status: 500, title: 'The books do not agree, so the number is not shown' },
  UNAUTHORIZED: { status: 401, title: 'A bearer token is required' },
  UNDO_BEFORE_WHAT_IT_UNDOES: { status: 422, title: 'An undo is dated before what it undoes' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The media type is not supported' },
  VAT_LINES_DO_NOT_ADD_UP: { status: 422, title: 'The VAT lines do not add up to the total' },
}

/** The world moved: the same request may succeed in a moment, so the answer says when. */
export const isRetryable = (code: ProblemCode): boolean =>
  code === 'CONCURRENT_MODIFICATION' || PROBLEMS[code].status === 503 || PROBLEMS[code].status === 504

/** One thing that is wrong with a request: where, as a JSON pointer, and the rule that it breaks. */
export interface Violation {
  readonly path: string
  readonly rule: string
}

/** RFC 9457 with the stable members `code`, `requestId`, and `details` or `errors`. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ProblemCode
  readonly detail?: string
  readonly instance: string
  readonly requestId: string
  /** Which command of a batch, from 0. */
  readonly item?: number
  readonly details?: object
  readonly errors?: readonly Violation[]
}

export interface ProblemOccurrence {
  readonly code: ProblemCode
  readonly detail?: string | undefined
  readonly item?: number | undefined
  readonly details?: object | undefined
  readonly errors?: readonly Violation[] | undefined
}

export const problemOf = (
  { code, detail, item, details, errors }: ProblemOccurrence,
  request: { readonly id: string; readonly url: string },
): Problem => ({
  type: `urn:registru:problem:${code.toLowerCase().replaceAll('_', '-')}`,
  title: PROBLEMS[code].title,
  status: PROBLEMS[code].status,
  code,
  ...(detail === undefined ? {} : { detail }),
  // The path without its query: filters may hold names.
  instance: request.url.split('?', 1)[0] ?? request.url,
  requestId: request.id,
  ...(item === undefined ? {} : { item }),
  ...(details === undefined ? {} : { details }),
  ...(errors === undefined ? {} : { errors }),
})

/**
 * Why the business says no. Codes are API: never renamed.
 * The domain knows no HTTP; the edge maps every code to a status and does not compile without one.
 */
export const REJECTION_CODES = [
  'ALLOCATION_EXCEEDS_CREDIT',
  'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
  'ALREADY_REVERSED',
  'AMOUNT_TOO_PRECISE',
  'CASH_DESK_ALREADY_OPENED',
  'CASH_DESK_NOT_FOUND',
  'CASH_FRAGMENTED_INVOICE',
  'CASH_LIMIT_PER_PERSON_DAY',
  'CASH_DESK_SHORT',
  'CASH_PAYMENT_LIMIT_PER_PERSON_DAY',
  'CASH_PAYMENT_LIMIT_TOTAL_DAY',
  'CASH_REVERSED_IN_PART',
  'CLEARING_EXCEEDS_TRANSIT',
  'CLIENT_ALREADY_REGISTERED',
  'CLIENT_MERGED',
  'CLIENT_NOT_FOUND',
  'COMPANY_ALREADY_REGISTERED',
  'COMPANY_NOT_FOUND',
  'CREDIT_NOTE_ALREADY_REGISTERED',
  'CREDIT_NOTE_DOES_NOT_FIT',
  'CREDIT_RESERVED',
  'CURRENCY_MISMATCH',
  'DAY_TOO_FAR_AHEAD',
  'DEALLOCATION_EXCEEDS_ALLOCATION',
  'DISCOUNT_ALREADY_GRANTED',
  'DOCUMENT_ALREADY_REGISTERED',
  'DUE_BEFORE_ISSUE',
  'EXCHANGE_RATE_NEEDED',
  'EXCHANGE_RATE_NOT_APPLICABLE',
  'FEE_EXCEEDS_PAYMENT',
  'FEE_NOT_APPLICABLE',
  'FOUR_EYES_REQUIRED',
  'INSTALMENTS_DO_NOT_ADD_UP',
  'INVOICE_ALREADY_REGISTERED',
  'INVOICE_NOT_FOUND',
  'INVOICE_NOT_FULLY_OPEN',
  'MERGE_ID_CONFLICT',
  'NOTHING_TO_REVERSE',
  'PAYMENT_ALREADY_CLEARED',
  'PAYMENT_ALREADY_RECORDED',
  'PAYMENT_ALREADY_REVERSED',
  'PAYMENT_CLEARS_AT_ONCE',
  'PAYMENT_NOT_CLEARED',
  'PAYMENT_NOT_FOUND',
  'PAYMENT_REFUNDED',
  'PAYMENT_TRANSFERRED',
  'PERIOD_CLOSED',
  'PERIOD_NOT_CLOSED',
  'PERIOD_NOT_OVER',
  'RECEIPT_ALREADY_ANNULLED',
  'RECEIPT_ALREADY_ISSUED',
  'RECEIPT_BEFORE_PAYMENT',
  'RECEIPT_BOOK_ALREADY_OPENED',
  'RECEIPT_BOOK_NOT_FOUND',
  'RECEIPT_BOOK_OF_OTHER_DESK',
  'RECEIPT_DATE_BEFORE_LAST',
  'RECEIPT_ID_ALREADY_USED',
  'RECEIPT_NOT_FOUND',
  'RECEIPT_NUMBER_ALREADY_GIVEN',
  'RECEIPT_ONLY_FOR_CASH',
  'RECEIPT_RANGE_EXHAUSTED',
  'RECEIPT_RANGE_NOT_EXTENDED',
  'REFUND_ALREADY_RECORDED',
  'REFUND_EXCEEDS_CREDIT',
  'RESCHEDULE_BEFORE_LAST',
  'RESTORE_GUARD',
  'REVERSAL_EXCEEDS_PAYMENT',
  'SET_OFF_DOES_NOT_ADD_UP',
  'TAX_ID_INVALID',
  'TRANSFER_TO_SELF',
  'UNDO_BEFORE_WHAT_IT_UNDOES',
  'UNIDENTIFIED_AMOUNT_EXCEEDED',
  'UNIDENTIFIED_PAYMENT_NOT_FOUND',
  'VAT_LINES_DO_NOT_ADD_UP',
  'WRITE_OFF_ALREADY_RECORDED',
] as const

export type RejectionCode = (typeof REJECTION_CODES)[number]

/** JSON-ready facts of a refusal: what the caller needs to correct the request. */
export type RejectionDetails = Readonly<Record<string, unknown>>

/** The one class of the domain: it travels as an exception so that a decision reads as a list of rules. */
export class Rejection extends Error {
  readonly code: RejectionCode
  readonly details: RejectionDetails

  constructor(code: RejectionCode, details: RejectionDetails = {}) {
    super(code)
    this.name = 'Rejection'
    this.code = code
    this.details = details
  }
}

/** @throws Rejection always; usable in an expression: `find(id) ?? reject('INVOICE_NOT_FOUND')`. */
export const reject = (code: RejectionCode, details?: RejectionDetails): never => {
  throw new Rejection(code, details)
}

import { Rejection, type RejectionCode, type RejectionDetails } from '@registru/domain'
import { type ProblemKinds, type ProblemTable, tellerOf } from '../http/problems.ts'

/** Complete by type: a new code of the domain does not compile without a status. Codes are API and never renamed. */
export const rejectionKinds: ProblemKinds<RejectionCode> = {
  ALLOCATION_EXCEEDS_CREDIT: { status: 422, title: "Allocation exceeds the payment's credit" },
  ALLOCATION_EXCEEDS_OPEN_AMOUNT: { status: 422, title: "Allocation exceeds the invoice's open amount" },
  ALREADY_REVERSED: { status: 422, title: 'It has been taken back already' },
  AMOUNT_TOO_PRECISE: { status: 422, title: 'The amount has more decimals than its currency' },
  CASH_DESK_ALREADY_OPENED: { status: 409, title: 'The cash desk is open already' },
  CASH_DESK_NOT_FOUND: { status: 404, title: 'No such cash desk' },
  CASH_FRAGMENTED_INVOICE: { status: 422, title: 'A large invoice may not be paid in cash by fragments' },
  CASH_DESK_SHORT: { status: 422, title: 'The cash desk does not hold so much' },
  CASH_PAYMENT_LIMIT_PER_PERSON_DAY: { status: 422, title: 'Cash paid to one person and day is above the ceiling' },
  CASH_PAYMENT_LIMIT_TOTAL_DAY: { status: 422, title: 'Cash paid to all businesses of a day is above the ceiling' },
  CASH_LIMIT_PER_PERSON_DAY: { status: 422, title: 'Cash of one payer, desk and day is above the ceiling' },
  CASH_REVERSED_IN_PART: { status: 422, title: 'Cash is not reversed in part' },
  CLEARING_EXCEEDS_TRANSIT: { status: 422, title: 'More arrives than was on its way' },
  CLIENT_ALREADY_REGISTERED: { status: 409, title: 'The client is registered already' },
  CLIENT_MERGED: { status: 409, title: 'The client was merged into another one' },
  CLIENT_NOT_FOUND: { status: 404, title: 'No such client' },
  COMPANY_ALREADY_REGISTERED: { status: 409, title: 'The company is registered already' },
  COMPANY_NOT_FOUND: { status: 404, title: 'No such company' },
  CREDIT_NOTE_ALREADY_REGISTERED: { status: 409, title: 'The credit note is registered already' },
  CREDIT_NOTE_DOES_NOT_FIT: { status: 422, title: 'More VAT would go back than the invoice has' },
  CREDIT_RESERVED: { status: 409, title: 'The credit is on its way to another account' },
  CURRENCY_MISMATCH: { status: 422, title: 'The amounts are in different currencies' },
  DAY_TOO_FAR_AHEAD: { status: 422, title: 'The day is too far ahead' },
  DEALLOCATION_EXCEEDS_ALLOCATION: { status: 422, title: 'More is undone than was allocated' },
  DISCOUNT_ALREADY_GRANTED: { status: 409, title: 'The discount is granted already' },
  DOCUMENT_ALREADY_REGISTERED: { status: 409, title: 'A paper of this series, number and year is registered already' },
  DUE_BEFORE_ISSUE: { status: 422, title: 'The due day is before the day of issue' },
  EXCHANGE_RATE_NEEDED: { status: 422, title: 'Nobody has said what the currency is worth on that day' },
  EXCHANGE_RATE_NOT_APPLICABLE: { status: 422, title: 'No exchange rate applies here' },
  FEE_EXCEEDS_PAYMENT: { status: 422, title: 'The fee is more than the payment' },
  FEE_NOT_APPLICABLE: { status: 422, title: 'No fee applies here' },
  FOUR_EYES_REQUIRED: { status: 422, title: 'Another person has to approve' },
  INSTALMENTS_DO_NOT_ADD_UP: { status: 422, title: 'The instalments do not make up the invoice' },
  INVOICE_ALREADY_REGISTERED: { status: 409, title: 'The invoice is registered already' },
  INVOICE_NOT_FOUND: { status: 404, title: 'No such invoice' },
  INVOICE_NOT_FULLY_OPEN: { status: 422, title: 'Something has been settled on the invoice' },
  MERGE_ID_CONFLICT: { status: 409, title: 'The two accounts have papers of the same id or number' },
  NOTHING_TO_REVERSE: { status: 422, title: 'There is no such thing to take back' },
  PAYMENT_ALREADY_CLEARED: { status: 422, title: 'Nothing of the payment is on its way any more' },
  PAYMENT_ALREADY_RECORDED: { status: 409, title: 'The payment is recorded already' },
  PAYMENT_ALREADY_REVERSED: { status: 422, title: 'The payment was reversed' },
  PAYMENT_CLEARS_AT_ONCE: { status: 422, title: 'A payment of this method is never on its way' },
  PAYMENT_NOT_CLEARED: { status: 422, title: 'The cheque or promissory note is not collected yet' },
  PAYMENT_NOT_FOUND: { status: 404, title: 'No such payment' },
  PAYMENT_REFUNDED: { status: 422, title: 'Part of the payment was given back' },
  PAYMENT_TRANSFERRED: { status: 422, title: 'The money stands in another account' },
  PERIOD_CLOSED: { status: 422, title: 'The day is in a closed period' },
  PERIOD_NOT_CLOSED: { status: 422, title: 'The period is open' },
  PERIOD_NOT_OVER: { status: 422, title: 'The period is not over' },
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
  RESCHEDULE_BEFORE_LAST: { status: 422, title: 'The terms were agreed before those that hold' },
  REFUND_EXCEEDS_CREDIT: { status: 422, title: "The refund exceeds the payment's credit" },
  RESTORE_GUARD: {
    status: 409,
    title: 'The book has lost receipts that may be on paper; it is read-only until somebody continues it',
  },
  REVERSAL_EXCEEDS_PAYMENT: { status: 422, title: 'More is reversed than is left of the payment' },
  SET_OFF_DOES_NOT_ADD_UP: { status: 422, title: 'The items do not make up the set-off' },
  TAX_ID_INVALID: { status: 422, title: 'The tax id is not valid' },
  UNDO_BEFORE_WHAT_IT_UNDOES: { status: 422, title: 'An undo is dated before what it undoes' },
  UNIDENTIFIED_AMOUNT_EXCEEDED: { status: 422, title: 'More is asked for than is unidentified' },
  UNIDENTIFIED_PAYMENT_NOT_FOUND: { status: 404, title: 'No such unidentified payment' },
  TRANSFER_TO_SELF: { status: 422, title: 'Credit moves to another client' },
  VAT_LINES_DO_NOT_ADD_UP: { status: 422, title: 'The VAT lines do not add up to the total' },
  WRITE_OFF_ALREADY_RECORDED: { status: 409, title: 'The write-off is recorded already' },
}

const text = (value: unknown): string =>
  typeof value === 'object' && value !== null && 'amount' in value && 'currency' in value
    ? `${String(value.amount)} ${String(value.currency)}`
    : String(value)

/** A sentence with facts in it. A book's refusal comes back from the store as its code alone: no facts, no sentence. */
const told = (words: TemplateStringsArray, ...facts: readonly unknown[]): string | undefined =>
  facts.includes(undefined) ? undefined : String.raw({ raw: words }, ...facts.map(text))

/** Of a document that is not there at the clocks of a question; a command has none. */
const unknownThen = ({ asOf, knownAt }: RejectionDetails): string | undefined =>
  told`there is none as of ${asOf}, by what was known at position ${knownAt}`

/** Of a rate, or of the whole where the paper named none. */
const detailOfMisfit = ({ invoiceId, rate, left, rule }: RejectionDetails): string | undefined => {
  if (rule !== undefined) return told`${invoiceId}: ${rule}`
  if (rate === undefined) return told`${invoiceId} has ${left} to credit`
  const amounts = typeof left === 'object' && left !== null && 'base' in left && 'vat' in left ? left : undefined
  return told`${invoiceId} has ${amounts?.base} and VAT ${amounts?.vat} left at ${rate} %`
}

/** A sentence for people where the facts make one; programs read `details`. */
const detailOf = ({ code, details }: { code: Rejection['code']; details: RejectionDetails }): string | undefined => {
  const fact = (name: string): unknown => details[name]
  const desk = fact('deskId') === undefined ? '' : `, desk ${text(fact('deskId'))}`
  switch (code) {
    case 'ALLOCATION_EXCEEDS_OPEN_AMOUNT':
      return fact('allocated') === undefined
        ? told`${fact('invoiceId')} has ${fact('open')} open`
        : told`${fact('invoiceId')} has ${fact('open')} open and ${fact('allocated')} paid`
    case 'ALLOCATION_EXCEEDS_CREDIT':
      return told`${fact('paymentId')} has ${fact('credit')} to allocate`
    case 'AMOUNT_TOO_PRECISE':
      return told`${fact('amount')} has more than the ${fact('decimalsMax')} decimals of ${fact('currency')}`
    case 'CASH_FRAGMENTED_INVOICE':
      return told`${fact('invoiceId')} is above the ceiling of ${fact('limit')} RON, and ${fact('observed')} RON of it would be paid in cash (${fact('law')})`
    case 'CASH_DESK_SHORT':
      return told`from ${fact('day')} on${desk} holds ${fact('limit')} ${fact('currency') ?? 'RON'}, and ${fact('observed')} would leave it`
    case 'CASH_PAYMENT_LIMIT_PER_PERSON_DAY':
      return told`the cash paid to the client on ${fact('day')} would be ${fact('observed')} RON, the ceiling is ${fact('limit')} RON (${fact('law')})`
    case 'CASH_PAYMENT_LIMIT_TOTAL_DAY':
      return told`the cash paid to all businesses on ${fact('day')} would be ${fact('observed')} RON, the ceiling is ${fact('limit')} RON (${fact('law')})`
    case 'CASH_LIMIT_PER_PERSON_DAY':
      return told`the cash of this payer on ${fact('day')}${desk} would be ${fact('observed')} RON, the ceiling is ${fact('limit')} RON (${fact('law')})`
    case 'CLEARING_EXCEEDS_TRANSIT':
      return told`${fact('inTransit')} of ${fact('paymentId')} is on its way`
    case 'REFUND_EXCEEDS_CREDIT':
      return told`${fact('credit')} of ${fact('paymentId')} is left to be given back`
    case 'REVERSAL_EXCEEDS_PAYMENT':
      return told`${fact('left')} is left of ${fact('paymentId')}`
    case 'DEALLOCATION_EXCEEDS_ALLOCATION':
      return told`${fact('allocated')} of ${fact('paymentId')} is allocated to ${fact('invoiceId')}`
    case 'CURRENCY_MISMATCH':
      return (
        told`the invoice is in ${fact('invoiceCurrency')}, the payment in ${fact('paymentCurrency')}` ??
        told`${fact('refundCurrency')} of credit in ${fact('paymentCurrency')} needs an exchange rate`
      )
    case 'CREDIT_NOTE_DOES_NOT_FIT':
      return detailOfMisfit(details)
    case 'CLIENT_MERGED':
      return told`${fact('intoClientId')} has what was open since ${fact('mergedOn')}: name that client`
    case 'MERGE_ID_CONFLICT':
      return told`${fact('many')} of its papers: cancel one of each pair, or register it anew`
    case 'DOCUMENT_ALREADY_REGISTERED':
      return told`it is ${fact('documentId')}, ${fact('kind') === 'INVOICE' ? 'an invoice' : 'a credit note'}`
    case 'DAY_TOO_FAR_AHEAD':
      return told`${fact('day')} is after ${fact('latest')}, the last day that may be named today`
    case 'EXCHANGE_RATE_NEEDED':
      return told`no rate of ${fact('source')} is known that holds for ${fact('currency')} on ${fact('day')}`
    case 'INVOICE_NOT_FOUND':
      return told`${fact('invoiceId')} is issued on ${fact('issuedOn')}, after ${fact('asOf')}` ?? unknownThen(details)
    case 'PAYMENT_NOT_FOUND':
      return (
        told`${fact('paymentId')} is received on ${fact('receivedOn')}, after ${fact('asOf')}` ?? unknownThen(details)
      )
    case 'RECEIPT_NOT_FOUND':
      return unknownThen(details)
    case 'INSTALMENTS_DO_NOT_ADD_UP':
      return told`the instalments add up to ${fact('sum')}, not to ${fact('total')}: ${fact('rule')}`
    case 'RESCHEDULE_BEFORE_LAST':
      return told`the terms of ${fact('invoiceId')} hold since ${fact('earliest')}`
    case 'PAYMENT_REFUNDED':
      return (
        told`${fact('refunded')} of ${fact('amount')} was given back: what is left may bounce, none of it was a mistake` ??
        told`${fact('refunded')} of ${fact('paymentId')} was given back: reverse the refund first`
      )
    case 'PAYMENT_TRANSFERRED':
      return 'credit of it is in another account: it goes back there first, or comes back from there'
    case 'PERIOD_CLOSED':
      return told`${fact('day')} is not after ${fact('closedThrough')}, the last closed day`
    case 'UNIDENTIFIED_AMOUNT_EXCEEDED':
      return told`${fact('unidentified')} of ${fact('paymentId')} is unidentified`
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

const tell = tellerOf(rejectionKinds)

/** What the business refuses. */
export const rejectionProblems: ProblemTable = {
  kinds: rejectionKinds,
  tell: (error) =>
    error instanceof Rejection ? tell(error.code, { detail: detailOf(error), details: error.details }) : undefined,
}

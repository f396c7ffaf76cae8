import { amountInWords } from '../amount-in-words.ts'
import type { BusinessDay } from '../business-day.ts'
import { createCodec } from '../codec.ts'
import { type Decider, type DecisionContext, type DecisionTable, decideBy } from '../decider.ts'
import type { CashDeskId, ReceiptId, ReceiptSeries } from '../ids.ts'
import { minorOf } from '../money.ts'
import { createPackedRecords } from '../packed/packed-records.ts'
import { Rejection, reject } from '../rejection.ts'
import { requireNear } from '../rules/days-ahead.ts'
import { type BookedReceipt, type ReceiptBook, receiptBookSnapshot, receiptIds, receipts } from './book-records.ts'
import type { ReceiptBookCommand } from './commands.ts'
import {
  ReceiptAnnulled,
  ReceiptBookContinued,
  type ReceiptBookEvent,
  ReceiptBookOpened,
  ReceiptIssued,
  ReceiptRangeExtended,
  ReceiptRefused,
  ReceiptReprinted,
  receiptBookEventDefinitions,
} from './events.ts'
import { representing } from './representing.ts'

const opened = (book: ReceiptBook, series: ReceiptSeries): NonNullable<ReceiptBook['opened']> =>
  book.opened ?? reject('RECEIPT_BOOK_NOT_FOUND', { series })

/** Why the book would not number a receipt; `undefined` when it would. */
export const refusalOf = (
  book: ReceiptBook,
  {
    series,
    receiptId,
    issuedOn,
    deskId,
  }: {
    readonly series: ReceiptSeries
    readonly receiptId: ReceiptId
    readonly issuedOn: BusinessDay
    /** Where the money came in, when that is known: the paper names the desk of its book, and both have to agree. */
    readonly deskId?: CashDeskId | undefined
  },
): Rejection | undefined => {
  if (book.opened === undefined) return new Rejection('RECEIPT_BOOK_NOT_FOUND', { series })
  const { deskId: bookDeskId } = book.opened
  if (deskId !== undefined && deskId !== bookDeskId) {
    return new Rejection('RECEIPT_BOOK_OF_OTHER_DESK', { series, deskId, bookDeskId })
  }
  if (receiptIds.has(book, receiptId)) return new Rejection('RECEIPT_ID_ALREADY_USED', { receiptId })
  const { to } = book.opened
  if (to !== undefined && book.next > to) return new Rejection('RECEIPT_RANGE_EXHAUSTED', { series, to })
  const { lastIssuedOn } = book
  return lastIssuedOn !== undefined && issuedOn < lastIssuedOn
    ? new Rejection('RECEIPT_DATE_BEFORE_LAST', { issuedOn, lastIssuedOn })
    : undefined
}

/**
 * Why the book may not be written to: numbers above its last are known elsewhere, so the store lost receipts that may be
 * on paper already.
 */
export const lossOf = (book: ReceiptBook, highestNumber: number | undefined): Rejection | undefined => {
  const lastNumber = book.next - 1
  return highestNumber !== undefined && highestNumber > lastNumber
    ? new Rejection('RESTORE_GUARD', { lastNumber, highestNumber })
    : undefined
}

const receiptOf = (book: ReceiptBook, series: ReceiptSeries, number: number): BookedReceipt => {
  opened(book, series)
  return receipts.get(book, number) ?? reject('RECEIPT_NOT_FOUND', { series, number })
}

const table: DecisionTable<ReceiptBook, ReceiptBookCommand, ReceiptBookEvent> = {
  OpenReceiptBook: (command, book) => {
    if (book.opened !== undefined) reject('RECEIPT_BOOK_ALREADY_OPENED', { series: command.series })
    return [ReceiptBookOpened.of(command)]
  },

  // The account has reserved the receipt already, so a refusal is an event: final, and the same to whoever asks again.
  EnterReceipt: (command, book) => {
    const { series, receiptId, clientId, paymentId, issuedOn } = command
    const refusal = refusalOf(book, { series, receiptId, issuedOn })
    if (refusal !== undefined || book.opened === undefined) {
      const code = refusal?.code ?? 'RECEIPT_BOOK_NOT_FOUND'
      const { opened: range, lastIssuedOn } = book
      return [
        ReceiptRefused.of({ series, receiptId, clientId, paymentId, code, issuedOn, lastIssuedOn, to: range?.to }),
      ]
    }
    const { deskId } = book.opened
    return [
      ReceiptIssued.of({
        ...command,
        number: book.next,
        deskId,
        amountInWords: amountInWords(minorOf(command.amount), command.amount.currency),
        representing: representing(command),
      }),
    ]
  },

  AnnulReceipt: (command, book, { today, company: rules }) => {
    const { series, number, reason } = command
    const receipt = receiptOf(book, series, number)
    if (receipt.annulled) reject('RECEIPT_ALREADY_ANNULLED', { series, number })
    const annulledOn = command.annulledOn ?? today
    if (annulledOn < receipt.issuedOn) {
      reject('UNDO_BEFORE_WHAT_IT_UNDOES', { path: '/annulledOn', day: annulledOn, earliest: receipt.issuedOn })
    }
    requireNear({ path: '/annulledOn', day: command.annulledOn }, today, () => receipt.issuedOn)
    const closedThrough = rules?.closedThrough
    if (closedThrough !== undefined && annulledOn <= closedThrough) {
      reject('PERIOD_CLOSED', { path: '/annulledOn', day: annulledOn, closedThrough })
    }
    const { receiptId, clientId, paymentId, amount } = receipt
    const alsoReversePayment = command.alsoReversePayment ?? false
    return [
      ReceiptAnnulled.of({
        series,
        number,
        receiptId,
        clientId,
        paymentId,
        amount,
        reason,
        annulledOn,
        alsoReversePayment,
      }),
    ]
  },

  ExtendReceiptRange: (command, book) => {
    const { to } = opened(book, command.series)
    if (to === undefined || command.to <= to) reject('RECEIPT_RANGE_NOT_EXTENDED', { path: '/to', to: to ?? null })
    return [ReceiptRangeExtended.of(command)]
  },

  ContinueReceiptBook: (command, book, { highestNumber = 0 }) => {
    const { series, continueFrom, reason, acknowledgedBy } = command
    const { to } = opened(book, series)
    const lastNumber = book.next - 1
    const atLeast = Math.max(book.next, highestNumber) + 1
    if (continueFrom < atLeast) reject('RECEIPT_NUMBER_ALREADY_GIVEN', { path: '/continueFrom', atLeast })
    if (to !== undefined && continueFrom > to) reject('RECEIPT_RANGE_EXHAUSTED', { path: '/continueFrom', series, to })
    return [ReceiptBookContinued.of({ series, lastNumber, continueFrom, reason, acknowledgedBy })]
  },

  ReprintReceipt: (command, book) => {
    const { series, number, reason } = command
    const { reprints } = receiptOf(book, series, number)
    return [ReceiptReprinted.of({ series, number, copy: reprints + 1, reason })]
  },
}

const decideByTable = decideBy(table)

/** A book that lost receipts is read-only until somebody answers for the numbers that it passes over. */
const decide = (
  command: ReceiptBookCommand,
  book: ReceiptBook,
  context: DecisionContext,
): readonly ReceiptBookEvent[] => {
  const { highestNumber } = context
  if (command.type === 'OpenReceiptBook' && book.opened === undefined) {
    // Lost as a whole: it may be opened again above what it had given.
    if (highestNumber !== undefined && command.data.from <= highestNumber) {
      reject('RESTORE_GUARD', { lastNumber: command.data.from - 1, highestNumber })
    }
  } else if (command.type !== 'ContinueReceiptBook' && book.opened !== undefined) {
    const loss = lossOf(book, highestNumber)
    if (loss !== undefined) throw loss
  }
  return decideByTable(command, book, context)
}

/** @throws Error when history changes what it never issued: the stream is not ours */
const change = (book: ReceiptBook, number: number, to: (receipt: BookedReceipt) => BookedReceipt): void => {
  const receipt = receipts.get(book, number)
  if (receipt === undefined) throw new Error(`history changes receipt ${number} before issuing it`)
  receipts.set(book, number, to(receipt))
}

const evolve = (book: ReceiptBook, event: ReceiptBookEvent): ReceiptBook => {
  switch (event.type) {
    case 'ReceiptBookOpened': {
      const { series, deskId, from, to } = event.data
      book.opened = { series, deskId, to }
      book.next = from
      return book
    }
    case 'ReceiptIssued': {
      const { number, receiptId, clientId, paymentId, issuedOn, amount } = event.data
      book.next = number + 1
      book.lastIssuedOn = issuedOn
      receiptIds.add(book, receiptId)
      const receipt = { receiptId, clientId, paymentId, issuedOn, amount, annulled: false, reprints: 0 }
      receipts.set(book, number, receipt)
      return book
    }
    case 'ReceiptBookContinued':
      book.next = event.data.continueFrom
      return book
    case 'ReceiptRangeExtended':
      if (book.opened === undefined) throw new Error('history extends a book before opening it')
      book.opened = { ...book.opened, to: event.data.to }
      return book
    case 'ReceiptRefused':
      return book
    case 'ReceiptReprinted':
      change(book, event.data.number, (receipt) => ({ ...receipt, reprints: event.data.copy }))
      return book
    case 'ReceiptAnnulled':
      change(book, event.data.number, (receipt) => ({ ...receipt, annulled: true }))
      return book
  }
}

export const receiptBook: Decider<ReceiptBook, ReceiptBookCommand, ReceiptBookEvent> = {
  name: 'receiptBook',
  codec: createCodec(receiptBookEventDefinitions),
  initialState: () => ({ opened: undefined, next: 1, lastIssuedOn: undefined, records: createPackedRecords() }),
  decide,
  evolve,
  snapshot: receiptBookSnapshot,
}

import { amountInWords } from '../amount-in-words.ts'
import type { BusinessDay } from '../business-day.ts'
import { createCodec } from '../codec.ts'
import { type Decider, type DecisionTable, decideBy } from '../decider.ts'
import type { CashDeskId, ClientId, PaymentId, ReceiptId } from '../ids.ts'
import { type Money, minorOf } from '../money.ts'
import { Rejection, reject } from '../rejection.ts'
import type { ReceiptBookCommand } from './commands.ts'
import {
  ReceiptAnnulled,
  type ReceiptBookEvent,
  ReceiptBookOpened,
  ReceiptIssued,
  ReceiptRangeExtended,
  ReceiptRefused,
  ReceiptReprinted,
  receiptBookEventDefinitions,
} from './events.ts'
import { representing } from './representing.ts'

/** One series of receipts. The number comes from this state at an exact revision: gapless by construction. */
export interface ReceiptBook {
  opened: { readonly series: string; readonly deskId: CashDeskId; readonly to: number | undefined } | undefined
  next: number
  lastIssuedOn: BusinessDay | undefined
  readonly numbers: Map<ReceiptId, number>
  readonly receipts: Map<number, BookedReceipt>
}

export interface BookedReceipt {
  readonly receiptId: ReceiptId
  readonly clientId: ClientId
  readonly paymentId: PaymentId
  readonly issuedOn: BusinessDay
  readonly amount: Money
  annulled: boolean
  reprints: number
}

const opened = (book: ReceiptBook, series: string): NonNullable<ReceiptBook['opened']> =>
  book.opened ?? reject('RECEIPT_BOOK_NOT_FOUND', { series })

/** Why the book would not number a receipt; `undefined` when it would. */
export const refusalOf = (
  book: ReceiptBook,
  {
    series,
    receiptId,
    issuedOn,
  }: { readonly series: string; readonly receiptId?: ReceiptId; readonly issuedOn: BusinessDay },
): Rejection | undefined => {
  if (book.opened === undefined) return new Rejection('RECEIPT_BOOK_NOT_FOUND', { series })
  if (receiptId !== undefined && book.numbers.has(receiptId))
    return new Rejection('RECEIPT_ID_ALREADY_USED', { receiptId })
  const { to } = book.opened
  if (to !== undefined && book.next > to) return new Rejection('RECEIPT_RANGE_EXHAUSTED', { series, to })
  const { lastIssuedOn } = book
  return lastIssuedOn !== undefined && issuedOn < lastIssuedOn
    ? new Rejection('RECEIPT_DATE_BEFORE_LAST', { issuedOn, lastIssuedOn })
    : undefined
}

const receiptOf = (book: ReceiptBook, series: string, number: number): BookedReceipt => {
  opened(book, series)
  return book.receipts.get(number) ?? reject('RECEIPT_NOT_FOUND', { series, number })
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
      return [ReceiptRefused.of({ series, receiptId, clientId, paymentId, code })]
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
      reject('UNDO_BEFORE_WHAT_IT_UNDOES', { day: annulledOn, earliest: receipt.issuedOn })
    }
    const closedThrough = rules?.closedThrough
    if (closedThrough !== undefined && annulledOn <= closedThrough) {
      reject('PERIOD_CLOSED', { day: annulledOn, closedThrough })
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

  ReprintReceipt: (command, book) => {
    const { series, number, reason } = command
    const { reprints } = receiptOf(book, series, number)
    return [ReceiptReprinted.of({ series, number, copy: reprints + 1, reason })]
  },
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
      book.numbers.set(receiptId, number)
      book.receipts.set(number, { receiptId, clientId, paymentId, issuedOn, amount, annulled: false, reprints: 0 })
      return book
    }
    case 'ReceiptRangeExtended':
      if (book.opened === undefined) throw new Error('history extends a book before opening it')
      book.opened = { ...book.opened, to: event.data.to }
      return book
    case 'ReceiptRefused':
      return book
    case 'ReceiptReprinted': {
      const receipt = book.receipts.get(event.data.number)
      if (receipt === undefined) throw new Error(`history reprints receipt ${event.data.number} before issuing it`)
      receipt.reprints = event.data.copy
      return book
    }
    case 'ReceiptAnnulled': {
      const receipt = book.receipts.get(event.data.number)
      if (receipt === undefined) throw new Error(`history annuls receipt ${event.data.number} before issuing it`)
      receipt.annulled = true
      return book
    }
  }
}

export const receiptBook: Decider<ReceiptBook, ReceiptBookCommand, ReceiptBookEvent> = {
  name: 'receiptBook',
  codec: createCodec(receiptBookEventDefinitions),
  initialState: () => ({
    opened: undefined,
    next: 1,
    lastIssuedOn: undefined,
    numbers: new Map(),
    receipts: new Map(),
  }),
  decide: decideBy(table),
  evolve,
}

import { amountInWords } from '../amount-in-words.ts'
import type { BusinessDay } from '../business-day.ts'
import { createCodec } from '../codec.ts'
import { type Decider, type DecisionTable, decideBy } from '../decider.ts'
import type { CashDeskId, ClientId, PaymentId, ReceiptId } from '../ids.ts'
import { type Money, minorOf } from '../money.ts'
import { reject } from '../rejection.ts'
import type { ReceiptBookCommand } from './commands.ts'
import {
  ReceiptAnnulled,
  type ReceiptBookEvent,
  ReceiptBookOpened,
  ReceiptIssued,
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
}

const opened = (book: ReceiptBook, series: string): NonNullable<ReceiptBook['opened']> =>
  book.opened ?? reject('RECEIPT_BOOK_NOT_FOUND', { series })

const table: DecisionTable<ReceiptBook, ReceiptBookCommand, ReceiptBookEvent> = {
  OpenReceiptBook: (command, book) => {
    if (book.opened !== undefined) reject('RECEIPT_BOOK_ALREADY_OPENED', { series: command.series })
    return [ReceiptBookOpened.of(command)]
  },

  EnterReceipt: (command, book) => {
    const { deskId, to } = opened(book, command.series)
    if (book.numbers.has(command.receiptId)) reject('RECEIPT_ID_ALREADY_USED', { receiptId: command.receiptId })
    if (to !== undefined && book.next > to) reject('RECEIPT_RANGE_EXHAUSTED', { series: command.series, to })
    if (book.lastIssuedOn !== undefined && command.issuedOn < book.lastIssuedOn) {
      reject('RECEIPT_DATE_BEFORE_LAST', { issuedOn: command.issuedOn, lastIssuedOn: book.lastIssuedOn })
    }
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

  AnnulReceipt: (command, book, { today }) => {
    opened(book, command.series)
    const { series, number, reason } = command
    const receipt = book.receipts.get(number) ?? reject('RECEIPT_NOT_FOUND', { series, number })
    if (receipt.annulled) reject('RECEIPT_ALREADY_ANNULLED', { series, number })
    const annulledOn = command.annulledOn ?? today
    if (annulledOn < receipt.issuedOn) {
      reject('UNDO_BEFORE_WHAT_IT_UNDOES', { day: annulledOn, earliest: receipt.issuedOn })
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
      book.receipts.set(number, { receiptId, clientId, paymentId, issuedOn, amount, annulled: false })
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

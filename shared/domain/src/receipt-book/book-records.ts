import type { BusinessDay } from '../business-day.ts'
import type { SnapshotFormat } from '../decider.ts'
import type { CashDeskId, ClientId, PaymentId, ReceiptId, ReceiptSeries } from '../ids.ts'
import { type Money, minorOf, moneyOf } from '../money.ts'
import { createWriter, readerOf, written } from '../packed/byte-cursor.ts'
import {
  dumpRecords,
  findRecord,
  intern,
  type PackedRecords,
  restoreRecords,
  weighRecords,
} from '../packed/packed-records.ts'
import {
  amount,
  count,
  day,
  type Field,
  flag,
  object,
  optional,
  packedTable,
  shared,
  text,
} from '../packed/packed-table.ts'

/** One series of receipts. The number comes from this state at an exact revision: gapless by construction. */
export interface ReceiptBook {
  opened: { readonly series: ReceiptSeries; readonly deskId: CashDeskId; readonly to: number | undefined } | undefined
  next: number
  lastIssuedOn: BusinessDay | undefined
  readonly records: PackedRecords
}

export interface BookedReceipt {
  readonly receiptId: ReceiptId
  readonly clientId: ClientId
  readonly paymentId: PaymentId
  readonly issuedOn: BusinessDay
  readonly amount: Money
  readonly annulled: boolean
  readonly reprints: number
}

const KIND = { word: 0, receiptId: 1, receipt: 2 } as const

const currency = shared(KIND.word)

const money: Field<Money> = {
  write: (out, value, records) => {
    currency.write(out, value.currency, records)
    amount.write(out, minorOf(value), records)
  },
  read: (from, records) => {
    const code = currency.read(from, records)
    return moneyOf(amount.read(from, records), code)
  },
}

/** To keep one more fact of a receipt is to name it here and above, and to raise the version of the snapshot. */
const bookedReceipt = object<BookedReceipt>({
  receiptId: text,
  clientId: text,
  paymentId: text,
  issuedOn: day,
  amount: money,
  annulled: flag,
  reprints: count,
})

interface Keeper {
  readonly records: PackedRecords
}

export const receiptIds = {
  has: ({ records }: Keeper, receiptId: ReceiptId): boolean =>
    findRecord(records, KIND.receiptId, receiptId) !== undefined,
  add: ({ records }: Keeper, receiptId: ReceiptId): void => {
    intern(records, KIND.receiptId, receiptId)
  },
}

const keptReceipts = packedTable(KIND.receipt, bookedReceipt)

/** The receipts of a book, by number. What is got is a copy; only `evolve` sets it. */
export const receipts = {
  get: ({ records }: Keeper, number: number): BookedReceipt | undefined => keptReceipts.get(records, `${number}`),
  set: ({ records }: Keeper, number: number, receipt: BookedReceipt): void => {
    keptReceipts.set(records, `${number}`, receipt)
  },
}

const bookFacts = object<Omit<ReceiptBook, 'records'>>({
  opened: optional(object({ series: text, deskId: text, to: optional(count) })),
  next: count,
  lastIssuedOn: optional(day),
})

/** What the book itself takes. */
const BYTES_OF_A_BOOK = 1_000

export const receiptBookSnapshot: SnapshotFormat<ReceiptBook> = {
  version: 1,
  encode: (book) => {
    const out = createWriter()
    dumpRecords(out, book.records)
    bookFacts.write(out, book, book.records)
    return written(out)
  },
  decode: (bytes) => {
    const from = readerOf(bytes)
    const records = restoreRecords(from)
    return { ...bookFacts.read(from, records), records }
  },
  weigh: ({ records }) => BYTES_OF_A_BOOK + weighRecords(records),
}

import type { BusinessDay } from '../business-day.ts'
import type { SnapshotFormat } from '../decider.ts'
import type { CashDeskId, ClientId, PaymentId, ReceiptId } from '../ids.ts'
import { type Money, minorOf, moneyOf } from '../money.ts'
import { createWriter, readerOf, written } from '../packed/byte-cursor.ts'
import {
  amount,
  count,
  day,
  type Field,
  flag,
  object,
  optional,
  type PackedMap,
  type PackedSet,
  packedMap,
  packedSet,
  shared,
  text,
} from '../packed/packed-map.ts'
import { type PackedRecords, restorePackedRecords } from '../packed/packed-records.ts'

/** One series of receipts. The number comes from this state at an exact revision: gapless by construction. */
export interface ReceiptBook {
  opened: { readonly series: string; readonly deskId: CashDeskId; readonly to: number | undefined } | undefined
  next: number
  lastIssuedOn: BusinessDay | undefined
  readonly records: PackedRecords
  readonly receiptIds: PackedSet
  /** By number. What is got is a copy: only `evolve` sets it. */
  readonly receipts: PackedMap<BookedReceipt>
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

interface BookFacts extends Pick<ReceiptBook, 'next' | 'lastIssuedOn'> {
  readonly opened: ReceiptBook['opened']
}

/** The book whose receipts are kept in `records`. */
export const bookOver = (records: PackedRecords, facts: BookFacts): ReceiptBook => ({
  ...facts,
  records,
  receiptIds: packedSet(records, KIND.receiptId),
  receipts: packedMap(records, KIND.receipt, bookedReceipt),
})

const bookFacts = object<BookFacts>({
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
    book.records.dump(out)
    bookFacts.write(out, book, book.records)
    return written(out)
  },
  decode: (bytes) => {
    const from = readerOf(bytes)
    const records = restorePackedRecords(from)
    return bookOver(records, bookFacts.read(from, records))
  },
  weigh: ({ records }) => BYTES_OF_A_BOOK + records.byteLength(),
}

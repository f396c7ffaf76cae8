import type { Currency } from '../../money.ts'
import type { PackedRecords } from '../../packed/packed-records.ts'
import { amount, type FieldsOf, shared } from '../../packed/packed-table.ts'

// How an account's invoices, payments and allocations are kept. To keep one more fact is to name it twice, in the type and
// in the list of fields, and to raise the version of the account's snapshot.

export const KIND = {
  word: 0,
  invoice: 1,
  payment: 2,
  allocation: 3,
  creditNote: 4,
  refund: 5,
  cash: 6,
  digits: 7,
  discount: 8,
  writeOff: 9,
  cashPaid: 10,
  excessClaim: 11,
} as const

/** A text that comes again and again: a currency, a series, a desk, a rate. */
export const word = shared(KIND.word)

/** What a document in a foreign currency is worth in the functional one: at first, and what is left of that. */
export interface CarriedValue {
  readonly currency: Currency
  readonly total: bigint
  left: bigint
}

export const carriedValue: FieldsOf<CarriedValue> = { currency: word, total: amount, left: amount }

/** Base and VAT of one rate, in minor units. */
export interface VatAmounts {
  /** Percent as printed. */
  readonly rate: string
  readonly base: bigint
  readonly vat: bigint
}

export const vatAmounts: FieldsOf<VatAmounts> = { rate: word, base: amount, vat: amount }

export interface MinorIn {
  readonly currency: Currency
  readonly minor: bigint
}

export const minorInCurrency: FieldsOf<MinorIn> = { currency: word, minor: amount }

/** What holds an account's records. */
export interface Keeper {
  readonly records: PackedRecords
}

/** @throws Error when history names what it never introduced: the stream is not ours */
export const required = (ordinal: number | undefined): number => {
  if (ordinal === undefined) throw new Error('history names a payment or a document before introducing it')
  return ordinal
}

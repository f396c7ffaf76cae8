import type { BusinessDay } from '../business-day.ts'
import type { CarriedValue } from '../client-account/records/fields.ts'
import { PaymentMethod } from '../client-account/vocabulary.ts'
import type { SnapshotFormat } from '../decider.ts'
import type { ClientId, PaymentId } from '../ids.ts'
import type { Currency } from '../money.ts'
import { createWriter, readerOf, written } from '../packed/byte-cursor.ts'
import { dumpRecords, type PackedRecords, restoreRecords, weighRecords } from '../packed/packed-records.ts'
import {
  amount,
  day,
  type FieldsOf,
  flag,
  listOf,
  object,
  oneOf,
  optional,
  packedTable,
  shared,
  text,
} from '../packed/packed-table.ts'

/** The money of a company of which nobody knows yet whose it is, with what was found out since. */
export interface UnidentifiedPayments {
  readonly records: PackedRecords
}

/** A part of the money that was found to be somebody's, or may be: what he gave back is taken off. */
export interface Identification {
  readonly identificationId: PaymentId
  readonly clientId: ClientId
  readonly amount: bigint
  /** What of the payment's functional value goes along. */
  readonly value: bigint | undefined
  /** The client's account has not said yet that it has it. */
  readonly isReserved: boolean
}

export interface UnidentifiedPayment {
  readonly paymentId: PaymentId
  readonly currency: Currency
  readonly amount: bigint
  /** What is nobody's yet. */
  credit: bigint
  /** Value of that; `undefined` in the functional currency, and where no rate was given. */
  readonly value: CarriedValue | undefined
  readonly method: PaymentMethod
  readonly receivedOn: BusinessDay
  readonly bankReference: string | undefined
  readonly remittanceText: string | undefined
  /** What a bank in between kept of it. */
  readonly fee: bigint
  returned: bigint
  /** Nothing leaves before the last undo, so at every day what is nobody's is never below zero. */
  lastUndoOn: BusinessDay | undefined
  /** Oldest first. */
  identifications: readonly Identification[]
}

const KIND = { word: 0, payment: 1 } as const

const word = shared(KIND.word)

/** To keep one more fact is to name it here and above, and to raise the version of the snapshot. */
const fields: FieldsOf<Omit<UnidentifiedPayment, 'paymentId'>> = {
  currency: word,
  amount,
  credit: amount,
  value: optional(object<CarriedValue>({ currency: word, total: amount, left: amount })),
  method: oneOf(PaymentMethod.options),
  receivedOn: day,
  bankReference: optional(text),
  remittanceText: optional(text),
  fee: amount,
  returned: amount,
  lastUndoOn: optional(day),
  identifications: listOf(
    object<Identification>({
      identificationId: text,
      clientId: word,
      amount,
      value: optional(amount),
      isReserved: flag,
    }),
  ),
}

const kept = packedTable(KIND.payment, object(fields))

/** The payments of the stream. What is got is a copy; only `evolve` sets it. */
export const unidentifiedPayments = {
  get: ({ records }: UnidentifiedPayments, paymentId: PaymentId): UnidentifiedPayment | undefined => {
    const facts = kept.get(records, paymentId)
    return facts === undefined ? undefined : { paymentId, ...facts }
  },
  has: ({ records }: UnidentifiedPayments, paymentId: PaymentId): boolean => kept.has(records, paymentId),
  set: ({ records }: UnidentifiedPayments, payment: UnidentifiedPayment): void => {
    kept.set(records, payment.paymentId, payment)
  },
}

/** What the stream itself takes. */
const BYTES_OF_A_STREAM = 1_000

export const unidentifiedSnapshot: SnapshotFormat<UnidentifiedPayments> = {
  version: 2,
  encode: ({ records }) => {
    const out = createWriter()
    dumpRecords(out, records)
    return written(out)
  },
  decode: (bytes) => ({ records: restoreRecords(readerOf(bytes)) }),
  weigh: ({ records }) => BYTES_OF_A_STREAM + weighRecords(records),
}

import type { BusinessDay } from '../../business-day.ts'
import type { InvoiceId, PaymentId } from '../../ids.ts'
import type { Currency } from '../../money.ts'
import { keyAt, type PackedRecords } from '../../packed/packed-records.ts'
import { amount, count, day, type FieldsOf, listOf, object, optional, packedTable } from '../../packed/packed-table.ts'
import { KIND, required, word } from './fields.ts'
import { keptInvoices } from './invoices.ts'
import { keptPayments } from './payment-facts.ts'

/** What a part took besides its amount where a foreign currency is involved; an undo gives it back. */
export interface ForeignPart {
  /** Of the invoice, in its currency. */
  readonly amount: bigint
  /** Of the payment, in its currency. */
  readonly paid: bigint
  /** Between two currencies; of parts that became one, the newest one's. */
  readonly rate: string | undefined
  /** What went of the two functional values, where rates or the functional currency tell them. */
  readonly values:
    | {
        readonly currency: Currency
        readonly invoice: bigint | undefined
        readonly payment: bigint | undefined
      }
    | undefined
}

export interface LivingAllocation {
  /** In the invoice's currency. */
  readonly amount: bigint
  /** Oldest first; none where no foreign currency is involved. */
  readonly parts: readonly ForeignPart[]
  /** The latest effective day among the events that make up the amount. */
  readonly allocatedOn: BusinessDay
  /** What of the amount a cheque or promissory note has not brought yet; the same in the payment's currency. */
  readonly uncollected: bigint
  readonly uncollectedPaid: bigint
}

/**
 * Allocations of one payment are a chain from the newest back, and so are those on one invoice. A part that was undone whole
 * stays in both, with nothing.
 */
interface ChainedAllocation extends LivingAllocation {
  /** Ordinal + 1 of the payment's allocation before this one; 0: none. */
  readonly previous: number
  /** The same on the invoice. */
  readonly previousOnInvoice: number
}

const foreignPart: FieldsOf<ForeignPart> = {
  amount,
  paid: amount,
  rate: optional(word),
  values: optional(object({ currency: word, invoice: optional(amount), payment: optional(amount) })),
}

const allocationFields: FieldsOf<ChainedAllocation> = {
  amount,
  allocatedOn: day,
  parts: listOf(object(foreignPart)),
  uncollected: amount,
  uncollectedPaid: amount,
  previous: count,
  previousOnInvoice: count,
}

export const keptAllocations = packedTable(KIND.allocation, object(allocationFields))

const KEY_RADIX = 36
const KEY_SEPARATOR = ':'

/** A payment may settle an invoice and recover a write-off of it: each has a record of its own. */
const RECOVERY_MARK = 'r'

export const allocationKey = (
  records: PackedRecords,
  paymentId: PaymentId,
  invoiceId: InvoiceId,
  recovers: boolean,
): string => {
  const payment = required(keptPayments.ordinalOf(records, paymentId))
  const invoice = required(keptInvoices.ordinalOf(records, invoiceId))
  const pair = `${payment.toString(KEY_RADIX)}${KEY_SEPARATOR}${invoice.toString(KEY_RADIX)}`
  return recovers ? `${pair}${KEY_SEPARATOR}${RECOVERY_MARK}` : pair
}

/** Whose allocation a record is: payment and invoice, and whether it recovers a write-off. */
export const pairOf = (records: PackedRecords, ordinal: number): readonly [PaymentId, InvoiceId, boolean] => {
  const [payment = '', invoice = '', mark] = keyAt(records, ordinal).split(KEY_SEPARATOR)
  const idOf = (part: string): string => keyAt(records, Number.parseInt(part, KEY_RADIX))
  return [idOf(payment), idOf(invoice), mark === RECOVERY_MARK]
}

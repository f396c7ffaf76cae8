import type { BusinessDay } from '../business-day.ts'
import type { InvoiceId, PaymentId, ReceiptId, ReceiptSeries } from '../ids.ts'
import type { Currency } from '../money.ts'
import {
  amount,
  count,
  day,
  type FieldsOf,
  flag,
  listOf,
  object,
  oneOf,
  optional,
  packedMap,
  packedSet,
  shared,
  text,
} from '../packed/packed-map.ts'
import type { PackedRecords } from '../packed/packed-records.ts'
import type { Address, Payer } from '../party.ts'
import { InvoiceKind, PaymentMethod } from './vocabulary.ts'

// How an account's invoices, payments and allocations are kept. To keep one more fact is to name it twice here, and to
// raise the version of the account's snapshot.

const KIND = { word: 0, invoice: 1, payment: 2, allocation: 3, creditNote: 4, refund: 5, cash: 6 } as const

/** A text that comes again and again: a currency, a series, a desk, a rate. */
const word = shared(KIND.word)

export interface Invoice {
  readonly invoiceId: InvoiceId
  readonly series: string | undefined
  readonly number: string
  readonly kind: InvoiceKind
  readonly currency: Currency
  readonly issuedOn: BusinessDay
  readonly dueOn: BusinessDay
  readonly total: bigint
  readonly vatLines: readonly { readonly rate: string; readonly base: bigint; readonly vat: bigint }[]
  readonly cashAccounting: boolean
  readonly instalmentContract: boolean
  open: bigint
  /** Over all days and desks. */
  paidInCash: bigint
  /** Nothing new is effective before the last undo, so at every day what is open never falls below zero. */
  lastUndoOn: BusinessDay | undefined
}

const invoiceFields: FieldsOf<Omit<Invoice, 'invoiceId'>> = {
  series: optional(word),
  number: text,
  kind: oneOf(InvoiceKind.options),
  currency: word,
  issuedOn: day,
  dueOn: day,
  total: amount,
  open: amount,
  vatLines: listOf(object({ rate: word, base: amount, vat: amount })),
  cashAccounting: flag,
  instalmentContract: flag,
  paidInCash: amount,
  lastUndoOn: optional(day),
}

const address: FieldsOf<Address> = {
  street: optional(word),
  city: word,
  county: optional(word),
  postalCode: optional(word),
  countryCode: word,
}

const payer: FieldsOf<Payer> = { name: word, taxId: optional(word), address: optional(object(address)) }

export interface LivingAllocation {
  readonly amount: bigint
  /** The latest effective day among the events that make up the amount. */
  readonly allocatedOn: BusinessDay
}

export interface PaymentFacts {
  readonly paymentId: PaymentId
  readonly currency: Currency
  readonly amount: bigint
  /** A credit note without an invoice is credit as a payment's is, and no money. */
  readonly method: PaymentMethod | 'CREDIT_NOTE'
  readonly receivedOn: BusinessDay
  readonly deskId: string | undefined
  readonly payer: Payer | undefined
  /** Whom the ceilings of cash count the payment for; `undefined` when they do not count it. */
  readonly cashPayer: string | undefined
  /** Ordinal + 1 of the newest allocation's record; 0: none. */
  newestAllocation: number
  credit: bigint
  lastUndoOn: BusinessDay | undefined
  reversed: boolean
  /** When money on its way arrived. */
  clearedOn: BusinessDay | undefined
  refunded: bigint
  /** The living receipt; `undefined` when there is none or it was annulled. */
  receipt: { readonly receiptId: ReceiptId; readonly series: ReceiptSeries } | undefined
  /** The last receipt that was annulled: the next one names it. */
  annulledReceipt: { readonly series: ReceiptSeries; readonly number: number } | undefined
}

export interface Payment extends PaymentFacts {
  /** In the order in which the payment first settled the invoices. */
  readonly allocations: ReadonlyMap<InvoiceId, LivingAllocation>
}

const paymentFields: FieldsOf<Omit<PaymentFacts, 'paymentId'>> = {
  currency: word,
  amount,
  credit: amount,
  method: oneOf([...PaymentMethod.options, 'CREDIT_NOTE']),
  receivedOn: day,
  deskId: optional(word),
  payer: optional(object(payer)),
  cashPayer: optional(word),
  lastUndoOn: optional(day),
  reversed: flag,
  clearedOn: optional(day),
  refunded: amount,
  receipt: optional(object({ receiptId: text, series: word })),
  annulledReceipt: optional(object({ series: word, number: count })),
  newestAllocation: count,
}

/** Allocations of one payment are a chain from the newest back. A part that was undone whole stays in it, with nothing. */
interface ChainedAllocation extends LivingAllocation {
  /** Ordinal + 1 of the payment's allocation before this one; 0: none. */
  readonly previous: number
}

const allocationFields: FieldsOf<ChainedAllocation> = { amount, allocatedOn: day, previous: count }

export interface Invoices {
  readonly get: (invoiceId: InvoiceId) => Invoice | undefined
  readonly has: (invoiceId: InvoiceId) => boolean
  readonly set: (invoice: Invoice) => number
  readonly at: (ordinal: number) => Invoice
  readonly idAt: (ordinal: number) => InvoiceId
  readonly ordinalOf: (invoiceId: InvoiceId) => number | undefined
  /** Oldest first. Looks at everything that the account has. */
  readonly values: () => Iterable<Invoice>
}

export const invoicesOver = (records: PackedRecords): Invoices => {
  const map = packedMap(records, KIND.invoice, object(invoiceFields))
  const named = (invoiceId: InvoiceId, facts: Omit<Invoice, 'invoiceId'>): Invoice => ({ invoiceId, ...facts })
  return {
    get: (invoiceId) => {
      const facts = map.get(invoiceId)
      return facts === undefined ? undefined : named(invoiceId, facts)
    },
    has: map.has,
    set: (invoice) => map.set(invoice.invoiceId, invoice),
    at: (ordinal) => named(map.keyAt(ordinal), map.at(ordinal)),
    idAt: map.keyAt,
    ordinalOf: map.ordinalOf,
    *values() {
      for (const [invoiceId, facts] of map.entries()) yield named(invoiceId, facts)
    },
  }
}

export interface Payments {
  readonly get: (paymentId: PaymentId) => Payment | undefined
  /** Without its allocations, of which there may be a thousand. */
  readonly factsOf: (paymentId: PaymentId) => PaymentFacts | undefined
  readonly has: (paymentId: PaymentId) => boolean
  readonly set: (payment: PaymentFacts) => number
  /** What of the payment settles the invoice, undone parts left out; `undefined` when it never did. */
  readonly allocation: (paymentId: PaymentId, invoiceId: InvoiceId) => LivingAllocation | undefined
  /** Changes the payment, too; it is still to be set. */
  readonly setAllocation: (payment: PaymentFacts, invoiceId: InvoiceId, allocation: LivingAllocation) => void
  /** Oldest first. Looks at everything that the account has. */
  readonly values: () => Iterable<Payment>
}

const KEY_RADIX = 36
const KEY_SEPARATOR = ':'

/** @throws Error when history allocates what it never introduced: the stream is not ours */
const required = (ordinal: number | undefined): number => {
  if (ordinal === undefined) throw new Error('history allocates before introducing payment and invoice')
  return ordinal
}

export const paymentsOver = (records: PackedRecords, invoices: Invoices): Payments => {
  const map = packedMap(records, KIND.payment, object(paymentFields))
  const allocations = packedMap(records, KIND.allocation, object(allocationFields))

  const keyOf = (paymentId: PaymentId, invoiceId: InvoiceId): string => {
    const ordinals = [required(map.ordinalOf(paymentId)), required(invoices.ordinalOf(invoiceId))]
    return ordinals.map((ordinal) => ordinal.toString(KEY_RADIX)).join(KEY_SEPARATOR)
  }

  const invoiceIdOf = (key: string): InvoiceId => {
    const [, invoice = ''] = key.split(KEY_SEPARATOR)
    return invoices.idAt(Number.parseInt(invoice, KEY_RADIX))
  }

  const living = (newest: number): ReadonlyMap<InvoiceId, LivingAllocation> => {
    const chain: [InvoiceId, LivingAllocation][] = []
    for (let place = newest; place > 0; ) {
      const { previous, ...allocation } = allocations.at(place - 1)
      if (allocation.amount !== 0n) chain.push([invoiceIdOf(allocations.keyAt(place - 1)), allocation])
      place = previous
    }
    return new Map(chain.reverse())
  }

  const factsOf = (paymentId: PaymentId): PaymentFacts | undefined => {
    const facts = map.get(paymentId)
    return facts === undefined ? undefined : { paymentId, ...facts }
  }

  const whole = (facts: PaymentFacts): Payment => ({ ...facts, allocations: living(facts.newestAllocation) })

  return {
    get: (paymentId) => {
      const facts = factsOf(paymentId)
      return facts === undefined ? undefined : whole(facts)
    },
    factsOf,
    has: map.has,
    set: (payment) => map.set(payment.paymentId, payment),
    allocation: (paymentId, invoiceId) => allocations.get(keyOf(paymentId, invoiceId)),
    setAllocation: (payment, invoiceId, allocation) => {
      const key = keyOf(payment.paymentId, invoiceId)
      const known = allocations.get(key)
      const ordinal = allocations.set(key, { ...allocation, previous: known?.previous ?? payment.newestAllocation })
      if (known === undefined) payment.newestAllocation = ordinal + 1
    },
    *values() {
      for (const [paymentId, facts] of map.entries()) yield whole({ paymentId, ...facts })
    },
  }
}

/** Everything that an account keeps by the thousand. */
export const accountRecords = (records: PackedRecords) => {
  const invoices = invoicesOver(records)
  return {
    invoices,
    payments: paymentsOver(records, invoices),
    creditNotes: packedSet(records, KIND.creditNote),
    refunds: packedSet(records, KIND.refund),
    cash: packedMap(records, KIND.cash, amount),
  }
}

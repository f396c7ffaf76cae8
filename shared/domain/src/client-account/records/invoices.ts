import type { BusinessDay } from '../../business-day.ts'
import type { ClientId, InvoiceId } from '../../ids.ts'
import type { Currency } from '../../money.ts'
import { keyAt, ordinalsOf } from '../../packed/packed-records.ts'
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
  packedTable,
  text,
} from '../../packed/packed-table.ts'
import type { DuePart } from '../due-parts.ts'
import { digitsOf } from '../remittance-text.ts'
import { ClaimKind, InvoiceKind, type OwedKind } from '../vocabulary.ts'
import { type CarriedValue, carriedValue, type Keeper, KIND, type VatAmounts, vatAmounts, word } from './fields.ts'

/** Base and VAT of an advance invoice that a final one takes off; positive. */
export interface AdvanceTakenOff extends VatAmounts {
  readonly advanceInvoiceId: InvoiceId
}

/** Of what was another account's. */
export interface MovedFrom {
  readonly from: ClientId
  /** Where its paper was registered. */
  readonly paperOf: ClientId
  readonly on: BusinessDay
}

/** An invoice, or a claim without one. */
export interface Invoice {
  readonly invoiceId: InvoiceId
  readonly series: string | undefined
  readonly number: string
  readonly kind: OwedKind
  readonly currency: Currency
  readonly issuedOn: BusinessDay
  /** Of instalments, the last one's. */
  dueOn: BusinessDay
  /** In the order in which what is settled falls on them, all of them together the total; none: the whole on `dueOn`. */
  dueParts: readonly DuePart[]
  readonly total: bigint
  /** When the due days that hold now were agreed; `undefined`: they are the invoice's own. */
  rescheduledOn: BusinessDay | undefined
  /** What it is for; what it takes off is apart. */
  readonly vatLines: readonly VatAmounts[]
  readonly advances: readonly AdvanceTakenOff[]
  /** What credit notes and discounts have taken back of the lines, by rate. */
  vatTaken: readonly VatAmounts[]
  /** How many papers that do not lower it stand on its VAT: credit notes on account that correct it, invoices that take it off as an advance. */
  corrections: number
  readonly cashAccounting: boolean
  readonly instalmentContract: boolean
  open: bigint
  /** What write-offs of bad debts that stand have taken off it, and what of that money has brought after all. */
  writtenOff: bigint
  recovered: bigint
  /** Nothing is recovered before the last write-off, so at every day no more is than was written off. */
  writtenOffOn: BusinessDay | undefined
  /** Value of what is open; `undefined` in the functional currency, and where no rate was given. */
  readonly value: CarriedValue | undefined
  /** In bani, over all days and desks. */
  paidInCash: bigint
  /** Nothing new is effective before the last undo, so at every day what is open never falls below zero. */
  lastUndoOn: BusinessDay | undefined
  /** Of one that was another account's: whose, and since when this one has it, or something more of it. */
  readonly moved: MovedFrom | undefined
  /** What was here went on to another account: what an undo changes of it since is all that is here. */
  readonly hasMoved: boolean
  /** Ordinal + 1 of the record of the invoice before it whose number has the same digits; 0: none. */
  readonly alikeBefore: number
  /** Ordinal + 1 of the newest allocation's record; 0: none. */
  newestAllocation: number
}

const invoiceFields: FieldsOf<Omit<Invoice, 'invoiceId'>> = {
  series: optional(word),
  number: text,
  kind: oneOf([...InvoiceKind.options, ...ClaimKind.options]),
  currency: word,
  issuedOn: day,
  dueOn: day,
  dueParts: listOf(object({ dueOn: day, amount })),
  rescheduledOn: optional(day),
  total: amount,
  open: amount,
  writtenOff: amount,
  recovered: amount,
  writtenOffOn: optional(day),
  vatLines: listOf(object(vatAmounts)),
  advances: listOf(object<AdvanceTakenOff>({ ...vatAmounts, advanceInvoiceId: text })),
  vatTaken: listOf(object(vatAmounts)),
  corrections: count,
  cashAccounting: flag,
  instalmentContract: flag,
  paidInCash: amount,
  value: optional(object(carriedValue)),
  lastUndoOn: optional(day),
  moved: optional(object<MovedFrom>({ from: word, paperOf: word, on: day })),
  hasMoved: flag,
  alikeBefore: count,
  newestAllocation: count,
}

export const keptInvoices = packedTable(KIND.invoice, object(invoiceFields))

/** By the digits of their numbers, ordinal + 1 of the newest invoice: payers name few invoices among very many. */
const newestOfDigits = packedTable(KIND.digits, count)

const invoiceAt = ({ records }: Keeper, ordinal: number): Invoice => ({
  invoiceId: keyAt(records, ordinal),
  ...keptInvoices.at(records, ordinal),
})

/** The invoices of an account. What is got is a copy; only `evolve` sets it. */
export const accountInvoices = {
  get: ({ records }: Keeper, invoiceId: InvoiceId): Invoice | undefined => {
    const facts = keptInvoices.get(records, invoiceId)
    return facts === undefined ? undefined : { invoiceId, ...facts }
  },
  has: ({ records }: Keeper, invoiceId: InvoiceId): boolean => keptInvoices.has(records, invoiceId),
  /** @returns the ordinal by which lists name it */
  set: ({ records }: Keeper, invoice: Invoice): number => keptInvoices.set(records, invoice.invoiceId, invoice),
  /**
   * Sets an invoice for the first time, so that its number finds it.
   * @returns the ordinal by which lists name it
   */
  add: ({ records }: Keeper, facts: Omit<Invoice, 'alikeBefore'>): number => {
    const digits = digitsOf(facts.number)
    const alikeBefore = digits === undefined ? 0 : (newestOfDigits.get(records, digits) ?? 0)
    const ordinal = keptInvoices.set(records, facts.invoiceId, { ...facts, alikeBefore })
    if (digits !== undefined) newestOfDigits.set(records, digits, ordinal + 1)
    return ordinal
  },
  /** Whose number has these digits, leading zeros apart; newest first. */
  *withDigits(account: Keeper, digits: string): Iterable<Invoice> {
    for (let place = newestOfDigits.get(account.records, digits) ?? 0; place > 0; ) {
      const invoice = invoiceAt(account, place - 1)
      yield invoice
      place = invoice.alikeBefore
    }
  },
  at: invoiceAt,
  /** Oldest first. Looks at everything that the account has. */
  *all(account: Keeper): Iterable<Invoice> {
    for (const ordinal of ordinalsOf(account.records, KIND.invoice)) yield invoiceAt(account, ordinal)
  },
}

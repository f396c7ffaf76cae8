import type { BusinessDay } from '../../business-day.ts'
import type { CashDeskId, CreditNoteId, DiscountId, InvoiceId, PaymentId, RefundId, WriteOffId } from '../../ids.ts'
import { keyAt, ordinalsOf } from '../../packed/packed-records.ts'
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
  text,
} from '../../packed/packed-table.ts'
import type { DocumentName } from '../document-number.ts'
import { DiscountKind, RefundMethod, WriteOffKind } from '../vocabulary.ts'
import { type Keeper, KIND, type MinorIn, minorInCurrency, type VatAmounts, vatAmounts, word } from './fields.ts'

/** What a paper took, kept so that its reversal gives exactly that back. */
export interface Paper {
  readonly amount: bigint
  /** Of the functional value, where the document carries one. */
  readonly functional: MinorIn | undefined
  readonly on: BusinessDay
  readonly reversed: boolean
}

export interface CreditNote extends Paper, DocumentName {
  readonly issuedOn: BusinessDay
  /** `undefined`: it is credit, among the payments. */
  readonly invoiceId: InvoiceId | undefined
  /** Of one that is credit: the invoice whose VAT it takes back. */
  readonly corrects: InvoiceId | undefined
  readonly vatLines: readonly VatAmounts[]
  readonly cashAccounting: boolean
}

export interface Discount extends Paper {
  readonly invoiceId: InvoiceId
  readonly kind: DiscountKind
  readonly vatLines: readonly VatAmounts[]
}

export interface WriteOff extends Paper {
  readonly invoiceId: InvoiceId
  /** `undefined`: a bad debt. */
  readonly kind: WriteOffKind | undefined
}

export interface Refund extends Paper {
  readonly paymentId: PaymentId
  readonly method: RefundMethod
  readonly deskId: CashDeskId | undefined
  /** What left, where it was in another currency than the credit. */
  readonly paid: MinorIn | undefined
  /** What that was worth in the functional currency, at the refund's own rate. */
  readonly worth: MinorIn | undefined
  /** By card: what of it was kept from a payout that was still to come. */
  readonly inTransit: bigint
  /** The claim for what it left beyond the credit. */
  readonly claimId: InvoiceId | undefined
}

const paper: FieldsOf<Paper> = {
  amount,
  functional: optional(object(minorInCurrency)),
  on: day,
  reversed: flag,
}

const papers = <Id extends string, Kept extends Paper>(kind: number, fields: FieldsOf<Kept>) => {
  const kept = packedTable<Kept>(kind, object(fields))
  return {
    get: ({ records }: Keeper, id: Id): Kept | undefined => kept.get(records, id),
    at: ({ records }: Keeper, ordinal: number): Kept => kept.at(records, ordinal),
    has: ({ records }: Keeper, id: Id): boolean => kept.has(records, id),
    set: ({ records }: Keeper, id: Id, of: Kept): void => {
      kept.set(records, id, of)
    },
    /** @throws Error when history reverses what it never introduced: the stream is not ours */
    reverse: ({ records }: Keeper, id: Id): Kept => {
      const known = kept.get(records, id)
      if (known === undefined) throw new Error(`history reverses ${id} before introducing it`)
      kept.set(records, id, { ...known, reversed: true })
      return known
    },
    /** Oldest first. Looks at everything of its kind that the account has. */
    *all({ records }: Keeper): Iterable<readonly [id: string, paper: Kept]> {
      for (const ordinal of ordinalsOf(records, kind)) yield [keyAt(records, ordinal), kept.at(records, ordinal)]
    },
  }
}

export const creditNotes = papers<CreditNoteId, CreditNote>(KIND.creditNote, {
  ...paper,
  series: optional(word),
  number: text,
  issuedOn: day,
  invoiceId: optional(text),
  corrects: optional(text),
  vatLines: listOf(object(vatAmounts)),
  cashAccounting: flag,
})

export const discounts = papers<DiscountId, Discount>(KIND.discount, {
  ...paper,
  invoiceId: text,
  kind: oneOf(DiscountKind.options),
  vatLines: listOf(object(vatAmounts)),
})

export const writeOffs = papers<WriteOffId, WriteOff>(KIND.writeOff, {
  ...paper,
  invoiceId: text,
  kind: optional(oneOf(WriteOffKind.options)),
})

export const refunds = papers<RefundId, Refund>(KIND.refund, {
  ...paper,
  paymentId: text,
  method: oneOf(RefundMethod.options),
  deskId: optional(word),
  paid: optional(object(minorInCurrency)),
  worth: optional(object(minorInCurrency)),
  inTransit: amount,
  claimId: optional(text),
})

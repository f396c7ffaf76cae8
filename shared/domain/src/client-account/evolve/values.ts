import type { BusinessDay } from '../../business-day.ts'
import { type Currency, type Money, type MoneyOrZero, minorIn, minorOf } from '../../money.ts'
import type { FunctionalParts, VatLine } from '../events/parts.ts'
import type { ForeignPart } from '../records/allocations.ts'
import type { CarriedValue, VatAmounts } from '../records/fields.ts'
import type { Paper } from '../records/papers.ts'

// What an event says in decimal strings, as the account keeps it.

export const vatAmountsOf = (lines: readonly VatLine[], currency: Currency): readonly VatAmounts[] =>
  lines.map(({ rate, base, vat }) => ({ rate, base: minorIn(base, currency), vat: minorIn(vat, currency) }))

export const minorInCurrency = (money: MoneyOrZero | undefined) =>
  money && { currency: money.currency, minor: minorOf(money) }

export const carried = (functional: MoneyOrZero | undefined): CarriedValue | undefined => {
  if (functional === undefined) return undefined
  const total = minorOf(functional)
  return { currency: functional.currency, total, left: total }
}

/** Moves what is left of a document's value, if it has one; what comes back is negative. */
export const takeValue = (value: CarriedValue | undefined, part: string | undefined, sign: 1n | -1n = 1n): void => {
  if (value !== undefined && part !== undefined) value.left -= sign * minorIn(part, value.currency)
}

interface Settling {
  readonly amount: Money
  readonly conversion?: { readonly paid: MoneyOrZero; readonly rate?: string } | undefined
  readonly functional?: FunctionalParts | undefined
}

/** What an event takes of an invoice, of a payment and of the two functional values. */
export const foreignPartOf = ({ amount, conversion, functional }: Settling): ForeignPart | undefined => {
  if (conversion === undefined && functional === undefined) return undefined
  const minor = (part: string | undefined, currency: Currency): bigint | undefined =>
    part === undefined ? undefined : minorIn(part, currency)
  return {
    amount: minorOf(amount),
    paid: minorOf(conversion?.paid ?? amount),
    rate: conversion?.rate,
    values: functional && {
      currency: functional.currency,
      invoice: minor(functional.invoice, functional.currency),
      payment: minor(functional.payment, functional.currency),
    },
  }
}

export const paperOf = (
  amount: Money,
  { functional }: { readonly functional?: MoneyOrZero | undefined },
  on: BusinessDay,
): Paper => ({
  amount: minorOf(amount),
  functional: minorInCurrency(functional),
  on,
  reversed: false,
})

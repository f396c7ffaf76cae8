import { type AccountEvent, decimalOf, type Money, minorIn, minorOf, type PaymentId } from '@registru/domain'
import type { Handled } from '../ledger/command-context.ts'
import { eventsOf } from './on-account.ts'

/** What new credit settles at once, what is left of it, and what credit notes settle along with it. */
export const spreadResult = (
  handled: Handled<AccountEvent>,
  paymentId: PaymentId,
  amount: Money,
  /** What of it went to other accounts at once. */
  forOthers: readonly { readonly amount: string }[] = [],
) => {
  const all = eventsOf(handled, 'PaymentAllocated').map((event) => event.data)
  const own = all.filter((allocated) => allocated.paymentId === paymentId)
  const ofNotes = all.filter((allocated) => allocated.paymentId !== paymentId)
  const credit = own.reduce(
    (left, { amount: settled, conversion }) => left - minorOf(conversion?.paid ?? settled),
    forOthers.reduce((left, part) => left - minorIn(part.amount, amount.currency), minorOf(amount)),
  )
  return {
    allocated: own.map(({ invoiceId, amount: settled, conversion }) => ({
      invoiceId,
      amount: settled.amount,
      paid: conversion?.paid,
    })),
    credit: decimalOf(credit, amount.currency),
    ...(ofNotes.length === 0
      ? {}
      : {
          creditNotes: ofNotes.map(({ paymentId: creditNoteId, invoiceId, amount: settled }) => ({
            creditNoteId,
            invoiceId,
            amount: settled.amount,
          })),
        }),
  }
}

/** Names in the payer's text that no open invoice has. */
export const unmetWarnings = ({ unmetNames = [] }: { readonly unmetNames?: readonly object[] | undefined }) =>
  unmetNames.map((name) => ({ code: 'NAMED_INVOICE_NOT_OPEN', ...name }))

/** Money that was known by then and looks the same. */
export const repeatedWarnings = ({ looksLike = [] }: { readonly looksLike?: readonly object[] | undefined }) =>
  looksLike.map((other) => ({ code: 'PAYMENT_LOOKS_REPEATED', ...other }))

import { type Money, minorIn } from '@registru/domain'

/** What an event moves of the money, where it names it in another currency than its amount. */
export const paidOf = ({
  amount,
  conversion,
}: {
  readonly amount: Money
  readonly conversion?: { readonly paid: Money } | undefined
}): Money => conversion?.paid ?? amount

/** What the books gain or, below zero, lose. */
export const signedMinor = (amount: string, currency: string): bigint =>
  amount.startsWith('-') ? -minorIn(amount.slice(1), currency) : minorIn(amount, currency)

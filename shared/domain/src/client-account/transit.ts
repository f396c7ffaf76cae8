import type { InvoiceId } from '../ids.ts'
import { type Money, minorIn, minorOf } from '../money.ts'
import { roundedRatio } from '../rounding.ts'
import { paidBy } from './allocation-parts.ts'
import type { LivingAllocation } from './records/allocations.ts'
import type { PaymentFacts } from './records/payment-facts.ts'
import type { Payment } from './records/payments.ts'
import { CARD_METHODS, INSTRUMENTS, type PaymentMethod } from './vocabulary.ts'

// Money on its way arrives, bounces or is kept back in parts. Of a cheque or promissory note it matters which part: what it
// settles counts as collected only when the paper brought it (Legea 227/2015 art. 282 (8)). What arrives falls on what was
// settled first and on the credit last; what bounces is taken the other way round.

export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
export const atLeastNothing = (minor: bigint): bigint => (minor > 0n ? minor : 0n)

/** What was refunded before parts were told left the way as well, and then cleared in full: there is never less than nothing. */
export const leaveTransit = (payment: PaymentFacts, minor: bigint): void => {
  payment.inTransit = atLeastNothing(payment.inTransit - minor)
  if (payment.inTransit === 0n) payment.creditUncollected = 0n
}

interface Leaving {
  readonly amount: Money
  readonly takenInTransit?: string | undefined
}

const told = ({ amount, takenInTransit }: Leaving): bigint | undefined =>
  takenInTransit === undefined ? undefined : minorIn(takenInTransit, amount.currency)

/** What of a refund is kept from a payout that is still to come. */
export const refundedInTransit = (refund: Leaving & { readonly method: PaymentMethod }): bigint =>
  told(refund) ?? (CARD_METHODS.has(refund.method) ? minorOf(refund.amount) : 0n)

/** What of a reversal never arrived. */
export const reversedInTransit = (reversal: Leaving & { readonly cleared: boolean }): bigint =>
  told(reversal) ?? (reversal.cleared ? 0n : minorOf(reversal.amount))

/** What of the credit is not collected yet: whatever else leaves the credit, leaves it of the money that came. */
export const uncollectedCredit = ({
  credit,
  creditUncollected,
}: Pick<PaymentFacts, 'credit' | 'creditUncollected'>): bigint => least(credit, creditUncollected)

/** What of the money that an allocation takes is not collected yet. */
export const uncollectedOf = (payment: Pick<PaymentFacts, 'credit' | 'creditUncollected'>, paid: bigint): bigint => {
  const uncollected = uncollectedCredit(payment)
  return atLeastNothing(paid - (payment.credit - uncollected))
}

/** Whether a cheque or promissory note has still to bring money: it may bounce. */
export const isUncollected = ({ method, inTransit }: Pick<PaymentFacts, 'method' | 'inTransit'>): boolean =>
  INSTRUMENTS.has(method) && inTransit > 0n

/** What of a new allocation is of money that a paper has brought already, in the invoice's currency. */
export const collectedByAllocation = (payment: PaymentFacts, amount: bigint, paid: bigint): bigint => {
  if (!isUncollected(payment)) return 0n
  const uncollected = uncollectedOf(payment, paid)
  return amount - roundedRatio(amount * uncollected, paid)
}

/** The same of what an undo gives back: first what was not collected. */
export const collectedByUndo = (
  payment: Pick<PaymentFacts, 'method' | 'inTransit'>,
  { uncollected }: LivingAllocation,
  amount: bigint,
): bigint => (isUncollected(payment) ? amount - least(uncollected, amount) : 0n)

export interface CollectedPart {
  readonly invoiceId: InvoiceId
  /** In the invoice's currency. */
  readonly amount: bigint
  /** In the payment's. */
  readonly paid: bigint
}

/** What the arrival of a part of a paper's money makes collected of its allocations; the rest falls on the credit. */
export const collectionOf = (
  { allocations }: Pick<Payment, 'allocations'>,
  minor: bigint,
): { readonly parts: readonly CollectedPart[]; readonly left: bigint } => {
  const parts: CollectedPart[] = []
  let left = minor
  for (const [invoiceId, { uncollected, uncollectedPaid }] of allocations) {
    const paid = least(left, uncollectedPaid)
    const amount = paid === uncollectedPaid ? uncollected : roundedRatio(uncollected * paid, uncollectedPaid)
    left -= paid
    if (amount > 0n || paid > 0n) parts.push({ invoiceId, amount, paid })
  }
  return { parts, left }
}

/** Where money of a payment went, and stays. */
export interface Settlement {
  readonly invoiceId: InvoiceId
  readonly allocation: LivingAllocation
  /** What was written off, rather than what is open. */
  readonly recovers: boolean
}

/** Oldest first; what it recovered last. */
export const settlementsBy = ({
  allocations,
  recoveries,
}: Pick<Payment, 'allocations' | 'recoveries'>): readonly Settlement[] => [
  ...[...allocations].map(([invoiceId, allocation]) => ({ invoiceId, allocation, recovers: false })),
  ...[...recoveries].map(([invoiceId, allocation]) => ({ invoiceId, allocation, recovers: true })),
]

/** What a reversal takes of each settlement, in the payment's currency. */
export interface TakenBack {
  readonly ofSettlements: readonly (Settlement & { readonly paid: bigint })[]
  /** What neither the credit nor an allocation covers. */
  readonly uncovered: bigint
}

/**
 * Where a reversal takes its money: what is on its way of what is not collected, the rest of what is; of each first the
 * credit, then what was settled last.
 */
export const takenBack = (payment: Payment, minor: bigint): TakenBack => {
  const settlements = settlementsBy(payment)
  const newestFirst = settlements.toReversed()
  const of = new Map<Settlement, bigint>()
  const take = (whole: bigint, ofCredit: bigint, ofAllocation: (allocation: LivingAllocation) => bigint): bigint => {
    let left = whole - least(whole, ofCredit)
    for (const settlement of newestFirst) {
      const taken = least(left, ofAllocation(settlement.allocation))
      left -= taken
      if (taken > 0n) of.set(settlement, (of.get(settlement) ?? 0n) + taken)
    }
    return left
  }
  const uncollected = uncollectedCredit(payment)
  const onItsWay = least(payment.inTransit, minor)
  const beyond = take(onItsWay, uncollected, ({ uncollectedPaid }) => uncollectedPaid)
  const uncovered = take(
    minor - onItsWay + beyond,
    payment.credit - uncollected,
    (allocation) => paidBy(allocation) - allocation.uncollectedPaid,
  )
  const ofSettlements = settlements.flatMap((settlement) => {
    const paid = of.get(settlement)
    return paid === undefined ? [] : [{ ...settlement, paid }]
  })
  return { ofSettlements, uncovered }
}

import { type BusinessDay, latest } from '../../business-day.ts'
import type { ClientId, CreditNoteId, InvoiceId } from '../../ids.ts'
import { decimalOf, moneyOf } from '../../money.ts'
import { paidBy, undoNewest } from '../allocation-parts.ts'
import type { AccountEvent } from '../events/account-events.ts'
import { PaymentDeallocated } from '../events/allocations.ts'
import { PaymentReversed } from '../events/payments.ts'
import type { LivingAllocation } from '../records/allocations.ts'
import type { Invoice } from '../records/invoices.ts'
import type { PaymentFacts } from '../records/payment-facts.ts'
import type { Payment } from '../records/payments.ts'
import type { ClientAccount } from '../state.ts'
import { atLeastNothing, collectedByUndo, settlementsBy, takenBack } from '../transit.ts'
import { type DeallocationReason, METHODS_IN_TRANSIT, type PaymentMethod, type ReversalReason } from '../vocabulary.ts'
import { claimOfExcess, withExcess } from './excess.ts'
import { givenBack, valueGone } from './foreign-parts.ts'
import { noteOf, paperOf } from './origins.ts'
import { invoiceOf, isUncleared } from './requirements.ts'

export const deallocate = ({
  clientId,
  payment,
  invoice,
  allocation,
  amount,
  deallocatedOn,
  reason,
  recovers = false,
  creditNoteId,
  note,
}: {
  readonly clientId: ClientId
  readonly payment: Pick<PaymentFacts, 'paymentId' | 'currency' | 'method' | 'paidWhenCleared' | 'inTransit' | 'origin'>
  readonly invoice: Pick<Invoice, 'invoiceId' | 'currency' | 'moved'>
  readonly allocation: LivingAllocation
  readonly amount: bigint
  readonly deallocatedOn: BusinessDay
  readonly reason: DeallocationReason
  readonly recovers?: boolean
  readonly creditNoteId?: CreditNoteId | undefined
  readonly note?: string | undefined
}) => {
  const collected = collectedByUndo(payment, allocation, amount)
  return PaymentDeallocated.of({
    clientId,
    paymentId: payment.paymentId,
    invoiceId: invoice.invoiceId,
    amount: moneyOf(amount, invoice.currency),
    deallocatedOn,
    reason,
    ...(recovers ? { recovers } : {}),
    ...(creditNoteId === undefined ? {} : { creditNoteId }),
    ...givenBack(payment, invoice, allocation, amount),
    ...(isUncleared(payment) && collected < amount ? { uncleared: true } : {}),
    ...(collected > 0n ? { collected: decimalOf(collected, invoice.currency) } : {}),
    ...paperOf(invoice),
    ...noteOf(payment),
    note,
  })
}

/** The last day on which anything about the payment is effective: before its reversal, or its credit would be negative in between. */
export const lastEffectOn = (payment: Payment): BusinessDay => {
  const days = settlementsBy(payment).map(({ allocation }) => allocation.allocatedOn)
  return latest(payment.receivedOn, payment.lastUndoOn, payment.clearedOn, ...days)
}

/** What a reversal may take: what settles invoices and what settles nothing yet. */
export const reversibleOf = (payment: Pick<Payment, 'credit' | 'allocations' | 'recoveries'>): bigint =>
  settlementsBy(payment).reduce((sum, { allocation }) => sum + paidBy(allocation), payment.credit)

/** Reopens everything that the credit settles. */
export const freed = (
  account: ClientAccount,
  payment: Payment,
  { clientId, on }: { readonly clientId: ClientId; readonly on: BusinessDay },
): readonly AccountEvent[] =>
  settlementsBy(payment).map(({ invoiceId, allocation, recovers }) =>
    deallocate({
      clientId,
      payment,
      invoice: invoiceOf(account, invoiceId),
      allocation,
      amount: allocation.amount,
      deallocatedOn: on,
      reason: 'PAYMENT_REVERSED',
      recovers,
    }),
  )

/**
 * Frees so much of the payment: its credit first, then what was settled last.
 * @returns what reopens, and what goes of the payment's value with it
 */
export const freedPart = (
  account: ClientAccount,
  payment: Payment,
  minor: bigint,
  { clientId, on: deallocatedOn }: { readonly clientId: ClientId; readonly on: BusinessDay },
) => {
  const { currency } = payment
  /** Gone beyond what is there. */
  const excess = atLeastNothing(minor - reversibleOf(payment))
  const undone = takenBack(payment, minor).ofSettlements.map(({ invoiceId, allocation, recovers, paid }) => {
    const invoice = invoiceOf(account, invoiceId)
    // Between two currencies no part of an allocation gives back exactly so much: all of it is undone, the rest is credit.
    return { invoice, allocation, recovers, amount: invoice.currency === currency ? paid : allocation.amount }
  })
  const givenBackBy = undone.map(({ invoice, allocation, amount }) => {
    const { back } = undoNewest(allocation.parts, amount)
    return { paid: invoice.currency === currency ? amount : (back?.paid ?? 0n), value: back?.values?.payment }
  })
  return {
    events: undone.map((part) => deallocate({ clientId, payment, ...part, deallocatedOn, reason: 'PAYMENT_REVERSED' })),
    value: valueGone(withExcess(payment, excess), givenBackBy, minor),
    excess,
  }
}

/**
 * What was kept of money that never came was not kept either: it goes back with the last of what was recorded. What really
 * came and left again had its cost.
 */
const feeBack = ({ amount, reversed, fee }: PaymentFacts, reason: ReversalReason, minor: bigint): bigint =>
  reason === 'MISTAKE' && reversed + minor === amount ? fee : 0n

/** @param taken what the bank says that it took, be it more than there is; absent: what there is */
export const reverse = (
  account: ClientAccount,
  payment: Payment,
  method: PaymentMethod,
  reversal: {
    readonly clientId: ClientId
    readonly reason: ReversalReason
    readonly reversedOn: BusinessDay
    readonly note?: string | undefined
  },
  taken?: {
    readonly minor: bigint
    /** Of what is owed for all beyond what there is. */
    readonly claimId: InvoiceId
  },
): readonly AccountEvent[] => {
  const { clientId, reason, reversedOn, note } = reversal
  const { paymentId, deskId, currency, inTransit } = payment
  const minor = taken?.minor ?? reversibleOf(payment)
  const freedBy = freedPart(account, payment, minor, { clientId, on: reversedOn })
  const onItsWay = inTransit < minor ? inTransit : minor
  const arrived = minor - onItsWay
  const still = inTransit - onItsWay
  const fee = feeBack(payment, reason, minor)
  return [
    ...freedBy.events,
    ...(taken === undefined || freedBy.excess === 0n
      ? []
      : [claimOfExcess(account, payment, freedBy.excess, { clientId, claimId: taken.claimId, on: reversedOn })]),
    PaymentReversed.of({
      clientId,
      paymentId,
      amount: moneyOf(minor, currency),
      ...freedBy.value,
      method,
      cleared: METHODS_IN_TRANSIT.has(method) && arrived > 0n,
      ...(onItsWay > 0n && arrived > 0n ? { takenInTransit: decimalOf(onItsWay, currency) } : {}),
      ...(still > 0n ? { stillInTransit: decimalOf(still, currency) } : {}),
      ...(fee > 0n ? { fee: decimalOf(fee, currency) } : {}),
      deskId,
      reason,
      reversedOn,
      note,
    }),
  ]
}

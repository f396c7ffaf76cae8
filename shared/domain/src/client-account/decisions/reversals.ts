import { type BusinessDay, latest } from '../../business-day.ts'
import type { ClientId, CreditNoteId } from '../../ids.ts'
import { moneyOf } from '../../money.ts'
import type { CarriedValue, Invoice, LivingAllocation, Payment } from '../account-records.ts'
import { type AccountEvent, PaymentDeallocated, PaymentReversed } from '../events.ts'
import type { ClientAccount } from '../state.ts'
import type { DeallocationReason, PaymentMethod, ReversalReason } from '../vocabulary.ts'
import { givenBack } from './foreign-parts.ts'
import { invoiceOf, isUncleared } from './requirements.ts'

export const deallocate = ({
  clientId,
  payment,
  invoice,
  allocation,
  amount,
  deallocatedOn,
  reason,
  creditNoteId,
  note,
}: {
  readonly clientId: ClientId
  readonly payment: Pick<Payment, 'paymentId' | 'currency' | 'paidWhenCleared' | 'clearedOn'>
  readonly invoice: Pick<Invoice, 'invoiceId' | 'currency'>
  readonly allocation: LivingAllocation
  readonly amount: bigint
  readonly deallocatedOn: BusinessDay
  readonly reason: DeallocationReason
  readonly creditNoteId?: CreditNoteId | undefined
  readonly note?: string | undefined
}) =>
  PaymentDeallocated.of({
    clientId,
    paymentId: payment.paymentId,
    invoiceId: invoice.invoiceId,
    amount: moneyOf(amount, invoice.currency),
    deallocatedOn,
    reason,
    ...(creditNoteId === undefined ? {} : { creditNoteId }),
    ...givenBack(payment, invoice, allocation, amount),
    ...(isUncleared(payment) ? { uncleared: true } : {}),
    note,
  })

/** The last day on which anything about the payment is effective: before its reversal, or its credit would be negative in between. */
export const lastEffectOn = (payment: Payment): BusinessDay => {
  const days = [...payment.allocations.values()].map((allocation) => allocation.allocatedOn)
  return latest(payment.receivedOn, payment.lastUndoOn, payment.clearedOn, ...days)
}

/** What is left of the payment's value once its allocations have given theirs back; a refund keeps what went with it. */
const leftWithout = (allocations: Payment['allocations'], { left }: CarriedValue): bigint => {
  const parts = [...allocations.values()].flatMap((allocation) => allocation.parts)
  return parts.reduce((sum, { values }) => sum + (values?.payment ?? 0n), left)
}

/** Reopens everything that the credit settles. */
export const freed = (
  account: ClientAccount,
  payment: Payment,
  { clientId, on }: { readonly clientId: ClientId; readonly on: BusinessDay },
): readonly AccountEvent[] =>
  [...payment.allocations].map(([invoiceId, allocation]) =>
    deallocate({
      clientId,
      payment,
      invoice: invoiceOf(account, invoiceId),
      allocation,
      amount: allocation.amount,
      deallocatedOn: on,
      reason: 'PAYMENT_REVERSED',
    }),
  )

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
): readonly AccountEvent[] => {
  const { clientId, reason, reversedOn, note } = reversal
  const { paymentId, clearedOn, deskId, value, allocations, amount, refunded, currency } = payment
  return [
    ...freed(account, payment, { clientId, on: reversedOn }),
    PaymentReversed.of({
      clientId,
      paymentId,
      amount: moneyOf(amount - refunded, currency),
      ...(value === undefined ? {} : { functional: moneyOf(leftWithout(allocations, value), value.currency) }),
      method,
      cleared: clearedOn !== undefined,
      deskId,
      reason,
      reversedOn,
      note,
    }),
  ]
}

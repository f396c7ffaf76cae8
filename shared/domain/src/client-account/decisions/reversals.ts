import { type BusinessDay, latest } from '../../business-day.ts'
import type { InvoiceId } from '../../ids.ts'
import { moneyOf } from '../../money.ts'
import type { Payment } from '../account-records.ts'
import { type AccountEvent, PaymentDeallocated, PaymentReversed } from '../events.ts'
import type { DeallocationReason, PaymentMethod, ReversalReason } from '../vocabulary.ts'

export const deallocate = ({
  clientId,
  payment,
  invoiceId,
  amount,
  deallocatedOn,
  reason,
  note,
}: {
  readonly clientId: string
  readonly payment: Payment
  readonly invoiceId: InvoiceId
  readonly amount: bigint
  readonly deallocatedOn: BusinessDay
  readonly reason: DeallocationReason
  readonly note?: string | undefined
}) =>
  PaymentDeallocated.of({
    clientId,
    paymentId: payment.paymentId,
    invoiceId,
    amount: moneyOf(amount, payment.currency),
    deallocatedOn,
    reason,
    note,
  })

/** Nothing about the payment may be effective after its reversal, or its credit would be negative in between. */
export const earliestReversal = (payment: Payment): BusinessDay => {
  const days = [...payment.allocations.values()].map((allocation) => allocation.allocatedOn)
  return latest(payment.receivedOn, payment.lastUndoOn, payment.clearedOn, ...days)
}

export const reverse = (
  payment: Payment,
  method: PaymentMethod,
  reversal: {
    readonly clientId: string
    readonly reason: ReversalReason
    readonly reversedOn: BusinessDay
    readonly note?: string | undefined
  },
): readonly AccountEvent[] => {
  const { clientId, reason, reversedOn, note } = reversal
  const { paymentId, clearedOn, deskId } = payment
  return [
    ...[...payment.allocations].map(([invoiceId, { amount }]) =>
      deallocate({ clientId, payment, invoiceId, amount, deallocatedOn: reversedOn, reason: 'PAYMENT_REVERSED' }),
    ),
    PaymentReversed.of({
      clientId,
      paymentId,
      amount: moneyOf(payment.amount, payment.currency),
      method,
      cleared: clearedOn !== undefined,
      deskId,
      reason,
      reversedOn,
      note,
    }),
  ]
}

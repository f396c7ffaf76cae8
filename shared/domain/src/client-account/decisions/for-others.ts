import type { BusinessDay } from '../../business-day.ts'
import type { CompanyRules } from '../../decider.ts'
import type { ClientId } from '../../ids.ts'
import { minorIn, minorOf, moneyOf } from '../../money.ts'
import { reject } from '../../rejection.ts'
import type { CountedPayer } from '../cash-guard.ts'
import type { ForAnother, ReceiveTransfer } from '../commands.ts'
import type { AccountEvent } from '../events/account-events.ts'
import { TransferRequested } from '../events/transfers.ts'
import type { Payment } from '../records/payments.ts'
import { INSTRUMENTS, type PaymentMethod } from '../vocabulary.ts'
import { valueOffPayment } from './foreign-parts.ts'
import { firstFreeDay, requireCredit } from './requirements.ts'

type Left = Pick<Payment, 'paymentId' | 'currency' | 'amount' | 'credit' | 'value'>

/**
 * What of a payment that comes in is for other clients' invoices: reserved in the same append, and received and allocated
 * there, or neither (decision 0049). `payment` is as its own shares have left it.
 */
export const reservedForOthers = (
  payment: Left,
  items: readonly ForAnother[],
  {
    clientId,
    receivedOn,
    method,
    cashPayer,
    cashOverride,
  }: {
    readonly clientId: ClientId
    readonly receivedOn: BusinessDay
    readonly method: PaymentMethod
    readonly cashPayer: CountedPayer | undefined
    readonly cashOverride: ReceiveTransfer['cashOverride']
  },
  rules: CompanyRules | undefined,
): readonly AccountEvent[] => {
  const { paymentId, currency } = payment
  // A paper that is not collected is its drawer's promise: what it settles waits in the book of this account.
  if (items.length > 0 && INSTRUMENTS.has(method)) reject('PAYMENT_NOT_CLEARED', { paymentId })
  const movedOn = firstFreeDay(rules, receivedOn)
  let left = payment
  return items.map(({ invoiceClientId: toClientId, invoiceId, amount: asked, transferId, path }) => {
    const amount = minorIn(asked, currency, `${path}/amount`)
    requireCredit(left, amount, `${path}/amount`)
    const { functional } = valueOffPayment(left, amount)
    const { value, credit } = left
    const gone = functional === undefined ? 0n : minorOf(functional)
    left = { ...left, credit: credit - amount, value: value && { ...value, left: value.left - gone } }
    return TransferRequested.of({
      clientId,
      paymentId,
      toClientId,
      transferId,
      amount: moneyOf(amount, currency),
      ...(functional === undefined ? {} : { functional }),
      movedOn,
      // Until it is moved it is this client's, for no supply of the other one.
      collectedOn: movedOn,
      invoiceId,
      ...(cashPayer !== undefined && { cashOf: cashPayer.kind }),
      ...(cashOverride !== undefined && { cashOverride }),
      reason: invoiceId,
    })
  })
}

import type { BusinessDay } from '../../business-day.ts'
import type { ClientId, InvoiceId } from '../../ids.ts'
import { moneyOf } from '../../money.ts'
import { ClaimRegistered } from '../events/claims.ts'
import type { PaymentFacts } from '../records/payment-facts.ts'
import type { ClientAccount } from '../state.ts'
import { worthOfExcess } from './foreign-parts.ts'
import { requireNewId } from './requirements.ts'

// More left than was there: a fact, whatever there was. What was not there the client owes, and has as credit of the payment
// until it leaves in the same append (decision 0054).

type Source = Pick<PaymentFacts, 'paymentId' | 'currency' | 'amount' | 'credit' | 'value'>

export const claimOfExcess = (
  account: ClientAccount,
  payment: Source,
  excess: bigint,
  { clientId, claimId, on }: { readonly clientId: ClientId; readonly claimId: InvoiceId; readonly on: BusinessDay },
) => {
  requireNewId(account, claimId)
  const { paymentId, currency, value } = payment
  const worth = worthOfExcess(payment, excess)
  return ClaimRegistered.of({
    clientId,
    claimId,
    kind: 'RETURNED_MONEY',
    total: moneyOf(excess, currency),
    paymentId,
    number: claimId,
    issuedOn: on,
    dueOn: on,
    ...(value === undefined || worth === undefined ? {} : { functional: moneyOf(worth, value.currency) }),
  })
}

/** The payment as it is with the credit of the claim. */
export const withExcess = <Of extends Source>(payment: Of, excess: bigint): Of => {
  const { credit, value } = payment
  const left = value && { ...value, left: value.left + (worthOfExcess(payment, excess) ?? 0n) }
  return { ...payment, credit: credit + excess, value: left }
}

import type { InvoiceId, PaymentId } from '../../ids.ts'
import { packedTable, text } from '../../packed/packed-table.ts'
import { type Keeper, KIND } from './fields.ts'

const kept = packedTable(KIND.excessClaim, text)

/** Claims for money that left beyond what was there of a payment: they stand among the invoices, and this says of which. */
export const excessClaims = {
  add: ({ records }: Keeper, claimId: InvoiceId, paymentId: PaymentId): void => {
    kept.set(records, claimId, paymentId)
  },
  paymentOf: ({ records }: Keeper, claimId: InvoiceId): PaymentId | undefined => kept.get(records, claimId),
}

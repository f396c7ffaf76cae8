import type { BusinessDay } from '../../business-day.ts'
import type { ClientId } from '../../ids.ts'
import { moneyOf } from '../../money.ts'
import { reject } from '../../rejection.ts'
import { ClaimCancelled, ClaimRegistered } from '../events/claims.ts'
import { documents } from '../records/documents.ts'
import { excessClaims } from '../records/excess-claims.ts'
import type { Invoice } from '../records/invoices.ts'
import type { ClientAccount } from '../state.ts'
import type { ClaimKind } from '../vocabulary.ts'
import type { Decisions } from './decisions.ts'
import { documentValue, rateOf, valueOffInvoice } from './foreign-parts.ts'
import { clientOf, requireNewId } from './requirements.ts'

// What a client owes without an invoice: an open item as any other, with no VAT and an account of its own (decision 0053).

type Claim = Invoice & { readonly kind: ClaimKind }

export const claimDecisions: Decisions<'RegisterClaim'> = {
  RegisterClaim: (command, account, context) => {
    const { clientId, claimId, kind, series, number = claimId, issuedOn, dueOn, total, note } = command
    clientOf(account, clientId)
    requireNewId(account, claimId)
    if (dueOn < issuedOn) reject('DUE_BEFORE_ISSUE', { path: '/dueOn', issuedOn, dueOn })
    const [known] = documents.under(account, { series, number, issuedOn }, (of) => of === 'CLAIM')
    if (known !== undefined) {
      const year = issuedOn.slice(0, 4)
      reject('DOCUMENT_ALREADY_REGISTERED', { path: '/number', ...known, series, number, year })
    }
    const valued = documentValue(total, rateOf(command.exchangeRate, context), context.company)
    return [ClaimRegistered.of({ clientId, claimId, kind, series, number, issuedOn, dueOn, total, ...valued, note })]
  },
}

interface Said {
  readonly clientId: ClientId
  readonly cancelledOn: BusinessDay
  readonly reason: string
}

/** Takes a claim that nothing settles any more out of the books, and out of the payment that it is credit of. */
export const claimCancelled = (account: ClientAccount, claim: Claim, { clientId, cancelledOn, reason }: Said) => {
  const { invoiceId: claimId, kind, total, currency } = claim
  const paymentId = excessClaims.paymentOf(account, claimId)
  return ClaimCancelled.of({
    clientId,
    claimId,
    kind,
    total: moneyOf(total, currency),
    ...(paymentId === undefined ? {} : { paymentId }),
    ...valueOffInvoice(claim, total),
    cancelledOn,
    reason,
  })
}

/** Money left for such a claim: it is owed as long as that has not come back. @throws Rejection */
export const requireNoExcess = (account: ClientAccount, { invoiceId, total, open, currency }: Invoice): void => {
  if (excessClaims.paymentOf(account, invoiceId) === undefined) return
  reject('INVOICE_NOT_FULLY_OPEN', {
    invoiceId,
    total: moneyOf(total, currency),
    open: moneyOf(open, currency),
    rule: 'money left for it: ReverseRefund takes it back with the refund',
  })
}

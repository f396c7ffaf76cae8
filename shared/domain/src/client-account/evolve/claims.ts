import { latest } from '../../business-day.ts'
import { minorOf } from '../../money.ts'
import { documents } from '../records/documents.ts'
import { excessClaims } from '../records/excess-claims.ts'
import { accountInvoices } from '../records/invoices.ts'
import { invoiceOf, lower, moveOpen, newInvoice } from './changed-invoices.ts'
import { changePayment } from './changed-payments.ts'
import type { Evolutions } from './evolutions.ts'
import { takeValue } from './values.ts'

export const claimEvolutions: Evolutions<'ClaimRegistered' | 'ClaimCancelled'> = {
  ClaimRegistered: (registered, account) => {
    const { claimId, total, paymentId, functional } = registered
    const claim = newInvoice({ ...registered, invoiceId: claimId })
    moveOpen(account, { ...claim, open: 0n }, claim, accountInvoices.add(account, claim))
    documents.add(account, registered, { kind: 'CLAIM', documentId: claimId })
    if (paymentId === undefined) return
    excessClaims.add(account, claimId, paymentId)
    changePayment(account, paymentId, (payment) => {
      payment.credit += minorOf(total)
      takeValue(payment.value, functional?.amount, -1n)
    })
  },
  ClaimCancelled: ({ claimId: invoiceId, total, paymentId, functional, cancelledOn }, account) => {
    lower(account, { invoiceId, functional }, total)
    documents.free(account, invoiceOf(account, invoiceId), { kind: 'CLAIM', documentId: invoiceId })
    if (paymentId === undefined) return
    changePayment(account, paymentId, (payment) => {
      payment.credit -= minorOf(total)
      takeValue(payment.value, functional?.amount)
      payment.lastUndoOn = latest(cancelledOn, payment.lastUndoOn)
    })
  },
}

import { latest } from '../../business-day.ts'
import { minorIn } from '../../money.ts'
import { linesOfPaper } from '../invoice-vat.ts'
import { type Moved, withMoved } from '../moved-invoice.ts'
import { documents } from '../records/documents.ts'
import { excessClaims } from '../records/excess-claims.ts'
import { accountInvoices } from '../records/invoices.ts'
import type { ClientAccount, Merge } from '../state.ts'
import { isClaimKind } from '../vocabulary.ts'
import { invoiceOf, moveOpen, newInvoice } from './changed-invoices.ts'
import type { Evolutions } from './evolutions.ts'
import { duePartsOf } from './invoices.ts'

/** The invoice as its paper says it, with nothing of it in this account. */
const firstOf = (moved: Moved) => {
  const { currency } = moved.total
  const { own, advances } = linesOfPaper(moved.vatLines, currency)
  const { functional, ...paper } = moved
  return {
    ...newInvoice(paper),
    open: 0n,
    dueParts: duePartsOf(moved.instalments, currency),
    rescheduledOn: moved.rescheduledOn,
    vatLines: own,
    advances,
    cashAccounting: moved.cashAccounting,
    instalmentContract: moved.instalmentContract,
    value: functional && {
      currency: functional.currency,
      total: minorIn(functional.total, functional.currency),
      left: 0n,
    },
  }
}

const setMoved = (account: ClientAccount, moved: Moved, sign: 1n | -1n): void => {
  const before = invoiceOf(account, moved.invoiceId)
  const invoice = { ...withMoved(before, moved, sign), hasMoved: true }
  moveOpen(account, before, invoice, accountInvoices.set(account, invoice))
}

const changeMerge = (account: ClientAccount, change: Partial<Merge>): void => {
  if (account.merge === undefined) throw new Error('history goes on with a merge before beginning it')
  account.merge = { ...account.merge, ...change }
}

export const mergeEvolutions: Evolutions<
  | 'MergeRequested'
  | 'MergeAccepted'
  | 'MergeRefused'
  | 'MergeDeclined'
  | 'MergeConfirmed'
  | 'MergeResumed'
  | 'MergeConcluded'
  | 'InvoiceMoveRequested'
  | 'InvoiceMoved'
  | 'InvoiceMoveRefused'
  | 'InvoiceMoveDeclined'
> = {
  MergeRequested: ({ intoClientId, mergedOn }, account) => {
    account.merge = { intoClientId, mergedOn, round: 0, isConfirmed: false }
  },
  MergeAccepted: () => undefined,
  MergeRefused: () => undefined,
  MergeDeclined: (_, account) => {
    account.merge = undefined
  },
  MergeConfirmed: (_, account) => changeMerge(account, { isConfirmed: true }),
  MergeResumed: ({ round }, account) => changeMerge(account, { round }),
  MergeConcluded: () => undefined,
  InvoiceMoveRequested: (requested, account) => setMoved(account, requested, -1n),
  InvoiceMoved: (received, account) => {
    const { invoiceId, fromClientId: from, paperOf, movedOn, excessOf, writtenOffOn, lastUndoOn } = received
    if (!accountInvoices.has(account, invoiceId)) {
      accountInvoices.add(account, { ...firstOf(received), moved: { from, paperOf, on: movedOn } })
      documents.add(account, received, {
        kind: isClaimKind(received.kind) ? 'CLAIM' : 'INVOICE',
        documentId: invoiceId,
      })
      if (excessOf !== undefined) excessClaims.add(account, invoiceId, excessOf)
    }
    const before = invoiceOf(account, invoiceId)
    const invoice = {
      ...withMoved(before, received, 1n),
      moved: { from, paperOf, on: latest(movedOn, before.moved?.on) },
      ...(writtenOffOn !== undefined && { writtenOffOn: latest(writtenOffOn, before.writtenOffOn) }),
      ...(lastUndoOn !== undefined && { lastUndoOn: latest(lastUndoOn, before.lastUndoOn) }),
    }
    moveOpen(account, before, invoice, accountInvoices.set(account, invoice))
  },
  InvoiceMoveRefused: () => undefined,
  InvoiceMoveDeclined: (declined, account) => setMoved(account, declined, 1n),
}

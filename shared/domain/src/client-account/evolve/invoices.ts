import type { BusinessDay } from '../../business-day.ts'
import { type Currency, minorIn } from '../../money.ts'
import { type DuePart, rescheduledParts } from '../due-parts.ts'
import { byAdvance, linesOfPaper } from '../invoice-vat.ts'
import { documents } from '../records/documents.ts'
import { accountInvoices } from '../records/invoices.ts'
import { correct, invoiceOf, lower, moveOpen, newInvoice } from './changed-invoices.ts'
import type { Evolutions } from './evolutions.ts'

export const duePartsOf = (
  parts: readonly { readonly dueOn: BusinessDay; readonly amount: string }[],
  currency: Currency,
): readonly DuePart[] => parts.map(({ dueOn, amount }) => ({ dueOn, amount: minorIn(amount, currency) }))

export const invoiceEvolutions: Evolutions<'InvoiceRegistered' | 'InvoiceRescheduled' | 'InvoiceCancelled'> = {
  InvoiceRegistered: (registered, account) => {
    const { invoiceId, total, vatLines, cashAccounting, instalments, instalmentContract } = registered
    const { currency } = total
    const { own, advances } = linesOfPaper(vatLines, currency)
    const invoice = {
      ...newInvoice(registered),
      dueParts: duePartsOf(instalments, currency),
      vatLines: own,
      advances,
      cashAccounting,
      instalmentContract,
    }
    moveOpen(account, { ...invoice, open: 0n }, invoice, accountInvoices.add(account, invoice))
    documents.add(account, registered, { kind: 'INVOICE', documentId: invoiceId })
    for (const [advance, lines] of byAdvance(advances)) correct(account, advance, lines, 1n)
  },
  /** Moves the invoice to where its new due day puts it. */
  InvoiceRescheduled: ({ invoiceId, instalments, agreedOn }, account) => {
    const before = invoiceOf(account, invoiceId)
    const { currency, dueOn, total } = before
    const parts = before.dueParts.length > 0 ? before.dueParts : [{ dueOn, amount: total }]
    const dueParts = rescheduledParts(parts, duePartsOf(instalments, currency))
    const invoice = { ...before, dueParts, dueOn: dueParts.at(-1)?.dueOn ?? dueOn, rescheduledOn: agreedOn }
    moveOpen(account, before, invoice, accountInvoices.set(account, invoice))
  },
  InvoiceCancelled: (cancellation, account) => {
    const { invoiceId, total } = cancellation
    lower(account, cancellation, total)
    const cancelled = invoiceOf(account, invoiceId)
    documents.free(account, cancelled, { kind: 'INVOICE', documentId: invoiceId })
    for (const [advance, lines] of byAdvance(cancelled.advances)) {
      correct(account, advance, lines, -1n, cancelled.moved !== undefined)
    }
  },
}

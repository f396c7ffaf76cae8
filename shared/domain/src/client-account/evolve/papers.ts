import type { EventOf } from '../../event-definition.ts'
import { creditOfNote, ownOrEventId } from '../../ids.ts'
import type { CreditNoteRegistered } from '../events/papers.ts'
import { documents } from '../records/documents.ts'
import { type CreditNote, creditNotes, discounts, type Paper, writeOffs } from '../records/papers.ts'
import { accountPayments } from '../records/payments.ts'
import { correct, lower, raise } from './changed-invoices.ts'
import { changePayment, endCredit, newPayment } from './changed-payments.ts'
import type { Evolutions } from './evolutions.ts'
import { paperOf, vatAmountsOf } from './values.ts'

const creditNoteOf = (
  { series, number, issuedOn, ...note }: EventOf<typeof CreditNoteRegistered>['data'],
  paper: Paper,
): CreditNote => ({
  ...paper,
  series,
  number,
  issuedOn,
  invoiceId: note.invoiceId,
  corrects: note.corrects,
  vatLines: vatAmountsOf(note.vatLines, note.total.currency),
  cashAccounting: note.cashAccounting,
})

export const paperEvolutions: Evolutions<
  | 'CreditNoteRegistered'
  | 'CreditNoteReversed'
  | 'DiscountGranted'
  | 'DiscountReversed'
  | 'InvoiceWrittenOff'
  | 'WriteOffReversed'
> = {
  CreditNoteRegistered: (note, account) => {
    const { creditNoteId, invoiceId, corrects, total, creditedOn, functional, vatLines } = note
    creditNotes.set(account, creditNoteId, creditNoteOf(note, paperOf(total, note, creditedOn)))
    documents.add(account, note, { kind: 'CREDIT_NOTE', documentId: creditNoteId })
    if (invoiceId !== undefined) lower(account, { invoiceId, functional, vatLines }, total)
    else {
      const source = { paymentId: creditOfNote(creditNoteId), amount: total, receivedOn: creditedOn, functional }
      accountPayments.set(account, newPayment({ ...source, method: 'CREDIT_NOTE' }))
      if (corrects !== undefined) correct(account, corrects, vatAmountsOf(vatLines, total.currency), 1n)
    }
  },
  CreditNoteReversed: (reversal, account) => {
    const { creditNoteId, invoiceId, corrects, total, functional, vatLines, reversedOn } = reversal
    const note = creditNotes.reverse(account, creditNoteId)
    documents.free(account, note, { kind: 'CREDIT_NOTE', documentId: creditNoteId })
    if (invoiceId !== undefined) raise(account, { invoiceId, functional, vatLines }, total, reversedOn)
    else {
      changePayment(account, creditOfNote(creditNoteId), (credit) =>
        endCredit(credit, total, { functional, reversedOn }),
      )
      if (corrects !== undefined) correct(account, corrects, vatAmountsOf(vatLines, total.currency), -1n)
    }
  },
  DiscountGranted: (discount, account, eventId) => {
    const { invoiceId, kind, amount, vatLines, grantedOn } = discount
    lower(account, discount, amount)
    const discountId = ownOrEventId(discount.discountId, eventId)
    // Without any id it cannot be named, so it is never asked for again.
    if (discountId === undefined) return
    const taken = paperOf(amount, discount, grantedOn)
    const kept = { ...taken, invoiceId, kind, vatLines: vatAmountsOf(vatLines, amount.currency) }
    discounts.set(account, discountId, kept)
  },
  DiscountReversed: (reversal, account) => {
    discounts.reverse(account, reversal.discountId)
    raise(account, reversal, reversal.amount, reversal.reversedOn)
  },
  InvoiceWrittenOff: (writeOff, account, eventId) => {
    const { invoiceId, amount, kind, writtenOffOn } = writeOff
    // Nobody asks for a small difference again: there is nothing to recover.
    lower(account, writeOff, amount, kind === undefined ? writtenOffOn : undefined)
    const writeOffId = ownOrEventId(writeOff.writeOffId, eventId)
    if (writeOffId === undefined) return
    writeOffs.set(account, writeOffId, { ...paperOf(amount, writeOff, writtenOffOn), invoiceId, kind })
  },
  WriteOffReversed: (reversal, account) => {
    writeOffs.reverse(account, reversal.writeOffId)
    raise(account, reversal, reversal.amount, reversal.reversedOn, reversal.kind === undefined)
  },
}

import type { BusinessDay } from '../../business-day.ts'
import type { ClientId } from '../../ids.ts'
import type { AccountEvent } from '../events/account-events.ts'
import type { Invoice } from '../records/invoices.ts'
import { creditNotes, discounts, type Paper, writeOffs } from '../records/papers.ts'
import { accountPayments } from '../records/payments.ts'
import type { ClientAccount } from '../state.ts'
import { isClaimKind } from '../vocabulary.ts'
import { collectedOn } from './requirements.ts'
import { deallocate } from './reversals.ts'
import { creditNoteReversed, discountReversed, writeOffReversed } from './taking-back.ts'

/** Something that settles an invoice, and how it is taken off again. */
interface Settlement {
  readonly amount: bigint
  /** Nothing takes it off before. */
  readonly on: BusinessDay
  readonly undo: (said: { readonly clientId: ClientId; readonly on: BusinessDay }) => AccountEvent
}

const reason = 'INVOICE_CANCELLED'

const money = (account: ClientAccount, invoice: Invoice): readonly Settlement[] =>
  accountPayments.onInvoice(account, invoice).flatMap(({ paymentId, recovers, allocation }): readonly Settlement[] => {
    const payment = accountPayments.factsOf(account, paymentId)
    if (payment === undefined) return []
    const { amount, allocatedOn } = allocation
    const collected = collectedOn(payment)
    return [
      {
        // What is recovered has not lowered what is open.
        amount: recovers ? 0n : amount,
        on: collected !== undefined && collected > allocatedOn ? collected : allocatedOn,
        undo: ({ clientId, on: deallocatedOn }) =>
          deallocate({ clientId, payment, invoice, allocation, amount, deallocatedOn, reason, recovers }),
      },
    ]
  })

/** The papers of one kind that lower the invoice and stand. */
const papers = <Kept extends Paper & { readonly invoiceId: string | undefined }>(
  all: Iterable<readonly [id: string, paper: Kept]>,
  { invoiceId }: Invoice,
  undo: (
    id: string,
    paper: Kept,
    said: { clientId: ClientId; reversedOn: BusinessDay; reason: typeof reason },
  ) => AccountEvent,
): readonly Settlement[] =>
  [...all]
    .filter(([, paper]) => paper.invoiceId === invoiceId && !paper.reversed)
    .map(([id, paper]) => ({
      amount: paper.amount,
      on: paper.on,
      undo: ({ clientId, on: reversedOn }) => undo(id, paper, { clientId, reversedOn, reason }),
    }))

const notes = (account: ClientAccount, invoice: Invoice): readonly Settlement[] => {
  const { kind, currency, moved } = invoice
  if (isClaimKind(kind)) return []
  return papers(creditNotes.all(account), invoice, (id, note, said) =>
    creditNoteReversed(id, note, { kind, currency, moved }, said),
  )
}

/**
 * All that settles an invoice, money first. Looks at every paper of the account: an invoice is hardly ever cancelled with
 * something on it, and a chain of papers would be carried by each that is not.
 */
export const settlementsOn = (account: ClientAccount, invoice: Invoice): readonly Settlement[] => [
  ...money(account, invoice),
  ...notes(account, invoice),
  ...papers(discounts.all(account), invoice, (id, discount, said) => discountReversed(id, discount, invoice, said)),
  ...papers(writeOffs.all(account), invoice, (id, writeOff, said) => writeOffReversed(id, writeOff, invoice, said)),
]

/** The invoice as nothing ever settled it: each gives back what it took. */
export const unsettled = <Of extends Invoice>(invoice: Of): Of => {
  const { total, value } = invoice
  return { ...invoice, open: total, value: value && { ...value, left: value.total } }
}

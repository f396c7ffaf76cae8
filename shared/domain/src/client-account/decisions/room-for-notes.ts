import { type BusinessDay, latest } from '../../business-day.ts'
import type { ClientId, CreditNoteId } from '../../ids.ts'
import { type Money, minorIn, minorOf, moneyOf } from '../../money.ts'
import { reject } from '../../rejection.ts'
import type { AccountEvent } from '../events/account-events.ts'
import type { PaymentDeallocated } from '../events/allocations.ts'
import type { LivingAllocation } from '../records/allocations.ts'
import type { Invoice } from '../records/invoices.ts'
import { creditNotes, discounts } from '../records/papers.ts'
import type { PaymentFacts } from '../records/payment-facts.ts'
import { accountPayments } from '../records/payments.ts'
import type { ClientAccount } from '../state.ts'
import { atLeastNothing } from '../transit.ts'
import { collectedOn } from './requirements.ts'
import { deallocate } from './reversals.ts'

/** What credit notes and discounts have taken off the price. Looks at every paper of the account. */
const takenOff = (account: ClientAccount, { invoiceId }: Invoice): bigint => {
  let sum = 0n
  for (const [, note] of creditNotes.all(account)) {
    if (!note.reversed && (note.invoiceId ?? note.corrects) === invoiceId) sum += note.amount
  }
  for (const [, discount] of discounts.all(account)) {
    if (!discount.reversed && discount.invoiceId === invoiceId) sum += discount.amount
  }
  return sum
}

/**
 * An invoice without VAT has no rates that would say how much of it there is to credit; and what is open does not say it
 * either, once a note on account corrects it.
 * @throws Rejection
 */
export const requirePartOf = (account: ClientAccount, invoice: Invoice, taken: Money, path = '/total'): void => {
  const { invoiceId, currency, vatLines, total: whole } = invoice
  if (vatLines.length > 0) return
  const left = atLeastNothing(whole - takenOff(account, invoice))
  if (minorOf(taken) <= left) return
  reject('CREDIT_NOTE_DOES_NOT_FIT', { path, invoiceId, total: taken, left: moneyOf(left, currency) })
}

/** Money that has to leave an invoice. */
interface Leaving {
  readonly payment: PaymentFacts
  readonly allocation: LivingAllocation
  readonly amount: bigint
}

/** The newest money first, as much as there has to be. @throws Rejection when the invoice was never that much */
const leavingFor = (account: ClientAccount, invoice: Invoice, total: bigint): readonly Leaving[] => {
  if (total <= invoice.open) return []
  let missing = total - invoice.open
  const settled = accountPayments.onInvoice(account, invoice).filter(({ recovers }) => !recovers)
  const leaving = settled.flatMap(({ paymentId, allocation }): Leaving[] => {
    const payment = accountPayments.factsOf(account, paymentId)
    if (payment === undefined || missing === 0n) return []
    const amount = allocation.amount < missing ? allocation.amount : missing
    missing -= amount
    return [{ payment, allocation, amount }]
  })
  if (missing === 0n) return leaving
  const { invoiceId, currency, open } = invoice
  return reject('ALLOCATION_EXCEEDS_OPEN_AMOUNT', {
    path: '/total',
    invoiceId,
    open: moneyOf(open, currency),
    allocated: moneyOf(
      settled.reduce((sum, { allocation }) => sum + allocation.amount, 0n),
      currency,
    ),
  })
}

/** The last day on which money that settles the invoice counted as collected: VAT that it has made exigible goes back after. */
export const settledOn = (account: ClientAccount, invoice: Invoice): BusinessDay | undefined => {
  const days = accountPayments.onInvoice(account, invoice).flatMap(({ paymentId, allocation }) => {
    const payment = accountPayments.factsOf(account, paymentId)
    return [allocation.allocatedOn, payment && collectedOn(payment)]
  })
  return days.length === 0 ? undefined : latest(invoice.issuedOn, ...days)
}

/** What an undo gives back of the invoice's functional value. */
const valueBack = ({ data: { functional } }: ReturnType<typeof PaymentDeallocated.of>): bigint =>
  functional?.invoice === undefined ? 0n : minorIn(functional.invoice, functional.currency)

/**
 * The commonest return is of goods that are paid: what a credit note has above the open amount becomes the client's credit
 * again, under the payments that it came with. `invoice` is as it will be then, on the day that the note lowers it.
 */
export const makeRoom = (
  account: ClientAccount,
  invoice: Invoice,
  note: {
    readonly clientId: ClientId
    readonly creditNoteId: CreditNoteId
    readonly total: bigint
    readonly earliest: BusinessDay
  },
): { readonly freed: readonly AccountEvent[]; readonly invoice: Invoice; readonly on: BusinessDay } => {
  const { clientId, creditNoteId, total, earliest } = note
  const leaving = leavingFor(account, invoice, total)
  const on = latest(
    earliest,
    ...leaving.flatMap(({ payment, allocation }) => [allocation.allocatedOn, collectedOn(payment)]),
  )
  const freed = leaving.map((each) =>
    deallocate({ ...each, clientId, invoice, deallocatedOn: on, reason: 'CREDIT_NOTE', creditNoteId }),
  )
  const { value } = invoice
  const back = freed.reduce((sum, event) => sum + valueBack(event), 0n)
  const open = leaving.reduce((sum, { amount }) => sum + amount, invoice.open)
  return { freed, on, invoice: { ...invoice, open, value: value && { ...value, left: value.left + back } } }
}

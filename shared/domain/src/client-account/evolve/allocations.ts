import { latest } from '../../business-day.ts'
import { minorIn, minorOf } from '../../money.ts'
import { undoNewest, withPart } from '../allocation-parts.ts'
import { cashKeyOf, partInLei, underContract } from '../cash-guard.ts'
import type { ForeignPart } from '../records/allocations.ts'
import { cashTaken } from '../records/cash.ts'
import type { Invoice } from '../records/invoices.ts'
import type { PaymentFacts } from '../records/payment-facts.ts'
import { accountPayments } from '../records/payments.ts'
import type { ClientAccount } from '../state.ts'
import { least, uncollectedOf } from '../transit.ts'
import { changeOpen, invoiceOf } from './changed-invoices.ts'
import { paymentOf } from './changed-payments.ts'
import type { Evolutions } from './evolutions.ts'
import { foreignPartOf, takeValue } from './values.ts'

const NOTHING_ALLOCATED = { amount: 0n, parts: [], uncollected: 0n, uncollectedPaid: 0n }

/** What cash settles of an invoice, or an undo takes back; the invoice is still to be set. */
const countCash = (
  account: ClientAccount,
  payment: PaymentFacts,
  invoice: Invoice,
  { amount, paid = amount, values }: Partial<ForeignPart> & Pick<ForeignPart, 'amount'>,
  sign: 1n | -1n,
): void => {
  const { cashPayer } = payment
  if (cashPayer === undefined) return
  const lei = sign * partInLei(payment, paid, values?.payment)
  invoice.paidInCash += lei
  if (payment.method === 'CASH' && underContract(invoice, cashPayer))
    cashTaken.add(account, cashKeyOf(payment, cashPayer), -lei)
}

export const allocationEvolutions: Evolutions<'PaymentAllocated' | 'PaymentDeallocated'> = {
  PaymentAllocated: (allocated, account) => {
    const { paymentId, invoiceId, allocatedOn, functional, collected, recovers = false } = allocated
    const amount = minorOf(allocated.amount)
    const part = foreignPartOf(allocated)
    const payment = paymentOf(account, paymentId)
    const invoice = invoiceOf(account, invoiceId)
    const before = accountPayments.allocation(account, paymentId, invoiceId, recovers)
    const living = before?.amount ? before : { ...NOTHING_ALLOCATED, allocatedOn }
    const paid = part?.paid ?? amount
    const uncollectedPaid = uncollectedOf(payment, paid)
    const uncollected = collected === undefined ? amount : amount - minorIn(collected, invoice.currency)
    const allocation = {
      amount: living.amount + amount,
      allocatedOn: latest(living.allocatedOn, allocatedOn),
      parts: withPart(living.parts, part),
      uncollected: living.uncollected + (uncollectedPaid === 0n ? 0n : uncollected),
      uncollectedPaid: living.uncollectedPaid + uncollectedPaid,
    }
    accountPayments.setAllocation(account, payment, invoice, allocation, recovers)
    payment.creditUncollected -= uncollectedPaid
    takeValue(invoice.value, functional?.invoice)
    takeValue(payment.value, functional?.payment)
    payment.credit -= paid
    accountPayments.set(account, payment)
    countCash(account, payment, invoice, part ?? { amount }, 1n)
    if (recovers) invoice.recovered += amount
    changeOpen(account, invoice, recovers ? 0n : -amount)
  },
  PaymentDeallocated: (deallocated, account) => {
    const { paymentId, invoiceId, deallocatedOn, functional, recovers = false } = deallocated
    const amount = minorOf(deallocated.amount)
    const part = foreignPartOf(deallocated)
    const payment = paymentOf(account, paymentId)
    const invoice = invoiceOf(account, invoiceId)
    const living = accountPayments.allocation(account, paymentId, invoiceId, recovers)
    if (living === undefined) throw new Error(`history undoes ${paymentId} on ${invoiceId} before allocating it`)
    const paid = part?.paid ?? amount
    const uncollectedPaid = least(living.uncollectedPaid, paid)
    const left = {
      ...living,
      amount: living.amount - amount,
      parts: undoNewest(living.parts, amount).stays,
      uncollected: living.uncollected - least(living.uncollected, amount),
      uncollectedPaid: living.uncollectedPaid - uncollectedPaid,
    }
    accountPayments.setAllocation(account, payment, invoice, left, recovers)
    payment.creditUncollected += uncollectedPaid
    takeValue(invoice.value, functional?.invoice, -1n)
    takeValue(payment.value, functional?.payment, -1n)
    payment.credit += paid
    payment.lastUndoOn = latest(deallocatedOn, payment.lastUndoOn)
    accountPayments.set(account, payment)
    countCash(account, payment, invoice, part ?? { amount }, -1n)
    invoice.lastUndoOn = latest(deallocatedOn, invoice.lastUndoOn)
    if (recovers) invoice.recovered -= amount
    changeOpen(account, invoice, recovers ? 0n : amount)
  },
}

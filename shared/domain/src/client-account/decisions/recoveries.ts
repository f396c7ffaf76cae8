import { type BusinessDay, latest } from '../../business-day.ts'
import type { CompanyRules } from '../../decider.ts'
import type { ClientId } from '../../ids.ts'
import { moneyOf } from '../../money.ts'
import { reject } from '../../rejection.ts'
import { undoNewest } from '../allocation-parts.ts'
import type { AccountEvent } from '../events/account-events.ts'
import { PaymentAllocated } from '../events/allocations.ts'
import type { Invoice } from '../records/invoices.ts'
import type { WriteOff } from '../records/papers.ts'
import type { PaymentFacts } from '../records/payment-facts.ts'
import { accountPayments, type Payment, type SettlingPayment } from '../records/payments.ts'
import type { ClientAccount } from '../state.ts'
import { isUncollected } from '../transit.ts'
import { foreignFactsOf, invoiceAfter, type Share } from './foreign-parts.ts'
import { noteOf, paperOf } from './origins.ts'
import { collectedOn, effectiveDay, requireOpen } from './requirements.ts'
import { deallocate } from './reversals.ts'
import { dayOfMoney } from './vat-day.ts'

// What was written off and is paid after all is income (5121 = 754): the receivable is gone, and what is open stays nothing.

type Money = Pick<Payment, 'method' | 'receivedOn' | 'clearedOn'> & Partial<Pick<Payment, 'origin' | 'inTransit'>>

/** Only money that is there: a credit note brings none, and a cheque none as long as it may bounce. */
const isMoney = ({ inTransit = 0n, ...payment }: Money): boolean =>
  dayOfMoney(payment) !== undefined && !isUncollected({ ...payment, inTransit })

/**
 * What is open comes first; an invoice with nothing open takes money up to what was written off of it and not recovered yet,
 * in its own currency.
 * @param path JSON pointer to the amount
 * @throws Rejection
 */
export const requireTaken = (share: Share, payment: Money, path: string): Share => {
  const { invoice, amount, exchangeRate } = share
  const { invoiceId, currency, writtenOff, recovered } = invoice
  if (invoice.open > 0n || writtenOff === 0n || exchangeRate !== undefined || !isMoney(payment)) {
    requireOpen(invoice, amount, path)
    return share
  }
  if (amount > writtenOff - recovered) {
    reject('ALLOCATION_EXCEEDS_OPEN_AMOUNT', {
      path,
      invoiceId,
      open: moneyOf(0n, currency),
      recoverable: moneyOf(writtenOff - recovered, currency),
    })
  }
  return { ...share, recovers: true }
}

/** Nothing is recovered before it was written off. */
export const dayOfShare = (
  payment: Parameters<typeof effectiveDay>[0],
  { invoice, recovers = false }: Share,
  rules: CompanyRules | undefined,
  askedFor?: BusinessDay,
): BusinessDay => {
  const receivedOn = recovers ? latest(payment.receivedOn, invoice.writtenOffOn) : payment.receivedOn
  return effectiveDay({ ...payment, receivedOn }, invoice, rules, askedFor)
}

/** What a share leaves open on its invoice. */
export const openAfter = ({ invoice, amount, recovers }: Share): bigint =>
  recovers ? invoice.open : invoice.open - amount

/** Money that recovered a write-off, the newest first, as far as the write-off reaches. */
export const recoveredOf = (
  account: ClientAccount,
  invoice: Invoice,
  writeOff: Pick<WriteOff, 'amount' | 'kind'>,
): readonly (SettlingPayment & { readonly payment: PaymentFacts; readonly amount: bigint })[] => {
  // Of a small difference nothing is.
  let left = writeOff.kind === undefined ? writeOff.amount : 0n
  return accountPayments.onInvoice(account, invoice).flatMap((settling) => {
    const payment = accountPayments.factsOf(account, settling.paymentId)
    const { amount: whole } = settling.allocation
    const amount = whole < left ? whole : left
    if (payment === undefined || !settling.recovers || amount === 0n) return []
    left -= amount
    return [{ ...settling, payment, amount }]
  })
}

/**
 * From which day on a write-off may be taken back: no money leaves what it recovered before it came there, and at no earlier
 * day more is recovered than was written off, which an undo since then would otherwise hide.
 */
export const earliestOfReversal = (
  account: ClientAccount,
  invoice: Invoice,
  { on }: WriteOff,
  recovered: ReturnType<typeof recoveredOf>,
): BusinessDay => {
  const days = recovered.flatMap(({ allocation, payment }) => [allocation.allocatedOn, collectedOn(payment)])
  const undone = accountPayments.everRecovered(account, invoice) ? invoice.lastUndoOn : undefined
  return latest(on, undone, ...days)
}

/**
 * The debt stands again, and what had recovered it settles it on the same day. Its VAT became exigible when it recovered, and
 * moves no more. `invoice` is as it is with the write-off taken back.
 */
export const settledAgain = (
  invoice: Invoice,
  recovered: ReturnType<typeof recoveredOf>,
  { clientId, on }: { readonly clientId: ClientId; readonly on: BusinessDay },
  rules: CompanyRules | undefined,
): { readonly undone: readonly AccountEvent[]; readonly settled: readonly AccountEvent[] } => {
  let left = invoice
  const back = new Map<string, PaymentFacts>()
  const undone = recovered.map(({ payment, allocation, amount }) =>
    deallocate({
      clientId,
      payment,
      invoice,
      allocation,
      amount,
      deallocatedOn: on,
      reason: 'WRITE_OFF_REVERSED',
      recovers: true,
    }),
  )
  for (const { payment, allocation, amount } of recovered) {
    const value = undoNewest(allocation.parts, amount).back?.values?.payment ?? 0n
    back.set(payment.paymentId, {
      ...payment,
      credit: payment.credit + amount,
      value: payment.value && { ...payment.value, left: payment.value.left + value },
    })
  }
  const settled = recovered.map(({ payment, amount }) => {
    const share = { invoice: left, amount, paid: amount }
    const foreign = foreignFactsOf(back.get(payment.paymentId) ?? payment, share, rules)
    left = invoiceAfter(left, amount)
    const collected = dayOfMoney(payment)
    return PaymentAllocated.of({
      clientId,
      paymentId: payment.paymentId,
      invoiceId: invoice.invoiceId,
      amount: moneyOf(amount, invoice.currency),
      allocatedOn: on,
      ...(collected === undefined ? {} : { collectedOn: collected }),
      rule: 'explicit@1',
      hadRecovered: true,
      ...foreign,
      ...paperOf(invoice),
      ...noteOf(payment),
    })
  })
  return { undone, settled }
}

import type { BusinessDay } from '../../business-day.ts'
import type { InvoiceId, PaymentId } from '../../ids.ts'
import type { Currency } from '../../money.ts'
import { keyAt, ordinalsOf, type PackedRecords } from '../../packed/packed-records.ts'
import { allocationKey, keptAllocations, type LivingAllocation, pairOf } from './allocations.ts'
import { type Keeper, KIND } from './fields.ts'
import type { Invoice } from './invoices.ts'
import { keepLeft, type OrdinalsLeft } from './ordinals-left.ts'
import { keptPayments, type PaymentFacts } from './payment-facts.ts'

export interface Payment extends PaymentFacts {
  /** In the order in which the payment first settled the invoices. */
  readonly allocations: ReadonlyMap<InvoiceId, LivingAllocation>
  /** What it recovered of what was written off: it settles nothing that is open. */
  readonly recoveries: ReadonlyMap<InvoiceId, LivingAllocation>
}

/** What holds an account's records, and tells which of its credit notes have something left. */
interface CreditKeeper extends Keeper {
  readonly notesLeft: OrdinalsLeft
}

const withAllocations = (records: PackedRecords, facts: PaymentFacts): Payment => {
  const chain: [InvoiceId, LivingAllocation][] = []
  const recoveries: [InvoiceId, LivingAllocation][] = []
  for (let place = facts.newestAllocation; place > 0; ) {
    const { previous, previousOnInvoice: _, ...allocation } = keptAllocations.at(records, place - 1)
    const [, invoiceId, recovers] = pairOf(records, place - 1)
    if (allocation.amount !== 0n) (recovers ? recoveries : chain).push([invoiceId, allocation])
    place = previous
  }
  return { ...facts, allocations: new Map(chain.reverse()), recoveries: new Map(recoveries.reverse()) }
}

const paymentFacts = ({ records }: Keeper, paymentId: PaymentId): PaymentFacts | undefined => {
  const facts = keptPayments.get(records, paymentId)
  return facts === undefined ? undefined : { paymentId, ...facts }
}

export interface SettlingPayment {
  readonly paymentId: PaymentId
  /** What was written off, rather than what is open. */
  readonly recovers: boolean
  readonly allocation: LivingAllocation
}

/** The payments of an account, and the credit notes that are credit as a payment is. */
export const accountPayments = {
  get: (account: Keeper, paymentId: PaymentId): Payment | undefined => {
    const facts = paymentFacts(account, paymentId)
    return facts === undefined ? undefined : withAllocations(account.records, facts)
  },
  /** Without its allocations, of which there may be a thousand. */
  factsOf: paymentFacts,
  at: ({ records }: Keeper, ordinal: number): PaymentFacts => ({
    paymentId: keyAt(records, ordinal),
    ...keptPayments.at(records, ordinal),
  }),
  has: ({ records }: Keeper, paymentId: PaymentId): boolean => keptPayments.has(records, paymentId),
  set: (account: CreditKeeper, payment: PaymentFacts): void => {
    const ordinal = keptPayments.set(account.records, payment.paymentId, payment)
    if (payment.method === 'CREDIT_NOTE') keepLeft(account.notesLeft, payment.currency, ordinal, payment.credit > 0n)
  },
  /** Credit notes of which something is left, oldest first. */
  notesLeft: ({ records, notesLeft }: CreditKeeper, currency: Currency, max: number): readonly PaymentFacts[] =>
    (notesLeft.get(currency) ?? []).slice(0, max).map((ordinal) => accountPayments.at({ records }, ordinal)),
  /** What of the payment settles the invoice; `undefined` when it never did, nothing when that was undone. */
  allocation: (
    { records }: Keeper,
    paymentId: PaymentId,
    invoiceId: InvoiceId,
    recovers: boolean,
  ): LivingAllocation | undefined =>
    keptAllocations.get(records, allocationKey(records, paymentId, invoiceId, recovers)),
  /** Changes payment and invoice, too; they are still to be set. */
  setAllocation: (
    { records }: Keeper,
    payment: PaymentFacts,
    invoice: Invoice,
    allocation: LivingAllocation,
    recovers: boolean,
  ): void => {
    const key = allocationKey(records, payment.paymentId, invoice.invoiceId, recovers)
    const known = keptAllocations.get(records, key)
    const previous = known?.previous ?? payment.newestAllocation
    const previousOnInvoice = known?.previousOnInvoice ?? invoice.newestAllocation
    const ordinal = keptAllocations.set(records, key, { ...allocation, previous, previousOnInvoice })
    if (known !== undefined) return
    payment.newestAllocation = ordinal + 1
    invoice.newestAllocation = ordinal + 1
  },
  /** What settles an invoice, and by which payment: the newest day first, of one day what came last. */
  onInvoice: ({ records }: Keeper, invoice: Invoice): readonly SettlingPayment[] => {
    const chain: SettlingPayment[] = []
    for (let place = invoice.newestAllocation; place > 0; ) {
      const { previous: _, previousOnInvoice, ...allocation } = keptAllocations.at(records, place - 1)
      const [paymentId, , recovers] = pairOf(records, place - 1)
      if (allocation.amount !== 0n) chain.push({ paymentId, recovers, allocation })
      place = previousOnInvoice
    }
    const dayOf = ({ allocation }: SettlingPayment): BusinessDay => allocation.allocatedOn
    return chain.toSorted((a, b) => (dayOf(a) === dayOf(b) ? 0 : dayOf(a) < dayOf(b) ? 1 : -1))
  },
  /** Whether anything ever recovered what was written off the invoice, undone by now or not. */
  everRecovered: ({ records }: Keeper, invoice: Invoice): boolean => {
    for (let place = invoice.newestAllocation; place > 0; ) {
      const [, , recovers] = pairOf(records, place - 1)
      if (recovers) return true
      place = keptAllocations.at(records, place - 1).previousOnInvoice
    }
    return false
  },
  /** Oldest first. Looks at everything that the account has. */
  *all(account: Keeper): Iterable<Payment> {
    for (const ordinal of ordinalsOf(account.records, KIND.payment)) {
      const payment = accountPayments.get(account, keyAt(account.records, ordinal))
      if (payment !== undefined) yield payment
    }
  },
}

import type { CompanyRules } from '../../decider.ts'
import type { ExchangeRate } from '../../exchange-rate.ts'
import type { InvoiceId, PaymentId } from '../../ids.ts'
import { type Currency, minorIn } from '../../money.ts'
import { accountInvoices, type Invoice } from '../account-records.ts'
import { type OpenPart, partsInOrder } from '../open-invoices.ts'
import { namesIn } from '../remittance-text.ts'
import { type ClientAccount, openParts } from '../state.ts'
import type { AllocationRule } from '../vocabulary.ts'
import type { CommandData } from './decisions.ts'
import { paidFor, type Share } from './foreign-parts.ts'
import { invoiceOf, requireCredit, requireOpen, requireSameCurrency } from './requirements.ts'

// How a payment is spread over invoices when it is recorded. A rule never looks at all that is open: it takes from the
// front of the list, or asks for what the payer names.

export const RULES = {
  explicit: 'explicit@1',
  named: 'named@3',
  oldestDueFirst: 'oldestDueFirst@2',
  none: 'none@1',
} as const satisfies Record<string, AllocationRule>

interface Spreading {
  readonly paymentId: PaymentId
  readonly currency: Currency
  readonly amount: bigint
}

interface Item {
  readonly invoiceId: InvoiceId
  readonly amount: string
  readonly exchangeRate?: ExchangeRate | undefined
}

export const explicitShares = (
  account: ClientAccount,
  items: readonly Item[],
  { paymentId, currency, amount: total }: Spreading,
  rules: CompanyRules | undefined,
  /** JSON pointer to the items. */
  path: string,
): readonly Share[] => {
  let credit = total
  return items.map(({ invoiceId, amount: asked, exchangeRate }, index) => {
    const at = `${path}/${index}`
    const invoice = invoiceOf(account, invoiceId)
    if (exchangeRate === undefined) requireSameCurrency({ currency }, invoice)
    const amount = minorIn(asked, invoice.currency, `${at}/amount`)
    requireOpen(invoice, amount, `${at}/amount`)
    const paid = paidFor({ currency }, invoice, amount, { exchangeRate, at }, rules)
    requireCredit({ paymentId, credit, currency }, paid, `${at}/amount`)
    credit -= paid
    return { invoice, amount, paid, exchangeRate }
  })
}

/** Fills parts in the given order until the money is used up; what an invoice gets in several parts is one share. */
export const sharesInOrder = (parts: Iterable<OpenPart<Invoice>>, total: bigint): readonly Share[] => {
  const shares = new Map<InvoiceId, Share>()
  let left = total
  for (const { invoice, reach } of parts) {
    if (left === 0n) break
    const taken = shares.get(invoice.invoiceId)?.amount ?? 0n
    const untilEnd = reach - taken
    const more = untilEnd < left ? untilEnd : left
    if (more <= 0n) continue
    shares.set(invoice.invoiceId, { invoice, amount: taken + more, paid: taken + more })
    left -= more
  }
  return [...shares.values()]
}

const namedIn = (account: ClientAccount, currency: Currency, text: string): readonly Invoice[] =>
  namesIn<Invoice>(text, {
    withDigits: (digits) => accountInvoices.withDigits(account, digits),
    isOpen: (invoice) => invoice.currency === currency && invoice.open > 0n,
    some: () => [],
  }).named

type Allocation = NonNullable<CommandData<'RecordPayment'>['allocation']>

export const spread = (
  account: ClientAccount,
  allocation: Allocation,
  payment: Spreading & { readonly remittanceText?: string | undefined },
  rules: CompanyRules | undefined,
): readonly Share[] => {
  const { currency, amount, remittanceText = '' } = payment
  switch (allocation.rule) {
    case 'explicit':
      return explicitShares(account, allocation.items, payment, rules, '/allocation/items')
    case 'oldestDueFirst':
      return sharesInOrder(openParts(account, currency), amount)
    case 'named':
      return sharesInOrder(partsInOrder(namedIn(account, currency, remittanceText)), amount)
    case 'none':
      return []
  }
}

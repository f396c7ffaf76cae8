import type { BusinessDay } from '../../business-day.ts'
import type { CompanyRules } from '../../decider.ts'
import type { InvoiceId, PaymentId } from '../../ids.ts'
import type { Currency } from '../../money.ts'
import { partsInOrder } from '../open-invoices.ts'
import { type ClientAccount, openParts } from '../state.ts'
import type { AllocationRule, PaymentMethod } from '../vocabulary.ts'
import { autoSpread, namesFor, type Spread, sharesInOrder } from './auto-allocation.ts'
import type { CommandData } from './decisions.ts'
import { type AskedShare, askedShare, type Share } from './foreign-parts.ts'
import { requireTaken } from './recoveries.ts'
import { invoiceOf, requireCredit } from './requirements.ts'

// How a payment is spread over invoices when it is recorded. A rule never looks at all that is open: it takes from the
// front of the list, or asks for what the payer names.

export const RULES = {
  auto: 'auto@1',
  explicit: 'explicit@1',
  named: 'named@3',
  oldestDueFirst: 'oldestDueFirst@2',
  none: 'none@1',
} as const satisfies Record<string, AllocationRule>

interface Spreading {
  readonly paymentId: PaymentId
  readonly currency: Currency
  readonly amount: bigint
  readonly method: PaymentMethod
  readonly receivedOn: BusinessDay
}

interface Item extends AskedShare {
  readonly invoiceId: InvoiceId
}

export const explicitShares = (
  account: ClientAccount,
  items: readonly Item[],
  { paymentId, currency, amount: total, ...arrived }: Spreading,
  rules: CompanyRules | undefined,
  /** JSON pointer to the items. */
  path: string,
): readonly Share[] => {
  let credit = total
  return items.map((item, index) => {
    const at = `${path}/${index}`
    const asked = askedShare({ currency, credit }, invoiceOf(account, item.invoiceId), item, at, rules)
    const amountAt = `${at}/${item.amount === undefined ? 'paid' : 'amount'}`
    const share = requireTaken(asked, { ...arrived, clearedOn: undefined }, amountAt)
    requireCredit({ paymentId, credit, currency }, share.paid, `${at}/${item.paid === undefined ? 'amount' : 'paid'}`)
    credit -= share.paid
    return share
  })
}

type Allocation = NonNullable<CommandData<'RecordPayment'>['allocation']>

export const spread = (
  account: ClientAccount,
  allocation: Allocation,
  payment: Spreading & { readonly remittanceText?: string | undefined },
  rules: CompanyRules | undefined,
): Spread => {
  const { currency, amount, remittanceText } = payment
  switch (allocation.rule) {
    case 'auto':
      return autoSpread(account, payment)
    case 'explicit':
      return { shares: explicitShares(account, allocation.items, payment, rules, '/allocation/items'), notes: [] }
    case 'oldestDueFirst':
      return { shares: sharesInOrder(openParts(account, currency), amount), notes: [] }
    case 'named': {
      const { named, unmet } = namesFor(account, currency, remittanceText ?? '')
      return { shares: sharesInOrder(partsInOrder(named), amount), notes: [], unmet }
    }
    case 'none':
      return { shares: [], notes: [] }
  }
}

import { type BusinessDay, latest } from '../../business-day.ts'
import type { ClientId, InvoiceId } from '../../ids.ts'
import { decimalOf, minorIn, moneyOf } from '../../money.ts'
import { reject } from '../../rejection.ts'
import { type DuePart, rescheduledParts } from '../due-parts.ts'
import { InvoiceRescheduled } from '../events/invoices.ts'
import type { Invoice } from '../records/invoices.ts'
import type { ClientAccount } from '../state.ts'
import type { Decisions } from './decisions.ts'
import { clientOf, invoiceOf } from './requirements.ts'

interface Terms {
  readonly invoiceId: InvoiceId
  readonly dueOn?: BusinessDay | undefined
  readonly instalments?: readonly { readonly dueOn: BusinessDay; readonly amount: string }[] | undefined
}

interface Agreement {
  readonly clientId: ClientId
  readonly agreedOn: BusinessDay
  readonly reason: string
}

/** The new parts of what is open. @param at JSON pointer to the terms @throws Rejection */
const partsOf = ({ open, currency }: Invoice, { dueOn, instalments }: Terms, at: string): readonly DuePart[] => {
  if (instalments === undefined) return dueOn === undefined ? [] : [{ dueOn, amount: open }]
  const parts = instalments.map((part, index) => ({
    dueOn: part.dueOn,
    amount: minorIn(part.amount, currency, `${at}/instalments/${index}/amount`),
  }))
  const sum = parts.reduce((so, { amount }) => so + amount, 0n)
  const inOrder = parts.every((part, index) => index === 0 || (parts[index - 1]?.dueOn ?? '') < part.dueOn)
  if (sum !== open || !inOrder) {
    reject('INSTALMENTS_DO_NOT_ADD_UP', {
      path: `${at}/instalments`,
      rule: 'amounts add up to what is open, days rise',
      total: moneyOf(open, currency),
      sum: moneyOf(sum, currency),
    })
  }
  return parts
}

const isSame = (one: readonly DuePart[], other: readonly DuePart[]): boolean =>
  one.length === other.length &&
  one.every(({ dueOn, amount }, index) => other[index]?.dueOn === dueOn && other[index]?.amount === amount)

const reschedule = (
  account: ClientAccount,
  terms: Terms,
  { clientId, agreedOn, reason }: Agreement,
  at: string,
): readonly InvoiceRescheduledEvent[] => {
  const { invoiceId } = terms
  const invoice = invoiceOf(account, invoiceId)
  const { currency, issuedOn, dueOn, dueParts, rescheduledOn, total, open, moved } = invoice
  if (open === 0n)
    reject('ALLOCATION_EXCEEDS_OPEN_AMOUNT', { path: `${at}/invoiceId`, invoiceId, open: moneyOf(0n, currency) })
  const agreed = partsOf(invoice, terms, at)
  const early = agreed.find((part) => part.dueOn < issuedOn)
  if (early !== undefined) {
    const path = `${at}/${terms.instalments === undefined ? 'dueOn' : 'instalments'}`
    reject('DUE_BEFORE_ISSUE', { path, invoiceId, issuedOn, dueOn: early.dueOn })
  }
  // Terms follow each other on both clocks, so whatever held on a day is told by the agreements up to it.
  const last = latest(issuedOn, rescheduledOn, moved?.on)
  if (agreedOn < last) reject('RESCHEDULE_BEFORE_LAST', { path: '/agreedOn', invoiceId, agreedOn, earliest: last })
  const parts = dueParts.length > 0 ? dueParts : [{ dueOn, amount: total }]
  if (agreedOn === rescheduledOn && isSame(parts, rescheduledParts(parts, agreed))) return []
  return [
    InvoiceRescheduled.of({
      clientId,
      invoiceId,
      amount: moneyOf(open, currency),
      instalments: agreed.map((part) => ({ dueOn: part.dueOn, amount: decimalOf(part.amount, currency) })),
      agreedOn,
      reason,
    }),
  ]
}

type InvoiceRescheduledEvent = ReturnType<typeof InvoiceRescheduled.of>

export const rescheduleDecisions: Decisions<'RescheduleInvoice'> = {
  RescheduleInvoice: ({ invoiceId, dueOn, instalments, items, ...agreement }, account) => {
    clientOf(account, agreement.clientId)
    if (invoiceId !== undefined) return reschedule(account, { invoiceId, dueOn, instalments }, agreement, '')
    return (items ?? []).flatMap((terms, index) => reschedule(account, terms, agreement, `/items/${index}`))
  },
}

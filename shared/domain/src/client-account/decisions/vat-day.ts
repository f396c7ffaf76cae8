import { type BusinessDay, latest, monthOf } from '../../business-day.ts'
import type { CompanyRules } from '../../decider.ts'
import type { VatDay } from '../events/allocations.ts'
import { vatLeftOf } from '../invoice-vat.ts'
import type { VatAmounts } from '../records/fields.ts'
import type { Invoice } from '../records/invoices.ts'
import type { Payment } from '../records/payments.ts'
import { INSTRUMENTS } from '../vocabulary.ts'
import { firstFreeDay } from './requirements.ts'

type Money = Pick<Payment, 'method' | 'receivedOn' | 'clearedOn'> & Partial<Pick<Payment, 'origin'>>

/** Day of the money itself: of a cheque, when it became money. A credit note is none. */
export const dayOfMoney = ({ method, receivedOn, clearedOn, origin }: Money): BusinessDay | undefined => {
  if (method === 'CREDIT_NOTE') return undefined
  if (method === 'TRANSFER') return origin?.collectedOn
  return INSTRUMENTS.has(method) ? clearedOn : receivedOn
}

/** What VAT money can make exigible. What a final invoice took off an advance stays the advance's, with its money. */
const vatFor = (invoice: Invoice): readonly VatAmounts[] =>
  invoice.kind === 'ADVANCE' || invoice.vatTaken.length === 0 ? invoice.vatLines : vatLeftOf(invoice)

/**
 * When money makes the VAT of an invoice exigible. For an advance that is its own day, be it before the paper (Legea
 * 227/2015 art. 282 (2) b); other credit is for no supply until an invoice takes it. What an undo has taken back comes
 * again from the day of the undo on, so that no day has more VAT than the invoice. `undefined`: the money moves none.
 */
const exigibleOn = (collectedOn: BusinessDay, invoice: Invoice): BusinessDay | undefined => {
  const { kind, cashAccounting, issuedOn, lastUndoOn } = invoice
  if (vatFor(invoice).every(({ vat }) => vat === 0n)) return undefined
  const isAdvance = kind === 'ADVANCE'
  const day = latest(collectedOn, lastUndoOn, isAdvance ? undefined : issuedOn)
  // Outside TVA la încasare the paper makes it due, if the money has not done so before.
  return cashAccounting || (isAdvance && day < issuedOn) ? day : undefined
}

/** What an allocation says of the days that are not its own. */
export const moneyAndVatDays = (
  payment: Money,
  invoice: Invoice,
  allocatedOn: BusinessDay,
  rules: CompanyRules | undefined,
): { readonly collectedOn?: BusinessDay; readonly vat?: VatDay } => {
  const collectedOn = dayOfMoney(payment)
  if (collectedOn === undefined) return {}
  const day = exigibleOn(collectedOn, invoice)
  if (day === undefined) return { collectedOn }
  const on = firstFreeDay(rules, day)
  if (on !== day) return { collectedOn, vat: { on, belongsTo: monthOf(day) } }
  return on === allocatedOn ? { collectedOn } : { collectedOn, vat: { on } }
}

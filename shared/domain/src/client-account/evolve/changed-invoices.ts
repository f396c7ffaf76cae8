import { type BusinessDay, latest } from '../../business-day.ts'
import type { InvoiceId } from '../../ids.ts'
import { type Currency, type Money, type MoneyOrZero, minorOf } from '../../money.ts'
import { keyAt } from '../../packed/packed-records.ts'
import type { VatLine } from '../events/parts.ts'
import { linesOfPaper, vatTakenWith } from '../invoice-vat.ts'
import { moveByDue, noOpenInvoices, type OpenByDue, type OpenInvoices } from '../open-invoices.ts'
import type { VatAmounts } from '../records/fields.ts'
import { accountInvoices, type Invoice } from '../records/invoices.ts'
import { keepLeft } from '../records/ordinals-left.ts'
import type { ClientAccount } from '../state.ts'
import { known } from './evolutions.ts'
import { carried, takeValue, vatAmountsOf } from './values.ts'

// How whatever touches an invoice changes it, and its place among those that are open.

export const invoiceOf = (account: ClientAccount, invoiceId: InvoiceId): Invoice =>
  known(accountInvoices.get(account, invoiceId), invoiceId)

const openListOf = (account: ClientAccount, currency: Currency): OpenInvoices => {
  const list = account.openByDue.get(currency)
  if (list !== undefined) return list
  const empty = noOpenInvoices()
  account.openByDue.set(currency, empty)
  return empty
}

export const moveOpen = (
  account: ClientAccount,
  was: OpenByDue,
  is: OpenByDue & Pick<Invoice, 'kind' | 'currency'>,
  ordinal: number,
): void => {
  moveByDue(openListOf(account, is.currency), ordinal, { was, is }, (other) => keyAt(account.records, other))
  if (is.kind === 'FEE' || is.kind === 'INTEREST') keepLeft(account.chargesLeft, is.currency, ordinal, is.open > 0n)
}

/** An invoice or a claim as it begins: nothing is settled, and what it has of VAT and instalments is to be told. */
export const newInvoice = (facts: {
  readonly invoiceId: InvoiceId
  readonly kind: Invoice['kind']
  readonly series?: string | undefined
  readonly number: string
  readonly issuedOn: BusinessDay
  readonly dueOn: BusinessDay
  readonly total: MoneyOrZero
  readonly functional?: MoneyOrZero | undefined
}) => ({
  invoiceId: facts.invoiceId,
  series: facts.series,
  number: facts.number,
  kind: facts.kind,
  currency: facts.total.currency,
  issuedOn: facts.issuedOn,
  dueOn: facts.dueOn,
  dueParts: [],
  rescheduledOn: undefined,
  total: minorOf(facts.total),
  vatLines: [],
  advances: [],
  vatTaken: [],
  corrections: 0,
  cashAccounting: false,
  instalmentContract: false,
  open: minorOf(facts.total),
  writtenOff: 0n,
  recovered: 0n,
  writtenOffOn: undefined,
  value: carried(facts.functional),
  paidInCash: 0n,
  lastUndoOn: undefined,
  moved: undefined,
  hasMoved: false,
  newestAllocation: 0,
})

/** Sets the invoice with what is open on it changed. */
export const changeOpen = (account: ClientAccount, invoice: Invoice, by: bigint): void => {
  const was = { ...invoice }
  invoice.open += by
  moveOpen(account, was, invoice, accountInvoices.set(account, invoice))
}

/** What is taken back of an invoice's VAT; `sign` -1 gives it back. */
const takeVat = (invoice: Invoice, lines: readonly VatAmounts[], sign: 1n | -1n = 1n): void => {
  invoice.vatTaken = vatTakenWith(invoice, lines, sign)
}

/** Of a paper that names the invoice whose VAT it takes back, and does not lower it. */
export const correct = (
  account: ClientAccount,
  corrects: InvoiceId,
  lines: readonly VatAmounts[],
  sign: 1n | -1n,
  /** The paper is another account's, where what it corrects may have stayed. */
  isMoved = false,
): void => {
  const corrected = accountInvoices.get(account, corrects)
  if (corrected === undefined && isMoved) return
  if (corrected === undefined) throw new Error(`history corrects ${corrects} before introducing it`)
  takeVat(corrected, lines, sign)
  corrected.corrections += Number(sign)
  accountInvoices.set(account, corrected)
}

interface Lowering {
  readonly invoiceId: InvoiceId
  readonly functional?: MoneyOrZero | undefined
  readonly vatLines?: readonly VatLine[]
}

/** Something other than money lowers an invoice, and may take VAT back. */
export const lower = (
  account: ClientAccount,
  { invoiceId, functional, vatLines = [] }: Lowering,
  amount: Money,
  writtenOffOn?: BusinessDay,
): void => {
  const invoice = invoiceOf(account, invoiceId)
  if (writtenOffOn !== undefined) {
    invoice.writtenOff += minorOf(amount)
    invoice.writtenOffOn = latest(writtenOffOn, invoice.writtenOffOn)
  }
  takeValue(invoice.value, functional?.amount)
  takeVat(invoice, linesOfPaper(vatLines, invoice.currency).own)
  changeOpen(account, invoice, -minorOf(amount))
}

/** What was lowered is taken back: the invoice asks for it again, and carries its value and its VAT again. */
export const raise = (
  account: ClientAccount,
  { invoiceId, functional, vatLines = [] }: Lowering,
  amount: Money,
  on: BusinessDay,
  isWriteOff = false,
): void => {
  const invoice = invoiceOf(account, invoiceId)
  if (isWriteOff) invoice.writtenOff -= minorOf(amount)
  takeValue(invoice.value, functional?.amount, -1n)
  takeVat(invoice, vatAmountsOf(vatLines, invoice.currency), -1n)
  invoice.lastUndoOn = latest(on, invoice.lastUndoOn)
  changeOpen(account, invoice, minorOf(amount))
}

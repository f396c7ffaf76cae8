import { addDays, type BusinessDay, latest } from '../../business-day.ts'
import type { CompanyRules } from '../../decider.ts'
import type { ClientId, InvoiceId, PaymentId } from '../../ids.ts'
import { type Currency, decimalOf, moneyOf } from '../../money.ts'
import { reject } from '../../rejection.ts'
import type { VatLine } from '../events/parts.ts'
import type { VatAmounts } from '../records/fields.ts'
import { accountInvoices, type Invoice } from '../records/invoices.ts'
import type { Transfer } from '../records/payment-facts.ts'
import { accountPayments, type Payment } from '../records/payments.ts'
import type { Client, ClientAccount } from '../state.ts'
import { INSTRUMENTS, type InvoiceKind, isClaimKind, type PaymentMethod } from '../vocabulary.ts'

// What decisions of an account look up and insist on.

export const clientOf = (account: ClientAccount, clientId: ClientId): Client =>
  account.client ?? reject('CLIENT_NOT_FOUND', { clientId })

export const paymentOf = (
  account: ClientAccount,
  { clientId, paymentId }: { clientId: ClientId; paymentId: PaymentId },
): Payment => {
  clientOf(account, clientId)
  return accountPayments.get(account, paymentId) ?? reject('PAYMENT_NOT_FOUND', { paymentId })
}

export const invoiceOf = (account: ClientAccount, invoiceId: InvoiceId): Invoice =>
  accountInvoices.get(account, invoiceId) ?? reject('INVOICE_NOT_FOUND', { invoiceId })

/** Invoices and claims share their ids, for the same commands name them. @throws Rejection */
export const requireNewId = (account: ClientAccount, invoiceId: InvoiceId): void => {
  if (accountInvoices.has(account, invoiceId)) reject('INVOICE_ALREADY_REGISTERED', { invoiceId })
}

/** An invoice that was issued: no paper corrects a claim, which has none. @throws Rejection */
export const issuedInvoiceOf = (
  account: ClientAccount,
  invoiceId: InvoiceId,
): Invoice & { readonly kind: InvoiceKind } => {
  const invoice = invoiceOf(account, invoiceId)
  const { kind } = invoice
  if (!isClaimKind(kind)) return { ...invoice, kind }
  return reject('CREDIT_NOTE_DOES_NOT_FIT', {
    invoiceId,
    kind,
    rule: 'a claim is no invoice: CancelInvoice takes it back',
  })
}

export const requireSameCurrency = (payment: { readonly currency: Currency }, invoice: Invoice): void => {
  if (payment.currency !== invoice.currency) {
    reject('CURRENCY_MISMATCH', {
      invoiceId: invoice.invoiceId,
      invoiceCurrency: invoice.currency,
      paymentCurrency: payment.currency,
    })
  }
}

/** VAT lines as an event says them. */
export const printedVatLines = (lines: readonly VatAmounts[], currency: Currency): VatLine[] =>
  lines.map(({ rate, base, vat }) => ({ rate, base: decimalOf(base, currency), vat: decimalOf(vat, currency) }))

/** What it takes off, as its paper says it: with a minus. */
export const printedAdvances = ({ advances, currency }: Pick<Invoice, 'advances' | 'currency'>): VatLine[] =>
  advances.map(({ rate, base, vat, advanceInvoiceId }) => ({
    rate,
    base: decimalOf(-base, currency),
    vat: decimalOf(-vat, currency),
    advanceInvoiceId,
  }))

/** @param path JSON pointer to the amount */
export const requireOpen = (invoice: Invoice, amount: bigint, path: string): void => {
  if (amount > invoice.open) {
    reject('ALLOCATION_EXCEEDS_OPEN_AMOUNT', {
      path,
      invoiceId: invoice.invoiceId,
      open: moneyOf(invoice.open, invoice.currency),
    })
  }
}

/** What of a payment is on its way to other accounts: it may come back. */
export const reservedOf = (transfers: readonly Transfer[]): bigint =>
  transfers.reduce((sum, { isReserved, amount }) => (isReserved ? sum + amount : sum), 0n)

/** @param path JSON pointer to the amount */
export const requireCredit = (
  {
    paymentId,
    credit,
    currency,
    transfers = [],
    isReversing = false,
  }: Pick<Payment, 'paymentId' | 'credit' | 'currency'> & Partial<Pick<Payment, 'transfers' | 'isReversing'>>,
  amount: bigint,
  path: string,
  beyond: 'ALLOCATION_EXCEEDS_CREDIT' | 'REFUND_EXCEEDS_CREDIT' = 'ALLOCATION_EXCEEDS_CREDIT',
): void => {
  const reserved = reservedOf(transfers)
  if (isReversing) reject('CREDIT_RESERVED', { path, paymentId, rule: 'the payment is being reversed' })
  if (amount <= credit) return
  reject(amount <= credit + reserved ? 'CREDIT_RESERVED' : beyond, {
    path,
    paymentId,
    credit: moneyOf(credit, currency),
    ...(reserved > 0n && { reserved: moneyOf(reserved, currency) }),
  })
}

/** What of a payment other accounts have. */
export const movedOf = ({ transfers }: Pick<Payment, 'transfers'>): bigint =>
  transfers.reduce((sum, { isReserved, amount }) => (isReserved ? sum : sum + amount), 0n)

/** Nothing of it is on its way, be it there or back. @throws Rejection */
export const requireSettledTransfers = ({
  paymentId,
  transfers,
  currency,
  isReversing,
}: Pick<Payment, 'paymentId' | 'transfers' | 'currency' | 'isReversing'>): void => {
  const reserved = reservedOf(transfers)
  if (reserved > 0n) reject('CREDIT_RESERVED', { paymentId, reserved: moneyOf(reserved, currency) })
  if (isReversing) reject('CREDIT_RESERVED', { paymentId, rule: 'the payment is being reversed' })
}

/** What went to other accounts is undone there first. @throws Rejection */
export const requireNothingTransferred = ({
  paymentId,
  transfers,
  currency,
  isReversing,
}: Pick<Payment, 'paymentId' | 'transfers' | 'currency' | 'isReversing'>): void => {
  requireSettledTransfers({ paymentId, transfers, currency, isReversing })
  if (transfers.length === 0) return
  const to = transfers.map(({ toClientId, transferId, amount }) => ({
    clientId: toClientId,
    paymentId: transferId,
    amount: moneyOf(amount, currency),
  }))
  reject('PAYMENT_TRANSFERRED', { paymentId, transfers: to })
}

/** @param path JSON pointer to where the day may be named */
export const requireNotBefore = (day: BusinessDay, earliest: BusinessDay, path: string): void => {
  if (day < earliest) reject('UNDO_BEFORE_WHAT_IT_UNDOES', { path, day, earliest })
}

/**
 * A payment of money, and how it came: a credit note is credit, but nothing that could bounce, clear or get a receipt; nor
 * could credit that another account has the money of.
 */
export const moneyPaymentOf = (
  account: ClientAccount,
  command: { readonly clientId: ClientId; readonly paymentId: PaymentId },
): { readonly payment: Payment; readonly method: PaymentMethod } => {
  const payment = paymentOf(account, command)
  const { method, paymentId, origin } = payment
  if (method === 'TRANSFER') {
    return reject('PAYMENT_TRANSFERRED', {
      paymentId,
      origin: origin && { clientId: origin.clientId, paymentId: origin.paymentId },
    })
  }
  return method === 'CREDIT_NOTE' ? reject('PAYMENT_NOT_FOUND', { paymentId }) : { payment, method }
}

/** Whether something of what the payment settles does not count as paid yet. */
export const isUncleared = ({ paidWhenCleared, inTransit }: Pick<Payment, 'paidWhenCleared' | 'inTransit'>): boolean =>
  paidWhenCleared && inTransit > 0n

/**
 * When a cheque or promissory note became money, or the last part of one. What it settles counts for TVA la încasare from then on, so none of that
 * begins or ends before (Legea 227/2015 art. 282 (8)).
 */
export const collectedOn = ({ method, clearedOn }: Pick<Payment, 'method' | 'clearedOn'>): BusinessDay | undefined =>
  INSTRUMENTS.has(method) ? clearedOn : undefined

/**
 * The first day on which money may newly fall on an invoice or leave a payment: no undo comes after it, and no closed
 * period holds it.
 */
export const firstFreeDay = (
  rules: CompanyRules | undefined,
  ...days: readonly [BusinessDay, ...(BusinessDay | undefined)[]]
): BusinessDay => {
  const closed = rules?.closedThrough
  return latest(...days, closed === undefined ? undefined : addDays(closed, 1))
}

/** From the last undo on, what is open only falls, so what is open at the end was open all the way. */
export const effectiveDay = (
  payment: Pick<Payment, 'receivedOn' | 'lastUndoOn' | 'method' | 'clearedOn'>,
  invoice: Invoice,
  rules: CompanyRules | undefined,
  askedFor?: BusinessDay,
): BusinessDay => {
  const { receivedOn, lastUndoOn } = payment
  const { issuedOn, lastUndoOn: undoneOn, moved } = invoice
  const day = latest(receivedOn, issuedOn, askedFor, lastUndoOn, undoneOn, moved?.on, collectedOn(payment))
  // A day that was asked for is refused when it is closed; one that only follows moves into the open period.
  return askedFor === undefined ? firstFreeDay(rules, day) : day
}

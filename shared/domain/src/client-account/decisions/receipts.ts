import type { BusinessDay } from '../../business-day.ts'
import type { ClientId, ReceiptId, ReceiptSeries } from '../../ids.ts'
import { decimalOf, moneyOf } from '../../money.ts'
import { reject } from '../../rejection.ts'
import { paidBy } from '../allocation-parts.ts'
import type { AccountEvent } from '../events/account-events.ts'
import { ReceiptDeclined, ReceiptReleased, ReceiptRequested } from '../events/receipts.ts'
import type { Invoice } from '../records/invoices.ts'
import type { Payment } from '../records/payments.ts'
import { settlementsBy } from '../transit.ts'
import { type ClaimKind, isClaimKind } from '../vocabulary.ts'
import type { Decisions } from './decisions.ts'
import { firstFreeDay, invoiceOf, moneyPaymentOf, paymentOf } from './requirements.ts'
import { lastEffectOn, reverse } from './reversals.ts'

/** What a receipt tells of one invoice: amounts in the invoice's currency, and what of the payment went for it. */
interface SettledPart {
  readonly invoice: Invoice
  readonly amount: bigint
  readonly openAfter: bigint
  readonly paid: bigint
  /** Between two currencies. */
  readonly rate: string | undefined
}

/** The paper does not call an invoice what is none. */
const claimOf = ({ kind }: Invoice): { readonly claim?: ClaimKind } => (isClaimKind(kind) ? { claim: kind } : {})

/** Reserves the receipt, with what its paper will say it is for. */
export const requestReceipt = (
  command: {
    readonly clientId: ClientId
    readonly receiptId: ReceiptId
    readonly series: ReceiptSeries
    readonly issuedOn: BusinessDay
  },
  payment: Pick<Payment, 'paymentId' | 'currency' | 'amount' | 'receivedOn' | 'annulledReceipt'>,
  settled: readonly SettledPart[],
) => {
  const { paymentId, currency, amount, receivedOn } = payment
  const { issuedOn } = command
  // It confirms cash that lies in the drawer.
  if (issuedOn < receivedOn) reject('RECEIPT_BEFORE_PAYMENT', { path: '/issuedOn', issuedOn, receivedOn })
  const advance = settled.reduce((left, part) => left - part.paid, amount)
  return ReceiptRequested.of({
    clientId: command.clientId,
    paymentId,
    receiptId: command.receiptId,
    series: command.series,
    issuedOn,
    amount: moneyOf(amount, currency),
    settles: settled.map((part) => ({
      invoiceId: part.invoice.invoiceId,
      ...claimOf(part.invoice),
      series: part.invoice.series,
      number: part.invoice.number,
      issuedOn: part.invoice.issuedOn,
      amount: moneyOf(part.paid, currency),
      openAfter: decimalOf(part.openAfter, part.invoice.currency),
      ...(part.rate === undefined
        ? {}
        : { conversion: { settled: moneyOf(part.amount, part.invoice.currency), rate: part.rate } }),
    })),
    advance: decimalOf(advance, currency),
    replaces: payment.annulledReceipt,
  })
}

export const receiptDecisions: Decisions<'IssueReceipt' | 'DeclineReceipt' | 'ReleaseReceipt'> = {
  IssueReceipt: (command, account) => {
    const { payment, method } = moneyPaymentOf(account, command)
    if (method !== 'CASH') reject('RECEIPT_ONLY_FOR_CASH', { method })
    if (payment.reversed > 0n) reject('PAYMENT_ALREADY_REVERSED', { paymentId: payment.paymentId })
    if (payment.receipt !== undefined) reject('RECEIPT_ALREADY_ISSUED', { ...payment.receipt })
    const settled = settlementsBy(payment).map(({ invoiceId, allocation }) => {
      const { amount, parts } = allocation
      const invoice = invoiceOf(account, invoiceId)
      const { open: openAfter } = invoice
      return { invoice, amount, openAfter, paid: paidBy(allocation), rate: parts.at(-1)?.rate }
    })
    return [requestReceipt(command, payment, settled)]
  },

  DeclineReceipt: (command, account) => {
    const payment = paymentOf(account, command)
    return payment.receipt?.receiptId === command.receiptId ? [ReceiptDeclined.of(command)] : []
  },

  // The book has already annulled it, so this never refuses: it does what is still to be done.
  ReleaseReceipt: (command, account, { company: rules }) => {
    const { clientId, paymentId, receiptId, series, number, annulledOn } = command
    const { payment, method } = moneyPaymentOf(account, command)
    const events: AccountEvent[] = []
    if (payment.receipt?.receiptId === receiptId) {
      events.push(ReceiptReleased.of({ clientId, paymentId, receiptId, series, number, releasedOn: annulledOn }))
    }
    // Money that went on meanwhile cannot be reversed as well; the receipt is annulled all the same.
    const isWhole =
      payment.refunded + payment.released + payment.reversed === 0n &&
      payment.transfers.length === 0 &&
      !payment.isReversing
    if (command.alsoReversePayment && isWhole) {
      const reversedOn = firstFreeDay(rules, annulledOn, lastEffectOn(payment))
      events.push(...reverse(account, payment, method, { clientId, reason: 'MISTAKE', reversedOn }))
    }
    return events
  },
}

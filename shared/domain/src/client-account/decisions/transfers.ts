import { type BusinessDay, latest } from '../../business-day.ts'
import { type CompanyRules, DEFAULT_RULES } from '../../decider.ts'
import type { ClientId, InvoiceId, PaymentId } from '../../ids.ts'
import { minorIn, minorOf, moneyOf } from '../../money.ts'
import { Rejection, reject } from '../../rejection.ts'
import { fragmentBreaches, partInLei } from '../cash-guard.ts'
import type { CompleteTransfer, ReceiveTransfer, WithTransferId } from '../commands.ts'
import type { AccountEvent } from '../events/account-events.ts'
import type { CashBreach } from '../events/cash.ts'
import {
  TransferCompleted,
  TransferDeclined,
  TransferReceived,
  TransferRefused,
  TransferRequested,
} from '../events/transfers.ts'
import { accountInvoices, type Invoice } from '../records/invoices.ts'
import type { PaymentFacts, Transfer } from '../records/payment-facts.ts'
import { accountPayments } from '../records/payments.ts'
import type { ClientAccount } from '../state.ts'
import { isUncollected, least } from '../transit.ts'
import type { Decisions } from './decisions.ts'
import { valueOffPayment } from './foreign-parts.ts'
import { mergedInto } from './merged.ts'
import { noteOf } from './origins.ts'
import { allocated, answerForCash, cashRefusal } from './payments.ts'
import {
  collectedOn,
  firstFreeDay,
  invoiceOf,
  paymentOf,
  requireCredit,
  requireNotBefore,
  requireSettledTransfers,
} from './requirements.ts'
import { freedPart, lastEffectOn, reversibleOf } from './reversals.ts'
import { dayOfMoney } from './vat-day.ts'

type Sent = Pick<ReceiveTransfer, 'transferId' | 'invoiceId' | 'returnsTo' | 'merges' | 'cashOf' | 'cashOverride'> &
  Partial<Pick<ReceiveTransfer, 'amount' | 'functional' | 'movedOn'>>

/** The invoice that it pays may be too large to be paid so far in cash. */
const breachesOf = (
  invoice: Invoice,
  { amount, functional, cashOf, movedOn }: Sent,
  rules: CompanyRules,
): readonly CashBreach[] => {
  if (cashOf === undefined || amount === undefined || movedOn === undefined) return []
  const payment = {
    receivedOn: movedOn,
    deskId: undefined,
    payer: undefined,
    cashPayer: { identity: '', kind: cashOf },
  }
  const paid = partInLei(amount, minorOf(amount), functional && minorOf(functional))
  return fragmentBreaches(payment, [{ invoice, paid }], rules)
}

/** Why an account cannot receive a transfer; `undefined` when it can. Asked before anything is reserved, and again by the event. */
export const transferRefusal = (
  account: ClientAccount,
  sent: Sent,
  rules: CompanyRules = DEFAULT_RULES,
): Rejection | undefined => {
  const { transferId, invoiceId, returnsTo, amount, merges } = sent
  if (account.client === undefined) return new Rejection('CLIENT_NOT_FOUND')
  if (returnsTo !== undefined) return undefined
  // What moves on with the account that had it is taken all the same, and goes where the rest went.
  if (account.merge !== undefined && merges !== true) return mergedInto(account.merge)
  // Money, credit notes on account and what was received stand under one space of ids.
  if (accountPayments.has(account, transferId)) {
    return new Rejection('PAYMENT_ALREADY_RECORDED', { path: '/transferId', paymentId: transferId })
  }
  if (invoiceId === undefined) return undefined
  const invoice = accountInvoices.get(account, invoiceId)
  if (invoice === undefined) return new Rejection('INVOICE_NOT_FOUND', { path: '/invoiceId', invoiceId })
  if (amount === undefined) return undefined
  const { currency, open } = invoice
  if (currency !== amount.currency) {
    const currencies = { invoiceCurrency: currency, paymentCurrency: amount.currency }
    return new Rejection('CURRENCY_MISMATCH', { invoiceId, ...currencies })
  }
  if (minorOf(amount) > open) {
    const path = '/amount'
    return new Rejection('ALLOCATION_EXCEEDS_OPEN_AMOUNT', { path, invoiceId, open: moneyOf(open, currency) })
  }
  return cashRefusal(breachesOf(invoice, sent, rules), sent, rules)
}

/** What is reserved under an id; a second time there is nothing left to conclude. */
const reservedOn = (
  account: ClientAccount,
  { paymentId, transferId }: CompleteTransfer,
): { readonly payment: PaymentFacts; readonly transfer: Transfer } | undefined => {
  const payment = accountPayments.factsOf(account, paymentId)
  const transfer = payment?.transfers.find((one) => one.transferId === transferId && one.isReserved)
  return payment && transfer && { payment, transfer }
}

interface Destination extends Pick<ReceiveTransfer, 'cashOverride' | 'merges'> {
  readonly toClientId: ClientId
  readonly invoiceId?: InvoiceId
  readonly reason: string
  readonly movedOn: BusinessDay | undefined
  /** JSON pointer to where the day may be named. */
  readonly path: string
}

/** The note on account that credit is of, wherever it was registered: its VAT stays there. */
const ofNote = (clientId: ClientId, { method, paymentId, origin }: PaymentFacts) =>
  method === 'CREDIT_NOTE' ? { noteOf: { clientId, paymentId } } : noteOf({ origin })

/** Reserves credit for another account. */
export const requested = (
  account: ClientAccount,
  command: WithTransferId<{ readonly clientId: ClientId; readonly paymentId: PaymentId; readonly amount: string }>,
  { toClientId, invoiceId, cashOverride, merges, reason, movedOn: asked, path }: Destination,
  dayFrom: (earliest: BusinessDay) => BusinessDay,
) => {
  const { clientId, transferId } = command
  const payment = paymentOf(account, command)
  const { paymentId, currency } = payment
  // A paper that is not collected is its drawer's promise, whether or not it counts as paid: its VAT waits in this account.
  if (isUncollected(payment)) reject('PAYMENT_NOT_CLEARED', { paymentId })
  if (payment.transfers.some((transfer) => transfer.transferId === transferId)) {
    reject('PAYMENT_ALREADY_RECORDED', { path: '/transferId', paymentId: transferId })
  }
  const amount = minorIn(command.amount, currency, '/amount')
  requireCredit(payment, amount, '/amount')
  const earliest = latest(payment.receivedOn, payment.lastUndoOn, collectedOn(payment))
  const movedOn = asked ?? dayFrom(earliest)
  const moneyOn = dayOfMoney(payment)
  requireNotBefore(movedOn, earliest, path)
  return TransferRequested.of({
    clientId,
    paymentId,
    toClientId,
    transferId,
    amount: moneyOf(amount, currency),
    ...valueOffPayment(payment, amount),
    movedOn,
    // Until it is moved it is the other client's, for no supply of this one; unless both are one.
    ...(moneyOn !== undefined && { collectedOn: merges === true ? moneyOn : movedOn }),
    ...(invoiceId !== undefined && { invoiceId }),
    ...(payment.cashPayer !== undefined && { cashOf: payment.cashPayer.kind }),
    ...(cashOverride !== undefined && { cashOverride }),
    ...(merges === true ? { merges, ...ofNote(clientId, payment) } : noteOf(payment)),
    ...(invoiceId === undefined && payment.origin?.clientId === toClientId && { returnsTo: payment.origin.paymentId }),
    reason,
  })
}

/** What comes back comes as it went: what the account has given with a merge moved no VAT, and moves none back. */
const asItWent = (account: ClientAccount, command: ReceiveTransfer): ReceiveTransfer => {
  const { returnsTo, origin, merges: _, noteOf: _note, ...returned } = command
  if (returnsTo === undefined) return command
  const payment = accountPayments.factsOf(account, returnsTo)
  const went = payment?.transfers.find(({ transferId }) => transferId === origin.paymentId)
  return {
    ...returned,
    origin,
    returnsTo,
    ...(went?.merges === true ? { merges: true } : payment && noteOf(payment)),
  }
}

/** What is received pays the invoice that it was sent for. */
const settledAtOnce = (
  account: ClientAccount,
  command: ReceiveTransfer,
  invoiceId: InvoiceId,
  rules: CompanyRules | undefined,
): readonly AccountEvent[] => {
  const { clientId, transferId, amount: money, functional, origin, movedOn, collectedOn: moneyOn } = command
  const amount = minorOf(money)
  const total = functional && minorOf(functional)
  const value = functional && total !== undefined ? { currency: functional.currency, total, left: total } : undefined
  const arrival = {
    clientId,
    receivedOn: movedOn,
    method: 'TRANSFER',
    origin: { ...origin, collectedOn: moneyOn },
  } as const
  const credit = {
    paymentId: transferId,
    currency: money.currency,
    amount,
    credit: amount,
    value,
    paidWhenCleared: false,
  }
  const invoice = invoiceOf(account, invoiceId)
  const breaches = breachesOf(invoice, command, rules ?? DEFAULT_RULES)
  return [
    ...answerForCash(breaches, { ...command, paymentId: transferId }, rules ?? DEFAULT_RULES),
    ...allocated(arrival, credit, [{ invoice, amount, paid: amount }], 'explicit@1', rules, breaches),
  ]
}

/** From when on what another account gave may go back there, with all that it settles. */
export const recallableFrom = (account: ClientAccount, transferId: PaymentId): BusinessDay | undefined => {
  const credit = accountPayments.get(account, transferId)
  return credit && lastEffectOn(credit)
}

export const transferDecisions: Decisions<
  'TransferCredit' | 'PayForAnother' | 'ReceiveTransfer' | 'CompleteTransfer' | 'DeclineTransfer' | 'RecallTransfer'
> = {
  TransferCredit: (command, account, { today, company: rules }) => {
    const { toClientId, movedOn, reason } = command
    if (toClientId === command.clientId) reject('TRANSFER_TO_SELF', { path: '/toClientId', clientId: toClientId })
    const to = { toClientId, reason, movedOn, path: '/movedOn' }
    return [requested(account, command, to, (earliest) => firstFreeDay(rules, today, earliest))]
  },

  PayForAnother: (command, account, { company: rules }) => {
    const { invoiceClientId: toClientId, invoiceId, allocatedOn: movedOn, exchangeRate, cashOverride } = command
    if (exchangeRate !== undefined) {
      const rule = "another client's invoice is paid in its own currency"
      reject('EXCHANGE_RATE_NOT_APPLICABLE', { path: '/exchangeRate', invoiceId, rule })
    }
    const to = { toClientId, invoiceId, cashOverride, reason: invoiceId, movedOn, path: '/allocatedOn' }
    // As any allocation, it counts from the money on, unless somebody says when.
    return [requested(account, command, to, (earliest) => firstFreeDay(rules, earliest))]
  },

  // What it refuses is an event as well: two that finish one transfer must hear the same.
  ReceiveTransfer: (command, account, { company: rules }) => {
    const { clientId, origin, transferId, invoiceId } = command
    const refusal = transferRefusal(account, command, rules)
    if (refusal !== undefined) return [TransferRefused.of({ clientId, origin, transferId, code: refusal.code })]
    const received = TransferReceived.of(asItWent(account, command))
    return invoiceId === undefined ? [received] : [received, ...settledAtOnce(account, command, invoiceId, rules)]
  },

  // Nobody is asked: what was given back or went on is not there, and stays where it is.
  RecallTransfer: (command, account, { company: rules }) => {
    const { clientId, paymentId, transferId, reason } = command
    const credit = paymentOf(account, command)
    requireSettledTransfers(credit)
    const { origin, currency } = credit
    const minor = least(minorOf(command.amount), reversibleOf(credit))
    if (origin?.clientId === undefined || minor === 0n) return []
    const movedOn = firstFreeDay(rules, command.reversedOn, lastEffectOn(credit))
    const { events, value } = freedPart(account, credit, minor, { clientId, on: movedOn })
    const back = { toClientId: origin.clientId, returnsTo: origin.paymentId }
    const amount = moneyOf(minor, currency)
    return [
      ...events,
      TransferRequested.of({ clientId, paymentId, transferId, ...back, amount, ...value, movedOn, reason }),
    ]
  },

  CompleteTransfer: (command, account) =>
    reservedOn(account, command) === undefined ? [] : [TransferCompleted.of(command)],

  DeclineTransfer: (command, account) => {
    const reserved = reservedOn(account, command)
    if (reserved === undefined) return []
    const { currency, value } = reserved.payment
    const { amount, value: functional } = reserved.transfer
    return [
      TransferDeclined.of({
        ...command,
        amount: moneyOf(amount, currency),
        ...(value !== undefined && functional !== undefined && { functional: moneyOf(functional, value.currency) }),
      }),
    ]
  },
}

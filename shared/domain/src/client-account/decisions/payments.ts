import { latest } from '../../business-day.ts'
import type { CompanyRules, DecisionContext } from '../../decider.ts'
import { DEFAULT_RULES } from '../../decider.ts'
import type { ClientId } from '../../ids.ts'

import { decimalOf, type Money, type MoneyOrZero, minorIn, minorOf, moneyOf } from '../../money.ts'
import { Rejection, reject } from '../../rejection.ts'
import { cashBreaches, countedPayerOf, fragmentBreaches, partInLei, worthInLei } from '../cash-guard.ts'
import type { AccountEvent } from '../events/account-events.ts'
import { PaymentAllocated } from '../events/allocations.ts'
import { type CashBreach, CashLimitOverridden } from '../events/cash.ts'
import { ReversalDeclined, ReversalRequested } from '../events/followed-reversals.ts'
import { PaymentCleared, PaymentRecorded } from '../events/payments.ts'
import { cashTaken } from '../records/cash.ts'
import type { Invoice } from '../records/invoices.ts'
import { creditNotes } from '../records/papers.ts'
import type { PaymentFacts } from '../records/payment-facts.ts'
import { accountPayments, type Payment } from '../records/payments.ts'
import type { ClientAccount } from '../state.ts'
import { atLeastNothing, collectedByAllocation, collectionOf, least, settlementsBy } from '../transit.ts'
import { type AllocationRule, INSTRUMENTS, METHODS_IN_TRANSIT } from '../vocabulary.ts'
import { explicitShares, RULES, spread } from './allocation-rules.ts'
import type { Spread } from './auto-allocation.ts'
import type { CommandData, Decisions } from './decisions.ts'
import { reservedForOthers } from './for-others.ts'
import { askedShare, documentValue, foreignFactsOf, rateOf, type Share, without } from './foreign-parts.ts'
import { noteOf, paperOf } from './origins.ts'
import { noticesOf } from './payment-notices.ts'
import { requestReceipt } from './receipts.ts'
import { dayOfShare, openAfter, requireTaken } from './recoveries.ts'
import {
  clientOf,
  collectedOn,
  effectiveDay,
  firstFreeDay,
  invoiceOf,
  isUncleared,
  moneyPaymentOf,
  movedOf,
  paymentOf,
  requireCredit,
  requireNotBefore,
  requireSettledTransfers,
} from './requirements.ts'
import { deallocate, lastEffectOn, reverse, reversibleOf } from './reversals.ts'
import { takingBack } from './taking-back.ts'
import { moneyAndVatDays } from './vat-day.ts'

/** One event a share; each takes its part of what the ones before have left of the payment. */
export const allocated = (
  {
    clientId,
    ...arrival
  }: Pick<Payment, 'receivedOn' | 'method'> & Partial<Pick<Payment, 'origin'>> & { readonly clientId: ClientId },
  payment: NewPayment,
  shares: readonly Share[],
  rule: AllocationRule,
  rules: CompanyRules | undefined,
  breaches: readonly CashBreach[] = [],
): readonly AccountEvent[] => {
  const arrived = { ...arrival, lastUndoOn: undefined, clearedOn: undefined }
  let left: NewPayment = payment
  return shares.map((share) => {
    const { invoice, amount, recovers } = share
    const foreign = foreignFactsOf(left, share, rules)
    left = { ...left, ...without(left, share) }
    const allocatedOn = dayOfShare(arrived, share, rules)
    return PaymentAllocated.of({
      clientId,
      paymentId: payment.paymentId,
      invoiceId: invoice.invoiceId,
      amount: moneyOf(amount, invoice.currency),
      allocatedOn,
      ...moneyAndVatDays(arrived, invoice, allocatedOn, rules),
      rule,
      ...(recovers ? { recovers } : {}),
      ...foreign,
      ...(payment.paidWhenCleared ? { uncleared: true } : {}),
      ...paperOf(invoice),
      ...noteOf(arrival),
      ...keptBreaches(breaches),
    })
  })
}

/** The credit notes that a payment counts on settle on its day: not before, though they are older. */
export const allocatedNotes = (
  { clientId, receivedOn }: Pick<CommandData<'RecordPayment'>, 'clientId' | 'receivedOn'>,
  { notes }: Spread,
  rule: AllocationRule,
  rules: CompanyRules | undefined,
): readonly AccountEvent[] =>
  notes.flatMap(({ note, shares }) => {
    let left: PaymentFacts = note
    return shares.map((share) => {
      const { invoice, amount } = share
      const foreign = foreignFactsOf(left, share, rules)
      left = { ...left, ...without(left, share) }
      return PaymentAllocated.of({
        clientId,
        paymentId: note.paymentId,
        invoiceId: invoice.invoiceId,
        amount: moneyOf(amount, invoice.currency),
        allocatedOn: effectiveDay(note, invoice, rules, receivedOn),
        rule,
        ...foreign,
        ...paperOf(invoice),
      })
    })
  })

const settledByNotes = ({ notes }: Spread, { invoiceId }: Invoice): bigint =>
  notes
    .flatMap(({ shares }) => shares)
    .reduce((sum, { invoice, amount }) => (invoice.invoiceId === invoiceId ? sum + amount : sum), 0n)

/** What the event keeps of how the rule came to its shares. */
export const toldBy = ({ stage, skipped = [], unmet = [] }: Spread) => ({
  ...(stage === undefined ? {} : { allocationStage: stage }),
  ...(skipped.length === 0 ? {} : { skippedStages: [...skipped] }),
  ...(unmet.length === 0 ? {} : { unmetNames: [...unmet] }),
})

type Overridable = Pick<
  CommandData<'RecordPayment' | 'AllocatePayment' | 'RecordRefund'>,
  'clientId' | 'paymentId' | 'cashOverride'
>

/** Of cash above a ceiling: what refuses it, with rule, limit and sum; `undefined` where it may pass. */
export const cashRefusal = (
  breaches: readonly CashBreach[],
  { cashOverride }: Pick<Overridable, 'cashOverride'>,
  { cashGuard }: CompanyRules,
): Rejection | undefined => {
  const [first] = breaches
  const mayPass = cashGuard === 'WARN' || (cashGuard === 'REQUIRE_OVERRIDE' && cashOverride !== undefined)
  return first === undefined || mayPass
    ? undefined
    : new Rejection(first.code, { ...first, reaction: cashGuard, breaches })
}

/** What the company does about cash above a ceiling: events that go along, or a refusal. @throws Rejection */
export const answerForCash = (
  breaches: readonly CashBreach[],
  { clientId, paymentId, cashOverride }: Overridable,
  rules: CompanyRules,
): readonly AccountEvent[] => {
  const refusal = cashRefusal(breaches, { cashOverride }, rules)
  if (refusal !== undefined) throw refusal
  if (breaches.length === 0 || rules.cashGuard === 'WARN' || cashOverride === undefined) return []
  const { reason, approvedBy } = cashOverride
  return [CashLimitOverridden.of({ clientId, paymentId, breaches: [...breaches], reason, approvedBy })]
}

export const keptBreaches = (breaches: readonly CashBreach[]): { readonly cashBreaches?: CashBreach[] } =>
  breaches.length === 0 ? {} : { cashBreaches: [...breaches] }

type NewPayment = Pick<Payment, 'paymentId' | 'currency' | 'amount' | 'credit' | 'value' | 'paidWhenCleared'>

const newPayment = (
  { paymentId, amount: money, method }: Pick<CommandData<'RecordPayment'>, 'paymentId' | 'amount' | 'method'>,
  functional: MoneyOrZero | undefined,
  rules: CompanyRules | undefined,
): NewPayment => {
  const amount = minorOf(money)
  const total = functional === undefined ? 0n : minorOf(functional)
  const value = functional && { currency: functional.currency, total, left: total }
  const paidWhenCleared = INSTRUMENTS.has(method) && !(rules ?? DEFAULT_RULES).instrumentCountsAsPaid
  return { paymentId, currency: money.currency, amount, credit: amount, value, paidWhenCleared }
}

/** What is owed on both sides ends on both: a set-off leaves no credit. @param path JSON pointer to what it settles */
const requireExactSetOff = (shares: readonly Share[], amount: Money, path: string): void => {
  const sum = shares.reduce((total, share) => total + share.paid, 0n)
  if (sum !== minorOf(amount)) {
    reject('SET_OFF_DOES_NOT_ADD_UP', { path, amount, sum: moneyOf(sum, amount.currency) })
  }
}

const afterShares = (payment: NewPayment, shares: readonly Share[]): NewPayment =>
  shares.reduce((left, share) => ({ ...left, ...without(left, share) }), payment)

/** In lei, as far as the payment is worth any: what leaves it with each share. */
const sharesInLei = (payment: NewPayment, shares: readonly Share[]) => {
  let left: NewPayment = payment
  return shares.map((share) => {
    const before = left.value?.left ?? 0n
    left = { ...left, ...without(left, share) }
    return { invoice: share.invoice, paid: partInLei(payment, share.paid, before - (left.value?.left ?? 0n)) }
  })
}

/** What a bank in between kept. What is kept of money on its way is known when it arrives; of cash nobody keeps anything. */
export const keptFee = ({
  fee,
  amount,
  method,
}: Pick<CommandData<'RecordPayment'>, 'fee' | 'amount' | 'method'>): { readonly fee?: string } => {
  const minor = fee === undefined ? 0n : minorIn(fee, amount.currency, '/fee')
  if (minor === 0n) return {}
  if (method !== 'BANK_TRANSFER') {
    const rule = METHODS_IN_TRANSIT.has(method)
      ? 'ConfirmPaymentCleared tells what was kept of money on its way'
      : 'only of a bank transfer a bank in between keeps something'
    reject('FEE_NOT_APPLICABLE', { path: '/fee', method, rule })
  }
  if (minor > minorOf(amount)) reject('FEE_EXCEEDS_PAYMENT', { path: '/fee', amount })
  return { fee: decimalOf(minor, amount.currency) }
}

const less = (left: bigint, { paid }: Share): bigint => left - paid

const recordPayment = (
  command: CommandData<'RecordPayment'>,
  account: ClientAccount,
  context: DecisionContext,
): readonly AccountEvent[] => {
  const { company: rules, elsewhere } = context
  const {
    allocation = { rule: 'auto' as const },
    receipt,
    cashOverride,
    exchangeRate,
    fee: _fee,
    forOthers = [],
    ...facts
  } = command
  const { clientId, paymentId, receivedOn, deskId, payer, remittanceText } = facts
  const client = clientOf(account, clientId)
  if (accountPayments.has(account, paymentId)) reject('PAYMENT_ALREADY_RECORDED', { paymentId })
  if (receipt !== undefined && facts.method !== 'CASH') reject('RECEIPT_ONLY_FOR_CASH', { method: facts.method })

  const { currency } = facts.amount
  const amount = minorOf(facts.amount)
  const rule = RULES[allocation.rule]
  const spreading = spread(
    account,
    allocation,
    { paymentId, currency, amount, method: facts.method, receivedOn, remittanceText },
    rules,
  )
  const { shares } = spreading
  if (facts.method === 'SET_OFF') requireExactSetOff(shares, facts.amount, '/allocation')
  const valued = documentValue(facts.amount, rateOf(exchangeRate, context), rules)
  const payment = newPayment(facts, valued.functional, rules)
  const lei = worthInLei({ currency, total: amount, value: payment.value })
  const cashPayer = facts.method === 'CASH' ? countedPayerOf({ payer, lei }, client) : undefined
  const cash = { receivedOn, deskId, payer, lei, cashPayer }
  const breaches = cashBreaches(
    (key) => cashTaken.by(account, key),
    cash,
    sharesInLei(payment, shares),
    rules ?? DEFAULT_RULES,
  )
  const notices = noticesOf(facts, { client, lei }, rules ?? DEFAULT_RULES)

  const events: AccountEvent[] = [
    PaymentRecorded.of({
      ...facts,
      ...keptFee(command),
      allocationRule: rule,
      ...toldBy(spreading),
      ...valued,
      ...(payment.paidWhenCleared ? { paidWhenCleared: true } : {}),
      ...(facts.method === 'CASH' ? { advance: decimalOf(shares.reduce(less, amount), currency) } : {}),
      ...keptBreaches(breaches),
      ...(notices.length === 0 ? {} : { notices }),
      ...(elsewhere?.payments?.length ? { looksLike: [...elsewhere.payments] } : {}),
    }),
    ...answerForCash(breaches, command, rules ?? DEFAULT_RULES),
    ...allocated(facts, payment, shares, rule, rules),
    ...allocatedNotes(facts, spreading, rule, rules),
    ...reservedForOthers(afterShares(payment, shares), forOthers, { ...facts, cashPayer, cashOverride }, rules),
  ]
  if (receipt !== undefined) {
    const settled = shares.map((share) => ({
      ...share,
      openAfter: openAfter(share) - settledByNotes(spreading, share.invoice),
      rate: share.exchangeRate?.rate,
    }))
    const request = { clientId, receiptId: receipt.receiptId, series: receipt.series, issuedOn: receivedOn }
    events.push(
      requestReceipt(request, { paymentId, currency, amount, receivedOn, annulledReceipt: undefined }, settled),
    )
  }
  return events
}

const collectedPart = (invoice: Invoice, amount: bigint) => ({
  invoiceId: invoice.invoiceId,
  amount: moneyOf(amount, invoice.currency),
  ...paperOf(invoice),
})

/** What a part of a paper's money makes collected of what it settles. */
const collectedBy = (account: ClientAccount, payment: Payment, minor: bigint) =>
  collectionOf(payment, minor).parts.flatMap(({ invoiceId, amount }) =>
    amount === 0n ? [] : [collectedPart(invoiceOf(account, invoiceId), amount)],
  )

/** What counts as paid from now on, and what VAT becomes exigible with: of a card, nothing that did not before. */
const collectionFacts = (account: ClientAccount, payment: Payment, minor: bigint) => {
  if (isUncleared(payment)) return { settles: collectedBy(account, payment, minor) }
  const isPart = INSTRUMENTS.has(payment.method) && minor < payment.inTransit
  return isPart ? { collects: collectedBy(account, payment, minor) } : {}
}

/**
 * A credit note has its id among the payments (decision 0005), be it credit or not: one that was a mistake is found under
 * it. It cannot bounce.
 */
const noteMeant = (
  { clientId, paymentId, reason, amount, reversedOn, note }: CommandData<'ReversePayment'>,
  account: ClientAccount,
): CommandData<'ReverseCreditNote'> | undefined => {
  const { method = 'CREDIT_NOTE' } = accountPayments.factsOf(account, paymentId) ?? {}
  const creditNoteId: string = paymentId
  if (method !== 'CREDIT_NOTE' || reason !== 'MISTAKE' || amount !== undefined) return undefined
  return creditNotes.has(account, creditNoteId) ? { clientId, creditNoteId, reason, reversedOn, note } : undefined
}

/** Told, or what was recorded and is not gone yet, whole; of money that came in part and then bounced, what was still to come. */
const takenByBank = (
  { currency, inTransit, clearedOn }: PaymentFacts,
  { amount, reason }: CommandData<'ReversePayment'>,
  recorded: bigint,
): bigint => {
  if (amount !== undefined) return minorIn(amount, currency, '/amount')
  return reason === 'BOUNCED' && clearedOn !== undefined && inTransit > 0n ? inTransit : recorded
}

export const paymentDecisions: Decisions<
  | 'RecordPayment'
  | 'RecordSetOff'
  | 'AllocatePayment'
  | 'DeallocatePayment'
  | 'ReversePayment'
  | 'ConcludeReversal'
  | 'ConfirmPaymentCleared'
> = {
  RecordPayment: recordPayment,

  RecordSetOff: (command, account, context) => {
    const { company: rules } = context
    const { clientId, paymentId, setOffOn, document, note } = command
    const client = clientOf(account, clientId)
    if (accountPayments.has(account, paymentId)) reject('PAYMENT_ALREADY_RECORDED', { paymentId })
    const { currency } = command.amount
    const amount = minorOf(command.amount)
    const arrived = { paymentId, method: 'SET_OFF', receivedOn: setOffOn } as const
    const shares = explicitShares(account, command.items, { ...arrived, currency, amount }, rules, '/items')
    requireExactSetOff(shares, command.amount, '/items')
    const facts = { clientId, amount: command.amount, ...arrived }
    const valued = documentValue(command.amount, rateOf(command.exchangeRate, context), rules)
    const payment = newPayment(facts, valued.functional, rules)
    const lei = worthInLei({ currency, total: amount, value: payment.value })
    const notices = noticesOf(facts, { client, lei }, rules ?? DEFAULT_RULES)
    return [
      PaymentRecorded.of({
        ...facts,
        allocationRule: RULES.explicit,
        ...valued,
        bankReference: document,
        remittanceText: note,
        ...(notices.length === 0 ? {} : { notices }),
      }),
      ...allocated(facts, payment, shares, RULES.explicit, rules),
    ]
  },

  AllocatePayment: (command, account, { company: rules }) => {
    const payment = paymentOf(account, command)
    const invoice = invoiceOf(account, command.invoiceId)
    const amountAt = command.amount === undefined ? '/paid' : '/amount'
    const share = requireTaken(askedShare(payment, invoice, command, '', rules), payment, amountAt)
    const { amount, paid, recovers } = share
    requireCredit(payment, paid, command.paid === undefined ? '/amount' : '/paid')
    const breaches = fragmentBreaches(payment, sharesInLei(payment, [share]), rules ?? DEFAULT_RULES)
    const allocatedOn = dayOfShare(payment, share, rules, command.allocatedOn)
    const collected = collectedByAllocation(payment, amount, paid)
    return [
      PaymentAllocated.of({
        clientId: command.clientId,
        paymentId: payment.paymentId,
        invoiceId: invoice.invoiceId,
        amount: moneyOf(amount, invoice.currency),
        allocatedOn,
        ...moneyAndVatDays(payment, invoice, allocatedOn, rules),
        rule: RULES.explicit,
        ...(recovers ? { recovers } : {}),
        ...foreignFactsOf(payment, share, rules),
        ...(isUncleared(payment) && collected < amount ? { uncleared: true } : {}),
        ...(collected > 0n ? { collected: decimalOf(collected, invoice.currency) } : {}),
        ...paperOf(invoice),
        ...noteOf(payment),
        ...keptBreaches(breaches),
      }),
      ...answerForCash(breaches, command, rules ?? DEFAULT_RULES),
    ]
  },

  DeallocatePayment: (command, account, { today }) => {
    const { clientId, reason, note } = command
    const payment = paymentOf(account, command)
    const invoice = invoiceOf(account, command.invoiceId)
    // What it recovered first: what is open is asked for only when there is nothing else to give back.
    const settlements = settlementsBy(payment)
      .filter(({ invoiceId }) => invoiceId === invoice.invoiceId)
      .toReversed()
    const living = settlements.reduce((sum, { allocation }) => sum + allocation.amount, 0n)
    const amount = command.amount === undefined ? living : minorIn(command.amount, invoice.currency, '/amount')
    if (living === 0n || amount > living) {
      return reject('DEALLOCATION_EXCEEDS_ALLOCATION', {
        path: '/amount',
        paymentId: payment.paymentId,
        invoiceId: invoice.invoiceId,
        allocated: moneyOf(living, invoice.currency),
      })
    }
    const deallocatedOn = command.deallocatedOn ?? today
    let left = amount
    const undone = settlements.flatMap(({ allocation, recovers }) => {
      const part = least(left, allocation.amount)
      left -= part
      return part === 0n ? [] : [{ allocation, recovers, amount: part }]
    })
    const days = undone.map(({ allocation }) => allocation.allocatedOn)
    requireNotBefore(deallocatedOn, latest(payment.receivedOn, collectedOn(payment), ...days), '/deallocatedOn')
    return undone.map((part) => deallocate({ clientId, payment, invoice, ...part, deallocatedOn, reason, note }))
  },

  ReversePayment: (command, account, context) => {
    const { today } = context
    const note = noteMeant(command, account)
    if (note !== undefined) return takingBack.ReverseCreditNote(note, account, context)
    const { payment, method } = moneyPaymentOf(account, command)
    const { paymentId, currency, reversed } = payment
    const here = reversibleOf(payment)
    const left = here + movedOf(payment)
    const recorded = atLeastNothing(payment.amount - reversed)
    if (recorded === 0n && (left === 0n || command.amount === undefined)) {
      reject('PAYMENT_ALREADY_REVERSED', { paymentId })
    }
    requireSettledTransfers(payment)
    const isMistake = command.reason === 'MISTAKE'
    const refunded = payment.refunded + payment.released
    // What bounces is gone, whatever was given back of it before; a mistake says that nothing ever came, and a refund did.
    if (isMistake && refunded > 0n) {
      reject('PAYMENT_REFUNDED', {
        paymentId,
        amount: moneyOf(payment.amount, currency),
        refunded: moneyOf(refunded, currency),
      })
    }
    const reversedOn = command.reversedOn ?? today
    requireNotBefore(reversedOn, lastEffectOn(payment), '/reversedOn')
    // A document on which cash was received is annulled, not corrected (OMFP 2634/2015 annex 1 pct. 14-15).
    if (method === 'CASH' && command.amount !== undefined) {
      reject('CASH_REVERSED_IN_PART', { path: '/amount', rule: 'cash that was given back is a refund' })
    }
    const part = takenByBank(payment, command, recorded)
    if (command.amount !== undefined && part > left && (isMistake || command.allowExcess !== true)) {
      reject('REVERSAL_EXCEEDS_PAYMENT', { path: '/amount', paymentId, left: moneyOf(left, currency) })
    }
    if (part <= here || left === here) {
      return reverse(account, payment, method, { ...command, reversedOn }, { minor: part, claimId: command.claimId })
    }
    const { clientId, reason, note: remark } = command
    const asked = { clientId, paymentId, amount: moneyOf(part, currency), reason, reversedOn }
    // What other accounts have of it is undone there first.
    return [ReversalRequested.of({ ...asked, ...(remark === undefined ? {} : { note: remark }) })]
  },

  // What was given back elsewhere did not come back, and is owed as what was given back here is.
  ConcludeReversal: (command, account, { company: rules }) => {
    const { payment, method } = moneyPaymentOf(account, command)
    const { clientId, paymentId, claimId } = command
    if (!payment.isReversing) return []
    const asked = minorOf(command.amount)
    const isMistake = command.reason === 'MISTAKE'
    const minor = isMistake ? least(asked, reversibleOf(payment)) : asked
    if (minor === 0n) return [ReversalDeclined.of({ clientId, paymentId, code: 'PAYMENT_REFUNDED' })]
    const reversedOn = firstFreeDay(rules, command.reversedOn, lastEffectOn(payment))
    return reverse(account, payment, method, { ...command, reversedOn }, { minor, claimId })
  },

  ConfirmPaymentCleared: (command, account, { today, company: rules }) => {
    const { payment, method } = moneyPaymentOf(account, command)
    const { paymentId, currency, inTransit } = payment
    if (!METHODS_IN_TRANSIT.has(method)) reject('PAYMENT_CLEARS_AT_ONCE', { paymentId, method })
    if (inTransit === 0n && payment.reversed > 0n && payment.clearedOn === undefined) {
      reject('PAYMENT_ALREADY_REVERSED', { paymentId })
    }
    if (inTransit === 0n) reject('PAYMENT_ALREADY_CLEARED', { paymentId })
    const amount = command.amount === undefined ? inTransit : minorIn(command.amount, currency, '/amount')
    if (amount > inTransit) {
      reject('CLEARING_EXCEEDS_TRANSIT', { path: '/amount', paymentId, inTransit: moneyOf(inTransit, currency) })
    }
    const fee = command.fee === undefined ? 0n : minorIn(command.fee, currency, '/fee')
    if (fee > amount) reject('FEE_EXCEEDS_PAYMENT', { path: '/fee', amount: moneyOf(amount, currency) })
    // What a paper settles counts as collected from now on, so it does not before it settles it.
    const earliest = INSTRUMENTS.has(method) ? lastEffectOn(payment) : payment.receivedOn
    const clearedOn = command.clearedOn ?? firstFreeDay(rules, today, earliest)
    requireNotBefore(clearedOn, earliest, '/clearedOn')
    return [
      PaymentCleared.of({
        clientId: command.clientId,
        paymentId,
        amount: moneyOf(amount, currency),
        method,
        fee: decimalOf(fee, currency),
        clearedOn,
        ...collectionFacts(account, payment, amount),
        ...(amount < inTransit ? { stillInTransit: decimalOf(inTransit - amount, currency) } : {}),
        bankReference: command.bankReference,
      }),
    ]
  },
}

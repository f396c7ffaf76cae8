import { type BusinessDay, latest } from '../../business-day.ts'
import type { CompanyRules, DecisionContext } from '../../decider.ts'
import { DEFAULT_RULES } from '../../decider.ts'
import { type ExchangeRate, priced } from '../../exchange-rate.ts'
import type { RefundId } from '../../ids.ts'
import { decimalOf, type Money, minorIn, minorOf, moneyOf } from '../../money.ts'
import { reject } from '../../rejection.ts'
import { drawerBreaches, payoutBreaches, refundInLei } from '../cash-guard.ts'
import { RefundRecorded, RefundReversed } from '../events/credit.ts'
import { cashPaid } from '../records/cash.ts'
import { type Refund, refunds } from '../records/papers.ts'
import type { Payment } from '../records/payments.ts'
import type { ClientAccount } from '../state.ts'
import { atLeastNothing, least } from '../transit.ts'
import { CARD_METHODS, isClaimKind, type RefundMethod } from '../vocabulary.ts'
import { claimCancelled } from './claims.ts'
import type { CommandData, Decisions } from './decisions.ts'
import { claimOfExcess, withExcess } from './excess.ts'
import {
  documentValue,
  exchange,
  functionalCurrencyOf,
  isNextTo,
  rateOf,
  valueOffPayment,
  worthOf,
} from './foreign-parts.ts'
import { settlementsOn, unsettled } from './freeing.ts'
import { earliestOn } from './invoices.ts'
import { noteOf } from './origins.ts'
import { answerForCash, keptBreaches } from './payments.ts'
import {
  clientOf,
  firstFreeDay,
  invoiceOf,
  paymentOf,
  requireCredit,
  requireNotBefore,
  reservedOf,
} from './requirements.ts'
import { functionalOf, saidOf, standing } from './taking-back.ts'

/**
 * Before its payout card money is given back out of it; after that the processor takes it from the bank, be it by keeping it
 * from the next payout, which is other clients' money (decision 0044).
 */
const keptFromPayout = (payment: Payment, method: RefundMethod, amount: bigint) => {
  if (!CARD_METHODS.has(method)) return {}
  const kept = CARD_METHODS.has(payment.method) ? least(payment.inTransit, amount) : 0n
  return { takenInTransit: decimalOf(kept, payment.currency) }
}

/** What leaves, and what goes of the credit with it. */
interface Payout {
  readonly left: Money
  readonly amount: bigint
  readonly exchangeRate: ExchangeRate | undefined
  readonly isConverted: boolean
}

/**
 * What leaves in another currency takes of the credit what the rate makes of it; the payer's own rounding, by one unit, is
 * no rest, and stands in the difference (decision 0048).
 */
const askedPayout = (
  payment: Payment,
  { amount: asked, exchangeRate, method }: CommandData<'RecordRefund'>,
  context: DecisionContext,
): Payout => {
  const { paymentId, currency, credit } = payment
  const left = typeof asked === 'string' ? moneyOf(minorIn(asked, currency, '/amount'), currency) : asked
  const minor = minorOf(left)
  if (left.currency === currency) {
    return { left, amount: minor, exchangeRate: rateOf(exchangeRate, context), isConverted: false }
  }
  const path = '/exchangeRate'
  if (exchangeRate === undefined) {
    return reject('CURRENCY_MISMATCH', { path, paymentId, refundCurrency: left.currency, paymentCurrency: currency })
  }
  if (CARD_METHODS.has(method)) {
    const rule = 'what goes back by card or payment service goes in the currency of the credit'
    return reject('EXCHANGE_RATE_NOT_APPLICABLE', { path, method, rule })
  }
  const bought = exchange(left.currency, currency, { ...exchangeRate, path }, context.company).paidOf(minor)
  const amount = credit > 0n && isNextTo(bought, credit) ? credit : bought
  return { left, amount, exchangeRate, isConverted: true }
}

/** What left is worth in the functional currency at the refund's own rate, as far as that tells. */
const worthAtRate = (
  { left, exchangeRate, isConverted }: Payout,
  payment: Payment,
  rules: CompanyRules | undefined,
): Refund['worth'] => {
  if (exchangeRate === undefined) return undefined
  if (!isConverted) {
    const { functional } = documentValue(left, exchangeRate, rules)
    return functional && { currency: functional.currency, minor: minorOf(functional) }
  }
  const currency = functionalCurrencyOf(rules)
  if (left.currency === currency) return { currency, minor: minorOf(left) }
  if (payment.currency !== currency) return undefined
  return { currency, minor: priced(minorOf(left), left.currency, currency, { ...exchangeRate, path: '/exchangeRate' }) }
}

/** What a refund says beside its amount, where a foreign currency is involved. */
const foreignFactsOf = (payment: Payment, payout: Payout, rules: CompanyRules | undefined) => {
  const { left, amount, exchangeRate, isConverted } = payout
  const { functional } = valueOffPayment(payment, amount)
  const value = functional && { currency: functional.currency, minor: minorOf(functional) }
  return {
    ...(functional === undefined ? {} : { functional }),
    ...(exchangeRate === undefined || isConverted ? {} : { exchangeRate }),
    ...(exchangeRate !== undefined && isConverted ? { conversion: { paid: left, ...exchangeRate } } : {}),
    ...worthOf({ amount, functional: value, worth: worthAtRate(payout, payment, rules) }, payment.currency),
  }
}

/**
 * What leaves beyond the credit is a fact, where somebody says that it is one. A credit note brings no money, and its VAT goes
 * back as its credit is used.
 * @throws Rejection
 */
const excessOver = (payment: Payment, amount: bigint, isAllowed = false): bigint => {
  const { credit, method, transfers } = payment
  if (!isAllowed || method === 'CREDIT_NOTE' || reservedOf(transfers) > 0n) {
    requireCredit(payment, amount, '/amount', 'REFUND_EXCEEDS_CREDIT')
  }
  return atLeastNothing(amount - credit)
}

/** The claim that a refund has made, what settles it, and from which day on both may be taken back. */
const madeBy = (account: ClientAccount, { claimId, on }: Refund) => {
  if (claimId === undefined) return { claim: undefined, settled: [], on }
  const invoice = invoiceOf(account, claimId)
  const { kind } = invoice
  if (!isClaimKind(kind)) throw new Error(`history has a refund for ${claimId}, which is no claim`)
  const settled = settlementsOn(account, invoice)
  // It went to another account, and stays owed there: what comes back is credit, which goes there as well.
  const here = settled.reduce((sum, { amount }) => sum + amount, invoice.open)
  if (here < invoice.total) return { claim: undefined, settled: [], on }
  return { claim: { ...invoice, kind }, settled, on: latest(on, earliestOn(invoice), ...settled.map((one) => one.on)) }
}

export const refundTakenBackFrom = (account: ClientAccount, refundId: RefundId): BusinessDay | undefined => {
  const refund = refunds.get(account, refundId)
  return refund && madeBy(account, refund).on
}

/** Credit is given back, in its own currency or in another, at a rate of its own (decision 0051). */
export const refundDecisions: Decisions<'RecordRefund' | 'ReverseRefund'> = {
  RecordRefund: (command, account, context) => {
    const { today, company: rules, elsewhere } = context
    const { clientId, refundId, claimId, method, deskId, bankAccount, document, note } = command
    const client = clientOf(account, clientId)
    const source = paymentOf(account, command)
    if (refunds.has(account, refundId)) reject('REFUND_ALREADY_RECORDED', { refundId })
    const payout = askedPayout(source, command, context)
    const excess = excessOver(source, payout.amount, command.allowExcess)
    const refundedOn = command.refundedOn ?? firstFreeDay(rules, today, source.receivedOn, source.lastUndoOn)
    requireNotBefore(refundedOn, firstFreeDay(undefined, source.receivedOn, source.lastUndoOn), '/refundedOn')
    const isExcess = excess > 0n
    const payment = isExcess ? withExcess(source, excess) : source
    const amount = moneyOf(payout.amount, payment.currency)
    const foreign = foreignFactsOf(payment, payout, rules)
    const lei = method === 'CASH' ? (refundInLei({ amount, ...foreign }) ?? 0n) : undefined
    const place = { on: refundedOn, deskId }
    const breaches = [
      ...payoutBreaches(
        { toPayee: cashPaid.by(account, refundedOn), toBusinesses: elsewhere?.paidToBusinesses },
        { ...place, lei },
        client,
      ),
      ...(method === 'CASH' ? drawerBreaches(elsewhere?.drawer, { ...place, left: payout.left }) : []),
    ]
    return [
      ...(isExcess ? [claimOfExcess(account, source, excess, { clientId, claimId, on: refundedOn })] : []),
      RefundRecorded.of({
        clientId,
        refundId,
        paymentId: payment.paymentId,
        amount,
        ...foreign,
        ...noteOf(payment),
        method,
        ...keptFromPayout(payment, method, payout.amount),
        refundedOn,
        ...(isExcess ? { claimId } : {}),
        deskId,
        bankAccount,
        document,
        note,
        ...keptBreaches(breaches),
      }),
      ...answerForCash(breaches, command, rules ?? DEFAULT_RULES),
    ]
  },

  ReverseRefund: (command, account, context) => {
    const { clientId, refundId } = command
    clientOf(account, clientId)
    const refund = standing(refunds.get(account, refundId), { refundId })
    const { paymentId, amount, method, deskId, inTransit, paid } = refund
    const source = paymentOf(account, { clientId, paymentId })
    const { currency } = source
    const taken = {
      refundId,
      paymentId,
      amount: moneyOf(amount, currency),
      ...functionalOf(refund),
      ...noteOf(source),
      ...(paid === undefined ? {} : { conversion: { paid: moneyOf(paid.minor, paid.currency) } }),
      ...worthOf(refund, currency),
    }
    // What was to be kept from the payout is on its way again.
    const way = CARD_METHODS.has(method) ? { takenInTransit: decimalOf(inTransit, currency) } : {}
    const { claim, settled, on } = madeBy(account, refund)
    const said = saidOf(command, on, context)
    const { reversedOn } = said
    const reversed = RefundReversed.of({ ...taken, method, ...way, deskId, ...said })
    if (claim === undefined) return [reversed]
    return [
      ...settled.map(({ undo }) => undo({ clientId, on: reversedOn })),
      reversed,
      claimCancelled(account, unsettled(claim), {
        clientId,
        cancelledOn: reversedOn,
        reason: `${said.reason} ${refundId}`,
      }),
    ]
  },
}

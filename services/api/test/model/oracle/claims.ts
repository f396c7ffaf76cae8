/** What is owed without an invoice, and for money that left beyond what was there. */
import { z } from 'zod'
import { decimal, moneyOf, rounded, worthAt } from './amounts.ts'
import { post } from './books.ts'
import { ifNot, type Rule, type Told } from './command.ts'
import { papersOn, reversePaper } from './papers.ts'
import type { Invoice, Payment, State } from './state.ts'
import { openItem } from './terms.ts'
import { freeAll } from './undoing.ts'

/** What stands against a claim: income, or money that an entry of the bank still has to tell of. */
const AGAINST: Readonly<Record<string, string>> = {
  RETURNED_MONEY: 'RETURNED_MONEY',
  FEE: 'PENALTIES',
  INTEREST: 'PENALTIES',
  OTHER: 'OTHER_INCOME',
}

/** Posts a claim, or with -1 takes it back. What left beyond a payment was that payment's credit for a moment. */
export const postClaim = (state: State, claim: Invoice, on: string, sign: 1 | -1): void => {
  const { invoiceId, currency, total, ofPayment } = claim
  const isExcess = ofPayment !== ''
  const against = isExcess ? 'CLIENT_CREDIT' : (AGAINST[claim.claim] ?? '')
  post(state, { on, cause: 'registered', item: invoiceId }, [
    ['RECEIVABLE', currency, sign * total],
    [against, currency, -sign * total, isExcess ? ofPayment : invoiceId],
  ])
}

const owe = (state: State, claim: Invoice): void => {
  state.invoices.set(claim.invoiceId, claim)
  postClaim(state, claim, claim.issuedOn, 1)
}

export const registerClaim: Rule<State> = (state, { claimId, kind, total, dueOn, exchangeRate }, day) => ({
  codes: [
    ...ifNot(!state.invoices.has(claimId), 'INVOICE_ALREADY_REGISTERED'),
    ...ifNot(dueOn >= day, 'DUE_BEFORE_ISSUE'),
  ],
  apply: () => {
    const terms = [{ agreedOn: day, at: state.now, parts: [{ dueOn, amount: total.amount }] }]
    const worth = worthAt(exchangeRate, total.amount)
    owe(state, openItem(claimId, total, { claim: kind, number: claimId, issuedOn: day, terms, worth }))
    return { claimId, open: decimal(total.amount), dueOn }
  },
})

const Claimed = z.looseObject({ claim: z.looseObject({ claimId: z.string() }) })
/** The id that the ledger gave to what is owed for money that left. */
export const claimIdIn = (told: Told): string => Claimed.safeParse(told).data?.claim.claimId ?? ''

/** It is credit until it leaves. */
export const oweFor = (state: State, payment: Payment, excess: number, told: Told, day: string): object => {
  if (excess <= 0) return {}
  const claimId = claimIdIn(told)
  const { paymentId, currency } = payment
  const terms = [{ agreedOn: day, at: state.now, parts: [{ dueOn: day, amount: excess }] }]
  const whole = payment.worth === undefined ? 0 : rounded(payment.worth.whole * excess, payment.amount)
  const worth = payment.worth === undefined ? undefined : { whole, left: whole }
  const named = { claim: 'RETURNED_MONEY', ofPayment: paymentId, number: claimId, issuedOn: day, terms, worth }
  owe(state, openItem(claimId, { amount: excess, currency }, named))
  payment.credit += excess
  if (payment.worth !== undefined) payment.worth.left += whole
  payment.claimed += excess
  return { claim: { claimId, amount: moneyOf(excess, currency), dueOn: day } }
}

/** The money came back: nobody owes it, and what had settled the claim is the client's credit again. */
export const endClaim = (state: State, claimId: string, day: string): object => {
  const claim = state.invoices.get(claimId)
  const payment = state.payments.get(claim?.ofPayment ?? '')
  if (claim === undefined || payment === undefined) return {}
  const freed = freeAll(state, claimId, day)
  for (const paper of papersOn(state, claimId)) reversePaper(state, paper, day)
  postClaim(state, claim, day, -1)
  claim.open = 0
  claim.isCancelled = true
  payment.credit -= claim.total
  payment.claimed -= claim.total
  if (payment.worth !== undefined) payment.worth.left -= claim.worth?.whole ?? 0
  return { freed }
}

import type { CompanyRules, DecisionContext } from '../../decider.ts'
import { bought, type ExchangeRate, priced } from '../../exchange-rate.ts'
import { type Currency, decimalOf, type Money, type MoneyOrZero, minorIn, minorOf, moneyOf } from '../../money.ts'
import { reject } from '../../rejection.ts'
import { roundedRatio } from '../../rounding.ts'
import { undoNewest } from '../allocation-parts.ts'
import type { FunctionalParts } from '../events/parts.ts'
import type { LivingAllocation } from '../records/allocations.ts'
import type { CarriedValue } from '../records/fields.ts'
import type { Invoice } from '../records/invoices.ts'
import type { Refund } from '../records/papers.ts'
import type { Payment } from '../records/payments.ts'
import { requireSameCurrency } from './requirements.ts'

// What foreign currencies add to a decision: what a document is worth in the functional currency, what of that goes with
// a part of it, and how much of a payment a part of an invoice in another currency takes.

export const functionalCurrencyOf = (rules: CompanyRules | undefined): Currency =>
  rules?.functionalCurrency ?? reject('COMPANY_NOT_FOUND', { rule: 'its functional currency is what a rate is in' })

/**
 * The rate that a document names, or the one in force on its day.
 * @throws Rejection where the company keeps rates, and none is known for the day
 */
export const rateOf = (named: ExchangeRate | undefined, { price }: DecisionContext): ExchangeRate | undefined => {
  if (named !== undefined || price === undefined) return named
  const { rate, currency, on, source } = price
  return rate ?? reject('EXCHANGE_RATE_NEEDED', { path: '/exchangeRate', currency, day: on, source })
}

/** What a new document is worth at the rate that somebody gave. */
export const documentValue = (
  document: Money,
  exchangeRate: ExchangeRate | undefined,
  rules: CompanyRules | undefined,
): { readonly exchangeRate?: ExchangeRate; readonly functional?: MoneyOrZero } => {
  if (exchangeRate === undefined) return {}
  const functional = functionalCurrencyOf(rules)
  const { currency } = document
  const path = '/exchangeRate'
  if (currency === functional) {
    reject('EXCHANGE_RATE_NOT_APPLICABLE', { path, currency, rule: 'the functional currency' })
  }
  const worth = priced(minorOf(document), currency, functional, { ...exchangeRate, path })
  return { exchangeRate, functional: moneyOf(worth, functional) }
}

interface Carrier {
  readonly value: CarriedValue | undefined
  readonly whole: bigint
  /** What the document still carries before the part goes. */
  readonly left: bigint
}

const carriedByInvoice = ({ value, total, open }: Invoice): Carrier => ({ value, whole: total, left: open })
const carriedByPayment = ({ value, amount, credit }: Pick<Payment, 'value' | 'amount' | 'credit'>): Carrier => ({
  value,
  whole: amount,
  left: credit,
})

/** All that has gone is rounded as a whole and a part carries the difference, so the last part leaves nothing behind. */
const valueOfPart = ({ value, whole, left }: Carrier, part: bigint): bigint | undefined => {
  if (value === undefined) return undefined
  // An invoice that asks for nothing carries nothing.
  if (whole === 0n) return 0n
  const stays = roundedRatio(value.total * (left - part), whole)
  return stays < value.left ? value.left - stays : 0n
}

const functionalPart = (carrier: Carrier, part: bigint): { readonly functional?: MoneyOrZero } => {
  const minor = valueOfPart(carrier, part)
  return minor === undefined || carrier.value === undefined
    ? {}
    : { functional: moneyOf(minor, carrier.value.currency) }
}

/** What goes of the invoice's value when something other than money lowers it. */
export const valueOffInvoice = (invoice: Invoice, part: bigint) => functionalPart(carriedByInvoice(invoice), part)

/** What goes of the payment's value with money that is given back. */
export const valueOffPayment = (payment: Pick<Payment, 'value' | 'amount' | 'credit'>, part: bigint) =>
  functionalPart(carriedByPayment(payment), part)

/** The same with a part that a reversal takes, once allocations have given back theirs. */
export const valueGone = (
  { amount, credit, value }: Pick<Payment, 'value' | 'amount' | 'credit'>,
  givenBack: readonly { readonly paid: bigint; readonly value: bigint | undefined }[],
  part: bigint,
) => {
  const before = givenBack.reduce((sum, { paid }) => sum + paid, credit)
  const left = givenBack.reduce((sum, back) => sum + (back.value ?? 0n), value?.left ?? 0n)
  return valueOffPayment({ amount, credit: before, value: value && { ...value, left } }, part)
}

/** What money beyond a payment's own is worth at the rate of the payment. */
export const worthOfExcess = (
  { amount, value }: Pick<Payment, 'amount' | 'value'>,
  excess: bigint,
): bigint | undefined => value && roundedRatio(value.total * excess, amount)

/** What a command says of a share: what is settled of the invoice, what leaves the payment, or both. */
export interface AskedShare {
  readonly amount?: string | undefined
  readonly paid?: string | undefined
  readonly exchangeRate?: ExchangeRate | undefined
}

export const isNextTo = (one: bigint, other: bigint): boolean => one - other <= 1n && other - one <= 1n

const atLeastOne = (minor: bigint): bigint => (minor > 0n ? minor : 1n)

/**
 * How much in another currency goes with so much of a payment's, or the other way about. What is published is the price of
 * the foreign currency, and the functional one has none. Nothing goes for nothing, be it worth less than a cent.
 * @param other what is settled, or leaves; the rate is its price in the payment's, unless it is the functional one
 */
export const exchange = (
  other: Currency,
  payment: Currency,
  rate: ExchangeRate & { readonly path: string },
  rules: CompanyRules | undefined,
) => {
  const isPriced = other !== functionalCurrencyOf(rules)
  return {
    paidOf: (minor: bigint): bigint => atLeastOne((isPriced ? priced : bought)(minor, other, payment, rate)),
    amountOf: (minor: bigint): bigint => atLeastOne((isPriced ? bought : priced)(minor, payment, other, rate)),
  }
}

/**
 * How much of an invoice and how much of a payment go together. What the payer rounded, by one unit, is no rest: it closes
 * the invoice, or uses up the payment, and stands in the difference of the two values.
 * @param at JSON pointer to what asks for it
 * @throws Rejection between two currencies without a rate, and where amount and paid do not fit it
 */
export const askedShare = (
  payment: { readonly currency: Currency; readonly credit: bigint },
  invoice: Invoice,
  { amount: settled, paid: leaving, exchangeRate }: AskedShare,
  at: string,
  rules: CompanyRules | undefined,
): Share => {
  const { currency, invoiceId } = invoice
  const amount = settled === undefined ? undefined : minorIn(settled, currency, `${at}/amount`)
  const refuse = (path: string, rule: string): never =>
    reject('EXCHANGE_RATE_NOT_APPLICABLE', { path: `${at}/${path}`, invoiceId, currency, rule })
  if (exchangeRate === undefined) {
    requireSameCurrency(payment, invoice)
    if (amount === undefined || leaving !== undefined) {
      return refuse('paid', 'invoice and payment are in one currency: amount says both')
    }
    return { invoice, amount, paid: amount }
  }
  if (currency === payment.currency) refuse('exchangeRate', 'invoice and payment are in one currency')
  const rate = { ...exchangeRate, path: `${at}/exchangeRate` }
  const { paidOf, amountOf } = exchange(currency, payment.currency, rate, rules)

  if (leaving === undefined) {
    if (amount === undefined) return refuse('amount', 'amount or paid')
    const paid = paidOf(amount)
    return { invoice, amount, paid: paid === payment.credit + 1n && paid > 1n ? payment.credit : paid, exchangeRate }
  }
  const paid = minorIn(leaving, payment.currency, `${at}/paid`)
  if (amount === undefined) {
    const bought = amountOf(paid)
    return {
      invoice,
      amount: isNextTo(bought, invoice.open) && invoice.open > 0n ? invoice.open : bought,
      paid,
      exchangeRate,
    }
  }
  if (!isNextTo(amountOf(paid), amount) && !isNextTo(paidOf(amount), paid)) {
    refuse('paid', 'amount and paid are at the rate, to one unit')
  }
  return { invoice, amount, paid, exchangeRate }
}

/** A part of a payment on its way to an invoice; decided, not yet an event. */
export interface Share {
  readonly invoice: Invoice
  /** In the invoice's currency. */
  readonly amount: bigint
  /** In the payment's. */
  readonly paid: bigint
  readonly exchangeRate?: ExchangeRate | undefined
  /** Of what was written off: it takes nothing of what is open. */
  readonly recovers?: boolean
}

const partsOf = (currency: Currency, invoice: bigint | undefined, payment: bigint | undefined): FunctionalParts => {
  const decimal = (minor: bigint | undefined): string | undefined =>
    minor === undefined ? undefined : decimalOf(minor, currency)
  const difference = invoice === undefined || payment === undefined ? undefined : payment - invoice
  return { currency, invoice: decimal(invoice), payment: decimal(payment), difference: decimal(difference) }
}

type PaymentLeft = Pick<Payment, 'currency' | 'value' | 'amount' | 'credit'>

/** What an allocation says beside its amount. `payment` is as it is before the share leaves it. */
export const foreignFactsOf = (
  payment: PaymentLeft,
  { invoice: whole, amount, paid, exchangeRate, recovers }: Share,
  rules: CompanyRules | undefined,
) => {
  // What was written off has taken its value along.
  const invoice = recovers ? { ...whole, value: undefined } : whole
  // A fact that does not apply is not there, rather than undefined: the event is as it will be read back.
  const conversion = exchangeRate && { conversion: { paid: moneyOf(paid, payment.currency), ...exchangeRate } }
  const currency = rules?.functionalCurrency ?? invoice.value?.currency ?? payment.value?.currency
  if (currency === undefined || (exchangeRate === undefined && currency === invoice.currency)) return { ...conversion }
  const ofInvoice = invoice.currency === currency ? amount : valueOfPart(carriedByInvoice(invoice), amount)
  const ofPayment = payment.currency === currency ? paid : valueOfPart(carriedByPayment(payment), paid)
  if (ofInvoice === undefined && ofPayment === undefined) return { ...conversion }
  return { ...conversion, functional: partsOf(currency, ofInvoice, ofPayment) }
}

/** The payment after a share has left it. */
export const without = (payment: PaymentLeft, { paid }: Share): PaymentLeft => {
  const gone = valueOfPart(carriedByPayment(payment), paid) ?? 0n
  const { value, credit } = payment
  return { ...payment, credit: credit - paid, value: value && { ...value, left: value.left - gone } }
}

/** The invoice after a share has settled a part of it. */
export const invoiceAfter = (invoice: Invoice, amount: bigint): Invoice => {
  const gone = valueOfPart(carriedByInvoice(invoice), amount) ?? 0n
  const { value, open } = invoice
  return { ...invoice, open: open - amount, value: value && { ...value, left: value.left - gone } }
}

/** What an event says that a refund was worth; its difference from what the credit was worth, where that is known. */
export const worthOf = (
  { amount, functional, worth }: Pick<Refund, 'amount' | 'functional' | 'worth'>,
  of: Currency,
) => {
  if (worth === undefined) return {}
  const { currency, minor } = worth
  const credit = of === currency ? amount : functional?.minor
  const difference = credit === undefined ? {} : { difference: decimalOf(credit - minor, currency) }
  return { worth: { currency, paid: decimalOf(minor, currency), ...difference } }
}

/** What an undo of a part of an allocation gives back. */
export const givenBack = (
  payment: { readonly currency: Currency },
  invoice: { readonly currency: Currency },
  { parts }: LivingAllocation,
  amount: bigint,
) => {
  const { back } = undoNewest(parts, amount)
  if (back === undefined) return {}
  const conversion = payment.currency === invoice.currency ? undefined : { paid: moneyOf(back.paid, payment.currency) }
  const { values } = back
  if (values === undefined) return { conversion }
  return { conversion, functional: partsOf(values.currency, values.invoice, values.payment) }
}

import type { BusinessDay } from '../business-day.ts'
import type { CompanyRules } from '../decider.ts'
import type { CashDeskId, InvoiceId } from '../ids.ts'
import { type Currency, decimalOf, type Money, type MoneyOrZero, minorIn, minorOf } from '../money.ts'
import type { ClientKind, Payer } from '../party.ts'
import { cashFragmentLawFor, cashLawFor, cashLimitsOn, ceilingFor, payoutCeilingFor } from '../rules/cash-limits.ts'
import { fiscalCodeOf } from '../tax-id.ts'
import type { CashBreach } from './events/cash.ts'

/** The law's figures are in lei. */
export const LEI = 'RON'

/** A document, and what it is worth in the functional currency where somebody named a rate. */
interface Valued {
  readonly currency: Currency
  readonly total: bigint
  readonly value: { readonly currency: Currency; readonly total: bigint } | undefined
}

/**
 * In bani. Cash in another currency counts at the rate of its day (Legea 70/2015 art. 1 (3)); `undefined` where nobody
 * named one, for then nobody can say what it is worth.
 */
export const worthInLei = ({ currency, total, value }: Valued): bigint | undefined => {
  if (currency === LEI) return total
  return value?.currency === LEI ? value.total : undefined
}

/** What goes of a payment with a part of it, in bani. `ofValue`: of its value in the functional currency. */
export const partInLei = (
  { currency }: { readonly currency: Currency },
  paid: bigint,
  ofValue: bigint | undefined,
): bigint => (currency === LEI ? paid : (ofValue ?? 0n))

interface GivenBack {
  readonly amount: Money
  readonly functional?: MoneyOrZero | undefined
  readonly conversion?: { readonly paid: Money } | undefined
  readonly worth?: { readonly currency: Currency; readonly paid: string } | undefined
}

/**
 * What left with a refund, in bani: at the refund's own rate where it has one, else what the credit was worth; `undefined`
 * where nobody can say.
 */
export const refundInLei = ({ amount, functional, conversion, worth }: GivenBack): bigint | undefined => {
  const left = conversion?.paid ?? amount
  if (left.currency === LEI) return minorOf(left)
  if (worth?.currency === LEI) return minorIn(worth.paid, LEI)
  if (amount.currency === LEI) return minorOf(amount)
  return functional?.currency === LEI ? minorOf(functional) : undefined
}

interface CashPlace {
  readonly receivedOn: BusinessDay
  readonly deskId: CashDeskId | undefined
  readonly payer: Payer | undefined
}

interface CashInvoice extends Valued {
  readonly invoiceId: InvoiceId
  readonly paidInCash: bigint
  readonly instalmentContract: boolean
}

interface CashClient {
  readonly kind: ClientKind
  readonly name: string
  readonly taxId?: string | undefined
}

const plainName = (name: string): string => name.trim().toUpperCase()

/** A business by its fiscal code, however it is printed; a person by name. */
const identityOf = ({ name, taxId }: Pick<Payer, 'name' | 'taxId'>): string =>
  taxId === undefined ? plainName(name) : fiscalCodeOf(taxId)

const isClient = ({ name, taxId }: Payer, client: CashClient): boolean =>
  taxId === undefined || client.taxId === undefined
    ? plainName(name) === plainName(client.name)
    : fiscalCodeOf(taxId) === fiscalCodeOf(client.taxId)

/** Who handed the cash over, when it was not the client: naming oneself as the payer gives no second ceiling. */
const otherPayer = (payer: Payer | undefined, client: CashClient): Payer | undefined =>
  payer === undefined || isClient(payer, client) ? undefined : payer

/** Of who handed the money over: a payer without a fiscal code is a person. */
export const payerKindOf = (payer: Payer | undefined, client: CashClient): ClientKind => {
  const other = otherPayer(payer, client)
  if (other === undefined) return client.kind
  return other.taxId === undefined ? 'INDIVIDUAL' : 'BUSINESS'
}

/** Whom a cash payment counts for. */
export interface CountedPayer {
  /** Of somebody else than the client; the client itself has none, whatever it is called by now. */
  readonly identity: string
  readonly kind: ClientKind
}

/**
 * Whom a cash payment counts for; `undefined` when it cannot be counted. The account keeps it with the payment, for the
 * client may have another name or be of another kind by the time the payment is allocated or reversed.
 */
export const countedPayerOf = (
  place: Pick<CashPlace, 'payer'> & { readonly lei: bigint | undefined },
  client: CashClient | undefined,
): CountedPayer | undefined => {
  if (client === undefined || place.lei === undefined) return undefined
  const other = otherPayer(place.payer, client)
  return { identity: other === undefined ? '' : identityOf(other), kind: payerKindOf(place.payer, client) }
}

/** Somebody who hands cash over, known again across all clients of a company. */
export interface CashPayer {
  /** Fiscal code of a business, name of a person. */
  readonly identity: string
  readonly kind: ClientKind
  readonly name: string
  readonly taxId: string | undefined
}

/** Who handed the cash over: the client, unless the payment names somebody else. */
export const whoPaidCash = (payer: Payer | undefined, client: CashClient): CashPayer => {
  const who = otherPayer(payer, client) ?? client
  return { identity: identityOf(who), kind: payerKindOf(payer, client), name: who.name, taxId: who.taxId }
}

/** The day, desk and payer that the ceiling holds for. */
export const cashKeyOf = (
  { receivedOn, deskId }: Pick<CashPlace, 'receivedOn' | 'deskId'>,
  { identity }: CountedPayer,
): string => `${receivedOn} ${deskId ?? ''} ${identity}`

interface CashShare {
  readonly invoice: CashInvoice
  /** In lei, whatever the invoice is in. */
  readonly paid: bigint
}

/** Instalment sale contracts with individuals are outside the ceilings (Legea 70/2015 art. 4 (3)). */
export const underContract = (
  { instalmentContract }: Pick<CashInvoice, 'instalmentContract'>,
  { kind }: CountedPayer,
): boolean => kind === 'INDIVIDUAL' && instalmentContract

const found = (
  code: CashBreach['code'],
  [ceiling, observed]: readonly [ceiling: bigint, observed: bigint],
  { receivedOn, deskId }: Pick<CashPlace, 'receivedOn' | 'deskId'>,
  law: string,
): CashBreach => ({
  code,
  limit: decimalOf(ceiling, LEI),
  observed: decimalOf(observed, LEI),
  day: receivedOn,
  ...(deskId === undefined ? {} : { deskId }),
  law,
})

interface CountedPayment extends CashPlace {
  readonly cashPayer: CountedPayer | undefined
}

/** Large invoices that this cash would pay by fragments, whether they are named when it comes in or later. */
export const fragmentBreaches = (
  payment: CountedPayment,
  shares: readonly CashShare[],
  rules: CompanyRules,
): readonly CashBreach[] => {
  const limits = cashLimitsOn(payment.receivedOn)
  const { cashPayer } = payment
  if (limits === undefined || cashPayer === undefined) return []
  const ceiling = ceilingFor(limits, cashPayer.kind, rules.cashAndCarry)
  return shares.flatMap(({ invoice, paid }) => {
    const onInvoice = invoice.paidInCash + paid
    // At its own rate; of an invoice without one nobody can say that it is above a ceiling.
    const total = worthInLei(invoice) ?? 0n
    if (underContract(invoice, cashPayer) || total <= ceiling || onInvoice <= ceiling) return []
    const law = cashFragmentLawFor(cashPayer.kind, limits)
    const { invoiceId } = invoice
    return [{ ...found('CASH_FRAGMENTED_INVOICE', [ceiling, onInvoice], payment, law), invoiceId }]
  })
}

/**
 * What a cash payment would break: the ceiling of its payer, desk and day, and the ban on paying one large invoice in
 * cash by fragments.
 */
export const cashBreaches = (
  /** What was taken on the same day and desk from the same payer. */
  takenOf: (key: string) => bigint,
  payment: CountedPayment & { readonly lei: bigint | undefined },
  shares: readonly CashShare[],
  rules: CompanyRules,
): readonly CashBreach[] => {
  const limits = cashLimitsOn(payment.receivedOn)
  const { cashPayer } = payment
  if (limits === undefined || cashPayer === undefined) return []
  const counted = shares.reduce(
    (left, { invoice, paid }) => (underContract(invoice, cashPayer) ? left - paid : left),
    payment.lei ?? 0n,
  )
  const ceiling = ceilingFor(limits, cashPayer.kind, rules.cashAndCarry)
  const ofDay = takenOf(cashKeyOf(payment, cashPayer)) + counted
  const law = cashLawFor(cashPayer.kind, limits)
  return [
    ...(counted > 0n && ofDay > ceiling ? [found('CASH_LIMIT_PER_PERSON_DAY', [ceiling, ofDay], payment, law)] : []),
    ...fragmentBreaches(payment, shares, rules),
  ]
}

/** Of the day on which it was to leave, and every day after it: a register of cash that closes below zero is none. */
const DRAWER_LAW = 'OMFP 2634/2015, registru de casă 14-4-7A'

/** What a desk would pay out without holding it; nothing where nobody tells what it holds. */
export const drawerBreaches = (
  drawer: ReadonlyMap<Currency, bigint> | undefined,
  { on, deskId, left }: { readonly on: BusinessDay; readonly deskId: CashDeskId | undefined; readonly left: Money },
): readonly CashBreach[] => {
  const { currency } = left
  const held = drawer?.get(currency) ?? 0n
  if (drawer === undefined || minorOf(left) <= held) return []
  const breach = {
    code: 'CASH_DESK_SHORT',
    limit: decimalOf(held, currency),
    observed: decimalOf(minorOf(left), currency),
    ...(currency === LEI ? {} : { currency }),
    day: on,
    ...(deskId === undefined ? {} : { deskId }),
    law: DRAWER_LAW,
  } as const
  return [breach]
}

/** What cash that is given back would break: of the payee, and of all businesses together as far as anybody tells. */
export const payoutBreaches = (
  /** In cash and lei, on the same day; `toBusinesses` where somebody knows of all accounts. */
  paidBefore: { readonly toPayee: bigint; readonly toBusinesses: bigint | undefined },
  payout: {
    readonly on: BusinessDay
    readonly deskId: CashDeskId | undefined
    readonly lei: bigint | undefined
  },
  { kind }: Pick<CashClient, 'kind'>,
): readonly CashBreach[] => {
  const { on: receivedOn, deskId, lei } = payout
  const limits = cashLimitsOn(receivedOn)
  if (limits === undefined || lei === undefined) return []
  const law = cashLawFor(kind, limits)
  const ceiling = payoutCeilingFor(limits, kind)
  const ofPayee = paidBefore.toPayee + lei
  const toAll = kind === 'BUSINESS' && paidBefore.toBusinesses !== undefined ? paidBefore.toBusinesses + lei : 0n
  const { paymentBusinessTotalDay: ofAll } = limits
  const place = { receivedOn, deskId }
  // No desk has a sum of all of them.
  const day = { receivedOn, deskId: undefined }
  return [
    ...(ofPayee > ceiling ? [found('CASH_PAYMENT_LIMIT_PER_PERSON_DAY', [ceiling, ofPayee], place, law)] : []),
    ...(toAll > ofAll ? [found('CASH_PAYMENT_LIMIT_TOTAL_DAY', [ofAll, toAll], day, law)] : []),
  ]
}

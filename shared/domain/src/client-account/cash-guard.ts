import type { BusinessDay } from '../business-day.ts'
import type { CompanyRules } from '../decider.ts'
import type { CashDeskId, InvoiceId } from '../ids.ts'
import { type Currency, decimalOf } from '../money.ts'
import type { ClientKind, Payer } from '../party.ts'
import { CASH_FRAGMENT_LAW, CASH_LAW, cashLimitsOn, ceilingFor } from '../rules/cash-limits.ts'
import { fiscalCodeOf } from '../tax-id.ts'
import type { CashBreach } from './events.ts'

/** The law counts lei; cash in another currency is outside its figures. */
const LEI = 'RON'

interface CashPlace {
  readonly currency: string
  readonly receivedOn: BusinessDay
  readonly deskId: CashDeskId | undefined
  readonly payer: Payer | undefined
}

interface CashInvoice {
  readonly invoiceId: InvoiceId
  readonly currency: Currency
  readonly total: bigint
  readonly value: { readonly currency: Currency; readonly total: bigint } | undefined
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

const payerKindOf = (payer: Payer | undefined, client: CashClient): ClientKind => {
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
 * Whom a cash payment counts for; `undefined` when the law does not count it. The account keeps it with the payment, for
 * the client may have another name or be of another kind by the time the payment is allocated or reversed.
 */
export const countedPayerOf = (place: CashPlace, client: CashClient | undefined): CountedPayer | undefined => {
  if (client === undefined || place.currency !== LEI) return undefined
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

/** An invoice in another currency counts at its own rate; without one nobody can say that it is above a ceiling. */
const totalInLei = ({ currency, total, value }: CashInvoice): bigint => {
  if (currency === LEI) return total
  return value?.currency === LEI ? value.total : 0n
}

const found = (
  code: CashBreach['code'],
  [ceiling, observed]: readonly [ceiling: bigint, observed: bigint],
  { receivedOn, deskId }: CashPlace,
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
    const total = totalInLei(invoice)
    if (underContract(invoice, cashPayer) || total <= ceiling || onInvoice <= ceiling) return []
    const law = `${CASH_FRAGMENT_LAW}, ${limits.act}`
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
  payment: CountedPayment & { readonly amount: bigint },
  shares: readonly CashShare[],
  rules: CompanyRules,
): readonly CashBreach[] => {
  const limits = cashLimitsOn(payment.receivedOn)
  const { cashPayer } = payment
  if (limits === undefined || cashPayer === undefined) return []
  const counted = shares.reduce(
    (left, { invoice, paid }) => (underContract(invoice, cashPayer) ? left - paid : left),
    payment.amount,
  )
  const ceiling = ceilingFor(limits, cashPayer.kind, rules.cashAndCarry)
  const ofDay = takenOf(cashKeyOf(payment, cashPayer)) + counted
  const law = `${CASH_LAW}, ${limits.act}`
  return [
    ...(counted > 0n && ofDay > ceiling ? [found('CASH_LIMIT_PER_PERSON_DAY', [ceiling, ofDay], payment, law)] : []),
    ...fragmentBreaches(payment, shares, rules),
  ]
}

import type { BusinessDay } from '../business-day.ts'
import type { CompanyRules } from '../decider.ts'
import type { InvoiceId } from '../ids.ts'
import { decimalOf } from '../money.ts'
import type { ClientKind, Payer } from '../party.ts'
import { CASH_FRAGMENT_LAW, CASH_LAW, cashLimitsOn, ceilingFor } from '../rules/cash-limits.ts'
import { fiscalCodeOf } from '../tax-id.ts'
import type { CashBreach } from './events.ts'

/** The law counts lei; cash in another currency is outside its figures. */
const LEI = 'RON'

/** Cash of this account, in bani, as far as the ceilings ask for it. Reversed payments are out again. */
export interface CashTaken {
  /** By day, desk and payer. */
  readonly byPayerDay: Map<string, bigint>
  /** By invoice, over all days and desks. */
  readonly byInvoice: Map<InvoiceId, bigint>
}

export const noCash = (): CashTaken => ({ byPayerDay: new Map(), byInvoice: new Map() })

interface CashPlace {
  readonly currency: string
  readonly receivedOn: BusinessDay
  readonly deskId: string | undefined
  readonly payer: Payer | undefined
}

interface CashInvoice {
  readonly invoiceId: InvoiceId
  readonly total: bigint
  readonly instalmentContract: boolean
}

interface CashClient {
  readonly kind: ClientKind
  readonly name: string
  readonly taxId?: string | undefined
}

const plainName = (name: string): string => name.trim().toUpperCase()

/** A business by its fiscal code, however it is printed; a person by name. */
const identityOf = ({ name, taxId }: Payer): string => (taxId === undefined ? plainName(name) : fiscalCodeOf(taxId))

const isClient = ({ name, taxId }: Payer, client: CashClient): boolean =>
  taxId === undefined || client.taxId === undefined
    ? plainName(name) === plainName(client.name)
    : fiscalCodeOf(taxId) === fiscalCodeOf(client.taxId)

/** Who handed the cash over, when it was not the client: naming oneself as the payer gives no second ceiling. */
const otherPayer = (payer: Payer | undefined, client: CashClient): Payer | undefined =>
  payer === undefined || isClient(payer, client) ? undefined : payer

const payerKind = (payer: Payer | undefined, client: CashClient): ClientKind => {
  const other = otherPayer(payer, client)
  if (other === undefined) return client.kind
  return other.taxId === undefined ? 'INDIVIDUAL' : 'BUSINESS'
}

/**
 * The day, desk and payer that a cash payment counts for; `undefined` when the law does not count it. The account keeps
 * it with the payment, for the client may have another name by the time the payment is reversed.
 */
export const cashKeyOf = (place: CashPlace, client: CashClient | undefined): string | undefined => {
  if (client === undefined || place.currency !== LEI) return undefined
  const other = otherPayer(place.payer, client)
  return `${place.receivedOn} ${place.deskId ?? ''} ${other === undefined ? '' : identityOf(other)}`
}

const add = <Key>(sums: Map<Key, bigint>, key: Key, amount: bigint): void => {
  const sum = (sums.get(key) ?? 0n) + amount
  if (sum === 0n) sums.delete(key)
  else sums.set(key, sum)
}

export const takeCash = (cash: CashTaken, key: string, amount: bigint): void => {
  add(cash.byPayerDay, key, amount)
}

export const settleInCash = (cash: CashTaken, invoiceId: InvoiceId, amount: bigint): void => {
  add(cash.byInvoice, invoiceId, amount)
}

/**
 * What a cash payment would break: the ceiling of its payer, desk and day, and the ban on paying one large invoice in
 * cash by fragments. Instalment sale contracts with individuals are outside (Legea 70/2015 art. 4 (3)).
 */
export const cashBreaches = (
  cash: CashTaken,
  payment: CashPlace & { readonly amount: bigint },
  shares: readonly { readonly invoice: CashInvoice; readonly amount: bigint }[],
  client: CashClient,
  rules: CompanyRules,
): readonly CashBreach[] => {
  const limits = cashLimitsOn(payment.receivedOn)
  const key = cashKeyOf(payment, client)
  if (limits === undefined || key === undefined) return []
  const kind = payerKind(payment.payer, client)
  const ceiling = ceilingFor(limits, kind, rules.cashAndCarry)
  const underContract = ({ instalmentContract }: CashInvoice): boolean => kind === 'INDIVIDUAL' && instalmentContract
  if (shares.length > 0 && shares.every(({ invoice }) => underContract(invoice))) return []

  const { receivedOn: day, deskId } = payment
  const place = { day, ...(deskId === undefined ? {} : { deskId }) }
  const limit = decimalOf(ceiling, LEI)
  const breaches: CashBreach[] = []
  const ofDay = (cash.byPayerDay.get(key) ?? 0n) + payment.amount
  if (ofDay > ceiling) {
    const law = `${CASH_LAW}, ${limits.act}`
    breaches.push({ code: 'CASH_LIMIT_PER_PERSON_DAY', limit, observed: decimalOf(ofDay, LEI), ...place, law })
  }
  for (const { invoice, amount } of shares) {
    const onInvoice = (cash.byInvoice.get(invoice.invoiceId) ?? 0n) + amount
    if (underContract(invoice) || invoice.total <= ceiling || onInvoice <= ceiling) continue
    const observed = decimalOf(onInvoice, LEI)
    const law = `${CASH_FRAGMENT_LAW}, ${limits.act}`
    breaches.push({ code: 'CASH_FRAGMENTED_INVOICE', limit, observed, ...place, invoiceId: invoice.invoiceId, law })
  }
  return breaches
}

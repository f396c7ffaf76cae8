import type { BusinessDay } from '../business-day.ts'
import type { CompanyRules } from '../decider.ts'
import type { InvoiceId } from '../ids.ts'
import { decimalOf } from '../money.ts'
import type { ClientKind, Payer } from '../party.ts'
import { CASH_FRAGMENT_LAW, CASH_LAW, cashLimitsOn, ceilingFor } from '../rules/cash-limits.ts'
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

interface CashPayment {
  readonly currency: string
  readonly amount: bigint
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
  readonly clientId: string
  readonly kind: ClientKind
  readonly taxId?: string | undefined
}

/** Who handed the cash over: a business by its tax id, a person by name; the client when nobody else is named. */
const payerKey = (payer: Payer | undefined, client: CashClient | undefined): string =>
  payer === undefined ? `client ${client?.taxId ?? client?.clientId ?? ''}` : `client ${payer.taxId ?? payer.name}`

const payerKind = (payer: Payer | undefined, client: CashClient | undefined): ClientKind => {
  if (payer === undefined) return client?.kind ?? 'BUSINESS'
  return payer.taxId === undefined ? 'INDIVIDUAL' : 'BUSINESS'
}

const dayKey = ({ receivedOn, deskId, payer }: CashPayment, client: CashClient | undefined): string =>
  `${receivedOn} ${deskId ?? ''} ${payerKey(payer, client)}`

const add = <Key>(sums: Map<Key, bigint>, key: Key, amount: bigint): void => {
  const sum = (sums.get(key) ?? 0n) + amount
  if (sum === 0n) sums.delete(key)
  else sums.set(key, sum)
}

export const takeCash = (
  cash: CashTaken,
  payment: CashPayment,
  client: CashClient | undefined,
  amount: bigint,
): void => {
  if (payment.currency === LEI) add(cash.byPayerDay, dayKey(payment, client), amount)
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
  payment: CashPayment,
  shares: readonly { readonly invoice: CashInvoice; readonly amount: bigint }[],
  client: CashClient,
  rules: CompanyRules,
): readonly CashBreach[] => {
  const limits = cashLimitsOn(payment.receivedOn)
  if (limits === undefined || payment.currency !== LEI) return []
  const kind = payerKind(payment.payer, client)
  const ceiling = ceilingFor(limits, kind, rules.cashAndCarry)
  const underContract = ({ instalmentContract }: CashInvoice): boolean => kind === 'INDIVIDUAL' && instalmentContract
  if (shares.length > 0 && shares.every(({ invoice }) => underContract(invoice))) return []

  const { receivedOn: day, deskId } = payment
  const place = { day, ...(deskId === undefined ? {} : { deskId }) }
  const limit = decimalOf(ceiling, LEI)
  const breaches: CashBreach[] = []
  const ofDay = (cash.byPayerDay.get(dayKey(payment, client)) ?? 0n) + payment.amount
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

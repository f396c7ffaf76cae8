import type { BusinessDay } from '../business-day.ts'
import type { CompanyRules } from '../decider.ts'
import type { ExchangeRate } from '../exchange-rate.ts'
import type { Currency, MoneyOrZero } from '../money.ts'
import type { Unpriced } from '../rate-in-force.ts'
import type { UnidentifiedCommand } from '../unidentified-payments/commands.ts'
import type { AccountCommand } from './commands.ts'
import { firstFreeDay } from './decisions/requirements.ts'
import { accountPayments } from './records/payments.ts'
import type { ClientAccount } from './state.ts'

const inForeign = (currency: Currency, on: BusinessDay, { functionalCurrency }: CompanyRules): Unpriced | undefined =>
  functionalCurrency === undefined || currency === functionalCurrency ? undefined : { currency, on }

/**
 * The document in another currency than that of the books that a command brings without saying what it is worth. A
 * conversion is none: what two sides agreed on is named, or refused.
 */
export const unpricedBy = (
  { type, data }: AccountCommand | UnidentifiedCommand,
  company: CompanyRules,
): Unpriced | undefined => {
  const document = (
    { currency }: MoneyOrZero,
    on: BusinessDay,
    { exchangeRate }: { readonly exchangeRate?: ExchangeRate | undefined },
  ): Unpriced | undefined => (exchangeRate === undefined ? inForeign(currency, on, company) : undefined)
  switch (type) {
    case 'RegisterInvoice':
    case 'RegisterClaim':
      return document(data.total, data.issuedOn, data)
    case 'RegisterCreditNote':
      // Against an invoice it has the invoice's rate.
      return data.invoiceId === undefined ? document(data.total, data.issuedOn, data) : undefined
    case 'RecordPayment':
    case 'RecordUnidentifiedPayment':
      return document(data.amount, data.receivedOn, data)
    case 'RecordSetOff':
      return document(data.amount, data.setOffOn, data)
    default:
      return undefined
  }
}

/** The same of a refund, whose currency is that of the credit, as the account has it. */
export const unpricedRefund = (
  { type, data }: AccountCommand,
  account: ClientAccount,
  { company, today }: { readonly company: CompanyRules; readonly today: BusinessDay },
): Unpriced | undefined => {
  if (type !== 'RecordRefund' || data.exchangeRate !== undefined) return undefined
  const credit = accountPayments.factsOf(account, data.paymentId)
  if (credit === undefined) return undefined
  const { currency, receivedOn, lastUndoOn } = credit
  if (typeof data.amount !== 'string' && data.amount.currency !== currency) return undefined
  return inForeign(currency, data.refundedOn ?? firstFreeDay(company, today, receivedOn, lastUndoOn), company)
}

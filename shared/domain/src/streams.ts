import type { ClientId, CompanyId, ReceiptSeries } from './ids.ts'
import { LEDGER_CLOCK_STREAM } from './ledger-clock.ts'

/** `category-{company}` or `category-{company}:{id}`; ids hold neither `:` nor a leading `-`, so a name reads one way. */
export const companyStream = (companyId: CompanyId): string => `company-${companyId}`
export const clientAccountStream = (companyId: CompanyId, clientId: ClientId): string =>
  `clientAccount-${companyId}:${clientId}`
export const receiptBookStream = (companyId: CompanyId, series: ReceiptSeries): string =>
  `receiptBook-${companyId}:${series}`
export const unidentifiedStream = (companyId: CompanyId): string => `unidentified-${companyId}`
export const exchangeRatesStream = (companyId: CompanyId): string => `exchangeRates-${companyId}`

/** Whatever follows begins with a company's id. */
export const COMPANY_STREAM_PREFIXES = [
  'company-',
  'clientAccount-',
  'receiptBook-',
  'unidentified-',
  'exchangeRates-',
] as const

/** The streams of the ledger, as prefixes for a subscription. */
export const LEDGER_STREAM_PREFIXES = [...COMPANY_STREAM_PREFIXES, LEDGER_CLOCK_STREAM] as const

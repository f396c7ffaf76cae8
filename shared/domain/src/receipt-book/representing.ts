import { formatRomanianDay } from '../business-day.ts'
import { type Currency, formatRomanianMoney, minorIn } from '../money.ts'
import type { EnterReceipt } from './commands.ts'

const ZERO = /^[0.]+$/

const invoiceText = (settled: EnterReceipt['settles'][number], currency: Currency): string => {
  const name = `${settled.series === undefined ? '' : `${settled.series} `}${settled.number}`
  const amount = formatRomanianMoney(minorIn(settled.amount.amount, currency), currency)
  const head = `factura ${name} din ${formatRomanianDay(settled.issuedOn)}`
  if (ZERO.test(settled.openAfter)) return `${head}: ${amount}`
  return `plată parțială ${head}: ${amount}, rest ${formatRomanianMoney(minorIn(settled.openAfter, currency), currency)}`
}

/**
 * «reprezentând»: what the money is for, each invoice with its number, day and part, and what was paid ahead.
 * @see OMFP 2634/2015 annex 1 pct. 2: the content of the operation stands on the document
 */
export const representing = ({ settles, advance, amount: { currency } }: EnterReceipt): string => {
  const parts = settles.map((settled) => invoiceText(settled, currency))
  if (!ZERO.test(advance)) parts.push(`avans: ${formatRomanianMoney(minorIn(advance, currency), currency)}`)
  return parts.join('; ')
}

import { formatRomanianDay } from '../business-day.ts'
import { formatRomanianMoney, type Money, minorOf } from '../money.ts'
import type { EnterReceipt } from './commands.ts'

type SettledInvoice = EnterReceipt['settles'][number]

const formatted = (money: Money): string => formatRomanianMoney(minorOf(money), money.currency)

const ZERO = /^[0.]+$/

/** The part in the payment's currency; of an invoice in another one also its own, and the rate. */
const partText = ({ amount, conversion }: SettledInvoice): string => {
  const part = formatted(amount)
  if (conversion === undefined) return part
  return `${part} (${formatted(conversion.settled)} la cursul ${conversion.rate.replace('.', ',')})`
}

const invoiceText = (settled: SettledInvoice): string => {
  const name = `${settled.series === undefined ? '' : `${settled.series} `}${settled.number}`
  const head = `factura ${name} din ${formatRomanianDay(settled.issuedOn)}`
  const { openAfter, conversion, amount } = settled
  if (ZERO.test(openAfter)) return `${head}: ${partText(settled)}`
  const rest = formatted({ amount: openAfter, currency: (conversion?.settled ?? amount).currency })
  return `plată parțială ${head}: ${partText(settled)}, rest ${rest}`
}

/**
 * «reprezentând»: what the money is for, each invoice with its number, day and part, and what was paid ahead.
 * @see OMFP 2634/2015 annex 1 pct. 2: the content of the operation stands on the document
 */
export const representing = ({
  settles,
  advance,
  amount: { currency },
}: Pick<EnterReceipt, 'settles' | 'advance' | 'amount'>): string => {
  const parts = settles.map(invoiceText)
  if (!ZERO.test(advance)) parts.push(`avans: ${formatted({ amount: advance, currency })}`)
  return parts.join('; ')
}

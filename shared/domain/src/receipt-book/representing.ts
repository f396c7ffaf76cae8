import { formatRomanianDay } from '../business-day.ts'
import type { ClaimKind } from '../client-account/vocabulary.ts'
import { formatRomanianMoney, type Money, minorOf } from '../money.ts'
import type { EnterReceipt } from './commands.ts'

type SettledInvoice = EnterReceipt['settles'][number]

const formatted = (money: Money): string => formatRomanianMoney(minorOf(money), money.currency)

const CLAIM_NAMES: Readonly<Record<ClaimKind, string>> = {
  RETURNED_MONEY: 'sumă de restituit',
  FEE: 'cheltuieli de recuperat',
  INTEREST: 'dobândă penalizatoare',
  OTHER: 'creanță',
}

/** What a paper calls what was paid; `undefined`: an invoice. */
export const nameOfOwed = (claim: ClaimKind | undefined): string =>
  claim === undefined ? 'factura' : CLAIM_NAMES[claim]

const ZERO = /^[0.]+$/

/** The part in the payment's currency; of an invoice in another one also its own, and the rate. */
const partText = ({ amount, conversion }: SettledInvoice): string => {
  const part = formatted(amount)
  if (conversion === undefined) return part
  return `${part} (${formatted(conversion.settled)} la cursul ${conversion.rate.replace('.', ',')})`
}

const invoiceText = (settled: SettledInvoice): string => {
  const name = `${settled.series === undefined ? '' : `${settled.series} `}${settled.number}`
  const head = `${nameOfOwed(settled.claim)} ${name} din ${formatRomanianDay(settled.issuedOn)}`
  const { openAfter, conversion, amount } = settled
  if (ZERO.test(openAfter)) return `${head}: ${partText(settled)}`
  const rest = formatted({ amount: openAfter, currency: (conversion?.settled ?? amount).currency })
  return `plată parțială ${head}: ${partText(settled)}, rest ${rest}`
}

/**
 * «reprezentând»: what the money is for, each invoice or claim with its number, day and part, and what was paid ahead.
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

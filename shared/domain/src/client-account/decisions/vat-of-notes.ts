import { decimalOf, type Money, minorIn, minorOf, moneyOf } from '../../money.ts'
import { reject } from '../../rejection.ts'
import type { VatLine } from '../events/parts.ts'
import { exceedingRate, vatLeftOf, vatOfPart } from '../invoice-vat.ts'
import type { VatAmounts } from '../records/fields.ts'
import type { Invoice } from '../records/invoices.ts'

const amountsOf = ({ rate, base, vat }: VatLine, currency: string): VatAmounts => ({
  rate,
  base: minorIn(base, currency),
  vat: minorIn(vat, currency),
})

const lineOf = ({ rate, base, vat }: VatAmounts, currency: string): VatLine => ({
  rate,
  base: decimalOf(base, currency),
  vat: decimalOf(vat, currency),
})

/** What takes VAT back takes what the invoice still has of it, rate by rate. @throws Rejection */
export const requireFit = (invoice: Invoice, lines: readonly VatLine[]): void => {
  const { invoiceId, currency } = invoice
  const exceeding = exceedingRate(
    vatLeftOf(invoice),
    lines.map((line) => amountsOf(line, currency)),
  )
  if (exceeding === undefined) return
  const { taken, left } = exceeding
  reject('CREDIT_NOTE_DOES_NOT_FIT', {
    path: '/vatLines',
    invoiceId,
    rate: taken.rate,
    taken: lineOf(taken, currency),
    left: lineOf(left, currency),
  })
}

/**
 * The VAT that goes back with a credit note: as it says, or, where it says nothing, its share of what the invoice still has.
 * A note without VAT would leave the VAT of a sale that was taken back in the books (Legea 227/2015 art. 287).
 * @throws Rejection
 */
export const vatOfNote = (
  invoice: Invoice,
  total: Money,
  lines: readonly VatLine[] | undefined,
): readonly VatLine[] => {
  const { invoiceId, currency } = invoice
  if (lines === undefined) {
    const left = vatLeftOf(invoice)
    const whole = left.reduce((sum, { base, vat }) => sum + base + vat, 0n)
    if (left.length > 0 && minorOf(total) > whole) {
      reject('CREDIT_NOTE_DOES_NOT_FIT', { path: '/total', invoiceId, total, left: moneyOf(whole, currency) })
    }
    return vatOfPart(left, minorOf(total)).map((line) => lineOf(line, currency))
  }
  const withVat = vatLeftOf(invoice).find(({ vat }) => vat !== 0n)
  if (lines.length === 0 && withVat !== undefined) {
    const left = lineOf(withVat, currency)
    reject('CREDIT_NOTE_DOES_NOT_FIT', { path: '/vatLines', invoiceId, rate: withVat.rate, left })
  }
  requireFit(invoice, lines)
  return lines
}

import type { EventOf } from '../event-definition.ts'
import { minorIn } from '../money.ts'
import { LEI } from './cash-guard.ts'
import type { InvoiceMoved } from './events/merges.ts'
import { vatTakenWith } from './invoice-vat.ts'
import type { Invoice } from './records/invoices.ts'

export type Moved = Omit<EventOf<typeof InvoiceMoved>['data'], 'clientId' | 'fromClientId'>

/** Adds what an event says of an invoice to it; `sign` -1 takes it off, and what is left is what the event does not know of. */
export const withMoved = (invoice: Invoice, moved: Moved, sign: 1n | -1n): Invoice => {
  const { currency } = invoice
  const minor = (amount: string | undefined): bigint => (amount === undefined ? 0n : sign * minorIn(amount, currency))
  const { value } = invoice
  const { functional, paidInCash = '0', vatTaken = [], corrections = 0 } = moved
  const taken = vatTaken.map(({ rate, base, vat }) => ({
    rate,
    base: minorIn(base, currency),
    vat: minorIn(vat, currency),
  }))
  return {
    ...invoice,
    open: invoice.open + minor(moved.amount.amount),
    writtenOff: invoice.writtenOff + minor(moved.writtenOff),
    recovered: invoice.recovered + minor(moved.recovered),
    paidInCash: invoice.paidInCash + sign * minorIn(paidInCash, LEI),
    vatTaken: vatTakenWith(invoice, taken, sign),
    corrections: invoice.corrections + Number(sign) * corrections,
    value: value && functional && { ...value, left: value.left + sign * minorIn(functional.moved, value.currency) },
  }
}

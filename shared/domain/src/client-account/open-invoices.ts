import type { BusinessDay } from '../business-day.ts'
import type { InvoiceId } from '../ids.ts'
import { type ByteCursor, readBytes, writeBytes } from '../packed/byte-cursor.ts'
import { numberOfDay } from '../packed/packed-table.ts'

/**
 * Open invoices in the order in which money settles them when the payer names none (Codul civil art. 1509: due first,
 * older first). Two plain lists side by side, for an account may have 100,000 of them.
 */
export interface OpenInvoices {
  /** Due day and issue day as one number. */
  readonly ranks: number[]
  /** The invoices' records. */
  readonly ordinals: number[]
}

export const noOpenInvoices = (): OpenInvoices => ({ ranks: [], ordinals: [] })

export interface DueKey {
  readonly invoiceId: InvoiceId
  readonly dueOn: BusinessDay
  readonly issuedOn: BusinessDay
}

/** More days than there are business days. */
const ISSUE_DAYS = 2 ** 17

const rankOf = ({ dueOn, issuedOn }: DueKey): number => numberOfDay(dueOn) * ISSUE_DAYS + numberOfDay(issuedOn)

/** Place of the invoice in the list, or where it would stand; of one day, the lesser id comes first. */
const placeOf = ({ ranks, ordinals }: OpenInvoices, key: DueKey, idAt: (ordinal: number) => string): number => {
  const rank = rankOf(key)
  const precedes = (place: number): boolean => {
    const other = ranks[place] ?? 0
    return other < rank || (other === rank && idAt(ordinals[place] ?? 0) < key.invoiceId)
  }
  let low = 0
  let high = ranks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (precedes(middle)) low = middle + 1
    else high = middle
  }
  return low
}

/** Keeps the list sorted by insertion, so that a decision over 100,000 open invoices never sorts them. */
export const insertByDue = (
  list: OpenInvoices,
  key: DueKey,
  ordinal: number,
  idAt: (ordinal: number) => string,
): void => {
  const place = placeOf(list, key, idAt)
  if (list.ordinals[place] === ordinal) return
  list.ranks.splice(place, 0, rankOf(key))
  list.ordinals.splice(place, 0, ordinal)
}

export const removeByDue = (
  list: OpenInvoices,
  key: DueKey,
  ordinal: number,
  idAt: (ordinal: number) => string,
): void => {
  const place = placeOf(list, key, idAt)
  if (list.ordinals[place] !== ordinal) return
  list.ranks.splice(place, 1)
  list.ordinals.splice(place, 1)
}

export const writeOpenInvoices = (out: ByteCursor, { ranks, ordinals }: OpenInvoices): void => {
  writeBytes(out, new Uint8Array(Float64Array.from(ranks).buffer))
  writeBytes(out, new Uint8Array(Uint32Array.from(ordinals).buffer))
}

export const readOpenInvoices = (from: ByteCursor): OpenInvoices => {
  const ranks = Array.from(new Float64Array(readBytes(from).buffer))
  return { ranks, ordinals: Array.from(new Uint32Array(readBytes(from).buffer)) }
}

/** What the lists take in memory: two numbers an invoice. */
export const bytesOfOpenInvoices = ({ ranks }: OpenInvoices): number =>
  ranks.length * 2 * Float64Array.BYTES_PER_ELEMENT

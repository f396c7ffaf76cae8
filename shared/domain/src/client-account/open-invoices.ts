import type { BusinessDay } from '../business-day.ts'
import type { InvoiceId } from '../ids.ts'

/** The order in which money settles invoices when the payer names none (Codul civil art. 1509: due first, older first). */
export interface DueKey {
  readonly invoiceId: InvoiceId
  readonly dueOn: BusinessDay
  readonly issuedOn: BusinessDay
}

const compare = (a: DueKey, b: DueKey): number => {
  if (a.dueOn !== b.dueOn) return a.dueOn < b.dueOn ? -1 : 1
  if (a.issuedOn !== b.issuedOn) return a.issuedOn < b.issuedOn ? -1 : 1
  if (a.invoiceId === b.invoiceId) return 0
  return a.invoiceId < b.invoiceId ? -1 : 1
}

/** Place of `key` in the sorted list, or where it would stand. */
const placeOf = (list: readonly DueKey[], key: DueKey): number => {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = list[middle]
    if (item !== undefined && compare(item, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Keeps a list sorted by insertion, so that a decision over 100,000 open invoices never sorts them. */
export const insertByDue = (list: DueKey[], key: DueKey): void => {
  const place = placeOf(list, key)
  if (list[place]?.invoiceId !== key.invoiceId) list.splice(place, 0, key)
}

export const removeByDue = (list: DueKey[], key: DueKey): void => {
  const place = placeOf(list, key)
  if (list[place]?.invoiceId === key.invoiceId) list.splice(place, 1)
}

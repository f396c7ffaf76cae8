import type { BusinessDay } from '../business-day.ts'
import type { InvoiceId } from '../ids.ts'
import { type ByteCursor, readBytes, writeBytes } from '../packed/byte-cursor.ts'
import { numberOfDay } from '../packed/packed-table.ts'
import type { DuePart } from './due-parts.ts'

/**
 * What is open, in the order in which money settles it when the payer says nothing (Codul civil art. 1509: due first,
 * older first): an entry for each open part of an invoice, of which most have one. Plain lists side by side, for an account
 * may have 100,000 of them, and whoever looks for an amount looks through numbers.
 */
export interface OpenInvoices {
  /** Due day of the part and issue day as one number. */
  readonly ranks: number[]
  /** The invoices' records. */
  readonly ordinals: number[]
  /** What is open of the invoice up to the end of the part, in minor units; negative where later parts follow. */
  readonly reaches: number[]
  /** How many entries have a reach, of long lists from the first question on; nothing that is not in `reaches`. */
  counts: Map<number, number> | undefined
}

export const noOpenInvoices = (): OpenInvoices => ({ ranks: [], ordinals: [], reaches: [], counts: undefined })

/** What of an invoice says where it stands in the order. */
export interface OpenByDue {
  readonly invoiceId: InvoiceId
  readonly issuedOn: BusinessDay
  readonly dueOn: BusinessDay
  /** In the order in which what is settled falls on them; none: the whole is due on `dueOn`. */
  readonly dueParts: readonly DuePart[]
  readonly open: bigint
}

interface Entry {
  readonly rank: number
  readonly reach: number
}

/** More days than there are business days. */
const ISSUE_DAYS = 2 ** 17

const rankOf = (dueOn: BusinessDay, issuedOn: BusinessDay): number =>
  numberOfDay(dueOn) * ISSUE_DAYS + numberOfDay(issuedOn)

/** What is settled falls on the earliest parts first, so what is open lies on the last ones. */
const entriesOf = ({ open, dueOn, dueParts, issuedOn }: OpenByDue): readonly Entry[] => {
  if (open === 0n) return []
  if (dueParts.length === 0) return [{ rank: rankOf(dueOn, issuedOn), reach: Number(open) }]
  const entries: Entry[] = []
  let before = open
  for (let index = dueParts.length - 1; index >= 0 && before > 0n; index -= 1) {
    const part = dueParts[index]
    if (part === undefined) break
    const reach = Number(before)
    entries.unshift({ rank: rankOf(part.dueOn, issuedOn), reach: entries.length === 0 ? reach : -reach })
    before -= part.amount
  }
  return entries
}

/** What is open of an invoice up to the end of one of its parts. */
export interface OpenPart<Invoice extends OpenByDue> {
  readonly invoice: Invoice
  readonly reach: bigint
}

const compare = <Value>(one: Value, other: Value): number => (one < other ? -1 : one > other ? 1 : 0)

/** The open parts of a few invoices, in the order of the lists. */
export const partsInOrder = <Invoice extends OpenByDue>(invoices: readonly Invoice[]): readonly OpenPart<Invoice>[] =>
  invoices
    .flatMap((invoice) =>
      entriesOf(invoice).map(({ rank, reach }) => ({ invoice, rank, reach: BigInt(Math.abs(reach)) })),
    )
    .toSorted((a, b) => compare(a.rank, b.rank) || compare(a.invoice.invoiceId, b.invoice.invoiceId))

type IdAt = (ordinal: number) => string

/** The place of an invoice's entry, or where it would stand; of one day, the lesser id comes first. */
const placeOf = (list: OpenInvoices, { rank, reach }: Entry, invoiceId: InvoiceId, idAt: IdAt): number => {
  const precedes = (place: number): boolean => {
    const other = list.ranks[place] ?? 0
    if (other !== rank) return other < rank
    const id = idAt(list.ordinals[place] ?? 0)
    return id === invoiceId ? Math.abs(list.reaches[place] ?? 0) < Math.abs(reach) : id < invoiceId
  }
  let low = 0
  let high = list.ranks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (precedes(middle)) low = middle + 1
    else high = middle
  }
  return low
}

const count = ({ counts }: OpenInvoices, reach: number, by: 1 | -1): void => {
  if (counts === undefined) return
  const many = (counts.get(reach) ?? 0) + by
  if (many === 0) counts.delete(reach)
  else counts.set(reach, many)
}

/** So many numbers are looked through in a microsecond; of more, it is worth knowing which there are. */
const LOOKED_THROUGH_MAX = 1_000

const countsOf = (list: OpenInvoices): ReadonlyMap<number, number> => {
  if (list.counts === undefined) {
    list.counts = new Map()
    for (const reach of list.reaches) count(list, reach, 1)
  }
  return list.counts
}

/** The place of the only entry with that reach. */
export const onlyReach = (list: OpenInvoices, reach: number): number | 'several' | undefined => {
  const { reaches } = list
  const isLong = reaches.length > LOOKED_THROUGH_MAX
  const many = isLong ? (countsOf(list).get(reach) ?? 0) : 1
  if (many !== 1) return many === 0 ? undefined : 'several'
  const place = reaches.indexOf(reach)
  if (place < 0) return undefined
  return !isLong && reaches.includes(reach, place + 1) ? 'several' : place
}

/** Keeps the lists sorted while an invoice changes, so that a decision over 100,000 open ones never sorts them. */
export const moveByDue = (
  list: OpenInvoices,
  ordinal: number,
  { was, is }: { readonly was: OpenByDue; readonly is: OpenByDue },
  idAt: IdAt,
): void => {
  const [before, after] = [entriesOf(was), entriesOf(is)]
  const placeIn = (entry: Entry): number => placeOf(list, entry, is.invoiceId, idAt)
  if (before.length === after.length && before.every(({ rank }, index) => rank === after[index]?.rank)) {
    const places = before.map(placeIn)
    for (const [index, place] of places.entries()) {
      const reach = after[index]?.reach ?? 0
      count(list, list.reaches[place] ?? 0, -1)
      count(list, reach, 1)
      list.reaches[place] = reach
    }
    return
  }
  for (const entry of before) {
    const place = placeIn(entry)
    list.ranks.splice(place, 1)
    list.ordinals.splice(place, 1)
    list.reaches.splice(place, 1)
    count(list, entry.reach, -1)
  }
  for (const entry of after) {
    const place = placeIn(entry)
    list.ranks.splice(place, 0, entry.rank)
    list.ordinals.splice(place, 0, ordinal)
    list.reaches.splice(place, 0, entry.reach)
    count(list, entry.reach, 1)
  }
}

export const writeOpenInvoices = (out: ByteCursor, { ranks, ordinals, reaches }: OpenInvoices): void => {
  writeBytes(out, new Uint8Array(Float64Array.from(ranks).buffer))
  writeBytes(out, new Uint8Array(Uint32Array.from(ordinals).buffer))
  writeBytes(out, new Uint8Array(Float64Array.from(reaches).buffer))
}

export const readOpenInvoices = (from: ByteCursor): OpenInvoices => {
  const ranks = Array.from(new Float64Array(readBytes(from).buffer))
  const ordinals = Array.from(new Uint32Array(readBytes(from).buffer))
  const reaches = Array.from(new Float64Array(readBytes(from).buffer))
  return { ranks, ordinals, reaches, counts: undefined }
}

/** What a number takes in a map beside its count. */
const BYTES_PER_COUNT = 40

/** What the lists take in memory: three numbers an open part, and what is counted of them. */
export const bytesOfOpenInvoices = ({ ranks, counts }: OpenInvoices): number =>
  ranks.length * 3 * Float64Array.BYTES_PER_ELEMENT + (counts?.size ?? 0) * BYTES_PER_COUNT

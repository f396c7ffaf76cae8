import { addTo, type ChangingRow, type Expected, type Fold, find, type History, jsonCell, put } from '../expected.ts'
import { minorOf, type PlacedFact } from '../facts.ts'

const books = { name: 'receipt_books', key: ['company_id', 'series'] }
const ranges: History = { name: 'receipt_ranges', position: 'position', within: [] }
const reprints: History = { name: 'receipt_reprints', position: 'position', within: [] }
const receipts = { name: 'receipts', key: ['company_id', 'series', 'number'] }

const saidIn = ({
  amount,
  advance,
  settles,
}: Extract<PlacedFact, { readonly type: 'ReceiptIssued' }>['data']): bigint => {
  const amounts = settles.flatMap((part) => [
    part.amount.amount,
    part.openAfter,
    ...(part.conversion === undefined ? [] : [part.conversion.settled.amount]),
  ])
  return [amount.amount, advance, ...amounts].reduce((sum, said) => sum + minorOf(said), 0n)
}

const foldReceipts = (expected: Expected, fact: PlacedFact): void => {
  const { type, data, companyId: company_id, position } = fact
  const change = (series: string, number: number, cells: ChangingRow): void => {
    const row = find(expected, receipts, company_id, series, BigInt(number))
    if (row !== undefined) Object.assign(row, cells)
  }
  /** A book that something happened to, on a day or on none. */
  const touch = (series: string, on: string | undefined, cells: ChangingRow): void => {
    const book = find(expected, books, company_id, series)
    if (book === undefined) return
    const last = `${book['last_effective_on']}`
    Object.assign(book, {
      ...cells,
      last_effective_on: on !== undefined && on > last ? on : last,
      last_position: position,
    })
  }

  switch (type) {
    case 'ReceiptBookOpened': {
      const range = {
        company_id,
        series: data.series,
        to_number: data.to === undefined ? null : BigInt(data.to),
        last_number: BigInt(data.from - 1),
      }
      expected.bear(ranges, { ...range, position, effective_on: data.decisionOn })
      put(expected, books, {
        ...range,
        desk_id: data.deskId,
        from_number: BigInt(data.from),
        decision_number: data.decisionNumber,
        decision_on: data.decisionOn,
        financial_year: data.financialYear,
        issued_count: 0n,
        annulled_count: 0n,
        position,
        last_effective_on: data.decisionOn,
        last_position: position,
      })
      return
    }
    case 'ReceiptRangeExtended': {
      const { series, decisionOn } = data
      const to_number = BigInt(data.to)
      const from = BigInt(find(expected, books, company_id, series)?.['from_number'] ?? 1n)
      const range = { company_id, series, position, effective_on: decisionOn, to_number, last_number: from - 1n }
      expected.bear(ranges, range)
      return touch(series, decisionOn, { to_number })
    }
    case 'ReceiptIssued': {
      const { series, replaces } = data
      const number = BigInt(data.number)
      const minor = minorOf(data.amount.amount)
      put(expected, receipts, {
        company_id,
        series,
        number,
        receipt_id: data.receiptId,
        client_id: data.clientId,
        payment_id: data.paymentId,
        desk_id: data.deskId,
        issued_on: data.issuedOn,
        currency: data.amount.currency,
        amount_minor: minor,
        value_minor: minor,
        annulled_on: null,
        annulled_position: null,
        annulment_reason: null,
        replaced_by_series: null,
        replaced_by_number: null,
        replaced_on: null,
        replaced_position: null,
        reprint_count: 0n,
        document: jsonCell(fact.whole),
        said_minor: saidIn(data),
        position: fact.position,
        event_id: fact.eventId,
      })
      touch(series, data.issuedOn, { last_number: number })
      addTo(expected, books, { company_id, series }, { issued_count: 1n })
      if (replaces === undefined) return
      return change(replaces.series, replaces.number, {
        replaced_by_series: series,
        replaced_by_number: number,
        replaced_on: data.issuedOn,
        replaced_position: position,
      })
    }
    case 'ReceiptAnnulled':
      change(data.series, data.number, {
        annulled_on: data.annulledOn,
        annulled_position: position,
        annulment_reason: data.reason,
        value_minor: 0n,
      })
      touch(data.series, data.annulledOn, {})
      return addTo(expected, books, { company_id, series: data.series }, { annulled_count: 1n })
    case 'ReceiptBookContinued': {
      const { series } = data
      const last_number = BigInt(data.continueFrom) - 1n
      const to_number = find(expected, books, company_id, series)?.['to_number'] ?? null
      expected.bear(ranges, { company_id, series, position, effective_on: null, to_number, last_number })
      return touch(series, undefined, { last_number })
    }
    case 'ReceiptReprinted':
      expected.bear(reprints, {
        company_id,
        series: data.series,
        number: BigInt(data.number),
        copy: BigInt(data.copy),
        position,
      })
      return change(data.series, data.number, { reprint_count: BigInt(data.copy) })
    default:
      return
  }
}

export const receiptFold: Fold = { histories: [ranges, reprints], states: [books, receipts], start: () => foldReceipts }

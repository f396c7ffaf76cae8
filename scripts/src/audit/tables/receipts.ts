import { addTo, type ChangingRow, type Expected, type Fold, find, jsonCell, put } from '../expected.ts'
import { minorOf, type PlacedFact } from '../facts.ts'

const books = { name: 'receipt_books', key: ['company_id', 'series'] }
const receipts = { name: 'receipts', key: ['company_id', 'series', 'number'] }

const foldReceipts = (expected: Expected, fact: PlacedFact): void => {
  const { type, data, companyId: company_id } = fact
  const change = (series: string, number: number, cells: ChangingRow): void => {
    const row = find(expected, receipts, company_id, series, BigInt(number))
    if (row !== undefined) Object.assign(row, cells)
  }

  switch (type) {
    case 'ReceiptBookOpened':
      put(expected, books, {
        company_id,
        series: data.series,
        desk_id: data.deskId,
        from_number: BigInt(data.from),
        to_number: data.to === undefined ? null : BigInt(data.to),
        decision_number: data.decisionNumber,
        decision_on: data.decisionOn,
        financial_year: data.financialYear,
        last_number: BigInt(data.from - 1),
        issued_count: 0n,
        annulled_count: 0n,
      })
      return
    case 'ReceiptRangeExtended': {
      const book = find(expected, books, company_id, data.series)
      if (book !== undefined) book['to_number'] = BigInt(data.to)
      return
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
        annulment_reason: null,
        replaced_by_series: null,
        replaced_by_number: null,
        reprint_count: 0n,
        document: jsonCell(fact.whole),
        position: fact.position,
        event_id: fact.eventId,
      })
      const book = find(expected, books, company_id, series)
      if (book !== undefined) book['last_number'] = number
      addTo(expected, books, { company_id, series }, { issued_count: 1n })
      if (replaces === undefined) return
      return change(replaces.series, replaces.number, { replaced_by_series: series, replaced_by_number: number })
    }
    case 'ReceiptAnnulled':
      change(data.series, data.number, {
        annulled_on: data.annulledOn,
        annulment_reason: data.reason,
        value_minor: 0n,
      })
      return addTo(expected, books, { company_id, series: data.series }, { annulled_count: 1n })
    case 'ReceiptBookContinued': {
      const book = find(expected, books, company_id, data.series)
      if (book !== undefined) book['last_number'] = BigInt(data.continueFrom) - 1n
      return
    }
    case 'ReceiptReprinted':
      return change(data.series, data.number, { reprint_count: BigInt(data.copy) })
    default:
      return
  }
}

export const receiptFold: Fold = { histories: [], states: [books, receipts], start: () => foldReceipts }

import { addTo, type ChangingRow, type Expected, type Fold, find, jsonCell, put } from '../expected.ts'
import { minorOf, type PlacedFact } from '../facts.ts'

export const invoices = { name: 'invoice_balances', key: ['company_id', 'invoice_id', 'client_id'] }
const settlements = { name: 'invoice_settlements', position: 'position', within: [] }

const amount = (row: ChangingRow, column: string): bigint => BigInt(row[column] ?? 0n)

const statusOf = (row: ChangingRow, open: bigint): string => {
  if (row['cancelled_on'] !== null) return 'CANCELLED'
  const uncleared = amount(row, 'uncleared_minor')
  if (open + uncleared > 0n) return amount(row, 'allocated_minor') > uncleared ? 'PARTIALLY_PAID' : 'UNPAID'
  if (amount(row, 'written_off_minor') > 0n) return 'WRITTEN_OFF'
  const credited = amount(row, 'allocated_minor') === 0n && amount(row, 'credited_minor') > 0n
  return credited ? 'CREDITED' : 'PAID'
}

/** A cancelled invoice asks for nothing. */
const conclude = (row: ChangingRow): void => {
  const settled = ['allocated_minor', 'credited_minor', 'discounted_minor', 'written_off_minor']
  const open = settled.reduce((left, column) => left - amount(row, column), amount(row, 'total_minor'))
  row['open_minor'] = row['cancelled_on'] === null ? open : 0n
  row['status'] = statusOf(row, open)
}

const foldInvoices = (expected: Expected, fact: PlacedFact): void => {
  const { type, data, companyId: company_id, position } = fact
  const change = (invoiceId: string, clientId: string, column: string, minor: bigint): void => {
    addTo(expected, invoices, { company_id, invoice_id: invoiceId, client_id: clientId }, { [column]: minor })
    const row = find(expected, invoices, company_id, invoiceId, clientId)
    if (row !== undefined) conclude(row)
  }

  switch (type) {
    case 'InvoiceRegistered':
      conclude(
        put(expected, invoices, {
          company_id,
          invoice_id: data.invoiceId,
          client_id: data.clientId,
          kind: data.kind,
          series: data.series ?? null,
          number: data.number,
          issued_on: data.issuedOn,
          due_on: data.dueOn,
          currency: data.total.currency,
          total_minor: minorOf(data.total.amount),
          allocated_minor: 0n,
          uncleared_minor: 0n,
          credited_minor: 0n,
          discounted_minor: 0n,
          written_off_minor: 0n,
          cancelled_on: null,
          instalments: jsonCell(data.instalments),
          position,
        }),
      )
      return
    case 'InvoiceCancelled': {
      const row = find(expected, invoices, company_id, data.invoiceId, data.clientId)
      if (row === undefined) return
      row['cancelled_on'] = data.cancelledOn
      conclude(row)
      return
    }
    case 'CreditNoteRegistered':
      if (data.invoiceId !== undefined)
        change(data.invoiceId, data.clientId, 'credited_minor', minorOf(data.total.amount))
      return
    case 'DiscountGranted':
      change(data.invoiceId, data.clientId, 'discounted_minor', minorOf(data.amount.amount))
      return
    case 'InvoiceWrittenOff':
      change(data.invoiceId, data.clientId, 'written_off_minor', minorOf(data.amount.amount))
      return
    case 'PaymentCleared':
      for (const part of data.settles ?? []) {
        change(part.invoiceId, data.clientId, 'uncleared_minor', -minorOf(part.amount.amount))
      }
      return
    case 'PaymentAllocated':
    case 'PaymentDeallocated': {
      const undone = type === 'PaymentDeallocated'
      const minor = (undone ? -1n : 1n) * minorOf(data.amount.amount)
      change(data.invoiceId, data.clientId, 'allocated_minor', minor)
      if (data.uncleared === true) change(data.invoiceId, data.clientId, 'uncleared_minor', minor)
      expected.bear(settlements, {
        company_id,
        invoice_id: data.invoiceId,
        client_id: data.clientId,
        position,
        payment_id: data.paymentId,
        amount_minor: minor,
        effective_on: undone ? data.deallocatedOn : data.allocatedOn,
        undone_because: undone ? data.reason : null,
        event_id: fact.eventId,
      })
      return
    }
    default:
      return
  }
}

export const invoiceFold: Fold = { histories: [settlements], states: [invoices], start: () => foldInvoices }

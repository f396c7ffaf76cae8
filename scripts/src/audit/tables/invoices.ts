import { addTo, type ChangingRow, type Expected, type Fold, find, jsonCell, put } from '../expected.ts'
import { minorOf, type PlacedFact } from '../facts.ts'

export const invoices = { name: 'invoice_balances', key: ['company_id', 'invoice_id', 'client_id'] }
/** One event may settle several invoices: a paper that is collected. */
const settlements = { name: 'invoice_settlements', position: 'position', within: ['client_id', 'invoice_id'] }

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
  /** A line of the history of an invoice, and what its row has to say after it. */
  const settle = (
    of: { readonly clientId: string; readonly invoiceId: string },
    line: { readonly kind: string; readonly minor: bigint; readonly on: string },
    amounts: Readonly<Record<string, bigint>>,
    more: ChangingRow = {},
  ): void => {
    const key = { company_id, invoice_id: of.invoiceId, client_id: of.clientId }
    addTo(expected, invoices, key, amounts)
    const row = find(expected, invoices, company_id, of.invoiceId, of.clientId)
    if (row !== undefined) {
      if (line.kind === 'CANCELLED') row['cancelled_on'] = line.on
      const last = `${row['last_effective_on']}`
      row['last_effective_on'] = line.on > last ? line.on : last
      row['last_position'] = position
      conclude(row)
    }
    expected.bear(settlements, {
      ...key,
      position,
      kind: line.kind,
      payment_id: null,
      amount_minor: line.minor,
      uncleared: false,
      effective_on: line.on,
      undone_because: null,
      event_id: fact.eventId,
      ...more,
    })
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
          last_effective_on: data.issuedOn,
          last_position: position,
        }),
      )
      return
    case 'InvoiceCancelled':
      return settle(data, { kind: 'CANCELLED', minor: minorOf(data.total.amount), on: data.cancelledOn }, {})
    case 'CreditNoteRegistered': {
      const { invoiceId, clientId, creditedOn: on } = data
      if (invoiceId === undefined) return
      const minor = minorOf(data.total.amount)
      return settle({ clientId, invoiceId }, { kind: 'CREDITED', minor, on }, { credited_minor: minor })
    }
    case 'DiscountGranted': {
      const minor = minorOf(data.amount.amount)
      return settle(data, { kind: 'DISCOUNTED', minor, on: data.grantedOn }, { discounted_minor: minor })
    }
    case 'InvoiceWrittenOff': {
      const minor = minorOf(data.amount.amount)
      return settle(data, { kind: 'WRITTEN_OFF', minor, on: data.writtenOffOn }, { written_off_minor: minor })
    }
    case 'PaymentCleared':
      for (const { invoiceId, amount: settled } of data.settles ?? []) {
        const minor = minorOf(settled.amount)
        const line = { kind: 'CLEARED', minor, on: data.clearedOn }
        const more = { payment_id: data.paymentId }
        settle({ clientId: data.clientId, invoiceId }, line, { uncleared_minor: -minor }, more)
      }
      return
    case 'PaymentAllocated':
    case 'PaymentDeallocated': {
      const undone = type === 'PaymentDeallocated'
      const minor = (undone ? -1n : 1n) * minorOf(data.amount.amount)
      const uncleared = data.uncleared === true
      return settle(
        data,
        { kind: 'ALLOCATED', minor, on: undone ? data.deallocatedOn : data.allocatedOn },
        { allocated_minor: minor, uncleared_minor: uncleared ? minor : 0n },
        { payment_id: data.paymentId, uncleared, undone_because: undone ? data.reason : null },
      )
    }
    default:
      return
  }
}

export const invoiceFold: Fold = { histories: [settlements], states: [invoices], start: () => foldInvoices }

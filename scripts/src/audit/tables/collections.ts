import { addTo, type Expected, type Fold } from '../expected.ts'
import { type Money, minorOf, type PlacedFact, paidOf } from '../facts.ts'

const entries = { name: 'trade_entries', position: 'position', within: [] }
const collectionDays = { name: 'collection_days', key: ['company_id', 'effective_on', 'method', 'currency'] }
const salesDays = { name: 'sales_days', key: ['company_id', 'effective_on', 'currency'] }

const NONE = { collected_minor: 0n, reversed_minor: 0n, refunded_minor: 0n }

/** Money in and back by day and method, and the sales beside it. An undo is no correction of the day that it undoes. */
const foldCollections = (expected: Expected, fact: PlacedFact): void => {
  const { type, data, companyId: company_id, position, eventId: event_id } = fact
  const write = (
    kind: string,
    clientId: string,
    documentId: string,
    { amount, currency }: Money,
    effective_on: string,
    method: string | null,
    sign: 1n | -1n = 1n,
  ): void => {
    const amount_minor = sign * minorOf(amount)
    const client_id = clientId
    const day = { company_id, effective_on, currency }
    expected.bear(entries, {
      ...day,
      position,
      kind,
      client_id,
      document_id: documentId,
      method,
      amount_minor,
      event_id,
    })
    if (method !== null) {
      addTo(expected, collectionDays, { ...day, method }, { ...NONE, [`${kind.toLowerCase()}_minor`]: amount_minor })
    } else {
      const isSale = kind === 'INVOICED'
      const amounts = { invoiced_minor: isSale ? amount_minor : 0n, credited_minor: isSale ? 0n : amount_minor }
      addTo(expected, salesDays, day, amounts)
    }
  }

  switch (type) {
    case 'InvoiceRegistered':
      return write('INVOICED', data.clientId, data.invoiceId, data.total, data.issuedOn, null)
    case 'InvoiceCancelled':
      return write('CANCELLED', data.clientId, data.invoiceId, data.total, data.cancelledOn, null)
    case 'CreditNoteRegistered':
      return write('CREDITED', data.clientId, data.creditNoteId, data.total, data.creditedOn, null)
    case 'PaymentRecorded':
      return write('COLLECTED', data.clientId, data.paymentId, data.amount, data.receivedOn, data.method)
    case 'PaymentIdentified':
      return write('COLLECTED', data.clientId, data.identificationId, data.amount, data.identifiedOn, data.method)
    case 'IdentificationUndone':
      return write('COLLECTED', data.clientId, data.identificationId, data.amount, data.undoneOn, data.method, -1n)
    case 'PaymentReversed':
      return write('REVERSED', data.clientId, data.paymentId, data.amount, data.reversedOn, data.method)
    case 'RefundRecorded':
      return write('REFUNDED', data.clientId, data.paymentId, paidOf(data), data.refundedOn, data.method)
    case 'CreditNoteReversed':
      return write('CREDITED', data.clientId, data.creditNoteId, data.total, data.reversedOn, null, -1n)
    case 'RefundReversed':
      return write('REFUNDED', data.clientId, data.paymentId, paidOf(data), data.reversedOn, data.method, -1n)
    default:
      return
  }
}

export const collectionFold: Fold = {
  histories: [entries],
  states: [collectionDays, salesDays],
  start: () => foldCollections,
}

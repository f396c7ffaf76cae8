import { type ClientId, type LedgerEvent, type Money, minorOf, type PaymentMethod } from '@registru/domain'
import { paidOf } from '../core/books/exchange.ts'
import { add, insert, type RowChange } from '../core/fold/changes.ts'
import { defineProjection } from '../core/fold/projection.ts'
import { collectionDays, salesDays, type TradeKind, tradeEntries } from './tables.ts'

interface Trade {
  readonly clientId: ClientId
  readonly documentId: string
  readonly amount: Money
  readonly on: string
  /** What is taken back of its kind is negative, on its own day. */
  readonly sign?: 1n | -1n
}

const minorOfTrade = ({ amount, sign = 1n }: Trade): bigint => sign * minorOf(amount)

const entry = (event: LedgerEvent, kind: TradeKind, trade: Trade, method: PaymentMethod | null): RowChange =>
  insert(tradeEntries, {
    company_id: event.metadata.companyId,
    position: event.position,
    kind,
    client_id: trade.clientId,
    document_id: trade.documentId,
    method,
    currency: trade.amount.currency,
    effective_on: trade.on,
    amount_minor: minorOfTrade(trade),
    event_id: event.eventId,
  })

const sold = (event: LedgerEvent, kind: 'INVOICED' | 'CANCELLED' | 'CREDITED', trade: Trade): readonly RowChange[] => {
  const { amount, on: effective_on } = trade
  const minor = minorOfTrade(trade)
  return [
    entry(event, kind, trade, null),
    add(
      salesDays,
      { company_id: event.metadata.companyId, effective_on, currency: amount.currency },
      kind === 'INVOICED'
        ? { invoiced_minor: minor, credited_minor: 0n }
        : { invoiced_minor: 0n, credited_minor: minor },
    ),
  ]
}

const collected = (
  event: LedgerEvent,
  kind: 'COLLECTED' | 'REVERSED' | 'REFUNDED',
  trade: Trade & { readonly method: PaymentMethod },
): readonly RowChange[] => {
  const { amount, method, on: effective_on } = trade
  const minor = minorOfTrade(trade)
  const of = (column: typeof kind): bigint => (column === kind ? minor : 0n)
  return [
    entry(event, kind, trade, method),
    add(
      collectionDays,
      { company_id: event.metadata.companyId, effective_on, method, currency: amount.currency },
      { collected_minor: of('COLLECTED'), reversed_minor: of('REVERSED'), refunded_minor: of('REFUNDED') },
    ),
  ]
}

/** Money in and money back by day and method, and the sales that it is measured against. An undo counts on its own day. */
export const collectionsProjection = defineProjection({
  name: 'collections',
  version: 3,
  tables: [tradeEntries, collectionDays, salesDays],
  on: {
    InvoiceRegistered: (event) => {
      const { clientId, invoiceId: documentId, total: amount, issuedOn: on } = event.data
      return sold(event, 'INVOICED', { clientId, documentId, amount, on })
    },
    InvoiceCancelled: (event) => {
      const { clientId, invoiceId: documentId, total: amount, cancelledOn: on } = event.data
      return sold(event, 'CANCELLED', { clientId, documentId, amount, on })
    },
    CreditNoteRegistered: (event) => {
      const { clientId, creditNoteId: documentId, total: amount, creditedOn: on } = event.data
      return sold(event, 'CREDITED', { clientId, documentId, amount, on })
    },
    CreditNoteReversed: (event) => {
      const { clientId, creditNoteId: documentId, total: amount, reversedOn: on } = event.data
      return sold(event, 'CREDITED', { clientId, documentId, amount, on, sign: -1n })
    },
    PaymentRecorded: (event) => {
      const { clientId, paymentId: documentId, amount, method, receivedOn: on } = event.data
      return collected(event, 'COLLECTED', { clientId, documentId, amount, method, on })
    },
    // It counts from the day on which it is somebody's: until then it is of no sale.
    PaymentIdentified: (event) => {
      const { clientId, identificationId: documentId, amount, method, identifiedOn: on } = event.data
      return collected(event, 'COLLECTED', { clientId, documentId, amount, method, on })
    },
    IdentificationUndone: (event) => {
      const { clientId, identificationId: documentId, amount, method, undoneOn: on } = event.data
      return collected(event, 'COLLECTED', { clientId, documentId, amount, method, on, sign: -1n })
    },
    PaymentReversed: (event) => {
      const { clientId, paymentId: documentId, amount, method, reversedOn: on } = event.data
      return collected(event, 'REVERSED', { clientId, documentId, amount, method, on })
    },
    RefundRecorded: (event) => {
      const { clientId, paymentId: documentId, method, refundedOn: on } = event.data
      return collected(event, 'REFUNDED', { clientId, documentId, amount: paidOf(event.data), method, on })
    },
    RefundReversed: (event) => {
      const { clientId, paymentId: documentId, method, reversedOn: on } = event.data
      return collected(event, 'REFUNDED', { clientId, documentId, amount: paidOf(event.data), method, on, sign: -1n })
    },
  },
})

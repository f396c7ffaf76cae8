import type { ClientId, CompanyId, InvoiceId, PaymentId } from '@registru/domain'
import {
  bigint,
  date,
  defineTable,
  defineTotals,
  id,
  nullable,
  position,
  sum,
  text,
  uuid,
  type ViewRowOf,
  word,
} from '../core/fold/table.ts'

export type StatementLineKind =
  | 'INVOICE'
  | 'CANCELLATION'
  /** What is owed without an invoice, and what takes that back. */
  | 'CLAIM'
  | 'CLAIM_CANCELLATION'
  | 'CREDIT_NOTE'
  | 'DISCOUNT'
  | 'WRITE_OFF'
  | 'PAYMENT'
  | 'REFUND'
  | 'REVERSAL'
  /** What takes back a line of the other kind, on the other side. */
  | 'CREDIT_NOTE_REVERSAL'
  | 'DISCOUNT_REVERSAL'
  | 'WRITE_OFF_REVERSAL'
  | 'REFUND_REVERSAL'
  /** Credit that went to another client's account, or came from one. */
  | 'TRANSFER'
  /** An invoice or a claim that went to the account of the same debtor, or came from there. */
  | 'MERGE'
  /** Credit that is the client's no longer. */
  | 'RELEASE'
  /** Credit that paid what was written off: nothing was asked for any more, so the client has it no longer. */
  | 'RECOVERY'
  | 'RECOVERY_REVERSAL'
  /** A payment in one currency settles an invoice in another: a line in each. */
  | 'CONVERSION'

/** One line an event that changes what the client owes as a whole. Allocations move nothing between the two parties. */
export const statementLines = defineTable({
  name: 'statement_lines',
  columns: {
    company_id: id<CompanyId>(),
    client_id: id<ClientId>(),
    currency: text(),
    effective_on: date(),
    position: position(),
    kind: word<StatementLineKind>(),
    /** Series and number of an invoice, the bank's reference of a payment; `null`: the payment's id or receipt tells. */
    document: nullable(text()),
    invoice_id: nullable(id<InvoiceId>()),
    payment_id: nullable(id<PaymentId>()),
    debit_minor: bigint(),
    credit_minor: bigint(),
    event_id: uuid(),
  },
  key: ['company_id', 'client_id', 'currency', 'effective_on', 'position'],
  // Rows lie in the order of positions, so a few pages of summary find those after one.
  indexes: ['using brin (position) with (pages_per_range = 16, autosummarize = on)'],
})

/** Month by month, so that the opening of any period adds up a few dozen rows, not a history. */
export const statementMonths = defineTotals({
  name: 'statement_months',
  columns: {
    company_id: id<CompanyId>(),
    client_id: id<ClientId>(),
    currency: text(),
    /** The month's first day. */
    month_on: date(),
    debit_minor: sum(),
    credit_minor: sum(),
  },
  key: ['company_id', 'client_id', 'currency', 'month_on'],
  fillfactor: 70,
})

/** Day by day for the whole company, by when it was learned, so that its total adds up days, not clients. */
export const statementDays = defineTotals({
  name: 'statement_days',
  columns: {
    company_id: id<CompanyId>(),
    currency: text(),
    effective_on: date(),
    /** Of the log, see `stretchOf`. */
    stretch: bigint(),
    debit_minor: sum(),
    credit_minor: sum(),
  },
  key: ['company_id', 'currency', 'effective_on', 'stretch'],
  fillfactor: 50,
})

/** Receipts name the payment's document better than anything else. */
export const statementReceipts = defineTable({
  name: 'statement_receipts',
  columns: {
    company_id: id<CompanyId>(),
    payment_id: id<PaymentId>(),
    client_id: id<ClientId>(),
    series: text(),
    number: bigint(),
    /** Positions of its issue and of its annulment. */
    known_from: position(),
    known_to: position(),
  },
  key: ['company_id', 'payment_id', 'client_id', 'series', 'number'],
})

export type StatementViews = {
  'read.statement_lines': ViewRowOf<typeof statementLines>
  'read.statement_months': ViewRowOf<typeof statementMonths>
  'read.statement_days': ViewRowOf<typeof statementDays>
  'read.statement_receipts': ViewRowOf<typeof statementReceipts>
}

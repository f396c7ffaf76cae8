import type { ClientId, CompanyId, InvoiceId, OwedKind, PaymentId } from '@registru/domain'
import {
  bigint,
  boolean,
  date,
  defineRemembered,
  defineTable,
  derived,
  id,
  integer,
  json,
  nullable,
  position,
  text,
  uuid,
  type ViewRowOf,
  word,
} from '../core/fold/table.ts'

export type InvoiceStatus = 'UNPAID' | 'PARTIALLY_PAID' | 'PAID' | 'CREDITED' | 'WRITTEN_OFF' | 'CANCELLED' | 'MOVED'

export interface InstalmentPart {
  readonly dueOn: string
  /** Decimal string in the invoice's currency. */
  readonly amount: string
}

const open =
  'total_minor - allocated_minor - credited_minor - discounted_minor - written_off_minor - before_minor - moved_minor'

/** What follows from the amounts of an invoice, at whatever clocks they are. Over the columns of a row. */
export const OPEN_SQL = `case when cancelled_on is null then ${open} else 0 end`
export const STATUS_SQL = `case when cancelled_on is not null then 'CANCELLED'
  when ${open} + uncleared_minor > 0
    then case when allocated_minor > uncleared_minor or before_minor > 0 then 'PARTIALLY_PAID' else 'UNPAID' end
  when moved_minor > 0 then 'MOVED'
  when written_off_minor > small_difference_minor then 'WRITTEN_OFF'
  when allocated_minor = 0 and credited_minor > 0 then 'CREDITED'
  else 'PAID' end`

/**
 * What each invoice was for and what has been settled on it in the end: every day come, everything known. One row an
 * invoice; it answers for every pair of clocks that nothing which touched it lies beyond. An id is unique within its client's
 * account, for the account is what decides; that two clients have an invoice of one id must not stop the line.
 */
export const invoiceBalances = defineRemembered({
  name: 'invoice_balances',
  columns: {
    company_id: id<CompanyId>(),
    invoice_id: id<InvoiceId>(),
    client_id: id<ClientId>(),
    /** A claim without an invoice stands among them, under an id of the same space. */
    kind: word<OwedKind>(),
    series: nullable(text()),
    number: text(),
    issued_on: date(),
    due_on: date(),
    currency: text(),
    total_minor: bigint(),
    allocated_minor: bigint(),
    /** Of what is allocated: by cheques and promissory notes that count as paid only when they are collected. */
    uncleared_minor: bigint(),
    credited_minor: bigint(),
    discounted_minor: bigint(),
    written_off_minor: bigint(),
    /** Of what is written off: rests of what was paid, too small to be a debt. */
    small_difference_minor: bigint(),
    /** Of what is written off: what money has brought after all. Nothing that is open falls by it. */
    recovered_minor: bigint(),
    /** Of one that came from another account: what it asked for no longer when it came. */
    before_minor: bigint(),
    /** What another account of the same debtor has by now. */
    moved_minor: bigint(),
    cancelled_on: nullable(date()),
    instalments: json<readonly InstalmentPart[]>(),
    /** Whether other due days than its own were agreed: what held before is in its schedules. */
    rescheduled: boolean(),
    /** From when on it is in this account. */
    stands_on: date(),
    position: position(),
    /** The latest day on which anything that touched it is effective, and the position of the last event that did. */
    last_effective_on: date(),
    last_position: position(),
  },
  key: ['company_id', 'invoice_id', 'client_id'],
  indexes: ['(company_id, client_id, due_on)', '(company_id, due_on)', '(company_id, client_id) where rescheduled'],
  fillfactor: 80,
  derived: {
    open_minor: derived<bigint>(OPEN_SQL),
    status: derived<InvoiceStatus>(STATUS_SQL),
  },
})

/** Negative when undone. */
export type SettlementKind =
  | 'ALLOCATED'
  | 'CREDITED'
  | 'DISCOUNTED'
  | 'WRITTEN_OFF'
  /** Written off, too, but no bad debt. */
  | 'SMALL_DIFFERENCE'
  | 'RECOVERED'
  | 'CANCELLED'
  /** What was settled before the account had the invoice, and what of it went to another. */
  | 'BEFORE'
  | 'MOVED'
  /** What was allocated by a cheque or promissory note counts as paid. */
  | 'CLEARED'

/** Everything that settles an invoice, from which its amounts at any pair of clocks are added up: history, never changed. */
export const invoiceSettlements = defineTable({
  name: 'invoice_settlements',
  columns: {
    company_id: id<CompanyId>(),
    invoice_id: id<InvoiceId>(),
    client_id: id<ClientId>(),
    position: position(),
    /** Tells apart what one event says. */
    line: integer(),
    kind: word<SettlementKind>(),
    /** Of an allocation, and of what money recovers. */
    payment_id: nullable(id<PaymentId>()),
    amount_minor: bigint(),
    /** Of an allocation, and of what undoes it (negative): what counts as paid only when it is cleared. */
    uncleared_minor: bigint(),
    effective_on: date(),
    undone_because: nullable(text()),
    event_id: uuid(),
  },
  key: ['company_id', 'invoice_id', 'client_id', 'position', 'line'],
})

/** The due days of an invoice up to each agreement that moved them: history, never changed. */
export const invoiceSchedules = defineTable({
  name: 'invoice_schedules',
  columns: {
    company_id: id<CompanyId>(),
    invoice_id: id<InvoiceId>(),
    client_id: id<ClientId>(),
    /** Of the agreement, and the day from which it holds. */
    position: position(),
    agreed_on: date(),
    /** What was so before it. */
    due_on: date(),
    instalments: json<readonly InstalmentPart[]>(),
  },
  key: ['company_id', 'invoice_id', 'client_id', 'position'],
})

export type InvoiceBalanceViews = {
  'read.invoice_balances': ViewRowOf<typeof invoiceBalances>
  'read.invoice_settlements': ViewRowOf<typeof invoiceSettlements>
  'read.invoice_schedules': ViewRowOf<typeof invoiceSchedules>
}

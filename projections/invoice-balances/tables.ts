import {
  bigint,
  date,
  defineTable,
  derived,
  json,
  nullable,
  text,
  uuid,
  type ViewRowOf,
  word,
} from '../core/fold/table.ts'

export type InvoiceStatus = 'UNPAID' | 'PARTIALLY_PAID' | 'PAID' | 'CREDITED' | 'WRITTEN_OFF' | 'CANCELLED'

export interface InstalmentPart {
  readonly dueOn: string
  /** Decimal string in the invoice's currency. */
  readonly amount: string
}

const open = 'total_minor - allocated_minor - credited_minor - discounted_minor - written_off_minor'

/**
 * What each invoice was for and what has been settled on it. One row an invoice. An id is unique within its client's
 * account, for the account is what decides; that two clients have an invoice of one id must not stop the line.
 */
export const invoiceBalances = defineTable({
  name: 'invoice_balances',
  columns: {
    company_id: text(),
    invoice_id: text(),
    client_id: text(),
    kind: word<'INVOICE' | 'ADVANCE'>(),
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
    cancelled_on: nullable(date()),
    instalments: json<readonly InstalmentPart[]>(),
    position: bigint(),
  },
  key: ['company_id', 'invoice_id', 'client_id'],
  indexes: ['(company_id, client_id, due_on)', '(company_id, due_on)'],
  fillfactor: 80,
  derived: {
    open_minor: derived<bigint>(`case when cancelled_on is null then ${open} else 0 end`),
    status: derived<InvoiceStatus>(
      `case when cancelled_on is not null then 'CANCELLED'
        when ${open} + uncleared_minor > 0
          then case when allocated_minor > uncleared_minor then 'PARTIALLY_PAID' else 'UNPAID' end
        when written_off_minor > 0 then 'WRITTEN_OFF'
        when allocated_minor = 0 and credited_minor > 0 then 'CREDITED'
        else 'PAID' end`,
    ),
  },
})

/** Allocations (positive) and undone ones (negative) of each invoice: history, never changed. */
export const invoiceSettlements = defineTable({
  name: 'invoice_settlements',
  columns: {
    company_id: text(),
    invoice_id: text(),
    client_id: text(),
    position: bigint(),
    payment_id: text(),
    amount_minor: bigint(),
    effective_on: date(),
    undone_because: nullable(text()),
    event_id: uuid(),
  },
  key: ['company_id', 'invoice_id', 'client_id', 'position'],
})

export type InvoiceBalanceViews = {
  'read.invoice_balances': ViewRowOf<typeof invoiceBalances>
  'read.invoice_settlements': ViewRowOf<typeof invoiceSettlements>
}

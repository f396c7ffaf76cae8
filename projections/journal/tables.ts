import type { ClientId, CompanyId, InvoiceId, PaymentId } from '@registru/domain'
import { defineDeferredVatTables } from '../core/books/deferred-vat.ts'
import {
  bigint,
  date,
  defineTable,
  defineTotals,
  id,
  instant,
  integer,
  nullable,
  position,
  revision,
  sum,
  text,
  uuid,
  type ViewRowOf,
  word,
} from '../core/fold/table.ts'
import type { Account } from './accounts.ts'

/** Debit is positive, credit negative; the lines of one event add up to zero in each currency. */
export const postings = defineTable({
  name: 'postings',
  columns: {
    company_id: id<CompanyId>(),
    position: position(),
    line: integer(),
    account: word<Account>(),
    currency: text(),
    amount_minor: bigint(),
    effective_on: date(),
    recorded_at: instant(),
    /** Empty: the company's own, of no client. */
    client_id: id<ClientId>(),
    invoice_id: nullable(id<InvoiceId>()),
    payment_id: nullable(id<PaymentId>()),
    /** The event's place in its stream, mostly the client's account. */
    revision: revision(),
    event_id: uuid(),
    /** The accounting note that the posting is part of, see `numberNotes`. */
    note: bigint(),
  },
  key: ['company_id', 'client_id', 'effective_on', 'position', 'line'],
  indexes: [
    // Rows lie in the order of positions, so a few pages of summary find those after one.
    'using brin (position) with (pages_per_range = 16, autosummarize = on)',
    // An account's sheet is read in this order, and a note has a place for each account.
    '(company_id, account, effective_on, note)',
  ],
})

/** Turnover of each account and day, by when it was learned, so that a trial balance adds up days, not postings. */
export const accountDays = defineTotals({
  name: 'account_days',
  columns: {
    company_id: id<CompanyId>(),
    account: word<Account>(),
    currency: text(),
    effective_on: date(),
    /** Of the log, see `stretchOf`. */
    stretch: bigint(),
    debit_minor: sum(),
    credit_minor: sum(),
  },
  key: ['company_id', 'account', 'currency', 'effective_on', 'stretch'],
  fillfactor: 50,
})

/** What each client owes and has to its credit, all days together: postings after a day are taken off again. */
export const clientAccounts = defineTotals({
  name: 'client_accounts',
  columns: {
    company_id: id<CompanyId>(),
    client_id: id<ClientId>(),
    currency: text(),
    receivable_minor: sum(),
    client_credit_minor: sum(),
  },
  key: ['company_id', 'client_id', 'currency'],
  fillfactor: 50,
})

/** What invoices under TVA la încasare still keep back. */
export const deferredVat = defineDeferredVatTables('journal_vat')

export type JournalViews = {
  'read.postings': ViewRowOf<typeof postings>
  'read.client_accounts': ViewRowOf<typeof clientAccounts>
  'read.account_days': ViewRowOf<typeof accountDays>
}

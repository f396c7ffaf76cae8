import type { ClientId, CompanyId } from '@registru/domain'
import {
  bigint,
  date,
  defineRemembered,
  defineTable,
  defineTotals,
  id,
  integer,
  ownJson,
  position,
  sum,
  text,
  word,
} from '../core/fold/table.ts'

/** What is owed to the issuer (an invoice) or owed back (a payment not allocated yet). */
export type ItemKind = 'INVOICE' | 'PAYMENT'

/** What is open on one part from a day on, until the next step; the row of `open_spans` that says so, if it is not zero. */
export interface Step {
  readonly from: string
  /** Minor units as a decimal string, because JSON has no bigint. */
  readonly open: string
  readonly span?: { readonly knownFrom: string; readonly line: number }
}

/** An instalment, or the whole of an invoice or payment. */
export interface Part {
  readonly dueOn: string
  /** Minor units of the whole part, as it is in the end. */
  readonly amount: string
  /** What it was on days before (`until` excluded) other due days were agreed, oldest first. */
  readonly before?: readonly { readonly until: string; readonly amount: string }[]
  readonly steps: readonly Step[]
}

/** What we believe now about each item: the fold's own memory of the spans that it may have to close. */
export const openItems = defineRemembered({
  name: 'open_items',
  columns: {
    company_id: id<CompanyId>(),
    item_kind: word<ItemKind>(),
    item_id: text(),
    client_id: id<ClientId>(),
    currency: text(),
    issued_on: date(),
    parts: ownJson<readonly Part[]>(),
  },
  key: ['company_id', 'item_kind', 'item_id', 'client_id'],
  fillfactor: 70,
})

/**
 * What was open, from which effective day to which (`eff_to` excluded), and from which position to which the ledger
 * believed it (`known_to` excluded). Never zero. Any pair of clocks is one indexed scan.
 */
export const openSpans = defineTable({
  name: 'open_spans',
  columns: {
    company_id: id<CompanyId>(),
    known_from: position(),
    /** Tells apart the spans that one event began. */
    line: integer(),
    known_to: position(),
    client_id: id<ClientId>(),
    item_kind: word<ItemKind>(),
    item_id: text(),
    part: integer(),
    currency: text(),
    issued_on: date(),
    due_on: date(),
    amount_minor: bigint(),
    eff_from: date(),
    eff_to: date(),
  },
  key: ['company_id', 'known_from', 'line'],
  // The present is an equality on known_to, so the first index reads just what is open; the past reads what was believed later.
  indexes: [
    '(company_id, known_to, eff_to, eff_from) include (known_from, item_kind, client_id, currency, due_on, issued_on, amount_minor)',
    '(company_id, client_id, known_to, eff_to, item_id)',
  ],
})

/**
 * What is open in the end, everything known and every day come, by the days that ages count from: the whole company's
 * totals add up days, not invoices. What only holds after a day, or no longer, is taken from the spans.
 */
export const openDues = defineTotals({
  name: 'open_dues',
  columns: {
    company_id: id<CompanyId>(),
    item_kind: word<ItemKind>(),
    currency: text(),
    due_on: date(),
    issued_on: date(),
    amount_minor: sum(),
  },
  key: ['company_id', 'item_kind', 'currency', 'due_on', 'issued_on'],
  fillfactor: 50,
})

/** How what is open moved on each day, by when it was learned, so that a company's total adds up days at any pair of clocks. */
export const openDays = defineTotals({
  name: 'open_days',
  columns: {
    company_id: id<CompanyId>(),
    item_kind: word<ItemKind>(),
    currency: text(),
    effective_on: date(),
    /** Of the log, see `stretchOf`. */
    stretch: bigint(),
    amount_minor: sum(),
  },
  key: ['company_id', 'item_kind', 'currency', 'effective_on', 'stretch'],
  fillfactor: 50,
})

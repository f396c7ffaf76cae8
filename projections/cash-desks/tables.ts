import type { CashDeskId, ClientId, CompanyId, PaymentId } from '@registru/domain'
import {
  bigint,
  date,
  defineRemembered,
  defineTable,
  defineTotals,
  id,
  integer,
  json,
  nullable,
  position,
  sum,
  text,
  uuid,
  type ViewRowOf,
  word,
} from '../core/fold/table.ts'

export type CashLineKind =
  /** What lay in the drawer when the desk was opened. */
  | 'OPENING'
  | 'PAYMENT'
  | 'REFUND'
  | 'REVERSAL'
  /** Cash that was given back lies in the drawer again. */
  | 'REFUND_REVERSAL'
  /** Value 0: a receipt for money that has a line already. */
  | 'RECEIPT'
  /** Value 0: a receipt that no longer counts. */
  | 'ANNULMENT'

/** What the cash stands against: a settled invoice (4111), money of the client not settled with (419). */
export type Against = 'RECEIVABLE' | 'CLIENT_CREDIT'

/** What a line of a register says beside its amount. */
export interface CashDocument {
  /** Number of the cash document. */
  readonly act?: string
  readonly explanation: string
  readonly against: readonly Against[]
}

/** Desks that were given a name. */
export const cashDesks = defineTable({
  name: 'cash_desks',
  columns: {
    company_id: id<CompanyId>(),
    desk_id: id<CashDeskId>(),
    name: text(),
    opened_on: date(),
    position: position(),
    event_id: uuid(),
  },
  key: ['company_id', 'desk_id'],
})

/** Lines of the registers (registru de casă, 14-4-7A), in the order of the log. A correction is a line of its own day. */
export const cashLines = defineTable({
  name: 'cash_lines',
  columns: {
    company_id: id<CompanyId>(),
    position: position(),
    line: integer(),
    desk_id: id<CashDeskId>(),
    currency: text(),
    effective_on: date(),
    kind: word<CashLineKind>(),
    client_id: nullable(id<ClientId>()),
    payment_id: nullable(id<PaymentId>()),
    in_minor: bigint(),
    out_minor: bigint(),
    said: json<CashDocument>(),
    /** What the receipt says of the line once it is issued, and the event from which on it does. */
    receipt: nullable(json<CashDocument>()),
    receipt_position: nullable(position()),
    event_id: uuid(),
  },
  key: ['company_id', 'position', 'line'],
  indexes: ['(company_id, desk_id, currency, effective_on, position)'],
  fillfactor: 90,
})

/** What came and went on a day; `opening_minor` is what lay in a drawer that was opened on it. */
export const cashDeskDays = defineTotals({
  name: 'cash_desk_days',
  columns: {
    company_id: id<CompanyId>(),
    desk_id: id<CashDeskId>(),
    currency: text(),
    effective_on: date(),
    opening_minor: sum(),
    in_minor: sum(),
    out_minor: sum(),
    /** Without it a day of which nothing was known yet could not be told from one whose lines add up to nothing. */
    line_count: bigint(),
  },
  key: ['company_id', 'desk_id', 'currency', 'effective_on'],
  fillfactor: 50,
})

/** Where each cash payment stands in a register: the fold's own memory. */
export const cashPayments = defineRemembered({
  name: 'cash_payments',
  columns: {
    company_id: id<CompanyId>(),
    payment_id: id<PaymentId>(),
    client_id: id<ClientId>(),
    position: position(),
    desk_id: id<CashDeskId>(),
    effective_on: date(),
    /** What the line says at last; with an act, a receipt has been issued. */
    said: json<CashDocument>(),
  },
  key: ['company_id', 'payment_id', 'client_id'],
  fillfactor: 80,
})

export type CashDeskViews = {
  'read.cash_desks': ViewRowOf<typeof cashDesks>
  'read.cash_lines': ViewRowOf<typeof cashLines>
  'read.cash_desk_days': ViewRowOf<typeof cashDeskDays>
}

import type { Payer, PaymentMethod, RefundMethod, ReversalReason } from '@registru/domain'
import { sql } from 'kysely'
import { type Settlement, settlementsOf } from '../core/books/settlements.ts'
import { type Page, pageOf, type ReadHandle, rowsToAskFor } from '../core/reading/read.ts'
import type { PaymentViews } from './tables.ts'

/** Amounts are minor units of `currency`. */
export interface PaymentHistory {
  readonly paymentId: string
  readonly clientId: string
  readonly method: PaymentMethod | 'CREDIT_NOTE'
  readonly receivedOn: string
  readonly currency: string
  readonly amountMinor: bigint
  readonly allocatedMinor: bigint
  readonly refundedMinor: bigint
  /** What settles nothing yet; 0 once reversed. */
  readonly creditMinor: bigint
  readonly allocationRule: string
  readonly deskId: string | undefined
  readonly bankReference: string | undefined
  readonly remittanceText: string | undefined
  readonly payer: Payer | undefined
  /** When money on its way arrived, and what was kept of it. */
  readonly clearing: { readonly on: string; readonly feeMinor: bigint } | undefined
  readonly reversal:
    | { readonly on: string; readonly reason: ReversalReason; readonly note: string | undefined }
    | undefined
  /** The living one. */
  readonly receipt: { readonly series: string; readonly number: number } | undefined
  /** Undone ones are marked. */
  readonly allocations: readonly Settlement[]
  readonly refunds: readonly Refund[]
}

export interface Refund {
  readonly refundId: string
  readonly amountMinor: bigint
  readonly method: RefundMethod
  readonly refundedOn: string
  readonly deskId: string | undefined
  readonly document: string | undefined
  readonly note: string | undefined
  readonly eventId: string
}

export interface PaymentCursor {
  readonly receivedOn: string
  readonly paymentId: string
  readonly clientId: string
}

type PaymentRow = PaymentViews['read.payments']

const refund = (row: PaymentViews['read.payment_refunds']): Refund => ({
  refundId: row.refund_id,
  amountMinor: row.amount_minor,
  method: row.method,
  refundedOn: row.refunded_on,
  deskId: row.desk_id ?? undefined,
  document: row.document ?? undefined,
  note: row.note ?? undefined,
  eventId: row.event_id,
})

const paymentHistory = (
  row: PaymentRow,
  allocations: readonly Settlement[],
  refunds: readonly Refund[],
): PaymentHistory => ({
  paymentId: row.payment_id,
  clientId: row.client_id,
  method: row.method,
  receivedOn: row.received_on,
  currency: row.currency,
  amountMinor: row.amount_minor,
  allocatedMinor: row.allocated_minor,
  refundedMinor: row.refunded_minor,
  creditMinor: row.credit_minor,
  allocationRule: row.allocation_rule,
  deskId: row.desk_id ?? undefined,
  bankReference: row.bank_reference ?? undefined,
  remittanceText: row.remittance_text ?? undefined,
  payer: row.payer ?? undefined,
  clearing: row.cleared_on === null ? undefined : { on: row.cleared_on, feeMinor: row.fee_minor },
  reversal:
    row.reversed_on === null || row.reversal_reason === null
      ? undefined
      : { on: row.reversed_on, reason: row.reversal_reason, note: row.reversal_note ?? undefined },
  receipt:
    row.receipt_series === null || row.receipt_number === null
      ? undefined
      : { series: row.receipt_series, number: Number(row.receipt_number) },
  allocations,
  refunds,
})

/** Within a company; ids hold no space. */
const keyOf = (row: { readonly client_id: string; readonly payment_id: string }): string =>
  `${row.client_id} ${row.payment_id}`

const grouped = <Row extends { readonly client_id: string; readonly payment_id: string }>(
  rows: readonly Row[],
): ReadonlyMap<string, readonly Row[]> => {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group === undefined) groups.set(keyOf(row), [row])
    else group.push(row)
  }
  return groups
}

/** In one query a table for a whole page. */
const withHistory = async (
  db: ReadHandle,
  companyId: string,
  rows: readonly PaymentRow[],
): Promise<readonly PaymentHistory[]> => {
  if (rows.length === 0) return []
  const ids = rows.map((row) => row.payment_id)
  const tables = db.withTables<PaymentViews>()
  const settlements = grouped(
    await tables
      .selectFrom('read.payment_settlements')
      .selectAll()
      .where('company_id', '=', companyId)
      .where('payment_id', 'in', ids)
      .orderBy('position')
      .execute(),
  )
  const refunds = grouped(
    await tables
      .selectFrom('read.payment_refunds')
      .selectAll()
      .where('company_id', '=', companyId)
      .where('payment_id', 'in', ids)
      .orderBy('refunded_on')
      .orderBy('refund_id')
      .execute(),
  )
  return rows.map((row) => {
    const entries = (settlements.get(keyOf(row)) ?? []).map((entry) => ({
      paymentId: entry.payment_id,
      invoiceId: entry.invoice_id,
      amountMinor: entry.amount_minor,
      effectiveOn: entry.effective_on,
      position: entry.position,
      eventId: entry.event_id,
      undoneBecause: entry.undone_because,
    }))
    return paymentHistory(row, settlementsOf(entries), (refunds.get(keyOf(row)) ?? []).map(refund))
  })
}

const selectPayments = (db: ReadHandle, companyId: string) =>
  db.withTables<PaymentViews>().selectFrom('read.payments').selectAll().where('company_id', '=', companyId)

/** Where several clients have a payment of this id and none is named, the one that was recorded first. */
export const findPayment = async (
  db: ReadHandle,
  {
    companyId,
    paymentId,
    clientId,
  }: { readonly companyId: string; readonly paymentId: string; readonly clientId?: string | undefined },
): Promise<PaymentHistory | undefined> => {
  let query = selectPayments(db, companyId).where('payment_id', '=', paymentId)
  if (clientId !== undefined) query = query.where('client_id', '=', clientId)
  const rows = await query.orderBy('position').limit(1).execute()
  return (await withHistory(db, companyId, rows))[0]
}

export interface PaymentFilter {
  readonly companyId: string
  readonly clientId?: string | undefined
  readonly after?: PaymentCursor | undefined
  readonly limit: number
}

/** In the order in which the money came, then by id. */
export const listPayments = async (
  db: ReadHandle,
  { companyId, clientId, after, limit }: PaymentFilter,
): Promise<Page<PaymentHistory, PaymentCursor>> => {
  let query = selectPayments(db, companyId)
  if (clientId !== undefined) query = query.where('client_id', '=', clientId)
  if (after !== undefined) {
    query = query.where(
      sql<boolean>`(received_on, payment_id, client_id)
        > (${after.receivedOn}::date, ${after.paymentId}, ${after.clientId})`,
    )
  }
  const rows = await query
    .orderBy('received_on')
    .orderBy('payment_id')
    .orderBy('client_id')
    .limit(rowsToAskFor(limit))
    .execute()
  const page = pageOf(rows, limit, ({ received_on: receivedOn, payment_id: paymentId, client_id }) => ({
    receivedOn,
    paymentId,
    clientId: client_id,
  }))
  return { items: await withHistory(db, companyId, page.items), next: page.next }
}

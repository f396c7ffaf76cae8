import type { Payer, PaymentMethod, ReversalReason } from '@registru/domain'
import { sql } from 'kysely'
import { type Page, pageOf, type ReadHandle, rowsToAskFor } from '../core/read.ts'
import { type Settlement, settlementsOf } from '../core/settlements.ts'
import type { PaymentViews } from './tables.ts'

/** Amounts are minor units of `currency`. */
export interface PaymentHistory {
  readonly paymentId: string
  readonly clientId: string
  readonly method: PaymentMethod
  readonly receivedOn: string
  readonly currency: string
  readonly amountMinor: bigint
  readonly allocatedMinor: bigint
  /** What settles nothing yet; 0 once reversed. */
  readonly creditMinor: bigint
  readonly allocationRule: string
  readonly deskId: string | undefined
  readonly bankReference: string | undefined
  readonly remittanceText: string | undefined
  readonly payer: Payer | undefined
  readonly reversal:
    | { readonly on: string; readonly reason: ReversalReason; readonly note: string | undefined }
    | undefined
  /** The living one. */
  readonly receipt: { readonly series: string; readonly number: number } | undefined
  /** Undone ones are marked. */
  readonly allocations: readonly Settlement[]
}

export interface PaymentCursor {
  readonly receivedOn: string
  readonly paymentId: string
}

type PaymentRow = PaymentViews['read.payments']

const paymentHistory = (row: PaymentRow, allocations: readonly Settlement[]): PaymentHistory => ({
  paymentId: row.payment_id,
  clientId: row.client_id,
  method: row.method,
  receivedOn: row.received_on,
  currency: row.currency,
  amountMinor: row.amount_minor,
  allocatedMinor: row.allocated_minor,
  creditMinor: row.credit_minor,
  allocationRule: row.allocation_rule,
  deskId: row.desk_id ?? undefined,
  bankReference: row.bank_reference ?? undefined,
  remittanceText: row.remittance_text ?? undefined,
  payer: row.payer ?? undefined,
  reversal:
    row.reversed_on === null || row.reversal_reason === null
      ? undefined
      : { on: row.reversed_on, reason: row.reversal_reason, note: row.reversal_note ?? undefined },
  receipt:
    row.receipt_series === null || row.receipt_number === null
      ? undefined
      : { series: row.receipt_series, number: Number(row.receipt_number) },
  allocations,
})

/** In one query for a whole page. */
const withAllocations = async (
  db: ReadHandle,
  companyId: string,
  rows: readonly PaymentRow[],
): Promise<readonly PaymentHistory[]> => {
  if (rows.length === 0) return []
  const entries = await db
    .withTables<PaymentViews>()
    .selectFrom('read.payment_settlements')
    .selectAll()
    .where('company_id', '=', companyId)
    .where(
      'payment_id',
      'in',
      rows.map((row) => row.payment_id),
    )
    .orderBy('position')
    .execute()
  const byPayment = new Map<string, typeof entries>()
  for (const entry of entries) {
    const list = byPayment.get(entry.payment_id)
    if (list === undefined) byPayment.set(entry.payment_id, [entry])
    else list.push(entry)
  }
  return rows.map((row) =>
    paymentHistory(
      row,
      settlementsOf(
        (byPayment.get(row.payment_id) ?? []).map((entry) => ({
          paymentId: entry.payment_id,
          invoiceId: entry.invoice_id,
          amountMinor: entry.amount_minor,
          effectiveOn: entry.effective_on,
          position: entry.position,
          eventId: entry.event_id,
          undoneBecause: entry.undone_because,
        })),
      ),
    ),
  )
}

const selectPayments = (db: ReadHandle, companyId: string) =>
  db.withTables<PaymentViews>().selectFrom('read.payments').selectAll().where('company_id', '=', companyId)

export const findPayment = async (
  db: ReadHandle,
  { companyId, paymentId }: { readonly companyId: string; readonly paymentId: string },
): Promise<PaymentHistory | undefined> => {
  const rows = await selectPayments(db, companyId).where('payment_id', '=', paymentId).execute()
  return (await withAllocations(db, companyId, rows))[0]
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
    query = query.where(sql<boolean>`(received_on, payment_id) > (${after.receivedOn}::date, ${after.paymentId})`)
  }
  const rows = await query.orderBy('received_on').orderBy('payment_id').limit(rowsToAskFor(limit)).execute()
  const page = pageOf(rows, limit, (row) => ({ receivedOn: row.received_on, paymentId: row.payment_id }))
  return { items: await withAllocations(db, companyId, page.items), next: page.next }
}

import { daysBetween, minorIn } from '@registru/domain'
import { sql } from 'kysely'
import { type Settlement, settlementsOf } from '../core/books/settlements.ts'
import { unmetDueSql } from '../core/books/unmet-due.ts'
import { type Page, pageOf, type ReadHandle, rowsToAskFor } from '../core/reading/read.ts'
import type { InstalmentPart, InvoiceBalanceViews, InvoiceStatus } from './tables.ts'

/** Amounts are minor units of `currency`. */
export interface InvoiceBalance {
  readonly invoiceId: string
  readonly clientId: string
  readonly kind: 'INVOICE' | 'ADVANCE'
  readonly series: string | undefined
  readonly number: string
  readonly issuedOn: string
  readonly dueOn: string
  readonly currency: string
  readonly totalMinor: bigint
  readonly allocatedMinor: bigint
  /** Of what is allocated: by cheques and promissory notes that are not collected yet, so the invoice is not PAID. */
  readonly unclearedMinor: bigint
  readonly creditedMinor: bigint
  readonly discountedMinor: bigint
  readonly writtenOffMinor: bigint
  readonly openMinor: bigint
  readonly status: InvoiceStatus
  readonly instalments: readonly InstalmentPart[]
  /** Days since the earliest due day that is not met, at `asOf`; 0 when nothing is late. */
  readonly overdueDays: number
  /** Effective day of the latest allocation that stands; `undefined` when there is none. */
  readonly lastPaymentOn: string | undefined
}

export interface InvoiceCursor {
  readonly dueOn: string
  readonly invoiceId: string
  readonly clientId: string
}

type InvoiceRow = InvoiceBalanceViews['read.invoice_balances'] & { readonly last_payment_on: string | null }

/** Money falls on the earliest instalments first, so the first one that is not covered is the one that is late. */
const unmetDueDay = (row: InvoiceRow): string => {
  let uncovered = row.total_minor - row.open_minor
  for (const part of row.instalments) {
    uncovered -= minorIn(part.amount, row.currency)
    if (uncovered < 0n) return part.dueOn
  }
  return row.due_on
}

const invoiceBalance = (row: InvoiceRow, asOf: string): InvoiceBalance => ({
  invoiceId: row.invoice_id,
  clientId: row.client_id,
  kind: row.kind,
  series: row.series ?? undefined,
  number: row.number,
  issuedOn: row.issued_on,
  dueOn: row.due_on,
  currency: row.currency,
  totalMinor: row.total_minor,
  allocatedMinor: row.allocated_minor,
  unclearedMinor: row.uncleared_minor,
  creditedMinor: row.credited_minor,
  discountedMinor: row.discounted_minor,
  writtenOffMinor: row.written_off_minor,
  openMinor: row.open_minor,
  status: row.status,
  instalments: row.instalments,
  overdueDays: row.open_minor > 0n ? Math.max(0, daysBetween(unmetDueDay(row), asOf)) : 0,
  lastPaymentOn: row.last_payment_on ?? undefined,
})

const lastPaymentOn = sql<string | null>`(
  select max(pair.last_on) from (
    select max(s.effective_on) filter (where s.amount_minor > 0) as last_on
    from read.invoice_settlements s
    where (s.company_id, s.invoice_id, s.client_id) = (invoice.company_id, invoice.invoice_id, invoice.client_id)
    group by s.payment_id having sum(s.amount_minor) > 0
  ) pair
)`

const selectInvoices = (db: ReadHandle, companyId: string) =>
  db
    .withTables<InvoiceBalanceViews>()
    .selectFrom('read.invoice_balances as invoice')
    .selectAll('invoice')
    .select(lastPaymentOn.as('last_payment_on'))
    .where('invoice.company_id', '=', companyId)

/**
 * One invoice with every allocation it ever had, undone ones marked. Where several clients have an invoice of this id and
 * none is named, the one that was registered first.
 */
export const findInvoice = async (
  db: ReadHandle,
  {
    companyId,
    invoiceId,
    clientId,
    asOf,
  }: {
    readonly companyId: string
    readonly invoiceId: string
    readonly clientId?: string | undefined
    readonly asOf: string
  },
): Promise<(InvoiceBalance & { readonly allocations: readonly Settlement[] }) | undefined> => {
  let query = selectInvoices(db, companyId).where('invoice.invoice_id', '=', invoiceId)
  if (clientId !== undefined) query = query.where('invoice.client_id', '=', clientId)
  const row = await query.orderBy('invoice.position').limit(1).executeTakeFirst()
  if (row === undefined) return undefined
  const entries = await db
    .withTables<InvoiceBalanceViews>()
    .selectFrom('read.invoice_settlements')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('invoice_id', '=', invoiceId)
    .where('client_id', '=', row.client_id)
    .orderBy('position')
    .execute()
  const allocations = settlementsOf(
    entries.map((entry) => ({
      paymentId: entry.payment_id,
      invoiceId,
      amountMinor: entry.amount_minor,
      effectiveOn: entry.effective_on,
      position: entry.position,
      eventId: entry.event_id,
      undoneBecause: entry.undone_because,
    })),
  )
  return { ...invoiceBalance(row, asOf), allocations }
}

export interface InvoiceFilter {
  readonly companyId: string
  readonly clientId?: string | undefined
  readonly status?: readonly InvoiceStatus[] | undefined
  /** Due strictly before this day. */
  readonly dueBefore?: string | undefined
  /** Both days belong to the range. */
  readonly dueFrom?: string | undefined
  readonly dueTo?: string | undefined
  /** Late by so many days or more at `asOf`, counted as `overdueDays` is. */
  readonly overdueBy?: number | undefined
  readonly currency?: string | undefined
  /** Of the invoice's total; both belong to the range. */
  readonly totalFromMinor?: bigint | undefined
  readonly totalToMinor?: bigint | undefined
  /** Part of the id, or of series and number; upper and lower case are the same. */
  readonly text?: string | undefined
  /** For `overdueDays`. */
  readonly asOf: string
  readonly after?: InvoiceCursor | undefined
  readonly limit: number
}

/** The same as `unmetDueDay`, where rows are picked. */
const unmetDue = sql.raw<string>(unmetDueSql('invoice'))

const LIKE_SPECIAL = /[\\%_]/g

/** Earliest due first, then by id. */
export const listInvoices = async (
  db: ReadHandle,
  { companyId, clientId, status, dueBefore, asOf, after, limit, ...filter }: InvoiceFilter,
): Promise<Page<InvoiceBalance, InvoiceCursor>> => {
  let query = selectInvoices(db, companyId)
  if (clientId !== undefined) query = query.where('invoice.client_id', '=', clientId)
  if (status !== undefined) query = query.where('invoice.status', 'in', [...status])
  if (dueBefore !== undefined) query = query.where('invoice.due_on', '<', dueBefore)
  const { dueFrom, dueTo, overdueBy, currency, totalFromMinor, totalToMinor, text } = filter
  if (dueFrom !== undefined) query = query.where('invoice.due_on', '>=', dueFrom)
  if (dueTo !== undefined) query = query.where('invoice.due_on', '<=', dueTo)
  if (overdueBy !== undefined) {
    query = query
      .where('invoice.open_minor', '>', 0n)
      .where(sql<boolean>`${asOf}::date - ${unmetDue} >= ${overdueBy}::integer`)
  }
  if (currency !== undefined) query = query.where('invoice.currency', '=', currency)
  if (totalFromMinor !== undefined) query = query.where('invoice.total_minor', '>=', totalFromMinor)
  if (totalToMinor !== undefined) query = query.where('invoice.total_minor', '<=', totalToMinor)
  if (text !== undefined) {
    const pattern = `%${text.replace(LIKE_SPECIAL, '\\$&')}%`
    query = query.where(
      sql<boolean>`(invoice.invoice_id ilike ${pattern} or concat_ws(' ', invoice.series, invoice.number) ilike ${pattern})`,
    )
  }
  if (after !== undefined) {
    query = query.where(
      sql<boolean>`(invoice.due_on, invoice.invoice_id, invoice.client_id)
        > (${after.dueOn}::date, ${after.invoiceId}, ${after.clientId})`,
    )
  }
  const rows = await query
    .orderBy('invoice.due_on')
    .orderBy('invoice.invoice_id')
    .orderBy('invoice.client_id')
    .limit(rowsToAskFor(limit))
    .execute()
  return pageOf(
    rows.map((row) => invoiceBalance(row, asOf)),
    limit,
    ({ dueOn, invoiceId, clientId: client }) => ({ dueOn, invoiceId, clientId: client }),
  )
}

import type { ClientId, CompanyId, EventId, PaymentId, Position } from '@registru/domain'
import { sql } from 'kysely'
import type { VatCause } from '../core/books/deferred-vat.ts'
import { sumsByCurrency } from '../core/reading/balances.ts'
import { wasKnown } from '../core/reading/clocks.ts'
import { type Clocks, type Page, pageOf, type ReadHandle, rowsToAskFor } from '../core/reading/read.ts'
import type { VatViews } from './tables.ts'

interface Period {
  readonly companyId: CompanyId
  readonly from: string
  readonly to: string
  /** A position; `undefined`: everything. */
  readonly knownAt?: Position | undefined
}

export interface ExigibleVat {
  readonly on: string
  readonly currency: string
  readonly rate: string
  readonly baseMinor: bigint
  readonly vatMinor: bigint
}

/** Sums of days, less what was learned after `knownAt`: the cost follows the days and the distance from now. */
const known = (companyId: CompanyId, knownAt: Position | undefined) => sql`
  select effective_on, currency, rate, base_minor, vat_minor, deferred_minor from read.vat_days
  where company_id = ${companyId}
  ${
    knownAt === undefined
      ? sql``
      : sql`union all
    select effective_on, currency, rate, -base_minor, -vat_minor, -deferred_minor from read.vat_movements
    where company_id = ${companyId} and position > ${knownAt}`
  }`

/** By day, currency and rate; a day on which nothing became exigible is left out. */
export const listExigibleVat = async (
  db: ReadHandle,
  { companyId, from, to, knownAt }: Period,
): Promise<readonly ExigibleVat[]> => {
  const { rows } = await sql<{
    effective_on: string
    currency: string
    rate: string
    base_minor: bigint
    vat_minor: bigint
  }>`
    select effective_on, currency, rate, sum(base_minor) as base_minor, sum(vat_minor) as vat_minor
    from (${known(companyId, knownAt)}) moved
    where effective_on between ${from}::date and ${to}::date
    group by effective_on, currency, rate
    having sum(base_minor) <> 0 or sum(vat_minor) <> 0
    order by effective_on, currency, rate::numeric desc`.execute(db)
  return rows.map((row) => ({
    on: row.effective_on,
    currency: row.currency,
    rate: row.rate,
    baseMinor: row.base_minor,
    vatMinor: row.vat_minor,
  }))
}

/** The exigible VAT of a period per currency, movement by movement: what the sums of days are held against. */
export const findExigibleTotals = (
  db: ReadHandle,
  { companyId, from, to, knownAt }: Period,
): Promise<ReadonlyMap<string, bigint>> => {
  return sumsByCurrency(
    db,
    sql`select currency, vat_minor as moved_minor from read.vat_movements
      where company_id = ${companyId} and effective_on between ${from}::date and ${to}::date and ${wasKnown(knownAt)}`,
  )
}

export interface DeferredVatBalance {
  readonly currency: string
  readonly rate: string
  readonly deferredMinor: bigint
}

/** What is not exigible yet, by currency and rate: the balance of 4428. */
export const listDeferredVat = async (
  db: ReadHandle,
  { companyId, asOf, knownAt }: Clocks & { readonly companyId: CompanyId },
): Promise<readonly DeferredVatBalance[]> => {
  const { rows } = await sql<{ currency: string; rate: string; deferred_minor: bigint }>`
    select currency, rate, sum(deferred_minor) as deferred_minor
    from (${known(companyId, knownAt)}) moved
    where effective_on <= ${asOf}::date
    group by currency, rate
    having sum(deferred_minor) <> 0
    order by currency, rate::numeric desc`.execute(db)
  return rows.map((row) => ({ currency: row.currency, rate: row.rate, deferredMinor: row.deferred_minor }))
}

export interface VatEntry extends ExigibleVat {
  readonly position: Position
  readonly line: number
  readonly belongsTo: string | undefined
  readonly cause: VatCause
  readonly clientId: ClientId
  readonly document: { readonly kind: 'INVOICE' | 'CREDIT_NOTE'; readonly id: string }
  readonly paymentId: PaymentId | undefined
  readonly eventId: EventId
}

export interface VatCursor {
  readonly on: string
  readonly position: string
  readonly line: number
}

const vatEntry = (row: VatViews['read.vat_movements']): VatEntry => ({
  on: row.effective_on,
  position: row.position,
  line: row.line,
  belongsTo: row.belongs_to ?? undefined,
  cause: row.cause,
  clientId: row.client_id,
  document: { kind: row.kind, id: row.document_id },
  paymentId: row.payment_id ?? undefined,
  currency: row.currency,
  rate: row.rate,
  baseMinor: row.base_minor,
  vatMinor: row.vat_minor,
  eventId: row.event_id,
})

/** Every collection and undo that made VAT exigible, by day and then in the order of the log. */
export const listVatEntries = async (
  db: ReadHandle,
  {
    companyId,
    from,
    to,
    knownAt,
    after,
    limit,
  }: Period & { readonly after?: VatCursor | undefined; readonly limit: number },
): Promise<Page<VatEntry, VatCursor>> => {
  let query = db
    .withTables<VatViews>()
    .selectFrom('read.vat_movements')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('effective_on', '>=', from)
    .where('effective_on', '<=', to)
    .where(sql<boolean>`(base_minor <> 0 or vat_minor <> 0)`)
  query = query.where(wasKnown(knownAt))
  if (after !== undefined) {
    query = query.where(
      sql<boolean>`(effective_on, position, line) > (${after.on}::date, ${after.position}::bigint, ${after.line}::integer)`,
    )
  }
  const rows = await query
    .orderBy('effective_on')
    .orderBy('position')
    .orderBy('line')
    .limit(rowsToAskFor(limit))
    .execute()
  return pageOf(rows.map(vatEntry), limit, ({ on, position, line }) => ({ on, position: `${position}`, line }))
}

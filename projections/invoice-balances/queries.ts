import { type ClientId, type CompanyId, daysBetween, type InvoiceId, minorIn, type OwedKind } from '@registru/domain'
import { type RawBuilder, sql } from 'kysely'
import { type Settlement, settlementsOf } from '../core/books/settlements.ts'
import { unmetDueSql } from '../core/books/unmet-due.ts'
import { countsSql, wasKnown } from '../core/reading/clocks.ts'
import { type Clocks, type Page, pageOf, type ReadHandle, rowsToAskFor } from '../core/reading/read.ts'
import { type InstalmentPart, type InvoiceBalanceViews, type InvoiceStatus, OPEN_SQL, STATUS_SQL } from './tables.ts'

/** Amounts are minor units of `currency`. */
export interface InvoiceBalance {
  readonly invoiceId: InvoiceId
  readonly clientId: ClientId
  readonly kind: OwedKind
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
  /** Of what is written off: too small to be a debt. */
  readonly smallDifferenceMinor: bigint
  /** Of what is written off: paid after all. */
  readonly recoveredMinor: bigint
  /** Of one that came from another account: what it asked for no longer when it came. */
  readonly beforeMinor: bigint
  /** What another account of the same debtor has by now. */
  readonly movedMinor: bigint
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
  readonly invoiceId: InvoiceId
  readonly clientId: ClientId
}

type InvoiceRow = Omit<
  InvoiceBalanceViews['read.invoice_balances'],
  'rescheduled' | 'stands_on' | 'last_effective_on' | 'last_position'
> & {
  readonly last_payment_on: string | null
}

/** What is settled lies on the first instalments; of those that it does not cover, the one that is due first is the one that is late. */
const unmetDueDay = (row: InvoiceRow): string => {
  let uncovered = row.total_minor - row.open_minor
  const unmet = row.instalments.filter((part) => {
    uncovered -= minorIn(part.amount, row.currency)
    return uncovered < 0n
  })
  const [first = row.due_on] = unmet.map(({ dueOn }) => dueOn).toSorted()
  return first
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
  smallDifferenceMinor: row.small_difference_minor,
  recoveredMinor: row.recovered_minor,
  beforeMinor: row.before_minor,
  movedMinor: row.moved_minor,
  openMinor: row.open_minor,
  status: row.status,
  instalments: row.instalments,
  overdueDays: row.open_minor > 0n ? Math.max(0, daysBetween(unmetDueDay(row), asOf)) : 0,
  lastPaymentOn: row.last_payment_on ?? undefined,
})

type Amount =
  | 'allocated_minor'
  | 'uncleared_minor'
  | 'credited_minor'
  | 'discounted_minor'
  | 'written_off_minor'
  | 'small_difference_minor'
  | 'recovered_minor'
  | 'before_minor'
  | 'moved_minor'

/** Each amount of an invoice, added up from its history. */
const SUMS: Readonly<Record<Amount, RawBuilder<unknown>>> = {
  allocated_minor: sql`sum(amount_minor) filter (where kind = 'ALLOCATED')`,
  uncleared_minor: sql`sum(case kind when 'CLEARED' then -amount_minor else uncleared_minor end)`,
  credited_minor: sql`sum(amount_minor) filter (where kind = 'CREDITED')`,
  discounted_minor: sql`sum(amount_minor) filter (where kind = 'DISCOUNTED')`,
  written_off_minor: sql`sum(amount_minor) filter (where kind in ('WRITTEN_OFF', 'SMALL_DIFFERENCE'))`,
  small_difference_minor: sql`sum(amount_minor) filter (where kind = 'SMALL_DIFFERENCE')`,
  recovered_minor: sql`sum(amount_minor) filter (where kind = 'RECOVERED')`,
  before_minor: sql`sum(amount_minor) filter (where kind = 'BEFORE')`,
  moved_minor: sql`sum(amount_minor) filter (where kind = 'MOVED')`,
}
const AMOUNTS: readonly Amount[] = [
  'allocated_minor',
  'uncleared_minor',
  'credited_minor',
  'discounted_minor',
  'written_off_minor',
  'small_difference_minor',
  'recovered_minor',
  'before_minor',
  'moved_minor',
]

const settledSums = sql.join(AMOUNTS.map((amount) => sql`coalesce(${SUMS[amount]}, 0)::bigint as ${sql.ref(amount)}`))

/** The history of the invoice `stored`, as far as it counts. */
const historyOf = (clocks: Clocks) => sql`read.invoice_settlements
  where (company_id, invoice_id, client_id) = (stored.company_id, stored.invoice_id, stored.client_id)
    and ${countsSql(clocks, 'effective_on', 'position')}`

/** The agreement that moved the due days first after the clocks: what it found held at them. */
const termsAfter = (clocks: Clocks) => sql`(
  select due_on, instalments from read.invoice_schedules
  where (company_id, invoice_id, client_id) = (stored.company_id, stored.invoice_id, stored.client_id)
    and not (${countsSql(clocks, 'agreed_on', 'position')})
  order by position limit 1
)`

/** Those whose due days were moved are asked for apart: the others stand in the order of an index. */
type Terms = 'asIssued' | 'rescheduled'

const TERMS: Readonly<
  Record<Terms, (clocks: Clocks) => { readonly [Name in 'columns' | 'joined' | 'condition']: RawBuilder<unknown> }>
> = {
  asIssued: () => ({
    columns: sql`stored.due_on, stored.instalments`,
    joined: sql``,
    condition: sql`not stored.rescheduled`,
  }),
  rescheduled: (clocks) => ({
    columns: sql`coalesce(then_due.due_on, stored.due_on) as due_on,
      coalesce(then_due.instalments, stored.instalments) as instalments`,
    joined: sql`left join lateral ${termsAfter(clocks)} then_due on not final.counts`,
    condition: sql`stored.rescheduled`,
  }),
}

/**
 * Invoices as they stand at both clocks; one that is not issued or not known yet is none. A row that nothing beyond the clocks
 * has touched is the answer itself; the amounts of others are added up from their history.
 */
const invoicesAt = (companyId: CompanyId, clocks: Clocks, terms: Terms) => {
  const { columns, joined, condition } = TERMS[terms](clocks)
  return sql`(
  select seen.*, ${sql.raw(OPEN_SQL)} as open_minor, ${sql.raw(STATUS_SQL)} as status from (
    select stored.company_id, stored.invoice_id, stored.client_id, stored.kind, stored.series, stored.number,
      stored.issued_on, ${columns}, stored.currency, stored.total_minor, stored.position,
      ${sql.join(
        AMOUNTS.map(
          (amount) => sql`case when final.counts then stored.${sql.ref(amount)} else then_.${sql.ref(amount)} end
            as ${sql.ref(amount)}`,
        ),
      )},
      case when final.counts then stored.cancelled_on else then_.cancelled_on end as cancelled_on
    from read.invoice_balances stored
    cross join lateral (select ${countsSql(clocks, 'stored.last_effective_on', 'stored.last_position')} as counts) final
    cross join lateral (
      select ${settledSums}, max(effective_on) filter (where kind = 'CANCELLED') as cancelled_on
      from ${historyOf(clocks)} and not final.counts
    ) then_
    ${joined}
    where stored.company_id = ${companyId} and ${condition}
      and ${countsSql(clocks, 'stored.stands_on', 'stored.position')}
  ) seen
)`
}

/** Undo takes the newest part first: one stands when later sums stay above what was settled before it. */
const lastPaymentOn = (clocks: Clocks) => sql`(
  select max(effective_on) from (
    select effective_on, amount_minor, settled,
      min(settled) over (partition by payment_id order by position rows between current row and unbounded following) as least
    from (
      select payment_id, position, effective_on, amount_minor,
        sum(amount_minor) over (partition by payment_id order by position) as settled
      from read.invoice_settlements
      where (company_id, invoice_id, client_id) = (invoice.company_id, invoice.invoice_id, invoice.client_id)
        and kind = 'ALLOCATED' and ${countsSql(clocks, 'effective_on', 'position')}
    ) history
  ) part
  where amount_minor > 0 and least > settled - amount_minor
)`

const selectInvoices = (
  companyId: CompanyId,
  clocks: Clocks,
  conditions: readonly RawBuilder<unknown>[],
  rows: { readonly order: RawBuilder<unknown>; readonly limit: number },
) => {
  const { order, limit } = rows
  const ofTerms = (terms: Terms) => sql`(
    select invoice.*, ${lastPaymentOn(clocks)} as last_payment_on
    from ${invoicesAt(companyId, clocks, terms)} invoice
    where ${sql.join([sql`true`, ...conditions], sql` and `)}
    order by ${order} limit ${limit})`
  return sql<InvoiceRow>`
    select * from (${ofTerms('asIssued')} union all ${ofTerms('rescheduled')}) invoice
    order by ${order} limit ${limit}`
}

interface InvoiceQuestion extends Clocks {
  readonly companyId: CompanyId
  readonly invoiceId: InvoiceId
  readonly clientId?: ClientId | undefined
}

/**
 * One invoice with every allocation that it had by then, those marked that were undone by then. Where several clients have an
 * invoice of this id and none is named, the one that was registered first; of one that moved, the one that has it.
 */
export const findInvoice = async (
  db: ReadHandle,
  { companyId, invoiceId, clientId, ...clocks }: InvoiceQuestion,
): Promise<(InvoiceBalance & { readonly allocations: readonly Settlement[] }) | undefined> => {
  const conditions = [
    sql`invoice.invoice_id = ${invoiceId}`,
    ...(clientId === undefined ? [] : [sql`invoice.client_id = ${clientId}`]),
  ]
  const first = { order: sql`invoice.status = 'MOVED', invoice.position`, limit: 1 }
  const { rows } = await selectInvoices(companyId, clocks, conditions, first).execute(db)
  const row = rows[0]
  if (row === undefined) return undefined
  const entries = await db
    .withTables<InvoiceBalanceViews>()
    .selectFrom('read.invoice_settlements')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('invoice_id', '=', invoiceId)
    .where('client_id', '=', row.client_id)
    .where('kind', '=', 'ALLOCATED')
    .where(countsSql(clocks, 'effective_on', 'position'))
    .orderBy('position')
    .execute()
  const allocations = settlementsOf(
    entries.map((entry) => ({
      paymentId: entry.payment_id ?? '',
      invoiceId,
      amountMinor: entry.amount_minor,
      effectiveOn: entry.effective_on,
      position: entry.position,
      eventId: entry.event_id,
      undoneBecause: entry.undone_because,
    })),
  )
  return { ...invoiceBalance(row, clocks.asOf), allocations }
}

/** The day of issue of an invoice that is known and not issued yet; `undefined`: there is none. */
export const findIssueDay = async (
  db: ReadHandle,
  { companyId, invoiceId, clientId, asOf, knownAt }: InvoiceQuestion,
): Promise<string | undefined> => {
  const { rows } = await sql<{ issued_on: string }>`
    select issued_on from read.invoice_balances
    where company_id = ${companyId} and invoice_id = ${invoiceId} and issued_on > ${asOf}::date
      ${clientId === undefined ? sql`` : sql`and client_id = ${clientId}`}
      and ${wasKnown(knownAt)}
    order by position limit 1`.execute(db)
  return rows[0]?.issued_on
}

/** What the history of an invoice adds up to: what its row has to say. Minor units. */
export type SettledSums = Pick<
  InvoiceBalance,
  | 'allocatedMinor'
  | 'unclearedMinor'
  | 'creditedMinor'
  | 'discountedMinor'
  | 'writtenOffMinor'
  | 'smallDifferenceMinor'
  | 'recoveredMinor'
  | 'beforeMinor'
  | 'movedMinor'
>

/** Of some invoices, in their order, at both clocks. */
export const listSettledSums = async (
  db: ReadHandle,
  {
    companyId,
    invoices,
    ...clocks
  }: Clocks & {
    readonly companyId: CompanyId
    readonly invoices: readonly Pick<InvoiceBalance, 'invoiceId' | 'clientId'>[]
  },
): Promise<readonly SettledSums[]> => {
  const { rows } = await sql<{ readonly [Name in Amount]: bigint }>`
    select then_.*
    from unnest(${invoices.map(({ invoiceId }) => invoiceId)}::text[], ${invoices.map(({ clientId }) => clientId)}::text[])
      with ordinality as asked (invoice_id, client_id, place)
    cross join lateral (select ${companyId}::text as company_id, asked.invoice_id, asked.client_id) stored
    cross join lateral (select ${settledSums} from ${historyOf(clocks)}) then_
    order by asked.place`.execute(db)
  return rows.map((row) => ({
    allocatedMinor: row.allocated_minor,
    unclearedMinor: row.uncleared_minor,
    creditedMinor: row.credited_minor,
    discountedMinor: row.discounted_minor,
    writtenOffMinor: row.written_off_minor,
    smallDifferenceMinor: row.small_difference_minor,
    recoveredMinor: row.recovered_minor,
    beforeMinor: row.before_minor,
    movedMinor: row.moved_minor,
  }))
}

export interface InvoiceFilter extends Clocks {
  readonly companyId: CompanyId
  readonly clientId?: ClientId | undefined
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
  readonly after?: InvoiceCursor | undefined
  readonly limit: number
}

/** The same as `unmetDueDay`, where rows are picked. */
const unmetDue = sql.raw<string>(unmetDueSql('invoice'))

const LIKE_SPECIAL = /[\\%_]/g

const patternOf = (text: string): string => `%${text.replace(LIKE_SPECIAL, '\\$&')}%`

/** What narrows a list; all of it has to hold at the clocks. */
const conditionsOf = (filter: InvoiceFilter): readonly RawBuilder<unknown>[] => {
  const { clientId, status, dueBefore, dueFrom, dueTo, overdueBy, currency, totalFromMinor, totalToMinor } = filter
  const { text, asOf, after } = filter
  const given = <Value>(value: Value | undefined, condition: (value: Value) => RawBuilder<unknown>) =>
    value === undefined ? [] : [condition(value)]
  return [
    ...given(clientId, (id) => sql`invoice.client_id = ${id}`),
    ...given(status, (words) => sql`invoice.status = any(${[...words]}::text[])`),
    ...given(dueBefore, (day) => sql`invoice.due_on < ${day}::date`),
    ...given(dueFrom, (day) => sql`invoice.due_on >= ${day}::date`),
    ...given(dueTo, (day) => sql`invoice.due_on <= ${day}::date`),
    ...given(overdueBy, (days) => sql`invoice.open_minor > 0 and ${asOf}::date - ${unmetDue} >= ${days}::integer`),
    ...given(currency, (code) => sql`invoice.currency = ${code}`),
    ...given(totalFromMinor, (minor) => sql`invoice.total_minor >= ${minor}`),
    ...given(totalToMinor, (minor) => sql`invoice.total_minor <= ${minor}`),
    ...given(
      text,
      (part) => sql`(invoice.invoice_id ilike ${patternOf(part)}
        or concat_ws(' ', invoice.series, invoice.number) ilike ${patternOf(part)})`,
    ),
    ...given(
      after,
      ({ dueOn, invoiceId, clientId: client }) => sql`(invoice.due_on, invoice.invoice_id, invoice.client_id)
        > (${dueOn}::date, ${invoiceId}, ${client})`,
    ),
  ]
}

/** As they stand at both clocks, earliest due first, then by id. */
export const listInvoices = async (
  db: ReadHandle,
  filter: InvoiceFilter,
): Promise<Page<InvoiceBalance, InvoiceCursor>> => {
  const { companyId, limit, asOf } = filter
  const { rows } = await selectInvoices(companyId, filter, conditionsOf(filter), {
    order: sql`invoice.due_on, invoice.invoice_id, invoice.client_id`,
    limit: rowsToAskFor(limit),
  }).execute(db)
  return pageOf(
    rows.map((row) => invoiceBalance(row, asOf)),
    limit,
    ({ dueOn, invoiceId, clientId }) => ({ dueOn, invoiceId, clientId }),
  )
}

import type { ClientId, CompanyId, InvoiceId } from '@registru/domain'
import { sql } from 'kysely'
import { inKnownStretches, learnedInStretchAfter, STILL_KNOWN, wasBelieved } from '../core/reading/clocks.ts'
import type { Clocks, ReadHandle } from '../core/reading/read.ts'
import { type Ageing, agingLabels, isInBucket } from './buckets.ts'
import type { ItemKind } from './tables.ts'

export interface AgingQuestion extends Clocks, Ageing {
  readonly companyId: CompanyId
  readonly groupBy?: 'client' | 'currency' | 'invoice'
  /** Those who owe most first, currencies apart, because amounts in two of them do not compare. */
  readonly sort?: '-open' | undefined
  /** At most so many rows. */
  readonly limit?: number | undefined
}

export interface AgingRow {
  /** `undefined` in totals and when grouped by currency. */
  readonly clientId: ClientId | undefined
  /** When grouped by invoice; `undefined` in the row of a client's credit. */
  readonly invoiceId: InvoiceId | undefined
  readonly currency: string
  /** One a bucket, in the order of the labels. */
  readonly amountsMinor: readonly bigint[]
  readonly openMinor: bigint
  readonly creditMinor: bigint
  readonly netMinor: bigint
}

export interface Aging {
  readonly buckets: readonly string[]
  readonly rows: readonly AgingRow[]
  /** Of all rows, left out or not. */
  readonly totals: readonly AgingRow[]
  /** How many rows `limit` has left out. */
  readonly rowsLeftOut: number
}

const spansOf = (companyId: CompanyId, { asOf, knownAt }: Clocks) => sql`read.open_spans
  where company_id = ${companyId} and ${wasBelieved(knownAt)} and eff_to > ${asOf}::date and eff_from <= ${asOf}::date`

export interface OpenTotal {
  readonly openMinor: bigint
  readonly creditMinor: bigint
}

interface AgedSum {
  readonly currency: string
  readonly item_kind: ItemKind
  readonly due_on: string
  readonly issued_on: string
  readonly amount_minor: bigint
}

/**
 * What is open on a day as we know it now, summed by the days that ages count from, without a look at what is open and
 * stays open: the end of all days, less what begins after the day, more what ends after it.
 */
const presentSums = (companyId: CompanyId, asOf: string) => sql<AgedSum>`
  select currency, item_kind, due_on, issued_on, amount_minor from read.open_dues
  where company_id = ${companyId} and amount_minor <> 0
  union all
  select currency, item_kind, due_on, issued_on, -amount_minor from read.open_spans
  where company_id = ${companyId} and known_to = ${STILL_KNOWN} and eff_to = 'infinity' and eff_from > ${asOf}::date
  union all
  select currency, item_kind, due_on, issued_on, amount_minor from read.open_spans
  where company_id = ${companyId} and known_to = ${STILL_KNOWN}
    and eff_to > ${asOf}::date and eff_to < 'infinity' and eff_from <= ${asOf}::date`

/** How what is open moved up to a day, as it was known then; what was learned in the last stretch after that goes off again. */
const movesUntil = (companyId: CompanyId, { asOf, knownAt }: Clocks) => {
  const days = sql`
    select currency, item_kind, amount_minor from read.open_days
    where company_id = ${companyId} and effective_on <= ${asOf}::date ${inKnownStretches(knownAt)}`
  if (knownAt === undefined) return days
  const holding = sql`company_id = ${companyId} and eff_to > ${asOf}::date and eff_from <= ${asOf}::date`
  return sql`${days}
    union all
    select currency, item_kind, -amount_minor from read.open_spans
    where ${holding} and ${learnedInStretchAfter(knownAt, 'known_from')}
    union all
    select currency, item_kind, amount_minor from read.open_spans
    where ${holding} and ${learnedInStretchAfter(knownAt, 'known_to')}`
}

/** What is open and what is credit per currency: of one client from its spans, of the whole company from its days. */
export const findOpenTotals = async (
  db: ReadHandle,
  {
    companyId,
    clientId,
    ...clocks
  }: Clocks & { readonly companyId: CompanyId; readonly clientId?: ClientId | undefined },
): Promise<ReadonlyMap<string, OpenTotal>> => {
  const source =
    clientId === undefined
      ? sql`(${movesUntil(companyId, clocks)}) moved`
      : sql`${spansOf(companyId, clocks)} and client_id = ${clientId}`
  const { rows } = await sql<{ currency: string; open: bigint; credit: bigint }>`
    select currency,
      coalesce(sum(amount_minor) filter (where item_kind = 'INVOICE'), 0) as open,
      coalesce(sum(amount_minor) filter (where item_kind = 'PAYMENT'), 0) as credit
    from ${source}
    group by currency`.execute(db)
  return new Map(rows.map(({ currency, open, credit }) => [currency, { openMinor: open, creditMinor: credit }]))
}

const totalOf = (currency: string, rows: readonly AgingRow[]): AgingRow => ({
  clientId: undefined,
  invoiceId: undefined,
  currency,
  amountsMinor: (rows[0]?.amountsMinor ?? []).map((_, bucket) =>
    rows.reduce((sum, row) => sum + (row.amountsMinor[bucket] ?? 0n), 0n),
  ),
  openMinor: rows.reduce((sum, row) => sum + row.openMinor, 0n),
  creditMinor: rows.reduce((sum, row) => sum + row.creditMinor, 0n),
  netMinor: rows.reduce((sum, row) => sum + row.netMinor, 0n),
})

/** A column a bucket: lists cost more to write and to read. */
type BucketColumn = `bucket_${number}`
const columnOf = (bucket: number): BucketColumn => `bucket_${bucket}`

interface AgingSqlRow {
  readonly client_id: ClientId | null
  readonly invoice_id: InvoiceId | null
  readonly currency: string
  readonly [bucket: BucketColumn]: bigint
  readonly credit_minor: bigint
  /** Where rows are cut off: how many there are. */
  readonly row_count?: bigint
}

const agingRow = (row: AgingSqlRow): AgingRow => {
  const amountsMinor: bigint[] = []
  for (let bucket = 0; ; bucket += 1) {
    const amount = row[columnOf(bucket)]
    if (amount === undefined) break
    amountsMinor.push(amount)
  }
  const openMinor = amountsMinor.reduce((sum, amount) => sum + amount, 0n)
  return {
    clientId: row.client_id ?? undefined,
    invoiceId: row.invoice_id ?? undefined,
    currency: row.currency,
    amountsMinor,
    openMinor,
    creditMinor: row.credit_minor,
    netMinor: openMinor - row.credit_minor,
  }
}

/** Added up by days, a currency in which nothing is left has a row of zeros. */
const hasSomething = ({ openMinor, creditMinor }: AgingRow): boolean => openMinor !== 0n || creditMinor !== 0n

/** What an aging adds up. Due days that are added up beforehand answer the present of a whole company; the spans, everything. */
type Source = 'dues' | 'spans'

const sourceOf = ({ groupBy, knownAt }: AgingQuestion): Source =>
  groupBy === 'currency' && knownAt === undefined ? 'dues' : 'spans'

const agingQuery = (question: AgingQuestion, from = sourceOf(question)) => {
  const { companyId, asOf, buckets, groupBy = 'client' } = question
  const bucketSums = sql.join(
    agingLabels(buckets).map(
      (_, bucket) => sql`
        coalesce(sum(amount_minor) filter (where item_kind = 'INVOICE' and ${isInBucket(question, bucket)}), 0)
        as ${sql.ref(columnOf(bucket))}`,
    ),
  )
  const source = from === 'dues' ? sql`(${presentSums(companyId, asOf)}) open` : spansOf(companyId, question)
  const client = groupBy === 'currency' ? sql`null::text` : sql`client_id`
  const invoice = groupBy === 'invoice' ? sql`case when item_kind = 'INVOICE' then item_id end` : sql`null::text`
  // A constant among the keys costs a comparison a row.
  const keys = { client: sql`1, 3`, invoice: sql`1, 2, 3`, currency: sql`3` }[groupBy]
  return sql<AgingSqlRow>`
    select ${client} as client_id, ${invoice} as invoice_id, currency, ${bucketSums},
      coalesce(sum(amount_minor) filter (where item_kind = 'PAYMENT'), 0) as credit_minor
    from ${source}
    group by ${keys}
    order by ${keys}`
}

/** The rows that are wanted, in the order in which they are: whoever takes a hundred of a million is sent a hundred. */
const rowsQuery = (question: AgingQuestion) => {
  const { sort, limit } = question
  if (sort === undefined && limit === undefined) return agingQuery(question)
  const keys = sql`client_id, invoice_id, currency`
  const open = sql.join(
    agingLabels(question.buckets).map((_, bucket) => sql.ref(columnOf(bucket))),
    sql` + `,
  )
  const order = sort === undefined ? keys : sql`currency, open_minor desc, ${keys}`
  return sql<AgingSqlRow>`
    select *, count(*) over () as row_count from (
      select aged.*, ${open} as open_minor
      from (${agingQuery(question)}) aged
    ) opened
    where open_minor <> 0 or credit_minor <> 0
    order by ${order}
    ${limit === undefined ? sql`` : sql`limit ${limit}`}`
}

/**
 * A row for every client (or invoice, with the client's credit in a row of its own) and currency with something open or
 * some credit; credit is never netted into a bucket.
 */
export const findAging = async (db: ReadHandle, question: AgingQuestion): Promise<Aging> => {
  const { rows } = await rowsQuery(question).execute(db)
  const agingRows = rows.map(agingRow).filter(hasSomething)
  const buckets = agingLabels(question.buckets)
  const rowsLeftOut = Number(rows[0]?.row_count ?? rows.length) - rows.length
  if (rowsLeftOut > 0) return { buckets, rows: agingRows, totals: await findAgingTotals(db, question), rowsLeftOut }
  const byCurrency = new Map<string, AgingRow[]>()
  for (const row of agingRows) {
    const own = byCurrency.get(row.currency)
    if (own === undefined) byCurrency.set(row.currency, [row])
    else own.push(row)
  }
  const totals = [...byCurrency]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, own]) => totalOf(currency, own))
  return { buckets, rows: agingRows, totals, rowsLeftOut }
}

/**
 * The totals of an aging from what its rows are made of: what a streamed one is certified by before its first row.
 */
export const findAgingTotals = async (db: ReadHandle, question: AgingQuestion): Promise<readonly AgingRow[]> => {
  const { rows } = await agingQuery({ ...question, groupBy: 'currency' }, sourceOf(question)).execute(db)
  return rows.map(agingRow).toSorted((a, b) => (a.currency < b.currency ? -1 : 1))
}

/** How many rows a streamed aging takes at a time. */
const STREAMED_ROWS = 1_000

/** The rows of the same aging a few at a time, through a cursor of the server: whoever streams a million keeps a thousand. */
export const streamAging = async function* (
  transaction: ReadHandle,
  question: AgingQuestion,
): AsyncGenerator<readonly AgingRow[]> {
  await sql`declare aging_rows no scroll cursor for ${rowsQuery(question)}`.execute(transaction)
  for (;;) {
    const { rows } = await sql<AgingSqlRow>`fetch ${sql.lit(STREAMED_ROWS)} from aging_rows`.execute(transaction)
    if (rows.length === 0) return
    yield rows.map(agingRow).filter(hasSomething)
  }
}

export interface ClientBalance {
  readonly currency: string
  readonly openMinor: bigint
  /** The part of what is open whose due day has passed. */
  readonly overdueMinor: bigint
  readonly creditMinor: bigint
  /** Open less credit. */
  readonly balanceMinor: bigint
}

interface ClientQuestion extends Clocks {
  readonly companyId: CompanyId
  readonly clientId: ClientId
}

/** Per currency, in alphabetical order; a currency with nothing open and no credit is left out. */
export const listClientBalances = async (
  db: ReadHandle,
  { companyId, clientId, ...clocks }: ClientQuestion,
): Promise<readonly ClientBalance[]> => {
  const { rows } = await sql<{ currency: string; open: bigint; overdue: bigint; credit: bigint }>`
    select currency,
      coalesce(sum(amount_minor) filter (where item_kind = 'INVOICE'), 0) as open,
      coalesce(sum(amount_minor) filter (where item_kind = 'INVOICE' and due_on < ${clocks.asOf}::date), 0) as overdue,
      coalesce(sum(amount_minor) filter (where item_kind = 'PAYMENT'), 0) as credit
    from ${spansOf(companyId, clocks)} and client_id = ${clientId}
    group by currency
    order by currency`.execute(db)
  return rows.map(({ currency, open, overdue, credit }) => ({
    currency,
    openMinor: open,
    overdueMinor: overdue,
    creditMinor: credit,
    balanceMinor: open - credit,
  }))
}

export interface OpenItem {
  readonly kind: ItemKind
  /** The invoice's or the payment's id. */
  readonly itemId: string
  /** Number of the instalment, from 1. */
  readonly part: number
  readonly currency: string
  readonly issuedOn: string
  readonly dueOn: string
  readonly openMinor: bigint
}

export interface OpenItemCursor {
  readonly currency: string
  readonly dueOn: string
  readonly kind: ItemKind
  readonly itemId: string
  /** Number of the instalment, from 1. */
  readonly part: number
}

/** What is open of one client, oldest due first: what an open-item statement lists. All of it when no limit is given. */
export const listOpenItems = async (
  db: ReadHandle,
  {
    companyId,
    clientId,
    after,
    limit,
    ...clocks
  }: ClientQuestion & { readonly after?: OpenItemCursor | undefined; readonly limit?: number },
): Promise<readonly OpenItem[]> => {
  const beyond =
    after === undefined
      ? sql``
      : sql`and (currency, due_on, item_kind, item_id, part)
          > (${after.currency}, ${after.dueOn}::date, ${after.kind}, ${after.itemId}, ${after.part - 1}::integer)`
  const { rows } = await sql<{
    item_kind: ItemKind
    item_id: string
    part: number
    currency: string
    issued_on: string
    due_on: string
    amount_minor: bigint
  }>`
    select item_kind, item_id, part, currency, issued_on, due_on, amount_minor
    from ${spansOf(companyId, clocks)} and client_id = ${clientId} ${beyond}
    order by currency, due_on, item_kind, item_id, part
    ${limit === undefined ? sql`` : sql`limit ${limit}`}`.execute(db)
  return rows.map((row) => ({
    kind: row.item_kind,
    itemId: row.item_id,
    part: row.part + 1,
    currency: row.currency,
    issuedOn: row.issued_on,
    dueOn: row.due_on,
    openMinor: row.amount_minor,
  }))
}

export interface ItemName {
  readonly clientId: ClientId
  readonly itemId: string
}

/** What the aging has open of some invoices or payments at both clocks, in their order; nothing: 0. */
export const listOpenOf = async (
  db: ReadHandle,
  {
    companyId,
    kind,
    items,
    ...clocks
  }: Clocks & { readonly companyId: CompanyId; readonly kind: ItemKind; readonly items: readonly ItemName[] },
): Promise<readonly bigint[]> => {
  const { rows } = await sql<{ client_id: ClientId; item_id: string; open: bigint }>`
    select client_id, item_id, sum(amount_minor)::bigint as open
    from ${spansOf(companyId, clocks)} and item_kind = ${kind}
      and client_id = any(${[...new Set(items.map(({ clientId }) => clientId))]}::text[])
      and item_id = any(${[...new Set(items.map(({ itemId }) => itemId))]}::text[])
    group by client_id, item_id`.execute(db)
  // Ids hold no space.
  const open = new Map(rows.map((row) => [`${row.client_id} ${row.item_id}`, row.open]))
  return items.map(({ clientId, itemId }) => open.get(`${clientId} ${itemId}`) ?? 0n)
}

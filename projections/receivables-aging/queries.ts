import { sql } from 'kysely'
import { STILL_KNOWN } from '../core/clocks.ts'
import type { Clocks, ReadHandle } from '../core/read.ts'
import type { ItemKind } from './tables.ts'

/** Days late at which one bucket ends and the next begins, when the question names none. */
export const DEFAULT_BUCKETS: readonly number[] = [0, 30, 60, 90]

export type AgeBy = 'due' | 'issued'

export interface AgingQuestion extends Clocks {
  readonly companyId: string
  /** Rising days; 0 need not be named. */
  readonly buckets?: readonly number[]
  readonly by?: AgeBy
  readonly groupBy?: 'client' | 'currency'
}

export interface AgingRow {
  /** `undefined` in totals and when grouped by currency. */
  readonly clientId: string | undefined
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
  readonly totals: readonly AgingRow[]
}

const withZero = (buckets: readonly number[]): readonly number[] => (buckets[0] === 0 ? buckets : [0, ...buckets])

const labelsOf = (ends: readonly number[]): readonly string[] => [
  'notDue',
  ...ends.slice(1).map((end, index) => `${(ends[index] ?? 0) + 1}-${end}`),
  `${(ends.at(-1) ?? 0) + 1}+`,
]

/** The present is asked for by equality, which the index answers with exactly what is open. */
const believed = (knownAt: bigint | undefined) =>
  knownAt === undefined ? sql`known_to = ${STILL_KNOWN}` : sql`known_to > ${knownAt} and known_from <= ${knownAt}`

const spansOf = (companyId: string, { asOf, knownAt }: Clocks) => sql`read.open_spans
  where company_id = ${companyId} and ${believed(knownAt)} and eff_to > ${asOf}::date and eff_from <= ${asOf}::date`

const totalOf = (currency: string, rows: readonly AgingRow[]): AgingRow => ({
  clientId: undefined,
  currency,
  amountsMinor: (rows[0]?.amountsMinor ?? []).map((_, bucket) =>
    rows.reduce((sum, row) => sum + (row.amountsMinor[bucket] ?? 0n), 0n),
  ),
  openMinor: rows.reduce((sum, row) => sum + row.openMinor, 0n),
  creditMinor: rows.reduce((sum, row) => sum + row.creditMinor, 0n),
  netMinor: rows.reduce((sum, row) => sum + row.netMinor, 0n),
})

/** A row for every client and currency with something open or some credit; credit is never netted into a bucket. */
export const findAging = async (db: ReadHandle, question: AgingQuestion): Promise<Aging> => {
  const { companyId, asOf, buckets = DEFAULT_BUCKETS, by = 'due', groupBy = 'client' } = question
  const ends = withZero(buckets)
  const firstDays = ends.map((end) => end + 1)
  const age = sql`${asOf}::date - ${by === 'due' ? sql`due_on` : sql`issued_on`}`
  const bucketSums = sql.join(
    [0, ...firstDays].map(
      (_, bucket) =>
        sql`coalesce(sum(amount_minor) filter (where item_kind = 'INVOICE' and bucket = ${sql.lit(bucket)}), 0)::bigint`,
    ),
  )
  const client = groupBy === 'client' ? sql`client_id` : sql`null::text`
  const { rows } = await sql<{ client_id: string | null; currency: string; amounts: string[]; credit_minor: bigint }>`
    select client_id, currency, array[${bucketSums}]::text[] as amounts,
      coalesce(sum(amount_minor) filter (where item_kind = 'PAYMENT'), 0)::bigint as credit_minor
    from (
      select ${client} as client_id, currency, item_kind, amount_minor,
        width_bucket(${age}, ${sql.lit(`{${firstDays.join(',')}}`)}::integer[]) as bucket
      from ${spansOf(companyId, question)}
    ) aged
    group by client_id, currency
    order by client_id, currency`.execute(db)

  const agingRows = rows.map((row): AgingRow => {
    const amountsMinor = row.amounts.map(BigInt)
    const openMinor = amountsMinor.reduce((sum, amount) => sum + amount, 0n)
    return {
      clientId: row.client_id ?? undefined,
      currency: row.currency,
      amountsMinor,
      openMinor,
      creditMinor: row.credit_minor,
      netMinor: openMinor - row.credit_minor,
    }
  })
  const currencies = [...new Set(agingRows.map((row) => row.currency))].toSorted()
  const totals = currencies.map((currency) =>
    totalOf(
      currency,
      agingRows.filter((row) => row.currency === currency),
    ),
  )
  return { buckets: labelsOf(ends), rows: agingRows, totals }
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
  readonly companyId: string
  readonly clientId: string
}

/** Per currency, in alphabetical order; a currency with nothing open and no credit is left out. */
export const listClientBalances = async (
  db: ReadHandle,
  { companyId, clientId, ...clocks }: ClientQuestion,
): Promise<readonly ClientBalance[]> => {
  const { rows } = await sql<{ currency: string; open: bigint; overdue: bigint; credit: bigint }>`
    select currency,
      coalesce(sum(amount_minor) filter (where item_kind = 'INVOICE'), 0)::bigint as open,
      coalesce(sum(amount_minor) filter (where item_kind = 'INVOICE' and due_on < ${clocks.asOf}::date), 0)::bigint as overdue,
      coalesce(sum(amount_minor) filter (where item_kind = 'PAYMENT'), 0)::bigint as credit
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

/** Everything open of one client, oldest due first: what an open-item statement lists. */
export const listOpenItems = async (
  db: ReadHandle,
  { companyId, clientId, ...clocks }: ClientQuestion,
): Promise<readonly OpenItem[]> => {
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
    from ${spansOf(companyId, clocks)} and client_id = ${clientId}
    order by currency, due_on, item_kind, item_id, part`.execute(db)
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

import type { CompanyId, PaymentMethod, Position } from '@registru/domain'
import { sql } from 'kysely'
import { sumsByCurrency } from '../core/reading/balances.ts'
import { wasKnown } from '../core/reading/clocks.ts'
import type { ReadHandle } from '../core/reading/read.ts'
import type { DaySales } from './days-sales-outstanding.ts'

interface Period {
  readonly companyId: CompanyId
  readonly from: string
  readonly to: string
  /** A position; `undefined`: everything. */
  readonly knownAt?: Position | undefined
}

export type CollectedBy = 'day' | 'week' | 'month'

export interface Collected {
  /** First day of the day, week (Monday) or month, which may lie before the period that was asked for. */
  readonly start: string
  readonly method: PaymentMethod
  readonly currency: string
  readonly collectedMinor: bigint
  readonly reversedMinor: bigint
  readonly refundedMinor: bigint
}

/** By time, currency and method: what came in, and what went back on these days whenever it had come. */
export const listCollections = async (
  db: ReadHandle,
  { companyId, from, to, by, knownAt }: Period & { readonly by: CollectedBy },
): Promise<readonly Collected[]> => {
  const learnedLater =
    knownAt === undefined
      ? sql``
      : sql`union all
        select effective_on, method, currency,
          case when kind = 'COLLECTED' then -amount_minor else 0 end,
          case when kind = 'REVERSED' then -amount_minor else 0 end,
          case when kind = 'REFUNDED' then -amount_minor else 0 end
        from read.trade_entries where company_id = ${companyId} and position > ${knownAt} and method is not null`
  const { rows } = await sql<{
    start: string
    method: PaymentMethod
    currency: string
    collected_minor: bigint
    reversed_minor: bigint
    refunded_minor: bigint
  }>`
    select date_trunc(${by}, effective_on)::date as start, method, currency,
      sum(collected_minor) as collected_minor, sum(reversed_minor) as reversed_minor,
      sum(refunded_minor) as refunded_minor
    from (
      select effective_on, method, currency, collected_minor, reversed_minor, refunded_minor from read.collection_days
      where company_id = ${companyId}
      ${learnedLater}
    ) moved
    where effective_on between ${from}::date and ${to}::date
    group by 1, currency, method
    having sum(collected_minor) <> 0 or sum(reversed_minor) <> 0 or sum(refunded_minor) <> 0
    order by 1, currency, method`.execute(db)
  return rows.map((row) => ({
    start: row.start,
    method: row.method,
    currency: row.currency,
    collectedMinor: row.collected_minor,
    reversedMinor: row.reversed_minor,
    refundedMinor: row.refunded_minor,
  }))
}

/** The sales of a period per currency, from the events that made them: what the sums of days are held against. */
export const findSalesTotals = (
  db: ReadHandle,
  { companyId, from, to, knownAt }: Period,
): Promise<ReadonlyMap<string, bigint>> => {
  return sumsByCurrency(
    db,
    sql`select currency, case when kind = 'INVOICED' then amount_minor else -amount_minor end as moved_minor
      from read.trade_entries
      where company_id = ${companyId} and effective_on between ${from}::date and ${to}::date and method is null
        and ${wasKnown(knownAt)}`,
  )
}

/** Sales of each day, VAT included and less what was taken back on the day, in the order of days; one of nothing is left out. */
export const listDailySales = async (
  db: ReadHandle,
  { companyId, from, to, knownAt }: Period,
): Promise<readonly (DaySales & { readonly currency: string })[]> => {
  const learnedLater =
    knownAt === undefined
      ? sql``
      : sql`union all
        select effective_on, currency, case when kind = 'INVOICED' then -amount_minor else amount_minor end
        from read.trade_entries where company_id = ${companyId} and position > ${knownAt} and method is null`
  const { rows } = await sql<{ effective_on: string; currency: string; sold_minor: bigint }>`
    select effective_on, currency, sum(sold_minor) as sold_minor from (
      select effective_on, currency, invoiced_minor - credited_minor as sold_minor from read.sales_days
      where company_id = ${companyId}
      ${learnedLater}
    ) moved
    where effective_on between ${from}::date and ${to}::date
    group by effective_on, currency
    having sum(sold_minor) <> 0
    order by effective_on, currency`.execute(db)
  return rows.map((row) => ({ on: row.effective_on, currency: row.currency, soldMinor: row.sold_minor }))
}

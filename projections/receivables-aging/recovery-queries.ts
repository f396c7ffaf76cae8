import type { CompanyId } from '@registru/domain'
import { sql } from 'kysely'
import { wasBelieved } from '../core/reading/clocks.ts'
import type { Clocks, ReadHandle } from '../core/reading/read.ts'

export interface Recovery {
  /** Monday of the week in which it is due. */
  readonly week: string
  readonly currency: string
  readonly openMinor: bigint
  /** The part of it that was due before `asOf`. */
  readonly overdueMinor: bigint
}

/** What is still to be recovered, by the week of its due day; instalments by their own. */
export const listRecoveries = async (
  db: ReadHandle,
  { companyId, asOf, knownAt }: Clocks & { readonly companyId: CompanyId },
): Promise<readonly Recovery[]> => {
  const { rows } = await sql<{ week: string; currency: string; open_minor: bigint; overdue_minor: bigint }>`
    select date_trunc('week', due_on)::date as week, currency, sum(amount_minor) as open_minor,
      coalesce(sum(amount_minor) filter (where due_on < ${asOf}::date), 0) as overdue_minor
    from read.open_spans
    where company_id = ${companyId} and ${wasBelieved(knownAt)} and eff_to > ${asOf}::date and eff_from <= ${asOf}::date
      and item_kind = 'INVOICE'
    group by 1, currency
    order by 1, currency`.execute(db)
  return rows.map((row) => ({
    week: row.week,
    currency: row.currency,
    openMinor: row.open_minor,
    overdueMinor: row.overdue_minor,
  }))
}

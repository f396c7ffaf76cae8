import type { CompanyId, EventId, RateSource } from '@registru/domain'
import { sql } from 'kysely'
import { countsSql } from '../core/reading/clocks.ts'
import { type Clocks, type Page, pageOf, type ReadHandle, rowsToAskFor } from '../core/reading/read.ts'

/** Where a list of rates stands. */
export interface RatePlace {
  readonly on: string
  readonly currency: string
  readonly source: RateSource
}

export interface RecordedRate extends RatePlace {
  /** Price of one unit in the functional currency, as it was published. */
  readonly rate: string
  /** What it put right. */
  readonly replaces: string | undefined
  readonly actor: string
  readonly reason: string | undefined
  /** UTC. */
  readonly recordedAt: string
  readonly eventId: EventId
}

interface RateRow {
  readonly on: string
  readonly currency: string
  readonly source: RateSource
  readonly rate: string
  readonly replaces: string | null
  readonly actor: string
  readonly reason: string | null
  readonly recorded_at: unknown
  readonly event_id: EventId
}

const COLUMNS = sql`published_on as "on", currency, source, rate, replaces, actor, reason, recorded_at, event_id`

const rateOf = ({ recorded_at, event_id: eventId, replaces, reason, ...row }: RateRow): RecordedRate => ({
  ...row,
  replaces: replaces ?? undefined,
  reason: reason ?? undefined,
  recordedAt: recorded_at instanceof Date ? recorded_at.toISOString() : String(recorded_at),
  eventId,
})

/** Rates as they hold at both clocks, the last day first. */
export const listExchangeRates = async (
  db: ReadHandle,
  {
    companyId,
    currency,
    source,
    from,
    to,
    after,
    limit,
    ...clocks
  }: Clocks & {
    readonly companyId: CompanyId
    readonly currency?: string | undefined
    readonly source?: RateSource | undefined
    readonly from?: string | undefined
    readonly to?: string | undefined
    readonly after?: RatePlace | undefined
    readonly limit: number
  },
): Promise<Page<RecordedRate, RatePlace>> => {
  const beyond =
    after === undefined
      ? sql``
      : sql`and published_on <= ${after.on}::date
          and (published_on < ${after.on}::date or (currency, source) > (${after.currency}, ${after.source}))`
  const { rows } = await sql<RateRow>`
    select distinct on (published_on, currency, source) ${COLUMNS}
    from read.exchange_rates
    where company_id = ${companyId} and ${countsSql(clocks, 'published_on', 'position')}
      ${currency === undefined ? sql`` : sql`and currency = ${currency}`}
      ${source === undefined ? sql`` : sql`and source = ${source}`}
      ${from === undefined ? sql`` : sql`and published_on >= ${from}::date`}
      ${to === undefined ? sql`` : sql`and published_on <= ${to}::date`}
      ${beyond}
    order by published_on desc, currency, source, position desc
    limit ${rowsToAskFor(limit)}`.execute(db)
  return pageOf(rows.map(rateOf), limit, ({ on, currency: of, source: by }) => ({ on, currency: of, source: by }))
}

/** All that a source ever said of a day, in the order in which it was recorded: the last of each currency holds. */
export const listRatesOfDay = async (
  db: ReadHandle,
  { companyId, source, on, ...clocks }: Clocks & { readonly companyId: CompanyId } & Omit<RatePlace, 'currency'>,
): Promise<readonly RecordedRate[]> => {
  const { rows } = await sql<RateRow>`
    select ${COLUMNS} from read.exchange_rates
    where company_id = ${companyId} and published_on = ${on}::date and source = ${source}
      and ${countsSql(clocks, 'published_on', 'position')}
    order by position, currency`.execute(db)
  return rows.map(rateOf)
}

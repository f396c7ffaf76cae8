import type { CompanyId } from '@registru/domain'
import { sql } from 'kysely'
import type { ReadHandle } from '../core/reading/read.ts'
import type { Difference } from './differences.ts'

/** What the check of the books has found and not yet seen mended. */
export interface Finding extends Difference {
  readonly firstSeenAt: Date
}

/** How long ago a whole table was held against its other side. */
export interface CheckedTie {
  readonly tie: string
  /** By the clock of Postgres. */
  readonly ageSeconds: number
  readonly tookSeconds: number
  readonly rows: bigint
}

const textsOf = (minors: Readonly<Record<string, bigint>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(minors).map(([book, minor]) => [book, `${minor}`]))

/** @returns which of them were not known */
export const keepFindings = async (
  db: ReadHandle,
  differences: readonly Difference[],
): Promise<readonly Difference[]> => {
  const fresh: Difference[] = []
  for (const difference of differences) {
    const { tie, companyId, currency = null, place, amountsMinor } = difference
    const { rows } = await sql<{ is_new: boolean }>`
      insert into read.differences as d (tie, company_id, place, currency, amounts)
      values (${tie}, ${companyId}, ${JSON.stringify(place)}::jsonb, ${currency}, ${JSON.stringify(textsOf(amountsMinor))}::jsonb)
      on conflict (tie, company_id, place) do update set
        amounts = excluded.amounts, currency = excluded.currency, last_seen_at = now()
      returning d.first_seen_at = d.last_seen_at as is_new`.execute(db)
    if (rows[0]?.is_new === true) fresh.push(difference)
  }
  return fresh
}

/** A whole table has been gone through: what was not found again has been mended. */
export const finishTie = async (
  db: ReadHandle,
  { tie, tookSeconds, rows }: Omit<CheckedTie, 'ageSeconds'>,
): Promise<void> => {
  await sql`delete from read.differences
    where tie = ${tie} and last_seen_at < now() - make_interval(secs => ${tookSeconds})`.execute(db)
  await sql`insert into read.checked_ties (tie, checked_at, took_seconds, rows) values (${tie}, now(), ${tookSeconds}, ${rows})
    on conflict (tie) do update set
      checked_at = excluded.checked_at, took_seconds = excluded.took_seconds, rows = excluded.rows`.execute(db)
}

interface FindingRow {
  readonly tie: string
  readonly company_id: CompanyId
  readonly place: Readonly<Record<string, string>>
  readonly currency: string | null
  readonly amounts: Readonly<Record<string, string>>
  readonly first_seen_at: Date
}

/** The oldest first. */
export const listFindings = async (db: ReadHandle, limit: number): Promise<readonly Finding[]> => {
  const { rows } = await sql<FindingRow>`
    select tie, company_id, place, currency, amounts, first_seen_at from read.differences
    order by first_seen_at, tie, company_id, place limit ${limit}`.execute(db)
  return rows.map((row) => ({
    tie: row.tie,
    companyId: row.company_id,
    currency: row.currency ?? undefined,
    place: row.place,
    amountsMinor: Object.fromEntries(Object.entries(row.amounts).map(([book, minor]) => [book, BigInt(minor)])),
    firstSeenAt: row.first_seen_at,
  }))
}

export const countFindings = async (db: ReadHandle): Promise<number> => {
  const { rows } = await sql<{ count: number }>`select count(*)::integer as count from read.differences`.execute(db)
  return rows[0]?.count ?? 0
}

export const listCheckedTies = async (db: ReadHandle): Promise<readonly CheckedTie[]> => {
  const { rows } = await sql<{ tie: string; age_seconds: number; took_seconds: number; rows: bigint }>`
    select tie, extract(epoch from clock_timestamp() - checked_at)::float8 as age_seconds, took_seconds, rows
    from read.checked_ties`.execute(db)
  return rows.map((row) => ({
    tie: row.tie,
    ageSeconds: row.age_seconds,
    tookSeconds: row.took_seconds,
    rows: row.rows,
  }))
}

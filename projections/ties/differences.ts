import type { CompanyId } from '@registru/domain'
import { type RawBuilder, sql } from 'kysely'
import type { ReadHandle } from '../core/reading/read.ts'
import { agingTies } from './aging-ties.ts'
import { documentTies } from './document-ties.ts'
import { journalTies } from './journal-ties.ts'
import { reportTies } from './report-ties.ts'
import type { Tie } from './tie.ts'

/** Every amount of every table is held by one of these. */
export const allTies: readonly Tie[] = [...journalTies, ...agingTies, ...documentTies, ...reportTies]

/** Two books that do not say the same of a row. */
export interface Difference {
  readonly tie: string
  readonly companyId: CompanyId
  readonly currency: string | undefined
  /** What the row is of, by name. */
  readonly place: Readonly<Record<string, string>>
  /** Minor units, by book. */
  readonly amountsMinor: Readonly<Record<string, bigint>>
}

interface DifferenceRow {
  readonly company_id: CompanyId
  readonly currency: string | null
  readonly place: Readonly<Record<string, string | null>>
  readonly amounts: Readonly<Record<string, string>>
}

const differenceOf = ({ name }: Tie, row: DifferenceRow): Difference => ({
  tie: name,
  companyId: row.company_id,
  currency: row.currency ?? undefined,
  place: Object.fromEntries(
    Object.entries(row.place).flatMap(([column, value]) => (value === null ? [] : [[column, value]])),
  ),
  amountsMinor: Object.fromEntries(Object.entries(row.amounts).map(([book, minor]) => [book, BigInt(minor)])),
})

/**
 * What differs among some rows of a tie's table.
 * @param held selects the rows, with all their columns
 */
export const listDifferences = async (
  db: ReadHandle,
  tie: Tie,
  held: RawBuilder<unknown>,
  limit: number,
): Promise<readonly Difference[]> => {
  const { rows } = await sql<DifferenceRow>`
    with held as materialized (${held}) ${sql.raw(tie.sql)} limit ${limit}`.execute(db)
  return rows.map((row) => differenceOf(tie, row))
}

import { sql } from 'kysely'
import type { ReadHandle } from '../core/reading/read.ts'
import { type Difference, listDifferences } from './differences.ts'
import type { Tie } from './tie.ts'

/** The last row of a slice, by the columns of the tie's order, as text. */
export type Place = readonly string[]

export interface Slice {
  readonly differences: readonly Difference[]
  readonly rows: number
  /** Where the next slice begins; `undefined`: the table has come to its end. */
  readonly next: Place | undefined
}

/** More of one slice tell nobody anything new. */
const DIFFERENCES_MAX = 20

/** Holds some rows of a table against their other side: those after a place, in the order of the tie. */
export const checkSlice = async (
  db: ReadHandle,
  tie: Tie,
  { after, rowsMax }: { readonly after: Place | undefined; readonly rowsMax: number },
): Promise<Slice> => {
  const { table, order } = tie
  const columns = sql.join(order.map((column) => sql.ref(column)))
  const values = order.map((column, index) => sql`${after?.[index]}::${sql.raw(table.columns[column]?.type ?? 'text')}`)
  const beyond = after === undefined ? sql`` : sql`where (${columns}) > (${sql.join(values)})`
  const held = sql`select * from ${sql.table(`read.${table.name}`)} ${beyond} order by ${columns} limit ${rowsMax}`
  const { rows } = await sql<{ place: Place; count: number }>`
    with held as materialized (${held})
    select array[${sql.join(order.map((column) => sql`${sql.ref(column)}::text`))}] as place,
      (select count(*)::integer from held) as count
    from held order by ${sql.join(order.map((column) => sql`${sql.ref(column)} desc`))} limit 1`.execute(db)
  const count = rows[0]?.count ?? 0
  const differences = count === 0 ? [] : await listDifferences(db, tie, held, DIFFERENCES_MAX)
  return { differences, rows: count, next: count < rowsMax ? undefined : rows[0]?.place }
}

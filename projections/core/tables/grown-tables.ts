import type { PoolClient } from '@registru/runtime'
import type { BatchStatement } from './batch-statement.ts'

/**
 * A table is analyzed when it has grown by this many rows, and so many times over again. Autovacuum looks once a minute, and
 * a minute of plans made for an empty table can read a whole company for every row they change. A quick look is enough
 * until then, and a rare one: the look and the plans made anew after it hold up a batch.
 */
const ANALYZE_ROWS_MIN = 500
const ANALYZE_GROWTH = 8

/** Has the planner look at tables that have grown. */
export const createAnalyzer = (client: PoolClient) => {
  const grown = new Map<string, { rows: number; since: number }>()
  /** Out of the transaction: it takes a moment, and nobody waits for statistics. */
  return async ({ inserted }: BatchStatement): Promise<void> => {
    for (const [table, rows] of inserted) {
      const growth = grown.get(table) ?? { rows: 0, since: 0 }
      grown.set(table, growth)
      growth.since += rows
      if (growth.since < Math.max(ANALYZE_ROWS_MIN, growth.rows * (ANALYZE_GROWTH - 1))) continue
      await client.query(`analyze ${table}`)
      growth.rows += growth.since
      growth.since = 0
    }
  }
}

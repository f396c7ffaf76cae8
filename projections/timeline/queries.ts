import { sql } from 'kysely'
import type { ReadHandle } from '../core/read.ts'
import type { TimelineViews } from './tables.ts'

/**
 * The last position of which the ledger knew at an instant (RFC 3339): everything before the first event recorded later.
 * `undefined` when nothing was recorded later, so everything so far was known. Once defined, it never changes.
 */
export const findPositionKnownAt = async (db: ReadHandle, instant: string): Promise<bigint | undefined> => {
  const next = await db
    .withTables<TimelineViews>()
    .selectFrom('read.moments')
    .select('position_before')
    .where('recorded_at', '>', sql<string>`${instant}::timestamptz`)
    .orderBy('recorded_at')
    .limit(1)
    .executeTakeFirst()
  return next?.position_before
}

import { sql } from 'kysely'
import type { ReadHandle } from '../core/read.ts'

/**
 * The last position of which the ledger knew at an instant (RFC 3339): everything before the first event recorded later,
 * or the last event when none was. Once an event was recorded later, it never changes. -1: nothing was known.
 */
export const findPositionKnownAt = async (db: ReadHandle, instant: string): Promise<bigint> => {
  const { rows } = await sql<{ position: bigint | null }>`
    select coalesce(
      (select position_before from read.moments where recorded_at > ${instant}::timestamptz order by recorded_at limit 1),
      (select position from read.latest_moment)
    ) as position`.execute(db)
  return rows[0]?.position ?? -1n
}

import { sql } from 'kysely'
import type { ReadHandle } from '../core/reading/read.ts'

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

/** Whether an event recorded later than an instant (RFC 3339) is projected: what was known at it never changes then. */
export const isInstantOver = async (db: ReadHandle, instant: string): Promise<boolean> => {
  const { rows } = await sql<{ over: boolean }>`
    select exists (select from read.moments where recorded_at > ${instant}::timestamptz) as over`.execute(db)
  return rows[0]?.over ?? false
}

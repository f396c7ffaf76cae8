import type { Position } from '@registru/domain'
import { sql } from 'kysely'
import type { ReadHandle } from '../core/reading/read.ts'

/** By which the projector is asked to prove that an instant is over; the payload is the instant, in milliseconds since 1970. */
export const LEDGER_CLOCK_CHANNEL = 'registru_ledger_clock'

/** Clocks of machines that keep time differ by less. */
export const CLOCK_AHEAD_MAX_MS = 5_000

/**
 * The last position of which the ledger knew at an instant (RFC 3339): everything before the first event that the log has
 * from later on. It never changes, whatever is appended. `undefined`: nothing that is projected proves the instant over.
 * -1: nothing was known.
 */
export const findPositionKnownAt = async (db: ReadHandle, instant: string): Promise<Position | undefined> => {
  const { rows } = await sql<{ position: Position | null }>`
    with log_clock as (select min(instant) as started from read.moments where clock = 'LOG')
    select coalesce(
      (select position_before from read.moments, log_clock
        where clock = 'RECORDERS' and instant > ${instant}::timestamptz and started > ${instant}::timestamptz
        order by instant limit 1),
      (select position_before from read.moments
        where clock = 'LOG' and instant > ${instant}::timestamptz order by instant limit 1)
    ) as position`.execute(db)
  return rows[0]?.position ?? undefined
}

/** The instant, in milliseconds since 1970, up to which the log has provably come; every earlier one is over. -1: none. */
export const findLedgerClock = async (db: ReadHandle): Promise<bigint> => {
  const { rows } = await sql<{ instant_ms: bigint }>`
    select instant_ms from read.latest_moment where clock = 'LOG'`.execute(db)
  return rows[0]?.instant_ms ?? -1n
}

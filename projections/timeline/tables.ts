import { bigint, defineRemembered, defineTable, instant, type ViewRowOf, word } from '../core/fold/table.ts'

/**
 * When the ledger's clock moved on: the first event recorded later than every event before it, and the last event
 * before that one. Clocks of several writers differ a little, so only a new maximum makes a row.
 */
export const moments = defineTable({
  name: 'moments',
  columns: { recorded_at: instant(), position: bigint(), position_before: bigint() },
  key: ['recorded_at'],
})

/** The last event and the latest instant so far, in milliseconds since 1970. */
export const latest = defineRemembered({
  name: 'latest_moment',
  columns: { id: word<'latest'>(), position: bigint(), recorded_ms: bigint() },
  key: ['id'],
  fillfactor: 50,
})

export type TimelineViews = {
  'read.moments': ViewRowOf<typeof moments>
}

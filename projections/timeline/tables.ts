import { bigint, defineRemembered, defineTable, instant, position, type ViewRowOf, word } from '../core/fold/table.ts'

/**
 * By which clock an instant is told: that of the recorders, who stamp before they write, until the log has one of its own,
 * which stamps in the order of the log.
 */
export type Clock = 'RECORDERS' | 'LOG'

/**
 * When a clock moved on: the first event of an instant later than every one before it, and the last event before that.
 * Clocks of several recorders differ, and a store's may go back, so only a new maximum makes a row.
 */
export const moments = defineTable({
  name: 'moments',
  columns: { clock: word<Clock>(), instant: instant(), position: position(), position_before: position() },
  key: ['clock', 'instant'],
})

/** The last event, and the latest instant so far of the clock that counts, in milliseconds since 1970. */
export const latest = defineRemembered({
  name: 'latest_moment',
  columns: { id: word<'latest'>(), position: position(), clock: word<Clock>(), instant_ms: bigint() },
  key: ['id'],
  fillfactor: 50,
})

export type TimelineViews = {
  'read.moments': ViewRowOf<typeof moments>
}

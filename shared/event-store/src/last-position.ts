import type { Position } from '@registru/domain/places'
import type { EventStore } from './event-store.ts'

/** Most logs end with an event of ours; on a server's busy days a few hundred of its own come after it. */
const PAGE_EVENTS = 64

/**
 * Where the last event of these streams stands, looking back over at most `eventsMax` of any kind; `undefined`: none of
 * them was ours. The server's own events make the end of the log a place that a filtered reader may never report.
 */
export const findLastPosition = async (
  store: Pick<EventStore, 'readAll'>,
  streamPrefixes: readonly string[],
  eventsMax: number,
): Promise<Position | undefined> => {
  let from: Position | undefined
  for (let seen = 0; seen < eventsMax; seen += PAGE_EVENTS) {
    let count = 0
    const page = store.readAll({ direction: 'backwards', maxCount: PAGE_EVENTS, ...(from !== undefined && { from }) })
    for await (const { stream, position } of page) {
      if (streamPrefixes.some((prefix) => stream.startsWith(prefix))) return position
      from = position
      count += 1
    }
    // Reads are inclusive: a page that only repeats the event it began with is the last one.
    if (count < PAGE_EVENTS) return undefined
  }
  return undefined
}

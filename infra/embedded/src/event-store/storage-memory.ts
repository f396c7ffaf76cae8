import { TOMBSTONE_REVISION } from './event-frame.ts'
import type { Page, Storage, StoredRow } from './storage.ts'

interface KeptEvent {
  readonly row: StoredRow
  readonly frame: Buffer
}

const EMPTY = Buffer.alloc(0)

const pageOf = (events: readonly KeptEvent[]): Page => ({
  frames: events.length === 0 ? EMPTY : Buffer.concat(events.map(({ frame }) => frame)),
  count: events.length,
})

/** The first index whose event satisfies `reached`; the events are ordered by it. */
const firstIndex = (events: readonly KeptEvent[], reached: (row: StoredRow) => boolean): number => {
  let low = 0
  let high = events.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (reached((events[middle] as KeptEvent).row)) high = middle
    else low = middle + 1
  }
  return low
}

/** Keeps the log in memory: nothing outlives the process. */
export const createMemoryStorage = (): Storage => {
  const log: KeptEvent[] = []
  const streams = new Map<string, KeptEvent[]>()
  const streamOf = (key: Buffer): KeptEvent[] => streams.get(key.toString('latin1', 0, key.length)) ?? []
  const between = (above: number, upTo: number): KeptEvent[] =>
    log.slice(
      firstIndex(log, (row) => row.position > above),
      firstIndex(log, (row) => row.position > upTo),
    )

  return {
    open: async () => {
      const last = log.at(-1)
      return last
        ? { end: last.row.position + last.frame.length, lastPosition: last.row.position, lastFrame: last.frame }
        : { end: 0, lastPosition: -1, lastFrame: undefined }
    },
    commit: async ({ rows, frames }) => {
      for (const row of rows) {
        const kept = { row, frame: frames.subarray(row.frameStart, row.frameEnd) }
        log.push(kept)
        const key = row.streamKey.toString('latin1', 0, row.streamKey.length)
        const stream = streams.get(key)
        if (stream) stream.push(kept)
        else streams.set(key, [kept])
      }
    },
    loadStreams: async (questions) =>
      questions.map(({ key, wantsLastFrame }) => {
        const last = streamOf(key).at(-1)
        const tombstoned = last?.row.revision === TOMBSTONE_REVISION
        return {
          head: last === undefined || tombstoned ? -1 : Number(last.row.revision),
          tombstoned,
          lastFrame: wantsLastFrame ? last?.frame : undefined,
        }
      }),
    readStream: async (key, from, direction, least, countMax) => {
      const events = streamOf(key)
      if (direction === 'forwards') {
        const start = firstIndex(events, (row) => row.revision >= Math.max(from, least))
        return pageOf(events.slice(start, start + countMax))
      }
      const end = firstIndex(events, (row) => row.revision > from)
      const start = firstIndex(events, (row) => row.revision >= least)
      return pageOf(events.slice(Math.max(start, end - countMax), end).reverse())
    },
    readLog: async (above, upTo) => pageOf(between(above, upTo)),
    readLogSieved: async (above, upTo) => {
      const events = between(above, upTo)
      const { frames, count } = pageOf(events)
      return [{ frames, considered: count, lastPosition: events.at(-1)?.row.position ?? above }]
    },
    close: async () => {},
  }
}

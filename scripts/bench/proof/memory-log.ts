import { BEFORE_THE_STREAM, positionOf, type Revision, revisionAfter } from '@registru/domain'
import type { EventStore, RecordedEvent } from '@registru/event-store'

/** Positions of a store have gaps; a few events fill a stretch of days' totals, so that there are several. */
const GAP = 1_000_003n

export interface MemoryLog extends Pick<EventStore, 'append'> {
  readonly events: readonly RecordedEvent[]
}

const stored = (value: object): unknown => JSON.parse(JSON.stringify(value))

/** Takes appends as a store does and keeps what it would give back: JSON that was written and read. */
export const createMemoryLog = (): MemoryLog => {
  const events: RecordedEvent[] = []
  const heads = new Map<string, Revision>()
  let position = positionOf(0n)
  return {
    events,
    append: (stream, expected, appended) => {
      let revision = heads.get(stream) ?? BEFORE_THE_STREAM
      const isNew = revision === BEFORE_THE_STREAM
      if (isNew ? expected !== 'no_stream' : expected !== revision) return Promise.resolve({ outcome: 'conflict' })
      for (const { id, type, data, metadata } of appended) {
        revision = revisionAfter(revision)
        position = positionOf(position + GAP)
        const createdAt = new Date()
        events.push({ stream, revision, position, id, type, data: stored(data), metadata: stored(metadata), createdAt })
      }
      heads.set(stream, revision)
      return Promise.resolve({ outcome: 'written', revision, position })
    },
  }
}

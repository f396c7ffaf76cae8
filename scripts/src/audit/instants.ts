import type { Position } from '@registru/domain'
import type { EventStore, RecordedEvent } from '@registru/event-store'
import { z } from 'zod'
import type { PlacedFact } from './facts.ts'

/** What an import into another store wrote before the events: of each, in their order, where and when it stood. */
const Places = z.object({ places: z.array(z.tuple([z.string(), z.int(), z.string(), z.string()])) })

type FirstPlace = readonly [stream: string, revision: number, position: string, createdAt: string]

const firstPlaces = async function* (store: Pick<EventStore, 'readStream'>): AsyncGenerator<FirstPlace, undefined> {
  for await (const { type, data } of store.readStream('ledger-origin')) {
    if (type === 'EventsPlaced') yield* Places.parse(data).places
  }
}

const isAt = ([stream, revision]: FirstPlace, event: RecordedEvent): boolean =>
  stream === event.stream && BigInt(revision) === event.revision

const atFirst = (event: RecordedEvent, [, , , createdAt]: FirstPlace): RecordedEvent => ({
  ...event,
  createdAt: new Date(createdAt),
})

/** The event as the first store had it, if it was moved from there. */
export const withFirstInstant = async (
  store: Pick<EventStore, 'readStream'>,
  event: RecordedEvent,
): Promise<RecordedEvent> => {
  for await (const place of firstPlaces(store)) if (isAt(place, event)) return atFirst(event, place)
  return event
}

/** The whole log, each event with the instant at which its first store wrote it: places come in the order of the events. */
export const readWithFirstInstants = async function* (
  store: Pick<EventStore, 'readAll' | 'readStream'>,
): AsyncGenerator<RecordedEvent> {
  const places = firstPlaces(store)
  try {
    let { value: next } = await places.next()
    for await (const event of store.readAll()) {
      if (next === undefined || !isAt(next, event)) yield event
      else {
        yield atFirst(event, next)
        ;({ value: next } = await places.next())
      }
    }
  } finally {
    await places.return(undefined)
  }
}

/** Where the log's own clock begins: before it an instant is told by what recorders stamped, from it on by the store. */
export interface ClockStart {
  readonly position: Position
  readonly ms: number
}

export const startOfClock = ({ type, position, createdMs }: PlacedFact): ClockStart | undefined =>
  type === 'LedgerClockStarted' ? { position, ms: createdMs } : undefined

/**
 * Says of each fact, in the order of the log, whether it was known at an instant. The first one that was not ends what was:
 * nothing after it can have been, whatever its own instant says.
 */
export const wasKnownAt = (ms: number, clock: ClockStart | undefined): ((fact: PlacedFact) => boolean) => {
  if (clock === undefined) return ({ recordedAt }) => Date.parse(recordedAt) <= ms
  if (ms < clock.ms) return ({ recordedAt, position }) => position < clock.position && Date.parse(recordedAt) <= ms
  return ({ createdMs, position }) => position < clock.position || createdMs <= ms
}

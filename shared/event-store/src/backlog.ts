import type { Position } from '@registru/domain/places'
import type { EventStore, SubscriptionFilter } from './event-store.ts'

/** Beyond this nobody needs the exact number, and counting on would read what the reader itself has to read. */
const BACKLOG_EVENTS_MAX = 1_000

/** What a reader has still to read: events that it follows, whatever else stands between them. */
export interface Backlog {
  readonly events: number
  /** There are more than were counted. */
  readonly more: boolean
  /** Since the oldest of them was written, by the clock of the store; 0: there is none. */
  readonly seconds: number
}

export type BacklogOptions = SubscriptionFilter & {
  /** Where the reader stands: a position that the store gave out; absent: before the start. */
  readonly after?: Position
  /** Which of the events that the filter lets through count. */
  readonly counts?: (stream: string) => boolean
  readonly signal: AbortSignal
}

const NOTHING: Backlog = { events: 0, more: false, seconds: 0 }
const MS_PER_S = 1_000

/** Lets the store filter, so that its own events and those of others are neither sent nor counted. `undefined`: aborted. */
export const countBacklog = async (
  store: Pick<EventStore, 'subscribeToAll' | 'head'>,
  { counts = () => true, ...options }: BacklogOptions,
): Promise<Backlog | undefined> => {
  const head = await store.head()
  if (head === undefined || (options.after !== undefined && head.position <= options.after)) return NOTHING
  let events = 0
  let seconds = 0
  for await (const item of store.subscribeToAll(options)) {
    if (item.kind === 'caughtUp') return { events, more: false, seconds }
    if (item.kind !== 'event' || !counts(item.event.stream)) continue
    if (events === 0) seconds = Math.max(0, (Date.now() - item.event.createdAt.getTime()) / MS_PER_S)
    events += 1
    if (events === BACKLOG_EVENTS_MAX) return { events, more: true, seconds }
  }
  return undefined
}

import { type LogEvent, type Position, readLogEvent } from '@registru/domain'
import type { SubscriptionItem } from '@registru/event-store'
import { Poison } from './poison.ts'

/** What is there when the writer is free. */
export interface Batch {
  readonly events: readonly LogEvent[]
  /** Everything up to here has been seen; `undefined` when nothing moved. */
  readonly position: Position | undefined
  readonly caughtUp: boolean
  /** What came right after the events and cannot be read; nothing follows it. */
  readonly poison: Poison | undefined
}

export interface Intake {
  /** Waits for something to come; never for the batch to fill. `undefined` once the subscription has ended. */
  readonly take: (eventsMax: number) => Promise<Batch | undefined>
}

type Read = { readonly event: LogEvent } | { readonly poison: Poison } | { readonly position: Position } | 'caughtUp'

/** Decoded events wait here while Postgres works: two batches, so that the next one is always ready. */
const READ_AHEAD_MAX = 1_000

const readItem = (item: SubscriptionItem): Read => {
  if (item.kind === 'caughtUp') return 'caughtUp'
  if (item.kind === 'checkpoint') return { position: item.position }
  try {
    return { event: readLogEvent(item.event) }
  } catch (cause) {
    return { poison: new Poison(item.event, cause) }
  }
}

/** Reads on while a batch is written, and decodes each event once for all projections. */
export const createIntake = (items: AsyncIterable<SubscriptionItem>): Intake => {
  let waiting: Read[] = []
  let ended: { readonly error?: unknown } | undefined
  let wakeReader = (): void => undefined
  let wakePump = (): void => undefined

  const pump = async (): Promise<void> => {
    for await (const item of items) {
      const read = readItem(item)
      waiting.push(read)
      wakeReader()
      if (typeof read === 'object' && 'poison' in read) return
      if (waiting.length >= READ_AHEAD_MAX) {
        await new Promise<void>((resolve) => {
          wakePump = resolve
        })
      }
    }
  }
  pump().then(
    () => {
      ended = {}
      wakeReader()
    },
    (error: unknown) => {
      ended = { error }
      wakeReader()
    },
  )

  const somethingToTake = async (): Promise<void> => {
    while (waiting.length === 0 && ended === undefined) {
      await new Promise<void>((resolve) => {
        wakeReader = resolve
      })
    }
  }

  const gather = (reads: readonly Read[]): Batch => {
    const events: LogEvent[] = []
    let position: Position | undefined
    let caughtUp = false
    let poison: Poison | undefined
    for (const read of reads) {
      if (read === 'caughtUp') caughtUp = true
      else if ('event' in read) {
        events.push(read.event)
        position = read.event.position
      } else if ('poison' in read) poison = read.poison
      else position = read.position
    }
    return { events, position, caughtUp, poison }
  }

  return {
    take: async (eventsMax) => {
      await somethingToTake()
      if (waiting.length === 0) {
        if (ended !== undefined && 'error' in ended) throw ended.error
        return undefined
      }
      const taken = waiting.slice(0, eventsMax)
      waiting = waiting.slice(eventsMax)
      wakePump()
      return gather(taken)
    },
  }
}

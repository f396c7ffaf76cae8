import { BEFORE_THE_LOG, type Position } from '@registru/domain'
import type { EventStore } from '@registru/event-store'

/** Where the log ends, by a read that begins after the question. All who ask meanwhile share the next one. */
export type LogEnd = () => Promise<Position>

export const createLogEnd = (store: Pick<EventStore, 'head'>): LogEnd => {
  let reading: Promise<Position> | undefined
  let next: Promise<Position> | undefined

  const begin = (): Promise<Position> => {
    const begun = store.head().then((head) => head?.position ?? BEFORE_THE_LOG)
    reading = begun
    const end = (): void => {
      if (reading === begun) reading = undefined
    }
    begun.then(end, end)
    return begun
  }

  const beginNext = (): Promise<Position> => {
    next = undefined
    return begin()
  }

  return () => {
    if (reading === undefined) return begin()
    next ??= reading.then(beginNext, beginNext)
    return next
  }
}

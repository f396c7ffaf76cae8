import type { EventStore } from '@registru/event-store'

/** Where the log ends, by a read that begins after the question. All who ask meanwhile share the next one. */
export type LogEnd = () => Promise<bigint>

const BEFORE_THE_FIRST = -1n

export const createLogEnd = (store: Pick<EventStore, 'head'>): LogEnd => {
  let reading: Promise<bigint> | undefined
  let next: Promise<bigint> | undefined

  const begin = (): Promise<bigint> => {
    const begun = store.head().then((head) => head?.position ?? BEFORE_THE_FIRST)
    reading = begun
    const end = (): void => {
      if (reading === begun) reading = undefined
    }
    begun.then(end, end)
    return begun
  }

  const beginNext = (): Promise<bigint> => {
    next = undefined
    return begin()
  }

  return () => {
    if (reading === undefined) return begin()
    next ??= reading.then(beginNext, beginNext)
    return next
  }
}

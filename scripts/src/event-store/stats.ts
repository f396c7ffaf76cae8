import { type Position, positionOf } from '@registru/domain'
import type { EventStore } from '@registru/event-store'

export interface Count {
  readonly name: string
  events: number
  readonly streams: Set<string>
}

export interface Stats {
  readonly storeId: string
  readonly head: Position
  readonly events: number
  readonly streams: number
  readonly firstAt: Date | undefined
  readonly lastAt: Date | undefined
  readonly byType: readonly Count[]
  readonly byCategory: readonly Count[]
}

const add = (counts: Map<string, Count>, name: string, stream: string): void => {
  const count = counts.get(name) ?? { name, events: 0, streams: new Set<string>() }
  counts.set(name, count)
  count.events += 1
  count.streams.add(stream)
}

const mostFirst = (counts: Map<string, Count>): readonly Count[] =>
  [...counts.values()].toSorted((left, right) => right.events - left.events)

/** Reads the whole log: what a store cannot tell from an index it is asked for rarely. */
export const countEvents = async (store: EventStore, onProgress: (events: number) => void): Promise<Stats> => {
  const storeId = await store.identity()
  const byType = new Map<string, Count>()
  const byCategory = new Map<string, Count>()
  const streams = new Set<string>()
  let events = 0
  let firstAt: Date | undefined
  let lastAt: Date | undefined
  let head = positionOf(0n)
  for await (const { stream, type, createdAt, position } of store.readAll()) {
    add(byType, type, stream)
    add(byCategory, stream.replace(/-.*$/s, ''), stream)
    streams.add(stream)
    firstAt ??= createdAt
    lastAt = createdAt
    head = position
    events += 1
    onProgress(events)
  }
  return {
    storeId,
    head,
    events,
    streams: streams.size,
    firstAt,
    lastAt,
    byType: mostFirst(byType),
    byCategory: mostFirst(byCategory),
  }
}

import type { EventStore, RecordedEvent, SubscriptionItem } from './event-store.ts'
import { findImport, findOriginPageAt, type OriginPage, readOriginPage } from './origin.ts'

type Reading = Pick<EventStore, 'readStream'>

const keyOf = (stream: string, revision: number | bigint): string => `${revision}@${stream}`

/** To the millisecond, as the client gives instants. */
const instantsOf = (page: OriginPage | undefined): ReadonlyMap<string, Date> =>
  new Map((page?.places ?? []).map(({ stream, revision, createdAt }) => [keyOf(stream, revision), new Date(createdAt)]))

/**
 * When an event was first written: its own instant, or of a moved event what the store said that it came from. For one reader
 * who goes through the log in its order, from any place on: the page of places at hand is mostly the right one, or the next.
 */
export const createFirstInstant = (store: Reading): ((event: RecordedEvent) => Promise<Date>) => {
  let isMoved: boolean | undefined
  let page: OriginPage | undefined
  let instants = instantsOf(page)
  /** Of the import, once it is known: what stands behind it was written here. */
  let end: bigint | undefined
  const turnTo = (to: OriginPage | undefined): void => {
    page = to
    instants = instantsOf(to)
  }

  return async (event) => {
    // Where an event of the ledger stands, an import has begun before, or none can begin any more.
    isMoved ??= (await findImport(store))?.positions === 'moved'
    if (!isMoved || (end !== undefined && event.position > end)) return event.createdAt
    const key = keyOf(event.stream, event.revision)
    const known = instants.get(key)
    if (known !== undefined) return known
    if (page !== undefined) turnTo(await readOriginPage(store, page.index + 1))
    if (!instants.has(key)) {
      const found = await findOriginPageAt(store, event.position)
      ;({ end } = found)
      turnTo(found.page)
    }
    return instants.get(key) ?? event.createdAt
  }
}

/** The same items, each event with its first instant. */
export async function* atFirstInstants(
  store: Reading,
  items: AsyncIterable<SubscriptionItem>,
): AsyncGenerator<SubscriptionItem, void> {
  const firstInstantOf = createFirstInstant(store)
  for await (const item of items) {
    yield item.kind === 'event'
      ? { kind: 'event', event: { ...item.event, createdAt: await firstInstantOf(item.event) } }
      : item
  }
}

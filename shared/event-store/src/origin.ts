import { setTimeout as sleep } from 'node:timers/promises'
import { type Position, positionOf, revisionOf } from '@registru/domain/places'
import { commandIdOf } from './command-ids.ts'
import { StoreUnavailable } from './errors.ts'
import type { EventStore, EventToAppend, RecordedEvent } from './event-store.ts'

/**
 * Where the events of an imported log come from. Its first event, `LedgerImported`, counts the imports that the log has been
 * through: positions and cursors of an earlier generation are another log's. It stands before the events, and
 * `LedgerImportCompleted` behind them: whoever finds the one without the other must add nothing to the log.
 */
export const ORIGIN_STREAM = 'ledger-origin'

export interface LedgerImport {
  /** 0 in the log that began it all, where this stream is not. */
  readonly generation: number
  /** The store that was exported, and the end of its log then: what it wrote later is lost to this one. */
  readonly storeId: string
  readonly head: string
  readonly exportedAt: string
  /** Of the export. */
  readonly sha256: string
  /** `kept`: positions and instants are as they were. `moved`: `EventsPlaced` says what they were, before the events come. */
  readonly positions: 'kept' | 'moved'
}

/** Where and when an event stood in the log before. */
export interface OriginPlace {
  readonly stream: string
  readonly revision: number
  readonly position: string
  /** ISO 8601, to 100 ns. */
  readonly createdAt: string
}

const PLACES_A_PAGE = 2_000
const COMPLETED = 'LedgerImportCompleted'
const APPEND_ATTEMPTS_MAX = 20
const APPEND_PAUSE_MS = 1_000

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `undefined` where the log began in this store. */
export const findImport = async (store: Pick<EventStore, 'readStream'>): Promise<LedgerImport | undefined> => {
  for await (const { type, data } of store.readStream(ORIGIN_STREAM, { maxCount: 1 })) {
    if (type !== 'LedgerImported' || !isRecord(data)) throw new Error(`${ORIGIN_STREAM} does not begin with an import`)
    const { generation, storeId, head, exportedAt, sha256, positions } = data
    return {
      generation: Number(generation),
      storeId: String(storeId),
      head: String(head),
      exportedAt: String(exportedAt),
      sha256: String(sha256),
      positions: positions === 'kept' ? 'kept' : 'moved',
    }
  }
  return undefined
}

/** Whether an import has begun to write the log and has not come to its end, be it under way or cut off. */
export const isImporting = async (store: Pick<EventStore, 'readStream'>): Promise<boolean> => {
  for await (const { type } of store.readStream(ORIGIN_STREAM, { direction: 'backwards', maxCount: 1 })) {
    return type !== COMPLETED
  }
  return false
}

const placesIn = ({ type, data }: RecordedEvent): readonly OriginPlace[] => {
  if (type !== 'EventsPlaced' || !isRecord(data) || !Array.isArray(data['places'])) return []
  return data['places'].map((place: unknown) => {
    if (!Array.isArray(place)) throw new Error(`${ORIGIN_STREAM} holds what is no place`)
    const [stream, revision, position, createdAt] = place as readonly unknown[]
    return {
      stream: String(stream),
      revision: Number(revision),
      position: String(position),
      createdAt: String(createdAt),
    }
  })
}

/** What the events of a moved log were, in their order; nothing where they are as they were. */
export async function* originPlaces(store: Pick<EventStore, 'readStream'>): AsyncGenerator<OriginPlace, void> {
  for await (const event of store.readStream(ORIGIN_STREAM)) yield* placesIn(event)
}

/** Places that stand in one event, the first of them at least. */
export interface OriginPage {
  /** From 1. */
  readonly index: number
  readonly places: readonly [OriginPlace, ...OriginPlace[]]
}

export const readOriginPage = async (
  store: Pick<EventStore, 'readStream'>,
  index: number,
): Promise<OriginPage | undefined> => {
  for await (const event of store.readStream(ORIGIN_STREAM, { from: revisionOf(BigInt(index)), maxCount: 1 })) {
    const [first, ...others] = placesIn(event)
    return first && { index, places: [first, ...others] }
  }
  return undefined
}

/** The last page that begins as is asked; of those that begin so none stands behind one that does not. */
const findLastPage = async (
  store: Pick<EventStore, 'readStream'>,
  pages: number,
  begins: (first: OriginPlace) => boolean | Promise<boolean>,
): Promise<OriginPage | undefined> => {
  let found: OriginPage | undefined
  let low = 0
  let high = pages
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const page = await readOriginPage(store, middle)
    if (page !== undefined && (await begins(page.places[0]))) {
      found = page
      low = middle
    } else high = middle - 1
  }
  return found
}

/** How many pages there are, and where the import ended, if it has. */
const measureOrigin = async (
  store: Pick<EventStore, 'readStream'>,
): Promise<{ readonly pages: number; readonly end: Position | undefined }> => {
  for await (const last of store.readStream(ORIGIN_STREAM, { direction: 'backwards', maxCount: 1 })) {
    const revision = Number(last.revision)
    return last.type === COMPLETED ? { pages: revision - 1, end: last.position } : { pages: revision, end: undefined }
  }
  return { pages: 0, end: undefined }
}

/** Where an event stands now; `undefined` where an import has not come to it. */
const presentPosition = async (
  store: Pick<EventStore, 'readStream'>,
  { stream, revision }: OriginPlace,
): Promise<Position | undefined> => {
  for await (const event of store.readStream(stream, { from: revisionOf(BigInt(revision)), maxCount: 1 }))
    return event.position
  return undefined
}

/** The page that tells of a moved event, by the position that it has now. */
export const findOriginPageAt = async (
  store: Pick<EventStore, 'readStream'>,
  position: Position,
): Promise<{ readonly page: OriginPage | undefined; readonly end: Position | undefined }> => {
  const { pages, end } = await measureOrigin(store)
  const page = await findLastPage(store, pages, async (first) => {
    const begin = await presentPosition(store, first)
    return begin !== undefined && begin <= position
  })
  return { page, end }
}

/**
 * Where a position of the log that this one was moved from lies now: at the last event that stood there or before.
 * @throws StoreUnavailable while the import has not come to it
 */
export const findPresentPosition = async (
  store: Pick<EventStore, 'readStream'>,
  before: Position,
): Promise<Position> => {
  const isThere = ({ position }: OriginPlace): boolean => BigInt(position) <= before
  const { pages } = await measureOrigin(store)
  const place = (await findLastPage(store, pages, isThere))?.places.findLast(isThere)
  if (place === undefined) return positionOf(0n)
  const found = await presentPosition(store, place)
  if (found === undefined) throw new StoreUnavailable('an import has not come as far')
  return found
}

/** The same for the same import, so that it may be run again. */
const originEvent = ({ sha256, generation }: LedgerImport, revision: number, type: string, data: object) => ({
  id: commandIdOf(ORIGIN_STREAM, `${sha256}.${generation}`, String(revision)),
  type,
  data,
  metadata: {},
})

/** The event that announces an import. */
export const importAnnounced = (imported: LedgerImport): EventToAppend =>
  originEvent(imported, 0, 'LedgerImported', imported)

const append = async (store: Pick<EventStore, 'append'>, revision: number, event: EventToAppend): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    const appended = await store.append(
      ORIGIN_STREAM,
      revision === 0 ? 'no_stream' : revisionOf(BigInt(revision - 1)),
      [event],
    )
    if (appended.outcome === 'conflict') throw new Error(`${ORIGIN_STREAM} tells of another import`)
    if (appended.outcome === 'written') return
    if (attempt === APPEND_ATTEMPTS_MAX) throw new StoreUnavailable('the event store does not answer')
    await sleep(APPEND_PAUSE_MS)
  }
}

/** Announces an import and tells the places, or confirms what an import that was cut off has told of them. */
export const beginImport = async (
  store: Pick<EventStore, 'append'>,
  imported: LedgerImport,
  places: AsyncIterable<OriginPlace>,
): Promise<void> => {
  await append(store, 0, importAnnounced(imported))
  let revision = 1
  let page: (readonly (string | number)[])[] = []
  const flush = async (): Promise<void> => {
    await append(store, revision, originEvent(imported, revision, 'EventsPlaced', { places: page }))
    revision += 1
    page = []
  }
  for await (const { stream, revision: at, position, createdAt } of places) {
    page.push([stream, at, position, createdAt])
    if (page.length === PLACES_A_PAGE) await flush()
  }
  if (page.length > 0) await flush()
}

/** Every event is there: from now on the log is like any other. */
export const completeImport = async (
  store: Pick<EventStore, 'append' | 'readStream'>,
  imported: LedgerImport,
): Promise<void> => {
  for await (const last of store.readStream(ORIGIN_STREAM, { direction: 'backwards', maxCount: 1 })) {
    if (last.type === COMPLETED) return
    const revision = Number(last.revision) + 1
    await append(store, revision, originEvent(imported, revision, COMPLETED, {}))
  }
}

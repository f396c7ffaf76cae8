import { setTimeout as sleep } from 'node:timers/promises'
import { commandIdOf } from './command-ids.ts'
import { StoreUnavailable } from './errors.ts'
import type { EventStore, EventToAppend } from './event-store.ts'

/**
 * Where the events of an imported log come from. Its first event, `LedgerImported`, counts the imports that the log has been
 * through: positions and cursors of an earlier generation are another log's.
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

/** What the events of a moved log were, in their order; nothing where they are as they were. */
export async function* originPlaces(store: Pick<EventStore, 'readStream'>): AsyncGenerator<OriginPlace, void> {
  for await (const { type, data } of store.readStream(ORIGIN_STREAM)) {
    if (type !== 'EventsPlaced' || !isRecord(data) || !Array.isArray(data['places'])) continue
    for (const place of data['places'] as readonly unknown[]) {
      if (!Array.isArray(place)) throw new Error(`${ORIGIN_STREAM} holds what is no place`)
      const [stream, revision, position, createdAt] = place as readonly unknown[]
      yield {
        stream: String(stream),
        revision: Number(revision),
        position: String(position),
        createdAt: String(createdAt),
      }
    }
  }
}

/** Writes the stream, or confirms what an import that was cut off has written of it. */
export const recordImport = async (
  store: Pick<EventStore, 'append'>,
  imported: LedgerImport,
  places: AsyncIterable<OriginPlace>,
): Promise<void> => {
  let revision = -1
  const write = async (type: string, data: object): Promise<void> => {
    // The same for the same import, so that it may be run again.
    const id = commandIdOf(ORIGIN_STREAM, `${imported.sha256}.${imported.generation}`, String(revision + 1))
    const event: EventToAppend = { id, type, data, metadata: {} }
    for (let attempt = 1; ; attempt += 1) {
      const appended = await store.append(ORIGIN_STREAM, revision < 0 ? 'no_stream' : BigInt(revision), [event])
      if (appended.outcome === 'conflict') throw new Error(`${ORIGIN_STREAM} tells of another import`)
      if (appended.outcome === 'written') break
      if (attempt === APPEND_ATTEMPTS_MAX) throw new StoreUnavailable('the event store does not answer')
      await sleep(APPEND_PAUSE_MS)
    }
    revision += 1
  }
  await write('LedgerImported', imported)
  let page: (readonly (string | number)[])[] = []
  const flush = async (): Promise<void> => {
    if (page.length > 0) await write('EventsPlaced', { places: page })
    page = []
  }
  for await (const { stream, revision: at, position, createdAt } of places) {
    page.push([stream, at, position, createdAt])
    if (page.length === PLACES_A_PAGE) await flush()
  }
  await flush()
}

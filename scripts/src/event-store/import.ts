import { setTimeout as sleep } from 'node:timers/promises'
import { revisionOf } from '@registru/domain'
import { importStoredEvents, type StoredEvent } from '@registru/embedded'
import {
  beginImport,
  completeImport,
  type EventArchive,
  type EventStore,
  importAnnounced,
  type LedgerImport,
  ORIGIN_STREAM,
  type OriginPlace,
} from '@registru/event-store'
import { type ArchivedEvent, archivedEvents, bytesOf, type Manifest, ticksOf, ticksOfMs } from './archive.ts'
import { isLedgerEvent } from './export.ts'

/** Below what an append may hold, with room for the last event. */
const BATCH_BYTES_MAX = 500_000
const BATCH_EVENTS_MAX = 500
const UNKNOWN_ATTEMPTS_MAX = 20
const UNKNOWN_PAUSE_MS = 1_000

export const isEmpty = async (store: EventStore): Promise<boolean> => {
  for await (const event of store.readAll()) if (isLedgerEvent(event)) return false
  return true
}

const storedOf = ({ createdAt, data, metadata, position, ...event }: ArchivedEvent): StoredEvent => ({
  ...event,
  position: Number(position),
  createdTicks: ticksOf(createdAt),
  data: bytesOf(data),
  metadata: bytesOf(metadata),
})

/** Runs of events that may go to the store together. */
async function* batches(
  file: string,
  manifest: Manifest,
  belongTogether: (one: StoredEvent, next: StoredEvent) => boolean,
): AsyncGenerator<readonly StoredEvent[], void> {
  let batch: StoredEvent[] = []
  let bytes = 0
  for await (const archived of archivedEvents(file, manifest)) {
    const event = storedOf(archived)
    const weight = event.data.byteLength + event.metadata.byteLength
    const isFull = batch.length === BATCH_EVENTS_MAX || bytes + weight > BATCH_BYTES_MAX
    const [first] = batch
    if (first !== undefined && (isFull || !belongTogether(first, event))) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(event)
    bytes += weight
  }
  if (batch.length > 0) yield batch
}

const append = async (store: EventArchive, events: readonly StoredEvent[]): Promise<void> => {
  const { stream = '', revision = 0 } = events[0] ?? {}
  const expected = revision === 0 ? 'no_stream' : revisionOf(BigInt(revision - 1))
  for (let attempt = 1; ; attempt += 1) {
    const appended = await store.appendStored(stream, expected, events)
    if (appended.outcome === 'written') return
    if (appended.outcome === 'conflict') {
      throw new Error(`${stream} ends at ${appended.actualRevision}, where the export goes on from ${expected}`)
    }
    if (attempt === UNKNOWN_ATTEMPTS_MAX) throw new Error('the event store does not answer', { cause: appended.cause })
    await sleep(UNKNOWN_PAUSE_MS)
  }
}

async function* placesOf(file: string, manifest: Manifest): AsyncGenerator<OriginPlace, void> {
  for await (const { stream, revision, position, createdAt } of archivedEvents(file, manifest)) {
    yield { stream, revision, position, createdAt }
  }
}

/** What the log is told of its own origin: its generation is one above that of the log it came from. */
const importOf = (
  { generation, storeId, head, exportedAt, sha256 }: Manifest,
  positions: LedgerImport['positions'],
) => ({
  generation: generation + 1,
  storeId,
  head,
  exportedAt,
  sha256,
  positions,
})

/**
 * The announcement of an import, right below its first event: nothing else can stand there, for its export has left out what
 * the old store wrote of itself before, and an append would lie beyond it.
 */
const announcementBefore = async (
  file: string,
  manifest: Manifest,
  imported: LedgerImport,
): Promise<readonly StoredEvent[]> => {
  const { id, type, data, metadata } = importAnnounced(imported)
  for await (const { position } of archivedEvents(file, manifest)) {
    return [
      {
        stream: ORIGIN_STREAM,
        revision: 0,
        position: Number(position) - 1,
        createdTicks: ticksOfMs(Date.parse(imported.exportedAt)),
        id,
        type,
        isJson: true,
        data: Buffer.from(JSON.stringify(data)),
        metadata: Buffer.from(JSON.stringify(metadata)),
      },
    ]
  }
  return []
}

/**
 * Into an embedded store: every event at its place, with its instant. What is there already is confirmed by the store, so an
 * import that was cut off may simply be run again.
 */
export const importKept = async (
  store: EventStore,
  url: string,
  file: string,
  manifest: Manifest,
  onProgress: (events: number) => void,
): Promise<void> => {
  const imported = importOf(manifest, 'kept')
  await importStoredEvents(url, await announcementBefore(file, manifest, imported))
  let written = 0
  for await (const batch of batches(file, manifest, () => true)) {
    await importStoredEvents(url, batch)
    onProgress((written += batch.length))
  }
  await completeImport(store, imported)
}

/**
 * Into any store, one append after the other, so that the events come into `$all` in their old order; where and when they stood is
 * written before them. What is there already from an earlier attempt is confirmed by the store, so an import that was cut off may
 * simply be run again.
 */
export const importMoved = async (
  store: EventStore & EventArchive,
  file: string,
  manifest: Manifest,
  onProgress: (events: number) => void,
): Promise<void> => {
  const imported = importOf(manifest, 'moved')
  await beginImport(store, imported, placesOf(file, manifest))
  let written = 0
  for await (const batch of batches(file, manifest, (one, next) => one.stream === next.stream)) {
    await append(store, batch)
    onProgress((written += batch.length))
  }
  await completeImport(store, imported)
}

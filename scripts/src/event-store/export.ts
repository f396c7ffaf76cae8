import { createHash } from 'node:crypto'
import { createWriteStream, renameSync, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import {
  type EventArchive,
  type EventStore,
  findImport,
  IDENTITY_STREAM,
  ORIGIN_STREAM,
  originPlaces,
  type StoredEvent,
} from '@registru/event-store'
import { type ArchivedEvent, instantOf, isCompressed, type Manifest, manifestOf, payloadOf } from './archive.ts'

/** System events, the store's own name and its origin belong to the store, not to the ledger. */
export const isLedgerEvent = ({ stream, type }: Pick<StoredEvent, 'stream' | 'type'>): boolean =>
  !stream.startsWith('$') && !type.startsWith('$') && stream !== IDENTITY_STREAM && stream !== ORIGIN_STREAM

const lineOf = (event: StoredEvent, createdAt: string): string => {
  const archived: ArchivedEvent = {
    stream: event.stream,
    revision: Number(event.revision),
    position: String(event.position),
    createdAt,
    id: event.id,
    type: event.type,
    isJson: event.isJson,
    data: payloadOf(event.data),
    metadata: payloadOf(event.metadata),
  }
  return `${JSON.stringify(archived)}\n`
}

/** When the events of a log that was moved here were created, before it was. */
const originInstants = async (store: EventStore): Promise<ReadonlyMap<string, string>> => {
  const instants = new Map<string, string>()
  for await (const { stream, revision, createdAt } of originPlaces(store))
    instants.set(`${revision}@${stream}`, createdAt)
  return instants
}

/**
 * Writes every event up to the present head, in the order of the log, and a manifest beside it. Both appear under their names
 * only when they are whole.
 */
export const exportEvents = async (
  store: EventStore & EventArchive,
  file: string,
  onProgress: (events: number) => void,
): Promise<Manifest> => {
  const storeId = await store.identity()
  const head = await store.head()
  const instants = await originInstants(store)
  const generation = (await findImport(store))?.generation ?? 0
  const hash = createHash('sha256')
  const streams = new Set<string>()
  let events = 0
  async function* lines(): AsyncGenerator<string, void> {
    for await (const event of store.readStored()) {
      if (head === undefined || event.position > head.position) return
      if (!isLedgerEvent(event)) continue
      const line = lineOf(event, instants.get(`${event.revision}@${event.stream}`) ?? instantOf(event.createdTicks))
      hash.update(line)
      streams.add(event.stream)
      events += 1
      onProgress(events)
      yield line
    }
  }
  const unfinished = `${file}.part`
  const target = createWriteStream(unfinished, { flush: true })
  const source = Readable.from(lines())
  await (isCompressed(file) ? pipeline(source, createGzip(), target) : pipeline(source, target))
  const manifest: Manifest = {
    format: 'registru-events@2',
    storeId,
    generation,
    exportedAt: new Date().toISOString(),
    head: String(head?.position ?? 0),
    events,
    streams: streams.size,
    sha256: hash.digest('hex'),
  }
  renameSync(unfinished, file)
  writeFileSync(manifestOf(file), `${JSON.stringify(manifest, undefined, 2)}\n`)
  return manifest
}

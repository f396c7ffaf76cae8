import { createHash } from 'node:crypto'
import { createWriteStream, renameSync, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type EventStore, IDENTITY_STREAM, type RecordedEvent } from '@registru/event-store'
import { ArchivedEvent, isCompressed, type Manifest, manifestOf } from './archive.ts'

/** System events and the store's own name belong to the store, not to the ledger. */
export const isLedgerEvent = ({ stream, type }: Pick<RecordedEvent, 'stream' | 'type'>): boolean =>
  !stream.startsWith('$') && !type.startsWith('$') && stream !== IDENTITY_STREAM

const lineOf = (event: RecordedEvent): string => {
  const { stream, revision, position, id, type, createdAt, data, metadata } = event
  const archived = ArchivedEvent.safeParse({
    stream,
    revision: Number(revision),
    position: String(position),
    id,
    type,
    createdAt: createdAt.toISOString(),
    data,
    metadata: metadata ?? {},
  })
  if (archived.success) return `${JSON.stringify(archived.data)}\n`
  throw new Error(`${stream} ${revision} (${type}) is no event of the ledger: its data is no JSON object`)
}

/**
 * Writes every event up to the present head, in the order of the log, and a manifest beside it. Both appear under their names
 * only when they are whole.
 */
export const exportEvents = async (
  store: EventStore,
  file: string,
  onProgress: (events: number) => void,
): Promise<Manifest> => {
  const storeId = await store.identity()
  const head = await store.head()
  const hash = createHash('sha256')
  const streams = new Set<string>()
  let events = 0
  async function* lines(): AsyncGenerator<string, void> {
    for await (const event of store.readAll()) {
      if (head === undefined || event.position > head.position) return
      if (!isLedgerEvent(event)) continue
      const line = lineOf(event)
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
    format: 'registru-events@1',
    storeId,
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

import { setTimeout as sleep } from 'node:timers/promises'
import type { EventStore, EventToAppend } from '@registru/event-store'
import { ArchivedEvent, archivedLines } from './archive.ts'
import { isLedgerEvent } from './export.ts'

/** Below what an append may hold, with room for the last line. */
const APPEND_TEXT_MAX = 500_000
const APPEND_EVENTS_MAX = 500
const UNKNOWN_ATTEMPTS_MAX = 20
const UNKNOWN_PAUSE_MS = 1_000

export const isEmpty = async (store: EventStore): Promise<boolean> => {
  for await (const event of store.readAll()) if (isLedgerEvent(event)) return false
  return true
}

interface Batch {
  readonly stream: string
  readonly firstRevision: number
  readonly events: EventToAppend[]
  textLength: number
}

const write = async (store: EventStore, { stream, firstRevision, events }: Batch): Promise<void> => {
  const expected = firstRevision === 0 ? 'no_stream' : BigInt(firstRevision - 1)
  for (let attempt = 1; ; attempt += 1) {
    const appended = await store.append(stream, expected, events)
    if (appended.outcome === 'written') return
    if (appended.outcome === 'conflict') {
      throw new Error(`${stream} ends at ${appended.actualRevision}, where the export goes on from ${expected}`)
    }
    if (attempt === UNKNOWN_ATTEMPTS_MAX) throw new Error('the event store does not answer', { cause: appended.cause })
    await sleep(UNKNOWN_PAUSE_MS)
  }
}

/**
 * Writes a checked export, one append after the other, so that the events come into `$all` in their old order. What is there already
 * from an earlier attempt is confirmed by the store, so an import that was cut off may simply be run again.
 */
export const importEvents = async (
  store: EventStore,
  file: string,
  onProgress: (events: number) => void,
): Promise<number> => {
  let batch: Batch | undefined
  let written = 0
  const flush = async (): Promise<void> => {
    if (batch === undefined) return
    await write(store, batch)
    written += batch.events.length
    onProgress(written)
    batch = undefined
  }
  for await (const line of archivedLines(file)) {
    const { stream, revision, id, type, data, metadata } = ArchivedEvent.parse(JSON.parse(line))
    const isFull =
      batch !== undefined &&
      (batch.events.length === APPEND_EVENTS_MAX || batch.textLength + line.length > APPEND_TEXT_MAX)
    if (batch?.stream !== stream || isFull) await flush()
    batch ??= { stream, firstRevision: revision, events: [], textLength: 0 }
    batch.events.push({ id, type, data, metadata })
    batch.textLength += line.length
  }
  await flush()
  return written
}

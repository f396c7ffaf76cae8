import { AppendRefused } from './errors.ts'
import type { EventToAppend, StoredEvent } from './event-store.ts'

/**
 * Of data, metadata and types of an append together. A real server takes 1 MiB; lines differ in what they count, so
 * the limit stands below all of them.
 */
export const APPEND_BYTES_MAX = 1_000_000

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

/** What the store will hold, ready to be sent any number of times. */
export interface EncodedEvent {
  readonly id: string
  readonly type: string
  readonly contentType: 'application/json' | 'application/octet-stream'
  /** JSON is in UTF-8. */
  readonly data: Uint8Array
  /** Empty where there is none. */
  readonly metadata: Uint8Array
}

const utf8 = new TextEncoder()

const jsonOf = (value: object, what: string): string => {
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch (cause) {
    throw new AppendRefused(`${what} cannot be written as JSON`, { cause })
  }
  if (json === undefined) throw new AppendRefused(`${what} has no JSON form`)
  return json
}

export const weightOf = (events: readonly EncodedEvent[]): number =>
  events.reduce(
    (sum, { type, data, metadata }) => sum + data.byteLength + metadata.byteLength + Buffer.byteLength(type),
    0,
  )

const check = (stream: string, events: readonly EncodedEvent[]): readonly EncodedEvent[] => {
  if (stream === '') throw new AppendRefused('a stream needs a name')
  if (stream.startsWith('$')) throw new AppendRefused(`${stream} is a system stream`)
  if (events.length === 0) throw new AppendRefused('an append needs at least one event')
  for (const { id, type } of events) {
    if (type === '' || type.startsWith('$')) throw new AppendRefused(`"${type}" is no event type of ours`)
    if (!UUID.test(id)) throw new AppendRefused(`the id of ${type} is no lower-case UUID`)
  }
  const bytes = weightOf(events)
  if (bytes >= APPEND_BYTES_MAX) {
    throw new AppendRefused(`${bytes} bytes in one append; the limit is ${APPEND_BYTES_MAX}`)
  }
  return events
}

/**
 * Some appends stop a real node, and others are never answered: so all is looked at before the call.
 * @throws AppendRefused
 */
export const encodeAppend = (stream: string, events: readonly EventToAppend[]): readonly EncodedEvent[] =>
  check(
    stream,
    events.map(({ id, type, data, dataJson, metadata }) => {
      if (Array.isArray(data)) throw new AppendRefused(`the data of ${type} is a list, not an object`)
      return {
        id,
        type,
        contentType: 'application/json',
        data: utf8.encode(dataJson ?? jsonOf(data, `the data of ${type}`)),
        metadata: utf8.encode(jsonOf(metadata, `the metadata of ${type}`)),
      }
    }),
  )

/** @throws AppendRefused */
export const encodeStored = (
  stream: string,
  events: readonly Pick<StoredEvent, 'id' | 'type' | 'isJson' | 'data' | 'metadata'>[],
): readonly EncodedEvent[] =>
  check(
    stream,
    events.map(({ id, type, isJson, data, metadata }) => ({
      id,
      type,
      contentType: isJson ? 'application/json' : 'application/octet-stream',
      data,
      metadata,
    })),
  )

import { CallFailed, callEventStore } from './call-event-store.ts'
import type { EventLog } from './event-log.ts'
import { frameOf } from './grpc-frame.ts'
import type { Method } from './grpc-server.ts'
import { FAILED_PRECONDITION, okStatus, UNIMPLEMENTED } from './grpc-status.ts'
import {
  bytesField,
  type Cursor,
  cursorOf,
  eachField,
  message,
  messageField,
  readBytes,
  readMessage,
  readText,
  readUint32,
  readUint64,
  textField,
  varintField,
} from './protobuf.ts'

/** No method of a real EventStoreDB: there positions are places on its disk, and instants its own. */
export const IMPORT = '/registru.embedded.Import/Write'

/** An event as a store kept it, to be kept the same by another one. */
export interface StoredEvent {
  readonly stream: string
  readonly revision: number
  readonly position: number
  /** 100-nanosecond ticks since the Unix epoch. */
  readonly createdTicks: bigint
  /** Canonical lower-case text. */
  readonly id: string
  readonly type: string
  readonly isJson: boolean
  readonly data: Uint8Array
  readonly metadata: Uint8Array
}

/**
 *     ImportRequest { events = 1 }
 *     StoredEvent   { stream = 1, revision = 2, position = 3, created_ticks = 4, id = 5, type = 6, is_json = 7, data = 8,
 *                     metadata = 9 }
 */
const requestOf = (events: readonly StoredEvent[]): Buffer =>
  message(
    ...events.map(({ stream, revision, position, createdTicks, id, type, isJson, data, metadata }) =>
      messageField(
        1,
        textField(1, stream),
        varintField(2, revision),
        varintField(3, position),
        varintField(4, createdTicks),
        textField(5, id),
        textField(6, type),
        varintField(7, isJson ? 1 : 0),
        bytesField(8, Buffer.from(data)),
        bytesField(9, Buffer.from(metadata)),
      ),
    ),
  )

const readStoredEvent = (cursor: Cursor): StoredEvent => {
  const event = {
    stream: '',
    revision: 0,
    position: 0,
    createdTicks: 0n,
    id: '',
    type: '',
    isJson: false,
    data: Buffer.alloc(0) as Uint8Array,
    metadata: Buffer.alloc(0) as Uint8Array,
  }
  eachField(cursor, (field) => {
    if (field === 1) event.stream = readText(cursor)
    else if (field === 2) event.revision = Number(readUint64(cursor))
    else if (field === 3) event.position = Number(readUint64(cursor))
    else if (field === 4) event.createdTicks = readUint64(cursor)
    else if (field === 5) event.id = readText(cursor)
    else if (field === 6) event.type = readText(cursor)
    else if (field === 7) event.isJson = readUint32(cursor) === 1
    else if (field === 8) event.data = readBytes(cursor)
    else if (field === 9) event.metadata = readBytes(cursor)
    else return false
    return true
  })
  return event
}

/** Writes one event where it stood; what stands there already is confirmed. */
const keep = (log: EventLog, { stream, revision, position, createdTicks, ...event }: StoredEvent): Promise<boolean> =>
  new Promise((resolve) => {
    const { id, type, isJson, data, metadata } = event
    log.submit({
      kind: 'append',
      stream,
      expected: revision === 0 ? { kind: 'noStream' } : { kind: 'exact', revision: BigInt(revision - 1) },
      events: [
        {
          id,
          type,
          isJson,
          data: Buffer.from(data),
          customMetadata: Buffer.from(metadata),
          kept: { position, createdTicks },
        },
      ],
      // Its caller waits; a time-out would look like a refusal.
      deadlineAtMs: Number.POSITIVE_INFINITY,
      sharesAnswer: true,
      settle: (outcome) => resolve(outcome.kind === 'written' && outcome.position === position),
    })
  })

export const importMethod =
  (log: EventLog): Method =>
  (call) => {
    const events: StoredEvent[] = []
    const write = async (): Promise<void> => {
      // A stream that must be loaded first would let the events of others overtake it, and the order of the log is given.
      for (const name of new Set(events.map(({ stream }) => stream))) await log.stream(name)
      const kept = await Promise.all(events.map((event) => keep(log, event)))
      const refused = events[kept.indexOf(false)]
      if (refused === undefined) {
        call.send(frameOf(message()))
        return call.end(okStatus)
      }
      const { stream, revision, position } = refused
      const words = `${stream} ${revision} cannot stand at position ${position}: the log has other events there or goes beyond`
      return call.end({ code: FAILED_PRECONDITION, message: words })
    }
    return {
      message: (bytes) => {
        const cursor = cursorOf(bytes)
        eachField(cursor, (field) => field === 1 && events.push(readStoredEvent(readMessage(cursor))) > 0)
      },
      halfClosed: () => {
        write().catch((error: unknown) => call.end({ code: FAILED_PRECONDITION, message: String(error) }))
      },
      closed: () => undefined,
    }
  }

/**
 * Has an embedded event store keep events of another store as they were, positions and instants included. They must lie beyond
 * what its log holds, in order; those that it holds at their places already are confirmed.
 * @param url the client's connection string
 * @throws Error naming the first event that cannot stand where it stood
 */
export const importStoredEvents = async (url: string, events: readonly StoredEvent[]): Promise<void> => {
  await callEventStore(url, IMPORT, [requestOf(events)])
}

/** Whether the store keeps what it is given as it was: an embedded one does, a real EventStoreDB cannot. */
export const keepsImportedEvents = async (url: string): Promise<boolean> => {
  // Several nodes, or one that is looked for by a name: a cluster, and no embedded store.
  if (!/^esdb:\/\/[^,]*$/.test(url)) return false
  try {
    await importStoredEvents(url, [])
    return true
  } catch (error) {
    if (error instanceof CallFailed && (error.status === UNIMPLEMENTED || error.status === undefined)) return false
    throw error
  }
}

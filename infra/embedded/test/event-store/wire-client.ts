import { type ClientHttp2Session, connect } from 'node:http2'
import { createFrameReader, frameOf } from '../../src/event-store/grpc-frame.ts'
import {
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
} from '../../src/event-store/protobuf.ts'

/** HTTP/2's code for a call that its caller gave up. */
const CANCEL = 8

/** A client that knows the wire and nothing else: the real client's habits are the conformance suite's business. */
export interface WireCall {
  send(message: Buffer): void
  end(): void
  cancel(): void
  /** What has come so far. */
  readonly messages: Buffer[]
  /** Resolves when `count` messages have come or the call has ended. */
  until(count: number): Promise<Buffer[]>
  readonly status: Promise<WireStatus>
}

export interface WireStatus {
  /** -1: the call broke without one. */
  readonly code: number
  readonly trailers: Readonly<Record<string, string>>
}

export interface WireClient {
  call(method: string, headers?: Readonly<Record<string, string>>): WireCall
  close(): void
}

export const connectWire = (authority: string, options: { readonly ca?: string } = {}): WireClient => {
  const session: ClientHttp2Session = connect(authority, options)
  session.on('error', () => undefined)
  return {
    call: (method, headers = {}) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': `/event_store.client.${method}`,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      })
      const messages: Buffer[] = []
      const waiting = new Set<() => void>()
      const reader = createFrameReader()
      let over = false
      const wake = (): void => {
        for (const check of waiting) check()
      }
      const trailers: Record<string, string> = {}
      const status = new Promise<WireStatus>((resolve) => {
        const note = (received: object): void => {
          for (const [name, value] of Object.entries(received)) trailers[name] = String(value)
          // The server has said its last word; what this side may still want to send is of no interest.
          if (trailers['grpc-status'] !== undefined) setImmediate(() => stream.close())
        }
        stream.on('response', note)
        stream.on('trailers', note)
        stream.on('error', () => undefined)
        stream.on('close', () => {
          over = true
          wake()
          resolve({ code: Number(trailers['grpc-status'] ?? -1), trailers })
        })
      })
      stream.on('data', (chunk: Buffer) => {
        reader.push(chunk, (bytes) => messages.push(Buffer.from(bytes)))
        wake()
      })
      return {
        send: (bytes) => void stream.write(frameOf(bytes)),
        end: () => void stream.end(),
        // Never while the stream is being read: Node's own bookkeeping fails an assertion then.
        cancel: () => void setImmediate(() => stream.close(CANCEL)),
        messages,
        until: (count) =>
          new Promise((resolve) => {
            const check = (): void => {
              if (messages.length < count && !over) return
              waiting.delete(check)
              resolve(messages)
            }
            waiting.add(check)
            check()
          }),
        status,
      }
    },
    close: () => session.destroy(),
  }
}

export type Expected = 'any' | 'noStream' | 'streamExists' | number

const expectedField = (expected: Expected): Buffer => {
  if (typeof expected === 'number') return varintField(2, expected)
  return messageField({ noStream: 3, any: 4, streamExists: 5 }[expected])
}

const options = (field: number, stream: string, expected: Expected, ...more: readonly Buffer[]): Buffer =>
  messageField(field, messageField(1, textField(3, stream)), expectedField(expected), ...more)

const entry = (key: string, value: string): Buffer => messageField(2, textField(1, key), textField(2, value))

const proposed = (field: number, id: string, body: string): Buffer =>
  messageField(
    field,
    messageField(1, textField(2, id)),
    entry('type', 'Happened'),
    entry('content-type', 'application/json'),
    textField(4, body),
  )

export interface Append {
  readonly stream: string
  readonly expected: Expected
  readonly ids: readonly string[]
  readonly body?: string
  /** Milliseconds since the epoch. */
  readonly deadlineMs?: number
}

export const batchAppend = (
  correlationId: string,
  { stream, expected, ids, body = '{}', deadlineMs }: Append,
): Buffer =>
  message(
    messageField(1, textField(2, correlationId)),
    options(
      2,
      stream,
      expected,
      ...(deadlineMs === undefined ? [] : [messageField(6, varintField(1, Math.floor(deadlineMs / 1_000)))]),
    ),
    ...ids.map((id) => proposed(3, id, body)),
    varintField(4, 1),
  )

export const appendOptions = (stream: string, expected: Expected): Buffer => options(1, stream, expected)
export const appendEvent = (id: string, body = '{}'): Buffer => proposed(2, id, body)
export const deleteRequest = (stream: string, expected: Expected): Buffer => options(1, stream, expected)

export type ReadOf = { readonly stream: string; readonly from?: number } | { readonly all: number | 'start' | 'end' }

const target = (of: ReadOf): Buffer => {
  if ('stream' in of) {
    return messageField(1, messageField(1, textField(3, of.stream)), varintField(2, of.from ?? 0))
  }
  if (of.all === 'start') return messageField(2, messageField(2))
  if (of.all === 'end') return messageField(2, messageField(3))
  return messageField(2, messageField(1, varintField(1, of.all), varintField(2, of.all)))
}

export const readRequest = (
  of: ReadOf,
  more: { readonly backwards?: boolean; readonly count?: number; readonly prefix?: string } = {},
): Buffer =>
  messageField(
    1,
    target(of),
    varintField(3, more.backwards ? 1 : 0),
    more.count === undefined ? messageField(6) : varintField(5, more.count),
    more.prefix === undefined
      ? messageField(8)
      : messageField(7, messageField(1, textField(2, more.prefix)), varintField(3, 32), varintField(5, 1)),
    messageField(9, messageField(2)),
  )

/** Enough of an answer to a batch append for a test to judge it. */
export interface BatchAnswer {
  readonly correlationId: string
  readonly revision: number | undefined
  readonly error: string | undefined
}

export const readBatchAnswer = (bytes: Buffer): BatchAnswer => {
  const cursor = cursorOf(bytes)
  let correlationId = ''
  let revision: number | undefined
  let error: string | undefined
  eachField(cursor, (field) => {
    if (field === 1) {
      const uuid = readMessage(cursor)
      eachField(uuid, (part) => part === 2 && ((correlationId = readText(uuid)), true))
    } else if (field === 2) {
      const status = readMessage(cursor)
      eachField(status, (part) => part === 2 && ((error = readText(status)), true))
    } else if (field === 3) {
      const success = readMessage(cursor)
      eachField(success, (part) => part === 1 && ((revision = Number(readUint64(success))), true))
    } else return false
    return true
  })
  return { correlationId, revision, error }
}

export type ReadAnswer =
  | {
      readonly kind: 'event'
      readonly id: string
      readonly stream: string
      readonly revision: number
      readonly position: number
    }
  | { readonly kind: 'confirmation' | 'checkpoint' | 'streamNotFound' | 'caughtUp' | 'other' }

const KINDS = new Map<number, 'confirmation' | 'checkpoint' | 'streamNotFound' | 'caughtUp'>([
  [2, 'confirmation'],
  [3, 'checkpoint'],
  [4, 'streamNotFound'],
  [8, 'caughtUp'],
])

export const readReadAnswer = (bytes: Buffer): ReadAnswer => {
  const cursor = cursorOf(bytes)
  const field = readUint32(cursor) >>> 3
  if (field !== 1) return { kind: KINDS.get(field) ?? 'other' }
  const readEvent = readMessage(cursor)
  let id = ''
  let stream = ''
  let revision = 0
  let position = 0
  eachField(readEvent, (outer) => {
    if (outer !== 1) return false
    const recorded = readMessage(readEvent)
    eachField(recorded, (inner) => {
      if (inner === 1) {
        const uuid = readMessage(recorded)
        eachField(uuid, (part) => part === 2 && ((id = readText(uuid)), true))
      } else if (inner === 2) {
        const identifier = readMessage(recorded)
        eachField(identifier, (part) => part === 3 && ((stream = readText(identifier)), true))
      } else if (inner === 3) revision = Number(readUint64(recorded))
      else if (inner === 5) position = Number(readUint64(recorded))
      else if (inner === 8) readBytes(recorded)
      else return false
      return true
    })
    return true
  })
  return { kind: 'event', id, stream, revision, position }
}

import { join, resolve } from 'node:path'
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import protobuf from 'protobufjs'
import { idTag, isObject, payloadTag, placeTag, timeTag } from './answers.ts'
import { codeName, statusOf } from './failures.ts'
import type { Json } from './script.ts'

/** A raw step with its symbols resolved: what to send, in the names of `event-store.proto`. */
export interface RawCall {
  readonly rpc: string
  readonly messages: readonly Readonly<Record<string, Json>>[]
  readonly headers: Readonly<Record<string, string>>
  /** After so many answers a call that stays open is closed. */
  readonly expect: number | undefined
  readonly quietMs: number
  readonly end: boolean | undefined
  /** Events of `$all` without it belong to others. */
  readonly prefix: string
}

export interface RawCaller {
  call(call: RawCall): Promise<unknown>
  close(): void
}

const QUIET_AFTER_EXPECTED_MS = 300
const CALL_LIMIT_MS = 3_000
const MESSAGE_BYTES_MAX = 17 * 1024 * 1024
const STREAMS = 'event_store.client.streams.Streams'

const source = resolve(import.meta.dirname, '..')
const protocol = protobuf.loadSync(join(source, 'event-store.proto'))

const bytesOf = (value: unknown): Buffer => {
  if (typeof value === 'string') return Buffer.from(value, 'utf8')
  if (isObject(value) && typeof value['base64'] === 'string') return Buffer.from(value['base64'], 'base64')
  if (isObject(value) && typeof value['fill'] === 'number') return Buffer.alloc(value['fill'], 'a')
  return Buffer.alloc(0)
}

const uuidOf = (value: Json): unknown => {
  if (typeof value === 'string') return { string: value }
  if (!isObject(value) || typeof value['structured'] !== 'string') return {}
  const hex = value['structured'].replaceAll('-', '')
  const signed = (half: string): string => String(BigInt.asIntN(64, BigInt(`0x${half}`)))
  return {
    structured: { mostSignificantBits: signed(hex.slice(0, 16)), leastSignificantBits: signed(hex.slice(16)) },
  }
}

const timestampOf = (value: unknown): unknown => {
  const atMs = Date.now() + (isObject(value) ? Number(value['inMs']) : 0)
  return { seconds: Math.floor(atMs / 1_000), nanos: (atMs % 1_000) * 1_000_000 }
}

/** The shortened forms of a script written out as the protocol has them. */
const writtenOut = (value: Json, key?: string): unknown => {
  const isExpression = isObject(value) && ('regex' in value || 'prefix' in value)
  if (key === 'streamIdentifier' && !isExpression) return { streamName: bytesOf(value) }
  if (key === 'id' || key === 'correlationId') return uuidOf(value)
  if (key === 'data' || key === 'customMetadata') return bytesOf(value)
  if (key === 'deadline') return timestampOf(value)
  if (key === 'metadata') return value
  if (Array.isArray(value)) return value.map((item) => writtenOut(item, key))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, writtenOut(member, name)]))
}

/** Decoded with nothing added: what is absent on the wire is absent here, and 64-bit numbers are text. */
type Fields = Readonly<Record<string, unknown>>

const encoded = (type: string, message: Readonly<Record<string, Json>>): Buffer => {
  const kind = protocol.lookupType(type)
  return Buffer.from(kind.encode(kind.fromObject(fieldsOf(writtenOut(message)))).finish())
}
const decoded = (type: string, bytes: Uint8Array): Fields => {
  const kind = protocol.lookupType(type)
  return fieldsOf(kind.toObject(kind.decode(bytes), { longs: String, arrays: true, objects: true }))
}

const fieldsOf = (value: unknown): Fields => (isObject(value) ? value : {})
const textField = (value: unknown): string => (typeof value === 'string' ? value : '')
const bytesField = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array())

/** Decoded 64-bit numbers are texts, smaller ones numbers, absent ones zero. */
const numberField = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '0'
/** The recorder read this deprecated field as binary floating point: 2^64 - 1 lost its last digits. */
const roundedField = (value: unknown): string => String(Number(value))
const exactField = (value: unknown): bigint => BigInt(numberField(value))

const placeField = (value: unknown): unknown => {
  const { commitPosition, preparePosition } = fieldsOf(value)
  return placeTag(exactField(commitPosition), exactField(preparePosition))
}
const nameField = (value: unknown): string | undefined =>
  value === undefined ? undefined : Buffer.from(bytesField(fieldsOf(value)['streamName'])).toString('utf8')

const uuidField = (value: unknown): unknown => {
  if (value === undefined) return undefined
  const { structured, string } = fieldsOf(value)
  if (structured === undefined) return idTag(textField(string))
  const { mostSignificantBits, leastSignificantBits } = fieldsOf(structured)
  const hexOf = (half: unknown): string => BigInt.asUintN(64, exactField(half)).toString(16).padStart(16, '0')
  const hex = hexOf(mostSignificantBits) + hexOf(leastSignificantBits)
  return { structured: idTag(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')) }
}

/** Bytes that are text are shown as text. */
const contentField = (value: unknown): unknown => {
  const bytes = Buffer.from(bytesField(value))
  const text = bytes.toString('utf8')
  return payloadTag(Buffer.from(text, 'utf8').equals(bytes) ? text : new Uint8Array(bytes))
}
const createdField = (ticks: string): Date | undefined =>
  /^\d+$/.test(ticks) ? new Date(Number(BigInt(ticks) / 10_000n)) : undefined

const recordedEvent = (value: unknown): unknown => {
  if (value === undefined) return undefined
  const event = fieldsOf(value)
  const metadata = Object.entries(fieldsOf(event['metadata'])).map(([key, text]): [string, unknown] => [
    key,
    key === 'created' ? timeTag(createdField(textField(text))) : text,
  ])
  const customMetadata = bytesField(event['customMetadata'])
  return {
    id: uuidField(event['id']),
    streamIdentifier: nameField(event['streamIdentifier']),
    streamRevision: numberField(event['streamRevision']),
    position: placeField(event),
    metadata: Object.fromEntries(metadata),
    customMetadata: customMetadata.length > 0 ? contentField(customMetadata) : undefined,
    data: contentField(event['data']),
  }
}

const emptied = (): unknown => ({})

/** Keeps the fields that are set, each shown in its own way. */
const chosen = (fields: Fields, shapes: Readonly<Record<string, (value: unknown) => unknown>>): Fields =>
  Object.fromEntries(
    Object.entries(shapes).flatMap(([key, show]) => (fields[key] === undefined ? [] : [[key, show(fields[key])]])),
  )

const successOf = (value: unknown): unknown =>
  chosen(fieldsOf(value), {
    currentRevision: numberField,
    noStream: emptied,
    position: placeField,
    noPosition: emptied,
  })

const readAnswer = (bytes: Buffer): Fields =>
  chosen(decoded('ReadResp', bytes), {
    event: (value) => {
      const fields = fieldsOf(value)
      const place = chosen(fields, { commitPosition: (at) => placeTag(exactField(at)), noPosition: emptied })
      return {
        event: recordedEvent(fields['event']),
        link: recordedEvent(fields['link']),
        ...(Object.keys(place).length > 0 ? place : { positionUnset: true }),
      }
    },
    confirmation: (value) => ({ subscriptionId: fieldsOf(value)['subscriptionId'] === undefined ? '' : '<set>' }),
    checkpoint: emptied,
    streamNotFound: (value) => ({ streamIdentifier: nameField(fieldsOf(value)['streamIdentifier']) }),
    firstStreamPosition: numberField,
    lastStreamPosition: numberField,
    lastAllStreamPosition: emptied,
    caughtUp: emptied,
    fellBehind: emptied,
  })

const appendAnswer = (bytes: Buffer): Fields =>
  chosen(decoded('AppendResp', bytes), {
    success: successOf,
    wrongExpectedVersion: (value) =>
      chosen(fieldsOf(value), {
        currentRevision2060: roundedField,
        noStream2060: emptied,
        expectedRevision2060: roundedField,
        any2060: emptied,
        streamExists2060: emptied,
        currentRevision: numberField,
        currentNoStream: emptied,
        expectedRevision: numberField,
        expectedAny: emptied,
        expectedStreamExists: emptied,
        expectedNoStream: emptied,
      }),
  })

const deleteAnswer = (bytes: Buffer): Fields =>
  chosen(decoded('DeleteResp', bytes), { position: placeField, noPosition: emptied })

const DETAILS: Readonly<Record<string, (bytes: Uint8Array) => Fields>> = {
  'event_store.client.WrongExpectedVersion': (bytes) =>
    chosen(decoded('WrongExpectedVersion', bytes), {
      currentStreamRevision: numberField,
      currentNoStream: emptied,
      expectedStreamPosition: numberField,
      expectedAny: emptied,
      expectedStreamExists: emptied,
      expectedNoStream: emptied,
    }),
  'event_store.client.StreamDeleted': (bytes) => ({
    streamIdentifier: nameField(decoded('StreamDeleted', bytes)['streamIdentifier']),
  }),
  'event_store.client.MaximumAppendSizeExceeded': (bytes) => ({
    maxAppendSize: numberField(decoded('MaximumAppendSizeExceeded', bytes)['maxAppendSize']),
  }),
  'event_store.client.BadRequest': (bytes) => ({ info: decoded('BadRequest', bytes) }),
}

const batchAnswer = (bytes: Buffer): Fields => {
  const fields = decoded('BatchAppendResp', bytes)
  return {
    correlationId: uuidField(fields['correlationId']),
    ...chosen(fields, {
      error: (value) => {
        const { code, message, details } = fieldsOf(value)
        const { typeUrl, value: content } = fieldsOf(details)
        const type = textField(typeUrl).replace(/^.*\//, '')
        return {
          code: codeName(code ?? 0),
          details: details === undefined ? null : { type, ...DETAILS[type]?.(bytesField(content)) },
          info: { message },
        }
      },
      success: successOf,
      streamIdentifier: nameField,
      streamPosition: numberField,
      noStream: emptied,
      any: emptied,
      streamExists: emptied,
    }),
  }
}

const featuresAnswer = (bytes: Buffer): Fields => {
  const { methods } = decoded('SupportedMethods', bytes)
  const all = (Array.isArray(methods) ? methods : []).map((method: unknown) => {
    const { serviceName, methodName, features } = fieldsOf(method)
    return { method: `${textField(serviceName)}/${textField(methodName)}`, features: stringsOf(features).toSorted() }
  })
  const sorted = all.toSorted((left, right) => (left.method < right.method ? -1 : 1))
  return { streams: sorted.filter(({ method }) => method.startsWith('event_store.client.streams.')) }
}
const stringsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

const same = (bytes: Buffer): Buffer => bytes
const ignored = (): void => undefined

/** Calls below the client's own methods, for what it cannot say. @param target host and port */
export const createRawCaller = (target: string): RawCaller => {
  const client = new Client(target, credentials.createInsecure(), {
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  })
  const metadataOf = ({ headers }: RawCall): Metadata => {
    const metadata = new Metadata()
    for (const [key, value] of Object.entries(headers)) metadata.add(key, value)
    return metadata
  }

  const unary = (call: RawCall, path: string, request: Buffer, shape: (bytes: Buffer) => Fields): Promise<unknown> =>
    new Promise((settle) => {
      const timer = setTimeout(() => {
        settle({ timeout: true })
        started.cancel()
      }, CALL_LIMIT_MS)
      const started = client.makeUnaryRequest(path, same, same, request, metadataOf(call), (error, response) => {
        clearTimeout(timer)
        if (error !== null) settle({ status: statusOf(error) })
        else settle({ response: shape(response ?? Buffer.alloc(0)), status: { code: 'OK' } })
      })
    })

  const append = (call: RawCall): Promise<unknown> =>
    new Promise((settle) => {
      let response: Fields | undefined
      const timer = setTimeout(() => {
        settle({ timeout: true })
        started.cancel()
      }, CALL_LIMIT_MS)
      const started = client.makeClientStreamRequest(
        `/${STREAMS}/Append`,
        same,
        same,
        metadataOf(call),
        (_error, bytes?: Buffer) => {
          if (bytes !== undefined) response = appendAnswer(bytes)
        },
      )
      started.on('error', ignored)
      started.on('status', (status) => {
        clearTimeout(timer)
        // The response arrives in the same turn, after the status.
        setImmediate(() => settle({ response, status: statusOf(status) }))
      })
      for (const message of call.messages) started.write(encoded('AppendReq', message))
      if (call.end !== false) started.end()
    })

  const answers = (call: RawCall): Promise<unknown> =>
    new Promise((settle) => {
      const isBatch = call.rpc === 'Streams/BatchAppend'
      const responses: Fields[] = []
      let timer: NodeJS.Timeout | undefined
      const path = `/${STREAMS}/${isBatch ? 'BatchAppend' : 'Read'}`
      const [first = {}] = call.messages
      const batch = isBatch ? client.makeBidiStreamRequest(path, same, same, metadataOf(call)) : undefined
      const started =
        batch ?? client.makeServerStreamRequest(path, same, same, encoded('ReadReq', first), metadataOf(call))
      const finish = (status: unknown): void => {
        clearTimeout(timer)
        settle({ responses, status })
      }
      const waitFor = (quietMs: number): void => {
        clearTimeout(timer)
        timer = setTimeout(() => {
          finish({ open: true })
          started.cancel()
        }, quietMs)
      }
      started.on('data', (bytes: Buffer) => {
        const answer = isBatch ? batchAnswer(bytes) : readAnswer(bytes)
        const stream = fieldsOf(fieldsOf(answer['event'])['event'])['streamIdentifier']
        const ofAll = 'all' in fieldsOf(first['options'])
        const isForeign = ofAll && stream !== undefined && !textField(stream).includes(call.prefix)
        if (!isForeign) responses.push(answer)
        const hasAll = call.expect !== undefined && responses.length >= call.expect
        waitFor(hasAll ? QUIET_AFTER_EXPECTED_MS : call.quietMs)
      })
      started.on('error', ignored)
      started.on('status', (status) => finish(statusOf(status)))
      waitFor(call.quietMs)
      for (const message of isBatch ? call.messages : []) batch?.write(encoded('BatchAppendReq', message))
      if (call.end === true) batch?.end()
    })

  return {
    call: async (call) => {
      const [message = {}] = call.messages
      switch (call.rpc) {
        case 'ServerFeatures/GetSupportedMethods': {
          const path = '/event_store.client.server_features.ServerFeatures/GetSupportedMethods'
          const answer = fieldsOf(await unary(call, path, Buffer.alloc(0), featuresAnswer))
          return answer['response'] ?? answer
        }
        case 'Streams/Delete':
          return unary(call, `/${STREAMS}/Delete`, encoded('DeleteReq', message), deleteAnswer)
        case 'Streams/Tombstone':
          return unary(call, `/${STREAMS}/Tombstone`, encoded('DeleteReq', message), deleteAnswer)
        case 'Streams/Append':
          return append(call)
        case 'Streams/Read':
        case 'Streams/BatchAppend':
          return answers(call)
        default:
          throw new Error(`no raw call ${call.rpc}`)
      }
    },
    close: () => client.close(),
  }
}

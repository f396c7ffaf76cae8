import { status } from '@grpc/grpc-js'

export const codeName = (code: unknown): string | undefined =>
  typeof code === 'number' ? (status[code] ?? String(code)) : undefined

const MESSAGE_MAX = 400

const FIELDS = ['streamName', 'expectedVersion', 'actualVersion', 'maxAppendSize', 'groupName', 'feature']

/** An error of the client, reduced to what a program can act on; `info` is for people and never compared. */
export const failureOf = (error: unknown): unknown => {
  if (!(error instanceof Error)) return { type: 'thrown', info: { message: String(error) } }
  const properties = new Map<string, unknown>(Object.entries(error))
  const fields: Record<string, unknown> = {}
  for (const name of FIELDS) {
    const field = properties.get(name)
    if (typeof field === 'string' || typeof field === 'bigint' || typeof field === 'number')
      fields[name] = String(field)
  }
  const missing = properties.get('requiredMetadataProperties')
  if (Array.isArray(missing)) fields['requiredMetadataProperties'] = missing.map(String).toSorted()
  return {
    type: properties.get('type') ?? `untyped:${error.constructor.name}`,
    code: codeName(properties.get('code')),
    fields: Object.keys(fields).length > 0 ? fields : undefined,
    info: { message: error.message.slice(0, MESSAGE_MAX) },
  }
}

const TRAILERS = [
  'exception',
  'stream-name',
  'expected-version',
  'actual-version',
  'maximum-append-size',
  'required-metadata-properties',
  'leader-endpoint-host',
  'leader-endpoint-port',
  'group-name',
  'reason',
  'login-name',
]

interface CallStatus {
  readonly code: number
  readonly details: string
  readonly metadata: { get(key: string): readonly unknown[] } | undefined
}

export const statusOf = ({ code, details, metadata }: CallStatus): unknown => {
  const trailers: Record<string, string> = {}
  for (const key of TRAILERS) {
    const values = metadata?.get(key) ?? []
    if (values.length > 0) trailers[key] = values.map(String).join(',')
  }
  return {
    code: codeName(code),
    trailers: Object.keys(trailers).length > 0 ? trailers : undefined,
    info: code === status.OK ? undefined : { details: details.slice(0, MESSAGE_MAX) },
  }
}

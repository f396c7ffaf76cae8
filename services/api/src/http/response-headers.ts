import type { z } from 'zod'

interface Header {
  readonly type: 'string' | 'integer'
  readonly description: string
}

const HEADERS = {
  ETag: { type: 'string', description: 'Of a command: the revision of its last event, for a later `If-Match`' },
  'Registru-Position': {
    type: 'string',
    description: 'Place in the log, for `minPosition`; of a query: up to where it knows',
  },
  'Idempotency-Replayed': { type: 'string', description: '`true`: the command had been carried out before' },
  'Retry-After': { type: 'integer', description: 'Seconds' },
  'WWW-Authenticate': { type: 'string', description: '`Bearer`' },
} as const satisfies Record<string, Header>

/** The response of this schema with headers beside it in the documentation. */
export const withHeaders = <Schema extends z.ZodType>(
  schema: Schema,
  ...names: readonly (keyof typeof HEADERS)[]
): Schema => schema.meta({ headers: Object.fromEntries(names.map((name) => [name, HEADERS[name]])) })

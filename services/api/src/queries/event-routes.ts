import { ClientId, clientAccountStream, companyStream, Rejection } from '@registru/domain'
import type { EventStore, RecordedEvent } from '@registru/event-store'
import { z } from 'zod'
import { MalformedRequest } from '../http/malformed-request.ts'
import { problemResponses } from '../http/problem-schema.ts'
import type { ZodApp } from '../http/zod-app.ts'
import { Events } from './answer-schemas.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { CompanyParams, limitOf, page } from './query-parameters.ts'

const STREAM_CHARACTERS_MAX = 160

const EventsQuery = z
  .strictObject({
    stream: z.string().max(STREAM_CHARACTERS_MAX).optional(),
    clientId: ClientId.optional(),
    ...page,
  })
  .refine(({ stream, clientId }) => (stream === undefined) !== (clientId === undefined), 'either stream or clientId')
const Place = z.strictObject({ revision: z.int().nonnegative() })

/** `clientAccount-amc:alfa` belongs to amc, `company-amc` too; nobody reads another company's streams. */
const belongsTo = (companyId: string, stream: string): boolean => {
  const name = stream.slice(stream.indexOf('-') + 1)
  const owner = name.includes(':') ? name.slice(0, name.indexOf(':')) : name
  return owner === companyId && /^(company|clientAccount|receiptBook)-/.test(stream)
}

const eventBody = ({ stream, revision, position, id, type, data, metadata }: RecordedEvent) => ({
  stream,
  revision: Number(revision),
  position: `${position}`,
  eventId: id,
  type,
  data,
  metadata,
})

/** History as it was written, straight from the event store: an auditor's way around every projection. */
export const eventRoutes = (app: ZodApp, store: Pick<EventStore, 'readStream'>): void => {
  app.get(
    '/v1/companies/:companyId/events',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listEvents',
        summary: 'Events of a stream, in order',
        params: CompanyParams,
        querystring: EventsQuery,
        response: {
          200: Events,
          ...problemResponses(['MALFORMED_REQUEST', 'NOT_FOUND', 'STORE_UNAVAILABLE', 'UNAUTHORIZED']),
        },
      },
    },
    async (request) => {
      const { companyId } = request.params
      const { query } = request
      const stream = query.stream ?? clientAccountStream(companyId, query.clientId ?? '')
      if (!belongsTo(companyId, stream)) {
        throw new MalformedRequest([
          { path: '/query/stream', rule: `a stream of the company, e.g. ${companyStream(companyId)}` },
        ])
      }
      const limit = limitOf(query)
      const from = BigInt(decodeCursor(Place, query.cursor)?.revision ?? 0)
      const items: object[] = []
      let next: string | null = null
      for await (const event of store.readStream(stream, { from, maxCount: limit + 1 })) {
        if (items.length === limit) next = encodeCursor({ revision: Number(event.revision) })
        else items.push(eventBody(event))
      }
      if (items.length === 0 && query.cursor === undefined && query.clientId !== undefined) {
        throw new Rejection('CLIENT_NOT_FOUND', { clientId: query.clientId })
      }
      return { items, nextCursor: next }
    },
  )
}

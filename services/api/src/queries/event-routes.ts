import { ClientId, clientAccountStream, companyStream, InvoiceId, PaymentId, Rejection } from '@registru/domain'
import type { EventStore, RecordedEvent } from '@registru/event-store'
import { type EventPlace, listEventPlaces } from '@registru/projections'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { MalformedRequest } from '../http/malformed-request.ts'
import { problemResponses } from '../http/problem-schema.ts'
import type { ZodApp } from '../http/zod-app.ts'
import { Events } from './answer-schemas.ts'
import type { Cursors } from './cursor.ts'
import { CompanyParams, freshness, freshnessOf, limitOf, page } from './query-parameters.ts'
import { questionOf } from './question.ts'
import type { ReadSide } from './read-side.ts'

const STREAM_CHARACTERS_MAX = 160

const recordedAt = z.iso.datetime({ offset: true }).refine((text) => text >= '1990' && text < '2200')

/** What is found through the index of events, and not in one stream alone. */
const filters = {
  invoiceId: InvoiceId.optional(),
  paymentId: PaymentId.optional().meta({ description: 'A payment, or a credit note on account' }),
  correlationId: z.string().min(1).max(128).optional(),
  commandId: z.uuid().optional(),
  type: z
    .string()
    .regex(/^[A-Z][A-Za-z]{1,63}$/, 'a type of event')
    .optional()
    .meta({ examples: ['PaymentRecorded'] }),
  from: recordedAt.optional().meta({ description: 'First instant at which the ledger learned of it (RFC 3339)' }),
  to: recordedAt.optional().meta({ description: 'Last such instant' }),
}

const EventsQuery = z
  .strictObject({
    stream: z.string().max(STREAM_CHARACTERS_MAX).optional(),
    clientId: ClientId.optional(),
    ...filters,
    ...freshness,
    ...page,
  })
  .refine(
    ({ stream, clientId, ...query }) =>
      stream === undefined || (clientId === undefined && !Object.keys(filters).some((name) => name in query)),
    'a stream stands alone',
  )
type EventsQuery = z.infer<typeof EventsQuery>

const PlaceInStream = z.strictObject({ revision: z.int().nonnegative() })
const PlaceInLog = z.strictObject({ position: z.string().regex(/^[0-9]{1,18}$/) })

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

/** The stream that alone answers the question; `undefined`: the index has to be asked. */
const streamAskedFor = (companyId: string, { stream, clientId, ...query }: EventsQuery): string | undefined => {
  if (stream !== undefined) return stream
  if (clientId === undefined || Object.keys(filters).some((name) => name in query)) return undefined
  return clientAccountStream(companyId, clientId)
}

type Store = Pick<EventStore, 'readStream'>

export interface EventDependencies {
  readonly store: Store
  readonly readSide: ReadSide
  readonly cursors: Cursors
}

const pageOfStream = async ({ store, cursors }: EventDependencies, stream: string, query: EventsQuery) => {
  const limit = limitOf(query)
  const from = BigInt(cursors.decode(PlaceInStream, [stream], query.cursor)?.place.revision ?? 0)
  const items: object[] = []
  let nextCursor: string | null = null
  for await (const event of store.readStream(stream, { from, maxCount: limit + 1 })) {
    if (items.length === limit)
      nextCursor = cursors.encode([stream], { asOf: '', place: { revision: Number(event.revision) } })
    else items.push(eventBody(event))
  }
  return { items, nextCursor }
}

/** Neighbours in a stream are read together: an append often is about one thing. */
const runsOf = (places: readonly EventPlace[]): readonly (readonly EventPlace[])[] => {
  const byStream = new Map<string, EventPlace[][]>()
  for (const place of places) {
    const runs = byStream.get(place.stream) ?? []
    byStream.set(place.stream, runs)
    const run = runs.at(-1)
    if (run?.at(-1)?.revision === place.revision - 1n) run.push(place)
    else runs.push([place])
  }
  return [...byStream.values()].flat()
}

/** @throws Error when the store lacks what the index has: it is not the store that the index was made from */
const eventsAt = async (store: Store, places: readonly EventPlace[]): Promise<readonly RecordedEvent[]> => {
  const found: RecordedEvent[] = []
  for (const run of runsOf(places)) {
    const [first] = run
    if (first === undefined) continue
    for await (const event of store.readStream(first.stream, { from: first.revision, maxCount: run.length })) {
      found.push(event)
    }
  }
  if (found.length !== places.length) throw new Error('the event store lacks events that the index knows')
  return found.toSorted((a, b) => (a.position < b.position ? -1 : 1))
}

const inUtc = (instant: string | undefined): string | undefined =>
  instant === undefined ? undefined : new Date(instant).toISOString()

const pageOfIndex = async (
  { store, readSide, cursors }: EventDependencies,
  companyId: string,
  query: EventsQuery,
  reply: FastifyReply,
) => {
  const question = questionOf(reply.request.url)
  const after = cursors.decode(PlaceInLog, question, query.cursor)?.place
  const { position, value } = await readSide.snapshot(freshnessOf(query), (handle) =>
    listEventPlaces(handle, {
      companyId,
      clientId: query.clientId,
      invoiceId: query.invoiceId,
      paymentId: query.paymentId,
      correlationId: query.correlationId,
      commandId: query.commandId,
      type: query.type,
      from: inUtc(query.from),
      to: inUtc(query.to),
      after: after === undefined ? undefined : BigInt(after.position),
      limit: limitOf(query),
    }),
  )
  void reply.header('Registru-Position', `${position}`)
  const events = await eventsAt(store, value.items)
  return {
    items: events.map(eventBody),
    nextCursor:
      value.next === undefined ? null : cursors.encode(question, { asOf: '', place: { position: `${value.next}` } }),
  }
}

/** History as it was written, out of the event store: what an auditor holds the read models against. */
export const eventRoutes = (app: ZodApp, dependencies: EventDependencies): void => {
  app.get(
    '/v1/companies/:companyId/events',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listEvents',
        summary: 'Events of a client, an invoice, a payment, a request or a type, in order',
        description:
          'A `stream`, or a `clientId` alone (the stream of its account), comes straight from the event store, around every projection. Other filters find places in an index and read the events there; together they all have to hold, and without any the whole history of the company comes. `correlationId` is that of the request, `commandId` that of an answer.',
        params: CompanyParams,
        querystring: EventsQuery,
        response: {
          200: Events,
          ...problemResponses([
            'MALFORMED_REQUEST',
            'CLIENT_NOT_FOUND',
            'READ_MODEL_BEHIND',
            'STORE_UNAVAILABLE',
            'UNAUTHORIZED',
          ]),
        },
      },
    },
    async (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      const stream = streamAskedFor(companyId, query)
      if (stream === undefined) return pageOfIndex(dependencies, companyId, query, reply)
      if (!belongsTo(companyId, stream)) {
        throw new MalformedRequest([
          { path: '/query/stream', rule: `a stream of the company, e.g. ${companyStream(companyId)}` },
        ])
      }
      const answer = await pageOfStream(dependencies, stream, query)
      if (answer.items.length === 0 && query.cursor === undefined && query.clientId !== undefined) {
        throw new Rejection('CLIENT_NOT_FOUND', { clientId: query.clientId })
      }
      return answer
    },
  )
}

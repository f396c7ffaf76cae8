import { Readable } from 'node:stream'
import {
  BEFORE_THE_LOG,
  ClientId,
  COMPANY_STREAM_PREFIXES,
  type CompanyId,
  clientAccountStream,
  companyStream,
  InvoiceId,
  ledgerCodec,
  PaymentId,
  type Position,
  positionOf,
  Rejection,
  type Revision,
  revisionOf,
} from '@registru/domain'
import type { EventStore, ReadOptions, RecordedEvent } from '@registru/event-store'
import {
  type EventPlace,
  findPositionKnownAt,
  listEventPlaces,
  PAGE_ROWS_MAX,
  type ReadHandle,
} from '@registru/projections'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { MalformedRequest } from '../http/malformed-request.ts'
import type { ZodApp } from '../http/zod-app.ts'
import { wirePosition } from '../problems/wire-position.ts'
import { answerList, type List, type QueryDependencies, resumed, tag } from './answer.ts'
import { Events } from './answer-schemas.ts'
import { at, type Column } from './columns.ts'
import { contentTypeOf, formatOf, textOf } from './formats.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, freshness, instant, limitOf, list } from './query-parameters.ts'

const STREAM_CHARACTERS_MAX = 160
const TYPES: ReadonlySet<string> = new Set(ledgerCodec.types)

/** What is found through the index of events, and not in one stream alone. */
const filters = {
  invoiceId: InvoiceId.optional(),
  paymentId: PaymentId.optional().meta({ description: 'A payment, or a credit note on account' }),
  correlationId: z.string().min(1).max(128).optional(),
  commandId: z.uuid().optional(),
  type: z
    .string()
    .refine((type) => TYPES.has(type), 'a type of event that there is')
    .optional()
    .meta({ examples: ['PaymentRecorded'] }),
  from: instant.optional().meta({ description: 'What was not known before this instant (RFC 3339)' }),
  to: instant
    .optional()
    .meta({ description: 'What was known at this instant, as `knownAt` says it; so far, where it is not over' }),
}

const EventsQuery = z
  .strictObject({
    stream: z.string().max(STREAM_CHARACTERS_MAX).optional(),
    clientId: ClientId.optional(),
    ...filters,
    ...freshness,
    ...list,
  })
  .refine(
    ({ stream, clientId, ...query }) =>
      stream === undefined || (clientId === undefined && !Object.keys(filters).some((name) => name in query)),
    'a stream stands alone',
  )
  .refine(({ from, to }) => from === undefined || to === undefined || Date.parse(from) <= Date.parse(to), {
    path: ['from'],
    error: 'not after to',
  })
type EventsQuery = z.infer<typeof EventsQuery>

const PlaceInStream = z.strictObject({ revision: z.int().nonnegative() })
/** -1: before the first event. */
const PlaceInLog = z.strictObject({ position: z.string().regex(/^(-1|[0-9]{1,19})$/) })

/** `clientAccount-amc:alfa` belongs to amc, `company-amc` too; nobody reads another company's streams. */
const belongsTo = (companyId: CompanyId, stream: string): boolean => {
  const name = stream.slice(stream.indexOf('-') + 1)
  const owner = name.includes(':') ? name.slice(0, name.indexOf(':')) : name
  return owner === companyId && COMPANY_STREAM_PREFIXES.some((prefix) => stream.startsWith(prefix))
}

const eventBody = (
  { stream, revision, position, id, type, createdAt, data, metadata }: RecordedEvent,
  generation: number,
) => ({
  stream,
  revision: Number(revision),
  position: wirePosition(position, generation),
  eventId: id,
  type,
  createdAt: createdAt.toISOString(),
  data,
  metadata,
})

/** The stream that alone answers the question; `undefined`: the index has to be asked. */
const streamAskedFor = (companyId: CompanyId, { stream, clientId, ...query }: EventsQuery): string | undefined => {
  if (stream !== undefined) return stream
  if (clientId === undefined || Object.keys(filters).some((name) => name in query)) return undefined
  return clientAccountStream(companyId, clientId)
}

type Store = Pick<EventStore, 'readStream' | 'readAll' | 'head'>

export interface EventDependencies extends QueryDependencies {
  readonly store: Store
}

/** What an event says, as text: a table has no room for its fields, which differ from type to type. */
const jsonColumn = (name: string): Column => ({
  name,
  kind: 'text',
  valueOf: (row) => JSON.stringify(at(row, [name])),
})
const textColumn = (name: string, ...path: readonly string[]): Column => ({
  name,
  kind: 'text',
  valueOf: (row) => at(row, path.length === 0 ? [name] : path),
})
const COLUMNS: readonly Column[] = [
  textColumn('stream'),
  { ...textColumn('revision'), kind: 'number' },
  { ...textColumn('position'), kind: 'number' },
  textColumn('eventId'),
  textColumn('type'),
  ...['recordedAt', 'actor', 'reason', 'commandId', 'correlationId'].map((name) => textColumn(name, 'metadata', name)),
  jsonColumn('data'),
  textColumn('createdAt'),
]

/** The events of a stream up to the end of the log as it was when the answer began. */
const eventsOf = async function* (store: Store, stream: string, options: ReadOptions<Revision>, end: Position) {
  for await (const event of store.readStream(stream, options)) {
    if (event.position > end) return
    yield event
  }
}

const chunksOf = async function* (
  events: AsyncIterable<RecordedEvent>,
  generation: number,
): AsyncGenerator<readonly object[]> {
  let chunk: object[] = []
  for await (const event of events) {
    if (chunk.push(eventBody(event, generation)) < PAGE_ROWS_MAX) continue
    yield chunk
    chunk = []
  }
  yield chunk
}

/** Says of a stream without events whose it would be that is not there. @throws Rejection */
const refuseEmpty = async (
  store: Store,
  { companyId, clientId }: { readonly companyId: CompanyId; readonly clientId: ClientId | undefined },
): Promise<void> => {
  let isKnown = false
  for await (const _ of store.readStream(companyStream(companyId), { maxCount: 1 })) isKnown = true
  if (!isKnown) throw new Rejection('COMPANY_NOT_FOUND', { companyId })
  if (clientId !== undefined) throw new Rejection('CLIENT_NOT_FOUND', { clientId })
}

/** Straight from the event store: history needs no read side. Its position is the end of the log. */
const answerStream = async (
  { store, cursors, generations, today }: EventDependencies,
  { companyId, stream }: { readonly companyId: CompanyId; readonly stream: string },
  query: EventsQuery,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const chosen = formatOf(query, reply.request.headers.accept)
  const begun = cursors.decode(PlaceInStream, [stream], query.cursor)
  const generation = await generations.present()
  const position = (await store.head())?.position ?? BEFORE_THE_LOG
  const moment = { asOf: today(), knownAt: undefined, position, generation }
  if (tag(reply, { position, versions: 'log' }, moment, chosen)) return reply.code(304).send()
  const first = begun?.place.revision ?? 0
  const from = revisionOf(BigInt(first))
  const requireSome = async (some: readonly object[]): Promise<void> => {
    if (some.length === 0 && begun === undefined) await refuseEmpty(store, { companyId, clientId: query.clientId })
  }
  if (chosen !== 'json') {
    const some = query.limit === undefined ? {} : { maxCount: limitOf(query) }
    const chunks = chunksOf(eventsOf(store, stream, { from, ...some }, position), generation)
    const begins = await chunks.next()
    await requireSome(begins.done === true ? [] : begins.value)
    const table = { format: chosen, columns: COLUMNS, locale: query.locale }
    const text = Readable.from(textOf(resumed(begins, chunks), table), { objectMode: false })
    return reply.type(contentTypeOf(chosen)).send(text)
  }
  const limit = limitOf(query)
  const found: object[] = []
  for await (const event of eventsOf(store, stream, { from, maxCount: limit + 1 }, position)) {
    found.push(eventBody(event, generation))
  }
  await requireSome(found)
  const items = found.slice(0, limit)
  // A stream grows without a gap, so what comes later is known by its revision now.
  const nextCursor = cursors.encode([stream], { asOf: moment.asOf, place: { revision: first + items.length } })
  const atEnd = found.length === items.length
  return reply.send({ items, nextCursor, atEnd, position: wirePosition(position, generation), asOf: moment.asOf })
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

const knownAt = (handle: ReadHandle, instantMs: number): Promise<Position | undefined> =>
  findPositionKnownAt(handle, new Date(instantMs).toISOString())

/** The log's own order says what was known when: what an event's `recordedAt` says is a fact about it, and no more. */
const stretchOfLog = async (handle: ReadHandle, { from, to }: EventsQuery, end: Position) => ({
  after: from === undefined ? undefined : ((await knownAt(handle, Date.parse(from) - 1)) ?? end),
  upTo: to === undefined ? undefined : await knownAt(handle, Date.parse(to)),
})

const laterOf = (a: Position | undefined, b: Position | undefined): Position | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

/** Found through the index, read from the event store. */
const listOf = (
  store: Store,
  companyId: CompanyId,
  query: EventsQuery,
): List<typeof PlaceInLog, ReturnType<typeof eventBody>> => ({
  row: COLUMNS,
  place: PlaceInLog,
  read: async (handle, moment, { after, limit }) => {
    const stretch = await stretchOfLog(handle, query, moment.position)
    const { items, next } = await listEventPlaces(handle, {
      companyId,
      clientId: query.clientId,
      invoiceId: query.invoiceId,
      paymentId: query.paymentId,
      correlationId: query.correlationId,
      commandId: query.commandId,
      type: query.type,
      after: laterOf(stretch.after, after === undefined ? undefined : positionOf(BigInt(after.position))),
      upTo: stretch.upTo,
      limit,
    })
    const events = await eventsAt(store, items)
    return {
      items: events.map((event) => eventBody(event, moment.generation)),
      next: next === undefined ? undefined : { position: `${next}` },
    }
  },
  resumeAt: (last, after) => ({ position: last?.position ?? after?.position ?? '-1' }),
})

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
          'A `stream`, or a `clientId` alone (the stream of its account), comes straight from the event store, around every projection. Other filters find places in an index and read the events there; together they all have to hold, and without any the whole history of the company comes. CSV and NDJSON stream all of them. History grows: `nextCursor` is always there, and goes on after the last event that was answered; `atEnd` says that there is none after it yet. `correlationId` is that of the request, `commandId` that of an answer.',
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
      if (stream === undefined)
        return answerList(dependencies, query, reply, listOf(dependencies.store, companyId, query))
      if (!belongsTo(companyId, stream)) {
        throw new MalformedRequest([
          { path: '/query/stream', rule: `a stream of the company, e.g. ${companyStream(companyId)}` },
        ])
      }
      return answerStream(dependencies, { companyId, stream }, query, reply)
    },
  )
}

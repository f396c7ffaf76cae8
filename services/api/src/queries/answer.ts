import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Position } from '@registru/domain'
import { PAGE_ROWS_MAX, type Page, type ReadHandle } from '@registru/projections'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { type Generations, PositionLost, wirePosition } from '../problems/wire-position.ts'
import { type Column, columnsOf } from './columns.ts'
import type { Locale } from './csv.ts'
import type { CursorContent, Cursors } from './cursor.ts'
import { contentTypeOf, type Format, formatOf, textOf } from './formats.ts'
import { awaitedBy, type Clockwork, knownAtShown, knownPosition, located } from './known-at.ts'
import { requireCompanyKnown } from './known-company.ts'
import { limitOf } from './query-parameters.ts'
import { questionOf, TIMING } from './question.ts'
import type { Snapshot } from './read-side.ts'

export interface QueryDependencies extends Clockwork {
  readonly today: () => string
  readonly cursors: Cursors
}

/** The checked query string of any route; each route knows which of these it offers. */
interface Asked {
  readonly asOf?: string | undefined
  readonly knownAt?: string | undefined
  readonly minPosition?: string | undefined
  readonly maxWait?: string | undefined
  readonly limit?: string | undefined
  readonly cursor?: string | undefined
  readonly format?: Format | undefined
  readonly locale?: Locale
}

export interface Moment {
  readonly asOf: string
  /** A position; `undefined`: everything. */
  readonly knownAt: Position | undefined
  /** The position that the answer tells of: that of `knownAt`, or the reader's own. */
  readonly position: Position
  /** Of the log, for every position that is shown. */
  readonly generation: number
}

const isUnchanged = (reply: FastifyReply, etag: string): boolean => {
  const known = reply.request.headers['if-none-match']
  return known?.split(',').some((tag) => [etag, `W/${etag}`, '*'].includes(tag.trim())) ?? false
}

/**
 * The answer is a function of the question, the two clocks and the read models' versions, and so is its tag.
 * @returns whether the caller has this answer already; then nothing is left to say
 */
export const tag = (
  reply: FastifyReply,
  snapshot: Pick<Snapshot, 'position' | 'versions'>,
  moment: Moment,
  chosen: Format,
): boolean => {
  const question = questionOf(reply.request.url, TIMING)
  const facts = [question, chosen, moment.asOf, wirePosition(moment.position, moment.generation), snapshot.versions]
  const etag = `"${createHash('sha256').update(JSON.stringify(facts)).digest('base64url').slice(0, 27)}"`
  void reply.headers({
    ETag: etag,
    'Cache-Control': 'private, no-cache',
    Vary: 'Accept, Authorization',
    'Registru-Position': wirePosition(snapshot.position, moment.generation),
  })
  return isUnchanged(reply, etag)
}

/** Aborts when the caller goes away before the answer is out. */
const departureOf = ({ raw }: FastifyReply): AbortSignal => {
  const controller = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort()
  })
  return controller.signal
}

const momentLines = (query: Asked, moment: Moment) => ({
  position: wirePosition(moment.position, moment.generation),
  asOf: moment.asOf,
  ...(query.knownAt === undefined
    ? {}
    : {
        knownAt: knownAtShown(query.knownAt, moment.position, moment.generation),
        knownAtPosition: wirePosition(moment.position, moment.generation),
      }),
})

/**
 * Opens one snapshot, tells of its moment in the headers, and sends what `read` makes of it: an object as JSON once the
 * snapshot is closed, a stream as long as the caller takes it.
 */
const answerAt = async (
  dependencies: QueryDependencies,
  query: Asked,
  reply: FastifyReply,
  read: (snapshot: Snapshot, moment: Moment) => Promise<object | Readable>,
  { chosen = 'json', begun }: { readonly chosen?: Format; readonly begun?: CursorContent<unknown> | undefined } = {},
): Promise<FastifyReply> => {
  const { readSide, generations, today } = dependencies
  const departure = departureOf(reply)
  const generation = await generations.present()
  const asked = await located(generations, { ...query, knownAt: begun?.knownAt ?? query.knownAt })
  const snapshot = await readSide.open({ ...(await awaitedBy(dependencies, asked)), generation }, departure)
  let body: object | undefined
  try {
    const knownAt = await knownPosition(snapshot.handle, asked.knownAt)
    const asOf = begun?.asOf ?? query.asOf ?? today()
    const moment = { asOf, knownAt, position: knownAt ?? snapshot.position, generation }
    await readSide.guard(() => requireCompanyKnown(snapshot.handle, reply.request.params, moment), departure)
    if (!tag(reply, snapshot, moment, chosen)) {
      body = await readSide.guard(() => read(snapshot, moment), departure)
      if (chosen !== 'json') {
        // Waits for the caller: the rows that are not out yet are still to be read.
        return await reply.type(contentTypeOf(chosen)).send(body)
      }
      body = { ...body, ...momentLines(query, moment) }
    }
  } finally {
    await snapshot.close()
  }
  return body === undefined ? reply.code(304).send() : reply.send(body)
}

/**
 * Reads in one snapshot and sends the answer with its position and day. With `knownAt`, the body tells of that moment
 * alone, so it never changes; where the reader is now stands in the header.
 */
export const answerFrom = (
  dependencies: QueryDependencies,
  query: Asked,
  reply: FastifyReply,
  read: (handle: ReadHandle, moment: Moment) => Promise<object>,
): Promise<FastifyReply> => answerAt(dependencies, query, reply, ({ handle }, moment) => read(handle, moment))

export interface List<Place extends z.ZodType, Item extends object = object> {
  /** What a row is: the columns of its table follow from it, or are these. */
  readonly row: z.ZodObject | readonly Column[]
  /** What a cursor remembers of the last row. */
  readonly place: Place
  /** Whether the list knows the second clock. Then every page after the first is read at the position of the first. */
  readonly knowsKnownAt?: boolean
  readonly read: (
    handle: ReadHandle,
    moment: Moment,
    page: { readonly after: z.output<Place> | undefined; readonly limit: number },
  ) => Promise<Page<Item, z.output<Place>>>
  /** Where a list that only grows goes on later, when its end is reached; absent: a list that ends. */
  readonly resumeAt?: (last: Item | undefined, after: z.output<Place> | undefined) => z.output<Place>
  /** What stands above the rows of every JSON page. */
  readonly head?: (handle: ReadHandle, moment: Moment) => Promise<object> | object
  /** How many rows a JSON page has when nobody says. */
  readonly rowsDefault?: number
  /** What a JSON page is, where it is more than `items` under what `head` says. */
  readonly shape?: (
    handle: ReadHandle,
    moment: Moment,
    page: Page<Item, z.output<Place>> & { readonly after: z.output<Place> | undefined },
  ) => Promise<object>
  /** Says whether the rows of CSV and NDJSON may go out, by failing before the first. */
  readonly before?: (handle: ReadHandle, moment: Moment) => Promise<void>
  /** All rows from a place on, where one cursor of the server is cheaper than page after page. */
  readonly stream?: (
    handle: ReadHandle,
    moment: Moment,
    after: z.output<Place> | undefined,
  ) => AsyncGenerator<readonly object[]>
}

/** All pages from a place on, or as many rows as are wanted. */
const pagesOf = async function* <Place extends z.ZodType>(
  { read }: Pick<List<Place>, 'read'>,
  handle: ReadHandle,
  moment: Moment,
  { after, rowsMax }: { readonly after: z.output<Place> | undefined; readonly rowsMax: number },
): AsyncGenerator<readonly object[]> {
  let place: z.output<Place> | undefined = after
  let left = rowsMax
  do {
    const page = await read(handle, moment, { after: place, limit: Math.min(PAGE_ROWS_MAX, left) })
    yield page.items
    left -= page.items.length
    place = page.next
  } while (place !== undefined && left > 0)
}

const columnsFor = (row: z.ZodObject | readonly Column[]): readonly Column[] =>
  row instanceof z.ZodObject ? columnsOf(row) : row

export const resumed = async function* <Value>(first: IteratorResult<Value>, rest: AsyncGenerator<Value>) {
  if (first.done !== true) yield first.value
  yield* rest
}

/** A place that is a position is one of the log that it was given in; all others a log keeps when it moves. @throws PositionLost */
const requireFollowable = async (
  generations: Generations,
  begun: CursorContent<unknown> | undefined,
): Promise<void> => {
  const { place, generation = 0 } = begun ?? {}
  if (typeof place !== 'object' || place === null || !('position' in place)) return
  const presentGeneration = await generations.present()
  if (generation !== presentGeneration) throw new PositionLost({ generation, presentGeneration })
}

/**
 * A list that lasts: pages with signed cursors as JSON, all rows from the cursor on as CSV or NDJSON, from one snapshot and
 * in bounded memory. What fails before the first rows of a stream is a problem document; what fails later breaks it off.
 */
export const answerList = async <Place extends z.ZodType, Item extends object>(
  dependencies: QueryDependencies,
  query: Asked,
  reply: FastifyReply,
  list: List<Place, Item>,
): Promise<FastifyReply> => {
  const { cursors } = dependencies
  const chosen = formatOf(query, reply.request.headers.accept)
  const question = questionOf(reply.request.url)
  const begun = cursors.decode(list.place, question, query.cursor)
  await requireFollowable(dependencies.generations, begun)
  const page = async ({ handle }: Snapshot, moment: Moment) => {
    const after = begun?.place
    const { items, next } = await list.read(handle, moment, { after, limit: limitOf(query, list.rowsDefault) })
    const pinned = list.knowsKnownAt === true ? { knownAt: wirePosition(moment.position, moment.generation) } : {}
    const goesOn = next ?? list.resumeAt?.(items.at(-1), after)
    const nextCursor =
      goesOn === undefined
        ? null
        : cursors.encode(question, { asOf: moment.asOf, generation: moment.generation, ...pinned, place: goesOn })
    const body =
      list.shape === undefined
        ? { ...(await list.head?.(handle, moment)), items }
        : await list.shape(handle, moment, { items, next, after })
    return { ...body, nextCursor, ...(list.resumeAt !== undefined && { atEnd: next === undefined }) }
  }
  const stream = async ({ handle }: Snapshot, moment: Moment, format: Exclude<Format, 'json'>) => {
    await list.before?.(handle, moment)
    const rowsMax = query.limit === undefined ? Number.POSITIVE_INFINITY : limitOf(query)
    const pages =
      list.stream === undefined || query.limit !== undefined
        ? pagesOf(list, handle, moment, { after: begun?.place, rowsMax })
        : list.stream(handle, moment, begun?.place)
    const first = await pages.next()
    const table = { format, columns: columnsFor(list.row), locale: query.locale }
    return Readable.from(textOf(resumed(first, pages), table), { objectMode: false })
  }
  return answerAt(
    dependencies,
    query,
    reply,
    (snapshot, moment) => (chosen === 'json' ? page(snapshot, moment) : stream(snapshot, moment, chosen)),
    // History has no day of its own: it goes on with whatever is written by then.
    { chosen, begun: list.resumeAt === undefined ? begun : undefined },
  )
}

const chunksOf = async function* (rows: Iterable<object>): AsyncGenerator<readonly object[]> {
  let chunk: object[] = []
  for (const row of rows) {
    if (chunk.push(row) < PAGE_ROWS_MAX) continue
    yield chunk
    chunk = []
  }
  yield chunk
}

export interface Report<Body extends object> {
  /** What a row is, or the columns themselves where the question decides them. */
  readonly row: z.ZodObject | readonly Column[]
  readonly rowsOf: (body: Body) => Iterable<object>
  readonly read: (handle: ReadHandle, moment: Moment) => Promise<Body>
  /** The rows a few at a time, where they may be too many to be read at once. */
  readonly stream?: (handle: ReadHandle, moment: Moment) => AsyncGenerator<readonly object[]>
}

/** An answer with rows in it: JSON as a whole, its rows alone as CSV or NDJSON. */
export const answerTable = async <Body extends object>(
  dependencies: QueryDependencies,
  query: Asked,
  reply: FastifyReply,
  { row, rowsOf, read: readBody, stream }: Report<Body>,
): Promise<FastifyReply> => {
  const chosen = formatOf(query, reply.request.headers.accept)
  const read = async ({ handle }: Snapshot, moment: Moment) => {
    if (chosen === 'json') return readBody(handle, moment)
    const pages = stream?.(handle, moment) ?? chunksOf(rowsOf(await readBody(handle, moment)))
    const first = await pages.next()
    const table = { format: chosen, columns: columnsFor(row), locale: query.locale }
    const text = textOf(resumed(first, pages), table)
    return Readable.from(text, { objectMode: false })
  }
  return answerAt(dependencies, query, reply, read, { chosen })
}

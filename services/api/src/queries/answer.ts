import { findPositionKnownAt, type ReadHandle } from '@registru/projections'
import type { FastifyReply } from 'fastify'
import { freshnessOf } from './query-parameters.ts'
import type { ReadSide } from './read-side.ts'

export interface QueryDependencies {
  readonly readSide: ReadSide
  readonly today: () => string
}

/** The checked query string of any route; each route knows which of these it offers. */
interface Asked {
  readonly asOf?: string | undefined
  readonly knownAt?: string | undefined
  readonly minPosition?: string | undefined
  readonly maxWait?: string | undefined
}

export interface Moment {
  readonly asOf: string
  /** A position; `undefined`: everything. */
  readonly knownAt: bigint | undefined
}

const isPosition = (text: string): boolean => /^[0-9]+$/.test(text)

const knownPosition = (
  handle: ReadHandle,
  knownAt: string | undefined,
): Promise<bigint | undefined> | bigint | undefined => {
  if (knownAt === undefined) return undefined
  // In UTC: Postgres knows fewer offsets than RFC 3339.
  return isPosition(knownAt) ? BigInt(knownAt) : findPositionKnownAt(handle, new Date(knownAt).toISOString())
}

/**
 * Reads in one snapshot and sends the answer with its position and day. With `knownAt`, the body tells of that moment
 * alone, so it never changes; where the reader is now stands in the header.
 */
export const answerFrom = async (
  { readSide, today }: QueryDependencies,
  query: Asked,
  reply: FastifyReply,
  read: (handle: ReadHandle, moment: Moment) => Promise<object>,
): Promise<FastifyReply> => {
  const asOf = query.asOf ?? today()
  const { position, value } = await readSide.snapshot(freshnessOf(query), async (handle) => {
    const knownAt = await knownPosition(handle, query.knownAt)
    return { knownAt, body: await read(handle, { asOf, knownAt }) }
  })
  void reply.header('Registru-Position', `${position}`)
  return reply.send({
    ...value.body,
    position: `${value.knownAt ?? position}`,
    asOf,
    ...(query.knownAt === undefined ? {} : { knownAt: query.knownAt }),
  })
}

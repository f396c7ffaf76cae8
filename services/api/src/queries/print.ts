import type { ReadHandle } from '@registru/projections'
import type { FastifyReply } from 'fastify'
import { PDF } from '../http/media-types.ts'
import { wirePosition } from '../problems/wire-position.ts'
import type { Moment, QueryDependencies } from './answer.ts'
import { awaitedBy, knownPosition, located } from './known-at.ts'
import { requireCompanyKnown } from './known-company.ts'

interface Asked {
  readonly asOf?: string | undefined
  readonly knownAt?: string | undefined
  readonly minPosition?: string | undefined
  readonly maxWait?: string | undefined
}

/** Reads in one snapshot; the text is set when the snapshot is closed. */
export const print = async <Content>(
  dependencies: QueryDependencies,
  { query, reply, name }: { readonly query: Asked; readonly reply: FastifyReply; readonly name: string },
  read: (handle: ReadHandle, moment: Moment) => Promise<Content>,
  render: (content: Content) => Promise<Buffer>,
): Promise<FastifyReply> => {
  const { readSide, generations, today } = dependencies
  const generation = await generations.present()
  const asked = await located(generations, query)
  const freshness = { ...(await awaitedBy(dependencies, asked)), generation }
  const { position, value } = await readSide.snapshot(freshness, async (handle, end) => {
    const knownAt = await knownPosition(handle, asked.knownAt)
    await requireCompanyKnown(handle, reply.request.params, { knownAt })
    return read(handle, { asOf: query.asOf ?? today(), knownAt, position: knownAt ?? end, generation })
  })
  return reply
    .header('Registru-Position', wirePosition(position, generation))
    .header('Content-Disposition', `inline; filename="${name}.pdf"`)
    .type(PDF)
    .send(await render(value))
}

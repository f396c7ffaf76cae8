import type { CommandId, CompanyId, Position } from '@registru/domain'
import { type EventPlace, listEventPlaces, PAGE_ROWS_MAX, type ReadHandle } from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { wirePosition } from '../problems/wire-position.ts'
import { CommandOutcome } from './answer-schemas.ts'
import { type Clockwork, located } from './known-at.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, freshness, freshnessOf } from './query-parameters.ts'
import { CommandNotFound } from './read-errors.ts'

const CommandOutcomeParams = CompanyParams.extend({ commandId: z.uuid() })

const everyPlace = async (
  db: ReadHandle,
  companyId: CompanyId,
  commandId: CommandId,
): Promise<readonly EventPlace[]> => {
  const places: EventPlace[] = []
  let after: Position | undefined
  do {
    const page = await listEventPlaces(db, { companyId, commandId, after, limit: PAGE_ROWS_MAX })
    places.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return places
}

/** For whoever was told that an outcome is unknown, and would rather look than send the command again. */
export const commandOutcomeRoute = (
  app: ZodApp,
  { readSide, generations }: Pick<Clockwork, 'readSide' | 'generations'>,
): void => {
  app.get(
    '/v1/companies/:companyId/commands/:commandId',
    {
      schema: {
        tags: ['queries'],
        operationId: 'getCommandOutcome',
        summary: 'What is known of a command',
        description:
          'Where the events of a command stand, by the `commandId` of its answer or of an `OUTCOME_UNKNOWN`. It tells what the read models know at `position`: events that are here were written, and will not go away. 404 `COMMAND_NOT_FOUND` proves nothing, for the events may still be on their way, or the command may have changed nothing; sending the command again with the same key settles it for certain. Steps that follow in another stream, the number of a receipt above all, are commands of their own and not among these events.',
        params: CommandOutcomeParams,
        querystring: z.strictObject(freshness),
        response: {
          200: CommandOutcome,
          ...problemResponses([
            'MALFORMED_REQUEST',
            'COMMAND_NOT_FOUND',
            'READ_MODEL_BEHIND',
            'READ_SIDE_UNAVAILABLE',
            'UNAUTHORIZED',
          ]),
        },
      },
    },
    async (request, reply) => {
      const { companyId, commandId } = request.params
      const generation = await generations.present()
      const asked = await located(generations, request.query)
      const { position, value: places } = await readSide.snapshot({ ...freshnessOf(asked), generation }, (handle) =>
        everyPlace(handle, companyId, commandId),
      )
      if (places.length === 0) throw new CommandNotFound(commandId, wirePosition(position, generation))
      void reply.header('Registru-Position', wirePosition(position, generation))
      const events = places.map((place) => ({
        type: place.type,
        stream: place.stream,
        revision: Number(place.revision),
        position: wirePosition(place.position, generation),
      }))
      return { commandId, events, position: wirePosition(position, generation) }
    },
  )
}

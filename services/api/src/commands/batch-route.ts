import { commandIdOf, requestHashOf } from '@registru/event-store'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { DEVELOPMENT_ACTOR } from '../http/authorise.ts'
import { occurrenceOf } from '../http/error-handler.ts'
import { parse } from '../http/malformed-request.ts'
import { problemResponses } from '../http/problem-schema.ts'
import { problemOf } from '../http/problems.ts'
import type { ZodApp } from '../http/zod-app.ts'
import { answerInTime } from './answer-in-time.ts'
import type { CommandDefinition, CommandDependencies } from './command-definition.ts'
import { CommandParams, IdempotencyKey } from './command-request.ts'
import { answerBody } from './command-routes.ts'

const COMMANDS_MAX = 1_000
const BODY_BYTES_MAX = 1024 * 1024

const Item = z.strictObject({
  command: z.string().meta({ description: 'Name of the command', examples: ['RegisterClient'] }),
  idempotencyKey: IdempotencyKey,
  data: z.unknown().meta({ description: "The command's data, as its own route takes it" }),
})

const Results = z
  .object({
    results: z.array(z.object({ status: z.int(), replayed: z.literal(true).optional(), body: z.looseObject({}) })),
  })
  .meta({ id: 'BatchAnswer' })

/**
 * Many commands in one request, carried out one after another. Each stands or falls alone and has its own key, so a
 * batch that broke off is simply sent again.
 */
export const batchRoute = (
  app: ZodApp,
  definitions: readonly CommandDefinition[],
  dependencies: CommandDependencies,
): void => {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]))
  const Batch = z
    .array(Item.extend({ command: z.enum(definitions.map(({ name }) => name)) }))
    .min(1)
    .max(COMMANDS_MAX)

  const carryOut = async (request: FastifyRequest, companyId: string, item: z.infer<typeof Batch>[number]) => {
    const commandId = commandIdOf(companyId, item.command, item.idempotencyKey)
    try {
      const definition = byName.get(item.command)
      if (definition === undefined) throw new Error(`no command ${item.command}`)
      const data = parse(definition.schema, item.data)
      const context = {
        companyId,
        commandId,
        requestHash: requestHashOf(data),
        correlationId: request.id,
        causationId: request.id,
        actor: DEVELOPMENT_ACTOR,
        dryRun: false,
      }
      const answer = await answerInTime(commandId, definition.execute(data, context, dependencies))
      const written = !answer.replayed && answer.position !== undefined
      return {
        status: written ? 201 : 200,
        ...(answer.replayed ? { replayed: true } : {}),
        body: answerBody(commandId, answer, false),
      }
    } catch (error) {
      const occurrence = occurrenceOf(error)
      if (occurrence === undefined) request.log.error({ err: error }, 'a command of a batch failed')
      const problem = problemOf(occurrence ?? { code: 'INTERNAL_ERROR' }, request)
      return { status: problem.status, body: problem }
    }
  }

  app.post(
    '/v1/companies/:companyId/commands',
    {
      bodyLimit: BODY_BYTES_MAX,
      schema: {
        tags: ['commands'],
        operationId: 'Batch',
        summary: 'Carry out many commands',
        description: 'One after another, each with its own key; a refused one does not stop the others.',
        params: CommandParams,
        body: Batch,
        response: { 200: Results, ...problemResponses(['MALFORMED_REQUEST', 'UNAUTHORIZED', 'PAYLOAD_TOO_LARGE']) },
      },
    },
    async (request) => {
      const { companyId } = request.params
      const results: object[] = []
      for (const item of request.body) results.push(await carryOut(request, companyId, item))
      return { results }
    },
  )
}

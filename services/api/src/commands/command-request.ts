import { CompanyId } from '@registru/domain'
import { commandIdOf, requestHashOf } from '@registru/event-store'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { DEVELOPMENT_ACTOR } from '../http/authorise.ts'
import type { CommandContext } from './command-context.ts'

const VISIBLE_ASCII = /^[\x21-\x7e]{1,128}$/
const KEY_RULE = '1 to 128 visible ASCII characters'

export const IdempotencyKey = z
  .string(`required: ${KEY_RULE}`)
  .regex(VISIBLE_ASCII, KEY_RULE)
  .meta({ description: 'The same key gives the first answer again, for ever', examples: ['pay-1'] })

export const CommandParams = z.strictObject({ companyId: CompanyId })

/** Loose: a request carries many headers that are not ours. */
export const CommandHeaders = z.looseObject({
  'idempotency-key': IdempotencyKey,
  'if-match': z
    .string()
    .regex(/^"(0|[1-9][0-9]{0,17})"$/, 'a revision in quotes, e.g. "7"')
    .optional()
    .meta({ description: "The account's revision, as an earlier ETag said" }),
  'correlation-id': z.string().regex(VISIBLE_ASCII, KEY_RULE).optional(),
})

export const CommandQuery = z.strictObject({
  dryRun: z.enum(['true', 'false']).optional().meta({ description: 'true: answer what would happen, write nothing' }),
})

/** Who asks, under which key, and on what condition. The parts have been checked by the route's schema. */
export const commandContextOf = (request: FastifyRequest, name: string): CommandContext => {
  const { companyId } = request.params as z.infer<typeof CommandParams>
  const headers = request.headers as z.infer<typeof CommandHeaders>
  const { dryRun } = request.query as z.infer<typeof CommandQuery>
  const revision = headers['if-match']
  return {
    companyId,
    commandId: commandIdOf(companyId, name, headers['idempotency-key']),
    requestHash: requestHashOf(request.body),
    correlationId: headers['correlation-id'] ?? request.id,
    causationId: request.id,
    actor: DEVELOPMENT_ACTOR,
    dryRun: dryRun === 'true',
    ...(revision === undefined ? {} : { expectedRevision: BigInt(revision.slice(1, -1)) }),
  }
}

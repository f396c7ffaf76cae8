import { CompanyId, revisionOf } from '@registru/domain'
import { commandIdOf, formerRequestHashOf, requestHashOf } from '@registru/event-store'
import { z } from 'zod'
import { DEVELOPMENT_ACTOR } from '../http/authorise.ts'
import { checkedQuickly } from '../http/zod-app.ts'
import type { CommandContext } from '../ledger/command-context.ts'

const VISIBLE_ASCII = /^[\x21-\x7e]{1,128}$/
const KEY_RULE = '1 to 128 visible ASCII characters'

export const IdempotencyKey = z
  .string(`required: ${KEY_RULE}`)
  .regex(VISIBLE_ASCII, KEY_RULE)
  .meta({ description: 'The same key gives the first answer again, for ever', examples: ['pay-1'] })

export const CommandParams = z.strictObject({ companyId: CompanyId })

const CorrelationId = z
  .string()
  .regex(VISIBLE_ASCII, KEY_RULE)
  .optional()
  .meta({ description: 'Kept with every event of the request; by default an id of the request itself' })

/** Loose: a request carries many headers that are not ours. */
const Headers = z.looseObject({
  'idempotency-key': IdempotencyKey,
  'if-match': z
    .string()
    .regex(/^"(0|[1-9][0-9]{0,17})"$/, 'a revision in quotes, e.g. "7"')
    .optional()
    .meta({ description: "The account's revision, as an earlier ETag said" }),
  'correlation-id': CorrelationId,
})

/** What is said of a single command is said in its item. */
export const BatchHeaders = z.looseObject({ 'correlation-id': CorrelationId })

/** Most requests have the key alone; the others are for the schema. */
export const CommandHeaders = checkedQuickly(
  Headers,
  (headers: { 'idempotency-key'?: unknown; 'if-match'?: unknown; 'correlation-id'?: unknown }) =>
    typeof headers['idempotency-key'] === 'string' &&
    VISIBLE_ASCII.test(headers['idempotency-key']) &&
    headers['if-match'] === undefined &&
    headers['correlation-id'] === undefined,
)

const Query = z.strictObject({
  dryRun: z.enum(['true', 'false']).optional().meta({ description: 'true: answer what would happen, write nothing' }),
})

export const CommandQuery = checkedQuickly(Query, (query) => Object.keys(query).length === 0)

/** The checked parts of a command's request. */
export interface CommandRequest {
  readonly id: string
  readonly params: z.infer<typeof CommandParams>
  readonly headers: z.infer<typeof CommandHeaders>
  readonly query: z.infer<typeof CommandQuery>
  readonly body: unknown
}

export interface KeyedCommand {
  readonly name: string
  readonly idempotencyKey: string
  /** As its schema left it. */
  readonly body: unknown
}

/** Who asks, and under which key. */
export const contextOf = (
  request: Pick<CommandRequest, 'id' | 'params' | 'query'> & { readonly headers: z.infer<typeof BatchHeaders> },
  { name, idempotencyKey, body }: KeyedCommand,
): CommandContext => {
  const { companyId } = request.params
  return {
    companyId,
    commandId: commandIdOf(companyId, name, idempotencyKey),
    requestHash: requestHashOf({ body, actor: DEVELOPMENT_ACTOR }),
    formerRequestHash: () => formerRequestHashOf(body),
    correlationId: request.headers['correlation-id'] ?? request.id,
    causationId: request.id,
    actor: DEVELOPMENT_ACTOR,
    dryRun: request.query.dryRun === 'true',
  }
}

/** Of a command that comes alone: its key, and its condition, stand in the headers. */
export const commandContextOf = (request: CommandRequest, name: string): CommandContext => {
  const { 'idempotency-key': idempotencyKey, 'if-match': revision } = request.headers
  const context = contextOf(request, { name, idempotencyKey, body: request.body })
  return revision === undefined ? context : { ...context, expectedRevision: revisionOf(BigInt(revision.slice(1, -1))) }
}

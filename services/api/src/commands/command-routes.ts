import { type CommandId, Month, PaymentNoticeCode, REJECTION_CODES } from '@registru/domain'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { responsesOf } from '../http/problem-schema.ts'
import { withHeaders } from '../http/response-headers.ts'
import type { ZodApp } from '../http/zod-app.ts'
import { wirePosition } from '../problems/wire-position.ts'
import { answerInTime } from './answer-in-time.ts'
import type { CommandAnswer, CommandDefinition, CommandRouteDependencies } from './command-definition.ts'
import { CommandHeaders, CommandParams, CommandQuery, commandContextOf } from './command-request.ts'
import { type CommandProblemCode, commandKinds } from './problems.ts'

/** What any command may answer besides its own refusals. */
const COMMON_PROBLEMS: readonly CommandProblemCode[] = [
  'MALFORMED_REQUEST',
  'UNAUTHORIZED',
  'COMMAND_TOO_LARGE',
  'CONCURRENT_MODIFICATION',
  'PRECONDITION_FAILED',
  'PAYLOAD_TOO_LARGE',
  'IDEMPOTENCY_KEY_REUSED',
  'OUTCOME_UNKNOWN',
  'OVERLOADED',
  'STORE_DIVERGED',
  'STORE_UNAVAILABLE',
]

const CashWarning = z
  .looseObject({ code: z.string(), limit: z.string(), observed: z.string(), law: z.string() })
  .meta({ description: 'A rule about cash that was broken and let pass' })

const ReceiptWarning = z
  .object({
    code: z.literal('RECEIPT_NOT_ISSUED'),
    reason: z.enum(REJECTION_CODES),
    series: z.string(),
    receiptId: z.string(),
    issuedOn: z.string().optional(),
    lastIssuedOn: z.string().optional().meta({ description: 'Day of the last receipt, when the book refused' }),
    to: z.int().optional().meta({ description: 'End of the range, when the book refused' }),
  })
  .meta({ description: 'The payment is recorded; the receipt that it asked for was refused by its book' })

const VatWarning = z
  .object({
    code: z.literal('VAT_BELONGS_TO_CLOSED_PERIOD'),
    invoiceId: z.string(),
    belongsTo: Month.meta({ description: 'The month whose return should have had the VAT' }),
    collectedOn: z.string(),
    on: z.string().meta({ description: 'The first open day, where it stands instead' }),
    law: z.string(),
  })
  .meta({ description: 'The VAT of the money belongs to a month that is closed' })

const VatLineWarning = z
  .object({
    code: z.literal('VAT_DOES_NOT_FIT_RATE'),
    rate: z.string(),
    base: z.string(),
    vat: z.string(),
    expected: z.string().meta({ description: 'What the rate makes of the base' }),
    currency: z.string(),
  })
  .meta({ description: 'A VAT line is off by more than one minor unit; the paper is registered as it was issued' })

const DerivedVatWarning = z
  .object({
    code: z.literal('CREDIT_NOTE_VAT_DERIVED'),
    vatLines: z.array(z.object({ rate: z.string(), base: z.string(), vat: z.string() })),
    currency: z.string(),
  })
  .meta({ description: 'The credit note named no VAT and its invoice has some: this is what it takes back' })

const DocumentWarning = z
  .object({
    code: z.literal('DOCUMENT_NUMBER_USED'),
    clientId: z.string(),
    kind: z.enum(['INVOICE', 'CREDIT_NOTE']),
    documentId: z.string(),
  })
  .meta({ description: "Another client's paper has the same series, number and year; a policy may refuse it" })

const PaymentWarning = z
  .object({ code: z.literal('PAYMENT_LOOKS_REPEATED'), clientId: z.string(), paymentId: z.string() })
  .meta({ description: 'A payment of the company has the same bank reference, day and amount' })

const NoticeWarning = z
  .object({ code: PaymentNoticeCode, limit: z.string().optional(), law: z.string() })
  .meta({ description: 'The payment is recorded; somebody has to do something about it beside the ledger' })

const NameWarning = z
  .object({
    code: z.literal('NAMED_INVOICE_NOT_OPEN'),
    name: z.string().meta({ description: 'As the payer wrote it, in capitals' }),
    invoiceId: z.string().optional().meta({ description: 'The one invoice that has the name and is not open' }),
  })
  .meta({ description: "The payer's text names an invoice that is not open; what was meant for it stays credit" })

const ClientWarning = z
  .object({ code: z.literal('TAX_ID_USED'), clientId: z.string() })
  .meta({ description: 'Another client of the company has the same fiscal code' })

const RateWarning = z
  .object({
    code: z.literal('EXCHANGE_RATE_CORRECTED'),
    currency: z.string(),
    rate: z.string(),
    replaces: z.string().meta({ description: 'What was known until now; documents that took it keep it' }),
  })
  .meta({ description: 'Another rate of this source, day and currency was known' })

const AnswerSchema = z.object({
  commandId: z.uuid(),
  dryRun: z.literal(true).optional(),
  stream: z.string(),
  revision: z.int(),
  position: z.string().optional().meta({ description: 'Give it to a query as minPosition to read your own write' }),
  events: z.array(z.object({ type: z.string(), eventId: z.uuid(), revision: z.int(), data: z.looseObject({}) })),
  result: z.looseObject({}),
  warnings: z
    .array(
      z.union([
        CashWarning,
        ReceiptWarning,
        VatWarning,
        VatLineWarning,
        DerivedVatWarning,
        DocumentWarning,
        PaymentWarning,
        NoticeWarning,
        NameWarning,
        ClientWarning,
        RateWarning,
      ]),
    )
    .optional()
    .meta({ description: 'What the caller has to know of though the command was carried out' }),
})

/** A repeated command gets the bytes of the first answer, so nothing here tells of the moment. */
export const answerBody = (
  commandId: CommandId,
  answer: CommandAnswer,
  { dryRun, generation }: { readonly dryRun: boolean; readonly generation: number },
): object => ({
  commandId,
  ...(dryRun && !answer.replayed ? { dryRun: true } : {}),
  stream: answer.stream,
  revision: Number(answer.revision),
  ...(answer.position === undefined ? {} : { position: wirePosition(answer.position, generation) }),
  events: answer.events.map(({ type, eventId, revision, data }) => ({
    type,
    eventId,
    revision: Number(revision),
    data,
  })),
  result: answer.result,
  ...(answer.warnings === undefined ? {} : { warnings: answer.warnings }),
})

/** 201 for what was written now; 200 for a first answer given again, a dry run, and what had been so already. */
const send = (
  reply: FastifyReply,
  commandId: CommandId,
  answer: CommandAnswer,
  how: { readonly dryRun: boolean; readonly generation: number },
): FastifyReply => {
  void reply.header('ETag', `"${answer.revision}"`)
  if (answer.position !== undefined) {
    void reply.header('Registru-Position', wirePosition(answer.position, how.generation))
  }
  if (answer.replayed) void reply.header('Idempotency-Replayed', 'true')
  const written = !answer.replayed && answer.position !== undefined
  return reply.code(written ? 201 : 200).send(answerBody(commandId, answer, how))
}

const refusals = (codes: readonly CommandProblemCode[]): string =>
  codes.map((code) => `- \`${code}\` (${commandKinds[code].status}): ${commandKinds[code].title}`).join('\n')

/** One route a command. A route builds a command and returns; no rule lives in it. */
export const commandRoutes = (
  app: ZodApp,
  definitions: readonly CommandDefinition[],
  dependencies: CommandRouteDependencies,
): void => {
  for (const { name, summary, description, schema, example, result, rejections, execute } of definitions) {
    const Answer = AnswerSchema.extend({ result }).meta({ id: `${name}Answer` })
    app.post(
      `/v1/companies/:companyId/commands/${name}`,
      {
        schema: {
          tags: ['commands'],
          operationId: name,
          summary,
          description: `${description}\n\nRefused with:\n${refusals(rejections)}`,
          params: CommandParams,
          querystring: CommandQuery,
          headers: CommandHeaders,
          body: schema.meta({ examples: [example] }),
          response: {
            201: withHeaders(Answer, 'ETag', 'Registru-Position'),
            200: withHeaders(Answer, 'ETag', 'Registru-Position', 'Idempotency-Replayed'),
            ...responsesOf(commandKinds, [...rejections, ...COMMON_PROBLEMS]),
          },
        },
      },
      async (request, reply) => {
        const context = commandContextOf(request, name)
        // Before: what was carried out is not to be answered with a store that is away.
        const generation = await dependencies.generations.present()
        const answer = await answerInTime(context.commandId, execute(request.body, context, dependencies))
        return send(reply, context.commandId, answer, { dryRun: context.dryRun, generation })
      },
    )
  }
}

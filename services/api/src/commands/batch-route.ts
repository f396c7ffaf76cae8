import { Readable } from 'node:stream'
import * as examples from '@registru/domain/examples'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { parse as parseJson } from 'secure-json-parse'
import { z } from 'zod'
import { type Line, linesOf } from '../http/lines.ts'
import { MalformedRequest, parse } from '../http/malformed-request.ts'
import { NDJSON } from '../http/media-types.ts'
import { responsesOf } from '../http/problem-schema.ts'
import { type Problems, problemOf } from '../http/problems.ts'
import type { ZodApp } from '../http/zod-app.ts'
import type { CommandContext } from '../ledger/command-context.ts'
import { GroupRefused } from '../ledger/errors.ts'
import { answerInTime } from './answer-in-time.ts'
import { carryOutAtomically } from './atomic-batch.ts'
import { accountKey, inOrder } from './batch-order.ts'
import type {
  CommandAnswer,
  CommandDefinition,
  CommandDependencies,
  CommandRouteDependencies,
} from './command-definition.ts'
import {
  BatchHeaders,
  CommandParams,
  CommandQuery,
  type CommandRequest,
  contextOf,
  IdempotencyKey,
} from './command-request.ts'
import { answerBody } from './command-routes.ts'
import { commandKinds } from './problems.ts'

/** Of a JSON array; a stream of lines has no end that we ask for. */
const COMMANDS_MAX = 1_000
const BODY_BYTES_MAX = 1024 * 1024
/** As large as the body of a single command may be, and its envelope. */
const LINE_BYTES_MAX = 65 * 1024
/** What one append holds. */
const ATOMIC_COMMANDS_MAX = 200
/** A stream that neither side moves for so long is ended; what was begun is carried out. */
const STREAM_IDLE_MS = 60_000

/** What the examples of single commands go on with: a second client and invoice, and money that is still on its way. */
const EXAMPLE = [
  {
    command: 'RegisterClient',
    idempotencyKey: 'beta',
    data: examples.registerClient({ clientId: 'beta', name: 'Beta SRL', taxId: '1590082' }),
  },
  {
    command: 'RegisterInvoice',
    idempotencyKey: 'inv-1025',
    data: examples.registerInvoice({
      invoiceId: 'inv-1025',
      number: '1025',
      issuedOn: '2026-10-15',
      dueOn: '2026-11-14',
      total: examples.ron('605.00'),
      vatLines: [{ rate: '21', base: '500.00', vat: '105.00' }],
    }),
  },
  {
    command: 'RecordPayment',
    idempotencyKey: 'pay-3',
    data: {
      clientId: 'alfa',
      paymentId: 'pay-3',
      amount: examples.ron('300.00'),
      method: 'CARD_POS',
      receivedOn: '2026-11-02',
      allocation: { rule: 'explicit', items: [{ invoiceId: 'inv-1025', amount: '300.00' }] },
    },
  },
]

const Item = z.strictObject({
  command: z.string().meta({ description: 'Name of the command', examples: ['RegisterClient'] }),
  idempotencyKey: IdempotencyKey,
  data: z.unknown().meta({ description: "The command's data, as its own route takes it" }),
})
type Item = z.infer<typeof Item>

const Result = z
  .object({
    line: z.int().optional().meta({ description: 'Of NDJSON: the line of the command, from 1' }),
    status: z.int(),
    replayed: z.literal(true).optional(),
    body: z.looseObject({}).meta({ description: 'What the route of the command would have answered' }),
  })
  .meta({ id: 'BatchResult' })
const Results = z.object({ results: z.array(Result) }).meta({ id: 'BatchAnswer' })

const Mode = z.enum(['continue', 'atomic']).optional().meta({
  description:
    'continue (default): each command stands or falls alone. atomic: commands of one account, all by one append or none',
})

/** A line or an element of the array: a command, or what is wrong with it. */
type ReadItem = { readonly line?: number } & ({ readonly item: Item } | { readonly error: unknown })

const LINE_RULES = { tooLong: `at most ${LINE_BYTES_MAX} bytes`, notUtf8: 'UTF-8' }

const accountIn = (data: unknown): string | undefined =>
  typeof data === 'object' && data !== null && 'clientId' in data && typeof data.clientId === 'string'
    ? data.clientId
    : undefined

/** An account, and what else the command writes to. What names no account may be about any: an annulment frees a payment. */
const keysOf = ({ alsoOn }: CommandDefinition, data: unknown): readonly string[] | undefined => {
  const account = accountIn(data)
  if (account === undefined) return undefined
  return [accountKey(account), ...(alsoOn?.(data) ?? [])]
}

type BatchRequest = Omit<CommandRequest, 'headers'> &
  Pick<FastifyRequest, 'log' | 'url'> & { readonly headers: z.infer<typeof BatchHeaders> }

/** What is said of a single command is said in its item. */
const ITEM_HEADERS = { 'if-match': 'not for a batch', 'idempotency-key': 'not for a batch: each command has its own' }

/** @throws MalformedRequest rather than ignore a condition that the caller relies on */
const requireNoItemHeaders = ({ headers }: FastifyRequest): void => {
  const given = Object.entries(ITEM_HEADERS).filter(([name]) => headers[name] !== undefined)
  if (given.length > 0) throw new MalformedRequest(given.map(([name, rule]) => ({ path: `/headers/${name}`, rule })))
}

/**
 * Many commands in one request. Each has its own key, so a batch that broke off is simply sent again: so it does when the
 * process `isStopping`, after the lines that it has begun.
 */
export const batchRoute = (
  app: ZodApp,
  definitions: readonly CommandDefinition[],
  dependencies: CommandRouteDependencies,
  { tell }: Problems,
  isStopping: () => boolean,
): void => {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]))
  const KnownItem = Item.extend({ command: z.enum(definitions.map(({ name }) => name)) })
  const Batch = z.array(KnownItem).min(1).max(COMMANDS_MAX)

  const readLine = ({ number: line, text, broken }: Line): ReadItem => {
    try {
      if (broken !== undefined) throw new MalformedRequest([{ path: '', rule: LINE_RULES[broken] }])
      let value: unknown
      try {
        value = parseJson(text)
      } catch {
        throw new MalformedRequest([{ path: '', rule: 'valid JSON' }])
      }
      return { line, item: parse(KnownItem, value) }
    } catch (error) {
      return { line, error }
    }
  }

  const problemIn = (request: BatchRequest, error: unknown) => {
    const occurrence = tell(error)
    if (occurrence.isOurs === true) request.log.error({ err: error }, 'a command of a batch failed')
    return problemOf(occurrence, request)
  }

  /** @throws MalformedRequest when the data breaks the command's schema */
  const prepare = (request: BatchRequest, { command: name, idempotencyKey, data }: Item) => {
    const definition = byName.get(name)
    if (definition === undefined) throw new Error(`no command ${name}`)
    const body = parse(definition.schema, data)
    const context = contextOf(request, { name, idempotencyKey, body })
    const execute = (given: CommandDependencies) => definition.execute(body, context, given)
    return { context, execute, keys: keysOf(definition, body) }
  }

  const resultOf = ({ commandId, dryRun }: CommandContext, answer: CommandAnswer, generation: number) => ({
    status: !answer.replayed && answer.position !== undefined ? 201 : 200,
    ...(answer.replayed ? { replayed: true } : {}),
    body: answerBody(commandId, answer, { dryRun, generation }),
  })

  /** An item that is ready to be carried out, or what is wrong with it: that concerns no other item. */
  const prepareInOrder = (request: BatchRequest, read: ReadItem) => {
    const place = read.line === undefined ? {} : { line: read.line }
    try {
      if ('error' in read) throw read.error
      const prepared = prepare(request, read.item)
      return { place, keys: prepared.keys, prepared }
    } catch (error) {
      return { place, keys: [], error }
    }
  }
  type InOrder = ReturnType<typeof prepareInOrder>

  const carryOut = async (request: BatchRequest, { place, ...item }: InOrder) => {
    try {
      if (item.prepared === undefined) throw item.error
      const { context, execute } = item.prepared
      const generation = await dependencies.generations.present()
      const answer = await answerInTime(context.commandId, execute(dependencies))
      return { ...place, ...resultOf(context, answer, generation) }
    } catch (error) {
      const problem = problemIn(request, error)
      return { ...place, status: problem.status, body: problem }
    }
  }

  const results = (request: BatchRequest, items: AsyncIterable<ReadItem> | Iterable<ReadItem>) => {
    async function* prepared() {
      for await (const read of items) yield prepareInOrder(request, read)
    }
    return inOrder(prepared(), (item) => carryOut(request, item))
  }

  /** @throws GroupRefused naming the item, MalformedRequest */
  const carryOutWhole = async (request: BatchRequest, items: readonly ReadItem[]): Promise<readonly object[]> => {
    if (items.length > ATOMIC_COMMANDS_MAX) {
      throw new MalformedRequest([{ path: '', rule: `at most ${ATOMIC_COMMANDS_MAX} commands in an atomic batch` }])
    }
    const prepared = items.map((read, index) => {
      try {
        if ('error' in read) throw read.error
        return prepare(request, read.item)
      } catch (error) {
        throw new GroupRefused(index, error)
      }
    })
    const ids = new Set(prepared.map(({ context }) => context.commandId))
    if (ids.size < prepared.length) {
      throw new MalformedRequest([{ path: '', rule: 'each command of an atomic batch has a key of its own' }])
    }
    const first = prepared[0]
    if (first === undefined) throw new MalformedRequest([{ path: '', rule: 'at least one command' }])
    const generation = await dependencies.generations.present()
    const answers = await answerInTime(
      first.context.commandId,
      carryOutAtomically(
        prepared.map(({ execute }) => execute),
        dependencies,
      ),
    )
    return prepared.flatMap(({ context }, index) => {
      const answer = answers[index]
      return answer === undefined ? [] : [resultOf(context, answer, generation)]
    })
  }

  async function* asLines(values: AsyncIterable<object> | Iterable<object>) {
    for await (const value of values) yield `${JSON.stringify(value)}\n`
  }

  const isBody = (body: unknown): body is Readable => body instanceof Readable

  async function* readLines(body: Readable): AsyncGenerator<ReadItem, void> {
    for await (const line of linesOf(body, LINE_BYTES_MAX)) {
      if (isStopping()) return
      yield readLine(line)
    }
  }

  const readAll = async (body: Readable): Promise<readonly ReadItem[]> => {
    const items: ReadItem[] = []
    for await (const item of readLines(body)) {
      items.push(item)
      if (items.length > ATOMIC_COMMANDS_MAX) break
    }
    return items
  }

  const stream = (reply: FastifyReply, values: AsyncIterable<object> | Iterable<object>) => {
    void reply.type(NDJSON)
    return reply.send(Readable.from(asLines(values)))
  }

  // The lines are read as they are carried out, so the body goes through as the stream that it is.
  app.addContentTypeParser(NDJSON, (_request, payload, done) => done(null, payload))

  app.post(
    '/v1/companies/:companyId/commands',
    {
      bodyLimit: BODY_BYTES_MAX,
      schema: {
        tags: ['commands'],
        operationId: 'Batch',
        summary: 'Carry out many commands',
        description: [
          'A JSON array, or NDJSON with one command a line. Each has its own key; the results come in the order of the commands.',
          '`mode=continue`: a refused one does not stop the others. Commands of one account follow each other, and so do those',
          'that ask for a receipt of one book or move credit to one account; others go side by side. One that names no account waits for all before it.',
          'NDJSON is answered as NDJSON, a result a line, while the lines are still coming: any number of them.',
          `\`mode=atomic\`: at most ${ATOMIC_COMMANDS_MAX} commands of one account, without receipts and transfers, written by one append or not at all;`,
          'each is decided on what those before it did. A refusal names the item.',
          '`Idempotency-Key` and `If-Match` are refused here: each command has its own key, and a condition is for one command.',
          'A dry run of `continue` asks about each command alone; one of `atomic` about all of them together.',
        ].join('\n'),
        consumes: ['application/json', NDJSON],
        params: CommandParams,
        headers: BatchHeaders,
        querystring: CommandQuery.extend({ mode: Mode }),
        // An array is checked below: a choice between it and a stream could not say which element is wrong.
        body: z.unknown().meta({
          description: 'An array of commands (application/json), or one command a line (application/x-ndjson)',
          examples: [EXAMPLE],
        }),
        response: {
          200: {
            description:
              'The results in the order of the commands; NDJSON when the commands came so, or `Accept` asks for it',
            content: { 'application/json': { schema: Results }, [NDJSON]: { schema: Result } },
          },
          ...responsesOf(commandKinds, [
            'MALFORMED_REQUEST',
            'UNAUTHORIZED',
            'PAYLOAD_TOO_LARGE',
            'BATCH_SPANS_STREAMS',
            'COMMAND_TOO_LARGE',
            'OUTCOME_UNKNOWN',
          ]),
        },
      },
    },
    async (request, reply) => {
      requireNoItemHeaders(request)
      const body = isBody(request.body) ? request.body : parse(Batch, request.body)
      if (isBody(body)) request.raw.setTimeout(STREAM_IDLE_MS)
      const answersLines = isBody(body) || request.headers.accept?.includes(NDJSON) === true
      if (request.query.mode === 'atomic') {
        const items = isBody(body) ? await readAll(body) : body.map((item) => ({ item }))
        const whole = await carryOutWhole(request, items)
        return answersLines ? stream(reply, whole) : { results: whole }
      }
      const items = isBody(body) ? readLines(body) : body.map((item) => ({ item }))
      const each = results(request, items)
      if (answersLines) return stream(reply, each)
      const all: object[] = []
      for await (const result of each) all.push(result)
      return { results: all }
    },
  )
}

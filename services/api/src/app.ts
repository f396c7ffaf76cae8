import { randomUUID } from 'node:crypto'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { EventStore } from '@registru/event-store'
import type { Logger } from '@registru/runtime'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { showClockAhead } from './clock-ahead.ts'
import { batchRoute } from './commands/batch-route.ts'
import type { CommandDependencies } from './commands/command-definition.ts'
import { commandRoutes } from './commands/command-routes.ts'
import { commandProblems } from './commands/problems.ts'
import { commandDefinitions } from './commands/registry.ts'
import { healthRoutes } from './health.ts'
import { authorise } from './http/authorise.ts'
import { limitBodies } from './http/body-timeout.ts'
import { edgeProblems } from './http/edge-problems.ts'
import { answerWithProblems, badUrlAnswer } from './http/error-handler.ts'
import { readJsonBodies } from './http/json-bodies.ts'
import { openApi, tidyDocument, uiConfig } from './http/openapi.ts'
import { nameCodes } from './http/problem-schema.ts'
import { composeProblems } from './http/problems.ts'
import { sendSecurityHeaders } from './http/security-headers.ts'
import { checkWithZod } from './http/zod-app.ts'
import type { SnapshotCounts } from './ledger/snapshots.ts'
import { measureRequests, metricsRoute, showDifferences, showSnapshots } from './metrics.ts'
import { rejectionProblems } from './problems/rejections.ts'
import { storeProblems } from './problems/store.ts'
import { FIRST_GENERATION, type Generations } from './problems/wire-position.ts'
import { showProgress } from './progress.ts'
import { commandOutcomeRoute } from './queries/command-outcome-route.ts'
import { createCursors } from './queries/cursor.ts'
import { eventRoutes } from './queries/event-routes.ts'
import { queryProblems } from './queries/problems.ts'
import { queryRoutes } from './queries/query-routes.ts'
import type { ReadSide } from './queries/read-side.ts'
import type { StepProcess } from './steps/step-process.ts'

/** A command is small; what is larger is a mistake or an attack. */
const BODY_BYTES_MAX = 64 * 1024
/** The longest id, percent-encoded. */
const PARAM_CHARACTERS_MAX = 256
/** Until a body is whole, unless it is a stream that is worked on as it comes. */
const BODY_TIMEOUT_MS = 10_000
const HEADER_BYTES_MAX = 16 * 1024
/** A little more than the longest that a command or a query takes. */
const CLOSE_WITHIN_MS = 6_000

export interface AppOptions extends CommandDependencies {
  readonly store: Pick<EventStore, 'ping' | 'head' | 'readStream' | 'readAll' | 'subscribeToAll' | 'appendHealth'>
  /** What finishes receipts, transfers, identifications, reversals and merges in this process; `undefined`: nothing does. */
  readonly stepProcess?: Pick<StepProcess, 'status' | 'typePrefixes'> | undefined
  readonly readSide: ReadSide
  /** Absent: the log was never imported. */
  readonly generations?: Generations
  /** Shown among the metrics. */
  readonly snapshotCounts?: Readonly<SnapshotCounts>
  /** The one token that opens every route but health and documentation. */
  readonly token: string
  readonly logger: Logger
  readonly today: () => string
  readonly now: () => Date
}

const problems = composeProblems([edgeProblems, storeProblems, rejectionProblems, commandProblems, queryProblems])

/** Routes that answer without a token; they tell nothing of any company. */
const isOpen = (route: string): boolean =>
  route === '/livez' || route === '/readyz' || route === '/openapi.json' || route.startsWith('/docs')

/** The whole API: everything that it answers is listed here. */
export const buildApp = async (options: AppOptions): Promise<FastifyInstance> => {
  const {
    ledger,
    receipts,
    transfers,
    identifications,
    reversals,
    merges,
    stepProcess,
    store,
    readSide,
    snapshotCounts,
    token,
    logger,
    today,
    now,
  } = options
  const { generations = FIRST_GENERATION } = options
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { maxParamLength: PARAM_CHARACTERS_MAX },
    // Node's own limit knows no exception for streams: `limitBodies` has ours.
    requestTimeout: 0,
    http: { maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: BODY_TIMEOUT_MS },
    genReqId: () => randomUUID(),
    exposeHeadRoutes: false,
    frameworkErrors: badUrlAnswer(problems),
  })
  // Whatever is no JSON is refused as such, rather than as JSON that is no object.
  app.removeContentTypeParser('text/plain')
  readJsonBodies(app)

  // One line a request: the route, never the values in it.
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'no route'
    const ms = Math.round(reply.elapsedTime * 10) / 10
    request.log.info({ method: request.method, route, status: reply.statusCode, ms }, 'request')
    done()
  })
  let stopping = false
  app.addHook('preClose', (done) => {
    stopping = true
    // By then every answer is given; what is left never asked anything, or does not take its answer.
    setTimeout(() => app.server.closeAllConnections(), CLOSE_WITHIN_MS).unref()
    done()
  })
  // A caller that keeps its connection would keep us from ending.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (stopping) void reply.header('Connection', 'close')
    done()
  })

  sendSecurityHeaders(app)
  authorise(app, token, isOpen)
  limitBodies(app, BODY_TIMEOUT_MS)
  answerWithProblems(app, problems)
  const metrics = measureRequests(app)
  showProgress(metrics, { store, readSide, stepProcess })
  showDifferences(metrics, readSide.differences)
  showClockAhead(metrics, { readSide, now })
  if (snapshotCounts !== undefined) showSnapshots(metrics.registry, snapshotCounts)
  await app.register(swagger, {
    openapi: openApi,
    transform: jsonSchemaTransform,
    transformObject: (document) => tidyDocument(nameCodes(jsonSchemaTransformObject(document), problems.kinds)),
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, uiConfig })

  const cursors = createCursors(token)
  // Only this scope speaks zod: plugins keep the compilers that they were written for.
  await app.register(async (scope) => {
    const api = checkWithZod(scope)
    healthRoutes(api, { store, readSide, stepProcess, generations, isStopping: () => stopping })
    const commands = { ledger, receipts, transfers, identifications, reversals, merges, generations }
    commandRoutes(api, commandDefinitions, commands)
    batchRoute(api, commandDefinitions, commands, problems, () => stopping)
    const queries = { readSide, generations, today, now, store, cursors }
    queryRoutes(api, queries)
    commandOutcomeRoute(api, { readSide, generations })
    eventRoutes(api, queries)
    metricsRoute(api, metrics)
    scope.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  })
  return app
}

import { Counter, createMetrics, Gauge, Histogram, type Registry } from '@registru/runtime'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { ProblemSchema } from './http/problem-schema.ts'
import type { ZodApp } from './http/zod-app.ts'
import type { SnapshotCounts } from './ledger/snapshots.ts'
import { TieOutFailed } from './queries/tie-out.ts'

/** From a cached command to one that waits for a store that is away. */
const BUCKETS_S = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]
const MS_PER_S = 1_000

export interface RequestMetrics {
  readonly registry: Registry
  readonly contentType: string
  /** Run before the numbers are given out: what is asked elsewhere is asked once, for all of them. */
  readonly beforeText: (() => Promise<void>)[]
  readonly text: () => Promise<string>
}

/** Times every request by route and status: routes, never the values in them. */
export const measureRequests = (app: FastifyInstance): RequestMetrics => {
  const registry = createMetrics('api')
  const durations = new Histogram({
    name: 'registru_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS_S,
    registers: [registry],
  })
  app.addHook('onResponse', (request, reply, done) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? 'no route', status: reply.statusCode }
    durations.observe(labels, reply.elapsedTime / MS_PER_S)
    done()
  })
  const untied = new Counter({
    name: 'registru_tie_out_failures_total',
    help: 'Answers withheld because the read models did not agree: none, or somebody has to look',
    registers: [registry],
  })
  app.addHook('onError', (_request, _reply, error, done) => {
    if (error instanceof TieOutFailed) untied.inc()
    done()
  })
  const beforeText: (() => Promise<void>)[] = []
  const text = async (): Promise<string> => {
    await Promise.all(beforeText.map((refresh) => refresh()))
    return registry.metrics()
  }
  return { registry, contentType: registry.contentType, beforeText, text }
}

/** Shows what the check of the books has found. */
export const showDifferences = (
  { registry, beforeText }: Pick<RequestMetrics, 'registry' | 'beforeText'>,
  differences: () => Promise<number>,
): void => {
  const gauge = new Gauge({
    name: 'registru_book_differences',
    help: 'Rows of read models that differ from what another table says: none, or somebody has to look; doctor names them',
    registers: [registry],
  })
  beforeText.push(async () => {
    // Without Postgres nothing is known: a number of an hour ago would say otherwise.
    gauge.set(await differences().catch(() => Number.NaN))
  })
}

/** Shows what the snapshots did since the start, as they count it themselves. */
export const showSnapshots = (registry: Registry, counts: Readonly<SnapshotCounts>): void => {
  const gauge = new Gauge({
    name: 'registru_snapshots',
    help: 'Snapshots since the start: hits, misses, ignored, written, unavailable, verified, wrong',
    labelNames: ['what'],
    registers: [registry],
    collect: () => {
      for (const [what, count] of Object.entries(counts)) gauge.set({ what }, count)
    },
  })
}

export const metricsRoute = (app: ZodApp, { contentType, text }: RequestMetrics): void => {
  app.get(
    '/metrics',
    {
      schema: {
        tags: ['health'],
        operationId: 'readMetrics',
        summary: 'How long requests take, for Prometheus',
        response: { 200: z.string(), 401: ProblemSchema },
      },
    },
    async (_request, reply) =>
      reply
        .type(contentType)
        .serializer(String)
        .send(await text()),
  )
}

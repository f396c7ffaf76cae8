import { createMetrics, Histogram } from '@registru/runtime'
import type { FastifyInstance } from 'fastify'

/** From a cached command to one that waits for a store that is away. */
const BUCKETS_S = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]
const MS_PER_S = 1_000

/** How long requests take, by route and status, in the format of Prometheus. Routes, never the values in them. */
export const metricsRoute = (app: FastifyInstance): void => {
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
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  )
}

import type { EventStore } from '@registru/event-store'
import { z } from 'zod'
import type { ZodApp } from './http/zod-app.ts'
import type { ReadSide } from './queries/read-side.ts'

/** A part that does not answer in this time counts as down. */
const PROBE_TIMEOUT_MS = 1_000

export interface HealthDependencies {
  readonly store: Pick<EventStore, 'ping'>
  readonly readSide: Pick<ReadSide, 'ping'>
  readonly isStopping: () => boolean
}

const isUp = (probe: Promise<unknown>): Promise<'up' | 'down'> =>
  probe.then(
    () => 'up',
    () => 'down',
  )

/** `livez`: the process runs. `readyz`: it can serve; a part that is down is named. */
export const healthRoutes = (app: ZodApp, { store, readSide, isStopping }: HealthDependencies): void => {
  const Health = z.object({ status: z.string(), parts: z.record(z.string(), z.string()).optional() })

  app.get(
    '/livez',
    { schema: { tags: ['health'], summary: 'The process runs', security: [], response: { 200: Health } } },
    () => ({ status: 'ok' }),
  )

  app.get(
    '/readyz',
    {
      schema: { tags: ['health'], summary: 'Every part answers', security: [], response: { 200: Health, 503: Health } },
    },
    async (_request, reply) => {
      const [eventStore, postgres] = await Promise.all([
        isUp(store.ping(PROBE_TIMEOUT_MS)),
        isUp(readSide.ping(PROBE_TIMEOUT_MS)),
      ])
      const parts = { 'event-store': eventStore, postgres, api: isStopping() ? 'stopping' : 'up' }
      const ready = Object.values(parts).every((state) => state === 'up')
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', parts })
    },
  )
}

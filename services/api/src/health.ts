import { setTimeout as sleep } from 'node:timers/promises'
import type { EventStore } from '@registru/event-store'
import { z } from 'zod'
import { ProblemSchema } from './http/problem-schema.ts'
import type { ZodApp } from './http/zod-app.ts'
import { findProgress, type ProgressDependencies } from './progress.ts'
import type { ReadSide } from './queries/read-side.ts'

/** A part that does not answer in this time counts as down. */
const PROBE_TIMEOUT_MS = 1_000

export interface HealthDependencies extends ProgressDependencies {
  readonly store: Pick<EventStore, 'ping' | 'head'>
  readonly readSide: Pick<ReadSide, 'ping' | 'projectorState' | 'progress'>
  readonly isStopping: () => boolean
}

/** Queries answer in these, though perhaps not with the newest; in any other they stand still until somebody acts. */
const WORKING = new Set(['starting', 'catchingUp', 'live', 'waiting'])

const isUp = (probe: Promise<unknown>): Promise<'up' | 'down'> =>
  probe.then(
    () => 'up',
    () => 'down',
  )

/** `livez`: the process runs. `readyz`: it can serve; a part that is down is named. */
export const healthRoutes = (app: ZodApp, dependencies: HealthDependencies): void => {
  const { store, readSide, receiptProcess, isStopping } = dependencies
  const Health = z.object({
    status: z.string(),
    parts: z.record(z.string(), z.string()).optional(),
    progress: z
      .looseObject({})
      .optional()
      .meta({ description: 'Where the log ends, and how far the read models and the receipts have come' }),
  })

  const projectorState = async (): Promise<string> => {
    const state = await Promise.race([
      readSide.projectorState(),
      sleep(PROBE_TIMEOUT_MS, 'unknown', { ref: false }),
    ]).catch(() => 'unknown')
    if (state === undefined) return 'never started'
    return WORKING.has(state) ? 'up' : state
  }

  app.get(
    '/livez',
    {
      schema: {
        tags: ['health'],
        operationId: 'isAlive',
        summary: 'The process runs',
        security: [],
        response: { 200: Health, '4xx': ProblemSchema },
      },
    },
    () => ({ status: 'ok' }),
  )

  app.get(
    '/readyz',
    {
      schema: {
        tags: ['health'],
        operationId: 'isReady',
        summary: 'Every part answers',
        security: [],
        response: { 200: Health, 503: Health, '4xx': ProblemSchema },
      },
    },
    async (_request, reply) => {
      const [eventStore, postgres, projector, progress] = await Promise.all([
        isUp(store.ping(PROBE_TIMEOUT_MS)),
        isUp(readSide.ping(PROBE_TIMEOUT_MS)),
        projectorState(),
        findProgress(dependencies),
      ])
      const receipts = receiptProcess?.status().state === 'diverged' ? 'diverged' : 'up'
      const api = isStopping() ? 'stopping' : 'up'
      const parts = { 'event-store': eventStore, postgres, projector, receipts, api }
      const ready = Object.values(parts).every((state) => state === 'up')
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', parts, progress })
    },
  )
}

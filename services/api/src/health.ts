import { setTimeout as sleep } from 'node:timers/promises'
import type { Position } from '@registru/domain'
import type { EventStore } from '@registru/event-store'
import { z } from 'zod'
import { ProblemSchema } from './http/problem-schema.ts'
import type { ZodApp } from './http/zod-app.ts'
import { type Generations, wirePosition } from './problems/wire-position.ts'
import { type Follower, findProgress, inTime, type Progress, type ProgressDependencies } from './progress.ts'
import type { ReadSide } from './queries/read-side.ts'

/** A part that does not answer in this time counts as down. */
const PROBE_TIMEOUT_MS = 1_000

export interface HealthDependencies extends ProgressDependencies {
  readonly store: Pick<EventStore, 'ping' | 'head' | 'subscribeToAll' | 'appendHealth'>
  readonly readSide: Pick<ReadSide, 'ping' | 'projectorState' | 'progress'>
  readonly generations: Pick<Generations, 'present'>
  readonly isStopping: () => boolean
}

/** Queries answer in these, though perhaps not with the newest; in any other they stand still until somebody acts. */
const WORKING = new Set(['starting', 'catchingUp', 'live', 'waiting'])

interface PartState {
  readonly state: string
  readonly reason?: string | undefined
}

const UP: PartState = { state: 'up' }

const isUp = (probe: Promise<unknown>): Promise<'up' | 'down'> =>
  probe.then(
    () => 'up',
    () => 'down',
  )

/** As callers see and give positions; `-1` of who has read nothing yet. */
const onWire = ({ head, readModels, receipts }: Progress, generation: number) => {
  const written = (position: Position): string => (position < 0n ? '-1' : wirePosition(position, generation))
  const told = <Of extends Follower>(of: Of) => ({ ...of, position: written(of.position) })
  return {
    ...(head !== undefined && { head: written(head) }),
    ...(readModels !== undefined && { readModels: told(readModels) }),
    ...(receipts !== undefined && { receipts: told(receipts) }),
  }
}

/** `livez`: the process runs. `readyz`: it can serve; a part that is down is named. */
export const healthRoutes = (app: ZodApp, dependencies: HealthDependencies): void => {
  const { store, readSide, stepProcess, generations, isStopping } = dependencies
  const Health = z.object({
    status: z.string(),
    parts: z.record(z.string(), z.string()).optional(),
    reasons: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'Why a part is not up, where it is known' }),
    progress: z
      .looseObject({})
      .optional()
      .meta({ description: 'Where the log ends, and how far the read models and the receipts have come' }),
  })

  const projectorState = async (): Promise<PartState> => {
    const said = await Promise.race([
      readSide.projectorState(),
      sleep(PROBE_TIMEOUT_MS, { state: 'unknown' }, { ref: false }),
    ]).catch(() => ({ state: 'unknown' }))
    if (said === undefined) return { state: 'never started' }
    return WORKING.has(said.state) ? UP : said
  }
  /** A store that has lost its quorum answers every ping; whether it takes commands only commands can tell. */
  const commandsState = (): PartState => {
    const { state, reason } = store.appendHealth()
    return state === 'suspended' ? { state: 'refused', reason } : UP
  }
  /** Nothing is told in positions of a log that nobody can name. */
  const progressOnWire = async () => {
    const [progress, generation] = await Promise.all([findProgress(dependencies), inTime(generations.present())])
    return generation === undefined ? {} : onWire(progress, generation)
  }
  const receiptsState = (): PartState => {
    const status = stepProcess?.status()
    return status?.state === 'diverged' ? status : UP
  }

  app.get(
    '/livez',
    {
      exposeHeadRoute: true,
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
      exposeHeadRoute: true,
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
        progressOnWire(),
      ])
      const states: Readonly<Record<string, PartState>> = {
        'event-store': { state: eventStore },
        commands: commandsState(),
        postgres: { state: postgres },
        projector,
        receipts: receiptsState(),
        api: { state: isStopping() ? 'stopping' : 'up' },
      }
      const entries = Object.entries(states)
      const parts = Object.fromEntries(entries.map(([part, { state }]) => [part, state]))
      const known = entries.flatMap(([part, { reason }]) => (reason === undefined ? [] : [[part, reason] as const]))
      const ready = entries.every(([, { state }]) => state === 'up')
      return reply.code(ready ? 200 : 503).send({
        status: ready ? 'ready' : 'not ready',
        parts,
        ...(known.length > 0 && { reasons: Object.fromEntries(known) }),
        progress,
      })
    },
  )
}

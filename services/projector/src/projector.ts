import { setTimeout as sleep } from 'node:timers/promises'
import { BEFORE_THE_LOG, type Position } from '@registru/domain'
import { type EventStore, StoreDiverged, StoreMisconfigured, StoreUnavailable } from '@registru/event-store'
import {
  allProjections,
  ensureSchemas,
  Fenced,
  findGenerationsToWrite,
  type InUse,
  listCheckpoints,
  listInUse,
  type Projection,
  ReadersAtWork,
  schemaOf,
  switchReadViews,
} from '@registru/projections'
import { isRetryable, isTimedOut, type Logger, type Pool, type PoolClient } from '@registru/runtime'
import { type Connections, withConnections } from './connections.ts'
import { createClockAlarm, createLedgerClock, type LedgerClock } from './ledger-clock.ts'
import { createPace } from './pace.ts'
import { Poison } from './poison.ts'
import { mustBeTheSameStore } from './same-store.ts'
import { runSession } from './session.ts'
import type { ProjectorState, ProjectorStatus } from './status.ts'
import { createStatusReport } from './status-report.ts'

/** Another projector has taken over: the supervisor may start this one again as a standby. */
export const EXIT_FENCED = 7
/** The event store is not the one that the read models come from: only a person can say what to do. */
export const EXIT_DIVERGED = 78

/** Any number will do as long as all projectors use the same. The lock saves wasted work; correctness never needs it. */
const PROJECTOR_LOCK = 7_310_002
const STANDBY_POLL_MS = 1_000
const READERS_PAUSE_MS = 1_000

/** After each failure in a row; the last one again and again. */
const BACKOFF_MS = [200, 1_000, 5_000] as const
/** What stops every statement at its time-out, such as somebody's lock, is seldom gone a second later. */
const STALLED_PAUSE_MS = 30_000

export interface ProjectorOptions {
  /** Five connections at most: two to write and load, two for new versions that catch up, one for the report. */
  readonly pool: Pool
  readonly store: EventStore
  readonly logger: Logger
  readonly projections?: readonly Projection[]
  /** Between attempts while Postgres stops each of them (default 30,000). */
  readonly stalledPauseMs?: number
}

export interface Projector {
  readonly status: () => ProjectorStatus
  /** Resolves once it projects for the first time, or stands by for another one that does. */
  readonly ready: Promise<void>
  /** The code to exit with: 0 after `stop`. */
  readonly exited: Promise<number>
  readonly stop: () => Promise<void>
}

const isAway = (error: unknown): boolean =>
  error instanceof StoreUnavailable || error instanceof StoreMisconfigured || isRetryable(error)

/** Our own errors say nothing of what an event holds; of others only the name is safe. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  const isOurs = isAway(error) || error instanceof StoreDiverged || error instanceof Fenced
  return isOurs ? `${error.name}: ${error.message}` : error.name
}

const namesOf = (projections: readonly Projection[]): readonly string[] => projections.map(schemaOf)

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined)

/** Keeps the read models: follows the event store, survives the absence of either store, stops at what it cannot read. */
export const startProjector = ({
  pool,
  store,
  logger,
  projections = allProjections,
  stalledPauseMs = STALLED_PAUSE_MS,
}: ProjectorOptions): Projector => {
  const stopping = new AbortController()
  const report = createStatusReport(pool, logger)
  const watchClock = createClockAlarm(logger)
  /** New read models that have caught up, by schema, and wait to be put in use. */
  const abreast = new Set<string>()
  /** What this projector writes: of each projection the generation in use, or the one that comes next. */
  let writing: readonly Projection[] = projections
  const pace = createPace()
  let failures = 0
  let becomeReady = (): void => undefined
  const ready = new Promise<void>((resolve) => {
    becomeReady = resolve
  })

  let status: ProjectorStatus = {
    state: 'starting',
    position: BEFORE_THE_LOG,
    events: 0,
    poison: undefined,
    reason: undefined,
  }
  const become = (state: ProjectorState, why: Partial<Pick<ProjectorStatus, 'poison' | 'reason'>> = {}): void => {
    status = { ...status, poison: undefined, reason: undefined, ...why, state }
    // The one at work speaks for the read models.
    if (state !== 'standby') report.write(status)
  }

  const waitForTurn = async (client: PoolClient, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [
        PROJECTOR_LOCK,
      ])
      if (rows[0]?.held === true) return
      if (status.state !== 'standby') {
        become('standby')
        becomeReady()
        logger.info('Another projector is at work: standing by')
      }
      await pause(STANDBY_POLL_MS, signal)
    }
  }

  const follow = (
    { client, reader }: Connections,
    {
      together,
      to,
      signal,
      clock,
    }: {
      readonly together: readonly Projection[]
      readonly to?: Position
      readonly signal: AbortSignal
      readonly clock?: LedgerClock
    },
  ): Promise<void> =>
    runSession({
      client,
      reader,
      store,
      projections: together,
      to,
      pace,
      signal,
      onStarted: (position) => {
        clock?.open()
        if (position >= 0n) void clock?.start()
        status = { ...status, position }
        become('catchingUp')
        becomeReady()
        logger.info({ position: `${position}`, projections: together.length }, 'Projecting')
      },
      onBatch: ({ events, position, newestMs }) => {
        failures = 0
        if (events > 0) void clock?.start()
        watchClock(newestMs)
        status = { ...status, position, events: status.events + events }
        report.write(status)
      },
      onCaughtUp: () => {
        if (status.state === 'live') return
        become('live')
        logger.info({ position: `${status.position}` }, 'Caught up')
      },
    })

  /** A new read model reads the log from its start on connections of its own, while the others go on. */
  const catchUp = (newcomers: readonly Projection[], signal: AbortSignal, regroup: () => void): Promise<void> =>
    withConnections(pool, ({ client, reader, lost }) =>
      runSession({
        client,
        reader,
        store,
        projections: newcomers,
        pace,
        signal: AbortSignal.any([signal, lost]),
        onStarted: () => logger.info({ projections: namesOf(newcomers) }, 'New read models are catching up'),
        onBatch: () => undefined,
        onCaughtUp: () => {
          for (const projection of newcomers) abreast.add(schemaOf(projection))
          regroup()
        },
      }),
    )

  /**
   * Puts these in use, at the very position at which the others stand: an answer is made of several read models, and they
   * must all tell of one moment. Nobody can write an older version that is still in use, so until then none goes on.
   */
  const putInUse = async (
    connections: Connections,
    {
      coming,
      followed,
      inUse,
      signal,
    }: {
      readonly coming: readonly Projection[]
      readonly followed: readonly Projection[]
      readonly inUse: readonly InUse[]
      readonly signal: AbortSignal
    },
  ): Promise<void> => {
    const { client } = connections
    logger.info({ projections: namesOf(coming) }, 'New versions are coming to where the others stand')
    // A version that begins anew has no witness of its own, and ends where the older one says.
    const checkpoints = await listCheckpoints(client, inUse)
    await mustBeTheSameStore(store, checkpoints)
    const positions = [...checkpoints, ...(await listCheckpoints(client, coming))].map(({ position }) => position)
    const to = positions.reduce((furthest, position) => (position > furthest ? position : furthest))
    for (const together of [coming, followed]) {
      const there = await listCheckpoints(client, together)
      if (there.some(({ position }) => position !== to)) await follow(connections, { together, to, signal })
      if (signal.aborted) return
    }
    try {
      await switchReadViews(client, coming)
    } catch (error) {
      if (!(error instanceof ReadersAtWork)) throw error
      // What they see is a version that nobody can write, so until they have left all stand where they are.
      logger.info({ reason: error.message }, 'New versions are put in use when readers leave')
      await pause(READERS_PAUSE_MS, signal)
      return
    }
    logger.info({ projections: namesOf(coming), position: `${to}` }, 'New versions are in use')
  }

  const work = async (connections: Connections): Promise<void> => {
    const { client, reader, lost } = connections
    const regrouping = new AbortController()
    const regroup = (): void => regrouping.abort()
    const signal = AbortSignal.any([stopping.signal, lost, regrouping.signal])
    await ensureSchemas(client, projections)
    await waitForTurn(client, signal)
    if (signal.aborted) return
    writing = await findGenerationsToWrite(client, projections)
    const inUse = await listInUse(client)
    const read = new Set(inUse.map(schemaOf))
    const named = new Set(inUse.map(({ name }) => name))
    const followed = writing.filter((projection) => read.has(schemaOf(projection)))
    const newcomers = writing.filter(({ name }) => !named.has(name))
    const coming = writing.filter(
      (projection) =>
        !read.has(schemaOf(projection)) && (named.has(projection.name) || abreast.has(schemaOf(projection))),
    )
    if (coming.length > 0) {
      await putInUse(connections, { coming, followed, inUse, signal })
      return
    }

    const clock = createLedgerClock({ store, logger, signal })
    await clock.listen(reader)
    const lines = [follow(connections, { together: followed, signal, clock })]
    if (newcomers.length > 0) lines.push(catchUp(newcomers, signal, regroup))
    // When one line ends, however it does, the other ends with it; what ended the first is what counts.
    await Promise.all(lines.map((line) => line.finally(regroup)))
  }

  /** Whether a rebuild was switched to, so that other tables than the ones at hand are to be written from now on. */
  const isSwitched = async (): Promise<boolean> => {
    const client = await pool.connect()
    try {
      const toWrite = await findGenerationsToWrite(client, projections)
      return toWrite.some((projection, index) => projection.generation !== writing[index]?.generation)
    } finally {
      client.release()
    }
  }

  const fail = async (error: unknown): Promise<number | undefined> => {
    // Not only a fence tells it: the tables at hand may have been dropped since.
    if (!isAway(error) && (await isSwitched().catch(() => false))) {
      logger.info('A rebuilt generation is in use: going on with that')
      return undefined
    }
    if (error instanceof Fenced) {
      become('fenced', { reason: reasonOf(error) })
      logger.warn({ reason: reasonOf(error) }, 'Another projector has taken over')
      return EXIT_FENCED
    }
    if (error instanceof StoreDiverged) {
      become('diverged', { reason: reasonOf(error) })
      logger.fatal({ reason: reasonOf(error) }, 'The event store is not the one that the read models come from')
      return EXIT_DIVERGED
    }
    if (isTimedOut(error) && pace.timedOut() === 'stalled') {
      const reason = 'PostgreSQL stops even the smallest batch at its time-out: does somebody hold a lock?'
      become('stalled', { reason })
      becomeReady()
      logger.error({ err: error, pauseMs: stalledPauseMs }, reason)
      await pause(stalledPauseMs, stopping.signal)
      return undefined
    }
    if (isAway(error)) {
      const pauseMs = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 0
      failures += 1
      become('waiting', { reason: reasonOf(error) })
      logger.warn({ err: error, pauseMs, failures }, 'A store is away: trying again')
      await pause(pauseMs, stopping.signal)
      return undefined
    }
    const poison = error instanceof Poison ? error.report : undefined
    become('faulted', { poison, reason: poison === undefined ? reasonOf(error) : undefined })
    logger.fatal({ ...status, position: `${status.position}` }, 'Standing still: this event cannot be projected')
    await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve, { once: true }))
    return undefined
  }

  const run = async (): Promise<number> => {
    while (!stopping.signal.aborted) {
      try {
        await withConnections(pool, work)
      } catch (error) {
        const code = stopping.signal.aborted ? undefined : await fail(error)
        if (code !== undefined) return code
      }
    }
    become('stopped')
    return 0
  }

  const runToTheEnd = async (): Promise<number> => {
    const code = await run()
    await report.end()
    return code
  }
  const exited = runToTheEnd()
  return {
    status: () => status,
    ready,
    exited,
    stop: async () => {
      stopping.abort()
      await exited
    },
  }
}

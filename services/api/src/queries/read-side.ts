import { setTimeout as sleep } from 'node:timers/promises'
import type { Position } from '@registru/domain'
import { StoreUnavailable } from '@registru/event-store'
import {
  countFindings,
  enterAsReader,
  findLedgerClock,
  findProjectorReport,
  findReadPosition,
  findReadState,
  LEDGER_CLOCK_CHANNEL,
  PROJECTOR_SILENT_AFTER_SECONDS,
  type ProjectorReport,
  type ReadHandle,
} from '@registru/projections'
import { createDatabase, isRetryable, type Pool } from '@registru/runtime'
import { z } from 'zod'
import { createWatch } from './position-watch.ts'
import { InstantNotSettled, QueryTooLarge, ReadModelBehind, ReadSideUnavailable } from './read-errors.ts'

export interface Freshness {
  /** The position that a command answered with; the reader waits for it. */
  readonly minPosition?: Position | undefined
  /** How long it waits before it is told the lag. */
  readonly maxWaitMs: number
  /** Of the log, for whoever is told that the reader is behind; absent: the first. */
  readonly generation?: number
}

/** One moment of the read models, as long as it is open. */
export interface Snapshot {
  readonly handle: ReadHandle
  /** Up to where in the log the read models know. */
  readonly position: Position
  /** Which versions of the read models answer. */
  readonly versions: string
  /** May be called again. */
  readonly close: () => Promise<void>
}

export interface Answer<Value> {
  /** Up to where in the log the read models knew when they answered. */
  readonly position: Position
  readonly value: Value
}

export interface ReadSide {
  /**
   * Begins a snapshot, so that an answer never mixes two moments. Whoever opens it closes it. When `departure` aborts, the
   * query that is under way ends too.
   * @throws ReadModelBehind, ReadSideUnavailable
   */
  readonly open: (freshness: Freshness, departure?: AbortSignal) => Promise<Snapshot>
  /**
   * Says of what fails because Postgres is away that it is away, and of what takes too long that it is too large, unless
   * it was ended for a caller who has left.
   * @throws ReadSideUnavailable, QueryTooLarge
   */
  readonly guard: <Value>(read: () => Promise<Value>, departure?: AbortSignal) => Promise<Value>
  /**
   * Runs `read` in one snapshot.
   * @throws ReadModelBehind, ReadSideUnavailable
   */
  readonly snapshot: <Value>(
    freshness: Freshness,
    read: (handle: ReadHandle, position: Position) => Promise<Value>,
  ) => Promise<Answer<Value>>
  /** The instant that the log has come to, in milliseconds since 1970: every earlier one is over. @throws ReadSideUnavailable */
  readonly ledgerClock: () => Promise<number>
  /** Whether the read models prove that an instant is over, without a wait. @throws ReadSideUnavailable */
  readonly isOver: (instantMs: number) => Promise<boolean>
  /**
   * Waits until an instant is over; where the log lies idle, it asks the projector for a proof.
   * @throws InstantNotSettled, ReadSideUnavailable
   */
  readonly pass: (instantMs: number, maxWaitMs: number) => Promise<void>
  readonly ping: (timeoutMs: number) => Promise<void>
  /** What the projector last said of itself, `silent` when that is long ago; `undefined` before it ever ran. */
  readonly projectorState: () => Promise<ProjectorWord | undefined>
  /** How far the read models have come, and how fast. */
  readonly progress: () => Promise<ReadProgress>
  /** How many rows of the read models differ from their other sides, as far as the check of the books has come. */
  readonly differences: () => Promise<number>
}

export interface ProjectorWord {
  readonly state: string
  /** Why it stands still, where that tells nothing of any company. */
  readonly reason?: string | undefined
}

export interface ReadProgress {
  readonly position: Position
  /** What the projector applied lately, as it says itself. */
  readonly eventsPerSecond: number | undefined
}

/** Of what the projector says of itself, the part that is shown. */
const ProjectorDetail = z.object({ eventsPerSecond: z.number().optional(), reason: z.string().optional() })

/** What ends a projector for good is true for as long as nobody starts another one. */
const LAST_WORDS = new Set(['diverged', 'stopped'])

const saidBy = (report: ProjectorReport | undefined): ProjectorWord | undefined => {
  if (report === undefined) return undefined
  const { state, detail, ageSeconds } = report
  if (ageSeconds > PROJECTOR_SILENT_AFTER_SECONDS && !LAST_WORDS.has(state)) {
    return { state: 'silent', reason: `it said last that it is ${state}, ${Math.round(ageSeconds)} s ago` }
  }
  const reason = ProjectorDetail.safeParse(detail).data?.reason
  return { state, ...(reason !== undefined && { reason }) }
}

/** As often as the projector proves anything. */
const ASK_FOR_PROOF_EVERY_MS = 1_000

/** undefined_table, invalid_schema_name: no projector has set up the read models yet. */
const NOT_SET_UP: readonly unknown[] = ['42P01', '3F000']
const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)
const isNotSetUp = (error: unknown): boolean => NOT_SET_UP.includes(codeOf(error))

/** A connection that is free by then included. */
const OPEN_WITHIN_MS = 3_500

/** query_canceled: at the statement's time-out, or because the caller has left. */
const CANCELLED = '57014'

const guard = async <Value>(read: () => Promise<Value>, departure?: AbortSignal): Promise<Value> => {
  try {
    return await read()
  } catch (error) {
    // What is read of the event store beside a snapshot fails by its own name.
    if (error instanceof StoreUnavailable) throw error
    if (codeOf(error) === CANCELLED && departure?.aborted !== true)
      throw new QueryTooLarge('the query takes longer than Postgres lets it', { cause: error })
    if (isRetryable(error) || isNotSetUp(error))
      throw new ReadSideUnavailable('the read side does not answer', { cause: error })
    throw error
  }
}

export interface Connections {
  /** Where queries run. */
  readonly pool: Pool
  /**
   * Apart from them, a few: what ends a query must not wait until one has ended, and who waits for the projector, or asks
   * whether anybody is there, must not wait for reports.
   */
  readonly aside: Pool
}

export const createReadSide = ({ pool, aside }: Connections): ReadSide => {
  const database: ReadHandle = createDatabase<unknown>(pool)
  const besides: ReadHandle = createDatabase<unknown>(aside)

  const watch = createWatch(
    () => findReadPosition(besides),
    (position, minPosition) => new ReadModelBehind(position, minPosition),
  )
  const clockWatch = createWatch(
    () => findLedgerClock(besides),
    (clockMs, wantedMs) => new InstantNotSettled(Number(wantedMs) - 1, Number(clockMs)),
  )
  const pass = (instantMs: number, maxWaitMs: number): Promise<void> =>
    guard(() => clockWatch.reach(BigInt(instantMs) + 1n, maxWaitMs))
  const isOver = async (instantMs: number): Promise<boolean> => {
    try {
      await pass(instantMs, 0)
      return true
    } catch (error) {
      if (error instanceof InstantNotSettled) return false
      throw error
    }
  }
  /** Of the projector. What comes of it is seen by who waits. */
  const askForProof = (instantMs: number): void => {
    aside.query('select pg_notify($1, $2)', [LEDGER_CLOCK_CHANNEL, `${instantMs}`]).catch(() => undefined)
  }

  const begin = async (departure: AbortSignal | undefined): Promise<Snapshot> => {
    const handle = await database
      .startTransaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute()
    let cancelling: Promise<unknown> | undefined
    let closing: Promise<void> | undefined
    const end = async (): Promise<void> => {
      // Until it is done, the connection is ours: a late cancel would hit whoever has it next.
      await cancelling
      // A connection that broke has nothing left to roll back.
      await handle
        .rollback()
        .execute()
        .catch(() => undefined)
    }
    const close = (): Promise<void> => {
      closing ??= end()
      return closing
    }
    try {
      await enterAsReader(handle)
      const { position, versions, processId } = await findReadState(handle)
      const cancel = (): void => {
        // What is not cancelled ends by its statement time-out.
        if (closing === undefined) {
          cancelling ??= aside.query('select pg_cancel_backend($1)', [processId]).catch(() => undefined)
        }
      }
      if (departure?.aborted === true) cancel()
      departure?.addEventListener('abort', cancel, { once: true })
      return { handle, position, versions, close }
    } catch (error) {
      await close()
      throw error
    }
  }

  /** The statements that begin a snapshot cost nothing: whoever does not answer them will not answer a query. */
  const beginInTime = async (departure: AbortSignal | undefined): Promise<Snapshot> => {
    const beginning = begin(departure)
    const begun = await Promise.race([beginning, sleep(OPEN_WITHIN_MS, undefined, { ref: false })])
    if (begun !== undefined) return begun
    // What comes too late is given back.
    beginning.then(({ close }) => close()).catch(() => undefined)
    throw new ReadSideUnavailable(`no answer within ${OPEN_WITHIN_MS} ms`)
  }

  const open: ReadSide['open'] = (freshness, departure) =>
    guard(async () => {
      const { minPosition, maxWaitMs, generation = 0 } = freshness
      if (minPosition !== undefined) {
        await watch.reach(minPosition, maxWaitMs).catch((error: unknown) => {
          throw error instanceof ReadModelBehind ? error.in(generation) : error
        })
      }
      return beginInTime(departure)
    }, departure)

  return {
    open,
    guard,
    snapshot: async (freshness, read) => {
      const { handle, position, close } = await open(freshness)
      try {
        return { position, value: await guard(() => read(handle, position)) }
      } finally {
        await close()
      }
    },
    ledgerClock: () => guard(async () => Number(await findLedgerClock(besides))),
    isOver,
    pass: async (instantMs, maxWaitMs) => {
      if (await isOver(instantMs)) return
      askForProof(instantMs)
      // Again and again: a projector may have begun to listen, or the store's clock may have been behind.
      const asking = setInterval(() => askForProof(instantMs), ASK_FOR_PROOF_EVERY_MS)
      try {
        await pass(instantMs, maxWaitMs)
      } finally {
        clearInterval(asking)
      }
    },
    ping: async (timeoutMs) => {
      const late = sleep(timeoutMs, 'late', { ref: false })
      const answer = await Promise.race([aside.query('select 1'), late])
      if (answer === 'late') throw new ReadSideUnavailable(`no answer within ${timeoutMs} ms`)
    },
    progress: async () => {
      const [position, report] = await Promise.all([findReadPosition(besides), findProjectorReport(besides)])
      return { position, eventsPerSecond: ProjectorDetail.safeParse(report?.detail).data?.eventsPerSecond }
    },
    differences: () => countFindings(database),
    projectorState: async () => {
      try {
        return saidBy(await findProjectorReport(besides))
      } catch (error) {
        if (isNotSetUp(error)) return undefined
        throw error
      }
    },
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import {
  allTies,
  checkSlice,
  type Difference,
  enterAsReader,
  finishTie,
  keepFindings,
  type Place,
  type ReadHandle,
  type Slice,
  type Tie,
} from '@registru/projections'
import { createDatabase, type Logger, type Pool, type PoolClient } from '@registru/runtime'

/** Any number; one process checks at a time, as far as one Postgres can tell. Two would do the work twice, no more. */
const CHECK_LOCK = 7_310_006
const STANDBY_POLL_MS = 5_000

/** A slice a tick: a small ledger is gone through in half a minute, a large one in turns. */
const TICK_MS = 1_000
const ROWS_FIRST = 2_000
const ROWS_MIN = 50
const ROWS_MAX = 50_000
/** What a slice may cost: a tenth of one connection's time, and never so long that a switch of versions is put off for it. */
const SLICE_MS = 100
export const SLICE_TIMEOUT_MS = 1_500

export interface BookCheck {
  readonly stop: () => Promise<void>
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)
/** query_canceled: the slice was too large. */
const TOO_LARGE = '57014'
/** undefined_table, undefined_column, invalid_schema_name: the version that this code knows is not in use yet. */
const NOT_IN_USE: readonly unknown[] = ['42P01', '42703', '3F000']

/** One moment of the read models, entered by the readers' door, so that no switch happens in its middle. */
const inSnapshot = <Result>(db: ReadHandle, read: (handle: ReadHandle) => Promise<Result>): Promise<Result> =>
  db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (transaction) => {
      await enterAsReader(transaction)
      return read(transaction)
    })

interface Pass {
  readonly after: Place | undefined
  readonly rows: number
  readonly begunAtMs: number
}

const beginPass = (): Pass => ({ after: undefined, rows: 0, begunAtMs: performance.now() })

/**
 * Goes through every table again and again and holds each row against its other side, a slice at a time. What differs is
 * kept where doctor and the metrics find it, and an error in the log; what is mended is forgotten at the end of its pass.
 */
export const startBookCheck = ({
  pool,
  logger,
  tickMs = TICK_MS,
}: {
  /** Two connections, one of which holds the turn; statements end after `SLICE_TIMEOUT_MS`. */
  readonly pool: Pool
  readonly logger: Logger
  readonly tickMs?: number
}): BookCheck => {
  const stopping = new AbortController()
  const { signal } = stopping
  const db: ReadHandle = createDatabase<unknown>(pool)
  const passes = new Map<Tie, Pass>()
  const rowsMax = new Map<Tie, number>()

  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined)

  const report = (differences: readonly Difference[]): void => {
    for (const { amountsMinor, ...difference } of differences) {
      const amounts = Object.fromEntries(Object.entries(amountsMinor).map(([book, minor]) => [book, `${minor}`]))
      logger.error({ ...difference, amounts }, 'Two books differ')
    }
  }

  /** Of the next slice as many rows as fit into its time, going by this one. */
  const fit = (tie: Tie, rows: number, tookMs: number): void => {
    const wanted = tookMs > SLICE_MS ? rows / 2 : tookMs < SLICE_MS / 2 ? rows * 2 : rows
    rowsMax.set(tie, Math.round(Math.min(ROWS_MAX, Math.max(ROWS_MIN, wanted))))
  }

  const keep = async (tie: Tie, pass: Pass, slice: Slice): Promise<void> => {
    report(await keepFindings(db, slice.differences))
    const rows = pass.rows + slice.rows
    if (slice.next !== undefined) {
      passes.set(tie, { ...pass, after: slice.next, rows })
      return
    }
    passes.delete(tie)
    const tookSeconds = (performance.now() - pass.begunAtMs) / 1_000
    await finishTie(db, { tie: tie.name, tookSeconds, rows: BigInt(rows) })
  }

  const tick = async (tie: Tie): Promise<void> => {
    const pass = passes.get(tie) ?? beginPass()
    const rows = rowsMax.get(tie) ?? ROWS_FIRST
    const begunAtMs = performance.now()
    try {
      const slice = await inSnapshot(db, (handle) => checkSlice(handle, tie, { after: pass.after, rowsMax: rows }))
      fit(tie, rows, performance.now() - begunAtMs)
      await keep(tie, pass, slice)
    } catch (error) {
      if (codeOf(error) === TOO_LARGE) fit(tie, rows, Number.POSITIVE_INFINITY)
      else if (!NOT_IN_USE.includes(codeOf(error))) throw error
    }
  }

  const check = async (lost: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      for (const tie of allTies) {
        if (signal.aborted || lost.aborted) return
        await tick(tie)
        await pause(tickMs)
      }
    }
  }

  /** The session holds the lock, so it must end with its connection rather than go back to the pool. */
  const inTurn = async (client: PoolClient): Promise<void> => {
    const lost = new AbortController()
    client.on('error', () => lost.abort())
    while (!signal.aborted) {
      const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [CHECK_LOCK])
      if (rows[0]?.held === true) return check(lost.signal)
      await pause(STANDBY_POLL_MS)
    }
  }

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        const client = await pool.connect()
        try {
          await inTurn(client)
        } finally {
          client.release(true)
        }
      } catch (error) {
        // Whoever projects tells of a database that is away; this goes on when it is back.
        logger.debug({ err: error }, 'The check of the books was broken off')
        await pause(STANDBY_POLL_MS)
      }
    }
  }

  const running = run()
  return {
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { findProjectorReport, findReadPosition, type ReadHandle } from '@registru/projections'
import { createDatabase, isRetryable, type Pool } from '@registru/runtime'
import { ReadModelBehind, ReadSideUnavailable } from './read-errors.ts'

/** How often a waiting reader looks whether the projector has come far enough. */
const POLL_MS = 10

export interface Freshness {
  /** The position that a command answered with; the reader waits for it. */
  readonly minPosition?: bigint | undefined
  /** How long it waits before it is told the lag. */
  readonly maxWaitMs: number
}

export interface Answer<Value> {
  /** Up to where in the log the read models knew when they answered. */
  readonly position: bigint
  readonly value: Value
}

export interface ReadSide {
  /**
   * Runs `read` in one snapshot, so that an answer never mixes two moments.
   * @throws ReadModelBehind, ReadSideUnavailable
   */
  readonly snapshot: <Value>(
    freshness: Freshness,
    read: (handle: ReadHandle) => Promise<Value>,
  ) => Promise<Answer<Value>>
  readonly ping: (timeoutMs: number) => Promise<void>
  /** What the projector last said of itself; `undefined` before it ever ran. */
  readonly projectorState: () => Promise<string | undefined>
}

/** undefined_table, invalid_schema_name: no projector has set up the read models yet. */
const NOT_SET_UP: readonly unknown[] = ['42P01', '3F000']
const isNotSetUp = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && NOT_SET_UP.includes(error.code)

export const createReadSide = (pool: Pool): ReadSide => {
  const database: ReadHandle = createDatabase<unknown>(pool)

  const inOneSnapshot = <Value>(read: (handle: ReadHandle) => Promise<Value>): Promise<Answer<Value>> =>
    database
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (handle) => ({ position: await findReadPosition(handle), value: await read(handle) }))

  const waitFor = async ({ minPosition, maxWaitMs }: Freshness): Promise<void> => {
    if (minPosition === undefined) return
    const deadline = performance.now() + maxWaitMs
    for (;;) {
      const position = await findReadPosition(database)
      if (position >= minPosition) return
      if (performance.now() >= deadline) throw new ReadModelBehind(position, minPosition)
      await sleep(POLL_MS)
    }
  }

  return {
    snapshot: async (freshness, read) => {
      try {
        await waitFor(freshness)
        return await inOneSnapshot(read)
      } catch (error) {
        if (isRetryable(error) || isNotSetUp(error))
          throw new ReadSideUnavailable('the read side does not answer', { cause: error })
        throw error
      }
    },
    ping: async (timeoutMs) => {
      const late = sleep(timeoutMs, 'late', { ref: false })
      const answer = await Promise.race([pool.query('select 1'), late])
      if (answer === 'late') throw new ReadSideUnavailable(`no answer within ${timeoutMs} ms`)
    },
    projectorState: async () => {
      try {
        return (await findProjectorReport(database))?.state
      } catch (error) {
        if (isNotSetUp(error)) return undefined
        throw error
      }
    },
  }
}

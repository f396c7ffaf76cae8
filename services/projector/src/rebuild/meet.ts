import { setTimeout as sleep } from 'node:timers/promises'
import type { EventStore } from '@registru/event-store'
import { listPositions, type Projection, schemaOf } from '@registru/projections'
import type { Pool, PoolClient } from '@registru/runtime'
import { type Connections, withConnections } from '../connections.ts'
import { advance } from './advance.ts'
import { waitForRebuildTurn } from './turn.ts'

/** A generation in use and the one to compare it with, or to put in its place. */
export interface Pair {
  readonly from: Projection
  readonly to: Projection
}

export interface MeetOptions {
  /** Four connections at most. */
  readonly pool: Pool
  readonly store: EventStore
  readonly pairs: readonly Pair[]
  readonly signal: AbortSignal
  /** In the transaction of the work, before the projector is held. */
  readonly before?: (holder: PoolClient) => Promise<void>
}

/** Between attempts: the projector gets its turn, and readers theirs. */
const PAUSE_MS = 250
const PATIENCE_MS = 120_000

/** A lock that is not free within this, such as that of a batch that is being written, is tried again. */
const LOCK_TIMEOUT_MS = 1_000

const extremeOf = (positions: ReadonlyMap<Projection, bigint>): { readonly least: bigint; readonly most: bigint } => {
  const all = [...positions.values()]
  return { least: all.reduce((a, b) => (b < a ? b : a)), most: all.reduce((a, b) => (b > a ? b : a)) }
}

const TRY_AGAIN = new Set([
  // lock_not_available, deadlock_detected
  '55P03',
  '40P01',
])
const isWorthAnotherTry = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && TRY_AGAIN.has(error.code)

/** Stops the projector before its next batch, for as long as the transaction lasts. */
const holdProjector = async (
  holder: PoolClient,
  projections: readonly Projection[],
): Promise<ReadonlyMap<Projection, bigint>> => {
  for (const projection of projections) {
    await holder.query(`select from ${schemaOf(projection)}.checkpoint for update`)
  }
  return listPositions(holder, projections)
}

/** @returns why it has to be tried again; `undefined`: it is done */
const attempt = async (
  { store, pairs, signal, before }: MeetOptions,
  connections: Connections,
  holder: PoolClient,
  work: (holder: PoolClient, position: bigint) => Promise<void>,
): Promise<string | undefined> => {
  const inUse = pairs.map(({ from }) => from)
  const others = pairs.map(({ to }) => to)
  const reached = extremeOf(await listPositions(connections.client, others))
  const goal = extremeOf(await listPositions(connections.client, inUse)).least
  if (goal < reached.most) return 'the generations in use are behind: is the projector running?'
  if (reached.least < goal) await advance({ connections, store, projections: others, to: goal, signal })

  try {
    await holder.query('begin')
    await before?.(holder)
    await holder.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`)
    const { least, most } = extremeOf(await holdProjector(holder, inUse))
    const met = least === most
    if (met) {
      if (least > goal) await advance({ connections, store, projections: others, to: least, signal })
      await work(holder, least)
    }
    await holder.query('commit')
    return met ? undefined : 'the generations in use stand at different positions'
  } catch (error) {
    await holder.query('rollback').catch(() => undefined)
    if (isWorthAnotherTry(error)) return error.message
    throw error
  }
}

/**
 * Brings the other generations to the very position of the ones in use, and does the work while the projector is held
 * there: a fraction of a second, in which commands and reads go on. The work is part of the transaction that holds it.
 * @throws RebuildIsRunning, and an Error that says what stood in the way until it was given up
 */
export const atOnePosition = (
  options: MeetOptions,
  work: (holder: PoolClient, position: bigint) => Promise<void>,
): Promise<void> =>
  withConnections(options.pool, async (connections) => {
    await waitForRebuildTurn(connections.reader)
    const holder = await options.pool.connect()
    try {
      for (const until = performance.now() + PATIENCE_MS; ; await sleep(PAUSE_MS)) {
        options.signal.throwIfAborted()
        const why = await attempt(options, connections, holder, work)
        if (why === undefined) return
        if (performance.now() > until) throw new Error(`given up after ${PATIENCE_MS / 1_000} s: ${why}`)
      }
    } finally {
      holder.release(true)
    }
  })

import { setTimeout as sleep } from 'node:timers/promises'
import type { Position } from '@registru/domain'
import { type EventStore, findDivergence, StoreDiverged } from '@registru/event-store'
import { listCheckpoints, listInUse, listPositions, type Projection, schemaOf } from '@registru/projections'
import type { Pool, PoolClient } from '@registru/runtime'
import { type Connections, withConnections } from '../connections.ts'
import { mustBeTheSameStore } from '../same-store.ts'
import { advance } from './advance.ts'
import { waitForRebuildTurn } from './turn.ts'

/** A generation in use and the one to compare it with, or to put in its place. */
export interface Pair {
  readonly from: Projection
  readonly to: Projection
}

/** What it is about; `to` is absent where the end of the log is the goal. */
export type MeetProgress =
  | { readonly stage: 'waiting'; readonly why: string }
  | { readonly stage: 'catchingUp'; readonly position: Position; readonly to?: Position }
  | { readonly stage: 'meeting' }

export interface MeetOptions {
  /** Four connections at most. */
  readonly pool: Pool
  readonly store: EventStore
  readonly pairs: readonly Pair[]
  readonly signal: AbortSignal
  /** Whether the ones in use may be left at a position that the store has lost. */
  readonly evenIfLost?: boolean
  readonly onProgress?: ((at: MeetProgress) => void) | undefined
  /** In the transaction of the work, before the projector is held. */
  readonly before?: (holder: PoolClient) => Promise<void>
}

/** Between attempts: the projector gets its turn, and readers theirs. */
const PAUSE_MS = 250
const PATIENCE_MS = 120_000

/** A lock that is not free within this, such as that of a batch that is being written, is tried again. */
const LOCK_TIMEOUT_MS = 1_000

const extremeOf = (
  positions: ReadonlyMap<Projection, Position>,
): { readonly least: Position; readonly most: Position } => {
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
): Promise<ReadonlyMap<Projection, Position>> => {
  for (const projection of projections) {
    await holder.query(`select from ${schemaOf(projection)}.checkpoint for update`)
  }
  return listPositions(holder, projections)
}

type Work = (holder: PoolClient, position: Position) => Promise<void>

/** @returns why it has to be tried again; `undefined`: it is done */
const whileHeld = async (
  { pairs, before }: MeetOptions,
  holder: PoolClient,
  work: (held: ReadonlyMap<Projection, Position>) => Promise<string | undefined>,
): Promise<string | undefined> => {
  try {
    await holder.query('begin')
    await before?.(holder)
    await holder.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`)
    const why = await work(
      await holdProjector(
        holder,
        pairs.map(({ from }) => from),
      ),
    )
    await holder.query('commit')
    return why
  } catch (error) {
    await holder.query('rollback').catch(() => undefined)
    if (isWorthAnotherTry(error)) return error.message
    throw error
  }
}

/** Where the generations in use stand. */
const meetThere = async (
  options: MeetOptions,
  connections: Connections,
  holder: PoolClient,
  work: Work,
): Promise<string | undefined> => {
  const { store, pairs, signal, onProgress } = options
  const inUse = pairs.map(({ from }) => from)
  const others = pairs.map(({ to }) => to)
  const reached = extremeOf(await listPositions(connections.client, others))
  const goal = extremeOf(await listPositions(connections.client, inUse)).least
  if (goal < reached.most) return 'the generations in use are behind: is the projector running?'
  if (reached.least < goal) {
    const told = (position: Position): void => onProgress?.({ stage: 'catchingUp', position, to: goal })
    await advance({ connections, store, projections: others, to: goal, signal, onProgress: told })
  }

  onProgress?.({ stage: 'meeting' })
  return whileHeld(options, holder, async (held) => {
    const { least, most } = extremeOf(held)
    if (least !== most) return 'the generations in use stand at different positions'
    if (least > goal) await advance({ connections, store, projections: others, to: least, signal })
    await work(holder, least)
    return undefined
  })
}

/** Where the log ends, since it has no longer what the generations in use tell of. */
const meetAtTheEnd = async (
  options: MeetOptions,
  connections: Connections,
  holder: PoolClient,
  work: Work,
): Promise<string | undefined> => {
  const { store, pairs, signal, onProgress } = options
  const others = pairs.map(({ to }) => to)
  const told = (position: Position): void => onProgress?.({ stage: 'catchingUp', position })
  const toTheEnd = () => advance({ connections, store, projections: others, signal, onProgress: told })
  await toTheEnd()
  onProgress?.({ stage: 'meeting' })
  return whileHeld(options, holder, async () => {
    await toTheEnd()
    const { least, most } = extremeOf(await listPositions(connections.client, others))
    if (least < most) await advance({ connections, store, projections: others, to: most, signal })
    await work(holder, most)
    return undefined
  })
}

/** An answer is made of several read models, and they must all tell of one history. */
const mustBeAllInUse = async (client: PoolClient, pairs: readonly Pair[], divergence: string): Promise<void> => {
  const rest = (await listInUse(client)).find(({ name }) => !pairs.some(({ from }) => from.name === name))
  if (rest === undefined) return
  throw new StoreDiverged(
    `the event store has lost what the read models in use tell of (${divergence}), and ${rest.name} would go on telling ` +
      'of it: rebuild all and switch all together',
  )
}

/**
 * Brings the other generations to the very position of the ones in use, and does the work while the projector is held
 * there: a fraction of a second, in which commands and reads go on. The work is part of the transaction that holds it.
 * Where the store was restored to an older copy nobody can stand where the ones in use do: with `evenIfLost` the others
 * then meet at the end of the log that there is.
 * @throws RebuildIsRunning, StoreDiverged, and an Error that says what stood in the way until it was given up
 */
export const atOnePosition = (options: MeetOptions, work: Work): Promise<void> =>
  withConnections(options.pool, async (connections) => {
    const { store, pairs, signal, onProgress, evenIfLost = false } = options
    const waits = (why: string): void => onProgress?.({ stage: 'waiting', why })
    await waitForRebuildTurn(connections.reader, () => waits('another rebuild, comparison or switch is at work'))
    const checkpointsOf = (side: keyof Pair) =>
      listCheckpoints(
        connections.client,
        pairs.map((pair) => pair[side]),
      )
    await mustBeTheSameStore(store, await checkpointsOf('to'))
    const divergence = await findDivergence(store, await checkpointsOf('from'))
    if (divergence !== undefined) {
      if (!evenIfLost) throw new StoreDiverged(divergence)
      await mustBeAllInUse(connections.client, pairs, divergence)
    }
    const attempt = divergence === undefined ? meetThere : meetAtTheEnd
    const holder = await options.pool.connect()
    try {
      for (const until = performance.now() + PATIENCE_MS; ; await sleep(PAUSE_MS)) {
        signal.throwIfAborted()
        const why = await attempt(options, connections, holder, work)
        if (why === undefined) return
        waits(why)
        if (performance.now() > until) throw new Error(`given up after ${PATIENCE_MS / 1_000} s: ${why}`)
      }
    } finally {
      holder.release(true)
    }
  })

import { BEFORE_THE_LOG, type Position } from '@registru/domain'
import type { EventStore } from '@registru/event-store'
import {
  beginGeneration,
  completeTables,
  ensureReadSchema,
  finishGenerations,
  type Projection,
} from '@registru/projections'
import type { Pool } from '@registru/runtime'
import { withConnections } from '../connections.ts'
import { advance } from './advance.ts'
import { waitForRebuildTurn } from './turn.ts'

export interface RebuildOptions {
  /** Three connections at most, with a time limit that making an index fits into. */
  readonly pool: Pool
  readonly store: EventStore
  readonly projections: readonly Projection[]
  readonly signal: AbortSignal
  readonly onProgress: (progress: RebuildProgress) => void
}

export interface RebuildProgress {
  readonly stage: 'reading' | 'indexing' | 'catchingUp'
  readonly position: Position
  readonly events: number
}

/**
 * Builds a new generation of each projection from the start of the log, beside the ones in use, which go on as if nothing
 * were. Killed and called again it goes on where it was. Answers the generations; nobody reads or follows them yet.
 * @throws RebuildIsRunning, Poison, ProjectionFailed, StoreDiverged
 */
export const rebuild = async (options: RebuildOptions): Promise<readonly Projection[]> => {
  const { pool, store, projections, signal, onProgress } = options
  const built: Projection[] = []
  await withConnections(pool, async (connections) => {
    const { client } = connections
    await waitForRebuildTurn(client)
    await ensureReadSchema(client)
    for (const projection of projections) built.push(await beginGeneration(client, projection))

    const read = (stage: RebuildProgress['stage']) => (position: Position, events: number) =>
      onProgress({ stage, position, events })
    await advance({ connections, store, projections: built, bulk: true, signal, onProgress: read('reading') })
    for (const projection of built) {
      onProgress({ stage: 'indexing', position: BEFORE_THE_LOG, events: 0 })
      await completeTables(client, projection)
    }
    await advance({ connections, store, projections: built, signal, onProgress: read('catchingUp') })
    await finishGenerations(client, built)
  })
  return built
}

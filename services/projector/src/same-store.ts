import { BEFORE_THE_LOG, type Position } from '@registru/domain'
import { checkWitness, type EventStore, findDivergence, StoreDiverged, type Witness } from '@registru/event-store'
import type { Checkpoint } from '@registru/projections'

/**
 * A store that was restored to an older copy takes the old position and leaves out what was written since.
 * @throws StoreDiverged
 */
export const mustBeTheSameStore = async (store: EventStore, checkpoints: readonly Checkpoint[]): Promise<void> => {
  const divergence = await findDivergence(store, checkpoints)
  if (divergence !== undefined) throw new StoreDiverged(divergence)
}

/**
 * A reader that was told to go as far as a position, and saw nothing there, may only say that it is there if the log is: the
 * position may have been given out by a history that the store has lost.
 * @throws StoreDiverged
 */
export const mustHavePosition = async (store: EventStore, position: Position): Promise<void> => {
  const verdict = await checkWitness(store, { position })
  if (verdict !== 'ok') throw new StoreDiverged(verdict.diverged)
}

/** Where readers of these checkpoints go on together, and the last event known there. */
export const startOf = (
  checkpoints: readonly Checkpoint[],
): { readonly position: Position; readonly witness: Witness | undefined } => {
  const [first, ...others] = checkpoints
  if (first === undefined) return { position: BEFORE_THE_LOG, witness: undefined }
  return others.reduce((least, other) => (other.position < least.position ? other : least), first)
}

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Position } from '@registru/domain/places'
import { PositionRefused, StoreUnavailable } from './errors.ts'
import type { EventStore, RecordedEvent, Witness } from './event-store.ts'

/** Its first event gives the store a name of its own, so that a reader notices when it was pointed at another. */
export const IDENTITY_STREAM = 'ledger-meta'

/** What a reader keeps beside its rows, in the same transaction. */
export interface StoreCheckpoint {
  readonly storeId?: string
  readonly position: Position
  readonly witness?: Witness
}

const IDENTITY_ATTEMPTS_MAX = 5
const IDENTITY_PAUSE_MS = 200

const firstOf = async <T>(items: AsyncIterable<T>): Promise<T | undefined> => {
  for await (const item of items) return item
  return undefined
}

const storeIdOf = (event: RecordedEvent | undefined): string | undefined => {
  const data = event?.data
  if (typeof data !== 'object' || data === null || !('storeId' in data)) return undefined
  return typeof data.storeId === 'string' ? data.storeId : undefined
}

const findIdentity = async (store: Pick<EventStore, 'readStream'>): Promise<string | undefined> =>
  storeIdOf(await firstOf(store.readStream(IDENTITY_STREAM, { maxCount: 1 })))

/** Whoever comes first names the store; a second one at the same moment reads the first one's name. */
export const establishIdentity = async (store: Pick<EventStore, 'readStream' | 'append'>): Promise<string> => {
  for (let attempt = 1; attempt <= IDENTITY_ATTEMPTS_MAX; attempt += 1) {
    const known = await findIdentity(store)
    if (known !== undefined) return known
    const event = { id: randomUUID(), type: 'StoreIdentified', data: { storeId: randomUUID() }, metadata: {} }
    const appended = await store.append(IDENTITY_STREAM, 'no_stream', [event])
    if (appended.outcome === 'unknown') await sleep(IDENTITY_PAUSE_MS * attempt)
  }
  throw new StoreUnavailable('the identity of the event store could be neither read nor written')
}

export const isHeld = async (store: Pick<EventStore, 'readStream'>, witness: Witness): Promise<boolean> => {
  const found = await firstOf(store.readStream(witness.stream, { from: witness.revision, maxCount: 1 }))
  return (
    found !== undefined &&
    found.revision === witness.revision &&
    found.id === witness.eventId &&
    found.position === witness.position
  )
}

/** What a check of a checkpoint asks of a store. */
export type WitnessReader = Pick<EventStore, 'readStream' | 'readAll' | 'head'>

/** A server that is stopping may refuse a read in the same words once. */
const REFUSALS_MIN = 3
const REFUSAL_PAUSE_MS = 100

/**
 * Whether a reader may go on from there. A place of another history may lie in the middle of an event of this one: a
 * subscription from it fails for ever, in words that a server in trouble uses too.
 */
const isPlace = async ({ readAll }: WitnessReader, position: Position): Promise<boolean> => {
  for (let refusals = 0; refusals < REFUSALS_MIN; refusals += 1) {
    try {
      await firstOf(readAll({ from: position, maxCount: 1 }))
      return true
    } catch (error) {
      if (!(error instanceof PositionRefused)) throw error
      await sleep(REFUSAL_PAUSE_MS)
    }
  }
  return false
}

/**
 * Is the store still the one that this reader's checkpoint comes from? A store restored to an older copy accepts the old
 * checkpoint and silently leaves out whatever was written since: nothing else would notice.
 */
export const checkWitness = async (
  store: WitnessReader,
  checkpoint: StoreCheckpoint,
): Promise<'ok' | { readonly diverged: string }> => {
  if (checkpoint.storeId !== undefined) {
    const storeId = await findIdentity(store)
    if (storeId !== checkpoint.storeId) {
      return { diverged: `the store is ${storeId ?? 'without identity'}, the checkpoint is of ${checkpoint.storeId}` }
    }
  }
  const { witness } = checkpoint
  if (witness !== undefined && !(await isHeld(store, witness))) {
    return { diverged: `event ${witness.eventId} is no longer where it stood, at ${witness.position}` }
  }
  const head = await store.head()
  if (head === undefined || head.position < checkpoint.position) {
    return {
      diverged: `the store ends at ${head?.position ?? 'nothing'}, before the checkpoint ${checkpoint.position}`,
    }
  }
  if (!(await isPlace(store, checkpoint.position))) {
    return { diverged: `no event of the store begins at the checkpoint ${checkpoint.position}` }
  }
  return 'ok'
}

/** Where a reader stands, under the name that people know it by. */
export interface ReaderCheckpoint {
  readonly projection: { readonly name: string }
  /** -1: nothing read yet. */
  readonly position: Position
  readonly witness: (Witness & { readonly storeId: string }) | undefined
}

/** Why the log is not the one that these readers have read; `undefined`: it is. */
export const findDivergence = async (
  store: WitnessReader,
  checkpoints: readonly ReaderCheckpoint[],
): Promise<string | undefined> => {
  for (const { projection, position, witness } of checkpoints) {
    if (position < 0n) continue
    const verdict = await checkWitness(store, {
      position,
      ...(witness !== undefined && { storeId: witness.storeId, witness }),
    })
    if (verdict !== 'ok') return `${projection.name}: ${verdict.diverged}`
  }
  return undefined
}

import type { Position, Revision } from '@registru/domain'
import { checkWitness, type EventStore, findDivergence, type Witness } from '@registru/event-store'
import { listCheckpoints, listInUse } from '@registru/projections'
import type { Pool } from '@registru/runtime'
import type { Step } from './step.ts'

/** Where the process manager is: the position it has read to, and the steps it has seen begun and not ended. */
export interface ProcessCheckpoint {
  readonly position: Position | undefined
  readonly steps: readonly Step[]
  /** The store that it has read, and the last event it was given; `undefined` in rows of an earlier version. */
  readonly storeId?: string | undefined
  readonly witness?: Witness | undefined
}

/** Named when receipts were all that goes through two streams: its rows outlive that. */
const CREATE = `
  create schema if not exists process_manager;
  create table if not exists process_manager.receipts (
    only_row boolean primary key default true check (only_row),
    position bigint not null,
    steps jsonb not null,
    updated_at timestamptz not null default now()
  );
  alter table process_manager.receipts
    add column if not exists store_id text, add column if not exists witness_stream text,
    add column if not exists witness_revision bigint, add column if not exists witness_event_id text,
    add column if not exists witness_position bigint`

interface CheckpointRow {
  readonly position: Position
  readonly steps: readonly Step[]
  readonly store_id: string | null
  readonly witness_stream: string | null
  readonly witness_revision: Revision | null
  readonly witness_event_id: string | null
  readonly witness_position: Position | null
}

const START: ProcessCheckpoint = { position: undefined, steps: [] }

/** Position, witness and steps are one row, so that whichever of two writers comes last leaves what belongs together. */
export const loadCheckpoint = async (pool: Pool): Promise<ProcessCheckpoint> => {
  await pool.query(CREATE)
  const { rows } = await pool.query<CheckpointRow>('select * from process_manager.receipts')
  const row = rows[0]
  if (row === undefined) return START
  const { witness_stream: stream, witness_revision: revision, witness_event_id: eventId, witness_position: place } = row
  const isWitnessed = stream !== null && revision !== null && eventId !== null && place !== null
  return {
    position: row.position,
    steps: row.steps,
    storeId: row.store_id ?? undefined,
    witness: isWitnessed ? { stream, revision, eventId, position: place } : undefined,
  }
}

export const saveCheckpoint = async (
  pool: Pool,
  { position, steps, storeId, witness }: ProcessCheckpoint,
): Promise<void> => {
  await pool.query(
    `insert into process_manager.receipts
       (position, steps, store_id, witness_stream, witness_revision, witness_event_id, witness_position)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (only_row) do update set position = excluded.position, steps = excluded.steps, updated_at = now(),
       store_id = excluded.store_id, witness_stream = excluded.witness_stream,
       witness_revision = excluded.witness_revision, witness_event_id = excluded.witness_event_id,
       witness_position = excluded.witness_position`,
    [position, JSON.stringify(steps), storeId, witness?.stream, witness?.revision, witness?.eventId, witness?.position],
  )
}

/** Whether the read models in use tell of this store's log: after a restore somebody has to see to that, and then has decided. */
const isAccepted = async (pool: Pool, store: EventStore): Promise<boolean> => {
  const client = await pool.connect()
  try {
    const { rows } = await client.query<{ there: boolean }>(
      `select to_regclass('read.projections') is not null as there`,
    )
    if (rows[0]?.there !== true) return false
    const checkpoints = await listCheckpoints(client, await listInUse(client))
    return checkpoints.length > 0 && (await findDivergence(store, checkpoints)) === undefined
  } finally {
    client.release()
  }
}

/**
 * Where to go on in this store. What was read of a history that the store has lost is worth nothing: once the read models
 * are those of the log that there is, the steps are gathered anew from its start, which carries none of them out twice.
 * @returns the checkpoint, or why the store is not the one it is of
 */
export const placeIn = async (
  store: EventStore,
  pool: Pool,
  { position, steps, storeId, witness }: ProcessCheckpoint,
): Promise<ProcessCheckpoint | { readonly diverged: string }> => {
  if (position === undefined) return START
  const verdict = await checkWitness(store, {
    position,
    ...(storeId !== undefined && { storeId }),
    ...(witness !== undefined && { witness }),
  })
  if (verdict === 'ok') return { position, steps, storeId, witness }
  return (await isAccepted(pool, store)) ? START : verdict
}

import type { EventId, LogEvent, Position, Revision } from '@registru/domain'
import type { PoolClient } from '@registru/runtime'
import { Fenced, RowsDisagree } from '../fold/errors.ts'
import { type Projection, schemaOf } from '../fold/projection.ts'

/** How far a projection has come. */
export interface Checkpoint {
  readonly projection: Pick<Projection, 'name' | 'version' | 'generation'>
  /** -1: nothing read yet. */
  readonly position: Position
  /** The last event of ours at or before the position, and the store it came from. */
  readonly witness:
    | {
        readonly stream: string
        readonly revision: Revision
        readonly eventId: EventId
        readonly position: Position
        readonly storeId: string
      }
    | undefined
}

interface CheckpointRow {
  readonly position: Position
  readonly epoch: bigint
  readonly store_id: string | null
  readonly witness_stream: string | null
  readonly witness_revision: Revision | null
  readonly witness_event_id: string | null
  readonly witness_position: Position | null
}

export const witnessOf = (row: Omit<CheckpointRow, 'position' | 'epoch'>): Checkpoint['witness'] =>
  row.witness_stream === null ||
  row.witness_revision === null ||
  row.witness_event_id === null ||
  row.witness_position === null ||
  row.store_id === null
    ? undefined
    : {
        stream: row.witness_stream,
        revision: row.witness_revision,
        eventId: row.witness_event_id,
        position: row.witness_position,
        storeId: row.store_id,
      }

/** Tells, and promises nothing: only the epoch's holder may rely on it. */
export const listCheckpoints = async (
  client: PoolClient,
  projections: readonly Checkpoint['projection'][],
): Promise<readonly Checkpoint[]> => {
  const checkpoints: Checkpoint[] = []
  for (const projection of projections) {
    const { rows } = await client.query<CheckpointRow>(`select * from ${schemaOf(projection)}.checkpoint`)
    for (const { position, ...row } of rows) checkpoints.push({ projection, position, witness: witnessOf(row) })
  }
  return checkpoints
}

/** Waits for an earlier holder that may still be committing, then shuts it out: its next batch finds another epoch. */
export const takeEpoch = async (client: PoolClient, schema: string): Promise<CheckpointRow> => {
  const { rows } = await client.query<CheckpointRow>(`update ${schema}.checkpoint set epoch = epoch + 1 returning *`)
  const row = rows[0]
  if (row === undefined) throw new RowsDisagree(`${schema} has no checkpoint`)
  return row
}

/** Whether the tables stand where their writer left them: a statement that failed may have found another's. @throws Fenced */
export const mustHoldCheckpoint = async (
  client: PoolClient,
  { schema, epoch, written }: { readonly schema: string; readonly epoch: bigint; readonly written: Position },
): Promise<void> => {
  const { rows } = await client.query<Pick<CheckpointRow, 'position' | 'epoch'>>(
    `select position, epoch from ${schema}.checkpoint`,
  )
  if (rows[0]?.epoch !== epoch || rows[0].position !== written) {
    throw new Fenced(`${schema} was moved by another projector`)
  }
}

/** What a checkpoint keeps of the last event of ours. */
export const placeOf = ({ stream, revision, eventId, position }: LogEvent) => ({ stream, revision, eventId, position })

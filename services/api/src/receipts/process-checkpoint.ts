import type { Pool } from '@registru/runtime'
import type { ReceiptStep } from './receipt-step.ts'

/** Where the process manager is: the position it has read to, and the steps it has seen begun and not ended. */
export interface ProcessCheckpoint {
  readonly position: bigint | undefined
  readonly steps: readonly ReceiptStep[]
}

const CREATE = `
  create schema if not exists process_manager;
  create table if not exists process_manager.receipts (
    only_row boolean primary key default true check (only_row),
    position bigint not null,
    steps jsonb not null,
    updated_at timestamptz not null default now()
  )`

/** Position and steps are one row, so that whichever of two writers comes last leaves a pair that belongs together. */
export const loadCheckpoint = async (pool: Pool): Promise<ProcessCheckpoint> => {
  await pool.query(CREATE)
  const { rows } = await pool.query<{ position: bigint; steps: ReceiptStep[] }>(
    'select position, steps from process_manager.receipts',
  )
  return rows[0] ?? { position: undefined, steps: [] }
}

export const saveCheckpoint = async (pool: Pool, position: bigint, steps: readonly ReceiptStep[]): Promise<void> => {
  await pool.query(
    `insert into process_manager.receipts (position, steps) values ($1, $2)
     on conflict (only_row) do update set position = excluded.position, steps = excluded.steps, updated_at = now()`,
    [position, JSON.stringify(steps)],
  )
}

import type { Pool } from '@registru/runtime'

/** The generation as this ledger's processes have last read it from the log. */
export interface KeptGeneration {
  readonly find: () => Promise<number | undefined>
  readonly keep: (generation: number) => Promise<void>
}

/** Any number; it keeps two processes that start at once from creating the same table. */
const LOCK = 7_310_011

const CREATE = `
  select pg_advisory_xact_lock(${LOCK});
  create schema if not exists log_facts;
  create table if not exists log_facts.generation (
    only_row boolean primary key default true check (only_row),
    generation integer not null
  )`

/** Beside the read models, because an answer needs it whenever it can be given at all. */
export const keptInPostgres = (pool: Pool): KeptGeneration => ({
  find: async () => {
    await pool.query(CREATE)
    const { rows } = await pool.query<{ generation: number }>('select generation from log_facts.generation')
    return rows[0]?.generation
  },
  keep: async (generation) => {
    await pool.query(CREATE)
    await pool.query(
      `insert into log_facts.generation (generation) values ($1)
       on conflict (only_row) do update set generation = excluded.generation`,
      [generation],
    )
  },
})

import type { Pool } from '@registru/runtime'

/** What a hand-written receivables service would keep: the balance in the invoice's own row. */
export const createTables = async (pool: Pool): Promise<void> => {
  await pool.query(`
    create table invoices (
      invoice_id text primary key,
      client_id text not null,
      currency text not null,
      total_minor bigint not null,
      open_minor bigint not null check (open_minor >= 0)
    ) with (fillfactor = 50);
    create table payments (
      payment_id text primary key,
      client_id text not null,
      currency text not null,
      amount_minor bigint not null,
      method text not null,
      received_on date not null,
      recorded_at timestamptz not null default now()
    );
    create table allocations (
      payment_id text not null references payments,
      invoice_id text not null references invoices,
      amount_minor bigint not null,
      primary key (payment_id, invoice_id)
    )`)
}

/** One large invoice for each client, as the ledger has them in this benchmark. */
export const insertInvoices = async (pool: Pool, accounts: number, totalMinor: bigint): Promise<void> => {
  await pool.query(
    `insert into invoices select 'invoice-' || n, 'client-' || n, 'RON', $2::bigint, $2::bigint
     from generate_series(0, $1::integer - 1) as n`,
    [accounts, totalMinor],
  )
  await pool.query('analyze invoices')
}

import type { ClientId } from '@registru/domain'
import { type RawBuilder, sql } from 'kysely'
import { wasKnown } from './clocks.ts'
import type { Clocks, ReadHandle } from './read.ts'

/** @param moved a select of `currency` and `moved_minor` */
export const sumsByCurrency = async (
  db: ReadHandle,
  moved: RawBuilder<unknown>,
): Promise<ReadonlyMap<string, bigint>> => {
  const { rows } = await sql<{ currency: string; sum_minor: bigint }>`
    select currency, sum(moved_minor) as sum_minor from (${moved}) moved group by currency`.execute(db)
  return new Map(rows.map((row) => [row.currency, row.sum_minor]))
}

export interface ClientBalance {
  readonly clientId: ClientId
  readonly currency: string
  readonly balanceMinor: bigint
}

/**
 * Client by client, from every line: slow, for who looks for a difference.
 * @param lines of a company, up to their `where`, and what each of them moves
 */
export const listClientBalancesOf = async (
  db: ReadHandle,
  { asOf, knownAt }: Clocks,
  { lines, moved }: { readonly lines: RawBuilder<unknown>; readonly moved: RawBuilder<bigint> },
): Promise<readonly ClientBalance[]> => {
  const { rows } = await sql<{ client_id: ClientId; currency: string; balance_minor: bigint }>`
    select client_id, currency, sum(${moved}) as balance_minor
    from ${lines} and effective_on <= ${asOf}::date and ${wasKnown(knownAt)}
    group by client_id, currency`.execute(db)
  return rows.map((row) => ({ clientId: row.client_id, currency: row.currency, balanceMinor: row.balance_minor }))
}

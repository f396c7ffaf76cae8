import { type ClaimKind, type ClientId, type CompanyId, isClaimKind } from '@registru/domain'
import { sql } from 'kysely'
import type { ReadHandle } from '../core/reading/read.ts'
import type { InvoiceBalanceViews } from './tables.ts'

export interface OwedName {
  /** `undefined`: an invoice. */
  readonly claim: ClaimKind | undefined
  /** Series and number. */
  readonly name: string
}

/** What some invoices and claims of a client are, and what they are called, by id; unknown ones are left out. */
export const findOwedNames = async (
  db: ReadHandle,
  {
    companyId,
    clientId,
    invoiceIds,
  }: { readonly companyId: CompanyId; readonly clientId: ClientId; readonly invoiceIds: readonly string[] },
): Promise<ReadonlyMap<string, OwedName>> => {
  const rows = await db
    .withTables<InvoiceBalanceViews>()
    .selectFrom('read.invoice_balances')
    .select(['invoice_id', 'kind', 'series', 'number'])
    .where('company_id', '=', companyId)
    .where('client_id', '=', clientId)
    .where(sql<boolean>`invoice_id = any(${[...invoiceIds]}::text[])`)
    .execute()
  return new Map(
    rows.map(({ invoice_id, kind, series, number }) => [
      invoice_id,
      { claim: isClaimKind(kind) ? kind : undefined, name: series === null ? number : `${series} ${number}` },
    ]),
  )
}

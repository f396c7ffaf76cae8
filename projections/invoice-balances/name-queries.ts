import type { ClientId, CompanyId } from '@registru/domain'
import { sql } from 'kysely'
import type { ReadHandle } from '../core/reading/read.ts'
import type { InvoiceBalanceViews } from './tables.ts'

/** Series and number of some invoices of a client, by id; unknown ones are left out. */
export const findInvoiceNames = async (
  db: ReadHandle,
  {
    companyId,
    clientId,
    invoiceIds,
  }: { readonly companyId: CompanyId; readonly clientId: ClientId; readonly invoiceIds: readonly string[] },
): Promise<ReadonlyMap<string, string>> => {
  const rows = await db
    .withTables<InvoiceBalanceViews>()
    .selectFrom('read.invoice_balances')
    .select(['invoice_id', 'series', 'number'])
    .where('company_id', '=', companyId)
    .where('client_id', '=', clientId)
    .where(sql<boolean>`invoice_id = any(${[...invoiceIds]}::text[])`)
    .execute()
  return new Map(
    rows.map(({ invoice_id, series, number }) => [invoice_id, series === null ? number : `${series} ${number}`]),
  )
}

import { cashCeilings } from './cash-ceilings/projection.ts'
import { cashDesksProjection } from './cash-desks/projection.ts'
import { clientStatements } from './client-statements/projection.ts'
import { collectionsProjection } from './collections/projection.ts'
import { companiesProjection } from './companies/projection.ts'
import type { Projection } from './core/fold/projection.ts'
import { documentsProjection } from './documents/projection.ts'
import { eventIndexProjection } from './event-index/projection.ts'
import { exchangeRatesProjection } from './exchange-rates/projection.ts'
import { invoiceBalancesProjection } from './invoice-balances/projection.ts'
import { journal } from './journal/projection.ts'
import { parties } from './parties/projection.ts'
import { paymentsProjection } from './payments/projection.ts'
import { receiptsProjection } from './receipts/projection.ts'
import { receivablesAging } from './receivables-aging/projection.ts'
import { timeline } from './timeline/projection.ts'
import { vatOnCollection } from './vat-on-collection/projection.ts'

export { type Correspondence, NoteDoesNotBalance } from './accounting/correspondences.ts'
export * from './accounting/notes.ts'
export * from './accounting/sheets.ts'
export { type BiTypes, biDictionary, readBiTypes } from './bi/dictionary.ts'
export { type BiRole, CompaniesUnknown, createBiRole, dropBiRole, EVERY_COMPANY, listBiRoles } from './bi/roles.ts'
export { installBi, removeBi } from './bi/schema.ts'
export { BI_LIMITS, type EndedSession, endOverlongBiSessions } from './bi/sessions.ts'
export { BI_ACCOUNTS, BI_SCHEMA, biViews, DIGITS_OF_CURRENCIES } from './bi/views.ts'
export * from './cash-ceilings/queries.ts'
export * from './cash-desks/queries.ts'
export type { Against, CashLineKind } from './cash-desks/tables.ts'
export * from './client-statements/queries.ts'
export * from './collections/days-sales-outstanding.ts'
export * from './collections/queries.ts'
export * from './companies/queries.ts'
export { DESKLESS } from './core/books/cash.ts'
export type { Settlement } from './core/books/settlements.ts'
export { Fenced, GenerationInUse, ProjectionFailed, RowsDisagree } from './core/fold/errors.ts'
export { createMemoryWriter, type MemoryWriter } from './core/fold/memory-writer.ts'
export { type Projection, schemaOf } from './core/fold/projection.ts'
export type { Reached, Writer } from './core/fold/writer.ts'
export * from './core/reading/positions.ts'
export { type Clocks, PAGE_ROWS_MAX, type Page, pageOf, type ReadHandle } from './core/reading/read.ts'
export { enterAsReader, keepReadersOut, ReadersAtWork, waitForOlderReaders } from './core/reading/readers.ts'
export { type Checkpoint, listCheckpoints } from './core/tables/checkpoints.ts'
export {
  beginGeneration,
  dropGeneration,
  finishGenerations,
  type Generation,
  listGenerations,
  putInUse,
} from './core/tables/generations.ts'
export { openPostgresWriter, type PostgresWriter, type PreparedBatch } from './core/tables/postgres-writer.ts'
export {
  completeTables,
  ensureReadSchema,
  ensureSchemas,
  findGenerationsToWrite,
  type InUse,
  listInUse,
  listPositions,
  lockSchemas,
  switchReadViews,
} from './core/tables/schema.ts'
export * from './documents/queries.ts'
export * from './event-index/queries.ts'
export * from './exchange-rates/queries.ts'
export type { CashFigure, Cell, FigureQuestion, PostedFigure, TradedFigure, VatFigure } from './explain/figure-lines.ts'
export * from './explain/queries.ts'
export * from './invoice-balances/name-queries.ts'
export * from './invoice-balances/queries.ts'
export type { InstalmentPart, InvoiceStatus } from './invoice-balances/tables.ts'
export { accountName } from './journal/account-names.ts'
export { type Account, accountsOfChart, allAccounts, MONEY_ACCOUNTS, romanianAccount } from './journal/accounts.ts'
export * from './journal/period-balance.ts'
export * from './journal/queries.ts'
export * from './parties/queries.ts'
export * from './payments/cash-payouts.ts'
export * from './payments/queries.ts'
export * from './receipts/queries.ts'
export type { ReceiptDocument } from './receipts/tables.ts'
export { type AgeBy, agingLabels } from './receivables-aging/buckets.ts'
export * from './receivables-aging/queries.ts'
export * from './receivables-aging/recovery-queries.ts'
export { checkSlice, type Place, type Slice } from './ties/check.ts'
export { allTies, type Difference, listDifferences } from './ties/differences.ts'
export * from './ties/findings.ts'
export * from './ties/queries.ts'
export type { Tie } from './ties/tie.ts'
export * from './timeline/queries.ts'
export * from './vat-on-collection/queries.ts'

/** Every read model, in the version that this code writes. */
export const allProjections: readonly Projection[] = [
  timeline,
  parties,
  journal,
  invoiceBalancesProjection,
  clientStatements,
  receivablesAging,
  paymentsProjection,
  receiptsProjection,
  vatOnCollection,
  companiesProjection,
  cashDesksProjection,
  collectionsProjection,
  cashCeilings,
  eventIndexProjection,
  documentsProjection,
  exchangeRatesProjection,
]

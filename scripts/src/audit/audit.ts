import { BEFORE_THE_LOG, type Position } from '@registru/domain'
import type { RecordedEvent } from '@registru/event-store'
import type { PoolClient } from '@registru/runtime'
import { startComparison } from './compare.ts'
import { type LogRead, readLog } from './log.ts'
import type { Report } from './report.ts'
import { createLedger, holdToRules, type Ledger } from './rules.ts'
import { cashCeilingFold } from './tables/cash-ceilings.ts'
import { cashDeskFold } from './tables/cash-desks.ts'
import { collectionFold } from './tables/collections.ts'
import { companyFold } from './tables/companies.ts'
import { documentFold } from './tables/documents.ts'
import { eventIndexFold } from './tables/event-index.ts'
import { exchangeRateFold } from './tables/exchange-rates.ts'
import { invoiceFold } from './tables/invoices.ts'
import { journalFold } from './tables/journal.ts'
import { openItemFold } from './tables/open-items.ts'
import { partyFold } from './tables/parties.ts'
import { paymentFold } from './tables/payments.ts'
import { receiptFold } from './tables/receipts.ts'
import { statementFold } from './tables/statements.ts'
import { timelineFold } from './tables/timeline.ts'
import { vatFold } from './tables/vat.ts'
import { requireTieOut } from './tie-out.ts'

/** Every read model, said a second time. */
const folds = [
  timelineFold,
  partyFold,
  journalFold,
  invoiceFold,
  statementFold,
  openItemFold,
  paymentFold,
  receiptFold,
  vatFold,
  companyFold,
  cashDeskFold,
  collectionFold,
  cashCeilingFold,
  eventIndexFold,
  documentFold,
  exchangeRateFold,
]

/** So many that reading tables in step with the log costs few round trips, so few that they wait in little memory. */
const EVENTS_A_STEP = 2_000

export interface Audited extends LogRead {
  readonly ledger: Ledger
}

/**
 * Folds the log up to a position by code of its own, and compares every read model with that, cell by cell.
 * @param awaited `stream id` of events that have to be there; the answer has those that were not
 * @param client stands in one snapshot of the database, in which every projection is at `until`
 */
export const auditReadModels = async (
  client: PoolClient,
  events: AsyncIterable<RecordedEvent>,
  until: Position,
  report: Report,
  onEvent: (position: Position, count: number) => void,
  awaited = new Set<string>(),
): Promise<Audited> => {
  const read: LogRead = { events: 0, streams: 0, position: BEFORE_THE_LOG, awaited }
  const ledger = createLedger()
  const comparison = await startComparison(client, folds, report)
  const foldsUnderWay = folds.map(({ start }) => start())
  let inStep = 0
  for await (const fact of readLog(events, until, report, read)) {
    onEvent(fact.position, read.events)
    holdToRules(ledger, report, fact)
    for (const fold of foldsUnderWay) fold(comparison.expected, fact)
    inStep += 1
    if (inStep < EVENTS_A_STEP) continue
    await comparison.upTo(fact.position)
    inStep = 0
  }
  requireTieOut(comparison.expected)
  await comparison.end()
  return { ...read, ledger }
}

import type { CompanyId, RateSource } from '@registru/domain'
import {
  date,
  defineTable,
  id,
  instant,
  nullable,
  position,
  text,
  uuid,
  type ViewRowOf,
  word,
} from '../core/fold/table.ts'

/** Every price of a currency that anybody recorded; the latest row of each source, day and currency is the one that holds. */
export const exchangeRates = defineTable({
  name: 'exchange_rates',
  columns: {
    company_id: id<CompanyId>(),
    published_on: date(),
    currency: text(),
    source: word<RateSource>(),
    position: position(),
    /** A decimal string with the digits that were published: a number would lose its last zeros. */
    rate: text(),
    /** What was known until then. */
    replaces: nullable(text()),
    actor: text(),
    reason: nullable(text()),
    recorded_at: instant(),
    event_id: uuid(),
  },
  key: ['company_id', 'published_on', 'currency', 'source', 'position'],
})

export type ExchangeRateViews = { 'read.exchange_rates': ViewRowOf<typeof exchangeRates> }

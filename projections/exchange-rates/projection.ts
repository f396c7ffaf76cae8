import { insert } from '../core/fold/changes.ts'
import { defineProjection } from '../core/fold/projection.ts'
import { exchangeRates } from './tables.ts'

/** What currencies were worth, by whose word, and what was said before it was put right. */
export const exchangeRatesProjection = defineProjection({
  name: 'exchange_rates',
  version: 1,
  tables: [exchangeRates],
  on: {
    ExchangeRatesRecorded: ({ data: { source, on, rates, replaces = {} }, metadata, position, eventId }) =>
      Object.entries(rates).map(([currency, rate]) =>
        insert(exchangeRates, {
          company_id: metadata.companyId,
          published_on: on,
          currency,
          source,
          position,
          rate,
          replaces: replaces[currency] ?? null,
          actor: metadata.actor,
          reason: metadata.reason ?? null,
          recorded_at: metadata.recordedAt,
          event_id: eventId,
        }),
      ),
  },
})

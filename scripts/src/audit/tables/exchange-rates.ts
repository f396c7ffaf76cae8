import type { Expected, Fold } from '../expected.ts'
import type { PlacedFact } from '../facts.ts'

const rates = { name: 'exchange_rates', position: 'position', within: ['currency'] }

const foldExchangeRates = (expected: Expected, fact: PlacedFact): void => {
  const { type, data, companyId, position, actor, reason = null, recordedAt, eventId } = fact
  if (type !== 'ExchangeRatesRecorded') return
  for (const [currency, rate] of Object.entries(data.rates)) {
    expected.bear(rates, {
      company_id: companyId,
      published_on: data.on,
      currency,
      source: data.source,
      position,
      rate,
      replaces: data.replaces?.[currency] ?? null,
      actor,
      reason,
      recorded_at: new Date(recordedAt).toISOString(),
      event_id: eventId,
    })
  }
}

export const exchangeRateFold: Fold = { histories: [rates], states: [], start: () => foldExchangeRates }

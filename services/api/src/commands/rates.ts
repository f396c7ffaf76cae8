import { exchangeRatesStream, RecordExchangeRates } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { z } from 'zod'
import { defineCommand } from './command-definition.ts'
import { day } from './result-schemas.ts'

const rates = z.record(z.string(), z.string())

export const rateCommands = [
  defineCommand({
    name: 'RecordExchangeRates',
    summary: 'Record what currencies were worth on a day',
    description:
      'Prices of one unit in the functional currency, as a source published them. Each is kept with all its digits. What is known already changes nothing; another price of the same source, day and currency puts it right: the event and the warnings name what was known until then, and documents keep the rate that they took.',
    schema: RecordExchangeRates,
    example: examples.recordExchangeRates(),
    result: z.object({
      source: z.string(),
      on: day,
      recorded: rates.meta({ description: 'What is new or was put right; what was known already is left out' }),
    }),
    rejections: ['COMPANY_NOT_FOUND', 'DAY_TOO_FAR_AHEAD', 'EXCHANGE_RATE_NOT_APPLICABLE'],
    execute: async (data, context, { ledger }) => {
      const { companyId } = context
      const stream = exchangeRatesStream(companyId)
      await ledger.keys.admit(ledger.exchangeRates, stream, context)
      const companyRules = await ledger.rules.rulesOf(companyId)
      const command = { type: 'RecordExchangeRates', data } as const
      const handled = await ledger.exchangeRates.handle(stream, command, { ...context, companyRules })
      const { rates: recorded = {}, replaces = {} } = handled.events[0]?.data ?? {}
      const warnings = Object.entries(replaces).map(([currency, replaced]) => ({
        code: 'EXCHANGE_RATE_CORRECTED',
        currency,
        rate: recorded[currency],
        replaces: replaced,
      }))
      const result = { source: data.source, on: data.on, recorded }
      return { ...handled, result, ...(warnings.length === 0 ? {} : { warnings }) }
    },
  }),
]

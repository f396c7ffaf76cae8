import { z } from 'zod'
import { BusinessDay } from '../business-day.ts'
import { Rate, RateSource } from '../exchange-rate.ts'
import type { Message } from '../message.ts'
import { Currency } from '../money.ts'

export const RecordExchangeRates = z.strictObject({
  source: RateSource,
  on: BusinessDay.meta({ description: 'Day on which the source published them' }),
  rates: z
    .record(Currency, Rate)
    .refine((rates) => Object.keys(rates).length > 0, 'at least one rate')
    .meta({
      description:
        'By currency, the price of one unit in the functional currency, with as many digits as it was published with: 100 forints at 1.3100 lei are "0.013100"',
      examples: [{ EUR: '5.0900', HUF: '0.013100' }],
    }),
})

export type ExchangeRatesCommand = Message<'RecordExchangeRates', z.infer<typeof RecordExchangeRates>>

// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../business-day.ts'
import { defineEvent, type EventOf } from '../event-definition.ts'
import { Rate, RateSource } from '../exchange-rate.ts'
import { Currency } from '../money.ts'

/** What currencies were worth by somebody's word (BNR: art. 290 (2) Cod fiscal). Nothing is valued by it afterwards: each document keeps the rate that it took. */
export const ExchangeRatesRecorded = defineEvent({
  type: 'ExchangeRatesRecorded',
  version: 1,
  data: z.strictObject({
    source: RateSource,
    /** Day in Europe/Bucharest on which the source published them. */
    on: BusinessDay,
    /** Those that were not known yet or were known otherwise: the price of one unit in the functional currency, as published. */
    rates: z.record(Currency, Rate),
    /** What was known until now of those that are corrected. */
    replaces: z.record(Currency, Rate).optional(),
  }),
})

export const exchangeRateEventDefinitions = [ExchangeRatesRecorded] as const

export type ExchangeRatesEvent = EventOf<(typeof exchangeRateEventDefinitions)[number]>

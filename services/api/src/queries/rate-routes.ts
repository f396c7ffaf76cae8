import { BusinessDay, Currency, RateSource } from '@registru/domain'
import { listExchangeRates, listRatesOfDay } from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { answerList, answerTable, type QueryDependencies } from './answer.ts'
import { day, listOf, moment } from './answer-schemas.ts'
import { DECIMAL } from './columns.ts'
import { format } from './formats.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, clocks, freshness, list } from './query-parameters.ts'

const RatesQuery = z.strictObject({
  currency: Currency.optional(),
  source: RateSource.optional(),
  from: BusinessDay.optional().meta({ description: 'First day of publication' }),
  to: BusinessDay.optional().meta({ description: 'Last day of publication' }),
  ...clocks,
  ...freshness,
  ...list,
})
const DayParams = CompanyParams.extend({ source: RateSource, on: BusinessDay })
const DayQuery = z.strictObject({ ...clocks, ...freshness, ...format })
const Place = z.strictObject({ on: BusinessDay, currency: Currency, source: RateSource })

const rate = z.string().meta({ format: DECIMAL, examples: ['5.0900'], description: 'Price of one unit, as published' })
const recorded = {
  rate,
  replaces: rate.optional().meta({ description: 'What it put right' }),
  actor: z.string(),
  reason: z.string().optional(),
  recordedAt: z.iso.datetime(),
  eventId: z.uuid(),
}
const RateItem = z.object({ on: day, currency: z.string(), source: RateSource, ...recorded })
const Rates = listOf(RateItem).meta({ id: 'ExchangeRates' })
const HistoryItem = z.object({ currency: z.string(), ...recorded })
const RatesOfDay = z
  .object({
    source: RateSource,
    on: day,
    rates: z.record(z.string(), rate).meta({ description: 'As they hold at both clocks' }),
    history: z.array(HistoryItem),
    ...moment,
  })
  .meta({ id: 'ExchangeRatesOfDay' })

const problems = problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED'])

export const rateRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/rates',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listExchangeRates',
        summary: 'Exchange rates, the last day first',
        description:
          'What each source said of each currency and day, as it holds at both clocks: `asOf` leaves later days out, `knownAt` what was recorded or put right later.',
        params: CompanyParams,
        querystring: RatesQuery,
        response: { 200: Rates, ...problems },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { currency, source, from, to } = request.query
      return answerList(dependencies, request.query, reply, {
        row: RateItem,
        place: Place,
        knowsKnownAt: true,
        read: (handle, { asOf, knownAt }, page) =>
          listExchangeRates(handle, { companyId, currency, source, from, to, asOf, knownAt, ...page }),
      })
    },
  )

  app.get(
    '/v1/companies/:companyId/rates/:source/:on',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findExchangeRatesOfDay',
        summary: 'What a source said of a day, and how that was put right',
        params: DayParams,
        querystring: DayQuery,
        response: { 200: RatesOfDay, ...problems },
      },
    },
    (request, reply) => {
      const { companyId, source, on } = request.params
      return answerTable(dependencies, request.query, reply, {
        row: HistoryItem,
        read: async (handle, { asOf, knownAt }) => {
          const history = await listRatesOfDay(handle, { companyId, source, on, asOf, knownAt })
          const holding = history.map(({ currency, rate: last }) => [currency, last] as const)
          return {
            source,
            on,
            rates: Object.fromEntries(holding.toSorted(([one], [other]) => (one < other ? -1 : 1))),
            history: history.map(({ on: _on, source: _source, ...one }) => one),
          }
        },
        rowsOf: ({ history }) => history,
      })
    },
  )
}

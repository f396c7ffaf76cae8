import { decimalOf } from '@registru/domain'
import { type AgingRow, findAging, findCompany, findTrialBalance } from '@registru/projections'
import { z } from 'zod'
import { problemResponses } from '../http/problem-schema.ts'
import type { ZodApp } from '../http/zod-app.ts'
import { answerFrom, type QueryDependencies } from './answer.ts'
import { Aging, TrialBalance } from './answer-schemas.ts'
import { CompanyParams, clocks, freshness } from './query-parameters.ts'

const BUCKETS_MAX = 12

const areRising = (days: readonly number[]): boolean =>
  days.every((day, index) => index === 0 || day > (days[index - 1] ?? day))

const Buckets = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,3})(,[1-9][0-9]{0,3})*$/, 'days separated by commas, e.g. 0,30,60,90')
  .refine((text) => areRising(text.split(',').map(Number)), 'rising days')
  .refine((text) => text.split(',').length <= BUCKETS_MAX, `at most ${BUCKETS_MAX} buckets`)
  .meta({ description: 'Days late at which a bucket ends; 0,30,60,90 when absent', examples: ['0,30,60,90'] })

const AgingQuery = z.strictObject({
  buckets: Buckets.optional(),
  by: z.enum(['due', 'issued']).optional().meta({ description: 'due when absent' }),
  groupBy: z.enum(['client', 'currency']).optional().meta({ description: 'client when absent' }),
  ...clocks,
  ...freshness,
})

const TrialBalanceQuery = z.strictObject({
  chart: z.enum(['symbolic', 'romanian']).optional().meta({ description: 'symbolic when absent' }),
  ...clocks,
  ...freshness,
})

const agingAmounts = (row: AgingRow) => {
  const amount = (minor: bigint): string => decimalOf(minor, row.currency)
  return {
    currency: row.currency,
    amounts: row.amountsMinor.map(amount),
    open: amount(row.openMinor),
    credit: amount(row.creditMinor),
    net: amount(row.netMinor),
  }
}

export const receivablesRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/receivables/aging',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findAging',
        summary: 'Receivables by age, the whole portfolio',
        description:
          'A row for every client and currency with something open or some credit. Credit stands in its own column and is never netted into a bucket; instalments age by their own due days.',
        params: CompanyParams,
        querystring: AgingQuery,
        response: { 200: Aging, ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      return answerFrom(dependencies, query, reply, async (handle, moment) => {
        const aging = await findAging(handle, {
          companyId,
          ...moment,
          ...(query.buckets === undefined ? {} : { buckets: query.buckets.split(',').map(Number) }),
          ...(query.by === undefined ? {} : { by: query.by }),
          ...(query.groupBy === undefined ? {} : { groupBy: query.groupBy }),
        })
        return {
          buckets: aging.buckets,
          rows: aging.rows.map((row) => ({ clientId: row.clientId, ...agingAmounts(row) })),
          totals: aging.totals.map(agingAmounts),
        }
      })
    },
  )

  app.get(
    '/v1/companies/:companyId/journal/trial-balance',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findTrialBalance',
        summary: 'Trial balance (balanță de verificare)',
        description:
          'Debits equal credits in every currency. `chart=romanian` maps to the numbers of the Romanian chart.',
        params: CompanyParams,
        querystring: TrialBalanceQuery,
        response: {
          200: TrialBalance,
          ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']),
        },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      return answerFrom(dependencies, query, reply, async (handle, moment) => {
        const company = query.chart === 'romanian' ? await findCompany(handle, { companyId }) : undefined
        const romanian =
          query.chart === 'romanian' ? { functionalCurrency: company?.functionalCurrency ?? 'RON' } : undefined
        const lines = await findTrialBalance(handle, { companyId, ...moment, romanian })
        const currencies = [...new Set(lines.map((line) => line.currency))].toSorted()
        const amounts = (currency: string, debitMinor: bigint, creditMinor: bigint) => ({
          currency,
          debit: decimalOf(debitMinor, currency),
          credit: decimalOf(creditMinor, currency),
          balance: decimalOf(debitMinor - creditMinor, currency),
        })
        return {
          lines: lines.map(({ account, currency, debitMinor, creditMinor }) => ({
            account,
            ...amounts(currency, debitMinor, creditMinor),
          })),
          totals: currencies.map((currency) => {
            const own = lines.filter((line) => line.currency === currency)
            const debitMinor = own.reduce((sum, line) => sum + line.debitMinor, 0n)
            const creditMinor = own.reduce((sum, line) => sum + line.creditMinor, 0n)
            return amounts(currency, debitMinor, creditMinor)
          }),
        }
      })
    },
  )
}

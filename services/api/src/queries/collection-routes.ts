import { addDays, type CompanyId, decimalOf, minorIn } from '@registru/domain'
import {
  type Collected,
  countBackDso,
  findAccountTotals,
  findSalesTotals,
  listCollections,
  listDailySales,
  listRecoveries,
  MONEY_ACCOUNTS,
  type ReadHandle,
  type Recovery,
  simpleDso,
} from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { answerFrom, answerTable, type Moment, type QueryDependencies } from './answer.ts'
import { amount, day, Links, moment, TieOut, tieOutOf } from './answer-schemas.ts'
import { format } from './formats.ts'
import { END_OF_DAYS, explainLinks } from './links.ts'
import { period, periodOf } from './period.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, clocks, freshness } from './query-parameters.ts'
import { bookOf, certify, certifyBooks } from './tie-out.ts'

const DSO_DAYS_DEFAULT = 90
/** Debts older than this are not explained by sales any more; the answer says how much is left. */
const COUNT_BACK_DAYS_MAX = 3 * 366

const CollectionsQuery = z.strictObject({
  by: z.enum(['day', 'week', 'month']).optional().meta({ description: 'day when absent; weeks begin on Monday' }),
  ...period,
  ...clocks,
  ...freshness,
  ...format,
})
const RecoveryQuery = z.strictObject({ ...clocks, ...freshness, ...format })
const DsoQuery = z.strictObject({
  days: z
    .string()
    .regex(/^[1-9][0-9]{0,2}$/, 'a whole number of days, at most 999')
    .optional()
    .meta({ description: `Days of sales for the simple method; ${DSO_DAYS_DEFAULT} when absent` }),
  ...clocks,
  ...freshness,
})

const CollectedAmounts = {
  collected: amount,
  reversed: amount.meta({ description: 'Bounced, charged back or recorded by mistake: on the day of the reversal' }),
  refunded: amount,
  net: amount,
}
const CollectedItem = z.object({
  from: day,
  to: day,
  currency: z.string(),
  method: z.string(),
  ...CollectedAmounts,
})
const Collections = z
  .object({
    from: day,
    to: day,
    by: z.enum(['day', 'week', 'month']),
    items: z.array(CollectedItem),
    totals: z.array(z.object({ currency: z.string(), method: z.string(), ...CollectedAmounts })),
    tieOut: tieOutOf('collections', 'journal'),
    links: Links,
    ...moment,
  })
  .meta({ id: 'Collections' })

const RecoveryItem = z.object({ from: day, to: day, currency: z.string(), open: amount, overdue: amount })
const Recoveries = z
  .object({
    items: z.array(RecoveryItem),
    totals: z.array(z.object({ currency: z.string(), open: amount, overdue: amount })),
    tieOut: TieOut,
    links: Links,
    ...moment,
  })
  .meta({ id: 'Recoveries' })

const decimalDays = z.string().meta({ description: 'Days with one decimal', examples: ['45.3'] })
const Dso = z
  .object({
    formula: z.object({ simple: z.string(), countBack: z.string() }),
    currencies: z.array(
      z.object({
        currency: z.string(),
        open: amount,
        simple: z.object({
          from: day,
          to: day,
          days: z.int(),
          sales: amount,
          dso: decimalDays.nullable().meta({ description: 'null when nothing was sold' }),
        }),
        countBack: z.object({
          dso: decimalDays,
          terms: z.array(
            z.object({ from: day, to: day, days: z.int(), sales: amount, counted: amount, countedDays: decimalDays }),
          ),
          left: amount.meta({ description: 'Open beyond three years of sales' }),
        }),
      }),
    ),
    tieOut: TieOut,
    links: Links,
    ...moment,
  })
  .meta({ id: 'Dso' })

const FORMULA = {
  simple: 'open at asOf ÷ sales of the last `days` days × days',
  countBack:
    'sales of month after month, the latest first, are taken off what is open: a month that is used up counts with all its days (the month of asOf up to it), the last one with counted ÷ sales × days',
}

const collectedAmounts = ({ currency, collectedMinor, reversedMinor, refundedMinor }: Omit<Collected, 'start'>) => ({
  collected: decimalOf(collectedMinor, currency),
  reversed: decimalOf(reversedMinor, currency),
  refunded: decimalOf(refundedMinor, currency),
  net: decimalOf(collectedMinor - reversedMinor - refundedMinor, currency),
})

const endOf = (start: string, by: 'day' | 'week' | 'month'): string => {
  if (by === 'day') return start
  if (by === 'week') return addDays(start, 6)
  const inNextMonth = addDays(start, 31)
  return addDays(`${inNextMonth.slice(0, 8)}01`, -1)
}

const within = (start: string, by: 'day' | 'week' | 'month', whole: { readonly from: string; readonly to: string }) => {
  const end = endOf(start, by)
  return { from: start < whole.from ? whole.from : start, to: end > whole.to ? whole.to : end }
}

const collectionTotals = (rows: readonly Collected[]) => {
  const totals = new Map<string, Omit<Collected, 'start'>>()
  for (const { start: _, ...row } of rows) {
    const key = `${row.currency} ${row.method}`
    const before = totals.get(key)
    totals.set(key, {
      ...row,
      collectedMinor: row.collectedMinor + (before?.collectedMinor ?? 0n),
      reversedMinor: row.reversedMinor + (before?.reversedMinor ?? 0n),
      refundedMinor: row.refundedMinor + (before?.refundedMinor ?? 0n),
    })
  }
  return [...totals]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => ({ currency: row.currency, method: row.method, ...collectedAmounts(row) }))
}

const recoveryTotals = (rows: readonly Recovery[]) =>
  [...new Set(rows.map((row) => row.currency))].toSorted().map((currency) => {
    const own = rows.filter((row) => row.currency === currency)
    return {
      currency,
      openMinor: own.reduce((sum, row) => sum + row.openMinor, 0n),
      overdueMinor: own.reduce((sum, row) => sum + row.overdueMinor, 0n),
    }
  })

/** The first day that any of them speaks of. */
const firstOf = (spans: readonly { readonly from: string }[]): string =>
  spans.reduce((first, { from }) => (from < first ? from : first), END_OF_DAYS)

/** What weeks show as open against the certificate of the company. @throws TieOutFailed */
const certifyOpen = async (handle: ReadHandle, companyId: CompanyId, clocks: Moment, rows: readonly Recovery[]) => {
  const tieOut = await certify(handle, { companyId }, clocks)
  certifyBooks(clocks, {
    recoveries: bookOf(rows, ({ openMinor }) => openMinor),
    openItems: bookOf(tieOut.currencies, ({ openItems, currency }) => minorIn(openItems, currency)),
  })
  return tieOut
}

const decimalFromTenths = (tenths: bigint): string => `${tenths / 10n}.${tenths % 10n}`

export const collectionRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/collections',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listCollections',
        summary: 'Collected by day, week or month and method',
        description:
          'net = collected − reversed − refunded. Reversals and refunds count on their own day, so a period that is over does not change; the first and the last week or month are cut at `from` and `to`.',
        params: CompanyParams,
        querystring: CollectionsQuery,
        response: {
          200: Collections,
          ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']),
        },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      const by = query.by ?? 'day'
      return answerTable(dependencies, query, reply, {
        row: CollectedItem,
        read: async (handle, clock) => {
          const whole = periodOf(query, clock)
          const rows = await listCollections(handle, { companyId, ...whole, by, knownAt: clock.knownAt })
          const items = rows.map((row) => ({
            ...within(row.start, by, whole),
            currency: row.currency,
            method: row.method,
            ...collectedAmounts(row),
          }))
          const { from, to } = whole
          const journal = { companyId, accounts: MONEY_ACCOUNTS, from, to, knownAt: clock.knownAt }
          const tieOut = certifyBooks(
            { ...clock, asOf: to },
            {
              collections: bookOf(rows, (row) => row.collectedMinor - row.reversedMinor - row.refundedMinor),
              journal: await findAccountTotals(handle, journal),
            },
          )
          const cell = { currency: '{currency}', method: '{method}', from: '{from}', to: '{to}' }
          const links = explainLinks(
            companyId,
            { ...clock, asOf: to },
            {
              explain: { figure: 'collectedNet', ...cell },
              explainCollected: { figure: 'collected', ...cell },
              explainReversed: { figure: 'reversed', ...cell },
              explainRefunded: { figure: 'refunded', ...cell },
              explainTotals: { figure: 'collectedNet', ...cell, from, to },
            },
          )
          return { ...whole, by, items, totals: collectionTotals(rows), tieOut, links }
        },
        rowsOf: ({ items }) => items,
      })
    },
  )

  app.get(
    '/v1/companies/:companyId/collections/to-recover',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listRecoveries',
        summary: 'To be recovered, by week of the due day',
        description:
          'Open invoices and instalments; `overdue` is the part that was due before `asOf`. Weeks begin on Monday.',
        params: CompanyParams,
        querystring: RecoveryQuery,
        response: { 200: Recoveries, ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      return answerTable(dependencies, request.query, reply, {
        row: RecoveryItem,
        read: async (handle, clock) => {
          const rows = await listRecoveries(handle, { companyId, ...clock })
          const amounts = ({ currency, openMinor, overdueMinor }: Omit<Recovery, 'week'>) => ({
            currency,
            open: decimalOf(openMinor, currency),
            overdue: decimalOf(overdueMinor, currency),
          })
          const tieOut = await certifyOpen(handle, companyId, clock, rows)
          return {
            items: rows.map(({ week, ...row }) => ({ from: week, to: endOf(week, 'week'), ...amounts(row) })),
            totals: recoveryTotals(rows).map(amounts),
            tieOut,
            links: explainLinks(companyId, clock, {
              explain: { figure: 'dueOpen', currency: '{currency}', from: '{from}', to: '{to}' },
              explainOverdue: { figure: 'overdue', currency: '{currency}', from: '{from}', to: '{to}' },
              explainTotals: { figure: 'dueOpen', currency: '{currency}' },
            }),
          }
        },
        rowsOf: ({ items }) => items,
      })
    },
  )

  app.get(
    '/v1/companies/:companyId/collections/dso',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findDso',
        summary: 'Days sales outstanding: simple and count-back',
        description: `Simple: ${FORMULA.simple}. Count-back: ${FORMULA.countBack}. Sales are invoices of the day, VAT included, less cancellations and credit notes of the day; what is open includes VAT, too, and no client credit is netted.`,
        params: CompanyParams,
        querystring: DsoQuery,
        response: { 200: Dso, ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      const days = Number(query.days ?? DSO_DAYS_DEFAULT)
      return answerFrom(dependencies, query, reply, async (handle, clock) => {
        const { asOf, knownAt } = clock
        const since = addDays(asOf, -COUNT_BACK_DAYS_MAX)
        const sales = await listDailySales(handle, { companyId, from: since, to: asOf, knownAt })
        const recoveries = await listRecoveries(handle, { companyId, ...clock })
        const tieOut = await certifyOpen(handle, companyId, clock, recoveries)
        const open = recoveryTotals(recoveries)
        const currencies = [...new Set([...open, ...sales].map(({ currency }) => currency))].toSorted()
        const outstanding = currencies.map((currency) => {
          const openMinor = open.find((total) => total.currency === currency)?.openMinor ?? 0n
          const own = sales.filter((sale) => sale.currency === currency)
          const simple = simpleDso(openMinor, own, { asOf, days })
          return { currency, openMinor, simple, countBack: countBackDso(openMinor, own, { asOf, since }) }
        })
        const from = firstOf(outstanding.flatMap(({ simple, countBack }) => [simple, ...countBack.terms]))
        certifyBooks(clock, {
          sales: bookOf(sales, (sale) => (sale.on < from ? 0n : sale.soldMinor)),
          entries: await findSalesTotals(handle, { companyId, from, to: asOf, knownAt }),
        })
        return {
          formula: FORMULA,
          currencies: outstanding.map(({ currency, openMinor, simple, countBack }) => {
            const money = (minor: bigint): string => decimalOf(minor, currency)
            return {
              currency,
              open: money(openMinor),
              simple: {
                from: simple.from,
                to: asOf,
                days,
                sales: money(simple.soldMinor),
                dso: simple.daysTenths === undefined ? null : decimalFromTenths(simple.daysTenths),
              },
              countBack: {
                dso: decimalFromTenths(countBack.daysTenths),
                terms: countBack.terms.map((term) => ({
                  from: term.from,
                  to: term.to,
                  days: term.days,
                  sales: money(term.soldMinor),
                  counted: money(term.countedMinor),
                  countedDays: decimalFromTenths(term.daysTenths),
                })),
                left: money(countBack.leftMinor),
              },
            }
          }),
          tieOut,
          links: explainLinks(companyId, clock, {
            explain: { figure: 'sales', currency: '{currency}', from: '{from}', to: '{to}' },
            explainOpen: { figure: 'clientOpen', currency: '{currency}' },
          }),
        }
      })
    },
  )
}

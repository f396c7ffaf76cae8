import { BusinessDay, decimalOf, Month } from '@registru/domain'
import {
  type ExigibleVat,
  findAccountTotals,
  findExigibleTotals,
  findVatDayDifference,
  findVatMovementDifference,
  listDeferredVat,
  listExigibleVat,
  listVatEntries,
  type ReadHandle,
  type VatEntry,
} from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { answerList, answerTable, type Moment, type QueryDependencies } from './answer.ts'
import { amount, day, Links, listOf, moment, tieOutOf } from './answer-schemas.ts'
import { format } from './formats.ts'
import { explainLinks } from './links.ts'
import { period, periodOf } from './period.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, clocks, freshness, list } from './query-parameters.ts'
import { bookOf, certifyBooks, certifyRows } from './tie-out.ts'

const VatQuery = z.strictObject({ ...period, ...clocks, ...freshness, ...format })
const VatEntriesQuery = z.strictObject({ ...period, ...clocks, ...freshness, ...list })
const Place = z.strictObject({
  on: BusinessDay,
  position: z.string().regex(/^[0-9]{1,19}$/),
  line: z.int().nonnegative(),
})

const rate = z.string().meta({ description: 'Percent, as the invoice has it', examples: ['21'] })
const VatAmounts = { currency: z.string(), rate, base: amount, vat: amount }
const VatDayItem = z.object({ on: day, ...VatAmounts })
const ExigibleVatAnswer = z
  .object({
    from: day,
    to: day,
    days: z.array(VatDayItem),
    totals: z.array(z.object(VatAmounts)),
    deferred: z
      .array(z.object({ currency: z.string(), rate, vat: amount }))
      .meta({ description: 'Not exigible yet at the end of `to`: the balance of 4428' }),
    tieOut: tieOutOf('deferred', 'journal'),
    links: Links,
    ...moment,
  })
  .meta({ id: 'ExigibleVat' })

const VatEntryItem = z.object({
  on: day,
  belongsTo: Month.optional().meta({
    description: 'The month whose return should have had it: its period was closed, so it stands on the first open day',
  }),
  cause: z.string().meta({ description: 'What happened: ALLOCATED, DEALLOCATED, CLEARED, CREDITED …' }),
  clientId: z.string(),
  document: z.object({ kind: z.enum(['INVOICE', 'CREDIT_NOTE']), id: z.string() }),
  paymentId: z.string().optional(),
  ...VatAmounts,
  eventId: z.uuid(),
})
const VatEntries = listOf(VatEntryItem).meta({ id: 'VatEntries' })

const vatAmounts = ({ currency, rate: percent, baseMinor, vatMinor }: Omit<ExigibleVat, 'on'>) => ({
  currency,
  rate: percent,
  base: decimalOf(baseMinor, currency),
  vat: decimalOf(vatMinor, currency),
})

const totalsOf = (days: readonly ExigibleVat[]) => {
  const totals = new Map<string, Omit<ExigibleVat, 'on'>>()
  for (const { currency, rate: percent, baseMinor, vatMinor } of days) {
    const key = `${currency} ${percent}`
    const before = totals.get(key)
    totals.set(key, {
      currency,
      rate: percent,
      baseMinor: baseMinor + (before?.baseMinor ?? 0n),
      vatMinor: vatMinor + (before?.vatMinor ?? 0n),
    })
  }
  return [...totals.values()].map(vatAmounts)
}

const vatEntryBody = ({ on, belongsTo, cause, clientId, document, paymentId, eventId, ...amounts }: VatEntry) => ({
  on,
  belongsTo,
  cause,
  clientId,
  document,
  paymentId,
  ...vatAmounts(amounts),
  eventId,
})

/** Holds the days of a period against the movements behind them. @throws TieOutFailed */
const certifyPeriod = async (
  handle: ReadHandle,
  clock: Moment,
  asked: Parameters<typeof listExigibleVat>[1],
): Promise<readonly ExigibleVat[]> => {
  const days = await listExigibleVat(handle, asked)
  await certifyRows(findVatDayDifference(handle, asked))
  certifyBooks(
    { ...clock, asOf: asked.to },
    { exigible: bookOf(days, ({ vatMinor }) => vatMinor), movements: await findExigibleTotals(handle, asked) },
  )
  return days
}

export const vatRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/vat/exigible',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findExigibleVat',
        summary: 'TVA la încasare: VAT made exigible, by day and rate',
        description:
          'Only documents with `cashAccounting`. Money counts on its own day, though not before its invoice unless that is an advance invoice, cheques and promissory notes on the day of their collection; an undo is negative on its own day. Where that day is closed the row stands on the first open day and its entry says `belongsTo`. What a document has made exigible so far is round(collected × its VAT ÷ its total), and each receipt carries the difference, so it closes to the ban (Legea 227/2015 art. 282).',
        params: CompanyParams,
        querystring: VatQuery,
        response: {
          200: ExigibleVatAnswer,
          ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']),
        },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      return answerTable(dependencies, query, reply, {
        row: VatDayItem,
        read: async (handle, clock) => {
          const { from, to } = periodOf(query, clock)
          const { knownAt } = clock
          const days = await certifyPeriod(handle, clock, { companyId, from, to, knownAt })
          const deferred = await listDeferredVat(handle, { companyId, asOf: to, knownAt })
          const journal = await findAccountTotals(handle, { companyId, accounts: ['VAT_DEFERRED'], to, knownAt })
          const ofRate = { currency: '{currency}', rate: '{rate}' }
          const tieOut = certifyBooks(
            { ...clock, asOf: to },
            {
              deferred: bookOf(deferred, ({ deferredMinor }) => deferredMinor),
              journal: new Map([...journal].map(([currency, minor]) => [currency, -minor])),
            },
          )
          return {
            from,
            to,
            days: days.map(({ on, ...amounts }) => ({ on, ...vatAmounts(amounts) })),
            totals: totalsOf(days),
            deferred: deferred.map(({ currency, rate: percent, deferredMinor }) => ({
              currency,
              rate: percent,
              vat: decimalOf(deferredMinor, currency),
            })),
            tieOut,
            links: explainLinks(
              companyId,
              { ...clock, asOf: to },
              {
                explain: { figure: 'vatExigible', ...ofRate, from: '{on}', to: '{on}' },
                explainBase: { figure: 'vatBase', ...ofRate, from: '{on}', to: '{on}' },
                explainTotals: { figure: 'vatExigible', ...ofRate, from, to },
                explainDeferred: { figure: 'vatDeferred', ...ofRate },
              },
            ),
          }
        },
        rowsOf: ({ days }) => days,
      })
    },
  )

  app.get(
    '/v1/companies/:companyId/vat/exigible/entries',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listVatEntries',
        summary: 'Each collection and undo that made VAT exigible',
        description: 'The rows behind `vat/exigible`: they add up to its days.',
        params: CompanyParams,
        querystring: VatEntriesQuery,
        response: { 200: VatEntries, ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      return answerList(dependencies, query, reply, {
        row: VatEntryItem,
        place: Place,
        knowsKnownAt: true,
        read: async (handle, clock, page) => {
          const period = { companyId, ...periodOf(query, clock), knownAt: clock.knownAt }
          // The whole period at once, before its first row: a page alone adds up to nothing.
          if (page.after === undefined) await certifyPeriod(handle, clock, period)
          const filter = { ...period, ...page }
          const { items, next } = await listVatEntries(handle, filter)
          const positions = items.map(({ position }) => position)
          await certifyRows(findVatMovementDifference(handle, { companyId, positions }))
          return { items: items.map(vatEntryBody), next }
        },
      })
    },
  )
}

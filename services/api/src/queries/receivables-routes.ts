import { type CompanyId, decimalOf } from '@registru/domain'
import {
  type AgingRow,
  agingLabels,
  findAging,
  findAgingTotals,
  findClientNames,
  findCompany,
  findTrialBalance,
  type ReadHandle,
  streamAging,
} from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { answerTable, type Moment, type QueryDependencies } from './answer.ts'
import { Aging, PeriodBalance, TrialBalance, TrialBalanceLine } from './answer-schemas.ts'
import { Buckets, bucketsOf } from './buckets.ts'
import { at, type CellKind, type Column, DECIMAL } from './columns.ts'
import { format } from './formats.ts'
import { explainLinks, type FigureAsked, monthLink } from './links.ts'
import { period } from './period.ts'
import { periodBalance } from './period-balance.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, clocks, freshness, rowLimit } from './query-parameters.ts'
import { bookOf, certify, certifyBooks } from './tie-out.ts'

/** A portfolio can have a million invoices; as JSON it comes in pieces that a browser survives. CSV and NDJSON carry all. */
const INVOICE_ROWS_DEFAULT = 100

const AgingQuery = z.strictObject({
  buckets: Buckets.optional(),
  by: z.enum(['due', 'issued']).optional().meta({ description: 'due when absent' }),
  groupBy: z.enum(['client', 'currency', 'invoice']).optional().meta({ description: 'client when absent' }),
  sort: z.enum(['-open']).optional().meta({ description: 'Those who owe most first' }),
  limit: rowLimit.optional().meta({
    description: `At most so many rows; all when absent, of invoices ${INVOICE_ROWS_DEFAULT} as JSON. Totals are always those of all, and \`rowsLeftOut\` tells how many are missing`,
  }),
  ...clocks,
  ...freshness,
  ...format,
})

type GroupBy = NonNullable<z.infer<typeof AgingQuery>['groupBy']>

const TrialBalanceQuery = z.strictObject({
  chart: z.enum(['symbolic', 'romanian']).optional().meta({ description: 'symbolic when absent' }),
  ...period,
  ...clocks,
  ...freshness,
  ...format,
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

const agingRowBody = (row: AgingRow, names: ReadonlyMap<string, string>) => ({
  clientId: row.clientId,
  clientName: row.clientId === undefined ? undefined : names.get(row.clientId),
  invoiceId: row.invoiceId,
  ...agingAmounts(row),
})
type AgingRowBody = ReturnType<typeof agingRowBody>

/** With the names of all clients in one query. */
const agingBodies = async (
  handle: ReadHandle,
  companyId: CompanyId,
  { knownAt }: Moment,
  rows: readonly AgingRow[],
): Promise<readonly AgingRowBody[]> => {
  const clientIds = [...new Set(rows.flatMap(({ clientId }) => (clientId === undefined ? [] : [clientId])))]
  const names =
    clientIds.length === 0
      ? new Map<string, string>()
      : await findClientNames(handle, { companyId, clientIds, knownAt })
  return rows.map((row) => agingRowBody(row, names))
}

/** A column a bucket. */
const agingColumns = (groupBy: GroupBy, buckets: readonly number[] | undefined): readonly Column[] => {
  const field = (name: string, kind: CellKind): Column => ({ name, kind, valueOf: (row) => at(row, [name]) })
  const bucket = (name: string, index: number): Column => ({
    name,
    kind: DECIMAL,
    valueOf: (row) => at(row, ['amounts', `${index}`]),
  })
  return [
    ...(groupBy === 'currency' ? [] : [field('clientId', 'text'), field('clientName', 'text')]),
    ...(groupBy === 'invoice' ? [field('invoiceId', 'text')] : []),
    field('currency', 'text'),
    ...agingLabels(buckets).map(bucket),
    ...['open', 'credit', 'net'].map((name) => field(name, DECIMAL)),
  ]
}

/** What a row names, its link names: a row of a currency or of the totals has no client. */
const agingFigures = (
  groupBy: GroupBy,
  { buckets, by }: z.infer<typeof AgingQuery>,
): Readonly<Record<string, FigureAsked>> => {
  const cell = { figure: 'agingCell', currency: '{currency}', bucket: '{bucket}', buckets, by } as const
  const clientId = groupBy === 'currency' ? undefined : '{clientId}'
  const invoiceId = groupBy === 'invoice' ? '{invoiceId}' : undefined
  return {
    explain: { ...cell, clientId, invoiceId },
    explainTotals: cell,
    explainCredit: { figure: 'clientCredit', currency: '{currency}', clientId },
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
      const { groupBy = 'client', sort } = query
      const buckets = bucketsOf(query.buckets)
      const limit = query.limit === undefined ? undefined : Number(query.limit)
      const jsonLimit = limit ?? (groupBy === 'invoice' ? INVOICE_ROWS_DEFAULT : undefined)
      const questionAt = (moment: Moment) => ({
        companyId,
        ...moment,
        groupBy,
        sort,
        ...(buckets === undefined ? {} : { buckets }),
        ...(query.by === undefined ? {} : { by: query.by }),
      })
      const read = async (handle: ReadHandle, moment: Moment) => {
        const aging = await findAging(handle, { ...questionAt(moment), limit: jsonLimit })
        const tieOut = await certify(handle, { companyId }, moment, aging)
        return {
          buckets: aging.buckets,
          rows: await agingBodies(handle, companyId, moment, aging.rows),
          rowsLeftOut: aging.rowsLeftOut,
          totals: aging.totals.map(agingAmounts),
          tieOut,
          links: explainLinks(companyId, moment, agingFigures(groupBy, query)),
        }
      }
      const stream = async function* (handle: ReadHandle, moment: Moment): AsyncGenerator<readonly AgingRowBody[]> {
        const totals = await findAgingTotals(handle, questionAt(moment))
        await certify(handle, { companyId }, moment, { totals })
        for await (const rows of streamAging(handle, { ...questionAt(moment), limit })) {
          yield await agingBodies(handle, companyId, moment, rows)
        }
      }
      return answerTable(dependencies, query, reply, {
        row: agingColumns(groupBy, buckets),
        read,
        rowsOf: ({ rows }) => rows,
        stream,
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
          'Debits equal credits in every currency. `chart=romanian` maps to the numbers of the Romanian chart. With `from` or `to` it is that of a period: opening, turnovers, both together and closing, each of which balances; money that settles at once passes through no client’s credit there (5121 = 4111), so the turnovers of 419 are those of real credit.',
        params: CompanyParams,
        querystring: TrialBalanceQuery,
        response: {
          200: z.union([TrialBalance, PeriodBalance]),
          ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']),
        },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      if (query.from !== undefined || query.to !== undefined) {
        return answerTable(dependencies, query, reply, periodBalance(companyId, query))
      }
      const read = async (handle: ReadHandle, moment: Moment) => {
        const company =
          query.chart === 'romanian' ? await findCompany(handle, { companyId, knownAt: moment.knownAt }) : undefined
        const romanian =
          query.chart === 'romanian' ? { functionalCurrency: company?.functionalCurrency ?? 'RON' } : undefined
        const lines = await findTrialBalance(handle, { companyId, ...moment, romanian })
        const debits = bookOf(lines, (line) => line.debitMinor)
        const credits = bookOf(lines, (line) => line.creditMinor)
        certifyBooks(moment, { debits, credits })
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
          totals: [...debits]
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([currency, debitMinor]) => amounts(currency, debitMinor, credits.get(currency) ?? 0n)),
          tieOut: await certify(handle, { companyId }, moment),
          links: {
            ...explainLinks(companyId, moment, {
              explain: { figure: 'account', currency: '{currency}', account: '{account}' },
            }),
            ...monthLink(companyId, moment, query.chart),
          },
        }
      }
      return answerTable(dependencies, query, reply, { row: TrialBalanceLine, rowsOf: (body) => body.lines, read })
    },
  )
}

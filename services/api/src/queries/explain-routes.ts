import { BusinessDay, ClientId, Currency, clientAccountStream, decimalOf, InvoiceId, PaymentId } from '@registru/domain'
import {
  type Account,
  accountsOfChart,
  agingLabels,
  type FigureLine,
  type FigureQuestion,
  findCompany,
  findFigureSum,
  listFigureLines,
  type ReadHandle,
} from '@registru/projections'
import { z } from 'zod'
import { MalformedRequest } from '../http/malformed-request.ts'
import { problemResponses } from '../http/problem-schema.ts'
import type { ZodApp } from '../http/zod-app.ts'
import { answerList, type Moment, type QueryDependencies } from './answer.ts'
import { amount, day, listOf } from './answer-schemas.ts'
import { Buckets, bucketsOf } from './buckets.ts'
import { CompanyParams, clocks, freshness, list } from './query-parameters.ts'

const Figure = z.enum([
  'invoiceOpen',
  'paymentCredit',
  'clientBalance',
  'clientOpen',
  'clientCredit',
  'statementLine',
  'agingCell',
  'account',
])
type Figure = z.infer<typeof Figure>

const ExplainQuery = z.strictObject({
  figure: Figure,
  currency: Currency,
  clientId: ClientId.optional(),
  invoiceId: InvoiceId.optional(),
  paymentId: PaymentId.optional(),
  eventId: z.uuid().optional(),
  account: z.string().max(40).optional().meta({ description: 'Symbolic, or a number of the Romanian chart' }),
  bucket: z.string().max(20).optional().meta({ description: 'A label of the aging, e.g. notDue or 31-60' }),
  buckets: Buckets.optional(),
  by: z.enum(['due', 'issued']).optional(),
  ...clocks,
  ...freshness,
  ...list,
})
type ExplainQuery = z.infer<typeof ExplainQuery>

const Place = z.strictObject({
  clientId: ClientId,
  effectiveOn: BusinessDay,
  position: z.string().regex(/^[0-9]+$/),
  line: z.int(),
})

const Line = z.object({
  account: z.string().optional().meta({ description: 'Absent: a part of the invoice that another cell shows' }),
  clientId: z.string(),
  invoiceId: z.string().optional(),
  paymentId: z.string().optional(),
  amount: amount.meta({ description: 'What it adds to the figure' }),
  effectiveOn: day,
  recordedAt: z.string().optional(),
  position: z.string(),
  stream: z.string().optional(),
  revision: z.int().optional(),
  eventId: z.string().optional(),
})
const Explanation = listOf(Line)
  .extend({ figure: Figure, currency: z.string(), sum: amount })
  .meta({ id: 'Explanation' })

/** What each figure cannot do without. */
const NEEDS: Readonly<Record<Figure, readonly (keyof ExplainQuery)[]>> = {
  invoiceOpen: ['clientId', 'invoiceId'],
  paymentCredit: ['clientId', 'paymentId'],
  clientBalance: ['clientId'],
  clientOpen: ['clientId'],
  clientCredit: ['clientId'],
  statementLine: ['clientId', 'eventId'],
  agingCell: ['bucket'],
  account: ['account'],
}

const ACCOUNTS: Readonly<Record<Exclude<Figure, 'account'>, readonly Account[]>> = {
  invoiceOpen: ['RECEIVABLE'],
  paymentCredit: ['CLIENT_CREDIT'],
  clientBalance: ['RECEIVABLE', 'CLIENT_CREDIT'],
  clientOpen: ['RECEIVABLE'],
  clientCredit: ['CLIENT_CREDIT'],
  statementLine: ['RECEIVABLE', 'CLIENT_CREDIT'],
  agingCell: ['RECEIVABLE'],
}

/** Credit is shown as an amount of its own, the journal has it on the credit side. */
const signOf = (figure: Figure): bigint => (figure === 'paymentCredit' || figure === 'clientCredit' ? -1n : 1n)

const requireFilters = (query: ExplainQuery): void => {
  const missing = NEEDS[query.figure].filter((name) => query[name] === undefined)
  if (missing.length === 0) return
  throw new MalformedRequest(missing.map((name) => ({ path: `/query/${name}`, rule: `required for ${query.figure}` })))
}

const cellOf = ({ bucket, buckets, by }: ExplainQuery) => {
  const asked = bucketsOf(buckets)
  const index = agingLabels(asked).indexOf(bucket ?? '')
  if (index < 0)
    throw new MalformedRequest([{ path: '/query/bucket', rule: `one of ${agingLabels(asked).join(', ')}` }])
  return { bucket: index, buckets: asked, by }
}

const accountsOf = async (
  handle: ReadHandle,
  companyId: string,
  { figure, account = '', currency }: ExplainQuery,
  { asOf, knownAt }: Moment,
): Promise<readonly Account[]> => {
  if (figure !== 'account') return ACCOUNTS[figure]
  const functionalCurrency = (await findCompany(handle, { companyId, knownAt }))?.functionalCurrency ?? 'RON'
  const accounts = accountsOfChart(account, currency, { functionalCurrency, on: asOf })
  if (accounts.length === 0) throw new MalformedRequest([{ path: '/query/account', rule: 'an account of the chart' }])
  return accounts
}

const questionAt = async (
  handle: ReadHandle,
  companyId: string,
  query: ExplainQuery,
  moment: Moment,
): Promise<FigureQuestion> => {
  const { currency, clientId, invoiceId, paymentId, eventId } = query
  return {
    companyId,
    currency,
    asOf: moment.asOf,
    knownAt: moment.knownAt,
    accounts: await accountsOf(handle, companyId, query, moment),
    clientId,
    invoiceId,
    paymentId,
    eventId,
    ...(query.figure === 'agingCell' ? { cell: cellOf(query) } : {}),
  }
}

const lineBody = (companyId: string, { figure, currency }: ExplainQuery, line: FigureLine) => ({
  account: line.account,
  clientId: line.clientId,
  invoiceId: line.invoiceId,
  paymentId: line.paymentId,
  amount: decimalOf(line.amountMinor * signOf(figure), currency),
  effectiveOn: line.effectiveOn,
  recordedAt: line.recordedAt,
  position: `${line.position}`,
  stream: line.eventId === undefined ? undefined : clientAccountStream(companyId, line.clientId),
  revision: line.revision === undefined ? undefined : Number(line.revision),
  eventId: line.eventId,
})

export const explainRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/explain',
    {
      schema: {
        tags: ['queries'],
        operationId: 'explainFigure',
        summary: 'The postings and events behind a figure',
        description:
          'Answers link here (`links.explain`). `items` add up to `sum`, and `sum` is the figure to the ban, on the same two clocks; each names its event by stream, revision and id. Parts of an invoice that fall into another cell of the aging are taken off in lines without an account.',
        params: CompanyParams,
        querystring: ExplainQuery,
        response: { 200: Explanation, ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      requireFilters(query)
      return answerList(dependencies, query, reply, {
        row: Line,
        place: Place,
        knowsKnownAt: true,
        read: async (handle, moment, page) => {
          const question = await questionAt(handle, companyId, query, moment)
          const { items, next } = await listFigureLines(handle, { ...question, ...page })
          return { items: items.map((line) => lineBody(companyId, query, line)), next }
        },
        head: async (handle, moment) => {
          const sum = await findFigureSum(handle, await questionAt(handle, companyId, query, moment))
          const { figure, currency } = query
          return { figure, currency, sum: decimalOf(sum * signOf(figure), currency) }
        },
      })
    },
  )
}

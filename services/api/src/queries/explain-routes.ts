import { BusinessDay, type CompanyId, Currency, decimalOf } from '@registru/domain'
import {
  type FigureLine,
  type FigureQuestion,
  findCompany,
  findFigureDifference,
  findFigureSum,
  listFigureLines,
  type ReadHandle,
  streamFigureLines,
} from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { wirePosition } from '../problems/wire-position.ts'
import { answerList, type Moment, type QueryDependencies } from './answer.ts'
import { amount, day, listOf } from './answer-schemas.ts'
import { Figure, figureFilters, figureOf, requireFilters, signOf } from './figure-names.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, clocks, freshness, list } from './query-parameters.ts'
import { certifyRows } from './tie-out.ts'

const ExplainQuery = z.strictObject({
  figure: Figure.meta({ examples: ['collected'] }),
  currency: Currency,
  ...figureFilters,
  ...clocks,
  ...freshness,
  ...list,
})
type ExplainQuery = z.infer<typeof ExplainQuery>

const Place = z.strictObject({
  clientId: z.string(),
  effectiveOn: BusinessDay,
  position: z.string().regex(/^[0-9]+$/),
  line: z.int(),
  /** Minor units of the whole figure: added up for the first page alone. */
  sum: z.string().regex(/^-?[0-9]+$/),
})

const Line = z.object({
  account: z
    .string()
    .optional()
    .meta({ description: 'Of a posting; other figures are sums of entries without an account' }),
  clientId: z.string().optional(),
  invoiceId: z.string().optional(),
  paymentId: z.string().optional(),
  amount: amount.meta({ description: 'What it adds to the figure' }),
  effectiveOn: day,
  recordedAt: z.string().optional(),
  position: z.string(),
  stream: z.string().optional(),
  revision: z.int().optional(),
  eventId: z
    .string()
    .optional()
    .meta({ description: 'Absent: a part of the invoice that another cell shows, taken off' }),
})
const Explanation = listOf(Line)
  .extend({ figure: Figure, currency: z.string(), sum: amount })
  .meta({ id: 'Explanation' })

const questionAt = async (
  handle: ReadHandle,
  companyId: CompanyId,
  { figure, currency, ...filters }: ExplainQuery,
  { asOf, knownAt }: Moment,
): Promise<FigureQuestion> => {
  const company = figure === 'account' ? await findCompany(handle, { companyId, knownAt }) : undefined
  const functionalCurrency = company?.functionalCurrency ?? 'RON'
  return {
    companyId,
    currency,
    asOf,
    knownAt,
    figure: figureOf(figure, { filters, currency, asOf, functionalCurrency }),
  }
}

const lineBody = ({ figure, currency }: ExplainQuery, line: FigureLine, { generation }: Moment) => ({
  account: line.account,
  clientId: line.clientId,
  invoiceId: line.invoiceId,
  paymentId: line.paymentId,
  amount: decimalOf(line.amountMinor * signOf(figure), currency),
  effectiveOn: line.effectiveOn,
  recordedAt: line.recordedAt,
  position: wirePosition(line.position, generation),
  stream: line.stream,
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
          'Answers link here (`links.explain` and its like). `items` add up to `sum`, and `sum` is the figure to the ban, on the same two clocks; each names its event by stream, revision and id. Parts of an invoice that fall into another cell of the aging are taken off in lines without an event. A filter that a figure does not take is refused.',
        params: CompanyParams,
        querystring: ExplainQuery,
        response: { 200: Explanation, ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      const { figure, currency } = query
      requireFilters(figure, query)
      let sum = 0n
      return answerList(dependencies, query, reply, {
        row: Line,
        place: Place,
        knowsKnownAt: true,
        read: async (handle, moment, { after, limit }) => {
          const question = await questionAt(handle, companyId, query, moment)
          sum = after === undefined ? await findFigureSum(handle, question) : BigInt(after.sum)
          const { items, next } = await listFigureLines(handle, { ...question, after, limit })
          // The sum is that of all lines; later pages carry it on and show theirs.
          const shown = after === undefined ? undefined : items.map(({ position }) => position)
          await certifyRows(findFigureDifference(handle, question, shown))
          return { items: items.map((line) => lineBody(query, line, moment)), next: next && { ...next, sum: `${sum}` } }
        },
        head: () => ({ figure, currency, sum: decimalOf(sum * signOf(figure), currency) }),
        stream: async function* (handle, moment, after) {
          const question = await questionAt(handle, companyId, query, moment)
          await certifyRows(findFigureDifference(handle, question))
          for await (const lines of streamFigureLines(handle, { ...question, after })) {
            yield lines.map((line) => lineBody(query, line, moment))
          }
        },
      })
    },
  )
}

import { listDuplicateDocuments } from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { answerList, type QueryDependencies } from './answer.ts'
import { day, listOf } from './answer-schemas.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, clocks, freshness, list } from './query-parameters.ts'

const DuplicatesQuery = z.strictObject({ ...clocks, ...freshness, ...list })
const Place = z.strictObject({ year: z.int(), series: z.string(), number: z.string() })
const DuplicateItem = z.object({
  series: z.string().meta({ description: 'In its normal form: upper case, one blank for whatever stands between' }),
  number: z.string().meta({ description: 'Without leading zeros', examples: ['1024'] }),
  year: z.int().meta({ description: 'Of issue', examples: [2026] }),
  documents: z.array(
    z.object({
      clientId: z.string(),
      kind: z.enum(['INVOICE', 'CREDIT_NOTE']),
      documentId: z.string(),
      series: z.string().optional(),
      number: z.string(),
      issuedOn: day,
    }),
  ),
})
const Duplicates = listOf(DuplicateItem).meta({ id: 'DuplicateDocuments' })

export const duplicateRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/documents/duplicates',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listDuplicateDocuments',
        summary: 'Invoices and credit notes that carry one series, number and year',
        description:
          'By year, series and number, those of one name together, the first registered first. `AMC 0001024` is `amc 1024`. One that was cancelled by then carries no name. Within a client a second paper of a name is refused; these are of different clients, or older than that rule.',
        params: CompanyParams,
        querystring: DuplicatesQuery,
        response: { 200: Duplicates, ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      return answerList(dependencies, request.query, reply, {
        row: DuplicateItem,
        place: Place,
        knowsKnownAt: true,
        read: async (handle, { asOf, knownAt }, page) => {
          const { items, next } = await listDuplicateDocuments(handle, { companyId, asOf, knownAt, ...page })
          return { items: items.map(({ key, documents }) => ({ ...key, documents })), next }
        },
      })
    },
  )
}

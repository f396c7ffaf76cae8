import { z } from 'zod'
import { isRetryable, type ProblemKind, type ProblemKinds } from './problems.ts'
import { withHeaders } from './response-headers.ts'

export const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string().optional(),
    instance: z.string(),
    requestId: z.string(),
    item: z.int().optional().meta({ description: 'Which command of a batch, from 0' }),
    details: z.looseObject({}).optional(),
    errors: z.array(z.object({ path: z.string(), rule: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457; `code` is stable' })

const DocumentWithProblem = z.object({
  components: z.looseObject({
    schemas: z.looseObject({ Problem: z.looseObject({ properties: z.looseObject({}) }) }),
  }),
})

const Retryable = withHeaders(ProblemSchema, 'Retry-After')
const Unauthorized = withHeaders(ProblemSchema, 'WWW-Authenticate')

const responseOf = (status: number, kinds: readonly ProblemKind[]): typeof ProblemSchema => {
  if (status === 401) return Unauthorized
  return kinds.some((kind) => kind.status === status && isRetryable(kind)) ? Retryable : ProblemSchema
}

/** The statuses that these codes map to, for the documentation of a route. */
export const responsesOf = <Code extends string>(
  kinds: ProblemKinds<Code>,
  codes: readonly Code[],
): Record<number, typeof ProblemSchema> => {
  const all = codes.map((code): ProblemKind => kinds[code])
  return Object.fromEntries(all.map(({ status }) => [status, responseOf(status, all)]))
}

/** The document of the whole API, with every code in it: only the whole application knows all of them. */
export const nameCodes = <Whole extends object>(document: Whole, kinds: ProblemKinds): Whole => {
  const code = {
    type: 'string',
    enum: Object.keys(kinds),
    description: Object.entries(kinds)
      .map(([name, { status, title }]) => `- \`${name}\` (${status}): ${title}`)
      .join('\n'),
  }
  const { components } = DocumentWithProblem.parse(document)
  const { Problem } = components.schemas
  const schemas = { ...components.schemas, Problem: { ...Problem, properties: { ...Problem.properties, code } } }
  return { ...document, components: { ...components, schemas } }
}

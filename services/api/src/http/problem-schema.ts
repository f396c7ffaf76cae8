import { z } from 'zod'
import { isRetryable, PROBLEMS, type ProblemCode } from './problems.ts'
import { withHeaders } from './response-headers.ts'

const everyCode = Object.entries(PROBLEMS)
  .map(([code, { status, title }]) => `- \`${code}\` (${status}): ${title}`)
  .join('\n')

export const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(PROBLEMS)).meta({ description: everyCode }),
    detail: z.string().optional(),
    instance: z.string(),
    requestId: z.string(),
    item: z.int().optional().meta({ description: 'Which command of a batch, from 0' }),
    details: z.looseObject({}).optional(),
    errors: z.array(z.object({ path: z.string(), rule: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457; `code` is stable' })

const Retryable = withHeaders(ProblemSchema, 'Retry-After')
const Unauthorized = withHeaders(ProblemSchema, 'WWW-Authenticate')

const responseOf = (status: number, codes: readonly ProblemCode[]): typeof ProblemSchema => {
  if (status === PROBLEMS.UNAUTHORIZED.status) return Unauthorized
  return codes.some((code) => PROBLEMS[code].status === status && isRetryable(code)) ? Retryable : ProblemSchema
}

/** Whatever reads can be too large, or ask for a company that nobody has heard of. */
const withThoseOfReaders = (codes: readonly ProblemCode[]): readonly ProblemCode[] =>
  codes.includes('READ_MODEL_BEHIND') ? [...codes, 'QUERY_TOO_LARGE', 'COMPANY_NOT_FOUND'] : codes

/** The statuses that these codes map to, for the documentation of a route. */
export const problemResponses = (codes: readonly ProblemCode[]): Record<number, typeof ProblemSchema> =>
  Object.fromEntries(
    withThoseOfReaders(codes).map((code) => [PROBLEMS[code].status, responseOf(PROBLEMS[code].status, codes)]),
  )

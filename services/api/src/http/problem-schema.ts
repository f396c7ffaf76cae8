import { z } from 'zod'
import { PROBLEMS, type ProblemCode } from './problems.ts'

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

/** The statuses that these codes map to, for the documentation of a route. */
export const problemResponses = (codes: readonly ProblemCode[]): Record<number, typeof ProblemSchema> =>
  Object.fromEntries(codes.map((code) => [PROBLEMS[code].status, ProblemSchema]))

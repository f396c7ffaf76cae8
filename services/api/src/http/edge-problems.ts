import type { FastifyError } from 'fastify'
import { MalformedRequest } from './malformed-request.ts'
import { type EdgeCode, edgeKinds, type ProblemFacts, type ProblemTable, tellerOf } from './problems.ts'

/** Nobody is known by what the request brings. */
export class Unauthorized extends Error {
  override readonly name = 'Unauthorized'
}

export class NotFound extends Error {
  override readonly name = 'NotFound'
}

/** The path is a route, but of other methods. */
export class MethodNotAllowed extends Error {
  override readonly name = 'MethodNotAllowed'
  readonly allowed: readonly string[]

  constructor(allowed: readonly string[]) {
    super(`only ${allowed.join(', ')}`)
    this.allowed = allowed
  }
}

/** Fastify's own refusals, before a route is reached. */
const FASTIFY_CODES: Readonly<Record<string, readonly [EdgeCode, ProblemFacts?]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['PAYLOAD_TOO_LARGE'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNSUPPORTED_MEDIA_TYPE'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['MALFORMED_REQUEST', { errors: [{ path: '', rule: 'a JSON object is required' }] }],
  FST_ERR_CTP_INVALID_JSON_BODY: ['MALFORMED_REQUEST', { errors: [{ path: '', rule: 'valid JSON' }] }],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['MALFORMED_REQUEST'],
  FST_ERR_BAD_URL: ['MALFORMED_REQUEST', { errors: [{ path: '/path', rule: 'a well-formed URL' }] }],
  FST_ERR_MAX_PARAM_LENGTH: ['MALFORMED_REQUEST', { errors: [{ path: '/path', rule: 'shorter ids' }] }],
}

const tell = tellerOf(edgeKinds)

/** What is refused before a package is asked, Fastify's own refusals among it. */
export const edgeProblems: ProblemTable = {
  kinds: edgeKinds,
  tell: (error) => {
    if (error instanceof MalformedRequest) return tell('MALFORMED_REQUEST', { errors: error.violations })
    if (error instanceof Unauthorized) return tell('UNAUTHORIZED', { detail: error.message })
    if (error instanceof NotFound) return tell('NOT_FOUND')
    if (error instanceof MethodNotAllowed) return tell('METHOD_NOT_ALLOWED', { detail: error.message })
    if (!(error instanceof Error)) return undefined
    const { code, statusCode } = error as Partial<FastifyError>
    const known = code === undefined ? undefined : FASTIFY_CODES[code]
    if (known !== undefined) return tell(...known)
    // JSON that poisons a prototype, and bodies that Fastify's parser refuses without a code.
    return statusCode === 400 ? tell('MALFORMED_REQUEST', { errors: [{ path: '', rule: 'valid JSON' }] }) : undefined
  },
}

import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createMethodTable } from './allowed-methods.ts'
import { MethodNotAllowed, NotFound } from './edge-problems.ts'
import { MalformedRequest } from './malformed-request.ts'
import { isRetryable, type ProblemOccurrence, type Problems, problemOf } from './problems.ts'

/** How long a caller waits before it tries again what we could not do. */
const RETRY_AFTER_S = 1

const send = (request: FastifyRequest, reply: FastifyReply, occurrence: ProblemOccurrence): FastifyReply => {
  const problem = problemOf(occurrence, request)
  if (isRetryable(occurrence)) void reply.header('Retry-After', RETRY_AFTER_S)
  return reply.code(problem.status).type('application/problem+json').serializer(JSON.stringify).send(problem)
}

/** For requests that no route could be found for. */
export const badUrlAnswer =
  ({ tell }: Problems) =>
  (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const told = tell(error)
    void send(request, reply, told.isOurs === true ? tell(new NotFound()) : told)
  }

/** Who must act decides the level: a caller's mistake is information, a moved world a warning, our mistake an error. */
export const answerWithProblems = (app: FastifyInstance, { tell }: Problems): void => {
  const methods = createMethodTable(app)
  const refuseMethod = (request: FastifyRequest, reply: FastifyReply, allowed: readonly string[]): FastifyReply =>
    send(request, reply.header('Allow', allowed.join(', ')), tell(new MethodNotAllowed(allowed)))

  app.setErrorHandler((error, request, reply) => {
    if (error instanceof MalformedRequest) {
      // Found by a route whose parameters it does not fit, where it is another one's path.
      const allowed = methods.allowedAt(request.url)
      if (allowed.length > 0 && !allowed.includes(request.method)) return refuseMethod(request, reply, allowed)
    }
    const occurrence = tell(error)
    const { code, details, status } = occurrence
    const reason = error instanceof Error ? error.message : undefined
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined
    if (occurrence.isOurs === true) request.log.error({ err: error, code, details }, 'request failed')
    else if (status >= 500) request.log.warn({ code, reason, cause }, 'request not served')
    else request.log.info({ code }, 'request refused')
    return send(request, reply, occurrence)
  })
  app.setNotFoundHandler((request, reply) => {
    const allowed = methods.allowedAt(request.url)
    return allowed.length === 0 ? send(request, reply, tell(new NotFound())) : refuseMethod(request, reply, allowed)
  })
}

import { hash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PROBLEMS, problemOf } from './problems.ts'

/** The identity behind the development token; proper identities come with proper authorisation. */
export const DEVELOPMENT_ACTOR = 'development'

const digest = (text: string): Buffer => Buffer.from(hash('sha256', text), 'hex')

const tokenOf = (request: FastifyRequest): string | undefined => {
  const [scheme, token] = request.headers.authorization?.split(' ') ?? []
  return scheme?.toLowerCase() === 'bearer' ? token : undefined
}

/**
 * Closed by default, paths that are no route included; only routes that `isOpen` names answer without a token.
 * Digests are compared, so neither length nor prefix shows.
 */
export const authorise = (app: FastifyInstance, token: string, isOpen: (route: string) => boolean): void => {
  const expected = digest(token)
  app.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url
    if (route !== undefined && isOpen(route)) return done()
    const given = tokenOf(request)
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return done()
    const problem = problemOf({ code: 'UNAUTHORIZED' }, request)
    void reply
      .code(PROBLEMS.UNAUTHORIZED.status)
      .header('WWW-Authenticate', 'Bearer')
      .type('application/problem+json')
      .serializer(JSON.stringify)
      .send(problem)
  })
}

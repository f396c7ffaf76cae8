import { hash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Unauthorized } from './edge-problems.ts'

/** The identity behind the development token; proper identities come with proper authorisation. */
export const DEVELOPMENT_ACTOR = 'development'

/** RFC 6750 §3: without an error for a request that brings nothing, so that a client knows which of the two it is. */
const CHALLENGE = 'Bearer'
const CHALLENGE_OF_WRONG_TOKEN = 'Bearer error="invalid_token"'

const digest = (text: string): Buffer => Buffer.from(hash('sha256', text), 'hex')

const tokenOf = (request: FastifyRequest): string | undefined => {
  const [scheme, token] = request.headers.authorization?.split(' ') ?? []
  return scheme?.toLowerCase() === 'bearer' && token !== '' ? token : undefined
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
    if (given === undefined) {
      void reply.header('WWW-Authenticate', CHALLENGE)
      return done(new Unauthorized('an Authorization header "Bearer <token>" is required'))
    }
    if (timingSafeEqual(digest(given), expected)) return done()
    void reply.header('WWW-Authenticate', CHALLENGE_OF_WRONG_TOKEN)
    done(new Unauthorized('the token is not the one that this API was started with'))
  })
}

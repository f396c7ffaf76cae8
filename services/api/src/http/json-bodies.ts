import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { MalformedRequest } from './malformed-request.ts'

/**
 * Refuses what is no UTF-8, as lines of NDJSON are refused: Fastify's own parser replaces each such byte, and a name that
 * somebody sent in another encoding would stand in the ledger with a question mark for each of its diacritics.
 */
export const readJsonBodies = (app: FastifyInstance): void => {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (typeof body === 'string' || isUtf8(body)) void parseJson(request, body.toString(), done)
    else done(new MalformedRequest([{ path: '', rule: 'UTF-8' }]))
  })
}

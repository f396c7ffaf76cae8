import type { FastifyInstance } from 'fastify'
import { NDJSON } from './media-types.ts'

/** Ends connections that send a body too slowly; lines that are worked on as they come have a limit of their own. */
export const limitBodies = (app: FastifyInstance, timeoutMs: number): void => {
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const { 'content-type': type, 'content-length': length, 'transfer-encoding': encoding } = request.headers
    const hasBody = encoding !== undefined || (length !== undefined && length !== '0')
    if (hasBody && type?.startsWith(NDJSON) !== true) {
      const timer = setTimeout(() => request.raw.destroy(), timeoutMs)
      payload.once('close', () => clearTimeout(timer))
      payload.once('end', () => clearTimeout(timer))
    }
    done(null, payload)
  })
}

/** The ceiling: what Fastify answers when there is nothing to do. */
import { serve } from './serve.ts'

await serve((app) => {
  app.get('/', () => ({ hello: 'world' }))
})

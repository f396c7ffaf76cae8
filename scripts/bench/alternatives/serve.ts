import { createLogger, createPool, onShutdown, type Pool, readConfig, reportReady, variables } from '@registru/runtime'
import Fastify, { type FastifyInstance } from 'fastify'
import { z } from 'zod'

/** More would only queue inside PostgreSQL on a small machine. */
const CONNECTIONS_MAX = 16

export interface PaymentBody {
  readonly clientId: string
  readonly paymentId: string
  readonly invoiceId: string
  readonly amount: string
  readonly currency: string
  readonly method: string
  readonly receivedOn: string
}

/** What Fastify checks, and compiles, without any library of ours. */
export const paymentSchema = {
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['clientId', 'paymentId', 'invoiceId', 'amount', 'currency', 'method', 'receivedOn'],
    properties: {
      clientId: { type: 'string', maxLength: 64 },
      paymentId: { type: 'string', maxLength: 64 },
      invoiceId: { type: 'string', maxLength: 64 },
      amount: { type: 'string', pattern: '^[0-9]{1,12}\\.[0-9]{2}$' },
      currency: { type: 'string', minLength: 3, maxLength: 3 },
      method: { type: 'string', maxLength: 20 },
      receivedOn: { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' },
    },
  },
} as const

/** `0.01` as 1: every alternative keeps money as bigint minor units, as a careful programmer would. */
export const minorOf = (amount: string): bigint => BigInt(amount.replace('.', ''))

/** Starts an alternative: a Fastify server over a pool, in the way of a small finished program. */
export const serve = async (routes: (app: FastifyInstance, pool: Pool) => Promise<void> | void): Promise<void> => {
  const { DATABASE_URL } = variables
  const config = readConfig({ DATABASE_URL, PORT: z.coerce.number().default(0) }, process.env)
  const pool = createPool({
    url: config.DATABASE_URL,
    connectionsMax: CONNECTIONS_MAX,
    applicationName: 'alternative',
    onIdleError: () => undefined,
  })
  const app = Fastify({ logger: false })
  await routes(app, pool)
  onShutdown(createLogger({ name: 'alternative', level: 'warn' }), async () => {
    await app.close()
    await pool.end()
  })
  reportReady({ url: await app.listen({ host: '127.0.0.1', port: config.PORT }) })
}

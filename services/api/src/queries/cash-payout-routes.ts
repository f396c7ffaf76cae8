import { BusinessDay, cashLawFor, cashLimitsOn, decimalOf, payoutCeilingFor, whoPaidCash } from '@registru/domain'
import {
  type CashPayout,
  type ClientCard,
  findClient,
  findPaymentDifference,
  listCashPayouts,
} from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { answerTable, type QueryDependencies } from './answer.ts'
import { amount, day, listOf } from './answer-schemas.ts'
import { format } from './formats.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, clocks, freshness } from './query-parameters.ts'
import { certifyRows } from './tie-out.ts'

const LEI = 'RON'

const PayoutsQuery = z.strictObject({
  day: BusinessDay.optional().meta({ description: '`asOf` when absent' }),
  only: z.enum(['exceeded']).optional().meta({ description: 'Leaves out who is within the ceiling' }),
  ...clocks,
  ...freshness,
  ...format,
})

const Ceiling = { amount, limit: amount.optional(), exceeded: z.boolean(), law: z.string().optional() }

const PayoutItem = z.object({
  day,
  payee: z.object({ kind: z.enum(['BUSINESS', 'INDIVIDUAL']), name: z.string(), taxId: z.string().optional() }),
  ...Ceiling,
  clientIds: z.array(z.string()),
  refunds: z.array(
    z.object({
      clientId: z.string(),
      refundId: z.string(),
      paymentId: z.string(),
      deskId: z.string().optional(),
      amount,
      eventId: z.uuid(),
    }),
  ),
})
const CashPayouts = listOf(PayoutItem)
  .extend({
    businesses: z.object(Ceiling).meta({ description: 'All businesses of the day together: they have a ceiling, too' }),
  })
  .meta({ id: 'CashPayouts' })

interface Payee {
  readonly client: ClientCard
  readonly payouts: CashPayout[]
}

const sumOf = (payouts: readonly CashPayout[]): bigint =>
  payouts.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)

const against = (paidMinor: bigint, limitMinor: bigint | undefined, law: string | undefined) => ({
  amount: decimalOf(paidMinor, LEI),
  limit: limitMinor === undefined ? undefined : decimalOf(limitMinor, LEI),
  exceeded: limitMinor !== undefined && paidMinor > limitMinor,
  law,
})

const payeeBody = ({ client, payouts }: Payee, on: string) => {
  const limits = cashLimitsOn(on)
  const { kind, name, taxId } = client
  return {
    day: on,
    payee: { kind, name, taxId },
    ...against(sumOf(payouts), limits && payoutCeilingFor(limits, kind), limits && cashLawFor(kind, limits)),
    clientIds: [...new Set(payouts.map(({ clientId }) => clientId))],
    refunds: payouts.map(({ clientId, refundId, paymentId, deskId, amountMinor, eventId }) => ({
      clientId,
      refundId,
      paymentId,
      deskId,
      amount: decimalOf(amountMinor, LEI),
      eventId,
    })),
  }
}

const businessesBody = (payees: readonly Payee[], on: string) => {
  const limits = cashLimitsOn(on)
  const paid = payees.filter(({ client }) => client.kind === 'BUSINESS').flatMap(({ payouts }) => payouts)
  return against(sumOf(paid), limits?.paymentBusinessTotalDay, limits && cashLawFor('BUSINESS', limits))
}

/** Clients with one fiscal code are one payee. */
const byPayee = async (
  payouts: readonly CashPayout[],
  cardOf: (clientId: string) => Promise<ClientCard | undefined>,
): Promise<readonly Payee[]> => {
  const payees = new Map<string, Payee>()
  for (const payout of payouts) {
    const client = await cardOf(payout.clientId)
    if (client === undefined) throw new Error(`${payout.clientId} was paid and is not known`)
    const { identity } = whoPaidCash(undefined, client)
    const payee = payees.get(identity)
    if (payee === undefined) payees.set(identity, { client, payouts: [payout] })
    else payee.payouts.push(payout)
  }
  return [...payees.values()]
}

export const cashPayoutRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/cash-payouts',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listCashPayouts',
        summary: 'Cash given back on a day by payee, against the ceilings',
        description:
          'Lei that were given back in cash, of credit in whatever currency. What one client is given is guarded as it is recorded, by the policy `cashGuard`, and so is what all businesses of a day are given together (Legea 70/2015 art. 3), as far as it is known in time; several clients with one fiscal code are seen here right after.',
        params: CompanyParams,
        querystring: PayoutsQuery,
        response: {
          200: CashPayouts,
          ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']),
        },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      return answerTable(dependencies, query, reply, {
        row: PayoutItem,
        read: async (handle, { asOf, knownAt }) => {
          const on = query.day ?? asOf
          const payouts = await listCashPayouts(handle, { companyId, day: on, knownAt })
          const documents = payouts.map(({ clientId, paymentId: id }) => ({ clientId, id }))
          await certifyRows(findPaymentDifference(handle, { companyId, documents }))
          const payees = await byPayee(payouts, (clientId) => findClient(handle, { companyId, clientId, knownAt }))
          const items = payees.map((payee) => payeeBody(payee, on))
          return {
            items: query.only === undefined ? items : items.filter(({ exceeded }) => exceeded),
            businesses: businessesBody(payees, on),
            nextCursor: null,
          }
        },
        rowsOf: ({ items }) => items,
      })
    },
  )
}

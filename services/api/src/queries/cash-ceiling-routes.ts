import { BusinessDay, cashLawFor, cashLimitsOn, ceilingFor, decimalOf } from '@registru/domain'
import { findHandedDifference, listCashPayers, listPolicyChanges, type PayerDay } from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { answerTable, type QueryDependencies } from './answer.ts'
import { amount, day, listOf } from './answer-schemas.ts'
import { policiesInForce } from './company-routes.ts'
import { format } from './formats.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, clocks, freshness } from './query-parameters.ts'
import { certifyRows } from './tie-out.ts'

const LEI = 'RON'

const CeilingsQuery = z.strictObject({
  day: BusinessDay.optional().meta({ description: '`asOf` when absent' }),
  only: z.enum(['exceeded']).optional().meta({ description: 'Leaves out who is within the ceiling' }),
  ...clocks,
  ...freshness,
  ...format,
})

const CeilingItem = z.object({
  day,
  deskId: z.string(),
  payer: z.object({ kind: z.enum(['BUSINESS', 'INDIVIDUAL']), name: z.string(), taxId: z.string().optional() }),
  amount,
  counted: amount.meta({ description: 'Without instalment sale contracts of individuals' }),
  limit: amount.optional(),
  exceeded: z.boolean(),
  law: z.string().optional(),
  clientIds: z.array(z.string()),
  payments: z.array(z.object({ clientId: z.string(), paymentId: z.string(), amount, eventId: z.uuid() })),
})
const CashCeilings = listOf(CeilingItem).meta({ id: 'CashCeilings' })

const ceilingBody = (handed: PayerDay, on: string, cashAndCarry: boolean) => {
  const { payer, countedMinor, amountMinor, payments, deskId } = handed
  const limits = cashLimitsOn(on)
  const limit = limits && { minor: ceilingFor(limits, payer.kind, cashAndCarry), law: cashLawFor(payer.kind, limits) }
  return {
    day: on,
    deskId,
    payer: { kind: payer.kind, name: payer.name, taxId: payer.taxId },
    amount: decimalOf(amountMinor, LEI),
    counted: decimalOf(countedMinor, LEI),
    limit: limit && decimalOf(limit.minor, LEI),
    exceeded: limit !== undefined && countedMinor > limit.minor,
    law: limit?.law,
    clientIds: [...new Set(payments.map(({ clientId }) => clientId))],
    payments: payments.map((payment) => ({
      clientId: payment.clientId,
      paymentId: payment.paymentId,
      amount: decimalOf(payment.amountMinor, LEI),
      eventId: payment.eventId,
    })),
  }
}

export const cashCeilingRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/cash-ceilings',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listCashCeilings',
        summary: 'Cash of a day by payer and desk, against the ceilings',
        description:
          "Every payer counts once a desk and day, by fiscal code or name, whichever clients the cash was for (Legea 70/2015). A client's own cash is guarded as it comes in, by the policy `cashGuard`; one payer who pays for several clients is found here right after, and reported rather than refused: the money is in the drawer.",
        params: CompanyParams,
        querystring: CeilingsQuery,
        response: {
          200: CashCeilings,
          ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']),
        },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      return answerTable(dependencies, query, reply, {
        row: CeilingItem,
        read: async (handle, { asOf, knownAt }) => {
          const on = query.day ?? asOf
          const payers = await listCashPayers(handle, { companyId, day: on, knownAt })
          const documents = payers.flatMap(({ payments }) =>
            payments.map(({ clientId, paymentId: id }) => ({ clientId, id })),
          )
          await certifyRows(findHandedDifference(handle, { companyId, documents }))
          const policies = policiesInForce(await listPolicyChanges(handle, { companyId, knownAt }))
          const items = payers.map((handed) => ceilingBody(handed, on, policies['cashAndCarry'] === true))
          return {
            items: query.only === undefined ? items : items.filter(({ exceeded }) => exceeded),
            nextCursor: null,
          }
        },
        rowsOf: ({ items }) => items,
      })
    },
  )
}

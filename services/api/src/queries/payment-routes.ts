import { BusinessDay, ClientId, CompanyId, decimalOf, PaymentId, Rejection } from '@registru/domain'
import { findPayment, listFinallyOpen, listPayments, type PaymentHistory, type ReadHandle } from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { answerFrom, answerList, type QueryDependencies } from './answer.ts'
import { Payment, PaymentItem, Payments, paymentAllocation } from './answer-schemas.ts'
import { revisionOf } from './client-routes.ts'
import { END_OF_DAYS, explainLinks } from './links.ts'
import { problemResponses } from './problems.ts'
import { asOf, CompanyParams, freshness, list, whoseId } from './query-parameters.ts'
import { certify, certifyRow } from './tie-out.ts'

const PaymentParams = z.strictObject({ companyId: CompanyId, paymentId: PaymentId })
const PaymentQuery = z.strictObject({ clientId: whoseId, ...asOf, ...freshness })
const PaymentsQuery = z.strictObject({ clientId: ClientId.optional(), ...asOf, ...freshness, ...list })
const Place = z.strictObject({ receivedOn: BusinessDay, paymentId: PaymentId, clientId: ClientId })

const paymentBody = (history: PaymentHistory) => {
  const { amountMinor, allocatedMinor, refundedMinor, creditMinor, allocations, refunds, clearing, ...payment } =
    history
  const amount = (minor: bigint): string => decimalOf(minor, payment.currency)
  return {
    ...payment,
    amount: amount(amountMinor),
    allocated: amount(allocatedMinor),
    refunded: amount(refundedMinor),
    credit: amount(creditMinor),
    clearing: clearing && { on: clearing.on, fee: amount(clearing.feeMinor) },
    allocations: allocations.map((part) => paymentAllocation(part, payment.currency)),
    refunds: refunds.map(({ amountMinor: refunded, ...refund }) => ({ ...refund, amount: amount(refunded) })),
  }
}

/** What each payment shows, against its allocations and the fold that keeps the open items. @throws TieOutFailed */
const certifyPayments = async (handle: ReadHandle, companyId: string, payments: readonly PaymentHistory[]) => {
  const items = payments.map(({ clientId, paymentId: itemId }) => ({ clientId, itemId }))
  const open = await listFinallyOpen(handle, { companyId, kind: 'PAYMENT', items })
  for (const [index, payment] of payments.entries()) {
    const { clientId, paymentId, currency, creditMinor, allocatedMinor, allocations } = payment
    const living = allocations.reduce((sum, part) => (part.undone ? sum : sum + part.amountMinor), 0n)
    certifyRow({ clientId, paymentId, currency }, { payment: creditMinor, openItem: open[index] ?? 0n })
    certifyRow({ clientId, paymentId, currency }, { allocated: allocatedMinor, allocations: living })
  }
}

export const paymentRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/payments/:paymentId',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findPayment',
        summary: 'A payment with its whole history',
        params: PaymentParams,
        querystring: PaymentQuery,
        response: { 200: Payment, ...problemResponses(['PAYMENT_NOT_FOUND', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId, paymentId } = request.params
      return answerFrom(dependencies, request.query, reply, async (handle, moment) => {
        const payment = await findPayment(handle, { companyId, paymentId, clientId: request.query.clientId })
        if (payment === undefined) throw new Rejection('PAYMENT_NOT_FOUND', { paymentId })
        const { clientId, currency } = payment
        const whose = { clientId, paymentId }
        await certifyPayments(handle, companyId, [payment])
        const tieOut = await certify(handle, { companyId, clientId }, moment)
        const end = { ...moment, asOf: END_OF_DAYS }
        const links = explainLinks(companyId, end, { explain: { figure: 'paymentCredit', currency, ...whose } })
        const revision = await revisionOf(handle, { companyId, clientId }, moment)
        return { ...paymentBody(payment), revision, tieOut, links }
      })
    },
  )

  app.get(
    '/v1/companies/:companyId/payments',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listPayments',
        summary: 'Payments, in the order in which the money came',
        params: CompanyParams,
        querystring: PaymentsQuery,
        response: { 200: Payments, ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      return answerList(dependencies, query, reply, {
        row: PaymentItem,
        place: Place,
        read: async (handle, _moment, page) => {
          const { items, next } = await listPayments(handle, { companyId, clientId: query.clientId, ...page })
          await certifyPayments(handle, companyId, items)
          return { items: items.map(paymentBody), next }
        },
      })
    },
  )
}

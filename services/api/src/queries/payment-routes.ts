import { BusinessDay, ClientId, CompanyId, decimalOf, moneyOf, PaymentId, Rejection } from '@registru/domain'
import {
  findPayment,
  findPaymentDay,
  findPaymentDifference,
  listOpenOf,
  listPayments,
  type PaymentHistory,
  type ReadHandle,
} from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { wirePosition } from '../problems/wire-position.ts'
import { answerFrom, answerList, type Moment, type QueryDependencies } from './answer.ts'
import { Payment, PaymentItem, Payments, paymentAllocation } from './answer-schemas.ts'
import { revisionOf } from './client-routes.ts'
import { explainLinks } from './links.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, clocks, freshness, list, whoseId } from './query-parameters.ts'
import { certify, certifyRow, certifyRows } from './tie-out.ts'

const PaymentParams = z.strictObject({ companyId: CompanyId, paymentId: PaymentId })
const PaymentQuery = z.strictObject({ clientId: whoseId, ...clocks, ...freshness })
const PaymentsQuery = z.strictObject({ clientId: ClientId.optional(), ...clocks, ...freshness, ...list })
const Place = z.strictObject({ receivedOn: BusinessDay, paymentId: PaymentId, clientId: ClientId })

const paymentBody = (history: PaymentHistory) => {
  const {
    amountMinor,
    allocatedMinor,
    refundedMinor,
    transferredMinor,
    releasedMinor,
    claimedMinor,
    creditMinor,
    inTransitMinor,
    feeMinor,
    reversedMinor,
    allocations,
    refunds,
    transfers,
    releases,
    claims,
    clearing,
    clearings,
    kept: _,
    ...payment
  } = history
  const amount = (minor: bigint): string => decimalOf(minor, payment.currency)
  return {
    ...payment,
    amount: amount(amountMinor),
    allocated: amount(allocatedMinor),
    refunded: amount(refundedMinor),
    transferred: amount(transferredMinor),
    released: amount(releasedMinor),
    claimed: amount(claimedMinor),
    credit: amount(creditMinor),
    reversed: amount(reversedMinor),
    inTransit: amount(inTransitMinor),
    fee: amount(feeMinor),
    clearing: clearing && { on: clearing.on, fee: amount(clearing.feeMinor) },
    clearings: clearings.map(({ amountMinor: arrived, feeMinor: kept, ...part }) => ({
      ...part,
      amount: amount(arrived),
      fee: amount(kept),
    })),
    allocations: allocations.map((part) => paymentAllocation(part, payment.currency)),
    refunds: refunds.map(({ amountMinor: refunded, paid, difference, ...refund }) => ({
      ...refund,
      amount: amount(refunded),
      paid: paid && moneyOf(paid.minor, paid.currency),
      difference: difference && moneyOf(difference.minor, difference.currency),
    })),
    transfers: transfers.map(({ amountMinor: moved, ...transfer }) => ({ ...transfer, amount: amount(moved) })),
    releases: releases.map(({ amountMinor: released, ...release }) => ({ ...release, amount: amount(released) })),
    claims: claims.map(({ amountMinor: claimed, ...claim }) => ({ ...claim, amount: amount(claimed) })),
  }
}

/**
 * What each payment shows, against its allocations, its row, and the open items of the aging at the same clocks.
 * @throws TieOutFailed
 */
const certifyPayments = async (
  handle: ReadHandle,
  companyId: CompanyId,
  payments: readonly PaymentHistory[],
  { asOf, knownAt }: Moment,
) => {
  if (payments.length === 0) return
  const items = payments.map(({ clientId, paymentId: itemId }) => ({ clientId, itemId }))
  const open = await listOpenOf(handle, { companyId, kind: 'PAYMENT', items, asOf, knownAt })
  for (const [index, payment] of payments.entries()) {
    const { clientId, paymentId, currency, creditMinor, allocatedMinor, refundedMinor } = payment
    const { reversedMinor, transferredMinor, releasedMinor, claimedMinor } = payment
    const { allocations, kept } = payment
    const whose = { clientId, paymentId, currency }
    const living = allocations.reduce((sum, part) => (part.undone ? sum : sum + part.amountMinor), 0n)
    certifyRow(whose, { payment: creditMinor, openItem: open[index] ?? 0n })
    certifyRow(whose, { allocated: allocatedMinor, allocations: living })
    if (kept === undefined) continue
    certifyRow(whose, { history: creditMinor, payment: kept.creditMinor })
    certifyRow(whose, { history: allocatedMinor, allocated: kept.allocatedMinor })
    certifyRow(whose, { history: refundedMinor, refunded: kept.refundedMinor })
    certifyRow(whose, { history: reversedMinor, reversed: kept.reversedMinor })
    certifyRow(whose, { history: transferredMinor, transferred: kept.transferredMinor })
    certifyRow(whose, { history: releasedMinor, released: kept.releasedMinor })
    certifyRow(whose, { history: claimedMinor, claimed: kept.claimedMinor })
  }
  // What the history says in turn, against the journal.
  const documents = payments.map(({ clientId, paymentId: id }) => ({ clientId, id }))
  await certifyRows(findPaymentDifference(handle, { companyId, documents }))
}

/** @throws Rejection that names both clocks, and the day of a payment that was known to come */
const refusePayment = async (
  handle: ReadHandle,
  of: { readonly companyId: CompanyId; readonly paymentId: PaymentId; readonly clientId: ClientId | undefined },
  { asOf, knownAt, position, generation }: Moment,
): Promise<never> => {
  const receivedOn = await findPaymentDay(handle, { ...of, asOf, knownAt })
  const { paymentId } = of
  throw new Rejection('PAYMENT_NOT_FOUND', {
    paymentId,
    asOf,
    knownAt: wirePosition(position, generation),
    ...(receivedOn !== undefined && { receivedOn }),
  })
}

export const paymentRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/payments/:paymentId',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findPayment',
        summary: 'A payment with its history',
        description:
          'As it stands at both clocks: what is effective later, or was learned later, has not happened. Before it was received, or before it was known, 404 `PAYMENT_NOT_FOUND`.',
        params: PaymentParams,
        querystring: PaymentQuery,
        response: { 200: Payment, ...problemResponses(['PAYMENT_NOT_FOUND', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId, paymentId } = request.params
      return answerFrom(dependencies, request.query, reply, async (handle, moment) => {
        const of = { companyId, paymentId, clientId: request.query.clientId }
        const payment = (await findPayment(handle, { ...of, ...moment })) ?? (await refusePayment(handle, of, moment))
        const { clientId, currency } = payment
        const whose = { clientId, paymentId }
        await certifyPayments(handle, companyId, [payment], moment)
        const tieOut = await certify(handle, { companyId, clientId }, moment)
        const links = explainLinks(companyId, moment, { explain: { figure: 'paymentCredit', currency, ...whose } })
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
        description: 'As they stand at both clocks; one that is not received or not known yet is not among them.',
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
        knowsKnownAt: true,
        read: async (handle, moment, page) => {
          const { asOf, knownAt } = moment
          const filter = { companyId, clientId: query.clientId, asOf, knownAt, ...page }
          const { items, next } = await listPayments(handle, filter)
          await certifyPayments(handle, companyId, items, moment)
          return { items: items.map(paymentBody), next }
        },
      })
    },
  )
}

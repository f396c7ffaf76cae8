import { BusinessDay, decimalOf, PaymentId } from '@registru/domain'
import {
  findUnidentifiedDifference,
  findUnidentifiedSuspense,
  findUnidentifiedTotals,
  listUnidentifiedPayments,
  type UnidentifiedHistory,
} from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { answerList, type QueryDependencies } from './answer.ts'
import { UnidentifiedItem, UnidentifiedPayments } from './answer-schemas.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, clocks, freshness, list } from './query-parameters.ts'
import { certifyBooks, certifyRow, certifyRows } from './tie-out.ts'

const UnidentifiedQuery = z.strictObject({
  all: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'true: those of which nothing is unidentified any more as well' }),
  ...clocks,
  ...freshness,
  ...list,
})
const Place = z.strictObject({ receivedOn: BusinessDay, paymentId: PaymentId })

const bodyOf = ({
  amountMinor,
  identifiedMinor,
  returnedMinor,
  unidentifiedMinor,
  feeMinor,
  identifications,
  returns,
  kept: _kept,
  ...payment
}: UnidentifiedHistory) => {
  const amount = (minor: bigint): string => decimalOf(minor, payment.currency)
  return {
    ...payment,
    amount: amount(amountMinor),
    identified: amount(identifiedMinor),
    returned: amount(returnedMinor),
    unidentified: amount(unidentifiedMinor),
    fee: amount(feeMinor),
    identifications: identifications.map(({ amountMinor: moved, ...one }) => ({ ...one, amount: amount(moved) })),
    returns: returns.map(({ amountMinor: gone, ...one }) => ({ ...one, amount: amount(gone) })),
  }
}

/** What the history says, against the row, where nothing of it lies beyond the clocks. @throws TieOutFailed */
const certifyKept = ({ paymentId, currency, kept, ...history }: UnidentifiedHistory): void => {
  if (kept === undefined) return
  const whose = { paymentId, currency }
  certifyRow(whose, { history: history.unidentifiedMinor, payment: kept.creditMinor })
  certifyRow(whose, { history: history.identifiedMinor, identified: kept.transferredMinor })
  certifyRow(whose, { history: history.returnedMinor, returned: kept.reversedMinor })
}

export const unidentifiedRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/payments/unidentified',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listUnidentifiedPayments',
        summary: 'Money whose client nobody knows yet (473)',
        description:
          'The work list, in the order in which the money came, as it stands at both clocks. `tieOut` holds all of it, whatever the page shows, against what waits in suspense by the journal.',
        params: CompanyParams,
        querystring: UnidentifiedQuery,
        response: {
          200: UnidentifiedPayments,
          ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']),
        },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      return answerList(dependencies, query, reply, {
        row: UnidentifiedItem,
        place: Place,
        knowsKnownAt: true,
        head: async (handle, moment) => {
          const asked = { companyId, asOf: moment.asOf, knownAt: moment.knownAt }
          const unidentified = await findUnidentifiedTotals(handle, asked)
          return {
            tieOut: certifyBooks(moment, { unidentified, journal: await findUnidentifiedSuspense(handle, asked) }),
          }
        },
        read: async (handle, { asOf, knownAt }, page) => {
          const filter = { companyId, all: query.all === 'true', asOf, knownAt, ...page }
          const { items, next } = await listUnidentifiedPayments(handle, filter)
          for (const item of items) certifyKept(item)
          const payments = items.map(({ paymentId }) => paymentId)
          await certifyRows(findUnidentifiedDifference(handle, { companyId, payments }))
          return { items: items.map(bodyOf), next }
        },
      })
    },
  )
}

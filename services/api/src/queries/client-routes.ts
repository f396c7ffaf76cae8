import { ClientId, type CompanyId, decimalOf, positionOf, Rejection } from '@registru/domain'
import {
  type ClientCard,
  findAccountRevision,
  findClient,
  findLastPayment,
  findStatementLineDifference,
  listClientBalances,
  listClients,
  listOpenItems,
  type ReadHandle,
} from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { wirePosition } from '../problems/wire-position.ts'
import { answerFrom, answerList, type Moment, type QueryDependencies } from './answer.ts'
import { Client, ClientItem, Clients } from './answer-schemas.ts'
import { explainLinks } from './links.ts'
import { itemBodies } from './open-items.ts'
import { problemResponses } from './problems.ts'
import { ClientParams, CompanyParams, clocks, freshness, list } from './query-parameters.ts'
import { certify, certifyRows } from './tie-out.ts'

/** The rest is a statement of open items: there the pages are. */
const OPEN_ITEMS_MAX = 50

const ClientQuery = z.strictObject({ ...clocks, ...freshness })
const ClientsQuery = z.strictObject({ ...clocks, ...freshness, ...list })
export const requireClient = async (
  handle: ReadHandle,
  { companyId, clientId }: { readonly companyId: CompanyId; readonly clientId: ClientId },
  { knownAt }: Moment,
): Promise<ClientCard> => {
  const client = await findClient(handle, { companyId, clientId, knownAt })
  if (client === undefined) throw new Rejection('CLIENT_NOT_FOUND', { clientId })
  return client
}

/** Of the account of a client that is there. */
export const revisionOf = async (
  handle: ReadHandle,
  account: { readonly companyId: CompanyId; readonly clientId: ClientId },
  { position }: Moment,
): Promise<number | undefined> => {
  const revision = await findAccountRevision(handle, { ...account, position })
  return revision === undefined ? undefined : Number(revision)
}

const openItemsLink = (
  companyId: CompanyId,
  clientId: ClientId,
  { asOf: to, position, generation }: Moment,
): string => {
  const knownAt = wirePosition(position < 0n ? positionOf(0n) : position, generation)
  return `/v1/companies/${companyId}/clients/${clientId}/statement?style=openItem&asOf=${to}&knownAt=${knownAt}`
}

export const clientRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/clients',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listClients',
        summary: 'Clients, by id, as they were called then',
        params: CompanyParams,
        querystring: ClientsQuery,
        response: { 200: Clients, ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      return answerList(dependencies, query, reply, {
        row: ClientItem,
        place: ClientId,
        knowsKnownAt: true,
        read: (handle, { knownAt }, page) => listClients(handle, { companyId, knownAt, ...page }),
      })
    },
  )

  app.get(
    '/v1/companies/:companyId/clients/:clientId',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findClient',
        summary: 'A client with balances per currency, the last payment and what is open',
        description: `The oldest due first, at most ${OPEN_ITEMS_MAX} open items; \`links.openItems\` leads to all of them.`,
        params: ClientParams,
        querystring: ClientQuery,
        response: { 200: Client, ...problemResponses(['CLIENT_NOT_FOUND', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId, clientId } = request.params
      return answerFrom(dependencies, request.query, reply, async (handle, moment) => {
        const client = await requireClient(handle, { companyId, clientId }, moment)
        const balances = await listClientBalances(handle, { companyId, clientId, ...moment })
        const tieOut = await certify(handle, { companyId, clientId }, moment)
        const items = await listOpenItems(handle, { companyId, clientId, ...moment, limit: OPEN_ITEMS_MAX + 1 })
        const lastPayment = await findLastPayment(handle, { companyId, clientId, ...moment })
        const lines = lastPayment === undefined ? [] : [lastPayment]
        await certifyRows(findStatementLineDifference(handle, { companyId, clientId, lines }))
        const ofClient = { currency: '{currency}', clientId }
        return {
          ...client,
          balances: balances.map(({ currency, openMinor, overdueMinor, creditMinor, balanceMinor }) => ({
            currency,
            open: decimalOf(openMinor, currency),
            overdue: decimalOf(overdueMinor, currency),
            credit: decimalOf(creditMinor, currency),
            balance: decimalOf(balanceMinor, currency),
          })),
          lastPayment: lastPayment && {
            paymentId: lastPayment.paymentId,
            on: lastPayment.on,
            currency: lastPayment.currency,
            amount: decimalOf(lastPayment.amountMinor, lastPayment.currency),
          },
          openItems: await itemBodies(handle, { companyId, clientId }, items.slice(0, OPEN_ITEMS_MAX)),
          moreOpenItems: items.length > OPEN_ITEMS_MAX,
          revision: await revisionOf(handle, { companyId, clientId }, moment),
          tieOut,
          links: {
            openItems: openItemsLink(companyId, clientId, moment),
            ...explainLinks(companyId, moment, {
              explain: { figure: 'clientBalance', ...ofClient },
              explainOpen: { figure: 'clientOpen', ...ofClient },
              explainOverdue: { figure: 'overdue', ...ofClient },
              explainCredit: { figure: 'clientCredit', ...ofClient },
            }),
          },
        }
      })
    },
  )
}

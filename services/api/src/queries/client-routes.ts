import { addDays, BusinessDay, ClientId, decimalOf, Rejection } from '@registru/domain'
import {
  type ClientCard,
  findClient,
  findStatement,
  listClientBalances,
  listClients,
  listOpenItems,
  type OpenItem,
  type ReadHandle,
} from '@registru/projections'
import { z } from 'zod'
import { MalformedRequest } from '../http/malformed-request.ts'
import { problemResponses } from '../http/problem-schema.ts'
import type { ZodApp } from '../http/zod-app.ts'
import { answerFrom, answerList, type Moment, type QueryDependencies } from './answer.ts'
import { Client, ClientItem, Clients, Statement } from './answer-schemas.ts'
import { explainLinks, type FigureAsked } from './links.ts'
import { asOf, ClientParams, CompanyParams, clocks, freshness, list } from './query-parameters.ts'
import { bookOf, certify, certifyClosings } from './tie-out.ts'

const ClientQuery = z.strictObject({ ...clocks, ...freshness })
const ClientsQuery = z.strictObject({ ...asOf, ...freshness, ...list })
const StatementQuery = z.strictObject({
  from: BusinessDay.optional().meta({ description: 'First day; the first of the month of `to` when absent' }),
  to: BusinessDay.optional().meta({ description: 'Last day; `asOf` when absent' }),
  style: z.enum(['balanceForward', 'openItem']).optional().meta({ description: 'balanceForward when absent' }),
  ...clocks,
  ...freshness,
})

interface Period {
  readonly companyId: string
  readonly clientId: string
  readonly from: string
  readonly to: string
  readonly knownAt: bigint | undefined
}

const requireClient = async (
  handle: ReadHandle,
  { companyId, clientId }: { readonly companyId: string; readonly clientId: string },
  { knownAt }: Moment,
): Promise<ClientCard> => {
  const client = await findClient(handle, { companyId, clientId, knownAt })
  if (client === undefined) throw new Rejection('CLIENT_NOT_FOUND', { clientId })
  return client
}

/** Opening, every line of the period with the balance after it, closing. */
const balanceForward = async (handle: ReadHandle, period: Period) =>
  (await findStatement(handle, period)).map(({ currency, openingMinor, closingMinor, lines }) => ({
    currency,
    opening: decimalOf(openingMinor, currency),
    closing: decimalOf(closingMinor, currency),
    lines: lines.map((line) => ({
      on: line.on,
      kind: line.kind,
      document: line.document,
      invoiceId: line.invoiceId,
      paymentId: line.paymentId,
      debit: decimalOf(line.debitMinor, currency),
      credit: decimalOf(line.creditMinor, currency),
      balance: decimalOf(line.balanceMinor, currency),
      eventId: line.eventId,
    })),
  }))

/** Credit is taken off. */
export const signedOpen = ({ kind, openMinor }: Pick<OpenItem, 'kind' | 'openMinor'>): bigint =>
  kind === 'INVOICE' ? openMinor : -openMinor

const openItemLine = ({ kind, itemId, part, issuedOn, dueOn, openMinor, currency }: OpenItem) => ({
  kind,
  ...(kind === 'INVOICE' ? { invoiceId: itemId, instalment: part } : { paymentId: itemId }),
  issuedOn,
  dueOn,
  open: decimalOf(signedOpen({ kind, openMinor }), currency),
})

/** What makes up the balance on the last day: open invoices, and payments that settle nothing yet as negative lines. */
const openItems = async (handle: ReadHandle, { companyId, clientId, to, knownAt }: Period) => {
  const items = await listOpenItems(handle, { companyId, clientId, asOf: to, knownAt })
  return [...bookOf(items, signedOpen)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, closingMinor]) => ({
      currency,
      closing: decimalOf(closingMinor, currency),
      lines: items.filter((item) => item.currency === currency).map(openItemLine),
    }))
}

/** Lines of open items are explained as the items that they are. */
const statementFigures = (
  style: 'balanceForward' | 'openItem',
  clientId: string,
): Readonly<Record<string, FigureAsked>> => {
  const of = { currency: '{currency}', clientId }
  const closing = { explainClosing: { figure: 'clientBalance', ...of } } as const
  return style === 'openItem'
    ? {
        explain: { figure: 'invoiceOpen', ...of, invoiceId: '{invoiceId}' },
        explainPayment: { figure: 'paymentCredit', ...of, paymentId: '{paymentId}' },
        ...closing,
      }
    : { explain: { figure: 'statementLine', ...of, eventId: '{eventId}' }, ...closing }
}

const periodOf = (query: z.infer<typeof StatementQuery>, moment: Moment) => {
  const to = query.to ?? moment.asOf
  const from = query.from ?? `${to.slice(0, 8)}01`
  if (from > to) throw new MalformedRequest([{ path: '/query/from', rule: 'not after `to`' }])
  return { from, to }
}

export const clientRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/clients',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listClients',
        summary: 'Clients, by id',
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
        read: (handle, _moment, page) => listClients(handle, { companyId, ...page }),
      })
    },
  )

  app.get(
    '/v1/companies/:companyId/clients/:clientId',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findClient',
        summary: 'A client with balances per currency',
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
          tieOut,
          links: explainLinks(companyId, moment, {
            explain: { figure: 'clientBalance', ...ofClient },
            explainOpen: { figure: 'clientOpen', ...ofClient },
            explainOverdue: { figure: 'overdue', ...ofClient },
            explainCredit: { figure: 'clientCredit', ...ofClient },
          }),
        }
      })
    },
  )

  app.get(
    '/v1/companies/:companyId/clients/:clientId/statement',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findStatement',
        summary: 'Statement of a client (fișă client)',
        description:
          'closing = opening + debits − credits, per currency; the opening of a period is the closing before.',
        params: ClientParams,
        querystring: StatementQuery,
        response: {
          200: Statement,
          ...problemResponses(['MALFORMED_REQUEST', 'CLIENT_NOT_FOUND', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']),
        },
      },
    },
    (request, reply) => {
      const { companyId, clientId } = request.params
      const query = request.query
      return answerFrom(dependencies, query, reply, async (handle, moment) => {
        const { from, to } = periodOf(query, moment)
        await requireClient(handle, { companyId, clientId }, moment)
        const period = { companyId, clientId, from, to, knownAt: moment.knownAt }
        const style = query.style ?? 'balanceForward'
        const currencies = await (style === 'openItem' ? openItems : balanceForward)(handle, period)
        const tieOut = await certify(handle, { companyId, clientId }, { ...moment, asOf: to })
        certifyClosings(tieOut, clientId, currencies)
        const before = { ...moment, asOf: addDays(from, -1) }
        const links = {
          ...explainLinks(companyId, { ...moment, asOf: to }, statementFigures(style, clientId)),
          ...explainLinks(companyId, before, {
            explainOpening: { figure: 'clientBalance', currency: '{currency}', clientId },
          }),
        }
        return { clientId, from, to, style, currencies, tieOut, links }
      })
    },
  )
}

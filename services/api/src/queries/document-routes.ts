import { decimalOf, nameOfOwed, Rejection } from '@registru/domain'
import {
  type Clocks,
  findClient,
  findCompany,
  findOwedNames,
  findStatement,
  listOpenItems,
  type OpenItem,
  type ReadHandle,
} from '@registru/projections'
import { z } from 'zod'
import { renderReminder } from '../documents/reminder-pdf.ts'
import { renderStatement } from '../documents/statement-pdf.ts'
import { MalformedRequest } from '../http/malformed-request.ts'
import { pdfResponse } from '../http/media-types.ts'
import type { ZodApp } from '../http/zod-app.ts'
import type { Moment, QueryDependencies } from './answer.ts'
import { signedOpen } from './open-items.ts'
import { period, periodOf } from './period.ts'
import { print } from './print.ts'
import { problemResponses } from './problems.ts'
import { ClientParams, clocks, freshness } from './query-parameters.ts'
import { bookOf, certify, certifyClosings } from './tie-out.ts'

const BYTES =
  'With both clocks fixed the bytes are the same for ever by one version of the program, which the law has lists name (OMFP 2634/2015 annex 1 pct. 58 k).'

/** About a hundred pages. Setting text is work for a processor, and others wait for their answers meanwhile. */
const LINES_MAX = 4_000

const StatementQuery = z.strictObject({ ...period, ...clocks, ...freshness })
const ReminderQuery = z.strictObject({ ...clocks, ...freshness })
type Account = z.infer<typeof ClientParams>

const partiesOf = async (handle: ReadHandle, { companyId, clientId }: Account, { knownAt }: Clocks) => {
  const issuer = await findCompany(handle, { companyId, knownAt })
  if (issuer === undefined) throw new Rejection('COMPANY_NOT_FOUND', { companyId })
  const client = await findClient(handle, { companyId, clientId, knownAt })
  if (client === undefined) throw new Rejection('CLIENT_NOT_FOUND', { clientId })
  return { issuer, client }
}

/** @throws MalformedRequest when there is more than a document holds */
const requireLinesMax = (count: number, path: string): void => {
  if (count > LINES_MAX) throw new MalformedRequest([{ path, rule: `at most ${LINES_MAX} lines in a document` }])
}

const closingsOf = (currencies: readonly { readonly currency: string; readonly closingMinor: bigint }[]) =>
  currencies.map(({ currency, closingMinor }) => ({ currency, closing: decimalOf(closingMinor, currency) }))

const statementOf = async (
  handle: ReadHandle,
  account: Account,
  query: z.infer<typeof StatementQuery>,
  moment: Moment,
) => {
  const days = periodOf(query, moment)
  const parties = await partiesOf(handle, account, moment)
  const currencies = await findStatement(handle, {
    ...account,
    ...days,
    knownAt: moment.knownAt,
    linesMax: LINES_MAX + 1,
  })
  requireLinesMax(
    currencies.reduce((sum, { lines }) => sum + lines.length, 0),
    '/query/from',
  )
  const tieOut = await certify(handle, account, { ...moment, asOf: days.to })
  certifyClosings(tieOut, account.clientId, closingsOf(currencies))
  return { ...parties, ...days, currencies }
}

const creditsOf = (items: readonly OpenItem[]) =>
  [...new Set(items.map(({ currency }) => currency))].toSorted().map((currency) => ({
    currency,
    creditMinor: items.reduce((sum, item) => (item.currency === currency ? sum + item.openMinor : sum), 0n),
  }))

const reminderOf = async (handle: ReadHandle, account: Account, moment: Moment) => {
  const parties = await partiesOf(handle, account, moment)
  const open = await listOpenItems(handle, { ...account, ...moment })
  const balances = [...bookOf(open, signedOpen)].map(([currency, closingMinor]) => ({ currency, closingMinor }))
  certifyClosings(await certify(handle, account, moment), account.clientId, closingsOf(balances))
  const invoices = open.filter(({ kind }) => kind === 'INVOICE')
  const overdue = invoices.filter(({ dueOn }) => dueOn < moment.asOf)
  requireLinesMax(overdue.length, '/query/asOf')
  const named = await findOwedNames(handle, { ...account, invoiceIds: overdue.map(({ itemId }) => itemId) })
  const parts = new Map<string, number>()
  for (const { itemId, part } of invoices) parts.set(itemId, Math.max(part, parts.get(itemId) ?? 0))
  const items = overdue.map(({ itemId, part, ...item }) => {
    const { claim, name: printed } = named.get(itemId) ?? { claim: undefined, name: itemId }
    const name = claim === undefined ? printed : `${nameOfOwed(claim)} ${printed}`
    return { ...item, document: (parts.get(itemId) ?? 1) > 1 ? `${name}, rata ${part}` : name }
  })
  return { ...parties, asOf: moment.asOf, items, credits: creditsOf(open.filter(({ kind }) => kind === 'PAYMENT')) }
}

const problems = problemResponses([
  'MALFORMED_REQUEST',
  'COMPANY_NOT_FOUND',
  'CLIENT_NOT_FOUND',
  'READ_MODEL_BEHIND',
  'UNAUTHORIZED',
])

export const documentRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/clients/:clientId/statement.pdf',
    {
      schema: {
        tags: ['queries'],
        operationId: 'printStatement',
        summary: 'Statement of a client as PDF (fișă client)',
        description: `What \`statement\` answers, to print. ${BYTES} At most ${LINES_MAX} lines.`,
        params: ClientParams,
        querystring: StatementQuery,
        response: { ...pdfResponse, ...problems },
      },
    },
    ({ params, query }, reply) =>
      print(
        dependencies,
        { query, reply, name: `${params.clientId}-statement` },
        (handle, moment) => statementOf(handle, params, query, moment),
        renderStatement,
      ),
  )

  app.get(
    '/v1/companies/:companyId/clients/:clientId/reminder.pdf',
    {
      schema: {
        tags: ['queries'],
        operationId: 'printReminder',
        summary: 'Reminder to a client as PDF (notificare de plată)',
        description: `Invoices and instalments that were due before \`asOf\`, with the days since, and the client's unallocated money. ${BYTES} At most ${LINES_MAX} lines.`,
        params: ClientParams,
        querystring: ReminderQuery,
        response: { ...pdfResponse, ...problems },
      },
    },
    ({ params, query }, reply) =>
      print(
        dependencies,
        { query, reply, name: `${params.clientId}-reminder` },
        (handle, moment) => reminderOf(handle, params, moment),
        renderReminder,
      ),
  )
}

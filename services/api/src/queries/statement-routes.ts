import { addDays, BusinessDay, type ClientId, Currency, decimalOf, InvoiceId, PaymentId } from '@registru/domain'
import {
  findStatementEnds,
  findStatementLineDifference,
  findStatementPage,
  listClientBalances,
  listOpenItems,
  PAGE_ROWS_MAX,
  pageOf,
  type ReadHandle,
  type StatementLine,
} from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { answerList, type List, type Moment, type QueryDependencies } from './answer.ts'
import { amount, day, OpenItemRow, Statement } from './answer-schemas.ts'
import { requireClient } from './client-routes.ts'
import { explainLinks, type FigureAsked } from './links.ts'
import { itemBodies, type OpenItemBody } from './open-items.ts'
import { period, periodOf } from './period.ts'
import { problemResponses } from './problems.ts'
import { ClientParams, clocks, freshness, list } from './query-parameters.ts'
import { certify, certifyClosings, certifyRows } from './tie-out.ts'

type Style = 'balanceForward' | 'openItem'

const StatementQuery = z.strictObject({
  style: z.enum(['balanceForward', 'openItem']).optional().meta({ description: 'balanceForward when absent' }),
  ...period,
  ...clocks,
  ...freshness,
  ...list,
})
type StatementQuery = z.infer<typeof StatementQuery>
type Account = z.infer<typeof ClientParams>

/** As many as a page can have: most statements are one. */
const LINES_DEFAULT = PAGE_ROWS_MAX

const LinePlace = z.strictObject({
  currency: Currency,
  on: z.string(),
  position: z.string().regex(/^-?[0-9]+$/),
  balanceMinor: z.string().regex(/^-?[0-9]+$/),
})
const ItemPlace = z.strictObject({
  currency: Currency,
  dueOn: BusinessDay,
  kind: z.enum(['INVOICE', 'PAYMENT']),
  itemId: z.union([InvoiceId, PaymentId]),
  part: z.int(),
})

const Line = z.object({
  currency: z.string(),
  on: day,
  kind: z.string(),
  document: z.string(),
  counterpartyDocument: z.string().optional(),
  invoiceId: z.string().optional(),
  paymentId: z.string().optional(),
  debit: amount,
  credit: amount,
  balance: amount,
  eventId: z.uuid(),
})
const lineBody = (currency: string, line: StatementLine) => ({
  currency,
  on: line.on,
  kind: line.kind,
  document: line.document,
  counterpartyDocument: line.counterpartyDocument,
  invoiceId: line.invoiceId,
  paymentId: line.paymentId,
  debit: decimalOf(line.debitMinor, currency),
  credit: decimalOf(line.creditMinor, currency),
  balance: decimalOf(line.balanceMinor, currency),
  eventId: line.eventId,
})
type LineBody = ReturnType<typeof lineBody>

/** Lines of open items are explained as the items that they are. */
const figuresOf = (style: Style, clientId: ClientId): Readonly<Record<string, FigureAsked>> => {
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

const linksOf = (style: Style, { companyId, clientId }: Account, moment: Moment, from: string) => ({
  ...explainLinks(companyId, moment, figuresOf(style, clientId)),
  ...explainLinks(
    companyId,
    { ...moment, asOf: addDays(from, -1) },
    { explainOpening: { figure: 'clientBalance', currency: '{currency}', clientId } },
  ),
})

const closingsOf = (minors: ReadonlyMap<string, bigint>) =>
  [...minors].map(([currency, minor]) => ({ currency, closing: decimalOf(minor, currency) }))

/** Under the currency that they stand in, nothing repeats it. */
const linesIn = <Body extends { readonly currency: string }>(items: readonly Body[], currency: string) =>
  items
    .filter((item) => item.currency === currency)
    .map((item) => {
      const { currency: _, ...line } = item
      return line
    })

const balanceForward = (account: Account, query: StatementQuery): List<typeof LinePlace, LineBody> => {
  /** What the page that is being answered says of its currencies. */
  let page: Awaited<ReturnType<typeof findStatementPage>> = { currencies: [], next: undefined }
  const questionAt = (moment: Moment) => ({ ...account, ...periodOf(query, moment), knownAt: moment.knownAt })
  const read: List<typeof LinePlace, LineBody>['read'] = async (handle, moment, { after, limit }) => {
    page = await findStatementPage(handle, { ...questionAt(moment), after, limit })
    const shown = page.currencies.flatMap(({ currency, lines }) => lines.map((line) => ({ ...line, currency })))
    await certifyRows(findStatementLineDifference(handle, { ...account, lines: shown }))
    const items = page.currencies.flatMap(({ currency, lines }) => lines.map((line) => lineBody(currency, line)))
    return { items, next: page.next }
  }
  return {
    row: Line,
    place: LinePlace,
    knowsKnownAt: true,
    rowsDefault: LINES_DEFAULT,
    read,
    shape: async (handle, moment, { items, after }) => {
      const { from, to } = periodOf(query, moment)
      const atEnd = { ...moment, asOf: to }
      await requireClient(handle, account, moment)
      const tieOut = await certify(handle, account, atEnd)
      // The last page of a currency ends with the balance that all pages before it have carried on.
      const closings = page.currencies.map(({ currency, lines, goesOn, openingMinor, closingMinor }) => {
        const lastMinor = lines.at(-1)?.balanceMinor ?? openingMinor
        return { currency, closing: decimalOf(goesOn ? closingMinor : lastMinor, currency) }
      })
      certifyClosings(tieOut, account.clientId, closings, after === undefined)
      const currencies = page.currencies.map(({ currency, openingMinor, closingMinor }) => ({
        currency,
        opening: decimalOf(openingMinor, currency),
        closing: decimalOf(closingMinor, currency),
        lines: linesIn(items, currency),
      }))
      const { clientId } = account
      const links = linksOf('balanceForward', account, atEnd, from)
      return { clientId, from, to, style: 'balanceForward', currencies, tieOut, links }
    },
    before: async (handle, moment) => {
      const question = questionAt(moment)
      await requireClient(handle, account, moment)
      const tieOut = await certify(handle, account, { ...moment, asOf: question.to })
      certifyClosings(tieOut, account.clientId, closingsOf(await findStatementEnds(handle, question)))
    },
  }
}

/** What makes up the balance on the last day: open invoices, and payments that settle nothing yet as negative lines. */
const openItems = (account: Account, query: StatementQuery): List<typeof ItemPlace, OpenItemBody> => {
  const certified = async (handle: ReadHandle, moment: Moment) => {
    await requireClient(handle, account, moment)
    const balances = await listClientBalances(handle, { ...account, ...moment })
    const closings = closingsOf(new Map(balances.map(({ currency, balanceMinor }) => [currency, balanceMinor])))
    const tieOut = await certify(handle, account, moment)
    certifyClosings(tieOut, account.clientId, closings)
    return { tieOut, closings }
  }
  const atEnd = (moment: Moment) => ({ ...moment, asOf: periodOf(query, moment).to })
  return {
    row: OpenItemRow,
    place: ItemPlace,
    knowsKnownAt: true,
    rowsDefault: LINES_DEFAULT,
    read: async (handle, moment, { after, limit }) => {
      const found = await listOpenItems(handle, { ...account, ...atEnd(moment), after, limit: limit + 1 })
      const { items, next } = pageOf(found, limit, ({ currency, dueOn, kind, itemId, part }) => ({
        currency,
        dueOn,
        kind,
        itemId,
        part,
      }))
      return { items: await itemBodies(handle, account, items), next }
    },
    shape: async (handle, moment, { items, after }) => {
      const { from, to } = periodOf(query, moment)
      const { tieOut, closings } = await certified(handle, atEnd(moment))
      const currencies = closings
        .map(({ currency, closing }) => ({ currency, closing, lines: linesIn(items, currency) }))
        .filter(({ lines }) => after === undefined || lines.length > 0)
      const { clientId } = account
      return {
        clientId,
        from,
        to,
        style: 'openItem',
        currencies,
        tieOut,
        links: linksOf('openItem', account, atEnd(moment), from),
      }
    },
    before: async (handle, moment) => {
      await certified(handle, atEnd(moment))
    },
  }
}

export const statementRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/clients/:clientId/statement',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findStatement',
        summary: 'Statement of a client (fișă client)',
        description: `closing = opening + debits − credits, per currency; the opening of a period is the closing before. At most ${LINES_DEFAULT} lines a page: openings and closings are those of the whole period on each, and the next page begins with \`nextCursor\`. CSV and NDJSON carry all lines.`,
        params: ClientParams,
        querystring: StatementQuery,
        response: {
          200: Statement,
          ...problemResponses(['MALFORMED_REQUEST', 'CLIENT_NOT_FOUND', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']),
        },
      },
    },
    ({ params, query }, reply) =>
      query.style === 'openItem'
        ? answerList(dependencies, query, reply, openItems(params, query))
        : answerList(dependencies, query, reply, balanceForward(params, query)),
  )
}

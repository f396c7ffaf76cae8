import {
  BusinessDay,
  ClientId,
  CompanyId,
  Currency,
  decimalOf,
  decimalsOfCurrency,
  InvoiceId,
  Rejection,
} from '@registru/domain'
import {
  findInvoice,
  findInvoiceDifference,
  findIssueDay,
  type InvoiceBalance,
  listInvoices,
  listOpenOf,
  listSettledSums,
  type ReadHandle,
  type SettledSums,
  type Settlement,
} from '@registru/projections'
import { z } from 'zod'
import { MalformedRequest } from '../http/malformed-request.ts'
import type { ZodApp } from '../http/zod-app.ts'
import { wirePosition } from '../problems/wire-position.ts'
import { answerFrom, answerList, type Moment, type QueryDependencies } from './answer.ts'
import { Invoice, InvoiceItem, Invoices, invoiceAllocation } from './answer-schemas.ts'
import { revisionOf } from './client-routes.ts'
import { explainLinks } from './links.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, clocks, freshness, list, whoseId } from './query-parameters.ts'
import { certify, certifyRow, certifyRows } from './tie-out.ts'

const Status = z.enum(['UNPAID', 'PARTIALLY_PAID', 'PAID', 'CREDITED', 'WRITTEN_OFF', 'CANCELLED', 'MOVED'])
const InvoiceParams = z.strictObject({ companyId: CompanyId, invoiceId: InvoiceId })
const InvoiceQuery = z.strictObject({ clientId: whoseId, ...clocks, ...freshness })
const TEXT_CHARACTERS_MAX = 64
const Decimal = z.string().regex(/^(0|[1-9][0-9]{0,12})(\.[0-9]{1,3})?$/, 'an amount, e.g. 1210.00')

const InvoicesQuery = z.strictObject({
  clientId: ClientId.optional(),
  status: Status.optional(),
  dueBefore: BusinessDay.optional().meta({ description: 'Due before this day' }),
  dueFrom: BusinessDay.optional().meta({ description: 'Due on this day or later' }),
  dueTo: BusinessDay.optional().meta({ description: 'Due on this day or earlier' }),
  overdueBy: z
    .string()
    .regex(/^[1-9][0-9]{0,3}$/, 'a whole number of days, at most 9999')
    .optional()
    .meta({ description: 'Late by so many days or more at `asOf`' }),
  currency: Currency.optional(),
  totalFrom: Decimal.optional().meta({ description: 'Total at least so much; `currency` is required' }),
  totalTo: Decimal.optional().meta({ description: 'Total at most so much; `currency` is required' }),
  text: z
    .string()
    .min(1)
    .max(TEXT_CHARACTERS_MAX)
    .regex(/^\P{Cc}+$/u, 'no control characters')
    .optional()
    .meta({ description: 'Part of the id, or of series and number' }),
  ...clocks,
  ...freshness,
  ...list,
})
const Place = z.strictObject({ dueOn: BusinessDay, invoiceId: InvoiceId, clientId: ClientId })

const invoiceBody = (invoice: InvoiceBalance) => {
  const amount = (minor: bigint): string => decimalOf(minor, invoice.currency)
  return {
    invoiceId: invoice.invoiceId,
    clientId: invoice.clientId,
    kind: invoice.kind,
    series: invoice.series,
    number: invoice.number,
    issuedOn: invoice.issuedOn,
    dueOn: invoice.dueOn,
    currency: invoice.currency,
    total: amount(invoice.totalMinor),
    allocated: amount(invoice.allocatedMinor),
    uncleared: amount(invoice.unclearedMinor),
    credited: amount(invoice.creditedMinor),
    discounted: amount(invoice.discountedMinor),
    writtenOff: amount(invoice.writtenOffMinor),
    smallDifference: amount(invoice.smallDifferenceMinor),
    recovered: amount(invoice.recoveredMinor),
    before: amount(invoice.beforeMinor),
    moved: amount(invoice.movedMinor),
    open: amount(invoice.openMinor),
    status: invoice.status,
    overdueDays: invoice.overdueDays,
    instalments: invoice.instalments,
    lastPaymentOn: invoice.lastPaymentOn,
  }
}

/** What the history of an invoice tells of it. */
const SETTLED = [
  'allocatedMinor',
  'unclearedMinor',
  'creditedMinor',
  'discountedMinor',
  'writtenOffMinor',
  'smallDifferenceMinor',
  'recoveredMinor',
  'beforeMinor',
  'movedMinor',
] as const satisfies readonly (keyof SettledSums)[]

/** What each invoice shows, against its history and the open items of the aging at the same clocks. @throws TieOutFailed */
const certifyInvoices = async (
  handle: ReadHandle,
  companyId: CompanyId,
  invoices: readonly InvoiceBalance[],
  { asOf, knownAt }: Moment,
) => {
  if (invoices.length === 0) return
  const items = invoices.map(({ clientId, invoiceId: itemId }) => ({ clientId, itemId }))
  const open = await listOpenOf(handle, { companyId, kind: 'INVOICE', items, asOf, knownAt })
  const settled = await listSettledSums(handle, { companyId, invoices, asOf, knownAt })
  for (const [index, invoice] of invoices.entries()) {
    const { clientId, invoiceId, currency, openMinor } = invoice
    const whose = { clientId, invoiceId, currency }
    certifyRow(whose, { invoice: openMinor, openItem: open[index] ?? 0n })
    for (const amount of SETTLED) {
      certifyRow(whose, { invoice: invoice[amount], history: settled[index]?.[amount] ?? 0n })
    }
  }
  // What the history says in turn, against the journal.
  const documents = invoices.map(({ clientId, invoiceId: id }) => ({ clientId, id }))
  await certifyRows(findInvoiceDifference(handle, { companyId, documents }))
}

/**
 * Nothing is said of what is not there yet: not even that it will be, unless it was known.
 * @throws Rejection that names both clocks
 */
const refuseInvoice = async (
  handle: ReadHandle,
  of: { readonly companyId: CompanyId; readonly invoiceId: InvoiceId; readonly clientId: ClientId | undefined },
  { asOf, knownAt, position, generation }: Moment,
): Promise<never> => {
  const issuedOn = await findIssueDay(handle, { ...of, asOf, knownAt })
  const { invoiceId } = of
  throw new Rejection('INVOICE_NOT_FOUND', {
    invoiceId,
    asOf,
    knownAt: wirePosition(position, generation),
    ...(issuedOn !== undefined && { issuedOn }),
  })
}

/** @throws MalformedRequest when no currency says what the amount is of, or it has more decimals than the currency */
const minorAsked = (name: 'totalFrom' | 'totalTo', query: z.infer<typeof InvoicesQuery>): bigint | undefined => {
  const { [name]: asked, currency } = query
  if (asked === undefined) return undefined
  if (currency === undefined) throw new MalformedRequest([{ path: '/query/currency', rule: `required for ${name}` }])
  const decimals = decimalsOfCurrency(currency)
  const [whole = '', part = ''] = asked.split('.')
  if (part.length > decimals) {
    throw new MalformedRequest([{ path: `/query/${name}`, rule: `at most ${decimals} decimals in ${currency}` }])
  }
  return BigInt(whole + part.padEnd(decimals, '0'))
}

export const invoiceRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/invoices/:invoiceId',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findInvoice',
        summary: 'An invoice with its allocations',
        description:
          'As it stands at both clocks: what is effective later, or was learned later, has not happened. Undone allocations are listed too, marked. Before its issue, or before it was known, 404 `INVOICE_NOT_FOUND`.',
        params: InvoiceParams,
        querystring: InvoiceQuery,
        response: { 200: Invoice, ...problemResponses(['INVOICE_NOT_FOUND', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId, invoiceId } = request.params
      return answerFrom(dependencies, request.query, reply, async (handle, moment) => {
        const of = { companyId, invoiceId, clientId: request.query.clientId }
        const invoice = (await findInvoice(handle, { ...of, ...moment })) ?? (await refuseInvoice(handle, of, moment))
        const whose = { clientId: invoice.clientId, invoiceId }
        const living = invoice.allocations.reduce((sum, part) => (part.undone ? sum : sum + part.amountMinor), 0n)
        const { currency, allocatedMinor } = invoice
        await certifyInvoices(handle, companyId, [invoice], moment)
        certifyRow({ ...whose, currency }, { allocated: allocatedMinor, allocations: living })
        const tieOut = await certify(handle, { companyId, clientId: invoice.clientId }, moment)
        const allocations = invoice.allocations.map((part: Settlement) => invoiceAllocation(part, invoice.currency))
        const links = explainLinks(companyId, moment, {
          explain: { figure: 'invoiceOpen', currency, ...whose },
          explainTotal: { figure: 'invoiceTotal', currency, ...whose },
          explainAllocated: { figure: 'invoiceAllocated', currency, ...whose },
          explainCredited: { figure: 'invoiceCredited', currency, ...whose },
          explainDiscounted: { figure: 'invoiceDiscounted', currency, ...whose },
          explainWrittenOff: { figure: 'invoiceWrittenOff', currency, ...whose },
          explainRecovered: { figure: 'invoiceRecovered', currency, ...whose },
        })
        const revision = await revisionOf(handle, { companyId, clientId: invoice.clientId }, moment)
        return { ...invoiceBody(invoice), allocations, revision, tieOut, links }
      })
    },
  )

  app.get(
    '/v1/companies/:companyId/invoices',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listInvoices',
        summary: 'Invoices, earliest due first',
        description:
          'As they stand at both clocks, filters included; one that is not issued or not known yet is not among them.',
        params: CompanyParams,
        querystring: InvoicesQuery,
        response: { 200: Invoices, ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      const { clientId, dueBefore, dueFrom, dueTo, currency, text } = query
      const overdueBy = query.overdueBy === undefined ? undefined : Number(query.overdueBy)
      const totals = { totalFromMinor: minorAsked('totalFrom', query), totalToMinor: minorAsked('totalTo', query) }
      const status = query.status === undefined ? undefined : [query.status]
      return answerList(dependencies, query, reply, {
        row: InvoiceItem,
        place: Place,
        knowsKnownAt: true,
        read: async (handle, moment, page) => {
          const { asOf, knownAt } = moment
          const due = { dueBefore, dueFrom, dueTo, overdueBy }
          const filter = { companyId, clientId, status, ...due, currency, ...totals, text, asOf, knownAt, ...page }
          const { items, next } = await listInvoices(handle, filter)
          await certifyInvoices(handle, companyId, items, moment)
          return { items: items.map(invoiceBody), next }
        },
      })
    },
  )
}

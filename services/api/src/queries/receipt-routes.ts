import { CompanyId, decimalOf, ReceiptSeries, Rejection } from '@registru/domain'
import {
  findReceipt,
  findReceiptDifference,
  listReceiptBooks,
  listReceipts,
  type ReadHandle,
  type ReceiptEntry,
} from '@registru/projections'
import { z } from 'zod'
import { renderReceipt } from '../documents/receipt-pdf.ts'
import { pdfResponse } from '../http/media-types.ts'
import type { ZodApp } from '../http/zod-app.ts'
import { wirePosition } from '../problems/wire-position.ts'
import { answerFrom, answerList, answerTable, type Moment, type QueryDependencies } from './answer.ts'
import { BookItem, Receipt, ReceiptBooks, ReceiptItem, Receipts } from './answer-schemas.ts'
import { format } from './formats.ts'
import { print } from './print.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, clocks, freshness, list } from './query-parameters.ts'
import { certifyRows } from './tie-out.ts'

const ReceiptParams = z.strictObject({
  companyId: CompanyId,
  series: ReceiptSeries,
  number: z
    .string()
    .regex(/^[1-9][0-9]{0,9}$/, 'a number of the book')
    .meta({ examples: ['1'] }),
})
const ReceiptQuery = z.strictObject({ ...clocks, ...freshness })
const PrintQuery = z.strictObject({
  reprint: z
    .string()
    .regex(/^[1-9][0-9]{0,5}$/, 'the number of a counted copy')
    .optional()
    .meta({ description: 'A copy that was counted; the original when absent' }),
  ...clocks,
  ...freshness,
})
const ReceiptsQuery = z.strictObject({ series: ReceiptSeries.optional(), ...clocks, ...freshness, ...list })
const BooksQuery = z.strictObject({ ...clocks, ...freshness, ...format })
const Place = z.strictObject({ series: ReceiptSeries, number: z.int() })

const receiptBody = ({ amountMinor, valueMinor, document: _document, ...receipt }: ReceiptEntry) => ({
  ...receipt,
  amount: decimalOf(amountMinor, receipt.currency),
  value: decimalOf(valueMinor, receipt.currency),
})

/** @throws Rejection that names both clocks */
const refuseReceipt = (
  of: { readonly series: ReceiptSeries; readonly number: number; readonly reprint?: number | undefined },
  { asOf, position, generation }: Moment,
): never => {
  throw new Rejection('RECEIPT_NOT_FOUND', { ...of, asOf, knownAt: wirePosition(position, generation) })
}

/** What receipts say, against what was paid. @throws TieOutFailed */
const certifyReceipts = (handle: ReadHandle, companyId: CompanyId, receipts: readonly ReceiptEntry[]) =>
  certifyRows(findReceiptDifference(handle, { companyId, receipts }))

/** As it stands at both clocks. @throws Rejection, TieOutFailed */
const requireReceipt = async (
  handle: ReadHandle,
  { companyId, ...of }: { readonly companyId: CompanyId; readonly series: ReceiptSeries; readonly number: number },
  moment: Moment,
): Promise<ReceiptEntry> => {
  const receipt = (await findReceipt(handle, { companyId, ...of, ...moment })) ?? refuseReceipt(of, moment)
  await certifyReceipts(handle, companyId, [receipt])
  return receipt
}

export const receiptRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/receipts/:series/:number',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findReceipt',
        summary: 'A receipt with what its paper says',
        params: ReceiptParams,
        querystring: ReceiptQuery,
        response: { 200: Receipt, ...problemResponses(['RECEIPT_NOT_FOUND', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId, series, number } = request.params
      return answerFrom(dependencies, request.query, reply, async (handle, moment) => {
        const receipt = await requireReceipt(handle, { companyId, series, number: Number(number) }, moment)
        return { ...receiptBody(receipt), document: receipt.document }
      })
    },
  )

  app.get(
    '/v1/companies/:companyId/receipts/:series/:number.pdf',
    {
      schema: {
        tags: ['queries'],
        operationId: 'printReceipt',
        summary: 'The receipt as PDF',
        description:
          'From what was frozen at issue: the same bytes every time, unless the receipt was annulled by then. `reprint=1` is the first copy that `ReprintReceipt` counted, marked «DUPLICAT».',
        params: ReceiptParams,
        querystring: PrintQuery,
        response: {
          ...pdfResponse,
          ...problemResponses(['RECEIPT_NOT_FOUND', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']),
        },
      },
    },
    (request, reply) => {
      const { companyId, series, number } = request.params
      const reprint = request.query.reprint === undefined ? undefined : Number(request.query.reprint)
      return print(
        dependencies,
        { query: request.query, reply, name: `${series}-${number}` },
        async (handle, moment) => {
          const receipt = await requireReceipt(handle, { companyId, series, number: Number(number) }, moment)
          if ((reprint ?? 0) > receipt.reprintCount) refuseReceipt({ series, number: Number(number), reprint }, moment)
          return receipt
        },
        (receipt) => renderReceipt(receipt, reprint),
      )
    },
  )

  app.get(
    '/v1/companies/:companyId/receipts',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listReceipts',
        summary: 'Register of receipts, annulled ones with value 0',
        params: CompanyParams,
        querystring: ReceiptsQuery,
        response: { 200: Receipts, ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const { query } = request
      return answerList(dependencies, query, reply, {
        row: ReceiptItem,
        place: Place,
        knowsKnownAt: true,
        read: async (handle, { asOf, knownAt }, page) => {
          const { items, next } = await listReceipts(handle, {
            companyId,
            series: query.series,
            asOf,
            knownAt,
            ...page,
          })
          await certifyReceipts(handle, companyId, items)
          return { items: items.map(receiptBody), next }
        },
      })
    },
  )

  app.get(
    '/v1/companies/:companyId/receipt-books',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listReceiptBooks',
        summary: 'Receipt books with the range used and left',
        params: CompanyParams,
        querystring: BooksQuery,
        response: { 200: ReceiptBooks, ...problemResponses(['READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      const read = async (handle: ReadHandle, { asOf, knownAt }: Moment) => {
        const books = await listReceiptBooks(handle, { companyId, asOf, knownAt })
        const items = books.map(({ issuedCount, annulledCount, leftCount, ...book }) => ({
          ...book,
          issued: issuedCount,
          annulled: annulledCount,
          left: leftCount,
        }))
        return { items, nextCursor: null }
      }
      return answerTable(dependencies, request.query, reply, { row: BookItem, rowsOf: ({ items }) => items, read })
    },
  )
}

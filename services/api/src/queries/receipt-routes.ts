import { CompanyId, decimalOf, ReceiptSeries, Rejection } from '@registru/domain'
import { findReceipt, listReceiptBooks, listReceipts, type ReadHandle, type ReceiptEntry } from '@registru/projections'
import { z } from 'zod'
import { renderReceipt } from '../documents/receipt-pdf.ts'
import { PDF, pdfResponse } from '../http/media-types.ts'
import type { ZodApp } from '../http/zod-app.ts'
import { answerFrom, answerList, answerTable, type QueryDependencies } from './answer.ts'
import { BookItem, Receipt, ReceiptBooks, ReceiptItem, Receipts } from './answer-schemas.ts'
import { format } from './formats.ts'
import { requireCompanyKnown } from './known-company.ts'
import { problemResponses } from './problems.ts'
import { asOf, CompanyParams, freshness, freshnessOf, list } from './query-parameters.ts'

const ReceiptParams = z.strictObject({
  companyId: CompanyId,
  series: ReceiptSeries,
  number: z
    .string()
    .regex(/^[1-9][0-9]{0,9}$/, 'a number of the book')
    .meta({ examples: ['1'] }),
})
const ReceiptQuery = z.strictObject({ ...asOf, ...freshness })
const PrintQuery = z.strictObject({
  reprint: z
    .string()
    .regex(/^[1-9][0-9]{0,5}$/, 'the number of a counted copy')
    .optional()
    .meta({ description: 'A copy that was counted; the original when absent' }),
  ...freshness,
})
const ReceiptsQuery = z.strictObject({ series: ReceiptSeries.optional(), ...asOf, ...freshness, ...list })
const BooksQuery = z.strictObject({ ...asOf, ...freshness, ...format })
const Place = z.strictObject({ series: ReceiptSeries, number: z.int() })

const receiptBody = ({ amountMinor, valueMinor, document: _document, ...receipt }: ReceiptEntry) => ({
  ...receipt,
  amount: decimalOf(amountMinor, receipt.currency),
  value: decimalOf(valueMinor, receipt.currency),
})

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
      return answerFrom(dependencies, request.query, reply, async (handle) => {
        const receipt = await findReceipt(handle, { companyId, series, number: Number(number) })
        if (receipt === undefined) throw new Rejection('RECEIPT_NOT_FOUND', { series, number: Number(number) })
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
          'From what was frozen at issue: the same bytes every time, unless the receipt was annulled meanwhile. `reprint=1` is the first copy that `ReprintReceipt` counted, marked «DUPLICAT».',
        params: ReceiptParams,
        querystring: PrintQuery,
        response: {
          ...pdfResponse,
          ...problemResponses(['RECEIPT_NOT_FOUND', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']),
        },
      },
    },
    async (request, reply) => {
      const { companyId, series, number } = request.params
      const key = { companyId, series, number: Number(number) }
      const { position, value: receipt } = await dependencies.readSide.snapshot(
        freshnessOf(request.query),
        async (handle) => {
          await requireCompanyKnown(handle, key, {})
          return findReceipt(handle, key)
        },
      )
      const reprint = request.query.reprint === undefined ? undefined : Number(request.query.reprint)
      if (receipt === undefined || (reprint ?? 0) > receipt.reprintCount) {
        throw new Rejection('RECEIPT_NOT_FOUND', {
          series,
          number: key.number,
          ...(reprint !== undefined && { reprint }),
        })
      }
      return reply
        .header('Registru-Position', `${position}`)
        .header('Content-Disposition', `inline; filename="${series}-${number}.pdf"`)
        .type(PDF)
        .send(await renderReceipt(receipt, reprint))
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
        read: async (handle, _moment, page) => {
          const { items, next } = await listReceipts(handle, { companyId, series: query.series, ...page })
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
      const read = async (handle: ReadHandle) => {
        const books = await listReceiptBooks(handle, { companyId })
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

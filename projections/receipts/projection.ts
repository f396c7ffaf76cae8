import { minorOf } from '@registru/domain'
import { add, insert, set } from '../core/fold/changes.ts'
import { defineProjection } from '../core/fold/projection.ts'
import { receiptBooks, receipts } from './tables.ts'

/** Every receipt of every book, annulled ones included, and how much of each range is used. */
export const receiptsProjection = defineProjection({
  name: 'receipts',
  version: 1,
  tables: [receiptBooks, receipts],
  on: {
    ReceiptBookOpened: ({ data, metadata }) => [
      insert(receiptBooks, {
        company_id: metadata.companyId,
        series: data.series,
        desk_id: data.deskId,
        from_number: BigInt(data.from),
        to_number: data.to === undefined ? null : BigInt(data.to),
        decision_number: data.decisionNumber,
        decision_on: data.decisionOn,
        financial_year: data.financialYear,
        last_number: BigInt(data.from) - 1n,
        issued_count: 0n,
        annulled_count: 0n,
      }),
    ],
    ReceiptRangeExtended: ({ data, metadata }) => [
      set(receiptBooks, { company_id: metadata.companyId, series: data.series }, { to_number: BigInt(data.to) }),
    ],
    // The numbers between are passed over for good: they count as used.
    ReceiptBookContinued: ({ data, metadata }) => [
      set(
        receiptBooks,
        { company_id: metadata.companyId, series: data.series },
        { last_number: BigInt(data.continueFrom) - 1n },
      ),
    ],
    ReceiptReprinted: ({ data, metadata }) => [
      set(
        receipts,
        { company_id: metadata.companyId, series: data.series, number: BigInt(data.number) },
        { reprint_count: BigInt(data.copy) },
      ),
    ],
    ReceiptIssued: ({ data, metadata, position, eventId }) => {
      const book = { company_id: metadata.companyId, series: data.series }
      const number = BigInt(data.number)
      return [
        insert(receipts, {
          ...book,
          number,
          receipt_id: data.receiptId,
          client_id: data.clientId,
          payment_id: data.paymentId,
          desk_id: data.deskId,
          issued_on: data.issuedOn,
          currency: data.amount.currency,
          amount_minor: minorOf(data.amount),
          annulled_on: null,
          annulment_reason: null,
          replaced_by_series: null,
          replaced_by_number: null,
          reprint_count: 0n,
          document: data,
          position,
          event_id: eventId,
        }),
        add(receiptBooks, book, { issued_count: 1n }),
        set(receiptBooks, book, { last_number: number }),
        ...(data.replaces === undefined
          ? []
          : [
              set(
                receipts,
                { company_id: metadata.companyId, series: data.replaces.series, number: BigInt(data.replaces.number) },
                { replaced_by_series: data.series, replaced_by_number: number },
              ),
            ]),
      ]
    },
    ReceiptAnnulled: ({ data, metadata }) => {
      const book = { company_id: metadata.companyId, series: data.series }
      return [
        set(
          receipts,
          { ...book, number: BigInt(data.number) },
          { annulled_on: data.annulledOn, annulment_reason: data.reason },
        ),
        add(receiptBooks, book, { annulled_count: 1n }),
      ]
    },
  },
})

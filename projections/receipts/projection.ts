import { type LedgerEvent, minorIn, minorOf, type ReceiptSeries } from '@registru/domain'
import { change, create, insert, type RowChange, set } from '../core/fold/changes.ts'
import { type OwnedRow, rowOf, wanted, wantedNew } from '../core/fold/owned-row.ts'
import { defineProjection, folding } from '../core/fold/projection.ts'
import type { ValuesOf } from '../core/fold/table.ts'
import { type ReceiptDocument, receiptBooks, receiptRanges, receiptReprints, receipts } from './tables.ts'

type BookEvent = LedgerEvent & { readonly data: { readonly series: ReceiptSeries } }

const bookKey = ({ data, metadata }: BookEvent) => ({ company_id: metadata.companyId, series: data.series })
const bookOf = (event: BookEvent) => ({ book: wanted(receiptBooks, bookKey(event)) })

const receiptKey = (
  event: BookEvent,
  { series, number }: { readonly series: ReceiptSeries; readonly number: number },
) => ({
  company_id: event.metadata.companyId,
  series,
  number: BigInt(number),
})

type BookRow = OwnedRow<typeof receiptBooks>

/** Changes a book, and remembers how far clocks have to be for the row to be their answer. */
const touch = (
  { position }: BookEvent,
  book: BookRow,
  on: string | undefined,
  values: ValuesOf<typeof receiptBooks>,
): RowChange => {
  const { last_effective_on } = rowOf(book)
  return change(book, {
    ...values,
    last_effective_on: on !== undefined && on > last_effective_on ? on : last_effective_on,
    last_position: position,
  })
}

const saidIn = ({ amount, advance, settles }: ReceiptDocument): bigint =>
  settles.reduce((sum, { amount: taken, openAfter, conversion }) => {
    const settled = conversion?.settled ?? taken
    const converted = conversion === undefined ? 0n : minorOf(settled)
    return sum + minorOf(taken) + minorIn(openAfter, settled.currency) + converted
  }, minorOf(amount) + minorIn(advance, amount.currency))

/** Every receipt of every book, annulled ones included, and how much of each range is used. */
export const receiptsProjection = defineProjection({
  name: 'receipts',
  version: 2,
  tables: [receiptBooks, receiptRanges, receipts, receiptReprints],
  on: {
    ReceiptBookOpened: folding({
      wants: (event) => ({ book: wantedNew(receiptBooks, bookKey(event)) }),
      fold: ({ data, position }, { book }) => {
        const range = { to_number: data.to === undefined ? null : BigInt(data.to), last_number: BigInt(data.from) - 1n }
        return [
          create(book, {
            ...range,
            desk_id: data.deskId,
            from_number: BigInt(data.from),
            decision_number: data.decisionNumber,
            decision_on: data.decisionOn,
            financial_year: data.financialYear,
            issued_count: 0n,
            annulled_count: 0n,
            position,
            last_effective_on: data.decisionOn,
            last_position: position,
          }),
          insert(receiptRanges, { ...book.key, ...range, position, effective_on: data.decisionOn }),
        ]
      },
    }),
    ReceiptRangeExtended: folding({
      wants: bookOf,
      fold: (event, { book }) => {
        const { decisionOn } = event.data
        const range = { to_number: BigInt(event.data.to), last_number: rowOf(book).from_number - 1n }
        return [
          insert(receiptRanges, { ...book.key, ...range, position: event.position, effective_on: decisionOn }),
          touch(event, book, decisionOn, { to_number: range.to_number }),
        ]
      },
    }),
    // The numbers between are passed over for good: they count as used.
    ReceiptBookContinued: folding({
      wants: bookOf,
      fold: (event, { book }) => {
        const range = { to_number: rowOf(book).to_number, last_number: BigInt(event.data.continueFrom) - 1n }
        return [
          insert(receiptRanges, { ...book.key, ...range, position: event.position, effective_on: null }),
          touch(event, book, undefined, { last_number: range.last_number }),
        ]
      },
    }),
    ReceiptReprinted: (event) => {
      const { copy } = event.data
      const key = receiptKey(event, event.data)
      return [
        set(receipts, key, { reprint_count: BigInt(copy) }),
        insert(receiptReprints, { ...key, copy: BigInt(copy), position: event.position }),
      ]
    },
    ReceiptIssued: folding({
      wants: bookOf,
      fold: (event, { book }) => {
        const { data, position, eventId } = event
        const number = BigInt(data.number)
        return [
          insert(receipts, {
            ...receiptKey(event, data),
            receipt_id: data.receiptId,
            client_id: data.clientId,
            payment_id: data.paymentId,
            desk_id: data.deskId,
            issued_on: data.issuedOn,
            currency: data.amount.currency,
            amount_minor: minorOf(data.amount),
            annulled_on: null,
            annulled_position: null,
            annulment_reason: null,
            replaced_by_series: null,
            replaced_by_number: null,
            replaced_on: null,
            replaced_position: null,
            reprint_count: 0n,
            document: data,
            said_minor: saidIn(data),
            position,
            event_id: eventId,
          }),
          touch(event, book, data.issuedOn, {
            last_number: number,
            issued_count: rowOf(book).issued_count + 1n,
          }),
          ...(data.replaces === undefined
            ? []
            : [
                set(receipts, receiptKey(event, data.replaces), {
                  replaced_by_series: data.series,
                  replaced_by_number: number,
                  replaced_on: data.issuedOn,
                  replaced_position: position,
                }),
              ]),
        ]
      },
    }),
    ReceiptAnnulled: folding({
      wants: bookOf,
      fold: (event, { book }) => {
        const { annulledOn, reason } = event.data
        return [
          set(receipts, receiptKey(event, event.data), {
            annulled_on: annulledOn,
            annulled_position: event.position,
            annulment_reason: reason,
          }),
          touch(event, book, annulledOn, { annulled_count: rowOf(book).annulled_count + 1n }),
        ]
      },
    }),
  },
})

import { z } from 'zod'
import type { Question } from './answers.ts'
import { minorOf } from './facts.ts'
import { decimalIn, type Known, minor, words } from './known.ts'
import type { Row } from './report.ts'

/** As many as the API answers at once. */
export const LIST_ROWS_MAX = 500

const MS_A_DAY = 86_400_000

const Instalments = z.array(z.object({ dueOn: z.string(), amount: z.string() }))

const inOrderOf =
  (...columns: readonly string[]) =>
  (a: Row, b: Row): number => {
    for (const column of columns) {
      const [left, right] = [a[column] ?? '', b[column] ?? '']
      if (left !== right) return left < right ? -1 : 1
    }
    return 0
  }

const list = (rows: readonly Row[], columns: readonly string[]): readonly Row[] =>
  rows.toSorted(inOrderOf(...columns)).slice(0, LIST_ROWS_MAX)

const isOf =
  (clientId: string | undefined) =>
  (row: Row): boolean =>
    clientId === undefined || row['client_id'] === clientId

const optional = (row: Row, column: string, name: string): Readonly<Record<string, string>> =>
  row[column] === null ? {} : { [name]: words(row, column) }

/** The first instalment that what is settled does not reach; the due day where there are none. */
const unmetDueOn = (row: Row, parts: z.infer<typeof Instalments>): string => {
  let uncovered = minor(row, 'total_minor') - minor(row, 'open_minor')
  for (const { dueOn, amount } of parts) {
    uncovered -= minorOf(amount)
    if (uncovered < 0n) return dueOn
  }
  return words(row, 'due_on')
}

/** Earliest due first; what is open of them is what is open in the end. */
export const answerInvoices = (known: Known, { asOf }: Question, clientId: string | undefined) => ({
  items: list(known.rowsOf('invoice_balances').filter(isOf(clientId)), ['due_on', 'invoice_id', 'client_id']).map(
    (row) => {
      const currency = words(row, 'currency')
      const show = (column: string): string => decimalIn(known, minor(row, column), currency)
      const instalments = Instalments.parse(JSON.parse(words(row, 'instalments')))
      const late = (Date.parse(asOf) - Date.parse(unmetDueOn(row, instalments))) / MS_A_DAY
      return {
        invoiceId: words(row, 'invoice_id'),
        clientId: words(row, 'client_id'),
        kind: words(row, 'kind'),
        ...optional(row, 'series', 'series'),
        number: words(row, 'number'),
        issuedOn: words(row, 'issued_on'),
        dueOn: words(row, 'due_on'),
        currency,
        total: show('total_minor'),
        allocated: show('allocated_minor'),
        uncleared: show('uncleared_minor'),
        credited: show('credited_minor'),
        discounted: show('discounted_minor'),
        writtenOff: show('written_off_minor'),
        open: show('open_minor'),
        status: words(row, 'status'),
        overdueDays: minor(row, 'open_minor') > 0n ? Math.max(0, late) : 0,
        instalments,
      }
    },
  ),
})

/** In the order in which the money came. */
export const answerPayments = (known: Known, clientId: string | undefined) => ({
  items: list(known.rowsOf('payments').filter(isOf(clientId)), ['received_on', 'payment_id', 'client_id']).map(
    (row) => {
      const currency = words(row, 'currency')
      const show = (of: Row, column: string): string => decimalIn(known, minor(of, column), currency)
      const refunds = known
        .rowsOf('payment_refunds')
        .filter((refund) => refund['payment_id'] === row['payment_id'] && refund['client_id'] === row['client_id'])
      return {
        paymentId: words(row, 'payment_id'),
        clientId: words(row, 'client_id'),
        method: words(row, 'method'),
        receivedOn: words(row, 'received_on'),
        currency,
        amount: show(row, 'amount_minor'),
        allocated: show(row, 'allocated_minor'),
        refunded: show(row, 'refunded_minor'),
        credit: show(row, 'credit_minor'),
        allocationRule: words(row, 'allocation_rule'),
        ...(row['reversed_on'] !== null && {
          reversal: { on: words(row, 'reversed_on'), reason: words(row, 'reversal_reason') },
        }),
        ...(row['cleared_on'] !== null && { clearing: { on: words(row, 'cleared_on'), fee: show(row, 'fee_minor') } }),
        ...(row['receipt_series'] !== null && {
          receipt: { series: words(row, 'receipt_series'), number: Number(row['receipt_number']) },
        }),
        refunds: refunds.toSorted(inOrderOf('refunded_on', 'refund_id')).map((refund) => ({
          refundId: words(refund, 'refund_id'),
          amount: show(refund, 'amount_minor'),
          method: words(refund, 'method'),
          refundedOn: words(refund, 'refunded_on'),
          eventId: words(refund, 'event_id'),
        })),
      }
    },
  ),
})

/** The register: every number of every book, annulled ones with value 0. */
export const answerReceipts = (known: Known, series: string | undefined) => ({
  items: list(
    known.rowsOf('receipts').filter((row) => series === undefined || row['series'] === series),
    ['series', 'number'],
  ).map((row) => {
    const currency = words(row, 'currency')
    const show = (column: string): string => decimalIn(known, minor(row, column), currency)
    const replacedBy =
      row['replaced_by_series'] === null
        ? {}
        : { replacedBy: { series: words(row, 'replaced_by_series'), number: Number(row['replaced_by_number']) } }
    return {
      series: words(row, 'series'),
      number: Number(row['number']),
      receiptId: words(row, 'receipt_id'),
      clientId: words(row, 'client_id'),
      paymentId: words(row, 'payment_id'),
      deskId: words(row, 'desk_id'),
      issuedOn: words(row, 'issued_on'),
      currency,
      amount: show('amount_minor'),
      value: show('value_minor'),
      ...(row['annulled_on'] !== null && {
        annulled: { on: words(row, 'annulled_on'), reason: words(row, 'annulment_reason'), ...replacedBy },
      }),
      reprintCount: Number(row['reprint_count']),
    }
  }),
})

import { type LedgerEvent, type Money, minorOf } from '@registru/domain'
import { add, insert, type RowChange, set } from '../core/changes.ts'
import { STILL_KNOWN } from '../core/clocks.ts'
import { defineProjection } from '../core/projection.ts'
import { type StatementLineKind, statementLines, statementMonths, statementReceipts } from './tables.ts'

interface Line {
  readonly kind: StatementLineKind
  readonly clientId: string
  readonly on: string
  readonly document?: string | undefined
  readonly invoiceId?: string
  readonly paymentId?: string
  readonly debit?: Money
  readonly credit?: Money
}

export const monthOf = (day: string): string => `${day.slice(0, 7)}-01`

const line = (event: LedgerEvent, { kind, clientId, on, ...rest }: Line): readonly RowChange[] => {
  const amount = rest.debit ?? rest.credit
  if (amount === undefined) return []
  const account = { company_id: event.metadata.companyId, client_id: clientId, currency: amount.currency }
  const sides = {
    debit_minor: rest.debit === undefined ? 0n : minorOf(rest.debit),
    credit_minor: rest.credit === undefined ? 0n : minorOf(rest.credit),
  }
  return [
    insert(statementLines, {
      ...account,
      ...sides,
      effective_on: on,
      position: event.position,
      kind,
      document: rest.document ?? null,
      invoice_id: rest.invoiceId ?? null,
      payment_id: rest.paymentId ?? null,
      event_id: event.eventId,
    }),
    add(statementMonths, { ...account, month_on: monthOf(on) }, sides),
  ]
}

/** What passed between the two parties, in the order of effective days: the client's statement (fișă client). */
export const clientStatements = defineProjection({
  name: 'client_statements',
  version: 1,
  tables: [statementLines, statementMonths, statementReceipts],
  on: {
    InvoiceRegistered: (event) => {
      const { clientId, invoiceId, series, number, issuedOn, total } = event.data
      const document = series === undefined ? number : `${series} ${number}`
      return line(event, { kind: 'INVOICE', clientId, invoiceId, document, on: issuedOn, debit: total })
    },
    PaymentRecorded: (event) => {
      const { clientId, paymentId, bankReference, receivedOn, amount } = event.data
      return line(event, {
        kind: 'PAYMENT',
        clientId,
        paymentId,
        document: bankReference,
        on: receivedOn,
        credit: amount,
      })
    },
    PaymentReversed: (event) => {
      const { clientId, paymentId, reversedOn, amount } = event.data
      return line(event, { kind: 'REVERSAL', clientId, paymentId, on: reversedOn, debit: amount })
    },
    ReceiptIssued: ({ data, metadata, position }) => [
      insert(statementReceipts, {
        company_id: metadata.companyId,
        payment_id: data.paymentId,
        series: data.series,
        number: BigInt(data.number),
        known_from: position,
        known_to: STILL_KNOWN,
      }),
    ],
    ReceiptAnnulled: ({ data, metadata, position }) => [
      set(
        statementReceipts,
        {
          company_id: metadata.companyId,
          payment_id: data.paymentId,
          series: data.series,
          number: BigInt(data.number),
        },
        { known_to: position },
      ),
    ],
  },
})

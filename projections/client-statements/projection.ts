import {
  type ClientId,
  creditOfNote,
  type InvoiceId,
  type LedgerEvent,
  type MoneyOrZero,
  minorOf,
  type PaymentId,
} from '@registru/domain'
import { add, insert, type RowChange, set } from '../core/fold/changes.ts'
import { defineProjection } from '../core/fold/projection.ts'
import { STILL_KNOWN, stretchOf } from '../core/reading/clocks.ts'
import { type StatementLineKind, statementDays, statementLines, statementMonths, statementReceipts } from './tables.ts'

interface Line {
  readonly kind: StatementLineKind
  readonly clientId: ClientId
  readonly on: string
  readonly amount: MoneyOrZero
  readonly side: 'debit' | 'credit'
  readonly document?: string | undefined
  readonly invoiceId?: InvoiceId
  readonly paymentId?: PaymentId
}

export const monthOf = (day: string): string => `${day.slice(0, 7)}-01`

const line = (event: LedgerEvent, of: Line): readonly RowChange[] => {
  const company_id = event.metadata.companyId
  const client_id = of.clientId
  const { currency } = of.amount
  const minor = minorOf(of.amount)
  const debit_minor = of.side === 'debit' ? minor : 0n
  const credit_minor = of.side === 'credit' ? minor : 0n
  return [
    insert(statementLines, {
      company_id,
      client_id,
      currency,
      effective_on: of.on,
      position: event.position,
      kind: of.kind,
      document: of.document ?? null,
      invoice_id: of.invoiceId ?? null,
      payment_id: of.paymentId ?? null,
      debit_minor,
      credit_minor,
      event_id: event.eventId,
    }),
    add(statementMonths, { company_id, client_id, currency, month_on: monthOf(of.on) }, { debit_minor, credit_minor }),
    add(
      statementDays,
      { company_id, currency, effective_on: of.on, stretch: stretchOf(event.position) },
      { debit_minor, credit_minor },
    ),
  ]
}

type Settling = Extract<LedgerEvent, { readonly type: 'PaymentAllocated' | 'PaymentDeallocated' }>

/** What pays for a write-off is the client's no longer, and nothing that is owed falls by it. */
const recovery = (event: Settling, kind: 'RECOVERY' | 'RECOVERY_REVERSAL', on: string): readonly RowChange[] => {
  const { clientId, invoiceId, paymentId, amount } = event.data
  const side = kind === 'RECOVERY' ? 'debit' : 'credit'
  return line(event, { kind, clientId, invoiceId, paymentId, on, amount, side })
}

/**
 * Allocations move nothing between the two parties, but between two currencies what is owed falls in the one and the
 * client's credit in the other, and each has a balance of its own.
 */
const conversion = (
  event: Settling,
  on: string,
  [settled, paid]: readonly [settled: Line['side'], paid: Line['side']],
): readonly RowChange[] => {
  const { data } = event
  if (data.conversion === undefined) return []
  const { clientId, invoiceId, paymentId } = data
  const of = { kind: 'CONVERSION', clientId, invoiceId, paymentId, on } as const
  return [
    ...line(event, { ...of, amount: data.amount, side: settled }),
    ...line(event, { ...of, amount: data.conversion.paid, side: paid }),
  ]
}

/** What passed between the two parties, in the order of effective days: the client's statement (fișă client). */
export const clientStatements = defineProjection({
  name: 'client_statements',
  version: 6,
  tables: [statementLines, statementMonths, statementDays, statementReceipts],
  on: {
    InvoiceRegistered: (event) => {
      const { clientId, invoiceId, series, number, issuedOn, total } = event.data
      const document = series === undefined ? number : `${series} ${number}`
      return line(event, { kind: 'INVOICE', clientId, invoiceId, document, on: issuedOn, amount: total, side: 'debit' })
    },
    InvoiceCancelled: (event) => {
      const { clientId, invoiceId, cancelledOn, total } = event.data
      return line(event, { kind: 'CANCELLATION', clientId, invoiceId, on: cancelledOn, amount: total, side: 'credit' })
    },
    // What is owed for money that leaves with it is the client's credit until then: the money's own line tells.
    ClaimRegistered: (event) => {
      const { clientId, claimId: invoiceId, series, number, paymentId, issuedOn: on, total: amount } = event.data
      if (paymentId !== undefined) return []
      const document = series === undefined ? number : `${series} ${number}`
      return line(event, { kind: 'CLAIM', clientId, invoiceId, document, on, amount, side: 'debit' })
    },
    ClaimCancelled: (event) => {
      const { clientId, claimId: invoiceId, paymentId, cancelledOn: on, total: amount } = event.data
      if (paymentId !== undefined) return []
      return line(event, { kind: 'CLAIM_CANCELLATION', clientId, invoiceId, on, amount, side: 'credit' })
    },
    CreditNoteRegistered: (event) => {
      const { clientId, invoiceId, creditNoteId, series, number, creditedOn, total } = event.data
      return line(event, {
        kind: 'CREDIT_NOTE',
        clientId,
        ...(invoiceId === undefined ? { paymentId: creditOfNote(creditNoteId) } : { invoiceId }),
        document: series === undefined ? number : `${series} ${number}`,
        on: creditedOn,
        amount: total,
        side: 'credit',
      })
    },
    DiscountGranted: (event) => {
      const { clientId, invoiceId, grantedOn, amount } = event.data
      return line(event, { kind: 'DISCOUNT', clientId, invoiceId, on: grantedOn, amount, side: 'credit' })
    },
    InvoiceWrittenOff: (event) => {
      const { clientId, invoiceId, writtenOffOn, amount } = event.data
      return line(event, { kind: 'WRITE_OFF', clientId, invoiceId, on: writtenOffOn, amount, side: 'credit' })
    },
    RefundRecorded: (event) => {
      const { clientId, paymentId, document, refundedOn, amount } = event.data
      return line(event, { kind: 'REFUND', clientId, paymentId, document, on: refundedOn, amount, side: 'debit' })
    },
    CreditNoteReversed: (event) => {
      const { clientId, invoiceId, creditNoteId, reversedOn: on, total: amount } = event.data
      const of = invoiceId === undefined ? { paymentId: creditOfNote(creditNoteId) } : { invoiceId }
      return line(event, { kind: 'CREDIT_NOTE_REVERSAL', clientId, ...of, on, amount, side: 'debit' })
    },
    DiscountReversed: (event) => {
      const { clientId, invoiceId, reversedOn: on, amount } = event.data
      return line(event, { kind: 'DISCOUNT_REVERSAL', clientId, invoiceId, on, amount, side: 'debit' })
    },
    WriteOffReversed: (event) => {
      const { clientId, invoiceId, reversedOn: on, amount } = event.data
      return line(event, { kind: 'WRITE_OFF_REVERSAL', clientId, invoiceId, on, amount, side: 'debit' })
    },
    CreditReleased: (event) => {
      const { clientId, paymentId, releasedOn: on, amount } = event.data
      return line(event, { kind: 'RELEASE', clientId, paymentId, on, amount, side: 'debit' })
    },
    RefundReversed: (event) => {
      const { clientId, paymentId, reversedOn: on, amount } = event.data
      return line(event, { kind: 'REFUND_REVERSAL', clientId, paymentId, on, amount, side: 'credit' })
    },
    PaymentRecorded: (event) => {
      const { clientId, paymentId, bankReference, receivedOn, amount } = event.data
      return line(event, {
        kind: 'PAYMENT',
        clientId,
        paymentId,
        document: bankReference,
        on: receivedOn,
        amount,
        side: 'credit',
      })
    },
    TransferReceived: (event) => {
      const { clientId, transferId, origin, movedOn: on, amount, returnsTo = transferId } = event.data
      const of = { kind: 'TRANSFER', on, amount } as const
      return [
        ...line(event, { ...of, ...origin, side: 'debit' }),
        ...line(event, { ...of, clientId, paymentId: returnsTo, side: 'credit' }),
      ]
    },
    InvoiceMoved: (event) => {
      const { clientId, fromClientId, invoiceId, series, number, movedOn: on, amount } = event.data
      if (minorOf(amount) === 0n) return []
      const document = series === undefined ? number : `${series} ${number}`
      const of = { kind: 'MERGE', invoiceId, document, on, amount } as const
      return [
        ...line(event, { ...of, clientId: fromClientId, side: 'credit' }),
        ...line(event, { ...of, clientId, side: 'debit' }),
      ]
    },
    // Money that came, though he was not known by it at first.
    PaymentIdentified: (event) => {
      const { clientId, identificationId: paymentId, bankReference: document, identifiedOn: on, amount } = event.data
      return line(event, { kind: 'PAYMENT', clientId, paymentId, document, on, amount, side: 'credit' })
    },
    IdentificationUndone: (event) => {
      const { clientId, identificationId: paymentId, undoneOn: on, amount } = event.data
      return line(event, { kind: 'REVERSAL', clientId, paymentId, on, amount, side: 'debit' })
    },
    PaymentAllocated: (event) => {
      const { allocatedOn, recovers } = event.data
      return recovers ? recovery(event, 'RECOVERY', allocatedOn) : conversion(event, allocatedOn, ['credit', 'debit'])
    },
    PaymentDeallocated: (event) => {
      const { deallocatedOn: on, recovers } = event.data
      return recovers ? recovery(event, 'RECOVERY_REVERSAL', on) : conversion(event, on, ['debit', 'credit'])
    },
    PaymentReversed: (event) => {
      const { clientId, paymentId, reversedOn, amount } = event.data
      return line(event, { kind: 'REVERSAL', clientId, paymentId, on: reversedOn, amount, side: 'debit' })
    },
    ReceiptIssued: ({ data, metadata, position }) => [
      insert(statementReceipts, {
        company_id: metadata.companyId,
        payment_id: data.paymentId,
        client_id: data.clientId,
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
          client_id: data.clientId,
          series: data.series,
          number: BigInt(data.number),
        },
        { known_to: position },
      ),
    ],
  },
})

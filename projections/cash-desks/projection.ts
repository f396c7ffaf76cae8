import {
  type ClientId,
  formatRomanianDay,
  type LedgerEvent,
  minorIn,
  minorOf,
  nameOfOwed,
  type PaymentId,
} from '@registru/domain'
import { DESKLESS } from '../core/books/cash.ts'
import { paidOf } from '../core/books/exchange.ts'
import { add, change, create, insert, type RowChange, set } from '../core/fold/changes.ts'
import { type OwnedRow, rowOf, wanted, wantedNew } from '../core/fold/owned-row.ts'
import { defineProjection, folding } from '../core/fold/projection.ts'
import type { RowOf } from '../core/fold/table.ts'
import { type Against, type CashDocument, cashDeskDays, cashDesks, cashLines, cashPayments } from './tables.ts'

type Line = Omit<
  RowOf<typeof cashLines>,
  'company_id' | 'position' | 'line' | 'event_id' | 'receipt' | 'receipt_position'
>
type PaymentEvent = LedgerEvent & { readonly data: { readonly clientId: ClientId; readonly paymentId: PaymentId } }

const paymentKey = ({ metadata, data }: PaymentEvent) => ({
  company_id: metadata.companyId,
  payment_id: data.paymentId,
  client_id: data.clientId,
})
const paymentOf = (event: PaymentEvent) => wanted(cashPayments, paymentKey(event))

const lineOf = ({ metadata, position, eventId }: LedgerEvent, at: number, line: Line): RowChange =>
  insert(cashLines, {
    ...line,
    company_id: metadata.companyId,
    position,
    line: at,
    receipt: null,
    receipt_position: null,
    event_id: eventId,
  })

const dayOf = ({ metadata }: LedgerEvent, line: Line): RowChange => {
  const opening = line.kind === 'OPENING'
  return add(
    cashDeskDays,
    {
      company_id: metadata.companyId,
      desk_id: line.desk_id,
      currency: line.currency,
      effective_on: line.effective_on,
    },
    {
      opening_minor: opening ? line.in_minor : 0n,
      in_minor: opening ? 0n : line.in_minor,
      out_minor: line.out_minor,
      line_count: 1n,
    },
  )
}

const lines = (event: LedgerEvent, ...added: readonly Line[]): readonly RowChange[] =>
  added.flatMap((line, at) => [lineOf(event, at, line), dayOf(event, line)])

const ZERO = /^[0.]+$/

type Recorded = Extract<LedgerEvent, { readonly type: 'PaymentRecorded' }>['data']
type Issued = Extract<LedgerEvent, { readonly type: 'ReceiptIssued' }>['data']

const actOf = ({ series, number }: Pick<Issued, 'series' | 'number'>): string => `${series} ${number}`

/** «chitanța AMC-C 15, factura AMC 1024, ALFA SRL» */
const explanationOf = (receipt: Issued): string => {
  const { settles, advance, receivedFrom, replaces } = receipt
  return [
    `chitanța ${actOf(receipt)}`,
    ...(replaces === undefined ? [] : [`înlocuiește chitanța ${actOf(replaces)}`]),
    ...settles.map(
      ({ claim, series, number }) => `${nameOfOwed(claim)} ${series === undefined ? '' : `${series} `}${number}`,
    ),
    ...(ZERO.test(advance) ? [] : ['avans']),
    receivedFrom.name,
  ].join(', ')
}

const sidesOf = (settles: boolean, advance: string): readonly Against[] => [
  ...(settles ? ['RECEIVABLE' as const] : []),
  ...(ZERO.test(advance) ? [] : ['CLIENT_CREDIT' as const]),
]

/** Cash that was recorded before events told has a rule for its allocation alone. */
const againstOf = ({ amount, advance, allocationRule }: Recorded): readonly Against[] =>
  advance === undefined
    ? [allocationRule === 'none@1' ? 'CLIENT_CREDIT' : 'RECEIVABLE']
    : sidesOf(minorIn(advance, amount.currency) < minorOf(amount), advance)

const issued = (
  event: Extract<LedgerEvent, { readonly type: 'ReceiptIssued' }>,
  owned: OwnedRow<typeof cashPayments>,
): readonly RowChange[] => {
  const { data, position } = event
  const payment = rowOf(owned)
  const said: CashDocument = {
    act: actOf(data),
    explanation: explanationOf(data),
    against: sidesOf(data.settles.length > 0, data.advance),
  }
  // A day that may be closed is left alone: what comes later is a line of its own day.
  if (payment.said.act !== undefined || payment.effective_on !== data.issuedOn) {
    return [
      ...lines(event, {
        desk_id: payment.desk_id,
        currency: data.amount.currency,
        effective_on: data.issuedOn,
        kind: 'RECEIPT',
        client_id: data.clientId,
        payment_id: data.paymentId,
        in_minor: 0n,
        out_minor: 0n,
        said,
      }),
      change(owned, { said }),
    ]
  }
  return [
    set(
      cashLines,
      { company_id: payment.company_id, position: payment.position, line: 0 },
      { receipt: said, receipt_position: position },
    ),
    change(owned, { said }),
  ]
}

/** The registers of cash: what came into each drawer, what left it, on whose document. */
export const cashDesksProjection = defineProjection({
  name: 'cash_desks',
  version: 4,
  tables: [cashDesks, cashLines, cashDeskDays, cashPayments],
  on: {
    CashDeskOpened: (event) => {
      const { companyId: company_id, deskId: desk_id, name, openedOn, openingBalances } = event.data
      return [
        insert(cashDesks, {
          company_id,
          desk_id,
          name,
          opened_on: openedOn,
          position: event.position,
          event_id: event.eventId,
        }),
        ...lines(
          event,
          ...openingBalances.map(
            ({ amount, currency }): Line => ({
              desk_id,
              currency,
              effective_on: openedOn,
              kind: 'OPENING',
              client_id: null,
              payment_id: null,
              in_minor: minorIn(amount, currency),
              out_minor: 0n,
              said: { explanation: 'sold inițial', against: [] },
            }),
          ),
        ),
      ]
    },
    PaymentRecorded: folding({
      wants: (event) => ({
        payment: event.data.method === 'CASH' ? wantedNew(cashPayments, paymentKey(event)) : undefined,
      }),
      fold: (event, { payment }) => {
        if (payment === undefined) return []
        const { clientId, paymentId, amount, receivedOn, deskId = DESKLESS, payer } = event.data
        const said: CashDocument = {
          explanation: `încasare ${paymentId}, ${payer?.name ?? clientId}`,
          against: againstOf(event.data),
        }
        return [
          ...lines(event, {
            desk_id: deskId,
            currency: amount.currency,
            effective_on: receivedOn,
            kind: 'PAYMENT',
            client_id: clientId,
            payment_id: paymentId,
            in_minor: minorOf(amount),
            out_minor: 0n,
            said,
          }),
          create(payment, { position: event.position, desk_id: deskId, effective_on: receivedOn, said }),
        ]
      },
    }),
    ReceiptIssued: folding({
      wants: (event) => ({ payment: paymentOf(event) }),
      fold: (event, { payment }) => issued(event, payment),
    }),
    ReceiptAnnulled: folding({
      wants: (event) => ({ payment: paymentOf(event) }),
      fold: (event, { payment }) => {
        const { clientId, paymentId, amount, annulledOn, reason } = event.data
        return lines(event, {
          desk_id: rowOf(payment).desk_id,
          currency: amount.currency,
          effective_on: annulledOn,
          kind: 'ANNULMENT',
          client_id: clientId,
          payment_id: paymentId,
          in_minor: 0n,
          out_minor: 0n,
          said: {
            act: actOf(event.data),
            explanation: `chitanța ${actOf(event.data)} ANULATĂ: ${reason}`,
            against: [],
          },
        })
      },
    }),
    PaymentReversed: folding({
      wants: (event) => ({ payment: event.data.method === 'CASH' ? paymentOf(event) : undefined }),
      fold: (event, { payment: owned }) => {
        if (owned === undefined) return []
        const { clientId, paymentId, amount, reversedOn } = event.data
        const payment = rowOf(owned)
        const { act } = payment.said
        const of = act === undefined ? paymentId : `chitanța ${act}`
        return lines(event, {
          desk_id: payment.desk_id,
          currency: amount.currency,
          effective_on: reversedOn,
          kind: 'REVERSAL',
          client_id: clientId,
          payment_id: paymentId,
          in_minor: 0n,
          out_minor: minorOf(amount),
          said: {
            ...payment.said,
            explanation: `stornarea încasării din ${formatRomanianDay(payment.effective_on)}, ${of}`,
          },
        })
      },
    }),
    RefundRecorded: (event) => {
      const { clientId, paymentId, method, refundedOn, deskId = DESKLESS, document } = event.data
      if (method !== 'CASH') return []
      const left = paidOf(event.data)
      return lines(event, {
        desk_id: deskId,
        currency: left.currency,
        effective_on: refundedOn,
        kind: 'REFUND',
        client_id: clientId,
        payment_id: paymentId,
        in_minor: 0n,
        out_minor: minorOf(left),
        said: {
          ...(document !== undefined && { act: document }),
          explanation: `restituire din încasarea ${paymentId}, ${clientId}`,
          against: ['CLIENT_CREDIT'],
        },
      })
    },
    RefundReversed: (event) => {
      const { clientId, paymentId, refundId, method, reversedOn, deskId = DESKLESS } = event.data
      if (method !== 'CASH') return []
      const left = paidOf(event.data)
      return lines(event, {
        desk_id: deskId,
        currency: left.currency,
        effective_on: reversedOn,
        kind: 'REFUND_REVERSAL',
        client_id: clientId,
        payment_id: paymentId,
        in_minor: minorOf(left),
        out_minor: 0n,
        said: {
          explanation: `anularea restituirii ${refundId} din încasarea ${paymentId}, ${clientId}`,
          against: ['CLIENT_CREDIT'],
        },
      })
    },
  },
})

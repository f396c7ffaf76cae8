import { addTo, type Birth, type Expected, type Fold, keyOf, stretchOf } from '../expected.ts'
import { type Money, minorOf, type PlacedFact } from '../facts.ts'

export const lines = { name: 'statement_lines', position: 'position', within: ['client_id', 'currency'] }
export const months = { name: 'statement_months', key: ['company_id', 'client_id', 'currency', 'month_on'] }
const days = { name: 'statement_days', key: ['company_id', 'currency', 'effective_on', 'stretch'] }
const receipts = { name: 'statement_receipts', position: 'known_from', within: [], foretold: 'known_to' }

/** `known_to` of what holds until further notice: the largest bigint. */
export const STILL_KNOWN = 2n ** 63n - 1n

interface Line {
  readonly kind: string
  readonly on: string
  readonly amount: Money
  readonly side: 'debit' | 'credit'
  readonly document: string | undefined
  readonly invoiceId: string | undefined
  readonly paymentId: string | undefined
  /** The fact's own client, when absent. */
  readonly clientId?: string
}

const paper = (series: string | undefined, number: string): string =>
  series === undefined ? number : `${series} ${number}`

/** What passed between the client and the company. Allocations pass between two papers of the same client, so they are none. */
const lineOf = ({ type, data }: PlacedFact): Line | undefined => {
  const line = (
    kind: string,
    side: Line['side'],
    on: string,
    amount: Money,
    of: { invoiceId?: string; paymentId?: string; document?: string | undefined },
  ): Line => ({ kind, on, amount, side, document: of.document, invoiceId: of.invoiceId, paymentId: of.paymentId })

  switch (type) {
    case 'InvoiceRegistered': {
      const document = paper(data.series, data.number)
      return line('INVOICE', 'debit', data.issuedOn, data.total, { invoiceId: data.invoiceId, document })
    }
    case 'InvoiceCancelled':
      return line('CANCELLATION', 'credit', data.cancelledOn, data.total, { invoiceId: data.invoiceId })
    // With money that leaves beyond a payment, that money's line is all that passes.
    case 'ClaimRegistered': {
      const document = paper(data.series, data.number)
      if (data.paymentId !== undefined) return undefined
      return line('CLAIM', 'debit', data.issuedOn, data.total, { invoiceId: data.claimId, document })
    }
    case 'ClaimCancelled':
      if (data.paymentId !== undefined) return undefined
      return line('CLAIM_CANCELLATION', 'credit', data.cancelledOn, data.total, { invoiceId: data.claimId })
    case 'CreditNoteRegistered': {
      const { invoiceId } = data
      const of = invoiceId === undefined ? { paymentId: data.creditNoteId } : { invoiceId }
      const document = paper(data.series, data.number)
      return line('CREDIT_NOTE', 'credit', data.creditedOn, data.total, { ...of, document })
    }
    case 'DiscountGranted':
      return line('DISCOUNT', 'credit', data.grantedOn, data.amount, { invoiceId: data.invoiceId })
    case 'InvoiceWrittenOff':
      return line('WRITE_OFF', 'credit', data.writtenOffOn, data.amount, { invoiceId: data.invoiceId })
    case 'CreditNoteReversed': {
      const { invoiceId } = data
      const of = invoiceId === undefined ? { paymentId: data.creditNoteId } : { invoiceId }
      return line('CREDIT_NOTE_REVERSAL', 'debit', data.reversedOn, data.total, of)
    }
    case 'DiscountReversed':
      return line('DISCOUNT_REVERSAL', 'debit', data.reversedOn, data.amount, { invoiceId: data.invoiceId })
    case 'WriteOffReversed':
      return line('WRITE_OFF_REVERSAL', 'debit', data.reversedOn, data.amount, { invoiceId: data.invoiceId })
    case 'CreditReleased':
      return line('RELEASE', 'debit', data.releasedOn, data.amount, { paymentId: data.paymentId })
    case 'RefundReversed':
      return line('REFUND_REVERSAL', 'credit', data.reversedOn, data.amount, { paymentId: data.paymentId })
    case 'PaymentRecorded': {
      const of = { paymentId: data.paymentId, document: data.bankReference }
      return line('PAYMENT', 'credit', data.receivedOn, data.amount, of)
    }
    case 'PaymentIdentified': {
      const of = { paymentId: data.identificationId, document: data.bankReference }
      return line('PAYMENT', 'credit', data.identifiedOn, data.amount, of)
    }
    case 'IdentificationUndone':
      return line('REVERSAL', 'debit', data.undoneOn, data.amount, { paymentId: data.identificationId })
    case 'PaymentReversed':
      return line('REVERSAL', 'debit', data.reversedOn, data.amount, { paymentId: data.paymentId })
    case 'RefundRecorded': {
      const of = { paymentId: data.paymentId, document: data.document }
      return line('REFUND', 'debit', data.refundedOn, data.amount, of)
    }
    default:
      return undefined
  }
}

/** An allocation between two currencies lowers what is owed in the one and what is to the client's credit in the other. */
const linesOf = (fact: PlacedFact): readonly Line[] => {
  const line = lineOf(fact)
  if (line !== undefined) return [line]
  const { type, data } = fact
  if (type === 'TransferReceived') {
    const { origin, clientId, transferId, movedOn: on, amount, returnsTo = transferId } = data
    const of = { kind: 'TRANSFER', on, amount, document: undefined, invoiceId: undefined }
    return [
      { ...of, side: 'debit', ...origin },
      { ...of, side: 'credit', clientId, paymentId: returnsTo },
    ]
  }
  if (type === 'InvoiceMoved') {
    const { clientId, fromClientId, invoiceId, series, number, movedOn: on, amount } = data
    if (minorOf(amount.amount) === 0n) return []
    const document = [series, number].filter((word) => word !== undefined).join(' ')
    const of = { kind: 'MERGE', on, amount, document, invoiceId, paymentId: undefined }
    return [
      { ...of, side: 'credit', clientId: fromClientId },
      { ...of, side: 'debit', clientId },
    ]
  }
  if (type !== 'PaymentAllocated' && type !== 'PaymentDeallocated') return []
  const undone = type === 'PaymentDeallocated'
  const { invoiceId, paymentId } = data
  if (data.recovers === true) {
    const [kind, side] = undone ? (['RECOVERY_REVERSAL', 'credit'] as const) : (['RECOVERY', 'debit'] as const)
    const on = undone ? data.deallocatedOn : data.allocatedOn
    return [{ kind, side, on, amount: data.amount, document: undefined, invoiceId, paymentId }]
  }
  if (data.conversion === undefined) return []
  const of = {
    kind: 'CONVERSION',
    on: undone ? data.deallocatedOn : data.allocatedOn,
    document: undefined,
    invoiceId,
    paymentId,
  }
  return [
    { ...of, side: undone ? 'debit' : 'credit', amount: data.amount },
    { ...of, side: undone ? 'credit' : 'debit', amount: data.conversion.paid },
  ]
}

const write = (
  expected: Expected,
  { data, companyId: company_id, position, eventId }: PlacedFact,
  line: Line,
): void => {
  if (!('clientId' in data)) return
  const { currency } = line.amount
  const minor = minorOf(line.amount.amount)
  const amounts = {
    debit_minor: line.side === 'debit' ? minor : 0n,
    credit_minor: line.side === 'credit' ? minor : 0n,
  }
  const account = { company_id, client_id: line.clientId ?? data.clientId, currency }
  expected.bear(lines, {
    ...account,
    effective_on: line.on,
    position,
    kind: line.kind,
    document: line.document ?? null,
    invoice_id: line.invoiceId ?? null,
    payment_id: line.paymentId ?? null,
    ...amounts,
    event_id: eventId,
  })
  addTo(expected, months, { ...account, month_on: `${line.on.slice(0, 7)}-01` }, amounts)
  addTo(expected, days, { company_id, currency, effective_on: line.on, stretch: stretchOf(position) }, amounts)
}

const start = (): ((expected: Expected, fact: PlacedFact) => void) => {
  const livingReceipts = new Map<string, Birth>()
  return (expected, fact) => {
    const { type, data, companyId: company_id, position } = fact
    if (type === 'ReceiptIssued') {
      const number = BigInt(data.number)
      const row = {
        company_id,
        payment_id: data.paymentId,
        client_id: data.clientId,
        series: data.series,
        number,
        known_from: position,
      }
      livingReceipts.set(keyOf([company_id, data.series, number]), expected.bear(receipts, row, STILL_KNOWN))
    } else if (type === 'ReceiptAnnulled') {
      const key = keyOf([company_id, data.series, BigInt(data.number)])
      const birth = livingReceipts.get(key)
      if (birth !== undefined) expected.settle(birth, position)
      livingReceipts.delete(key)
    }
    for (const line of linesOf(fact)) write(expected, fact, line)
  }
}

export const statementFold: Fold = { histories: [lines, receipts], states: [months, days], start }

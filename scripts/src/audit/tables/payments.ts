import { type ChangingRow, type Expected, type Fold, find, jsonCell, put } from '../expected.ts'
import { inTransitOf, minorOf, NOBODY, type PlacedFact, paidOf } from '../facts.ts'

export const payments = { name: 'payments', key: ['company_id', 'payment_id', 'client_id'] }
const settlements = { name: 'payment_settlements', position: 'position', within: [] }
const transfers = { name: 'payment_transfers', position: 'position', within: ['client_id', 'payment_id'] }
const parts = { name: 'payment_parts', position: 'position', within: [] }
const releases = { name: 'payment_releases', position: 'position', within: [] }
const claims = { name: 'payment_claims', position: 'position', within: [] }
const refunds = { name: 'payment_refunds', key: ['company_id', 'payment_id', 'client_id', 'refund_id'] }

const receipts = { name: 'payment_receipts', key: ['company_id', 'payment_id', 'client_id', 'series', 'number'] }

/** Ways of payment on which money arrives later. */
const WAYS = /^CARD|^ONLINE|^COURIER|^PROMISSORY|^CHEQUE/

const untouched = {
  allocation_stage: null,
  allocated_minor: 0n,
  reversed_minor: 0n,
  refunded_minor: 0n,
  transferred_minor: 0n,
  released_minor: 0n,
  claimed_minor: 0n,
  cleared_on: null,
  cleared_position: null,
  reversed_on: null,
  reversed_position: null,
  reversal_reason: null,
  reversal_note: null,
  origin_client_id: null,
  origin_payment_id: null,
  bank_account: null,
  purpose: null,
  receipt_series: null,
  receipt_number: null,
}

const foldPayments = (expected: Expected, fact: PlacedFact): void => {
  const { type, data, companyId: company_id, position, eventId: event_id } = fact
  const change = (paymentId: string, clientId: string, cells: ChangingRow): void => {
    const row = find(expected, payments, company_id, paymentId, clientId)
    if (row !== undefined) Object.assign(row, cells)
  }
  /** Credit falls by what is settled, given back or gone. */
  const add = (paymentId: string, clientId: string, column: string, minor: bigint): void => {
    const row = find(expected, payments, company_id, paymentId, clientId)
    if (row === undefined) return
    row[column] = BigInt(row[column] ?? 0n) + minor
    row['credit_minor'] = BigInt(row['credit_minor'] ?? 0n) - minor
  }
  const begin = (paymentId: string, clientId: string, currency: string, minor: bigint, cells: ChangingRow): void => {
    put(expected, payments, {
      ...untouched,
      company_id,
      payment_id: paymentId,
      client_id: clientId,
      currency,
      amount_minor: minor,
      credit_minor: minor,
      position,
      event_id,
      ...cells,
    })
  }

  const end = (
    paymentId: string,
    of: { clientId: string; reversedOn: string; reason: string; note?: string | undefined; fee?: string | undefined },
    amount: string,
    inTransit: bigint,
  ): void => {
    const neverKept = minorOf(of.fee ?? '0')
    const row = find(expected, payments, company_id, paymentId, of.clientId)
    change(paymentId, of.clientId, { fee_minor: BigInt(row?.['fee_minor'] ?? 0n) - neverKept })
    add(paymentId, of.clientId, 'reversed_minor', minorOf(amount))
    change(paymentId, of.clientId, {
      reversed_on: of.reversedOn,
      reversed_position: position,
      reversal_reason: of.reason,
      reversal_note: of.note ?? null,
    })
    part('REVERSED', { paymentId, clientId: of.clientId }, minorOf(amount), {
      transit_minor: inTransit,
      fee_minor: -neverKept,
      effective_on: of.reversedOn,
      reason: of.reason,
      note: of.note ?? null,
    })
  }
  const part = (
    kind: string,
    of: { readonly paymentId: string; readonly clientId: string },
    amount_minor: bigint,
    cells: ChangingRow,
  ): void => {
    const key = { company_id, payment_id: of.paymentId, client_id: of.clientId }
    expected.bear(parts, { ...key, position, kind, amount_minor, reason: null, note: null, event_id, ...cells })
  }

  /** What of it goes to the other, or comes back from there (below zero), as each of the two tells it. */
  const cross = (
    given: { readonly client_id: string; readonly payment_id: string },
    received: typeof given,
    minor: bigint,
    cells: ChangingRow,
  ): void => {
    for (const [one, other, by] of [
      [given, received, minor],
      [received, given, -minor],
    ] as const) {
      const { client_id: other_client_id, payment_id: other_payment_id } = other
      expected.bear(transfers, {
        ...cells,
        ...one,
        company_id,
        position,
        other_client_id,
        other_payment_id,
        amount_minor: by,
        event_id,
      })
    }
  }

  switch (type) {
    case 'UnidentifiedPaymentRecorded':
      return begin(data.paymentId, NOBODY, data.amount.currency, minorOf(data.amount.amount), {
        method: data.method,
        received_on: data.receivedOn,
        allocation_rule: 'none@1',
        desk_id: null,
        bank_reference: data.bankReference ?? null,
        bank_account: data.bankAccount ?? null,
        remittance_text: data.remittanceText ?? null,
        payer: jsonCell(data.payer),
        fee_minor: minorOf(data.fee ?? '0'),
      })
    case 'UnidentifiedPaymentReturned':
      return end(data.paymentId, { ...data, clientId: NOBODY, reversedOn: data.returnedOn }, data.amount.amount, 0n)
    case 'PaymentIdentified':
    case 'IdentificationUndone': {
      const { clientId, paymentId, identificationId, amount } = data
      const isUndone = type === 'IdentificationUndone'
      const minor = minorOf(amount.amount)
      const [nobody, client] = [
        { client_id: NOBODY, payment_id: paymentId },
        { client_id: clientId, payment_id: identificationId },
      ]
      add(paymentId, NOBODY, 'transferred_minor', isUndone ? -minor : minor)
      cross(nobody, client, isUndone ? -minor : minor, {
        transfer_id: identificationId,
        effective_on: isUndone ? data.undoneOn : data.identifiedOn,
        reason: isUndone ? data.reason : null,
      })
      if (isUndone) return add(identificationId, clientId, 'transferred_minor', minor)
      return begin(identificationId, clientId, amount.currency, minor, {
        method: 'TRANSFER',
        received_on: data.identifiedOn,
        allocation_rule: data.allocationRule,
        allocation_stage: data.allocationStage ?? null,
        desk_id: null,
        bank_reference: data.bankReference ?? null,
        remittance_text: null,
        payer: null,
        fee_minor: 0n,
        origin_payment_id: paymentId,
      })
    }
    case 'PaymentRecorded':
      return begin(data.paymentId, data.clientId, data.amount.currency, minorOf(data.amount.amount), {
        method: data.method,
        received_on: data.receivedOn,
        allocation_rule: data.allocationRule,
        allocation_stage: data.allocationStage ?? null,
        desk_id: data.deskId ?? null,
        bank_reference: data.bankReference ?? null,
        bank_account: data.bankAccount ?? null,
        remittance_text: data.remittanceText ?? null,
        purpose: data.purpose ?? null,
        payer: jsonCell(data.payer),
        fee_minor: minorOf(data.fee ?? '0'),
      })
    case 'CreditNoteRegistered':
      // Without an invoice it is credit like a payment, and is allocated like one.
      if (data.invoiceId !== undefined) return
      return begin(data.creditNoteId, data.clientId, data.total.currency, minorOf(data.total.amount), {
        method: 'CREDIT_NOTE',
        received_on: data.creditedOn,
        allocation_rule: 'none@1',
        desk_id: null,
        bank_reference: data.series === undefined ? data.number : `${data.series} ${data.number}`,
        remittance_text: null,
        payer: null,
        fee_minor: 0n,
      })
    case 'PaymentCleared': {
      const row = find(expected, payments, company_id, data.paymentId, data.clientId)
      const [arrived, fee] = [minorOf(data.amount.amount), minorOf(data.fee)]
      part('CLEARED', data, arrived, { transit_minor: arrived, fee_minor: fee, effective_on: data.clearedOn })
      return change(data.paymentId, data.clientId, {
        cleared_on: data.clearedOn,
        cleared_position: position,
        fee_minor: BigInt(row?.['fee_minor'] ?? 0n) + fee,
      })
    }
    case 'RefundRecorded': {
      const minor = minorOf(data.amount.amount)
      add(data.paymentId, data.clientId, 'refunded_minor', minor)
      put(expected, refunds, {
        company_id,
        payment_id: data.paymentId,
        client_id: data.clientId,
        refund_id: data.refundId,
        position,
        amount_minor: minor,
        paid_currency: paidOf(data).currency,
        paid_minor: minorOf(paidOf(data).amount),
        difference_currency: data.worth?.difference === undefined ? null : data.worth.currency,
        difference_minor: data.worth?.difference === undefined ? null : minorOf(data.worth.difference),
        transit_minor: inTransitOf(fact),
        method: data.method,
        refunded_on: data.refundedOn,
        desk_id: data.deskId ?? null,
        bank_account: data.bankAccount ?? null,
        document: data.document ?? null,
        note: data.note ?? null,
        reversed_on: null,
        reversed_position: null,
        reversal_reason: null,
        event_id,
      })
      return
    }
    case 'CreditReleased': {
      const minor = minorOf(data.amount.amount)
      add(data.paymentId, data.clientId, 'released_minor', minor)
      expected.bear(releases, {
        company_id,
        payment_id: data.paymentId,
        client_id: data.clientId,
        position,
        amount_minor: minor,
        reason: data.reason,
        released_on: data.releasedOn,
        approved_by: data.approvedBy,
        event_id,
      })
      return
    }
    case 'ClaimRegistered':
    case 'ClaimCancelled': {
      const { paymentId, clientId, claimId: claim_id, total } = data
      if (paymentId === undefined) return
      const [minor, effective_on] =
        type === 'ClaimRegistered' ? [minorOf(total.amount), data.issuedOn] : [-minorOf(total.amount), data.cancelledOn]
      const row = find(expected, payments, company_id, paymentId, clientId)
      if (row !== undefined) {
        for (const column of ['claimed_minor', 'credit_minor']) row[column] = BigInt(row[column] ?? 0n) + minor
      }
      const key = { company_id, payment_id: paymentId, client_id: clientId }
      expected.bear(claims, { ...key, position, claim_id, amount_minor: minor, effective_on, event_id })
      return
    }
    case 'RefundReversed': {
      add(data.paymentId, data.clientId, 'refunded_minor', -minorOf(data.amount.amount))
      const row = find(expected, refunds, company_id, data.paymentId, data.clientId, data.refundId)
      const told = { reversed_on: data.reversedOn, reversed_position: position, reversal_reason: data.reason }
      if (row !== undefined) Object.assign(row, told)
      return
    }
    case 'CreditNoteReversed':
      if (data.invoiceId === undefined) end(data.creditNoteId, data, data.total.amount, 0n)
      return
    case 'TransferReceived': {
      const { clientId, transferId, origin, amount, movedOn, reason, returnsTo } = data
      const minor = minorOf(amount.amount)
      add(origin.paymentId, origin.clientId, 'transferred_minor', minor)
      if (returnsTo !== undefined) add(returnsTo, clientId, 'transferred_minor', -minor)
      else
        begin(transferId, clientId, amount.currency, minor, {
          method: 'TRANSFER',
          received_on: movedOn,
          allocation_rule: 'none@1',
          desk_id: null,
          bank_reference: null,
          remittance_text: null,
          payer: null,
          fee_minor: 0n,
          origin_client_id: origin.clientId,
          origin_payment_id: origin.paymentId,
        })
      const given = { client_id: origin.clientId, payment_id: origin.paymentId }
      const received = { client_id: clientId, payment_id: returnsTo ?? transferId }
      cross(given, received, minor, { transfer_id: transferId, effective_on: movedOn, reason })
      return
    }
    case 'PaymentAllocated':
    case 'PaymentDeallocated': {
      const undone = type === 'PaymentDeallocated'
      const minor = (undone ? -1n : 1n) * minorOf(paidOf(data).amount)
      add(data.paymentId, data.clientId, 'allocated_minor', minor)
      expected.bear(settlements, {
        company_id,
        payment_id: data.paymentId,
        client_id: data.clientId,
        position,
        invoice_id: data.invoiceId,
        amount_minor: minor,
        effective_on: undone ? data.deallocatedOn : data.allocatedOn,
        undone_because: undone ? data.reason : null,
        event_id,
      })
      return
    }
    case 'PaymentReversed':
      return end(data.paymentId, data, data.amount.amount, WAYS.test(data.method) ? inTransitOf(fact) : 0n)
    case 'ReceiptIssued':
      put(expected, receipts, {
        company_id,
        payment_id: data.paymentId,
        client_id: data.clientId,
        series: data.series,
        number: BigInt(data.number),
        position,
        issued_on: data.issuedOn,
        annulled_on: null,
        annulled_position: null,
      })
      return change(data.paymentId, data.clientId, { receipt_series: data.series, receipt_number: BigInt(data.number) })
    case 'ReceiptAnnulled':
      Object.assign(
        find(expected, receipts, company_id, data.paymentId, data.clientId, data.series, BigInt(data.number)) ?? {},
        { annulled_on: data.annulledOn, annulled_position: position },
      )
      return change(data.paymentId, data.clientId, { receipt_series: null, receipt_number: null })
    default:
      return
  }
}

export const paymentFold: Fold = {
  histories: [settlements, transfers, parts, releases, claims],
  states: [payments, refunds, receipts],
  start: () => foldPayments,
}

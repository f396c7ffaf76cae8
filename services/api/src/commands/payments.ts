import {
  type AccountEvent,
  ConfirmPaymentCleared,
  decimalOf,
  RecordPayment,
  RecordSetOff,
  Rejection,
  ReversePayment,
} from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { z } from 'zod'
import type { Handled } from '../ledger/command-context.ts'
import { lastPosition } from '../ledger/last-position.ts'
import { receiptResult } from '../receipts/receipt-result.ts'
import { issuedReceiptOf, refusalIn } from '../receipts/receipt-saga.ts'
import { accountKey, bookKey } from './batch-order.ts'
import { claimIdOf, ExcessClaim, excessClaimIn } from './claims.ts'
import { type CommandAnswer, defineCommand } from './command-definition.ts'
import { moveForOthers, requireOthers, sortedOut } from './for-others.ts'
import { answer, eventsOf, onAccount } from './on-account.ts'
import { day, decimal, money, PaymentResult } from './result-schemas.ts'
import { repeatedWarnings, spreadResult, unmetWarnings } from './spread-result.ts'
import { vatWarnings } from './vat-warnings.ts'
import { receiptIdOf, withReceipt } from './with-receipt.ts'
import { withReversal } from './with-reversal.ts'

/** What became of the money, which rules about cash it broke, and what else the caller has to know of. */
const answerPayment = (
  handled: Handled<AccountEvent>,
  more: object = {},
  moreWarnings: readonly object[] = [],
  forOthers: readonly { readonly amount: string }[] = [],
): CommandAnswer => {
  const payment = eventsOf(handled, 'PaymentRecorded')[0]?.data
  if (payment === undefined) return answer(handled, more)
  const result = {
    paymentId: payment.paymentId,
    ...spreadResult(handled, payment.paymentId, payment.amount, forOthers),
    ...(forOthers.length === 0 ? {} : { forOthers }),
    ...more,
  }
  const warnings = [
    ...(payment.cashBreaches ?? []),
    ...(payment.notices ?? []),
    ...repeatedWarnings(payment),
    ...unmetWarnings(payment),
    ...vatWarnings(handled),
    ...moreWarnings,
  ]
  return { ...answer(handled, result), ...(warnings.length === 0 ? {} : { warnings }) }
}

export const paymentCommands = [
  defineCommand({
    name: 'RecordPayment',
    summary: 'Record a payment',
    description:
      'Money that came in, tied to invoices at once: as the payer meant it as far as that can be told (`auto`, when nothing else is asked for), explicitly, by what the payer wrote, oldest due first, or not at all. What is left is client credit. `auto` asks in turn, and the event names what decided: NAMED, the invoices that `remittanceText` names; ONE_INVOICE, FIRST_PARTS, GROUP and LESS_CREDIT_NOTES, the amount, where it fits open invoices to the last unit and in one way only; else LEGAL_ORDER (Codul civil art. 1507–1509). A text that names an invoice which is not open is a warning `NAMED_INVOICE_NOT_OPEN`, and what is not named stays untouched. With `receipt`, a cash payment gets its receipt in the same call, and is of the desk of that book (`deskId` may be left out); should the book refuse it in the last moment, because others were quicker, the payment stands all the same and the answer has a warning `RECEIPT_NOT_ISSUED` instead of a receipt: `IssueReceipt` asks for another. A part of an invoice in another currency is settled by an explicit item that names its rate; the other rules stay within the currency of the payment. What a bank in between kept of a transfer is `fee`: the debtor has paid the whole `amount`, the bank account got less. An explicit item with `invoiceClientId` pays the invoice of another client, as with `AllocatePayment`: in the same call, and answered under `forOthers`; should that account refuse it in the last moment, the money stays credit of the payer and the answer has a warning `INVOICE_OF_OTHER_NOT_PAID`.',
    schema: RecordPayment,
    // Cash, which every other example can follow: receipts are for cash alone.
    example: examples.recordPayment({ method: 'CASH', deskId: 'C1', bankReference: undefined }),
    result: PaymentResult,
    rejections: [
      'ALLOCATION_EXCEEDS_CREDIT',
      'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      'AMOUNT_TOO_PRECISE',
      'CASH_FRAGMENTED_INVOICE',
      'CASH_LIMIT_PER_PERSON_DAY',
      'CLIENT_MERGED',
      'CLIENT_NOT_FOUND',
      'COMPANY_NOT_FOUND',
      'CURRENCY_MISMATCH',
      'DAY_TOO_FAR_AHEAD',
      'EXCHANGE_RATE_NEEDED',
      'EXCHANGE_RATE_NOT_APPLICABLE',
      'FEE_EXCEEDS_PAYMENT',
      'FEE_NOT_APPLICABLE',
      'INVOICE_NOT_FOUND',
      'PAYMENT_ALREADY_RECORDED',
      'PAYMENT_NOT_CLEARED',
      'PERIOD_CLOSED',
      'RECEIPT_BOOK_NOT_FOUND',
      'RECEIPT_BOOK_OF_OTHER_DESK',
      'RECEIPT_DATE_BEFORE_LAST',
      'RECEIPT_ID_ALREADY_USED',
      'RECEIPT_ONLY_FOR_CASH',
      'RECEIPT_RANGE_EXHAUSTED',
      'RESTORE_GUARD',
      'SET_OFF_DOES_NOT_ADD_UP',
    ],
    alsoOn: ({ receipt, allocation }) => [
      ...(receipt === undefined ? [] : [bookKey(receipt.series)]),
      ...(allocation?.rule === 'explicit' ? allocation.items : []).flatMap(({ invoiceClientId }) =>
        invoiceClientId === undefined ? [] : [accountKey(invoiceClientId)],
      ),
    ],
    execute: async ({ receipt, allocation, ...money }, context, dependencies) => {
      const facts = { ...money, ...sortedOut(allocation, money.clientId, context) }
      await requireOthers(facts.forOthers ?? [], facts, context, dependencies)
      const answerWith = async (
        handled: Handled<AccountEvent>,
        more: object = {},
        warnings: readonly object[] = [],
      ): Promise<CommandAnswer> => {
        const others = await moveForOthers(handled, context, dependencies)
        const whole = { ...handled, position: others.position }
        return answerPayment(whole, more, [...warnings, ...others.warnings], others.moved)
      }
      if (receipt === undefined) {
        return answerWith(await onAccount({ type: 'RecordPayment', data: facts }, context, dependencies))
      }
      const { series } = receipt
      const receiptId = receiptIdOf(receipt.receiptId, context)
      const data = { ...facts, receipt: { series, receiptId } }
      // Only the account knows that money by bank gets no receipt, so it speaks before the book does.
      if (facts.method !== 'CASH') {
        return answerWith(await onAccount({ type: 'RecordPayment', data }, context, dependencies))
      }
      const { clientId, receivedOn: issuedOn } = facts
      const { handled, booked } = await withReceipt(
        { clientId, series, receiptId, issuedOn, deskId: facts.deskId },
        // The desk of the paper is the desk of the money, also for the guard over its cash and for its register.
        (deskId) => ({ type: 'RecordPayment', data: { ...data, deskId } }),
        context,
        dependencies,
      )
      const refused = refusalIn(booked)
      if (refused !== undefined && booked.position !== undefined) {
        // The money is booked, so it would be wrong to say no. A preview has no position: there nothing is booked yet.
        const { code: reason, clientId: _client, paymentId: _payment, ...about } = refused
        return answerWith(handled, {}, [{ code: 'RECEIPT_NOT_ISSUED', reason, ...about }])
      }
      return answerWith(handled, { receipt: receiptResult(context.companyId, issuedReceiptOf(booked)) })
    },
  }),

  defineCommand({
    name: 'RecordSetOff',
    summary: 'Record a set-off (compensare)',
    description: 'What the two sides owe each other settles invoices without money; it leaves no credit.',
    schema: RecordSetOff,
    example: examples.recordSetOff(),
    result: PaymentResult,
    rejections: [
      'ALLOCATION_EXCEEDS_CREDIT',
      'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      'AMOUNT_TOO_PRECISE',
      'CLIENT_MERGED',
      'CLIENT_NOT_FOUND',
      'COMPANY_NOT_FOUND',
      'CURRENCY_MISMATCH',
      'DAY_TOO_FAR_AHEAD',
      'EXCHANGE_RATE_NEEDED',
      'EXCHANGE_RATE_NOT_APPLICABLE',
      'INVOICE_NOT_FOUND',
      'PAYMENT_ALREADY_RECORDED',
      'PERIOD_CLOSED',
      'SET_OFF_DOES_NOT_ADD_UP',
    ],
    execute: async (data, context, dependencies) =>
      answerPayment(await onAccount({ type: 'RecordSetOff', data }, context, dependencies)),
  }),

  defineCommand({
    name: 'ReversePayment',
    summary: 'Reverse a payment',
    description:
      'The money is gone again (a mistake, bounced, charged back), or with `amount` a part of it, one of two cheques or a dispute over a part: first the credit goes, then what was settled last is open again. When a part of what bounces has arrived, what was still on its way goes. The bank takes what it takes, whatever was given back before: of a payment that was refunded in part or whole all of it bounces or is charged back, and what was not there any more the client owes, as a claim (`claim` of the answer). It cannot have been a mistake then; a mistake that takes all that was recorded gives the `fee` back, too. An `amount` above what is left is recorded with `allowExcess`, as a dispute over more than the payment is. What of it went to other clients is undone there first, and comes back. Under the id of a credit note a MISTAKE is `ReverseCreditNote`.',
    schema: ReversePayment,
    example: examples.reversePayment(),
    result: z.object({
      paymentId: z.string(),
      amount: money,
      reversedOn: day,
      reopened: z.array(z.object({ invoiceId: z.string(), amount: decimal })),
      claim: ExcessClaim,
    }),
    rejections: [
      'ALREADY_REVERSED',
      'AMOUNT_TOO_PRECISE',
      'CASH_REVERSED_IN_PART',
      'CLIENT_NOT_FOUND',
      'CREDIT_RESERVED',
      'DAY_TOO_FAR_AHEAD',
      'INVOICE_ALREADY_REGISTERED',
      'PAYMENT_ALREADY_REVERSED',
      'PAYMENT_NOT_FOUND',
      'PAYMENT_REFUNDED',
      'PAYMENT_TRANSFERRED',
      'PERIOD_CLOSED',
      'REVERSAL_EXCEEDS_PAYMENT',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
    ],
    execute: async (data, context, dependencies) => {
      const reversePayment = { type: 'ReversePayment', data: { ...data, claimId: claimIdOf(context) } } as const
      const { handled, followed } = await withReversal(reversePayment, context, dependencies)
      const told = followed === undefined ? handled : followed.concluded
      const declined = eventsOf(told, 'ReversalDeclined')[0]?.data.code
      if (declined !== undefined) throw new Rejection(declined, { paymentId: data.paymentId })
      const reopened = eventsOf(told, 'PaymentDeallocated').filter(({ data: { recovers } }) => recovers !== true)
      const reversed = eventsOf(told, 'PaymentReversed')[0]?.data ?? eventsOf(handled, 'ReversalRequested')[0]?.data
      const note = eventsOf(handled, 'CreditNoteReversed')[0]?.data
      return answer(
        { ...handled, position: lastPosition(handled, { position: followed?.position }) },
        {
          paymentId: data.paymentId,
          amount: reversed?.amount ?? note?.total,
          reversedOn: reversed?.reversedOn ?? note?.reversedOn,
          reopened: reopened.map(({ data: { invoiceId, amount } }) => ({ invoiceId, amount: amount.amount })),
          claim: excessClaimIn(told),
        },
      )
    },
  }),

  defineCommand({
    name: 'ConfirmPaymentCleared',
    summary: 'Confirm that money on its way arrived',
    description:
      'Card, payment service, courier, cheque or promissory note: what came to the bank, all that is on its way or a part of it (`amount`), less the fee that was kept. What a cheque or promissory note settles counts as paid from now on, as far as it has come: what was settled first comes first.',
    schema: ConfirmPaymentCleared,
    example: examples.confirmPaymentCleared(),
    result: z.object({ paymentId: z.string(), amount: money, clearedOn: day, fee: decimal, inTransit: decimal }),
    rejections: [
      'AMOUNT_TOO_PRECISE',
      'CLEARING_EXCEEDS_TRANSIT',
      'CLIENT_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'FEE_EXCEEDS_PAYMENT',
      'PAYMENT_ALREADY_CLEARED',
      'PAYMENT_ALREADY_REVERSED',
      'PAYMENT_CLEARS_AT_ONCE',
      'PAYMENT_NOT_FOUND',
      'PAYMENT_TRANSFERRED',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'ConfirmPaymentCleared', data }, context, dependencies)
      const cleared = eventsOf(handled, 'PaymentCleared')[0]?.data
      return answer(handled, {
        paymentId: data.paymentId,
        amount: cleared?.amount,
        clearedOn: cleared?.clearedOn,
        fee: cleared?.fee,
        inTransit: cleared && (cleared.stillInTransit ?? decimalOf(0n, cleared.amount.currency)),
      })
    },
  }),
]

import {
  AllocatePayment,
  DeallocatePayment,
  decimalOf,
  minorOf,
  type PayForAnother,
  RecordRefund,
  ReleaseCredit,
} from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { z } from 'zod'
import type { CommandContext } from '../ledger/command-context.ts'
import { accountKey } from './batch-order.ts'
import { claimIdOf, ExcessClaim, excessClaimIn } from './claims.ts'
import { type CommandAnswer, type CommandDependencies, defineCommand } from './command-definition.ts'
import { answer, eventsOf, onAccount } from './on-account.ts'
import { day, decimal, leaving, money, paid } from './result-schemas.ts'
import { allocationWarnings } from './vat-warnings.ts'
import { transferIdOf, withTransfer } from './with-transfer.ts'

/** The credit goes to the account of the invoice and settles it there. */
const payForAnother = async (
  command: Omit<PayForAnother, 'transferId'>,
  context: CommandContext,
  dependencies: CommandDependencies,
): Promise<CommandAnswer> => {
  const data = { ...command, transferId: transferIdOf(undefined, context) }
  const { invoiceClientId, transferId, paymentId, invoiceId } = data
  const { handled, received, request } = await withTransfer(
    { ...data, toClientId: invoiceClientId },
    { type: 'PayForAnother', data },
    context,
    dependencies,
  )
  const moved = { ...handled, events: received }
  const { allocatedOn } = eventsOf(moved, 'PaymentAllocated')[0]?.data ?? {}
  const result = { paymentId, invoiceId, amount: request?.amount.amount, allocatedOn, invoiceClientId, transferId }
  const warnings = allocationWarnings(moved)
  return { ...answer(handled, result), ...(warnings.length === 0 ? {} : { warnings }) }
}

export const creditCommands = [
  defineCommand({
    name: 'AllocatePayment',
    summary: 'Allocate credit to an invoice',
    description:
      'Settles an invoice, partly or in full, from what is left of a payment. Between two currencies `exchangeRate` is required: `amount` is in the currency of the invoice, `paid` in that of the payment, and either may be left out: it follows from the rate. VAT under TVA la încasare, and that of an advance invoice, is exigible on the day of the money; where that is closed, on the first open day, and a warning `VAT_BELONGS_TO_CLOSED_PERIOD` names the month. With `invoiceClientId` it pays the invoice of another client: the credit goes to that account, as with `TransferCredit`, and settles the invoice there in the same event of the log; `DeallocatePayment` on `transferId` of the answer leaves it there.',
    schema: AllocatePayment,
    example: examples.allocatePayment(),
    result: z.object({
      paymentId: z.string(),
      invoiceId: z.string(),
      amount: decimal,
      paid,
      allocatedOn: day,
      invoiceClientId: z.string().optional(),
      transferId: z.string().optional().meta({ description: 'The credit in the account of `invoiceClientId`' }),
    }),
    rejections: [
      'ALLOCATION_EXCEEDS_CREDIT',
      'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      'AMOUNT_TOO_PRECISE',
      'CASH_FRAGMENTED_INVOICE',
      'CLIENT_MERGED',
      'CLIENT_NOT_FOUND',
      'COMPANY_NOT_FOUND',
      'CREDIT_RESERVED',
      'CURRENCY_MISMATCH',
      'DAY_TOO_FAR_AHEAD',
      'EXCHANGE_RATE_NOT_APPLICABLE',
      'INVOICE_NOT_FOUND',
      'PAYMENT_NOT_CLEARED',
      'PAYMENT_NOT_FOUND',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
    ],
    alsoOn: ({ invoiceClientId }) => (invoiceClientId === undefined ? [] : [accountKey(invoiceClientId)]),
    execute: async ({ invoiceClientId, ...data }, context, dependencies) => {
      const { amount } = data
      // Of another client's invoice the schema asks for it.
      if (invoiceClientId !== undefined && invoiceClientId !== data.clientId && amount !== undefined) {
        return payForAnother({ ...data, amount, invoiceClientId }, context, dependencies)
      }
      const handled = await onAccount({ type: 'AllocatePayment', data }, context, dependencies)
      const allocated = eventsOf(handled, 'PaymentAllocated')[0]?.data
      const { paymentId, invoiceId } = data
      const result = {
        paymentId,
        invoiceId,
        amount: allocated?.amount.amount,
        paid: allocated?.conversion?.paid,
        allocatedOn: allocated?.allocatedOn,
      }
      const warnings = allocationWarnings(handled)
      return { ...answer(handled, result), ...(warnings.length === 0 ? {} : { warnings }) }
    },
  }),

  defineCommand({
    name: 'DeallocatePayment',
    summary: 'Undo an allocation',
    description:
      'The invoice is open again and the money is client credit again; the history keeps both. Of a payment that also recovered a write-off of the invoice, what it recovered goes back first.',
    schema: DeallocatePayment,
    example: examples.deallocatePayment(),
    result: z.object({ paymentId: z.string(), invoiceId: z.string(), amount: decimal, paid, deallocatedOn: day }),
    rejections: [
      'AMOUNT_TOO_PRECISE',
      'CLIENT_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'DEALLOCATION_EXCEEDS_ALLOCATION',
      'INVOICE_NOT_FOUND',
      'PAYMENT_NOT_FOUND',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'DeallocatePayment', data }, context, dependencies)
      const events = eventsOf(handled, 'PaymentDeallocated').map((event) => event.data)
      const undone = events[0]
      const sum = events.reduce((minor, event) => minor + minorOf(event.amount), 0n)
      const { paymentId, invoiceId } = data
      return answer(handled, {
        paymentId,
        invoiceId,
        amount: undone && decimalOf(sum, undone.amount.currency),
        paid: undone?.conversion?.paid,
        deallocatedOn: undone?.deallocatedOn,
      })
    },
  }),

  defineCommand({
    name: 'RecordRefund',
    summary: 'Record a refund of client credit',
    description:
      'Money given back from what is not allocated. What settles invoices has to be deallocated first. By card or payment service it is kept from the payout as long as the money is on its way, and leaves the bank after that. It may leave in another currency than that of the credit: `amount` is then what leaves, with its currency, and `exchangeRate` says what that takes of the credit, which `amount` of the answer shows. Of credit in a foreign currency a rate of the refund itself tells the exchange difference (665, 765) between what the credit was worth and what left. What left beyond the credit is recorded with `allowExcess`: the client owes it, as a claim (`claim` of the answer). Cash is held against the ceilings for payments (Legea 70/2015 art. 3 and 4) by the policy `cashGuard`, in lei; what all businesses of a day were paid (`CASH_PAYMENT_LIMIT_TOTAL_DAY`) and what the desk holds of the currency from that day on (`CASH_DESK_SHORT`) as far as the read models know it in time.',
    schema: RecordRefund,
    example: examples.recordRefund(),
    result: z.object({
      refundId: z.string(),
      paymentId: z.string(),
      amount: money.meta({ description: 'What goes of the credit' }),
      paid: leaving,
      refundedOn: day,
      claim: ExcessClaim,
    }),
    rejections: [
      'AMOUNT_TOO_PRECISE',
      'CASH_DESK_SHORT',
      'CASH_PAYMENT_LIMIT_PER_PERSON_DAY',
      'CASH_PAYMENT_LIMIT_TOTAL_DAY',
      'CLIENT_MERGED',
      'CLIENT_NOT_FOUND',
      'COMPANY_NOT_FOUND',
      'CREDIT_RESERVED',
      'CURRENCY_MISMATCH',
      'DAY_TOO_FAR_AHEAD',
      'EXCHANGE_RATE_NEEDED',
      'EXCHANGE_RATE_NOT_APPLICABLE',
      'INVOICE_ALREADY_REGISTERED',
      'PAYMENT_NOT_FOUND',
      'PERIOD_CLOSED',
      'REFUND_ALREADY_RECORDED',
      'REFUND_EXCEEDS_CREDIT',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
    ],
    execute: async (data, context, dependencies) => {
      const command = { ...data, claimId: claimIdOf(context) }
      const handled = await onAccount({ type: 'RecordRefund', data: command }, context, dependencies)
      const refund = eventsOf(handled, 'RefundRecorded')[0]?.data
      const { refundId, paymentId } = data
      const { amount, conversion, refundedOn } = refund ?? {}
      const claim = excessClaimIn(handled)
      const told = answer(handled, { refundId, paymentId, amount, paid: conversion?.paid, refundedOn, claim })
      const warnings = refund?.cashBreaches
      return warnings === undefined ? told : { ...told, warnings }
    },
  }),

  defineCommand({
    name: 'ReleaseCredit',
    summary: 'Let credit end',
    description:
      'Credit that the client will not have back: nobody asked for it in time (PRESCRIBED), it is a tip, a difference too small to give back. It becomes income (758), or what is owed to the staff (462); no money moves. Somebody answers for it.',
    schema: ReleaseCredit,
    example: examples.releaseCredit(),
    result: z.object({ paymentId: z.string(), amount: money, releasedOn: day }),
    rejections: [
      'ALLOCATION_EXCEEDS_CREDIT',
      'AMOUNT_TOO_PRECISE',
      'CLIENT_MERGED',
      'CLIENT_NOT_FOUND',
      'CREDIT_RESERVED',
      'DAY_TOO_FAR_AHEAD',
      'PAYMENT_NOT_FOUND',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'ReleaseCredit', data }, context, dependencies)
      const released = eventsOf(handled, 'CreditReleased')[0]?.data
      const { paymentId } = data
      return answer(handled, { paymentId, amount: released?.amount, releasedOn: released?.releasedOn })
    },
  }),
]

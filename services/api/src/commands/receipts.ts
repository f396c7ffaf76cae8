import {
  AnnulReceipt,
  ContinueReceiptBook,
  ExtendReceiptRange,
  IssueReceipt,
  OpenReceiptBook,
  ReprintReceipt,
} from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { z } from 'zod'
import { restOf } from '../ledger/errors.ts'
import { lastPosition } from '../ledger/last-position.ts'
import { receiptResult } from '../receipts/receipt-result.ts'
import { type AnnulledReceipt, issuedReceiptOf } from '../receipts/receipt-saga.ts'
import type { Cause } from '../steps/step.ts'
import { bookKey } from './batch-order.ts'
import { defineCommand } from './command-definition.ts'
import { answer } from './on-account.ts'
import { onBook } from './on-book.ts'
import { ReceiptResult } from './result-schemas.ts'
import { deskOfPayment, receiptIdOf, withReceipt } from './with-receipt.ts'

export const receiptCommands = [
  defineCommand({
    name: 'IssueReceipt',
    summary: 'Issue a receipt for a cash payment',
    description:
      'Gives the payment a receipt (chitanță) with the next number of the book. One living receipt a payment, from a book of the desk where the money came in; days never go back within a book.',
    schema: IssueReceipt,
    example: examples.issueReceipt({ paymentId: 'pay-1' }),
    result: z.object({ paymentId: z.string(), receipt: ReceiptResult }),
    rejections: [
      'CLIENT_MERGED',
      'CLIENT_NOT_FOUND',
      'COMPANY_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'PAYMENT_ALREADY_REVERSED',
      'PAYMENT_NOT_FOUND',
      'PAYMENT_TRANSFERRED',
      'PERIOD_CLOSED',
      'RECEIPT_ALREADY_ISSUED',
      'RECEIPT_BEFORE_PAYMENT',
      'RECEIPT_BOOK_NOT_FOUND',
      'RECEIPT_BOOK_OF_OTHER_DESK',
      'RECEIPT_DATE_BEFORE_LAST',
      'RECEIPT_ID_ALREADY_USED',
      'RECEIPT_ONLY_FOR_CASH',
      'RECEIPT_RANGE_EXHAUSTED',
      'RESTORE_GUARD',
    ],
    alsoOn: ({ series }) => [bookKey(series)],
    execute: async ({ receiptId, ...facts }, context, dependencies) => {
      const data = { ...facts, receiptId: receiptIdOf(receiptId, context) }
      const { handled, booked } = await withReceipt(
        { ...data, deskId: await deskOfPayment(facts, context, dependencies) },
        () => ({ type: 'IssueReceipt', data }),
        context,
        dependencies,
      )
      const receipt = receiptResult(context.companyId, issuedReceiptOf(booked))
      return answer(handled, { paymentId: facts.paymentId, receipt })
    },
  }),

  defineCommand({
    name: 'OpenReceiptBook',
    summary: 'Open a receipt book',
    description:
      'A series of receipts of one cash desk, with its range of numbers and the internal decision that allots it (OMFP 2634/2015 annex 1 pct. 24).',
    schema: OpenReceiptBook,
    example: examples.openReceiptBook(),
    result: z.object({ series: z.string(), deskId: z.string(), next: z.int() }),
    rejections: ['RECEIPT_BOOK_ALREADY_OPENED', 'RESTORE_GUARD'],
    execute: async (data, context, dependencies) => {
      const handled = await onBook({ type: 'OpenReceiptBook', data }, context, dependencies)
      return { ...handled, result: { series: data.series, deskId: data.deskId, next: data.from } }
    },
  }),

  defineCommand({
    name: 'AnnulReceipt',
    summary: 'Annul a receipt',
    description:
      'The receipt stays in the book with value 0 and its number is never used again; the payment may have another one (OMFP 2634/2015 annex 1 pct. 14-15). With `alsoReversePayment` the payment is reversed too, unless it was reversed before or part of it given back: `paymentReversed` of the answer tells.',
    schema: AnnulReceipt,
    example: examples.annulReceipt({ number: 1 }),
    result: z.object({ series: z.string(), number: z.int(), paymentReversed: z.boolean() }),
    rejections: [
      'DAY_TOO_FAR_AHEAD',
      'PERIOD_CLOSED',
      'RECEIPT_ALREADY_ANNULLED',
      'RECEIPT_BOOK_NOT_FOUND',
      'RECEIPT_NOT_FOUND',
      'RESTORE_GUARD',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
    ],
    execute: async (data, context, dependencies) => {
      const { ledger, receipts } = dependencies
      const { companyId, actor, correlationId, dryRun } = context
      const companyRules = await ledger.rules.rulesOf(companyId)
      const handled = await onBook({ type: 'AnnulReceipt', data }, { ...context, companyRules }, dependencies)
      let { position } = handled
      let paymentReversed = false
      for (const { type, data: annulled, eventId } of handled.events) {
        if (type !== 'ReceiptAnnulled') continue
        const cause: Cause<AnnulledReceipt> = { data: annulled, eventId, companyId, actor, correlationId }
        const isDry = dryRun && !handled.replayed
        const released = await restOf(context.commandId, receipts.release(cause, { dryRun: isDry }))
        position = lastPosition({ position }, released)
        // Money that was given back or reversed meanwhile is not reversed as well, whatever was asked for.
        paymentReversed = released.events.some((event) => event.type === 'PaymentReversed')
      }
      return { ...handled, position, result: { series: data.series, number: data.number, paymentReversed } }
    },
  }),

  defineCommand({
    name: 'ExtendReceiptRange',
    summary: 'Extend the range of a receipt book',
    description: 'The last number goes up, by a decision of its own (OMFP 2634/2015 annex 1 pct. 24).',
    schema: ExtendReceiptRange,
    example: examples.extendReceiptRange(),
    result: z.object({ series: z.string(), to: z.int() }),
    rejections: ['RECEIPT_BOOK_NOT_FOUND', 'RECEIPT_RANGE_NOT_EXTENDED', 'RESTORE_GUARD'],
    execute: async (data, context, dependencies) => {
      const handled = await onBook({ type: 'ExtendReceiptRange', data }, context, dependencies)
      return { ...handled, result: { series: data.series, to: data.to } }
    },
  }),

  defineCommand({
    name: 'ContinueReceiptBook',
    summary: 'Continue a receipt book that has lost receipts',
    description:
      'After the event store was restored to an earlier moment, a book may end below numbers that are known elsewhere: it is then read-only (`RESTORE_GUARD`), for a number is never given twice. This passes over the lost numbers; who answers for that, and why, stays in the book.',
    schema: ContinueReceiptBook,
    example: examples.continueReceiptBook(),
    result: z.object({ series: z.string(), next: z.int() }),
    rejections: ['RECEIPT_BOOK_NOT_FOUND', 'RECEIPT_NUMBER_ALREADY_GIVEN', 'RECEIPT_RANGE_EXHAUSTED'],
    execute: async (data, context, dependencies) => {
      const handled = await onBook({ type: 'ContinueReceiptBook', data }, context, dependencies)
      return { ...handled, result: { series: data.series, next: data.continueFrom } }
    },
  }),

  defineCommand({
    name: 'ReprintReceipt',
    summary: 'Count a reprint of a receipt',
    description: 'A copy carries «DUPLICAT»; the receipt itself stays as it is, the trail knows of the copy.',
    schema: ReprintReceipt,
    example: examples.reprintReceipt({ number: 1 }),
    result: z.object({ series: z.string(), number: z.int(), copy: z.int() }),
    rejections: ['RECEIPT_BOOK_NOT_FOUND', 'RECEIPT_NOT_FOUND', 'RESTORE_GUARD'],
    execute: async (data, context, dependencies) => {
      const handled = await onBook({ type: 'ReprintReceipt', data }, context, dependencies)
      const copy = handled.events.flatMap((event) => (event.type === 'ReceiptReprinted' ? [event.data.copy] : []))[0]
      return { ...handled, result: { series: data.series, number: data.number, copy } }
    },
  }),
]

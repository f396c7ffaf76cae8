import { ReverseCreditNote, ReverseDiscount, ReverseRefund, ReverseSetOff, ReverseWriteOff } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { z } from 'zod'
import { defineCommand } from './command-definition.ts'
import { Freed, freedBy } from './freed.ts'
import { answer, eventsOf, onAccount } from './on-account.ts'
import { day, leaving, money } from './result-schemas.ts'

/** What any of them may be refused for. */
const rejections = [
  'ALREADY_REVERSED',
  'CLIENT_NOT_FOUND',
  'DAY_TOO_FAR_AHEAD',
  'NOTHING_TO_REVERSE',
  'PERIOD_CLOSED',
  'UNDO_BEFORE_WHAT_IT_UNDOES',
] as const

/** What was recorded and is taken back: it stays in the history, and holds until the day of its reversal. */
export const takingBackCommands = [
  defineCommand({
    name: 'ReverseCreditNote',
    summary: 'Take a credit note back',
    description:
      'The invoice asks for its amount again, VAT included. Of one on account the credit is gone, and what it had settled is open again; what was given back of it has to come back first (`ReverseRefund`). Allocations that the note had freed stay free.',
    schema: ReverseCreditNote,
    example: examples.reverseCreditNote(),
    result: z.object({ creditNoteId: z.string(), invoiceId: z.string().optional(), total: money, reversedOn: day }),
    rejections: [...rejections, 'CREDIT_RESERVED', 'PAYMENT_REFUNDED', 'PAYMENT_TRANSFERRED'],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'ReverseCreditNote', data }, context, dependencies)
      const reversed = eventsOf(handled, 'CreditNoteReversed')[0]?.data
      const { creditNoteId } = data
      const { invoiceId, total, reversedOn } = reversed ?? {}
      return answer(handled, { creditNoteId, invoiceId, total, reversedOn })
    },
  }),

  defineCommand({
    name: 'ReverseDiscount',
    summary: 'Take a discount back',
    description: 'The invoice asks for its amount again, and the VAT that it took back is owed again.',
    schema: ReverseDiscount,
    example: examples.reverseDiscount(),
    result: z.object({ discountId: z.string(), invoiceId: z.string(), amount: money, reversedOn: day }),
    rejections,
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'ReverseDiscount', data }, context, dependencies)
      const reversed = eventsOf(handled, 'DiscountReversed')[0]?.data
      const { discountId } = data
      const { invoiceId, amount, reversedOn } = reversed ?? {}
      return answer(handled, { discountId, invoiceId, amount, reversedOn })
    },
  }),

  defineCommand({
    name: 'ReverseWriteOff',
    summary: 'Take a write-off back (reactivare)',
    description:
      'The debt stands in the books again and may be paid like any other. What had recovered it since settles it on the same day; its VAT moves no second time.',
    schema: ReverseWriteOff,
    example: examples.reverseWriteOff(),
    result: z.object({ writeOffId: z.string(), invoiceId: z.string(), amount: money, reversedOn: day }),
    rejections,
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'ReverseWriteOff', data }, context, dependencies)
      const reversed = eventsOf(handled, 'WriteOffReversed')[0]?.data
      const { writeOffId } = data
      const { invoiceId, amount, reversedOn } = reversed ?? {}
      return answer(handled, { writeOffId, invoiceId, amount, reversedOn })
    },
  }),

  defineCommand({
    name: 'ReverseRefund',
    summary: 'Take a refund back',
    description:
      'The bank returned it, or it was never given: the money is client credit again, in the bank or in the drawer that it had left, with the exchange difference that the refund had made taken back. What it had left beyond the credit is owed no longer; what was paid of that is client credit again (`freed`).',
    schema: ReverseRefund,
    example: examples.reverseRefund(),
    result: z.object({
      refundId: z.string(),
      paymentId: z.string(),
      amount: money,
      paid: leaving,
      reversedOn: day,
      freed: Freed.optional(),
    }),
    rejections,
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'ReverseRefund', data }, context, dependencies)
      const reversed = eventsOf(handled, 'RefundReversed')[0]?.data
      const { refundId } = data
      const { paymentId, amount, conversion, reversedOn } = reversed ?? {}
      const [claim] = eventsOf(handled, 'ClaimCancelled')
      const freed = claim && { freed: freedBy(handled) }
      return answer(handled, { refundId, paymentId, amount, paid: conversion?.paid, reversedOn, ...freed })
    },
  }),

  defineCommand({
    name: 'ReverseSetOff',
    summary: 'Take a set-off back',
    description: 'What it had settled is open again, and no credit is left of it.',
    schema: ReverseSetOff,
    example: examples.reverseSetOff(),
    result: z.object({ paymentId: z.string(), reopened: z.array(z.string()), reversedOn: day }),
    rejections: [...rejections, 'CREDIT_RESERVED', 'PAYMENT_REFUNDED', 'PAYMENT_TRANSFERRED'],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'ReverseSetOff', data }, context, dependencies)
      return answer(handled, {
        paymentId: data.paymentId,
        reopened: eventsOf(handled, 'PaymentDeallocated')
          .filter(({ data: { recovers } }) => recovers !== true)
          .map(({ data: { invoiceId } }) => invoiceId),
        reversedOn: eventsOf(handled, 'PaymentReversed')[0]?.data.reversedOn,
      })
    },
  }),
]

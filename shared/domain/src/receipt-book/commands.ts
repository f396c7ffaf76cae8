import { z } from 'zod'
import { BusinessDay } from '../business-day.ts'
import { CashDeskId, ReceiptSeries } from '../ids.ts'
import type { Message } from '../message.ts'
import { FreeText, Name, Reference } from '../text.ts'
import type { ReceiptIssued } from './events.ts'

/** Ten digits are more receipts than a desk prints in its life, and every one of them is an exact number. */
const NUMBER_MAX = 9_999_999_999

const ReceiptNumber = z.int().min(1).max(NUMBER_MAX)

export const OpenReceiptBook = z
  .strictObject({
    series: ReceiptSeries,
    deskId: CashDeskId,
    from: ReceiptNumber,
    to: ReceiptNumber.optional().meta({ description: 'Last number of the range; open-ended when absent' }),
    decisionNumber: Reference.meta({ description: 'Number of the internal decision on numbering' }),
    decisionOn: BusinessDay,
    financialYear: z.int().min(1990).max(2199),
  })
  .refine((book) => book.to === undefined || book.to >= book.from, { path: ['to'], error: 'not below from' })

export const AnnulReceipt = z.strictObject({
  series: ReceiptSeries,
  number: ReceiptNumber,
  reason: FreeText,
  annulledOn: BusinessDay.optional().meta({ description: 'Today, Europe/Bucharest, when absent' }),
  alsoReversePayment: z
    .boolean()
    .optional()
    .meta({ description: 'Also reverses the payment (reason MISTAKE); false when absent' }),
})

export const ExtendReceiptRange = z.strictObject({
  series: ReceiptSeries,
  to: ReceiptNumber.meta({ description: 'New last number of the range' }),
  decisionNumber: Reference,
  decisionOn: BusinessDay,
})

export const ReprintReceipt = z.strictObject({
  series: ReceiptSeries,
  number: ReceiptNumber,
  reason: FreeText.optional(),
})

export const ContinueReceiptBook = z.strictObject({
  series: ReceiptSeries,
  continueFrom: ReceiptNumber.meta({ description: 'Next number to give; above every number that may be on paper' }),
  reason: FreeText,
  acknowledgedBy: Name.meta({ description: 'Who answers for the numbers that are passed over' }),
})

/** Writes a requested receipt into the book, which gives it the next number; no route leads here. */
export type EnterReceipt = Omit<
  Parameters<typeof ReceiptIssued.of>[0],
  'number' | 'deskId' | 'amountInWords' | 'representing'
>

export type ReceiptBookCommand =
  | Message<'OpenReceiptBook', z.infer<typeof OpenReceiptBook>>
  | Message<'EnterReceipt', EnterReceipt>
  | Message<'AnnulReceipt', z.infer<typeof AnnulReceipt>>
  | Message<'ExtendReceiptRange', z.infer<typeof ExtendReceiptRange>>
  | Message<'ContinueReceiptBook', z.infer<typeof ContinueReceiptBook>>
  | Message<'ReprintReceipt', z.infer<typeof ReprintReceipt>>

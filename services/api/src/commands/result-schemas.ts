import { z } from 'zod'

// What commands answer as their `result`, for the documentation: nothing is parsed on the way out.

export const decimal = z.string().meta({ examples: ['1210.00'] })
export const day = z.string().meta({ format: 'date' })
export const money = z.object({ amount: decimal, currency: z.string().meta({ examples: ['RON'] }) })
/** Between two currencies, what leaves the payment. */
export const paid = money
  .optional()
  .meta({ description: 'What leaves the payment, when the invoice is in another currency' })

/** Of a refund in another currency than the credit's. */
export const leaving = money
  .optional()
  .meta({ description: 'What leaves the desk or the bank, or comes back to it, in another currency' })

export const ReceiptResult = z
  .object({
    series: z.string(),
    number: z.int(),
    receiptId: z.string(),
    issuedOn: day,
    amount: money,
    amountInWords: z.string(),
    representing: z.string(),
    document: z
      .string()
      .meta({ description: 'Path of the PDF', examples: ['/v1/companies/amc/receipts/AMC-C/15.pdf'] }),
  })
  .meta({ id: 'ReceiptResult' })

export const PaymentResult = z
  .object({
    paymentId: z.string(),
    allocated: z.array(z.object({ invoiceId: z.string(), amount: decimal, paid })),
    credit: decimal.meta({ description: 'What is left to allocate' }),
    creditNotes: z
      .array(z.object({ creditNoteId: z.string(), invoiceId: z.string(), amount: decimal }))
      .optional()
      .meta({ description: 'Credit notes on account that the payment counts on; they settle with it' }),
    forOthers: z
      .array(
        z.object({
          invoiceClientId: z.string(),
          invoiceId: z.string(),
          amount: decimal,
          transferId: z.string().meta({ description: 'The credit in that account' }),
        }),
      )
      .optional()
      .meta({ description: "What went to other clients' invoices" }),
    receipt: ReceiptResult.optional().meta({
      description: 'Of a cash payment that asked for it; see `warnings` where it is missing',
    }),
  })
  .meta({ id: 'PaymentResult' })

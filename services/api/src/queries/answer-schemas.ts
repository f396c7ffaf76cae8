import { ClaimKind, decimalOf, InvoiceKind } from '@registru/domain'
import type { Settlement } from '@registru/projections'
import { z } from 'zod'
import { DECIMAL } from './columns.ts'

// What queries answer, for the documentation. Amounts are decimal strings with exactly the currency's digits.

export const amount = z.string().meta({ format: DECIMAL, examples: ['1210.00'] })
export const day = z.string().meta({ format: 'date' })
/** In another currency than the rest of what is told. */
const moneyOfItsOwn = z.object({ amount, currency: z.string() })
export const moment = {
  position: z.string().meta({ description: 'Place in the log up to which this answer knows' }),
  asOf: day,
  knownAt: z.string().optional(),
  knownAtPosition: z
    .string()
    .optional()
    .meta({ description: 'The position that `knownAt` means: everything up to it was known' }),
}
/** What a command names in `If-Match` that was decided on this answer. */
export const revision = z.int().meta({
  description: "Of the client's account, as this answer knows it: for `If-Match` of a command that was decided on it",
})
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable(), ...moment })

export const TieOut = z
  .object({
    scope: z.enum(['company', 'client']),
    position: z.string(),
    asOf: day,
    currencies: z.array(
      z.object({
        currency: z.string(),
        openItems: amount,
        credit: amount,
        aging: amount
          .optional()
          .meta({ description: 'Not yet due and all buckets, less credit; where a table of its own tells' }),
        statement: amount.meta({ description: 'Closing of the statement' }),
        journal: amount.meta({ description: 'RECEIVABLE and CLIENT_CREDIT' }),
      }),
    ),
  })
  .meta({
    id: 'TieOut',
    description:
      'Computed for this answer, each side from a table of its own: openItems − credit = aging = statement = journal. Books that differ are never shown: 500 `TIE_OUT_FAILED` names where',
  })

/** The certificate of an answer that is no balance of clients: what two books say, by currency. */
export const tieOutOf = (...books: readonly string[]) =>
  z
    .object({
      scope: z.literal('company'),
      position: z.string(),
      asOf: day,
      currencies: z.array(
        z.object({ currency: z.string(), ...Object.fromEntries(books.map((book) => [book, amount] as const)) }),
      ),
    })
    .meta({
      description:
        'Computed for this answer from different tables. Books that differ are never shown: 500 `TIE_OUT_FAILED` names where',
    })

export const Links = z.object({ explain: z.string() }).catchall(z.string()).meta({
  description:
    'Where the figures are explained: `explain` the main one of a row, `explainX` its field or the one named x; values in braces are to be filled in from the row',
})

const allocation = {
  amount,
  allocatedOn: day,
  undone: z.boolean(),
  undoneOn: day.optional(),
  undoneBecause: z.string().optional(),
  eventId: z.uuid(),
}

const allocationBody = (part: Settlement, currency: string) => ({
  amount: decimalOf(part.amountMinor, currency),
  allocatedOn: part.allocatedOn,
  undone: part.undone,
  undoneOn: part.undoneOn,
  undoneBecause: part.undoneBecause,
  eventId: part.eventId,
})

/** An allocation seen from its invoice. */
export const invoiceAllocation = (part: Settlement, currency: string) => ({
  paymentId: part.paymentId,
  ...allocationBody(part, currency),
})

/** An allocation seen from its payment. */
export const paymentAllocation = (part: Settlement, currency: string) => ({
  invoiceId: part.invoiceId,
  ...allocationBody(part, currency),
})

export const InvoiceItem = z.object({
  invoiceId: z.string(),
  clientId: z.string(),
  kind: z.enum([...InvoiceKind.options, ...ClaimKind.options]).meta({
    description: 'RETURNED_MONEY, FEE, INTEREST and OTHER are claims without an invoice, see `RegisterClaim`',
  }),
  series: z.string().optional(),
  number: z.string(),
  issuedOn: day,
  dueOn: day,
  currency: z.string(),
  total: amount,
  allocated: amount,
  uncleared: amount.meta({
    description:
      'Of what is allocated: by cheques and promissory notes that are not collected yet; not PAID until then',
  }),
  credited: amount,
  discounted: amount,
  writtenOff: amount,
  smallDifference: amount.meta({
    description:
      'Of what is written off: the rest of what was paid, within the policy `smallDifference`, and no bad debt',
  }),
  recovered: amount.meta({ description: 'Of what is written off: paid after all; `open` does not change by it' }),
  before: amount.meta({ description: 'Asked for no longer when a merge brought the invoice to this client' }),
  moved: amount.meta({ description: 'What another client has of it by a merge' }),
  open: amount,
  status: z.string(),
  overdueDays: z.int(),
  instalments: z.array(z.object({ dueOn: day, amount })),
  lastPaymentOn: day.optional(),
})
export const Invoice = InvoiceItem.extend({
  allocations: z.array(z.object({ paymentId: z.string(), ...allocation })),
  revision,
  tieOut: TieOut,
  links: Links,
  ...moment,
}).meta({ id: 'Invoice' })
export const Invoices = listOf(InvoiceItem).meta({ id: 'Invoices' })

/** As it was told; named field by field, so that each has a column in a table. */
export const address = z.object({
  street: z.string().optional(),
  city: z.string(),
  county: z.string().optional(),
  postalCode: z.string().optional(),
  countryCode: z.string(),
})

export const ClientItem = z.object({
  clientId: z.string(),
  kind: z.enum(['BUSINESS', 'INDIVIDUAL']),
  name: z.string(),
  taxId: z.string().optional(),
  tradeRegisterNumber: z.string().optional(),
  address: address.optional(),
  email: z.string().optional(),
  mergedInto: z
    .object({ clientId: z.string(), mergedOn: day })
    .optional()
    .meta({ description: 'The same debtor, whose account has what was open in this one' }),
})
export const OpenItemRow = z.object({
  currency: z.string(),
  kind: z.enum(['INVOICE', 'CLAIM', 'PAYMENT']),
  claim: ClaimKind.optional().meta({ description: 'Of a CLAIM, which `invoiceId` names: what is owed for' }),
  invoiceId: z.string().optional(),
  instalment: z.int().optional(),
  paymentId: z.string().optional(),
  issuedOn: day,
  dueOn: day,
  open: amount.meta({ description: 'Negative: money of a payment that settles nothing yet' }),
})
export const Client = ClientItem.extend({
  balances: z.array(z.object({ currency: z.string(), open: amount, overdue: amount, credit: amount, balance: amount })),
  lastPayment: z
    .object({ paymentId: z.string(), on: day, currency: z.string(), amount })
    .optional()
    .meta({ description: 'The latest that was not reversed' }),
  openItems: z.array(OpenItemRow),
  moreOpenItems: z.boolean(),
  revision,
  tieOut: TieOut,
  links: Links,
  ...moment,
}).meta({ id: 'Client' })
export const Clients = listOf(ClientItem).meta({ id: 'Clients' })

export const Statement = z
  .object({
    clientId: z.string(),
    from: day,
    to: day,
    style: z.enum(['balanceForward', 'openItem']),
    currencies: z.array(
      z.object({
        currency: z.string(),
        opening: amount.optional(),
        closing: amount,
        lines: z.array(z.looseObject({})),
      }),
    ),
    nextCursor: z.string().nullable(),
    tieOut: TieOut,
    links: Links,
    ...moment,
  })
  .meta({ id: 'Statement' })

export const AgingAmounts = {
  currency: z.string(),
  amounts: z.array(amount),
  open: amount,
  credit: amount,
  net: amount,
}
export const Aging = z
  .object({
    buckets: z.array(z.string()),
    rows: z.array(
      z.object({
        clientId: z.string().optional(),
        clientName: z.string().optional().meta({ description: 'As known at `knownAt`' }),
        invoiceId: z.string().optional(),
        ...AgingAmounts,
      }),
    ),
    rowsLeftOut: z.int().meta({ description: 'Rows that `limit` left out; totals count them' }),
    totals: z.array(z.object(AgingAmounts)),
    tieOut: TieOut,
    links: Links,
    ...moment,
  })
  .meta({ id: 'Aging' })

const payer = z.object({ name: z.string(), taxId: z.string().optional(), address: address.optional() }).optional()

export const PaymentItem = z.object({
  paymentId: z.string(),
  clientId: z.string(),
  method: z.string(),
  receivedOn: day,
  currency: z.string(),
  amount,
  allocated: amount,
  refunded: amount,
  reversed: amount.meta({ description: 'Bounced, charged back or recorded by mistake, whole or in parts' }),
  transferred: amount.meta({ description: "What went to other clients' accounts" }),
  released: amount,
  claimed: amount.meta({
    description: 'What left beyond all that was there: the client owes it, see `claims`',
  }),
  credit: amount,
  inTransit: amount.meta({ description: 'Of card, payment service, courier, cheque or note: still on its way' }),
  fee: amount.meta({ description: 'What banks and processors kept of it, from the first or when it arrived' }),
  allocationRule: z.string(),
  allocationStage: z.string().optional().meta({ description: 'Of `auto`: what told it how to spread the payment' }),
  deskId: z.string().optional(),
  bankReference: z.string().optional(),
  bankAccount: z.string().optional().meta({ description: "The company's own" }),
  remittanceText: z.string().optional(),
  purpose: z.string().optional(),
  payer,
  reversal: z.object({ on: day, reason: z.string(), note: z.string().optional() }).optional(),
  clearing: z
    .object({ on: day, fee: amount })
    .optional()
    .meta({ description: 'When it arrived, or the last part of it, and what was kept of all that arrived' }),
  clearings: z.array(z.object({ on: day, amount, fee: amount, eventId: z.string() })),
  receipt: z.object({ series: z.string(), number: z.int() }).optional(),
  allocations: z.array(z.object({ invoiceId: z.string(), ...allocation })),
  refunds: z.array(
    z.object({
      refundId: z.string(),
      amount,
      paid: moneyOfItsOwn.optional().meta({ description: 'What left the desk or the bank, in another currency' }),
      difference: moneyOfItsOwn.optional().meta({
        description: 'Exchange difference at the rate of the refund: a gain (765) or, below zero, a loss (665)',
      }),
      method: z.string(),
      refundedOn: day,
      bankAccount: z.string().optional(),
      reversal: z.object({ on: day, reason: z.string() }).optional(),
      eventId: z.uuid(),
    }),
  ),
  transfers: z.array(
    z.object({
      transferId: z.string(),
      toClientId: z.string().optional().meta({ description: 'Absent: it is unidentified again' }),
      amount,
      movedOn: day,
      reason: z.string().optional(),
      eventId: z.uuid(),
    }),
  ),
  origin: z.object({ clientId: z.string().optional(), paymentId: z.string() }).optional().meta({
    description:
      "Of credit that came from another client's account: the payment that it is of there; without a client, the unidentified payment",
  }),
  releases: z.array(
    z.object({ amount, reason: z.string(), releasedOn: day, approvedBy: z.string(), eventId: z.uuid() }),
  ),
  claims: z.array(
    z.object({
      claimId: z.string(),
      amount: amount.meta({ description: 'Negative when it is owed no longer' }),
      on: day,
      eventId: z.uuid(),
    }),
  ),
})
export const Payment = PaymentItem.extend({ revision, tieOut: TieOut, links: Links, ...moment }).meta({ id: 'Payment' })
export const UnidentifiedItem = z.object({
  paymentId: z.string(),
  method: z.string(),
  receivedOn: day,
  currency: z.string(),
  amount,
  identified: amount.meta({ description: "What is clients' credit" }),
  returned: amount.meta({ description: 'What is gone again' }),
  unidentified: amount.meta({ description: "What is nobody's yet" }),
  fee: amount,
  bankReference: z.string().optional(),
  bankAccount: z.string().optional(),
  remittanceText: z.string().optional(),
  payer,
  identifications: z
    .array(
      z.object({
        identificationId: z.string(),
        clientId: z.string(),
        amount,
        on: day,
        reason: z.string().optional(),
        eventId: z.uuid(),
      }),
    )
    .meta({ description: 'In the order in which they became known; what a client gave back is negative' }),
  returns: z.array(z.object({ amount, on: day, reason: z.string(), note: z.string().optional() })),
})
export const UnidentifiedPayments = listOf(UnidentifiedItem)
  .extend({ tieOut: tieOutOf('unidentified', 'journal') })
  .meta({ id: 'UnidentifiedPayments' })
export const Payments = listOf(PaymentItem).meta({ id: 'Payments' })

export const ReceiptItem = z.object({
  series: z.string(),
  number: z.int(),
  receiptId: z.string(),
  clientId: z.string(),
  paymentId: z.string(),
  deskId: z.string(),
  issuedOn: day,
  currency: z.string(),
  amount,
  value: amount.meta({ description: 'What counts: zero when annulled' }),
  annulled: z
    .object({ on: day, reason: z.string(), replacedBy: z.object({ series: z.string(), number: z.int() }).optional() })
    .optional(),
  reprintCount: z.int(),
})
export const Receipt = ReceiptItem.extend({ document: z.looseObject({}), ...moment }).meta({ id: 'Receipt' })
export const Receipts = listOf(ReceiptItem).meta({ id: 'Receipts' })

export const BookItem = z.object({
  series: z.string(),
  deskId: z.string(),
  from: z.int(),
  to: z.int().optional(),
  decisionNumber: z.string(),
  decisionOn: day,
  financialYear: z.int(),
  lastNumber: z.int().optional(),
  issued: z.int(),
  annulled: z.int(),
  left: z.int().optional(),
})
export const ReceiptBooks = listOf(BookItem).meta({ id: 'ReceiptBooks' })

export const TrialBalanceLine = z.object({
  account: z.string(),
  currency: z.string(),
  debit: amount,
  credit: amount,
  balance: amount,
})
export const TrialBalance = z
  .object({
    lines: z.array(TrialBalanceLine),
    totals: z.array(z.object({ currency: z.string(), debit: amount, credit: amount, balance: amount })),
    tieOut: TieOut,
    links: Links,
    ...moment,
  })
  .meta({ id: 'TrialBalance' })

const twoSides = z.object({ debit: amount, credit: amount })
const FourEqualities = {
  currency: z.string(),
  opening: twoSides.meta({ description: 'Balance on the evening before `from`, on its side' }),
  turnovers: twoSides.meta({
    description:
      'Of the period. What one command brings to a client’s credit and uses on one day passes through neither side',
  }),
  totals: twoSides.meta({ description: 'Opening and turnovers together (total sume)' }),
  closing: twoSides.meta({ description: 'Balance on the evening of `to`, on its side' }),
}
export const PeriodBalance = z
  .object({
    from: day,
    to: day,
    lines: z.array(z.object({ account: z.string(), accountName: z.string().optional(), ...FourEqualities })),
    totals: z.array(z.object(FourEqualities)).meta({ description: 'Debit equals credit in each of the four' }),
    tieOut: TieOut,
    links: Links,
    ...moment,
  })
  .meta({ id: 'PeriodTrialBalance' })

export const CommandOutcome = z
  .object({
    commandId: z.uuid(),
    events: z
      .array(z.object({ type: z.string(), stream: z.string(), revision: z.int(), position: z.string() }))
      .min(1)
      .meta({ description: 'In the order of the log' }),
    position: moment.position,
  })
  .meta({ id: 'CommandOutcome' })

export const Events = z
  .object({
    items: z.array(
      z.object({
        stream: z.string(),
        revision: z.int(),
        position: z.string(),
        eventId: z.uuid(),
        createdAt: z.iso.datetime().meta({ description: 'When the event store wrote it, by its clock' }),
        type: z.string(),
        data: z.looseObject({}),
        metadata: z.looseObject({}),
      }),
    ),
    nextCursor: z.string().meta({ description: 'Always there: what is written later comes after it' }),
    atEnd: z.boolean().meta({ description: 'Whether nothing is written after these yet' }),
    ...moment,
  })
  .meta({ id: 'Events' })

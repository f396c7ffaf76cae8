import { z } from 'zod'
import { BusinessDay } from '../business-day.ts'
import type { EventOf } from '../event-definition.ts'
import { ExchangeRate } from '../exchange-rate.ts'
import { Iban } from '../iban.ts'
import {
  CashDeskId,
  ClientId,
  CreditNoteId,
  DiscountId,
  InvoiceId,
  PaymentId,
  ReceiptId,
  ReceiptSeries,
  RefundId,
  WriteOffId,
} from '../ids.ts'
import type { Message } from '../message.ts'
import { Amount, AmountOrZero, Money, type MoneyOrZero, SignedAmount, Total } from '../money.ts'
import { Address, ClientKind, Email, Payer, TaxId, TradeRegisterNumber } from '../party.ts'
import type { RejectionCode } from '../rejection.ts'
import { FreeText, Name, personal, Reference } from '../text.ts'
import type { InvoiceMoveDeclined, InvoiceMoved } from './events/merges.ts'
import { VatLine } from './events/parts.ts'
import { FiscalReceipt } from './events/payments.ts'
import type { TransferOrigin } from './events/transfers.ts'
import {
  ClaimKind,
  DeallocationReason,
  DiscountKind,
  InvoiceKind,
  PaperReversalReason,
  PaymentMethod,
  RefundMethod,
  RefundReversalReason,
  ReleaseReason,
  ReversalReason,
} from './vocabulary.ts'

/** Bounds of lists in one command: an append has to stay under the store's megabyte. */
const VAT_LINES_MAX = 20
const INSTALMENTS_MAX = 60
const ALLOCATIONS_MAX = 500
const RESCHEDULED_MAX = 100

const clientFields = {
  kind: ClientKind,
  name: personal(Name),
  taxId: TaxId.optional(),
  tradeRegisterNumber: TradeRegisterNumber.optional(),
  address: personal(Address).optional(),
  email: personal(Email).optional(),
}

export const RegisterClient = z
  .strictObject({ clientId: ClientId, ...clientFields })
  .refine((client) => client.kind === 'INDIVIDUAL' || client.taxId !== undefined, {
    path: ['taxId'],
    error: 'required for a BUSINESS',
  })

export const UpdateClient = z
  .strictObject({ clientId: ClientId, ...z.strictObject(clientFields).partial().shape })
  .refine((change) => Object.keys(change).length > 1, { error: 'at least one field besides clientId' })

const { rate } = VatLine.shape
const VatLines = z.array(z.strictObject({ rate, base: AmountOrZero, vat: AmountOrZero })).max(VAT_LINES_MAX)

const isBelowZero = (amount: string): boolean => amount.startsWith('-')

/** A line with minus takes off an advance that was invoiced, and says which. */
const InvoiceLine = z
  .strictObject({
    rate,
    base: SignedAmount,
    vat: SignedAmount,
    advanceInvoiceId: InvoiceId.optional().meta({
      description:
        'The advance invoice that the line takes off: base and VAT with a minus, at the rate of that invoice',
    }),
  })
  .superRefine(({ base, vat, advanceInvoiceId }, context) => {
    for (const [field, amount] of Object.entries({ base, vat })) {
      const refuse = (message: string): void => context.addIssue({ code: 'custom', path: [field], message })
      if (advanceInvoiceId === undefined && isBelowZero(amount)) refuse('below zero only with advanceInvoiceId')
      if (advanceInvoiceId !== undefined && !isBelowZero(amount) && /[1-9]/.test(amount)) {
        refuse('below zero, for it takes off an advance')
      }
    }
  })

const noInvoiceTwice = (items: readonly { readonly invoiceId: InvoiceId }[]): boolean =>
  new Set(items.map((item) => item.invoiceId)).size === items.length

const conversionRate = ExchangeRate.optional().meta({
  description:
    "Only between two currencies: the price of the foreign one in the functional one; of two foreign ones, that of the invoice's in the payment's",
})

const documentRate = ExchangeRate.optional().meta({
  description:
    'Of a document in another currency than the functional one: what one unit of it is worth. When absent, the recorded rate in force on its day; a company that records none knows no exchange difference',
})

const paidAmount = Amount.optional().meta({
  description:
    "Only between two currencies: what leaves the payment, in its currency. With `amount` it says what was agreed, to one unit of the rate; without, `amount` follows from the rate, and a unit of the payer's rounding closes the invoice",
})

const itemFields = {
  invoiceId: InvoiceId,
  amount: Amount.optional().meta({
    description: "In the invoice's currency; may be left out where `paid` is given",
  }),
  paid: paidAmount,
  exchangeRate: conversionRate,
}
const saysHowMuch = ({ amount, paid }: { readonly amount?: unknown; readonly paid?: unknown }): boolean =>
  amount !== undefined || paid !== undefined
const howMuch = { path: ['amount'], error: 'required where `paid` is not given' }

const Items = z
  .array(z.strictObject(itemFields).refine(saysHowMuch, howMuch))
  .min(1)
  .max(ALLOCATIONS_MAX)
  .refine(noInvoiceTwice, 'no invoice twice')

/** Of a payment that comes in: some of it may be for others. */
const PaymentItems = z
  .array(
    z
      .strictObject({
        ...itemFields,
        invoiceClientId: ClientId.optional().meta({
          description:
            "Of another client's invoice: so much of the payment goes to that account and settles it there. In the payment's currency",
        }),
      })
      .refine(saysHowMuch, howMuch)
      .refine(
        ({ paid, exchangeRate, invoiceClientId }) =>
          invoiceClientId === undefined || (paid === undefined && exchangeRate === undefined),
        { path: ['invoiceClientId'], error: "another client's invoice is paid in the payment's own currency" },
      ),
  )
  .min(1)
  .max(ALLOCATIONS_MAX)
  .refine(
    (items) => new Set(items.map((item) => `${item.invoiceClientId ?? ''} ${item.invoiceId}`)).size === items.length,
    'no invoice twice',
  )

const Instalments = z.array(z.strictObject({ dueOn: BusinessDay, amount: Amount })).max(INSTALMENTS_MAX)

export const RegisterInvoice = z
  .strictObject({
    clientId: ClientId,
    invoiceId: InvoiceId,
    kind: InvoiceKind.optional().meta({ description: 'INVOICE when absent' }),
    series: Reference.optional(),
    number: Reference,
    issuedOn: BusinessDay,
    dueOn: BusinessDay,
    total: Total.meta({ description: 'What is to be paid: advances are taken off. 0.00 is paid at once' }),
    vatLines: z
      .array(InvoiceLine)
      .max(VAT_LINES_MAX)
      .optional()
      .meta({ description: 'total = Σ base + vat; absent: an invoice without VAT' }),
    cashAccounting: z.boolean().optional().meta({ description: 'TVA la încasare' }),
    instalments: Instalments.min(2)
      .optional()
      .meta({ description: 'Several due days; the amounts add up to the total and the last day is dueOn' }),
    instalmentContract: z.boolean().optional(),
    exchangeRate: documentRate,
  })
  .refine(
    ({ kind, vatLines = [] }) => kind !== 'ADVANCE' || vatLines.every((line) => line.advanceInvoiceId === undefined),
    { path: ['vatLines'], error: 'an advance invoice takes no advance off' },
  )

export const RegisterClaim = z.strictObject({
  clientId: ClientId,
  claimId: InvoiceId.meta({
    description: 'Of the same space as ids of invoices: commands that take an invoice take the claim under it',
  }),
  kind: ClaimKind,
  series: Reference.optional(),
  number: Reference.optional().meta({ description: 'What the payer may name it by; its id when absent' }),
  issuedOn: BusinessDay,
  dueOn: BusinessDay,
  total: Money,
  exchangeRate: documentRate,
  note: FreeText.optional(),
})

const allocationOf = <Of extends z.ZodType>(items: Of) =>
  z.discriminatedUnion('rule', [
    z.strictObject({ rule: z.literal('auto') }).meta({
      description:
        "Invoices in the payment's currency: those that remittanceText names; else the one invoice, first instalments of one, or group of 2 to 8 that is exactly the amount, if need be less credit notes on account; else the longest due first",
    }),
    z.strictObject({
      rule: z.literal('explicit'),
      items,
    }),
    z
      .strictObject({ rule: z.literal('named') })
      .meta({ description: "The invoices in the payment's currency that remittanceText names" }),
    z.strictObject({ rule: z.literal('oldestDueFirst') }).meta({
      description: "Invoices in the payment's currency, instalments by their own due days, the longest due first",
    }),
    z.strictObject({ rule: z.literal('none') }),
  ])

/** Within one account. */
export const Allocation = allocationOf(Items)
export type Allocation = z.infer<typeof Allocation>

const CashOverride = z
  .strictObject({ reason: FreeText, approvedBy: Name })
  .meta({ description: 'Who takes the responsibility for cash above a ceiling, and why' })

/** Cash lies in a drawer, and a set-off moves no money. */
const OUTSIDE_BANKS: ReadonlySet<PaymentMethod> = new Set(['CASH', 'SET_OFF'])

const isOfBank = ({
  method,
  bankAccount,
}: {
  readonly method: PaymentMethod
  readonly bankAccount?: Iban | undefined
}) => bankAccount === undefined || !OUTSIDE_BANKS.has(method)

const notOfBank = { path: ['bankAccount'], error: 'only of money that goes through a bank' }

export const RecordPayment = z
  .strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    amount: Money,
    method: PaymentMethod,
    receivedOn: BusinessDay,
    bankReference: Reference.optional(),
    bankAccount: Iban.optional().meta({ description: "The company's own account that it came to, or will come to" }),
    remittanceText: personal(FreeText).optional(),
    purpose: personal(FreeText).optional().meta({
      description: 'What the money is for, in the words of whoever took it in; `remittanceText` has those of the payer',
    }),
    payer: Payer.optional(),
    deskId: CashDeskId.optional(),
    fee: AmountOrZero.optional().meta({
      description: 'Of a bank transfer: what a bank in between kept of the amount, e.g. 20.00 of 10000.00',
    }),
    exchangeRate: documentRate,
    allocation: allocationOf(PaymentItems)
      .optional()
      .meta({ description: 'auto when absent; what is left is client credit' }),
    receipt: z
      .strictObject({ series: ReceiptSeries, receiptId: ReceiptId.optional() })
      .optional()
      .meta({ description: 'Issues the receipt in the same call; cash only' }),
    fiscalReceipt: FiscalReceipt.optional().meta({
      description:
        'The bon fiscal of the cash register; asked for by the policy `amefRequired` for cash of an individual',
    }),
    cashOverride: CashOverride.optional(),
  })
  .refine(isOfBank, notOfBank)

export const AllocatePayment = z
  .strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    invoiceId: InvoiceId,
    amount: Amount.optional().meta({
      description: "In the invoice's currency; may be left out where `paid` is given",
    }),
    paid: paidAmount,
    invoiceClientId: ClientId.optional().meta({
      description:
        "Of another client's invoice: the credit goes to that account and settles it there; an undo leaves it there. In the payment's currency",
    }),
    exchangeRate: conversionRate,
    allocatedOn: BusinessDay.optional(),
    cashOverride: CashOverride.optional(),
  })
  .refine(saysHowMuch, howMuch)
  .refine(({ paid, invoiceClientId }) => paid === undefined || invoiceClientId === undefined, {
    path: ['paid'],
    error: "not for another client's invoice, which is in the payment's currency",
  })

export const DeallocatePayment = z.strictObject({
  clientId: ClientId,
  paymentId: PaymentId,
  invoiceId: InvoiceId,
  amount: Amount.optional().meta({ description: "In the invoice's currency; the whole allocation when absent" }),
  deallocatedOn: BusinessDay.optional().meta({ description: 'Today, Europe/Bucharest, when absent' }),
  reason: DeallocationReason.exclude(['PAYMENT_REVERSED', 'CREDIT_NOTE', 'INVOICE_CANCELLED', 'WRITE_OFF_REVERSED']),
  note: FreeText.optional(),
})

export const ReversePayment = z.strictObject({
  clientId: ClientId,
  paymentId: PaymentId,
  reason: ReversalReason.exclude(['WRONG_INVOICE', 'OTHER']),
  amount: Amount.optional().meta({
    description:
      'What the bank took; absent: what was recorded, whole, or, when a part of what bounces has arrived, what is still on its way',
  }),
  allowExcess: z.boolean().optional().meta({
    description: 'Records an `amount` above what is left of the payment: the client owes the rest, as a claim',
  }),
  reversedOn: BusinessDay.optional().meta({ description: 'Today, Europe/Bucharest, when absent' }),
  note: FreeText.optional(),
})

const terms = {
  invoiceId: InvoiceId,
  dueOn: BusinessDay.optional().meta({ description: 'One new due day for all that is open' }),
  instalments: Instalments.min(1)
    .optional()
    .meta({ description: 'Or several; the amounts add up to what is open and the days rise' }),
}

const isOneOf = (one: unknown, other: unknown): boolean => (one === undefined) !== (other === undefined)

const RescheduledItem = z
  .strictObject(terms)
  .refine(({ dueOn, instalments }) => isOneOf(dueOn, instalments), { error: 'either dueOn or instalments' })

export const RescheduleInvoice = z
  .strictObject({
    clientId: ClientId,
    ...z.strictObject(terms).partial().shape,
    items: z
      .array(RescheduledItem)
      .min(1)
      .max(RESCHEDULED_MAX)
      .refine(noInvoiceTwice, 'no invoice twice')
      .optional()
      .meta({ description: 'A payment plan over several invoices, in place of one invoiceId' }),
    reason: FreeText,
    agreedOn: BusinessDay.meta({ description: 'The new days hold from here on; nothing changes before' }),
  })
  .refine(({ invoiceId, items }) => isOneOf(invoiceId, items), { error: 'either invoiceId or items' })
  .refine(({ invoiceId, dueOn, instalments }) => (invoiceId === undefined) !== isOneOf(dueOn, instalments), {
    error: 'either dueOn or instalments beside invoiceId, neither beside items',
  })

export const CancelInvoice = z.strictObject({
  clientId: ClientId,
  invoiceId: InvoiceId,
  reason: FreeText,
  cancelledOn: BusinessDay.optional().meta({ description: 'Today, Europe/Bucharest, when absent' }),
  freeSettlements: z.boolean().optional().meta({
    description:
      'First takes off the invoice all that settles it: money becomes client credit again, papers are reversed',
  }),
})

const CreditNoteFields = z.strictObject({
  clientId: ClientId,
  creditNoteId: CreditNoteId,
  invoiceId: InvoiceId.optional().meta({ description: 'The invoice that it lowers; absent: it becomes client credit' }),
  corrects: InvoiceId.optional().meta({
    description: 'Of one that becomes client credit: the invoice whose VAT it takes back, in its own month',
  }),
  series: Reference.optional(),
  number: Reference,
  issuedOn: BusinessDay,
  total: Money.meta({ description: 'Positive: what the client owes less' }),
  vatLines: VatLines.optional(),
  cashAccounting: z.boolean().optional().meta({ description: "The invoice's own when it names one" }),
  exchangeRate: documentRate.meta({ description: "Only of one on account; against an invoice it takes the invoice's" }),
})

export const RegisterCreditNote = CreditNoteFields.refine(
  ({ invoiceId, corrects }) => invoiceId === undefined || corrects === undefined,
  { path: ['corrects'], error: 'not beside invoiceId: what is lowered is corrected' },
)

export const ConfirmPaymentCleared = z.strictObject({
  clientId: ClientId,
  paymentId: PaymentId,
  amount: Amount.optional().meta({ description: 'A part, before the fee; all that is on its way when absent' }),
  clearedOn: BusinessDay.optional().meta({ description: 'Today, Europe/Bucharest, when absent' }),
  fee: AmountOrZero.optional().meta({ description: 'What the processor or courier kept, e.g. 5.00 of 500.00' }),
  bankReference: Reference.optional(),
})

export const RecordRefund = z
  .strictObject({
    clientId: ClientId,
    refundId: RefundId,
    paymentId: PaymentId.meta({ description: 'The payment or credit note whose credit is given back' }),
    amount: z.union([Amount, Money], 'a decimal string, e.g. "290.00", or an amount in its currency').meta({
      description: "What leaves the desk or the bank: in the credit's currency, or as an object in its own",
      examples: ['90.00'],
    }),
    exchangeRate: ExchangeRate.optional().meta({
      description:
        "Rate of the refund itself. In the credit's own, foreign currency: what one unit is worth. Between two currencies it is required: the price of the foreign one in the functional one; of two foreign ones, that of what leaves in the credit's",
    }),
    method: RefundMethod,
    refundedOn: BusinessDay.optional().meta({ description: 'Today, Europe/Bucharest, when absent' }),
    deskId: CashDeskId.optional(),
    bankAccount: Iban.optional().meta({ description: "The company's own account that it leaves" }),
    document: Reference.optional().meta({ description: "Number of the dispoziție de plată, or the bank's reference" }),
    allowExcess: z.boolean().optional().meta({
      description: 'Records money that left beyond the credit, too: the client owes it, as a claim',
    }),
    note: FreeText.optional(),
    cashOverride: CashOverride.optional(),
  })
  .refine(isOfBank, notOfBank)

export const TransferCredit = z.strictObject({
  clientId: ClientId.meta({ description: 'Whose credit it is' }),
  toClientId: ClientId,
  paymentId: PaymentId.meta({ description: 'The payment or credit note whose credit moves' }),
  transferId: PaymentId.optional().meta({
    description: "The credit's id in the other account, where it stands among the payments; derived when absent",
  }),
  amount: Amount,
  movedOn: BusinessDay.optional().meta({ description: 'Today, Europe/Bucharest, when absent' }),
  reason: FreeText,
})

export const MergeClients = z.strictObject({
  clientId: ClientId.meta({ description: 'The account that is closed' }),
  intoClientId: ClientId.meta({ description: 'The same debtor, whose account takes what is open' }),
  mergedOn: BusinessDay.optional().meta({ description: 'Today, Europe/Bucharest, when absent' }),
  reason: FreeText,
})

export const ReleaseCredit = z.strictObject({
  clientId: ClientId,
  paymentId: PaymentId.meta({ description: 'The payment or credit note whose credit ends' }),
  amount: Amount,
  reason: ReleaseReason,
  releasedOn: BusinessDay.optional().meta({ description: 'Today, Europe/Bucharest, when absent' }),
  approvedBy: Name,
})

export const WriteOffInvoice = z.strictObject({
  clientId: ClientId,
  writeOffId: WriteOffId.optional(),
  invoiceId: InvoiceId,
  amount: Amount.optional().meta({ description: 'All that is open when absent' }),
  reason: FreeText,
  approvedBy: Name,
  writtenOffOn: BusinessDay.optional().meta({ description: 'Today, Europe/Bucharest, when absent' }),
})

export const GrantDiscount = z.strictObject({
  clientId: ClientId,
  discountId: DiscountId.optional(),
  invoiceId: InvoiceId,
  kind: DiscountKind,
  amount: Amount.meta({ description: 'VAT included' }),
  vatLines: VatLines.optional().meta({ description: 'The VAT taken back: amount = Σ base + vat; absent: none' }),
  grantedOn: BusinessDay.optional().meta({ description: 'Today, Europe/Bucharest, when absent' }),
  note: FreeText.optional(),
})

export const RecordSetOff = z.strictObject({
  clientId: ClientId,
  paymentId: PaymentId.meta({ description: 'Id of the set-off: it settles as a payment does' }),
  amount: Money,
  setOffOn: BusinessDay,
  exchangeRate: documentRate,
  document: Reference.meta({ description: 'Number of the set-off record or ordin de compensare' }),
  items: Items.meta({ description: 'Adds up to the amount: a set-off leaves no credit' }),
  note: FreeText.optional(),
})

/** What a person may say: a cancellation takes papers back by itself. */
const PaperReason = PaperReversalReason.exclude(['INVOICE_CANCELLED'])

/** When and why something recorded is taken back. */
const takenBack = {
  reversedOn: BusinessDay.optional().meta({
    description: 'Never before what it takes back. Today, Europe/Bucharest, when absent',
  }),
  note: FreeText.optional(),
}

export const ReverseCreditNote = z.strictObject({
  clientId: ClientId,
  creditNoteId: CreditNoteId,
  reason: PaperReason,
  ...takenBack,
})

export const ReverseDiscount = z.strictObject({
  clientId: ClientId,
  discountId: DiscountId,
  reason: PaperReason,
  ...takenBack,
})

export const ReverseWriteOff = z.strictObject({
  clientId: ClientId,
  writeOffId: WriteOffId,
  reason: PaperReason,
  ...takenBack,
})

export const ReverseRefund = z.strictObject({
  clientId: ClientId,
  refundId: RefundId,
  reason: RefundReversalReason,
  ...takenBack,
})

export const ReverseSetOff = z.strictObject({
  clientId: ClientId,
  paymentId: PaymentId.meta({ description: 'Id of the set-off' }),
  reason: PaperReason,
  ...takenBack,
})

export const IssueReceipt = z.strictObject({
  clientId: ClientId,
  paymentId: PaymentId,
  series: ReceiptSeries,
  issuedOn: BusinessDay,
  receiptId: ReceiptId.optional(),
})

/** Commands of the process that carries a receipt through two streams; no route leads here. */
export interface DeclineReceipt {
  readonly clientId: ClientId
  readonly paymentId: PaymentId
  readonly receiptId: ReceiptId
  readonly series: ReceiptSeries
  readonly code: RejectionCode
}

export interface ReleaseReceipt {
  readonly clientId: ClientId
  readonly paymentId: PaymentId
  readonly receiptId: ReceiptId
  readonly series: ReceiptSeries
  readonly number: number
  readonly annulledOn: BusinessDay
  readonly alsoReversePayment: boolean
}

/** Commands of the process that carries a transfer through two accounts; no route leads here. */
export interface ReceiveTransfer {
  readonly clientId: ClientId
  readonly origin: TransferOrigin
  readonly transferId: PaymentId
  readonly amount: Money
  readonly functional?: MoneyOrZero | undefined
  readonly movedOn: BusinessDay
  readonly collectedOn?: BusinessDay | undefined
  readonly invoiceId?: InvoiceId | undefined
  readonly returnsTo?: PaymentId | undefined
  readonly merges?: boolean | undefined
  readonly noteOf?: TransferOrigin | undefined
  readonly cashOf?: ClientKind | undefined
  readonly cashOverride?: z.infer<typeof CashOverride> | undefined
  readonly reason: string
}

export interface CompleteTransfer {
  readonly clientId: ClientId
  readonly paymentId: PaymentId
  readonly transferId: PaymentId
}

/** What was received goes back, for the money that it is of is gone: as much of it as is there, and is asked for. */
export interface RecallTransfer {
  readonly clientId: ClientId
  /** The credit in this account. */
  readonly paymentId: PaymentId
  readonly amount: Money
  /** Of the way back. */
  readonly transferId: PaymentId
  readonly reversedOn: BusinessDay
  readonly reason: string
}

/** What is back is reversed. */
export interface ConcludeReversal {
  readonly clientId: ClientId
  readonly paymentId: PaymentId
  readonly amount: Money
  readonly reason: ReversalReason
  readonly reversedOn: BusinessDay
  readonly note?: string | undefined
  /** Of what did not come back. */
  readonly claimId: InvoiceId
}

export interface DeclineTransfer extends CompleteTransfer {
  readonly code: RejectionCode
}

/** Commands of the process that merges one account into another; no route leads here. */
export interface AcceptMerge {
  readonly clientId: ClientId
  readonly fromClientId: ClientId
}

export interface ConfirmMerge {
  readonly clientId: ClientId
}

export interface DeclineMerge {
  readonly clientId: ClientId
  readonly code: RejectionCode
}

/** Of these, what is left moves. */
export interface MoveItems {
  readonly clientId: ClientId
  readonly invoices: readonly { readonly invoiceId: InvoiceId; readonly moveId: string }[]
  readonly credits: readonly { readonly paymentId: PaymentId; readonly transferId: PaymentId }[]
}

export type ReceiveInvoice = EventOf<typeof InvoiceMoved>['data']

export type DeclineInvoiceMove = EventOf<typeof InvoiceMoveDeclined>['data']

export interface ConcludeMerge {
  readonly clientId: ClientId
  readonly round: number
}

/** Commands of the process that carries an identification through two streams; no route leads here. */
export interface ReceiveIdentification {
  readonly clientId: ClientId
  /** The unidentified payment, and what its stream knows of it. */
  readonly paymentId: PaymentId
  readonly identificationId: PaymentId
  readonly amount: Money
  readonly functional?: MoneyOrZero | undefined
  readonly method: PaymentMethod
  readonly identifiedOn: BusinessDay
  readonly collectedOn: BusinessDay
  readonly bankReference?: string | undefined
  readonly remittanceText?: string | undefined
  readonly allocation: Allocation
}

/** Whose account it is stands in the company's stream. */
export interface TakeIdentificationBack {
  readonly clientId: ClientId
  readonly paymentId: PaymentId
  readonly identificationId: PaymentId
  readonly method: PaymentMethod
  readonly undoneOn?: BusinessDay | undefined
  readonly reason: string
}

/** A receipt needs an id before its number is known; the edge derives it when the caller gives none. */
export type WithReceiptId<Command> = Command & { readonly receiptId: ReceiptId }

/** As with receipts: the credit that moves needs an id of its own. */
export type WithTransferId<Command> = Command & { readonly transferId: PaymentId }

/** What leaves beyond what is there becomes a claim, under an id that a retry derives again. */
export type WithClaimId<Command> = Command & { readonly claimId: InvoiceId }

/** An allocation to another client's invoice, as its own account knows it: credit that goes there. */
export type PayForAnother = WithTransferId<
  Omit<z.infer<typeof AllocatePayment>, 'invoiceClientId' | 'amount' | 'paid'> & {
    readonly invoiceClientId: ClientId
    readonly amount: string
  }
>

type RecordPaymentData = z.infer<typeof RecordPayment>

/** A part of a payment that is for another client's invoice: the edge sorts it out, and gives the transfer its id. */
export interface ForAnother {
  readonly invoiceClientId: ClientId
  readonly invoiceId: InvoiceId
  readonly amount: string
  readonly transferId: PaymentId
  /** JSON pointer to the item. */
  readonly path: string
}

export type AccountCommand =
  | Message<'RegisterClient', z.infer<typeof RegisterClient>>
  | Message<'UpdateClient', z.infer<typeof UpdateClient>>
  | Message<'RegisterInvoice', z.infer<typeof RegisterInvoice>>
  | Message<'RegisterClaim', z.infer<typeof RegisterClaim>>
  | Message<
      'RecordPayment',
      Omit<RecordPaymentData, 'receipt' | 'allocation'> & {
        readonly allocation?: Allocation | undefined
        readonly forOthers?: readonly ForAnother[] | undefined
        readonly receipt?: WithReceiptId<{ readonly series: ReceiptSeries }> | undefined
      }
    >
  | Message<'AllocatePayment', Omit<z.infer<typeof AllocatePayment>, 'invoiceClientId'>>
  | Message<'DeallocatePayment', z.infer<typeof DeallocatePayment>>
  | Message<'ReversePayment', WithClaimId<z.infer<typeof ReversePayment>>>
  | Message<'RescheduleInvoice', z.infer<typeof RescheduleInvoice>>
  | Message<'CancelInvoice', z.infer<typeof CancelInvoice>>
  | Message<'RegisterCreditNote', z.infer<typeof RegisterCreditNote>>
  | Message<'ConfirmPaymentCleared', z.infer<typeof ConfirmPaymentCleared>>
  | Message<'RecordRefund', WithClaimId<z.infer<typeof RecordRefund>>>
  | Message<'ReleaseCredit', z.infer<typeof ReleaseCredit>>
  | Message<'WriteOffInvoice', z.infer<typeof WriteOffInvoice>>
  | Message<'GrantDiscount', z.infer<typeof GrantDiscount>>
  | Message<'RecordSetOff', z.infer<typeof RecordSetOff>>
  | Message<'ReverseCreditNote', z.infer<typeof ReverseCreditNote>>
  | Message<'ReverseDiscount', z.infer<typeof ReverseDiscount>>
  | Message<'ReverseWriteOff', z.infer<typeof ReverseWriteOff>>
  | Message<'ReverseRefund', z.infer<typeof ReverseRefund>>
  | Message<'ReverseSetOff', z.infer<typeof ReverseSetOff>>
  | Message<'IssueReceipt', WithReceiptId<z.infer<typeof IssueReceipt>>>
  | Message<'TransferCredit', WithTransferId<z.infer<typeof TransferCredit>>>
  | Message<'PayForAnother', PayForAnother>
  | Message<'ReceiveTransfer', ReceiveTransfer>
  | Message<'CompleteTransfer', CompleteTransfer>
  | Message<'DeclineTransfer', DeclineTransfer>
  | Message<'RecallTransfer', RecallTransfer>
  | Message<'ConcludeReversal', ConcludeReversal>
  | Message<'MergeClients', z.infer<typeof MergeClients>>
  | Message<'AcceptMerge', AcceptMerge>
  | Message<'ConfirmMerge', ConfirmMerge>
  | Message<'DeclineMerge', DeclineMerge>
  | Message<'MoveItems', MoveItems>
  | Message<'ReceiveInvoice', ReceiveInvoice>
  | Message<'DeclineInvoiceMove', DeclineInvoiceMove>
  | Message<'ConcludeMerge', ConcludeMerge>
  | Message<'ReceiveIdentification', ReceiveIdentification>
  | Message<'UndoIdentification', TakeIdentificationBack>
  | Message<'DeclineReceipt', DeclineReceipt>
  | Message<'ReleaseReceipt', ReleaseReceipt>

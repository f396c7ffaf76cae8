// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay, Month } from '../business-day.ts'
import type { EventOf } from '../event-definition.ts'
import { defineEvent } from '../event-definition.ts'
import { ExchangeRate } from '../exchange-rate.ts'
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
import { Currency, Money, MoneyOrZero, Total } from '../money.ts'
import { Address, ClientKind, Email, Payer, TaxId, TradeRegisterNumber } from '../party.ts'
import { REJECTION_CODES } from '../rejection.ts'
import { FreeText, Name, personal, Reference } from '../text.ts'
import { transferEventDefinitions } from './transfer-events.ts'
import {
  AllocationRule,
  AllocationStage,
  CashBreachCode,
  DeallocationReason,
  DiscountKind,
  InvoiceKind,
  PaperReversalReason,
  PaymentMethod,
  PaymentNoticeCode,
  RefundMethod,
  RefundReversalReason,
  ReleaseReason,
  ReversalReason,
} from './vocabulary.ts'

const clientDetails = {
  kind: ClientKind,
  name: personal(Name),
  taxId: TaxId.optional(),
  tradeRegisterNumber: TradeRegisterNumber.optional(),
  address: personal(Address).optional(),
  email: personal(Email).optional(),
}

/** Who else of the company was known to have the same fiscal code. */
const taxIdUsedBy = z.array(ClientId).min(1).optional()

export const ClientRegistered = defineEvent({
  type: 'ClientRegistered',
  version: 1,
  data: z.strictObject({ clientId: ClientId, ...clientDetails, taxIdUsedBy }),
})

/** Only the fields that changed: personal data stands in as few events as possible. */
export const ClientUpdated = defineEvent({
  type: 'ClientUpdated',
  version: 1,
  data: z.strictObject({ clientId: ClientId, ...z.strictObject(clientDetails).partial().shape, taxIdUsedBy }),
})

export const VatLine = z.strictObject({
  /** Percent as printed, e.g. `21`. */
  rate: z
    .string()
    .regex(/^(0|[1-9][0-9]?)(\.[0-9]{1,2})?$/, 'a percentage, e.g. "21"')
    .meta({ examples: ['21'] }),
  base: z.string(),
  vat: z.string(),
  /** Of an invoice: the advance invoice that the line takes off, with a minus. */
  advanceInvoiceId: InvoiceId.optional(),
})

export type VatLine = z.infer<typeof VatLine>

/** Of a document in another currency than the functional one, when somebody said what that was worth. */
const valued = {
  exchangeRate: ExchangeRate.optional(),
  /** What the whole document is worth at that rate. */
  functional: MoneyOrZero.optional(),
}

/** The part of a document's functional value that goes with what the event takes; the last part takes the rest. */
const functionalPart = { functional: MoneyOrZero.optional() }

/**
 * Between two currencies: what of the payment is used, or what leaves with a refund. The event's `amount` is what is
 * settled of the invoice, or what goes of the credit.
 */
const Conversion = z.strictObject({ paid: Money, ...ExchangeRate.shape })

/**
 * What goes of the functional value of the invoice and of the payment, decimal strings; absent where no rate tells.
 * The difference, payment less invoice, is a gain (765) or, negative, a loss (665).
 */
const FunctionalParts = z.strictObject({
  currency: Currency,
  invoice: z.string().optional(),
  payment: z.string().optional(),
  difference: z.string().optional(),
})
export type FunctionalParts = z.infer<typeof FunctionalParts>

/**
 * What left with a refund was worth this in the functional currency, at the refund's own rate; decimal strings. The
 * difference, what the credit was worth less that, is a gain (765) or, negative, a loss (665); absent where no rate tells
 * what the credit was worth.
 */
const worthOfRefund = z
  .strictObject({ currency: Currency, paid: z.string(), difference: z.string().optional() })
  .optional()

/** Papers of other clients that were known to have the same series, number and year; of an invoice or a credit note. */
const numberUsedBy = z
  .array(
    z.strictObject({
      clientId: ClientId,
      kind: z.enum(['INVOICE', 'CREDIT_NOTE']),
      documentId: z.union([InvoiceId, CreditNoteId]),
    }),
  )
  .min(1)
  .optional()

export const InvoiceRegistered = defineEvent({
  type: 'InvoiceRegistered',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    invoiceId: InvoiceId,
    kind: InvoiceKind,
    series: Reference.optional(),
    number: Reference,
    issuedOn: BusinessDay,
    /** Last day to pay without being late; of instalments, the last one's. */
    dueOn: BusinessDay,
    /** May be `0.00`: an invoice that advances cover. */
    total: Total,
    /** Empty: no VAT (issuer not registered, exempt). Amounts have exactly the currency's digits. */
    vatLines: z.array(VatLine),
    /** TVA la încasare is a fact of the invoice at issue, not of the issuer today (Legea 227/2015 art. 282 (3)). */
    cashAccounting: z.boolean(),
    /** Due days in order; empty when the whole is due on `dueOn`. */
    instalments: z.array(z.strictObject({ dueOn: BusinessDay, amount: z.string() })),
    /** An instalment sale contract with an individual is outside the cash ceiling (Legea 70/2015 art. 4 (3)). */
    instalmentContract: z.boolean(),
    ...valued,
    numberUsedBy,
  }),
})

/** Amounts are decimal strings in RON; `law` names the act whose dated figure was compared. */
export const CashBreach = z.strictObject({
  code: CashBreachCode,
  limit: z.string(),
  observed: z.string(),
  day: BusinessDay,
  deskId: CashDeskId.optional(),
  invoiceId: InvoiceId.optional(),
  law: z.string(),
})
export type CashBreach = z.infer<typeof CashBreach>

/** `limit` is a decimal string in RON, where the rule has one. */
export const PaymentNotice = z.strictObject({ code: PaymentNoticeCode, limit: z.string().optional(), law: z.string() })
export type PaymentNotice = z.infer<typeof PaymentNotice>

/** The bon fiscal that a cash register printed for the money; the ledger keeps where to find it, no more. */
export const FiscalReceipt = z.strictObject({
  /** Serial number of the cash register (AMEF). */
  register: Reference,
  /** Number of the daily Z report. */
  report: z.int().positive().optional(),
  number: z.int().positive(),
  issuedOn: BusinessDay,
})

/** Of a cheque or promissory note that is partly collected: what of the amount it has brought, in the invoice's currency. */
const collected = { collected: z.string().optional() }

/** Of money on its way, decimal string: what of it still is, after the event; absent: nothing. */
const stillInTransit = { stillInTransit: z.string().optional() }

export const PaymentRecorded = defineEvent({
  type: 'PaymentRecorded',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    amount: Money,
    method: PaymentMethod,
    /** Day in Europe/Bucharest on which the money arrived: the bank's value date, not the day we heard of it. */
    receivedOn: BusinessDay,
    /** How the payment was spread, with the rule's version, so that history stays explicable when a rule changes. */
    allocationRule: AllocationRule,
    /** Of `auto`: what told it how, and what it left out because too much is open to be tried. */
    allocationStage: AllocationStage.optional(),
    skippedStages: z.array(AllocationStage).optional(),
    /** What the payer names and no open invoice has, as written; with the one invoice that has it and is not open. */
    unmetNames: z.array(z.strictObject({ name: personal(z.string()), invoiceId: InvoiceId.optional() })).optional(),
    bankReference: Reference.optional(),
    remittanceText: personal(FreeText).optional(),
    payer: Payer.optional(),
    deskId: CashDeskId.optional(),
    /** What a bank in between kept: the debtor has paid the whole, the bank's turnover is less. Decimal string. */
    fee: z.string().optional(),
    ...valued,
    /** A cheque or promissory note that settles, but counts as paid only when it is collected. */
    paidWhenCleared: z.boolean().optional(),
    fiscalReceipt: FiscalReceipt.optional(),
    /** Rules about cash that this payment broke and the company lets pass with a warning. */
    cashBreaches: z.array(CashBreach).optional(),
    notices: z.array(PaymentNotice).optional(),
    /** Payments of the company that were known to have the same bank reference, day and amount. */
    looksLike: z
      .array(z.strictObject({ clientId: ClientId, paymentId: PaymentId }))
      .min(1)
      .optional(),
  }),
})

/** Day of the rows of VAT: the money's own as long as that is open. */
const VatDay = z.strictObject({
  on: BusinessDay,
  /** Month whose return should have had it: that is closed, so the rows stand on the first open day. */
  belongsTo: Month.optional(),
})
export type VatDay = z.infer<typeof VatDay>

export const PaymentAllocated = defineEvent({
  type: 'PaymentAllocated',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    invoiceId: InvoiceId,
    amount: Money,
    /** Effective day: the latest of payment, invoice, the day asked for and the last undo that touched either. */
    allocatedOn: BusinessDay,
    /** Day of the money itself; absent of a cheque that is not collected yet, of a credit note, and in old events. */
    collectedOn: BusinessDay.optional(),
    /** Where the VAT stands that the money makes exigible, if not on `allocatedOn`. */
    vat: VatDay.optional(),
    rule: AllocationRule,
    /** Of what was written off, which the books have no receivable for any more: it is income (5121 = 754). */
    recovers: z.literal(true).optional(),
    /** The money had recovered a write-off that the same append takes back: what VAT it makes exigible, it made then. */
    hadRecovered: z.literal(true).optional(),
    conversion: Conversion.optional(),
    functional: FunctionalParts.optional(),
    /** The payment counts as paid only when it is cleared, and is not yet; but for what is `collected`. */
    uncleared: z.boolean().optional(),
    ...collected,
    /** Rules about cash that an allocation after the payment broke and the company lets pass with a warning. */
    cashBreaches: z.array(CashBreach).optional(),
  }),
})

export const PaymentDeallocated = defineEvent({
  type: 'PaymentDeallocated',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    invoiceId: InvoiceId,
    amount: Money,
    deallocatedOn: BusinessDay,
    reason: DeallocationReason,
    /** Of what it had recovered of a write-off, rather than of what it settles. */
    recovers: z.literal(true).optional(),
    /** The credit note of the same append, which what is freed makes room for. */
    creditNoteId: CreditNoteId.optional(),
    /** What goes back to the payment, when its currency is another than the invoice's. */
    conversion: z.strictObject({ paid: MoneyOrZero }).optional(),
    /** What goes back of what the allocation had taken: to the last unit, so that nothing is left over. */
    functional: FunctionalParts.optional(),
    /** The payment counts as paid only when it is cleared, and is not yet; but for what is `collected`. */
    uncleared: z.boolean().optional(),
    ...collected,
    note: FreeText.optional(),
  }),
})

/**
 * The money is gone again, or a part of it: what of it had not been given back before. What it had settled was reopened by
 * the `PaymentDeallocated` events before this one.
 */
export const PaymentReversed = defineEvent({
  type: 'PaymentReversed',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    amount: Money,
    ...functionalPart,
    method: PaymentMethod,
    /** Whether the money had arrived: then it leaves the bank, not the way to it. */
    cleared: z.boolean(),
    /** Of money that had arrived in part: what goes off the way to the bank, decimal string. */
    takenInTransit: z.string().optional(),
    ...stillInTransit,
    deskId: CashDeskId.optional(),
    reason: ReversalReason,
    reversedOn: BusinessDay,
    note: FreeText.optional(),
  }),
})

/** Somebody who may took the responsibility for cash above a ceiling; who and why is the point of the event. */
export const CashLimitOverridden = defineEvent({
  type: 'CashLimitOverridden',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    breaches: z.array(CashBreach).min(1),
    reason: FreeText,
    approvedBy: Name,
  }),
})

/**
 * Money on its way arrived, or a part of it: card, courier, cheque, promissory note (of which the bearer may not refuse a
 * part, Legea 58/1934 art. 42). What the fee took never reaches the bank.
 */
export const PaymentCleared = defineEvent({
  type: 'PaymentCleared',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    amount: Money,
    method: PaymentMethod,
    /** Decimal string in the payment's currency; `0.00` without a fee. */
    fee: z.string(),
    clearedOn: BusinessDay,
    /** What it settles at this moment and now counts as paid, in each invoice's currency. */
    settles: z.array(z.strictObject({ invoiceId: InvoiceId, amount: Money })).optional(),
    /** The same of a part of a paper that counted as paid from the first: VAT becomes exigible with the money. */
    collects: z.array(z.strictObject({ invoiceId: InvoiceId, amount: Money })).optional(),
    ...stillInTransit,
    bankReference: Reference.optional(),
  }),
})

export const RefundRecorded = defineEvent({
  type: 'RefundRecorded',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    refundId: RefundId,
    /** Whose credit is given back. */
    paymentId: PaymentId,
    /** What goes of the credit, in its own currency. */
    amount: Money,
    ...functionalPart,
    /** What leaves the desk or the bank, in another currency than the credit's. */
    conversion: Conversion.optional(),
    /** In the credit's own, foreign currency: what one unit was worth on the day that it left. */
    exchangeRate: ExchangeRate.optional(),
    worth: worthOfRefund,
    method: RefundMethod,
    /**
     * By card or payment service, decimal string: what is kept from the payout that is still to come; the rest leaves the bank.
     * Absent in what was recorded before there was the difference: all of it left the way.
     */
    takenInTransit: z.string().optional(),
    refundedOn: BusinessDay,
    deskId: CashDeskId.optional(),
    /** Number of the dispoziție de plată or the bank's reference. */
    document: Reference.optional(),
    note: FreeText.optional(),
    /** Rules about cash that it broke and the company lets pass with a warning. */
    cashBreaches: z.array(CashBreach).optional(),
  }),
})

/**
 * Other due days were agreed for all that was open. They hold from `agreedOn` on; what was due before stays so on earlier
 * days, and what was settled keeps its own due days (Codul civil art. 1270 (2): parties change their contract by agreement).
 */
export const InvoiceRescheduled = defineEvent({
  type: 'InvoiceRescheduled',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    invoiceId: InvoiceId,
    /** What was open. */
    amount: Money,
    /** Due days in order, at least one; they add up to the amount. */
    instalments: z.array(z.strictObject({ dueOn: BusinessDay, amount: z.string() })).min(1),
    agreedOn: BusinessDay,
    reason: FreeText,
  }),
})

/** Credit that the client will not have back: income (758), or what is owed to the staff (462). No money moves. */
export const CreditReleased = defineEvent({
  type: 'CreditReleased',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    amount: Money,
    ...functionalPart,
    reason: ReleaseReason,
    releasedOn: BusinessDay,
    approvedBy: Name,
  }),
})

/** Never delivered or sent: all of it leaves the books, VAT included. */
export const InvoiceCancelled = defineEvent({
  type: 'InvoiceCancelled',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    invoiceId: InvoiceId,
    kind: InvoiceKind,
    total: Total,
    ...functionalPart,
    vatLines: z.array(VatLine),
    cashAccounting: z.boolean(),
    cancelledOn: BusinessDay,
    reason: FreeText,
  }),
})

/**
 * Factură storno: lowers what an invoice still asks for, or, without an invoice, becomes client credit. What money had
 * settled of it was freed by the `PaymentDeallocated` events before this one.
 */
export const CreditNoteRegistered = defineEvent({
  type: 'CreditNoteRegistered',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    creditNoteId: CreditNoteId,
    invoiceId: InvoiceId.optional(),
    /** Of one on account: the invoice whose VAT it takes back. What is open of that stays, and what it credits is the client's. */
    corrects: InvoiceId.optional(),
    /** Of the invoice that it lowers: an advance is no revenue yet. */
    kind: InvoiceKind,
    series: Reference.optional(),
    number: Reference,
    issuedOn: BusinessDay,
    /** Effective day on the account: never before the invoice or the last undo on it. */
    creditedOn: BusinessDay,
    total: Money,
    /** Only of one on account: it is worth something of its own. */
    exchangeRate: ExchangeRate.optional(),
    ...functionalPart,
    vatLines: z.array(VatLine),
    cashAccounting: z.boolean(),
    numberUsedBy,
  }),
})

export const DiscountGranted = defineEvent({
  type: 'DiscountGranted',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    /** Absent: the event's own id names it. */
    discountId: DiscountId.optional(),
    invoiceId: InvoiceId,
    kind: DiscountKind,
    amount: Money,
    ...functionalPart,
    /** The VAT that is taken back with the discount; empty: none. */
    vatLines: z.array(VatLine),
    cashAccounting: z.boolean(),
    grantedOn: BusinessDay,
    note: FreeText.optional(),
  }),
})

/** Scoatere din evidență. The VAT stays as it is: adjusting it needs the cases of Legea 227/2015 art. 287. */
export const InvoiceWrittenOff = defineEvent({
  type: 'InvoiceWrittenOff',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    /** Absent: the event's own id names it. */
    writeOffId: WriteOffId.optional(),
    invoiceId: InvoiceId,
    amount: Money,
    ...functionalPart,
    writtenOffOn: BusinessDay,
    reason: FreeText,
    approvedBy: Name,
  }),
})

/**
 * What takes a paper back says all that the paper said of amounts: it restores them to the ban, and a reader need not look
 * the paper up. The paper stays in the history, as having held until `reversedOn`.
 */
const takenBack = { reversedOn: BusinessDay, reason: PaperReversalReason, note: FreeText.optional() }

/** The invoice asks for it again; of one on account the credit is gone, and what it settled was reopened before. */
export const CreditNoteReversed = defineEvent({
  type: 'CreditNoteReversed',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    creditNoteId: CreditNoteId,
    invoiceId: InvoiceId.optional(),
    corrects: InvoiceId.optional(),
    kind: InvoiceKind,
    total: Money,
    ...functionalPart,
    vatLines: z.array(VatLine),
    cashAccounting: z.boolean(),
    ...takenBack,
  }),
})

export const DiscountReversed = defineEvent({
  type: 'DiscountReversed',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    discountId: DiscountId,
    invoiceId: InvoiceId,
    kind: DiscountKind,
    amount: Money,
    ...functionalPart,
    vatLines: z.array(VatLine),
    cashAccounting: z.boolean(),
    ...takenBack,
  }),
})

/** Reactivare: the debt stands in the books again. */
export const WriteOffReversed = defineEvent({
  type: 'WriteOffReversed',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    writeOffId: WriteOffId,
    invoiceId: InvoiceId,
    amount: Money,
    ...functionalPart,
    ...takenBack,
  }),
})

/** The money is the client's credit again: the bank returned it, or it never left. */
export const RefundReversed = defineEvent({
  type: 'RefundReversed',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    refundId: RefundId,
    paymentId: PaymentId,
    amount: Money,
    ...functionalPart,
    /** What comes back to the desk or the bank, in another currency than the credit's. */
    conversion: z.strictObject({ paid: Money }).optional(),
    /** What the refund said of it: the exchange difference is taken back to the last unit. */
    worth: worthOfRefund,
    method: RefundMethod,
    /** What of it is on its way again, as it was kept from the payout. */
    takenInTransit: z.string().optional(),
    deskId: CashDeskId.optional(),
    ...takenBack,
    reason: RefundReversalReason,
  }),
})

/** What one receipt says it is for; frozen when the receipt is asked for. */
export const SettledInvoice = z.strictObject({
  invoiceId: InvoiceId,
  series: Reference.optional(),
  number: Reference,
  issuedOn: BusinessDay,
  /** In the payment's currency. */
  amount: Money,
  /** What was open on the invoice after this payment, in the invoice's currency; `0.00` when it is settled. */
  openAfter: z.string(),
  /** Of an invoice in another currency: what is settled of it, and the rate that the paper has to name. */
  conversion: z.strictObject({ settled: Money, rate: z.string() }).optional(),
})

export const ReplacedReceipt = z.strictObject({ series: ReceiptSeries, number: z.int().positive() })

/** Reserves the receipt: no second one for the same payment while this one lives. The number comes from the book. */
export const ReceiptRequested = defineEvent({
  type: 'ReceiptRequested',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    receiptId: ReceiptId,
    series: ReceiptSeries,
    issuedOn: BusinessDay,
    amount: Money,
    settles: z.array(SettledInvoice),
    /** The part that settles nothing yet, decimal string in the payment's currency. */
    advance: z.string(),
    /** The annulled receipt of the same payment that this one stands in for. */
    replaces: ReplacedReceipt.optional(),
  }),
})

/** The book said no after the request (range used up meanwhile, a later date issued first): the payment is free again. */
export const ReceiptDeclined = defineEvent({
  type: 'ReceiptDeclined',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    receiptId: ReceiptId,
    series: ReceiptSeries,
    code: z.enum(REJECTION_CODES),
  }),
})

/** The receipt was annulled in its book: the payment may have another one. */
export const ReceiptReleased = defineEvent({
  type: 'ReceiptReleased',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    receiptId: ReceiptId,
    series: ReceiptSeries,
    number: z.int().positive(),
    releasedOn: BusinessDay,
  }),
})

export const accountEventDefinitions = [
  ClientRegistered,
  ClientUpdated,
  InvoiceRegistered,
  PaymentRecorded,
  PaymentAllocated,
  PaymentDeallocated,
  PaymentReversed,
  CashLimitOverridden,
  PaymentCleared,
  RefundRecorded,
  InvoiceRescheduled,
  InvoiceCancelled,
  CreditNoteRegistered,
  DiscountGranted,
  InvoiceWrittenOff,
  CreditNoteReversed,
  DiscountReversed,
  WriteOffReversed,
  RefundReversed,
  ReceiptRequested,
  ReceiptDeclined,
  ReceiptReleased,
  ...transferEventDefinitions,
  CreditReleased,
] as const

export type AccountEvent = EventOf<(typeof accountEventDefinitions)[number]>

// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../../business-day.ts'
import { defineEvent } from '../../event-definition.ts'
import { Iban } from '../../iban.ts'
import { CashDeskId, ClientId, InvoiceId, PaymentId } from '../../ids.ts'
import { Money } from '../../money.ts'
import { Payer } from '../../party.ts'
import { FreeText, personal, Reference } from '../../text.ts'
import { AllocationRule, AllocationStage, PaymentMethod, PaymentNoticeCode, ReversalReason } from '../vocabulary.ts'
import { CashBreach } from './cash.ts'
import { functionalPart, paperOf, valued } from './parts.ts'

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
    /** The company's own. */
    bankAccount: Iban.optional(),
    remittanceText: personal(FreeText).optional(),
    /** What the money is for, in the words of whoever took it in. */
    purpose: personal(FreeText).optional(),
    payer: Payer.optional(),
    deskId: CashDeskId.optional(),
    /** What a bank in between kept: the debtor has paid the whole, the bank's turnover is less. Decimal string. */
    fee: z.string().optional(),
    ...valued,
    /** A cheque or promissory note that settles, but counts as paid only when it is collected. */
    paidWhenCleared: z.boolean().optional(),
    /** Of cash: what settles nothing as it comes in, decimal string. The register of cash says so beside the line. */
    advance: z.string().optional(),
    fiscalReceipt: FiscalReceipt.optional(),
    /** Rules about cash that this payment broke and the company lets pass with a warning. */
    cashBreaches: z.array(CashBreach).optional(),
    notices: z.array(PaymentNotice).optional(),
    /** Payments of the company that were known to have the same bank reference, day and amount. */
    looksLike: z
      .array(z.strictObject({ clientId: ClientId.optional(), paymentId: PaymentId }))
      .min(1)
      .optional(),
  }),
})

/**
 * The money is gone again, or a part of it. What it had settled was reopened by the `PaymentDeallocated` events before this
 * one, and what was not there any more is owed for, by the `ClaimRegistered` before it (decision 0054).
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
    /** Of a mistake: what was said to be kept of the money, and was not, for it never came. Decimal string. */
    fee: z.string().optional(),
    deskId: CashDeskId.optional(),
    reason: ReversalReason,
    reversedOn: BusinessDay,
    note: FreeText.optional(),
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
    settles: z.array(z.strictObject({ invoiceId: InvoiceId, amount: Money, ...paperOf })).optional(),
    /** The same of a part of a paper that counted as paid from the first: VAT becomes exigible with the money. */
    collects: z.array(z.strictObject({ invoiceId: InvoiceId, amount: Money, ...paperOf })).optional(),
    ...stillInTransit,
    bankReference: Reference.optional(),
  }),
})

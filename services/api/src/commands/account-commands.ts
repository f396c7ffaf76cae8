import {
  type AccountCommand,
  type AccountEvent,
  AllocatePayment,
  accountPayments,
  CancelInvoice,
  ConfirmPaymentCleared,
  clientAccountStream,
  DeallocatePayment,
  decimalOf,
  GrantDiscount,
  IssueReceipt,
  minorOf,
  RecordPayment,
  RecordRefund,
  RecordSetOff,
  RegisterClient,
  RegisterCreditNote,
  RegisterInvoice,
  Rejection,
  ReversePayment,
  UpdateClient,
  WriteOffInvoice,
} from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { v5 } from 'uuid'
import { z } from 'zod'
import { receiptResult } from '../receipts/receipt-result.ts'
import {
  type Cause,
  issuedReceiptOf,
  type ReceiptRequest,
  refusalIn,
  type WantedReceipt,
} from '../receipts/receipt-saga.ts'
import type { CommandContext, Handled, HandledEvent } from './command-context.ts'
import { type CommandAnswer, type CommandDependencies, defineCommand } from './command-definition.ts'
import { restOf } from './command-errors.ts'
import { lastPosition } from './last-position.ts'
import { day, decimal, money, PaymentResult, paid, ReceiptResult } from './result-schemas.ts'

const eventsOf = <Type extends AccountEvent['type']>({ events }: Handled<AccountEvent>, type: Type) =>
  events.filter((event): event is HandledEvent<Extract<AccountEvent, { readonly type: Type }>> => event.type === type)

const onAccount = async (
  command: AccountCommand,
  context: CommandContext,
  { ledger }: CommandDependencies,
): Promise<Handled<AccountEvent>> => {
  const stream = clientAccountStream(context.companyId, command.data.clientId)
  const companyRules = await ledger.rules.rulesOf(context.companyId)
  return ledger.accounts.handle(stream, command, { ...context, companyRules })
}

const answer = (handled: Handled<AccountEvent>, result: object): CommandAnswer => ({ ...handled, result })

/** The caller's id, or one that a retry of the same command derives again. */
const receiptIdOf = (given: string | undefined, context: CommandContext): string =>
  given ?? v5('receipt', context.commandId)

const requestCause = (handled: Handled<AccountEvent>, context: CommandContext): Cause<ReceiptRequest> => {
  for (const event of handled.events) {
    if (event.type !== 'ReceiptRequested') continue
    const { companyId, actor, correlationId } = context
    return { data: event.data, eventId: event.eventId, companyId, actor, correlationId }
  }
  throw new Error('a receipt was asked for and the account did not reserve one')
}

/** Where the money came in; `undefined` when the payment names no desk, or is not there. */
const deskOfPayment = async (
  { clientId, paymentId }: { readonly clientId: string; readonly paymentId: string },
  { companyId }: CommandContext,
  { ledger }: CommandDependencies,
): Promise<string | undefined> => {
  const stream = clientAccountStream(companyId, clientId)
  const account = await ledger.accounts.read(stream, (state) => accountPayments.has(state, paymentId))
  return accountPayments.get(account, paymentId)?.deskId
}

/**
 * Reserves the receipt on the account, then enters it in the book. The book is asked first, so that what it refuses
 * leaves no trace; a command that had been carried out before passes that question whatever the book says today.
 */
const withReceipt = async (
  wanted: WantedReceipt & { readonly clientId: string },
  commandAt: (deskId: string | undefined) => Extract<AccountCommand, { type: 'RecordPayment' | 'IssueReceipt' }>,
  context: CommandContext,
  dependencies: CommandDependencies,
) => {
  const { ledger, receipts } = dependencies
  const stream = clientAccountStream(context.companyId, wanted.clientId)
  let { deskId } = wanted
  try {
    const bookDeskId = await receipts.requireBook(context.companyId, wanted)
    deskId ??= bookDeskId
  } catch (error) {
    const isRefused = error instanceof Rejection
    if (!isRefused || (await ledger.accounts.replayed(stream, context)) === undefined) throw error
  }
  const command = commandAt(deskId)
  const handled = await onAccount(command, context, dependencies)
  const cause = requestCause(handled, context)
  const payer = command.type === 'RecordPayment' ? command.data.payer : undefined
  const booked =
    context.dryRun && !handled.replayed
      ? await receipts.preview(cause, payer)
      : await restOf(context.commandId, receipts.enter(cause))
  return { handled: { ...handled, position: lastPosition(handled, booked) }, booked }
}

/** What became of the money, which rules about cash it broke, and what else the caller has to know of. */
const answerPayment = (
  handled: Handled<AccountEvent>,
  more: object = {},
  moreWarnings: readonly object[] = [],
): CommandAnswer => {
  const payment = eventsOf(handled, 'PaymentRecorded')[0]?.data
  if (payment === undefined) return answer(handled, more)
  const allocated = eventsOf(handled, 'PaymentAllocated').map((event) => event.data)
  const credit = allocated.reduce(
    (left, { amount, conversion }) => left - minorOf(conversion?.paid ?? amount),
    minorOf(payment.amount),
  )
  const result = {
    paymentId: payment.paymentId,
    allocated: allocated.map(({ invoiceId, amount, conversion }) => ({
      invoiceId,
      amount: amount.amount,
      paid: conversion?.paid,
    })),
    credit: decimalOf(credit, payment.amount.currency),
    ...more,
  }
  const warnings = [...(payment.cashBreaches ?? []), ...moreWarnings]
  return { ...answer(handled, result), ...(warnings.length === 0 ? {} : { warnings }) }
}

export const accountCommands = [
  defineCommand({
    name: 'RegisterClient',
    summary: 'Register a client',
    description: 'Who the debtor is. The first event of the account: everything else about the client comes after it.',
    schema: RegisterClient,
    example: examples.registerClient(),
    result: z.object({ clientId: z.string() }),
    rejections: ['CLIENT_ALREADY_REGISTERED', 'TAX_ID_INVALID'],
    execute: async (data, context, dependencies) =>
      answer(await onAccount({ type: 'RegisterClient', data }, context, dependencies), { clientId: data.clientId }),
  }),

  defineCommand({
    name: 'UpdateClient',
    summary: "Change a client's details",
    description: 'Only the fields that are given change. Receipts already issued keep what they said.',
    schema: UpdateClient,
    example: examples.updateClient(),
    result: z.object({ clientId: z.string() }),
    rejections: ['CLIENT_NOT_FOUND', 'TAX_ID_INVALID'],
    execute: async (data, context, dependencies) =>
      answer(await onAccount({ type: 'UpdateClient', data }, context, dependencies), { clientId: data.clientId }),
  }),

  defineCommand({
    name: 'RegisterInvoice',
    summary: 'Register an invoice',
    description:
      'An invoice issued elsewhere becomes a receivable: open in full, due on its day or by instalments. In a foreign currency, `exchangeRate` says what it is worth in the functional one; without it no exchange difference is known.',
    schema: RegisterInvoice,
    example: examples.registerInvoice(),
    result: z.object({ invoiceId: z.string(), open: decimal }),
    rejections: [
      'AMOUNT_TOO_PRECISE',
      'CLIENT_NOT_FOUND',
      'COMPANY_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'DUE_BEFORE_ISSUE',
      'EXCHANGE_RATE_NOT_APPLICABLE',
      'INSTALMENTS_DO_NOT_ADD_UP',
      'INVOICE_ALREADY_REGISTERED',
      'PERIOD_CLOSED',
      'VAT_LINES_DO_NOT_ADD_UP',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'RegisterInvoice', data }, context, dependencies)
      return answer(handled, { invoiceId: data.invoiceId, open: data.total.amount })
    },
  }),

  defineCommand({
    name: 'CancelInvoice',
    summary: 'Cancel an invoice',
    description:
      'An invoice that was never delivered or sent leaves the books, VAT included. Nothing may be settled on it.',
    schema: CancelInvoice,
    example: examples.cancelInvoice(),
    result: z.object({ invoiceId: z.string(), cancelledOn: day }),
    rejections: [
      'CLIENT_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'INVOICE_NOT_FOUND',
      'INVOICE_NOT_FULLY_OPEN',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'CancelInvoice', data }, context, dependencies)
      const { invoiceId } = data
      return answer(handled, { invoiceId, cancelledOn: eventsOf(handled, 'InvoiceCancelled')[0]?.data.cancelledOn })
    },
  }),

  defineCommand({
    name: 'RegisterCreditNote',
    summary: 'Register a credit note (factură storno)',
    description:
      'Lowers what an invoice still asks for. Without an invoice it becomes client credit, which `AllocatePayment` and `RecordRefund` use under its id as they use a payment. An advance is applied to the final invoice by undoing its allocation, crediting the advance invoice and allocating the payment anew; an atomic batch makes that one step.',
    schema: RegisterCreditNote,
    example: examples.registerCreditNote(),
    result: z.object({ creditNoteId: z.string(), invoiceId: z.string().optional(), total: money, creditedOn: day }),
    rejections: [
      'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      'AMOUNT_TOO_PRECISE',
      'CLIENT_NOT_FOUND',
      'COMPANY_NOT_FOUND',
      'CREDIT_NOTE_ALREADY_REGISTERED',
      'CURRENCY_MISMATCH',
      'DAY_TOO_FAR_AHEAD',
      'EXCHANGE_RATE_NOT_APPLICABLE',
      'INVOICE_NOT_FOUND',
      'PAYMENT_ALREADY_RECORDED',
      'PERIOD_CLOSED',
      'VAT_LINES_DO_NOT_ADD_UP',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'RegisterCreditNote', data }, context, dependencies)
      const { creditNoteId, invoiceId } = data
      const note = eventsOf(handled, 'CreditNoteRegistered')[0]?.data
      return answer(handled, { creditNoteId, invoiceId, total: note?.total, creditedOn: note?.creditedOn })
    },
  }),

  defineCommand({
    name: 'GrantDiscount',
    summary: 'Grant a discount on an invoice',
    description: 'For paying early (scont) or on price after invoicing; it lowers what the invoice still asks for.',
    schema: GrantDiscount,
    example: examples.grantDiscount(),
    result: z.object({ invoiceId: z.string(), amount: money, grantedOn: day }),
    rejections: [
      'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      'AMOUNT_TOO_PRECISE',
      'CLIENT_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'INVOICE_NOT_FOUND',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
      'VAT_LINES_DO_NOT_ADD_UP',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'GrantDiscount', data }, context, dependencies)
      const granted = eventsOf(handled, 'DiscountGranted')[0]?.data
      return answer(handled, { invoiceId: data.invoiceId, amount: granted?.amount, grantedOn: granted?.grantedOn })
    },
  }),

  defineCommand({
    name: 'WriteOffInvoice',
    summary: 'Write an invoice off (scoatere din evidență)',
    description:
      'What will not be recovered leaves the receivables, with a reason and who approved it. The VAT stays as it is.',
    schema: WriteOffInvoice,
    example: examples.writeOffInvoice(),
    result: z.object({ invoiceId: z.string(), amount: money, writtenOffOn: day }),
    rejections: [
      'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      'AMOUNT_TOO_PRECISE',
      'CLIENT_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'INVOICE_NOT_FOUND',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'WriteOffInvoice', data }, context, dependencies)
      const off = eventsOf(handled, 'InvoiceWrittenOff')[0]?.data
      return answer(handled, { invoiceId: data.invoiceId, amount: off?.amount, writtenOffOn: off?.writtenOffOn })
    },
  }),

  defineCommand({
    name: 'RecordPayment',
    summary: 'Record a payment',
    description:
      'Money that came in, tied to invoices at once: explicitly, by what the payer wrote, oldest due first, or not at all. What is left is client credit. With `receipt`, a cash payment gets its receipt in the same call, and is of the desk of that book (`deskId` may be left out); should the book refuse it in the last moment, because others were quicker, the payment stands all the same and the answer has a warning `RECEIPT_NOT_ISSUED` instead of a receipt: `IssueReceipt` asks for another. A part of an invoice in another currency is settled by an explicit item that names its rate; the other rules stay within the currency of the payment.',
    schema: RecordPayment,
    example: examples.recordPayment(),
    result: PaymentResult,
    rejections: [
      'ALLOCATION_EXCEEDS_CREDIT',
      'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      'AMOUNT_TOO_PRECISE',
      'CASH_FRAGMENTED_INVOICE',
      'CASH_LIMIT_PER_PERSON_DAY',
      'CLIENT_NOT_FOUND',
      'COMPANY_NOT_FOUND',
      'CURRENCY_MISMATCH',
      'DAY_TOO_FAR_AHEAD',
      'EXCHANGE_RATE_NOT_APPLICABLE',
      'INVOICE_NOT_FOUND',
      'PAYMENT_ALREADY_RECORDED',
      'PERIOD_CLOSED',
      'RECEIPT_BOOK_NOT_FOUND',
      'RECEIPT_BOOK_OF_OTHER_DESK',
      'RECEIPT_DATE_BEFORE_LAST',
      'RECEIPT_ID_ALREADY_USED',
      'RECEIPT_ONLY_FOR_CASH',
      'RECEIPT_RANGE_EXHAUSTED',
      'RESTORE_GUARD',
    ],
    bookOf: ({ receipt }) => receipt?.series,
    execute: async ({ receipt, ...facts }, context, dependencies) => {
      if (receipt === undefined) {
        const handled = await onAccount({ type: 'RecordPayment', data: facts }, context, dependencies)
        return answerPayment(handled)
      }
      const { series } = receipt
      const receiptId = receiptIdOf(receipt.receiptId, context)
      const data = { ...facts, receipt: { series, receiptId } }
      // Only the account knows that money by bank gets no receipt, so it speaks before the book does.
      if (facts.method !== 'CASH') {
        return answerPayment(await onAccount({ type: 'RecordPayment', data }, context, dependencies))
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
        return answerPayment(handled, {}, [{ code: 'RECEIPT_NOT_ISSUED', reason, ...about }])
      }
      return answerPayment(handled, { receipt: receiptResult(context.companyId, issuedReceiptOf(booked)) })
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
      'CLIENT_NOT_FOUND',
      'COMPANY_NOT_FOUND',
      'CURRENCY_MISMATCH',
      'DAY_TOO_FAR_AHEAD',
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
    name: 'AllocatePayment',
    summary: 'Allocate credit to an invoice',
    description:
      'Settles an invoice, partly or in full, from what is left of a payment. Between two currencies `exchangeRate` is required: `amount` is in the currency of the invoice, `paid` of the answer is what leaves the payment.',
    schema: AllocatePayment,
    example: examples.allocatePayment(),
    result: z.object({ paymentId: z.string(), invoiceId: z.string(), amount: decimal, paid, allocatedOn: day }),
    rejections: [
      'ALLOCATION_EXCEEDS_CREDIT',
      'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      'AMOUNT_TOO_PRECISE',
      'CASH_FRAGMENTED_INVOICE',
      'CLIENT_NOT_FOUND',
      'COMPANY_NOT_FOUND',
      'CURRENCY_MISMATCH',
      'DAY_TOO_FAR_AHEAD',
      'EXCHANGE_RATE_NOT_APPLICABLE',
      'INVOICE_NOT_FOUND',
      'PAYMENT_NOT_FOUND',
      'PERIOD_CLOSED',
    ],
    execute: async (data, context, dependencies) => {
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
      return { ...answer(handled, result), warnings: allocated?.cashBreaches }
    },
  }),

  defineCommand({
    name: 'DeallocatePayment',
    summary: 'Undo an allocation',
    description: 'The invoice is open again and the money is client credit again; the history keeps both.',
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
      const undone = eventsOf(handled, 'PaymentDeallocated')[0]?.data
      const { paymentId, invoiceId } = data
      return answer(handled, {
        paymentId,
        invoiceId,
        amount: undone?.amount.amount,
        paid: undone?.conversion?.paid,
        deallocatedOn: undone?.deallocatedOn,
      })
    },
  }),

  defineCommand({
    name: 'ReversePayment',
    summary: 'Reverse a payment',
    description:
      'The money is gone again (a mistake, bounced, charged back): what it had settled is open again. Of a payment that was partly refunded the rest may bounce or be charged back, but it cannot have been a mistake.',
    schema: ReversePayment,
    example: examples.reversePayment(),
    result: z.object({
      paymentId: z.string(),
      reversedOn: day,
      reopened: z.array(z.object({ invoiceId: z.string(), amount: decimal })),
    }),
    rejections: [
      'CLIENT_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'PAYMENT_ALREADY_REVERSED',
      'PAYMENT_NOT_FOUND',
      'PAYMENT_REFUNDED',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'ReversePayment', data }, context, dependencies)
      const reopened = eventsOf(handled, 'PaymentDeallocated')
      return answer(handled, {
        paymentId: data.paymentId,
        reversedOn: eventsOf(handled, 'PaymentReversed')[0]?.data.reversedOn,
        reopened: reopened.map(({ data: { invoiceId, amount } }) => ({ invoiceId, amount: amount.amount })),
      })
    },
  }),

  defineCommand({
    name: 'ConfirmPaymentCleared',
    summary: 'Confirm that money on its way arrived',
    description:
      'Card, payment service, courier, cheque or promissory note: what came to the bank, less the fee that was kept. What a cheque or promissory note settles counts as paid from now on.',
    schema: ConfirmPaymentCleared,
    example: examples.confirmPaymentCleared(),
    result: z.object({ paymentId: z.string(), clearedOn: day, fee: decimal }),
    rejections: [
      'AMOUNT_TOO_PRECISE',
      'CLIENT_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'FEE_EXCEEDS_PAYMENT',
      'PAYMENT_ALREADY_CLEARED',
      'PAYMENT_ALREADY_REVERSED',
      'PAYMENT_CLEARS_AT_ONCE',
      'PAYMENT_NOT_FOUND',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'ConfirmPaymentCleared', data }, context, dependencies)
      const cleared = eventsOf(handled, 'PaymentCleared')[0]?.data
      return answer(handled, { paymentId: data.paymentId, clearedOn: cleared?.clearedOn, fee: cleared?.fee })
    },
  }),

  defineCommand({
    name: 'RecordRefund',
    summary: 'Record a refund of client credit',
    description: 'Money given back from what is not allocated. What settles invoices has to be deallocated first.',
    schema: RecordRefund,
    example: examples.recordRefund(),
    result: z.object({ refundId: z.string(), paymentId: z.string(), amount: money, refundedOn: day }),
    rejections: [
      'ALLOCATION_EXCEEDS_CREDIT',
      'AMOUNT_TOO_PRECISE',
      'CLIENT_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'PAYMENT_NOT_FOUND',
      'PERIOD_CLOSED',
      'REFUND_ALREADY_RECORDED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'RecordRefund', data }, context, dependencies)
      const refund = eventsOf(handled, 'RefundRecorded')[0]?.data
      const { refundId, paymentId } = data
      return answer(handled, { refundId, paymentId, amount: refund?.amount, refundedOn: refund?.refundedOn })
    },
  }),

  defineCommand({
    name: 'IssueReceipt',
    summary: 'Issue a receipt for a cash payment',
    description:
      'Gives the payment a receipt (chitanță) with the next number of the book. One living receipt a payment, from a book of the desk where the money came in; days never go back within a book.',
    schema: IssueReceipt,
    example: examples.issueReceipt(),
    result: z.object({ paymentId: z.string(), receipt: ReceiptResult }),
    rejections: [
      'CLIENT_NOT_FOUND',
      'COMPANY_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'PAYMENT_ALREADY_REVERSED',
      'PAYMENT_NOT_FOUND',
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
    bookOf: ({ series }) => series,
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
]

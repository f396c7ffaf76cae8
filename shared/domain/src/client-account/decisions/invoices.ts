import { type BusinessDay, latest } from '../../business-day.ts'
import { type CompanyRules, DEFAULT_RULES, type DecisionContext } from '../../decider.ts'
import { type ClientId, creditOfNote } from '../../ids.ts'
import { type Currency, decimalOf, type Money, minorIn, minorOf, moneyOf } from '../../money.ts'
import { reject } from '../../rejection.ts'
import type { DocumentName } from '../document-number.ts'
import { InvoiceCancelled, InvoiceRegistered } from '../events/invoices.ts'
import { CreditNoteRegistered, DiscountGranted, InvoiceWrittenOff } from '../events/papers.ts'
import type { VatLine } from '../events/parts.ts'
import { asAdvance, byAdvance, linesOfPaper } from '../invoice-vat.ts'
import { documents } from '../records/documents.ts'
import type { Invoice } from '../records/invoices.ts'
import { creditNotes, discounts, writeOffs } from '../records/papers.ts'
import { accountPayments } from '../records/payments.ts'
import type { ClientAccount } from '../state.ts'
import { isClaimKind } from '../vocabulary.ts'
import { claimCancelled, requireNoExcess } from './claims.ts'
import type { Decisions } from './decisions.ts'
import { documentValue, rateOf, valueOffInvoice } from './foreign-parts.ts'
import { settlementsOn, unsettled } from './freeing.ts'
import { paperOf } from './origins.ts'
import {
  clientOf,
  firstFreeDay,
  invoiceOf,
  issuedInvoiceOf,
  printedAdvances,
  printedVatLines,
  requireNewId,
  requireNotBefore,
  requireOpen,
} from './requirements.ts'
import { makeRoom, requirePartOf, settledOn } from './room-for-notes.ts'
import { requireFit, vatOfNote } from './vat-of-notes.ts'

const exactly = (amount: string, currency: Currency, path: string): string =>
  decimalOf(minorIn(amount, currency, path), currency)

/** The lines with exactly the currency's digits. @throws Rejection when they do not make up the total */
const vatLinesOf = (lines: readonly VatLine[] | undefined, total: Money): VatLine[] => {
  const { currency } = total
  const exact = (lines ?? []).map((line, index) => ({
    ...line,
    base: exactly(line.base, currency, `/vatLines/${index}/base`),
    vat: exactly(line.vat, currency, `/vatLines/${index}/vat`),
  }))
  const sum = exact.reduce((so, line) => so + minorIn(line.base, currency) + minorIn(line.vat, currency), 0n)
  if (exact.length > 0 && sum !== minorOf(total)) {
    reject('VAT_LINES_DO_NOT_ADD_UP', { path: '/vatLines', total, sum: moneyOf(sum, currency) })
  }
  return exact
}

const instalmentsOf = (
  parts: readonly { readonly dueOn: BusinessDay; readonly amount: string }[] | undefined,
  { total, dueOn }: { readonly total: Money; readonly dueOn: BusinessDay },
) => {
  const { currency } = total
  const instalments = (parts ?? []).map((part, index) => ({
    ...part,
    amount: exactly(part.amount, currency, `/instalments/${index}/amount`),
  }))
  const sum = instalments.reduce((so, part) => so + minorIn(part.amount, currency), 0n)
  const inOrder = instalments.every((part, index) => index === 0 || (instalments[index - 1]?.dueOn ?? '') < part.dueOn)
  const endsOnDueDay = instalments.at(-1)?.dueOn === dueOn
  if (instalments.length > 0 && (sum !== minorOf(total) || !inOrder || !endsOnDueDay)) {
    reject('INSTALMENTS_DO_NOT_ADD_UP', {
      path: '/instalments',
      rule: 'amounts add up to the total, days rise, the last is dueOn',
      total,
      sum: moneyOf(sum, currency),
    })
  }
  return instalments
}

/** One paper is registered once, however its name was typed the second time. @throws Rejection */
const requireNewPaper = (account: ClientAccount, paper: DocumentName & { readonly issuedOn: BusinessDay }): void => {
  const [known] = documents.under(account, paper)
  if (known === undefined) return
  const { series, number, issuedOn } = paper
  const path = '/number'
  reject('DOCUMENT_ALREADY_REGISTERED', { path, ...known, series, number, year: issuedOn.slice(0, 4) })
}

const requireCurrencyOf = ({ invoiceId, currency }: Invoice, total: Money): void => {
  if (total.currency !== currency) {
    reject('CURRENCY_MISMATCH', { invoiceId, invoiceCurrency: currency, paymentCurrency: total.currency })
  }
}

/** What other clients of the company have under the paper's name; refused where the company wants it so. @throws Rejection */
const usedElsewhere = ({ company, elsewhere }: DecisionContext) => {
  const [first, ...others] = elsewhere?.documents ?? []
  if (first === undefined) return {}
  if (company?.duplicateDocuments === 'REJECT') reject('DOCUMENT_ALREADY_REGISTERED', { path: '/number', ...first })
  return { numberUsedBy: [first, ...others] }
}

/** What is taken off was invoiced before as an advance, and is still there. @throws Rejection */
const requireAdvances = (
  account: ClientAccount,
  { issuedOn, total, vatLines }: ReturnType<typeof InvoiceRegistered.of>['data'],
): void => {
  for (const [invoiceId, lines] of byAdvance(linesOfPaper(vatLines, total.currency).advances)) {
    const advance = invoiceOf(account, invoiceId)
    requireCurrencyOf(advance, total)
    const path = '/vatLines'
    if (advance.kind !== 'ADVANCE') {
      reject('CREDIT_NOTE_DOES_NOT_FIT', { path, invoiceId, rule: 'only an advance invoice is taken off' })
    }
    requireNotBefore(issuedOn, advance.issuedOn, '/issuedOn')
    requireFit(asAdvance(advance), printedVatLines(lines, total.currency))
  }
}

/** A paper that is cancelled leaves its name. */
const hasLeftItsName = (account: ClientAccount, invoice: Invoice): boolean =>
  [...documents.under(account, invoice)].every(({ documentId }) => documentId !== invoice.invoiceId)

/** A paper that asks for nothing is fully open as long as its name is its own. */
const isCancelled = (account: ClientAccount, invoice: Invoice): boolean =>
  invoice.total === 0n && hasLeftItsName(account, invoice)

/** What was never delivered is not credited either: the client would be owed for nothing. @throws Rejection */
const requireStanding = (account: ClientAccount, invoice: Invoice): void => {
  if (!hasLeftItsName(account, invoice)) return
  reject('CREDIT_NOTE_DOES_NOT_FIT', { invoiceId: invoice.invoiceId, rule: 'a cancelled invoice is not corrected' })
}

/**
 * Whether what is written off is the rest of something that was paid, and as little as the company takes for no debt. Of one
 * in a foreign currency nobody can say that without a rate.
 */
const isSmallDifference = (
  { open, total, currency }: Invoice,
  amount: bigint,
  { functional }: ReturnType<typeof valueOffInvoice>,
  { functionalCurrency, smallDifference }: CompanyRules = DEFAULT_RULES,
): boolean => {
  if (functionalCurrency === undefined || amount < open || open === total) return false
  const worth = currency === functionalCurrency ? amount : functional && minorOf(functional)
  return worth !== undefined && worth <= minorIn(smallDifference, functionalCurrency)
}

/** Takes an invoice, or a claim, that nothing settles out of the books. */
const cancelled = (
  account: ClientAccount,
  invoice: Invoice,
  said: { readonly clientId: ClientId; readonly cancelledOn: BusinessDay; readonly reason: string },
) => {
  const { invoiceId, kind, currency, total, cashAccounting } = invoice
  if (isClaimKind(kind)) return claimCancelled(account, { ...invoice, kind }, said)
  const { clientId, cancelledOn, reason } = said
  return InvoiceCancelled.of({
    clientId,
    invoiceId,
    kind,
    total: moneyOf(total, currency),
    ...valueOffInvoice(invoice, total),
    vatLines: [...printedVatLines(invoice.vatLines, currency), ...printedAdvances(invoice)],
    cashAccounting,
    cancelledOn,
    reason,
    ...paperOf(invoice),
  })
}

/** Nothing lowers an invoice before it was issued, nor before the last undo on it, nor before this account has it. */
export const earliestOn = (invoice: Invoice): BusinessDay =>
  latest(invoice.issuedOn, invoice.lastUndoOn, invoice.moved?.on)

export const invoiceDecisions: Decisions<
  'RegisterInvoice' | 'CancelInvoice' | 'RegisterCreditNote' | 'WriteOffInvoice' | 'GrantDiscount'
> = {
  RegisterInvoice: (command, account, context) => {
    const { company: rules } = context
    const { clientId, invoiceId, issuedOn, dueOn, total } = command
    clientOf(account, clientId)
    requireNewId(account, invoiceId)
    if (dueOn < issuedOn) reject('DUE_BEFORE_ISSUE', { path: '/dueOn', issuedOn, dueOn })
    const registered = InvoiceRegistered.of({
      clientId,
      invoiceId,
      kind: command.kind ?? 'INVOICE',
      series: command.series,
      number: command.number,
      issuedOn,
      dueOn,
      total,
      vatLines: vatLinesOf(command.vatLines, total),
      cashAccounting: command.cashAccounting ?? false,
      instalments: instalmentsOf(command.instalments, command),
      instalmentContract: command.instalmentContract ?? false,
      ...documentValue(total, rateOf(command.exchangeRate, context), rules),
    })
    requireNewPaper(account, command)
    requireAdvances(account, registered.data)
    return [InvoiceRegistered.of({ ...registered.data, ...usedElsewhere(context) })]
  },

  CancelInvoice: (command, account, { today, company: rules }) => {
    const { clientId, invoiceId, reason, freeSettlements = false } = command
    clientOf(account, clientId)
    const invoice = invoiceOf(account, invoiceId)
    const { currency } = invoice
    const total = moneyOf(invoice.total, currency)
    requireNoExcess(account, invoice)
    const settled = freeSettlements ? settlementsOn(account, invoice) : []
    const open = settled.reduce((sum, { amount }) => sum + amount, invoice.open)
    if (open !== invoice.total || isCancelled(account, invoice)) {
      reject('INVOICE_NOT_FULLY_OPEN', { invoiceId, total, open: moneyOf(invoice.open, currency) })
    }
    // Its VAT would go back twice.
    if (invoice.corrections > 0) {
      const rule = 'another paper corrects it: take that back first'
      reject('INVOICE_NOT_FULLY_OPEN', { invoiceId, total, open: moneyOf(invoice.open, currency), rule })
    }
    const earliest = latest(earliestOn(invoice), ...settled.map(({ on }) => on))
    const cancelledOn = command.cancelledOn ?? firstFreeDay(rules, today, earliest)
    requireNotBefore(cancelledOn, earliest, '/cancelledOn')
    return [
      ...settled.map(({ undo }) => undo({ clientId, on: cancelledOn })),
      cancelled(account, unsettled(invoice), { clientId, cancelledOn, reason }),
    ]
  },

  RegisterCreditNote: (command, account, context) => {
    const { clientId, creditNoteId, invoiceId, series, number, issuedOn, total } = command
    clientOf(account, clientId)
    if (creditNotes.has(account, creditNoteId)) reject('CREDIT_NOTE_ALREADY_REGISTERED', { creditNoteId })
    const paymentId = creditOfNote(creditNoteId)
    if (accountPayments.has(account, paymentId)) reject('PAYMENT_ALREADY_RECORDED', { paymentId })
    requireNewPaper(account, command)
    const vatLines = vatLinesOf(command.vatLines, total)
    const note = { clientId, creditNoteId, series, number, issuedOn, total, ...usedElsewhere(context) }
    if (invoiceId === undefined) {
      const { corrects } = command
      const onAccount = { ...note, ...documentValue(total, rateOf(command.exchangeRate, context), context.company) }
      if (corrects === undefined) {
        const cashAccounting = command.cashAccounting ?? false
        return [
          CreditNoteRegistered.of({ ...onAccount, vatLines, kind: 'INVOICE', creditedOn: issuedOn, cashAccounting }),
        ]
      }
      const corrected = issuedInvoiceOf(account, corrects)
      requireCurrencyOf(corrected, total)
      requireStanding(account, corrected)
      requirePartOf(account, corrected, total)
      const { kind, cashAccounting } = corrected
      return [
        CreditNoteRegistered.of({
          ...onAccount,
          corrects,
          vatLines: [...vatOfNote(corrected, total, command.vatLines && vatLines)],
          kind,
          creditedOn: latest(
            issuedOn,
            earliestOn(corrected),
            cashAccounting ? settledOn(account, corrected) : undefined,
          ),
          cashAccounting,
          ...paperOf(corrected),
        }),
      ]
    }
    const invoice = issuedInvoiceOf(account, invoiceId)
    if (command.exchangeRate !== undefined) {
      reject('EXCHANGE_RATE_NOT_APPLICABLE', { path: '/exchangeRate', invoiceId, rule: "the invoice's rate holds" })
    }
    requireCurrencyOf(invoice, total)
    if (invoice.corrections > 0) requirePartOf(account, invoice, total)
    const earliest = latest(issuedOn, earliestOn(invoice))
    const room = makeRoom(account, invoice, { clientId, creditNoteId, total: minorOf(total), earliest })
    return [
      ...room.freed,
      CreditNoteRegistered.of({
        ...note,
        vatLines: [...vatOfNote(invoice, total, command.vatLines && vatLines)],
        invoiceId,
        ...valueOffInvoice(room.invoice, minorOf(total)),
        kind: invoice.kind,
        creditedOn: room.on,
        cashAccounting: invoice.cashAccounting,
        ...paperOf(invoice),
      }),
    ]
  },

  WriteOffInvoice: (command, account, { today, company: rules }) => {
    const { clientId, writeOffId, invoiceId, reason, approvedBy } = command
    clientOf(account, clientId)
    if (writeOffId !== undefined && writeOffs.has(account, writeOffId)) {
      reject('WRITE_OFF_ALREADY_RECORDED', { writeOffId })
    }
    const invoice = invoiceOf(account, invoiceId)
    const amount = command.amount === undefined ? invoice.open : minorIn(command.amount, invoice.currency, '/amount')
    if (amount === 0n) reject('ALLOCATION_EXCEEDS_OPEN_AMOUNT', { invoiceId, open: moneyOf(0n, invoice.currency) })
    requireOpen(invoice, amount, '/amount')
    const writtenOffOn = command.writtenOffOn ?? firstFreeDay(rules, today, earliestOn(invoice))
    requireNotBefore(writtenOffOn, earliestOn(invoice), '/writtenOffOn')
    const functional = valueOffInvoice(invoice, amount)
    return [
      InvoiceWrittenOff.of({
        clientId,
        writeOffId,
        invoiceId,
        amount: moneyOf(amount, invoice.currency),
        ...functional,
        ...(isSmallDifference(invoice, amount, functional, rules) ? { kind: 'SMALL_DIFFERENCE' } : {}),
        writtenOffOn,
        reason,
        approvedBy,
      }),
    ]
  },

  GrantDiscount: (command, account, { today, company: rules }) => {
    const { clientId, discountId, invoiceId, kind, note } = command
    clientOf(account, clientId)
    if (discountId !== undefined && discounts.has(account, discountId)) {
      reject('DISCOUNT_ALREADY_GRANTED', { discountId })
    }
    const invoice = issuedInvoiceOf(account, invoiceId)
    const amount = moneyOf(minorIn(command.amount, invoice.currency, '/amount'), invoice.currency)
    requireOpen(invoice, minorOf(amount), '/amount')
    if (invoice.corrections > 0) requirePartOf(account, invoice, amount, '/amount')
    const vatLines = vatLinesOf(command.vatLines, amount)
    requireFit(invoice, vatLines)
    const grantedOn = command.grantedOn ?? firstFreeDay(rules, today, earliestOn(invoice))
    requireNotBefore(grantedOn, earliestOn(invoice), '/grantedOn')
    return [
      DiscountGranted.of({
        clientId,
        discountId,
        invoiceId,
        kind,
        amount,
        ...valueOffInvoice(invoice, minorOf(amount)),
        vatLines,
        cashAccounting: invoice.cashAccounting,
        ...paperOf(invoice),
        grantedOn,
        note,
      }),
    ]
  },
}

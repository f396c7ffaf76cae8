import type { BusinessDay } from '../../business-day.ts'
import type { DecisionContext } from '../../decider.ts'
import { type ClientId, type CreditNoteId, creditOfNote, type DiscountId, type WriteOffId } from '../../ids.ts'
import { type Currency, type MoneyOrZero, moneyOf } from '../../money.ts'
import { type RejectionDetails, reject } from '../../rejection.ts'
import type { AccountEvent } from '../events/account-events.ts'
import { CreditNoteReversed, DiscountReversed, WriteOffReversed } from '../events/papers.ts'
import type { Invoice } from '../records/invoices.ts'
import {
  type CreditNote,
  creditNotes,
  type Discount,
  discounts,
  type Paper,
  type WriteOff,
  writeOffs,
} from '../records/papers.ts'
import { accountPayments } from '../records/payments.ts'
import type { ClientAccount } from '../state.ts'
import type { InvoiceKind, PaperReversalReason } from '../vocabulary.ts'
import type { Decisions } from './decisions.ts'
import { paperOf } from './origins.ts'
import { earliestOfReversal, recoveredOf, settledAgain } from './recoveries.ts'
import {
  clientOf,
  firstFreeDay,
  invoiceOf,
  issuedInvoiceOf,
  paymentOf,
  printedVatLines,
  requireNotBefore,
  requireNothingTransferred,
} from './requirements.ts'
import { freed, lastEffectOn, reverse } from './reversals.ts'

/** @throws Rejection when there is none, or it was taken back before */
export const standing = <Kept extends { readonly reversed: boolean | bigint }>(
  paper: Kept | undefined,
  id: RejectionDetails,
): Kept => {
  if (paper === undefined) return reject('NOTHING_TO_REVERSE', id)
  const { reversed } = paper
  return reversed === true || (typeof reversed === 'bigint' && reversed > 0n) ? reject('ALREADY_REVERSED', id) : paper
}

/** What a paper took of the functional value, to be given back to the last unit. */
export const functionalOf = ({ functional }: Paper): { readonly functional?: MoneyOrZero } =>
  functional === undefined ? {} : { functional: moneyOf(functional.minor, functional.currency) }

interface AskedReversal<Reason> {
  readonly clientId: ClientId
  readonly reversedOn?: BusinessDay | undefined
  readonly reason: Reason
  readonly note?: string | undefined
}

/** When, why and with what note: a day that only follows moves into the open period, one that was asked for does not. */
export const saidOf = <Reason>(
  { clientId, reversedOn: asked, reason, note }: AskedReversal<Reason>,
  earliest: BusinessDay,
  { today, company: rules }: DecisionContext,
): Said<Reason> => {
  const reversedOn = asked ?? firstFreeDay(rules, today, earliest)
  requireNotBefore(reversedOn, earliest, '/reversedOn')
  return { clientId, reversedOn, reason, note }
}

/** The first day on which each may be taken back; `undefined` for what is not there. */
export const takenBackFrom = {
  creditNote: (account: ClientAccount, creditNoteId: string): BusinessDay | undefined => {
    const note = creditNotes.get(account, creditNoteId)
    if (note === undefined || note.invoiceId !== undefined) return note?.on
    const credit = accountPayments.get(account, creditOfNote(creditNoteId))
    return credit && lastEffectOn(credit)
  },
  discount: (account: ClientAccount, discountId: string) => discounts.get(account, discountId)?.on,
  writeOff: (account: ClientAccount, writeOffId: string): BusinessDay | undefined => {
    const writeOff = writeOffs.get(account, writeOffId)
    if (writeOff === undefined) return undefined
    const invoice = invoiceOf(account, writeOff.invoiceId)
    return earliestOfReversal(account, invoice, writeOff, recoveredOf(account, invoice, writeOff))
  },
}

/** The invoice as it asks again for what was written off. */
const reopened = (invoice: Invoice, { amount, functional }: WriteOff): Invoice => {
  const { open, value } = invoice
  const left = value && { ...value, left: value.left + (functional?.minor ?? 0n) }
  return { ...invoice, open: open + amount, value: left }
}

/** Credit that was given back cannot be taken back as well. */
const requireNotRefunded = (credit: {
  readonly paymentId: string
  readonly refunded: bigint
  readonly released: bigint
  readonly currency: string
}) => {
  const { paymentId, currency } = credit
  const refunded = credit.refunded + credit.released
  if (refunded > 0n) reject('PAYMENT_REFUNDED', { paymentId, refunded: moneyOf(refunded, currency) })
}

interface Said<Reason> {
  readonly clientId: ClientId
  readonly reversedOn: BusinessDay
  readonly reason: Reason
  readonly note?: string | undefined
}
type SaidOfPaper = Said<PaperReversalReason>

/** One that lowered an invoice, or, with nothing of it used, one on account. */
export const creditNoteReversed = (
  creditNoteId: CreditNoteId,
  note: CreditNote,
  {
    kind,
    currency,
    moved,
  }: { readonly kind: InvoiceKind; readonly currency: Currency; readonly moved: Invoice['moved'] },
  said: SaidOfPaper,
) =>
  CreditNoteReversed.of({
    creditNoteId,
    ...(note.invoiceId === undefined ? {} : { invoiceId: note.invoiceId }),
    ...(note.corrects === undefined ? {} : { corrects: note.corrects }),
    kind,
    total: moneyOf(note.amount, currency),
    ...functionalOf(note),
    vatLines: printedVatLines(note.vatLines, currency),
    cashAccounting: note.cashAccounting,
    ...paperOf({ moved }),
    ...said,
  })

export const discountReversed = (discountId: DiscountId, discount: Discount, invoice: Invoice, said: SaidOfPaper) =>
  DiscountReversed.of({
    discountId,
    invoiceId: discount.invoiceId,
    kind: discount.kind,
    amount: moneyOf(discount.amount, invoice.currency),
    ...functionalOf(discount),
    vatLines: printedVatLines(discount.vatLines, invoice.currency),
    cashAccounting: invoice.cashAccounting,
    ...paperOf(invoice),
    ...said,
  })

export const writeOffReversed = (writeOffId: WriteOffId, writeOff: WriteOff, invoice: Invoice, said: SaidOfPaper) =>
  WriteOffReversed.of({
    writeOffId,
    invoiceId: writeOff.invoiceId,
    amount: moneyOf(writeOff.amount, invoice.currency),
    ...functionalOf(writeOff),
    ...(writeOff.kind === undefined ? {} : { kind: writeOff.kind }),
    ...said,
  })

/**
 * What was recorded is taken back: it stays in the history, and gives back what it took, to the ban, on a day of its own.
 * Money in the bank is no paper: a payment is reversed by `ReversePayment`.
 */
export const takingBack: Decisions<'ReverseCreditNote' | 'ReverseDiscount' | 'ReverseWriteOff' | 'ReverseSetOff'> = {
  ReverseCreditNote: (command, account, context) => {
    const { clientId, creditNoteId } = command
    clientOf(account, clientId)
    const note = standing(creditNotes.get(account, creditNoteId), { creditNoteId })
    if (note.invoiceId !== undefined) {
      const invoice = issuedInvoiceOf(account, note.invoiceId)
      return [creditNoteReversed(creditNoteId, note, invoice, saidOf(command, note.on, context))]
    }
    const credit = paymentOf(account, { clientId, paymentId: creditOfNote(creditNoteId) })
    requireNotRefunded(credit)
    requireNothingTransferred(credit)
    const said = saidOf(command, lastEffectOn(credit), context)
    const { currency } = credit
    const corrected = note.corrects === undefined ? undefined : issuedInvoiceOf(account, note.corrects)
    return [
      ...freed(account, credit, { clientId, on: said.reversedOn }),
      creditNoteReversed(
        creditNoteId,
        note,
        { kind: corrected?.kind ?? 'INVOICE', currency, moved: corrected?.moved },
        said,
      ),
    ]
  },

  ReverseDiscount: (command, account, context) => {
    const { clientId, discountId } = command
    clientOf(account, clientId)
    const discount = standing(discounts.get(account, discountId), { discountId })
    const invoice = invoiceOf(account, discount.invoiceId)
    return [discountReversed(discountId, discount, invoice, saidOf(command, discount.on, context))]
  },

  ReverseWriteOff: (command, account, context) => {
    const { clientId, writeOffId } = command
    clientOf(account, clientId)
    const writeOff = standing(writeOffs.get(account, writeOffId), { writeOffId })
    const invoice = invoiceOf(account, writeOff.invoiceId)
    const recovered = recoveredOf(account, invoice, writeOff)
    const said = saidOf(command, earliestOfReversal(account, invoice, writeOff, recovered), context)
    const of = { clientId, on: said.reversedOn }
    const { undone, settled } = settledAgain(reopened(invoice, writeOff), recovered, of, context.company)
    return [...undone, writeOffReversed(writeOffId, writeOff, invoice, said), ...settled]
  },

  ReverseSetOff: (command, account, context): readonly AccountEvent[] => {
    const { clientId, paymentId } = command
    clientOf(account, clientId)
    const payment = accountPayments.get(account, paymentId)
    const setOff = standing(payment?.method === 'SET_OFF' ? payment : undefined, { paymentId })
    requireNotRefunded(setOff)
    requireNothingTransferred(setOff)
    return reverse(account, setOff, 'SET_OFF', saidOf(command, lastEffectOn(setOff), context))
  },
}

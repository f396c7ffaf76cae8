import type { BusinessDay } from '../business-day.ts'
import { latest } from '../business-day.ts'
import type { Identified } from '../decider.ts'
import type { EventOf } from '../event-definition.ts'
import {
  type CashDeskId,
  type ClientId,
  creditOfNote,
  type InvoiceId,
  ownOrEventId,
  type PaymentId,
  type ReceiptId,
} from '../ids.ts'
import type { Currency, Money } from '../money.ts'
import { type MoneyOrZero, minorIn, minorOf } from '../money.ts'
import { createPackedIndex, type PackedIndex } from '../packed/packed-index.ts'
import { createPackedRecords, keyAt, type PackedRecords } from '../packed/packed-records.ts'
import type { Address, ClientKind, Payer } from '../party.ts'
import {
  accountInvoices,
  accountPayments,
  type CarriedValue,
  type CreditNote,
  cashPaid,
  cashTaken,
  creditNotes,
  discounts,
  documents,
  type ForeignPart,
  type Invoice,
  type Paper,
  type PaymentFacts,
  refunds,
  type VatAmounts,
  writeOffs,
} from './account-records.ts'
import { undoNewest, withPart } from './allocation-parts.ts'
import {
  type CountedPayer,
  cashKeyOf,
  countedPayerOf,
  partInLei,
  refundInLei,
  underContract,
  worthInLei,
} from './cash-guard.ts'
import { type DuePart, rescheduledParts } from './due-parts.ts'
import type { AccountEvent, FunctionalParts, InvoiceRescheduled, VatLine } from './events.ts'
import { byAdvance, linesOfPaper, vatTakenWith } from './invoice-vat.ts'
import { moveByDue, noOpenInvoices, type OpenByDue, type OpenInvoices, type OpenPart } from './open-invoices.ts'
import {
  atLeastNothing,
  collectionOf,
  least,
  leaveTransit,
  refundedInTransit,
  reversedInTransit,
  uncollectedCredit,
  uncollectedOf,
} from './transit.ts'
import { CARD_METHODS, INSTRUMENTS, METHODS_IN_TRANSIT } from './vocabulary.ts'

/**
 * Only what a decision needs; everything a reader wants belongs to a projection. Amounts are minor units. Invoices,
 * payments and whatever else comes by the thousand are in the records: `account-records.ts` reads them.
 */
export interface ClientAccount {
  client: Client | undefined
  readonly records: PackedRecords
  /** Invoices and credit notes by what they are called. */
  readonly papers: PackedIndex
  /** Open invoices of each currency, oldest due first. */
  readonly openByDue: Map<Currency, OpenInvoices>
  /** Credit notes of which something is left, by currency: the ordinals of their records. */
  readonly notesLeft: Map<Currency, readonly number[]>
}

export interface Client {
  clientId: ClientId
  kind: ClientKind
  name: string
  taxId?: string | undefined
  tradeRegisterNumber?: string | undefined
  address?: Address | undefined
  email?: string | undefined
}

export const initialAccount = (): ClientAccount => ({
  client: undefined,
  records: createPackedRecords(),
  papers: createPackedIndex(),
  openByDue: new Map(),
  notesLeft: new Map(),
})

/** Oldest due first. */
export function* openParts(account: ClientAccount, currency: Currency): Iterable<OpenPart<Invoice>> {
  const { ordinals, reaches } = account.openByDue.get(currency) ?? noOpenInvoices()
  for (const [place, ordinal] of ordinals.entries()) {
    yield { invoice: accountInvoices.at(account, ordinal), reach: BigInt(Math.abs(reaches[place] ?? 0)) }
  }
}

/** @throws Error when history names what it never introduced: the stream is not ours. */
const known = <Value>(value: Value | undefined, key: string): Value => {
  if (value === undefined) throw new Error(`history names ${key} before introducing it`)
  return value
}

const invoiceOf = (account: ClientAccount, invoiceId: InvoiceId): Invoice =>
  known(accountInvoices.get(account, invoiceId), invoiceId)

const paymentOf = (account: ClientAccount, paymentId: PaymentId): PaymentFacts =>
  known(accountPayments.factsOf(account, paymentId), paymentId)

const openListOf = (account: ClientAccount, currency: Currency): OpenInvoices => {
  const list = account.openByDue.get(currency)
  if (list !== undefined) return list
  const empty = noOpenInvoices()
  account.openByDue.set(currency, empty)
  return empty
}

const vatAmountsOf = (lines: readonly VatLine[], currency: Currency): readonly VatAmounts[] =>
  lines.map(({ rate, base, vat }) => ({ rate, base: minorIn(base, currency), vat: minorIn(vat, currency) }))

/** What is taken back of an invoice's VAT; `sign` -1 gives it back. */
const takeVat = (invoice: Invoice, lines: readonly VatAmounts[], sign: 1n | -1n = 1n): void => {
  invoice.vatTaken = vatTakenWith(invoice, lines, sign)
}

/** Of a paper that names the invoice whose VAT it takes back, and does not lower it. */
const correct = (account: ClientAccount, corrects: InvoiceId, lines: readonly VatAmounts[], sign: 1n | -1n): void => {
  const corrected = invoiceOf(account, corrects)
  takeVat(corrected, lines, sign)
  corrected.corrections += Number(sign)
  accountInvoices.set(account, corrected)
}

/** Something other than money lowers an invoice, and may take VAT back. */
const lower = (
  account: ClientAccount,
  { invoiceId, functional, vatLines = [] }: Lowering,
  amount: Money,
  writtenOffOn?: BusinessDay,
): void => {
  const invoice = invoiceOf(account, invoiceId)
  if (writtenOffOn !== undefined) {
    invoice.writtenOff += minorOf(amount)
    invoice.writtenOffOn = latest(writtenOffOn, invoice.writtenOffOn)
  }
  takeValue(invoice.value, functional?.amount)
  takeVat(invoice, linesOfPaper(vatLines, invoice.currency).own)
  changeOpen(account, invoice, -minorOf(amount))
}

interface Lowering {
  readonly invoiceId: InvoiceId
  readonly functional?: MoneyOrZero | undefined
  readonly vatLines?: readonly VatLine[]
}

/** What was lowered is taken back: the invoice asks for it again, and carries its value and its VAT again. */
const raise = (
  account: ClientAccount,
  { invoiceId, functional, vatLines = [] }: Lowering,
  amount: Money,
  on: BusinessDay,
  isWriteOff = false,
): void => {
  const invoice = invoiceOf(account, invoiceId)
  if (isWriteOff) invoice.writtenOff -= minorOf(amount)
  takeValue(invoice.value, functional?.amount, -1n)
  takeVat(invoice, vatAmountsOf(vatLines, invoice.currency), -1n)
  invoice.lastUndoOn = latest(on, invoice.lastUndoOn)
  changeOpen(account, invoice, minorOf(amount))
}

/** Sets the invoice with what is open on it changed. */
const changeOpen = (account: ClientAccount, invoice: Invoice, by: bigint): void => {
  const was = { ...invoice }
  invoice.open += by
  moveOpen(account, was, invoice, accountInvoices.set(account, invoice))
}

const moveOpen = (
  account: ClientAccount,
  was: OpenByDue,
  is: OpenByDue & { readonly currency: Currency },
  ordinal: number,
): void => moveByDue(openListOf(account, is.currency), ordinal, { was, is }, (other) => keyAt(account.records, other))

const duePartsOf = (
  parts: readonly { readonly dueOn: BusinessDay; readonly amount: string }[],
  currency: Currency,
): readonly DuePart[] => parts.map(({ dueOn, amount }) => ({ dueOn, amount: minorIn(amount, currency) }))

/** Moves the invoice to where its new due day puts it. */
const reschedule = (
  account: ClientAccount,
  { invoiceId, instalments, agreedOn }: EventOf<typeof InvoiceRescheduled>['data'],
): void => {
  const before = invoiceOf(account, invoiceId)
  const { currency, dueOn, total } = before
  const parts = before.dueParts.length > 0 ? before.dueParts : [{ dueOn, amount: total }]
  const dueParts = rescheduledParts(parts, duePartsOf(instalments, currency))
  const invoice = { ...before, dueParts, dueOn: dueParts.at(-1)?.dueOn ?? dueOn, rescheduledOn: agreedOn }
  moveOpen(account, before, invoice, accountInvoices.set(account, invoice))
}

const changePayment = (account: ClientAccount, paymentId: PaymentId, change: (payment: PaymentFacts) => void): void => {
  const payment = paymentOf(account, paymentId)
  change(payment)
  accountPayments.set(account, payment)
}

const carried = (functional: MoneyOrZero | undefined): CarriedValue | undefined => {
  if (functional === undefined) return undefined
  const total = minorOf(functional)
  return { currency: functional.currency, total, left: total }
}

const leiOf = (amount: Money, functional: MoneyOrZero | undefined): bigint | undefined =>
  worthInLei({ currency: amount.currency, total: minorOf(amount), value: carried(functional) })

/** Moves what is left of a document's value, if it has one; what comes back is negative. */
const takeValue = (value: CarriedValue | undefined, part: string | undefined, sign: 1n | -1n = 1n): void => {
  if (value !== undefined && part !== undefined) value.left -= sign * minorIn(part, value.currency)
}

/** What an event takes of an invoice, of a payment and of the two functional values. */
const foreignPartOf = ({ amount, conversion, functional }: Settling): ForeignPart | undefined => {
  if (conversion === undefined && functional === undefined) return undefined
  const minor = (part: string | undefined, currency: Currency): bigint | undefined =>
    part === undefined ? undefined : minorIn(part, currency)
  return {
    amount: minorOf(amount),
    paid: minorOf(conversion?.paid ?? amount),
    rate: conversion?.rate,
    values: functional && {
      currency: functional.currency,
      invoice: minor(functional.invoice, functional.currency),
      payment: minor(functional.payment, functional.currency),
    },
  }
}

interface Settling {
  readonly amount: Money
  readonly conversion?: { readonly paid: MoneyOrZero; readonly rate?: string } | undefined
  readonly functional?: FunctionalParts | undefined
}

const NOTHING_ALLOCATED = { amount: 0n, parts: [], uncollected: 0n, uncollectedPaid: 0n }

const minorInCurrency = (money: MoneyOrZero | undefined) => money && { currency: money.currency, minor: minorOf(money) }

const paperOf = (
  amount: Money,
  { functional }: { readonly functional?: MoneyOrZero | undefined },
  on: BusinessDay,
): Paper => ({
  amount: minorOf(amount),
  functional: minorInCurrency(functional),
  on,
  reversed: false,
})

type Registered = Extract<AccountEvent, { readonly type: 'CreditNoteRegistered' }>['data']

const creditNoteOf = ({ series, number, issuedOn, ...note }: Registered, paper: Paper): CreditNote => ({
  ...paper,
  series,
  number,
  issuedOn,
  invoiceId: note.invoiceId,
  corrects: note.corrects,
  vatLines: vatAmountsOf(note.vatLines, note.total.currency),
  cashAccounting: note.cashAccounting,
})

const newPayment = (facts: {
  readonly paymentId: PaymentId
  readonly amount: Money
  readonly method: PaymentFacts['method']
  readonly origin?: PaymentFacts['origin']
  readonly receivedOn: BusinessDay
  readonly deskId?: CashDeskId | undefined
  readonly payer?: Payer | undefined
  readonly cashPayer?: CountedPayer | undefined
  readonly functional?: MoneyOrZero | undefined
  readonly paidWhenCleared?: boolean | undefined
}): PaymentFacts => ({
  paymentId: facts.paymentId,
  currency: facts.amount.currency,
  amount: minorOf(facts.amount),
  method: facts.method,
  receivedOn: facts.receivedOn,
  deskId: facts.deskId,
  payer: facts.payer,
  cashPayer: facts.cashPayer,
  newestAllocation: 0,
  credit: minorOf(facts.amount),
  value: carried(facts.functional),
  paidWhenCleared: facts.paidWhenCleared ?? false,
  lastUndoOn: undefined,
  reversed: 0n,
  inTransit: METHODS_IN_TRANSIT.has(facts.method) ? minorOf(facts.amount) : 0n,
  creditUncollected: INSTRUMENTS.has(facts.method) ? minorOf(facts.amount) : 0n,
  clearedOn: undefined,
  refunded: 0n,
  transfers: [],
  origin: facts.origin,
  released: 0n,
  receipt: undefined,
  annulledReceipt: undefined,
})

/** What cash settles of an invoice, or an undo takes back; the invoice is still to be set. */
const countCash = (
  account: ClientAccount,
  payment: PaymentFacts,
  invoice: Invoice,
  { amount, paid = amount, values }: Partial<ForeignPart> & Pick<ForeignPart, 'amount'>,
  sign: 1n | -1n,
): void => {
  const { cashPayer } = payment
  if (cashPayer === undefined) return
  const lei = sign * partInLei(payment, paid, values?.payment)
  invoice.paidInCash += lei
  if (underContract(invoice, cashPayer)) cashTaken.add(account, cashKeyOf(payment, cashPayer), -lei)
}

/** What of a payment, or of a credit note on account, is gone with its value. */
const endCredit = (
  payment: PaymentFacts,
  amount: Money,
  { functional, reversedOn }: { readonly functional?: MoneyOrZero | undefined; readonly reversedOn: BusinessDay },
): void => {
  payment.credit -= minorOf(amount)
  takeValue(payment.value, functional?.amount)
  payment.lastUndoOn = latest(reversedOn, payment.lastUndoOn)
  payment.reversed += minorOf(amount)
}

/** A paper brought some of its money. */
const collect = (account: ClientAccount, payment: PaymentFacts, minor: bigint): void => {
  const { allocations } = known(accountPayments.get(account, payment.paymentId), payment.paymentId)
  const { parts, left } = collectionOf({ allocations }, minor)
  for (const { invoiceId, amount, paid } of parts) {
    const living = known(allocations.get(invoiceId), invoiceId)
    const uncollected = living.uncollected - amount
    const uncollectedPaid = living.uncollectedPaid - paid
    const invoice = invoiceOf(account, invoiceId)
    accountPayments.setAllocation(account, payment, invoice, { ...living, uncollected, uncollectedPaid }, false)
  }
  payment.creditUncollected = atLeastNothing(uncollectedCredit(payment) - left)
}

const freeOfReceipt = (payment: PaymentFacts, receiptId: ReceiptId): void => {
  if (payment.receipt?.receiptId === receiptId) payment.receipt = undefined
}

export const evolveAccount = (account: ClientAccount, event: Identified<AccountEvent>): ClientAccount => {
  switch (event.type) {
    case 'ClientRegistered': {
      const { taxIdUsedBy: _, ...client } = event.data
      account.client = client
      return account
    }
    case 'ClientUpdated':
      if (account.client === undefined) throw new Error('history updates a client before registering it')
      Object.assign(account.client, event.data, { taxIdUsedBy: undefined })
      return account
    case 'InvoiceRegistered': {
      const { invoiceId, series, number, kind, total, issuedOn, dueOn } = event.data
      const { vatLines, cashAccounting, instalments, instalmentContract } = event.data
      const { currency } = total
      const { own, advances } = linesOfPaper(vatLines, currency)
      const invoice = {
        invoiceId,
        series,
        number,
        kind,
        currency,
        issuedOn,
        dueOn,
        dueParts: duePartsOf(instalments, currency),
        rescheduledOn: undefined,
        total: minorOf(total),
        vatLines: own,
        advances,
        vatTaken: [],
        corrections: 0,
        cashAccounting,
        instalmentContract,
        open: minorOf(total),
        writtenOff: 0n,
        recovered: 0n,
        writtenOffOn: undefined,
        value: carried(event.data.functional),
        paidInCash: 0n,
        lastUndoOn: undefined,
        newestAllocation: 0,
      }
      moveOpen(account, { ...invoice, open: 0n }, invoice, accountInvoices.add(account, invoice))
      documents.add(account, event.data, { kind: 'INVOICE', documentId: invoiceId })
      for (const [advance, lines] of byAdvance(advances)) correct(account, advance, lines, 1n)
      return account
    }
    case 'InvoiceRescheduled':
      reschedule(account, event.data)
      return account
    case 'InvoiceCancelled': {
      const { invoiceId, total } = event.data
      lower(account, event.data, total)
      const cancelled = invoiceOf(account, invoiceId)
      documents.free(account, cancelled, { kind: 'INVOICE', documentId: invoiceId })
      for (const [advance, lines] of byAdvance(cancelled.advances)) correct(account, advance, lines, -1n)
      return account
    }
    case 'DiscountGranted': {
      const { invoiceId, kind, amount, vatLines, grantedOn } = event.data
      lower(account, event.data, amount)
      const discountId = ownOrEventId(event.data.discountId, event.eventId)
      // Without any id it cannot be named, so it is never asked for again.
      if (discountId === undefined) return account
      const taken = paperOf(amount, event.data, grantedOn)
      const kept = { ...taken, invoiceId, kind, vatLines: vatAmountsOf(vatLines, amount.currency) }
      discounts.set(account, discountId, kept)
      return account
    }
    case 'DiscountReversed':
      discounts.reverse(account, event.data.discountId)
      raise(account, event.data, event.data.amount, event.data.reversedOn)
      return account
    case 'InvoiceWrittenOff': {
      const { invoiceId, amount, writtenOffOn } = event.data
      lower(account, event.data, amount, writtenOffOn)
      const writeOffId = ownOrEventId(event.data.writeOffId, event.eventId)
      if (writeOffId === undefined) return account
      writeOffs.set(account, writeOffId, { ...paperOf(amount, event.data, writtenOffOn), invoiceId })
      return account
    }
    case 'WriteOffReversed':
      writeOffs.reverse(account, event.data.writeOffId)
      raise(account, event.data, event.data.amount, event.data.reversedOn, true)
      return account
    case 'CreditNoteRegistered': {
      const { creditNoteId, invoiceId, corrects, total, creditedOn, functional, vatLines } = event.data
      creditNotes.set(account, creditNoteId, creditNoteOf(event.data, paperOf(total, event.data, creditedOn)))
      documents.add(account, event.data, { kind: 'CREDIT_NOTE', documentId: creditNoteId })
      if (invoiceId !== undefined) lower(account, { invoiceId, functional, vatLines }, total)
      else {
        const source = { paymentId: creditOfNote(creditNoteId), amount: total, receivedOn: creditedOn, functional }
        accountPayments.set(account, newPayment({ ...source, method: 'CREDIT_NOTE' }))
        if (corrects !== undefined) correct(account, corrects, vatAmountsOf(vatLines, total.currency), 1n)
      }
      return account
    }
    case 'CreditNoteReversed': {
      const { creditNoteId, invoiceId, corrects, total, functional, vatLines, reversedOn } = event.data
      const note = creditNotes.reverse(account, creditNoteId)
      documents.free(account, note, { kind: 'CREDIT_NOTE', documentId: creditNoteId })
      if (invoiceId !== undefined) raise(account, { invoiceId, functional, vatLines }, total, reversedOn)
      else {
        changePayment(account, creditOfNote(creditNoteId), (credit) =>
          endCredit(credit, total, { functional, reversedOn }),
        )
        if (corrects !== undefined) correct(account, corrects, vatAmountsOf(vatLines, total.currency), -1n)
      }
      return account
    }
    case 'PaymentRecorded': {
      const { amount, method, receivedOn, deskId, payer } = event.data
      const lei = leiOf(amount, event.data.functional)
      const cashPayer = method === 'CASH' ? countedPayerOf({ payer, lei }, account.client) : undefined
      accountPayments.set(account, newPayment({ ...event.data, cashPayer }))
      if (cashPayer !== undefined) cashTaken.add(account, cashKeyOf({ receivedOn, deskId }, cashPayer), lei ?? 0n)
      return account
    }
    // It says who answers for the payment after it; the payment itself says the rest.
    case 'CashLimitOverridden':
      return account
    case 'PaymentCleared': {
      const { paymentId, amount, clearedOn } = event.data
      const payment = paymentOf(account, paymentId)
      if (INSTRUMENTS.has(payment.method)) collect(account, payment, minorOf(amount))
      payment.clearedOn = latest(clearedOn, payment.clearedOn)
      leaveTransit(payment, minorOf(amount))
      accountPayments.set(account, payment)
      return account
    }
    case 'RefundRecorded': {
      const { refundId, paymentId, amount, method, deskId, refundedOn, functional, conversion, worth } = event.data
      if (method === 'CASH') cashPaid.add(account, refundedOn, refundInLei(event.data) ?? 0n)
      changePayment(account, paymentId, (payment) => {
        const inTransit = CARD_METHODS.has(payment.method) ? refundedInTransit(event.data) : 0n
        const paper = paperOf(amount, event.data, refundedOn)
        const paid = minorInCurrency(conversion?.paid)
        const value = minorInCurrency(worth && { ...worth, amount: worth.paid })
        refunds.set(account, refundId, { ...paper, paymentId, method, deskId, paid, worth: value, inTransit })
        payment.credit -= minorOf(amount)
        payment.refunded += minorOf(amount)
        takeValue(payment.value, functional?.amount)
        leaveTransit(payment, inTransit)
      })
      return account
    }
    case 'CreditReleased':
      changePayment(account, event.data.paymentId, (payment) => {
        payment.credit -= minorOf(event.data.amount)
        payment.released += minorOf(event.data.amount)
        takeValue(payment.value, event.data.functional?.amount)
      })
      return account
    case 'RefundReversed': {
      const { refundId, paymentId, amount, method, reversedOn, functional } = event.data
      const refund = refunds.reverse(account, refundId)
      // Cash that is not given back counts no longer.
      if (method === 'CASH') cashPaid.add(account, refund.on, -(refundInLei(event.data) ?? 0n))
      changePayment(account, paymentId, (payment) => {
        payment.credit += minorOf(amount)
        payment.refunded -= minorOf(amount)
        if (CARD_METHODS.has(payment.method)) payment.inTransit += refundedInTransit(event.data)
        takeValue(payment.value, functional?.amount, -1n)
        payment.lastUndoOn = latest(reversedOn, payment.lastUndoOn)
      })
      return account
    }
    case 'PaymentAllocated': {
      const { paymentId, invoiceId, allocatedOn, functional, recovers = false } = event.data
      const amount = minorOf(event.data.amount)
      const part = foreignPartOf(event.data)
      const payment = paymentOf(account, paymentId)
      const invoice = invoiceOf(account, invoiceId)
      const before = accountPayments.allocation(account, paymentId, invoiceId, recovers)
      const living = before?.amount ? before : { ...NOTHING_ALLOCATED, allocatedOn }
      const paid = part?.paid ?? amount
      const uncollectedPaid = uncollectedOf(payment, paid)
      const told = event.data.collected
      const uncollected = told === undefined ? amount : amount - minorIn(told, invoice.currency)
      const allocation = {
        amount: living.amount + amount,
        allocatedOn: latest(living.allocatedOn, allocatedOn),
        parts: withPart(living.parts, part),
        uncollected: living.uncollected + (uncollectedPaid === 0n ? 0n : uncollected),
        uncollectedPaid: living.uncollectedPaid + uncollectedPaid,
      }
      accountPayments.setAllocation(account, payment, invoice, allocation, recovers)
      payment.creditUncollected = uncollectedCredit(payment) - uncollectedPaid
      takeValue(invoice.value, functional?.invoice)
      takeValue(payment.value, functional?.payment)
      payment.credit -= paid
      accountPayments.set(account, payment)
      countCash(account, payment, invoice, part ?? { amount }, 1n)
      if (recovers) invoice.recovered += amount
      changeOpen(account, invoice, recovers ? 0n : -amount)
      return account
    }
    case 'PaymentDeallocated': {
      const { paymentId, invoiceId, deallocatedOn, functional, recovers = false } = event.data
      const amount = minorOf(event.data.amount)
      const part = foreignPartOf(event.data)
      const payment = paymentOf(account, paymentId)
      const invoice = invoiceOf(account, invoiceId)
      const living = accountPayments.allocation(account, paymentId, invoiceId, recovers)
      if (living === undefined) throw new Error(`history undoes ${paymentId} on ${invoiceId} before allocating it`)
      const paid = part?.paid ?? amount
      const uncollectedPaid = least(living.uncollectedPaid, paid)
      const left = {
        ...living,
        amount: living.amount - amount,
        parts: undoNewest(living.parts, amount).stays,
        uncollected: living.uncollected - least(living.uncollected, amount),
        uncollectedPaid: living.uncollectedPaid - uncollectedPaid,
      }
      accountPayments.setAllocation(account, payment, invoice, left, recovers)
      payment.creditUncollected = uncollectedCredit(payment) + uncollectedPaid
      takeValue(invoice.value, functional?.invoice, -1n)
      takeValue(payment.value, functional?.payment, -1n)
      payment.credit += paid
      payment.lastUndoOn = latest(deallocatedOn, payment.lastUndoOn)
      accountPayments.set(account, payment)
      countCash(account, payment, invoice, part ?? { amount }, -1n)
      invoice.lastUndoOn = latest(deallocatedOn, invoice.lastUndoOn)
      if (recovers) invoice.recovered -= amount
      changeOpen(account, invoice, recovers ? 0n : amount)
      return account
    }
    case 'PaymentReversed':
      changePayment(account, event.data.paymentId, (payment) => {
        const onItsWay = reversedInTransit(event.data)
        payment.creditUncollected = atLeastNothing(uncollectedCredit(payment) - onItsWay)
        endCredit(payment, event.data.amount, event.data)
        leaveTransit(payment, onItsWay)
        const { cashPayer } = payment
        // Nothing of it settles a contract any more, so all of it is counted.
        const lei = worthInLei({ ...payment, total: payment.amount }) ?? 0n
        if (cashPayer !== undefined) cashTaken.add(account, cashKeyOf(payment, cashPayer), -lei)
      })
      return account
    case 'TransferRequested': {
      const { paymentId, transferId, toClientId, functional } = event.data
      const amount = minorOf(event.data.amount)
      changePayment(account, paymentId, (payment) => {
        payment.credit -= amount
        takeValue(payment.value, functional?.amount)
        const value = functional && minorOf(functional)
        payment.transfers = [...payment.transfers, { transferId, toClientId, amount, value, isReserved: true }]
      })
      return account
    }
    case 'TransferReceived': {
      const { transferId, amount, movedOn, collectedOn, functional, returnsTo } = event.data
      if (returnsTo !== undefined) {
        const given = event.data.origin.paymentId
        changePayment(account, returnsTo, (payment) => {
          payment.credit += minorOf(amount)
          takeValue(payment.value, functional?.amount, -1n)
          payment.lastUndoOn = latest(movedOn, payment.lastUndoOn)
          payment.transfers = payment.transfers.flatMap((transfer) => {
            if (transfer.transferId !== given) return [transfer]
            const left = transfer.amount - minorOf(amount)
            return left === 0n ? [] : [{ ...transfer, amount: left }]
          })
        })
        return account
      }
      const origin = { ...event.data.origin, collectedOn }
      const facts = { paymentId: transferId, amount, receivedOn: movedOn, functional, origin }
      accountPayments.set(account, newPayment({ ...facts, method: 'TRANSFER' }))
      return account
    }
    case 'TransferRefused':
      return account
    case 'TransferCompleted':
      changePayment(account, event.data.paymentId, (payment) => {
        const { transferId } = event.data
        payment.transfers = payment.transfers.map((transfer) =>
          transfer.transferId === transferId ? { ...transfer, isReserved: false } : transfer,
        )
      })
      return account
    case 'TransferDeclined':
      changePayment(account, event.data.paymentId, (payment) => {
        payment.credit += minorOf(event.data.amount)
        takeValue(payment.value, event.data.functional?.amount, -1n)
        payment.transfers = payment.transfers.filter(({ transferId }) => transferId !== event.data.transferId)
      })
      return account
    case 'ReceiptRequested':
      changePayment(account, event.data.paymentId, (payment) => {
        payment.receipt = { receiptId: event.data.receiptId, series: event.data.series }
      })
      return account
    case 'ReceiptDeclined':
      changePayment(account, event.data.paymentId, (payment) => freeOfReceipt(payment, event.data.receiptId))
      return account
    case 'ReceiptReleased': {
      const { paymentId, receiptId, series, number } = event.data
      changePayment(account, paymentId, (payment) => {
        freeOfReceipt(payment, receiptId)
        payment.annulledReceipt = { series, number }
      })
      return account
    }
  }
}

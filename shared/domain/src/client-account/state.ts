import type { BusinessDay } from '../business-day.ts'
import { latest } from '../business-day.ts'
import type { ClientId, CreditNoteId, InvoiceId, PaymentId, ReceiptId, ReceiptSeries, RefundId } from '../ids.ts'
import type { Currency, Money } from '../money.ts'
import { minorOf } from '../money.ts'
import type { Address, ClientKind, Payer } from '../party.ts'
import { type CashTaken, cashKeyOf, noCash, settleInCash, takeCash } from './cash-guard.ts'
import type { AccountEvent, VatLine } from './events.ts'
import { type DueKey, insertByDue, removeByDue } from './open-invoices.ts'
import type { InvoiceKind, PaymentMethod } from './vocabulary.ts'

/** Only what a decision needs; everything a reader wants belongs to a projection. Amounts are minor units. */
export interface ClientAccount {
  client: Client | undefined
  readonly invoices: Map<InvoiceId, Invoice>
  readonly payments: Map<PaymentId, Payment>
  /** Open invoices of each currency, oldest due first. */
  readonly openByDue: Map<Currency, DueKey[]>
  readonly creditNotes: Set<CreditNoteId>
  readonly refunds: Set<RefundId>
  readonly cash: CashTaken
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

export interface Invoice {
  readonly invoiceId: InvoiceId
  readonly series: string | undefined
  readonly number: string
  readonly kind: InvoiceKind
  readonly currency: Currency
  readonly issuedOn: BusinessDay
  readonly dueOn: BusinessDay
  readonly total: bigint
  readonly vatLines: readonly VatLine[]
  readonly cashAccounting: boolean
  readonly instalmentContract: boolean
  open: bigint
  /** Nothing new is effective before the last undo, so at every day what is open never falls below zero. */
  lastUndoOn: BusinessDay | undefined
}

export interface LivingAllocation {
  amount: bigint
  /** The latest effective day among the events that make up the amount. */
  allocatedOn: BusinessDay
}

export interface Payment {
  readonly paymentId: PaymentId
  readonly currency: Currency
  readonly amount: bigint
  /** A credit note without an invoice is credit as a payment's is, and no money. */
  readonly method: PaymentMethod | 'CREDIT_NOTE'
  readonly receivedOn: BusinessDay
  readonly deskId: string | undefined
  readonly payer: Payer | undefined
  /** What the payment counts for among the ceilings of cash; `undefined` when they do not count it. */
  readonly cashKey: string | undefined
  readonly allocations: Map<InvoiceId, LivingAllocation>
  credit: bigint
  lastUndoOn: BusinessDay | undefined
  reversed: boolean
  /** When money on its way arrived. */
  clearedOn: BusinessDay | undefined
  refunded: bigint
  /** The living receipt; `undefined` when there is none or it was annulled. */
  receipt: { readonly receiptId: ReceiptId; readonly series: ReceiptSeries } | undefined
  /** The last receipt that was annulled: the next one names it. */
  annulledReceipt: { readonly series: ReceiptSeries; readonly number: number } | undefined
}

export const initialAccount = (): ClientAccount => ({
  client: undefined,
  invoices: new Map(),
  payments: new Map(),
  openByDue: new Map(),
  creditNotes: new Set(),
  refunds: new Set(),
  cash: noCash(),
})

/** @throws Error when history names what it never introduced: the stream is not ours. */
const known = <Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value => {
  const value = map.get(key)
  if (value === undefined) throw new Error(`history names ${String(key)} before introducing it`)
  return value
}

const openListOf = (account: ClientAccount, currency: Currency): DueKey[] => {
  const list = account.openByDue.get(currency)
  if (list !== undefined) return list
  const empty: DueKey[] = []
  account.openByDue.set(currency, empty)
  return empty
}

const changeOpen = (account: ClientAccount, invoice: Invoice, by: bigint): void => {
  const before = invoice.open
  invoice.open += by
  if (before === 0n && invoice.open > 0n) insertByDue(openListOf(account, invoice.currency), invoice)
  if (before > 0n && invoice.open === 0n) removeByDue(openListOf(account, invoice.currency), invoice)
}

const newPayment = (facts: {
  readonly paymentId: PaymentId
  readonly amount: Money
  readonly method: Payment['method']
  readonly receivedOn: BusinessDay
  readonly deskId?: string | undefined
  readonly payer?: Payer | undefined
  readonly cashKey?: string | undefined
}): Payment => ({
  paymentId: facts.paymentId,
  currency: facts.amount.currency,
  amount: minorOf(facts.amount),
  method: facts.method,
  receivedOn: facts.receivedOn,
  deskId: facts.deskId,
  payer: facts.payer,
  cashKey: facts.cashKey,
  allocations: new Map(),
  credit: minorOf(facts.amount),
  lastUndoOn: undefined,
  reversed: false,
  clearedOn: undefined,
  refunded: 0n,
  receipt: undefined,
  annulledReceipt: undefined,
})

const freeOfReceipt = (payment: Payment, receiptId: ReceiptId): void => {
  if (payment.receipt?.receiptId === receiptId) payment.receipt = undefined
}

export const evolveAccount = (account: ClientAccount, event: AccountEvent): ClientAccount => {
  switch (event.type) {
    case 'ClientRegistered':
      account.client = { ...event.data }
      return account
    case 'ClientUpdated':
      if (account.client === undefined) throw new Error('history updates a client before registering it')
      Object.assign(account.client, event.data)
      return account
    case 'InvoiceRegistered': {
      const { invoiceId, series, number, kind, total, issuedOn, dueOn } = event.data
      const { vatLines, cashAccounting, instalmentContract } = event.data
      const invoice: Invoice = {
        invoiceId,
        series,
        number,
        kind,
        currency: total.currency,
        issuedOn,
        dueOn,
        total: minorOf(total),
        vatLines,
        cashAccounting,
        instalmentContract,
        open: 0n,
        lastUndoOn: undefined,
      }
      account.invoices.set(invoiceId, invoice)
      changeOpen(account, invoice, invoice.total)
      return account
    }
    case 'InvoiceCancelled':
      changeOpen(account, known(account.invoices, event.data.invoiceId), -minorOf(event.data.total))
      return account
    case 'DiscountGranted':
    case 'InvoiceWrittenOff':
      changeOpen(account, known(account.invoices, event.data.invoiceId), -minorOf(event.data.amount))
      return account
    case 'CreditNoteRegistered': {
      const { creditNoteId, invoiceId, total, creditedOn } = event.data
      account.creditNotes.add(creditNoteId)
      if (invoiceId !== undefined) changeOpen(account, known(account.invoices, invoiceId), -minorOf(total))
      else {
        const source = { paymentId: creditNoteId, amount: total, receivedOn: creditedOn }
        account.payments.set(creditNoteId, newPayment({ ...source, method: 'CREDIT_NOTE' }))
      }
      return account
    }
    case 'PaymentRecorded': {
      const { paymentId, amount, method, receivedOn, deskId, payer } = event.data
      const place = { currency: amount.currency, receivedOn, deskId, payer }
      const cashKey = method === 'CASH' ? cashKeyOf(place, account.client) : undefined
      const payment = newPayment({ ...event.data, cashKey })
      account.payments.set(paymentId, payment)
      if (cashKey !== undefined) takeCash(account.cash, cashKey, payment.amount)
      return account
    }
    // It says who answers for the payment after it; the payment itself says the rest.
    case 'CashLimitOverridden':
      return account
    case 'PaymentCleared':
      known(account.payments, event.data.paymentId).clearedOn = event.data.clearedOn
      return account
    case 'RefundRecorded': {
      const payment = known(account.payments, event.data.paymentId)
      const amount = minorOf(event.data.amount)
      account.refunds.add(event.data.refundId)
      payment.credit -= amount
      payment.refunded += amount
      return account
    }
    case 'PaymentAllocated': {
      const { paymentId, invoiceId, allocatedOn } = event.data
      const amount = minorOf(event.data.amount)
      const payment = known(account.payments, paymentId)
      const allocation = payment.allocations.get(invoiceId)
      if (allocation === undefined) payment.allocations.set(invoiceId, { amount, allocatedOn })
      else {
        allocation.amount += amount
        allocation.allocatedOn = latest(allocation.allocatedOn, allocatedOn)
      }
      payment.credit -= amount
      if (payment.method === 'CASH') settleInCash(account.cash, invoiceId, amount)
      changeOpen(account, known(account.invoices, invoiceId), -amount)
      return account
    }
    case 'PaymentDeallocated': {
      const { paymentId, invoiceId, deallocatedOn } = event.data
      const amount = minorOf(event.data.amount)
      const payment = known(account.payments, paymentId)
      const invoice = known(account.invoices, invoiceId)
      const allocation = known(payment.allocations, invoiceId)
      allocation.amount -= amount
      if (allocation.amount === 0n) payment.allocations.delete(invoiceId)
      payment.credit += amount
      if (payment.method === 'CASH') settleInCash(account.cash, invoiceId, -amount)
      payment.lastUndoOn = latest(deallocatedOn, payment.lastUndoOn)
      invoice.lastUndoOn = latest(deallocatedOn, invoice.lastUndoOn)
      changeOpen(account, invoice, amount)
      return account
    }
    case 'PaymentReversed': {
      const payment = known(account.payments, event.data.paymentId)
      payment.credit -= minorOf(event.data.amount)
      payment.lastUndoOn = latest(event.data.reversedOn, payment.lastUndoOn)
      payment.reversed = true
      if (payment.cashKey !== undefined) takeCash(account.cash, payment.cashKey, -payment.amount)
      return account
    }
    case 'ReceiptRequested':
      known(account.payments, event.data.paymentId).receipt = {
        receiptId: event.data.receiptId,
        series: event.data.series,
      }
      return account
    case 'ReceiptDeclined':
      freeOfReceipt(known(account.payments, event.data.paymentId), event.data.receiptId)
      return account
    case 'ReceiptReleased': {
      const { paymentId, receiptId, series, number } = event.data
      const payment = known(account.payments, paymentId)
      freeOfReceipt(payment, receiptId)
      payment.annulledReceipt = { series, number }
      return account
    }
  }
}

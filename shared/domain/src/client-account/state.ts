import type { BusinessDay } from '../business-day.ts'
import { latest } from '../business-day.ts'
import type { ClientId, InvoiceId, PaymentId, ReceiptId, ReceiptSeries } from '../ids.ts'
import type { Currency } from '../money.ts'
import { minorOf } from '../money.ts'
import type { Address, ClientKind, Payer } from '../party.ts'
import type { AccountEvent } from './events.ts'
import { type DueKey, insertByDue, removeByDue } from './open-invoices.ts'
import type { PaymentMethod } from './vocabulary.ts'

/** Only what a decision needs; everything a reader wants belongs to a projection. Amounts are minor units. */
export interface ClientAccount {
  client: Client | undefined
  readonly invoices: Map<InvoiceId, Invoice>
  readonly payments: Map<PaymentId, Payment>
  /** Open invoices of each currency, oldest due first. */
  readonly openByDue: Map<Currency, DueKey[]>
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
  readonly currency: Currency
  readonly issuedOn: BusinessDay
  readonly dueOn: BusinessDay
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
  readonly method: PaymentMethod
  readonly receivedOn: BusinessDay
  readonly deskId: string | undefined
  readonly payer: Payer | undefined
  readonly allocations: Map<InvoiceId, LivingAllocation>
  credit: bigint
  lastUndoOn: BusinessDay | undefined
  reversed: boolean
  /** The living receipt; `undefined` when there is none or it was annulled. */
  receipt: { readonly receiptId: ReceiptId; readonly series: ReceiptSeries } | undefined
}

export const initialAccount = (): ClientAccount => ({
  client: undefined,
  invoices: new Map(),
  payments: new Map(),
  openByDue: new Map(),
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
      const { invoiceId, series, number, total, issuedOn, dueOn } = event.data
      const currency = total.currency
      const invoice: Invoice = { invoiceId, series, number, currency, issuedOn, dueOn, open: 0n, lastUndoOn: undefined }
      account.invoices.set(invoiceId, invoice)
      changeOpen(account, invoice, minorOf(total))
      return account
    }
    case 'PaymentRecorded': {
      const { paymentId, amount, method, receivedOn, deskId, payer } = event.data
      account.payments.set(paymentId, {
        paymentId,
        currency: amount.currency,
        amount: minorOf(amount),
        method,
        receivedOn,
        deskId,
        payer,
        allocations: new Map(),
        credit: minorOf(amount),
        lastUndoOn: undefined,
        reversed: false,
        receipt: undefined,
      })
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
      return account
    }
    case 'ReceiptRequested':
      known(account.payments, event.data.paymentId).receipt = {
        receiptId: event.data.receiptId,
        series: event.data.series,
      }
      return account
    case 'ReceiptDeclined':
    case 'ReceiptReleased': {
      const payment = known(account.payments, event.data.paymentId)
      if (payment.receipt?.receiptId === event.data.receiptId) payment.receipt = undefined
      return account
    }
  }
}

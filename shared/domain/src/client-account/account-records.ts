import type { BusinessDay } from '../business-day.ts'
import type {
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
import type { Currency } from '../money.ts'
import { hashOfText, ordinalsUnder, type PackedIndex, putUnder, takeFrom } from '../packed/packed-index.ts'
import { findRecord, keyAt, kindAt, ordinalsOf, type PackedRecords } from '../packed/packed-records.ts'
import {
  amount,
  count,
  day,
  type FieldsOf,
  flag,
  listOf,
  object,
  oneOf,
  optional,
  packedTable,
  shared,
  text,
} from '../packed/packed-table.ts'
import { type Address, ClientKind, type Payer } from '../party.ts'
import type { CountedPayer } from './cash-guard.ts'
import { type DocumentKey, type DocumentName, documentKeyOf } from './document-number.ts'
import type { DuePart } from './due-parts.ts'
import { digitsOf } from './remittance-text.ts'
import type { TransferOrigin } from './transfer-events.ts'
import { type CreditSource, DiscountKind, InvoiceKind, PaymentMethod, RefundMethod } from './vocabulary.ts'

// How an account's invoices, payments and allocations are kept. To keep one more fact is to name it twice here, and to
// raise the version of the account's snapshot.

const KIND = {
  word: 0,
  invoice: 1,
  payment: 2,
  allocation: 3,
  creditNote: 4,
  refund: 5,
  cash: 6,
  digits: 7,
  discount: 8,
  writeOff: 9,
  cashPaid: 10,
} as const

/** A text that comes again and again: a currency, a series, a desk, a rate. */
const word = shared(KIND.word)

/** What a document in a foreign currency is worth in the functional one: at first, and what is left of that. */
export interface CarriedValue {
  readonly currency: Currency
  readonly total: bigint
  left: bigint
}

const carriedValue: FieldsOf<CarriedValue> = { currency: word, total: amount, left: amount }

/** Base and VAT of one rate, in minor units. */
export interface VatAmounts {
  /** Percent as printed. */
  readonly rate: string
  readonly base: bigint
  readonly vat: bigint
}

/** Base and VAT of an advance invoice that a final one takes off; positive. */
export interface AdvanceTakenOff extends VatAmounts {
  readonly advanceInvoiceId: InvoiceId
}

export interface Invoice {
  readonly invoiceId: InvoiceId
  readonly series: string | undefined
  readonly number: string
  readonly kind: InvoiceKind
  readonly currency: Currency
  readonly issuedOn: BusinessDay
  /** Of instalments, the last one's. */
  dueOn: BusinessDay
  /** In the order in which what is settled falls on them, all of them together the total; none: the whole on `dueOn`. */
  dueParts: readonly DuePart[]
  readonly total: bigint
  /** When the due days that hold now were agreed; `undefined`: they are the invoice's own. */
  rescheduledOn: BusinessDay | undefined
  /** What it is for; what it takes off is apart. */
  readonly vatLines: readonly VatAmounts[]
  readonly advances: readonly AdvanceTakenOff[]
  /** What credit notes and discounts have taken back of the lines, by rate. */
  vatTaken: readonly VatAmounts[]
  /** How many papers that do not lower it stand on its VAT: credit notes on account that correct it, invoices that take it off as an advance. */
  corrections: number
  readonly cashAccounting: boolean
  readonly instalmentContract: boolean
  open: bigint
  /** What write-offs that stand have taken off it, and what of that money has brought after all. */
  writtenOff: bigint
  recovered: bigint
  /** Nothing is recovered before the last write-off, so at every day no more is than was written off. */
  writtenOffOn: BusinessDay | undefined
  /** Value of what is open; `undefined` in the functional currency, and where no rate was given. */
  readonly value: CarriedValue | undefined
  /** In bani, over all days and desks. */
  paidInCash: bigint
  /** Nothing new is effective before the last undo, so at every day what is open never falls below zero. */
  lastUndoOn: BusinessDay | undefined
  /** Ordinal + 1 of the record of the invoice before it whose number has the same digits; 0: none. */
  readonly alikeBefore: number
  /** Ordinal + 1 of the newest allocation's record; 0: none. */
  newestAllocation: number
}

const vatAmounts: FieldsOf<VatAmounts> = { rate: word, base: amount, vat: amount }

const invoiceFields: FieldsOf<Omit<Invoice, 'invoiceId'>> = {
  series: optional(word),
  number: text,
  kind: oneOf(InvoiceKind.options),
  currency: word,
  issuedOn: day,
  dueOn: day,
  dueParts: listOf(object({ dueOn: day, amount })),
  rescheduledOn: optional(day),
  total: amount,
  open: amount,
  writtenOff: amount,
  recovered: amount,
  writtenOffOn: optional(day),
  vatLines: listOf(object(vatAmounts)),
  advances: listOf(object<AdvanceTakenOff>({ ...vatAmounts, advanceInvoiceId: text })),
  vatTaken: listOf(object(vatAmounts)),
  corrections: count,
  cashAccounting: flag,
  instalmentContract: flag,
  paidInCash: amount,
  value: optional(object(carriedValue)),
  lastUndoOn: optional(day),
  alikeBefore: count,
  newestAllocation: count,
}

const address: FieldsOf<Address> = {
  street: optional(word),
  city: word,
  county: optional(word),
  postalCode: optional(word),
  countryCode: word,
}

const payer: FieldsOf<Payer> = { name: word, taxId: optional(word), address: optional(object(address)) }

/** What a part took besides its amount where a foreign currency is involved; an undo gives it back. */
export interface ForeignPart {
  /** Of the invoice, in its currency. */
  readonly amount: bigint
  /** Of the payment, in its currency. */
  readonly paid: bigint
  /** Between two currencies; of parts that became one, the newest one's. */
  readonly rate: string | undefined
  /** What went of the two functional values, where rates or the functional currency tell them. */
  readonly values:
    | {
        readonly currency: Currency
        readonly invoice: bigint | undefined
        readonly payment: bigint | undefined
      }
    | undefined
}

export interface LivingAllocation {
  /** In the invoice's currency. */
  readonly amount: bigint
  /** Oldest first; none where no foreign currency is involved. */
  readonly parts: readonly ForeignPart[]
  /** The latest effective day among the events that make up the amount. */
  readonly allocatedOn: BusinessDay
  /** What of the amount a cheque or promissory note has not brought yet; the same in the payment's currency. */
  readonly uncollected: bigint
  readonly uncollectedPaid: bigint
}

/** Credit that went to another account, or is on its way there. */
export interface Transfer {
  readonly transferId: PaymentId
  readonly toClientId: ClientId
  readonly amount: bigint
  /** What of the payment's functional value goes along. */
  readonly value: bigint | undefined
  /** The other account has not said yet that it has it. */
  readonly isReserved: boolean
}

/** Where credit came from that another account gave. */
export interface CreditOrigin extends TransferOrigin {
  /** Day of the money for what it settles; `undefined` where no money is behind it. */
  readonly collectedOn: BusinessDay | undefined
}

export interface PaymentFacts {
  readonly paymentId: PaymentId
  readonly currency: Currency
  readonly amount: bigint
  readonly method: CreditSource
  readonly receivedOn: BusinessDay
  readonly deskId: CashDeskId | undefined
  readonly payer: Payer | undefined
  /** Whom the ceilings of cash count the payment for; `undefined` when they do not count it. */
  readonly cashPayer: CountedPayer | undefined
  /** Ordinal + 1 of the newest allocation's record; 0: none. */
  newestAllocation: number
  credit: bigint
  /** Value of the credit; `undefined` in the functional currency, and where no rate was given. */
  readonly value: CarriedValue | undefined
  /** A cheque or promissory note that counts as paid only when it is collected. */
  readonly paidWhenCleared: boolean
  lastUndoOn: BusinessDay | undefined
  /** What is gone again, bounced or charged back, in one or several parts. */
  reversed: bigint
  /** What is still on its way to the bank: nothing of cash and transfers. */
  inTransit: bigint
  /** What of the credit a cheque or promissory note has not brought yet; `uncollectedCredit` tells how much still is. */
  creditUncollected: bigint
  /** When money on its way arrived, or the last part of it. */
  clearedOn: BusinessDay | undefined
  refunded: bigint
  /** Oldest first; all of it has left the credit. */
  transfers: readonly Transfer[]
  /** Of credit that came from another account. */
  readonly origin: CreditOrigin | undefined
  /** Of the credit: what ended as income, or as what is owed to the staff. */
  released: bigint
  /** The living receipt; `undefined` when there is none or it was annulled. */
  receipt: { readonly receiptId: ReceiptId; readonly series: ReceiptSeries } | undefined
  /** The last receipt that was annulled: the next one names it. */
  annulledReceipt: { readonly series: ReceiptSeries; readonly number: number } | undefined
}

export interface Payment extends PaymentFacts {
  /** In the order in which the payment first settled the invoices. */
  readonly allocations: ReadonlyMap<InvoiceId, LivingAllocation>
  /** What it recovered of what was written off: it settles nothing that is open. */
  readonly recoveries: ReadonlyMap<InvoiceId, LivingAllocation>
}

const paymentFields: FieldsOf<Omit<PaymentFacts, 'paymentId'>> = {
  currency: word,
  amount,
  credit: amount,
  value: optional(object(carriedValue)),
  paidWhenCleared: flag,
  method: oneOf([...PaymentMethod.options, 'CREDIT_NOTE', 'TRANSFER']),
  receivedOn: day,
  deskId: optional(word),
  payer: optional(object(payer)),
  cashPayer: optional(object({ identity: word, kind: oneOf(ClientKind.options) })),
  lastUndoOn: optional(day),
  reversed: amount,
  inTransit: amount,
  creditUncollected: amount,
  clearedOn: optional(day),
  refunded: amount,
  transfers: listOf(object({ transferId: text, toClientId: word, amount, value: optional(amount), isReserved: flag })),
  origin: optional(object({ clientId: word, paymentId: text, collectedOn: optional(day) })),
  released: amount,
  receipt: optional(object({ receiptId: text, series: word })),
  annulledReceipt: optional(object({ series: word, number: count })),
  newestAllocation: count,
}

/**
 * Allocations of one payment are a chain from the newest back, and so are those on one invoice. A part that was undone whole
 * stays in both, with nothing.
 */
interface ChainedAllocation extends LivingAllocation {
  /** Ordinal + 1 of the payment's allocation before this one; 0: none. */
  readonly previous: number
  /** The same on the invoice. */
  readonly previousOnInvoice: number
}

const foreignPart: FieldsOf<ForeignPart> = {
  amount,
  paid: amount,
  rate: optional(word),
  values: optional(object({ currency: word, invoice: optional(amount), payment: optional(amount) })),
}

const allocationFields: FieldsOf<ChainedAllocation> = {
  amount,
  allocatedOn: day,
  parts: listOf(object(foreignPart)),
  uncollected: amount,
  uncollectedPaid: amount,
  previous: count,
  previousOnInvoice: count,
}

/** What holds an account's records. */
interface Keeper {
  readonly records: PackedRecords
}

/** What holds an account's records, and tells which of its credit notes have something left. */
interface CreditKeeper extends Keeper {
  /** By currency: their ordinals, oldest first. */
  readonly notesLeft: Map<Currency, readonly number[]>
}

const keptInvoices = packedTable(KIND.invoice, object(invoiceFields))
/** By the digits of their numbers, ordinal + 1 of the newest invoice: payers name few invoices among very many. */
const newestOfDigits = packedTable(KIND.digits, count)

const invoiceAt = ({ records }: Keeper, ordinal: number): Invoice => ({
  invoiceId: keyAt(records, ordinal),
  ...keptInvoices.at(records, ordinal),
})

/** The invoices of an account. What is got is a copy; only `evolve` sets it. */
export const accountInvoices = {
  get: ({ records }: Keeper, invoiceId: InvoiceId): Invoice | undefined => {
    const facts = keptInvoices.get(records, invoiceId)
    return facts === undefined ? undefined : { invoiceId, ...facts }
  },
  has: ({ records }: Keeper, invoiceId: InvoiceId): boolean => keptInvoices.has(records, invoiceId),
  /** @returns the ordinal by which lists name it */
  set: ({ records }: Keeper, invoice: Invoice): number => keptInvoices.set(records, invoice.invoiceId, invoice),
  /**
   * Sets an invoice for the first time, so that its number finds it.
   * @returns the ordinal by which lists name it
   */
  add: ({ records }: Keeper, facts: Omit<Invoice, 'alikeBefore'>): number => {
    const digits = digitsOf(facts.number)
    const alikeBefore = digits === undefined ? 0 : (newestOfDigits.get(records, digits) ?? 0)
    const ordinal = keptInvoices.set(records, facts.invoiceId, { ...facts, alikeBefore })
    if (digits !== undefined) newestOfDigits.set(records, digits, ordinal + 1)
    return ordinal
  },
  /** Whose number has these digits, leading zeros apart; newest first. */
  *withDigits(account: Keeper, digits: string): Iterable<Invoice> {
    for (let place = newestOfDigits.get(account.records, digits) ?? 0; place > 0; ) {
      const invoice = invoiceAt(account, place - 1)
      yield invoice
      place = invoice.alikeBefore
    }
  },
  at: invoiceAt,
  /** Oldest first. Looks at everything that the account has. */
  *all(account: Keeper): Iterable<Invoice> {
    for (const ordinal of ordinalsOf(account.records, KIND.invoice)) yield invoiceAt(account, ordinal)
  },
}

const keptPayments = packedTable(KIND.payment, object(paymentFields))
const keptAllocations = packedTable(KIND.allocation, object(allocationFields))

const KEY_RADIX = 36
const KEY_SEPARATOR = ':'

/** @throws Error when history names what it never introduced: the stream is not ours */
const required = (ordinal: number | undefined): number => {
  if (ordinal === undefined) throw new Error('history names a payment or a document before introducing it')
  return ordinal
}

/** A payment may settle an invoice and recover a write-off of it: each has a record of its own. */
const RECOVERY_MARK = 'r'

const allocationKey = (
  records: PackedRecords,
  paymentId: PaymentId,
  invoiceId: InvoiceId,
  recovers: boolean,
): string => {
  const payment = required(keptPayments.ordinalOf(records, paymentId))
  const invoice = required(keptInvoices.ordinalOf(records, invoiceId))
  const pair = `${payment.toString(KEY_RADIX)}${KEY_SEPARATOR}${invoice.toString(KEY_RADIX)}`
  return recovers ? `${pair}${KEY_SEPARATOR}${RECOVERY_MARK}` : pair
}

/** Whose allocation a record is: payment and invoice, and whether it recovers a write-off. */
const pairOf = (records: PackedRecords, ordinal: number): readonly [PaymentId, InvoiceId, boolean] => {
  const [payment = '', invoice = '', mark] = keyAt(records, ordinal).split(KEY_SEPARATOR)
  const idOf = (part: string): string => keyAt(records, Number.parseInt(part, KEY_RADIX))
  return [idOf(payment), idOf(invoice), mark === RECOVERY_MARK]
}

const withAllocations = (records: PackedRecords, facts: PaymentFacts): Payment => {
  const chain: [InvoiceId, LivingAllocation][] = []
  const recoveries: [InvoiceId, LivingAllocation][] = []
  for (let place = facts.newestAllocation; place > 0; ) {
    const { previous, previousOnInvoice: _, ...allocation } = keptAllocations.at(records, place - 1)
    const [, invoiceId, recovers] = pairOf(records, place - 1)
    if (allocation.amount !== 0n) (recovers ? recoveries : chain).push([invoiceId, allocation])
    place = previous
  }
  return { ...facts, allocations: new Map(chain.reverse()), recoveries: new Map(recoveries.reverse()) }
}

const paymentFacts = ({ records }: Keeper, paymentId: PaymentId): PaymentFacts | undefined => {
  const facts = keptPayments.get(records, paymentId)
  return facts === undefined ? undefined : { paymentId, ...facts }
}

export interface SettlingPayment {
  readonly paymentId: PaymentId
  /** What was written off, rather than what is open. */
  readonly recovers: boolean
  readonly allocation: LivingAllocation
}

const keepNoteLeft = ({ notesLeft }: CreditKeeper, ordinal: number, { currency, credit }: PaymentFacts): void => {
  const before = notesLeft.get(currency) ?? []
  if (before.includes(ordinal) === credit > 0n) return
  const others = before.filter((other) => other !== ordinal)
  notesLeft.set(currency, credit > 0n ? [...others, ordinal].toSorted((one, other) => one - other) : others)
}

/** The payments of an account, and the credit notes that are credit as a payment is. */
export const accountPayments = {
  get: (account: Keeper, paymentId: PaymentId): Payment | undefined => {
    const facts = paymentFacts(account, paymentId)
    return facts === undefined ? undefined : withAllocations(account.records, facts)
  },
  /** Without its allocations, of which there may be a thousand. */
  factsOf: paymentFacts,
  has: ({ records }: Keeper, paymentId: PaymentId): boolean => keptPayments.has(records, paymentId),
  set: (account: CreditKeeper, payment: PaymentFacts): void => {
    const ordinal = keptPayments.set(account.records, payment.paymentId, payment)
    if (payment.method === 'CREDIT_NOTE') keepNoteLeft(account, ordinal, payment)
  },
  /** Credit notes of which something is left, oldest first. */
  notesLeft: ({ records, notesLeft }: CreditKeeper, currency: Currency, max: number): readonly PaymentFacts[] =>
    (notesLeft.get(currency) ?? [])
      .slice(0, max)
      .map((ordinal) => ({ paymentId: keyAt(records, ordinal), ...keptPayments.at(records, ordinal) })),
  /** What of the payment settles the invoice; `undefined` when it never did, nothing when that was undone. */
  allocation: (
    { records }: Keeper,
    paymentId: PaymentId,
    invoiceId: InvoiceId,
    recovers: boolean,
  ): LivingAllocation | undefined =>
    keptAllocations.get(records, allocationKey(records, paymentId, invoiceId, recovers)),
  /** Changes payment and invoice, too; they are still to be set. */
  setAllocation: (
    { records }: Keeper,
    payment: PaymentFacts,
    invoice: Invoice,
    allocation: LivingAllocation,
    recovers: boolean,
  ): void => {
    const key = allocationKey(records, payment.paymentId, invoice.invoiceId, recovers)
    const known = keptAllocations.get(records, key)
    const previous = known?.previous ?? payment.newestAllocation
    const previousOnInvoice = known?.previousOnInvoice ?? invoice.newestAllocation
    const ordinal = keptAllocations.set(records, key, { ...allocation, previous, previousOnInvoice })
    if (known !== undefined) return
    payment.newestAllocation = ordinal + 1
    invoice.newestAllocation = ordinal + 1
  },
  /** What settles an invoice, and by which payment: the newest day first, of one day what came last. */
  onInvoice: ({ records }: Keeper, invoice: Invoice): readonly SettlingPayment[] => {
    const chain: SettlingPayment[] = []
    for (let place = invoice.newestAllocation; place > 0; ) {
      const { previous: _, previousOnInvoice, ...allocation } = keptAllocations.at(records, place - 1)
      const [paymentId, , recovers] = pairOf(records, place - 1)
      if (allocation.amount !== 0n) chain.push({ paymentId, recovers, allocation })
      place = previousOnInvoice
    }
    const dayOf = ({ allocation }: SettlingPayment): BusinessDay => allocation.allocatedOn
    return chain.toSorted((a, b) => (dayOf(a) === dayOf(b) ? 0 : dayOf(a) < dayOf(b) ? 1 : -1))
  },
  /** Oldest first. Looks at everything that the account has. */
  *all(account: Keeper): Iterable<Payment> {
    for (const ordinal of ordinalsOf(account.records, KIND.payment)) {
      const payment = accountPayments.get(account, keyAt(account.records, ordinal))
      if (payment !== undefined) yield payment
    }
  },
}

interface MinorIn {
  readonly currency: Currency
  readonly minor: bigint
}
const minorInCurrency: FieldsOf<MinorIn> = { currency: word, minor: amount }

/** What a paper took, kept so that its reversal gives exactly that back. */
export interface Paper {
  readonly amount: bigint
  /** Of the functional value, where the document carries one. */
  readonly functional: MinorIn | undefined
  readonly on: BusinessDay
  readonly reversed: boolean
}

export interface CreditNote extends Paper, DocumentName {
  readonly issuedOn: BusinessDay
  /** `undefined`: it is credit, among the payments. */
  readonly invoiceId: InvoiceId | undefined
  /** Of one that is credit: the invoice whose VAT it takes back. */
  readonly corrects: InvoiceId | undefined
  readonly vatLines: readonly VatAmounts[]
  readonly cashAccounting: boolean
}

export interface Discount extends Paper {
  readonly invoiceId: InvoiceId
  readonly kind: DiscountKind
  readonly vatLines: readonly VatAmounts[]
}

export interface WriteOff extends Paper {
  readonly invoiceId: InvoiceId
}

export interface Refund extends Paper {
  readonly paymentId: PaymentId
  readonly method: RefundMethod
  readonly deskId: CashDeskId | undefined
  /** What left, where it was in another currency than the credit. */
  readonly paid: MinorIn | undefined
  /** What that was worth in the functional currency, at the refund's own rate. */
  readonly worth: MinorIn | undefined
  /** By card: what of it was kept from a payout that was still to come. */
  readonly inTransit: bigint
}

const paper: FieldsOf<Paper> = {
  amount,
  functional: optional(object(minorInCurrency)),
  on: day,
  reversed: flag,
}

const papers = <Id extends string, Kept extends Paper>(kind: number, fields: FieldsOf<Kept>) => {
  const kept = packedTable<Kept>(kind, object(fields))
  return {
    get: ({ records }: Keeper, id: Id): Kept | undefined => kept.get(records, id),
    at: ({ records }: Keeper, ordinal: number): Kept => kept.at(records, ordinal),
    has: ({ records }: Keeper, id: Id): boolean => kept.has(records, id),
    set: ({ records }: Keeper, id: Id, of: Kept): void => {
      kept.set(records, id, of)
    },
    /** @throws Error when history reverses what it never introduced: the stream is not ours */
    reverse: ({ records }: Keeper, id: Id): Kept => {
      const known = kept.get(records, id)
      if (known === undefined) throw new Error(`history reverses ${id} before introducing it`)
      kept.set(records, id, { ...known, reversed: true })
      return known
    },
    /** Oldest first. Looks at everything of its kind that the account has. */
    *all({ records }: Keeper): Iterable<readonly [id: string, paper: Kept]> {
      for (const ordinal of ordinalsOf(records, kind)) yield [keyAt(records, ordinal), kept.at(records, ordinal)]
    },
  }
}

export const creditNotes = papers<CreditNoteId, CreditNote>(KIND.creditNote, {
  ...paper,
  series: optional(word),
  number: text,
  issuedOn: day,
  invoiceId: optional(text),
  corrects: optional(text),
  vatLines: listOf(object(vatAmounts)),
  cashAccounting: flag,
})
export const discounts = papers<DiscountId, Discount>(KIND.discount, {
  ...paper,
  invoiceId: text,
  kind: oneOf(DiscountKind.options),
  vatLines: listOf(object(vatAmounts)),
})
export const writeOffs = papers<WriteOffId, WriteOff>(KIND.writeOff, { ...paper, invoiceId: text })
export const refunds = papers<RefundId, Refund>(KIND.refund, {
  ...paper,
  paymentId: text,
  method: oneOf(RefundMethod.options),
  deskId: optional(word),
  paid: optional(object(minorInCurrency)),
  worth: optional(object(minorInCurrency)),
  inTransit: amount,
})

/** Papers that share one numbering: what carries a name of the one cannot carry it as the other. */
export type DocumentKind = 'INVOICE' | 'CREDIT_NOTE'

type NamedPaper = DocumentName & { readonly issuedOn: BusinessDay }

export interface RegisteredDocument {
  readonly kind: DocumentKind
  readonly documentId: InvoiceId | CreditNoteId
}

/** What holds an account's records, and finds its papers by what they are called. */
interface PaperKeeper extends Keeper {
  readonly papers: PackedIndex
}

const paperAt = ({ records }: Keeper, ordinal: number): NamedPaper =>
  kindAt(records, ordinal) === KIND.invoice ? keptInvoices.at(records, ordinal) : creditNotes.at({ records }, ordinal)

const isSameKey = (one: DocumentKey, other: DocumentKey): boolean =>
  one.year === other.year && one.number === other.number && one.series === other.series

const hashOfKey = ({ year, series, number }: DocumentKey): number => hashOfText(`${year} ${number} ${series}`)

const ordinalOfDocument = ({ records }: Keeper, { kind, documentId }: RegisteredDocument): number =>
  required(findRecord(records, kind === 'INVOICE' ? KIND.invoice : KIND.creditNote, documentId))

/**
 * The papers that stand under a name. More than one only of histories in which nobody looked; a paper that is cancelled or
 * reversed leaves its name to the next one.
 */
export const documents = {
  *under(account: PaperKeeper, paper: NamedPaper): Iterable<RegisteredDocument> {
    const key = documentKeyOf(paper)
    for (const ordinal of ordinalsUnder(account.papers, hashOfKey(key))) {
      if (!isSameKey(key, documentKeyOf(paperAt(account, ordinal)))) continue
      const kind = kindAt(account.records, ordinal) === KIND.invoice ? 'INVOICE' : 'CREDIT_NOTE'
      yield { kind, documentId: keyAt(account.records, ordinal) }
    }
  },
  /** The document has its own record already. */
  add: (account: PaperKeeper, paper: NamedPaper, document: RegisteredDocument): void => {
    const hashAt = (ordinal: number): number => hashOfKey(documentKeyOf(paperAt(account, ordinal)))
    putUnder(account.papers, hashOfKey(documentKeyOf(paper)), ordinalOfDocument(account, document), hashAt)
  },
  free: (account: PaperKeeper, paper: NamedPaper, document: RegisteredDocument): void =>
    takeFrom(account.papers, hashOfKey(documentKeyOf(paper)), ordinalOfDocument(account, document)),
}

const keptCash = packedTable(KIND.cash, amount)

/**
 * Cash in bani by day, desk and payer, as far as the ceilings ask for it. Reversed payments are out again, and what settles
 * an individual's instalment contract is out as long as it does.
 */
export const cashTaken = {
  by: ({ records }: Keeper, key: string): bigint => keptCash.get(records, key) ?? 0n,
  add: ({ records }: Keeper, key: string, more: bigint): void => {
    keptCash.set(records, key, (keptCash.get(records, key) ?? 0n) + more)
  },
}

const keptPayouts = packedTable(KIND.cashPaid, amount)

/** Cash in bani that was given back, by day. */
export const cashPaid = {
  by: ({ records }: Keeper, day: BusinessDay): bigint => keptPayouts.get(records, day) ?? 0n,
  add: ({ records }: Keeper, day: BusinessDay, more: bigint): void => {
    keptPayouts.set(records, day, (keptPayouts.get(records, day) ?? 0n) + more)
  },
}

import {
  type DeferredVat,
  deferredVatOf,
  exigibleSoFar,
  type LedgerEvent,
  lessenedVat,
  type Money,
  minorOf,
  negatedVat,
  type PaymentMethod,
  type VatLine,
  type VatPart,
  vatBetween,
} from '@registru/domain'
import { insert, type RowChange, set } from '../fold/changes.ts'
import { begun, type RowWanted, wanted } from '../fold/projection.ts'
import type { Rows } from '../fold/row-image.ts'
import { defineTable, ownJson, text, word } from '../fold/table.ts'

/** A credit note on account is a document of its own: its VAT comes back as its credit is used. */
type DocumentKind = 'INVOICE' | 'CREDIT_NOTE'

/** Amounts are minor units as decimal strings, because JSON has no bigint. */
export interface StoredDocument {
  readonly currency: string
  readonly gross: string
  readonly collected: string
  readonly parts: readonly { readonly rate: string; readonly base: string; readonly vat: string }[]
}

/** What an uncollected instrument settles. */
interface Waiting {
  readonly invoiceId: string
  readonly amount: string
}

/**
 * Cheques and promissory notes that are not collected yet, and a copy of each document that they settle: the event that
 * tells of their collection names no invoice.
 */
export interface StoredInstruments {
  readonly waiting: Readonly<Record<string, readonly Waiting[]>>
  readonly documents: Readonly<Record<string, StoredDocument>>
}

/** The fold's own memory; each read model that folds deferred VAT has tables of its own. */
export const defineDeferredVatTables = (prefix: string) => ({
  documents: defineTable({
    name: `${prefix}_documents`,
    columns: {
      company_id: text(),
      kind: word<DocumentKind>(),
      document_id: text(),
      client_id: text(),
      state: ownJson<StoredDocument>(),
    },
    key: ['company_id', 'kind', 'document_id', 'client_id'],
    fillfactor: 70,
  }),
  instruments: defineTable({
    name: `${prefix}_instruments`,
    columns: { company_id: text(), client_id: text(), state: ownJson<StoredInstruments>() },
    key: ['company_id', 'client_id'],
    fillfactor: 50,
  }),
})
export type DeferredVatTables = ReturnType<typeof defineDeferredVatTables>

export type VatCause =
  | 'INVOICED'
  | 'CANCELLED'
  | 'CREDITED'
  | 'DISCOUNTED'
  | 'ALLOCATED'
  | 'DEALLOCATED'
  | 'CLEARED'
  | 'REFUNDED'

/** One rate of one document moved: what became exigible, and what the balance of 4428 gained. Undo is negative. */
export interface VatMovement {
  readonly cause: VatCause
  readonly kind: DocumentKind
  readonly documentId: string
  readonly paymentId: string | undefined
  readonly currency: string
  readonly on: string
  readonly rate: string
  readonly baseMinor: bigint
  readonly vatMinor: bigint
  readonly deferredMinor: bigint
}

interface Folded {
  readonly changes: readonly RowChange[]
  readonly movements: readonly VatMovement[]
}

export type VatEvent = Extract<
  LedgerEvent,
  {
    readonly type:
      | 'InvoiceRegistered'
      | 'InvoiceCancelled'
      | 'CreditNoteRegistered'
      | 'DiscountGranted'
      | 'PaymentRecorded'
      | 'PaymentAllocated'
      | 'PaymentDeallocated'
      | 'PaymentCleared'
      | 'PaymentReversed'
      | 'RefundRecorded'
  }
>

interface Document {
  readonly currency: string
  readonly deferred: DeferredVat
  readonly collectedMinor: bigint
}

/** VAT is exigible when such a payment is collected, not when the paper is handed over (Legea 227/2015 art. 282 (8)). */
const INSTRUMENTS: ReadonlySet<PaymentMethod> = new Set(['CHEQUE', 'PROMISSORY_NOTE'])

const NOTHING: StoredInstruments = { waiting: {}, documents: {} }

const stored = ({ currency, deferred, collectedMinor }: Document): StoredDocument => ({
  currency,
  gross: `${deferred.grossMinor}`,
  collected: `${collectedMinor}`,
  parts: deferred.parts.map(({ rate, baseMinor, vatMinor }) => ({ rate, base: `${baseMinor}`, vat: `${vatMinor}` })),
})

const restored = ({ currency, gross, collected, parts }: StoredDocument): Document => ({
  currency,
  collectedMinor: BigInt(collected),
  deferred: {
    grossMinor: BigInt(gross),
    parts: parts.map(({ rate, base, vat }) => ({ rate, baseMinor: BigInt(base), vatMinor: BigInt(vat) })),
  },
})

const without = <Value>(record: Readonly<Record<string, Value>>, key: string): Readonly<Record<string, Value>> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== key))

/** Forgets the copies of documents that nothing waits for any more. */
const tidied = ({ waiting, documents }: StoredInstruments): StoredInstruments => {
  const needed = new Set(Object.values(waiting).flatMap((parts) => parts.map(({ invoiceId }) => invoiceId)))
  return { waiting, documents: Object.fromEntries(Object.entries(documents).filter(([id]) => needed.has(id))) }
}

/** Adds to what waits for the invoice; nothing left is no entry. */
const waitingMore = (parts: readonly Waiting[], invoiceId: string, by: bigint): readonly Waiting[] => {
  const amount = BigInt(parts.find((part) => part.invoiceId === invoiceId)?.amount ?? 0) + by
  const others = parts.filter((part) => part.invoiceId !== invoiceId)
  return amount === 0n ? others : [...others, { invoiceId, amount: `${amount}` }]
}

/** What an event does to the documents and instruments of its account. */
const openBook = (tables: DeferredVatTables, event: VatEvent, rows: Rows) => {
  const account = { company_id: event.metadata.companyId, client_id: event.data.clientId }
  const keyOf = (kind: DocumentKind, documentId: string) => ({ ...account, kind, document_id: documentId })
  const known = rows.find(tables.instruments, account)
  let instruments = known?.state ?? NOTHING
  const changes: RowChange[] = []
  const movements: VatMovement[] = []

  const find = (kind: DocumentKind, documentId: string): Document | undefined => {
    const state = rows.find(tables.documents, keyOf(kind, documentId))?.state
    const copy = kind === 'INVOICE' ? instruments.documents[documentId] : undefined
    const found = state ?? copy
    return found && restored(found)
  }

  return {
    find,
    instruments: () => instruments,
    keepInstruments: (changed: StoredInstruments): void => {
      instruments = changed
    },
    forgetInstrument: (paymentId: string): void => {
      if (instruments.waiting[paymentId] === undefined) return
      instruments = { ...instruments, waiting: without(instruments.waiting, paymentId) }
    },
    /** Begins a document, or moves one: what is deferred, what is collected, or both. */
    move: (
      { kind, documentId, paymentId, cause, on }: Omit<VatMovement, keyof VatPart | 'currency' | 'deferredMinor'>,
      after: Document,
    ): void => {
      const before = find(kind, documentId)
      const state = stored(after)
      const key = keyOf(kind, documentId)
      changes.push(
        before === undefined ? insert(tables.documents, { ...key, state }) : set(tables.documents, key, { state }),
      )
      if (kind === 'INVOICE' && instruments.documents[documentId] !== undefined) {
        instruments = { ...instruments, documents: { ...instruments.documents, [documentId]: state } }
      }
      // A credit note on account takes back what an invoice brings.
      const signed = kind === 'INVOICE' ? (parts: readonly VatPart[]) => parts : negatedVat
      const exigible = signed(
        vatBetween(
          before === undefined ? [] : exigibleSoFar(before.deferred, before.collectedMinor),
          exigibleSoFar(after.deferred, after.collectedMinor),
        ),
      )
      const terms = signed(vatBetween(before?.deferred.parts ?? [], after.deferred.parts))
      for (const rate of new Set([...terms, ...exigible].map((part) => part.rate))) {
        const moved = exigible.find((part) => part.rate === rate)
        const vatMinor = moved?.vatMinor ?? 0n
        const deferredMinor = (terms.find((part) => part.rate === rate)?.vatMinor ?? 0n) - vatMinor
        const baseMinor = moved?.baseMinor ?? 0n
        if (baseMinor === 0n && vatMinor === 0n && deferredMinor === 0n) continue
        const { currency } = after
        movements.push({ cause, kind, documentId, paymentId, on, currency, rate, baseMinor, vatMinor, deferredMinor })
      }
    },
    folded: (): Folded => {
      if (instruments === (known?.state ?? NOTHING)) return { changes, movements }
      const state = tidied(instruments)
      const kept =
        known === undefined
          ? insert(tables.instruments, { ...account, state })
          : set(tables.instruments, account, { state })
      return { changes: [...changes, kept], movements }
    },
  }
}
type Book = ReturnType<typeof openBook>

interface Settling {
  readonly paymentId: string
  readonly invoiceId: string
  readonly cause: VatCause
  readonly on: string
  /** In the invoice's currency; an undo is negative. */
  readonly amountMinor: bigint
  /** The same in the payment's currency. */
  readonly paidMinor: bigint
}

const collect = (
  book: Book,
  kind: DocumentKind,
  documentId: string,
  { paymentId, cause, on }: Pick<Settling, 'paymentId' | 'cause' | 'on'>,
  amountMinor: bigint,
): void => {
  const document = book.find(kind, documentId)
  if (document === undefined) return
  const collectedMinor = document.collectedMinor + amountMinor
  book.move({ kind, documentId, paymentId, cause, on }, { ...document, collectedMinor })
}

const settle = (book: Book, settling: Settling): void => {
  const { paymentId, invoiceId, amountMinor, paidMinor } = settling
  collect(book, 'CREDIT_NOTE', paymentId, settling, paidMinor)
  const { waiting, documents } = book.instruments()
  const parts = waiting[paymentId]
  if (parts === undefined) {
    collect(book, 'INVOICE', invoiceId, settling, amountMinor)
    return
  }
  const document = book.find('INVOICE', invoiceId)
  if (document === undefined) return
  book.keepInstruments({
    waiting: { ...waiting, [paymentId]: waitingMore(parts, invoiceId, amountMinor) },
    documents: { ...documents, [invoiceId]: stored(document) },
  })
}

const lessen = (
  book: Book,
  { invoiceId: documentId, vatLines }: { readonly invoiceId: string; readonly vatLines: readonly VatLine[] },
  currency: string,
  cause: VatCause,
  on: string,
): void => {
  const document = book.find('INVOICE', documentId)
  if (document === undefined) return
  const deferred = lessenedVat(document.deferred, deferredVatOf(vatLines, currency))
  book.move({ kind: 'INVOICE', documentId, paymentId: undefined, cause, on }, { ...document, deferred })
}

interface Deferring {
  readonly kind: DocumentKind
  readonly documentId: string
  readonly total: Money
  readonly vatLines: readonly VatLine[]
  readonly cashAccounting: boolean
  readonly cause: VatCause
  readonly on: string
}

const begin = (book: Book, { kind, documentId, total, vatLines, cashAccounting, cause, on }: Deferring): void => {
  if (!cashAccounting) return
  const { currency } = total
  const deferred = deferredVatOf(vatLines, currency)
  book.move({ kind, documentId, paymentId: undefined, cause, on }, { currency, deferred, collectedMinor: 0n })
}

const foldInto = (book: Book, event: VatEvent): void => {
  switch (event.type) {
    case 'InvoiceRegistered': {
      const { data } = event
      begin(book, { ...data, kind: 'INVOICE', documentId: data.invoiceId, cause: 'INVOICED', on: data.issuedOn })
      return
    }
    case 'CreditNoteRegistered': {
      const { data } = event
      const { invoiceId, creditNoteId: documentId, creditedOn: on } = data
      if (invoiceId === undefined) begin(book, { ...data, kind: 'CREDIT_NOTE', documentId, cause: 'CREDITED', on })
      else lessen(book, { ...data, invoiceId }, data.total.currency, 'CREDITED', on)
      return
    }
    case 'InvoiceCancelled':
      lessen(book, event.data, event.data.total.currency, 'CANCELLED', event.data.cancelledOn)
      return
    case 'DiscountGranted':
      lessen(book, event.data, event.data.amount.currency, 'DISCOUNTED', event.data.grantedOn)
      return
    case 'PaymentRecorded': {
      const { paymentId, method } = event.data
      if (!INSTRUMENTS.has(method)) return
      const { waiting, documents } = book.instruments()
      book.keepInstruments({ waiting: { ...waiting, [paymentId]: [] }, documents })
      return
    }
    case 'PaymentAllocated': {
      const { paymentId, invoiceId, amount, conversion, allocatedOn: on } = event.data
      const paidMinor = minorOf(conversion?.paid ?? amount)
      settle(book, { paymentId, invoiceId, cause: 'ALLOCATED', on, amountMinor: minorOf(amount), paidMinor })
      return
    }
    case 'PaymentDeallocated': {
      const { paymentId, invoiceId, amount, conversion, deallocatedOn: on } = event.data
      const paidMinor = -minorOf(conversion?.paid ?? amount)
      settle(book, { paymentId, invoiceId, cause: 'DEALLOCATED', on, amountMinor: -minorOf(amount), paidMinor })
      return
    }
    case 'PaymentCleared': {
      const { paymentId, clearedOn: on } = event.data
      for (const { invoiceId, amount } of book.instruments().waiting[paymentId] ?? []) {
        collect(book, 'INVOICE', invoiceId, { paymentId, cause: 'CLEARED', on }, BigInt(amount))
      }
      book.forgetInstrument(paymentId)
      return
    }
    case 'PaymentReversed':
      book.forgetInstrument(event.data.paymentId)
      return
    case 'RefundRecorded': {
      const { paymentId, amount, refundedOn: on } = event.data
      collect(book, 'CREDIT_NOTE', paymentId, { paymentId, cause: 'REFUNDED', on }, minorOf(amount))
    }
  }
}

/** The rows that `foldDeferredVat` wants to see; its keys are the events that it is to be told of. */
export const deferredVatReads = ({ documents, instruments }: DeferredVatTables) => {
  const account = ({ metadata, data }: VatEvent) => ({ company_id: metadata.companyId, client_id: data.clientId })
  const keyOf = (event: VatEvent, kind: DocumentKind, documentId: string) => ({
    ...account(event),
    kind,
    document_id: documentId,
  })
  const document = (event: VatEvent, kind: DocumentKind, documentId: string): RowWanted =>
    wanted(documents, keyOf(event, kind, documentId))
  /** Most documents are under no TVA la încasare, and most credit is a payment: what settles them finds nothing. */
  const newDocument = (event: VatEvent, kind: DocumentKind, documentId: string): RowWanted =>
    begun(documents, keyOf(event, kind, documentId))
  const papers = (event: VatEvent): RowWanted => wanted(instruments, account(event))

  const settled = (event: VatEvent & { readonly data: { readonly invoiceId: string; readonly paymentId: string } }) => [
    document(event, 'INVOICE', event.data.invoiceId),
    document(event, 'CREDIT_NOTE', event.data.paymentId),
    papers(event),
  ]
  const lessened = (
    event: VatEvent & {
      readonly data: { readonly invoiceId?: string | undefined; readonly cashAccounting: boolean }
    },
  ) => {
    const { invoiceId, cashAccounting } = event.data
    return cashAccounting && invoiceId !== undefined ? [document(event, 'INVOICE', invoiceId), papers(event)] : []
  }
  const credited = (event: Extract<VatEvent, { readonly type: 'CreditNoteRegistered' }>) =>
    event.data.invoiceId === undefined ? [newDocument(event, 'CREDIT_NOTE', event.data.creditNoteId)] : lessened(event)
  const ofInstrument = (event: VatEvent & { readonly data: { readonly method: PaymentMethod } }) =>
    INSTRUMENTS.has(event.data.method) ? [papers(event)] : []

  return {
    InvoiceRegistered: (event: Extract<VatEvent, { readonly type: 'InvoiceRegistered' }>) => [
      newDocument(event, 'INVOICE', event.data.invoiceId),
    ],
    InvoiceCancelled: lessened,
    CreditNoteRegistered: credited,
    DiscountGranted: lessened,
    PaymentRecorded: (event: Extract<VatEvent, { readonly type: 'PaymentRecorded' }>) => [
      newDocument(event, 'CREDIT_NOTE', event.data.paymentId),
      ...ofInstrument(event),
    ],
    PaymentAllocated: settled,
    PaymentDeallocated: settled,
    PaymentCleared: ofInstrument,
    PaymentReversed: ofInstrument,
    RefundRecorded: (event: VatEvent & { readonly data: { readonly paymentId: string } }) => [
      document(event, 'CREDIT_NOTE', event.data.paymentId),
    ],
  }
}

/**
 * TVA la încasare: what an event makes exigible and what stays in 4428. Money that comes in counts when it is allocated,
 * cheques and promissory notes when they are collected; an undo is negative, on its own day.
 * @see Legea 227/2015 art. 282 (3)-(8)
 */
export const foldDeferredVat = (tables: DeferredVatTables, event: VatEvent, rows: Rows): Folded => {
  const book = openBook(tables, event, rows)
  foldInto(book, event)
  return book.folded()
}

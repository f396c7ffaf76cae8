import {
  addedVat,
  type ClientId,
  type DeferredVat,
  deferredVatOf,
  exigibleSoFar,
  type InvoiceId,
  type LedgerEvent,
  latest,
  lessenedVat,
  type Money,
  minorIn,
  minorOf,
  negatedVat,
  type PaymentId,
  type PaymentMethod,
  type TransferOrigin,
  type VatLine,
  type VatPart,
  vatBetween,
} from '@registru/domain'
import { put, type RowChange } from '../fold/changes.ts'
import { type Owned, type OwnedRow, type Wanted, wanted, wantedNew } from '../fold/owned-row.ts'
import { defineRemembered, ownJson, text, word } from '../fold/table.ts'

/** A credit note on account that corrects no invoice is a document of its own: its VAT comes back as its credit is used. */
type DocumentKind = 'INVOICE' | 'CREDIT_NOTE'

/** Amounts are minor units as decimal strings, because JSON has no bigint. */
export interface StoredDocument {
  readonly currency: string
  readonly gross: string
  readonly collected: string
  readonly parts: readonly { readonly rate: string; readonly base: string; readonly vat: string }[]
  /** The last day on which money moved it; absent where none has. */
  readonly collectedOn?: string | undefined
  /** Of an advance invoice outside the scheme: the day on which its VAT is due without any money. */
  readonly dueOn?: string | undefined
}

/** What an uncollected instrument settles. */
interface Waiting {
  readonly invoiceId: string
  /** Whose paper the invoice is, where a merge brought it. */
  readonly paperOf?: string | undefined
  readonly amount: string
}

/** Cheques and promissory notes that are not collected yet, by payment. */
export interface StoredInstruments {
  readonly waiting: Readonly<Record<string, readonly Waiting[]>>
}

/** The fold's own memory; each read model that folds deferred VAT has tables of its own. */
export const defineDeferredVatTables = (prefix: string) => ({
  documents: defineRemembered({
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
  instruments: defineRemembered({
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
  | 'CREDIT_NOTE_REVERSED'
  | 'DISCOUNT_REVERSED'
  | 'REFUND_REVERSED'
  | 'TRANSFERRED'
  | 'RELEASED'

/** One rate of one document moved: what became exigible, and what the balance of 4428 gained. Undo is negative. */
export interface VatMovement {
  readonly cause: VatCause
  readonly kind: DocumentKind
  readonly documentId: string
  readonly paymentId: PaymentId | undefined
  readonly currency: string
  readonly on: string
  /** The month whose return should have had it, where that was closed. */
  readonly belongsTo: string | undefined
  readonly rate: string
  readonly baseMinor: bigint
  readonly vatMinor: bigint
  readonly deferredMinor: bigint
}

/** VAT of an advance invoice outside TVA la încasare, due with the money `on` a day before the paper was to make it due. */
export interface EarlyVat {
  readonly currency: string
  readonly vatMinor: bigint
  readonly on: string
  readonly insteadOf: string
}

type Cause = Pick<VatMovement, 'paymentId' | 'cause' | 'on' | 'belongsTo'>

interface Folded {
  readonly changes: readonly RowChange[]
  readonly movements: readonly VatMovement[]
  readonly early: readonly EarlyVat[]
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
      | 'CreditNoteReversed'
      | 'DiscountReversed'
      | 'RefundReversed'
      | 'TransferReceived'
      | 'CreditReleased'
  }
>

interface Document {
  readonly currency: string
  readonly deferred: DeferredVat
  readonly collectedMinor: bigint
  readonly collectedOn?: string | undefined
  readonly dueOn?: string | undefined
}

/** VAT is exigible when such a payment is collected, not when the paper is handed over (Legea 227/2015 art. 282 (8)). */
const INSTRUMENTS: ReadonlySet<PaymentMethod> = new Set(['CHEQUE', 'PROMISSORY_NOTE'])

const stored = ({ currency, deferred, collectedMinor, collectedOn, dueOn }: Document): StoredDocument => ({
  currency,
  gross: `${deferred.grossMinor}`,
  collected: `${collectedMinor}`,
  parts: deferred.parts.map(({ rate, baseMinor, vatMinor }) => ({ rate, base: `${baseMinor}`, vat: `${vatMinor}` })),
  ...(collectedOn === undefined ? {} : { collectedOn }),
  ...(dueOn === undefined ? {} : { dueOn }),
})

const restored = ({ currency, gross, collected, parts, collectedOn, dueOn }: StoredDocument): Document => ({
  currency,
  collectedMinor: BigInt(collected),
  collectedOn,
  dueOn,
  deferred: {
    grossMinor: BigInt(gross),
    parts: parts.map(({ rate, base, vat }) => ({ rate, baseMinor: BigInt(base), vatMinor: BigInt(vat) })),
  },
})

const documentOf = ({ found }: DocumentRow): Document | undefined => found && restored(found.state)

const without = <Value>(record: Readonly<Record<string, Value>>, key: string): Readonly<Record<string, Value>> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== key))

/** Adds to what waits for the invoice; nothing left is no entry. */
const waitingMore = (
  parts: readonly Waiting[],
  { invoiceId, paperOf }: Pick<Waiting, 'invoiceId' | 'paperOf'>,
  by: bigint,
): readonly Waiting[] => {
  const amount = BigInt(parts.find((part) => part.invoiceId === invoiceId)?.amount ?? 0) + by
  const others = parts.filter((part) => part.invoiceId !== invoiceId)
  return amount === 0n
    ? others
    : [...others, { invoiceId, ...(paperOf !== undefined && { paperOf }), amount: `${amount}` }]
}

type DocumentTable = DeferredVatTables['documents']
type DocumentRow = OwnedRow<DocumentTable>

type VatWants = {
  readonly invoice?: Wanted<DocumentTable>
  /** A credit note on account that settles as a payment does. */
  readonly credit?: Wanted<DocumentTable>
  readonly instruments?: Wanted<DeferredVatTables['instruments']>
}
type VatWantsMore = {
  /** The invoices that a collected instrument settles: the event that tells of its collection names none. */
  readonly collected: readonly Wanted<DocumentTable>[]
}
export type VatRows = Owned<VatWants & Partial<VatWantsMore>>

/** What an event does to the documents and instruments of its account. */
const openBook = ({ instruments }: VatRows) => {
  const changes: RowChange[] = []
  const movements: VatMovement[] = []
  const early: EarlyVat[] = []
  const waiting = instruments?.found?.state.waiting ?? {}

  return {
    waiting,
    /** Only events of instruments call it, and they all want the row. */
    keepWaiting: (changed: StoredInstruments['waiting']): void => {
      if (instruments !== undefined) changes.push(put(instruments, { state: { waiting: changed } }))
    },
    /**
     * Begins a document, or moves one: what is deferred, what is collected, or both. `atOnce` waits for no money: an advance
     * that goes back. What is exigible may move on a later day than what is deferred.
     */
    move: (
      row: DocumentRow,
      told: Cause,
      after: Document,
      {
        atOnce = [],
        exigibleOn = told.on,
      }: { readonly atOnce?: readonly VatPart[]; readonly exigibleOn?: string } = {},
    ): void => {
      const { kind, document_id: documentId } = row.key
      const before = documentOf(row)
      changes.push(put(row, { state: stored(after) }))
      // A credit note on account takes back what an invoice brings.
      const signed = kind === 'INVOICE' ? (parts: readonly VatPart[]) => parts : negatedVat
      const moved = vatBetween(
        before === undefined ? [] : exigibleSoFar(before.deferred, before.collectedMinor),
        exigibleSoFar(after.deferred, after.collectedMinor),
      )
      const exigible = signed(addedVat(moved, atOnce))
      const terms = signed(addedVat(vatBetween(before?.deferred.parts ?? [], after.deferred.parts), atOnce))
      const add = (
        on: string,
        rate: string,
        moved: Pick<VatMovement, 'baseMinor' | 'vatMinor' | 'deferredMinor'>,
      ): void => {
        if (Object.values(moved).every((minor) => minor === 0n)) return
        movements.push({ ...told, on, kind, documentId, currency: after.currency, rate, ...moved })
      }
      for (const rate of new Set([...terms, ...exigible].map((part) => part.rate))) {
        const { baseMinor = 0n, vatMinor = 0n } = exigible.find((part) => part.rate === rate) ?? {}
        const ofTerms = terms.find((part) => part.rate === rate)?.vatMinor ?? 0n
        if (exigibleOn === told.on) add(told.on, rate, { baseMinor, vatMinor, deferredMinor: ofTerms - vatMinor })
        else {
          add(told.on, rate, { baseMinor: 0n, vatMinor: 0n, deferredMinor: ofTerms })
          add(exigibleOn, rate, { baseMinor, vatMinor, deferredMinor: -vatMinor })
        }
      }
    },
    /** Keeps what is known of an advance invoice that the paper itself makes due; its VAT waits for nothing. */
    keep: (row: DocumentRow, document: Document): void => void changes.push(put(row, { state: stored(document) })),
    bring: (vat: EarlyVat): void => void early.push(vat),
    folded: (): Folded => ({ changes, movements, early }),
  }
}
type Book = ReturnType<typeof openBook>

const forgetInstrument = (book: Book, paymentId: PaymentId): void => {
  if (book.waiting[paymentId] !== undefined) book.keepWaiting(without(book.waiting, paymentId))
}

const vatOf = (parts: readonly VatPart[]): bigint => parts.reduce((sum, { vatMinor }) => sum + vatMinor, 0n)

/**
 * Money before the advance invoice: due on its own day. An undo comes after the paper, which makes the same VAT due, so
 * that it takes none back; and money that comes in its place brings no VAT forward twice.
 */
const bringForward = (
  book: Book,
  row: DocumentRow,
  { on, document, after }: { readonly on: string; readonly document: Document; readonly after: Document },
): void => {
  const { currency, deferred, dueOn = on } = document
  const vatMinor = vatOf(
    vatBetween(exigibleSoFar(deferred, document.collectedMinor), exigibleSoFar(deferred, after.collectedMinor)),
  )
  book.keep(row, after)
  if (vatMinor !== 0n) book.bring({ currency, vatMinor, on, insteadOf: dueOn })
}

const collect = (book: Book, row: DocumentRow | undefined, cause: Cause, amountMinor: bigint): void => {
  const document = row && documentOf(row)
  if (row === undefined || document === undefined) return
  const after = { ...document, collectedMinor: document.collectedMinor + amountMinor }
  if (document.dueOn === undefined)
    book.move(row, cause, { ...after, collectedOn: latest(cause.on, after.collectedOn) })
  else if (amountMinor > 0n && cause.on < document.dueOn) bringForward(book, row, { on: cause.on, document, after })
}

const ofPaper = (cause: VatCause, on: string): Cause => ({ paymentId: undefined, cause, on, belongsTo: undefined })

interface Settling {
  readonly paymentId: PaymentId
  readonly invoiceId: InvoiceId
  readonly paperOf: ClientId | undefined
  readonly cause: VatCause
  readonly on: string
  readonly belongsTo: string | undefined
  /** In the invoice's currency; an undo is negative. */
  readonly amountMinor: bigint
  /** The same in the payment's currency. */
  readonly paidMinor: bigint
  /** Of the amount, what a paper that is collected in part has brought. */
  readonly collectedMinor: bigint
}

const settle = (book: Book, { invoice, credit }: VatRows, settling: Settling): void => {
  const { invoiceId, paperOf, amountMinor, paidMinor, collectedMinor, ...cause } = settling
  const { paymentId } = cause
  collect(book, credit, cause, paidMinor)
  const parts = book.waiting[paymentId]
  if (parts === undefined) collect(book, invoice, cause, amountMinor)
  else if (invoice?.found !== undefined) {
    if (collectedMinor !== 0n) collect(book, invoice, cause, collectedMinor)
    const waits = waitingMore(parts, { invoiceId, paperOf }, amountMinor - collectedMinor)
    book.keepWaiting({ ...book.waiting, [paymentId]: waits })
  }
}

const opposite = ({ grossMinor, parts }: DeferredVat): DeferredVat => ({
  grossMinor: -grossMinor,
  parts: negatedVat(parts),
})

/**
 * A paper takes its lines off a document; `sign` -1 gives them back. What money has made exigible is divided anew among the
 * rates, and that is not before the money, though the paper may be (Legea 227/2015 art. 282 (3)).
 */
const lessen = (
  book: Book,
  row: DocumentRow | undefined,
  { vatLines, currency, cause, on }: Pick<VatMovement, 'currency' | 'cause' | 'on'> & { vatLines: readonly VatLine[] },
  sign: 1n | -1n = 1n,
): void => {
  const document = row && documentOf(row)
  if (row === undefined || document === undefined) return
  const lines = deferredVatOf(vatLines, currency)
  const deferred = lessenedVat(document.deferred, sign === 1n ? lines : opposite(lines))
  const exigibleOn = latest(on, document.collectedOn)
  if (document.dueOn === undefined) book.move(row, ofPaper(cause, on), { ...document, deferred }, { exigibleOn })
  else book.keep(row, { ...document, deferred })
}

interface Deferring {
  readonly total: Money
  readonly vatLines: readonly VatLine[]
  readonly cashAccounting: boolean
}

/**
 * What a paper is for, and, negative, what it takes off: the money of an advance counts for the final invoice from its day
 * on, and the VAT of the advance goes back at its own rate (Legea 227/2015 art. 291 (6)).
 */
const paperOf = (lines: readonly VatLine[], currency: string) => ({
  own: deferredVatOf(
    lines.filter(({ advanceInvoiceId }) => advanceInvoiceId === undefined),
    currency,
  ),
  advances: deferredVatOf(
    lines.filter(({ advanceInvoiceId }) => advanceInvoiceId !== undefined),
    currency,
  ),
})

const begin = (
  book: Book,
  row: DocumentRow | undefined,
  { total: { currency }, vatLines, cashAccounting }: Deferring,
  cause: Cause,
): void => {
  if (row === undefined || !cashAccounting) return
  const { own, advances } = paperOf(vatLines, currency)
  book.move(row, cause, { currency, deferred: own, collectedMinor: -advances.grossMinor }, { atOnce: advances.parts })
}

type Invoiced = Extract<VatEvent, { readonly type: 'InvoiceRegistered' }>['data']

const invoiced = (book: Book, row: DocumentRow | undefined, invoice: Invoiced): void => {
  const { kind, cashAccounting, vatLines, total, issuedOn: dueOn } = invoice
  if (kind === 'INVOICE' || cashAccounting) begin(book, row, invoice, ofPaper('INVOICED', dueOn))
  else if (row !== undefined && vatLines.length > 0) {
    const { currency } = total
    book.keep(row, { currency, deferred: paperOf(vatLines, currency).own, collectedMinor: 0n, dueOn })
  }
}

/** As it was registered, the other way round. */
const cancel = (
  book: Book,
  row: DocumentRow | undefined,
  { vatLines, total: { currency }, cancelledOn }: Extract<VatEvent, { readonly type: 'InvoiceCancelled' }>['data'],
): void => {
  const document = row && documentOf(row)
  if (row === undefined || document === undefined) return
  const { own, advances } = paperOf(vatLines, currency)
  const deferred = lessenedVat(document.deferred, own)
  const after = { ...document, deferred, collectedMinor: document.collectedMinor + advances.grossMinor }
  const atOnce = negatedVat(advances.parts)
  if (document.dueOn === undefined) book.move(row, ofPaper('CANCELLED', cancelledOn), after, { atOnce })
  else book.keep(row, { ...document, deferred })
}

/** The invoice whose VAT a note takes back, whether it lowers the invoice or is on account; one that names none has its own. */
const correctedBy = ({
  invoiceId,
  corrects,
}: Extract<VatEvent, { readonly type: 'CreditNoteRegistered' | 'CreditNoteReversed' }>['data']):
  | InvoiceId
  | undefined => invoiceId ?? corrects

const foldInto = (book: Book, event: VatEvent, rows: VatRows): void => {
  const { invoice, credit, collected = [] } = rows
  switch (event.type) {
    case 'InvoiceRegistered':
      invoiced(book, invoice, event.data)
      return
    case 'CreditNoteRegistered': {
      const { creditedOn: on, vatLines, total } = event.data
      if (correctedBy(event.data) === undefined) begin(book, credit, event.data, ofPaper('CREDITED', on))
      else lessen(book, invoice, { vatLines, currency: total.currency, cause: 'CREDITED', on })
      return
    }
    case 'InvoiceCancelled':
      cancel(book, invoice, event.data)
      return
    case 'DiscountGranted': {
      const { vatLines, amount, grantedOn: on } = event.data
      lessen(book, invoice, { vatLines, currency: amount.currency, cause: 'DISCOUNTED', on })
      return
    }
    case 'CreditNoteReversed': {
      const { reversedOn: on, vatLines, total } = event.data
      const taken = { vatLines, currency: total.currency, cause: 'CREDIT_NOTE_REVERSED', on } as const
      // Where it corrects nothing the note is the document itself, and nothing is left of it.
      if (correctedBy(event.data) === undefined) lessen(book, credit, taken)
      else lessen(book, invoice, taken, -1n)
      return
    }
    case 'DiscountReversed': {
      const { vatLines, amount, reversedOn: on } = event.data
      lessen(book, invoice, { vatLines, currency: amount.currency, cause: 'DISCOUNT_REVERSED', on }, -1n)
      return
    }
    case 'PaymentRecorded': {
      const { paymentId, method } = event.data
      if (INSTRUMENTS.has(method)) book.keepWaiting({ ...book.waiting, [paymentId]: [] })
      return
    }
    case 'PaymentAllocated': {
      if (event.data.hadRecovered) return
      const { paymentId, invoiceId, paperOf, amount, conversion, collected: now, allocatedOn, vat } = event.data
      const cause = { cause: 'ALLOCATED', on: vat?.on ?? allocatedOn, belongsTo: vat?.belongsTo } as const
      const amounts = { amountMinor: minorOf(amount), paidMinor: minorOf(conversion?.paid ?? amount) }
      const collectedMinor = now === undefined ? 0n : minorIn(now, amount.currency)
      settle(book, rows, { paymentId, invoiceId, paperOf, ...cause, ...amounts, collectedMinor })
      return
    }
    case 'PaymentDeallocated': {
      // What it recovered it settles from the same append on: its VAT stays where it is.
      if (event.data.reason === 'WRITE_OFF_REVERSED') return
      const { paymentId, invoiceId, paperOf, amount, conversion, collected: now, deallocatedOn: on } = event.data
      const cause = { cause: 'DEALLOCATED', on, belongsTo: undefined } as const
      const amounts = { amountMinor: -minorOf(amount), paidMinor: -minorOf(conversion?.paid ?? amount) }
      const collectedMinor = now === undefined ? 0n : -minorIn(now, amount.currency)
      settle(book, rows, { paymentId, invoiceId, paperOf, ...cause, ...amounts, collectedMinor })
      return
    }
    case 'PaymentCleared': {
      const { paymentId, clearedOn: on, settles, collects = settles, stillInTransit } = event.data
      let waits = book.waiting[paymentId] ?? []
      for (const row of collected) {
        const { document_id: invoiceId } = row.key
        const part = waits.find((each) => each.invoiceId === invoiceId)
        const waiting = BigInt(part?.amount ?? 0)
        const brought = collects?.find((each) => each.invoiceId === invoiceId)
        const minor = stillInTransit === undefined ? waiting : brought === undefined ? 0n : minorOf(brought.amount)
        if (minor === 0n) continue
        collect(book, row, { ...ofPaper('CLEARED', on), paymentId }, minor)
        waits = waitingMore(waits, { invoiceId, paperOf: part?.paperOf }, -minor)
      }
      if (stillInTransit === undefined) forgetInstrument(book, paymentId)
      else if (book.waiting[paymentId] !== undefined) book.keepWaiting({ ...book.waiting, [paymentId]: waits })
      return
    }
    case 'PaymentReversed':
      if (event.data.stillInTransit === undefined) forgetInstrument(book, event.data.paymentId)
      return
    case 'RefundRecorded': {
      const { paymentId, amount, refundedOn: on } = event.data
      collect(book, credit, { ...ofPaper('REFUNDED', on), paymentId }, minorOf(amount))
      return
    }
    case 'CreditReleased': {
      const { paymentId, amount, releasedOn: on } = event.data
      collect(book, credit, { ...ofPaper('RELEASED', on), paymentId }, minorOf(amount))
      return
    }
    case 'RefundReversed': {
      const { paymentId, amount, reversedOn: on } = event.data
      collect(book, credit, { ...ofPaper('REFUND_REVERSED', on), paymentId }, -minorOf(amount))
      return
    }
    case 'TransferReceived': {
      const { origin, amount, movedOn: on, returnsTo, merges } = event.data
      // Whoever has it is the same as before.
      if (merges === true) return
      const used = returnsTo === undefined ? minorOf(amount) : -minorOf(amount)
      collect(book, credit, { ...ofPaper('TRANSFERRED', on), paymentId: returnsTo ?? origin.paymentId }, used)
    }
  }
}

/** Whose documents an event moves: what is received leaves those of the account that gives it, or comes back to those of its own. */
export const vatAccountOf = ({ type, data }: VatEvent): ClientId =>
  type === 'TransferReceived' && data.returnsTo === undefined ? data.origin.clientId : data.clientId

/** Names the rows that `foldDeferredVat` works on. */
export const deferredVatWants = (tables: DeferredVatTables) => {
  const account = (event: VatEvent) => ({ company_id: event.metadata.companyId, client_id: vatAccountOf(event) })
  const keyOf = (event: VatEvent, kind: DocumentKind, documentId: string) => ({
    ...account(event),
    kind,
    document_id: documentId,
  })
  const document = (event: VatEvent, kind: DocumentKind, documentId: string) =>
    wanted(tables.documents, keyOf(event, kind, documentId))
  /** Of an invoice that came with a merge, the document is where its paper was registered. */
  const paper = (event: VatEvent, invoiceId: InvoiceId, paperOf: ClientId | undefined) =>
    wanted(tables.documents, {
      ...keyOf(event, 'INVOICE', invoiceId),
      ...(paperOf !== undefined && { client_id: paperOf }),
    })
  /** So is the one of credit that came with it, if it is of a note. */
  const note = (event: VatEvent, paymentId: PaymentId, noteOf: TransferOrigin | undefined) =>
    noteOf === undefined
      ? document(event, 'CREDIT_NOTE', paymentId)
      : wanted(tables.documents, { ...keyOf(event, 'CREDIT_NOTE', noteOf.paymentId), client_id: noteOf.clientId })
  /** Most documents are under no TVA la încasare, and most credit is a payment: what settles them finds nothing. */
  const newDocument = (event: VatEvent, kind: DocumentKind, documentId: string) =>
    wantedNew(tables.documents, keyOf(event, kind, documentId))
  const ofInstrument = (event: VatEvent & { readonly data: { readonly method: PaymentMethod } }): VatWants =>
    INSTRUMENTS.has(event.data.method) ? { instruments: wanted(tables.instruments, account(event)) } : {}

  const wants = (event: VatEvent): VatWants => {
    switch (event.type) {
      case 'InvoiceRegistered':
        return { invoice: newDocument(event, 'INVOICE', event.data.invoiceId) }
      case 'CreditNoteRegistered': {
        const { creditNoteId } = event.data
        const corrected = correctedBy(event.data)
        if (corrected === undefined) return { credit: newDocument(event, 'CREDIT_NOTE', creditNoteId) }
        return { invoice: paper(event, corrected, event.data.paperOf) }
      }
      case 'CreditNoteReversed': {
        const corrected = correctedBy(event.data)
        return corrected === undefined
          ? { credit: document(event, 'CREDIT_NOTE', event.data.creditNoteId) }
          : { invoice: paper(event, corrected, event.data.paperOf) }
      }
      case 'InvoiceCancelled':
      case 'DiscountGranted':
      case 'DiscountReversed':
        return { invoice: paper(event, event.data.invoiceId, event.data.paperOf) }
      case 'PaymentRecorded':
        return { credit: newDocument(event, 'CREDIT_NOTE', event.data.paymentId), ...ofInstrument(event) }
      case 'PaymentAllocated':
      case 'PaymentDeallocated':
        return {
          invoice: paper(event, event.data.invoiceId, event.data.paperOf),
          credit: note(event, event.data.paymentId, event.data.noteOf),
          instruments: wanted(tables.instruments, account(event)),
        }
      case 'PaymentCleared':
      case 'PaymentReversed':
        return ofInstrument(event)
      case 'RefundRecorded':
      case 'RefundReversed':
      case 'CreditReleased':
        return { credit: note(event, event.data.paymentId, event.data.noteOf) }
      case 'TransferReceived': {
        const { returnsTo, origin, noteOf } = event.data
        return { credit: note(event, returnsTo ?? origin.paymentId, noteOf) }
      }
    }
  }
  const wantsMore = (event: Extract<VatEvent, { readonly type: 'PaymentCleared' }>, rows: VatRows): VatWantsMore => ({
    collected: (rows.instruments?.found?.state.waiting[event.data.paymentId] ?? []).map(({ invoiceId, paperOf }) =>
      paper(event, invoiceId, paperOf),
    ),
  })
  return { wants, wantsMore }
}

/**
 * TVA la încasare: what an event makes exigible and what stays in 4428. Money that comes in counts when it is allocated,
 * cheques and promissory notes when they are collected; an undo is negative, on its own day.
 * @see Legea 227/2015 art. 282 (3)-(8)
 */
export const foldDeferredVat = (event: VatEvent, rows: VatRows): Folded => {
  const book = openBook(rows)
  foldInto(book, event, rows)
  return book.folded()
}

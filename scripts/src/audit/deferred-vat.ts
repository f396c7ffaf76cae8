import { type ChangingRow, canonical, type Expected, put, type State } from './expected.ts'
import { minorOf, type PlacedFact, paidOf } from './facts.ts'

type Kind = 'INVOICE' | 'CREDIT_NOTE'

interface Rate {
  readonly rate: string
  base: bigint
  vat: bigint
}

/** A document under TVA la încasare: its rates in the order in which they came, and what was collected of it. */
interface Deferring {
  readonly currency: string
  readonly rates: Rate[]
  gross: bigint
  collected: bigint
}

/** One rate of one document at one event: what became exigible, and by how much 4428 grew. */
export interface VatMove {
  readonly cause: string
  readonly kind: Kind
  readonly documentId: string
  readonly paymentId: string | null
  readonly currency: string
  readonly on: string
  readonly rate: string
  readonly base: bigint
  readonly vat: bigint
  readonly deferred: bigint
}

interface PrintedLine {
  readonly rate: string
  readonly base: string
  readonly vat: string
}

const INSTRUMENTS = new Set(['CHEQUE', 'PROMISSORY_NOTE'])

/** To the nearest ban, halves away from zero. */
const share = (collected: bigint, part: bigint, gross: bigint): bigint => {
  const exact = collected * part * 2n
  return exact < 0n ? -((-exact + gross) / (gross * 2n)) : (exact + gross) / (gross * 2n)
}

/** Of every rate, what all that was collected so far has made exigible. Bases and VAT together are the money. */
const exigible = ({ rates, gross, collected }: Deferring): Map<string, readonly [base: bigint, vat: bigint]> => {
  const result = new Map<string, readonly [bigint, bigint]>()
  let left = collected
  for (const [index, { rate, base, vat }] of rates.entries()) {
    const ofVat = gross > 0n ? share(collected, vat, gross) : 0n
    left -= ofVat
    const isLast = index === rates.length - 1
    if (!isLast) left -= gross > 0n ? share(collected, base, gross) : 0n
    result.set(rate, [gross > 0n ? (isLast ? left : share(collected, base, gross)) : 0n, ofVat])
  }
  return result
}

const addLines = (document: Deferring, lines: readonly PrintedLine[], sign: 1n | -1n): void => {
  for (const line of lines) {
    const [base, vat] = [sign * minorOf(line.base), sign * minorOf(line.vat)]
    const known = document.rates.find(({ rate }) => rate === line.rate)
    if (known === undefined) document.rates.push({ rate: line.rate, base, vat })
    else {
      known.base += base
      known.vat += vat
    }
    document.gross += base + vat
  }
}

interface Account {
  readonly documents: Map<string, Deferring>
  /** What an uncollected instrument settles; in the order in which it was last touched. */
  readonly waiting: Map<string, Map<string, bigint>>
  hasInstruments: boolean
}

const snapshot = (document: Deferring) => ({
  currency: document.currency,
  gross: `${document.gross}`,
  collected: `${document.collected}`,
  parts: document.rates.map(({ rate, base, vat }) => ({ rate, base: `${base}`, vat: `${vat}` })),
})

export const deferredVatTables = (prefix: string): { readonly documents: State; readonly instruments: State } => ({
  documents: { name: `${prefix}_documents`, key: ['company_id', 'kind', 'document_id', 'client_id'] },
  instruments: { name: `${prefix}_instruments`, key: ['company_id', 'client_id'] },
})

/**
 * TVA la încasare, told a second time from Legea 227/2015 art. 282: VAT becomes exigible as money is collected, in proportion, and
 * by cheque or promissory note when the paper is collected. Answers what each fact moves.
 */
export const createDeferredVat = (tables: {
  readonly documents: State
  readonly instruments: State
}): ((expected: Expected, fact: PlacedFact) => readonly VatMove[]) => {
  const accounts = new Map<string, Account>()

  return (expected, { type, data, companyId }) => {
    if (!('clientId' in data)) return []
    const { clientId } = data
    const accountKey = `${companyId} ${clientId}`
    const account: Account = accounts.get(accountKey) ?? {
      documents: new Map(),
      waiting: new Map(),
      hasInstruments: false,
    }
    accounts.set(accountKey, account)
    const moves: VatMove[] = []
    const scope: ChangingRow = { company_id: companyId, client_id: clientId }

    const change = (
      kind: Kind,
      documentId: string,
      told: { readonly cause: string; readonly on: string; readonly paymentId?: string },
      apply: (document: Deferring) => void,
      begun?: string,
    ): void => {
      const key = `${kind} ${documentId}`
      const known = account.documents.get(key)
      if (known === undefined && begun === undefined) return
      const document = known ?? { currency: begun ?? '', rates: [], gross: 0n, collected: 0n }
      account.documents.set(key, document)
      const before = exigible(document)
      const termsBefore = new Map(document.rates.map(({ rate, vat }) => [rate, vat]))
      apply(document)
      put(expected, tables.documents, { ...scope, kind, document_id: documentId, state: canonical(snapshot(document)) })
      const after = exigible(document)
      const sign = kind === 'INVOICE' ? 1n : -1n
      for (const { rate, vat: term } of document.rates) {
        const [baseBefore, vatBefore] = before.get(rate) ?? [0n, 0n]
        const [baseAfter, vatAfter] = after.get(rate) ?? [0n, 0n]
        const base = sign * (baseAfter - baseBefore)
        const vat = sign * (vatAfter - vatBefore)
        const deferred = sign * (term - (termsBefore.get(rate) ?? 0n)) - vat
        if (base === 0n && vat === 0n && deferred === 0n) continue
        const { cause, on, paymentId = null } = told
        moves.push({ cause, kind, documentId, paymentId, currency: document.currency, on, rate, base, vat, deferred })
      }
    }
    const collect = (
      kind: Kind,
      id: string,
      told: { cause: string; on: string; paymentId: string },
      by: bigint,
    ): void =>
      change(kind, id, told, (document) => {
        document.collected += by
      })
    const settle = (
      told: { cause: string; on: string; paymentId: string },
      invoiceId: string,
      by: bigint,
      paid: bigint,
    ): void => {
      collect('CREDIT_NOTE', told.paymentId, told, paid)
      const waiting = account.waiting.get(told.paymentId)
      if (waiting === undefined) collect('INVOICE', invoiceId, told, by)
      else if (account.documents.has(`INVOICE ${invoiceId}`)) {
        const left = (waiting.get(invoiceId) ?? 0n) + by
        waiting.delete(invoiceId)
        if (left !== 0n) waiting.set(invoiceId, left)
      }
    }

    switch (type) {
      case 'InvoiceRegistered':
        if (data.cashAccounting) {
          const told = { cause: 'INVOICED', on: data.issuedOn }
          change('INVOICE', data.invoiceId, told, (paper) => addLines(paper, data.vatLines, 1n), data.total.currency)
        }
        break
      case 'CreditNoteRegistered': {
        if (!data.cashAccounting) break
        const told = { cause: 'CREDITED', on: data.creditedOn }
        const { invoiceId, creditNoteId, vatLines } = data
        if (invoiceId !== undefined) change('INVOICE', invoiceId, told, (paper) => addLines(paper, vatLines, -1n))
        else change('CREDIT_NOTE', creditNoteId, told, (paper) => addLines(paper, vatLines, 1n), data.total.currency)
        break
      }
      case 'InvoiceCancelled':
      case 'DiscountGranted': {
        if (!data.cashAccounting) break
        const told =
          type === 'InvoiceCancelled'
            ? { cause: 'CANCELLED', on: data.cancelledOn }
            : { cause: 'DISCOUNTED', on: data.grantedOn }
        change('INVOICE', data.invoiceId, told, (paper) => addLines(paper, data.vatLines, -1n))
        break
      }
      case 'PaymentRecorded':
        if (!INSTRUMENTS.has(data.method)) break
        account.waiting.set(data.paymentId, new Map())
        account.hasInstruments = true
        break
      case 'PaymentAllocated': {
        const told = { cause: 'ALLOCATED', on: data.allocatedOn, paymentId: data.paymentId }
        settle(told, data.invoiceId, minorOf(data.amount.amount), minorOf(paidOf(data).amount))
        break
      }
      case 'PaymentDeallocated': {
        const told = { cause: 'DEALLOCATED', on: data.deallocatedOn, paymentId: data.paymentId }
        settle(told, data.invoiceId, -minorOf(data.amount.amount), -minorOf(paidOf(data).amount))
        break
      }
      case 'PaymentCleared': {
        const told = { cause: 'CLEARED', on: data.clearedOn, paymentId: data.paymentId }
        for (const [invoiceId, by] of account.waiting.get(data.paymentId) ?? []) collect('INVOICE', invoiceId, told, by)
        account.waiting.delete(data.paymentId)
        break
      }
      case 'PaymentReversed':
        account.waiting.delete(data.paymentId)
        break
      case 'RefundRecorded': {
        const told = { cause: 'REFUNDED', on: data.refundedOn, paymentId: data.paymentId }
        collect('CREDIT_NOTE', data.paymentId, told, minorOf(data.amount.amount))
        break
      }
      default:
        return []
    }
    if (account.hasInstruments) {
      const waiting: Record<string, unknown> = {}
      for (const [paymentId, parts] of account.waiting) {
        waiting[paymentId] = [...parts].map(([invoiceId, amount]) => ({ invoiceId, amount: `${amount}` }))
      }
      put(expected, tables.instruments, { ...scope, state: canonical({ waiting }) })
    }
    return moves
  }
}

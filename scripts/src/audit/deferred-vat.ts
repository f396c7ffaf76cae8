import { canonical, type Expected, put, type State } from './expected.ts'
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
  /** The last day on which money came for it, or went. */
  moneyOn?: string
  /** An advance invoice outside the scheme, whose VAT is due on this day at the latest. */
  readonly dueOn?: string
}

/** One rate of one document at one event: what became exigible, and by how much 4428 grew. */
export interface VatMove {
  readonly cause: string
  /** In whose account it moves; where a merge brought the paper, the document is in another. */
  readonly clientId: string
  readonly kind: Kind
  readonly documentId: string
  readonly paymentId: string | null
  readonly currency: string
  readonly on: string
  readonly belongsTo: string | null
  readonly rate: string
  readonly base: bigint
  readonly vat: bigint
  readonly deferred: bigint
}

/** VAT of an advance outside the scheme that money made due before its paper. */
export interface EarlyMove {
  readonly currency: string
  readonly vat: bigint
  readonly on: string
  readonly paperOn: string
}

export interface VatMoves {
  readonly moves: readonly VatMove[]
  readonly early: readonly EarlyMove[]
}

interface Told {
  readonly cause: string
  readonly on: string
  readonly belongsTo?: string | undefined
  readonly paymentId?: string
}

interface PrintedLine {
  readonly rate: string
  readonly base: string
  readonly vat: string
  readonly advanceInvoiceId?: string | undefined
}

const INSTRUMENTS = new Set(['CHEQUE', 'PROMISSORY_NOTE'])

/** To the nearest ban, halves away from zero. */
const share = (collected: bigint, part: bigint, gross: bigint): bigint => {
  const exact = collected * part * 2n
  return exact < 0n ? -((-exact + gross) / (gross * 2n)) : (exact + gross) / (gross * 2n)
}

/** Of every rate, what all that was collected so far has made exigible. Bases and VAT together are the money. */
const exigible = ({ rates, gross, ...of }: Deferring): Map<string, readonly [base: bigint, vat: bigint]> => {
  const result = new Map<string, readonly [bigint, bigint]>()
  const collected = of.collected > gross ? gross : of.collected
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
    // What is taken off was paid with the advance.
    if (line.advanceInvoiceId !== undefined) {
      document.collected -= base + vat
      continue
    }
    const known = document.rates.find(({ rate }) => rate === line.rate)
    if (known === undefined) document.rates.push({ rate: line.rate, base, vat })
    else {
      known.base += base
      known.vat += vat
    }
    document.gross += base + vat
  }
}

/** By rate, what a paper takes off of advances: it goes back at once. */
const takenOff = (lines: readonly PrintedLine[], sign: 1n | -1n): ReadonlyMap<string, Rate> => {
  const rates = new Map<string, Rate>()
  for (const { rate, base, vat, advanceInvoiceId } of lines) {
    if (advanceInvoiceId === undefined) continue
    const before = rates.get(rate) ?? { rate, base: 0n, vat: 0n }
    rates.set(rate, { rate, base: before.base + sign * minorOf(base), vat: before.vat + sign * minorOf(vat) })
  }
  return rates
}

interface Waits {
  readonly paperOf: string | undefined
  readonly minor: bigint
}

interface Account {
  readonly documents: Map<string, Deferring>
  /** What an uncollected instrument settles; in the order in which it was last touched. */
  readonly waiting: Map<string, Map<string, Waits>>
  hasInstruments: boolean
}

const NOTHING: VatMoves = { moves: [], early: [] }

const snapshot = (document: Deferring) => ({
  currency: document.currency,
  gross: `${document.gross}`,
  collected: `${document.collected}`,
  parts: document.rates.map(({ rate, base, vat }) => ({ rate, base: `${base}`, vat: `${vat}` })),
  collectedOn: document.moneyOn,
  dueOn: document.dueOn,
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
}): ((expected: Expected, fact: PlacedFact) => VatMoves) => {
  const accounts = new Map<string, Account>()

  return (expected, { type, data, companyId }) => {
    if (!('clientId' in data)) return NOTHING
    // What is received leaves the credit of the account that gives it.
    const { clientId } = type === 'TransferReceived' && data.returnsTo === undefined ? data.origin : data
    const accountOf = (owner: string): Account => {
      const key = `${companyId} ${owner}`
      const known = accounts.get(key) ?? { documents: new Map(), waiting: new Map(), hasInstruments: false }
      accounts.set(key, known)
      return known
    }
    const account = accountOf(clientId)
    const moves: VatMove[] = []
    const early: EarlyMove[] = []

    const change = (
      kind: Kind,
      documentId: string,
      told: Told,
      apply: (document: Deferring) => void,
      {
        begun,
        atOnce = new Map(),
        owner = clientId,
      }: {
        begun?: Pick<Deferring, 'currency' | 'dueOn'>
        atOnce?: ReadonlyMap<string, Rate>
        /** Whose the document is, where a merge brought what moves it. */
        owner?: string | undefined
      } = {},
    ): void => {
      const key = `${kind} ${documentId}`
      const { documents } = accountOf(owner)
      const known = documents.get(key)
      const document = known ?? (begun && { ...begun, rates: [], gross: 0n, collected: 0n })
      if (document === undefined) return
      documents.set(key, document)
      const before = exigible(document)
      const termsBefore = new Map(document.rates.map(({ rate, vat }) => [rate, vat]))
      apply(document)
      put(expected, tables.documents, {
        company_id: companyId,
        client_id: owner,
        kind,
        document_id: documentId,
        state: canonical(snapshot(document)),
      })
      // Its paper makes all of it due, whatever comes in.
      if (document.dueOn !== undefined) return
      const after = exigible(document)
      const sign = kind === 'INVOICE' ? 1n : -1n
      const terms = new Map(document.rates.map(({ rate, vat }) => [rate, vat]))
      for (const rate of new Set([...terms.keys(), ...atOnce.keys()])) {
        const back = atOnce.get(rate) ?? { base: 0n, vat: 0n }
        const term = (terms.get(rate) ?? 0n) + back.vat
        const [baseBefore, vatBefore] = before.get(rate) ?? [0n, 0n]
        const [baseAfter, vatAfter] = after.get(rate) ?? [0n, 0n]
        const base = sign * (baseAfter - baseBefore + back.base)
        const vat = sign * (vatAfter - vatBefore + back.vat)
        const kept = sign * (term - (termsBefore.get(rate) ?? 0n))
        const { cause, on, belongsTo = null, paymentId = null } = told
        const { currency, moneyOn = on } = document
        const of = { cause, clientId, kind, documentId, paymentId, currency, belongsTo, rate }
        // A paper may be dated before the money whose VAT it divides anew; that money's VAT is not there before it.
        const parts =
          paymentId === null && moneyOn > on
            ? [
                { ...of, on, base: 0n, vat: 0n, deferred: kept },
                { ...of, on: moneyOn, base, vat, deferred: -vat },
              ]
            : [{ ...of, on, base, vat, deferred: kept - vat }]
        moves.push(...parts.filter((part) => part.base !== 0n || part.vat !== 0n || part.deferred !== 0n))
      }
    }
    const dueSoFar = (document: Deferring): bigint =>
      [...exigible(document).values()].reduce((sum, [, vat]) => sum + vat, 0n)
    /** Money before an advance invoice outside the scheme; what is undone later was due with the paper by then. */
    const comeEarly = (id: string, { on }: Told, by: bigint, owner: string): void => {
      const apply = (document: Deferring): void => {
        const before = dueSoFar(document)
        document.collected += by
        const vat = dueSoFar(document) - before
        if (vat === 0n) return
        early.push({ currency: document.currency, vat, on, paperOn: document.dueOn ?? on })
      }
      change('INVOICE', id, { cause: 'EARLY', on }, apply, { owner })
    }
    const collect = (kind: Kind, id: string, told: Told, by: bigint, owner = clientId): void => {
      const paperOn = accountOf(owner).documents.get(`${kind} ${id}`)?.dueOn
      const apply = (document: Deferring): void => {
        document.collected += by
        if (told.on > (document.moneyOn ?? '')) document.moneyOn = told.on
      }
      if (paperOn === undefined) change(kind, id, told, apply, { owner })
      else if (by > 0n && told.on < paperOn) comeEarly(id, told, by, owner)
    }
    /** Credit that is used: of a note on account, wherever that was registered. */
    const use = (
      { paymentId, noteOf }: { paymentId: string; noteOf?: { clientId: string; paymentId: string } | undefined },
      told: Told,
      by: bigint,
    ): void => collect('CREDIT_NOTE', noteOf?.paymentId ?? paymentId, told, by, noteOf?.clientId)
    /** `now`: of `by`, what a paper that is collected in part has brought. */
    const settle = (
      told: Told & { paymentId: string },
      of: Extract<PlacedFact, { type: 'PaymentAllocated' | 'PaymentDeallocated' }>['data'],
      by: bigint,
      paid: bigint,
      now: bigint,
    ): void => {
      const { invoiceId, paperOf } = of
      use(of, told, paid)
      const waiting = account.waiting.get(told.paymentId)
      if (waiting === undefined) collect('INVOICE', invoiceId, told, by, paperOf)
      else if (accountOf(paperOf ?? clientId).documents.has(`INVOICE ${invoiceId}`)) {
        if (now !== 0n) collect('INVOICE', invoiceId, told, now, paperOf)
        const left = (waiting.get(invoiceId)?.minor ?? 0n) + by - now
        waiting.delete(invoiceId)
        if (left !== 0n) waiting.set(invoiceId, { paperOf, minor: left })
      }
    }

    switch (type) {
      case 'InvoiceRegistered':
        if (data.cashAccounting || (data.kind === 'ADVANCE' && data.vatLines.length > 0)) {
          const told = { cause: 'INVOICED', on: data.issuedOn }
          const { currency } = data.total
          const begun = data.cashAccounting ? { currency } : { currency, dueOn: data.issuedOn }
          const atOnce = takenOff(data.vatLines, 1n)
          change('INVOICE', data.invoiceId, told, (paper) => addLines(paper, data.vatLines, 1n), { begun, atOnce })
        }
        break
      case 'CreditNoteRegistered': {
        const told = { cause: 'CREDITED', on: data.creditedOn }
        const { creditNoteId, vatLines, cashAccounting } = data
        const { currency } = data.total
        const corrected = data.invoiceId ?? data.corrects
        if (corrected !== undefined) {
          change('INVOICE', corrected, told, (paper) => addLines(paper, vatLines, -1n), { owner: data.paperOf })
        } else if (cashAccounting) {
          change('CREDIT_NOTE', creditNoteId, told, (paper) => addLines(paper, vatLines, 1n), {
            begun: { currency },
          })
        }
        break
      }
      case 'CreditNoteReversed': {
        const told = { cause: 'CREDIT_NOTE_REVERSED', on: data.reversedOn }
        const { creditNoteId, vatLines } = data
        const corrected = data.invoiceId ?? data.corrects
        if (corrected !== undefined) {
          change('INVOICE', corrected, told, (paper) => addLines(paper, vatLines, 1n), { owner: data.paperOf })
        } else change('CREDIT_NOTE', creditNoteId, told, (paper) => addLines(paper, vatLines, -1n))
        break
      }
      case 'DiscountReversed': {
        const told = { cause: 'DISCOUNT_REVERSED', on: data.reversedOn }
        change('INVOICE', data.invoiceId, told, (paper) => addLines(paper, data.vatLines, 1n), { owner: data.paperOf })
        break
      }
      case 'InvoiceCancelled':
      case 'DiscountGranted': {
        const told =
          type === 'InvoiceCancelled'
            ? { cause: 'CANCELLED', on: data.cancelledOn }
            : { cause: 'DISCOUNTED', on: data.grantedOn }
        const atOnce = takenOff(data.vatLines, -1n)
        const owner = data.paperOf
        change('INVOICE', data.invoiceId, told, (paper) => addLines(paper, data.vatLines, -1n), { atOnce, owner })
        break
      }
      case 'PaymentRecorded':
        if (!INSTRUMENTS.has(data.method)) break
        account.waiting.set(data.paymentId, new Map())
        account.hasInstruments = true
        break
      case 'PaymentAllocated': {
        const { on = data.allocatedOn, belongsTo } = data.vat ?? {}
        const told = { cause: 'ALLOCATED', on, belongsTo, paymentId: data.paymentId }
        // What recovered a write-off has made its VAT exigible then.
        if (data.hadRecovered === true) break
        const now = minorOf(data.collected ?? '0')
        settle(told, data, minorOf(data.amount.amount), minorOf(paidOf(data).amount), now)
        break
      }
      case 'PaymentDeallocated': {
        const told = { cause: 'DEALLOCATED', on: data.deallocatedOn, paymentId: data.paymentId }
        if (data.reason === 'WRITE_OFF_REVERSED') break
        const now = minorOf(data.collected ?? '0')
        settle(told, data, -minorOf(data.amount.amount), -minorOf(paidOf(data).amount), -now)
        break
      }
      case 'PaymentCleared': {
        const told = { cause: 'CLEARED', on: data.clearedOn, paymentId: data.paymentId }
        const waiting = account.waiting.get(data.paymentId) ?? new Map<string, Waits>()
        const brought = new Map(
          (data.settles ?? data.collects ?? []).map((part) => [part.invoiceId, part.amount.amount]),
        )
        // What is left of a part stands behind the others again.
        const parts = [...waiting]
        for (const [invoiceId, { paperOf, minor }] of parts) {
          const by = data.stillInTransit === undefined ? minor : minorOf(brought.get(invoiceId) ?? '0')
          if (by === 0n) continue
          collect('INVOICE', invoiceId, told, by, paperOf)
          waiting.delete(invoiceId)
          if (minor !== by) waiting.set(invoiceId, { paperOf, minor: minor - by })
        }
        if (data.stillInTransit === undefined) account.waiting.delete(data.paymentId)
        break
      }
      case 'PaymentReversed':
        if (data.stillInTransit === undefined) account.waiting.delete(data.paymentId)
        break
      case 'RefundRecorded': {
        const told = { cause: 'REFUNDED', on: data.refundedOn, paymentId: data.paymentId }
        use(data, told, minorOf(data.amount.amount))
        break
      }
      case 'CreditReleased': {
        const told = { cause: 'RELEASED', on: data.releasedOn, paymentId: data.paymentId }
        use(data, told, minorOf(data.amount.amount))
        break
      }
      case 'RefundReversed': {
        const told = { cause: 'REFUND_REVERSED', on: data.reversedOn, paymentId: data.paymentId }
        use(data, told, -minorOf(data.amount.amount))
        break
      }
      case 'TransferReceived': {
        // The debtor is one and the same, so nothing is used.
        if (data.merges === true) break
        const paymentId = data.returnsTo ?? data.origin.paymentId
        const sign = data.returnsTo === undefined ? 1n : -1n
        const told = { cause: 'TRANSFERRED', on: data.movedOn, paymentId }
        use({ paymentId, noteOf: data.noteOf }, told, sign * minorOf(data.amount.amount))
        break
      }
      default:
        return NOTHING
    }
    if (account.hasInstruments) {
      const waiting: Record<string, unknown> = {}
      for (const [paymentId, parts] of account.waiting) {
        waiting[paymentId] = [...parts].map(([invoiceId, { paperOf, minor }]) => ({
          invoiceId,
          paperOf,
          amount: `${minor}`,
        }))
      }
      put(expected, tables.instruments, { company_id: companyId, client_id: clientId, state: canonical({ waiting }) })
    }
    return { moves, early }
  }
}

/** What the model remembers of one client: numbers in maps. */
import type { Worth } from './amounts.ts'

/** Due days with what falls due on each, from the day of their agreement on. */
export interface Due {
  readonly agreedOn: string
  readonly at: number
  readonly parts: readonly { readonly dueOn: string; readonly amount: number }[]
}

/** Base and VAT at one rate. */
export interface AtRate {
  readonly base: number
  readonly vat: number
}

export interface Invoice {
  readonly invoiceId: string
  /** Of what is owed without an invoice: its kind, and the payment beyond which money left for it. */
  readonly claim: string
  readonly ofPayment: string
  readonly number: string
  readonly paper: string
  readonly currency: string
  readonly total: number
  readonly issuedOn: string
  readonly isAdvance: boolean
  readonly cashAccounting: boolean
  /** By rate, without what it takes off, less what later papers took back. */
  readonly vat: Map<string, AtRate>
  /** Of an advance: what final invoices took off already. */
  readonly takenOff: Map<string, AtRate>
  /** The advances that it takes off. */
  readonly takesOff: readonly (AtRate & { readonly of: string; readonly rate: string })[]
  readonly worth: Worth | undefined
  readonly terms: Due[]
  isCancelled: boolean
  open: number
  /** Money and advances on it, whatever became of the rest: what VAT is exigible of. */
  collected: number
  /** The last day on which money moved that. */
  collectedOn: string
  /** Of an advance outside TVA la încasare: money that came on a day before its paper's. */
  early: number
  writtenOff: number
  recovered: number
  writtenOffOn: string
  lastUndoOn: string
}

/** A piece of money on an invoice: what it took of either side, to be given back alike. */
export interface Piece {
  amount: number
  paid: number
  invoiceWorth: number | undefined
  paymentWorth: number | undefined
}

/** One payment on one invoice: which pair came when, the latest day that any of it has, and its pieces. */
export interface Pair {
  readonly order: number
  on: string
  readonly pieces: Piece[]
  /** What of it a cheque or note still has to bring. */
  uncollected: number
}

export interface Payment {
  readonly paymentId: string
  readonly currency: string
  readonly amount: number
  readonly method: string
  readonly receivedOn: string
  /** What others kept of it, until it turns out that it never came. */
  fee: number
  readonly worth: Worth | undefined
  readonly pairs: Map<string, Pair>
  /** From which account it came, and which payment it was there. */
  readonly origin: { readonly clientId: string; readonly paymentId: string } | undefined
  /** Day on which it was money, as far as it ever was: of a paper none, of a cheque that of its collection. */
  moneyOn: string | undefined
  lastUndoOn: string
  credit: number
  /** What a cheque or note still has to bring of what settles nothing. */
  creditUncollected: number
  refunded: number
  released: number
  reversed: number
  /** What left beyond all that was there. */
  claimed: number
  transferred: number
  /** What of that other accounts have, and whose, by the id that it has there. */
  readonly sent: Map<string, { readonly clientId: string; readonly amount: number }>
  inTransit: number
  /** The last day on which any of it arrived that was on its way. */
  arrivedOn: string
  receipt: number | undefined
}

export interface Receipt {
  readonly paymentId: string
  annulled: boolean
  copies: number
}

export type PaperKind = 'creditNoteId' | 'discountId' | 'writeOffId' | 'refundId'

/** What lowered an invoice, or gave credit back, or is credit itself. */
export interface Paper {
  readonly kind: PaperKind
  readonly of: string
  readonly amount: number
  /** Of a credit note: what it is called, which it leaves to the next one when it is taken back. */
  readonly number: string
  /** Where what it took went to. */
  readonly account: string
  readonly worth: number | undefined
  /** VAT that it took of an invoice, and of which. */
  readonly vat: ReadonlyMap<string, AtRate>
  readonly corrects: string
  /** Of a refund: what it left beyond the credit is owed under this id. */
  readonly claimId: string
  /** Of a refund: how it left, in what, what of it was still to come, and what it was worth less than the credit. */
  readonly left: {
    readonly method: string
    readonly amount: number
    readonly currency: string
    readonly inTransit: number
    readonly difference: number
  }
  readonly on: string
  reversed: boolean
}

/** An amount that moved on a day. */
export interface Move {
  readonly on: string
  /** Known to whoever asks after the moment of this number. */
  readonly at: number
  readonly account: string
  /** What it was: `allocated`, `refunded`, … */
  readonly cause: string
  /** The invoice or payment that it is about. */
  readonly item: string
  readonly currency: string
  /** Debits less credits. */
  readonly amount: number
  /** Of VAT under TVA la încasare. */
  readonly rate?: string
}

export type CashGuard = 'REJECT' | 'REQUIRE_OVERRIDE' | 'WARN'

export interface State {
  readonly clientId: string
  readonly invoices: Map<string, Invoice>
  readonly payments: Map<string, Payment>
  /** By the kind of their id, and the id. */
  readonly papers: Map<string, Paper>
  /** Numbers and years of the papers that stand; of invoices and credit notes alike. */
  readonly numbers: Set<string>
  readonly receipts: Receipt[]
  readonly cashByDay: Map<string, number>
  readonly cashBackByDay: Map<string, number>
  /** Of money whose client nobody knew: ids under which some of a payment was somebody's, and whose. */
  readonly identified: Map<string, string>
  /** What their payers wrote. */
  readonly texts: Map<string, string>
  readonly books: Move[]
  /** Counts the moments at which nothing was under way; what is written now is known from the next one on. */
  now: number
  pairs: number
  receiptsMax: number
  cashGuard: CashGuard
  /** Up to here the rest of what was paid is no debt. */
  smallDifference: number
  closedThrough: string
  lastReceiptOn: string
}

export const newState = (clientId: string, receiptsMax: number): State => ({
  clientId,
  invoices: new Map(),
  payments: new Map(),
  papers: new Map(),
  numbers: new Set(),
  receipts: [],
  cashByDay: new Map(),
  cashBackByDay: new Map(),
  identified: new Map(),
  texts: new Map(),
  books: [],
  now: 0,
  pairs: 0,
  receiptsMax,
  cashGuard: 'REJECT',
  smallDifference: 0,
  closedThrough: '',
  lastReceiptOn: '',
})

import type { ClientId, LedgerEvent, Position } from '@registru/domain'
import { clientOrNone } from '../core/books/no-client.ts'
import type { Account } from '../journal/accounts.ts'
import type { Named, Papers } from './papers.ts'

/** A posting with the event that made it. */
export interface Said extends Named {
  readonly type: LedgerEvent['type']
  readonly account: Account
  readonly position: Position
}

interface Told {
  /** Number as on paper. */
  readonly document: string
  /** In Romanian, for who has never seen the ledger. */
  readonly explanation: string
  readonly clientId: ClientId | undefined
  readonly clientName: string | undefined
}

/** What a command was about is told by the event that comes first here. */
const BY_WEIGHT: readonly LedgerEvent['type'][] = [
  'InvoiceRegistered',
  'InvoiceCancelled',
  'CreditNoteRegistered',
  'CreditNoteReversed',
  'PaymentRecorded',
  'PaymentIdentified',
  'TransferReceived',
  'PaymentReversed',
  'IdentificationUndone',
  'RefundRecorded',
  'RefundReversed',
  'CreditReleased',
  'PaymentCleared',
  'UnidentifiedPaymentRecorded',
  'UnidentifiedPaymentReturned',
  'DiscountGranted',
  'DiscountReversed',
  'InvoiceWrittenOff',
  'WriteOffReversed',
  'ClaimRegistered',
  'ClaimCancelled',
  'PaymentAllocated',
  'PaymentDeallocated',
]

const weightOf = ({ type }: Said): number => {
  const weight = BY_WEIGHT.indexOf(type)
  return weight < 0 ? BY_WEIGHT.length : weight
}

const PAPERS_NAMED_MAX = 3

interface Paper {
  readonly document: string
  readonly isClaim: boolean
}

/** „factura AMC 1024”, „facturile AMC 1024, AMC 1025 și nota D 5”, „facturile AMC 1, AMC 2, AMC 3 și încă 4”. */
const named = (papers: readonly Paper[]): string => {
  const shown = papers.slice(0, PAPERS_NAMED_MAX)
  const invoices = shown.filter(({ isClaim }) => !isClaim).map(({ document }) => document)
  const claims = shown.filter(({ isClaim }) => isClaim).map(({ document }) => document)
  const left = papers.length - shown.length
  const parts = [
    ...(invoices.length === 0 ? [] : [`${invoices.length === 1 ? 'factura' : 'facturile'} ${invoices.join(', ')}`]),
    ...(claims.length === 0 ? [] : [`${claims.length === 1 ? 'nota' : 'notele'} ${claims.join(', ')}`]),
    ...(left > 0 ? [`încă ${left}`] : []),
  ]
  const last = parts.at(-1) ?? ''
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} și ${last}`
}

const numbers = (papers: readonly Paper[]): string => papers.map(({ document }) => document).join(', ')

const COLLECTED: Readonly<Partial<Record<Account, string>>> = {
  CASH: 'Încasare în numerar',
  CARD_IN_TRANSIT: 'Încasare cu cardul',
  COURIER: 'Încasare prin curier (ramburs)',
  CHEQUE: 'Încasare prin cec',
  PROMISSORY_NOTE: 'Încasare prin bilet la ordin',
  SET_OFF: 'Compensare',
  SUSPENSE: 'Încasare pe altă cale',
}

interface Context {
  /** Accounts that the event itself posted to. */
  readonly accounts: ReadonlySet<Account>
  /** What the note settles, or what the event is about. */
  readonly invoices: readonly Paper[]
  readonly payment: string
  readonly creditNote: string
  /** Whose credit came, or went. */
  readonly clients: readonly string[]
  readonly isRecovery: boolean
}

const settling = (verb: string, { invoices, isRecovery }: Context): string => {
  const what = invoices.length === 0 ? ', fără factură' : ` ${named(invoices)}`
  return `${verb}${what}${isRecovery ? ' (creanță scoasă din evidență)' : ''}`
}

const TEXTS: Readonly<Partial<Record<LedgerEvent['type'], (context: Context) => string>>> = {
  InvoiceRegistered: ({ accounts, invoices }) =>
    `Factura ${accounts.has('ADVANCE_INVOICED') && !accounts.has('REVENUE') ? 'de avans ' : ''}${numbers(invoices)}`,
  InvoiceCancelled: ({ invoices }) => `Anularea facturii ${numbers(invoices)}`,
  CreditNoteRegistered: ({ creditNote }) => `Factura storno ${creditNote}`,
  CreditNoteReversed: ({ creditNote }) => `Anularea facturii storno ${creditNote}`,
  PaymentRecorded: (context) => {
    const way = [...context.accounts].flatMap((account) => COLLECTED[account] ?? [])[0]
    return settling(way ?? 'Încasare', context)
  },
  PaymentIdentified: (context) => settling('Încasare identificată', context),
  TransferReceived: ({ clients }) => `Credit transferat de la ${clients.join(' la ')}`,
  PaymentReversed: (context) => {
    const { invoices, payment } = context
    return `Stornarea încasării ${payment}${invoices.length === 0 ? '' : `, ${named(invoices)}`}`
  },
  IdentificationUndone: ({ payment }) => `Anularea identificării încasării ${payment}`,
  RefundRecorded: ({ payment, accounts }) =>
    `Restituire ${accounts.has('CASH') ? 'în numerar ' : ''}din încasarea ${payment}`,
  RefundReversed: ({ payment }) => `Anularea restituirii din încasarea ${payment}`,
  CreditReleased: ({ payment, accounts }) =>
    accounts.has('TIPS') ? `Bacșiș din încasarea ${payment}` : `Credit trecut pe venituri din încasarea ${payment}`,
  PaymentCleared: ({ payment }) => `Decontarea încasării ${payment}`,
  UnidentifiedPaymentRecorded: ({ payment }) => `Încasare neidentificată ${payment}`,
  UnidentifiedPaymentReturned: ({ payment }) => `Returnarea încasării neidentificate ${payment}`,
  DiscountGranted: ({ accounts, invoices }) =>
    `${accounts.has('COMMERCIAL_DISCOUNT') ? 'Reducere comercială' : 'Scont acordat'}, ${named(invoices)}`,
  DiscountReversed: ({ accounts, invoices }) =>
    `${accounts.has('COMMERCIAL_DISCOUNT') ? 'Anularea reducerii comerciale' : 'Anularea scontului'}, ${named(invoices)}`,
  InvoiceWrittenOff: ({ accounts, invoices }) =>
    `${accounts.has('SMALL_DIFFERENCE') ? 'Diferență mică trecută pe cheltuieli' : 'Scoaterea din evidență a creanței'}, ${named(invoices)}`,
  WriteOffReversed: ({ invoices }) => `Anularea scoaterii din evidență, ${named(invoices)}`,
  ClaimRegistered: ({ accounts, invoices }) =>
    `${accounts.has('PENALTIES') ? 'Penalități, nota' : 'Sumă datorată, nota'} ${numbers(invoices)}`,
  ClaimCancelled: ({ invoices }) => `Anularea notei ${numbers(invoices)}`,
  PaymentAllocated: (context) => settling('Alocarea creditului pe', context),
  PaymentDeallocated: (context) => settling('Anularea alocării pe', context),
}

const documentOf = (main: Said, { invoices, payment, creditNote }: Context, papers: Papers): string => {
  const { type, invoiceId } = main
  if (type === 'CreditNoteRegistered' || type === 'CreditNoteReversed') return creditNote
  if (type === 'RefundRecorded' || type === 'RefundReversed') return papers.refund(main.position) ?? payment
  // Of an allocation, the paper is the money's.
  const isOfInvoice = invoiceId !== undefined && type !== 'PaymentAllocated' && type !== 'PaymentDeallocated'
  return isOfInvoice ? papers.invoice(main.clientId, invoiceId) : payment || numbers(invoices)
}

const distinct = <Value>(values: readonly Value[]): readonly Value[] => [...new Set(values)]

/** The invoices and claims that some postings name, each once, in the order of the postings. */
const papersOf = (postings: readonly Said[], papers: Papers): readonly Paper[] => {
  const found = new Map<string, Paper>()
  for (const { clientId, invoiceId } of postings) {
    if (invoiceId === undefined) continue
    const paper = { document: papers.invoice(clientId, invoiceId), isClaim: papers.isClaim(clientId, invoiceId) }
    found.set(`${clientId} ${invoiceId}`, paper)
  }
  return [...found.values()]
}

/** What a note is of, and what it says to whoever reads it. */
export const tellNote = (postings: readonly Said[], papers: Papers): Told => {
  const [main] = postings.toSorted((a, b) => weightOf(a) - weightOf(b))
  if (main === undefined) throw new Error('a note without postings')
  const own = postings.filter(({ position }) => position === main.position)
  const settles = main.invoiceId === undefined ? postings : own
  const paymentId = main.paymentId ?? postings.find((posting) => posting.paymentId !== undefined)?.paymentId
  const context: Context = {
    accounts: new Set(own.map(({ account }) => account)),
    invoices: papersOf(settles, papers),
    payment: paymentId === undefined ? '' : papers.payment(main.clientId, paymentId),
    creditNote: main.creditNoteId === undefined ? '' : papers.creditNote(main.clientId, main.creditNoteId),
    clients: distinct(own.map(({ clientId }) => papers.client(clientId) ?? clientId)),
    isRecovery: postings.some(({ account }) => account === 'RECOVERY'),
  }
  const clientId = distinct(postings.flatMap((posting) => clientOrNone(posting.clientId) ?? [])).at(-1)
  const clientName = clientId === undefined ? undefined : papers.client(clientId)
  const text = TEXTS[main.type]?.(context) ?? main.type
  return {
    document: documentOf(main, context, papers),
    explanation: clientName === undefined || main.type === 'TransferReceived' ? text : `${text}, ${clientName}`,
    clientId,
    clientName,
  }
}

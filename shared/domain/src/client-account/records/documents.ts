import type { BusinessDay } from '../../business-day.ts'
import type { CreditNoteId, InvoiceId } from '../../ids.ts'
import { hashOfText, ordinalsUnder, type PackedIndex, putUnder, takeFrom } from '../../packed/packed-index.ts'
import { findRecord, keyAt, kindAt } from '../../packed/packed-records.ts'
import { type DocumentKey, type DocumentName, documentKeyOf } from '../document-number.ts'
import { isClaimKind } from '../vocabulary.ts'
import { type Keeper, KIND, required } from './fields.ts'
import { keptInvoices } from './invoices.ts'
import { creditNotes } from './papers.ts'

/** Papers that share one numbering: what carries a name of the one cannot carry it as the other. */
export type DocumentKind = 'INVOICE' | 'CREDIT_NOTE'

type NamedPaper = DocumentName & { readonly issuedOn: BusinessDay }

export interface RegisteredDocument {
  /** Claims have a numbering of their own. */
  readonly kind: DocumentKind | 'CLAIM'
  readonly documentId: InvoiceId | CreditNoteId
}

/** What holds an account's records, and finds its papers by what they are called. */
interface PaperKeeper extends Keeper {
  readonly papers: PackedIndex
}

/** What stands under a name, by its own record. */
const documentAt = (
  { records }: Keeper,
  ordinal: number,
): { readonly kind: RegisteredDocument['kind']; readonly paper: NamedPaper } => {
  if (kindAt(records, ordinal) !== KIND.invoice) {
    return { kind: 'CREDIT_NOTE', paper: creditNotes.at({ records }, ordinal) }
  }
  const invoice = keptInvoices.at(records, ordinal)
  return { kind: isClaimKind(invoice.kind) ? 'CLAIM' : 'INVOICE', paper: invoice }
}

const isSameKey = (one: DocumentKey, other: DocumentKey): boolean =>
  one.year === other.year && one.number === other.number && one.series === other.series

const hashOfKey = ({ year, series, number }: DocumentKey): number => hashOfText(`${year} ${number} ${series}`)

const findDocument = ({ records }: Keeper, { kind, documentId }: RegisteredDocument): number | undefined =>
  findRecord(records, kind === 'CREDIT_NOTE' ? KIND.creditNote : KIND.invoice, documentId)

const ordinalOfDocument = (account: Keeper, document: RegisteredDocument): number =>
  required(findDocument(account, document))

/**
 * The papers that stand under a name. More than one only of histories in which nobody looked; a paper that is cancelled or
 * reversed leaves its name to the next one.
 */
export const documents = {
  *under(
    account: PaperKeeper,
    paper: NamedPaper,
    isOne: (kind: RegisteredDocument['kind']) => boolean = (kind) => kind !== 'CLAIM',
  ): Iterable<RegisteredDocument> {
    const key = documentKeyOf(paper)
    for (const ordinal of ordinalsUnder(account.papers, hashOfKey(key))) {
      const known = documentAt(account, ordinal)
      if (!isOne(known.kind) || !isSameKey(key, documentKeyOf(known.paper))) continue
      yield { kind: known.kind, documentId: keyAt(account.records, ordinal) }
    }
  },
  /** Whether it stands under its name: it does until it is cancelled or reversed. */
  has: (account: PaperKeeper, document: RegisteredDocument): boolean => {
    const ordinal = findDocument(account, document)
    if (ordinal === undefined) return false
    const hash = hashOfKey(documentKeyOf(documentAt(account, ordinal).paper))
    return [...ordinalsUnder(account.papers, hash)].includes(ordinal)
  },
  /** The document has its own record already. */
  add: (account: PaperKeeper, paper: NamedPaper, document: RegisteredDocument): void => {
    const hashAt = (ordinal: number): number => hashOfKey(documentKeyOf(documentAt(account, ordinal).paper))
    putUnder(account.papers, hashOfKey(documentKeyOf(paper)), ordinalOfDocument(account, document), hashAt)
  },
  free: (account: PaperKeeper, paper: NamedPaper, document: RegisteredDocument): void =>
    takeFrom(account.papers, hashOfKey(documentKeyOf(paper)), ordinalOfDocument(account, document)),
}

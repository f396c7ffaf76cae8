import { type ClientId, type CompanyId, isClaimKind, type OwedKind, type Position } from '@registru/domain'
import { type RawBuilder, sql } from 'kysely'
import { clientOrNone } from '../core/books/no-client.ts'
import { wasBelieved } from '../core/reading/clocks.ts'
import type { ReadHandle } from '../core/reading/read.ts'
import { findClientNames } from '../parties/queries.ts'

/** What postings and their events name. */
export interface Named {
  readonly clientId: ClientId
  readonly invoiceId: string | undefined
  readonly paymentId: string | undefined
  /** The event's own, of a credit note. */
  readonly creditNoteId: string | undefined
}

type Name = readonly [clientId: ClientId, id: string]
const keyOf = (clientId: ClientId, id: string): string => JSON.stringify([clientId, id])

/** Papers by the ids that postings have: what stands on the paper, and an id only where there is no number on any. */
export interface Papers {
  readonly invoice: (clientId: ClientId, id: string) => string
  /** Whether it is asked for by a note of its own, without an invoice. */
  readonly isClaim: (clientId: ClientId, id: string) => boolean
  readonly creditNote: (clientId: ClientId, id: string) => string
  /** The receipt of cash, else the bank's reference, else the credit note that the credit is of. */
  readonly payment: (clientId: ClientId, id: string) => string
  /** The paper of a refund, by the place of the event that recorded or reversed it. */
  readonly refund: (position: Position) => string | undefined
  readonly client: (clientId: ClientId) => string | undefined
}

interface DocumentRow {
  readonly client_id: ClientId
  readonly id: string
  readonly document: string
}

const namesOf = (names: readonly Name[]): readonly Name[] => [
  ...new Map(names.map((name) => [keyOf(...name), name])).values(),
]

const asked = (names: readonly Name[]): RawBuilder<unknown> =>
  sql`unnest(${names.map(([clientId]) => clientId)}::text[], ${names.map(([, id]) => id)}::text[]) as asked (client_id, id)`

const documentsBy = async (
  db: ReadHandle,
  names: readonly Name[],
  select: (asked: RawBuilder<unknown>) => RawBuilder<DocumentRow>,
): Promise<ReadonlyMap<string, string>> => {
  if (names.length === 0) return new Map()
  const { rows } = await select(asked(names)).execute(db)
  return new Map(rows.map(({ client_id, id, document }) => [keyOf(client_id, id), document]))
}

const SERIES_NUMBER = sql`concat_ws(' ', paper.series, paper.number)`

/** All papers that some postings name, in one query a kind. */
export const findPapers = async (
  db: ReadHandle,
  { companyId, knownAt }: { readonly companyId: CompanyId; readonly knownAt: Position | undefined },
  named: readonly (Named & { readonly position: Position })[],
): Promise<Papers> => {
  const invoiceNames = namesOf(
    named.flatMap(({ clientId, invoiceId }): Name[] => (invoiceId === undefined ? [] : [[clientId, invoiceId]])),
  )
  const paymentNames = namesOf(
    named.flatMap(({ clientId, paymentId }): Name[] => (paymentId === undefined ? [] : [[clientId, paymentId]])),
  )
  const noteNames = namesOf([
    ...paymentNames,
    ...named.flatMap(({ clientId, creditNoteId }): Name[] =>
      creditNoteId === undefined ? [] : [[clientId, creditNoteId]],
    ),
  ])
  const owed =
    invoiceNames.length === 0
      ? { rows: [] }
      : await sql<DocumentRow & { readonly kind: OwedKind }>`
        select asked.client_id, asked.id, ${SERIES_NUMBER} as document, paper.kind from ${asked(invoiceNames)}
        join read.invoice_balances paper
          on (paper.company_id, paper.invoice_id, paper.client_id) = (${companyId}, asked.id, asked.client_id)`.execute(
          db,
        )
  const invoices = new Map(owed.rows.map((row) => [keyOf(row.client_id, row.id), row]))
  const creditNotes = await documentsBy(
    db,
    noteNames,
    (ids) => sql<DocumentRow>`
      select asked.client_id, asked.id, ${SERIES_NUMBER} as document from ${ids} join read.documents paper
        on (paper.company_id, paper.kind, paper.document_id, paper.client_id)
          = (${companyId}, 'CREDIT_NOTE', asked.id, asked.client_id)`,
  )
  const receipts = await documentsBy(
    db,
    paymentNames,
    (ids) => sql<DocumentRow>`
      select asked.client_id, asked.id, ${SERIES_NUMBER} as document from ${ids} join read.statement_receipts paper
        on (paper.company_id, paper.payment_id, paper.client_id) = (${companyId}, asked.id, asked.client_id)
      where ${wasBelieved(knownAt)}`,
  )
  const references = await documentsBy(
    db,
    paymentNames,
    (ids) => sql<DocumentRow>`
      select asked.client_id, asked.id, paper.bank_reference as document from ${ids} join read.payments paper
        on (paper.company_id, paper.payment_id, paper.client_id) = (${companyId}, asked.id, asked.client_id)
      where paper.bank_reference is not null`,
  )
  const refunds =
    paymentNames.length === 0
      ? { rows: [] }
      : await sql<{ position: Position; reversed_position: Position | null; document: string }>`
        select paper.position, paper.reversed_position, paper.document from ${asked(paymentNames)}
        join read.payment_refunds paper
          on (paper.company_id, paper.payment_id, paper.client_id) = (${companyId}, asked.id, asked.client_id)
        where paper.document is not null`.execute(db)
  const refundPapers = new Map(
    refunds.rows.flatMap(({ position, reversed_position: reversed, document }) =>
      [position, ...(reversed === null ? [] : [reversed])].map((at) => [at, document] as const),
    ),
  )
  const clientIds = [...new Set(named.flatMap(({ clientId }) => clientOrNone(clientId) ?? []))]
  const clients =
    clientIds.length === 0 ? new Map<string, string>() : await findClientNames(db, { companyId, clientIds, knownAt })
  return {
    invoice: (clientId, id) => invoices.get(keyOf(clientId, id))?.document ?? id,
    isClaim: (clientId, id) => isClaimKind(invoices.get(keyOf(clientId, id))?.kind ?? 'INVOICE'),
    creditNote: (clientId, id) => creditNotes.get(keyOf(clientId, id)) ?? id,
    payment: (clientId, id) => {
      const key = keyOf(clientId, id)
      return receipts.get(key) ?? references.get(key) ?? creditNotes.get(key) ?? id
    },
    refund: (position) => refundPapers.get(position),
    client: (clientId) => clients.get(clientId),
  }
}

import type { ClientId, CompanyId, EventId, InvoiceId, LedgerEvent, PaymentId, Position } from '@registru/domain'
import { type RawBuilder, sql } from 'kysely'
import { wasKnown } from '../core/reading/clocks.ts'
import { type Page, pageOf, type ReadHandle, rowsToAskFor } from '../core/reading/read.ts'
import { type Account, accountsOfChart, allAccounts } from '../journal/accounts.ts'
import { type Correspondence, correspondencesOf, type NoteLeg } from './correspondences.ts'
import { type Said, tellNote } from './explanations.ts'
import { findPapers } from './papers.ts'

/** An account as it is asked for: one of two numbers may be for the functional currency, the other for all others. */
export interface AskedAccount {
  readonly account: Account
  readonly functional: boolean
  readonly foreign: boolean
}

/** The accounts behind a symbol or a number of the Romanian chart, in whichever currency; none: there is no such account. */
export const accountsNamed = (
  name: string,
  chart: { readonly functionalCurrency: string; readonly on: string },
): readonly AskedAccount[] => {
  const functional = new Set(accountsOfChart(name, chart.functionalCurrency, chart))
  // Whichever it is, as long as it is not the functional one.
  const foreign = new Set(accountsOfChart(name, '', chart))
  return allAccounts
    .map((account) => ({ account, functional: functional.has(account), foreign: foreign.has(account) }))
    .filter((asked) => asked.functional || asked.foreign)
}

/** Which notes; what is left out does not narrow. */
export interface NoteQuestion {
  readonly companyId: CompanyId
  readonly functionalCurrency: string
  /** Both days belong to the period. */
  readonly from: string
  readonly to: string
  /** Position up to which the answer knows anything; `undefined`: everything projected so far. */
  readonly knownAt?: Position | undefined
  readonly accounts?: readonly AskedAccount[] | undefined
  readonly clientId?: ClientId | undefined
  readonly invoiceId?: InvoiceId | undefined
  readonly paymentId?: PaymentId | undefined
  readonly eventId?: EventId | undefined
}

export interface NotePlace {
  readonly on: string
  /** The note's number. */
  readonly note: string
}

export interface AccountingNote {
  /** Counts the company's notes in the order in which the ledger learned of them. */
  readonly number: bigint
  readonly on: string
  readonly recordedAt: string
  readonly document: string
  readonly explanation: string
  readonly clientId: ClientId | undefined
  readonly clientName: string | undefined
  readonly eventIds: readonly EventId[]
  readonly lines: readonly Correspondence[]
}

const when = <Value>(
  value: Value | undefined,
  condition: (value: Value) => RawBuilder<unknown>,
): RawBuilder<unknown> => (value === undefined ? sql`` : condition(value))

/** Whose papers have an id, where the question does not say whose. */
const findOwners = async (
  db: ReadHandle,
  { companyId, invoiceId, paymentId }: NoteQuestion,
): Promise<readonly ClientId[]> => {
  const { rows } = await sql<{ client_id: ClientId }>`
    select distinct coalesce(client_id, '') as client_id from read.event_index
    where company_id = ${companyId} ${when(invoiceId, (id) => sql`and invoice_id = ${id}`)}
      ${when(paymentId, (id) => sql`and payment_id = ${id}`)}`.execute(db)
  return rows.map((row) => row.client_id)
}

/**
 * Where the notes stand, in the order of days and numbers. An index has them account by account, so a page costs a page of
 * each; those of a client lie together. What passes through a credit within one note is no turnover of it.
 */
const listPlaces = async (
  db: ReadHandle,
  question: NoteQuestion,
  { after, limit }: { readonly after: NotePlace | undefined; readonly limit: number },
): Promise<readonly NotePlace[]> => {
  const { companyId, functionalCurrency, from, to, knownAt, clientId, invoiceId, paymentId, eventId } = question
  const all = question.accounts === undefined
  const accounts = question.accounts ?? allAccounts.map((account) => ({ account, functional: true, foreign: true }))
  /** A note in which credit only passes has other accounts as well. */
  const isPlain = all ? sql`true` : sql`account <> 'CLIENT_CREDIT'`
  const asked = sql`unnest(${accounts.map(({ account }) => account)}::text[],
    ${accounts.map(({ functional }) => functional)}::boolean[], ${accounts.map(({ foreign }) => foreign)}::boolean[])
    as asked (account, functional, "foreign")`
  const isOfDocument = invoiceId !== undefined || paymentId !== undefined
  const owners = clientId !== undefined ? [clientId] : isOfDocument ? await findOwners(db, question) : undefined
  const isAsked = sql`case when currency = ${functionalCurrency} then asked.functional else asked."foreign" end`
  const isWanted = sql`company_id = ${companyId} and effective_on between ${from}::date and ${to}::date
    and ${wasKnown(knownAt)} ${when(after, ({ on, note }) => sql`and (effective_on, note) > (${on}::date, ${note}::bigint)`)}
    ${when(owners, (ids) => sql`and client_id = any(${ids}::text[])`)}`
  const isNamed = sql`(true ${when(invoiceId, (id) => sql`and invoice_id = ${id}`)}
    ${when(paymentId, (id) => sql`and payment_id = ${id}`)} ${when(eventId, (id) => sql`and event_id = ${id}::uuid`)})`
  const firstFew = sql`order by effective_on, note limit ${rowsToAskFor(limit)}`
  const others =
    owners === undefined
      ? sql`select place.* from ${asked} cross join lateral (
          select distinct effective_on, note from read.postings
          where ${isWanted} and ${isNamed} and account = asked.account and ${isPlain} and ${isAsked}
          ${firstFew}
        ) place`
      : sql`select distinct effective_on, note from read.postings posting
          where ${isWanted} and ${isNamed} and ${isPlain}
            and exists (select from ${asked} where asked.account = posting.account and ${isAsked}) ${firstFew}`
  const credit = all ? undefined : accounts.find(({ account }) => account === 'CLIENT_CREDIT')
  const isCredit = sql`account = 'CLIENT_CREDIT'
    and case when currency = ${functionalCurrency} then ${credit?.functional}::boolean else ${credit?.foreign}::boolean end`
  // One note after the other until there are enough: most of what is credited passes through.
  const ofCredit = sql`select effective_on, note from (
      select distinct effective_on, note from read.postings where ${isWanted} and ${isCredit}
      order by effective_on, note
    ) place
    where exists (
      select from read.postings posting
      where company_id = ${companyId} and (effective_on, note) = (place.effective_on, place.note) and ${isCredit}
        and ${wasKnown(knownAt)} ${when(owners, (ids) => sql`and client_id = any(${ids}::text[])`)}
      group by client_id, payment_id, currency
      having sum(amount_minor) <> 0 and bool_or(${isNamed})
    ) ${firstFew}`
  const places = credit === undefined ? others : sql`(${others}) union all (${ofCredit})`
  const { rows } = await sql<{ effective_on: string; note: bigint }>`
    select distinct effective_on, note from (${places}) place
    order by effective_on, note limit ${rowsToAskFor(limit)}`.execute(db)
  return rows.map(({ effective_on, note }) => ({ on: effective_on, note: `${note}` }))
}

interface LegRow {
  readonly effective_on: string
  readonly note: bigint
  readonly position: Position
  readonly recorded_at: Date
  readonly account: Account
  readonly currency: string
  readonly amount_minor: bigint
  readonly client_id: ClientId
  readonly invoice_id: InvoiceId | null
  readonly payment_id: PaymentId | null
  readonly event_id: EventId
  readonly type: LedgerEvent['type']
  readonly told_payment_id: string | null
}

/** All postings of some notes, of every account, as far as they were known. */
const listLegs = async (
  db: ReadHandle,
  { companyId, knownAt }: NoteQuestion,
  places: readonly NotePlace[],
): Promise<readonly LegRow[]> => {
  const { rows } = await sql<LegRow>`
    select posting.*, place.type, place.payment_id as told_payment_id
    from unnest(${places.map(({ on }) => on)}::date[], ${places.map(({ note }) => note)}::bigint[]) as asked (effective_on, note)
    cross join lateral (
      select effective_on, note, position, line, recorded_at, account, currency, amount_minor, client_id, invoice_id,
        payment_id, event_id
      from read.postings
      where company_id = ${companyId} and account = any(${[...allAccounts]}::text[])
        and effective_on = asked.effective_on and note = asked.note and ${wasKnown(knownAt)}
    ) posting
    join read.event_index place on (place.company_id, place.position) = (${companyId}, posting.position)
    order by effective_on, note, position, line`.execute(db)
  return rows
}

const legOf = (row: LegRow): NoteLeg => ({
  eventId: row.event_id,
  account: row.account,
  currency: row.currency,
  amountMinor: row.amount_minor,
  clientId: row.client_id,
  invoiceId: row.invoice_id ?? undefined,
  paymentId: row.payment_id ?? undefined,
})

const saidBy = (row: LegRow): Said => ({
  type: row.type,
  account: row.account,
  position: row.position,
  clientId: row.client_id,
  invoiceId: row.invoice_id ?? undefined,
  paymentId: row.payment_id ?? undefined,
  creditNoteId:
    row.type === 'CreditNoteRegistered' || row.type === 'CreditNoteReversed'
      ? (row.told_payment_id ?? undefined)
      : undefined,
})

/** Accounting notes (note contabile) by day and number. */
export const listNotes = async (
  db: ReadHandle,
  { after, limit, ...question }: NoteQuestion & { readonly after?: NotePlace | undefined; readonly limit: number },
): Promise<Page<AccountingNote, NotePlace>> => {
  const { items: places, next } = pageOf(await listPlaces(db, question, { after, limit }), limit, (place) => place)
  if (places.length === 0) return { items: [], next: undefined }
  const rows = await listLegs(db, question, places)
  const { companyId, knownAt } = question
  const papers = await findPapers(db, { companyId, knownAt }, rows.map(saidBy))
  const byNote = new Map<bigint, LegRow[]>()
  for (const row of rows) {
    const legs = byNote.get(row.note)
    if (legs === undefined) byNote.set(row.note, [row])
    else legs.push(row)
  }
  const items = [...byNote.values()].map((legs): AccountingNote => {
    const [first] = legs
    if (first === undefined) throw new Error('a note without postings')
    return {
      number: first.note,
      on: first.effective_on,
      recordedAt: first.recorded_at.toISOString(),
      ...tellNote(legs.map(saidBy), papers),
      eventIds: [...new Set(legs.map(({ event_id }) => event_id))],
      lines: correspondencesOf(legs.map(legOf)),
    }
  })
  return { items, next }
}

/** Where a list of lines goes on: before this line of the note, or behind all of it. */
export interface LinePlace extends NotePlace {
  /** From 0; absent: the note is through. */
  readonly line?: number | undefined
}

/** A line of a note, in a list of lines. */
export interface PlacedLine<Line> {
  readonly note: AccountingNote
  readonly line: Line
}

/** Lines of notes one after the other; each note has at least one. */
export const listNoteLines = async <Line>(
  db: ReadHandle,
  { after, limit, ...question }: NoteQuestion & { readonly after?: LinePlace | undefined; readonly limit: number },
  linesOf: (note: AccountingNote) => readonly Line[],
): Promise<Page<PlacedLine<Line>, LinePlace>> => {
  const isWithin = after?.line !== undefined
  const before = after && { on: after.on, note: isWithin ? `${BigInt(after.note) - 1n}` : after.note }
  const notes = await listNotes(db, { ...question, after: before, limit })
  const placed = notes.items.flatMap((note, at) =>
    linesOf(note)
      .map((line, index) => ({ note, line, index }))
      .slice(at === 0 ? (after?.line ?? 0) : 0),
  )
  const items = placed.slice(0, limit)
  const beyond = placed[limit]
  const next =
    beyond === undefined ? notes.next : { on: beyond.note.on, note: `${beyond.note.number}`, line: beyond.index }
  return { items, next }
}

import type {
  CashDeskId,
  ClientId,
  CompanyId,
  CreditSource,
  EventId,
  InvoiceId,
  Money,
  PaperReversalReason,
  Payer,
  PaymentId,
  Position,
  ReceiptSeries,
  RefundId,
  RefundMethod,
  RefundReversalReason,
  ReleaseReason,
  ReversalReason,
  UnidentifiedReturnReason,
} from '@registru/domain'
import { CARD_METHODS, METHODS_IN_TRANSIT, minorOf } from '@registru/domain'
import type { Pool } from '@registru/runtime'
import { sql } from 'kysely'
import { clientOrNone, NO_CLIENT } from '../core/books/no-client.ts'
import { type Settlement, settlementsOf } from '../core/books/settlements.ts'
import { sumsByCurrency } from '../core/reading/balances.ts'
import { counts, countsSql, wasKnown } from '../core/reading/clocks.ts'
import { type Clocks, type Page, pageOf, READ_SCHEMA, type ReadHandle, rowsToAskFor } from '../core/reading/read.ts'
import type { PaymentViews } from './tables.ts'

/** Amounts are minor units of `currency`. */
export interface PaymentHistory {
  readonly paymentId: PaymentId
  readonly clientId: ClientId
  readonly method: CreditSource
  readonly receivedOn: string
  readonly currency: string
  readonly amountMinor: bigint
  readonly allocatedMinor: bigint
  readonly refundedMinor: bigint
  /** What went to other clients' accounts. */
  readonly transferredMinor: bigint
  readonly releasedMinor: bigint
  /** What left beyond all that was there; the client owes it. */
  readonly claimedMinor: bigint
  /** What settles nothing yet; 0 once reversed. */
  readonly creditMinor: bigint
  readonly allocationRule: string
  /** Of `auto`: what told it how to spread the payment. */
  readonly allocationStage: string | undefined
  readonly deskId: CashDeskId | undefined
  readonly bankReference: string | undefined
  /** The company's own. */
  readonly bankAccount: string | undefined
  readonly remittanceText: string | undefined
  readonly purpose: string | undefined
  readonly payer: Payer | undefined
  /** What is still on its way to the bank. */
  readonly inTransitMinor: bigint
  /** What banks and processors kept of it. */
  readonly feeMinor: bigint
  /** When money on its way arrived, or the last part of it, and what was kept of it. */
  readonly clearing: { readonly on: string; readonly feeMinor: bigint } | undefined
  /** Part by part, as each arrived. */
  readonly clearings: readonly Clearing[]
  readonly reversedMinor: bigint
  /** The last. */
  readonly reversal:
    | {
        readonly on: string
        readonly reason: ReversalReason | PaperReversalReason | UnidentifiedReturnReason
        readonly note: string | undefined
      }
    | undefined
  /** The living one. */
  readonly receipt: { readonly series: ReceiptSeries; readonly number: number } | undefined
  /** Undone ones are marked. */
  readonly allocations: readonly Settlement[]
  readonly refunds: readonly Refund[]
  readonly transfers: readonly CreditTransfer[]
  readonly releases: readonly Release[]
  readonly claims: readonly ExcessClaim[]
  /** Of credit that came from another client's account, or, without a client, of money that was unidentified. */
  readonly origin: { readonly clientId: ClientId | undefined; readonly paymentId: PaymentId } | undefined
  /** What its row keeps, where nothing that happened to it lies beyond the clocks: the same amounts from another table. */
  readonly kept:
    | Pick<
        PaymentHistory,
        | 'allocatedMinor'
        | 'refundedMinor'
        | 'reversedMinor'
        | 'transferredMinor'
        | 'releasedMinor'
        | 'claimedMinor'
        | 'creditMinor'
      >
    | undefined
}

export interface Clearing {
  readonly on: string
  readonly amountMinor: bigint
  readonly feeMinor: bigint
  readonly eventId: EventId
}

export interface Refund {
  readonly refundId: RefundId
  readonly amountMinor: bigint
  /** What left the desk or the bank, where it is in another currency. */
  readonly paid: { readonly minor: bigint; readonly currency: string } | undefined
  /** What the books gained by it (below zero: lost). */
  readonly difference: { readonly minor: bigint; readonly currency: string } | undefined
  readonly method: RefundMethod
  readonly refundedOn: string
  readonly deskId: CashDeskId | undefined
  readonly bankAccount: string | undefined
  readonly document: string | undefined
  readonly note: string | undefined
  /** The money came back, or never left: it is credit again. */
  readonly reversal: { readonly on: string; readonly reason: RefundReversalReason } | undefined
  readonly eventId: EventId
}

/** Credit that is the client's no longer. */
export interface Release {
  readonly amountMinor: bigint
  readonly reason: ReleaseReason
  readonly releasedOn: string
  readonly approvedBy: string
  readonly eventId: EventId
}

/** What the client owes for money that left; what is owed no longer is negative. */
export interface ExcessClaim {
  readonly claimId: InvoiceId
  readonly amountMinor: bigint
  readonly on: string
  readonly eventId: EventId
}

/** Credit that went to another account, or is unidentified again; what came back is negative. */
export interface CreditTransfer {
  readonly transferId: PaymentId
  readonly toClientId: ClientId | undefined
  readonly amountMinor: bigint
  readonly movedOn: string
  readonly reason: string | undefined
  readonly eventId: EventId
}

export interface PaymentCursor {
  readonly receivedOn: string
  readonly paymentId: PaymentId
  readonly clientId: ClientId
}

type PaymentRow = PaymentViews['read.payments']
type SettlementRow = PaymentViews['read.payment_settlements']
type PartRow = PaymentViews['read.payment_parts']
type RefundRow = PaymentViews['read.payment_refunds']
type TransferRow = PaymentViews['read.payment_transfers']
type ReleaseRow = PaymentViews['read.payment_releases']
type ClaimRow = PaymentViews['read.payment_claims']
type ReceiptRow = PaymentViews['read.payment_receipts']

/** All that happened to a payment, in the order of the log. */
interface Happened {
  readonly settlements: readonly SettlementRow[]
  readonly parts: readonly PartRow[]
  readonly refunds: readonly RefundRow[]
  readonly transfers: readonly TransferRow[]
  readonly releases: readonly ReleaseRow[]
  readonly claims: readonly ClaimRow[]
  readonly receipts: readonly ReceiptRow[]
}

const refund = (row: RefundRow, currency: string, isReversed: boolean): Refund => ({
  refundId: row.refund_id,
  amountMinor: row.amount_minor,
  paid: row.paid_currency === currency ? undefined : { minor: row.paid_minor, currency: row.paid_currency },
  difference:
    row.difference_minor === null || row.difference_currency === null
      ? undefined
      : { minor: row.difference_minor, currency: row.difference_currency },
  method: row.method,
  refundedOn: row.refunded_on,
  deskId: row.desk_id ?? undefined,
  bankAccount: row.bank_account ?? undefined,
  document: row.document ?? undefined,
  note: row.note ?? undefined,
  reversal:
    isReversed && row.reversed_on !== null && row.reversal_reason !== null
      ? { on: row.reversed_on, reason: row.reversal_reason }
      : undefined,
  eventId: row.event_id,
})

const transfer = (row: TransferRow): CreditTransfer => ({
  transferId: row.transfer_id,
  toClientId: clientOrNone(row.other_client_id),
  amountMinor: row.amount_minor,
  movedOn: row.effective_on,
  reason: row.reason ?? undefined,
  eventId: row.event_id,
})

const originOf = ({
  origin_client_id: clientId,
  origin_payment_id: paymentId,
}: PaymentRow): PaymentHistory['origin'] =>
  paymentId === null ? undefined : { clientId: clientOrNone(clientId), paymentId }

const release = (row: ReleaseRow): Release => ({
  amountMinor: row.amount_minor,
  reason: row.reason,
  releasedOn: row.released_on,
  approvedBy: row.approved_by,
  eventId: row.event_id,
})

const excessClaim = (row: ClaimRow): ExcessClaim => ({
  claimId: row.claim_id,
  amountMinor: row.amount_minor,
  on: row.effective_on,
  eventId: row.event_id,
})

const sumOf = (rows: readonly { readonly amount_minor: bigint }[]): bigint =>
  rows.reduce((sum, row) => sum + row.amount_minor, 0n)

const feeOf = (parts: readonly PartRow[]): bigint => parts.reduce((sum, part) => sum + part.fee_minor, 0n)

const reversalOf = (part: PartRow | undefined): PaymentHistory['reversal'] =>
  part === undefined || part.reason === null
    ? undefined
    : { on: part.effective_on, reason: part.reason, note: part.note ?? undefined }

const clearing = (part: PartRow): Clearing => ({
  on: part.effective_on,
  amountMinor: part.amount_minor,
  feeMinor: part.fee_minor,
  eventId: part.event_id,
})

const inTransitOf = (row: PaymentRow, parts: readonly PartRow[], refunds: readonly RefundRow[]): bigint => {
  const gone = CARD_METHODS.has(row.method) ? [...parts, ...refunds] : parts
  const left = gone.reduce((sum, { transit_minor }) => sum - transit_minor, row.amount_minor)
  return METHODS_IN_TRANSIT.has(row.method) && left > 0n ? left : 0n
}

/** The payment as it stands at both clocks, from what had happened to it by then. */
const paymentAt = (row: PaymentRow, happened: Happened, clocks: Clocks): PaymentHistory => {
  const happens = (on: string | null, position: Position | null): boolean =>
    position !== null && counts(clocks, on, position)
  const settlements = happened.settlements.filter((entry) => happens(entry.effective_on, entry.position))
  const refunds = happened.refunds.filter((entry) => happens(entry.refunded_on, entry.position))
  const transfers = happened.transfers.filter((entry) => happens(entry.effective_on, entry.position))
  const releases = happened.releases.filter((entry) => happens(entry.released_on, entry.position))
  const claims = happened.claims.filter((entry) => happens(entry.effective_on, entry.position))
  const receipts = happened.receipts.filter((entry) => happens(entry.issued_on, entry.position))
  const receipt = receipts.findLast((entry) => !happens(entry.annulled_on, entry.annulled_position))
  const parts = happened.parts.filter((entry) => happens(entry.effective_on, entry.position))
  const cleared = parts.filter(({ kind }) => kind === 'CLEARED')
  const reversed = parts.filter(({ kind }) => kind === 'REVERSED')
  const clearedOn = cleared
    .map((part) => part.effective_on)
    .toSorted()
    .at(-1)
  const reversedMinor = sumOf(reversed)
  const allocatedMinor = sumOf(settlements)
  const isReturned = (entry: RefundRow): boolean => happens(entry.reversed_on, entry.reversed_position)
  const refundedMinor = sumOf(refunds.filter((entry) => !isReturned(entry)))
  const transferredMinor = sumOf(transfers)
  const releasedMinor = sumOf(releases)
  const claimedMinor = sumOf(claims)
  const isFinal =
    releases.length === happened.releases.length &&
    claims.length === happened.claims.length &&
    settlements.length === happened.settlements.length &&
    refunds.length === happened.refunds.length &&
    transfers.length === happened.transfers.length &&
    refunds.every((entry) => isReturned(entry) === (entry.reversed_position !== null)) &&
    parts.length === happened.parts.length
  return {
    paymentId: row.payment_id,
    clientId: row.client_id,
    method: row.method,
    receivedOn: row.received_on,
    currency: row.currency,
    amountMinor: row.amount_minor,
    allocatedMinor,
    refundedMinor,
    transferredMinor,
    releasedMinor,
    claimedMinor,
    creditMinor:
      row.amount_minor +
      claimedMinor -
      allocatedMinor -
      refundedMinor -
      releasedMinor -
      transferredMinor -
      reversedMinor,
    allocationRule: row.allocation_rule,
    allocationStage: row.allocation_stage ?? undefined,
    deskId: row.desk_id ?? undefined,
    bankReference: row.bank_reference ?? undefined,
    bankAccount: row.bank_account ?? undefined,
    remittanceText: row.remittance_text ?? undefined,
    purpose: row.purpose ?? undefined,
    payer: row.payer ?? undefined,
    inTransitMinor: inTransitOf(
      row,
      parts,
      refunds.filter((entry) => !isReturned(entry)),
    ),
    feeMinor: row.fee_minor - feeOf(happened.parts) + feeOf(parts),
    clearing: clearedOn === undefined ? undefined : { on: clearedOn, feeMinor: feeOf(cleared) },
    clearings: cleared.map(clearing),
    reversedMinor,
    reversal: reversalOf(reversed.at(-1)),
    receipt: receipt && { series: receipt.series, number: Number(receipt.number) },
    allocations: settlementsOf(
      settlements.map((entry) => ({
        paymentId: entry.payment_id,
        invoiceId: entry.invoice_id,
        amountMinor: entry.amount_minor,
        effectiveOn: entry.effective_on,
        position: entry.position,
        eventId: entry.event_id,
        undoneBecause: entry.undone_because,
      })),
    ),
    refunds: refunds.map((entry) => refund(entry, row.currency, isReturned(entry))),
    transfers: transfers.map(transfer),
    origin: originOf(row),
    releases: releases.map(release),
    claims: claims.map(excessClaim),
    kept: isFinal
      ? {
          allocatedMinor: row.allocated_minor,
          refundedMinor: row.refunded_minor,
          reversedMinor: row.reversed_minor,
          transferredMinor: row.transferred_minor,
          releasedMinor: row.released_minor,
          claimedMinor: row.claimed_minor,
          creditMinor: row.credit_minor,
        }
      : undefined,
  }
}

/** Within a company; ids hold no space. */
const keyOf = (row: { readonly client_id: ClientId; readonly payment_id: PaymentId }): string =>
  `${row.client_id} ${row.payment_id}`

const grouped = <Row extends { readonly client_id: ClientId; readonly payment_id: PaymentId }>(
  rows: readonly Row[],
): ReadonlyMap<string, readonly Row[]> => {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group === undefined) groups.set(keyOf(row), [row])
    else group.push(row)
  }
  return groups
}

/** A payment as it stands at both clocks, its row, and what of it is gone again. */
interface Stood {
  readonly history: PaymentHistory
  readonly row: PaymentRow
  readonly returns: readonly PartRow[]
}

/** In one query a table for a whole page. */
const standing = async (
  db: ReadHandle,
  companyId: CompanyId,
  clocks: Clocks,
  rows: readonly PaymentRow[],
): Promise<readonly Stood[]> => {
  if (rows.length === 0) return []
  const ids = rows.map((row) => row.payment_id)
  const tables = db.withTables<PaymentViews>()
  const settlements = grouped(
    await tables
      .selectFrom('read.payment_settlements')
      .selectAll()
      .where('company_id', '=', companyId)
      .where('payment_id', 'in', ids)
      .orderBy('position')
      .execute(),
  )
  const parts = grouped(
    await tables
      .selectFrom('read.payment_parts')
      .selectAll()
      .where('company_id', '=', companyId)
      .where('payment_id', 'in', ids)
      .orderBy('position')
      .execute(),
  )
  const refunds = grouped(
    await tables
      .selectFrom('read.payment_refunds')
      .selectAll()
      .where('company_id', '=', companyId)
      .where('payment_id', 'in', ids)
      .orderBy('refunded_on')
      .orderBy('refund_id')
      .execute(),
  )
  const releases = grouped(
    await tables
      .selectFrom('read.payment_releases')
      .selectAll()
      .where('company_id', '=', companyId)
      .where('payment_id', 'in', ids)
      .orderBy('position')
      .execute(),
  )
  const claims = grouped(
    await tables
      .selectFrom('read.payment_claims')
      .selectAll()
      .where('company_id', '=', companyId)
      .where('payment_id', 'in', ids)
      .orderBy('position')
      .execute(),
  )
  const transfers = grouped(
    await tables
      .selectFrom('read.payment_transfers')
      .selectAll()
      .where('company_id', '=', companyId)
      .where('payment_id', 'in', ids)
      .orderBy('position')
      .execute(),
  )
  const receipts = grouped(
    await tables
      .selectFrom('read.payment_receipts')
      .selectAll()
      .where('company_id', '=', companyId)
      .where('payment_id', 'in', ids)
      .orderBy('position')
      .execute(),
  )
  return rows.map((row) => {
    const key = keyOf(row)
    const happened = {
      settlements: settlements.get(key) ?? [],
      parts: parts.get(key) ?? [],
      refunds: refunds.get(key) ?? [],
      // How a payment came to be is its amount.
      transfers: (transfers.get(key) ?? []).filter(({ position }) => position !== row.position),
      releases: releases.get(key) ?? [],
      claims: claims.get(key) ?? [],
      receipts: receipts.get(key) ?? [],
    }
    const returns = happened.parts.filter(
      ({ kind, effective_on, position }) => kind === 'REVERSED' && counts(clocks, effective_on, position),
    )
    return { history: paymentAt(row, happened, clocks), row, returns }
  })
}

const withHistory = async (
  db: ReadHandle,
  companyId: CompanyId,
  clocks: Clocks,
  rows: readonly PaymentRow[],
): Promise<readonly PaymentHistory[]> => (await standing(db, companyId, clocks, rows)).map(({ history }) => history)

/** Payments that were received and known at both clocks. */
const selectReceived = (db: ReadHandle, companyId: CompanyId, clocks: Clocks) =>
  db
    .withTables<PaymentViews>()
    .selectFrom('read.payments')
    .selectAll()
    .where('company_id', '=', companyId)
    .where(countsSql(clocks, 'received_on', 'position'))

/** Of clients: what nobody knows the client of is a list of its own. */
const selectPayments = (db: ReadHandle, companyId: CompanyId, clocks: Clocks) =>
  selectReceived(db, companyId, clocks).where('client_id', '<>', NO_CLIENT)

interface PaymentQuestion extends Clocks {
  readonly companyId: CompanyId
  readonly paymentId: PaymentId
  readonly clientId?: ClientId | undefined
}

/** Where several clients have a payment of this id and none is named, the one that was recorded first. */
export const findPayment = async (
  db: ReadHandle,
  { companyId, paymentId, clientId, ...clocks }: PaymentQuestion,
): Promise<PaymentHistory | undefined> => {
  let query = selectPayments(db, companyId, clocks).where('payment_id', '=', paymentId)
  if (clientId !== undefined) query = query.where('client_id', '=', clientId)
  const rows = await query.orderBy('position').limit(1).execute()
  return (await withHistory(db, companyId, clocks, rows))[0]
}

/** The day of a payment that is known and lies ahead of `asOf`; `undefined`: there is none. */
export const findPaymentDay = async (
  db: ReadHandle,
  { companyId, paymentId, clientId, asOf, knownAt }: PaymentQuestion,
): Promise<string | undefined> => {
  let query = db
    .withTables<PaymentViews>()
    .selectFrom('read.payments')
    .select('received_on')
    .where('company_id', '=', companyId)
    .where('payment_id', '=', paymentId)
    .where('received_on', '>', asOf)
    .where('client_id', '<>', NO_CLIENT)
  if (clientId !== undefined) query = query.where('client_id', '=', clientId)
  query = query.where(wasKnown(knownAt))
  return (await query.orderBy('position').limit(1).executeTakeFirst())?.received_on
}

export interface PaymentFilter extends Clocks {
  readonly companyId: CompanyId
  readonly clientId?: ClientId | undefined
  readonly after?: PaymentCursor | undefined
  readonly limit: number
}

/** As they stand at both clocks, in the order in which the money came, then by id. */
export const listPayments = async (
  db: ReadHandle,
  { companyId, clientId, after, limit, ...clocks }: PaymentFilter,
): Promise<Page<PaymentHistory, PaymentCursor>> => {
  let query = selectPayments(db, companyId, clocks)
  if (clientId !== undefined) query = query.where('client_id', '=', clientId)
  if (after !== undefined) {
    query = query.where(
      sql<boolean>`(received_on, payment_id, client_id)
        > (${after.receivedOn}::date, ${after.paymentId}, ${after.clientId})`,
    )
  }
  const rows = await query
    .orderBy('received_on')
    .orderBy('payment_id')
    .orderBy('client_id')
    .limit(rowsToAskFor(limit))
    .execute()
  const page = pageOf(rows, limit, ({ received_on: receivedOn, payment_id: paymentId, client_id }) => ({
    receivedOn,
    paymentId,
    clientId: client_id,
  }))
  return { items: await withHistory(db, companyId, clocks, page.items), next: page.next }
}

/** Money that came, whose client nobody knew: each part of it with whom it became somebody's. */
export interface UnidentifiedHistory
  extends Pick<
    PaymentHistory,
    'paymentId' | 'method' | 'receivedOn' | 'currency' | 'amountMinor' | 'bankReference' | 'remittanceText' | 'payer'
  > {
  readonly bankAccount: string | undefined
  readonly feeMinor: bigint
  readonly identifiedMinor: bigint
  readonly returnedMinor: bigint
  /** What is still nobody's. */
  readonly unidentifiedMinor: bigint
  readonly identifications: readonly Identified[]
  readonly returns: readonly UnidentifiedReturn[]
  readonly kept: PaymentHistory['kept']
}

export interface Identified {
  readonly identificationId: PaymentId
  readonly clientId: ClientId | undefined
  /** What the client gave back is negative, with a reason. */
  readonly amountMinor: bigint
  readonly on: string
  readonly reason: string | undefined
  readonly eventId: EventId
}

export interface UnidentifiedReturn {
  readonly amountMinor: bigint
  readonly on: string
  readonly reason: string | undefined
  readonly note: string | undefined
}

const unidentified = ({ history, row, returns }: Stood): UnidentifiedHistory => ({
  paymentId: history.paymentId,
  method: history.method,
  receivedOn: history.receivedOn,
  currency: history.currency,
  amountMinor: history.amountMinor,
  bankReference: history.bankReference,
  remittanceText: history.remittanceText,
  payer: history.payer,
  bankAccount: row.bank_account ?? undefined,
  feeMinor: history.feeMinor,
  identifiedMinor: history.transferredMinor,
  returnedMinor: history.reversedMinor,
  unidentifiedMinor: history.creditMinor,
  identifications: history.transfers.map(({ transferId, toClientId: clientId, movedOn: on, ...moved }) => ({
    ...moved,
    identificationId: transferId,
    clientId,
    on,
  })),
  returns: returns.map((part) => ({
    amountMinor: part.amount_minor,
    on: part.effective_on,
    reason: part.reason ?? undefined,
    note: part.note ?? undefined,
  })),
  kept: history.kept,
})

export interface UnidentifiedFilter extends Clocks {
  readonly companyId: CompanyId
  /** Those of which nothing is left as well. */
  readonly all: boolean
  readonly after?: UnidentifiedCursor | undefined
  readonly limit: number
}

export type UnidentifiedCursor = Pick<PaymentCursor, 'receivedOn' | 'paymentId'>

/** As they stand at both clocks, in the order in which the money came, then by id. */
export const listUnidentifiedPayments = async (
  db: ReadHandle,
  { companyId, all, after, limit, ...clocks }: UnidentifiedFilter,
): Promise<Page<UnidentifiedHistory, UnidentifiedCursor>> => {
  let query = selectReceived(db, companyId, clocks).where('client_id', '=', NO_CLIENT)
  const goneBy = (table: string, condition = sql``) => sql`coalesce((
    select sum(gone.amount_minor) from ${sql.table(`read.${table}`)} gone
    where (gone.company_id, gone.payment_id, gone.client_id)
        = (read.payments.company_id, read.payments.payment_id, read.payments.client_id)
      and ${countsSql(clocks, 'gone.effective_on', 'gone.position')} ${condition}), 0)`
  if (!all) {
    query = query.where(
      sql<boolean>`amount_minor > ${goneBy('payment_transfers')} + ${goneBy('payment_parts', sql`and gone.kind = 'REVERSED'`)}`,
    )
  }
  if (after !== undefined) {
    query = query.where(sql<boolean>`(received_on, payment_id) > (${after.receivedOn}::date, ${after.paymentId})`)
  }
  const rows = await query.orderBy('received_on').orderBy('payment_id').limit(rowsToAskFor(limit)).execute()
  const page = pageOf(rows, limit, ({ received_on: receivedOn, payment_id: paymentId }) => ({ receivedOn, paymentId }))
  return { items: (await standing(db, companyId, clocks, page.items)).map(unidentified), next: page.next }
}

/** What is unidentified at both clocks, by currency. */
export const findUnidentifiedTotals = (
  db: ReadHandle,
  { companyId, ...clocks }: Clocks & { readonly companyId: CompanyId },
): Promise<ReadonlyMap<string, bigint>> => {
  const ofCompany = sql`payment.company_id = ${companyId} and payment.client_id = ${NO_CLIENT}`
  const gone = (table: string, condition = sql``) => sql`
    select payment.currency, -gone.amount_minor from ${sql.table(`read.${table}`)} gone
    join read.payments payment using (company_id, payment_id, client_id)
    where ${ofCompany} and ${countsSql(clocks, 'gone.effective_on', 'gone.position')} ${condition}`
  return sumsByCurrency(
    db,
    sql`select currency, amount_minor as moved_minor from read.payments payment
      where ${ofCompany} and ${countsSql(clocks, 'payment.received_on', 'payment.position')}
      union all ${gone('payment_transfers')}
      union all ${gone('payment_parts', sql`and gone.kind = 'REVERSED'`)}`,
  )
}

/** Money that came by a bank; another payment may be the same money. */
export interface AskedPayment {
  readonly companyId: CompanyId
  /** `undefined`: nobody knows. */
  readonly clientId: ClientId | undefined
  readonly paymentId: PaymentId
  readonly bankReference: string
  readonly receivedOn: string
  readonly amount: Money
}

/** Of many payments that look alike, nobody reads more. */
const ALIKE_MAX = 5

/** Asked before payments are decided, so it is planned once a connection. */
const SAME_MONEY = {
  name: 'payments of one bank reference',
  text: `select (asked.place - 1)::integer as place, found.client_id, found.payment_id
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::date[], $6::text[], $7::bigint[]) with ordinality
      as asked (company_id, client_id, payment_id, bank_reference, received_on, currency, amount_minor, place)
    cross join lateral (
      select client_id, payment_id from ${READ_SCHEMA}.payments
      where bank_reference = asked.bank_reference and company_id = asked.company_id
        and (received_on, currency, amount_minor) = (asked.received_on, asked.currency, asked.amount_minor)
        and reversed_minor < amount_minor and method <> 'CREDIT_NOTE' and origin_payment_id is null
        and (client_id, payment_id) <> (asked.client_id, asked.payment_id)
      order by position limit ${ALIKE_MAX}
    ) found`,
}

/** Other payments of the company that look like each one, in the order in which they are asked about. */
export const listSamePayments = async (
  pool: Pick<Pool, 'query'>,
  asked: readonly AskedPayment[],
): Promise<readonly (readonly { readonly clientId?: ClientId; readonly paymentId: PaymentId }[])[]> => {
  const values = [
    asked.map(({ companyId }) => companyId),
    asked.map(({ clientId = NO_CLIENT }) => clientId),
    asked.map(({ paymentId }) => paymentId),
    asked.map(({ bankReference }) => bankReference),
    asked.map(({ receivedOn }) => receivedOn),
    asked.map(({ amount }) => amount.currency),
    asked.map(({ amount }) => `${minorOf(amount)}`),
  ]
  const { rows } = await pool.query<{
    readonly place: number
    readonly client_id: ClientId
    readonly payment_id: PaymentId
  }>({ ...SAME_MONEY, values })
  return asked.map((_, index) =>
    rows.flatMap(({ place, client_id, payment_id: paymentId }) => {
      const clientId = clientOrNone(client_id)
      return place === index ? [{ ...(clientId !== undefined && { clientId }), paymentId }] : []
    }),
  )
}

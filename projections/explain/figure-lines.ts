import type { CashDeskId, ClientId, CompanyId, EventId, InvoiceId, PaymentId } from '@registru/domain'
import { type RawBuilder, sql } from 'kysely'
import type { TradeKind } from '../collections/tables.ts'
import { wasBelieved, wasKnown } from '../core/reading/clocks.ts'
import type { Clocks } from '../core/reading/read.ts'
import type { Account } from '../journal/accounts.ts'
import { type AgeBy, isInBucket } from '../receivables-aging/buckets.ts'

/** Days of effect, both included; what is left out does not narrow. */
interface Days {
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** The open parts of invoices that fall into one bucket of the aging, or are due on some days. */
export type Cell =
  /** `bucket` from 0: what is not due yet. */
  | { readonly bucket: number; readonly buckets?: readonly number[] | undefined; readonly by?: AgeBy | undefined }
  | { readonly dueFrom?: string | undefined; readonly dueTo?: string | undefined }

/** Postings to accounts; what is left out does not narrow. */
export interface PostedFigure {
  readonly of: 'postings'
  readonly accounts: readonly Account[]
  readonly clientId?: ClientId | undefined
  readonly invoiceId?: InvoiceId | undefined
  readonly paymentId?: PaymentId | undefined
  readonly eventId?: EventId | undefined
  /** Types of the events that posted them. */
  readonly types?: readonly string[] | undefined
  readonly cell?: Cell | undefined
}

/** What was sold or collected; some kinds of entry are taken off. */
export interface TradedFigure extends Days {
  readonly of: 'trade'
  readonly added: readonly TradeKind[]
  readonly takenOff: readonly TradeKind[]
  readonly method?: string | undefined
}

/** Lines of the register of one desk; `opening` is what lay in it in the morning of `asOf`. */
export interface CashFigure extends Days {
  readonly of: 'cash'
  readonly deskId: CashDeskId
  readonly side: 'in' | 'out' | 'opening' | 'balance'
  readonly eventId?: EventId | undefined
}

/** Movements of VAT under cash accounting. */
export interface VatFigure extends Days {
  readonly of: 'vat'
  readonly amount: 'base' | 'vat' | 'deferred'
  readonly rate?: string | undefined
}

export interface FigureQuestion extends Clocks {
  readonly companyId: CompanyId
  readonly currency: string
  readonly figure: PostedFigure | TradedFigure | CashFigure | VatFigure
}

type Question<Of> = FigureQuestion & { readonly figure: Of }

const when = (value: string | undefined, condition: (value: string) => RawBuilder<unknown>): RawBuilder<unknown> =>
  value === undefined ? sql`` : condition(value)

/** Of lines by their day and position. */
const onDays = ({ asOf, knownAt }: Clocks, { from, to }: Days) => sql`
  and effective_on <= ${asOf}::date and ${wasKnown(knownAt)}
  ${when(from, (day) => sql`and effective_on >= ${day}::date`)} ${when(to, (day) => sql`and effective_on <= ${day}::date`)}`

const spansOf = ({ companyId, currency, asOf, knownAt, figure }: Question<PostedFigure>) => sql`
  read.open_spans where company_id = ${companyId} and currency = ${currency} and item_kind = 'INVOICE'
    and ${wasBelieved(knownAt)}
    and eff_to > ${asOf}::date and eff_from <= ${asOf}::date
    ${when(figure.clientId, (id) => sql`and client_id = ${id}`)}
    ${when(figure.invoiceId, (id) => sql`and item_id = ${id}`)}`

const isInCell = ({ asOf }: Clocks, cell: Cell): RawBuilder<boolean> => {
  if (!('bucket' in cell)) {
    return sql`(true ${when(cell.dueFrom, (day) => sql`and due_on >= ${day}::date`)}
      ${when(cell.dueTo, (day) => sql`and due_on <= ${day}::date`)})`
  }
  const { bucket, buckets, by } = cell
  return isInBucket({ asOf, buckets, by }, bucket)
}

/**
 * The parts of an invoice that are due on other days belong to other cells: they are taken off in lines of their own, so
 * that the sum is the cell to the ban.
 */
const posted = (question: Question<PostedFigure>) => {
  const { companyId, currency, figure } = question
  const { accounts, clientId, invoiceId, paymentId, eventId, types, cell } = figure
  const postings = sql`
    select account, client_id, invoice_id, payment_id, amount_minor, effective_on, position, line, event_id
    from read.postings posting
    where company_id = ${companyId} and currency = ${currency} and account in (${sql.join(accounts)})
      ${onDays(question, {})}
      ${when(clientId, (id) => sql`and client_id = ${id}`)} ${when(invoiceId, (id) => sql`and invoice_id = ${id}`)}
      ${when(paymentId, (id) => sql`and payment_id = ${id}`)} ${when(eventId, (id) => sql`and event_id = ${id}::uuid`)}
      ${
        types === undefined
          ? sql``
          : sql`and exists (
              select from read.event_index place
              where (place.company_id, place.position) = (posting.company_id, posting.position)
                and place.type in (${sql.join(types)})
            )`
      }`
  if (cell === undefined) return postings
  const inCell = sql`select client_id, item_id from ${spansOf(question)} and ${isInCell(question, cell)}`
  return sql`${postings} and (client_id, invoice_id) in (${inCell})
    union all
    select null::text, client_id, item_id, null::text, -amount_minor, eff_from, known_from, 1000000 + line, null::uuid
    from ${spansOf(question)} and not (${isInCell(question, cell)}) and (client_id, item_id) in (${inCell})`
}

const traded = (question: Question<TradedFigure>) => {
  const { companyId, currency, figure } = question
  const { added, takenOff, method } = figure
  return sql`
    select null::text as account, client_id, case when kind in ('INVOICED', 'CANCELLED') then document_id end as invoice_id,
      case when method is not null then document_id end as payment_id,
      case when kind in (${sql.join(added)}) then amount_minor else -amount_minor end as amount_minor,
      effective_on, position, 0 as line, event_id
    from read.trade_entries
    where company_id = ${companyId} and currency = ${currency} and kind in (${sql.join([...added, ...takenOff])})
      ${when(method, (of) => sql`and method = ${of}`)} ${onDays(question, figure)}`
}

const CASH_AMOUNT = {
  in: sql`case when kind = 'OPENING' then 0 else in_minor end`,
  out: sql`out_minor`,
  opening: sql`in_minor - out_minor`,
  balance: sql`in_minor - out_minor`,
}

const cash = (question: Question<CashFigure>) => {
  const { companyId, currency, asOf, figure } = question
  const { deskId, side, eventId } = figure
  // What a drawer is opened with lies in it before anything of that day.
  const morning = side === 'opening' ? sql`and (effective_on < ${asOf}::date or kind = 'OPENING')` : sql``
  return sql`
    select null::text as account, client_id, null::text as invoice_id, payment_id, ${CASH_AMOUNT[side]} as amount_minor,
      effective_on, position, line, event_id
    from read.cash_lines
    where company_id = ${companyId} and desk_id = ${deskId} and currency = ${currency} and ${CASH_AMOUNT[side]} <> 0
      ${when(eventId, (id) => sql`and event_id = ${id}::uuid`)} ${morning} ${onDays(question, figure)}`
}

const VAT_AMOUNT = { base: sql`base_minor`, vat: sql`vat_minor`, deferred: sql`deferred_minor` }

const vat = (question: Question<VatFigure>) => {
  const { companyId, currency, figure } = question
  return sql`
    select null::text as account, client_id, case when kind = 'INVOICE' then document_id end as invoice_id, payment_id,
      ${VAT_AMOUNT[figure.amount]} as amount_minor, effective_on, position, line, event_id
    from read.vat_movements
    where company_id = ${companyId} and currency = ${currency} and ${VAT_AMOUNT[figure.amount]} <> 0
      ${when(figure.rate, (rate) => sql`and rate = ${rate}`)} ${onDays(question, figure)}`
}

/** The lines that a figure is the sum of, and the order in which an index has them. */
export const linesOf = (question: FigureQuestion) => {
  const { figure } = question
  const byDay = sql`effective_on, position, line`
  switch (figure.of) {
    case 'postings':
      return { lines: posted({ ...question, figure }), order: sql`client_id, ${byDay}`, isByClient: true }
    case 'trade':
      return { lines: traded({ ...question, figure }), order: byDay, isByClient: false }
    case 'cash':
      return { lines: cash({ ...question, figure }), order: byDay, isByClient: false }
    case 'vat':
      return { lines: vat({ ...question, figure }), order: byDay, isByClient: false }
  }
}

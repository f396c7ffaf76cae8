import type { CashDeskId, ClientId, CompanyId, EventId, PaymentId, Position } from '@registru/domain'
import { sql } from 'kysely'
import { sumsByCurrency } from '../core/reading/balances.ts'
import { countsSql, wasKnown } from '../core/reading/clocks.ts'
import type { ReadHandle } from '../core/reading/read.ts'
import type { Against, CashDeskViews, CashDocument, CashLineKind } from './tables.ts'

export interface CashDesk {
  readonly deskId: CashDeskId
  /** `undefined`: used, but never opened. */
  readonly name: string | undefined
  readonly openedOn: string | undefined
  readonly balances: readonly {
    readonly currency: string
    readonly balanceMinor: bigint
    /** The part of it that lay there when the desk was opened: no event tells the journal of it. */
    readonly openedWithMinor: bigint
  }[]
}

interface DeskQuestion {
  readonly companyId: CompanyId
  readonly deskId: CashDeskId
  readonly currency: string
  /** A position; `undefined`: everything. */
  readonly knownAt?: Position | undefined
}

/** Sums of days, less what was learned after `knownAt`. */
const known = (companyId: CompanyId, knownAt: Position | undefined) => sql`
  select desk_id, currency, effective_on, opening_minor, in_minor, out_minor, line_count from read.cash_desk_days
  where company_id = ${companyId}
  ${
    knownAt === undefined
      ? sql``
      : sql`union all
    select desk_id, currency, effective_on,
      case when kind = 'OPENING' then -in_minor else 0 end,
      case when kind = 'OPENING' then 0 else -in_minor end, -out_minor, -1
    from read.cash_lines where company_id = ${companyId} and position > ${knownAt}`
  }`

/** Every desk that was opened or used, with what lies in it at the end of `asOf`, by id. */
export const listCashDesks = async (
  db: ReadHandle,
  {
    companyId,
    asOf,
    knownAt,
  }: { readonly companyId: CompanyId; readonly asOf: string; readonly knownAt?: Position | undefined },
): Promise<readonly CashDesk[]> => {
  const { rows } = await sql<{
    desk_id: CashDeskId
    name: string | null
    opened_on: string | null
    currency: string | null
    balance_minor: bigint | null
    opened_with_minor: bigint | null
  }>`
    select desk_id, d.name, d.opened_on, b.currency, b.balance_minor, b.opened_with_minor from (
      select desk_id, name, opened_on from read.cash_desks
      where company_id = ${companyId} and ${countsSql({ asOf, knownAt }, 'opened_on', 'position')}
    ) d full join (
      select desk_id, currency, sum(opening_minor + in_minor - out_minor) as balance_minor,
        sum(opening_minor) as opened_with_minor
      from (${known(companyId, knownAt)}) moved where effective_on <= ${asOf}::date
      group by desk_id, currency
      having sum(line_count) > 0
    ) b using (desk_id)
    order by desk_id, b.currency`.execute(db)
  const desks = new Map<string, CashDesk>()
  for (const row of rows) {
    const balance =
      row.currency === null || row.balance_minor === null
        ? []
        : [
            {
              currency: row.currency,
              balanceMinor: row.balance_minor,
              openedWithMinor: row.opened_with_minor ?? 0n,
            },
          ]
    desks.set(row.desk_id, {
      deskId: row.desk_id,
      name: row.name ?? undefined,
      openedOn: row.opened_on ?? undefined,
      balances: [...(desks.get(row.desk_id)?.balances ?? []), ...balance],
    })
  }
  return [...desks.values()]
}

/** Whether a desk had been opened or used by then, on whichever day. */
export const isCashDeskKnown = async (
  db: ReadHandle,
  { companyId, deskId, knownAt }: Omit<DeskQuestion, 'currency'>,
): Promise<boolean> => {
  const { rows } = await sql<{ known: boolean }>`
    select exists (select from read.cash_desks
        where company_id = ${companyId} and desk_id = ${deskId} and ${wasKnown(knownAt)})
      or exists (select from read.cash_lines
        where company_id = ${companyId} and desk_id = ${deskId} and ${wasKnown(knownAt)}) as known`.execute(db)
  return rows[0]?.known === true
}

/**
 * By currency, what can leave a desk on a day: the least that lies in it at the end of that day or of any later one, for what
 * leaves on a day is missing on all that follow.
 */
export const findHeld = async (
  db: ReadHandle,
  { companyId, deskId, from }: { readonly companyId: CompanyId; readonly deskId: CashDeskId; readonly from: string },
): Promise<ReadonlyMap<string, bigint>> => {
  const { rows } = await sql<{ currency: string; held_minor: bigint }>`
    select currency, least(coalesce(sum(moved_minor) filter (where effective_on <= ${from}::date), 0),
      min(closing_minor) filter (where effective_on >= ${from}::date)) as held_minor
    from (
      select currency, effective_on, moved_minor,
        sum(moved_minor) over (partition by currency order by effective_on) as closing_minor
      from (
        select currency, effective_on, opening_minor + in_minor - out_minor as moved_minor from read.cash_desk_days
        where company_id = ${companyId} and desk_id = ${deskId}
      ) moved
    ) days
    group by currency`.execute(db)
  return new Map(rows.map((row) => [row.currency, row.held_minor]))
}

/** What came into all desks less what left them, per currency, up to the end of `asOf`: what the journal has under CASH. */
export const findCashTotals = (
  db: ReadHandle,
  {
    companyId,
    asOf,
    knownAt,
  }: { readonly companyId: CompanyId; readonly asOf: string; readonly knownAt?: Position | undefined },
): Promise<ReadonlyMap<string, bigint>> => {
  return sumsByCurrency(
    db,
    sql`select currency, in_minor - out_minor as moved_minor from (${known(companyId, knownAt)}) known
      where effective_on <= ${asOf}::date`,
  )
}

export interface CashDay {
  readonly on: string
  readonly openingMinor: bigint
  readonly inMinor: bigint
  readonly outMinor: bigint
  readonly closingMinor: bigint
}

/** Days with something on them; the opening of each is the closing of the one before. */
export const listCashDays = async (
  db: ReadHandle,
  { companyId, deskId, currency, from, to, knownAt }: DeskQuestion & { readonly from: string; readonly to: string },
): Promise<readonly CashDay[]> => {
  const { rows } = await sql<{
    effective_on: string
    begun_minor: bigint
    in_minor: bigint
    out_minor: bigint
    closing_minor: bigint
  }>`
    select * from (
      select effective_on, sum(opening_minor) as begun_minor, sum(in_minor) as in_minor,
        sum(out_minor) as out_minor,
        (sum(sum(opening_minor + in_minor - out_minor)) over (order by effective_on)) as closing_minor
      from (${known(companyId, knownAt)}) moved
      where desk_id = ${deskId} and currency = ${currency} and effective_on <= ${to}::date
      group by effective_on
      having sum(line_count) > 0
    ) days where effective_on >= ${from}::date
    order by effective_on`.execute(db)
  return rows.map((row) => ({
    on: row.effective_on,
    openingMinor: row.closing_minor - row.in_minor + row.out_minor,
    inMinor: row.in_minor,
    outMinor: row.out_minor,
    closingMinor: row.closing_minor,
  }))
}

export interface CashLine {
  readonly kind: Exclude<CashLineKind, 'OPENING'>
  readonly act: string | undefined
  readonly explanation: string
  readonly against: readonly Against[]
  readonly clientId: ClientId | undefined
  readonly paymentId: PaymentId | undefined
  readonly inMinor: bigint
  readonly outMinor: bigint
  readonly eventId: EventId
}

export interface CashRegisterDay {
  /** What lay in the drawer in the morning: the closing of the day before, or what it was opened with. */
  readonly openingMinor: bigint
  readonly lines: readonly CashLine[]
  readonly closingMinor: bigint
}

type LineRow = CashDeskViews['read.cash_lines']

const saidIn = (row: LineRow, knownAt: Position | undefined): CashDocument => {
  const { receipt, receipt_position: since } = row
  return receipt !== null && since !== null && (knownAt === undefined || since <= knownAt) ? receipt : row.said
}

const cashLine = (row: LineRow, kind: CashLine['kind'], knownAt: Position | undefined): CashLine => {
  const { act, explanation, against } = saidIn(row, knownAt)
  return {
    kind,
    act,
    explanation,
    against,
    clientId: row.client_id ?? undefined,
    paymentId: row.payment_id ?? undefined,
    inMinor: row.in_minor,
    outMinor: row.out_minor,
    eventId: row.event_id,
  }
}

/** The register of one desk, currency and day (registru de casă, 14-4-7A), in the order of the log. */
export const findCashDay = async (
  db: ReadHandle,
  { companyId, deskId, currency, day, knownAt }: DeskQuestion & { readonly day: string },
): Promise<CashRegisterDay> => {
  const before = await sql<{ balance_minor: bigint | null }>`
    select sum(opening_minor + in_minor - out_minor) as balance_minor from (${known(companyId, knownAt)}) moved
    where desk_id = ${deskId} and currency = ${currency} and effective_on < ${day}::date`.execute(db)
  let query = db
    .withTables<CashDeskViews>()
    .selectFrom('read.cash_lines')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('desk_id', '=', deskId)
    .where('currency', '=', currency)
    .where('effective_on', '=', day)
  query = query.where(wasKnown(knownAt))
  const rows = await query.orderBy('position').orderBy('line').execute()
  let openingMinor = before.rows[0]?.balance_minor ?? 0n
  const lines: CashLine[] = []
  for (const row of rows) {
    if (row.kind === 'OPENING') openingMinor += row.in_minor
    else lines.push(cashLine(row, row.kind, knownAt))
  }
  const moved = lines.reduce((sum, line) => sum + line.inMinor - line.outMinor, 0n)
  return { openingMinor, lines, closingMinor: openingMinor + moved }
}

import type { CashDeskId, ClientId, ClientKind, CompanyId, EventId, PaymentId, Position } from '@registru/domain'
import { sql } from 'kysely'
import { wasKnown } from '../core/reading/clocks.ts'
import type { ReadHandle } from '../core/reading/read.ts'
import type { CashCeilingViews } from './tables.ts'

export interface HandedPayment {
  readonly clientId: ClientId
  readonly paymentId: PaymentId
  readonly amountMinor: bigint
  /** Without what it settles of an individual's instalment sale contract (Legea 70/2015 art. 4 (3)). */
  readonly countedMinor: bigint
  readonly eventId: EventId
}

/** What one payer handed over at one desk on one day; bani. */
export interface PayerDay {
  readonly deskId: CashDeskId
  readonly payer: {
    readonly identity: string
    /** BUSINESS where any of the payments says so: the ceiling is lower. */
    readonly kind: ClientKind
    readonly name: string
    readonly taxId: string | undefined
  }
  readonly amountMinor: bigint
  readonly countedMinor: bigint
  readonly payments: readonly HandedPayment[]
}

type HandedRow = CashCeilingViews['read.cash_handed'] & { readonly contract_minor: bigint }

const handedPayment = (row: HandedRow): HandedPayment => ({
  clientId: row.client_id,
  paymentId: row.payment_id,
  amountMinor: row.amount_minor,
  countedMinor: row.payer_kind === 'INDIVIDUAL' ? row.amount_minor - row.contract_minor : row.amount_minor,
  eventId: row.event_id,
})

const payerDay = (first: HandedRow, rows: readonly HandedRow[]): PayerDay => {
  const payments = rows.map(handedPayment)
  return {
    deskId: first.desk_id,
    payer: {
      identity: first.payer_identity,
      kind: rows.some((row) => row.payer_kind === 'BUSINESS') ? 'BUSINESS' : 'INDIVIDUAL',
      name: first.payer_name,
      taxId: first.payer_tax_id ?? undefined,
    },
    amountMinor: payments.reduce((sum, { amountMinor }) => sum + amountMinor, 0n),
    countedMinor: payments.reduce((sum, { countedMinor }) => sum + countedMinor, 0n),
    payments,
  }
}

/** Everybody who paid in lei cash on a day, over all clients they paid for; reversed payments are out. By desk and payer. */
export const listCashPayers = async (
  db: ReadHandle,
  {
    companyId,
    day,
    knownAt,
  }: { readonly companyId: CompanyId; readonly day: string; readonly knownAt?: Position | undefined },
): Promise<readonly PayerDay[]> => {
  const { rows } = await sql<HandedRow>`
    select h.*, coalesce((
      select sum(c.amount_minor) from read.contract_settlements c
      where c.company_id = h.company_id and c.payment_id = h.payment_id and c.client_id = h.client_id
        and ${wasKnown(knownAt, 'c.position')}
    ), 0) as contract_minor
    from read.cash_handed h
    where h.company_id = ${companyId} and h.received_on = ${day}::date
      and ${wasKnown(knownAt, 'h.position')} and ${
        knownAt === undefined
          ? sql`h.reversed_position is null`
          : sql`(h.reversed_position is null or h.reversed_position > ${knownAt})`
      }
    order by h.desk_id, h.payer_identity, h.position`.execute(db)
  const groups = new Map<string, HandedRow[]>()
  for (const row of rows) {
    const key = `${row.desk_id} ${row.payer_identity}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return [...groups.values()].flatMap((group) => (group[0] === undefined ? [] : [payerDay(group[0], group)]))
}

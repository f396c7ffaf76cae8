import type { CashDeskId, ClientId, CompanyId, EventId, PaymentId, Position, RefundId } from '@registru/domain'
import { sql } from 'kysely'
import { wasKnown } from '../core/reading/clocks.ts'
import type { ReadHandle } from '../core/reading/read.ts'

/** Lei that a client was given back in cash. */
export interface CashPayout {
  readonly clientId: ClientId
  readonly refundId: RefundId
  readonly paymentId: PaymentId
  readonly deskId: CashDeskId | undefined
  readonly amountMinor: bigint
  readonly eventId: EventId
}

/** Of one day, as it was recorded; what was reversed is out. */
export const listCashPayouts = async (
  db: ReadHandle,
  {
    companyId,
    day,
    knownAt,
  }: { readonly companyId: CompanyId; readonly day: string; readonly knownAt?: Position | undefined },
): Promise<readonly CashPayout[]> => {
  const { rows } = await sql<Omit<CashPayout, 'deskId'> & { readonly deskId: CashDeskId | null }>`
    select refund.client_id as "clientId", refund.refund_id as "refundId", refund.payment_id as "paymentId",
      refund.desk_id as "deskId", refund.paid_minor as "amountMinor", refund.event_id as "eventId"
    from read.payment_refunds refund
    where refund.company_id = ${companyId} and refund.method = 'CASH' and refund.refunded_on = ${day}::date
      and refund.paid_currency = 'RON' and ${wasKnown(knownAt, 'refund.position')}
      and ${
        knownAt === undefined
          ? sql`refund.reversed_position is null`
          : sql`(refund.reversed_position is null or refund.reversed_position > ${knownAt}::bigint)`
      }
    order by refund.client_id, refund.position`.execute(db)
  return rows.map(({ deskId, ...row }) => ({ ...row, deskId: deskId ?? undefined }))
}

/** Lei that all businesses together were given back in cash on a day, as they are known to be businesses now. */
export const findPaidToBusinesses = async (
  db: ReadHandle,
  { companyId, day }: { readonly companyId: CompanyId; readonly day: string },
): Promise<bigint> => {
  const { rows } = await sql<{ paid_minor: bigint | null }>`
    select sum(refund.paid_minor)::bigint as paid_minor
    from read.payment_refunds refund join read.clients client using (company_id, client_id)
    where refund.company_id = ${companyId} and refund.method = 'CASH' and refund.refunded_on = ${day}::date
      and refund.paid_currency = 'RON' and refund.reversed_position is null and client.kind = 'BUSINESS'`.execute(db)
  return rows[0]?.paid_minor ?? 0n
}

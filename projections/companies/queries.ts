import type { CompanyId, EventId, Position } from '@registru/domain'
import { wasKnown } from '../core/reading/clocks.ts'
import type { ReadHandle } from '../core/reading/read.ts'
import type { CompanyViews, PeriodChange } from './tables.ts'

export interface PolicyChange {
  readonly policy: string
  readonly value: string | number | boolean
  readonly actor: string
  readonly reason: string | undefined
  /** UTC. */
  readonly recordedAt: string
  readonly eventId: EventId
}

interface CompanyQuestion {
  readonly companyId: CompanyId
  /** A position; `undefined`: everything. */
  readonly knownAt?: Position | undefined
}

const text = (instant: unknown): string => (instant instanceof Date ? instant.toISOString() : String(instant))

/** In the order in which they were set: the last one of each policy is in force. */
export const listPolicyChanges = async (
  db: ReadHandle,
  { companyId, knownAt }: CompanyQuestion,
): Promise<readonly PolicyChange[]> => {
  const rows = await db
    .withTables<CompanyViews>()
    .selectFrom('read.company_policies')
    .selectAll()
    .where('company_id', '=', companyId)
    .where(wasKnown(knownAt))
    .orderBy('position')
    .orderBy('policy')
    .execute()
  return rows.map((row) => ({
    policy: row.policy,
    value: row.value,
    actor: row.actor,
    reason: row.reason ?? undefined,
    recordedAt: text(row.recorded_at),
    eventId: row.event_id,
  }))
}

export interface PeriodEntry {
  readonly change: PeriodChange
  /** Last closed day, or first day that is open again. */
  readonly day: string
  /** Last day that is closed after this change. */
  readonly closedThrough: string
  readonly reason: string | undefined
  readonly requestedBy: string | undefined
  readonly approvedBy: string | undefined
  readonly actor: string
  /** UTC. */
  readonly recordedAt: string
  readonly eventId: EventId
}

/** Closings and reopenings in their order: the last one says through which day the books are closed. */
export const listPeriodChanges = async (
  db: ReadHandle,
  { companyId, knownAt }: CompanyQuestion,
): Promise<readonly PeriodEntry[]> => {
  const rows = await db
    .withTables<CompanyViews>()
    .selectFrom('read.company_periods')
    .selectAll()
    .where('company_id', '=', companyId)
    .where(wasKnown(knownAt))
    .orderBy('position')
    .execute()
  return rows.map((row) => ({
    change: row.change,
    day: row.day,
    closedThrough: row.closed_through,
    reason: row.reason ?? undefined,
    requestedBy: row.requested_by ?? undefined,
    approvedBy: row.approved_by ?? undefined,
    actor: row.actor,
    recordedAt: text(row.recorded_at),
    eventId: row.event_id,
  }))
}

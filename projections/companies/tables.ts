import type { CompanyId } from '@registru/domain'
import {
  date,
  defineTable,
  id,
  instant,
  json,
  nullable,
  position,
  text,
  uuid,
  type ViewRowOf,
  word,
} from '../core/fold/table.ts'

/** Every policy that a company ever set; the latest row of each is in force. */
export const companyPolicies = defineTable({
  name: 'company_policies',
  columns: {
    company_id: id<CompanyId>(),
    policy: text(),
    position: position(),
    value: json<string | number | boolean>(),
    actor: text(),
    reason: nullable(text()),
    recorded_at: instant(),
    event_id: uuid(),
  },
  key: ['company_id', 'policy', 'position'],
})

export type PeriodChange = 'CLOSED' | 'REOPENED'

/** Every closing of a period and every reopening; the latest row says through which day the books are closed. */
export const companyPeriods = defineTable({
  name: 'company_periods',
  columns: {
    company_id: id<CompanyId>(),
    position: position(),
    change: word<PeriodChange>(),
    /** Last closed day, or first day that is open again. */
    day: date(),
    closed_through: date(),
    reason: nullable(text()),
    requested_by: nullable(text()),
    approved_by: nullable(text()),
    actor: text(),
    recorded_at: instant(),
    event_id: uuid(),
  },
  key: ['company_id', 'position'],
})

export type CompanyViews = {
  'read.company_policies': ViewRowOf<typeof companyPolicies>
  'read.company_periods': ViewRowOf<typeof companyPeriods>
}

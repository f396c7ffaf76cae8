import { addDays, type LedgerEvent } from '@registru/domain'
import { insert, type RowChange } from '../core/fold/changes.ts'
import { defineProjection } from '../core/fold/projection.ts'
import type { RowOf } from '../core/fold/table.ts'
import { companyPeriods, companyPolicies } from './tables.ts'

const trail = ({ position, eventId, metadata }: LedgerEvent) => ({
  company_id: metadata.companyId,
  position,
  actor: metadata.actor,
  recorded_at: metadata.recordedAt,
  event_id: eventId,
})

const period = (
  event: LedgerEvent,
  change: Omit<RowOf<typeof companyPeriods>, keyof ReturnType<typeof trail>>,
): readonly RowChange[] => [insert(companyPeriods, { ...trail(event), ...change })]

/** What each company has decided about itself, with the history of it. Who it is stands in `parties`. */
export const companiesProjection = defineProjection({
  name: 'companies',
  version: 1,
  tables: [companyPolicies, companyPeriods],
  on: {
    PolicySet: (event) => {
      const { companyId: _, ...changed } = event.data
      const reason = event.metadata.reason ?? null
      return Object.entries(changed).flatMap(([policy, value]) =>
        value === undefined ? [] : [insert(companyPolicies, { ...trail(event), policy, value, reason })],
      )
    },
    PeriodClosed: (event) => {
      const { through } = event.data
      const nobody = { requested_by: null, approved_by: null }
      const reason = event.metadata.reason ?? null
      return period(event, { change: 'CLOSED', day: through, closed_through: through, reason, ...nobody })
    },
    PeriodReopened: (event) => {
      const { from, reason, requestedBy, approvedBy } = event.data
      return period(event, {
        change: 'REOPENED',
        day: from,
        closed_through: addDays(from, -1),
        reason,
        requested_by: requestedBy,
        approved_by: approvedBy,
      })
    },
  },
})

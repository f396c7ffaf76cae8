import { type Expected, type Fold, jsonCell } from '../expected.ts'
import type { PlacedFact } from '../facts.ts'
import type { Cell } from '../report.ts'

const policies = { name: 'company_policies', position: 'position', within: ['policy'] }
const periods = { name: 'company_periods', position: 'position', within: [] }

const MS_A_DAY = 86_400_000

const dayBefore = (day: string): string => new Date(Date.parse(day) - MS_A_DAY).toISOString().slice(0, 10)

const trailOf = ({ companyId, position, actor, recordedAt, eventId }: PlacedFact) => ({
  company_id: companyId,
  position,
  actor,
  recorded_at: new Date(recordedAt).toISOString(),
  event_id: eventId,
})

const foldCompanies = (expected: Expected, fact: PlacedFact): void => {
  const { type, data, reason = null } = fact
  if (type === 'PolicySet') {
    for (const [policy, value] of policiesIn(fact.whole))
      expected.bear(policies, { ...trailOf(fact), policy, value: policyCell(value), reason })
  } else if (type === 'PeriodClosed') {
    const cells = { change: 'CLOSED', day: data.through, closed_through: data.through, reason }
    expected.bear(periods, { ...trailOf(fact), ...cells, requested_by: null, approved_by: null })
  } else if (type === 'PeriodReopened') {
    expected.bear(periods, {
      ...trailOf(fact),
      change: 'REOPENED',
      day: data.from,
      closed_through: dayBefore(data.from),
      reason: data.reason,
      requested_by: data.requestedBy,
      approved_by: data.approvedBy,
    })
  }
}

const policiesIn = (data: unknown): readonly (readonly [policy: string, value: unknown])[] =>
  typeof data === 'object' && data !== null ? Object.entries(data).filter(([name]) => name !== 'companyId') : []

/** A policy is a word, a number or yes and no, and comes back from JSON as that. */
const policyCell = (value: unknown): Cell =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : jsonCell(value)

export const companyFold: Fold = { histories: [policies, periods], states: [], start: () => foldCompanies }

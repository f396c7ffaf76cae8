import type { Expected, Fold } from '../expected.ts'
import type { PlacedFact } from '../facts.ts'

const eventIndex = { name: 'event_index', position: 'position', within: [] }

/** The word that an event says under a name. */
const said = (whole: unknown, name: string): string | undefined => {
  if (typeof whole !== 'object' || whole === null) return undefined
  const value: unknown = Object.entries(whole).find(([field]) => field === name)?.[1]
  return typeof value === 'string' ? value : undefined
}

const foldEventIndex = (expected: Expected, fact: PlacedFact): void => {
  const { whole } = fact
  if (fact.companyId === '') return
  expected.bear(eventIndex, {
    company_id: fact.companyId,
    position: fact.position,
    stream: fact.stream,
    revision: fact.revision,
    type: fact.type,
    client_id: said(whole, 'clientId') ?? null,
    invoice_id: said(whole, 'invoiceId') ?? said(whole, 'claimId') ?? null,
    payment_id: said(whole, 'paymentId') ?? said(whole, 'creditNoteId') ?? null,
    correlation_id: fact.correlationId,
    command_id: fact.commandId,
    recorded_at: new Date(fact.recordedAt).toISOString(),
  })
}

export const eventIndexFold: Fold = { histories: [eventIndex], states: [], start: () => foldEventIndex }

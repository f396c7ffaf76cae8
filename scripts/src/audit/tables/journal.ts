import { addTo, type Expected, type Fold } from '../expected.ts'
import type { PlacedFact } from '../facts.ts'
import { entryOf } from '../postings.ts'

const postings = { name: 'postings', position: 'position', within: ['account', 'currency'], line: 'line' }
export const accountDays = { name: 'account_days', key: ['company_id', 'account', 'currency', 'effective_on'] }

/** The order of an event's lines means nothing, so lines are told apart by their account. */
const foldJournal = (expected: Expected, fact: PlacedFact): void => {
  const entry = entryOf(fact)
  if (entry === undefined) return
  const { companyId, position, revision, eventId, recordedAt, data } = fact
  const sums = new Map<string, bigint>()
  for (const { currency, minor } of entry.postings) sums.set(currency, (sums.get(currency) ?? 0n) + minor)
  for (const [currency, sum] of sums)
    expected.require('rules: every entry is zero', `position ${position}: ${currency}`, sum === 0n)
  for (const { account, currency, minor } of entry.postings) {
    expected.bear(postings, {
      company_id: companyId,
      position,
      account,
      currency,
      amount_minor: minor,
      effective_on: entry.on,
      recorded_at: new Date(recordedAt).toISOString(),
      client_id: 'clientId' in data ? data.clientId : null,
      invoice_id: entry.invoiceId,
      payment_id: entry.paymentId,
      revision,
      event_id: eventId,
    })
    const key = { company_id: companyId, account, currency, effective_on: entry.on }
    addTo(expected, accountDays, key, {
      debit_minor: minor > 0n ? minor : 0n,
      credit_minor: minor < 0n ? -minor : 0n,
    })
  }
}

export const journalFold: Fold = { histories: [postings], states: [accountDays], start: () => foldJournal }
